//! Writes with the real clients against the sandbox: what can be taken back, what follows a write, what a provider refuses.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::{audit::Actor, mail::Address};
use sandbox::MARA;

use crate::{
    flow_tests::{google, no_errors, world},
    views::DraftContent,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_discarded_draft_comes_back_with_its_files_and_its_copy() {
    let w = world().await;
    let view = google(&w).await;
    no_errors(&w.engine.sync_now(Some(&view.id)).await.unwrap());
    let copies = || w.sandbox.labelled(MARA, "DRAFT").len();
    let before = copies();
    let id = w.engine.new_draft(DraftContent { subject: "Keep me".into(), ..DraftContent::default() }).await.unwrap().id;
    w.engine.attach(id, "plan.bin", "application/octet-stream", vec![7; 400_000]).await.unwrap();
    let to = vec![Address { name: String::new(), email: "friend@example.org".into() }];
    let content = DraftContent { to, subject: "Keep me".into(), html: Some("<p>words</p>".into()), ..DraftContent::default() };
    let saved = w.engine.save_draft(id, content).await.unwrap();
    w.sandbox.clock().advance(31_000);
    w.engine.drain_outbox(None).await.unwrap();
    assert_eq!(copies(), before + 1);

    // Taken back in time: nothing ever left the provider.
    w.engine.discard_draft(id, Actor::Person).await.unwrap();
    assert!(w.engine.drafts().await.unwrap().is_empty());
    assert_eq!(w.engine.draft(id).await.unwrap_err().code, "not_found");
    let back = w.engine.restore_draft(id, Actor::Person).await.unwrap();
    assert_eq!((&back.content, &back.attachments), (&saved.content, &saved.attachments));
    assert_eq!(back.attachments[0].size, 400_000);
    w.sandbox.clock().advance(60_000);
    w.engine.drain_outbox(None).await.unwrap();
    assert_eq!(copies(), before + 1, "the copy stayed and did not double");

    // Taken back late: the copy went and comes again.
    w.engine.discard_draft(id, Actor::Person).await.unwrap();
    w.sandbox.clock().advance(11_000);
    w.engine.drain_outbox(None).await.unwrap();
    assert_eq!(copies(), before);
    w.engine.restore_draft(id, Actor::Person).await.unwrap();
    w.sandbox.clock().advance(31_000);
    w.engine.drain_outbox(None).await.unwrap();
    assert_eq!(copies(), before + 1);

    // For good after a day.
    w.engine.discard_draft(id, Actor::Person).await.unwrap();
    w.sandbox.clock().advance(25 * 3_600_000);
    w.engine.drain_outbox(None).await.unwrap();
    w.engine.forget_old(w.engine.now()).await;
    assert_eq!(w.engine.restore_draft(id, Actor::Person).await.unwrap_err().code, "not_found");
    let log = w.engine.store().audit(None, 100, None).await.unwrap();
    let log = serde_json::to_string(&log).unwrap();
    assert!(log.contains("draft.discarded") && log.contains("draft.restored"), "{log}");
    w.engine.store().verify_audit().await.unwrap();
}
