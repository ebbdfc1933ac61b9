//! Snooze, undo, jobs on many conversations, splits and texts: through restarts, with the real clients against the sandbox.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::{
    audit::Actor,
    connection::{Connection, ConnectionSettings, ConnectionStatus},
    ids::{ConnectionId, IntegrationId, RemoteId, ThreadId},
    integration::Service,
    mail::{Address, Flags, MailboxRole, ParsedMail, RemoteMailbox, Returned},
    sync::{RemoteMail, SyncCursor},
    time::Timestamp,
};
use sandbox::MARA;
use store::{CommitBatch, IncomingMail, NewAccount, NewConnection, Place, RawBody, Signature, TextBlock, ThreadFilter};

use crate::{
    BulkAct, BulkWhat, Engine, Keep, RuleText,
    flow_tests::{World, google, inbox, no_errors, world},
    views::{Action, DraftContent, ReplyKind, SendOptions, Target},
};

async fn list(engine: &Engine, filter: ThreadFilter) -> Vec<ThreadId> {
    engine.thread_window(filter, 0, 500).await.unwrap().items.into_iter().map(|t| t.id).collect()
}

async fn synced() -> World {
    let w = world().await;
    let view = google(&w).await;
    no_errors(&w.engine.sync_now(Some(&view.id)).await.unwrap());
    w
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snooze_outlives_the_program_and_so_does_its_undo() {
    let mut w = synced().await;
    let before = list(&w.engine, inbox()).await;
    let until = w.engine.now().plus_secs(3_600);
    let labels = w.sandbox.labelled(MARA, "INBOX").len();
    assert_eq!(w.engine.snooze(&before[..1], Some(Timestamp(1)), Actor::Person).await.unwrap_err().code, "invalid");
    let done = w.engine.snooze(&before[1..3], Some(until), Actor::Person).await.unwrap();
    assert_eq!((done.count, done.words.as_str()), (2, "2 conversations snoozed"));
    w.restart().await;
    assert_eq!(list(&w.engine, inbox()).await.len(), before.len() - 2);
    assert_eq!(w.engine.undo_list(10).await.unwrap()[0].words, done.words);
    w.engine.undo_last().await.unwrap();
    assert_eq!(list(&w.engine, inbox()).await, before, "exactly as it was");
    assert_eq!(w.engine.undo_record(done.undo.unwrap()).await.unwrap_err().code, "too_late", "once");

    // The time comes while the program is closed.
    w.engine.snooze(&before[2..3], Some(until), Actor::Person).await.unwrap();
    w.sandbox.clock().advance(3_700_000);
    w.restart().await;
    let rows = w.engine.thread_window(inbox(), 0, 3).await.unwrap().items;
    assert_eq!((rows[0].id, rows[0].state.returned), (before[2], Some(Returned::Time)));
    assert!(rows[0].unread > 0);
    // Reading it is enough; at the provider nothing was ever moved.
    let target = Target::Threads { ids: vec![before[2]], mailbox: None, role: Some(MailboxRole::Inbox) };
    w.engine.perform(Action::Read { on: true }, target, Actor::Person, false).await.unwrap();
    assert_eq!(w.engine.thread_window(inbox(), 0, 500).await.unwrap().items.iter().filter(|r| r.state.returned.is_some()).count(), 0);
    assert_eq!(w.sandbox.labelled(MARA, "INBOX").len(), labels);
    w.engine.store().verify_audit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_is_undone_after_a_restart_and_after_it_left() {
    let mut w = synced().await;
    let before = list(&w.engine, inbox()).await;
    let at_provider = w.sandbox.labelled(MARA, "INBOX").len();
    let target = Target::Threads { ids: before[..3].to_vec(), mailbox: None, role: Some(MailboxRole::Inbox) };
    w.engine.perform(Action::Archive, target, Actor::Person, false).await.unwrap();
    w.sandbox.clock().advance(10_000);
    w.engine.drain_outbox(None).await.unwrap();
    assert!(w.sandbox.labelled(MARA, "INBOX").len() < at_provider);
    w.restart().await;
    assert_eq!(w.engine.undo_last().await.unwrap().count, 3);
    w.sandbox.clock().advance(10_000);
    w.engine.drain_outbox(None).await.unwrap();
    assert_eq!(list(&w.engine, inbox()).await, before);
    assert_eq!(w.sandbox.labelled(MARA, "INBOX").len(), at_provider);
    // A window that is over is over.
    let target = Target::Threads { ids: before[..1].to_vec(), mailbox: None, role: Some(MailboxRole::Inbox) };
    let done = w.engine.perform(Action::Star { on: true }, target, Actor::Person, false).await.unwrap();
    w.sandbox.clock().advance(16 * 60_000);
    if let Some(undo) = done.undo {
        assert_eq!(w.engine.undo_record(undo).await.unwrap_err().code, "too_late");
    }
    assert_eq!(w.engine.undo_last().await.unwrap_err().code, "nothing_to_undo");
}

#[tokio::test(flavor = "multi_thread")]
async fn signatures_texts_versions_and_what_is_sent_can_be_taken_back() {
    let w = synced().await;
    let account = w.engine.mailboxes().await.unwrap()[0].account.clone();
    let html = "<p>Mara <script>alert(1)</script><b>L</b></p>".to_owned();
    let s = Signature { id: 0, account: account.id, name: "Work".into(), html, for_new: true, for_reply: true };
    let saved = w.engine.save_signature(s, Actor::Person).await.unwrap();
    assert!(!saved.html.contains("script") && saved.html.contains("<b>L</b>"), "{}", saved.html);
    let message = w.engine.messages(store::MessageFilter::default(), None, 1).await.unwrap().items[0].id;
    let reply = w.engine.reply_draft(message, ReplyKind::Reply).await.unwrap();
    let signed = w.engine.sign_draft(reply.id, Some(ReplyKind::Reply)).await.unwrap();
    assert!(signed.content.html.unwrap().starts_with("<p><br></p><div class=\"signature\""));
    assert_eq!(signed.content.quoted, reply.content.quoted);

    let text = TextBlock {
        id: 0,
        kind: "snippet".into(),
        name: "Hi".into(),
        shortcut: "hi".into(),
        subject: String::new(),
        html: "<p>Hi {first_name} {name}</p>".into(),
        uses: 0,
    };
    let text = w.engine.save_text(text.clone(), Actor::Person).await.unwrap();
    let again = TextBlock { id: 0, ..text.clone() };
    assert_eq!(w.engine.save_text(again, Actor::Person).await.unwrap_err().code, "shortcut_taken");
    let to = vec![Address { name: "Weber, <Jonas>".into(), email: "j@x.example".into() }];
    let content = |body: &str| DraftContent {
        account: Some(account.id),
        to: to.clone(),
        subject: "S".into(),
        html: Some(body.into()),
        ..DraftContent::default()
    };
    let id = w.engine.new_draft(content("<p>one</p>")).await.unwrap().id;
    let (html, _, missing) = w.engine.use_text(text.id, id).await.unwrap();
    assert!(html.contains("Hi &lt;Jonas&gt; Weber, &lt;Jonas&gt;"), "{html}");
    assert!(missing.is_empty());
    assert_eq!(w.engine.texts(Some("snippet")).await.unwrap()[0].uses, 1);

    w.engine.save_draft(id, content("<p>two</p>")).await.unwrap();
    let versions = w.engine.draft_versions(id).await.unwrap();
    assert_eq!(versions[0].content.html, "<p>one</p>");
    let back = w.engine.restore_version(id, versions[0].version, Actor::Person).await.unwrap();
    assert_eq!(back.content.html.as_deref(), Some("<p>one</p>"));
    assert!(w.engine.draft_versions(id).await.unwrap().iter().any(|v| v.content.html == "<p>two</p>"), "what it replaced is kept");
    w.engine.save_draft(id, content("<p>theirs</p>")).await.unwrap();
    w.engine.replace_draft(id, content("<p>mine</p>")).await.unwrap();
    let kept = w.engine.draft_versions(id).await.unwrap();
    assert!(kept.iter().any(|v| v.content.html == "<p>theirs</p>"), "what was written over knowingly is kept, however young");

    let outbox = w.engine.send_draft(id, SendOptions { undo_seconds: 10, send_at: None }).await.unwrap();
    w.engine.remind_of_sent(outbox, w.engine.now().plus_secs(86_400), Actor::Person).await.unwrap();
    w.engine.remember_send(outbox, "Sending".into()).await.unwrap();
    assert_eq!(w.engine.undo_last().await.unwrap().draft, Some(id));
    w.engine.wake_due(w.engine.now()).await.unwrap();
    assert_eq!(w.engine.store().next_wake().await.unwrap(), None, "its reminder went with it");
    let done = w.engine.discard(id, Actor::Person).await.unwrap();
    assert_eq!(w.engine.undo_record(done.undo.unwrap()).await.unwrap().draft, Some(id));
}

#[tokio::test(flavor = "multi_thread")]
async fn splits_are_suggested_checked_and_fill() {
    let w = synced().await;
    let found = w.engine.suggest_splits().await.unwrap();
    assert!(!found.is_empty(), "the sample mail has newsletters or people");
    for bad in ["is:unread", "in:archive x", "", "before:soon"] {
        assert_eq!(
            w.engine.save_split(None, "x", RuleText::Query(bad.into()), Actor::Person).await.unwrap_err().code,
            "split_query",
            "{bad}"
        );
    }
    for s in &found {
        w.engine.save_split(None, &s.name, s.rule.clone(), Actor::Person).await.unwrap();
    }
    w.engine.sort_splits().await.unwrap();
    let (splits, counts) = w.engine.splits(None).await.unwrap();
    let total: i64 = counts.iter().map(|c| c.threads).sum();
    assert_eq!(total as u64, w.engine.thread_count(inbox()).await.unwrap());
    let first = counts.iter().find(|c| c.split == splits[0].id).unwrap();
    assert_eq!(first.threads as u64, found[0].threads, "a suggestion says what it will hold");
    let rows = list(&w.engine, ThreadFilter { place: Place::Split(splits[0].id), ..inbox() }).await;
    assert_eq!(rows.len() as i64, first.threads);
}

/// An account of a provider that is never reached, with `n` conversations in its inbox.
async fn big(engine: &Engine, n: u32) -> ConnectionId {
    let id = ConnectionId::new("big");
    let connection = Connection {
        id: id.clone(),
        integration: IntegrationId::from("google"),
        subject: "big".into(),
        label: "big".into(),
        email: "big@x.example".into(),
        display_name: String::new(),
        status: ConnectionStatus::Active,
        status_reason: None,
        granted_scopes: vec!["https://www.googleapis.com/auth/gmail.modify".into()],
        settings: ConnectionSettings::OAuth,
        paused_until: None,
        created_at: Timestamp(0),
    };
    let account = NewAccount { email: "big@x.example".into(), display_name: String::new(), hue: 0, can_send: true };
    let entry = crate::core::audit(Actor::Person, "connection.created", "connection:big", domain::audit::Outcome::Ok, "");
    let new = NewConnection { connection, accounts: vec![account], secrets: vec![] };
    let account = engine.store().insert_connection(&new, &entry, Timestamp(0)).await.unwrap()[0].id;
    let folder =
        |name: &str, role| RemoteMailbox { id: RemoteId::new(name), name: name.into(), role, selectable: true, total: None, unread: None };
    let folders = [folder("INBOX", Some(MailboxRole::Inbox)), folder("Archive", Some(MailboxRole::Archive))];
    engine.store().upsert_mailboxes(account, &folders, Timestamp(0)).await.unwrap();
    let scope = engine.store().ensure_scope(&id, Service::Mail, Some(&RemoteId::new("INBOX"))).await.unwrap();
    engine.store().ensure_scope(&id, Service::Mail, Some(&RemoteId::new("Archive"))).await.unwrap();
    for chunk in (1..=n).collect::<Vec<_>>().chunks(500) {
        let upserts = chunk
            .iter()
            .map(|uid| {
                let mut remote = RemoteMail::new(RemoteId(uid.to_string()));
                (remote.flags, remote.received, remote.message_id) =
                    (Some(Flags::default()), Some(Timestamp(i64::from(*uid) * 60_000)), Some(format!("m{uid}@x")));
                let raw = format!("Message-ID: <m{uid}@x>\r\n\r\n{uid}").into_bytes();
                let parsed = ParsedMail {
                    message_id: format!("m{uid}@x"),
                    subject: format!("subject {uid}"),
                    from: vec![Address { name: String::new(), email: format!("p{}@y.example", uid % 50) }],
                    date: Some(Timestamp(i64::from(*uid) * 60_000)),
                    text: format!("text {uid}"),
                    ..ParsedMail::default()
                };
                IncomingMail { remote, parsed, raw: RawBody::Inline(raw), unreadable: None }
            })
            .collect();
        let batch = CommitBatch {
            scope: scope.clone(),
            account,
            upserts,
            updates: vec![],
            gone: vec![],
            present: None,
            reset: false,
            next: SyncCursor::Opaque { value: "c".into() },
            more: true,
            progress: None,
            now: Timestamp(i64::from(n) * 60_000),
        };
        engine.store().commit_batch(batch).await.unwrap();
    }
    id
}

async fn finished(engine: &Engine, id: i64, state: &str) {
    for _ in 0..6_000 {
        if engine.bulk(id).await.unwrap().state == state {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("{:?}", engine.bulk(id).await.unwrap());
}

async fn bulk_on(n: u32) {
    let mut w = world().await;
    let started = std::time::Instant::now();
    big(&w.engine, n).await;
    let filled = started.elapsed();
    let except = list(&w.engine, ThreadFilter { ..inbox() }).await[0];
    let started = std::time::Instant::now();
    let what = BulkWhat::Filter { filter: inbox(), except: vec![except] };
    let job = w.engine.bulk_start(Action::Archive, what, Actor::Person, false).await.unwrap();
    let first = started.elapsed();
    assert_eq!((job.total, job.done), (u64::from(n) - 1, 25));
    finished(&w.engine, job.id, "done").await;
    let acted = started.elapsed();
    assert_eq!(list(&w.engine, inbox()).await, [except]);
    let items = w.engine.store().outbox(false).await.unwrap();
    let messages: usize = items.iter().map(|i| i.op.messages().len()).sum();
    assert_eq!(messages as u64, u64::from(n) - 1);
    assert!(items.len() as u32 <= n / 250 + 2, "{} outbox items: sets, not single commands", items.len());
    w.restart().await;
    let started = std::time::Instant::now();
    w.engine.undo_record(job.undo.unwrap()).await.unwrap();
    finished(&w.engine, job.id, "undone").await;
    println!(
        "{n}: filled {filled:?}, first answer {first:?}, archived {acted:?} in {} outbox items, undone {:?}",
        items.len(),
        started.elapsed()
    );
    assert_eq!(w.engine.thread_count(inbox()).await.unwrap(), u64::from(n));
    assert!(w.engine.store().outbox(false).await.unwrap().is_empty(), "nothing had left: nothing is left to do");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_on_many_runs_in_sets_and_is_undone_as_one_after_a_restart() {
    bulk_on(800).await;
}

/// `cargo test -p engine --lib ten_thousand -- --ignored --nocapture`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn ten_thousand() {
    bulk_on(10_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_stops_when_asked_and_goes_on_after_a_restart() {
    let mut w = world().await;
    big(&w.engine, 900).await;
    let filter =
        |w: &World| BulkWhat::Filter { filter: ThreadFilter { unread_only: w.sandbox.clock().now().0 > 0, ..inbox() }, except: vec![] };
    let job = w.engine.bulk_start(Action::Star { on: true }, filter(&w), Actor::Person, false).await.unwrap();
    let stopped = w.engine.bulk_cancel(job.id, Actor::Person).await.unwrap();
    assert!(stopped.state == "cancelled" || stopped.state == "done");
    w.engine.undo_record(job.undo.unwrap()).await.unwrap();
    finished(&w.engine, job.id, "undone").await;
    assert_eq!(w.engine.thread_count(ThreadFilter { place: Place::All, starred: true, ..inbox() }).await.unwrap(), 0);
    // Closed in the middle: the next start finishes it.
    let job = w.engine.bulk_start(Action::Star { on: true }, filter(&w), Actor::Person, false).await.unwrap();
    w.restart().await;
    finished(&w.engine, job.id, "done").await;
    assert_eq!(w.engine.thread_count(ThreadFilter { place: Place::All, starred: true, ..inbox() }).await.unwrap(), 900);
    let nothing = BulkWhat::Query("subject:nowhere".into());
    assert_eq!(w.engine.bulk_start(Action::Archive, nothing, Actor::Person, false).await.unwrap_err().code, "nothing_to_do");
    let some = BulkWhat::Query("\"text 7\"".into());
    assert_eq!(w.engine.bulk_start(Action::Archive, some, Actor::Person, false).await.unwrap().total, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_list_is_put_off_as_one_job_and_taken_back_after_a_restart() {
    let mut w = world().await;
    big(&w.engine, 600).await;
    let all = || BulkWhat::Filter { filter: inbox(), except: vec![] };
    let now = w.engine.now();
    let past = BulkAct::Keep(Keep::Snooze { until: Some(now) });
    assert_eq!(w.engine.bulk_start(past, all(), Actor::Person, false).await.unwrap_err().code, "invalid");
    let later = BulkAct::Keep(Keep::Snooze { until: Some(now.plus_secs(3600)) });
    let job = w.engine.bulk_start(later, all(), Actor::Person, false).await.unwrap();
    assert_eq!(job.words, "600 conversations snoozed");
    finished(&w.engine, job.id, "done").await;
    assert_eq!(w.engine.thread_count(inbox()).await.unwrap(), 0);
    assert_eq!(w.engine.thread_count(ThreadFilter { place: Place::Snoozed, ..inbox() }).await.unwrap(), 600);
    assert!(w.engine.store().outbox(false).await.unwrap().is_empty(), "it is kept here: nothing is written to the provider");
    w.restart().await;
    assert_eq!(w.engine.undo_last().await.unwrap().count, 600);
    finished(&w.engine, job.id, "undone").await;
    assert_eq!(w.engine.thread_count(inbox()).await.unwrap(), 600);

    let mute = BulkAct::Keep(Keep::Mute { on: true });
    let job = w.engine.bulk_start(mute, all(), Actor::Person, false).await.unwrap();
    finished(&w.engine, job.id, "done").await;
    assert_eq!(w.engine.thread_count(ThreadFilter { place: Place::Muted, ..inbox() }).await.unwrap(), 600);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_keeps_to_the_account_in_view() {
    let w = world().await;
    big(&w.engine, 5).await;
    let account = w.engine.accounts().await.unwrap()[0].id;
    let found = async |account, text: &str| w.engine.search_in(account, text, None, 50).await.unwrap().items.len();
    assert_eq!(found(None, "text").await, 5);
    assert_eq!(found(Some(account), "text").await, 5);
    assert_eq!(found(Some(account), "text OR nothing").await, 5);
    assert_eq!(found(Some(domain::ids::AccountId(account.0 + 1)), "text").await, 0);
    assert_eq!(found(Some(account), "from:").await, found(None, "from:").await, "what is still being typed");
}
