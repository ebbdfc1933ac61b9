//! One sync, spoiled at every call by which it changes a file: the call fails with EIO, the disk is full from there on, or the process is
//! killed before it or in its middle. And the same sync on disks of every size. Afterwards an independent look: the store opens, every
//! page authenticates, index equals table, the log is unbroken, and the next sync brings exactly what the server has, which it could
//! not if the cursor were ahead of the data: this server tells only what changed since (QRESYNC).
//!
//! Linux only: see [`crate::fault`] and [`crate::full`].
#![cfg(target_os = "linux")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use domain::time::system_clock;
use serde_json::Value;
use store::{AuditVerdict, MessageFilter};
use vault::KeySource;

use crate::{
    dovecot::{Dovecot, Mailbox, PASSWORD, USER},
    fault::{self, Mode},
    full::{SmallDisk, on_small_disk},
    support::{PASSPHRASE, Rng, cli_binary, last_json, long},
};

/// A home that is made once and copied for every round.
struct Rounds {
    dir: tempfile::TempDir,
    server: Dovecot,
    /// Message-IDs and flags at the server, sorted.
    truth: Vec<(String, String)>,
}

fn command(home: &Path, pass: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(cli_binary());
    command.arg("--home").arg(home).arg("--passphrase-file").arg(pass).arg("--json").args(args);
    command.env_remove("DBUS_SESSION_BUS_ADDRESS").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Rounds {
    /// `first` mails are synced into the home; then `later` ones arrive, flags change and some go, at the server only.
    fn new(first: usize, later: &[Vec<u8>]) -> Self {
        use std::io::Write as _;
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("pass"), PASSPHRASE).unwrap();
        let server = Dovecot::start(&[Mailbox::generate("INBOX", first, 1_795_176_000)], "");
        let made = Self { dir, server, truth: Vec::new() };
        let imap = format!("127.0.0.1:{}", made.server.port);
        let email = "test@corpus.example";
        let args =
            ["connect", "imap", "--email", email, "--username", USER, "--password-stdin", "--imap", &imap, "--imap-security", "none"];
        let mut child = command(&made.base(), &made.pass(), &args).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
        assert!(command(&made.base(), &made.pass(), &["sync"]).status().unwrap().success());
        let mut other = made.server.other_client();
        for raw in later {
            other.append("INBOX", raw);
        }
        if first > 8 {
            other.run("SELECT INBOX");
            other.run("STORE 1:3 +FLAGS (\\Flagged)");
            other.run("STORE 5 +FLAGS (\\Deleted)");
            other.run("EXPUNGE");
        }
        let truth = other.truth("INBOX");
        Self { truth, ..made }
    }
    fn base(&self) -> PathBuf {
        self.dir.path().join("base")
    }
    fn pass(&self) -> PathBuf {
        self.dir.path().join("pass")
    }
    fn fresh(&self, home: &Path) {
        let _ = fs::remove_dir_all(home);
        copy(&self.base(), home);
    }
    fn sync(&self, home: &Path) -> Command {
        command(home, &self.pass(), &["sync"])
    }

    /// The independent look, then the sync that must put everything right.
    async fn judge(&self, home: &Path, what: &str) {
        let engine = host::open_engine(home, KeySource::Passphrase(PASSPHRASE.to_owned().into()), system_clock(), false)
            .await
            .unwrap_or_else(|e| panic!("{what}: does not open: {} {e}", e.code));
        let store = engine.store();
        assert_eq!(store.integrity().await.unwrap(), Vec::<String>::new(), "{what}");
        assert!(matches!(store.verify_audit().await.unwrap(), AuditVerdict::Intact { .. }), "{what}");
        // Whatever is listed can be read to its last byte.
        for message in store.messages(&MessageFilter::default(), None, 10_000).await.unwrap().items {
            store.raw_reader(message.id).await.unwrap().copy_to(&mut std::io::sink()).unwrap_or_else(|e| panic!("{what}: {e}"));
        }
        let report = engine.sync_now(None).await.unwrap();
        assert!(report.scopes.iter().all(|s| s.error.is_none()), "{what}: {report:?}");
        let mut local: Vec<(String, String)> = store
            .messages(&MessageFilter::default(), None, 10_000)
            .await
            .unwrap()
            .items
            .iter()
            .map(|m| {
                let flags = [(m.flags.answered, "\\Answered"), (m.flags.flagged, "\\Flagged"), (m.flags.seen, "\\Seen")];
                let names: Vec<&str> = flags.iter().filter(|(set, _)| *set).map(|(_, name)| *name).collect();
                (m.rfc_message_id.clone(), names.join(" "))
            })
            .collect();
        local.sort();
        assert!(local == self.truth, "{what}: local ≠ server: {} and {} messages", local.len(), self.truth.len());
        let again = engine.sync_now(None).await.unwrap();
        assert!(again.scopes.iter().all(|s| s.error.is_none() && s.added == 0), "{what}: {again:?}");
        assert_eq!(store.integrity().await.unwrap(), Vec::<String>::new(), "{what}");
        engine.close().await;
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else if path.is_file() {
            fs::copy(&path, target).unwrap();
        }
    }
}

fn letter(n: usize, bytes: usize) -> Vec<u8> {
    let mut rng = Rng(n as u64 + 1);
    let head = format!("From: a@corpus.example\r\nMessage-ID: <later.{n}@corpus.example>\r\nSubject: later {n}\r\n\r\n");
    let mut raw = head.into_bytes();
    while raw.len() < bytes {
        raw.extend_from_slice(format!("{:016x} {:016x} {:016x}\r\n", rng.next(), rng.next(), rng.next()).as_bytes());
    }
    raw
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(work)
}

/// Success, or an error with its parts; never silence, never a panic.
fn told(output: &Output, what: &str) -> Option<Value> {
    if output.status.success() {
        return None;
    }
    let error = last_json(&output.stderr);
    assert!(error["code"].as_str().is_some_and(|c| c != "internal" && !c.is_empty()), "{what}: {error}");
    assert!(error["hint"].as_str().is_some_and(|h| !h.is_empty()), "{what}: {error}");
    Some(error)
}

#[test]
fn every_call_of_a_sync_may_fail_or_be_the_last() {
    let later: Vec<Vec<u8>> = (0..6).map(|n| letter(n, if n == 2 { 400_000 } else { 3_000 })).collect();
    let rounds = Rounds::new(12, &later);
    let home = rounds.dir.path().join("home");
    let log = rounds.dir.path().join("calls");
    rounds.fresh(&home);
    let mut whole = rounds.sync(&home);
    fault::arm(&mut whole, &home, Mode::Kill, 0, Some(&log));
    let output = whole.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let calls = fault::calls(&log);
    assert!(calls.len() > 50, "{}", calls.len());
    let modes = [Mode::Eio, Mode::Kill, Mode::Full, Mode::Torn];
    // In CI a sample that meets each way some times; with AURELIUS_LONG every call in every way.
    let chosen: Vec<(usize, Mode)> = if long() {
        (1..=calls.len()).flat_map(|k| modes.map(|mode| (k, mode))).collect()
    } else {
        (0..8).map(|i| (1 + (2 * i + 1) * calls.len() / 16, modes[i % 4])).collect()
    };
    let (mut failed, mut spared) = (0, 0);
    block_on(async {
        for (k, mode) in chosen {
            let what = format!("call {k} of {}: {:?} {mode:?}", calls.len(), calls.get(k - 1));
            rounds.fresh(&home);
            let mut command = rounds.sync(&home);
            fault::arm(&mut command, &home, mode, k, None);
            let output = command.output().unwrap();
            match mode {
                // A process that was killed says nothing.
                Mode::Kill | Mode::Torn => failed += usize::from(!output.status.success()),
                Mode::Eio | Mode::Full => match told(&output, &what) {
                    Some(_) => failed += 1,
                    None => spared += 1,
                },
            }
            rounds.judge(&home, &what).await;
        }
    });
    println!("{} calls in one sync; {failed} spoiled, {spared} without harm; nothing lost, cursor never ahead", calls.len());
    assert!(failed > 0);
}

/// 10 MB of mail onto disks that are full after every multiple of 64 KiB.
#[test]
fn a_disk_full_after_any_64_kib_loses_nothing() {
    on_small_disk("spoiled::a_disk_full_after_any_64_kib_loses_nothing", 128 * 1024, step_by_step);
}

fn step_by_step(disk: &SmallDisk) {
    let later: Vec<Vec<u8>> = (0..80).map(|n| letter(n, if n % 10 == 7 { 420_000 } else { 90_000 })).collect();
    let rounds = Rounds::new(4, &later);
    let home = disk.path().join("home");
    // Mail, index and the log of the largest transaction.
    let most = 420;
    let steps: Vec<u64> = if long() { (0..most).collect() } else { vec![16, 70] };
    let (mut full, mut fitted) = (0, 0);
    block_on(async {
        for step in steps {
            let what = format!("{} KiB", step * 64);
            rounds.fresh(&home);
            disk.leave(step * 64);
            let output = rounds.sync(&home).output().unwrap();
            match told(&output, &what) {
                Some(error) => {
                    assert_eq!(error["code"], "disk_full", "{what}: {error}");
                    full += 1;
                }
                None => fitted += 1,
            }
            disk.free();
            rounds.judge(&home, &what).await;
        }
    });
    println!("{full} disks were too small, {fitted} large enough; nothing lost");
    assert!(full > 0);
}
