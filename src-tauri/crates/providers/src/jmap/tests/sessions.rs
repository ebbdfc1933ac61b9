//! Finding the session, signing in, and keeping within its limits.

use super::*;

#[tokio::test]
async fn a_password_or_a_token_opens_the_account_from_any_address() {
    let f = Fixture::start(Fill::Small).await;
    let (base, password, token) = (f.sandbox.jmap_base(), f.sandbox.jmap_password(), f.sandbox.jmap_token());
    let who = async |url: &str, username: Option<&str>, secret: &str| {
        let server = JmapServer { url: url.to_owned(), username: username.map(str::to_owned), selection: SyncSelection::default() };
        source(&f.sandbox, &server, secret, &f.slept).unwrap().owner().await
    };
    let host = base.strip_prefix("http://").unwrap();
    for url in [base.as_str(), host, &f.sandbox.jmap_session(), &format!("{base}/.well-known/jmap")] {
        let by_password = who(url, Some(JMAP_MARA), &password).await.unwrap();
        assert_eq!((by_password.email.as_str(), by_password.name.as_str()), (JMAP_MARA, "Mara Lindqvist"));
        assert_eq!(by_password.subject, who(url, None, &token).await.unwrap().subject, "one account");
        assert!(by_password.subject.ends_with(host));
    }
    for (username, secret) in [(Some(JMAP_MARA), "wrong"), (Some("else"), password.as_str()), (None, "wrong")] {
        let error = who(&base, username, secret).await.unwrap_err();
        assert_eq!(error.code(), "auth", "{error}");
    }
    let error = who(&format!("{base}/nothing"), None, &token).await.unwrap_err();
    assert!(error.code() == "refused" && error.to_string().contains("JMAP"), "{error}");
    f.sandbox.set_jmap(|s| s.submission = false);
    let reader = who(&base, None, &token).await.unwrap();
    assert_eq!(reader.email, JMAP_MARA, "the user name, where there are no identities");
}

#[tokio::test]
async fn a_secret_goes_to_no_other_host() {
    let f = Fixture::start(Fill::Empty).await;
    let server = crate::scripted::Scripted::start().await;
    let elsewhere = f.sandbox.jmap_session();
    let location = elsewhere.replace("127.0.0.1", "localhost");
    server.next(move |_| {
        axum::response::Response::builder().status(302).header("location", &location).body(axum::body::Body::empty()).unwrap()
    });
    let settings = JmapServer { url: server.base.clone(), username: None, selection: SyncSelection::default() };
    let error = source(&f.sandbox, &settings, &f.sandbox.jmap_token(), &f.slept).unwrap().owner().await.unwrap_err();
    assert!(error.to_string().contains("The password was not sent there"), "{error}");
    assert!(f.sandbox.control().log().is_empty());
}

#[tokio::test]
async fn what_the_service_records_say_is_asked_where_the_domain_has_nothing() {
    let f = Fixture::start(Fill::Empty).await;
    let nothing = crate::scripted::Scripted::on("localhost").await;
    nothing.next_json(404, "{}");
    let accounts = Accounts::default();
    let to = url::Url::parse(&f.sandbox.jmap_session()).unwrap();
    let lookup: Lookup = Arc::new(move |domain| {
        let to = to.clone();
        Box::pin(async move { (domain == "mail.example").then_some(to) })
    });
    // A name without a dot has no service records: it is not asked for.
    let server = JmapServer { url: nothing.base.replace("127.0.0.1", "localhost"), username: None, selection: SyncSelection::default() };
    let http = http_at(f.sandbox.clock().as_clock());
    let source = JmapMail::with_lookup(http, Arc::new(Pasted("t".to_owned())), &server, &accounts, &"c1".into(), lookup).unwrap();
    assert_eq!(source.owner().await.unwrap_err().code(), "refused");
    assert!(f.sandbox.control().log().is_empty());
}

#[tokio::test]
async fn the_session_is_asked_for_once_and_again_when_it_is_another() {
    let mut f = Fixture::start(Fill::Small).await;
    let sessions = || f.sandbox.control().count("GET", "/jmap/session");
    assert!(f.source.can_send(), "nobody knows yet");
    f.source.mailboxes().await.unwrap();
    let mut store = MailMirror::new(None);
    store.sync(&f.source, 3).await;
    assert_eq!(sessions(), 1);
    f.sandbox.set_jmap(|s| s.read_only = true);
    // The next answer says that the session is another one, and whoever needs it next asks for it.
    for _ in 0..2 {
        store.sync(&f.source, 3).await;
        assert_eq!((sessions(), f.source.can_send()), (2, false));
    }
    let write = MailWrite::Flags { mailbox: None, ids: vec!["x".into()], change: FlagChange::read(true) };
    assert_eq!(f.source.write(&write).await.unwrap_err().code(), "unsupported");
    assert_eq!(f.source.submit(&mail("a@b", JMAP_MARA, "c@d.example"), &Witness::default()).await.unwrap_err().code(), "unsupported");
    f.sandbox.set_jmap(|s| (s.read_only, s.submission) = (false, false));
    f.restart();
    let error = f.source.submit(&mail("a@b", JMAP_MARA, "c@d.example"), &Witness::default()).await.unwrap_err();
    assert!(error.to_string().contains("allowed to send"), "{error}");
}

#[tokio::test]
async fn no_request_goes_over_a_limit() {
    let f = Fixture::start(Fill::Bulk(40)).await;
    f.sandbox.set_jmap(|s| {
        (s.max_objects_in_get, s.max_objects_in_set, s.max_calls_in_request, s.max_concurrent_requests) = (7, 6, 3, 2);
        (s.query_limit, s.changes_limit, s.latency_ms) = (5, 4, 1);
    });
    let mut store = MailMirror::new(None);
    store.sync(&f.source, 500).await;
    store.assert_equal(&f.sandbox);
    let ids: Vec<RemoteId> = store.rows.keys().map(|id| RemoteId(id.clone())).collect();
    let others = async {
        let (a, b, c) = tokio::join!(f.source.mailboxes(), f.source.mailboxes(), f.source.mailboxes());
        assert!(a.is_ok() && b.is_ok() && c.is_ok());
    };
    let flags = f.write(MailWrite::Flags { mailbox: None, ids: ids.clone(), change: FlagChange::read(true) });
    tokio::join!(others, flags);
    store.sync(&f.source, 500).await;
    store.assert_equal(&f.sandbox);
    assert!(f.sandbox.jmap_peak() <= 2);
    assert!(f.sandbox.control().log().iter().all(|e| e.status < 400), "nothing was refused");
    f.sandbox.set_jmap(|s| s.max_size_upload = 10);
    let mut fresh = f;
    fresh.restart();
    let sent = fresh.folder("Sent");
    let write = MailWrite::Append { mailbox: sent, raw: vec![b'x'; 11], message_id: "a@b".into(), flags: Flags::default(), replaces: None };
    assert_eq!(fresh.source.write(&write).await.unwrap_err().code(), "refused");
}

#[tokio::test]
async fn a_refusal_that_passes_is_waited_out_as_long_as_it_says() {
    let f = Fixture::start(Fill::Small).await;
    let too_many = |after: &str| FaultAction::Status { status: 429, retry_after: Some(after.to_owned()), reason: None, body: None };
    f.sandbox.control().add_fault(Fault::new("/jmap/api", too_many("20")));
    assert_eq!(f.source.mailboxes().await.unwrap().len(), 8);
    assert!((20..25).contains(&f.slept.lock().unwrap().as_secs()));
    f.sandbox.control().add_fault(Fault::new("/jmap/api", too_many("3600")));
    let error = f.source.mailboxes().await.unwrap_err();
    let at = error.retry_at().unwrap().since(f.sandbox.now());
    assert!(error.code() == "rate_limited" && (3_590_000..=3_600_000).contains(&at), "{at}");
    f.sandbox.set_jmap(|s| s.failing = vec![("Mailbox/changes".to_owned(), "serverUnavailable".to_owned(), 2)]);
    assert_eq!(f.source.mailboxes().await.unwrap().len(), 8, "a call that was refused is made again");
    f.sandbox.set_jmap(|s| s.failing = vec![("Mailbox/changes".to_owned(), "forbidden".to_owned(), 1)]);
    let before = f.api_requests();
    assert_eq!((f.source.mailboxes().await.unwrap_err().code(), f.api_requests() - before), ("unsupported", 1));
}
