//! Tasks as others write them, and what a change leaves alone.
#![allow(clippy::unwrap_used)]

use domain::{
    tasks::{Due, Priority, TaskFields, TaskPatch, TaskStatus},
    time::Timestamp,
};

use super::todo::{TodoError, change, create, read};

const NOW: Timestamp = Timestamp(1_795_000_000_000);

fn ics(lines: &str) -> String {
    let text = format!(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//EN\nBEGIN:VTODO\nUID:a@x.test\nDTSTAMP:20261101T100000Z\n{lines}\nEND:VTODO\nEND:VCALENDAR\n"
    );
    text.replace('\n', "\r\n")
}

fn fields(lines: &str) -> TaskFields {
    read(&ics(lines)).unwrap().fields
}

#[test]
fn a_task_is_read_as_others_write_it() {
    let todo = read(&ics(
        "SUMMARY;LANGUAGE=de:Äpfel\\, Birnen\nDESCRIPTION:one\\ntwo\nDUE;VALUE=DATE:20261224\nPRIORITY:2\nCATEGORIES:a\\,b, c\nCATEGORIES:d\n\
         STATUS:IN-PROCESS\nRELATED-TO;RELTYPE=SIBLING:s\nRELATED-TO:p@x.test\nRRULE:FREQ=WEEKLY\nURL:https://x.example/\nCREATED:20261001T080000Z\n\
         LAST-MODIFIED:20261102T100000Z",
    ))
    .unwrap();
    let wanted = TaskFields {
        title: "Äpfel, Birnen".into(),
        notes: "one\ntwo".into(),
        due: Some(Due::Day { day: "2026-12-24".into() }),
        priority: Priority::High,
        labels: vec!["a,b".into(), "c".into(), "d".into()],
        status: TaskStatus::Started,
        parent: None,
    };
    assert_eq!((todo.uid.as_str(), todo.fields, todo.parent.as_deref()), ("a@x.test", wanted, Some("p@x.test")));
    assert_eq!((todo.rule.as_deref(), todo.created.as_str()), (Some("FREQ=WEEKLY"), "20261001T080000Z"));
    assert_eq!((todo.updated_at.map(Timestamp::secs), todo.completed_at), (Some(1_793_613_600), None));
    assert_eq!(read("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"), None);
    assert_eq!(read("nonsense"), None);
}

#[test]
fn times_keep_their_kind_and_a_missing_status_is_worked_out() {
    let at = |zone: Option<&str>, secs| Some(Due::At { at: Timestamp::from_secs(secs), zone: zone.map(str::to_owned) });
    assert_eq!(fields("DUE:20261224T100000Z").due, at(None, 1_798_106_400));
    assert_eq!(fields("DUE;TZID=Europe/Stockholm:20261224T110000").due, at(Some("Europe/Stockholm"), 1_798_106_400));
    assert_eq!(fields("DUE;TZID=W. Europe Standard Time:20261224T110000").due, at(Some("Europe/Berlin"), 1_798_106_400));
    assert_eq!(fields("DUE:20261224T110000").due, Some(Due::Floating { at: "2026-12-24T11:00:00".into() }));
    assert_eq!(fields("DTSTART:20261224T090000\nDURATION:PT2H").due, Some(Due::Floating { at: "2026-12-24T11:00:00".into() }));
    assert_eq!(fields("DTSTART;VALUE=DATE:20261224\nDUE:soon").due, None);
    for (lines, status) in [
        ("SUMMARY:x", TaskStatus::Open),
        ("COMPLETED:20261101T100000Z", TaskStatus::Done),
        ("PERCENT-COMPLETE:100", TaskStatus::Done),
        ("PERCENT-COMPLETE:30", TaskStatus::Started),
        ("STATUS:cancelled", TaskStatus::Cancelled),
        ("STATUS:NEEDS-ACTION\nPERCENT-COMPLETE:100", TaskStatus::Open),
    ] {
        assert_eq!(fields(lines).status, status, "{lines}");
    }
    for (n, priority) in [(0, Priority::None), (1, Priority::Urgent), (4, Priority::High), (5, Priority::Medium), (9, Priority::Low)] {
        assert_eq!(fields(&format!("PRIORITY:{n}")).priority, priority);
    }
}

#[test]
fn a_new_task_says_all_and_is_read_again() {
    let all = TaskFields {
        title: "Tax; and more, “much”".into(),
        notes: "a\nb\\c".into(),
        due: Some(Due::At { at: Timestamp::from_secs(1_800_000_000), zone: Some("Europe/Stockholm".into()) }),
        priority: Priority::Low,
        labels: vec!["deep, work".into(), "x".into()],
        status: TaskStatus::Done,
        parent: None,
    };
    let text = create("u1", &all, Some("p1"), NOW).unwrap();
    let todo = read(&text).unwrap();
    assert_eq!((todo.uid.as_str(), todo.fields, todo.parent.as_deref()), ("u1", all, Some("p1")));
    assert_eq!((todo.completed_at, todo.updated_at), (Some(NOW), Some(NOW)));
    assert!(text.contains("BEGIN:VTIMEZONE") && text.contains("DUE;TZID=Europe/Stockholm:20270115T090000"), "{text}");
    for due in [Due::Day { day: "2026-12-24".into() }, Due::Floating { at: "2026-12-24T09:30:00".into() }] {
        let one = TaskFields { title: "x".into(), due: Some(due), ..TaskFields::default() };
        assert_eq!(read(&create("u", &one, None, NOW).unwrap()).unwrap().fields, one);
    }
    let bad = TaskFields { due: Some(Due::Day { day: "2026-02-30".into() }), ..TaskFields::default() };
    assert_eq!(create("u", &bad, None, NOW), Err(TodoError::NoTime));
    assert!(read(&create("u", &TaskFields::default(), None, NOW).unwrap()).unwrap().fields.title.is_empty());
}

#[test]
fn a_change_touches_its_own_lines() {
    let before = ics(
        "SUMMARY;LANGUAGE=en:Old\nX-APPLE-SORT-ORDER:12\nDTSTART;VALUE=DATE:20261220\nDUE;VALUE=DATE:20261224\nRELATED-TO;RELTYPE=CHILD:c\n\
         RELATED-TO:p\nBEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT1H\nEND:VALARM",
    );
    let patch = |f: fn(&mut TaskPatch)| {
        let mut patch = TaskPatch::default();
        f(&mut patch);
        patch
    };
    let title = change(&before, &patch(|p| p.title = Some("New".into())), None, NOW).unwrap();
    let expected = before.replace("LANGUAGE=en:Old", "LANGUAGE=en:New").replace("DTSTAMP:20261101T100000Z", "DTSTAMP:20261118T110640Z");
    let without = |text: &str| text.lines().filter(|l| !l.starts_with("LAST-MODIFIED")).map(str::to_owned).collect::<Vec<_>>();
    let (mut got, mut wanted) = (without(&title), without(&expected));
    got.sort();
    wanted.sort();
    assert_eq!(got, wanted);
    // A start that is not before it any more goes; another one stays.
    let day = |day: &str| TaskPatch { due: Some(Some(Due::Day { day: day.to_owned() })), ..TaskPatch::default() };
    assert!(change(&before, &day("2026-12-22"), None, NOW).unwrap().contains("DTSTART;VALUE=DATE:20261220"));
    assert!(!change(&before, &day("2026-12-10"), None, NOW).unwrap().contains("DTSTART"));
    let timed = TaskPatch { due: Some(Some(Due::Floating { at: "2026-12-22T10:00:00".into() })), ..TaskPatch::default() };
    let timed = change(&before, &timed, None, NOW).unwrap();
    assert!(timed.contains("DUE:20261222T100000") && !timed.contains("DTSTART"));
    let alone = change(&before, &patch(|p| p.parent = Some(None)), None, NOW).unwrap();
    assert!(alone.contains("RELTYPE=CHILD:c") && !alone.contains("RELATED-TO:p"));
    let done = change(&before, &patch(|p| p.status = Some(TaskStatus::Done)), None, NOW).unwrap();
    assert!(done.contains("STATUS:COMPLETED") && done.contains("COMPLETED:20261118T110640Z") && done.contains("PERCENT-COMPLETE:100"));
    let open = change(&done, &patch(|p| p.status = Some(TaskStatus::Open)), None, NOW).unwrap();
    assert!(!open.contains("COMPLETED:") && !open.contains("PERCENT-COMPLETE") && open.contains("STATUS:NEEDS-ACTION"));
    let bare =
        change(&before, &patch(|p| (p.due, p.labels, p.notes) = (Some(None), Some(vec![]), Some(String::new()))), None, NOW).unwrap();
    assert!(!bare.contains("DUE") && bare.contains("DTSTART") && bare.contains("X-APPLE-SORT-ORDER:12") && bare.contains("BEGIN:VALARM"));
    assert_eq!(change(&before, &TaskPatch::default(), None, NOW).unwrap(), before, "nothing");
}

#[test]
fn what_repeats_keeps_its_state_and_its_day() {
    let series = ics("SUMMARY:Water\nDTSTART:20261101T100000\nDUE:20261101T110000\nRRULE:FREQ=DAILY").replace(
        "END:VCALENDAR",
        "BEGIN:VTODO\r\nUID:a@x.test\r\nRECURRENCE-ID:20261102T100000\r\nSUMMARY:Other\r\nSTATUS:COMPLETED\r\nEND:VTODO\r\nEND:VCALENDAR",
    );
    assert_eq!(read(&series).unwrap().fields.title, "Water", "the master");
    let done = TaskPatch { status: Some(TaskStatus::Done), ..TaskPatch::default() };
    let moved = TaskPatch { due: Some(None), ..TaskPatch::default() };
    for patch in [done, moved] {
        assert_eq!(change(&series, &patch, None, NOW), Err(TodoError::Repeats));
    }
    let named = change(&series, &TaskPatch { title: Some("Plants".into()), ..TaskPatch::default() }, None, NOW).unwrap();
    assert!(named.contains("SUMMARY:Plants") && named.contains("SUMMARY:Other") && named.contains("RRULE:FREQ=DAILY"));
}
