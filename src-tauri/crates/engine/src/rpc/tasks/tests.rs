#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::{tasks::Due, time::Timestamp};

use super::*;
use crate::DueChange;

fn due(text: &str, zone: Option<&str>) -> Result<Due, EngineError> {
    match typed::due(&DueWords::On { text: text.to_owned(), zone: zone.map(str::to_owned) })? {
        DueChange::On(due) => Ok(due),
        DueChange::Never => panic!("never"),
    }
}

#[test]
fn a_day_a_time_on_the_wall_and_an_instant_are_told_apart() {
    assert_eq!(typed::due(&DueWords::Never).unwrap(), DueChange::Never);
    assert_eq!(due(" 2026-12-24 ", None).unwrap(), Due::Day { day: "2026-12-24".into() });
    assert_eq!(due("2026-12-24T09:30", None).unwrap(), Due::Floating { at: "2026-12-24T09:30:00".into() });
    let ten = Timestamp::from_secs(1_798_102_800); // 2026-12-24T09:00:00Z
    assert_eq!(due("2026-12-24T10:00:00+01:00", None).unwrap(), Due::At { at: ten, zone: None });
    let there = due("2026-12-24T10:00", Some("Europe/Berlin")).unwrap();
    assert_eq!(there, Due::At { at: ten, zone: Some("Europe/Berlin".into()) });
    for (text, zone, word) in [
        ("tomorrow", None, "2026-12-01"),
        ("24.12.2026", None, "2026-12-01"),
        ("2026-02-30T09:00", None, "2026-12-01T10:00"),
        ("2026-12-24", Some("Europe/Berlin"), "--zone"),
        ("2026-12-24T10:00:00Z", Some("Europe/Berlin"), "--zone"),
        ("2026-12-24T10:00", Some("Mars"), "Europe/Berlin"),
    ] {
        let e = due(text, zone).unwrap_err();
        assert!(e.is("invalid") && e.hint.contains(word), "{text}: {e:?}");
    }
}

#[test]
fn a_request_survives_the_wire() {
    let fields = TaskWords {
        title: Some("Lunch".into()),
        due: Some(DueWords::Never),
        labels: Some(Vec::new()),
        priority: Some(Priority::High),
        ..TaskWords::default()
    };
    for request in [
        TasksRequest::List { view: ViewWords::List { list: "Home".into() }, limit: 5, after: None },
        TasksRequest::Move { id: "5".into(), to: MoveWords::Below { task: "6".into() }, queue: false },
        TasksRequest::Update { id: "5".into(), fields: Box::new(fields), queue: true },
    ] {
        let request = super::super::Request::Tasks(Box::new(request));
        let wire = serde_json::to_value(super::super::Handed { request: &request, ca_file: None }).unwrap();
        assert_eq!(wire["command"], "tasks", "{wire}");
        let back: super::super::Request = serde_json::from_value(wire).unwrap();
        assert_eq!(format!("{back:?}"), format!("{request:?}"));
    }
}

#[test]
fn only_what_reads_needs_no_server() {
    assert!(!TasksRequest::Lists.asks_servers() && !TasksRequest::Show { id: "1".into() }.asks_servers());
    assert!(TasksRequest::Delete { id: "1".into(), queue: false }.asks_servers());
}
