//! Events that go to another calendar: moved or copied, and in exactly one whatever breaks off in between.

use domain::{audit::Actor, ids::CalendarId};
use sandbox::{Fault, FaultAction, MARA, NewCalendar};

use super::{EventFields, Members, World, at, dav, day, google, no_errors, settle, shown, there, titled, with_guests, world};
use crate::agenda::MoveTo;

/// Every retry has had its turn.
async fn settle_long(w: &World) {
    for _ in 0..6 {
        w.sandbox.clock().advance(600_000);
        w.engine.drain_outbox(None).await.unwrap();
    }
}

async fn named(w: &World, name: &str) -> CalendarId {
    w.engine.calendars().await.unwrap().into_iter().find(|c| c.name == name).unwrap().id
}

/// Two empty calendars of a CalDAV server, with an event in the first that the server has; its key.
async fn two(w: &World, fields: EventFields) -> (CalendarId, CalendarId, String) {
    w.sandbox.add_calendar(NewCalendar::events("here", "Here", "#336699"));
    w.sandbox.add_calendar(NewCalendar::events("other", "Other", "#993366"));
    dav(w).await;
    let (here, other) = (named(w, "Here").await, named(w, "Other").await);
    let fields = EventFields { time: Some(at(&day(w, 2), "12:00", "13:00")), title: titled("Lunch").title, ..fields };
    let key = w.engine.create_event(Some(here), &fields, Actor::Person).await.unwrap().key.unwrap();
    settle(w).await;
    assert_eq!(places(w), ["here"]);
    (here, other, key)
}

fn places(w: &World) -> Vec<String> {
    there(w, "Lunch").into_iter().map(|(calendar, _)| calendar).collect()
}

async fn go(w: &World, key: &str, to: CalendarId) -> crate::EventDone {
    let to = MoveTo { calendar: to, anew: false };
    w.engine.move_event(key, Members::All, &EventFields::default(), to, Actor::Person).await.unwrap()
}

/// Where it is shown, how often, and that a round changes nothing of that.
async fn is_in(w: &World, calendar: CalendarId) {
    for _ in 0..2 {
        let rows = shown(w, "Lunch").await;
        assert_eq!(rows.iter().map(|r| (r.calendar, r.also.len())).collect::<Vec<_>>(), [(calendar, 0)]);
        no_errors(&w.engine.sync_now(None).await.unwrap());
    }
}

fn drop_after(w: &World, method: &str, path: &str) {
    w.sandbox.control().add_fault(Fault::new(path, FaultAction::Drop { after_commit: true }).method(method));
}

#[tokio::test]
async fn a_server_moves_it_and_it_can_be_taken_back_before_and_after() {
    let w = world().await;
    let (here, other, key) = two(&w, EventFields::default()).await;
    let uid = there(&w, "Lunch")[0].1.ics.clone();
    let done = go(&w, &key, other).await;
    assert_eq!(done.words, "“Lunch” moved to Other");
    // A round in between brings nothing back.
    no_errors(&w.engine.sync_now(None).await.unwrap());
    assert_eq!((shown(&w, "Lunch").await[0].calendar, places(&w)), (other, vec!["here".to_owned()]));
    w.engine.undo_record(done.undo.unwrap()).await.unwrap();
    let row = shown(&w, "Lunch").await.remove(0);
    assert_eq!((row.calendar, row.pending), (here, None), "nothing is to be written");
    settle(&w).await;
    is_in(&w, here).await;

    let done = go(&w, &key, other).await;
    settle(&w).await;
    assert_eq!(places(&w), ["other"]);
    assert_eq!(there(&w, "Lunch")[0].1.ics, uid, "the same text under the same UID");
    is_in(&w, other).await;
    w.engine.undo_record(done.undo.unwrap()).await.unwrap();
    settle(&w).await;
    assert_eq!(places(&w), ["here"]);
    is_in(&w, here).await;
}

#[tokio::test]
async fn answers_that_are_lost_make_no_second_one_and_lose_none() {
    for moves in [true, false] {
        for lost in ["MOVE", "PUT", "DELETE"] {
            let w = world().await;
            let (_, other, key) = two(&w, EventFields::default()).await;
            w.sandbox.set_caldav(|s| s.moves = moves);
            drop_after(&w, lost, "/dav/*");
            go(&w, &key, other).await;
            settle_long(&w).await;
            assert_eq!(places(&w), ["other"], "{lost} lost, moves={moves}");
            is_in(&w, other).await;
            assert!(w.engine.outbox(None).await.unwrap().is_empty());
        }
    }
}

#[tokio::test]
async fn what_somebody_changed_there_meanwhile_goes_along() {
    for moves in [true, false] {
        let w = world().await;
        let (_, other, key) = two(&w, EventFields::default()).await;
        w.sandbox.set_caldav(|s| s.moves = moves);
        let note = EventFields { description: Some("Bring the plan".into()), ..EventFields::default() };
        let to = MoveTo { calendar: other, anew: false };
        w.engine.move_event(&key, Members::All, &note, to, Actor::Person).await.unwrap();
        let name = there(&w, "Lunch")[0].1.name.clone();
        w.sandbox.edit_calendar_item("here", &name, "LOCATION", "Kafka").unwrap();
        settle_long(&w).await;
        assert_eq!(places(&w), ["other"], "moves={moves}");
        let ics = there(&w, "Lunch")[0].1.ics.clone();
        assert!(ics.contains("LOCATION:Kafka") && ics.contains("Bring the plan"), "moves={moves}: {ics}");
        is_in(&w, other).await;
    }
}

#[tokio::test]
async fn one_that_was_deleted_there_meanwhile_is_the_persons_to_decide() {
    let w = world().await;
    let (_, other, key) = two(&w, EventFields::default()).await;
    go(&w, &key, other).await;
    let name = there(&w, "Lunch")[0].1.name.clone();
    w.sandbox.delete_calendar_item("here", &name);
    settle_long(&w).await;
    assert_eq!(shown(&w, "Lunch").await[0].pending.as_deref(), Some("conflict"));
    w.engine.resolve_event(&key, true, Actor::Person).await.unwrap();
    settle_long(&w).await;
    assert_eq!(places(&w), ["other"]);
    is_in(&w, other).await;
}

#[tokio::test]
async fn one_that_is_deleted_or_given_up_on_its_way_is_where_it_was() {
    let w = world().await;
    let (here, other, key) = two(&w, EventFields::default()).await;
    go(&w, &key, other).await;
    w.engine.delete_event(&key, Members::All, Actor::Person).await.unwrap();
    settle(&w).await;
    assert!(places(&w).is_empty() && shown(&w, "Lunch").await.is_empty());

    let w2 = world().await;
    let (here2, other2, key2) = two(&w2, EventFields::default()).await;
    let _ = (here, other, key);
    w2.sandbox.change_calendar("other", None, None, Some(false));
    w2.sandbox.set_caldav(|s| s.moves = false);
    go(&w2, &key2, other2).await;
    settle_long(&w2).await;
    let stuck = w2.engine.outbox(None).await.unwrap().remove(0);
    w2.engine.outbox_discard(stuck.id, Actor::Person).await.unwrap();
    assert_eq!(places(&w2), ["here"]);
    is_in(&w2, here2).await;
}

#[tokio::test]
async fn into_another_account_it_is_made_first_and_guests_are_asked_only_if_that_is_meant() {
    let w = world().await;
    google(&w).await;
    let (_, _, key) = two(&w, EventFields::default()).await;
    let theirs = w.engine.calendars().await.unwrap().into_iter().find(|c| c.calls.is_some()).unwrap();
    let in_google = |w: &World| {
        let all = w.sandbox.gcal_events(MARA, MARA);
        all.into_iter().filter(|e| e["summary"] == "Lunch" && e["status"] != "cancelled").collect::<Vec<_>>()
    };
    drop_after(&w, "POST", "/calendar/v3/*");
    drop_after(&w, "DELETE", "/dav/*");
    go(&w, &key, theirs.id).await;
    settle_long(&w).await;
    assert_eq!((places(&w).len(), in_google(&w).len()), (0, 1));
    is_in(&w, theirs.id).await;

    // With guests: only if the person says so, and then under another UID.
    let other = named(&w, "Other").await;
    let guests = with_guests(&["ada"]);
    w.engine.update_event(&key, Members::All, &guests, Actor::Person).await.unwrap();
    settle(&w).await;
    let to = |anew| MoveTo { calendar: other, anew };
    let none = EventFields::default();
    let refused = w.engine.move_event(&key, Members::All, &none, to(false), Actor::Person).await.unwrap_err();
    assert!(refused.is("guests_anew"), "{refused:?}");
    let before = w.engine.event(&key).await.unwrap().uid;
    w.engine.move_event(&key, Members::All, &none, to(true), Actor::Person).await.unwrap();
    settle_long(&w).await;
    assert_eq!((places(&w), in_google(&w).len()), (vec!["other".to_owned()], 0));
    assert_ne!(w.engine.event(&key).await.unwrap().uid, before);
    is_in(&w, other).await;
}

#[tokio::test]
async fn only_whole_series_and_only_ones_own_go() {
    let w = world().await;
    let rule = EventFields { rule: Some("FREQ=WEEKLY;COUNT=3".into()), ..EventFields::default() };
    let (_, other, key) = two(&w, rule).await;
    let to = MoveTo { calendar: other, anew: true };
    let one = w.engine.move_event(&key, Members::Only, &EventFields::default(), to, Actor::Person).await.unwrap_err();
    assert!(one.is("invalid") && one.message.contains("series"), "{one:?}");
    w.engine.move_event(&key, Members::All, &EventFields::default(), to, Actor::Person).await.unwrap();
    settle(&w).await;
    assert_eq!(places(&w), ["other"]);
    assert_eq!(shown(&w, "Lunch").await.len(), 3);
}

#[tokio::test]
async fn what_can_not_be_deleted_where_it_was_waits_and_may_be_left_there() {
    let w = world().await;
    let (here, other, key) = two(&w, EventFields::default()).await;
    w.sandbox.set_caldav(|s| s.moves = false);
    let refusal = FaultAction::Status { status: 403, retry_after: None, reason: None, body: None };
    let mut fault = Fault::new("/dav/*", refusal).method("DELETE");
    fault.times = 0;
    w.sandbox.control().add_fault(fault);
    go(&w, &key, other).await;
    settle_long(&w).await;
    assert_eq!(places(&w).len(), 2);
    // Two at the server, and one here: the other is about to go.
    is_in(&w, other).await;
    let stuck = w.engine.outbox(None).await.unwrap().remove(0);
    w.engine.outbox_discard(stuck.id, Actor::Person).await.unwrap();
    no_errors(&w.engine.sync_now(None).await.unwrap());
    let rows = shown(&w, "Lunch").await;
    let mut all: Vec<CalendarId> = rows.iter().flat_map(|r| r.also.iter().copied().chain([r.calendar])).collect();
    all.sort_unstable();
    assert_eq!(all, [here, other], "the person left it in both");
}

#[tokio::test]
async fn a_calendar_that_is_gone_before_it_got_there_leaves_it_where_it_was() {
    let w = world().await;
    let (here, other, key) = two(&w, EventFields::default()).await;
    go(&w, &key, other).await;
    w.sandbox.remove_calendar("other");
    let connection = w.engine.connections().await.unwrap().remove(0).id;
    w.engine.sync_now(Some(&connection)).await.unwrap();
    settle_long(&w).await;
    assert_eq!(places(&w), ["here"]);
    no_errors(&w.engine.sync_now(None).await.unwrap());
    is_in(&w, here).await;
}
