//! Who is told what.

use domain::time::{Timestamp, Zone};

use super::notice::{Notice, NoticeKind, notices};
use crate::{
    Person,
    edit::{Context, Fields, Members, Span, change, create, remove},
    read,
};

const ME: &str = "mara@own.example";

fn context<R>(run: impl FnOnce(&Context<'_>) -> R) -> R {
    let me = Person { address: ME.into(), name: "Mara".into() };
    run(&Context { now: Timestamp::from_secs(1_795_338_000), viewer: &Zone::fixed(0), me: Some(&me) })
}

fn person(name: &str) -> Person {
    Person { address: format!("{name}@guild.example"), name: name.into() }
}

fn guests(names: &[&str]) -> Fields {
    Fields { guests: Some(names.iter().map(|n| person(n)).collect()), ..Fields::default() }
}

fn span(hour: u32) -> Span {
    let at = |h| chrono::NaiveDate::from_ymd_opt(2026, 12, 3).unwrap().and_hms_opt(h, 0, 0).unwrap();
    Span::Clock { start: at(hour), end: at(hour + 1), zone: crate::NamedZone::known("Europe/Berlin").unwrap() }
}

fn meeting(names: &[&str], rule: Option<&str>) -> String {
    let fields = Fields {
        title: Some("Budget".into()),
        location: Some("Attic".into()),
        time: Some(span(10)),
        rule: rule.map(Into::into),
        alarms: Some(vec![10]),
        ..guests(names)
    };
    context(|c| create("b-1", &fields, c)).unwrap()
}

fn changed(ics: &str, fields: &Fields) -> String {
    context(|c| change(ics, &Members::All, fields, "b-2", c)).unwrap().ics.unwrap()
}

fn told(before: Option<&str>, after: Option<&str>) -> Vec<Notice> {
    context(|c| notices(before, after, &[ME.to_owned()], c)).unwrap()
}

fn short(notices: &[Notice]) -> Vec<(NoticeKind, Vec<&str>)> {
    notices.iter().map(|n| (n.kind, n.to.iter().map(|p| p.name.as_str()).collect())).collect()
}

#[test]
fn a_new_meeting_is_told_whole_and_without_what_is_the_owners_own() {
    let ics = meeting(&["Ada", "Bo"], None);
    let out = told(None, Some(&ics));
    assert_eq!(short(&out), [(NoticeKind::Invited, vec!["Ada", "Bo"])]);
    let text = &out[0].ics;
    assert!(text.contains("METHOD:REQUEST\r\n") && text.contains("LOCATION:Attic\r\n") && text.contains("BEGIN:VTIMEZONE"), "{text}");
    assert!(!text.contains("VALARM") && !text.contains("TRANSP"), "{text}");
    assert_eq!(text.matches("ATTENDEE").count(), 3, "everybody sees who comes");
    let there = read(text.as_bytes(), &Zone::fixed(0)).unwrap();
    assert_eq!((there.method, there.series.len()), (Some(crate::Method::Request), 1));
    // Alone, or called by somebody else, nobody is told.
    assert_eq!(told(None, Some(&meeting(&[], None))), []);
    assert_eq!(context(|c| notices(None, Some(&ics), &["other@own.example".to_owned()], c)).unwrap(), []);
}

#[test]
fn what_guests_would_not_notice_they_are_not_told() {
    let ics = meeting(&["Ada"], None);
    let quiet = changed(&ics, &Fields { alarms: Some(vec![30]), free: Some(true), ..Fields::default() });
    assert_ne!(quiet, ics);
    assert_eq!(told(Some(&ics), Some(&quiet)), []);
    let moved = changed(&ics, &Fields { time: Some(span(15)), ..Fields::default() });
    let out = told(Some(&ics), Some(&moved));
    assert_eq!(short(&out), [(NoticeKind::Changed, vec!["Ada"])]);
    assert!(out[0].ics.contains("T150000") && out[0].ics.contains("SEQUENCE:1"), "{}", out[0].ics);
}

#[test]
fn who_comes_anew_is_invited_and_who_is_let_go_hears_it_alone() {
    let ics = meeting(&["Ada", "Bo"], None);
    let other = changed(&ics, &guests(&["Bo", "Cy"]));
    let out = told(Some(&ics), Some(&other));
    assert_eq!(short(&out), [(NoticeKind::Cancelled, vec!["Ada"]), (NoticeKind::Invited, vec!["Cy"])], "Bo notices nothing");
    let text = &out[0].ics;
    assert!(text.contains("METHOD:CANCEL") && text.contains("Ada@") && !text.contains("Bo@"), "{text}");
    assert!(!text.contains("STATUS:CANCELLED"), "it takes place");
    let alone = changed(&ics, &guests(&[]));
    assert_eq!(short(&told(Some(&ics), Some(&alone))), [(NoticeKind::Cancelled, vec!["Ada", "Bo"])]);
}

#[test]
fn what_is_deleted_is_cancelled_and_one_date_less_is_a_change() {
    let ics = meeting(&["Ada"], Some("FREQ=WEEKLY;COUNT=4"));
    let out = told(Some(&ics), None);
    assert_eq!(short(&out), [(NoticeKind::Cancelled, vec!["Ada"])]);
    assert!(
        out[0].ics.contains("STATUS:CANCELLED") && out[0].ics.contains("SEQUENCE:1") && out[0].ics.contains("UID:b-1"),
        "{}",
        out[0].ics
    );
    let start = read(ics.as_bytes(), &Zone::fixed(0)).unwrap().series[0].1.master.as_ref().unwrap().start.clone();
    let second = start.on_wall(start.wall() + chrono::TimeDelta::days(7));
    let fewer = context(|c| remove(&ics, &Members::Only(second), c)).unwrap().ics.unwrap();
    let out = told(Some(&ics), Some(&fewer));
    assert_eq!(short(&out), [(NoticeKind::Changed, vec!["Ada"])]);
    assert!(out[0].ics.contains("EXDATE"));
}

#[test]
fn rooms_and_those_whom_the_owner_tells_are_left_out() {
    let ics = meeting(&["Ada", "Bo"], None)
        .replace("ATTENDEE;CN=Bo", "ATTENDEE;SCHEDULE-AGENT=NONE;CN=Bo")
        .replace("END:VEVENT", "ATTENDEE;CUTYPE=ROOM:mailto:attic@own.example\r\nEND:VEVENT");
    assert_eq!(short(&told(None, Some(&ics))), [(NoticeKind::Invited, vec!["Ada"])]);
}
