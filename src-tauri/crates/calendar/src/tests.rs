//! What a series is where rules alone do not say it, and what becomes of hostile and broken documents.

use domain::time::{Timestamp, Zone};

use crate::{Document, Method, NamedZone, Participation, Series, Status, read, read::Problem, read::ReadError};

fn berlin() -> Zone {
    NamedZone::known("Europe/Berlin").unwrap().zone().clone()
}

/// A document around the lines of one or more components.
fn document(body: &str) -> Document {
    let text = format!("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//t//EN\n{}\nEND:VCALENDAR\n", body.trim()).replace('\n', "\r\n");
    read(text.as_bytes(), &berlin()).unwrap()
}

fn series(body: &str) -> Series {
    document(body).series.remove(0).1
}

fn at(text: &str) -> Timestamp {
    Timestamp::from_secs(chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap().and_utc().timestamp())
}

/// Starts in UTC, and who describes each.
fn members(series: &Series, from: &str, to: &str) -> Vec<String> {
    let shown = |t: Timestamp| chrono::DateTime::from_timestamp(t.secs(), 0).unwrap().format("%m-%d %H:%M").to_string();
    series
        .occurrences(at(from), at(to), &berlin())
        .occurrences
        .iter()
        .map(|o| format!("{}–{}{}", shown(o.start), shown(o.end), o.by.map_or(String::new(), |n| format!(" by {n}"))))
        .collect()
}

const DAILY: &str = "BEGIN:VEVENT\nUID:a\nDTSTART;TZID=Europe/Berlin:20260326T100000\nDTEND;TZID=Europe/Berlin:20260326T103000\nRRULE:FREQ=DAILY;COUNT=6\nEND:VEVENT";

#[test]
fn ten_o_clock_stays_ten_o_clock() {
    let found = members(&series(DAILY), "2026-03-28 00:00", "2026-03-30 00:00");
    assert_eq!(found, ["03-28 09:00–03-28 09:30", "03-29 08:00–03-29 08:30"]);
}

#[test]
fn an_hour_that_never_comes_is_taken_by_the_offset_from_before() {
    let gap =
        series("BEGIN:VEVENT\nUID:a\nDTSTART;TZID=Europe/Berlin:20260328T023000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3\nEND:VEVENT");
    assert_eq!(
        members(&gap, "2026-03-28 00:00", "2026-04-01 00:00"),
        ["03-28 01:30–03-28 02:30", "03-29 01:30–03-29 02:30", "03-30 00:30–03-30 01:30"]
    );
    let twice = series("BEGIN:VEVENT\nUID:a\nDTSTART;TZID=Europe/Berlin:20261025T023000\nDURATION:PT1H\nEND:VEVENT");
    assert_eq!(members(&twice, "2026-10-24 00:00", "2026-10-26 00:00"), ["10-25 00:30–10-25 01:30"]);
}

#[test]
fn a_day_on_the_wall_is_no_twenty_four_hours() {
    let nominal = series("BEGIN:VEVENT\nUID:a\nDTSTART;TZID=Europe/Berlin:20260328T120000\nDURATION:P1D\nEND:VEVENT");
    assert_eq!(members(&nominal, "2026-03-28 00:00", "2026-03-31 00:00"), ["03-28 11:00–03-29 10:00"]);
    let exact = series("BEGIN:VEVENT\nUID:a\nDTSTART;TZID=Europe/Berlin:20260328T120000\nDURATION:PT24H\nEND:VEVENT");
    assert_eq!(members(&exact, "2026-03-28 00:00", "2026-03-31 00:00"), ["03-28 11:00–03-29 11:00"]);
}

#[test]
fn an_override_is_where_it_says_and_a_cancelled_one_is_gone() {
    let moved = format!(
        "{DAILY}\nBEGIN:VEVENT\nUID:a\nRECURRENCE-ID;TZID=Europe/Berlin:20260327T100000\nDTSTART;TZID=Europe/Berlin:20260410T150000\nDURATION:PT1H\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:a\nRECURRENCE-ID:20260328T090000Z\nDTSTART:20260328T090000Z\nSTATUS:CANCELLED\nEND:VEVENT"
    );
    let moved = series(&moved);
    assert_eq!(members(&moved, "2026-03-26 00:00", "2026-03-29 00:00"), ["03-26 09:00–03-26 09:30"]);
    assert_eq!(members(&moved, "2026-04-01 00:00", "2026-05-01 00:00"), ["04-10 13:00–04-10 14:00 by 0"]);
}

#[test]
fn this_and_all_that_follow_move_together() {
    let split = format!(
        "{DAILY}\nBEGIN:VEVENT\nUID:a\nRECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20260329T100000\nDTSTART;TZID=Europe/Berlin:20260329T083000\nDURATION:PT15M\nEND:VEVENT"
    );
    assert_eq!(
        members(&series(&split), "2026-03-28 00:00", "2026-04-10 00:00"),
        ["03-28 09:00–03-28 09:30", "03-29 06:30–03-29 06:45 by 0", "03-30 06:30–03-30 06:45 by 0", "03-31 06:30–03-31 06:45 by 0"]
    );
}

#[test]
fn an_invitation_to_single_members_has_no_master() {
    let orphan =
        series("BEGIN:VEVENT\nUID:a\nRECURRENCE-ID:20260401T080000Z\nDTSTART:20260401T080000Z\nDTEND:20260401T090000Z\nEND:VEVENT");
    assert!(orphan.master.is_none());
    assert_eq!(members(&orphan, "2026-04-01 00:00", "2026-04-02 00:00"), ["04-01 08:00–04-01 09:00 by 0"]);
}

#[test]
fn days_are_days_and_belong_to_the_viewer() {
    let days = series("BEGIN:VEVENT\nUID:a\nDTSTART;VALUE=DATE:20260328\nDTEND;VALUE=DATE:20260331\nEND:VEVENT");
    let found = days.occurrences(at("2026-03-29 12:00"), at("2026-03-29 13:00"), &berlin());
    let days = found.occurrences[0].days.map(|(first, last)| (first.to_string(), last.to_string()));
    assert_eq!(days, Some(("2026-03-28".to_owned(), "2026-03-31".to_owned())));
    assert_eq!((found.occurrences[0].start, found.occurrences[0].end), (at("2026-03-27 23:00"), at("2026-03-30 22:00")));
    // The day after the last is not in it, in the viewer's night.
    assert_eq!(
        members(&series("BEGIN:VEVENT\nUID:a\nDTSTART;VALUE=DATE:20260328\nEND:VEVENT"), "2026-03-28 23:00", "2026-03-29 23:00"),
        [""; 0]
    );
}

#[test]
fn what_takes_no_time_is_seen_at_its_instant() {
    let reminder = series("BEGIN:VEVENT\nUID:a\nDTSTART:20260401T080000Z\nEND:VEVENT");
    assert_eq!(members(&reminder, "2026-04-01 08:00", "2026-04-01 09:00").len(), 1);
    assert_eq!(members(&reminder, "2026-04-01 07:00", "2026-04-01 08:00").len(), 0);
}

#[test]
fn a_day_of_exdate_excludes_what_begins_on_it() {
    let body = DAILY.replace("END:VEVENT", "EXDATE;VALUE=DATE:20260327,20260328\nEND:VEVENT");
    assert_eq!(members(&series(&body), "2026-03-26 00:00", "2026-03-30 00:00").len(), 2);
}

#[test]
fn a_zone_that_is_only_described_is_followed() {
    let zone = "BEGIN:VTIMEZONE\nTZID:Our office\nBEGIN:STANDARD\nDTSTART:19701025T030000\nTZOFFSETFROM:+0300\nTZOFFSETTO:+0200\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\nEND:STANDARD\n\
                BEGIN:DAYLIGHT\nDTSTART:19700329T020000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0300\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\nEND:DAYLIGHT\nEND:VTIMEZONE";
    let event = |day: &str| format!("{zone}\nBEGIN:VEVENT\nUID:a\nDTSTART;TZID=Our office:2026{day}T100000\nDURATION:PT1H\nEND:VEVENT");
    assert_eq!(members(&series(&event("0115")), "2026-01-15 00:00", "2026-01-16 00:00"), ["01-15 08:00–01-15 09:00"]);
    assert_eq!(members(&series(&event("0715")), "2026-07-15 00:00", "2026-07-16 00:00"), ["07-15 07:00–07-15 08:00"]);
}

#[test]
fn a_zone_that_means_nothing_is_told_and_taken_for_the_viewers() {
    let found = document("BEGIN:VEVENT\nUID:a\nDTSTART;TZID=Customized Time Zone:20260115T100000\nEND:VEVENT");
    assert_eq!(found.problems, [("a".to_owned(), Problem::Zone("Customized Time Zone".to_owned()))]);
    assert_eq!(members(&found.series[0].1, "2026-01-15 00:00", "2026-01-16 00:00"), ["01-15 09:00–01-15 09:00"]);
}

#[test]
fn one_broken_observance_costs_no_other() {
    let zone = "BEGIN:VTIMEZONE\nTZID:Our office\nBEGIN:STANDARD\nTZOFFSETFROM:+0300\nTZOFFSETTO:+0200\nEND:STANDARD\n\
                BEGIN:DAYLIGHT\nDTSTART:19700329T020000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0300\nEND:DAYLIGHT\nEND:VTIMEZONE";
    let found = document(&format!("{zone}\nBEGIN:VEVENT\nUID:a\nDTSTART;TZID=Our office:20260715T100000\nEND:VEVENT"));
    assert!(found.problems.is_empty(), "{:?}", found.problems);
    assert_eq!(members(&found.series[0].1, "2026-07-15 00:00", "2026-07-16 00:00"), ["07-15 07:00–07-15 07:00"]);
}

#[test]
fn alarms_are_minutes_before_the_start() {
    let alarm = |action: &str, trigger: &str| format!("BEGIN:VALARM\nACTION:{action}\nTRIGGER{trigger}\nEND:VALARM\n");
    let alarms = [
        alarm("DISPLAY", ":-PT15M"),
        alarm("audio", ";RELATED=START:-P1D"),
        alarm("EMAIL", ";VALUE=DURATION:-PT15M"),
        alarm("DISPLAY", ":PT9H"),
        alarm("DISPLAY", ";RELATED=END:-PT5M"),
        alarm("DISPLAY", ";VALUE=DATE-TIME:20260401T080000Z"),
        alarm("NONE", ";VALUE=DATE-TIME:19760401T005545Z"),
        alarm("PROCEDURE", ":-PT7M"),
        alarm("DISPLAY", ":soon"),
    ]
    .concat();
    let event = series(&format!("BEGIN:VEVENT\nUID:a\nDTSTART:20260401T080000Z\n{alarms}END:VEVENT")).master.unwrap();
    assert_eq!(event.alarms, [-540, 15, 1440]);
}

#[test]
fn an_address_to_join_at_may_come_after_a_number_to_call() {
    let event = series(
        "BEGIN:VEVENT\nUID:a\nDTSTART:20260401T080000Z\nCONFERENCE;VALUE=URI;FEATURE=PHONE:tel:+1-412-555-0123\nCONFERENCE;VALUE=URI:https://meet.example.com/x\nEND:VEVENT",
    );
    assert_eq!(event.master.unwrap().join.as_deref(), Some("https://meet.example.com/x"));
}

#[test]
fn an_invitation_is_read_with_everybody_in_it() {
    let found = document(
        "METHOD:REQUEST\nBEGIN:VEVENT\nUID:a@x\nSEQUENCE:3\nDTSTAMP:20260101T120000Z\nSUMMARY:Plan\\, review\\nand lunch\nLOCATION:Kafka\nDTSTART:20260401T080000Z\nDTEND:20260401T090000Z\n\
         ORGANIZER;CN=\"Müller, Jürgen\":mailto:juergen@example.com\nATTENDEE;CN=Ana;PARTSTAT=ACCEPTED;ROLE=OPT-PARTICIPANT:MAILTO:ana@example.com\n\
         ATTENDEE;CUTYPE=ROOM:mailto:room@example.com\nX-GOOGLE-CONFERENCE:https://meet.example.com/x\nTRANSP:TRANSPARENT\nEND:VEVENT",
    );
    assert_eq!(found.method, Some(Method::Request));
    let event = found.series[0].1.master.as_ref().unwrap();
    assert_eq!((event.summary.as_str(), event.location.as_str(), event.sequence), ("Plan, review\nand lunch", "Kafka", 3));
    let organizer = event.organizer.as_ref().unwrap();
    assert_eq!((organizer.name.as_str(), organizer.address.as_str()), ("Müller, Jürgen", "juergen@example.com"));
    assert_eq!(
        (event.attendees[0].person.address.as_str(), event.attendees[0].participation, event.attendees[0].optional),
        ("ana@example.com", Participation::Accepted, true)
    );
    assert!(event.attendees[1].resource && event.free && event.status == Status::Confirmed);
    assert_eq!(event.join.as_deref(), Some("https://meet.example.com/x"));
    assert_eq!(event.stamp, Some(at("2026-01-01 12:00")));
}

#[test]
fn the_later_version_of_one_event_wins() {
    let twice = |first: u8, second: u8| {
        let one = |n: u8| format!("BEGIN:VEVENT\nUID:a\nSEQUENCE:{n}\nSUMMARY:version {n}\nDTSTART:20260401T080000Z\nEND:VEVENT\n");
        series(&format!("{}{}", one(first), one(second))).master.unwrap().summary
    };
    assert_eq!((twice(1, 2).as_str(), twice(2, 1).as_str()), ("version 2", "version 2"));
}

#[test]
fn letters_that_were_cut_in_two_by_folding_are_whole_again() {
    let mut bytes = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART:20260401T080000Z\r\nSUMMARY:Gr".to_vec();
    bytes.extend_from_slice(b"\xc3\r\n \xbc\xc3\x9fe\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
    assert_eq!(read(&bytes, &berlin()).unwrap().series[0].1.master.as_ref().unwrap().summary, "Grüße");
    let latin =
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART:20260401T080000Z\r\nSUMMARY:Gr\xfc\xdfe\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    assert_eq!(read(latin, &berlin()).unwrap().series[0].1.master.as_ref().unwrap().summary, "Grüße");
}

#[test]
fn bombs_are_cut_off_and_said_to_be() {
    let every_second = series("BEGIN:VEVENT\nUID:a\nDTSTART:20200101T000000Z\nRRULE:FREQ=SECONDLY\nEND:VEVENT");
    let found = every_second.occurrences(at("2020-01-01 00:00"), at("2030-01-01 00:00"), &berlin());
    assert!(found.cut && found.occurrences.len() <= crate::series::MOST_MEMBERS);
    let started = std::time::Instant::now();
    for rule in [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MINUTELY;BYMONTH=4;BYMONTHDAY=31",
        "FREQ=DAILY;COUNT=4294967295",
        "FREQ=SECONDLY;BYHOUR=3;BYMINUTE=0;BYSECOND=0",
        "FREQ=SECONDLY;BYYEARDAY=366;BYHOUR=0;BYMINUTE=0;BYSECOND=0",
        "FREQ=MINUTELY;BYMONTHDAY=1;BYHOUR=0;BYMINUTE=0",
    ] {
        let bomb = series(&format!("BEGIN:VEVENT\nUID:a\nDTSTART:19700101T000000Z\nRRULE:{rule}\nEND:VEVENT"));
        bomb.occurrences(at("2026-01-01 00:00"), at("2028-01-01 00:00"), &berlin());
    }
    // Unbounded, one of them alone would take minutes. The bound is wide: this build is slow, and the machine may be busy.
    assert!(started.elapsed() < std::time::Duration::from_secs(60), "{:?}", started.elapsed());
}

#[test]
fn described_zones_are_bombs_too() {
    let zone = |n: usize| {
        format!(
            "BEGIN:VTIMEZONE\nTZID:z{n}\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\n\
             RRULE:FREQ=SECONDLY;BYHOUR=3;BYMINUTE=0;BYSECOND=0\nEND:STANDARD\nEND:VTIMEZONE\n"
        )
    };
    let zones = (0..2_000).map(zone).collect::<Vec<_>>().concat();
    let started = std::time::Instant::now();
    let found = document(&format!("{zones}BEGIN:VEVENT\nUID:a\nDTSTART;TZID=z1:20260115T100000\nEND:VEVENT"));
    assert!(started.elapsed() < std::time::Duration::from_secs(30), "{:?}", started.elapsed());
    assert_eq!(members(&found.series[0].1, "2026-01-15 00:00", "2026-01-16 00:00"), ["01-15 08:00–01-15 08:00"]);
}

#[test]
fn what_is_broken_is_told_and_the_rest_is_kept() {
    for (lines, problem) in [
        ("DTSTART:20260401T080000Z\nRRULE:FREQ=MONTHLY;BYMONTHDAY=1;BYSETPOS=9999", "Rule"),
        // Found by the fuzzer: the library that reads rules panicked.
        ("DTSTART:20260401T080000Z\nRRULE:FREQ=YEARLY;BYDAY=-1ÓU", "Rule"),
        ("DTSTART:20260401T080000Z\nRRULE:FREQ=DAILY;INTERVAL=0;COUNT=3", "Rule(\"INTERVAL=0"),
        ("DTSTART:20260401T080000Z\nRRULE:FREQ=DAILY;INTER\n VAL=00", "Rule(\"INTERVAL=0"),
        ("DTSTART:20260401T080000Z\nDTEND:20260401T070000Z", "EndsBefore"),
        ("DTSTART;VALUE=DATE:20260401\nDTEND;VALUE=DATE:20260301", "EndsBefore"),
        ("SUMMARY:never", "NoStart"),
    ] {
        let found = document(&format!(
            "BEGIN:VEVENT\nUID:broken\n{lines}\nEND:VEVENT\nBEGIN:VEVENT\nUID:whole\nDTSTART:20260401T080000Z\nEND:VEVENT"
        ));
        assert!(
            found.problems.iter().any(|(uid, p)| uid == "broken" && format!("{p:?}").starts_with(problem)),
            "{lines}: {:?}",
            found.problems
        );
        assert!(found.series.iter().any(|(uid, s)| uid == "whole" && s.master.is_some()), "{lines}");
    }
}

#[test]
fn years_at_the_ends_of_time_are_only_years() {
    for year in ["0001", "9999"] {
        let far = series(&format!(
            "BEGIN:VEVENT\nUID:a\nDTSTART;TZID=Europe/Berlin:{year}0101T080000\nDURATION:P9999W\nRRULE:FREQ=YEARLY\nEND:VEVENT"
        ));
        far.occurrences(at("2020-01-01 00:00"), at("2021-01-01 00:00"), &berlin());
        far.occurrences(Timestamp(i64::MIN / 4), Timestamp(i64::MAX / 4), &berlin());
    }
}

#[test]
fn ten_thousand_guests_are_ten_thousand_guests() {
    let guests = (0..10_000).map(|n| format!("ATTENDEE;CN=P{n}:mailto:p{n}@example.com\n")).collect::<Vec<_>>().concat();
    let event = series(&format!("BEGIN:VEVENT\nUID:a\nDTSTART:20260401T080000Z\n{guests}END:VEVENT")).master.unwrap();
    assert_eq!(event.attendees.len(), 10_000);
}

#[test]
fn what_is_no_calendar_is_said_to_be_none() {
    assert_eq!(read(b"hello", &berlin()).unwrap_err(), ReadError::NotACalendar);
    assert_eq!(read(b"", &berlin()).unwrap_err(), ReadError::NotACalendar);
    assert!(matches!(read(&vec![b'x'; crate::read::MOST_BYTES + 1], &berlin()), Err(ReadError::TooLarge(_))));
    // One that breaks off is read as far as it goes, or refused; never more.
    let whole = format!("BEGIN:VCALENDAR\r\n{}\r\nEND:VCALENDAR\r\n", DAILY.replace('\n', "\r\n"));
    for end in 0..whole.len() {
        let _ = read(&whole.as_bytes()[..end], &berlin());
    }
}

#[test]
fn nesting_has_no_depth_that_hurts() {
    for kind in ["VCALENDAR", "VEVENT", "X-DEEP", "VALARM"] {
        let deep = format!("BEGIN:VCALENDAR\r\n{}", format!("BEGIN:{kind}\r\n").repeat(200_000));
        let _ = read(deep.as_bytes(), &berlin());
        let closed = format!("{deep}{}END:VCALENDAR\r\n", format!("END:{kind}\r\n").repeat(200_000));
        let _ = read(closed.as_bytes(), &berlin());
    }
    // One line of a megabyte, and a megabyte of parameters, values, quotes and folds.
    for piece in
        ["x", ";X=y", ",z", "\"", "\r\n ", "\\", ":", "\r\nDTSTART:20260101T000000Z", "\r\nRRULE:FREQ=DAILY", "\r\nEXDATE:20260101T000000Z"]
    {
        let long = format!(
            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nSUMMARY{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
            piece.repeat(1_000_000 / piece.len())
        );
        let _ = read(long.as_bytes(), &berlin());
    }
}
