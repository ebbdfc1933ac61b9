//! Documents of strangers, broken and hostile, through everything that writes: a clear error or a text that can be read again, and never a
//! panic.

use chrono::NaiveDate;
use domain::time::{Timestamp, Zone};

use crate::{
    NamedZone, Participation, Person, When,
    edit::{Context, Fields, Members, Span, change, remove, reply, respond},
    file, merge, read,
};

const SAMPLE: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VTIMEZONE\r\nTZID:Our office\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nTZOFFSETFROM:+0300\r\nTZOFFSETTO:+0200\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n\
BEGIN:VEVENT\r\nUID:a\r\nSUMMARY:Plan\r\nDTSTART;TZID=Our office:20261102T100000\r\nDURATION:PT1H\r\nRRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=5\r\n\
EXDATE;TZID=Our office:20261109T100000\r\nRDATE;VALUE=PERIOD:20261118T130000Z/PT2H\r\nORGANIZER;CN=\"B\":mailto:bo@x\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:me@x\r\n\
BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT\r\n\
BEGIN:VEVENT\r\nUID:a\r\nRECURRENCE-ID;TZID=Our office:20261116T100000\r\nDTSTART;VALUE=DATE:20261117\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

/// Everything, on one text.
fn all(text: &str) {
    let viewer = Zone::fixed(3600);
    let me = Person { address: "bo@x".to_owned(), name: "B".to_owned() };
    let context = Context { now: Timestamp::from_secs(1_790_000_000), viewer: &viewer, me: Some(&me) };
    let day = |month, day| NaiveDate::from_ymd_opt(2026, month, day).unwrap();
    let zone = NamedZone::known("Europe/Berlin").unwrap();
    let spans = [
        Span::Days { from: day(11, 3), until: day(11, 5) },
        Span::Clock { start: day(11, 4).and_hms_opt(12, 0, 0).unwrap(), end: day(11, 4).and_hms_opt(13, 0, 0).unwrap(), zone },
    ];
    let Ok(document) = read(text.as_bytes(), &viewer) else { return };
    let mut members = vec![Members::All];
    for (_, series) in document.series.iter().take(1) {
        let found = series.occurrences(Timestamp(i64::MIN / 4), Timestamp::from_secs(1_800_000_000), &viewer).occurrences;
        for when in found.iter().take(4).map(|o| o.member.clone()) {
            members.extend([Members::Only(when.clone()), Members::Following(when)]);
        }
    }
    members.push(Members::Only(When::Date(day(11, 17))));
    let mut texts = vec![text.to_owned()];
    for members in &members {
        for span in &spans {
            let fields = Fields {
                title: Some("x".to_owned()),
                time: Some(span.clone()),
                guests: Some(vec![me.clone()]),
                alarms: Some(vec![10]),
                ..Fields::default()
            };
            if let Ok(edited) = change(text, members, &fields, "new@x", &context) {
                texts.extend(edited.ics.into_iter().chain(edited.new.map(|(_, text)| text)));
            }
        }
        texts.extend(remove(text, members, &context).ok().and_then(|edited| edited.ics));
        texts.extend(respond(text, members, &["me@x".to_owned()], Participation::Declined, &context).ok());
        texts.extend(reply(text, members, "me@x", Participation::Declined, &context).ok());
    }
    for own in &texts {
        assert!(read(own.as_bytes(), &viewer).is_ok(), "{own}");
    }
    for own in texts.iter().skip(1).step_by(5) {
        let _ = merge(SAMPLE, text, own, &viewer);
        let _ = merge(text, own, SAMPLE, &viewer);
    }
    let _ = file::split(text.as_bytes()).map(|parts| file::join(parts.iter().map(|part| part.ics.as_str()), None));
}

#[test]
fn a_document_that_breaks_off_is_edited_or_refused() {
    for end in (0..SAMPLE.len()).step_by(7) {
        all(SAMPLE.get(..end).unwrap());
    }
}

#[test]
fn nonsense_in_any_line_is_survived() {
    let nonsense = [
        "",
        "0",
        "-1",
        "99999999999999999999",
        "00010101",
        "99991231T235959",
        "99991231T235959Z",
        "00000000T000000",
        "P9999999W",
        "-P1D",
        "FREQ=YEARLY;UNTIL=00010101;COUNT=0",
        "FREQ=DAILY;BYDAY=-99999MO;BYMONTHDAY=0",
        "FREQ=MONTHLY;BYDAY=;BYSETPOS=",
        "20261102T100000/P9999999W,x/y,/",
        "mailto:",
        "\"",
        ";:,\\",
        "ÄÖÜ\u{1f389}",
        "20261102T1000\u{e4}",
        "\\",
    ];
    let lines: Vec<&str> = SAMPLE.split("\r\n").collect();
    for (n, line) in lines.iter().enumerate() {
        let Some((head, _)) = line.split_once(':').filter(|(head, _)| !["BEGIN", "END"].contains(head)) else { continue };
        for value in nonsense.iter().skip(n % 3).step_by(3) {
            let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            lines[n] = format!("{head}:{value}");
            all(&lines.join("\r\n"));
        }
    }
}

#[test]
fn a_rule_for_every_second_is_bounded() {
    let viewer = Zone::fixed(3600);
    let context = Context { now: Timestamp(0), viewer: &viewer, me: None };
    let text = SAMPLE.replace("FREQ=WEEKLY;BYDAY=MO;COUNT=5", "FREQ=SECONDLY");
    let started = std::time::Instant::now();
    let first = read(text.as_bytes(), &viewer).unwrap().series[0].1.master.as_ref().unwrap().start.clone();
    let later = |secs| first.on_wall(first.wall() + chrono::Duration::seconds(secs));
    let fields = Fields { title: Some("x".to_owned()), ..Fields::default() };
    let divided = change(&text, &Members::Following(later(1_000)), &fields, "new@x", &context).unwrap();
    assert!(divided.new.is_some());
    // Farther than any rule is followed.
    assert!(change(&text, &Members::Following(later(100_000_000)), &fields, "new@x", &context).is_err());
    assert!(remove(&text, &Members::Only(later(5)), &context).unwrap().ics.is_some());
    // This build is slow, and the machine may be busy.
    assert!(started.elapsed() < std::time::Duration::from_secs(60), "{:?}", started.elapsed());
}

#[test]
fn the_ends_of_time_are_no_overflow() {
    for start in ["00010101T000000", "99991231T235959", "00010101T000000Z", "99991231T235959Z"] {
        for length in ["DURATION:P4294967295W", "DURATION:P1D", "DTEND:99991231T235959", "DTEND:00010101T000000Z"] {
            let event = |more: &str| format!("BEGIN:VEVENT\r\nUID:a\r\nDTSTART:{start}\r\n{length}\r\n{more}END:VEVENT\r\n");
            let rule = format!("RRULE:FREQ=DAILY;COUNT=3\r\nEXDATE:{start}\r\nRDATE;VALUE=PERIOD:{start}/P4294967295W\r\n");
            all(&format!("BEGIN:VCALENDAR\r\n{}{}END:VCALENDAR\r\n", event(&rule), event(&format!("RECURRENCE-ID:{start}\r\n"))));
        }
    }
}
