//! Files taken apart and put together again: nothing is lost, and nothing becomes more.

use std::collections::{BTreeSet, HashSet};

use domain::time::{Timestamp, Zone};
use serde_json::Value;

use crate::{
    file::{About, Part, about, join, split},
    lines::parse,
    read,
    read::ReadError,
};

const CASES: &str = include_str!("cases/recurrence.jsonl");

fn berlin() -> Zone {
    crate::NamedZone::known("Europe/Berlin").unwrap().zone().clone()
}

fn parts(text: &str) -> Vec<Part> {
    split(text.replace('\n', "\r\n").as_bytes()).unwrap()
}

/// Split, joined and split again.
fn again(parts: &[Part]) -> Vec<Part> {
    split(join(parts.iter().map(|p| p.ics.as_str()), Some("All")).as_bytes()).unwrap()
}

fn set(parts: &[Part]) -> HashSet<Part> {
    parts.iter().cloned().collect()
}

const OFFICE: &str = "BEGIN:VTIMEZONE\nTZID:Our office\nX-OURS:1\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0300\nTZOFFSETTO:+0200\nEND:STANDARD\nEND:VTIMEZONE\n";
const SAMPLE: &str = "BEGIN:VCALENDAR\nMETHOD:PUBLISH\nPRODID:-//them//EN\nVERSION:2.0\nX-WR-CALNAME:Team\\, all\n{zone}BEGIN:VTIMEZONE\nTZID:Unused\nEND:VTIMEZONE\n\
BEGIN:VEVENT\nUID:a\nDTSTART;TZID=Our office:20260105T100000\nRRULE:FREQ=WEEKLY\nX-ODD;P=\"x:y\":1\nBEGIN:VALARM\nACTION:NONE\nX-LAST:2\nEND:VALARM\nEND:VEVENT\n\
BEGIN:VTODO\nUID:b\nDUE:20260106T100000Z\nEND:VTODO\n\
BEGIN:VEVENT\nUID:a\nRECURRENCE-ID;TZID=Our office:20260112T100000\nDTSTART;TZID=Our office:20260112T110000\nEND:VEVENT\n\
BEGIN:VAVAILABILITY\nUID:c\nBEGIN:AVAILABLE\nX:1\nEND:AVAILABLE\nEND:VAVAILABILITY\nBEGIN:X-NAMELESS\nX:1\nEND:X-NAMELESS\nEND:VCALENDAR\n";

fn sample() -> String {
    SAMPLE.replace("{zone}", OFFICE)
}

#[test]
fn a_file_is_taken_apart_by_uid() {
    let parts = parts(&sample());
    assert_eq!(parts.iter().map(|p| p.uid.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    let wanted = sample()
        .replace("METHOD:PUBLISH\n", "")
        .replace("X-WR-CALNAME:Team\\, all\n", "")
        .replace("BEGIN:VTIMEZONE\nTZID:Unused\nEND:VTIMEZONE\n", "")
        .replace("BEGIN:VTODO\nUID:b\nDUE:20260106T100000Z\nEND:VTODO\n", "");
    let wanted = format!("{}END:VCALENDAR\n", wanted.split("BEGIN:VAVAILABILITY").next().unwrap());
    assert_eq!(parts[0].ics, wanted.replace('\n', "\r\n"));
    assert!(!parts[1].ics.contains("VTIMEZONE") && parts[1].ics.contains("DUE:20260106T100000Z"));
    assert!(parts[2].ics.contains("BEGIN:AVAILABLE\r\nX:1\r\nEND:AVAILABLE"));
    assert_eq!(set(&again(&parts)), set(&parts));
}

#[test]
fn all_cases_come_back_alone_and_together() {
    let (mut all, mut before) = (Vec::new(), BTreeSet::new());
    for (n, line) in CASES.lines().enumerate() {
        let case: Value = serde_json::from_str(line).unwrap();
        let own = split(case["ics"].as_str().unwrap().as_bytes()).unwrap();
        assert_eq!(set(&again(&own)), set(&own), "{n}");
        assert_eq!(own.len(), 1);
        before.insert(own[0].uid.clone());
        all.extend(own);
    }
    assert!(all.len() >= 500 && before.len() == all.len());
    let back = again(&all);
    assert_eq!(set(&back), set(&all));
    // And what they mean is the same.
    let (from, to) = (Timestamp::from_secs(1_700_000_000), Timestamp::from_secs(1_900_000_000));
    for (a, b) in all.iter().zip(&back) {
        let members = |part: &Part| read(part.ics.as_bytes(), &berlin()).unwrap().series[0].1.occurrences(from, to, &berlin());
        assert_eq!(members(a), members(b));
    }
}

#[test]
fn generated_files_come_back() {
    let mut seed = 7_u64;
    let mut next = |most: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % most
    };
    for _ in 0..200 {
        let zones = next(4);
        let mut text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//them//EN\r\n".to_owned();
        for zone in 0..zones {
            text.push_str(&OFFICE.replace("Our office", &format!("z{zone}")).replace('\n', "\r\n"));
        }
        for event in 0..next(30) {
            let uid = if next(5) == 0 { String::new() } else { format!("UID:{}@x\r\n", next(12)) };
            let tzid = if next(2) == 0 { String::new() } else { format!(";TZID=\"z{}\"", next(4)) };
            let words = "wörter, die lang sind; ".repeat(next(8) as usize).replace(',', "\\,").replace(';', "\\;");
            let alarm = if next(3) == 0 { "BEGIN:VALARM\r\nTRIGGER:-PT5M\r\nX-A;B=\"c;d\":e\r\nEND:VALARM\r\n" } else { "" };
            text.push_str(&format!(
                "BEGIN:VEVENT\r\n{uid}DTSTAMP:20260101T0000{:02}Z\r\nDTSTART{tzid}:20260105T10{:02}00\r\nSUMMARY:{event} {words}\r\n{alarm}END:VEVENT\r\n",
                next(60),
                next(60)
            ));
        }
        text.push_str("END:VCALENDAR\r\n");
        let parts = split(text.as_bytes()).unwrap();
        assert_eq!(set(&again(&parts)), set(&parts), "{text}");
        let events = |text: &str| text.matches("BEGIN:VEVENT").count();
        assert_eq!(parts.iter().map(|p| events(&p.ics)).sum::<usize>(), events(&text));
        assert_eq!(parts.iter().map(|p| &p.uid).collect::<HashSet<_>>().len(), parts.len());
        for part in &parts {
            // Exactly the zones that it speaks of, where they are known.
            let calendar = parse(part.ics.as_bytes()).unwrap().remove(0);
            let described: BTreeSet<String> = calendar.children_of("VTIMEZONE").filter_map(|z| z.text("TZID")).collect();
            let wanted: BTreeSet<String> =
                (0..zones).map(|z| format!("z{z}")).filter(|z| part.ics.contains(&format!("DTSTART;TZID=\"{z}\""))).collect();
            assert_eq!(described, wanted);
        }
    }
}

#[test]
fn what_has_no_uid_has_the_same_one_every_time() {
    let file = |stamp: &str, lines: &str| {
        format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTAMP:{stamp}\n{lines}DTSTART:20260105T100000Z\nEND:VEVENT\nEND:VCALENDAR\n")
    };
    let uid = |text: &str| parts(text)[0].uid.clone();
    let one = uid(&file("20260101T000000Z", "SUMMARY:a\nLOCATION:b\n"));
    assert_eq!(one.len(), 32);
    assert_eq!(one, uid(&file("20260201T000000Z", "LOCATION:b\nSUMMARY:a\n")));
    assert_ne!(one, uid(&file("20260101T000000Z", "SUMMARY:a\nLOCATION:c\n")));
    assert!(parts(&file("20260101T000000Z", "UID: \n"))[0].ics.contains(&format!("UID:{}\r\n", uid(&file("x", "UID: \n")))));
}

#[test]
fn the_zone_of_a_file_goes_along_with_its_times() {
    let text = "BEGIN:VCALENDAR\nX-WR-TIMEZONE:{zone}\nBEGIN:VEVENT\nUID:a\nDTSTART:20260105T100000\nDTEND;TZID=Nowhere:20260105T110000\n\
                EXDATE:20260112T100000Z\nRDATE;VALUE=PERIOD:20260106T100000/PT1H,20260107T100000/20260107T120000\nCREATED:20260101T000000Z\nEND:VEVENT\n\
                BEGIN:VEVENT\nUID:b\nDTSTART;VALUE=DATE:20260105\nEND:VEVENT\nEND:VCALENDAR\n";
    for zone in ["Asia/Tokyo", "UTC"] {
        let text = text.replace("{zone}", zone).replace('\n', "\r\n");
        let parts = split(text.as_bytes()).unwrap();
        let members = |bytes: &str| {
            let series = read(bytes.as_bytes(), &berlin()).unwrap().series.remove(0).1;
            series.occurrences(Timestamp(0), Timestamp::from_secs(1_900_000_000), &berlin()).occurrences
        };
        let starts = |bytes: &str| members(bytes).iter().map(|o| (o.start, o.end)).collect::<Vec<_>>();
        assert_eq!(starts(&parts[0].ics), starts(&text), "{}", parts[0].ics);
        assert_eq!(starts(&parts[0].ics).len(), 3);
        assert!(!parts[0].ics.contains("X-WR") && !parts[1].ics.contains("VTIMEZONE"));
        assert_eq!(parts[0].ics.contains("BEGIN:VTIMEZONE\r\nTZID:Asia/Tokyo"), zone != "UTC");
    }
}

#[test]
fn zones_of_one_name_are_told_once_and_the_first_is_kept() {
    let one = |zone: &str, uid: &str| {
        format!("BEGIN:VCALENDAR\n{zone}BEGIN:VEVENT\nUID:{uid}\nDTSTART;TZID=Our office:20260105T100000\nEND:VEVENT\nEND:VCALENDAR\n")
    };
    let (a, b) = (one(OFFICE, "a"), one(&OFFICE.replace("X-OURS:1", "X-OURS:2"), "b"));
    let all = join([a.as_str(), "nonsense", b.as_str()].into_iter(), Some("Mine; yours"));
    assert_eq!(all.matches("BEGIN:VTIMEZONE").count(), 1);
    assert!(all.contains("X-OURS:1") && !all.contains("X-OURS:2"));
    assert!(all.contains("PRODID:-//Aurelius//EN\r\n") && all.contains("NAME:Mine\\; yours\r\nX-WR-CALNAME:Mine\\; yours\r\n"));
    assert_eq!(about(all.as_bytes()).name.as_deref(), Some("Mine; yours"));
    let none = join(std::iter::empty(), None);
    assert_eq!(split(none.as_bytes()), Ok(vec![]));
}

#[test]
fn a_file_says_its_name_and_how_often_to_ask() {
    let file = |lines: &str| about(format!("BEGIN:VCALENDAR\n{lines}END:VCALENDAR\n").as_bytes());
    assert_eq!(
        file("X-WR-CALNAME:Old\nNAME:New\nX-PUBLISHED-TTL:PT1H\nREFRESH-INTERVAL;VALUE=DURATION:P1D\n"),
        About { name: Some("New".to_owned()), refresh_secs: Some(86_400) }
    );
    assert_eq!(file("X-WR-CALNAME:Old\nX-PUBLISHED-TTL:PT1H\n"), About { name: Some("Old".to_owned()), refresh_secs: Some(3600) });
    assert_eq!(file("NAME: \nREFRESH-INTERVAL:-P1D\n"), About::default());
    assert_eq!(about(b"<html>"), About::default());
    assert_eq!(split(b"<html>"), Err(ReadError::NotACalendar));
}
