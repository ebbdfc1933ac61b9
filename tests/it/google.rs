//! Google mail through the command line against the sandbox's honest Gmail: what the person has there must be what is here,
//! whatever breaks on the way. Every comparison is with the sandbox's own state or with the requests it saw.

use std::{collections::BTreeSet, time::Duration};

use domain::{audit::Actor, time::Timestamp};
use engine::views::{BeginOAuth, OAuthIntent};
use sandbox::{AutoConsent, Fault, FaultAction, MARA, Provider, Sandbox, SandboxOptions};
use serde_json::Value;

use crate::support::{Home, PASSPHRASE, count, http_get, last_json, until};

const MESSAGES: &str = "/gmail/v1/users/me/messages";
const SEND: &str = "*/gmail/v1/users/me/messages/send";

struct World {
    sandbox: Sandbox,
    home: Home,
    runtime: tokio::runtime::Runtime,
}

fn world(options: SandboxOptions) -> World {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
    let home = Home::at(&sandbox);
    World { sandbox, home, runtime }
}

/// Connected and synced once.
fn synced() -> (World, String) {
    let w = world(SandboxOptions::small());
    let id = w.connect();
    let report = w.home.run(&["sync"]);
    assert_eq!(total(&report, "added"), w.sandbox.messages(MARA).len() as u64, "{report}");
    (w, id)
}

/// Of the mail: the calendars of the account are scopes of their own.
fn total(report: &Value, field: &str) -> u64 {
    let scopes = report["items"].as_array().unwrap().iter().inspect(|s| assert!(s["error"].is_null(), "{s}"));
    scopes.filter(|s| s["scope"] == "mail").map(|s| s[field].as_u64().unwrap()).sum()
}

impl World {
    fn connect(&self) -> String {
        let connected = self.home.sign_in(&["connect", "google", "--no-browser"]);
        assert_eq!((&connected["email"], &connected["status"]), (&MARA.into(), &"active".into()), "{connected}");
        connected["id"].as_str().unwrap().to_owned()
    }

    fn connection(&self) -> Value {
        self.home.run(&["connections"])["items"][0].clone()
    }

    /// Subject, unread, starred of everything here.
    fn here(&self) -> BTreeSet<(String, bool, bool)> {
        let list = self.home.run(&["mail", "list", "--limit", "10000"]);
        let flag = |m: &Value, name: &str| m[name].as_bool().unwrap();
        list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|m| (m["subject"].as_str().unwrap().to_owned(), flag(m, "unread"), flag(m, "starred")))
            .collect()
    }

    /// The same at the provider.
    fn there(&self) -> BTreeSet<(String, bool, bool)> {
        let all = self.sandbox.messages(MARA).into_iter();
        all.map(|m| (m.subject.clone(), m.labels.contains("UNREAD"), m.labels.contains("STARRED"))).collect()
    }

    fn id_of(&self, subject: &str) -> String {
        let list = self.home.run(&["mail", "list", "--limit", "10000"]);
        let found = list["items"].as_array().unwrap().iter().find(|m| m["subject"] == subject).cloned();
        found.unwrap_or_else(|| panic!("no “{subject}” in {list}"))["id"].as_str().unwrap().to_owned()
    }

    fn remote(&self, subject: &str) -> sandbox::MessageState {
        self.sandbox.messages(MARA).into_iter().find(|m| m.subject == subject).unwrap()
    }

    /// Requests for contents of messages so far.
    fn downloads(&self) -> usize {
        let raw = self.sandbox.control().log().into_iter().filter(|e| e.path.starts_with(MESSAGES) && e.query.contains("format=raw"));
        raw.count()
    }

    fn audit(&self, action: &str) -> Vec<Value> {
        let log = self.home.run(&["audit", "--limit", "1000"]);
        log["items"].as_array().unwrap().iter().filter(|e| e["action"] == action).cloned().collect()
    }

    fn body(&self) -> String {
        let file = self.home.dir.path().join("body.txt");
        std::fs::write(&file, "Exactly once, please.\n").unwrap();
        file.to_str().unwrap().to_owned()
    }

    /// An engine in this process at another time.
    fn engine(&self, offset_secs: i64, background: bool) -> engine::Engine {
        let clock: domain::time::Clock = std::sync::Arc::new(move || domain::time::system_clock()().plus_secs(offset_secs));
        let key = vault::KeySource::Passphrase(PASSPHRASE.to_owned().into());
        self.runtime.block_on(host::open_engine(&self.home.path(), key, clock, background)).unwrap()
    }
}

#[test]
fn connects_syncs_and_follows_what_happens_elsewhere() {
    let (w, _) = synced();
    assert_eq!(w.here(), w.there());
    let first = w.downloads();
    assert_eq!(first, w.sandbox.messages(MARA).len(), "each body came once");
    let again = w.home.run(&["sync"]);
    assert_eq!((total(&again, "added"), total(&again, "removed"), total(&again, "bytes")), (0, 0, 0), "{again}");

    w.sandbox.deliver_text(MARA, "Ada <ada@elsewhere.example>", "Fresh from outside", "a word: zanzibar").unwrap();
    assert!(w.sandbox.relabel(MARA, &w.remote("New beans have landed").id, &["STARRED"], &["UNREAD"]));
    assert!(w.sandbox.delete(MARA, &w.remote("You have won").id));
    let report = w.home.run(&["sync"]);
    assert_eq!((total(&report, "added"), total(&report, "removed")), (1, 1), "{report}");
    assert_eq!(w.here(), w.there());
    assert_eq!(w.downloads(), first + 1, "only the new one was downloaded");
    assert_eq!(w.home.run(&["search", "zanzibar"])["items"].as_array().unwrap().len(), 1);
    let list = w.sandbox.control().count("GET", MESSAGES);
    assert_eq!(total(&w.home.run(&["sync"]), "added"), 0);
    assert_eq!(w.sandbox.control().count("GET", MESSAGES), list, "history says it all: nothing is listed again");
}

#[test]
fn an_expired_history_is_reconciled_without_a_wipe_and_without_downloading_again() {
    let (w, _) = synced();
    let before = w.downloads();
    let kept = w.id_of("Quarterly figures");
    w.sandbox.deliver_text(MARA, "ada@elsewhere.example", "While history was lost", "pemmican").unwrap();
    assert!(w.sandbox.delete(MARA, &w.remote("You have won").id));
    assert!(w.sandbox.relabel(MARA, &w.remote("New beans have landed").id, &["STARRED"], &[]));
    w.sandbox.expire_history(MARA);
    let report = w.home.run(&["sync"]);
    assert_eq!((total(&report, "added"), total(&report, "removed")), (1, 1), "{report}");
    assert_eq!(w.here(), w.there());
    assert_eq!(w.downloads(), before + 1, "no body was downloaded twice");
    assert_eq!(w.id_of("Quarterly figures"), kept, "the same row, not a new one");
    assert_eq!(total(&w.home.run(&["sync"]), "added"), 0);
}

#[test]
fn a_partial_grant_switches_features_off_and_says_why() {
    let w = world(SandboxOptions::small());
    // Google's names: it answers with these whatever the request called them.
    let only = ["openid", "userinfo.email", "userinfo.profile", "gmail.readonly"]
        .map(|s| if s == "openid" { s.to_owned() } else { format!("https://www.googleapis.com/auth/{s}") })
        .to_vec();
    w.sandbox.set_auto_consent(Provider::Google, Some(AutoConsent { scopes: Some(only), ..AutoConsent::default() }));
    w.connect();
    let view = w.connection();
    let features = view["features"].as_array().unwrap();
    let feature = |id: &str| features.iter().find(|f| f["id"] == id).unwrap_or_else(|| panic!("no {id} in {view}"));
    assert_eq!(feature("mail.read")["granted"], true, "{view}");
    for off in ["mail.modify", "mail.send"] {
        assert_eq!(feature(off)["granted"], false, "{view}");
        assert!(feature(off)["why"].as_str().unwrap().len() > 10, "{view}");
    }
    assert_eq!(view["can_send"], false, "{view}");
    assert_eq!(total(&w.home.run(&["sync"]), "added"), w.sandbox.messages(MARA).len() as u64);
    let body = w.body();
    let error = w.home.fail(&["mail", "send", "--from", MARA, "--to", "a@elsewhere.example", "--subject", "x", "--body-file", &body]);
    assert_eq!(error["code"], "not_granted", "{error}");
    assert!(error["hint"].as_str().unwrap().contains("Reconnect"), "{error}");
    assert_eq!(w.sandbox.control().count("POST", SEND), 0, "not even tried");
    let error = w.home.fail(&["mail", "flag", &w.id_of("Quarterly figures"), "unstarred"]);
    assert_eq!(error["code"], "not_granted", "{error}");
    assert_eq!(total(&w.home.run(&["sync"]), "updated"), 0);
    assert!(w.home.run(&["outbox", "list"])["items"].as_array().unwrap().is_empty(), "nothing waits for what can't be");
    assert!(w.remote("Quarterly figures").labels.contains("STARRED"));
    assert_eq!(w.here(), w.there(), "what is not allowed there does not stay changed here");
}

#[test]
fn flags_moves_and_mail_reach_the_provider() {
    let (w, _) = synced();
    w.home.run(&["mail", "flag", &w.id_of("New beans have landed"), "read"]);
    w.home.run(&["mail", "flag", &w.id_of("New beans have landed"), "starred"]);
    w.home.run(&["mail", "flag", &w.id_of("Quarterly figures"), "unstarred"]);
    w.home.run(&["mail", "move", &w.id_of("Lunch on Thursday?"), "--to", "archive"]);
    w.home.run(&["mail", "move", &w.id_of("New beans have landed"), "--to", "Work"]);
    let work = w.sandbox.labels(MARA).into_iter().find(|(_, name)| name == "Work").unwrap().0;
    assert!(w.remote("New beans have landed").labels.contains(&work));
    assert!(!w.remote("Lunch on Thursday?").labels.contains("INBOX"));
    assert_eq!(w.here(), w.there());

    let (body, lunch) = (w.body(), w.id_of("Lunch on Thursday?"));
    let sent = w.home.run(&[
        "mail",
        "send",
        "--from",
        MARA,
        "--to",
        "jonas.berg@fjordkraft.example",
        "--subject",
        "Re: Lunch on Thursday?",
        "--body-file",
        &body,
        "--in-reply-to",
        &lunch,
    ]);
    assert_eq!(sent["state"], "sent", "{sent}");
    let there = w.sandbox.sent(MARA);
    assert_eq!(there[0].thread_id, w.remote("Lunch on Thursday?").thread_id, "an answer lies in its thread");
    let report = w.home.run(&["sync"]);
    assert_eq!((w.home.run(&["outbox", "list"])["items"].as_array().unwrap().len(), total(&report, "removed")), (0, 0));
    assert_eq!(w.here(), w.there());
    assert_eq!(count(&w.home, &["mail", "list"]), w.sandbox.messages(MARA).len(), "the sent mail is here once");
}

#[test]
fn a_connection_that_breaks_after_the_mail_was_taken_makes_one_mail() {
    let (w, _) = synced();
    let before = w.sandbox.sent(MARA).len();
    let body = w.body();
    let send = |subject: &str| {
        let args = ["mail", "send", "--queue", "--from", MARA, "--to", "a@elsewhere.example", "--subject", subject, "--body-file", &body];
        w.home.run(&args);
        let first = w.home.try_run(&["sync"]);
        println!("{subject}: {}", String::from_utf8_lossy(&first.stdout).lines().last().unwrap_or_default());
        for _ in 0..5 {
            w.home.try_run(&["sync"]);
            let list = w.home.run(&["outbox", "list"]);
            let Some(item) = list["items"].as_array().unwrap().first() else { return };
            assert_ne!(item["state"], "wedged", "Gmail can be asked: {item}");
            w.home.try_run(&["outbox", "retry", item["id"].as_str().unwrap()]);
        }
        panic!("{}", w.home.run(&["outbox", "list"]));
    };
    w.sandbox.control().add_fault(Fault::new(SEND, FaultAction::Drop { after_commit: true }).method("POST"));
    send("taken, but nobody said so");
    let subjects = || w.sandbox.sent(MARA).into_iter().map(|m| m.subject).collect::<Vec<_>>();
    assert_eq!(w.sandbox.sent(MARA).len(), before + 1, "{:?}", subjects());
    // The other half: the connection breaks before the provider has it, so proof is missing and it must be sent.
    w.sandbox.control().clear_faults();
    w.sandbox.control().add_fault(Fault::new(SEND, FaultAction::Drop { after_commit: false }).method("POST"));
    send("never arrived the first time");
    assert_eq!(w.sandbox.sent(MARA).len(), before + 2, "{:?}", subjects());
    w.home.run(&["sync"]);
    assert_eq!(count(&w.home, &["mail", "list"]), w.sandbox.messages(MARA).len());
}

#[test]
fn a_stale_token_is_refreshed_once_and_a_dead_grant_keeps_the_mail() {
    let (w, id) = synced();
    let before = w.sandbox.counts(Provider::Google).refreshes;
    w.sandbox.expire_access_tokens(Provider::Google);
    assert_eq!(total(&w.home.run(&["sync"]), "added"), 0);
    assert_eq!(w.sandbox.counts(Provider::Google).refreshes, before + 1, "401, one refresh, one replay");

    assert!(w.sandbox.kill_grants(Provider::Google, MARA));
    let error = w.home.fail(&["sync", "--connection", &id]);
    assert!(error["hint"].as_str().unwrap().to_lowercase().contains("reconnect"), "{error}");
    let view = w.connection();
    assert_eq!(view["status"], "expired", "{view}");
    assert_eq!(count(&w.home, &["mail", "list"]), w.sandbox.messages(MARA).len(), "the mail stays");
    let asked = w.sandbox.counts(Provider::Google).refused;
    // Not in silence: without a word this would look like a mailbox without news.
    let output = w.home.try_run(&["sync"]);
    assert_eq!(output.status.code(), Some(1));
    let report = last_json(&output.stdout);
    let items = report["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{report}");
    assert_eq!((&items[0]["id"], &items[0]["error"]["code"], &items[0]["skipped"]), (&id.as_str().into(), &"expired".into(), &Value::Null));
    assert_eq!(last_json(&output.stderr)["code"], "expired");
    assert_eq!(w.sandbox.counts(Provider::Google).refused, asked, "a dead token is not tried again");

    // Signing in again as the same person revives the same connection.
    assert_eq!(w.connect(), id);
    assert_eq!(total(&w.home.run(&["sync"]), "added"), 0);
}

#[test]
fn disconnecting_revokes_and_erases() {
    let (w, id) = synced();
    let gone = w.home.run(&["disconnect", &id]);
    assert_eq!(gone["revocation"], "revoked", "{gone}");
    assert_eq!(w.sandbox.live_grants(Provider::Google, MARA), 0);
    assert_eq!(w.sandbox.counts(Provider::Google).revocations, 1);
    assert_eq!(count(&w.home, &["mail", "list"]), 0);
    assert!(w.home.run(&["search", "figures"])["items"].as_array().unwrap().is_empty());
    assert!(w.home.run(&["connections"])["items"].as_array().unwrap().is_empty());
    assert_eq!(w.audit("connection.disconnected").len(), 1);
}

#[test]
fn disconnecting_offline_erases_now_and_revokes_later() {
    let (w, id) = synced();
    w.sandbox.control().add_fault(Fault::new("/revoke", FaultAction::Drop { after_commit: false }).times(0));
    let gone = w.home.run(&["disconnect", &id]);
    assert_eq!(gone["revocation"], "queued", "{gone}");
    assert!(gone["message"].as_str().unwrap().contains("7 days"), "the person is told: {gone}");
    assert_eq!(count(&w.home, &["mail", "list"]), 0);
    assert_eq!(w.sandbox.live_grants(Provider::Google, MARA), 1);

    w.sandbox.control().clear_faults();
    // An hour later, with nothing connected any more.
    let engine = w.engine(3600, false);
    w.runtime.block_on(async {
        engine.sync_now(None).await.unwrap();
        engine.close().await;
    });
    drop(engine);
    assert_eq!(w.sandbox.live_grants(Provider::Google, MARA), 0);
    assert_eq!(w.audit("revocation.done").len(), 1);
}

/// `aurelius://…` that the provider sends the browser to; the attempt's process is gone afterwards, as after a cold start.
fn answered(w: &World) -> String {
    use std::io::{BufRead as _, BufReader};
    let mut child = w.home.start(&["connect", "oidc", "--no-browser"]);
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let (_, location) = http_get(last_json(first.as_bytes())["authorize_url"].as_str().unwrap());
    location.unwrap()
}

fn with_parameter(url: &str, key: &str, value: &str) -> String {
    let mut url = url::Url::parse(url).unwrap();
    let pairs: Vec<(String, String)> =
        url.query_pairs().into_owned().map(|(k, v)| if k == key { (k, value.to_owned()) } else { (k, v) }).collect();
    assert!(pairs.iter().any(|(k, _)| k == key), "{url} has no {key}");
    url.query_pairs_mut().clear().extend_pairs(pairs);
    url.into()
}

#[test]
fn forged_replayed_late_and_mixed_up_callbacks_change_nothing_and_are_audited() {
    let w = world(SandboxOptions { oidc_redirect: "scheme".to_owned(), ..SandboxOptions::small() });
    let refused = |url: &str, why: &str| {
        let (before, exchanges) = (w.audit("oauth.callback_refused").len(), w.sandbox.counts(Provider::Oidc).exchanges);
        let connections = w.home.run(&["connections"])["items"].as_array().unwrap().len();
        let error = w.home.fail(&["open", url]);
        assert_eq!(error["code"], "invalid_answer", "{why}: {error}");
        assert!(error["hint"].as_str().unwrap().len() > 10, "{why}: {error}");
        let entries = w.audit("oauth.callback_refused");
        assert_eq!(entries.len(), before + 1, "{why}: {entries:?}");
        assert_eq!(entries[0]["outcome"], "refused", "{why}: {entries:?}");
        assert_eq!(w.home.run(&["connections"])["items"].as_array().unwrap().len(), connections, "{why}");
        assert_eq!(w.sandbox.counts(Provider::Oidc).exchanges, exchanges, "{why}: the code was not spent");
    };

    // Forged: nobody asked. It does not harm the attempt that is open, either.
    let genuine = answered(&w);
    refused("aurelius://oauth/callback?code=stolen&state=AAAAAAAAAAAAAAAAAAAAAA", "forged");
    refused(&with_parameter(&genuine, "state", "AAAAAAAAAAAAAAAAAAAAAA"), "another state");
    refused("aurelius://oauth/callback", "bare");
    // Genuine, in a process that did not begin it.
    let connected = w.home.run(&["open", &genuine]);
    assert_eq!(connected["status"], "active", "{connected}");
    refused(&genuine, "replayed");

    // Mixed up: the answer says that it comes from another sign-in server. The attempt is spent with it.
    let mixed = answered(&w);
    refused(&with_parameter(&mixed, "iss", "https://evil.example"), "mixed up");
    refused(&mixed, "after the mix-up");

    // Late: begun eleven minutes ago.
    let engine = w.engine(-11 * 60, false);
    let start = w.runtime.block_on(async {
        let request = BeginOAuth { integration: "oidc".into(), intent: OAuthIntent::New, login_hint: None, actor: Actor::Person };
        let start = engine.begin_oauth(request).await.unwrap();
        engine.close().await;
        start
    });
    drop(engine);
    refused(&http_get(&start.authorize_url).1.unwrap(), "late");
}

#[test]
fn too_many_requests_waits_as_long_as_it_was_told() {
    let (w, id) = synced();
    let limited =
        FaultAction::Status { status: 429, retry_after: Some("4".to_owned()), reason: Some("rateLimitExceeded".to_owned()), body: None };
    let history = "/gmail/v1/users/me/history";
    w.sandbox.control().add_fault(Fault::new(history, limited));
    w.sandbox.control().clear_log();
    w.sandbox.deliver_text(MARA, "ada@elsewhere.example", "After the pause", "x").unwrap();
    // The window's engine, which goes on by itself.
    let engine = w.engine(0, true);
    let arrived = || w.runtime.block_on(async { engine.search("subject:\"After the pause\"", false, None, 5).await.unwrap() }).items.len();
    until("the new mail", Duration::from_secs(40), || arrived() == 1);
    w.runtime.block_on(engine.close());
    let asked: Vec<(Timestamp, u16)> =
        w.sandbox.control().log().into_iter().filter(|e| e.path == history).map(|e| (e.at, e.status)).collect();
    assert_eq!(asked[0].1, 429, "{asked:?}");
    let pause = asked[1].0.since(asked[0].0);
    println!("Retry-After 4 s: asked again after {pause} ms");
    assert!(pause >= 4_000, "{asked:?}");
    drop(engine);

    // The command line says so, with a time.
    let limited =
        FaultAction::Status { status: 429, retry_after: Some("60".to_owned()), reason: Some("rateLimitExceeded".to_owned()), body: None };
    w.sandbox.control().add_fault(Fault::new(history, limited));
    let error = w.home.fail(&["sync", "--connection", &id]);
    assert_eq!(error["code"], "rate_limited", "{error}");
    assert_eq!(w.connection()["status"], "active", "a busy provider is no error of the account");
}
