//! Merges of what people do: edits of both sides on one series, put together.

use chrono::NaiveDateTime;
use domain::time::Timestamp;

use crate::{
    Merged, NamedZone, Participation, Person, When,
    edit::{Context, Fields, Members, Span, change, remove, respond},
    merge, read,
};

fn berlin() -> NamedZone {
    NamedZone::known("Europe/Berlin").unwrap()
}

fn wall(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(&format!("2026-{text}"), "%Y-%m-%d %H:%M").unwrap()
}

fn only(text: &str) -> Members {
    Members::Only(When::At(wall(text), berlin()))
}

fn following(text: &str) -> Members {
    Members::Following(When::At(wall(text), berlin()))
}

fn title(text: &str) -> Fields {
    Fields { title: Some(text.to_owned()), ..Fields::default() }
}

fn time(start: &str, end: &str) -> Fields {
    Fields { time: Some(Span::Clock { start: wall(start), end: wall(end), zone: berlin() }), ..Fields::default() }
}

fn edit(ics: &str, members: &Members, fields: &Fields) -> String {
    let (zone, me) = (berlin().zone().clone(), Person { address: "bo@x.test".to_owned(), name: String::new() });
    let context = Context { now: Timestamp::from_secs(1_795_338_000), viewer: &zone, me: Some(&me) };
    change(ics, members, fields, "new@x", &context).unwrap().ics.unwrap()
}

fn without(ics: &str, members: &Members) -> String {
    let zone = berlin().zone().clone();
    remove(ics, members, &Context { now: Timestamp::from_secs(1_795_338_000), viewer: &zone, me: None }).unwrap().ics.unwrap()
}

fn put(base: &str, mine: &str, theirs: &str) -> Merged {
    merge(base, mine, theirs, berlin().zone()).unwrap()
}

fn fields(merged: &Merged) -> Vec<&'static str> {
    merged.conflicts.iter().map(|conflict| conflict.field).collect()
}

/// Starts on the wall of Berlin, what they are called, and where they are.
fn members(ics: &str) -> Vec<String> {
    let zone = berlin().zone().clone();
    let series = read(ics.as_bytes(), &zone).unwrap().series.remove(0).1;
    let found = series.occurrences(Timestamp(0), Timestamp::from_secs(1_900_000_000), &zone).occurrences;
    let shown = |at: Timestamp| chrono::DateTime::from_timestamp(zone.wall_secs(at), 0).unwrap().format("%m-%d %H:%M").to_string();
    let event = |by: Option<usize>| by.map_or(series.master.as_ref(), |n| series.overrides.get(n)).unwrap();
    found.iter().map(|o| format!("{} {} {}", shown(o.start), event(o.by).summary, event(o.by).location).trim().to_owned()).collect()
}

/// Four Mondays at ten, the second of them left out, the third at two.
const WEEKLY: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:Plan\r\nDTSTART;TZID=Europe/Berlin:20261102T100000\r\nDTEND;TZID=Europe/Berlin:20261102T110000\r\n\
RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=4\r\nEXDATE;TZID=Europe/Berlin:20261109T100000\r\nX-OURS;P=\"a:b\":1\r\nORGANIZER:mailto:bo@x.test\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:ana@x.test\r\nATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:cy@x.test\r\nEND:VEVENT\r\n\
BEGIN:VEVENT\r\nUID:a\r\nRECURRENCE-ID;TZID=Europe/Berlin:20261116T100000\r\nSUMMARY:Plan\r\nDTSTART;TZID=Europe/Berlin:20261116T140000\r\nDTEND;TZID=Europe/Berlin:20261116T150000\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

#[test]
fn a_series_that_moved_here_takes_along_what_was_done_there() {
    let mine = edit(WEEKLY, &Members::All, &time("11-03 12:00", "11-03 13:00"));
    // There: another title for one date, and one more date taken away.
    let theirs = edit(WEEKLY, &only("11-16 10:00"), &title("Retro"));
    let theirs = without(&theirs, &only("11-23 10:00"));
    let merged = put(WEEKLY, &mine, &theirs);
    assert_eq!(merged.conflicts, []);
    assert_eq!(members(&merged.ics), ["11-03 12:00 Plan", "11-17 16:00 Retro"]);
    // And the other way round.
    let merged = put(WEEKLY, &theirs, &mine);
    assert_eq!(merged.conflicts, []);
    assert_eq!(members(&merged.ics), ["11-03 12:00 Plan", "11-17 16:00 Retro"]);
    assert!(merged.ics.contains("X-OURS;P=\"a:b\":1\r\n") && merged.ics.contains("RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=4\r\n"));
}

#[test]
fn a_series_that_moved_on_both_sides_is_where_they_say() {
    let mine = edit(WEEKLY, &Members::All, &time("11-03 12:00", "11-03 13:00"));
    let mine = edit(&mine, &Members::All, &title("Mine"));
    let theirs = edit(WEEKLY, &Members::All, &time("11-02 09:00", "11-02 10:00"));
    let merged = put(WEEKLY, &mine, &theirs);
    assert_eq!(fields(&merged), ["time"]);
    assert_eq!(merged.conflicts[0].mine, "2026-11-03 12:00 – 13:00 Europe/Berlin");
    assert_eq!(merged.conflicts[0].theirs, "2026-11-02 09:00 – 10:00 Europe/Berlin");
    assert_eq!(members(&merged.ics), ["11-02 09:00 Mine", "11-16 13:00 Mine", "11-23 09:00 Mine"]);
    let both = put(WEEKLY, &theirs, &edit(&theirs, &Members::All, &title("Theirs")));
    assert_eq!(both.conflicts, []);
    assert_eq!(members(&both.ics)[0], "11-02 09:00 Theirs");
}

#[test]
fn one_date_here_and_all_of_them_there_go_together() {
    let room = Fields { location: Some("Kafka".to_owned()), ..Fields::default() };
    let mine = edit(WEEKLY, &only("11-23 10:00"), &room);
    let theirs = edit(WEEKLY, &Members::All, &title("Review"));
    for merged in [put(WEEKLY, &mine, &theirs), put(WEEKLY, &theirs, &mine)] {
        assert_eq!(merged.conflicts, []);
        assert_eq!(members(&merged.ics), ["11-02 10:00 Review", "11-16 14:00 Review", "11-23 10:00 Review Kafka"]);
    }
    // Both made an override of one date, for different things; then for the same.
    let late = edit(WEEKLY, &only("11-23 10:00"), &time("11-23 15:00", "11-23 16:00"));
    let merged = put(WEEKLY, &mine, &late);
    assert_eq!((merged.conflicts.len(), members(&merged.ics)[2].as_str()), (0, "11-23 15:00 Plan Kafka"));
    let other = edit(WEEKLY, &only("11-23 10:00"), &Fields { location: Some("Kleist".to_owned()), ..Fields::default() });
    let merged = put(WEEKLY, &mine, &other);
    assert_eq!(
        (fields(&merged), merged.conflicts[0].mine.as_str(), merged.conflicts[0].theirs.as_str()),
        (vec!["location"], "Kafka", "Kleist")
    );
}

#[test]
fn a_date_that_is_gone_here_and_changed_there_is_told() {
    let changed = edit(WEEKLY, &only("11-23 10:00"), &title("Changed"));
    let gone = without(WEEKLY, &only("11-23 10:00"));
    let merged = put(WEEKLY, &gone, &changed);
    assert_eq!((fields(&merged), merged.conflicts[0].theirs.as_str()), (vec!["deleted"], "Changed"));
    assert_eq!(members(&merged.ics)[2], "11-23 10:00 Changed");
    assert!(!merged.ics.contains("EXDATE;TZID=Europe/Berlin:20261123T100000"), "it would be hidden elsewhere");
    let merged = put(WEEKLY, &changed, &gone);
    assert_eq!((fields(&merged), merged.conflicts[0].mine.as_str()), (vec!["deleted"], "Changed"));
    assert_eq!(members(&merged.ics).len(), 2);
    // Nobody changed it: it is simply gone, by whoever took it away.
    let override_gone = without(WEEKLY, &only("11-16 10:00"));
    for merged in [put(WEEKLY, &override_gone, WEEKLY), put(WEEKLY, WEEKLY, &override_gone)] {
        assert_eq!((merged.conflicts.len(), members(&merged.ics)), (0, vec!["11-02 10:00 Plan".to_owned(), "11-23 10:00 Plan".to_owned()]));
    }
    // A series that ends here before what was changed there.
    let ended = without(WEEKLY, &following("11-23 10:00"));
    assert_eq!(fields(&put(WEEKLY, &ended, &changed)), ["deleted"]);
}

#[test]
fn answers_of_others_and_a_new_time_go_together() {
    let zone = berlin().zone().clone();
    let context = Context { now: Timestamp::from_secs(1_795_338_000), viewer: &zone, me: None };
    let theirs = respond(WEEKLY, &Members::All, &["cy@x.test".to_owned()], Participation::Accepted, &context).unwrap();
    // Who called it moves it: everybody is asked again, also whoever answered meanwhile to the old time.
    let mine = edit(WEEKLY, &Members::All, &time("11-02 12:00", "11-02 13:00"));
    let declined = theirs.replace("PARTSTAT=ACCEPTED:mailto:ana", "PARTSTAT=DECLINED:mailto:ana");
    let merged = put(WEEKLY, &mine, &declined);
    assert_eq!(merged.conflicts, []);
    assert!(merged.ics.contains("PARTSTAT=NEEDS-ACTION:mailto:ana@x.test"), "{}", merged.ics);
    // Who only changes the title keeps the answers.
    let merged = put(WEEKLY, &edit(WEEKLY, &Members::All, &title("x")), &declined);
    assert!(merged.conflicts.is_empty() && merged.ics.contains("DECLINED:mailto:ana") && merged.ics.contains("ACCEPTED:mailto:cy"));
    let tentative = WEEKLY.replace("NEEDS-ACTION:mailto:cy", "TENTATIVE:mailto:cy");
    let merged = put(WEEKLY, &tentative, &theirs);
    assert_eq!((merged.conflicts[0].mine.as_str(), merged.conflicts[0].theirs.as_str()), ("cy@x.test: tentative", "cy@x.test: accepted"));
}

#[test]
fn the_same_in_other_words_is_no_change() {
    // As a server may write it again: parameters in another order, quoted, another length line, dates in UTC, other folding.
    let theirs = WEEKLY
        .replace("DTEND;TZID=Europe/Berlin:20261102T110000", "DURATION:PT1H")
        .replace("EXDATE;TZID=Europe/Berlin:20261109T100000", "EXDATE:20261109T090000Z")
        .replace("FREQ=WEEKLY;BYDAY=MO;COUNT=4", "FREQ=WEEKLY;COUNT=4;BYDAY=MO")
        .replace("PARTSTAT=ACCEPTED:mailto:ana", "RSVP=TRUE;PARTSTAT=\"ACCEPTED\";SCHEDULE-STATUS=\"1.2\":MAILTO:ana")
        .replace("SUMMARY:Plan", "SUMMARY:Pl\r\n an");
    let room = Fields { location: Some("Kafka".to_owned()), ..title("Mine") };
    let mine = without(&edit(WEEKLY, &Members::All, &room), &only("11-23 10:00"));
    let merged = put(WEEKLY, &mine, &theirs);
    assert_eq!(merged.conflicts, []);
    assert_eq!(members(&merged.ics), ["11-02 10:00 Mine Kafka", "11-16 14:00 Mine Kafka"]);
    // It is theirs where nothing changed here.
    assert!(merged.ics.contains("DURATION:PT1H\r\n") && merged.ics.contains("EXDATE:20261109T090000Z\r\n"));
    assert!(merged.ics.contains("SCHEDULE-STATUS"));
    assert_eq!(put(WEEKLY, WEEKLY, &theirs).ics.matches("SUMMARY:Pl\r\n an").count(), 2);
}

#[test]
fn what_nobody_understands_is_merged_line_by_line() {
    let base = WEEKLY.replace("X-OURS;P=\"a:b\":1", "X-A:1\r\nX-B:1\r\nX-C:1\r\nCATEGORIES:x");
    let mine = base.replace("X-A:1", "X-A:2").replace("X-C:1", "X-C:mine");
    let theirs = base.replace("X-B:1", "X-B:2").replace("X-C:1", "X-C:theirs").replace("CATEGORIES:x\r\n", "");
    let merged = put(&base, &mine, &theirs);
    assert_eq!(
        (fields(&merged), merged.conflicts[0].mine.as_str(), merged.conflicts[0].theirs.as_str()),
        (vec!["other"], "X-C:mine", "X-C:theirs")
    );
    for (line, there) in [("X-A:2", true), ("X-B:2", true), ("X-C:theirs", true), ("CATEGORIES", false)] {
        assert_eq!(merged.ics.contains(line), there, "{line}");
    }
}

#[test]
fn versions_are_the_larger_and_nothing_else_is_new() {
    let mine = WEEKLY.replace("SUMMARY:Plan", "SEQUENCE:7\r\nSUMMARY:Plan").replace("DTSTAMP:20260101", "DTSTAMP:20260301");
    let theirs = WEEKLY.replace("X-OURS", "SEQUENCE:3\r\nLAST-MODIFIED:20260201T000000Z\r\nX-OURS");
    let merged = put(WEEKLY, &mine, &theirs);
    assert_eq!(merged.conflicts, []);
    assert!(
        merged.ics.contains("SEQUENCE:7\r\n")
            && merged.ics.contains("DTSTAMP:20260301T000000Z\r\nSUMMARY")
            && merged.ics.contains("LAST-MODIFIED:20260201")
    );
    // One event, and no zone that nobody speaks of.
    let once = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART:20261102T100000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let zone = "BEGIN:VTIMEZONE\r\nTZID:Unused\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT";
    assert_eq!(put(once, &once.replacen("BEGIN:VEVENT", zone, 1), once).ics, once);
}
