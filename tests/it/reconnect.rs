//! An account with a password lives on when the password, the servers or their certificate change: the same rows, the same outbox.

use domain::{
    SecretString,
    audit::Actor,
    connection::{ConnectionSettings, Security, ServerEndpoint, SyncSelection},
    mail::Address,
    outbox::OutboxState,
};
use engine::views::{ConnectImap, Health, ImapAuth, SendMail, SendOptions};
use sandbox::smtp_sink::{SinkOptions, SmtpSink};

use crate::{
    dovecot::{self, Dovecot, Mailbox, PASSWORD, USER},
    writes::Desk,
};

fn server() -> Dovecot {
    Dovecot::start(&[Mailbox::generate("INBOX", 5, 1_795_176_000), Mailbox { name: "Sent", mails: Vec::new() }], "")
}

fn plain(port: u16) -> ServerEndpoint {
    ServerEndpoint { host: "127.0.0.1".into(), port, security: Security::None, pinned: None }
}

fn request(imap: ServerEndpoint, smtp: Option<ServerEndpoint>, password: &str) -> ConnectImap {
    ConnectImap {
        email: "test@corpus.example".into(),
        display_name: String::new(),
        username: USER.into(),
        imap,
        smtp,
        auth: ImapAuth::Password(SecretString::from(password.to_owned())),
        selection: SyncSelection::default(),
        actor: Actor::Person,
    }
}

/// Every socket is closed: the next round signs in anew.
async fn hang_up(desk: &Desk) {
    desk.engine.pause(&desk.connection, None).await.unwrap();
    desk.engine.resume(&desk.connection).await.unwrap();
}

fn mail(to: &str, subject: &str) -> SendMail {
    SendMail {
        from: None,
        to: vec![Address { name: String::new(), email: to.into() }],
        cc: Vec::new(),
        bcc: Vec::new(),
        subject: subject.into(),
        text: "Hello".into(),
        html: None,
        attachments: Vec::new(),
        in_reply_to: None,
        options: SendOptions::default(),
        actor: Actor::Cli,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_password_reconnects_the_same_account_and_its_outbox_drains() {
    let mut server = server();
    let sink = SmtpSink::start(SinkOptions::default()).await.unwrap();
    let desk = Desk::open(&server, Some(sink.port())).await;
    let before: Vec<_> = desk.inbox().await.iter().map(|m| m.id).collect();

    server.change_password("renewed");
    hang_up(&desk).await;
    let report = desk.engine.sync_now(Some(&desk.connection)).await.unwrap();
    assert!(report.scopes.iter().any(|s| s.error.is_some()), "{report:?}");
    assert_eq!(desk.engine.connection(&desk.connection).await.unwrap().health, Health::Expired);
    let queued = desk.engine.send_mail(mail("ada@elsewhere.example", "Waits for the password")).await.unwrap();
    desk.settle().await;
    assert!(sink.received().is_empty());

    // A wrong one changes nothing.
    let wrong = request(plain(server.port), Some(plain(sink.port())), "nonsense");
    assert_eq!(desk.engine.reconnect_imap(&desk.connection, wrong).await.unwrap_err().code, "auth");
    assert_eq!(desk.engine.connection(&desk.connection).await.unwrap().health, Health::Expired);
    // Nor does somebody else's address.
    let other = ConnectImap { email: "other@corpus.example".into(), ..request(plain(server.port), None, "renewed") };
    assert_eq!(desk.engine.reconnect_imap(&desk.connection, other).await.unwrap_err().code, "other_account");

    let again = request(plain(server.port), Some(plain(sink.port())), "renewed");
    let connected = desk.engine.reconnect_imap(&desk.connection, again).await.unwrap().connection;
    assert_eq!((&connected.id, connected.accounts[0].id), (&desk.connection, desk.account));
    assert_eq!(connected.health, Health::Active);
    assert_eq!(connected.accounts[0].display_name, "Test", "no name given: it stays");
    desk.settle_all().await;
    assert_eq!(desk.engine.outbox_item(queued).await.unwrap().state, OutboxState::Done);
    assert_eq!(sink.received().len(), 1);
    let report = desk.sync().await;
    assert_eq!(report.scopes.iter().map(|s| s.removed).sum::<u64>(), 0, "{report:?}");
    assert_eq!(desk.inbox().await.iter().map(|m| m.id).collect::<Vec<_>>(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_for_sending_is_added_later() {
    let server = server();
    let desk = Desk::open(&server, None).await;
    assert_eq!(desk.engine.send_mail(mail("ada@elsewhere.example", "Too early")).await.unwrap_err().code, "no_sender");
    let sink = SmtpSink::start(SinkOptions::default()).await.unwrap();
    let again = request(plain(server.port), Some(plain(sink.port())), PASSWORD);
    let connected = desk.engine.reconnect_imap(&desk.connection, again).await.unwrap().connection;
    assert!(connected.can_send);
    desk.engine.send_mail(mail("ada@elsewhere.example", "Now")).await.unwrap();
    desk.settle_all().await;
    assert_eq!(sink.received().len(), 1);
    assert_eq!(desk.inbox().await.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_certificate_is_pinned_anew() {
    let mut server = server();
    let desk = Desk::open(&server, None).await;
    let before: Vec<_> = desk.inbox().await.iter().map(|m| m.id).collect();
    let tls = |pinned: Option<String>| ServerEndpoint { host: "127.0.0.1".into(), port: server.tls_port, security: Security::Tls, pinned };
    let (first, second) = (tls(None), tls(None));
    let shown = |e: engine::EngineError| {
        assert_eq!(e.code, "certificate", "{e:?}");
        let text = format!("{} {}", e.hint, e.message).replace(':', "");
        let digits = |w: &str| w.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_lowercase();
        text.split_whitespace().map(digits).find(|hex| hex.len() == 64).unwrap()
    };
    let old = shown(desk.engine.reconnect_imap(&desk.connection, request(first.clone(), None, PASSWORD)).await.unwrap_err());
    let pinned = ServerEndpoint { pinned: Some(old.clone()), ..first };
    desk.engine.reconnect_imap(&desk.connection, request(pinned.clone(), None, PASSWORD)).await.unwrap();
    desk.sync().await;

    server.restart("", dovecot::certificate);
    hang_up(&desk).await;
    let report = desk.engine.sync_now(Some(&desk.connection)).await.unwrap();
    assert!(report.scopes.iter().all(|s| s.error.is_some()), "{report:?}");
    let new = shown(desk.engine.reconnect_imap(&desk.connection, request(pinned, None, PASSWORD)).await.unwrap_err());
    assert_ne!(old, new);
    let pinned = ServerEndpoint { pinned: Some(new.clone()), ..second };
    let connected = desk.engine.reconnect_imap(&desk.connection, request(pinned, None, PASSWORD)).await.unwrap().connection;
    let ConnectionSettings::Mail(servers) = &connected.connection.settings else { panic!("{connected:?}") };
    assert_eq!(servers.imap.pinned.as_deref(), Some(new.as_str()));
    desk.sync().await;
    assert_eq!(desk.inbox().await.iter().map(|m| m.id).collect::<Vec<_>>(), before);
}
