//! What becomes of queued mail besides being sent: edited without a draft, waiting for a network or for a provider that asked to wait.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::time::Duration;

use domain::{
    audit::Actor,
    ids::OutboxId,
    mail::{Address, MailboxRole},
    outbox::OutboxState,
};
use sandbox::{Fault, FaultAction, MARA};

use crate::{
    Engine,
    flow_tests::{google, inbox, mail, no_errors, world, world_with},
    views::{Action, OutboxOutcome, SendMail, SendOptions, Target},
};

fn one(email: &str) -> Vec<Address> {
    vec![Address { name: String::new(), email: email.into() }]
}

fn emails(list: &[Address]) -> Vec<&str> {
    list.iter().map(|a| a.email.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_without_a_draft_becomes_one_when_it_is_edited() {
    let w = world().await;
    let view = google(&w).await;
    no_errors(&w.engine.sync_now(Some(&view.id)).await.unwrap());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plan.bin");
    let bytes: Vec<u8> = (0..400_000_u32).map(|n| n as u8).collect();
    std::fs::write(&file, &bytes).unwrap();
    let queued = SendMail {
        cc: one("cc@example.org"),
        bcc: one("hidden@example.org"),
        html: Some("<p>Hello <b>there</b></p>".into()),
        attachments: vec![file],
        options: SendOptions { undo_seconds: 30, ..SendOptions::default() },
        ..mail("friend@example.org", "Grüße")
    };
    let item = w.engine.send_mail(queued).await.unwrap();

    let draft = w.engine.outbox_edit(item).await.unwrap();
    assert!(w.engine.outbox(None).await.unwrap().is_empty(), "it is a draft now");
    assert_eq!(emails(&draft.content.to), ["friend@example.org"]);
    assert_eq!(emails(&draft.content.cc), ["cc@example.org"]);
    assert_eq!(emails(&draft.content.bcc), ["hidden@example.org"], "it stands only in the envelope");
    assert_eq!(draft.content.subject, "Grüße");
    assert!(draft.content.html.as_deref().unwrap().contains("<b>there</b>"), "{:?}", draft.content.html);
    assert_eq!((draft.attachments.len(), draft.attachments[0].name.as_str(), draft.attachments[0].size), (1, "plan.bin", 400_000));
    assert_eq!(w.engine.store().draft_attachment(draft.attachments[0].id, u64::MAX).await.unwrap(), bytes);

    // And it can still be sent.
    let before = w.sandbox.sent(MARA).len();
    let again = w.engine.send_draft(draft.id, SendOptions::default()).await.unwrap();
    let report = w.engine.send_and_wait(again, Duration::from_secs(5)).await.unwrap();
    assert_eq!(report.outcome, OutboxOutcome::Done, "{report:?}");
    assert_eq!(w.sandbox.sent(MARA).len(), before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_edited_stays_where_it_is() {
    let w = world().await;
    let view = google(&w).await;
    no_errors(&w.engine.sync_now(Some(&view.id)).await.unwrap());
    let thread = w.engine.threads(inbox(), None, 1).await.unwrap().items[0].id;
    w.engine.act(Action::Archive, Target::Threads { ids: vec![thread], mailbox: None, role: None }, Actor::Person).await.unwrap();
    let item = w.engine.outbox(None).await.unwrap()[0].id;
    assert_eq!(w.engine.outbox_edit(item).await.unwrap_err().code, "invalid");
    assert_eq!(w.engine.outbox(None).await.unwrap()[0].id, item, "the change is still to be made");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_discards_a_mail_has_it_as_a_draft() {
    let w = world().await;
    let view = google(&w).await;
    no_errors(&w.engine.sync_now(Some(&view.id)).await.unwrap());
    let queued =
        || SendMail { options: SendOptions { undo_seconds: 30, ..SendOptions::default() }, ..mail("friend@example.org", "Keep me") };
    let item = w.engine.send_mail(queued()).await.unwrap();
    let draft = w.engine.outbox_discard(item, Actor::Person).await.unwrap().unwrap();
    assert_eq!(w.engine.draft(draft).await.unwrap().content.subject, "Keep me");
    let item = w.engine.send_mail(queued()).await.unwrap();
    assert_eq!(w.engine.outbox_discard(item, Actor::Cli).await.unwrap(), None, "what the command line queued and throws away is gone");
    assert!(w.engine.outbox(None).await.unwrap().is_empty());
}

async fn done_within(engine: &Engine, item: OutboxId, limit: Duration) -> bool {
    let end = tokio::time::Instant::now() + limit;
    while tokio::time::Instant::now() < end {
        if engine.outbox_item(item).await.unwrap().state == OutboxState::Done {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_offline_leaves_as_soon_as_the_network_is_back() {
    let w = world_with(true).await;
    let view = google(&w).await;
    no_errors(&w.engine.sync_now(Some(&view.id)).await.unwrap());
    let thread = w.engine.threads(inbox(), None, 1).await.unwrap().items[0].id;
    w.sandbox.control().add_fault(Fault::new("*", FaultAction::Drop { after_commit: false }).times(0));
    let target = Target::Threads { ids: vec![thread], mailbox: None, role: None };
    w.engine.act(Action::Archive, target, Actor::Person).await.unwrap();
    let item = w.engine.outbox(None).await.unwrap()[0].id;
    w.engine.outbox_send_now(item).await.unwrap();
    let tried = async || loop {
        let row = w.engine.outbox_item(item).await.unwrap();
        if row.attempts > 0 && row.state == OutboxState::Queued {
            return row;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    tokio::time::timeout(Duration::from_secs(60), tried()).await.unwrap();
    // After many attempts the next one is minutes away; by hand, because a test does not wait for them.
    let far = w.engine.now().plus_secs(600);
    w.engine.store().reschedule(item, far).await.unwrap();
    w.sandbox.control().clear_faults();
    assert!(!done_within(&w.engine, item, Duration::from_millis(500)).await);
    w.engine.network_changed().await;
    assert!(done_within(&w.engine, item, Duration::from_secs(10)).await, "{:?}", w.engine.outbox_item(item).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_asked_to_wait_is_asked_nothing_until_then() {
    let w = world().await;
    let view = google(&w).await;
    no_errors(&w.engine.sync_now(Some(&view.id)).await.unwrap());
    let threads = w.engine.threads(inbox(), None, 2).await.unwrap().items;
    let limited = FaultAction::Status { status: 429, retry_after: Some("120".into()), reason: None, body: None };
    w.sandbox.control().add_fault(Fault::new("*/modify*", limited.clone()).times(0));
    w.sandbox.control().add_fault(Fault::new("*/batchModify*", limited).times(0));
    for thread in &threads {
        w.engine.act(Action::Archive, Target::Threads { ids: vec![thread.id], mailbox: None, role: None }, Actor::Person).await.unwrap();
    }
    w.sandbox.clock().advance(15_000);
    w.engine.drain_outbox(None).await.unwrap();
    assert!(w.engine.connection(&view.id).await.unwrap().waits_until.is_some());
    w.sandbox.control().clear_faults();
    // Neither the queue, nor the person who sends something, nor a new network outrank the provider.
    let sent = w.sandbox.sent(MARA).len();
    let item = w.engine.send_mail(mail("friend@example.org", "Not yet")).await.unwrap();
    w.sandbox.clock().advance(20_000);
    w.engine.network_changed().await;
    assert!(w.engine.drain_outbox(None).await.unwrap().is_empty());
    let report = w.engine.send_and_wait(item, Duration::from_millis(300)).await.unwrap();
    assert_eq!(report.outcome, OutboxOutcome::Later);
    assert_eq!(w.sandbox.sent(MARA).len(), sent);
    w.sandbox.clock().advance(180_000);
    let reports = w.engine.drain_outbox(None).await.unwrap();
    assert!(reports.iter().all(|r| r.outcome == OutboxOutcome::Done) && reports.len() >= 2, "{reports:?}");
    assert_eq!(w.sandbox.sent(MARA).len(), sent + 1);
    let left = w.engine.threads(inbox(), None, 500).await.unwrap().items;
    assert!(threads.iter().all(|t| left.iter().all(|l| l.id != t.id)));
    let archived = w.engine.store().mailbox_by_role(view.accounts[0].id, MailboxRole::Inbox).await.unwrap();
    assert!(archived.is_some());
}
