//! Writes with the real clients against the sandbox: what can be taken back, what follows a write, what a provider refuses.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::{
    audit::Actor,
    ids::MessageId,
    mail::{Address, MailboxRole},
};
use sandbox::MARA;
use store::BlockKind;

use crate::{
    flow_tests::{World, google, inbox, no_errors, world},
    views::{Action, DraftContent, Images, OutboxOutcome, Target},
};

async fn deliver(w: &World, raw: &str) -> MessageId {
    let before: Vec<_> = w.engine.threads(inbox(), None, 500).await.unwrap().items.iter().map(|t| t.id).collect();
    w.sandbox.deliver(MARA, raw.as_bytes()).unwrap();
    no_errors(&w.engine.sync_now(None).await.unwrap());
    let new = w.engine.threads(inbox(), None, 500).await.unwrap().items.into_iter().find(|t| !before.contains(&t.id)).unwrap();
    w.engine.thread(new.id).await.unwrap().messages[0].id
}

fn newsletter(id: &str, headers: &str) -> String {
    format!(
        "From: News <news@{id}.example>\r\nTo: {MARA}\r\nSubject: Issue {id}\r\nMessage-ID: <{id}@list.example>\r\n\
         Date: Mon, 23 Nov 2026 10:00:00 +0000\r\n{headers}Content-Type: text/plain\r\n\r\nnews\r\n"
    )
}

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

#[tokio::test(flavor = "multi_thread")]
async fn labels_are_made_renamed_with_those_below_and_deleted_without_their_mail() {
    let w = world().await;
    let view = google(&w).await;
    no_errors(&w.engine.sync_now(Some(&view.id)).await.unwrap());
    let account = view.accounts[0].id;
    let top = w.engine.create_mailbox(account, "Trips", None, Actor::Person).await.unwrap();
    let below = w.engine.create_mailbox(account, "Trips/Köln", None, Actor::Person).await.unwrap();
    assert!(top.is_pending());
    let first = w.engine.threads(inbox(), None, 1).await.unwrap().items[0].id;
    let target = Target::Threads { ids: vec![first], mailbox: None, role: None };
    w.engine.act(Action::AddLabel { label: below.id }, target, Actor::Person).await.unwrap();
    w.sandbox.clock().advance(10_000);
    for report in w.engine.drain_outbox(None).await.unwrap() {
        assert_eq!(report.outcome, OutboxOutcome::Done, "{report:?}");
    }
    let names =
        || w.sandbox.labels(MARA).into_iter().map(|(_, n)| n).filter(|n| n.contains("Trips") || n.contains("Journeys")).collect::<Vec<_>>();
    assert_eq!(names(), ["Trips", "Trips/Köln"]);
    let remote = w.engine.store().mailbox(below.id).await.unwrap().remote;
    assert!(!w.sandbox.labelled(MARA, remote.as_str()).is_empty(), "the label took the mail along");

    // One of this name from another device is not an error but the answer.
    w.sandbox.create_label(MARA, "Late");
    let late = w.engine.create_mailbox(account, "Late", None, Actor::Person).await.unwrap();
    w.engine.rename_mailbox(top.id, "Journeys", Actor::Person).await.unwrap();
    w.sandbox.clock().advance(10_000);
    w.engine.drain_outbox(None).await.unwrap();
    assert!(!w.engine.store().mailbox(late.id).await.unwrap().is_pending());
    assert_eq!(names(), ["Journeys", "Journeys/Köln"]);
    no_errors(&w.engine.sync_now(None).await.unwrap());
    assert_eq!(w.engine.store().mailbox(below.id).await.unwrap().name, "Journeys/Köln");

    let count = w.sandbox.messages(MARA).len();
    w.engine.delete_mailbox(below.id, Actor::Person).await.unwrap();
    w.sandbox.clock().advance(10_000);
    w.engine.drain_outbox(None).await.unwrap();
    assert_eq!((names(), w.sandbox.messages(MARA).len()), (vec!["Journeys".to_owned()], count));
    no_errors(&w.engine.sync_now(None).await.unwrap());
    assert!(w.engine.threads(inbox(), None, 500).await.unwrap().items.iter().any(|t| t.id == first), "the mail stays");
    let gmail = w.engine.mailbox_by_name(account, "inbox").await.unwrap();
    assert_eq!(w.engine.rename_mailbox(gmail, "X", Actor::Person).await.unwrap_err().code, "mailbox_in_use");
    assert!(w.engine.outbox(None).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_left_by_one_post_or_one_mail_and_never_behind_the_persons_back() {
    let w = world().await;
    let view = google(&w).await;
    no_errors(&w.engine.sync_now(Some(&view.id)).await.unwrap());
    let base = w.sandbox.google_base();
    let pass = "Authentication-Results: mx.google.com; dkim=pass header.d=one.example\r\n";
    let post = "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n";
    let one = deliver(&w, &newsletter("one", &format!("{pass}List-Unsubscribe: <{base}/_list/leave/one>\r\n{post}"))).await;
    let offer = w.engine.message_body(one, Images::Default).await.unwrap().unsubscribe.unwrap();
    assert_eq!((offer.kind.as_str(), offer.target.as_str(), offer.verified), ("oneClick", "127.0.0.1", true));
    assert!(w.sandbox.left_lists().is_empty(), "looking at it asks nobody");
    // The same said by somebody else proves nothing.
    let foreign = pass.replace("mx.google.com", "mx.elsewhere.example");
    let other = deliver(&w, &newsletter("foreign", &format!("{foreign}List-Unsubscribe: <{base}/_list/leave/foreign>\r\n{post}"))).await;
    assert!(!w.engine.message_body(other, Images::Default).await.unwrap().unsubscribe.unwrap().verified);

    let token = w.engine.unsubscribe(one, Actor::Person).await.unwrap();
    w.engine.undo(token).await.unwrap();
    w.sandbox.clock().advance(60_000);
    w.engine.drain_outbox(None).await.unwrap();
    assert!(w.sandbox.left_lists().is_empty(), "taken back");
    w.engine.unsubscribe(one, Actor::Person).await.unwrap();
    w.engine.unsubscribe(one, Actor::Person).await.unwrap();
    w.sandbox.clock().advance(11_000);
    assert_eq!(w.engine.drain_outbox(None).await.unwrap()[0].outcome, OutboxOutcome::Done);
    assert_eq!(w.sandbox.left_lists(), ["one"], "asked twice is asked once");

    // A broken signature takes the click away, a mail address is written to.
    let fail = pass.replace("pass", "fail");
    let two = deliver(
        &w,
        &newsletter("two", &format!("{fail}List-Unsubscribe: <{base}/_list/leave/two>, <mailto:leave@two.example?subject=go>\r\n{post}")),
    )
    .await;
    let offer = w.engine.message_body(two, Images::Default).await.unwrap().unsubscribe.unwrap();
    assert_eq!((offer.kind.as_str(), offer.target.as_str(), offer.verified), ("mail", "leave@two.example", false));
    let sent = w.sandbox.sent(MARA).len();
    w.engine.unsubscribe(two, Actor::Person).await.unwrap();
    w.sandbox.clock().advance(11_000);
    w.engine.drain_outbox(None).await.unwrap();
    assert_eq!((w.sandbox.sent(MARA).len(), w.sandbox.left_lists().len()), (sent + 1, 1));

    let three = deliver(&w, &newsletter("three", "List-Unsubscribe: <https://three.example/leave>\r\n")).await;
    let offer = w.engine.message_body(three, Images::Default).await.unwrap().unsubscribe.unwrap();
    assert_eq!((offer.kind.as_str(), offer.href.as_deref()), ("link", Some("https://three.example/leave")));
    assert_eq!(w.engine.unsubscribe(three, Actor::Person).await.unwrap_err().code, "unsubscribe_by_page");
    // A server inside the network is refused by the client, and the person is told.
    let trap = deliver(&w, &newsletter("trap", &format!("List-Unsubscribe: <https://10.0.0.1/x>\r\n{post}"))).await;
    w.engine.unsubscribe(trap, Actor::Person).await.unwrap();
    w.sandbox.clock().advance(11_000);
    let report = w.engine.drain_outbox(None).await.unwrap().remove(0);
    assert!(report.outcome == OutboxOutcome::Wedged && report.detail.contains("10.0.0.1"), "{report:?}");
    let log = serde_json::to_string(&w.engine.store().audit(None, 100, Some("list.")).await.unwrap()).unwrap();
    assert!(log.contains("kind=one_click") && log.contains("kind=mail") && !log.contains("two.example"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn new_mail_of_a_blocked_sender_leaves_the_inbox_by_itself() {
    let w = world().await;
    let view = google(&w).await;
    no_errors(&w.engine.sync_now(Some(&view.id)).await.unwrap());
    let first = deliver(&w, &newsletter("pest", "")).await;
    let blocked = w.engine.block_sender(first, BlockKind::Sender, MailboxRole::Junk, true, Actor::Person).await.unwrap();
    assert_eq!(blocked.value, "news@pest.example");
    w.sandbox.clock().advance(5_000);
    w.engine.drain_outbox(None).await.unwrap();
    let spam = w.sandbox.labelled(MARA, "SPAM").len();
    w.sandbox.deliver(MARA, newsletter("pest", "X-N: 2\r\n").replace("<pest@", "<pest2@").as_bytes()).unwrap();
    w.sandbox.deliver(MARA, newsletter("fine", "").as_bytes()).unwrap();
    no_errors(&w.engine.sync_now(None).await.unwrap());
    let subjects: Vec<String> = w.engine.threads(inbox(), None, 500).await.unwrap().items.into_iter().map(|t| t.subject).collect();
    assert!(subjects.contains(&"Issue fine".to_owned()) && !subjects.contains(&"Issue pest".to_owned()), "{subjects:?}");
    w.sandbox.clock().advance(5_000);
    w.engine.drain_outbox(None).await.unwrap();
    assert_eq!(w.sandbox.labelled(MARA, "SPAM").len(), spam + 1);
    let rules = w.engine.blocks().await.unwrap();
    assert_eq!((rules.len(), rules[0].hits), (1, 1));

    w.engine.unblock(blocked.rule, Actor::Person).await.unwrap();
    let third = deliver(&w, &newsletter("pest", "X-N: 3\r\n").replace("<pest@", "<pest3@").replace("Issue pest", "Issue three")).await;
    let token = w.engine.report_phishing(third, Actor::Person).await.unwrap();
    assert!(token.undoable);
    // Whole domains only where they belong to the sender alone.
    let friend = deliver(&w, &newsletter("x", "").replace("news@x.example", "somebody@gmail.com")).await;
    let error = w.engine.block_sender(friend, BlockKind::Domain, MailboxRole::Trash, false, Actor::Person).await.unwrap_err();
    assert_eq!(error.code, "shared_domain");
    let own = deliver(&w, &newsletter("y", "").replace("news@y.example", MARA)).await;
    assert_eq!(
        w.engine.block_sender(own, BlockKind::Sender, MailboxRole::Junk, false, Actor::Person).await.unwrap_err().code,
        "own_address"
    );
    let log = serde_json::to_string(&w.engine.store().audit(None, 200, None).await.unwrap()).unwrap();
    for action in ["sender.blocked", "mail.blocked", "sender.unblocked", "mail.reported_phishing"] {
        assert!(log.contains(action), "{action}");
    }
}
