//! Changing the key of a home: done, refused, and killed at every kind of instant. Whatever happens, the home opens with exactly the old
//! or the new passphrase, and everything in it is there.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use domain::time::system_clock;
use engine::{Engine, EngineError};
use serde_json::Value;
use store::{AuditVerdict, MessageFilter};
use vault::KeySource;

#[cfg(target_os = "linux")]
use crate::fault::{self, Mode};
use crate::{
    dovecot::{Dovecot, Mail, Mailbox, PASSWORD, USER},
    support::{Rng, cli_binary, last_json, long},
};

/// A home whose passphrase changes.
struct Keyed {
    dir: tempfile::TempDir,
    /// Number of the passphrase that opens it.
    now: usize,
}

impl Keyed {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), now: 0 }
    }
    fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }
    fn phrase(n: usize) -> String {
        format!("correct horse battery staple {n}")
    }
    fn file(&self, n: usize) -> PathBuf {
        let file = self.dir.path().join(format!("pass{n}"));
        std::fs::write(&file, Self::phrase(n)).unwrap();
        file
    }
    fn command(&self, n: usize, args: &[&str]) -> Command {
        let mut command = Command::new(cli_binary());
        command.arg("--home").arg(self.home()).arg("--passphrase-file").arg(self.file(n)).arg("--json").args(args);
        command.env_remove("DBUS_SESSION_BUS_ADDRESS").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
    fn run(&self, n: usize, args: &[&str]) -> Output {
        self.command(n, args).output().unwrap()
    }
    /// The command that changes from passphrase `n` to `n + 1`.
    fn rekey(&self, n: usize) -> Command {
        let to = self.file(n + 1);
        self.command(n, &["rekey", "--new-passphrase-file", to.to_str().unwrap()])
    }
    async fn open(&self, n: usize) -> Result<Engine, EngineError> {
        host::open_engine(&self.home(), KeySource::Passphrase(Self::phrase(n).into()), system_clock(), false).await
    }
}

/// Everything that a change of the key must keep: Message-ID → length and hash of the raw bytes.
type Content = BTreeMap<String, (usize, u64)>;

/// Looks at everything with the open engine, and uses the sealed password at the server.
async fn look(engine: &Engine) -> Content {
    let store = engine.store();
    assert_eq!(store.integrity().await.unwrap(), Vec::<String>::new());
    assert!(matches!(store.verify_audit().await.unwrap(), AuditVerdict::Intact { .. }));
    let mut content = Content::new();
    for message in store.messages(&MessageFilter::default(), None, 10_000).await.unwrap().items {
        let mut bytes = Vec::new();
        store.raw_reader(message.id).await.unwrap().copy_to(&mut bytes).unwrap();
        let mut hash = DefaultHasher::new();
        bytes.hash(&mut hash);
        content.insert(message.rfc_message_id.clone(), (bytes.len(), hash.finish()));
    }
    let report = engine.sync_now(None).await.unwrap();
    for scope in &report.scopes {
        assert!(scope.error.is_none() && scope.added == 0, "{scope:?}");
    }
    content
}

/// Some MB in the database, and files beside it.
fn server() -> Dovecot {
    let line = "0123456789abcdef0123456789abcdef0123456789abcdef\r\n";
    let mails = (0..40)
        .map(|n| {
            let lines = match n % 10 {
                0 => 5_000,
                1..=4 => 1_200,
                _ => 3,
            };
            let message_id = format!("rekey.{n}@corpus.example");
            let head = format!("From: a@corpus.example\r\nMessage-ID: <{message_id}>\r\nSubject: number {n}\r\n\r\n");
            let mut rng = Rng(n + 1);
            let body = (0..lines).map(|_| format!("{:016x} {line}", rng.next())).collect::<Vec<_>>().concat();
            Mail { message_id, flags: "", at: 1_795_000_000 + n, raw: (head + &body).into_bytes() }
        })
        .collect();
    Dovecot::start(&[Mailbox { name: "INBOX", mails }], "")
}

fn fill(keyed: &Keyed, server: &Dovecot) {
    use std::io::Write as _;
    let imap = format!("127.0.0.1:{}", server.port);
    let email = "test@corpus.example";
    let args = ["connect", "imap", "--email", email, "--username", USER, "--password-stdin", "--imap", &imap, "--imap-security", "none"];
    let mut child = keyed.command(0, &args).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(keyed.run(0, &["sync"]).status.success());
}

/// After a kill: exactly one of the two opens it, and everything is there. `cli`: the first to come is a command.
async fn settle(keyed: &mut Keyed, expected: &Content, cli: bool, what: &str) {
    let (old, new) = (keyed.now, keyed.now + 1);
    if cli {
        let outputs = [old, new].map(|n| keyed.run(n, &["connections"]));
        let open: Vec<bool> = outputs.iter().map(|o| o.status.success()).collect();
        assert!(open[0] ^ open[1], "{what}: {open:?}");
        let refused = outputs.iter().find(|o| !o.status.success()).unwrap();
        assert_eq!(last_json(&refused.stderr)["code"], "wrong_passphrase", "{what}");
    }
    let engine = match keyed.open(new).await {
        Ok(engine) => {
            keyed.now = new;
            engine
        }
        Err(e) => {
            assert_eq!(e.code, "wrong_passphrase", "{what}: {e}");
            keyed.open(old).await.unwrap_or_else(|e| panic!("{what}: neither key opens it: {e}"))
        }
    };
    assert_eq!(&look(&engine).await, expected, "{what}");
    engine.close().await;
    drop(engine);
    let other = if keyed.now == new { old } else { new };
    assert_eq!(keyed.open(other).await.err().unwrap().code, "wrong_passphrase", "{what}");
    let vault: Value = serde_json::from_slice(&std::fs::read(keyed.home().join("vault.json")).unwrap()).unwrap();
    assert!(vault.get("rotating").is_none(), "{what}: finished");
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(work)
}

/// Kills by the number of the call that changes a file: evenly over the whole change, and at the moments that matter most.
#[cfg(target_os = "linux")]
#[test]
fn killed_at_any_call_it_opens_with_the_old_or_the_new_key() {
    let server = server();
    let mut keyed = Keyed::new();
    fill(&keyed, &server);
    block_on(async {
        let engine = keyed.open(0).await.unwrap();
        let expected = look(&engine).await;
        assert_eq!(expected.len(), 40);
        engine.close().await;
        drop(engine);

        let log = keyed.dir.path().join("calls");
        let mut whole = keyed.rekey(0);
        fault::arm(&mut whole, &keyed.home(), Mode::Kill, 0, Some(&log));
        let output = whole.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let report = last_json(&output.stdout);
        assert_eq!((&report["secrets"], &report["files"], &report["unreadable"]), (&1.into(), &4.into(), &0.into()), "{report}");
        assert!(report["database_bytes"].as_u64().unwrap() > 1_500_000, "{report}");
        settle(&mut keyed, &expected, true, "not killed").await;
        assert_eq!(keyed.now, 1);

        let calls = fault::calls(&log);
        // Numbers from 1.
        let first = |name: &str, path: &str| calls.iter().position(|c| c.name == name && c.path.starts_with(path)).unwrap() + 1;
        let last = |name: &str, path: &str| calls.iter().rposition(|c| c.name == name && c.path.starts_with(path)).unwrap() + 1;
        let mut at = vec![
            first("rename", "vault.json"),
            first("rename", "vault.json") + 1,
            first("write", "files/"),
            first("write", "files/") + 5,
            last("pwrite", "store.db-journal"),
            last("pwrite", "store.db-journal") + 20,
            last("rename", "vault.json"),
        ];
        let rounds = if long() { 250 } else { 5 };
        at.extend((0..rounds).map(|i| 1 + (2 * i + 1) * calls.len() / (2 * rounds)));
        at.sort_unstable();
        at.dedup();
        let (mut kills, mut on_new) = (0, 0);
        let mut rng = Rng(0x5eed_0003);
        for (round, k) in at.iter().copied().enumerate() {
            let mode = if round % 3 == 2 { Mode::Torn } else { Mode::Kill };
            let what = format!("call {k} of {}: {:?} {mode:?}", calls.len(), calls.get(k - 1));
            let before = keyed.now;
            let mut command = keyed.rekey(before);
            fault::arm(&mut command, &keyed.home(), mode, k, None);
            kills += usize::from(!command.output().unwrap().status.success());
            // The one that finishes it may be killed as well.
            if round % 4 == 1 {
                let mut resumed = keyed.command(before + 1, &["connections"]);
                fault::arm(&mut resumed, &keyed.home(), Mode::Kill, 1 + rng.below(calls.len() as u64 / 2) as usize, None);
                kills += usize::from(!resumed.output().unwrap().status.success());
            }
            settle(&mut keyed, &expected, round % 5 == 0, &what).await;
            on_new += usize::from(keyed.now > before);
        }
        println!("{} calls; {kills} kills in {} changes: {on_new} ended under the new key, nothing lost", calls.len(), at.len());
        assert!(kills + 1 >= at.len(), "{kills}");
    });
}

/// The same by the clock, on every system.
#[test]
fn killed_at_random_instants_it_opens_with_the_old_or_the_new_key() {
    let rounds = if long() { 60 } else { 4 };
    let seed = std::env::var("AURELIUS_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(0x5eed_0002_u64);
    println!("seed {seed} (AURELIUS_SEED repeats a run)");
    let server = server();
    let mut keyed = Keyed::new();
    fill(&keyed, &server);
    block_on(async {
        let engine = keyed.open(0).await.unwrap();
        let expected = look(&engine).await;
        engine.close().await;
        drop(engine);
        let started = Instant::now();
        assert!(keyed.rekey(0).status().unwrap().success());
        let span = started.elapsed().as_millis() as u64;
        keyed.now = 1;
        let mut rng = Rng(seed);
        for round in 0..rounds {
            let ms = rng.below(span + span / 10);
            let mut child = keyed.rekey(keyed.now).spawn().unwrap();
            std::thread::sleep(Duration::from_millis(ms));
            let _ = child.kill();
            let _ = child.wait();
            settle(&mut keyed, &expected, round % 2 == 0, &format!("{ms} of {span} ms")).await;
        }
    });
}

#[test]
fn refusals_change_nothing() {
    let mut keyed = Keyed::new();
    let error = |output: &Output| last_json(&output.stderr)["code"].as_str().unwrap().to_owned();
    // No home: none is made.
    assert_eq!(error(&keyed.rekey(0).output().unwrap()), "vault_missing");
    assert!(!keyed.home().exists());
    assert!(keyed.run(0, &["connections"]).status.success());
    let vault = || std::fs::read(keyed.home().join("vault.json")).unwrap();
    let before = vault();
    assert_eq!(error(&keyed.rekey(1).output().unwrap()), "wrong_passphrase");
    // No keyring on this bus.
    assert_eq!(error(&keyed.run(0, &["rekey", "--to-keyring"])), "no_keyring");
    assert_eq!(error(&keyed.run(0, &["rekey", "--new-passphrase-file", "/no/such/file"])), "no_passphrase_file");
    let both = keyed.run(0, &["rekey", "--to-keyring", "--new-passphrase-file", "x"]);
    assert_eq!((error(&both), both.status.code()), ("usage".to_owned(), Some(2)));
    block_on(async {
        let engine = keyed.open(0).await.unwrap();
        let refused = keyed.rekey(0).output().unwrap();
        let said = last_json(&refused.stderr);
        assert_eq!(said["code"], "home_in_use");
        assert!(said["hint"].as_str().unwrap().contains("close"), "{said}");
        engine.close().await;
    });
    assert_eq!(vault(), before);
    // A page that can't be read is found before anything changes.
    damage(&keyed.home().join("store.db"));
    assert_eq!(error(&keyed.rekey(0).output().unwrap()), "store_corrupt");
    assert_eq!(vault(), before);
    keyed.now = 0;
}

fn damage(store: &Path) {
    let mut bytes = std::fs::read(store).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(store, bytes).unwrap();
}

#[test]
fn the_change_is_audited_once_and_says_how() {
    let keyed = Keyed::new();
    assert!(keyed.run(0, &["connections"]).status.success());
    assert!(keyed.rekey(0).status().unwrap().success());
    // A fresh key under the same passphrase.
    assert!(keyed.run(1, &["rekey"]).status.success());
    let audit = last_json(&keyed.run(1, &["audit"]).stdout);
    let mine: Vec<&Value> = audit["items"].as_array().unwrap().iter().filter(|e| e["action"] == "vault.rekeyed").collect();
    assert_eq!(mine.len(), 2, "{audit}");
    assert_eq!((&mine[0]["actor"], &mine[0]["detail"]), (&"cli".into(), &"protection=passphrase".into()));
    assert_ne!(mine[0]["target"], mine[1]["target"]);
}
