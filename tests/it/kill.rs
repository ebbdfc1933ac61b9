//! Kill -9 at random instants, while it syncs and sends. Afterwards an independent look at server, sink and home says whether
//! anything was lost or done twice.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use sandbox::{
    OIDC_MARA, Provider, Sandbox, SandboxOptions,
    smtp_sink::{SinkOptions, SmtpSink},
};
use serde_json::Value;

use crate::{
    dovecot::{Dovecot, Mailbox, PASSWORD, USER},
    oidc::{bearer_dovecot, connect_mail},
    support::{Home, Rng, last_json, rounds},
};

struct Tally {
    kills: usize,
    sent: usize,
    once: usize,
    unknown: usize,
    lost: usize,
    twice: usize,
}

fn sink_options() -> SinkOptions {
    SinkOptions::default()
}

fn subjects(sink: &SmtpSink) -> BTreeMap<String, usize> {
    let mut out = BTreeMap::new();
    for mail in sink.received() {
        let text = String::from_utf8_lossy(&mail.raw).into_owned();
        let subject = text.lines().find_map(|l| l.strip_prefix("Subject: ")).unwrap_or_default().to_owned();
        *out.entry(subject).or_default() += 1;
    }
    out
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_minus_nine_at_random_instants_loses_and_doubles_nothing() {
    let rounds = rounds(20, 400);
    let seed = std::env::var("AURELIUS_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(0x5eed_0001_u64);
    println!("seed {seed} (AURELIUS_SEED repeats a run)");
    let sink = SmtpSink::start(sink_options()).await.unwrap();
    let tally = tokio::task::spawn_blocking({
        let port = sink.port();
        move || {
            let server = Dovecot::start(&[Mailbox::generate("INBOX", 600, 1_795_176_000), Mailbox { name: "Sent", mails: Vec::new() }], "");
            let home = Home::new();
            home.connect_imap("test@corpus.example", USER, PASSWORD, server.port, Some(port));
            let mut rng = Rng(seed);
            let body = home.dir.path().join("body.txt");
            std::fs::write(&body, "a mail that must arrive exactly once\n").unwrap();
            let mut queued = Vec::new();
            let mut other = server.other_client();
            other.run("SELECT INBOX");
            for round in 0..rounds {
                let subject = format!("kill round {round}");
                home.run(&[
                    "mail",
                    "send",
                    "--queue",
                    "--from",
                    "test@corpus.example",
                    "--to",
                    "someone@elsewhere.example",
                    "--subject",
                    &subject,
                    "--body-file",
                    body.to_str().unwrap(),
                ]);
                queued.push(subject);
                // The server moves on as well.
                let n = 1 + rng.below(400);
                other.run(&format!("STORE {n} +FLAGS (\\Flagged)"));
                if round % 4 == 1 {
                    other.run(&format!("STORE {} +FLAGS (\\Deleted)", 1 + rng.below(300)));
                    other.run("EXPUNGE");
                }
                let mut child = home.start(&["sync"]);
                // Opening alone takes some 200 ms: most instants fall into the work, some before and after it.
                std::thread::sleep(Duration::from_millis(100 + rng.below(1_500)));
                let _ = child.kill();
                let _ = child.wait();
            }
            // What was in flight at the last kill has a lease; then everything settles.
            for _ in 0..40 {
                let settled = home.try_run(&["sync"]);
                if !settled.status.success() {
                    let error = last_json(&settled.stderr);
                    assert_eq!(error["code"], "outbox_wedged", "{error}");
                }
                let open = home.run(&["outbox", "list"]);
                if open["items"].as_array().unwrap().iter().all(|i| i["state"] == "wedged") {
                    break;
                }
                std::thread::sleep(Duration::from_millis(500));
            }
            let truth: Vec<String> = server.other_client().truth("INBOX").into_iter().map(|(id, _)| id).collect();
            let mut local: Vec<String> = home.run(&["mail", "list", "--mailbox", "INBOX", "--limit", "10000"])["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|m| m["message_id"].as_str().unwrap().to_owned())
                .collect();
            local.sort();
            assert_eq!(local, truth, "local = server");
            let checks = home.run(&["doctor"]);
            let failed: Vec<&Value> = checks["items"].as_array().unwrap().iter().filter(|c| c["state"] == "fail").collect();
            // A mail whose fate nobody can know is reported by the doctor; nothing else may be.
            assert!(failed.iter().all(|c| c["id"] == "outbox"), "{failed:?}");
            let wedged = home.run(&["outbox", "list"]);
            for item in wedged["items"].as_array().unwrap() {
                // Nothing else may be left: neither something that still waits nor another reason.
                assert_eq!(
                    (&item["kind"], &item["state"], &item["reason"]),
                    (&"send".into(), &"wedged".into(), &"maybe_sent".into()),
                    "{item}"
                );
            }
            let unknown: Vec<String> =
                wedged["items"].as_array().unwrap().iter().map(|i| i["subject"].as_str().unwrap_or_default().to_owned()).collect();
            (queued, unknown, rounds)
        }
    })
    .await
    .unwrap();
    let (queued, unknown, kills) = tally;
    let arrived = subjects(&sink);
    let mut tally = Tally { kills, sent: queued.len(), once: 0, unknown: 0, lost: 0, twice: 0 };
    for subject in &queued {
        match (arrived.get(subject).copied().unwrap_or(0), unknown.contains(subject)) {
            (1, false) => tally.once += 1,
            (0 | 1, true) => tally.unknown += 1,
            (0, false) => tally.lost += 1,
            _ => tally.twice += 1,
        }
    }
    println!(
        "{} kills, {} mails: {} once, {} of unknown fate, {} lost, {} twice",
        tally.kills, tally.sent, tally.once, tally.unknown, tally.lost, tally.twice
    );
    assert_eq!((tally.lost, tally.twice), (0, 0));
}

/// Refresh tokens that can be used once: a kill between the provider's answer and the disk must not sign anybody out. The provider
/// forgives a repeated use for a minute, as those with such tokens do; without any grace nobody could survive that instant.
#[test]
fn kill_minus_nine_while_it_refreshes_signs_nobody_out() {
    let rounds = rounds(6, 300);
    let seed = std::env::var("AURELIUS_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(0x5eed_0003_u64);
    println!("seed {seed} (AURELIUS_SEED repeats a run)");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sandbox = runtime.block_on(Sandbox::start(SandboxOptions::default())).unwrap();
    sandbox.consent_as(Provider::Oidc, OIDC_MARA);
    sandbox.set_oidc_grace(60);
    let server = bearer_dovecot(&sandbox, 5);
    let home = Home::at(&sandbox);
    home.sign_in(&["connect", "oidc", "--no-browser"]);
    let mail = connect_mail(&home, &server);
    let sync = ["sync", "--connection", &mail];
    home.run(&sync);
    sandbox.expire_access_tokens(Provider::Oidc);
    let started = Instant::now();
    home.run(&sync);
    let span = started.elapsed().as_millis() as u64;
    let mut rng = Rng(seed);
    let before = sandbox.counts(Provider::Oidc);
    let mut in_the_middle = 0;
    for round in 0..rounds {
        sandbox.expire_access_tokens(Provider::Oidc);
        let refreshes = sandbox.counts(Provider::Oidc).refreshes;
        let ms = rng.below(span + span / 5);
        let mut child = home.start(&sync);
        std::thread::sleep(Duration::from_millis(ms));
        let _ = child.kill();
        let _ = child.wait();
        let killed_after = sandbox.counts(Provider::Oidc).refreshes;
        let output = home.try_run(&sync);
        assert!(output.status.success(), "round {round}, {ms} of {span} ms: {}", String::from_utf8_lossy(&output.stderr));
        // The provider had answered and yet had to be asked again: the kill met the instant in between.
        in_the_middle += usize::from(killed_after > refreshes && sandbox.counts(Provider::Oidc).refreshes > killed_after);
    }
    let after = sandbox.counts(Provider::Oidc);
    println!(
        "{rounds} kills, {} exchanges, {in_the_middle} between the answer and the disk; nobody was signed out",
        after.refreshes - before.refreshes
    );
    assert_eq!(after.reuse_detected, before.reuse_detected);
    assert!(home.run(&["connections"])["items"].as_array().unwrap().iter().all(|c| c["status"] == "active"));
    assert!(home.try_run(&["doctor"]).status.success());
}
