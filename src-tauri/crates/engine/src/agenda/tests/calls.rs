//! Video calls that the provider makes.

use domain::{audit::Actor, calendar::CallKind};

use super::{EventFields, Members, World, at, dav, day, google, settle, shown, titled, world};

fn meeting(w: &World, title: &str) -> EventFields {
    EventFields { time: Some(at(&day(w, 2), "12:00", "13:00")), ..titled(title) }
}

#[tokio::test]
async fn a_call_is_asked_for_with_the_event_and_its_address_comes_back() {
    let w = world().await;
    google(&w).await;
    w.engine.sync_now(None).await.unwrap();
    let calendar = w.engine.calendars().await.unwrap().into_iter().find(|c| c.writable).unwrap();
    assert_eq!(calendar.calls, Some(CallKind::GoogleMeet));
    let fields = EventFields { video: Some(true), ..meeting(&w, "Kick-off") };
    let key = w.engine.create_event(Some(calendar.id), &fields, Actor::Person).await.unwrap().key.unwrap();
    let before = w.engine.event(&key).await.unwrap();
    assert_eq!((before.call.as_deref(), before.join), (Some("wanted"), None));
    settle(&w).await;
    let after = w.engine.event(&key).await.unwrap();
    assert!(after.call.is_none() && after.join.is_some(), "{after:?}");
    // Not a second one; and both an address and a call are none.
    let again = EventFields { video: Some(true), ..EventFields::default() };
    assert!(w.engine.update_event(&key, Members::All, &again, Actor::Person).await.unwrap_err().is("invalid"));
    let both = EventFields { video: Some(true), join: Some("https://meet.example/x".into()), ..meeting(&w, "Both") };
    assert!(w.engine.create_event(Some(calendar.id), &both, Actor::Person).await.unwrap_err().is("invalid"));
    // A change of something else drops nothing.
    w.engine.update_event(&key, Members::All, &titled("Kick-off 2"), Actor::Person).await.unwrap();
    settle(&w).await;
    assert!(w.engine.event(&key).await.unwrap().join.is_some());
    // What was asked for and is not wanted any more is never made.
    let key = w.engine.create_event(Some(calendar.id), &EventFields { video: Some(true), ..meeting(&w, "Tea") }, Actor::Person).await;
    let key = key.unwrap().key.unwrap();
    let none = EventFields { video: Some(false), ..EventFields::default() };
    w.engine.update_event(&key, Members::All, &none, Actor::Person).await.unwrap();
    settle(&w).await;
    let tea = w.engine.event(&key).await.unwrap();
    assert_eq!((tea.call, tea.join), (None, None));
}

#[tokio::test]
async fn a_calendar_that_makes_no_calls_says_so() {
    let w = world().await;
    dav(&w).await;
    let fields = EventFields { video: Some(true), ..meeting(&w, "Kick-off") };
    let error = w.engine.create_event(None, &fields, Actor::Person).await.unwrap_err();
    assert!(error.is("invalid") && error.message.contains("video call"), "{error:?}");
    assert!(shown(&w, "Kick-off").await.is_empty());
}
