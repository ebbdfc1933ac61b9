#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::{
    connection::ConnectionStatus,
    ids::{AccountId, ConnectionId, ThreadId},
    mail::FlagChange,
    outbox::{OutboxOp, OutboxState, WedgeReason},
    source::Written,
};

use crate::{
    DraftContent, NewOutbox, RawBody, Resting,
    testing::{at, home, imap, mail, note, put},
};

fn send(key: &str, connection: &ConnectionId, account: AccountId) -> NewOutbox {
    NewOutbox {
        connection: connection.clone(),
        account,
        thread: None,
        idempotency_key: key.into(),
        op: OutboxOp::Send {
            from: "a@mail.example".into(),
            recipients: vec!["b@x.example".into()],
            message_id: format!("{key}@x"),
            subject: "hello".into(),
            in_reply_to: None,
            forward_of: None,
            rest: false,
        },
        not_before: at(10),
        raw: Some(RawBody::Inline(b"raw bytes".to_vec())),
        draft: None,
    }
}

#[tokio::test]
async fn a_send_from_draft_to_done() {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    let draft =
        home.store.create_draft(a.account, &DraftContent { subject: "hello".into(), ..DraftContent::default() }, at(0)).await.unwrap();
    let new = || NewOutbox { draft: Some(draft), ..send("k", &a.connection, a.account) };
    let id = home.store.enqueue(new(), &note("mail.queued"), at(0)).await.unwrap();
    assert_eq!(home.store.enqueue(new(), &note("mail.queued"), at(0)).await.unwrap(), id, "same key, same item");
    assert!(home.store.drafts().await.unwrap().is_empty());
    assert!(home.store.save_draft(draft, None, &DraftContent::default(), at(1)).await.is_err(), "it is being sent");
    // Undo brings the draft back, and a second send works.
    assert!(home.store.cancel(id, &note("outbox.cancelled"), at(1)).await.unwrap());
    assert_eq!(home.store.drafts().await.unwrap().len(), 1);
    let id = home.store.enqueue(new(), &note("mail.queued"), at(2)).await.unwrap();
    assert_eq!(home.store.next_due().await.unwrap(), Some(at(10)));
    assert_eq!(home.store.claim_next(at(9), 60_000, &Resting::default()).await.unwrap(), None, "undo window");
    let item = home.store.claim_next(at(10), 60_000, &Resting::default()).await.unwrap().unwrap();
    assert_eq!((item.id, item.attempts, item.data_sent), (id, 1, false));
    assert!(!home.store.cancel(id, &note("outbox.cancelled"), at(10)).await.unwrap(), "too late to undo");
    assert_eq!(home.store.claim_next(at(20), 60_000, &Resting::default()).await.unwrap(), None, "leased");
    assert_eq!(home.store.discard(id, &note("outbox.discarded"), at(20)).await.unwrap_err().code(), "conflict");
    home.store.mark_data_sent(id).await.unwrap();
    // It lives on over a slow line.
    home.store.extend_lease(id, at(100)).await.unwrap();
    assert_eq!(home.store.claim_next(at(71), 60_000, &Resting::default()).await.unwrap(), None, "extended");
    home.store.extend_lease(id, at(70)).await.unwrap();
    // The worker dies here. After the lease another gets the item and knows that data was sent.
    let again = home.store.claim_next(at(71), 60_000, &Resting::default()).await.unwrap().unwrap();
    assert_eq!((again.id, again.attempts, again.data_sent), (id, 2, true));
    home.store.wedge(id, WedgeReason::MaybeSent, "no answer", &note("outbox.wedged"), at(72)).await.unwrap();
    assert_eq!(home.store.claim_next(at(9999), 60_000, &Resting::default()).await.unwrap(), None, "never by itself");
    let wedged = home.store.outbox_item(id).await.unwrap();
    assert_eq!(wedged.state, OutboxState::Wedged { reason: WedgeReason::MaybeSent, detail: "no answer".into() });
    home.store.requeue(id, &note("outbox.retried"), at(80)).await.unwrap();
    let item = home.store.claim_next(at(80), 60_000, &Resting::default()).await.unwrap().unwrap();
    assert!(!item.data_sent);
    assert_eq!(home.store.outbox_raw(id, 100).await.unwrap(), b"raw bytes");
    home.store.complete(id, &Written::default(), &note("mail.sent"), at(81)).await.unwrap();
    assert!(home.store.outbox_raw(id, 100).await.unwrap().is_empty());
    assert!(home.store.draft(draft).await.is_err());
    assert!(home.store.outbox(false).await.unwrap().is_empty());
    assert_eq!(home.store.purge_done(at(99)).await.unwrap(), 1);
}

#[tokio::test]
async fn a_thread_runs_in_order_and_a_paused_connection_not_at_all() {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    put(&home.store, &a.inbox, a.account, vec![mail(1, "one", "a")]).await;
    let thread = Some(ThreadId(1));
    let message = home.store.messages(&crate::MessageFilter::default(), None, 1).await.unwrap().items[0].id;
    let later = NewOutbox { thread, not_before: at(9000), ..send("later", &a.connection, a.account) };
    home.store.enqueue(later, &note("q"), at(0)).await.unwrap();
    let flags = |key: &str| NewOutbox {
        thread,
        raw: None,
        op: OutboxOp::Flags { messages: vec![message], change: FlagChange::read(true) },
        ..send(key, &a.connection, a.account)
    };
    let first = home.store.enqueue(flags("one"), &note("q"), at(0)).await.unwrap();
    let second = home.store.enqueue(flags("two"), &note("q"), at(0)).await.unwrap();
    home.store.set_paused_until(&a.connection, Some(at(50))).await.unwrap();
    assert_eq!(home.store.claim_next(at(20), 1000, &Resting::default()).await.unwrap(), None);
    home.store.set_paused_until(&a.connection, None).await.unwrap();
    home.store.set_connection_status(&a.connection, ConnectionStatus::Expired, Some("signed out"), None, at(0)).await.unwrap();
    assert_eq!(home.store.claim_next(at(20), 1000, &Resting::default()).await.unwrap(), None);
    home.store.set_connection_status(&a.connection, ConnectionStatus::Active, None, None, at(0)).await.unwrap();
    assert_eq!(
        home.store.claim_next(at(20), 60_000, &Resting::default()).await.unwrap().unwrap().id,
        first,
        "a send for later holds nobody up"
    );
    assert_eq!(home.store.claim_next(at(20), 60_000, &Resting::default()).await.unwrap(), None, "the second waits for the first");
    home.store.retry_at(first, at(100), "offline").await.unwrap();
    assert_eq!(home.store.claim_next(at(30), 60_000, &Resting::default()).await.unwrap(), None, "also while it backs off");
    home.store.claim_next(at(100), 60_000, &Resting::default()).await.unwrap().unwrap();
    assert_eq!(home.store.release_leases().await.unwrap(), 1);
    assert_eq!(home.store.claim_next(at(101), 60_000, &Resting::default()).await.unwrap().unwrap().id, first);
    home.store.complete(first, &Written::default(), &note("done"), at(101)).await.unwrap();
    assert_eq!(home.store.claim_next(at(101), 60_000, &Resting::default()).await.unwrap().unwrap().id, second);
}

/// What people do to messages names no conversation: what two writes touch decides.
#[tokio::test]
async fn writes_to_one_message_run_in_order_and_others_do_not_wait() {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    put(&home.store, &a.inbox, a.account, vec![mail(1, "one", "a"), mail(2, "two", "b")]).await;
    let ids: Vec<_> = home.store.messages(&crate::MessageFilter::default(), None, 2).await.unwrap().items.iter().map(|m| m.id).collect();
    let star = async |key: &str, messages: &[usize], on: bool| {
        let op = OutboxOp::Flags { messages: messages.iter().map(|n| ids[*n]).collect(), change: FlagChange::starred(on) };
        let new = NewOutbox { raw: None, op, not_before: at(0), ..send(key, &a.connection, a.account) };
        home.store.enqueue(new, &note("q"), at(0)).await.unwrap()
    };
    let on = star("on", &[0], true).await;
    let off = star("off", &[0, 1], false).await;
    let other = star("other", &[1], true).await;
    let next = async |now: i64| home.store.claim_next(at(now), 60_000, &Resting::default()).await.unwrap().map(|i| i.id);
    let done = async |id| home.store.complete(id, &Written::default(), &note("done"), at(1)).await.unwrap();
    assert_eq!((next(1).await, next(1).await), (Some(on), None), "neither while the first is on its way");
    home.store.retry_at(on, at(50), "offline").await.unwrap();
    assert_eq!(next(2).await, None, "nor while it backs off");
    assert_eq!(next(50).await, Some(on));
    done(on).await;
    assert_eq!((next(50).await, next(50).await), (Some(off), None));
    home.store.wedge(off, WedgeReason::Refused, "no", &note("w"), at(51)).await.unwrap();
    assert_eq!(next(51).await, Some(other), "what waits for the person holds nobody up");
}

/// Queued while the clock ran ten years ahead: the undo window stays as long as it was, retries and leases come soon, a chosen time stays.
#[tokio::test]
async fn a_clock_that_went_back_makes_nothing_wait_for_years() {
    const YEARS: i64 = 10 * 365 * 86_400;
    let home = home().await;
    let a = imap(&home.store, "a").await;
    let queue = async |key: &str, due: i64| {
        let new = NewOutbox { not_before: at(due), ..send(key, &a.connection, a.account) };
        home.store.enqueue(new, &note("mail.queued"), at(YEARS)).await.unwrap()
    };
    let (fresh, chosen, retried, leased) = (
        queue("fresh", YEARS + 10).await,
        queue("chosen", YEARS + 3600).await,
        queue("retried", YEARS).await,
        queue("leased", YEARS).await,
    );
    home.store.claim(retried, at(YEARS), 60_000).await.unwrap().unwrap();
    home.store.retry_at(retried, at(YEARS + 300), "later").await.unwrap();
    home.store.claim(leased, at(YEARS), 60_000).await.unwrap().unwrap();
    assert_eq!(home.store.outbox_clock_went_back(at(YEARS + 1)).await.unwrap(), 0, "a clock that runs on changes nothing");
    assert_eq!(home.store.outbox_clock_went_back(at(0)).await.unwrap(), 3);
    let due = async |id| home.store.outbox_item(id).await.unwrap().not_before;
    assert_eq!((due(fresh).await, due(chosen).await, due(retried).await), (at(10), at(YEARS + 3600), at(0)));
    assert_eq!(home.store.claim_next(at(0), 9_000_000, &Resting::default()).await.unwrap().unwrap().id, retried);
    assert_eq!(home.store.claim_next(at(10), 9_000_000, &Resting::default()).await.unwrap().unwrap().id, fresh);
    assert_eq!(
        home.store.claim_next(at(3601), 60_000, &Resting::default()).await.unwrap().unwrap().id,
        leased,
        "after an hour the worker is taken for dead"
    );
    assert_eq!(home.store.claim_next(at(3602), 60_000, &Resting::default()).await.unwrap(), None);
}

#[tokio::test]
async fn what_belongs_to_a_resting_connection_stays_and_others_go_on() {
    let home = home().await;
    let (a, b) = (imap(&home.store, "a").await, imap(&home.store, "b").await);
    let first = home.store.enqueue(send("a1", &a.connection, a.account), &note("mail.queued"), at(0)).await.unwrap();
    let second = home.store.enqueue(send("b1", &b.connection, b.account), &note("mail.queued"), at(0)).await.unwrap();
    let folder = NewOutbox {
        op: OutboxOp::CreateMailbox { provisional: "~new".into(), name: "New".into(), role: None },
        raw: None,
        ..send("a2", &a.connection, a.account)
    };
    let folder = home.store.enqueue(folder, &note("outbox.queued"), at(0)).await.unwrap();
    let next = async |resting: Resting| home.store.claim_next(at(10), 60_000, &resting).await.unwrap().map(|i| i.id);
    let only = |id: &ConnectionId| vec![id.clone()];
    assert_eq!(next(Resting { all: vec![a.connection.clone(), b.connection.clone()], ..Resting::default() }).await, None);
    assert_eq!(next(Resting { all: only(&a.connection), ..Resting::default() }).await, Some(second));
    let writes_rest = || Resting { but_sends: only(&a.connection), ..Resting::default() };
    assert_eq!(next(writes_rest()).await, Some(first), "its mail goes out by another server");
    assert_eq!(next(writes_rest()).await, None);
    assert_eq!(next(Resting::default()).await, Some(folder));
}
