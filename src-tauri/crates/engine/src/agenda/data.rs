//! What lists show of an item, read out of its text.

use calendar::{Attendee, Event, Series, Status, When};
use domain::time::{Timestamp, Zone};
use store::{ItemData, PartData, SpanData, SpanKind};

use crate::read::invite::answer_of;

/// Further off than any calendar writes, and yet no overflow.
const EVER: Timestamp = Timestamp(i64::MAX / 4);
/// A title or a place as a list shows it, in characters.
const LINE: usize = 500;

/// Reads what a stranger wrote: None as well where a library trips over it.
pub(crate) fn unharmed<T>(read: impl FnOnce() -> Option<T>) -> Option<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(read)).unwrap_or_else(|_| {
        tracing::warn!("a calendar text could not be read");
        None
    })
}

/// What reading needs to know beside the text.
#[derive(Clone)]
pub(crate) struct Reader {
    /// Addresses of the person, in lower case.
    pub own: Vec<String>,
    /// From when to when series are expanded.
    pub range: Option<(Timestamp, Timestamp)>,
    /// Where a time in a zone that means nothing is taken to be.
    pub viewer: Zone,
}

impl Reader {
    /// Always something: an item that can't be read is kept as it is and shown nowhere.
    pub fn item(&self, ics: &str) -> ItemData {
        unharmed(|| self.read(ics)).unwrap_or_else(|| ItemData {
            ics: ics.to_owned(),
            uid: String::new(),
            repeats: false,
            parts: Vec::new(),
            spans: Vec::new(),
        })
    }

    fn read(&self, ics: &str) -> Option<ItemData> {
        let (uid, series) = series_of(ics, &self.viewer)?;
        let repeats = repeats(&series);
        let parts = events(&series).map(|e| self.part(e)).collect();
        let spans = match (repeats, self.range) {
            (false, _) => members(&series, false, Timestamp(-EVER.millis()), EVER),
            (true, Some((lo, hi))) => members(&series, true, lo, hi),
            (true, None) => Vec::new(),
        };
        Some(ItemData { ics: ics.to_owned(), uid, repeats, parts, spans })
    }

    /// The title as lists show it, without working out when it is; None where there is no event that can be read.
    pub fn title(&self, ics: &str) -> Option<String> {
        let (_, series) = unharmed(|| series_of(ics, &self.viewer))?;
        events(&series).next().map(|e| line(&e.summary))
    }

    fn part(&self, event: &Event) -> PartData {
        PartData {
            title: line(&event.summary),
            location: line(&event.location),
            status: match event.status {
                Status::Tentative => "tentative",
                Status::Confirmed => "confirmed",
                Status::Cancelled => "cancelled",
            },
            mine: self.me(event).map(answer_of),
            free: event.free,
            joins: event.join.is_some(),
            owns: event.organizer.as_ref().is_none_or(|o| self.is_own(&o.address)),
        }
    }

    pub fn is_own(&self, address: &str) -> bool {
        self.own.iter().any(|own| own.eq_ignore_ascii_case(address))
    }

    /// The person among the guests of an event that somebody else called.
    pub fn me<'e>(&self, event: &'e Event) -> Option<&'e Attendee> {
        if event.organizer.as_ref().is_some_and(|o| self.is_own(&o.address)) {
            return None;
        }
        event.attendees.iter().find(|a| self.is_own(&a.person.address))
    }

    /// Members of a series in some ranges.
    pub fn members(&self, ics: &str, ranges: &[(Timestamp, Timestamp)]) -> Vec<SpanData> {
        let read = || {
            let (_, series) = series_of(ics, &self.viewer)?;
            Some(ranges.iter().flat_map(|(lo, hi)| members(&series, true, *lo, *hi)).collect())
        };
        unharmed(read).unwrap_or_default()
    }
}

/// Whoever of the guests has this address.
pub(crate) fn guest<'e>(event: &'e Event, address: &str) -> Option<&'e Attendee> {
    event.attendees.iter().find(|a| a.person.address.eq_ignore_ascii_case(address))
}

/// The master first, then what stands for single members: the parts of an item.
pub(crate) fn events(series: &Series) -> impl Iterator<Item = &Event> {
    series.master.iter().chain(&series.overrides)
}

pub(crate) fn repeats(series: &Series) -> bool {
    series.master.as_ref().is_none_or(|m| m.rule.is_some() || !m.also.is_empty()) || !series.overrides.is_empty()
}

/// The UID and the series of an item's text; None where it can't be read.
pub(crate) fn series_of(ics: &str, viewer: &Zone) -> Option<(String, Series)> {
    calendar::read(ics.as_bytes(), viewer).ok()?.series.into_iter().next()
}

/// What describes a member: the exception that stands for it, else the master.
pub(crate) fn of_member<'s>(series: &'s Series, member: &str) -> Option<&'s Event> {
    exception(series, member).or(series.master.as_ref()).or_else(|| events(series).next())
}

pub(crate) fn exception<'s>(series: &'s Series, member: &str) -> Option<&'s Event> {
    series.overrides.iter().find(|e| e.stands_for.as_ref().is_some_and(|(w, _)| w.key() == member))
}

/// Days and floating times are kept as the wall shows them: whoever looks knows the zone.
fn members(series: &Series, repeats: bool, lo: Timestamp, hi: Timestamp) -> Vec<SpanData> {
    let first = usize::from(series.master.is_some());
    let found = series.occurrences(lo, hi, &Zone::fixed(0));
    let span = |o: calendar::Occurrence| {
        let part = o.by.map_or(0, |n| n + first);
        let floating = events(series).nth(part).is_some_and(|e| matches!(e.start, When::Floating(_)));
        let kind = match (o.days, floating) {
            (Some(_), _) => SpanKind::Days,
            (None, true) => SpanKind::Floating,
            (None, false) => SpanKind::Instant,
        };
        let member = if repeats { o.member.key() } else { String::new() };
        SpanData { member, part, kind, start: o.start.millis(), finish: o.end.millis() }
    };
    found.occurrences.into_iter().map(span).collect()
}

/// One line of bounded length.
pub(crate) fn line(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().filter(|c| !c.is_control()).take(LINE).collect()
}
