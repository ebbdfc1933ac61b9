#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::{
    ids::{OutboxId, ThreadId},
    mail::{Flags, MailboxRole, Returned},
    time::Timestamp,
};
use sqlx::Row as _;

use crate::{
    Place, StateChange, Store, ThreadFilter,
    testing::{Imap, at, home, imap, mail, note, put},
};

const INBOX: Place = Place::Role(MailboxRole::Inbox);

fn list(place: Place) -> ThreadFilter {
    ThreadFilter { account: None, place, unread_only: false, starred: false }
}

async fn subjects(store: &Store, place: Place) -> Vec<String> {
    let rows = store.thread_window(&list(place), 0, 100).await.unwrap();
    assert_eq!(rows.total as usize, rows.items.len(), "{place:?}: the count is that of the list");
    rows.items.into_iter().map(|t| t.subject).collect()
}

async fn filled(store: &Store) -> (Imap, Vec<ThreadId>) {
    let a = imap(store, "a").await;
    let seen = |n: u32| {
        let mut m = mail(n, &format!("s{n}"), "text");
        m.remote.flags = Some(Flags { seen: true, ..Flags::default() });
        m
    };
    put(store, &a.inbox, a.account, (1..=5).map(seen).collect()).await;
    let mut rows = store.thread_window(&list(INBOX), 0, 10).await.unwrap().items;
    rows.reverse();
    (a, rows.into_iter().map(|t| t.id).collect())
}

#[tokio::test]
async fn a_snooze_leaves_the_inbox_and_comes_back_on_top_unread() {
    let home = home().await;
    let (a, t) = filled(&home.store).await;
    let s = &home.store;
    let before = s.change_states(&t[..2], StateChange::Snooze(Some(at(5_000))), Some(&note("thread.snoozed")), at(1_000)).await.unwrap();
    assert_eq!(subjects(s, INBOX).await, ["s5", "s4", "s3"]);
    assert_eq!(subjects(s, Place::Snoozed).await, ["s2", "s1"]);
    assert_eq!(subjects(s, Place::Mailbox(s.mailbox_by_role(a.account, MailboxRole::Inbox).await.unwrap().unwrap().id)).await.len(), 3);
    assert_eq!(subjects(s, Place::All).await.len(), 5, "snoozed mail is not lost from everything");
    assert_eq!(s.next_wake().await.unwrap(), Some(at(5_000)));
    assert_eq!(s.wake(&note("thread.returned"), at(4_999)).await.unwrap().returned, []);
    // The time comes; the program may have been closed meanwhile.
    let woken = s.wake(&note("thread.returned"), at(6_000)).await.unwrap();
    assert_eq!(woken.returned.len(), 2);
    let rows = s.thread_window(&list(INBOX), 0, 10).await.unwrap();
    assert_eq!(rows.items[0].state.returned, Some(Returned::Time));
    let top: Vec<&str> = rows.items.iter().take(2).map(|r| r.subject.as_str()).collect();
    assert!(top.contains(&"s1") && top.contains(&"s2"), "{top:?}");
    assert_eq!((rows.items[0].unread, rows.items[2].unread), (1, 0));
    assert_eq!(s.thread_count(&ThreadFilter { unread_only: true, ..list(INBOX) }).await.unwrap(), 2);
    assert_eq!(s.next_wake().await.unwrap(), None);
    // Keyset pages are as complete as windows although two returned in the same second.
    let first = s.threads(&list(INBOX), None, 1).await.unwrap();
    let second = s.threads(&list(INBOX), first.next.as_ref(), 10).await.unwrap();
    assert_eq!((first.items.len(), second.items.len()), (1, 4));
    // Seen: it takes its old place and is read again.
    s.change_states(&t[..2], StateChange::Seen, None, at(6_001)).await.unwrap();
    assert_eq!(subjects(s, INBOX).await, ["s5", "s4", "s3", "s2", "s1"]);
    assert_eq!(s.thread_count(&ThreadFilter { unread_only: true, ..list(INBOX) }).await.unwrap(), 0);
    // Undo of the snooze is exact, whatever happened since.
    s.change_states(&t[..1], StateChange::Snooze(Some(at(9_000))), None, at(7_000)).await.unwrap();
    s.restore_states(&before, &note("thread.undone"), at(7_001)).await.unwrap();
    assert_eq!(subjects(s, INBOX).await.len(), 5);
    let left: i64 = sqlx::query("SELECT count(*) FROM thread_state").fetch_one(&s.inner.readers).await.unwrap().get(0);
    assert_eq!(left, 0);
}

#[tokio::test]
async fn an_answer_ends_a_snooze_early_and_a_mute_never() {
    let home = home().await;
    let (a, t) = filled(&home.store).await;
    let s = &home.store;
    s.change_states(&t[..1], StateChange::Snooze(Some(at(900_000))), None, at(1_000)).await.unwrap();
    s.change_states(&t[1..2], StateChange::Mute(true), None, at(1_000)).await.unwrap();
    let answer = |n: u32, to: u32| {
        let mut m = mail(n, "Re: x", "yes");
        m.parsed.in_reply_to = vec![format!("m{to}@x")];
        m
    };
    put(s, &a.inbox, a.account, vec![answer(20, 1), answer(21, 2)]).await;
    let rows = s.thread_window(&list(INBOX), 0, 10).await.unwrap().items;
    assert_eq!((rows[0].id, rows[0].state.returned), (t[0], Some(Returned::Reply)));
    assert!(!rows.iter().any(|r| r.id == t[1]), "what is muted stays out");
    assert_eq!(subjects(s, Place::Muted).await.len(), 1);
    s.change_states(&t[1..2], StateChange::Mute(false), None, at(1_001)).await.unwrap();
    assert!(s.thread_window(&list(INBOX), 0, 10).await.unwrap().items.iter().any(|r| r.id == t[1]));
}

#[tokio::test]
async fn a_reminder_returns_what_nobody_answered_from_wherever_it_lies() {
    let home = home().await;
    let s = &home.store;
    let a = imap(s, "a").await;
    put(s, &a.archive, a.account, vec![mail(1, "unanswered", "?"), mail(2, "answered", "?")]).await;
    let rows = s.thread_window(&list(Place::All), 0, 10).await.unwrap().items;
    let ids: Vec<ThreadId> = rows.iter().map(|r| r.id).collect();
    s.change_states(&ids, StateChange::Remind { at: Some(at(5_000)), since: at(1_000) }, None, at(1_000)).await.unwrap();
    assert_eq!(subjects(s, Place::Reminders).await.len(), 2);
    let mut answer = mail(60, "Re: answered", "!");
    answer.parsed.in_reply_to = vec!["m2@x".into()];
    put(s, &a.archive, a.account, vec![answer]).await;
    let woken = s.wake(&note("thread.returned"), at(5_000)).await.unwrap();
    assert_eq!((woken.returned.len(), woken.answered), (1, 1));
    assert_eq!(subjects(s, INBOX).await, ["unanswered"], "listed in the inbox though it lies in the archive");
    assert_eq!(s.only_returned(&ids).await.unwrap(), woken.returned);
    assert_eq!(subjects(s, Place::Reminders).await, Vec::<String>::new());
    // A mail on its way: the reminder waits for its conversation, and is dropped when the mail was taken back.
    s.remind_of_sent(a.account, "m3@x", OutboxId(77), at(9_000), at(6_000)).await.unwrap();
    s.settle_sent_reminders(at(6_000)).await.unwrap();
    assert_eq!(s.next_wake().await.unwrap(), None, "its outbox item does not exist");
    s.remind_of_sent(a.account, "m1@x", OutboxId(77), at(9_000), at(6_000)).await.unwrap();
    assert_eq!(s.settle_sent_reminders(at(6_000)).await.unwrap(), woken.returned);
    assert_eq!(s.next_wake().await.unwrap(), Some(Timestamp(at(9_000).0)));
}

#[tokio::test]
async fn lists_of_this_device_are_scans_of_the_same_index() {
    let home = home().await;
    for place in [Place::Snoozed, Place::Muted, Place::Reminders, Place::Split(0), Place::Split(3)] {
        for sql in [list(place).page_sql(), list(place).window_sql()] {
            let sql = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
            let plan: Vec<String> = sqlx::query(sql).fetch_all(&home.store.inner.readers).await.unwrap().iter().map(|r| r.get(3)).collect();
            assert!(plan.join("\n").contains("SEARCH thread_in USING COVERING INDEX") && !plan.join("\n").contains("TEMP"), "{plan:?}");
        }
    }
    let sql = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", super::NEXT_SQL));
    let plan: Vec<String> = sqlx::query(sql).fetch_all(&home.store.inner.readers).await.unwrap().iter().map(|r| r.get(3)).collect();
    assert!(plan.iter().any(|p| p.contains("thread_state_snoozed")) && plan.iter().any(|p| p.contains("thread_state_remind")), "{plan:?}");
}
