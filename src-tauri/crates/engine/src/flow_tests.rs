//! The engine with the real clients against the sandbox: sign in, sync, act, send, disconnect.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::{sync::Arc, time::Duration};

use domain::{
    audit::Actor,
    connection::ConnectionStatus,
    mail::{Address, MailboxRole},
    outbox::{OutboxOp, OutboxState, WedgeReason},
    source::Connector,
};
use sandbox::{MARA, Provider, Sandbox, SandboxOptions};
use store::{MessageFilter, Place, ThreadFilter};

use crate::{
    Engine, EngineError, OpenOptions,
    views::{Action, BeginOAuth, ConnectionView, Health, OAuthIntent, OutboxOutcome, RevocationOutcome, SendMail, SendOptions, Target},
};

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) engine: Engine,
    home: tempfile::TempDir,
}

impl World {
    /// The program ends and starts again on the same home.
    pub(crate) async fn restart(&mut self) {
        self.engine.close().await;
        // The lock goes with the last clone.
        let Self { sandbox, engine, home } = self;
        let spare = open(sandbox, tempfile::tempdir().unwrap().path(), false).await;
        drop(std::mem::replace(engine, spare));
        *engine = open(sandbox, home.path(), false).await;
    }
}

pub(crate) async fn world() -> World {
    world_with(false).await
}

pub(crate) async fn world_with(background: bool) -> World {
    let sandbox = Sandbox::start(SandboxOptions { oidc_redirect: "scheme".into(), ..SandboxOptions::small() }).await.unwrap();
    let home = tempfile::tempdir().unwrap();
    let engine = open(&sandbox, home.path(), background).await;
    World { sandbox, engine, home }
}

async fn open(sandbox: &Sandbox, home: &std::path::Path, background: bool) -> Engine {
    std::fs::write(home.join("config.toml"), sandbox.config_toml()).unwrap();
    let clock = sandbox.clock().as_clock();
    let for_providers = clock.clone();
    Engine::open(OpenOptions {
        home: home.to_owned(),
        key: vault::KeySource::Passphrase("correct horse".to_owned().into()),
        connect: Box::new(move |config| Ok(Arc::new(providers::Providers::new(config, for_providers.clone())?) as Arc<dyn Connector>)),
        clock,
        background,
        environment: false,
    })
    .await
    .unwrap()
}

/// A browser that says yes to everything. Plain HTTP to loopback is all that it needs.
pub(crate) async fn browse(url: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut url = url::Url::parse(url).unwrap();
    for _ in 0..5 {
        if url.scheme() == "aurelius" {
            break;
        }
        let (host, port) = (url.host_str().unwrap().to_owned(), url.port().unwrap());
        let mut stream = tokio::net::TcpStream::connect((host.as_str(), port)).await.unwrap();
        let target = &url[url::Position::BeforePath..];
        stream.write_all(format!("GET {target} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.unwrap();
        let location = reply.lines().find_map(|l| l.split_once(": ").filter(|(k, _)| k.eq_ignore_ascii_case("location")));
        let Some((_, to)) = location else { break };
        url = url.join(to.trim()).unwrap();
    }
    url.into()
}

pub(crate) fn begin(integration: &str, intent: OAuthIntent) -> BeginOAuth {
    BeginOAuth { integration: integration.into(), intent, login_hint: None, actor: Actor::Person }
}

pub(crate) async fn google(w: &World) -> ConnectionView {
    let start = w.engine.begin_oauth(begin("google", OAuthIntent::New)).await.unwrap();
    browse(&start.authorize_url).await;
    w.engine.wait_oauth(&start.attempt).await.unwrap()
}

pub(crate) fn no_errors(report: &crate::views::SyncReport) {
    for s in &report.scopes {
        assert!(s.error.is_none(), "{s:?}");
    }
}

pub(crate) fn inbox() -> ThreadFilter {
    ThreadFilter { account: None, place: Place::Role(MailboxRole::Inbox), unread_only: false, starred: false }
}

pub(crate) fn mail(to: &str, subject: &str) -> SendMail {
    SendMail {
        from: None,
        to: vec![Address { name: String::new(), email: to.into() }],
        cc: vec![],
        bcc: vec![],
        subject: subject.into(),
        text: "Hello there".into(),
        html: None,
        attachments: vec![],
        in_reply_to: None,
        options: SendOptions::default(),
        actor: Actor::Cli,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connect_sync_act_send_disconnect() {
    let w = world().await;
    let view = google(&w).await;
    assert_eq!(view.connection.email, MARA);
    assert_eq!(view.health, Health::Active);
    assert!(view.features.iter().all(|f| f.granted), "{:?}", view.features);

    let first = w.engine.sync_now(Some(&view.id)).await.unwrap();
    no_errors(&first);
    let added: u64 = first.scopes.iter().filter(|s| s.name == "mail").map(|s| s.added).sum();
    assert_eq!(added as usize, w.sandbox.messages(MARA).len());
    let again = w.engine.sync_now(None).await.unwrap();
    no_errors(&again);
    assert_eq!(again.scopes.iter().map(|s| s.added + s.updated + s.removed).sum::<u64>(), 0, "{again:?}");

    // Archive a conversation and take it back before it left; then for good.
    let threads = w.engine.threads(inbox(), None, 10).await.unwrap().items;
    let id = threads[0].id;
    let target = Target::Threads { ids: vec![id], mailbox: None, role: Some(MailboxRole::Inbox) };
    let token = w.engine.act(Action::Archive, target.clone(), Actor::Person).await.unwrap();
    assert!(w.engine.threads(inbox(), None, 100).await.unwrap().items.iter().all(|t| t.id != id));
    w.engine.undo(token).await.unwrap();
    assert!(w.engine.threads(inbox(), None, 100).await.unwrap().items.iter().any(|t| t.id == id));
    let inbox_before = w.sandbox.labelled(MARA, "INBOX").len();
    w.engine.act(Action::Archive, target, Actor::Person).await.unwrap();
    w.sandbox.clock().advance(10_000);
    let reports = w.engine.drain_outbox(None).await.unwrap();
    assert!(reports.iter().all(|r| r.outcome == OutboxOutcome::Done), "{reports:?}");
    assert!(w.sandbox.labelled(MARA, "INBOX").len() < inbox_before);
    no_errors(&w.engine.sync_now(None).await.unwrap());
    assert!(w.engine.threads(inbox(), None, 100).await.unwrap().items.iter().all(|t| t.id != id));

    let item = w.engine.send_mail(mail("friend@example.org", "One hello")).await.unwrap();
    let report = w.engine.send_and_wait(item, Duration::from_secs(10)).await.unwrap();
    assert_eq!(report.outcome, OutboxOutcome::Done, "{report:?}");
    no_errors(&w.engine.sync_now(None).await.unwrap());
    let found = w.engine.search("subject:\"one hello\"", false, None, 10).await.unwrap();
    assert_eq!(found.items.len(), 1);

    let gone = w.engine.disconnect(&view.id, Actor::Person).await.unwrap();
    assert_eq!(gone.revocation, RevocationOutcome::Revoked, "{gone:?}");
    assert!(gone.erased_messages > 0);
    assert_eq!(w.sandbox.live_grants(Provider::Google, MARA), 0);
    assert!(w.engine.connections().await.unwrap().is_empty());
    assert_eq!(w.engine.store().count_messages(&MessageFilter::default()).await.unwrap(), 0);
    assert!(matches!(w.engine.store().verify_audit().await.unwrap(), store::AuditVerdict::Intact { .. }));
    w.engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn callbacks_that_were_not_asked_for_change_nothing() {
    let w = world().await;
    let start = w.engine.begin_oauth(begin("oidc", OAuthIntent::New)).await.unwrap();
    let code = |e: EngineError| e.code;
    for forged in [
        "aurelius://oauth/callback?state=guess&code=x",
        "aurelius://oauth/callback?code=x",
        "aurelius://other?state=a&code=b",
        "https://evil.example/?state=a&code=b",
    ] {
        assert_eq!(code(w.engine.oauth_callback(forged, Actor::Outside).await.unwrap_err()), "invalid_answer", "{forged}");
    }
    assert!(w.engine.connections().await.unwrap().is_empty());
    // The real one still works, once.
    let back = browse(&start.authorize_url).await;
    assert!(back.starts_with("aurelius://oauth/callback?"), "{back}");
    let view = w.engine.oauth_callback(&back, Actor::Outside).await.unwrap();
    assert_eq!(w.engine.wait_oauth(&start.attempt).await.unwrap().id, view.id);
    assert_eq!(code(w.engine.oauth_callback(&back, Actor::Outside).await.unwrap_err()), "invalid_answer", "replayed");
    // Cancelled.
    let start = w.engine.begin_oauth(begin("oidc", OAuthIntent::New)).await.unwrap();
    let back = browse(&start.authorize_url).await;
    w.engine.cancel_oauth(&start.attempt);
    assert_eq!(code(w.engine.wait_oauth(&start.attempt).await.unwrap_err()), "cancelled");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(code(w.engine.oauth_callback(&back, Actor::Outside).await.unwrap_err()), "invalid_answer", "cancelled");
    // Late.
    let start = w.engine.begin_oauth(begin("oidc", OAuthIntent::New)).await.unwrap();
    let back = browse(&start.authorize_url).await;
    w.sandbox.clock().advance(11 * 60_000);
    assert_eq!(code(w.engine.oauth_callback(&back, Actor::Outside).await.unwrap_err()), "invalid_answer");
    assert_eq!(w.engine.connections().await.unwrap().len(), 1);
    let refused = w.engine.store().audit(None, 100, Some("oauth.callback_refused")).await.unwrap().items;
    assert_eq!(refused.len(), 7, "{refused:?}");
    assert!(refused.iter().all(|e| e.actor == "outside" && e.outcome == "refused"));
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_callers_refresh_a_rotating_token_once() {
    let w = world().await;
    let start = w.engine.begin_oauth(begin("oidc", OAuthIntent::New)).await.unwrap();
    let view = w.engine.oauth_callback(&browse(&start.authorize_url).await, Actor::Person).await.unwrap();
    w.sandbox.clock().advance(2 * 3600 * 1000);
    w.sandbox.control().clear_log();
    let credentials = crate::tokens::token_credentials(&w.engine.inner.tokens, &view.id);
    let callers = (0..64).map(|_| {
        let c = Arc::clone(&credentials);
        tokio::spawn(async move { c.access_token().await.unwrap() })
    });
    use domain::ExposeSecret as _;
    let tokens: Vec<String> =
        futures_util::future::join_all(callers).await.into_iter().map(|t| t.unwrap().expose_secret().to_owned()).collect();
    assert!(tokens.iter().all(|t| t == &tokens[0]));
    let log: Vec<_> = w.sandbox.control().log().into_iter().filter(|e| e.path.contains("token")).collect();
    assert_eq!(log.len(), 1, "{log:?}");
    // And it goes on with the rotated one, after a restart of the vault's memory too.
    w.engine.inner.tokens.reset(&view.id).await;
    w.sandbox.clock().advance(2 * 3600 * 1000);
    credentials.access_token().await.unwrap();
    assert_eq!(w.engine.connection(&view.id).await.unwrap().connection.status, ConnectionStatus::Active);
    // A dead grant: expired, data kept, reconnected in one step.
    w.sandbox.kill_grants(Provider::Oidc, &view.connection.email);
    w.sandbox.clock().advance(2 * 3600 * 1000);
    credentials.access_token().await.unwrap_err();
    assert_eq!(w.engine.connection(&view.id).await.unwrap().health, Health::Expired);
    let start = w.engine.begin_oauth(begin("oidc", OAuthIntent::Reconnect { connection: view.id.clone() })).await.unwrap();
    let again = w.engine.oauth_callback(&browse(&start.authorize_url).await, Actor::Person).await.unwrap();
    assert_eq!((again.id, again.health), (view.id.clone(), Health::Active));
    credentials.access_token().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_is_proved_and_not_sent_twice() {
    let w = world().await;
    let view = google(&w).await;
    no_errors(&w.engine.sync_now(Some(&view.id)).await.unwrap());
    let before = w.sandbox.sent(MARA).len();
    w.sandbox.control().add_fault(sandbox::Fault::new("*messages/send*", sandbox::FaultAction::Drop { after_commit: true }));
    let item = w.engine.send_mail(mail("friend@example.org", "Only once")).await.unwrap();
    let report = w.engine.send_and_wait(item, Duration::from_millis(10)).await.unwrap();
    for _ in 0..5 {
        w.sandbox.clock().advance(60_000);
        w.engine.drain_outbox(None).await.unwrap();
    }
    assert_eq!(w.sandbox.sent(MARA).len(), before + 1, "{report:?}");
    assert_eq!(w.engine.outbox_item(item).await.unwrap().state, OutboxState::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_may_have_been_sent_waits_for_the_person() {
    let w = world().await;
    let view = google(&w).await;
    no_errors(&w.engine.sync_now(Some(&view.id)).await.unwrap());
    let item = w.engine.send_mail(mail("friend@example.org", "Perhaps")).await.unwrap();
    let entry = crate::core::audit(Actor::Engine, "outbox.wedged", "outbox", domain::audit::Outcome::Failed, "");
    w.engine.store().claim(item, w.engine.now(), 1000).await.unwrap().unwrap();
    w.engine.store().mark_data_sent(item).await.unwrap();
    w.engine.store().wedge(item, WedgeReason::MaybeSent, "", &entry, w.engine.now()).await.unwrap();
    w.sandbox.clock().advance(3600 * 1000);
    assert!(w.engine.drain_outbox(None).await.unwrap().is_empty());
    assert!(!w.engine.outbox_check(item).await.unwrap());
    w.engine.outbox_retry(item, Actor::Person).await.unwrap();
    let report = w.engine.send_and_wait(item, Duration::from_secs(5)).await.unwrap();
    assert_eq!(report.outcome, OutboxOutcome::Done);
    assert!(matches!(w.engine.outbox_item(item).await.unwrap().op, OutboxOp::Send { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn offline_disconnect_keeps_a_sealed_promise() {
    let w = world().await;
    let view = google(&w).await;
    w.sandbox.control().add_fault(sandbox::Fault::status("*revoke*", 503, "backendError"));
    let report = w.engine.disconnect(&view.id, Actor::Person).await.unwrap();
    assert_eq!(report.revocation, RevocationOutcome::Queued, "{report:?}");
    assert!(report.message.contains("7 days"));
    w.sandbox.control().clear_faults();
    assert_eq!(w.sandbox.live_grants(Provider::Google, MARA), 1);
    w.sandbox.clock().advance(120_000);
    assert_eq!(w.engine.run_revocations().await.unwrap(), 1);
    assert_eq!(w.sandbox.live_grants(Provider::Google, MARA), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_background_finds_new_mail_by_itself_and_survives_a_restart() {
    let sandbox = Sandbox::start(SandboxOptions::small()).await.unwrap();
    let home = tempfile::tempdir().unwrap();
    let engine = open(&sandbox, home.path(), true).await;
    let w = World { sandbox, engine, home };
    let view = google(&w).await;
    let total = w.sandbox.messages(MARA).len() as u64;
    wait_for(&w.engine, total).await;
    w.sandbox.deliver_text(MARA, "new@example.org", "Fresh", "hello").unwrap();
    w.sandbox.clock().advance(120_000);
    w.engine.nudge(Some(&view.id));
    wait_for(&w.engine, total + 1).await;
    w.engine.close().await;
    let World { sandbox, engine, home } = w;
    drop(engine);
    for _ in 0..100 {
        if !crate::home::is_locked(home.path()) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let engine = open(&sandbox, home.path(), false).await;
    assert_eq!(engine.store().count_messages(&MessageFilter::default()).await.unwrap(), total + 1);
    let again = engine.sync_now(None).await.unwrap();
    no_errors(&again);
    assert_eq!(again.scopes.iter().map(|s| s.added).sum::<u64>(), 0);
}

async fn wait_for(engine: &Engine, count: u64) {
    for _ in 0..200 {
        if engine.store().count_messages(&MessageFilter::default()).await.unwrap() == count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let views = engine.connections().await.unwrap();
    panic!("{count} wanted, {} there; {views:#?}", engine.store().count_messages(&MessageFilter::default()).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_has_one_copy_at_the_provider_until_it_is_sent() {
    use crate::views::DraftContent;
    let w = world().await;
    let view = google(&w).await;
    no_errors(&w.engine.sync_now(Some(&view.id)).await.unwrap());
    let drafts = || w.sandbox.labelled(MARA, "DRAFT").len();
    let (before, sent) = (drafts(), w.sandbox.sent(MARA).len());
    let id = w.engine.new_draft(DraftContent { subject: "Begun".into(), ..DraftContent::default() }).await.unwrap().id;
    for text in ["one", "two", "three"] {
        let content = DraftContent { subject: "Begun".into(), text: text.into(), ..DraftContent::default() };
        w.engine.save_draft(id, content).await.unwrap();
    }
    for text in ["four", "five"] {
        w.sandbox.clock().advance(31_000);
        let reports = w.engine.drain_outbox(None).await.unwrap();
        assert_eq!(reports.len(), 1, "typing makes no queue: {reports:?}");
        assert_eq!(drafts(), before + 1);
        let to = vec![Address { name: String::new(), email: "friend@example.org".into() }];
        w.engine.save_draft(id, DraftContent { to, subject: "Begun".into(), text: text.into(), ..DraftContent::default() }).await.unwrap();
    }
    let item = w.engine.send_draft(id, SendOptions { undo_seconds: 5, send_at: None }).await.unwrap();
    w.sandbox.clock().advance(10_000);
    w.engine.drain_outbox(None).await.unwrap();
    assert_eq!(w.engine.outbox_item(item).await.unwrap().state, OutboxState::Done);
    assert_eq!((drafts(), w.sandbox.sent(MARA).len()), (before, sent + 1));
    assert!(w.engine.drafts().await.unwrap().is_empty());
    assert!(w.engine.outbox(None).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_for_servers_that_do_not_work_leaves_nothing_behind() {
    use domain::connection::{MailAuth, MailServers, Security, ServerEndpoint, SyncSelection};
    let w = world().await;
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let servers = MailServers {
        username: "mara".into(),
        imap: ServerEndpoint { host: "127.0.0.1".into(), port, security: Security::None, pinned: None },
        smtp: None,
        auth: MailAuth::Password,
        selection: SyncSelection::default(),
    };
    let intent = OAuthIntent::MailVia { servers, email: sandbox::OIDC_MARA.into(), display_name: String::new() };
    let start = w.engine.begin_oauth(begin("oidc", intent)).await.unwrap();
    let back = browse(&start.authorize_url).await;
    let e = w.engine.oauth_callback(&back, Actor::Person).await.unwrap_err();
    assert_eq!(e.code, "unreachable", "{e:?}");
    assert!(w.engine.connections().await.unwrap().is_empty());
    assert_eq!(w.sandbox.live_grants(Provider::Oidc, sandbox::OIDC_MARA), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_subject_cannot_take_a_connection_over() {
    let w = world().await;
    let view = google(&w).await;
    w.sandbox.consent_as(Provider::Google, sandbox::MARA_WORK);
    let mut request = begin("google", OAuthIntent::Reconnect { connection: view.id.clone() });
    request.login_hint = Some(sandbox::MARA_WORK.into());
    let start = w.engine.begin_oauth(request).await.unwrap();
    browse(&start.authorize_url).await;
    let e = w.engine.wait_oauth(&start.attempt).await.unwrap_err();
    assert_eq!(e.code, "other_account", "{e:?}");
    assert!(e.message.contains(sandbox::MARA_WORK) && e.message.contains(MARA), "{}", e.message);
    assert_eq!(w.engine.connections().await.unwrap().len(), 1);
    assert_eq!(w.sandbox.live_grants(Provider::Google, sandbox::MARA_WORK), 0, "the unwanted grant is withdrawn");
    no_errors(&w.engine.sync_now(Some(&view.id)).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_grant_expires_the_connection_keeps_its_data_and_its_mail() {
    let w = world().await;
    let view = google(&w).await;
    no_errors(&w.engine.sync_now(Some(&view.id)).await.unwrap());
    let count = w.engine.store().count_messages(&MessageFilter::default()).await.unwrap();
    w.sandbox.kill_grants(Provider::Google, MARA);
    w.sandbox.expire_access_tokens(Provider::Google);
    let tried = w.engine.send_mail(mail("friend@example.org", "Tried")).await.unwrap();
    assert_eq!(w.engine.send_and_wait(tried, Duration::from_secs(5)).await.unwrap().outcome, OutboxOutcome::Later);
    w.engine.set_enabled(&view.id, true).await.unwrap();
    let report = w.engine.sync_now(Some(&view.id)).await.unwrap();
    assert!(report.scopes.iter().any(|s| s.error.as_ref().is_some_and(|e| e.code == "expired")), "{report:?}");
    let now = w.engine.connection(&view.id).await.unwrap();
    assert_eq!((now.health, now.messages as u64), (Health::Expired, count));
    // What is queued meanwhile waits for the reconnect and then goes out once.
    let item = w.engine.send_mail(mail("friend@example.org", "Patience")).await.unwrap();
    assert!(w.engine.drain_outbox(None).await.unwrap().is_empty());
    let sent = w.sandbox.sent(MARA).len();
    let start = w.engine.begin_oauth(begin("google", OAuthIntent::Reconnect { connection: view.id.clone() })).await.unwrap();
    browse(&start.authorize_url).await;
    assert_eq!(w.engine.wait_oauth(&start.attempt).await.unwrap().health, Health::Active);
    no_errors(&w.engine.sync_now(None).await.unwrap());
    assert_eq!(w.engine.outbox_item(item).await.unwrap().state, OutboxState::Done);
    assert_eq!(w.engine.outbox_item(tried).await.unwrap().state, OutboxState::Done);
    assert_eq!(w.sandbox.sent(MARA).len(), sent + 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_cursor_compares_and_never_wipes() {
    let w = world().await;
    let view = google(&w).await;
    no_errors(&w.engine.sync_now(Some(&view.id)).await.unwrap());
    let gone = w.sandbox.messages(MARA)[0].id.clone();
    assert!(w.sandbox.delete(MARA, &gone));
    w.sandbox.deliver_text(MARA, "a@b.example", "While away", "x").unwrap();
    w.sandbox.expire_history(MARA);
    let report = w.engine.sync_now(Some(&view.id)).await.unwrap();
    no_errors(&report);
    let (added, removed): (u64, u64) = report.scopes.iter().fold((0, 0), |a, s| (a.0 + s.added, a.1 + s.removed));
    assert_eq!((added, removed), (1, 1), "{report:?}");
    assert_eq!(w.engine.store().count_messages(&MessageFilter::default()).await.unwrap() as usize, w.sandbox.messages(MARA).len());
}
