//! One VEVENT: what a person sees of it. What is not understood stays in the document it came from.

use domain::time::Timestamp;

use crate::{call::CallState, series::Rule, when::When};

/// Somebody by a calendar address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// Without `mailto:`; as it was written.
    pub address: String,
    /// CN, or empty.
    pub name: String,
}

impl Person {
    /// The name, or the address where there is none.
    pub fn shown(&self) -> &str {
        if self.name.is_empty() { &self.address } else { &self.name }
    }
}

/// PARTSTAT (RFC 5545 section 3.2.12). What is not known is "not answered".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Participation {
    #[default]
    NeedsAction,
    Accepted,
    Declined,
    Tentative,
    Delegated,
}

impl Participation {
    /// As it is written in PARTSTAT.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NeedsAction => "NEEDS-ACTION",
            Self::Accepted => "ACCEPTED",
            Self::Declined => "DECLINED",
            Self::Tentative => "TENTATIVE",
            Self::Delegated => "DELEGATED",
        }
    }

    pub fn parse(text: &str) -> Self {
        [Self::Accepted, Self::Declined, Self::Tentative, Self::Delegated]
            .into_iter()
            .find(|p| p.as_str().eq_ignore_ascii_case(text))
            .unwrap_or_default()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attendee {
    pub person: Person,
    pub participation: Participation,
    /// ROLE is OPT-PARTICIPANT or NON-PARTICIPANT.
    pub optional: bool,
    /// CUTYPE is ROOM or RESOURCE: not somebody who answers.
    pub resource: bool,
}

/// STATUS of an event. One without it is confirmed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    Tentative,
    #[default]
    Confirmed,
    Cancelled,
}

/// How long it lasts. The difference matters where the clock is changed meanwhile (RFC 5545 section 3.8.5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasts {
    /// So many seconds, whatever the wall says: from DTEND.
    Exactly(i64),
    /// So many days on the wall and then so many seconds: from DURATION, and whole days.
    Nominally { days: i64, secs: i64 },
}

/// A VEVENT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub uid: String,
    /// SEQUENCE, 0 where it is missing.
    pub sequence: i64,
    /// DTSTAMP.
    pub stamp: Option<Timestamp>,
    pub summary: String,
    pub description: String,
    pub location: String,
    pub status: Status,
    /// TRANSP is TRANSPARENT: it keeps nobody from anything.
    pub free: bool,
    pub organizer: Option<Person>,
    pub attendees: Vec<Attendee>,
    /// Where to join, as an https address: CONFERENCE, or what Google and Microsoft write instead.
    pub join: Option<String>,
    /// A call that the provider is to make, and that is not there yet.
    pub call: Option<CallState>,
    /// Minutes before the start at which somebody is told; negative: after it. Sorted. Alarms at a fixed time, before the end, or that a
    /// person does not notice are not among them.
    pub alarms: Vec<i32>,
    pub start: When,
    pub lasts: Lasts,
    /// None: it happens once, unless there are `also`.
    pub rule: Option<Rule>,
    /// RDATE, with their own length where they are periods.
    pub also: Vec<(When, Option<Lasts>)>,
    /// EXDATE.
    pub except: Vec<When>,
    /// RECURRENCE-ID: which member of the series this one stands for, and whether for all that follow, too.
    pub stands_for: Option<(When, bool)>,
}
