//! `getSchedule`: who is busy, who is not known and why, and never "free" for what nobody told.

use domain::free_busy::{BusyKind, BusySpan, FreeBusyQuestion, NotKnown};
use sandbox::MsSchedule;

use super::*;

fn time(text: &str) -> Timestamp {
    Timestamp::from_secs(DateTime::parse_from_rfc3339(text).unwrap().timestamp())
}

fn question(people: &[&str]) -> FreeBusyQuestion {
    FreeBusyQuestion {
        people: people.iter().map(|p| (*p).to_owned()).collect(),
        from: time("2026-11-24T00:00:00Z"),
        to: time("2026-11-25T00:00:00Z"),
    }
}

fn items(all: &[(&str, &str, &str)]) -> MsSchedule {
    let items = all.iter().map(|(status, from, to)| ((*status).to_owned(), time(from), time(to))).collect();
    MsSchedule { items, ..MsSchedule::default() }
}

fn span(from: &str, to: &str, kind: BusyKind) -> BusySpan {
    BusySpan::new(time(from), time(to), kind)
}

#[tokio::test]
async fn states_are_kinds_and_a_view_is_enough() {
    let rig = Microsoft::start(Fill::Empty).await;
    let all = [
        ("busy", "2026-11-24T09:00:00Z", "2026-11-24T10:00:00Z"),
        ("tentative", "2026-11-24T11:00:00Z", "2026-11-24T11:30:00Z"),
        ("oof", "2026-11-24T13:00:00Z", "2026-11-24T15:00:00Z"),
        ("free", "2026-11-24T15:00:00Z", "2026-11-24T16:00:00Z"),
        ("workingElsewhere", "2026-11-24T16:00:00Z", "2026-11-24T17:00:00Z"),
        ("somethingNew", "2026-11-24T20:00:00Z", "2026-11-24T21:00:00Z"),
    ];
    rig.sandbox.ms_set_schedule("ada@havn.example", items(&all));
    rig.sandbox.ms_set_schedule("bo@havn.example", MsSchedule { view_only: true, ..items(&all[..3]) });
    rig.sandbox.ms_set_schedule("cy@havn.example", MsSchedule::default());
    let found = rig.source.free_busy(&question(&["ada@havn.example", "bo@havn.example", "cy@havn.example"])).await.unwrap();
    let known = vec![
        span("2026-11-24T09:00:00Z", "2026-11-24T10:00:00Z", BusyKind::Busy),
        span("2026-11-24T11:00:00Z", "2026-11-24T11:30:00Z", BusyKind::Tentative),
        span("2026-11-24T13:00:00Z", "2026-11-24T15:00:00Z", BusyKind::Unavailable),
    ];
    let mut ada = known.clone();
    ada.push(span("2026-11-24T20:00:00Z", "2026-11-24T21:00:00Z", BusyKind::Busy));
    assert_eq!((&found[0].busy, &found[1].busy, &found[2].busy), (&Ok(ada), &Ok(known), &Ok(Vec::new())));
}

#[tokio::test]
async fn twenty_are_asked_for_at_once_and_who_is_not_known_is_said_and_why() {
    let rig = Microsoft::start(Fill::Empty).await;
    for (who, code) in [("shy@havn.example", "ErrorNoFreeBusyAccess"), ("sick@havn.example", "ErrorMailboxFailover")] {
        rig.sandbox.ms_set_schedule(who, MsSchedule { error: Some(code.to_owned()), ..MsSchedule::default() });
    }
    rig.event(json!({"subject": "Own", "start": at("2026-11-24T10:00:00"), "end": at("2026-11-24T11:00:00")}));
    let nobody: Vec<String> = (0..40).map(|n| format!("nobody{n}@x.example")).collect();
    let mut people: Vec<&str> = nobody.iter().map(String::as_str).collect();
    people.extend(["shy@havn.example", "sick@havn.example", MS_MARA]);
    rig.sandbox.control().clear_log();
    let found = rig.source.free_busy(&question(&people)).await.unwrap();
    assert_eq!(found.iter().map(|a| a.address.as_str()).collect::<Vec<_>>(), people);
    assert!(found[..40].iter().all(|a| a.busy == Err(NotKnown::NotFound)));
    assert_eq!((&found[40].busy, &found[41].busy), (&Err(NotKnown::Refused), &Err(NotKnown::Failed)));
    assert_eq!(found[42].busy, Ok(vec![span("2026-11-24T09:00:00Z", "2026-11-24T10:00:00Z", BusyKind::Busy)]));
    assert_eq!(rig.sandbox.control().log().into_iter().filter(|r| r.path.ends_with("/getSchedule")).count(), 3);
}

#[tokio::test]
async fn an_account_that_can_ask_nobody_knows_nothing() {
    let rig = Microsoft::start(Fill::Empty).await;
    rig.sandbox.set_ms_switches(|s| s.no_schedules = true);
    let found = rig.source.free_busy(&question(&["ada@havn.example"])).await.unwrap();
    assert_eq!(found[0].busy, Err(NotKnown::Unsupported));
    rig.sandbox.set_ms_switches(|s| s.no_schedules = false);
    rig.sandbox.control().add_fault(Fault::status("*/getSchedule", 400, "ErrorInvalidParameter"));
    assert!(rig.source.free_busy(&question(&["ada@havn.example"])).await.is_err(), "a failure of the whole is no answer");
}
