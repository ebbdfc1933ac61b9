#![allow(clippy::unwrap_used)]

use super::*;
use crate::{EventTime, EventView};

fn berlin() -> Zone {
    calendar::NamedZone::known("Europe/Berlin").unwrap().zone().clone()
}

fn detail(start: i64, end: i64, days: Option<(&str, &str)>, zone: Option<&str>) -> EventDetail {
    EventDetail {
        row: EventView {
            key: "5/".to_owned(),
            calendar: CalendarId(1),
            title: "Plan".to_owned(),
            location: String::new(),
            start: Timestamp::from_secs(start),
            end: Timestamp::from_secs(end),
            days: days.map(|(a, b)| (a.to_owned(), b.to_owned())),
            status: "confirmed".to_owned(),
            mine: None,
            free: false,
            repeats: false,
            editable: true,
            join: false,
            pending: None,
            also: Vec::new(),
        },
        uid: "u".to_owned(),
        description: String::new(),
        zone: zone.map(str::to_owned),
        organizer: None,
        guests: Vec::new(),
        guest_count: 0,
        join: None,
        call: None,
        repeats: None,
        rule: None,
        alarms: Vec::new(),
        can_respond: false,
        locked: None,
        conflict: Vec::new(),
    }
}

fn clock(start: Option<&str>, end: Option<EndWords>, zone: Option<&str>) -> WhenWords {
    WhenWords::Clock { start: start.map(str::to_owned), end, zone: zone.map(str::to_owned) }
}

fn at(text: &str) -> EndWords {
    EndWords::At(text.to_owned())
}

fn told(words: &WhenWords, before: Option<&EventDetail>) -> (String, String, Option<String>) {
    match typed::time(words, before, &berlin()).unwrap() {
        EventTime::Clock { start, end, zone } => (start, end, zone),
        EventTime::Days { from, until } => (from, until, None),
    }
}

fn three(start: &str, end: &str, zone: Option<&str>) -> (String, String, Option<String>) {
    (start.to_owned(), end.to_owned(), zone.map(str::to_owned))
}

#[test]
fn a_length_is_one_of_time_and_not_of_what_the_clock_shows() {
    let for_ = |start: &str, secs: i64| told(&clock(Some(start), Some(EndWords::After(secs)), None), None);
    assert_eq!(for_("2026-12-01T10:00", 5_400), three("2026-12-01T10:00:00", "2026-12-01T11:30:00", None));
    // The clock is put back at three: 01:30 and two hours is half past two.
    assert_eq!(for_("2026-10-25T01:30", 7_200), three("2026-10-25T01:30:00", "2026-10-25T02:30:00", None));
    // Half past two never comes in spring.
    assert_eq!(for_("2026-03-29T02:30", 0), three("2026-03-29T03:30:00", "2026-03-29T03:30:00", None));
    let there = told(&clock(Some("2026-12-01T10:00"), Some(at("2026-12-01T11:00")), Some("America/New_York")), None);
    assert_eq!(there, three("2026-12-01T10:00:00", "2026-12-01T11:00:00", Some("America/New_York")));
}

#[test]
fn of_a_change_what_is_left_out_stays() {
    // 2026-12-01, 15:00 to 16:15 in Berlin, 09:00 in New York.
    let before = detail(1_796_133_600, 1_796_138_100, None, Some("America/New_York"));
    assert_eq!(
        told(&clock(Some("2026-12-02T08:00"), None, None), Some(&before)),
        three("2026-12-02T08:00:00", "2026-12-02T09:15:00", None),
        "it lasts as long"
    );
    assert_eq!(
        told(&clock(None, Some(EndWords::After(3_600)), None), Some(&before)),
        three("2026-12-01T09:00:00", "2026-12-01T10:00:00", Some("America/New_York")),
        "it stays where it is"
    );
    // The end is typed as the clock shows here.
    assert_eq!(told(&clock(None, Some(at("2026-12-01T17:00")), None), Some(&before)).1, "2026-12-01T11:00:00");
    let whole = detail(1_796_079_600, 1_796_252_400, Some(("2026-12-01", "2026-12-03")), None);
    let days =
        |first: &str, last: Option<&str>, before| told(&WhenWords::Days { first: first.to_owned(), last: last.map(str::to_owned) }, before);
    assert_eq!(days("2026-12-24", None, Some(&whole)), three("2026-12-24", "2026-12-26", None), "two days as before");
    assert_eq!(days("2026-12-24", None, Some(&before)), three("2026-12-24", "2026-12-25", None));
    assert_eq!(days("2026-12-24", Some("2026-12-26"), None), three("2026-12-24", "2026-12-27", None), "the last day is one of them");
    let error = typed::time(&clock(Some("2026-12-24T10:00"), None, None), Some(&whole), &berlin()).unwrap_err();
    assert!(error.hint.contains("--for"), "{error:?}");
    assert!(typed::time(&clock(None, Some(at("2026-12-24T10:00")), None), Some(&whole), &berlin()).unwrap_err().hint.contains("--start"));
}

#[test]
fn what_makes_no_sense_says_how_it_is_written() {
    let refused = |words: &WhenWords| typed::time(words, None, &berlin()).unwrap_err();
    let hour = Some(EndWords::After(3_600));
    assert!(refused(&clock(Some("2026-12-01T10:00:00Z"), hour.clone(), None)).hint.contains("--zone UTC"));
    assert!(refused(&clock(Some("tomorrow"), hour.clone(), None)).hint.contains("2026-12-01T10:00"));
    assert!(refused(&clock(Some("2026-12-01T10:00"), hour.clone(), Some("Mars"))).hint.contains("Europe/Berlin"));
    assert!(refused(&clock(Some("2026-12-01T10:00"), Some(at("2026-12-01T09:00")), None)).message.contains("before"));
    assert!(refused(&clock(Some("2026-12-01T10:00"), None, None)).hint.contains("--for"));
    assert!(refused(&clock(None, hour, None)).hint.contains("--start"));
    let days = |first: &str, last: &str| WhenWords::Days { first: first.to_owned(), last: Some(last.to_owned()) };
    assert!(refused(&days("2026-12-02", "2026-12-01")).hint.contains("last day"));
    assert!(refused(&days("1.12.2026", "2026-12-01")).hint.contains("2026-12-01"));
}

#[test]
fn a_range_begins_today_and_lasts_two_weeks() {
    // 2026-10-20T21:30Z is half an hour before midnight in Berlin.
    let now = Timestamp::from_secs(1_792_531_800);
    let (from, to) = range(None, None, now, &berlin()).unwrap();
    assert_eq!((from.secs(), to.secs()), (1_792_447_200, 1_792_447_200 + 14 * 86_400 + 3_600), "with the hour that comes twice");
    assert_eq!(range(Some(from), None, now, &berlin()).unwrap(), (from, to));
    assert!(range(Some(to), Some(from), now, &berlin()).unwrap_err().hint.contains("--to"));
}

#[test]
fn a_request_survives_the_wire() {
    let fields = FieldWords {
        fields: EventFields { title: Some("Lunch".to_owned()), alarms: Some(vec![10]), ..EventFields::default() },
        when: Some(clock(Some("2026-12-01T10:00"), Some(EndWords::After(60)), None)),
    };
    let request = super::super::Request::Calendar(Box::new(CalendarRequest::Update {
        key: "5/20261201T090000Z".to_owned(),
        members: Members::Following,
        calendar: None,
        anew: false,
        fields: Box::new(fields),
        queue: false,
    }));
    let wire = serde_json::to_value(super::super::Handed { request: &request, ca_file: None }).unwrap();
    assert_eq!((wire["command"].as_str(), wire["act"].as_str()), (Some("calendar"), Some("update")), "{wire}");
    let back: super::super::Request = serde_json::from_value(wire).unwrap();
    assert_eq!(format!("{back:?}"), format!("{request:?}"));
}
