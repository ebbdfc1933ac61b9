//! Google Meet: asked for once, made a moment later, kept by every other change, and taken away.

use calendar::{
    CallState,
    call::Ask,
    edit::{Context, Fields, Members, change},
};
use domain::calendar::CallKind;

use super::*;

const NAME: &str = "0123456789abcdefghijklmnop";

fn edited(ics: &str, members: &Members, fields: &Fields) -> String {
    let context = Context { now: Timestamp(1_000), viewer: &Zone::fixed(0), me: None };
    change(ics, members, fields, "new", &context).unwrap().ics.unwrap()
}

fn asking(id: &str) -> Fields {
    Fields { call: Some(Ask::Make { id: id.to_owned(), kind: CallKind::GoogleMeet }), ..Fields::default() }
}

fn review() -> Value {
    json!({"id": "review000", "summary": "Review", "start": at("2026-11-25T14:00:00"), "end": at("2026-11-25T15:00:00")})
}

fn master(ics: &str) -> calendar::Event {
    read(ics).master.unwrap()
}

#[tokio::test]
async fn a_call_is_asked_for_once_and_read_when_it_is_there() {
    let mut fixture = Fixture::start().await;
    fixture.sandbox.clock().freeze(true);
    fixture.sandbox.set_gcal(|s| s.meet_ms = 60_000);
    fixture.put(review());
    fixture.sync().await.unwrap();
    let wanted = edited(fixture.ics("review000"), &Members::All, &asking("call-1"));
    assert_eq!(master(&wanted).call, Some(CallState::Wanted));
    // The answer is lost: asked again, it is the same call.
    fixture.sandbox.control().add_fault(Fault::new("*/events/*", FaultAction::Drop { after_commit: true }).method("PATCH"));
    assert!(fixture.update("review000", &wanted).await.is_err());
    let asked = fixture.event("review000")["conferenceData"]["createRequest"].clone();
    assert_eq!((&asked["requestId"], &asked["status"]["statusCode"]), (&json!("call-1"), &json!("pending")));
    let etag = fixture.event("review000")["etag"].clone();
    fixture.update("review000", &wanted).await.unwrap();
    assert_eq!(fixture.event("review000")["etag"], etag, "nothing was written once more");
    let told = master(fixture.ics("review000"));
    assert_eq!((told.call, told.join), (Some(CallState::Pending), None));
    // An edit meanwhile leaves it alone.
    let renamed = edited(fixture.ics("review000"), &Members::All, &Fields { title: Some("Review 2".into()), ..Fields::default() });
    fixture.update("review000", &renamed).await.unwrap();
    fixture.sandbox.clock().advance(60_000);
    assert_eq!(fixture.sync().await.unwrap(), ["+review000"]);
    let told = master(fixture.ics("review000"));
    assert_eq!((told.call, told.join.as_deref()), (None, Some("https://meet.google.example/review000-meet")));
    // So does one afterwards; and what is taken away is gone there.
    let renamed = edited(fixture.ics("review000"), &Members::All, &Fields { title: Some("Review 3".into()), ..Fields::default() });
    fixture.update("review000", &renamed).await.unwrap();
    assert!(fixture.event("review000")["hangoutLink"].is_string());
    let without = edited(fixture.ics("review000"), &Members::All, &Fields { join: Some(String::new()), ..Fields::default() });
    fixture.update("review000", &without).await.unwrap();
    let event = fixture.event("review000");
    assert!(event["conferenceData"].is_null() && event["hangoutLink"].is_null(), "{event}");
    assert_eq!(master(fixture.ics("review000")).join, None);
}

#[tokio::test]
async fn a_lost_answer_after_the_call_is_there_takes_nothing_away() {
    let mut fixture = Fixture::start().await;
    fixture.put(review());
    fixture.sync().await.unwrap();
    let wanted = edited(fixture.ics("review000"), &Members::All, &asking("call-1"));
    fixture.sandbox.control().add_fault(Fault::new("*/events/*", FaultAction::Drop { after_commit: true }).method("PATCH"));
    assert!(fixture.update("review000", &wanted).await.is_err());
    fixture.update("review000", &wanted).await.unwrap();
    assert!(master(fixture.ics("review000")).join.is_some());
}

#[tokio::test]
async fn a_new_event_has_its_call_from_the_beginning_and_a_failure_is_told() {
    let mut fixture = Fixture::start().await;
    let zone = calendar::NamedZone::known("Europe/Zurich").unwrap();
    let wall = |text: &str| chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").unwrap();
    let time = Some(calendar::edit::Span::Clock { start: wall("2026-11-25T14:00"), end: wall("2026-11-25T15:00"), zone });
    let fields = Fields { title: Some("Kick-off".into()), time, rule: Some("FREQ=WEEKLY;COUNT=3".into()), ..asking("call-1") };
    let context = Context { now: Timestamp(1_000), viewer: &Zone::fixed(0), me: None };
    let ics = calendar::edit::create("kick", &fields, &context).unwrap();
    fixture.create(NAME, &ics).await.unwrap();
    assert!(master(fixture.ics(NAME)).join.is_some());
    // One date of it that is otherwise keeps the call of the series.
    let first = calendar::When::of_key("20261202T130000Z", &master(fixture.ics(NAME)).start).unwrap();
    let other = edited(fixture.ics(NAME), &Members::Only(first), &Fields { title: Some("Kick-off, again".into()), ..Fields::default() });
    fixture.update(NAME, &other).await.unwrap();
    let series = read(fixture.ics(NAME));
    assert_eq!((series.overrides.len(), series.overrides[0].join.is_some()), (1, true));

    fixture.sandbox.set_gcal(|s| s.meet_fails = true);
    fixture.put(review());
    fixture.sync().await.unwrap();
    let wanted = edited(fixture.ics("review000"), &Members::All, &asking("call-2"));
    fixture.update("review000", &wanted).await.unwrap();
    assert_eq!(master(fixture.ics("review000")).call, Some(CallState::Failed));
    // Asked for anew, under another name.
    fixture.sandbox.set_gcal(|s| s.meet_fails = false);
    let wanted = edited(fixture.ics("review000"), &Members::All, &asking("call-3"));
    fixture.update("review000", &wanted).await.unwrap();
    assert!(master(fixture.ics("review000")).join.is_some());
}

#[tokio::test]
async fn only_calendars_that_allow_it_say_that_they_can() {
    let fixture = Fixture::start().await;
    let about = GcalCalendar {
        id: "plain@group".into(),
        summary: "Plain".into(),
        time_zone: "Europe/Zurich".into(),
        role: "owner".into(),
        no_meet: true,
        ..GcalCalendar::default()
    };
    fixture.sandbox.add_gcal_calendar(MARA, about);
    let all = fixture.source.calendars().await.unwrap();
    let of = |id: &str| all.iter().find(|c| c.id == id).unwrap().calls;
    assert_eq!((of(MARA), of("plain@group")), (Some(CallKind::GoogleMeet), None));
}
