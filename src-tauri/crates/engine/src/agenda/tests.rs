//! The calendar with the real clients against the sandbox's server and feed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::{
    SecretString,
    audit::Actor,
    ids::MessageId,
    outbox::{OutboxState, WedgeReason},
    time::Timestamp,
};
use sandbox::{AutoConsent, CalendarItem, Fault, FaultAction, FeedMode, MARA, Provider};

use super::{ConnectDav, ConnectFeed, EventFields, EventTime, EventView, Members};
use crate::{
    EngineError,
    flow_tests::{World, google, no_errors, world},
    views::ConnectionView,
};

mod calls;
mod free_busy;
mod heard;
mod relocate;

const DAY: i64 = 86_400_000;

async fn dav(w: &World) -> ConnectionView {
    let request = ConnectDav {
        url: w.sandbox.caldav_base(),
        username: w.sandbox.caldav_user(),
        password: SecretString::from(w.sandbox.caldav_password()),
        reconnect: None,
        actor: Actor::Person,
    };
    let view = w.engine.connect_dav(request).await.unwrap();
    no_errors(&w.engine.sync_now(None).await.unwrap());
    view
}

/// A day so many days from the sandbox's today, as an ISO date.
fn day(w: &World, days: i64) -> String {
    chrono::DateTime::from_timestamp_millis(w.engine.now().millis() + days * DAY).unwrap().date_naive().to_string()
}

fn at(day: &str, start: &str, end: &str) -> EventTime {
    EventTime::Clock { start: format!("{day}T{start}"), end: format!("{day}T{end}"), zone: Some("Europe/Stockholm".into()) }
}

fn titled(title: &str) -> EventFields {
    EventFields { title: Some(title.into()), ..EventFields::default() }
}

async fn shown(w: &World, title: &str) -> Vec<EventView> {
    let now = w.engine.now();
    let (rows, cut) = w.engine.agenda(now.plus_millis(-100 * DAY), now.plus_millis(100 * DAY), false).await.unwrap();
    assert!(!cut);
    rows.into_iter().filter(|r| r.title == title).collect()
}

/// What the server has under this title.
fn there(w: &World, title: &str) -> Vec<(String, CalendarItem)> {
    let all =
        w.sandbox.calendars().into_iter().flat_map(|c| w.sandbox.calendar_items(&c.name).into_iter().map(move |i| (c.name.clone(), i)));
    all.filter(|(_, i)| i.ics.contains(&format!("SUMMARY:{title}\r\n"))).collect()
}

/// Lets the time of undo pass and writes what waits.
async fn settle(w: &World) {
    w.sandbox.clock().advance(10_000);
    w.engine.drain_outbox(None).await.unwrap();
}

async fn lunch(w: &World) -> String {
    let fields = EventFields { time: Some(at(&day(w, 2), "12:00", "13:00")), ..titled("Lunch with Ida") };
    w.engine.create_event(None, &fields, Actor::Person).await.unwrap().key.unwrap()
}

#[tokio::test]
async fn what_is_there_is_here_and_a_further_round_finds_nothing() {
    let w = world().await;
    let view = dav(&w).await;
    assert_eq!((view.accounts.len(), view.can_send), (0, false));
    let view = w.engine.connections().await.unwrap().remove(0);
    assert!(view.scopes.iter().all(|s| w.sandbox.calendars().iter().any(|c| c.display == s.name)), "{:?}", view.scopes);
    let here = w.engine.calendars().await.unwrap();
    for there in w.sandbox.calendars() {
        let found = here.iter().find(|c| c.name == there.display).unwrap();
        assert_eq!((found.events, found.writable), (there.members as u64, there.writable), "{}", there.name);
    }
    let again = w.engine.sync_now(None).await.unwrap();
    assert!(again.scopes.iter().all(|s| s.added + s.updated + s.removed == 0), "{again:?}");
    // Tokens that mean nothing any more cost a comparison and nothing else.
    w.sandbox.void_sync_tokens();
    let again = w.engine.sync_now(None).await.unwrap();
    no_errors(&again);
    assert!(again.scopes.iter().all(|s| s.added + s.updated + s.removed == 0), "{again:?}");
}

#[tokio::test]
async fn the_same_calendar_is_not_connected_twice_and_a_wrong_password_connects_nothing() {
    let w = world().await;
    let request = |password: String| ConnectDav {
        url: w.sandbox.caldav_base(),
        username: w.sandbox.caldav_user(),
        password: SecretString::from(password),
        reconnect: None,
        actor: Actor::Person,
    };
    let refused = w.engine.connect_dav(request("wrong".into())).await.unwrap_err();
    assert_eq!(refused.code, "auth");
    assert!(w.engine.connections().await.unwrap().is_empty());
    let first = w.engine.connect_dav(request(w.sandbox.caldav_password())).await.unwrap();
    let twice = w.engine.connect_dav(request(w.sandbox.caldav_password())).await.unwrap_err();
    assert_eq!(twice.code, "already_connected");
    // A new password, on the same connection.
    w.sandbox.set_caldav_password("another");
    let report = w.engine.sync_now(None).await.unwrap();
    assert!(report.scopes.iter().any(|s| s.error.is_some()));
    let again = ConnectDav { reconnect: Some(first.id.clone()), ..request("another".into()) };
    assert_eq!(w.engine.connect_dav(again).await.unwrap().id, first.id);
    no_errors(&w.engine.sync_now(None).await.unwrap());
}

#[tokio::test]
async fn several_changes_in_a_row_reach_the_server_as_one_event() {
    let w = world().await;
    dav(&w).await;
    let key = lunch(&w).await;
    assert!(there(&w, "Lunch with Ida").is_empty(), "it can still be taken back");
    assert_eq!(shown(&w, "Lunch with Ida").await[0].pending.as_deref(), Some("waiting"));
    w.engine.update_event(&key, Members::All, &titled("Lunch at Kafka"), Actor::Person).await.unwrap();
    settle(&w).await;
    assert_eq!((there(&w, "Lunch with Ida").len(), there(&w, "Lunch at Kafka").len()), (0, 1));
    let row = &shown(&w, "Lunch at Kafka").await[0];
    assert_eq!((row.pending.as_deref(), row.editable), (None, true));
    no_errors(&w.engine.sync_now(None).await.unwrap());
    assert_eq!(shown(&w, "Lunch at Kafka").await.len(), 1, "its own event does not come back as another");
    w.engine.delete_event(&key, Members::All, Actor::Person).await.unwrap();
    assert!(shown(&w, "Lunch at Kafka").await.is_empty());
    settle(&w).await;
    assert!(there(&w, "Lunch at Kafka").is_empty());
}

#[tokio::test]
async fn everything_can_be_taken_back_before_and_after_it_went_out() {
    let w = world().await;
    dav(&w).await;
    let fields = EventFields { time: Some(at(&day(&w, 1), "09:00", "10:00")), ..titled("Eye doctor") };
    let made = w.engine.create_event(None, &fields, Actor::Person).await.unwrap();
    w.engine.undo_record(made.undo.unwrap()).await.unwrap();
    settle(&w).await;
    assert!(shown(&w, "Eye doctor").await.is_empty() && there(&w, "Eye doctor").is_empty());

    let made = w.engine.create_event(None, &fields, Actor::Person).await.unwrap();
    settle(&w).await;
    let key = made.key.clone().unwrap();
    let moved = EventFields { time: Some(at(&day(&w, 3), "09:00", "10:00")), ..EventFields::default() };
    let change = w.engine.update_event(&key, Members::All, &moved, Actor::Person).await.unwrap();
    settle(&w).await;
    w.engine.undo_record(change.undo.unwrap()).await.unwrap();
    settle(&w).await;
    let first = day(&w, 1).replace('-', "");
    assert!(there(&w, "Eye doctor")[0].1.ics.contains(&format!("DTSTART;TZID=Europe/Stockholm:{first}T090000")));

    let gone = w.engine.delete_event(&key, Members::All, Actor::Person).await.unwrap();
    settle(&w).await;
    assert!(there(&w, "Eye doctor").is_empty());
    w.engine.undo_record(gone.undo.unwrap()).await.unwrap();
    settle(&w).await;
    assert_eq!((there(&w, "Eye doctor").len(), shown(&w, "Eye doctor").await.len()), (1, 1));
    w.engine.undo_record(made.undo.unwrap()).await.unwrap_or_else(|e| panic!("{e:?}"));
    settle(&w).await;
}

#[tokio::test]
async fn a_series_is_changed_in_one_member_in_those_that_follow_or_in_all() {
    let w = world().await;
    dav(&w).await;
    let fields =
        EventFields { time: Some(at(&day(&w, 7), "10:00", "10:30")), rule: Some("FREQ=WEEKLY;COUNT=6".into()), ..titled("Weekly plan") };
    let first = w.engine.create_event(None, &fields, Actor::Person).await.unwrap().key.unwrap();
    settle(&w).await;
    let members = shown(&w, "Weekly plan").await;
    assert_eq!(members.len(), 6);
    assert!(members.iter().all(|m| m.repeats) && members[0].key == first);

    w.engine.update_event(&members[1].key, Members::Only, &titled("Retro"), Actor::Person).await.unwrap();
    assert_eq!((shown(&w, "Weekly plan").await.len(), shown(&w, "Retro").await.len()), (5, 1));
    // All of it half an hour later, by the times of its third member.
    let third = day(&w, 7 + 14);
    let later = EventFields { time: Some(at(&third, "10:30", "11:00")), ..EventFields::default() };
    w.engine.update_event(&members[2].key, Members::All, &later, Actor::Person).await.unwrap();
    let moved = shown(&w, "Weekly plan").await;
    assert_eq!(moved.len(), 5);
    assert!(moved.iter().zip([0, 2, 3, 4, 5]).all(|(m, n)| m.start.since(members[n].start) == 1_800_000), "{moved:?}");
    assert_eq!(shown(&w, "Retro").await[0].start.since(members[1].start), 1_800_000, "the exception goes along");

    let following = w.engine.update_event(&moved[3].key, Members::Following, &titled("Sync"), Actor::Person).await.unwrap();
    assert_eq!((shown(&w, "Weekly plan").await.len(), shown(&w, "Sync").await.len()), (3, 2));
    settle(&w).await;
    assert_eq!((there(&w, "Sync").len(), there(&w, "Weekly plan").len()), (1, 1));
    w.engine.undo_record(following.undo.unwrap()).await.unwrap();
    assert_eq!((shown(&w, "Weekly plan").await.len(), shown(&w, "Sync").await.len()), (5, 0), "both halves are one again");
    settle(&w).await;
    assert_eq!(there(&w, "Sync").len(), 0);

    let now = shown(&w, "Weekly plan").await;
    w.engine.delete_event(&now[4].key, Members::Only, Actor::Person).await.unwrap();
    assert_eq!(shown(&w, "Weekly plan").await.len(), 4);
    w.engine.delete_event(&now[2].key, Members::Following, Actor::Person).await.unwrap();
    assert_eq!(shown(&w, "Weekly plan").await.len(), 2);
    settle(&w).await;
    no_errors(&w.engine.sync_now(None).await.unwrap());
    assert_eq!((shown(&w, "Weekly plan").await.len(), shown(&w, "Retro").await.len()), (2, 1));
}

#[tokio::test]
async fn an_answer_that_is_lost_makes_no_second_event() {
    let w = world().await;
    dav(&w).await;
    let key = lunch(&w).await;
    w.sandbox.control().add_fault(Fault::new("/dav/*", FaultAction::Drop { after_commit: true }).method("PUT"));
    settle(&w).await;
    w.sandbox.control().clear_faults();
    for _ in 0..5 {
        w.sandbox.clock().advance(600_000);
        w.engine.drain_outbox(None).await.unwrap();
        no_errors(&w.engine.sync_now(None).await.unwrap());
    }
    assert_eq!((there(&w, "Lunch with Ida").len(), shown(&w, "Lunch with Ida").await.len()), (1, 1));
    assert_eq!(w.engine.event(&key).await.unwrap().row.pending, None);
    assert!(w.engine.outbox(None).await.unwrap().is_empty());
}

#[tokio::test]
async fn two_changes_of_one_event_are_both_kept() {
    let w = world().await;
    dav(&w).await;
    let key = lunch(&w).await;
    settle(&w).await;
    let (calendar, item) = there(&w, "Lunch with Ida").remove(0);
    let moved = EventFields { time: Some(at(&day(&w, 2), "13:00", "14:00")), ..EventFields::default() };
    w.engine.update_event(&key, Members::All, &moved, Actor::Person).await.unwrap();
    w.sandbox.edit_calendar_item(&calendar, &item.name, "LOCATION", "Kafka").unwrap();
    settle(&w).await;
    let kept = &there(&w, "Lunch with Ida")[0].1.ics;
    assert!(kept.contains("LOCATION:Kafka") && kept.contains("T130000"), "{kept}");
    assert_eq!(w.engine.event(&key).await.unwrap().row.location, "Kafka");
}

async fn conflict(w: &World) -> String {
    let key = lunch(w).await;
    settle(w).await;
    let (calendar, item) = there(w, "Lunch with Ida").remove(0);
    w.engine.update_event(&key, Members::All, &titled("Lunch of mine"), Actor::Person).await.unwrap();
    w.sandbox.edit_calendar_item(&calendar, &item.name, "SUMMARY", "Lunch of theirs").unwrap();
    settle(w).await;
    key
}

#[tokio::test]
async fn what_both_changed_is_put_to_the_person_and_nothing_is_lost_until_then() {
    let w = world().await;
    dav(&w).await;
    let key = conflict(&w).await;
    let detail = w.engine.event(&key).await.unwrap();
    assert_eq!(detail.row.pending.as_deref(), Some("conflict"));
    let title = detail.conflict.iter().find(|c| c.field == "title").unwrap();
    assert_eq!((title.mine.as_str(), title.theirs.as_str()), ("Lunch of mine", "Lunch of theirs"));
    let waiting = w.engine.outbox(None).await.unwrap();
    assert!(matches!(waiting[0].state, OutboxState::Wedged { reason: WedgeReason::Conflict, .. }));
    assert_eq!(there(&w, "Lunch of theirs").len(), 1, "theirs is still there");
    let refused = w.engine.update_event(&key, Members::All, &titled("More"), Actor::Person).await.unwrap_err();
    assert_eq!(refused.code, "conflict");
    no_errors(&w.engine.sync_now(None).await.unwrap());
    w.engine.resolve_event(&key, true, Actor::Person).await.unwrap();
    settle(&w).await;
    assert_eq!((there(&w, "Lunch of mine").len(), there(&w, "Lunch of theirs").len()), (1, 0));
    assert_eq!(w.engine.event(&key).await.unwrap().row.pending, None);
}

#[tokio::test]
async fn the_other_version_can_be_kept_as_well_and_a_deletion_elsewhere_is_a_question() {
    let w = world().await;
    dav(&w).await;
    let key = conflict(&w).await;
    w.engine.resolve_event(&key, false, Actor::Person).await.unwrap();
    settle(&w).await;
    assert_eq!((there(&w, "Lunch of theirs").len(), shown(&w, "Lunch of theirs").await.len()), (1, 1));
    assert!(w.engine.outbox(None).await.unwrap().is_empty());

    let (calendar, item) = there(&w, "Lunch of theirs").remove(0);
    w.engine.update_event(&key, Members::All, &titled("Again mine"), Actor::Person).await.unwrap();
    assert!(w.sandbox.delete_calendar_item(&calendar, &item.name));
    settle(&w).await;
    assert_eq!(w.engine.event(&key).await.unwrap().conflict[0].field, "deleted");
    w.engine.resolve_event(&key, true, Actor::Person).await.unwrap();
    settle(&w).await;
    assert_eq!((there(&w, "Again mine").len(), shown(&w, "Again mine").await.len()), (1, 1), "made anew");
}

#[tokio::test]
async fn what_waits_can_be_given_up() {
    let w = world().await;
    dav(&w).await;
    let key = lunch(&w).await;
    settle(&w).await;
    w.engine.update_event(&key, Members::All, &titled("A mistake"), Actor::Person).await.unwrap();
    let waiting = w.engine.outbox(None).await.unwrap();
    w.engine.outbox_discard(waiting[0].id, Actor::Person).await.unwrap();
    assert_eq!((shown(&w, "A mistake").await.len(), shown(&w, "Lunch with Ida").await.len()), (0, 1));
    settle(&w).await;
    assert_eq!(there(&w, "Lunch with Ida").len(), 1);
}

#[tokio::test]
async fn what_the_server_refuses_is_shown_as_failed_and_can_be_mended() {
    let w = world().await;
    dav(&w).await;
    let key = lunch(&w).await;
    settle(&w).await;
    w.sandbox.set_caldav(|s| s.max_resource = 400);
    let long = EventFields { description: Some("x".repeat(500)), ..EventFields::default() };
    w.engine.update_event(&key, Members::All, &long, Actor::Person).await.unwrap();
    assert_eq!(shown(&w, "Lunch with Ida").await[0].pending.as_deref(), Some("waiting"));
    settle(&w).await;
    assert_eq!(shown(&w, "Lunch with Ida").await[0].pending.as_deref(), Some("failed"));
    assert_eq!(w.engine.event(&key).await.unwrap().row.pending.as_deref(), Some("failed"));
    w.sandbox.set_caldav(|s| s.max_resource = 1_000_000);
    let waiting = w.engine.outbox(None).await.unwrap();
    w.engine.outbox_retry(waiting[0].id, Actor::Person).await.unwrap();
    settle(&w).await;
    assert_eq!(shown(&w, "Lunch with Ida").await[0].pending, None);
}

#[tokio::test]
async fn an_e_mail_address_says_by_itself_where_its_calendars_are_looked_for() {
    let w = world().await;
    let request = |username: &str| ConnectDav {
        url: " ".into(),
        username: username.into(),
        password: SecretString::from("x"),
        reconnect: None,
        actor: Actor::Person,
    };
    let asked = w.engine.connect_dav(request("mara@nowhere.invalid")).await.unwrap_err();
    assert_eq!(asked.code, "unreachable", "{asked:?}");
    assert!(asked.message.contains("nowhere.invalid"));
    assert_eq!(w.engine.connect_dav(request("mara")).await.unwrap_err().code, "invalid");
}

/// An event that somebody else called, with the person among its guests, put into a calendar there.
fn invitation(w: &World, uid: &str) -> String {
    let date = day(w, 3).replace('-', "");
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:Budget\r\n\
         DTSTART:{date}T090000Z\r\nDTEND:{date}T100000Z\r\nORGANIZER;CN=Ada:mailto:ada@guild.example\r\nATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{MARA}\r\n\
         ATTENDEE;PARTSTAT=ACCEPTED:mailto:ada@guild.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

#[tokio::test]
async fn an_answer_is_told_by_the_server_that_schedules_and_else_by_mail() {
    for schedules in [true, false] {
        let w = world().await;
        google(&w).await;
        w.sandbox.set_caldav(|s| s.auto_schedule = schedules);
        w.sandbox.put_calendar_item("work", "budget.ics", &invitation(&w, "budget-1")).unwrap();
        dav(&w).await;
        let row = shown(&w, "Budget").await.remove(0);
        assert_eq!((row.mine.as_deref(), row.editable), (Some("none"), false));
        let refused = w.engine.update_event(&row.key, Members::All, &titled("Mine"), Actor::Person).await.unwrap_err();
        assert_eq!((refused.code.as_str(), refused.message.as_str()), ("read_only", "Only Ada can change it."));
        let before = w.sandbox.sent(MARA).len();
        let done = w.engine.respond_event(&row.key, Members::All, "accepted", Actor::Person).await.unwrap();
        assert_eq!(done.words, "You said yes to “Budget”");
        assert_eq!(shown(&w, "Budget").await[0].mine.as_deref(), Some("accepted"));
        w.sandbox.clock().advance(20_000);
        w.engine.drain_outbox(None).await.unwrap();
        assert!(there(&w, "Budget")[0].1.ics.contains("PARTSTAT=ACCEPTED"));
        let sent = w.sandbox.sent(MARA);
        if schedules {
            assert_eq!(sent.len(), before, "the server tells them");
            assert_eq!(w.sandbox.scheduled().len(), 1);
            continue;
        }
        assert_eq!(sent.len(), before + 1);
        let raw = sent.iter().map(|m| String::from_utf8_lossy(&m.raw).into_owned()).find(|r| r.contains("method=REPLY")).unwrap();
        let head = raw.split("\r\n\r\n").next().unwrap();
        assert!(head.contains("ada@guild.example") && head.contains("Subject: Accepted: Budget") && head.contains("multipart/alternative"));
        let part = raw.split("text/calendar").nth(1).unwrap().replace("=\r\n", "").replace("=3D", "=");
        assert!(part.contains("METHOD:REPLY") && part.contains("UID:budget-1") && part.contains("PARTSTAT=ACCEPTED"), "{part}");
        assert_eq!(part.matches("ATTENDEE").count(), 1, "nobody else's answer is told");
    }
}

#[tokio::test]
async fn an_answer_can_be_taken_back_while_its_mail_waits() {
    let w = world().await;
    google(&w).await;
    w.sandbox.put_calendar_item("work", "budget.ics", &invitation(&w, "budget-1")).unwrap();
    dav(&w).await;
    let key = shown(&w, "Budget").await[0].key.clone();
    let done = w.engine.respond_event(&key, Members::All, "declined", Actor::Person).await.unwrap();
    w.engine.undo_record(done.undo.unwrap()).await.unwrap();
    settle(&w).await;
    settle(&w).await;
    assert_eq!(shown(&w, "Budget").await[0].mine.as_deref(), Some("none"));
    assert!(!there(&w, "Budget")[0].1.ics.contains("DECLINED"));
    assert!(!w.sandbox.sent(MARA).iter().any(|m| String::from_utf8_lossy(&m.raw).contains("METHOD:REPLY")));
    // Once it is sent, there is no way back.
    let done = w.engine.respond_event(&key, Members::All, "declined", Actor::Person).await.unwrap();
    w.sandbox.clock().advance(20_000);
    w.engine.drain_outbox(None).await.unwrap();
    assert_eq!(w.engine.undo_record(done.undo.unwrap()).await.unwrap_err().code, "too_late");
}

/// Puts an invitation into the mail, and says which it is here.
async fn invited_by_mail(w: &World) -> MessageId {
    let ics = invitation(w, "budget-2").replace("VERSION:2.0", "VERSION:2.0\r\nMETHOD:REQUEST");
    let raw = format!(
        "From: Ada <ada@guild.example>\r\nTo: {MARA}\r\nSubject: Invitation: Budget\r\nMessage-ID: <inv-2@guild.example>\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/calendar; method=REQUEST; charset=utf-8\r\n\r\n{ics}"
    );
    w.sandbox.deliver(MARA, raw.as_bytes()).unwrap();
    no_errors(&w.engine.sync_now(None).await.unwrap());
    w.engine.search("subject:Budget", false, None, 10).await.unwrap().items[0].message.id
}

async fn shown_answer(w: &World, id: MessageId) -> Option<String> {
    w.engine.message_body(id, crate::views::Images::Default).await.unwrap().invite.unwrap().mine
}

fn answers_by_mail(w: &World) -> usize {
    w.sandbox.sent(MARA).iter().filter(|m| String::from_utf8_lossy(&m.raw).contains("In-Reply-To: <inv-2@guild.example>")).count()
}

#[tokio::test]
async fn an_invitation_is_answered_from_its_mail() {
    let w = world().await;
    let mail = ["userinfo.email", "userinfo.profile", "gmail.modify"].map(|s| format!("https://www.googleapis.com/auth/{s}"));
    let mail = mail.into_iter().chain(["openid".to_owned()]).collect();
    w.sandbox.set_auto_consent(Provider::Google, Some(AutoConsent { scopes: Some(mail), ..AutoConsent::default() }));
    google(&w).await;
    dav(&w).await;
    let id = invited_by_mail(&w).await;
    let done = w.engine.respond_invite(id, "tentative", Actor::Person).await.unwrap();
    assert!(done.key.is_some(), "it is in the calendar now");
    w.sandbox.clock().advance(20_000);
    w.engine.drain_outbox(None).await.unwrap();
    assert!(there(&w, "Budget")[0].1.ics.contains("PARTSTAT=TENTATIVE") && !there(&w, "Budget")[0].1.ics.contains("METHOD"));
    assert_eq!(answers_by_mail(&w), 1);
    assert_eq!(shown_answer(&w, id).await.as_deref(), Some("tentative"), "the card says what was answered");
    w.engine.respond_invite(id, "accepted", Actor::Person).await.unwrap();
    assert_eq!(shown(&w, "Budget").await.len(), 1, "another answer is no other event");
    assert_eq!(shown_answer(&w, id).await.as_deref(), Some("accepted"));
}

/// The server that calendars were first read from is chance; an invitation goes where it was sent. Google imports it and tells nobody.
#[tokio::test]
async fn an_invitation_goes_into_a_calendar_of_the_account_that_got_it() {
    let w = world().await;
    dav(&w).await;
    google(&w).await;
    no_errors(&w.engine.sync_now(None).await.unwrap());
    let sources: std::collections::BTreeSet<_> = w.engine.calendars().await.unwrap().into_iter().map(|c| c.source).collect();
    assert_eq!(sources.into_iter().collect::<Vec<_>>(), [format!("{MARA} · CalDAV"), format!("{MARA} · Google")]);
    let id = invited_by_mail(&w).await;
    w.engine.respond_invite(id, "accepted", Actor::Person).await.unwrap();
    w.sandbox.clock().advance(20_000);
    w.engine.drain_outbox(None).await.unwrap();
    assert!(there(&w, "Budget").is_empty());
    let event = w.sandbox.gcal_events(MARA, MARA).into_iter().find(|e| e["summary"] == "Budget").unwrap();
    let me = event["attendees"].as_array().unwrap().iter().find(|a| a["email"] == MARA).unwrap();
    assert_eq!(me["responseStatus"], "accepted");
    assert_eq!((answers_by_mail(&w), w.sandbox.gcal_told().len()), (1, 0));
    // Once Google has it, Google tells.
    w.engine.respond_invite(id, "declined", Actor::Person).await.unwrap();
    w.sandbox.clock().advance(20_000);
    w.engine.drain_outbox(None).await.unwrap();
    assert_eq!((answers_by_mail(&w), w.sandbox.gcal_told().len()), (1, 1));
}

async fn feed(w: &World) -> Result<ConnectionView, EngineError> {
    let request =
        ConnectFeed { url: SecretString::from(w.sandbox.feed_url()), name: String::new(), private_allowed: true, actor: Actor::Person };
    w.engine.connect_feed(request).await
}

#[tokio::test]
async fn a_subscribed_calendar_is_read_only_and_its_address_is_told_to_nobody() {
    let w = world().await;
    let view = feed(&w).await.unwrap();
    no_errors(&w.engine.sync_now(None).await.unwrap());
    let calendar = w.engine.calendars().await.unwrap().remove(0);
    assert!(!calendar.writable && calendar.events > 0 && !calendar.name.is_empty());
    let address = w.sandbox.feed_url();
    let path = address.rsplit('/').next().unwrap();
    assert!(!serde_json::to_string(&view).unwrap().contains(path), "the address is the key to it");
    let fields = EventFields { time: Some(at(&day(&w, 1), "09:00", "10:00")), ..titled("No") };
    assert_eq!(w.engine.create_event(Some(calendar.id), &fields, Actor::Person).await.unwrap_err().code, "read_only");
    assert_eq!(w.engine.create_event(None, &fields, Actor::Person).await.unwrap_err().code, "no_calendar");
    // A page in its place says so, and takes nothing away.
    w.sandbox.set_feed_mode(FeedMode::Html);
    let report = w.engine.sync_now(None).await.unwrap();
    assert!(report.scopes[0].error.as_ref().unwrap().message.contains("web page"), "{report:?}");
    assert_eq!(w.engine.calendars().await.unwrap()[0].events, calendar.events);
}

#[tokio::test]
async fn an_exported_calendar_comes_back_the_same() {
    let w = world().await;
    dav(&w).await;
    lunch(&w).await;
    let calendars = w.engine.calendars().await.unwrap();
    let from = calendars.iter().find(|c| c.preferred).unwrap();
    let into = calendars.iter().find(|c| c.writable && c.id != from.id).unwrap();
    let (_, file) = w.engine.export_calendar(from.id).await.unwrap();
    let found = w.engine.import_calendar(Some(into.id), file.clone(), Actor::Person).await.unwrap();
    assert!(found.added > 1 && found.problems.is_empty(), "{found:?}");
    let again = w.engine.import_calendar(Some(into.id), file.clone(), Actor::Person).await.unwrap();
    assert_eq!((again.added, again.known), (0, found.added + found.known));
    let parts = |text: String| {
        let mut parts: Vec<_> = calendar::file::split(text.as_bytes()).unwrap().into_iter().map(|p| (p.uid, p.ics)).collect();
        parts.sort();
        parts
    };
    let second = parts(w.engine.export_calendar(into.id).await.unwrap().1);
    for part in parts(file) {
        assert!(second.contains(&part), "{}", part.0);
    }
    assert!(w.engine.import_calendar(None, "hello".into(), Actor::Person).await.unwrap_err().hint.contains(".ics"));
}

#[tokio::test]
async fn disconnecting_a_calendar_leaves_nothing_and_touches_nothing_there() {
    let w = world().await;
    let view = dav(&w).await;
    let before: usize = w.sandbox.calendars().iter().map(|c| c.members).sum();
    lunch(&w).await;
    let report = w.engine.disconnect(&view.id, Actor::Person).await.unwrap();
    assert!(report.message.contains("Calendars"), "{}", report.message);
    let now = w.engine.now();
    assert!(w.engine.agenda(now, now.plus_millis(99 * DAY), true).await.unwrap().0.is_empty());
    assert!(w.engine.calendars().await.unwrap().is_empty() && w.engine.outbox(None).await.unwrap().is_empty());
    settle(&w).await;
    assert_eq!(w.sandbox.calendars().iter().map(|c| c.members).sum::<usize>(), before);
    assert!(w.engine.agenda(Timestamp(0), Timestamp(500 * DAY), false).await.is_err(), "more than anybody looks at");
}

/// Whoever leafs to and fro and jumps about sees what somebody sees who looks at all of it at once.
#[tokio::test]
async fn a_range_that_grew_piece_by_piece_holds_what_one_look_finds() {
    let rules = ["WEEKLY;BYDAY=MO,WE", "DAILY", "MONTHLY;BYMONTHDAY=-1", "WEEKLY;INTERVAL=2;COUNT=40", "YEARLY"];
    let event = |n: usize, rule: &str| {
        // One of them lasts longer than the pieces that it is found in.
        let length = if n == 2 { "P12D" } else { "PT1H" };
        format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nBEGIN:VEVENT\r\nUID:leaf-{n}\r\nDTSTAMP:20150101T000000Z\r\nSUMMARY:Leaf {n}\r\n\
             DTSTART:20250106T080000Z\r\nDURATION:{length}\r\nRRULE:FREQ={rule}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        )
    };
    let mut found = Vec::new();
    for steps in [&[(0, 120)][..], &[(50, 57), (57, 64), (43, 50), (2_000, 2_007), (60, 90), (0, 9), (30, 70), (110, 120), (0, 120)][..]] {
        let w = world().await;
        dav(&w).await;
        for (n, rule) in rules.iter().enumerate() {
            w.sandbox.put_calendar_item("work", &format!("leaf-{n}.ics"), &event(n, rule)).unwrap();
        }
        no_errors(&w.engine.sync_now(None).await.unwrap());
        let now = w.engine.now();
        let mut rows = Vec::new();
        for (from, to) in steps {
            rows = w.engine.agenda(now.plus_millis(from * DAY), now.plus_millis(to * DAY), false).await.unwrap().0;
        }
        found.push(rows.into_iter().map(|r| (r.title, r.start, r.end)).collect::<Vec<_>>());
    }
    assert!(found[0].iter().filter(|(title, ..)| title.starts_with("Leaf")).count() > 150, "{:?}", found[0]);
    assert_eq!(found[0], found[1]);
}

/// As far back or ahead as it is, a series is one answer: its next member, else its last.
#[tokio::test]
async fn events_are_found_by_their_words_wherever_they_are() {
    let w = world().await;
    dav(&w).await;
    let old = |rule: &str| {
        format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nBEGIN:VEVENT\r\nUID:old-1\r\nDTSTAMP:20150101T000000Z\r\nSUMMARY:Fencing lesson\r\n\
             LOCATION:Salle d’armes\r\nDTSTART:20150105T170000Z\r\nDTEND:20150105T180000Z\r\nRRULE:{rule}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        )
    };
    w.sandbox.put_calendar_item("work", "old.ics", &old("FREQ=WEEKLY;COUNT=10")).unwrap();
    no_errors(&w.engine.sync_now(None).await.unwrap());
    let found = async |text: &str| w.engine.find_events(text, false, 20).await.unwrap();
    let last = chrono::DateTime::parse_from_rfc3339("2015-03-09T17:00:00Z").unwrap().timestamp_millis();
    let rows = found("fenc armes").await;
    assert_eq!((rows.len(), rows[0].start.millis(), rows[0].repeats), (1, last, true));
    assert_eq!(w.engine.event(&rows[0].key).await.unwrap().row.title, "Fencing lesson", "it opens");
    w.sandbox.put_calendar_item("work", "old.ics", &old("FREQ=WEEKLY")).unwrap();
    no_errors(&w.engine.sync_now(None).await.unwrap());
    let rows = found("fencing").await;
    assert!(rows.len() == 1 && rows[0].end > w.engine.now() && rows[0].start < w.engine.now().plus_millis(8 * DAY), "{rows:?}");
    // What was only made here is found as well, and what is deleted here is not.
    let key = lunch(&w).await;
    assert_eq!(found("ida").await.len(), 1);
    w.engine.delete_event(&key, Members::All, Actor::Person).await.unwrap();
    assert!(found("ida").await.is_empty() && found("nowhere").await.is_empty());
}

/// The mails that tell of meetings: method, to whom, and subject, sorted.
fn told(w: &World) -> Vec<(String, Vec<String>, String)> {
    let of = |raw: &str| {
        let method = raw.split("method=").nth(1)?.split(['\r', ';', ' ']).next()?.trim_matches('"').to_owned();
        let head = raw.split("\r\n\r\n").next()?.replace("\r\n ", " ");
        let line = |name: &str| head.lines().find_map(|l| l.strip_prefix(name)).unwrap_or_default().trim().to_owned();
        let mut to: Vec<String> =
            line("To:").split([',', '<', '>', ' ']).filter(|p| p.contains('@')).map(|p| p.split('@').next().unwrap().to_owned()).collect();
        to.sort();
        Some((method, to, line("Subject:")))
    };
    let mut out: Vec<_> = w.sandbox.sent(MARA).iter().filter_map(|m| of(&String::from_utf8_lossy(&m.raw))).collect();
    out.sort();
    out
}

fn with_guests(names: &[&str]) -> EventFields {
    let guest = |n: &&str| format!("{n} <{n}@guild.example>");
    EventFields { guests: Some(names.iter().map(guest).collect()), ..EventFields::default() }
}

#[tokio::test]
async fn guests_are_told_by_mail_where_no_server_tells_them() {
    let w = world().await;
    google(&w).await;
    dav(&w).await;
    let calendar = w.engine.calendars().await.unwrap().into_iter().find(|c| c.source.ends_with("CalDAV") && c.writable).unwrap().id;
    let fields = EventFields { title: Some("Budget".into()), time: Some(at(&day(&w, 3), "10:00", "11:00")), ..with_guests(&["ada", "bo"]) };
    let done = w.engine.create_event(Some(calendar), &fields, Actor::Person).await.unwrap();
    assert_eq!(done.words, "“Budget” added; a mail tells 2 guests");
    let key = done.key.unwrap();
    assert_eq!(told(&w), [], "it can still be taken back");
    let pass = async || {
        w.sandbox.clock().advance(20_000);
        w.engine.drain_outbox(None).await.unwrap();
    };
    pass().await;
    let both = || vec!["ada".to_owned(), "bo".to_owned()];
    let mut expected = vec![("REQUEST".to_owned(), both(), "Invitation: Budget".to_owned())];
    assert_eq!(told(&w), expected);
    let sent = w.sandbox.sent(MARA);
    let raw = sent.iter().map(|m| String::from_utf8_lossy(&m.raw)).find(|r| r.contains("method=REQUEST")).unwrap();
    let raw = raw.replace("=\r\n", "").replace("=3D", "=");
    assert!(raw.contains("10:00 to 11:00 (Europe/Stockholm)") && raw.contains("METHOD:REQUEST") && raw.contains("UID:"), "{raw}");
    // An alarm is the owner's own.
    let alarm = EventFields { alarms: Some(vec![5]), ..EventFields::default() };
    assert_eq!(w.engine.update_event(&key, Members::All, &alarm, Actor::Person).await.unwrap().words, "“Budget” changed");
    pass().await;
    assert_eq!(told(&w), expected);
    // Another hour, taken back while its mail waits: nobody hears of it.
    let later = EventFields { time: Some(at(&day(&w, 3), "15:00", "16:00")), ..EventFields::default() };
    let done = w.engine.update_event(&key, Members::All, &later, Actor::Person).await.unwrap();
    assert_eq!(done.words, "“Budget” changed; a mail tells 2 guests");
    w.engine.undo_record(done.undo.unwrap()).await.unwrap();
    pass().await;
    assert_eq!(told(&w), expected);
    // Taken back when they have heard of it, they hear that, too.
    let done = w.engine.update_event(&key, Members::All, &later, Actor::Person).await.unwrap();
    pass().await;
    w.engine.undo_record(done.undo.unwrap()).await.unwrap();
    pass().await;
    let changed = ("REQUEST".to_owned(), both(), "Changed: Budget".to_owned());
    expected.splice(0..0, [changed.clone(), changed]);
    assert_eq!(told(&w), expected);
    // One is let go, another comes; then nobody else does, and another meeting does not take place.
    w.engine.update_event(&key, Members::All, &with_guests(&["bo", "cy"]), Actor::Person).await.unwrap();
    pass().await;
    let alone = w.engine.update_event(&key, Members::All, &with_guests(&[]), Actor::Person).await.unwrap();
    assert_eq!(alone.words, "“Budget” changed; a mail tells 2 guests");
    pass().await;
    assert_eq!(w.engine.delete_event(&key, Members::All, Actor::Person).await.unwrap().words, "“Budget” deleted");
    let tea = EventFields { title: Some("Tea".into()), ..fields.clone() };
    let tea =
        w.engine.create_event(Some(calendar), &EventFields { guests: with_guests(&["dee"]).guests, ..tea }, Actor::Person).await.unwrap();
    pass().await;
    w.engine.delete_event(&tea.key.unwrap(), Members::All, Actor::Person).await.unwrap();
    pass().await;
    let rest: Vec<_> = told(&w).into_iter().filter(|mail| !expected.contains(mail)).collect();
    let one = |name: &str| vec![name.to_owned()];
    assert_eq!(
        rest,
        [
            ("CANCEL".to_owned(), one("ada"), "Cancelled: Budget".to_owned()),
            ("CANCEL".to_owned(), vec!["bo".into(), "cy".into()], "Cancelled: Budget".to_owned()),
            ("CANCEL".to_owned(), one("dee"), "Cancelled: Tea".to_owned()),
            ("REQUEST".to_owned(), one("cy"), "Invitation: Budget".to_owned()),
            ("REQUEST".to_owned(), one("dee"), "Invitation: Tea".to_owned()),
        ]
    );
}

#[tokio::test]
async fn who_can_not_be_told_is_said_and_a_server_that_schedules_is_left_to_it() {
    let w = world().await;
    dav(&w).await;
    let fields = EventFields { title: Some("Budget".into()), time: Some(at(&day(&w, 3), "10:00", "11:00")), ..with_guests(&["ada"]) };
    let done = w.engine.create_event(None, &fields, Actor::Person).await.unwrap();
    assert_eq!(done.words, format!("“Budget” added; its guests were not told: no connected account can send from {MARA}"));
    let w = world().await;
    w.sandbox.set_caldav(|s| s.auto_schedule = true);
    google(&w).await;
    dav(&w).await;
    let calendar = w.engine.calendars().await.unwrap().into_iter().find(|c| c.source.ends_with("CalDAV") && c.writable).unwrap().id;
    let done = w.engine.create_event(Some(calendar), &fields, Actor::Person).await.unwrap();
    assert_eq!(done.words, "“Budget” added");
    w.sandbox.clock().advance(20_000);
    w.engine.drain_outbox(None).await.unwrap();
    assert_eq!((told(&w).len(), w.sandbox.scheduled().len()), (0, 1), "by the server, once");
}

/// Going to the next page must not wait for a write to the disk.
#[tokio::test(flavor = "multi_thread")]
async fn what_lies_beside_a_page_is_worked_out_while_it_is_looked_at() {
    let w = world().await;
    let (from, to) = (Timestamp(100 * DAY), Timestamp(142 * DAY));
    w.engine.agenda(from, to, false).await.unwrap();
    let holds = async || {
        let range = w.engine.store().calendar_range().await.unwrap();
        range.is_some_and(|(lo, hi)| lo <= from.plus_millis(-42 * DAY) && to.plus_millis(42 * DAY) <= hi)
    };
    let patience = async {
        while !holds().await {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), patience).await.expect("as far again on either side");
}
