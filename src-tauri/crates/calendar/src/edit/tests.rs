//! Edits, line by line: what changes, and above all what does not.

use chrono::{NaiveDate, NaiveDateTime};
use domain::time::{Timestamp, Zone};

use crate::{
    NamedZone, Participation, Person, Series, When,
    edit::{Context, EditError, Edited, Fields, Members, Span, change, create, remove, reply, respond},
    lines::{Component, Line, parse},
    read,
};

fn berlin() -> NamedZone {
    NamedZone::known("Europe/Berlin").unwrap()
}

fn viewer() -> Zone {
    berlin().zone().clone()
}

fn person(name: &str, address: &str) -> Person {
    Person { address: address.to_owned(), name: name.to_owned() }
}

fn with<R>(me: Option<&Person>, run: impl FnOnce(&Context<'_>) -> R) -> R {
    // 2026-11-22T09:00:00Z
    run(&Context { now: Timestamp::from_secs(1_795_338_000), viewer: &viewer(), me })
}

const NOW: &str = "20261122T090000Z";

fn wall(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn clock(start: &str, end: &str) -> Span {
    Span::Clock { start: wall(start), end: wall(end), zone: berlin() }
}

fn days(from: &str, until: &str) -> Span {
    Span::Days { from: day(from), until: day(until) }
}

fn at(text: &str) -> When {
    When::At(wall(text), berlin())
}

fn only(text: &str) -> Members {
    Members::Only(at(text))
}

fn following(text: &str) -> Members {
    Members::Following(at(text))
}

/// A document around the lines of one or more components.
fn ics(body: &str) -> String {
    format!("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//t//EN\n{}\nEND:VCALENDAR\n", body.trim()).replace('\n', "\r\n")
}

fn edit(ics: &str, members: &Members, fields: Fields) -> Edited {
    with(None, |context| change(ics, members, &fields, "new@x", context)).unwrap()
}

fn changed(ics: &str, members: &Members, fields: Fields) -> String {
    edit(ics, members, fields).ics.unwrap()
}

fn title(text: &str) -> Fields {
    Fields { title: Some(text.to_owned()), ..Fields::default() }
}

fn time(span: Span) -> Fields {
    Fields { time: Some(span), ..Fields::default() }
}

fn events(ics: &str) -> Vec<Component> {
    parse(ics.as_bytes()).unwrap().remove(0).children_of("VEVENT").cloned().collect()
}

/// Lines of these names, of one VEVENT.
fn lines(event: &Component, names: &[&str]) -> Vec<String> {
    event.lines.iter().filter(|line| names.iter().any(|name| line.is(name))).map(|line| line.as_str().to_owned()).collect()
}

fn series(ics: &str) -> Series {
    let document = read(ics.as_bytes(), &viewer()).unwrap();
    assert!(document.problems.is_empty(), "{:?}\n{ics}", document.problems);
    document.series.into_iter().next().unwrap().1
}

/// Starts on the wall of Berlin, and what they are called.
fn members(ics: &str) -> Vec<String> {
    let series = series(ics);
    let found = series.occurrences(Timestamp(i64::MIN / 4), Timestamp::from_secs(1_900_000_000), &viewer());
    let shown = |at: Timestamp| chrono::DateTime::from_timestamp(viewer().wall_secs(at), 0).unwrap().format("%m-%d %H:%M").to_string();
    let event = |by: Option<usize>| by.map_or(series.master.as_ref(), |n| series.overrides.get(n)).unwrap();
    found.occurrences.iter().map(|o| format!("{} {}", shown(o.start), event(o.by).summary).trim().to_owned()).collect()
}

/// Mondays at ten, five of them; the second is left out, the third is at two and called otherwise, and there is an extra one.
const WEEKLY: &str = "BEGIN:VEVENT\nUID:a\nDTSTAMP:20260101T000000Z\nX-OURS;A=\"b:c\":1\nSUMMARY:Plan\nDTSTART;TZID=Europe/Berlin:20261102T100000\n\
DTEND;TZID=Europe/Berlin:20261102T110000\nRRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20261130T090000Z\nEXDATE;TZID=Europe/Berlin:20261109T100000\n\
RDATE;TZID=Europe/Berlin:20261118T150000\nSEQUENCE:2\nEND:VEVENT\n\
BEGIN:VEVENT\nUID:a\nRECURRENCE-ID;TZID=Europe/Berlin:20261116T100000\nDTSTAMP:20260101T000000Z\nSUMMARY:Retro\n\
DTSTART;TZID=Europe/Berlin:20261116T140000\nDTEND;TZID=Europe/Berlin:20261116T150000\nX-OWN:2\nEND:VEVENT";

#[test]
fn the_sample_is_what_it_says() {
    assert_eq!(
        members(&ics(WEEKLY)),
        ["11-02 10:00 Plan", "11-16 14:00 Retro", "11-18 15:00 Plan", "11-23 10:00 Plan", "11-30 10:00 Plan"]
    );
}

#[test]
fn a_new_event_has_all_that_was_set() {
    let me = person("Bo", "bo@example.com");
    let fields = Fields {
        title: Some("Plan, review; lunch".to_owned()),
        location: Some("Kafka".to_owned()),
        description: Some("one\ntwo".to_owned()),
        time: Some(clock("2026-11-30 10:00", "2026-11-30 11:00")),
        rule: Some("FREQ=WEEKLY;UNTIL=20261231".to_owned()),
        free: Some(true),
        alarms: Some(vec![15, 1440, 15]),
        guests: Some(vec![person("Müller, Ana", "ana@example.com"), person("", "Ana@example.com")]),
        join: Some("https://meet.example.com/x".to_owned()),
        call: None,
    };
    let text = with(Some(&me), |context| create("u1", &fields, context)).unwrap();
    let alarm =
        |trigger: &str| format!("BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:{trigger}\nDESCRIPTION:Plan\\, review\\; lunch\nEND:VALARM\n");
    let wanted = format!(
        "BEGIN:VEVENT\nUID:u1\nDTSTAMP:{NOW}\nLAST-MODIFIED:{NOW}\nCREATED:{NOW}\nSEQUENCE:0\nDTSTART;TZID=Europe/Berlin:20261130T100000\n\
         DTEND;TZID=Europe/Berlin:20261130T110000\nRRULE:FREQ=WEEKLY;UNTIL=20261231T225959Z\nSUMMARY:Plan\\, review\\; lunch\nLOCATION:Kafka\n\
         DESCRIPTION:one\\ntwo\nTRANSP:TRANSPARENT\nCONFERENCE;VALUE=URI:https://meet.example.com/x\nORGANIZER;CN=Bo:mailto:bo@example.com\n\
         ATTENDEE;CN=Bo;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED:mailto:bo@example.com\n\
         ATTENDEE;CN=\"Müller, Ana\";ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:ana@example.com\n{}{}END:VEVENT\nEND:VCALENDAR\n",
        alarm("-PT15M"),
        alarm("-P1D")
    );
    let unfolded = text.replace("\r\n ", "").replace("\r\n", "\n");
    let (head, event) = unfolded.split_at(unfolded.find("BEGIN:VEVENT").unwrap());
    assert_eq!(event, wanted);
    assert!(
        head.starts_with("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Aurelius//EN\nCALSCALE:GREGORIAN\nBEGIN:VTIMEZONE\nTZID:Europe/Berlin\n")
    );
    let event = series(&text).master.unwrap();
    assert_eq!((event.alarms.as_slice(), event.attendees.len(), event.free), ([15, 1440].as_slice(), 2, true));
    assert_eq!(members(&text).len(), 5);
}

#[test]
fn days_and_utc_are_written_as_such() {
    let text = |span| with(None, |context| create("u", &time(span), context)).unwrap();
    assert!(text(days("2026-11-30", "2026-12-01")).contains("DTSTART;VALUE=DATE:20261130\r\nDTEND;VALUE=DATE:20261201\r\n"));
    let utc = Span::Clock { start: wall("2026-11-30 10:00"), end: wall("2026-11-30 10:00"), zone: NamedZone::utc() };
    let utc = text(utc);
    assert!(utc.contains("DTSTART:20261130T100000Z\r\n") && !utc.contains("DTEND") && !utc.contains("VTIMEZONE"), "{utc}");
    let offset = Span::Clock { start: wall("2026-11-30 10:00"), end: wall("2026-11-30 11:00"), zone: NamedZone::fixed(7200) };
    assert!(text(offset).contains("DTSTART:20261130T080000Z\r\nDTEND:20261130T090000Z\r\n"));
}

#[test]
fn what_cannot_be_written_says_what_to_do() {
    let refuse = |fields: &Fields| with(None, |context| create("u", fields, context)).unwrap_err();
    let ok = time(clock("2026-11-30 10:00", "2026-11-30 11:00"));
    assert_eq!(refuse(&Fields::default()), EditError::NoTime);
    assert_eq!(refuse(&time(clock("2026-11-30 10:00", "2026-11-30 09:59"))), EditError::EndsBefore);
    assert_eq!(refuse(&time(days("2026-11-30", "2026-11-30"))), EditError::EndsBefore);
    // Half past two never comes; three o'clock is before what it is taken for.
    assert_eq!(refuse(&time(clock("2026-03-29 02:30", "2026-03-29 03:00"))), EditError::EndsBefore);
    assert_eq!(refuse(&time(Span::Days { from: NaiveDate::MIN, until: NaiveDate::MAX })), EditError::OutOfRange);
    let nowhere = Span::Clock {
        start: wall("2026-11-30 10:00"),
        end: wall("2026-11-30 11:00"),
        zone: NamedZone::unknown("Customized Time Zone", Zone::fixed(0)),
    };
    assert_eq!(refuse(&time(nowhere)), EditError::Zone("Customized Time Zone".to_owned()));
    for rule in ["FREQ=SOMETIMES", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;COUNT=2;UNTIL=20270101", "x"] {
        assert!(matches!(refuse(&Fields { rule: Some(rule.to_owned()), ..ok.clone() }), EditError::Rule(_)), "{rule}");
    }
    assert_eq!(refuse(&title(&"x".repeat(1_001))), EditError::TooLong("title", 1_000));
    assert_eq!(refuse(&Fields { description: Some("x".repeat(100_001)), ..ok.clone() }), EditError::TooLong("description", 100_000));
    let many = (0..2_001).map(|n| person("", &format!("{n}@example.com"))).collect();
    assert_eq!(refuse(&Fields { guests: Some(many), ..ok.clone() }), EditError::TooManyGuests(2_001));
    for address in ["", "ana", "@x", "a b@x", "a@x\r\nX:1", "<a@x>"] {
        let guests = Some(vec![person("", address)]);
        assert_eq!(refuse(&Fields { guests, ..ok.clone() }), EditError::Address(address.trim().to_owned()), "{address}");
    }
    for join in ["http://x", "tel:1", "https://x y"] {
        assert_eq!(refuse(&Fields { join: Some(join.to_owned()), ..ok.clone() }), EditError::Join);
    }
    let read = |text: &str| with(None, |context| change(text, &Members::All, &title("x"), "n", context)).unwrap_err();
    assert!(matches!(read("hello"), EditError::Read(_)));
    assert_eq!(read(&ics("BEGIN:VTODO\nUID:a\nEND:VTODO")), EditError::NoEvent);
    assert_eq!(read(&ics("BEGIN:VEVENT\nUID:a\nEND:VEVENT")), EditError::NoStart);
}

const ODD: &str = "X-CALENDAR:kept\nBEGIN:X-THING\nX-A:1\nEND:X-THING\nBEGIN:VEVENT\nUID:a\nX-FIRST;P=\"q;r\":\\,v\nDTSTAMP:20260101T000000Z\nSUMMARY;LANGUAGE=de;ALTREP=\"cid:1\":Alt\n\
DTSTART;TZID=W. Europe Standard Time;X-P=1:20261130T100000\nDURATION:PT1H\nDESCRIPTION:folded whe\n re it was\n  folded\nATTACH;FMTTYPE=text/plain;ENCODING=BASE64;VALUE=BINARY:AAAA\n\
CLASS:PRIVATE\nBEGIN:VALARM\nACTION:NONE\nTRIGGER;VALUE=DATE-TIME:19760401T005545Z\nX-APPLE-DEFAULT-ALARM:TRUE\nEND:VALARM\nBEGIN:PARTICIPANT\nUID:p\nEND:PARTICIPANT\nEND:VEVENT\nBEGIN:VEVENT\nUID:other\nDTSTART:20260101T000000Z\nEND:VEVENT";

#[test]
fn only_the_lines_of_an_edit_are_written_anew() {
    let before = ics(ODD);
    let after = changed(&before, &Members::All, title("Neu, größer"));
    let wanted = before
        .replace("SUMMARY;LANGUAGE=de;ALTREP=\"cid:1\":Alt", "SUMMARY;LANGUAGE=de:Neu\\, größer")
        .replace("DTSTAMP:20260101T000000Z", &format!("DTSTAMP:{NOW}"))
        .replace("CLASS:PRIVATE\r\n", &format!("CLASS:PRIVATE\r\nLAST-MODIFIED:{NOW}\r\n"));
    assert_eq!(after, wanted);
    // In the zone that it has, by the name that it has there.
    let after = changed(&before, &Members::All, time(clock("2026-11-30 10:00", "2026-11-30 11:30")));
    assert!(
        after.contains(
            "DTSTART;TZID=W. Europe Standard Time;X-P=1:20261130T100000\r\nDTEND;TZID=W. Europe Standard Time:20261130T113000\r\n"
        ),
        "{after}"
    );
    assert!(!after.contains("DURATION") && after.contains("SEQUENCE:1") && after.contains("folded whe\r\n re it was\r\n  folded\r\n"));
    // Another edit of the second event's resource does not touch the first.
    assert!(after.contains("BEGIN:VEVENT\r\nUID:other\r\nDTSTART:20260101T000000Z\r\nEND:VEVENT\r\n"));
}

#[test]
fn setting_what_is_there_changes_nothing() {
    let before = ics(ODD);
    let same = Fields {
        title: Some("Alt".to_owned()),
        description: Some("folded where it was folded".to_owned()),
        location: Some(String::new()),
        time: Some(clock("2026-11-30 10:00", "2026-11-30 11:00")),
        rule: Some(String::new()),
        free: Some(false),
        alarms: Some(vec![]),
        guests: Some(vec![]),
        join: Some(String::new()),
        call: None,
    };
    assert_eq!(changed(&before, &Members::All, same), before);
    let weekly = ics(WEEKLY);
    let rule = Some("UNTIL=20261130T090000Z;FREQ=WEEKLY;BYDAY=MO;INTERVAL=1".to_owned());
    for members in [Members::All, following("2026-11-23 10:00")] {
        assert_eq!(
            edit(&weekly, &members, Fields { rule: rule.clone(), ..title("Plan") }),
            Edited { ics: Some(weekly.clone()), new: None }
        );
    }
    assert_eq!(
        changed(&weekly, &only("2026-11-23 10:00"), Fields { time: Some(clock("2026-11-23 10:00", "2026-11-23 11:00")), ..title("Plan") }),
        weekly
    );
}

#[test]
fn one_date_becomes_an_override() {
    let before = ics(WEEKLY);
    let after =
        changed(&before, &only("2026-11-23 10:00"), Fields { time: Some(clock("2026-11-24 09:00", "2026-11-24 09:30")), ..title("Late") });
    let own = &events(&after)[2];
    let names = [
        "UID",
        "RECURRENCE-ID",
        "SUMMARY",
        "DTSTART",
        "DTEND",
        "SEQUENCE",
        "X-OURS",
        "RRULE",
        "EXDATE",
        "RDATE",
        "DTSTAMP",
        "LAST-MODIFIED",
    ];
    assert_eq!(
        lines(own, &names),
        [
            "UID:a",
            "RECURRENCE-ID;TZID=Europe/Berlin:20261123T100000",
            &format!("DTSTAMP:{NOW}"),
            "X-OURS;A=\"b:c\":1",
            "SUMMARY:Late",
            "DTSTART;TZID=Europe/Berlin:20261124T090000",
            "DTEND;TZID=Europe/Berlin:20261124T093000",
            "SEQUENCE:3",
            &format!("LAST-MODIFIED:{NOW}"),
        ]
    );
    // The master and the other override are as they were.
    assert_eq!(events(&after)[..2], events(&before)[..]);
    assert_eq!(members(&after), ["11-02 10:00 Plan", "11-16 14:00 Retro", "11-18 15:00 Plan", "11-24 09:00 Late", "11-30 10:00 Plan"]);
    // Once there, it is edited in its place; whole days are days.
    let again = changed(&after, &only("2026-11-23 10:00"), time(days("2026-11-25", "2026-11-26")));
    assert_eq!(events(&again).len(), 3);
    assert_eq!(
        lines(&events(&again)[2], &["RECURRENCE-ID", "DTSTART"]),
        ["RECURRENCE-ID;TZID=Europe/Berlin:20261123T100000", "DTSTART;VALUE=DATE:20261125"]
    );
    let retro = changed(&before, &only("2026-11-16 10:00"), title("Review"));
    assert!(retro.contains("SUMMARY:Review") && retro.contains("X-OWN:2") && events(&retro).len() == 2);
}

#[test]
fn one_date_is_only_one_that_there_is() {
    let before = ics(WEEKLY);
    let refuse = |members: Members, fields: Fields| with(None, |context| change(&before, &members, &fields, "n", context)).unwrap_err();
    for gone in ["2026-11-09 10:00", "2026-11-03 10:00", "2026-12-07 10:00", "2026-11-16 14:00"] {
        assert_eq!(refuse(only(gone), title("x")), EditError::NoSuchMember, "{gone}");
        assert_eq!(refuse(following(gone), title("x")), EditError::NoSuchMember, "{gone}");
        assert_eq!(with(None, |context| remove(&before, &only(gone), context)), Err(EditError::NoSuchMember), "{gone}");
    }
    assert_eq!(refuse(Members::Only(When::Date(day("2026-11-23"))), title("x")), EditError::NoSuchMember);
    assert_eq!(refuse(only("2026-11-23 10:00"), Fields { rule: Some("FREQ=DAILY".to_owned()), ..Fields::default() }), EditError::RuleOfOne);
    let once = ics("BEGIN:VEVENT\nUID:a\nDTSTART;TZID=Europe/Berlin:20261102T100000\nEND:VEVENT");
    assert_eq!(events(&changed(&once, &only("2026-11-02 10:00"), title("x"))).len(), 1);
    assert_eq!(with(None, |context| change(&once, &only("2026-11-03 10:00"), &title("x"), "n", context)), Err(EditError::NoSuchMember));
}

#[test]
fn a_series_that_moves_takes_everything_along() {
    let after = changed(&ics(WEEKLY), &Members::All, time(clock("2026-11-03 12:30", "2026-11-03 14:00")));
    assert_eq!(
        lines(&events(&after)[0], &["DTSTART", "DTEND", "RRULE", "EXDATE", "RDATE", "SEQUENCE"]),
        [
            "DTSTART;TZID=Europe/Berlin:20261103T123000",
            "DTEND;TZID=Europe/Berlin:20261103T140000",
            "RRULE:FREQ=WEEKLY;BYDAY=TU;UNTIL=20261201T113000Z",
            "EXDATE;TZID=Europe/Berlin:20261110T123000",
            "RDATE;TZID=Europe/Berlin:20261119T173000",
            "SEQUENCE:3",
        ]
    );
    assert_eq!(
        lines(&events(&after)[1], &["RECURRENCE-ID", "DTSTART", "DTEND", "SUMMARY", "SEQUENCE"]),
        [
            "RECURRENCE-ID;TZID=Europe/Berlin:20261117T123000",
            "SUMMARY:Retro",
            "DTSTART;TZID=Europe/Berlin:20261117T163000",
            "DTEND;TZID=Europe/Berlin:20261117T180000",
            "SEQUENCE:1",
        ]
    );
    assert_eq!(members(&after), ["11-03 12:30 Plan", "11-17 16:30 Retro", "11-19 17:30 Plan", "11-24 12:30 Plan", "12-01 12:30 Plan"]);
    // Longer, and where it was: the dates stay as they are written.
    let longer = changed(&ics(WEEKLY), &Members::All, time(clock("2026-11-02 10:00", "2026-11-02 11:30")));
    assert!(longer.contains("UNTIL=20261130T090000Z") && longer.contains("RECURRENCE-ID;TZID=Europe/Berlin:20261116T100000"));
    assert!(longer.contains("DTEND;TZID=Europe/Berlin:20261116T153000"));
}

#[test]
fn a_series_goes_over_to_days_and_back() {
    let whole = changed(&ics(WEEKLY), &Members::All, time(days("2026-11-03", "2026-11-04")));
    assert_eq!(
        lines(&events(&whole)[0], &["DTSTART", "DTEND", "RRULE", "EXDATE", "RDATE"]),
        [
            "DTSTART;VALUE=DATE:20261103",
            "DTEND;VALUE=DATE:20261104",
            "RRULE:FREQ=WEEKLY;BYDAY=TU;UNTIL=20261201",
            "EXDATE;VALUE=DATE:20261110",
            "RDATE;VALUE=DATE:20261119",
        ]
    );
    assert_eq!(
        lines(&events(&whole)[1], &["RECURRENCE-ID", "DTSTART"]),
        ["RECURRENCE-ID;VALUE=DATE:20261117", "DTSTART;VALUE=DATE:20261117"]
    );
    assert_eq!(members(&whole).len(), 5);
    let back = changed(&whole, &Members::All, time(clock("2026-11-02 10:00", "2026-11-02 11:00")));
    assert_eq!(members(&back), ["11-02 10:00 Plan", "11-16 10:00 Retro", "11-18 10:00 Plan", "11-23 10:00 Plan", "11-30 10:00 Plan"]);
    assert!(back.contains("EXDATE;TZID=Europe/Berlin:20261109T100000") && back.contains("UNTIL=20261130T090000Z"));
}

#[test]
fn a_series_goes_to_another_zone() {
    let tokyo = NamedZone::known("Asia/Tokyo").unwrap();
    let span = Span::Clock { start: wall("2026-11-02 10:00"), end: wall("2026-11-02 11:00"), zone: tokyo };
    let after = changed(&ics(WEEKLY), &Members::All, time(span));
    assert_eq!(members(&after), ["11-02 02:00 Plan", "11-16 06:00 Retro", "11-18 07:00 Plan", "11-23 02:00 Plan", "11-30 02:00 Plan"]);
    assert!(after.contains("EXDATE;TZID=Asia/Tokyo:20261109T100000") && after.contains("UNTIL=20261130T010000Z"));
    assert!(after.contains("BEGIN:VTIMEZONE\r\nTZID:Asia/Tokyo"));
}

/// The rule after its series was moved, and the members on the wall of Berlin.
fn moved(start: &str, rule: &str, dates: &str, to: &str) -> Result<(String, Vec<String>), EditError> {
    let compact = wall(start).format("%Y%m%dT%H%M%S");
    let body = format!("BEGIN:VEVENT\nUID:a\nDTSTART;TZID=Europe/Berlin:{compact}\nRRULE:{rule}\n{dates}END:VEVENT");
    let fields = time(clock(to, to));
    let after = with(None, |context| change(&ics(&body), &Members::All, &fields, "n", context))?.ics.unwrap();
    Ok((events(&after)[0].value("RRULE").unwrap().to_owned(), members(&after)))
}

#[test]
fn rules_follow_the_day_that_they_name() {
    for (start, rule, to, wanted, days) in [
        ("2026-01-05 10:00", "FREQ=WEEKLY;COUNT=3", "2026-01-07 10:00", "FREQ=WEEKLY;COUNT=3", "01-07 01-14 01-21"),
        (
            "2026-01-05 10:00",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;COUNT=4",
            "2026-01-08 10:00",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TH,MO;COUNT=4;WKST=TH",
            "01-08 01-12 01-22 01-26",
        ),
        (
            "2026-01-15 10:00",
            "FREQ=MONTHLY;BYMONTHDAY=15;COUNT=3",
            "2026-01-17 10:00",
            "FREQ=MONTHLY;BYMONTHDAY=17;COUNT=3",
            "01-17 02-17 03-17",
        ),
        ("2026-01-13 10:00", "FREQ=MONTHLY;BYDAY=2TU;COUNT=3", "2026-01-21 10:00", "FREQ=MONTHLY;BYDAY=3WE;COUNT=3", "01-21 02-18 03-18"),
        ("2026-01-27 10:00", "FREQ=MONTHLY;BYDAY=-1TU;COUNT=3", "2026-01-28 10:00", "FREQ=MONTHLY;BYDAY=-1WE;COUNT=3", "01-28 02-25 03-25"),
        (
            "2026-01-13 10:00",
            "FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2;COUNT=3",
            "2026-01-29 10:00",
            "FREQ=MONTHLY;BYDAY=TH;BYSETPOS=-1;COUNT=3",
            "01-29 02-26 03-26",
        ),
        (
            "2026-01-31 10:00",
            "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3",
            "2026-02-28 10:00",
            "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3",
            "02-28 03-31 04-30",
        ),
        (
            "2026-01-12 10:00",
            "FREQ=YEARLY;BYMONTH=1;BYDAY=2MO;UNTIL=20270111T090000Z",
            "2026-02-01 10:00",
            "FREQ=YEARLY;BYMONTH=2;BYDAY=1SU;UNTIL=20270207T090000Z",
            "02-01 02-07",
        ),
        (
            "2026-01-12 10:00",
            "FREQ=DAILY;BYHOUR=10,16;COUNT=4",
            "2026-01-12 08:00",
            "FREQ=DAILY;BYHOUR=8,14;COUNT=4",
            "01-12 01-12 01-13 01-13",
        ),
        ("2026-01-12 10:00", "FREQ=YEARLY;COUNT=2", "2025-12-31 10:00", "FREQ=YEARLY;COUNT=2", "12-31 12-31"),
    ] {
        let (found, members) = moved(start, rule, "", to).unwrap();
        let found_days: Vec<&str> = members.iter().map(|m| m.split(' ').next().unwrap()).collect();
        assert_eq!((found.as_str(), found_days.join(" ").as_str()), (wanted, days), "{rule}");
    }
    for (start, rule, to) in [
        ("2026-01-15 10:00", "FREQ=MONTHLY;BYMONTHDAY=1,15", "2026-01-16 10:00"),
        ("2026-01-15 10:00", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "2026-01-16 10:00"),
        ("2026-01-15 10:00", "FREQ=YEARLY;BYYEARDAY=15", "2026-01-16 10:00"),
        ("2026-01-15 10:00", "FREQ=DAILY;BYHOUR=10,22", "2026-01-15 12:00"),
        ("2026-01-15 10:00", "FREQ=HOURLY;BYHOUR=10,22", "2026-01-15 12:00"),
    ] {
        assert_eq!(moved(start, rule, "", to).unwrap_err(), EditError::Immovable, "{rule}");
    }
}

#[test]
fn exceptions_follow_the_member_of_their_month() {
    // The second Tuesdays of February and March are on the 10th; the third Wednesdays on the 18th.
    let dates = "EXDATE;TZID=Europe/Berlin:20260210T100000\n";
    let (_, members) = moved("2026-01-13 10:00", "FREQ=MONTHLY;BYDAY=2TU;UNTIL=20260310T090000Z", dates, "2026-01-21 11:00").unwrap();
    assert_eq!(members, ["01-21 11:00", "03-18 11:00"]);
    // From the last of a month to the first of the next.
    let dates = "EXDATE;TZID=Europe/Berlin:20260331T100000\n";
    let (rule, members) = moved("2026-01-31 10:00", "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=4", dates, "2026-02-01 10:00").unwrap();
    assert_eq!((rule.as_str(), members.join(" ").as_str()), ("FREQ=MONTHLY;BYMONTHDAY=1;COUNT=4", "02-01 10:00 03-01 10:00 05-01 10:00"));
}

#[test]
fn periods_and_days_among_the_dates_move_along() {
    let dates = "RDATE;VALUE=PERIOD;TZID=Europe/Berlin:20260120T100000/PT2H,20260121T100000/20260121T103000\nEXDATE;VALUE=DATE:20260106\n";
    let body = format!("BEGIN:VEVENT\nUID:a\nDTSTART;TZID=Europe/Berlin:20260105T100000\nRRULE:FREQ=DAILY;COUNT=3\n{dates}END:VEVENT");
    let after = changed(&ics(&body), &Members::All, time(clock("2026-01-06 11:00", "2026-01-06 12:00")));
    assert_eq!(
        lines(&events(&after)[0], &["RDATE", "EXDATE"]),
        ["RDATE;TZID=Europe/Berlin;VALUE=PERIOD:20260121T110000/PT2H,20260122T110000/20260122T113000", "EXDATE;VALUE=DATE:20260107"]
    );
    assert_eq!(members(&after), ["01-06 11:00", "01-08 11:00", "01-21 11:00", "01-22 11:00"]);
    // A date of its own length keeps that as an override.
    let own = changed(&ics(&body), &only("2026-01-20 10:00"), title("x"));
    assert_eq!(
        lines(&events(&own)[1], &["DTSTART", "DTEND"]),
        ["DTSTART;TZID=Europe/Berlin:20260120T100000", "DTEND;TZID=Europe/Berlin:20260120T120000"]
    );
}

#[test]
fn what_is_set_for_all_leaves_what_one_date_has_of_its_own() {
    let after = changed(&ics(WEEKLY), &Members::All, Fields { location: Some("Kafka".to_owned()), free: Some(true), ..title("Plans") });
    assert_eq!(members(&after), ["11-02 10:00 Plans", "11-16 14:00 Retro", "11-18 15:00 Plans", "11-23 10:00 Plans", "11-30 10:00 Plans"]);
    assert_eq!(after.matches("LOCATION:Kafka").count(), 2);
    assert_eq!(after.matches("TRANSP:TRANSPARENT").count(), 2);
}

#[test]
fn a_new_rule_leaves_no_ghosts() {
    let rule = |text: &str| Fields { rule: Some(text.to_owned()), ..Fields::default() };
    // A Monday in two weeks is still a date of it; under a rule of Tuesdays it is none.
    let fortnightly = changed(&ics(WEEKLY), &Members::All, rule("FREQ=WEEKLY;INTERVAL=2;COUNT=2"));
    assert_eq!(members(&fortnightly), ["11-02 10:00 Plan", "11-16 14:00 Retro", "11-18 15:00 Plan"]);
    let monthly = changed(&ics(WEEKLY), &Members::All, rule("FREQ=MONTHLY;COUNT=2"));
    assert_eq!(members(&monthly), ["11-02 10:00 Plan", "11-18 15:00 Plan", "12-02 10:00 Plan"]);
    assert_eq!(events(&monthly).len(), 1);
    let once = changed(&ics(WEEKLY), &Members::All, rule(""));
    assert_eq!(members(&once), ["11-02 10:00 Plan"]);
    assert!(!once.contains("EXDATE") && !once.contains("RDATE") && once.contains("X-OURS"));
    let refused = with(None, |context| change(&ics(WEEKLY), &Members::All, &rule("FREQ=NEVER"), "n", context));
    assert!(matches!(refused, Err(EditError::Rule(_))));
}

#[test]
fn this_and_following_becomes_a_series_of_its_own() {
    let edited = edit(
        &ics(WEEKLY),
        &following("2026-11-16 10:00"),
        Fields { time: Some(clock("2026-11-17 15:00", "2026-11-17 16:00")), ..title("New") },
    );
    let (old, (uid, new)) = (edited.ics.unwrap(), edited.new.unwrap());
    assert_eq!(
        lines(&events(&old)[0], &["DTSTART", "RRULE", "EXDATE", "RDATE", "SEQUENCE", "SUMMARY"]),
        [
            "SUMMARY:Plan",
            "DTSTART;TZID=Europe/Berlin:20261102T100000",
            "RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20261116T085959Z",
            "EXDATE;TZID=Europe/Berlin:20261109T100000",
            "SEQUENCE:3"
        ]
    );
    assert_eq!(members(&old), ["11-02 10:00 Plan"]);
    // The date that was edited has what was set, also where it had been called otherwise.
    assert_eq!(members(&new), ["11-17 15:00 New", "11-19 20:00 New", "11-24 15:00 New", "12-01 15:00 New"]);
    assert_eq!(uid, "new@x");
    assert!(new.contains("X-OURS;A=\"b:c\":1") && new.contains("X-OWN:2") && !new.contains("UID:a\r\n") && new.contains("SEQUENCE:0"));
    assert!(!new.contains("EXDATE") && new.contains(&format!("CREATED:{NOW}")) && new.contains("BEGIN:VTIMEZONE"));
}

#[test]
fn counts_and_ends_are_divided() {
    let daily = |start: &str, rule: &str| ics(&format!("BEGIN:VEVENT\nUID:a\nSUMMARY:D\nDTSTART{start}\nRRULE:{rule}\nEND:VEVENT"));
    let zoned = daily(";TZID=Europe/Berlin:20260325T100000", "FREQ=DAILY;COUNT=10");
    let edited = edit(&zoned, &following("2026-03-30 10:00"), title("N"));
    assert!(edited.ics.unwrap().contains("RRULE:FREQ=DAILY;UNTIL=20260330T075959Z\r\n"));
    assert!(edited.new.unwrap().1.contains("RRULE:FREQ=DAILY;COUNT=5\r\n"));
    let last = edit(&zoned, &following("2026-04-03 10:00"), title("N")).new.unwrap().1;
    assert!(!last.contains("RRULE:FREQ=DAILY"), "{last}");
    let whole =
        edit(&daily(";VALUE=DATE:20260325", "FREQ=DAILY;UNTIL=20260401"), &Members::Following(When::Date(day("2026-03-30"))), title("N"));
    assert!(whole.ics.unwrap().contains("UNTIL=20260329\r\n") && whole.new.unwrap().1.contains("UNTIL=20260401\r\n"));
    let floating =
        edit(&daily(":20260325T100000", "FREQ=DAILY"), &Members::Following(When::Floating(wall("2026-03-30 10:00"))), title("N"));
    assert!(floating.ics.unwrap().contains("UNTIL=20260330T095959\r\n"));
    assert!(floating.new.unwrap().1.contains("DTSTART:20260330T100000\r\n"));
    // The first one and all that follow are all.
    let all = edit(&zoned, &following("2026-03-25 10:00"), title("N"));
    assert!(all.new.is_none() && members(all.ics.as_ref().unwrap()).len() == 10);
    // Another rule from there on.
    let other = edit(&zoned, &following("2026-03-30 10:00"), Fields { rule: Some("FREQ=WEEKLY;COUNT=2".to_owned()), ..Fields::default() });
    assert_eq!(members(&other.new.unwrap().1), ["03-30 10:00 D", "04-06 10:00 D"]);
    // And the one it had, told by somebody who does not know how much of it is left.
    let same = edit(&zoned, &following("2026-03-30 10:00"), Fields { rule: Some("FREQ=DAILY;COUNT=10".to_owned()), ..title("N") });
    assert_eq!(members(&same.new.unwrap().1).len(), 5);
}

#[test]
fn a_date_beside_the_rule_divides_it_and_begins_none() {
    // Wednesday the 18th is an extra date; Mondays go on from the 23rd.
    let edited = edit(&ics(WEEKLY), &following("2026-11-18 15:00"), time(clock("2026-11-18 16:00", "2026-11-18 17:00")));
    assert_eq!(members(&edited.ics.unwrap()), ["11-02 10:00 Plan", "11-16 14:00 Retro"]);
    assert_eq!(members(&edited.new.unwrap().1), ["11-18 16:00 Plan", "11-23 11:00 Plan", "11-30 11:00 Plan"]);
    // A rule that has ended does not begin again.
    let late = WEEKLY.replace("UNTIL=20261130T090000Z", "UNTIL=20261116T090000Z");
    let edited = edit(&ics(&late), &following("2026-11-18 15:00"), title("X"));
    let old = edited.ics.unwrap();
    assert!(old.contains("UNTIL=20261116T090000Z"));
    assert_eq!((members(&old).len(), members(&edited.new.unwrap().1)), (2, vec!["11-18 15:00 X".to_owned()]));
}

#[test]
fn where_nothing_is_left_before_it_the_series_stays_itself() {
    let body = WEEKLY.replace("EXDATE;TZID=Europe/Berlin:20261109T100000", "EXDATE;TZID=Europe/Berlin:20261109T100000,20261102T100000");
    let edited = edit(&ics(&body), &following("2026-11-16 10:00"), title("X"));
    assert_eq!(edited.new, None);
    let text = edited.ics.unwrap();
    assert_eq!(members(&text)[0], "11-16 14:00 X");
    assert!(text.contains("UID:a\r\n") && !text.contains("new@x") && text.contains("SEQUENCE:3"));
}

#[test]
fn taking_away_leaves_the_rest() {
    let take = |ics: &str, members: &Members| with(None, |context| remove(ics, members, context)).unwrap();
    let weekly = ics(WEEKLY);
    let without = take(&weekly, &only("2026-11-16 10:00")).ics.unwrap();
    assert_eq!(members(&without), ["11-02 10:00 Plan", "11-18 15:00 Plan", "11-23 10:00 Plan", "11-30 10:00 Plan"]);
    assert!(
        without.contains("EXDATE;TZID=Europe/Berlin:20261109T100000\r\nEXDATE;TZID=Europe/Berlin:20261116T100000\r\n")
            && without.contains("SEQUENCE:3")
    );
    assert_eq!(members(&take(&weekly, &only("2026-11-18 15:00")).ics.unwrap()).len(), 4);
    assert_eq!(members(&take(&weekly, &following("2026-11-18 15:00")).ics.unwrap()), ["11-02 10:00 Plan", "11-16 14:00 Retro"]);
    for whole in [Members::All, following("2026-11-02 10:00")] {
        assert_eq!(take(&weekly, &whole), Edited::default());
    }
    // The last one, one by one.
    let mut text = Some(weekly);
    for day in ["2026-11-02 10:00", "2026-11-30 10:00", "2026-11-18 15:00", "2026-11-16 10:00", "2026-11-23 10:00"] {
        text = take(&text.unwrap(), &only(day)).ics;
    }
    assert_eq!(text, None);
    let days = ics("BEGIN:VEVENT\nUID:a\nDTSTART;VALUE=DATE:20260325\nRRULE:FREQ=DAILY\nEND:VEVENT");
    assert!(take(&days, &Members::Only(When::Date(day("2026-03-30")))).ics.unwrap().contains("EXDATE;VALUE=DATE:20260330\r\n"));
    let utc = ics("BEGIN:VEVENT\nUID:a\nDTSTART:20260325T100000Z\nRRULE:FREQ=DAILY\nEND:VEVENT");
    assert!(take(&utc, &Members::Only(When::At(wall("2026-03-30 12:00"), berlin()))).ics.unwrap().contains("EXDATE:20260330T100000Z\r\n"));
}

const ORPHANS: &str = "BEGIN:VEVENT\nUID:a\nRECURRENCE-ID:20260401T080000Z\nDTSTART:20260401T080000Z\nDTEND:20260401T090000Z\nORGANIZER:mailto:bo@x\nATTENDEE:mailto:me@x\nEND:VEVENT\n\
BEGIN:VEVENT\nUID:a\nRECURRENCE-ID:20260408T080000Z\nDTSTART:20260408T080000Z\nEND:VEVENT";

#[test]
fn dates_without_their_series_are_edited_one_by_one() {
    let one = Members::Only(When::At(wall("2026-04-01 08:00"), NamedZone::utc()));
    let after = changed(&ics(ORPHANS), &one, time(clock("2026-04-01 12:00", "2026-04-01 13:00")));
    assert_eq!(
        lines(&events(&after)[0], &["RECURRENCE-ID", "DTSTART"]),
        ["RECURRENCE-ID:20260401T080000Z", "DTSTART;TZID=Europe/Berlin:20260401T120000"]
    );
    assert_eq!(events(&changed(&ics(ORPHANS), &Members::All, title("x"))).iter().filter(|e| e.value("SUMMARY") == Some("x")).count(), 2);
    with(None, |context| {
        let span = time(clock("2026-04-01 12:00", "2026-04-01 13:00"));
        assert_eq!(change(&ics(ORPHANS), &Members::All, &span, "n", context), Err(EditError::NoSeries));
        let Members::Only(when) = one.clone() else { unreachable!() };
        assert_eq!(change(&ics(ORPHANS), &Members::Following(when.clone()), &title("x"), "n", context), Err(EditError::NoSeries));
        assert_eq!(remove(&ics(ORPHANS), &Members::Following(when), context), Err(EditError::NoSeries));
        assert_eq!(events(&remove(&ics(ORPHANS), &one, context).unwrap().ics.unwrap()).len(), 1);
        let answered = respond(&ics(ORPHANS), &one, &["me@x".to_owned()], Participation::Accepted, context).unwrap();
        assert!(answered.contains("ATTENDEE;PARTSTAT=ACCEPTED:mailto:me@x"));
    });
}

#[test]
fn what_another_program_changed_from_a_date_on_is_divided_by_nobody() {
    let ranged = WEEKLY.replace("RECURRENCE-ID;TZID", "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID");
    with(None, |context| {
        for date in ["2026-11-16 10:00", "2026-11-23 10:00"] {
            assert_eq!(change(&ics(&ranged), &following(date), &title("x"), "n", context), Err(EditError::Ranged));
        }
        assert_eq!(change(&ics(&ranged), &only("2026-11-16 10:00"), &title("x"), "n", context), Err(EditError::Ranged));
        assert_eq!(remove(&ics(&ranged), &only("2026-11-16 10:00"), context), Err(EditError::Ranged));
    });
    // A later date by itself is as that says.
    let after = changed(&ics(&ranged), &only("2026-11-23 10:00"), Fields { location: Some("x".to_owned()), ..Fields::default() });
    assert_eq!(members(&after), members(&ics(&ranged)));
    assert_eq!(
        lines(&events(&after)[2], &["RECURRENCE-ID", "DTSTART", "SUMMARY"]),
        ["RECURRENCE-ID;TZID=Europe/Berlin:20261123T100000", "SUMMARY:Retro", "DTSTART;TZID=Europe/Berlin:20261123T140000"]
    );
    let all = changed(&ics(&ranged), &Members::All, time(clock("2026-11-02 11:00", "2026-11-02 12:00")));
    assert!(all.contains("RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20261116T110000"), "{all}");
    assert_eq!(members(&all)[2..], ["11-18 20:00 Retro", "11-23 15:00 Retro", "11-30 15:00 Retro"].map(str::to_owned));
}

const MEETING: &str = "BEGIN:VEVENT\nUID:m\nSUMMARY:Meet\nDTSTART;TZID=Europe/Berlin:20261130T100000\nDTEND;TZID=Europe/Berlin:20261130T110000\nRRULE:FREQ=DAILY;COUNT=3\nSEQUENCE:4\n\
ORGANIZER;CN=Bo;SCHEDULE-AGENT=SERVER:mailto:Bo@x.test\nATTENDEE;CN=Bo;PARTSTAT=ACCEPTED:mailto:bo@x.test\n\
ATTENDEE;X-A=1;PARTSTAT=ACCEPTED;CN=\"Ana; B\":mailto:Ana@x.test\nATTENDEE;PARTSTAT=DECLINED;EMAIL=cy@x.test:/principals/cy\n\
ATTENDEE;CUTYPE=ROOM;PARTSTAT=ACCEPTED:mailto:room@x.test\nEND:VEVENT";

fn change_as(me: &Person, fields: &Fields) -> Component {
    let edited = with(Some(me), |context| change(&ics(MEETING), &Members::All, fields, "n", context)).unwrap();
    events(&edited.ics.unwrap()).remove(0)
}

#[test]
fn guests_come_and_go_and_who_stays_keeps_their_line() {
    let bo = person("Bo", "BO@x.test");
    let guests = Some(vec![person("Ana", "ana@x.test"), person("Di", "di@x.test")]);
    let event = change_as(&bo, &Fields { guests: guests.clone(), ..Fields::default() });
    assert_eq!(
        lines(&event, &["ATTENDEE", "ORGANIZER", "SEQUENCE"]),
        [
            "SEQUENCE:5",
            "ORGANIZER;CN=Bo;SCHEDULE-AGENT=SERVER:mailto:Bo@x.test",
            "ATTENDEE;CN=Bo;PARTSTAT=ACCEPTED:mailto:bo@x.test",
            "ATTENDEE;X-A=1;PARTSTAT=ACCEPTED;CN=\"Ana; B\":mailto:Ana@x.test",
            "ATTENDEE;CUTYPE=ROOM;PARTSTAT=ACCEPTED:mailto:room@x.test",
            "ATTENDEE;CN=Di;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:di@x.test",
        ]
    );
    // Another time: everybody but who calls it is asked again.
    let event = change_as(&bo, &Fields { time: Some(clock("2026-11-30 12:00", "2026-11-30 13:00")), guests, ..Fields::default() });
    let answers: Vec<_> = event.lines_of("ATTENDEE").map(|line| line.param("PARTSTAT").unwrap()).collect();
    assert_eq!(answers, ["ACCEPTED", "NEEDS-ACTION", "NEEDS-ACTION", "NEEDS-ACTION"]);
    let alone = change_as(&bo, &Fields { guests: Some(vec![]), ..Fields::default() });
    assert_eq!(lines(&alone, &["ATTENDEE"]), ["ATTENDEE;CUTYPE=ROOM;PARTSTAT=ACCEPTED:mailto:room@x.test"]);
    // Who is only a guest changes their own copy: it is no new version for anybody.
    let event = change_as(&person("Ana", "ana@x.test"), &time(clock("2026-11-30 12:00", "2026-11-30 13:00")));
    assert_eq!(event.value("SEQUENCE"), Some("4"));
    assert_eq!(event.lines_of("ATTENDEE").filter(|line| line.param("PARTSTAT").unwrap() == "NEEDS-ACTION").count(), 0);
}

#[test]
fn a_version_is_new_where_people_have_to_know() {
    let bo = person("Bo", "bo@x.test");
    let sequence = |fields: Fields| change_as(&bo, &fields).value("SEQUENCE").unwrap().to_owned();
    assert_eq!(sequence(title("x")), "4");
    assert_eq!(sequence(Fields { description: Some("x".to_owned()), ..Fields::default() }), "4");
    assert_eq!(sequence(Fields { location: Some("x".to_owned()), ..Fields::default() }), "5");
    assert_eq!(sequence(Fields { rule: Some("FREQ=DAILY".to_owned()), ..Fields::default() }), "5");
    assert_eq!(sequence(time(clock("2026-11-30 10:00", "2026-11-30 12:00"))), "5");
    // Where nobody called it so far, whoever invites does.
    let once = ics("BEGIN:VEVENT\nUID:a\nDTSTART:20261130T090000Z\nEND:VEVENT");
    let fields = Fields { guests: Some(vec![bo.clone(), person("Ana", "ana@x.test")]), ..Fields::default() };
    let text = with(Some(&bo), |context| change(&once, &Members::All, &fields, "n", context)).unwrap().ics.unwrap();
    assert_eq!(
        lines(&events(&text)[0], &["ORGANIZER", "ATTENDEE", "SEQUENCE"]),
        [
            "ORGANIZER;CN=Bo:mailto:bo@x.test",
            "ATTENDEE;CN=Bo;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED:mailto:bo@x.test",
            "ATTENDEE;CN=Ana;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:ana@x.test",
            "SEQUENCE:1"
        ]
    );
}

#[test]
fn alarms_of_a_person_are_set_and_others_stay() {
    let alarm = |lines: &str| format!("BEGIN:VALARM\n{lines}END:VALARM\n");
    let kept = [
        alarm("UID:k\nACTION:DISPLAY\nTRIGGER:-PT15M\nACKNOWLEDGED:20260101T000000Z\n"),
        alarm("ACTION:AUDIO\nTRIGGER;RELATED=END:-PT5M\n"),
        alarm("ACTION:DISPLAY\nTRIGGER;VALUE=DATE-TIME:20260401T080000Z\n"),
        alarm("ACTION:X-THING\nTRIGGER:-PT7M\n"),
    ]
    .concat();
    let gone = alarm("ACTION:EMAIL\nTRIGGER:-PT1H\n");
    let body = format!("BEGIN:VEVENT\nUID:a\nSUMMARY:S\nDTSTART:20261130T090000Z\n{kept}{gone}END:VEVENT");
    let after = changed(&ics(&body), &Members::All, Fields { alarms: Some(vec![-540, 15]), ..Fields::default() });
    let wanted = format!("{kept}{}END:VEVENT", alarm("ACTION:DISPLAY\nTRIGGER:PT9H\nDESCRIPTION:S\n"));
    assert!(after.contains(&wanted.replace('\n', "\r\n")), "{after}");
    assert_eq!(series(&after).master.unwrap().alarms, [-540, 15]);
}

#[test]
fn what_says_the_old_value_in_another_way_goes_with_it() {
    let body = "BEGIN:VEVENT\nUID:a\nDTSTART:20261130T090000Z\nLOCATION;ALTREP=\"x:y\":Old\nX-APPLE-STRUCTURED-LOCATION;X-TITLE=Old:geo:1,2\nGEO:1;2\nDESCRIPTION:old\nX-ALT-DESC;FMTTYPE=text/html:<b>old</b>\n\
                CONFERENCE;VALUE=URI:tel:+49\nCONFERENCE;VALUE=URI;LABEL=x:https://old.example.com\nX-GOOGLE-CONFERENCE:https://meet.example.com/old\nX-MICROSOFT-CDO-BUSYSTATUS:BUSY\nEND:VEVENT";
    let after = changed(
        &ics(body),
        &Members::All,
        Fields {
            location: Some("New".to_owned()),
            description: Some("new".to_owned()),
            join: Some("https://new.example.com".to_owned()),
            free: Some(true),
            ..Fields::default()
        },
    );
    let event = &events(&after)[0];
    let all: Vec<&str> = event.lines.iter().map(Line::as_str).collect();
    assert_eq!(
        all[2..9],
        [
            "LOCATION:New",
            "DESCRIPTION:new",
            "CONFERENCE;VALUE=URI:tel:+49",
            "X-MICROSOFT-CDO-BUSYSTATUS:FREE",
            "TRANSP:TRANSPARENT",
            "CONFERENCE;VALUE=URI:https://new.example.com",
            "SEQUENCE:1",
        ]
    );
    let none = changed(&ics(body), &Members::All, Fields { join: Some(String::new()), location: Some(String::new()), ..Fields::default() });
    assert!(!none.contains("CONFERENCE") && !none.contains("LOCATION") && none.contains("X-ALT-DESC"));
}

#[test]
fn an_answer_is_written_on_ones_own_line_only() {
    let mine = ["nobody@x.test".to_owned(), "ANA@x.test".to_owned()];
    let before = ics(MEETING).replace("X-A=1;PARTSTAT=ACCEPTED", "X-A=1;RSVP=TRUE;PARTSTAT=NEEDS-ACTION");
    with(None, |context| {
        let all = respond(&before, &Members::All, &mine, Participation::Tentative, context).unwrap();
        let wanted = before
            .replace("X-A=1;RSVP=TRUE;PARTSTAT=NEEDS-ACTION", "X-A=1;PARTSTAT=TENTATIVE")
            .replace("END:VEVENT", &format!("DTSTAMP:{NOW}\r\nLAST-MODIFIED:{NOW}\r\nEND:VEVENT"));
        let own = |text: &str| events(text).remove(0);
        assert_eq!(own(&all), own(&wanted));
        // One date: an override, and the series is as it was. Then all: that date keeps its own answer.
        let one = respond(&all, &only("2026-12-01 10:00"), &mine, Participation::Declined, context).unwrap();
        assert_eq!(events(&one)[0], events(&all)[0]);
        assert_eq!(
            lines(&events(&one)[1], &["RECURRENCE-ID", "SEQUENCE", "DTSTART"]),
            ["RECURRENCE-ID;TZID=Europe/Berlin:20261201T100000", "DTSTART;TZID=Europe/Berlin:20261201T100000", "SEQUENCE:4"]
        );
        assert!(one.contains("ATTENDEE;X-A=1;PARTSTAT=DECLINED;CN=\"Ana; B\":mailto:Ana@x.test"));
        let then = respond(&one, &Members::All, &mine, Participation::Accepted, context).unwrap();
        let answers: Vec<_> = series(&then).overrides.iter().chain(&series(&then).master).map(|e| e.attendees[1].participation).collect();
        assert_eq!(answers, [Participation::Declined, Participation::Accepted]);
        // By the address that stands beside one that is none.
        assert!(
            respond(&before, &Members::All, &["cy@x.test".to_owned()], Participation::Accepted, context)
                .unwrap()
                .contains("PARTSTAT=ACCEPTED;EMAIL=cy@x.test")
        );
        let refuse = |members: Members, address: &str| {
            respond(&before, &members, &[address.to_owned()], Participation::Accepted, context).unwrap_err()
        };
        assert_eq!(refuse(Members::All, "else@x.test"), EditError::NotInvited(Some("Bo@x.test".to_owned())));
        assert_eq!(refuse(only("2026-12-01 10:00"), "else@x.test"), EditError::NotInvited(Some("Bo@x.test".to_owned())));
        assert_eq!(refuse(following("2026-12-01 10:00"), "ana@x.test"), EditError::AnswerFollowing);
        assert_eq!(refuse(only("2026-12-09 10:00"), "ana@x.test"), EditError::NoSuchMember);
        assert!(EditError::NotInvited(None).to_string().contains("whoever calls the meeting"));
    });
}

#[test]
fn a_reply_says_who_answers_what_and_no_more() {
    let text =
        with(None, |context| reply(&ics(MEETING), &only("2026-12-01 10:00"), "ana@x.test", Participation::Accepted, context)).unwrap();
    let (head, event) = text.split_at(text.find("BEGIN:VEVENT").unwrap());
    let wanted = format!(
        "BEGIN:VEVENT\nUID:m\nRECURRENCE-ID;TZID=Europe/Berlin:20261201T100000\nSEQUENCE:4\nDTSTAMP:{NOW}\nORGANIZER;CN=Bo:mailto:Bo@x.test\n\
         ATTENDEE;PARTSTAT=ACCEPTED;CN=\"Ana; B\":mailto:Ana@x.test\nSUMMARY:Meet\nDTSTART;TZID=Europe/Berlin:20261201T100000\n\
         DTEND;TZID=Europe/Berlin:20261201T110000\nEND:VEVENT\nEND:VCALENDAR\n"
    );
    assert_eq!(event, wanted.replace('\n', "\r\n"));
    assert!(
        head.starts_with(
            "BEGIN:VCALENDAR\r\nPRODID:-//Aurelius//EN\r\nVERSION:2.0\r\nMETHOD:REPLY\r\nBEGIN:VTIMEZONE\r\nTZID:Europe/Berlin"
        )
    );
    with(None, |context| {
        let all = reply(&ics(MEETING), &Members::All, "bo@x.test", Participation::Declined, context).unwrap();
        assert!(!all.contains("RECURRENCE-ID") && all.matches("ATTENDEE").count() == 1 && !all.contains("RRULE:FREQ=DAILY"));
        assert_eq!(read(all.as_bytes(), &viewer()).unwrap().method, Some(crate::Method::Reply));
        let refused = reply(&ics(MEETING), &Members::All, "else@x.test", Participation::Declined, context);
        assert_eq!(refused, Err(EditError::NotInvited(Some("Bo@x.test".to_owned()))));
        let nobody = ics(MEETING).replace("ORGANIZER", "X-ORGANIZER");
        assert_eq!(reply(&nobody, &Members::All, "ana@x.test", Participation::Declined, context), Err(EditError::NoOrganizer));
    });
}
