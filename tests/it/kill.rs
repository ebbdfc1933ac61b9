//! Kill -9 at random instants, while it syncs, writes and sends. Afterwards an independent look at server, sink and home says whether
//! anything was lost or done twice. Only processes that died of the signal count as kills.

pub mod look;
mod moving;

use std::{
    collections::{BTreeMap, BTreeSet},
    os::unix::process::ExitStatusExt as _,
    process::Child,
    time::{Duration, Instant},
};

use domain::{audit::Actor, mail::Flags};
use engine::{
    Engine,
    views::{Action, Target},
};
use sandbox::{
    Fault, FaultAction, OIDC_MARA, Provider, Sandbox, SandboxOptions,
    smtp_sink::{SinkOptions, SmtpSink},
};
use serde_json::Value;
use store::MessageFilter;

use crate::{
    dovecot::{Dovecot, Mailbox, PASSWORD, RawImap, USER},
    oidc::{bearer_dovecot, connect_mail},
    support::{Home, Rng, last_json, rounds},
};
use look::Ready;

const FOLDERS: [&str; 3] = ["INBOX", "Archive", "Sent"];
const MAILS: u64 = 600;
const SIGKILL: i32 = 9;

fn seed(default: u64) -> u64 {
    let seed = std::env::var("AURELIUS_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(default);
    println!("seed {seed} (AURELIUS_SEED repeats a run)");
    seed
}

/// Kills, and says whether that is what it died of: it may have ended before.
fn kill(mut child: Child) -> bool {
    let _ = child.kill();
    child.wait().unwrap().signal() == Some(SIGKILL)
}

/// Message-IDs of what arrived, by subject.
fn arrived(sink: &SmtpSink) -> BTreeMap<String, Vec<String>> {
    let mut out: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for mail in sink.received() {
        let text = String::from_utf8_lossy(&mail.raw).into_owned();
        let field = |name: &str| text.lines().find_map(|l| l.strip_prefix(name)).unwrap_or_default().to_owned();
        out.entry(field("Subject: ")).or_default().push(field("Message-ID: <").trim_end_matches('>').to_owned());
    }
    out
}

/// Where every mail must be and with which flags, in the end: what was accepted here, and what others did at the server. The others
/// touch even numbers and the person odd ones: whose word counts where both touch one is a matter of who comes first.
struct Wanted(BTreeMap<String, (&'static str, BTreeSet<&'static str>)>);

impl Wanted {
    fn of(server: &mut RawImap) -> Self {
        let known = ["\\Answered", "\\Flagged", "\\Seen"];
        let flags = |names: &str| known.into_iter().filter(|k| names.split(' ').any(|n| n == *k)).collect();
        Self(server.truth("INBOX").into_iter().map(|(id, names)| (id, ("INBOX", flags(&names)))).collect())
    }

    fn flag(&mut self, id: &str, flag: &'static str, on: bool) {
        let flags = &mut self.0.get_mut(id).unwrap().1;
        if on {
            flags.insert(flag);
        } else {
            flags.remove(flag);
        }
    }

    fn list(&self, folder: &str) -> Vec<(String, String)> {
        let here = self.0.iter().filter(|(_, (f, _))| *f == folder);
        here.map(|(id, (_, flags))| (id.clone(), flags.iter().copied().collect::<Vec<_>>().join(" "))).collect()
    }

    /// The server moves on: somebody else stars and deletes.
    fn change_there(&mut self, rng: &mut Rng, server: &mut RawImap, round: usize) {
        let mut pick = |wanted: &Self| -> Option<(String, String)> {
            let id = format!("inbox.{}@corpus.example", 2 * rng.below(MAILS / 2));
            wanted.0.contains_key(&id).then(|| {
                let found = server.run(&format!("UID SEARCH HEADER Message-ID <{id}>"));
                let uid =
                    found.iter().find_map(|l| l.strip_prefix("* SEARCH ")).unwrap_or_else(|| panic!("{id}: {found:?}")).trim().to_owned();
                (id, uid)
            })
        };
        let star = pick(self);
        let delete = if round % 4 == 1 { pick(self) } else { None };
        if let Some((id, uid)) = star {
            server.run(&format!("UID STORE {uid} +FLAGS (\\Flagged)"));
            self.flag(&id, "\\Flagged", true);
        }
        if let Some((id, uid)) = delete {
            server.run(&format!("UID STORE {uid} +FLAGS (\\Deleted)"));
            server.run(&format!("UID EXPUNGE {uid}"));
            self.0.remove(&id);
        }
    }

    /// The person flags or moves a mail: from here on it is accepted, and has to happen whatever comes. True: there was one.
    async fn change_here(&mut self, rng: &mut Rng, engine: &Engine) -> bool {
        let mails = engine.store().messages(&MessageFilter::default(), None, 100_000).await.unwrap().items;
        let odd = |id: &str| id.strip_prefix("inbox.").and_then(|n| n.split('@').next()?.parse::<u64>().ok()).is_some_and(|n| n % 2 == 1);
        let mine: Vec<_> = mails.iter().filter(|m| odd(&m.rfc_message_id)).collect();
        if mine.is_empty() {
            // Nothing has been synced yet.
            return false;
        }
        let mail = mine[rng.below(mine.len() as u64) as usize];
        let id = mail.rfc_message_id.as_str();
        let Flags { flagged, seen, .. } = mail.flags;
        let action = match rng.below(4) {
            0 | 1 => {
                self.flag(id, "\\Flagged", !flagged);
                Action::Star { on: !flagged }
            }
            2 => {
                self.flag(id, "\\Seen", !seen);
                Action::Read { on: !seen }
            }
            _ => {
                let folder = &mut self.0.get_mut(id).unwrap().0;
                *folder = if *folder == "INBOX" { "Archive" } else { "INBOX" };
                let mailboxes = engine.store().mailboxes(None).await.unwrap();
                Action::Move { to: mailboxes.iter().find(|m| m.name == *folder).unwrap().id }
            }
        };
        let token = engine.act(action, Target::Messages { ids: vec![mail.id] }, Actor::Person).await.unwrap();
        for item in token.items {
            // Not put off until it can't be taken back any more: the next sync writes it.
            engine.outbox_send_now(item.outbox).await.unwrap();
        }
        true
    }
}

/// Syncs until nothing is left to do; returns the subjects of mails that may have been sent, which only the person can tell.
fn settle(home: &Home) -> Vec<String> {
    let open = || home.run(&["outbox", "list"])["items"].as_array().unwrap().clone();
    // What was in flight at the last kill has a lease.
    for _ in 0..40 {
        let settled = home.try_run(&["sync"]);
        if !settled.status.success() {
            let error = last_json(&settled.stderr);
            assert_eq!(error["code"], "outbox_wedged", "{error}");
        }
        if open().iter().all(|i| i["state"] == "wedged") {
            break;
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    home.try_run(&["sync"]);
    let left = open();
    for item in &left {
        // Nothing else may be left: neither something that still waits nor another reason.
        assert_eq!((&item["kind"], &item["state"], &item["reason"]), (&"send".into(), &"wedged".into(), &"maybe_sent".into()), "{item}");
    }
    left.iter().map(|i| i["subject"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn kill_minus_nine_at_random_instants_loses_and_doubles_nothing() {
    let rounds = rounds(14, 400);
    let mut rng = Rng(seed(0x5eed_0001));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sink = runtime.block_on(SmtpSink::start(SinkOptions::default())).unwrap();
    let empty = |name| Mailbox { name, mails: Vec::new() };
    let server = Dovecot::start(&[Mailbox::generate("INBOX", MAILS as usize, 1_795_176_000), empty("Archive"), empty("Sent")], "");
    let home = Home::new();
    home.connect_imap("test@corpus.example", USER, PASSWORD, server.port, Some(sink.port()));
    let body = home.dir.path().join("body.txt");
    std::fs::write(&body, "a mail that must arrive exactly once\n").unwrap();
    let mut wanted = Wanted::of(&mut server.other_client());
    let mut other = server.other_client();
    other.run("SELECT INBOX");
    let mut ready = runtime.block_on(Ready::new(&home.path()));
    let (mut kills, mut writes, mut queued) = (0, 0, Vec::new());
    // How long after its start it is killed at most; follows how long it takes on this machine now.
    let mut most = 1_500;
    let mut filled = false;
    for round in 0.. {
        if kills >= rounds {
            break;
        }
        assert!(round < 3 * rounds + 20, "only {kills} of {round} were killed: the others had ended");
        if !filled && kills >= rounds / 4 {
            // The first sync has been met often enough. From here on there is mail to change.
            filled = true;
            settle(&home);
            let started = Instant::now();
            home.try_run(&["sync"]);
            most = started.elapsed().as_millis() as u64 * 3 / 2;
        }
        runtime.block_on(async {
            let engine = ready.open(&home.path(), &format!("round {round}")).await;
            writes += usize::from(wanted.change_here(&mut rng, &engine).await);
            engine.close().await;
        });
        let subject = format!("kill round {round}");
        let mut send = vec!["mail", "send", "--queue", "--from", "test@corpus.example", "--to", "someone@elsewhere.example"];
        send.extend(["--subject", &subject, "--body-file", body.to_str().unwrap()]);
        home.run(&send);
        queued.push(subject);
        wanted.change_there(&mut rng, &mut other, round);
        let child = home.start(&["sync"]);
        // Opening alone takes some 200 ms: most instants fall into the work, some before and after it.
        std::thread::sleep(Duration::from_millis(60 + most * rng.below(1_000) / 1_000));
        if kill(child) {
            kills += 1;
            most = (most + most / 40).min(4_000);
        } else {
            most = (most - most / 8).max(300);
        }
        if round % 25 == 24 {
            println!("{kills} killed of {}, {writes} flags and moves so far", round + 1);
        }
    }
    let unknown = settle(&home);
    let checks = home.try_run(&["doctor"]).stdout;
    let failed: Vec<Value> = last_json(&checks)["items"].as_array().unwrap().iter().filter(|c| c["state"] == "fail").cloned().collect();
    // A mail whose fate nobody can know is reported by the doctor; nothing else may be.
    assert!(failed.iter().all(|c| c["id"] == "outbox"), "{failed:?}");

    let arrived = arrived(&sink);
    let filed: BTreeMap<String, String> = server.other_client().truth("Sent").into_iter().collect();
    let (mut once, mut lost, mut twice) = (0, Vec::new(), Vec::new());
    for subject in &queued {
        let ids = arrived.get(subject).map_or(&[][..], Vec::as_slice);
        match (ids, unknown.contains(subject)) {
            ([], true) => {}
            // Whether there is a copy hangs on when it was killed, too.
            ([id], true) if !filed.contains_key(id) => {}
            ([id], may) => {
                once += usize::from(!may);
                wanted.0.insert(id.clone(), ("Sent", ["\\Seen"].into()));
            }
            ([], false) => lost.push(subject),
            _ => twice.push(subject),
        }
    }
    println!(
        "{kills} kills, {} mails: {once} once, {} of unknown fate, {} lost, {} twice; {writes} flags and moves",
        queued.len(),
        unknown.len(),
        lost.len(),
        twice.len()
    );
    assert!(lost.is_empty() && twice.is_empty(), "lost {lost:?}, twice {twice:?}");
    assert!(writes > 0, "no flag was ever changed here");
    runtime.block_on(async {
        let engine = ready.open(&home.path(), "at the end").await;
        look::sound(&engine, "at the end").await;
        for folder in FOLDERS {
            // truth() is sorted, and so is the list: a copy that is there twice is one too many.
            let there = server.other_client().truth(folder);
            assert_eq!(difference(&wanted.list(folder), &there), (Vec::new(), Vec::new()), "{folder}: missing and too many at the server");
            let here = look::local(&engine, folder).await;
            assert_eq!(difference(&there, &here), (Vec::new(), Vec::new()), "{folder}: missing and too many here");
        }
        engine.close().await;
    });
    ready.judge();
}

type Row = (String, String);

/// (missing, too many) of `found`.
fn difference(wanted: &[Row], found: &[Row]) -> (Vec<Row>, Vec<Row>) {
    let mut too_many = found.to_vec();
    let mut missing = Vec::new();
    for row in wanted {
        match too_many.iter().position(|r| r == row) {
            Some(at) => drop(too_many.swap_remove(at)),
            None => missing.push(row.clone()),
        }
    }
    (missing, too_many)
}

/// Refresh tokens that can be used once: a kill between the provider's answer and the disk must not sign anybody out. The provider
/// forgives a repeated use for a minute, as those with such tokens do; without any grace nobody could survive that instant.
#[test]
fn kill_minus_nine_while_it_refreshes_signs_nobody_out() {
    let rounds = rounds(6, 300);
    let mut rng = Rng(seed(0x5eed_0003));
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
    let mut span = started.elapsed().as_millis() as u64;
    let before = sandbox.counts(Provider::Oidc);
    let (mut kills, mut tries, mut in_the_middle) = (0, 0, 0);
    while kills < rounds {
        tries += 1;
        assert!(tries < 3 * rounds + 20, "only {kills} of {tries} were killed: the others had ended");
        sandbox.expire_access_tokens(Provider::Oidc);
        let refreshes = sandbox.counts(Provider::Oidc).refreshes;
        // Every other kill is aimed: the provider has spent the token, and its answer is on the way, but not on the disk.
        let aimed = tries % 2 == 0;
        if aimed {
            sandbox.control().add_fault(Fault::new("*/token", FaultAction::SlowBody { millis: 30_000, chunk: 4096 }));
        }
        let ms = rng.below(span + span / 5);
        let child = home.start(&sync);
        let started = Instant::now();
        while if aimed {
            sandbox.counts(Provider::Oidc).refreshes == refreshes && started.elapsed() < Duration::from_secs(20)
        } else {
            started.elapsed() < Duration::from_millis(ms)
        } {
            std::thread::sleep(Duration::from_millis(1));
        }
        let killed = kill(child);
        sandbox.control().clear_faults();
        kills += usize::from(killed);
        let killed_after = sandbox.counts(Provider::Oidc).refreshes;
        let started = Instant::now();
        let output = home.try_run(&sync);
        assert!(output.status.success(), "try {tries}, {ms} of {span} ms: {}", String::from_utf8_lossy(&output.stderr));
        span = (3 * span + started.elapsed().as_millis() as u64) / 4;
        // The provider had answered and yet had to be asked again: the kill met the instant in between.
        in_the_middle += usize::from(killed && killed_after > refreshes && sandbox.counts(Provider::Oidc).refreshes > killed_after);
    }
    let after = sandbox.counts(Provider::Oidc);
    println!(
        "{kills} kills, {} exchanges, {in_the_middle} between the answer and the disk; nobody was signed out",
        after.refreshes - before.refreshes
    );
    assert_eq!(after.reuse_detected, before.reuse_detected);
    assert!(in_the_middle >= kills / 3, "{in_the_middle} of {kills} kills met a token that was spent there and not yet changed here");
    assert!(home.run(&["connections"])["items"].as_array().unwrap().iter().all(|c| c["status"] == "active"));
    assert!(home.try_run(&["doctor"]).status.success());
}
