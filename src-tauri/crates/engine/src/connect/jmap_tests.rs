//! Mail by JMAP, with the real client against the sandbox: one scope for the account, and folders in it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::time::Duration;

use domain::{
    SecretString,
    audit::Actor,
    connection::SyncSelection,
    ids::{MailboxId, ThreadId},
    mail::MailboxRole,
};
use sandbox::{Fault, FaultAction, JMAP_MARA, JmapEmail};
use store::{Place, ThreadFilter};

use super::ConnectJmap;
use crate::{
    flow_tests::{World, inbox, mail, no_errors, world, world_with},
    views::{Action, ConnectionView, Health, OutboxOutcome, Target},
};

fn request(w: &World, username: Option<&str>, secret: String) -> ConnectJmap {
    ConnectJmap {
        url: w.sandbox.jmap_base(),
        username: username.map(str::to_owned),
        secret: SecretString::from(secret),
        reconnect: None,
        actor: Actor::Person,
    }
}

async fn connected(w: &World) -> ConnectionView {
    let view = w.engine.connect_jmap(request(w, None, w.sandbox.jmap_token())).await.unwrap();
    no_errors(&w.engine.sync_now(None).await.unwrap());
    view
}

/// Writes what is queued, and reads what came of it.
async fn settle(w: &World) {
    w.sandbox.clock().advance(10_000);
    let reports = w.engine.drain_outbox(None).await.unwrap();
    assert!(reports.iter().all(|r| r.outcome == OutboxOutcome::Done), "{reports:?}");
    no_errors(&w.engine.sync_now(None).await.unwrap());
}

async fn listed(w: &World, place: Place) -> Vec<(ThreadId, String)> {
    let filter = ThreadFilter { account: None, place, unread_only: false, starred: false };
    let threads = w.engine.threads(filter, None, 100).await.unwrap().items;
    threads.into_iter().map(|t| (t.id, t.subject)).collect()
}

async fn subjects(w: &World, place: Place) -> Vec<String> {
    listed(w, place).await.into_iter().map(|(_, subject)| subject).collect()
}

async fn folder(w: &World, name: &str) -> MailboxId {
    let all = w.engine.mailboxes().await.unwrap();
    all.iter().flat_map(|a| &a.mailboxes).find(|m| m.name == name).unwrap_or_else(|| panic!("no {name}")).id
}

fn there(w: &World, subject: &str) -> JmapEmail {
    w.sandbox.jmap_emails().into_iter().find(|m| m.subject == subject).unwrap()
}

fn lies_in(w: &World, subject: &str) -> Vec<String> {
    let email = there(w, subject);
    w.sandbox.jmap_mailboxes().into_iter().filter(|(id, _)| email.mailboxes.contains(id)).map(|(_, name)| name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_checked_before_anything_is_stored_and_signs_in_anew() {
    let w = world().await;
    for (username, secret) in [(None, "wrong"), (Some(JMAP_MARA), "wrong")] {
        let error = w.engine.connect_jmap(request(&w, username, secret.to_owned())).await.unwrap_err();
        assert_eq!(error.code, "auth", "{error:?}");
    }
    let error = w.engine.connect_jmap(request(&w, Some(JMAP_MARA), String::new())).await.unwrap_err();
    assert_eq!(error.code, "invalid");
    assert!(w.engine.connections().await.unwrap().is_empty());
    let view = w.engine.connect_jmap(request(&w, Some(JMAP_MARA), w.sandbox.jmap_password())).await.unwrap();
    assert_eq!((view.connection.email.as_str(), view.health, view.can_send), (JMAP_MARA, Health::Active, true));
    let twice = w.engine.connect_jmap(request(&w, None, w.sandbox.jmap_token())).await.unwrap_err();
    assert_eq!(twice.code, "already_connected", "by token it is the same account");
    w.sandbox.set_jmap_secrets("another", "token-2");
    let report = w.engine.sync_now(None).await.unwrap();
    assert!(report.scopes.iter().any(|s| s.error.is_some()), "{report:?}");
    assert_eq!(w.engine.connection(&view.id).await.unwrap().health, Health::Expired);
    // By a token now; what is stored of the account stays.
    let again = request(&w, None, "token-2".to_owned());
    let back = w.engine.connect_jmap(ConnectJmap { reconnect: Some(view.id.clone()), ..again }).await.unwrap();
    assert_eq!((back.id.clone(), back.health), (view.id.clone(), Health::Active));
    no_errors(&w.engine.sync_now(None).await.unwrap());
    w.sandbox.set_jmap(|s| s.submission = false);
    let reader = request(&w, None, "token-2".to_owned());
    let reader = w.engine.connect_jmap(ConnectJmap { reconnect: Some(view.id), ..reader }).await.unwrap();
    assert!(!reader.can_send && reader.features.iter().any(|f| f.id == "mail.send" && !f.granted && f.why.contains("receive-only")));
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_lies_in_folders_and_is_archived_binned_and_taken_back() {
    let w = world().await;
    connected(&w).await;
    assert_eq!(subjects(&w, Place::Role(MailboxRole::Archive)).await, [""; 0], "what lies in a folder of the person's is not archived");
    assert_eq!(subjects(&w, Place::Mailbox(folder(&w, "Choir/Scores").await)).await, ["Score for the spring concert"]);
    assert!(w.engine.search("in:archive", false, None, 10).await.unwrap().items.is_empty());
    let (note, subject) = listed(&w, Place::Role(MailboxRole::Inbox)).await[0].clone();
    let target = || Target::Threads { ids: vec![note], mailbox: None, role: Some(MailboxRole::Inbox) };
    let id = there(&w, &subject).id;
    w.engine.act(Action::Archive, target(), Actor::Person).await.unwrap();
    assert_eq!(subjects(&w, Place::Role(MailboxRole::Archive)).await, [subject.as_str()], "at once");
    settle(&w).await;
    assert_eq!((lies_in(&w, &subject), there(&w, &subject).id), (vec!["Archive".to_owned()], id.clone()));
    assert_eq!(subjects(&w, Place::Role(MailboxRole::Archive)).await, [subject.as_str()]);
    assert_eq!(w.engine.search("in:archive", false, None, 10).await.unwrap().items.len(), 1);
    let archived = Target::Threads { ids: vec![note], mailbox: None, role: Some(MailboxRole::Archive) };
    let token = w.engine.act(Action::Trash, archived, Actor::Person).await.unwrap();
    settle(&w).await;
    assert_eq!(lies_in(&w, &subject), ["Trash"]);
    w.engine.undo(token).await.unwrap();
    settle(&w).await;
    assert_eq!(lies_in(&w, &subject), ["Archive"]);
    // The one that lies in two folders leaves one of them.
    let both = "Rehearsal moved to Wednesday";
    let (thread, _) = listed(&w, Place::Role(MailboxRole::Inbox)).await.into_iter().find(|(_, s)| s.ends_with(both)).unwrap();
    let target = Target::Threads { ids: vec![thread], mailbox: None, role: Some(MailboxRole::Inbox) };
    w.engine.act(Action::Archive, target, Actor::Person).await.unwrap();
    settle(&w).await;
    assert_eq!(lies_in(&w, both), ["Archive", "Choir"]);
    assert_eq!(w.sandbox.control().count("GET", "/jmap/download/*"), 7, "nothing was read twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_are_made_used_and_deleted_only_when_they_are_empty() {
    let w = world().await;
    let view = connected(&w).await;
    let account = view.accounts[0].id;
    let made = w.engine.create_mailbox(account, "Travel/2027", None, Actor::Person).await.unwrap().id;
    settle(&w).await;
    let (note, subject) = listed(&w, Place::Role(MailboxRole::Inbox)).await[0].clone();
    let target = Target::Threads { ids: vec![note], mailbox: None, role: Some(MailboxRole::Inbox) };
    w.engine.act(Action::Move { to: made }, target, Actor::Person).await.unwrap();
    settle(&w).await;
    assert_eq!(lies_in(&w, &subject), ["2027"]);
    assert_eq!(w.engine.delete_mailbox(made, Actor::Person).await.unwrap_err().code, "mailbox_not_empty");
    let target = Target::Threads { ids: vec![note], mailbox: Some(made), role: None };
    w.engine.act(Action::Move { to: folder(&w, "Inbox").await }, target, Actor::Person).await.unwrap();
    settle(&w).await;
    w.engine.rename_mailbox(made, "Journeys", Actor::Person).await.unwrap();
    settle(&w).await;
    assert!(w.sandbox.jmap_mailbox("Journeys").is_some());
    w.engine.delete_mailbox(made, Actor::Person).await.unwrap();
    settle(&w).await;
    assert!(w.sandbox.jmap_mailbox("Journeys").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_goes_once_and_marks_what_it_answers() {
    let w = world().await;
    connected(&w).await;
    let (thread, subject) = listed(&w, Place::Role(MailboxRole::Inbox)).await[0].clone();
    let message = w.engine.thread(thread).await.unwrap().messages.last().unwrap().id;
    // Its answer never comes, and nobody can be asked for a while.
    w.sandbox.set_jmap(|s| s.lose_answer_to = Some("EmailSubmission/set".to_owned()));
    let mut answer = mail("astrid@korforeningen.example", "Re: it");
    answer.in_reply_to = Some(message);
    let item = w.engine.send_mail(answer).await.unwrap();
    let report = w.engine.send_and_wait(item, Duration::from_secs(10)).await.unwrap();
    assert!(matches!(report.outcome, OutboxOutcome::Done | OutboxOutcome::Proved), "{report:?}");
    settle(&w).await;
    assert_eq!(w.sandbox.jmap_submissions().len(), 1);
    assert_eq!(lies_in(&w, "Re: it"), ["Sent"]);
    assert!(there(&w, &subject).keywords.contains("$answered"));
    assert_eq!(subjects(&w, Place::Role(MailboxRole::Sent)).await.len(), 2);
    assert!(subjects(&w, Place::Role(MailboxRole::Drafts)).await.iter().all(|s| s != "Re: it"));
    // A refusal is the person's to look at.
    let refused = w.engine.send_mail(mail("refused@korforeningen.example", "No")).await.unwrap();
    assert_eq!(w.engine.send_and_wait(refused, Duration::from_secs(10)).await.unwrap().outcome, OutboxOutcome::Wedged);
    let busy = FaultAction::Status { status: 429, retry_after: Some("3600".into()), reason: None, body: None };
    w.sandbox.control().add_fault(Fault::new("/jmap/api", busy));
    let report = w.engine.sync_now(None).await.unwrap();
    assert!(report.scopes.iter().all(|s| s.error.is_some()) || report.scopes.is_empty(), "{report:?}");
}

/// The schedule comes by once in minutes: only an event brings it sooner.
#[tokio::test(flavor = "multi_thread")]
async fn new_mail_comes_by_itself() {
    let w = world_with(true).await;
    w.engine.connect_jmap(request(&w, None, w.sandbox.jmap_token())).await.unwrap();
    let patience = Duration::from_secs(30);
    tokio::time::timeout(patience, async {
        while w.sandbox.jmap_listeners() == 0 || subjects(&w, Place::Role(MailboxRole::Inbox)).await.len() < 3 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .unwrap();
    w.sandbox.jmap_deliver_text("Astrid <astrid@korforeningen.example>", "Pushed", "Hello\n");
    tokio::time::timeout(patience, async {
        while !w.engine.threads(inbox(), None, 100).await.unwrap().items.iter().any(|t| t.subject == "Pushed") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .unwrap();
    w.engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_that_are_left_out_go_and_come_back() {
    let w = world().await;
    let view = connected(&w).await;
    let ids = ["Choir", "Scores"].map(|name| w.sandbox.jmap_mailbox(name).unwrap());
    let inside = w.sandbox.jmap_emails().into_iter().filter(|m| m.mailboxes.iter().all(|id| ids.contains(id))).count();
    assert_eq!((inside, view.excluded.len()), (1, 0), "the other mail of the choir lies in the inbox, too");
    let before = w.engine.connection(&view.id).await.unwrap().messages;
    let select = async |excluded: &[&str]| {
        let selection = SyncSelection { excluded: excluded.iter().map(|name| (*name).to_owned()).collect(), days: None };
        w.engine.set_selection(&view.id, selection).await.unwrap();
        no_errors(&w.engine.sync_now(None).await.unwrap());
        w.engine.connection(&view.id).await.unwrap()
    };
    let fewer = select(&["Choir", "Choir/Scores"]).await;
    assert_eq!((fewer.excluded.len(), &*fewer.excluded[1], fewer.messages), (2, "Choir/Scores", before - 1));
    assert_eq!(fewer.connection.settings.selection().excluded, ids, "by its id: a new name includes nothing again");
    // A new sign-in leaves out what was left out.
    let again = request(&w, None, w.sandbox.jmap_token());
    w.engine.connect_jmap(ConnectJmap { reconnect: Some(view.id.clone()), ..again }).await.unwrap();
    no_errors(&w.engine.sync_now(None).await.unwrap());
    assert_eq!(w.engine.connection(&view.id).await.unwrap().messages, fewer.messages);
    let all = select(&[]).await;
    assert_eq!((all.excluded.len(), all.messages), (0, before));
}
