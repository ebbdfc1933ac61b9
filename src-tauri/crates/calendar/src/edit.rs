//! Editing: what a person sets, on one member of a series, on one and all that follow, or on all of it.
//!
//! The text of the resource is the truth, and only lines that an edit is about are written anew (see [`lines`](crate::lines)). Nothing is
//! changed where the person sets what is there already: then the text comes back as it was, without a new DTSTAMP.
//!
//! When a whole series moves, what refers to its members moves along, by the same way on the wall: RECURRENCE-ID, EXDATE, RDATE, UNTIL and
//! the times of overrides. Between whole days and times of a clock they change their kind with it: a date becomes the date at the time at
//! which the series begins now, and the other way round.

mod alarms;
mod answer;
mod fields;
pub(crate) mod guests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod model_tests;
mod notice;
#[cfg(test)]
mod notice_tests;
mod rehome;
mod resource;
mod rules;
pub(crate) mod series;
#[cfg(test)]
mod tests;
pub(crate) mod times;
pub mod todo;
#[cfg(test)]
mod todo_tests;
pub(crate) mod vtimezone;

use chrono::{NaiveDate, NaiveDateTime};
use domain::time::{Timestamp, Zone};

pub(crate) use self::resource::{Own, Resource};
pub use self::{
    answer::{reply, respond},
    notice::{Notice, NoticeKind, notices},
    rehome::{Home, has_guests, rehomed, with_uid},
};
use crate::{call::Ask, event::Person, read::ReadError, when::When, zone::NamedZone};

/// What a person sets; None leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    /// Empty texts take the line away.
    pub title: Option<String>,
    pub location: Option<String>,
    pub description: Option<String>,
    /// Of the member that is edited; of a whole series: its first one.
    pub time: Option<Span>,
    /// `FREQ=…`, without `RRULE:`. Empty: it happens once.
    pub rule: Option<String>,
    /// It keeps nobody from anything.
    pub free: Option<bool>,
    /// Minutes before the start, as in [`Event::alarms`](crate::Event::alarms).
    pub alarms: Option<Vec<i32>>,
    /// Everybody who is invited, but for rooms, resources and the organizer, who stay as they are.
    pub guests: Option<Vec<Person>>,
    /// An https address, or empty.
    pub join: Option<String>,
    /// A call that the provider makes.
    pub call: Option<Ask>,
}

/// When it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// Whole days.
    Days {
        from: NaiveDate,
        /// Exclusive.
        until: NaiveDate,
    },
    /// Both on the wall of the zone. They may be equal.
    Clock { start: NaiveDateTime, end: NaiveDateTime, zone: NamedZone },
}

/// Which members are meant: as [`Occurrence::member`](crate::Occurrence) or [`When::of_key`] name them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Members {
    Only(When),
    /// This one and all that come after it.
    Following(When),
    All,
}

/// Who edits, and when.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    pub now: Timestamp,
    /// Where times without a zone are.
    pub viewer: &'a Zone,
    /// The person: ORGANIZER once there are guests, and who may then raise SEQUENCE.
    pub me: Option<&'a Person>,
}

/// What became of a resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edited {
    /// None: the whole resource goes.
    pub ics: Option<String>,
    /// A series that begins with "this and following": its UID and text.
    pub new: Option<(String, String)>,
}

/// Why it can't be done, for the person who wants it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("there is no event in this file: it can only be kept as it is, or deleted")]
    NoEvent,
    #[error("this event has no start that can be read: change it in the program that made it")]
    NoStart,
    #[error("this date is no longer in the series: look at the calendar again, it may have changed meanwhile")]
    NoSuchMember,
    #[error("an event needs a time: choose when it begins")]
    NoTime,
    #[error("it would end before it begins: choose a later end")]
    EndsBefore,
    #[error("calendars have room for the years 1 to 9999: choose a time in them")]
    OutOfRange,
    #[error("the time zone {0} means nothing to other calendars: choose a city's")]
    Zone(String),
    #[error("this repetition is not understood ({0}): choose another one")]
    Rule(String),
    #[error("one date of a series has no repetition of its own: change the whole series, or this and the following dates")]
    RuleOfOne,
    #[error("this repetition can't be moved or divided like that: choose how it repeats anew, or change single dates")]
    Immovable,
    #[error("another program changed this and the following dates together: change the whole series, or another date")]
    Ranged,
    #[error("these are single dates of a series that is not in this calendar: change each by itself")]
    NoSeries,
    #[error("you are not among the guests: ask {} to invite you by this address", .0.as_deref().unwrap_or("whoever calls the meeting"))]
    NotInvited(Option<String>),
    #[error("nobody calls this meeting, so there is nobody to answer")]
    NoOrganizer,
    #[error("an answer is for one date or for the whole series: choose one of both")]
    AnswerFollowing,
    #[error("the {0} has more than {1} characters: shorten it")]
    TooLong(&'static str, usize),
    #[error("{0} guests are more than the 2,000 that can be invited: invite a mailing list")]
    TooManyGuests(usize),
    #[error("“{0}” is no mail address: correct it or take it away")]
    Address(String),
    #[error("the address to join at has to begin with https://")]
    Join,
}

/// A new resource with one event.
pub fn create(uid: &str, fields: &Fields, context: &Context<'_>) -> Result<String, EditError> {
    fields::check(fields)?;
    series::create(uid, fields, context)
}

/// Edits some members. `new_uid`: for the series that may have to begin with "this and following".
///
/// With [`Members::All`] a field other than the time also goes into an override where that has the value of the old master: what was
/// written for one date stays. A new rule takes overrides away that stand for no date of it, an empty one all of them.
pub fn change(ics: &str, members: &Members, fields: &Fields, new_uid: &str, context: &Context<'_>) -> Result<Edited, EditError> {
    fields::check(fields)?;
    let mut resource = Resource::read(ics, context.viewer)?;
    let before = resource.print();
    let edited = match members {
        Members::Following(member) if !resource.is_first(member) => series::following(&resource, member, fields, new_uid, context)?,
        Members::Only(member) => {
            series::only(&mut resource, member, fields, context)?;
            Edited { ics: Some(resource.print()), new: None }
        }
        Members::Following(_) | Members::All => {
            series::all(&mut resource, fields, None, context)?;
            Edited { ics: Some(resource.print()), new: None }
        }
    };
    // Not even a description of a zone is added to what stays.
    let stays = edited.new.is_none() && edited.ics.as_deref() == Some(before.as_str());
    Ok(if stays { Edited { ics: Some(ics.to_owned()), new: None } } else { edited })
}

/// Takes some members away.
pub fn remove(ics: &str, members: &Members, context: &Context<'_>) -> Result<Edited, EditError> {
    let mut resource = Resource::read(ics, context.viewer)?;
    let whole = match members {
        Members::All => true,
        Members::Only(member) => series::without(&mut resource, member, context)?,
        Members::Following(member) => series::until(&mut resource, member, context)?,
    };
    let ics = (!whole).then(|| resource.print()).filter(|ics| resource::has_members(ics, context.viewer));
    Ok(Edited { ics, new: None })
}
