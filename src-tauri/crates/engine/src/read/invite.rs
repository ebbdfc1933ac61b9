//! What a calendar part of a mail says, in the words of the person who reads it: their zone, their name among the guests, and the
//! next time where there are many. Nothing in it is believed further than the mail that brought it.

use calendar::{Attendee, Event, Method, Person, Series, Status};
use domain::time::{Timestamp, Zone};
use serde::{Deserialize, Serialize};

use crate::agenda::unharmed;

/// Members of a series that are looked at for the next one, from now on; a rule that names none in these years names none.
const AHEAD_MS: i64 = 2 * 366 * 86_400_000;
/// Guests that are listed. All are counted.
const GUESTS: usize = 200;
const TEXT: usize = 1_000;

/// An invitation, its cancellation, an answer, or an event that somebody passed on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteView {
    /// `invitation`, `cancelled`, `answer`, `proposal`, `event`.
    pub kind: String,
    pub summary: String,
    pub location: String,
    /// Unix ms; the end is exclusive. Of a series: the next member, else the last that began.
    pub start: i64,
    pub end: i64,
    /// First day and the day after the last, as ISO dates, where it is about whole days.
    pub days: Option<(String, String)>,
    /// The zone it was written in, where that is not UTC or the viewer's own time at that instant.
    pub zone: Option<String>,
    /// What the clock shows there at the start, `HH:MM`.
    pub there: Option<String>,
    /// The zone means nothing: the time may be another.
    pub zone_unknown: bool,
    pub repeats: Option<RepeatsView>,
    /// Other events in the same part.
    pub more: u64,
    pub organizer: Option<GuestView>,
    pub guests: Vec<GuestView>,
    pub guest_count: u64,
    /// The reader's own answer so far, where they are among the guests.
    pub mine: Option<String>,
    /// `https` address to join at.
    pub join: Option<String>,
    /// Of an answer: what the person's own calendar says of that guest so far, where it can be noted there.
    #[serde(default)]
    pub noted: Option<String>,
    /// It is no longer to come.
    pub over: bool,
    /// Who sent the mail is not who the event says it is from.
    pub foreign: bool,
    /// What an answer to it is remembered under; the UID is the first part.
    #[serde(default)]
    pub event: (String, Option<String>),
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepeatsView {
    /// `daily`, `weekly`, `monthly`, `yearly`, or `other`.
    pub every: String,
    pub interval: u64,
    /// Days of the week, Monday is 1, where the rule names them plainly.
    pub weekdays: Vec<u8>,
    pub count: Option<u64>,
    /// Unix ms.
    pub until: Option<i64>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuestView {
    pub name: String,
    pub email: String,
    /// `accepted`, `declined`, `tentative`, `delegated`, `none`.
    pub answer: String,
    pub optional: bool,
}

/// `from`: who sent the mail. `own`: addresses of the reader. None where the part holds no event that can be shown: the mail is shown
/// without it, also where a library trips over what a stranger wrote.
pub fn of(text: &str, from: &str, own: &[String], now: Timestamp, viewer: &Zone) -> Option<InviteView> {
    unharmed(|| view(text, from, own, now, viewer))
}

fn view(text: &str, from: &str, own: &[String], now: Timestamp, viewer: &Zone) -> Option<InviteView> {
    let document = calendar::read(text.as_bytes(), viewer).ok()?;
    let (uid, series) = document.series.iter().find(|(_, s)| s.master.is_some()).or_else(|| document.series.first())?;
    let event = series.master.as_ref().or_else(|| series.overrides.first())?;
    let (start, end, days, over) = when(series, event, now, viewer);
    let mine = event.attendees.iter().find(|a| own.iter().any(|o| o.eq_ignore_ascii_case(&a.person.address)));
    let answer = document.method == Some(Method::Reply);
    // An answer comes from the guest it is about; everything else from whoever called the meeting.
    let sender = if answer { event.attendees.first().map(|a| &a.person) } else { event.organizer.as_ref() };
    let kind = match (&document.method, event.status) {
        (Some(Method::Cancel), _) | (_, Status::Cancelled) => "cancelled",
        (Some(Method::Reply), _) => "answer",
        (Some(Method::Counter), _) => "proposal",
        (Some(Method::Request | Method::Add), _) => "invitation",
        _ => "event",
    };
    let shown = event.start.zone().filter(|zone| zone.name() != "UTC" && zone.zone().offset_secs(start) != viewer.offset_secs(start));
    let there = shown.map(|zone| zone.zone().wall_secs(start).rem_euclid(86_400));
    Some(InviteView {
        kind: kind.to_owned(),
        summary: clip(&event.summary),
        location: clip(&event.location),
        start: start.millis(),
        end: end.millis(),
        days,
        zone: shown.map(|zone| clip(zone.name())),
        there: there.map(|secs| format!("{:02}:{:02}", secs / 3600, secs / 60 % 60)),
        zone_unknown: document.problems.iter().any(|(of, p)| of == uid && matches!(p, calendar::read::Problem::Zone(_))),
        repeats: repeats(event),
        more: document.series.len().saturating_sub(1) as u64,
        organizer: event.organizer.as_ref().map(|p| guest(p, "none", false)),
        guests: event.attendees.iter().filter(|a| !a.resource).take(GUESTS).map(attendee).collect(),
        guest_count: event.attendees.iter().filter(|a| !a.resource).count() as u64,
        mine: mine.map(|a| answer_of(a).to_owned()),
        noted: None,
        join: event.join.clone().filter(|url| url.len() < 2_000),
        over,
        // A ticket or a programme is passed on by anybody.
        event: (uid.clone(), series.master.is_none().then(|| event.stands_for.as_ref().map(|(w, _)| w.key())).flatten()),
        foreign: kind != "event" && sender.is_some_and(|p| !p.address.eq_ignore_ascii_case(from)),
    })
}

/// Start, end, days, and whether it is all over.
fn when(series: &Series, event: &Event, now: Timestamp, viewer: &Zone) -> (Timestamp, Timestamp, Option<(String, String)>, bool) {
    let first = event.start.instant(viewer);
    let repeating = event.rule.is_some() || !event.also.is_empty() || !series.overrides.is_empty();
    let from = if repeating { Timestamp(first.millis().max(now.millis())) } else { first };
    let next = series.occurrences(from, from.plus_millis(AHEAD_MS), viewer).occurrences.into_iter().next();
    // Nothing comes any more: what it was, when it began.
    let found = next.or_else(|| series.occurrences(first, first.plus_millis(AHEAD_MS), viewer).occurrences.into_iter().next());
    let Some(found) = found else { return (first, first, None, first < now) };
    let days = found.days.map(|(first, last)| (first.to_string(), last.to_string()));
    (found.start, found.end, days, found.end <= now)
}

pub(crate) fn repeats(event: &Event) -> Option<RepeatsView> {
    let text = event.rule.as_ref()?.text().to_ascii_uppercase();
    let part = |key: &str| text.split(';').find_map(|p| p.split_once('=').filter(|(k, _)| *k == key)).map(|(_, v)| v.to_owned());
    let every = part("FREQ").map_or("other".to_owned(), |f| f.to_lowercase());
    const DAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
    let days: Option<Vec<u8>> = part("BYDAY")
        .map(|list| list.split(',').map(|d| DAYS.iter().position(|k| *k == d).map(|n| n as u8 + 1)).collect::<Option<Vec<_>>>())
        .unwrap_or_default();
    let plain = ["BYSETPOS", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYHOUR"].iter().all(|key| part(key).is_none());
    let named = part("BYDAY").is_none() || (days.is_some() && every == "weekly");
    let simple = ["daily", "weekly", "monthly", "yearly"].contains(&every.as_str()) && plain && named;
    let until = part("UNTIL").and_then(|until| {
        let digits: String = until.chars().filter(char::is_ascii_digit).collect();
        let day = chrono::NaiveDate::parse_from_str(digits.get(..8)?, "%Y%m%d").ok()?;
        Some(day.and_hms_opt(12, 0, 0)?.and_utc().timestamp_millis())
    });
    Some(RepeatsView {
        every: if simple { every } else { "other".to_owned() },
        interval: part("INTERVAL").and_then(|n| n.parse().ok()).unwrap_or(1),
        weekdays: if simple { days.unwrap_or_default() } else { Vec::new() },
        count: part("COUNT").and_then(|n| n.parse().ok()),
        until,
    })
}

pub(crate) fn attendee(attendee: &Attendee) -> GuestView {
    guest(&attendee.person, answer_of(attendee), attendee.optional)
}

pub(crate) const fn answer_of(attendee: &Attendee) -> &'static str {
    answer_word(attendee.participation)
}

/// An answer, as rows and cards name it.
pub(crate) const fn answer_word(answer: calendar::Participation) -> &'static str {
    use calendar::Participation as P;
    match answer {
        P::NeedsAction => "none",
        P::Accepted => "accepted",
        P::Declined => "declined",
        P::Tentative => "tentative",
        P::Delegated => "delegated",
    }
}

pub(crate) fn guest(person: &Person, answer: &str, optional: bool) -> GuestView {
    GuestView { name: clip(&person.name), email: clip(&person.address), answer: answer.to_owned(), optional }
}

/// One line of bounded length: what a stranger wrote stands beside words of ours.
fn clip(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !c.is_control()).take(TEXT).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const NOW: Timestamp = Timestamp(1_774_000_000_000); // 2026-03-20T09:46:40Z

    fn berlin() -> Zone {
        calendar::NamedZone::known("Europe/Berlin").unwrap().zone().clone()
    }

    fn card(method: &str, lines: &str) -> InviteView {
        let text = format!(
            "BEGIN:VCALENDAR\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\nUID:a\r\nSUMMARY:Plan\r\nORGANIZER;CN=Ada:mailto:ada@x.example\r\n\
             ATTENDEE;PARTSTAT=TENTATIVE:mailto:Me@mine.example\r\nATTENDEE;CUTYPE=ROOM:mailto:room@x.example\r\n{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
            lines.replace('\n', "\r\n")
        );
        of(&text, "ada@x.example", &["me@mine.example".to_owned()], NOW, &berlin()).unwrap()
    }

    #[test]
    fn it_is_told_in_the_readers_time_and_names() {
        let found = card("REQUEST", "DTSTART;TZID=America/New_York:20260325T100000\nDTEND;TZID=America/New_York:20260325T110000");
        assert_eq!((found.kind.as_str(), found.summary.as_str(), found.mine.as_deref()), ("invitation", "Plan", Some("tentative")));
        assert_eq!((found.start, found.end - found.start), (1_774_447_200_000, 3_600_000));
        assert_eq!((found.zone.as_deref(), found.there.as_deref()), (Some("America/New_York"), Some("10:00")));
        assert_eq!((found.guest_count, found.over, found.foreign), (1, false, false));
        // Nobody needs to be told of a zone whose clock shows the same.
        assert_eq!(card("REQUEST", "DTSTART;TZID=Europe/Paris:20260325T100000").zone, None);
    }

    #[test]
    fn of_a_series_the_next_one_is_told() {
        let found = card(
            "REQUEST",
            "DTSTART;TZID=Europe/Berlin:20250106T100000\nDURATION:PT30M\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;UNTIL=20261231T000000Z",
        );
        assert_eq!(found.start, 1_774_857_600_000);
        let repeats = found.repeats.unwrap();
        assert_eq!((repeats.every.as_str(), repeats.interval, repeats.weekdays), ("weekly", 2, vec![1, 3]));
        assert_eq!(card("REQUEST", "DTSTART:20250106T100000Z\nRRULE:FREQ=MONTHLY;BYDAY=2TU").repeats.unwrap().every, "other");
        let over = card("REQUEST", "DTSTART:20250106T100000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3");
        assert!(over.over && over.start == 1_736_157_600_000);
    }

    #[test]
    fn what_it_is_for_and_whether_its_sender_fits() {
        assert_eq!(card("CANCEL", "DTSTART:20260325T100000Z").kind, "cancelled");
        assert_eq!(card("REQUEST", "DTSTART:20260325T100000Z\nSTATUS:CANCELLED").kind, "cancelled");
        assert_eq!(card("PUBLISH", "DTSTART:20260325T100000Z").kind, "event");
        let forged = card("REQUEST", "DTSTART:20260325T100000Z");
        assert!(!forged.foreign);
        let text = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART:20260325T100000Z\r\nORGANIZER:mailto:boss@x.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        assert!(of(text, "mallory@evil.example", &[], NOW, &berlin()).unwrap().foreign);
        let passed_on = text.replace("METHOD:REQUEST", "METHOD:PUBLISH");
        assert!(!of(&passed_on, "mallory@evil.example", &[], NOW, &berlin()).unwrap().foreign);
        assert_eq!(of("no calendar", "a@b", &[], NOW, &berlin()), None);
    }

    #[test]
    fn days_are_dates_and_strangers_words_are_one_bounded_line() {
        let found = card("REQUEST", "DTSTART;VALUE=DATE:20260325\nDTEND;VALUE=DATE:20260327\nLOCATION:a\\n\\nb");
        assert_eq!(found.days, Some(("2026-03-25".to_owned(), "2026-03-27".to_owned())));
        assert_eq!(found.location, "a b");
        assert!(card("REQUEST", "DTSTART;TZID=Nowhere at all:20260325T100000").zone_unknown);
    }
}
