//! Against the strict sink: what arrives, what is told apart when something goes wrong, and what never leaves.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use async_trait::async_trait;
use domain::{
    SecretString,
    connection::{MailAuth, Security, ServerEndpoint, SyncSelection},
    ids::ConnectionId,
};
use sandbox::smtp_sink::{SinkAuth, SinkFault, SinkOptions, SinkSecurity, SmtpSink};
use secrecy::ExposeSecret as _;

use super::*;

struct Keys {
    refreshed: AtomicU32,
}

#[async_trait]
impl Credentials for Keys {
    async fn password(&self) -> Result<SecretString, ProviderError> {
        Ok("pass word".to_owned().into())
    }
    async fn access_token(&self) -> Result<SecretString, ProviderError> {
        Ok("stale".to_owned().into())
    }
    async fn refreshed(&self, stale: &SecretString) -> Result<SecretString, ProviderError> {
        assert_eq!(stale.expose_secret(), "stale");
        self.refreshed.fetch_add(1, Ordering::SeqCst);
        Ok("fresh".to_owned().into())
    }
}

fn keys() -> Keys {
    Keys { refreshed: AtomicU32::new(0) }
}

/// Remembers whether it was told, and what had happened by then.
#[derive(Default)]
struct Witness {
    told: AtomicU32,
    fails: bool,
}

#[async_trait]
impl SendWitness for Witness {
    async fn data_sent(&self) -> Result<(), ProviderError> {
        self.told.fetch_add(1, Ordering::SeqCst);
        if self.fails { Err(ProviderError::Sink("disk full".into())) } else { Ok(()) }
    }
}

impl Witness {
    fn told(&self) -> u32 {
        self.told.load(Ordering::SeqCst)
    }
}

fn servers(sink: &SmtpSink, security: Security, auth: MailAuth) -> MailServers {
    let endpoint = |port, security| ServerEndpoint { host: "127.0.0.1".into(), port, security, pinned: None };
    MailServers {
        username: "jo@us.example".into(),
        imap: endpoint(1, Security::None),
        smtp: Some(endpoint(sink.port(), security)),
        auth,
        selection: SyncSelection::default(),
    }
}

fn mail(recipients: &[&str], body: &str) -> OutgoingMail {
    OutgoingMail {
        from: "jo@us.example".into(),
        recipients: recipients.iter().map(|r| (*r).to_owned()).collect(),
        raw: format!(
            "From: Jo <jo@us.example>\r\nTo: a@them.example\r\nDate: Mon, 2 Nov 2026 10:00:00 +0000\r\nMessage-ID: <m1@us.example>\r\nSubject: s\r\n\r\n{body}"
        )
        .into_bytes(),
        message_id: "m1@us.example".into(),
        thread: None,
    }
}

fn tls() -> TlsContext {
    TlsContext::new(None).unwrap()
}

async fn send(sink: &SmtpSink, mail: &OutgoingMail, witness: &Witness) -> Result<Submitted, ProviderError> {
    submit(&servers(sink, Security::None, MailAuth::Password), &keys(), &tls(), &Refusals::default(), mail, witness).await
}

fn password_auth(mechanisms: &[&'static str]) -> SinkAuth {
    SinkAuth { user: "jo@us.example".into(), password: "pass word".into(), tokens: vec!["fresh".into()], mechanisms: mechanisms.to_vec() }
}

#[tokio::test]
async fn what_is_sent_arrives_byte_for_byte() {
    for pipelining in [true, false] {
        let sink = SmtpSink::start(SinkOptions { pipelining, ..SinkOptions::default() }).await.unwrap();
        let body = format!(".\r\n..\r\n.dot\r\n\r\nplain\r\n{}\r\n.", "x.".repeat(400));
        let outgoing = mail(&["a@them.example", "b@them.example"], &body);
        let witness = Witness::default();
        let done = send(&sink, &outgoing, &witness).await.unwrap();
        assert_eq!((done.refused.len(), done.filed, witness.told()), (0, false, 1));
        let received = sink.received();
        assert_eq!(received.len(), 1);
        assert_eq!(received[0].raw, [outgoing.raw.as_slice(), b"\r\n"].concat());
        assert_eq!(received[0].recipients, ["a@them.example", "b@them.example"]);
        assert!(sink.log()[0].starts_with("EHLO [127.0.0.1]"), "{:?}", sink.log());
        assert!(sink.log()[1].contains("SIZE="), "{:?}", sink.log());
    }
}

#[tokio::test]
async fn a_large_mail_arrives_whole() {
    let sink = SmtpSink::start(SinkOptions::default()).await.unwrap();
    let outgoing = mail(&["a@them.example"], &".0123456789 line\r\n".repeat(300_000));
    send(&sink, &outgoing, &Witness::default()).await.unwrap();
    assert_eq!(sink.received()[0].raw, outgoing.raw);
}

#[tokio::test]
async fn bare_line_ends_are_made_whole_wherever_the_cut_falls() {
    let text = b"a\rb\nc\r\n.d\r.e\n.\n\r\r\nf";
    let whole = {
        let (mut out, mut stuffer) = (Vec::new(), DotStuffer::default());
        stuffer.stuff(text, &mut out);
        stuffer.finish(&mut out);
        out
    };
    assert_eq!(String::from_utf8_lossy(&whole), "a\r\nb\r\nc\r\n..d\r\n..e\r\n..\r\n\r\n\r\nf\r\n");
    for at in 0..text.len() {
        let (mut out, mut stuffer) = (Vec::new(), DotStuffer::default());
        stuffer.stuff(&text[..at], &mut out);
        stuffer.stuff(&text[at..], &mut out);
        stuffer.finish(&mut out);
        assert_eq!(out, whole, "cut at {at}");
    }
}

#[tokio::test]
async fn recipients_are_told_one_by_one() {
    for pipelining in [true, false] {
        let sink = SmtpSink::start(SinkOptions { pipelining, ..SinkOptions::default() }).await.unwrap();
        sink.fault(SinkFault::Recipient("bad@them.example".into(), 550, "5.1.1 nobody here"));
        sink.fault(SinkFault::Recipient("later@them.example".into(), 451, "4.7.1 greylisted"));
        let done = send(&sink, &mail(&["bad@them.example", "good@them.example", "later@them.example"], "x\r\n"), &Witness::default())
            .await
            .unwrap();
        let who = |list: &[(String, String)]| list.iter().map(|(who, _)| who.clone()).collect::<Vec<_>>();
        assert_eq!((who(&done.refused), who(&done.deferred)), (vec!["bad@them.example".into()], vec!["later@them.example".into()]));
        assert!(done.refused[0].1.contains("nobody here"));
        assert_eq!(sink.received()[0].recipients, ["good@them.example"]);

        let witness = Witness::default();
        let all_bad = send(&sink, &mail(&["bad@them.example"], "x\r\n"), &witness).await.unwrap_err();
        assert!(matches!(&all_bad, ProviderError::Refused(why) if why.contains("nobody here")), "{all_bad:?}");
        let all_later = send(&sink, &mail(&["later@them.example"], "x\r\n"), &witness).await.unwrap_err();
        assert!(matches!(all_later, ProviderError::Server { .. }), "{all_later:?}");
        assert_eq!(witness.told(), 0);
    }
}

#[tokio::test]
async fn before_the_dot_everything_is_certain_and_after_it_nothing() {
    let outgoing = mail(&["a@them.example"], &"line\r\n".repeat(50_000));
    // (fault, class expected, was the witness told, how many mails arrived)
    let cases: [(SinkFault, &str, u32, usize); 9] = [
        (SinkFault::Greeting(421, "4.3.2 too busy"), "server", 0, 0),
        (SinkFault::Greeting(554, "5.3.2 no service"), "refused", 0, 0),
        (SinkFault::Sender(451, "4.3.0 later"), "server", 0, 0),
        (SinkFault::Sender(550, "5.7.1 not you"), "refused", 0, 0),
        (SinkFault::Data(451, "4.3.0 later"), "server", 0, 0),
        (SinkFault::AfterDot(451, "4.3.0 later"), "server", 1, 0),
        (SinkFault::AfterDot(554, "5.7.1 spam"), "refused", 1, 0),
        (SinkFault::DropAfterDot { kept: true }, "ambiguous", 1, 1),
        (SinkFault::DropAfterDot { kept: false }, "ambiguous", 1, 0),
    ];
    for (fault, code, told, arrived) in cases {
        let sink = SmtpSink::start(SinkOptions::default()).await.unwrap();
        sink.fault(fault.clone());
        let witness = Witness::default();
        let error = send(&sink, &outgoing, &witness).await.unwrap_err();
        assert_eq!((error.code(), witness.told(), sink.received().len()), (code, told, arrived), "{fault:?}: {error}");
    }
    let sink = SmtpSink::start(SinkOptions::default()).await.unwrap();
    sink.fault(SinkFault::Garbage(b"\x00\xff garbage\r\n"));
    assert_eq!(send(&sink, &outgoing, &Witness::default()).await.unwrap_err().code(), "protocol");
}

#[tokio::test]
async fn a_connection_lost_inside_of_the_content_has_sent_nothing() {
    let sink = SmtpSink::start(SinkOptions::default()).await.unwrap();
    sink.fault(SinkFault::DropDuringData);
    // Larger than the buffers on the way, so that the client notices while it writes.
    let outgoing = mail(&["a@them.example"], &"0123456789012345678901234567890123456789\r\n".repeat(500_000));
    let witness = Witness::default();
    let error = send(&sink, &outgoing, &witness).await.unwrap_err();
    assert_eq!((error.code(), witness.told()), ("unreachable", 0), "{error}");
    assert!(sink.received().is_empty());
}

#[tokio::test]
async fn a_witness_that_can_not_write_stops_the_mail() {
    let sink = SmtpSink::start(SinkOptions::default()).await.unwrap();
    let witness = Witness { fails: true, ..Witness::default() };
    let error = send(&sink, &mail(&["a@them.example"], "x\r\n"), &witness).await.unwrap_err();
    assert_eq!(error.code(), "storage");
    // The server sees the connection end without a dot, and keeps nothing.
    for _ in 0..100 {
        if sink.log().iter().any(|l| l.contains("lost in DATA")) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert!(sink.received().is_empty());
}

#[tokio::test]
async fn too_large_is_said_before_anything_is_sent() {
    let sink = SmtpSink::start(SinkOptions { size: 1000, ..SinkOptions::default() }).await.unwrap();
    let error = send(&sink, &mail(&["a@them.example"], &"x\r\n".repeat(1000)), &Witness::default()).await.unwrap_err();
    assert!(matches!(&error, ProviderError::Refused(why) if why.contains("at most")), "{error:?}");
    assert!(!sink.log().iter().any(|l| l.starts_with("MAIL")));
}

#[tokio::test]
async fn international_addresses_ask_for_the_extension_only_when_needed() {
    let sink = SmtpSink::start(SinkOptions::default()).await.unwrap();
    send(&sink, &mail(&["a@bücher.example"], "x\r\n"), &Witness::default()).await.unwrap();
    assert_eq!(sink.received()[0].recipients, ["a@xn--bcher-kva.example"]);
    assert!(!sink.log().iter().any(|l| l.contains("SMTPUTF8")));
    send(&sink, &mail(&["jürgen@them.example"], "x\r\n"), &Witness::default()).await.unwrap();
    assert_eq!(sink.received()[1].recipients, ["jürgen@them.example"]);
    let old = SmtpSink::start(SinkOptions { utf8: false, eight_bit: false, ..SinkOptions::default() }).await.unwrap();
    assert_eq!(send(&old, &mail(&["jürgen@them.example"], "x\r\n"), &Witness::default()).await.unwrap_err().code(), "refused");
    assert_eq!(send(&old, &mail(&["a@them.example"], "grüße\r\n"), &Witness::default()).await.unwrap_err().code(), "refused");
    send(&sink, &mail(&["a@them.example"], "grüße\r\n"), &Witness::default()).await.unwrap();
}

#[tokio::test]
async fn addresses_can_not_carry_commands() {
    let sink = SmtpSink::start(SinkOptions::default()).await.unwrap();
    for bad in [
        "a@them.example>\r\nRCPT TO:<x@evil.example",
        "a b@them.example",
        "a@them.example> SIZE=1",
        "nobody",
        "@them.example",
        "a@",
        "a@them.example\0",
        "<a@them.example>",
    ] {
        let error = send(&sink, &mail(&[bad], "x\r\n"), &Witness::default()).await.unwrap_err();
        assert_eq!(error.code(), "refused", "{bad}");
    }
    assert_eq!(send(&sink, &mail(&[], "x\r\n"), &Witness::default()).await.unwrap_err().code(), "refused");
    assert!(sink.received().is_empty());
}

#[tokio::test]
async fn every_way_to_sign_in_by_password() {
    for mechanism in ["PLAIN", "LOGIN"] {
        let sink = SmtpSink::start(SinkOptions { auth: Some(password_auth(&[mechanism])), ..SinkOptions::default() }).await.unwrap();
        send(&sink, &mail(&["a@them.example"], "x\r\n"), &Witness::default()).await.unwrap();
        assert_eq!(sink.received()[0].user.as_deref(), Some("jo@us.example"), "{mechanism}");
        let wrong = MailServers { username: "other".into(), ..servers(&sink, Security::None, MailAuth::Password) };
        assert_eq!(probe(&wrong, &keys(), &tls()).await.unwrap_err().code(), "auth");
    }
    let sink = SmtpSink::start(SinkOptions { auth: Some(password_auth(&["XOAUTH2"])), ..SinkOptions::default() }).await.unwrap();
    assert_eq!(send(&sink, &mail(&["a@them.example"], "x\r\n"), &Witness::default()).await.unwrap_err().code(), "unsupported");
}

#[tokio::test]
async fn a_dead_token_is_refreshed_once_and_only_once() {
    for mechanism in ["XOAUTH2", "OAUTHBEARER"] {
        let sink = SmtpSink::start(SinkOptions { auth: Some(password_auth(&[mechanism])), ..SinkOptions::default() }).await.unwrap();
        let servers = servers(&sink, Security::None, MailAuth::Oidc { connection: ConnectionId::new("c") });
        let keys = keys();
        probe(&servers, &keys, &tls()).await.unwrap();
        assert_eq!(keys.refreshed.load(Ordering::SeqCst), 1, "{mechanism}");
        sink.set_tokens(vec!["another".into()]);
        let error = probe(&servers, &keys, &tls()).await.unwrap_err();
        assert_eq!((error.code(), keys.refreshed.load(Ordering::SeqCst)), ("auth", 2), "{mechanism}");
    }
}

/// A certificate for 127.0.0.1, made once per test run.
fn certificate() -> (String, String, TlsContext) {
    static MADE: Mutex<Option<(String, String)>> = Mutex::new(None);
    let mut made = MADE.lock().unwrap();
    let (cert, key) = made
        .get_or_insert_with(|| {
            let dir = tempfile::tempdir().unwrap();
            let done = std::process::Command::new("openssl")
                .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"])
                .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout"])
                .arg(dir.path().join("key"))
                .arg("-out")
                .arg(dir.path().join("cert"))
                .output()
                .unwrap();
            assert!(done.status.success());
            let read = |name| std::fs::read_to_string(dir.path().join(name)).unwrap();
            (read("cert"), read("key"))
        })
        .clone();
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("ca"), &cert).unwrap();
    let tls = TlsContext::new(Some(&dir.path().join("ca"))).unwrap();
    (cert, key, tls)
}

#[tokio::test]
async fn encryption_comes_before_the_password_or_nothing_does() {
    let (cert, key, trusting) = certificate();
    for (security, mode) in [(Security::Tls, SinkSecurity::Tls), (Security::Starttls, SinkSecurity::Starttls)] {
        let options = SinkOptions {
            security: mode,
            certificate: Some((cert.clone(), key.clone())),
            auth: Some(password_auth(&["PLAIN"])),
            ..SinkOptions::default()
        };
        let sink = SmtpSink::start(options).await.unwrap();
        let servers = servers(&sink, security, MailAuth::Password);
        submit(&servers, &keys(), &trusting, &Refusals::default(), &mail(&["a@them.example"], "x\r\n"), &Witness::default()).await.unwrap();
        assert!(sink.received()[0].encrypted);
        let error = submit(&servers, &keys(), &tls(), &Refusals::default(), &mail(&["a@them.example"], "x\r\n"), &Witness::default())
            .await
            .unwrap_err();
        let ProviderError::Certificate { fingerprint: Some(fingerprint), .. } = error else { panic!("{error:?}") };
        let mut pinned = servers.clone();
        pinned.smtp.as_mut().unwrap().pinned = Some(fingerprint);
        probe(&pinned, &keys(), &tls()).await.unwrap();
    }
    // A server that offers no STARTTLS gets no password.
    let plain = SmtpSink::start(SinkOptions { auth: Some(password_auth(&["PLAIN"])), ..SinkOptions::default() }).await.unwrap();
    let error = probe(&servers(&plain, Security::Starttls, MailAuth::Password), &keys(), &trusting).await.unwrap_err();
    assert_eq!(error.code(), "refused");
    assert!(!plain.log().iter().any(|l| l.starts_with("AUTH")));
}

#[tokio::test]
async fn bytes_slipped_in_before_tls_are_refused() {
    let (cert, key, trusting) = certificate();
    let options = SinkOptions { security: SinkSecurity::Starttls, certificate: Some((cert, key)), ..SinkOptions::default() };
    let sink = SmtpSink::start(options).await.unwrap();
    sink.fault(SinkFault::InjectAfterStarttls(b"250 AUTH PLAIN\r\n"));
    let error = probe(&servers(&sink, Security::Starttls, MailAuth::Password), &keys(), &trusting).await.unwrap_err();
    assert!(matches!(&error, ProviderError::Protocol { detail, .. } if detail.contains("slipped in")), "{error:?}");
}

#[tokio::test]
async fn without_a_server_the_account_says_so() {
    let sink = Arc::new(SmtpSink::start(SinkOptions::default()).await.unwrap());
    let none = MailServers { smtp: None, ..servers(&sink, Security::None, MailAuth::Password) };
    let error =
        submit(&none, &keys(), &tls(), &Refusals::default(), &mail(&["a@them.example"], "x"), &Witness::default()).await.unwrap_err();
    assert!(matches!(&error, ProviderError::Unsupported(why) if why.contains("only receive")));
}
