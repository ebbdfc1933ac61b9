//! Selective sync: which folders, and how far back. What is left out is erased here and nowhere else.

use domain::{
    SecretString,
    audit::Actor,
    connection::{Security, ServerEndpoint, SyncSelection},
    mail::MailboxRole,
};
use engine::views::{ConnectImap, ImapAuth};
use store::Place;

use crate::{
    dovecot::{Dovecot, Mailbox, PASSWORD, USER},
    writes::Desk,
};

const DAY: u64 = 86_400;

/// Ten mails that came so many days ago.
fn aged(name: &'static str, days: u64) -> Mailbox {
    let now = u64::try_from(domain::time::system_clock()().secs()).unwrap();
    Mailbox::generate(name, 10, now - days * DAY)
}

/// Ten mails of two months ago, ten of two days ago.
fn old_and_new() -> Mailbox {
    let mut mails = aged("INBOX", 2);
    mails.mails.extend(Mailbox::generate("INBOX", 20, mails.mails[9].at - 60 * DAY).mails.split_off(10));
    mails
}

async fn everything(desk: &Desk) -> usize {
    desk.list(Place::All).await.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_left_out_goes_from_here_alone_and_comes_back() {
    let server = Dovecot::start(&[aged("INBOX", 1), aged("Work", 1)], "");
    let desk = Desk::open(&server, None).await;
    let inbox: Vec<_> = desk.inbox().await.iter().map(|m| m.id).collect();
    assert_eq!((inbox.len(), everything(&desk).await), (10, 20));

    desk.engine.set_selection(&desk.connection, SyncSelection { excluded: vec!["Work".into()], days: None }).await.unwrap();
    desk.sync().await;
    assert_eq!(everything(&desk).await, 10);
    assert_eq!(desk.inbox().await.iter().map(|m| m.id).collect::<Vec<_>>(), inbox, "the others are what they were");
    assert!(desk.engine.search("subject:work", false, None, 10).await.unwrap().items.is_empty());
    assert_eq!(server.other_client().truth("Work").len(), 10, "nothing is deleted at the server");

    desk.engine.set_selection(&desk.connection, SyncSelection::default()).await.unwrap();
    desk.sync().await;
    assert_eq!(everything(&desk).await, 20);
    let again = desk.sync().await;
    assert_eq!(again.scopes.iter().map(|s| s.added + s.removed).sum::<u64>(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wider_window_brings_older_mail_and_a_narrower_one_loses_nothing() {
    let server = Dovecot::start(&[old_and_new()], "");
    let desk = Desk::open(&server, None).await;
    let select = async |days| {
        desk.engine.set_selection(&desk.connection, SyncSelection { excluded: Vec::new(), days }).await.unwrap();
        desk.sync().await;
        desk.inbox().await.iter().map(|m| m.id).collect::<Vec<_>>()
    };
    let all = select(None).await;
    assert_eq!(all.len(), 20);

    // Narrower: older mail is not fetched any more. What is here stays, as does mail that grows older than the window.
    assert_eq!(select(Some(30)).await, all);
    server
        .other_client()
        .append("INBOX", b"Date: Mon, 1 Jan 2018 00:00:00 +0000\r\nMessage-ID: <old@x.example>\r\nSubject: old\r\n\r\nold\r\n");
    assert_eq!(server.other_client().truth("INBOX").len(), 21);
    let again = desk.sync().await;
    assert_eq!(again.scopes.iter().map(|s| s.removed).sum::<u64>(), 0);

    // Wider again: nothing comes twice, what was here are the same rows.
    let wide = select(Some(90)).await;
    assert!(all.iter().all(|id| wide.contains(id)));
    assert_eq!(wide.len(), 21);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_chosen_while_connecting_holds_from_the_first_round() {
    let server = Dovecot::start(&[old_and_new()], "");
    let home = tempfile::tempdir().unwrap();
    let engine = host::open_engine(home.path(), vault::KeySource::Ephemeral, domain::time::system_clock(), false).await.unwrap();
    let request = ConnectImap {
        email: "test@corpus.example".into(),
        display_name: "Test".into(),
        username: USER.into(),
        imap: ServerEndpoint { host: "127.0.0.1".into(), port: server.port, security: Security::None, pinned: None },
        smtp: None,
        auth: ImapAuth::Password(SecretString::from(PASSWORD.to_owned())),
        selection: SyncSelection { excluded: Vec::new(), days: Some(30) },
        actor: Actor::Person,
    };
    engine.connect_imap(request).await.unwrap();
    engine.sync_now(None).await.unwrap();
    let filter = engine::MessageFilter { place: Some(Place::Role(MailboxRole::Inbox)), ..engine::MessageFilter::default() };
    assert_eq!(engine.messages(filter, None, 100).await.unwrap().items.len(), 10);
}
