//! Servers that mean harm, met by the real command line: whatever they say, the program ends by itself with an error that has a name, and
//! its memory stays within the bound that SECURITY.md states.
//!
//! A *seed* falsifies one reply of an honest conversation. A *bomb* says one thing without measure: lines, literals, folders, flags,
//! chunks, compressed nothing. `AURELIUS_SEED=n` repeats the group of seeds that begins there.

mod http;
mod imap;
mod peer;
mod smtp;

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use domain::{
    SecretString,
    audit::Actor,
    connection::{Security, ServerEndpoint, SyncSelection},
    time::system_clock,
};
use engine::views::{BeginOAuth, ConnectImap, ImapAuth, OAuthIntent};
use peer::{Manners, Peer};
use serde_json::Value;

use crate::support::{Home, PASSPHRASE, http_get, long, rounds};

/// What a hostile server may cost above an honest one, MiB. SECURITY.md says so.
const BOUND: u64 = 128;
/// Longer than any of this may take, on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(90);

/// A home with accounts at servers of ours, which are honest while it is made.
struct World {
    home: Home,
    mail: Vec<(Peer, Peer)>,
    google: Peer,
    runtime: tokio::runtime::Runtime,
}

impl World {
    /// `synced`: there are cursors to go on from; else everything is still to be listed.
    fn build(mail: usize, google: usize, synced: bool) -> Self {
        let world = Self {
            home: Home::new(),
            mail: (0..mail).map(|_| (Peer::start(imap::serve), Peer::start(smtp::serve))).collect(),
            google: Peer::start(http::serve),
            runtime: tokio::runtime::Runtime::new().unwrap(),
        };
        let base = format!("http://127.0.0.1:{}", world.google.port);
        std::fs::create_dir(world.home.path()).unwrap();
        let config = format!(
            "[providers.google]\nclient_id = \"{0}\"\nissuer = \"{base}\"\nauthorize_url = \"{base}/auth\"\ntoken_url = \"{base}/token\"\n\
             revoke_url = \"{base}/revoke\"\nuserinfo_url = \"{base}/userinfo\"\ngmail_url = \"{base}\"\n\n\
             [providers.oidc]\nclient_id = \"{0}\"\nissuer = \"{base}\"\n",
            http::CLIENT
        );
        std::fs::write(world.home.path().join("config.toml"), config).unwrap();
        world.runtime.block_on(world.populate(google, synced));
        world
    }

    async fn populate(&self, google: usize, synced: bool) {
        let key = vault::KeySource::Passphrase(PASSPHRASE.to_owned().into());
        let engine = host::open_engine(&self.home.path(), key, system_clock(), false).await.unwrap();
        let at = |peer: &Peer| ServerEndpoint { host: "127.0.0.1".into(), port: peer.port, security: Security::None, pinned: None };
        for (n, (imap, smtp)) in self.mail.iter().enumerate() {
            let request = ConnectImap {
                email: format!("m{n}@x.example"),
                display_name: String::new(),
                username: format!("m{n}"),
                imap: at(imap),
                smtp: Some(at(smtp)),
                auth: ImapAuth::Password(SecretString::from("secret".to_owned())),
                selection: SyncSelection::default(),
                actor: Actor::Person,
            };
            engine.connect_imap(request).await.unwrap();
        }
        for n in 0..google {
            let request = BeginOAuth {
                integration: "google".into(),
                intent: OAuthIntent::New,
                login_hint: Some(format!("{n}@gmail.example")),
                actor: Actor::Person,
            };
            let start = engine.begin_oauth(request).await.unwrap();
            let url = start.authorize_url.clone();
            // The browser: to the provider, and from there to the listener.
            tokio::task::spawn_blocking(move || http_get(&http_get(&url).1.unwrap())).await.unwrap();
            engine.wait_oauth(&start.attempt).await.unwrap();
        }
        if synced {
            let report = engine.sync_now(None).await.unwrap();
            for scope in &report.scopes {
                assert!(scope.error.is_none(), "{}: {:?}", scope.name, scope.error);
            }
        }
        engine.close().await;
    }

    /// A copy to be spoiled.
    fn home(&self) -> Home {
        let copy = Home::new();
        let done = Command::new("cp").arg("-r").arg(self.home.path()).arg(copy.path()).status().unwrap();
        assert!(done.success());
        copy
    }

    fn all(&self, manners: impl Fn(u64) -> Manners) {
        for (n, (imap, smtp)) in self.mail.iter().enumerate() {
            imap.behave(manners(n as u64));
            smtp.behave(manners(n as u64));
        }
        self.google.behave(manners(self.mail.len() as u64));
    }
}

/// A mail server whose second of three mails has lost its body, until it is told otherwise.
pub struct Spoiled(Peer);

impl Spoiled {
    pub fn start() -> Self {
        let peer = Peer::start(imap::serve);
        peer.behave(Manners::Bomb(imap::SPOILED));
        Self(peer)
    }
    pub fn port(&self) -> u16 {
        self.0.port
    }
    pub fn mend(&self) {
        self.0.behave(Manners::Honest);
    }
}

/// What a run amounted to.
struct Run {
    /// Most memory held, MiB.
    peak: u64,
    /// Error codes, of the whole and of the parts.
    codes: Vec<String>,
    text: String,
}

/// Starts the command, samples its memory, and reads what it said. None: it did not end in time.
fn run(home: &Home, args: &[&str]) -> Option<Run> {
    let folder = home.dir.path();
    let file = |name: &str| std::fs::File::create(folder.join(name)).unwrap();
    let mut command = home.command(args);
    command.stdout(Stdio::from(file("out.txt"))).stderr(Stdio::from(file("err.txt")));
    let mut child = command.spawn().unwrap();
    let (peak, ended) = watch(&mut child);
    let read = |name: &str| String::from_utf8_lossy(&std::fs::read(folder.join(name)).unwrap()).into_owned();
    let text = format!("{}\n{}", read("out.txt"), read("err.txt"));
    let mut codes = Vec::new();
    for line in text.lines() {
        if let Ok(value) = serde_json::from_str::<Value>(line) {
            codes_of(&value, &mut codes);
        }
    }
    ended.then_some(Run { peak, codes, text })
}

fn watch(child: &mut Child) -> (u64, bool) {
    let started = Instant::now();
    let path = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let status = std::fs::read_to_string(&path).unwrap_or_default();
        let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or_default();
        peak = line.trim().trim_end_matches(" kB").parse().unwrap_or(peak);
        if child.try_wait().unwrap().is_some() {
            return (peak / 1024, true);
        }
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            return (peak / 1024, false);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn codes_of(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(code)) = map.get("code") {
                out.push(code.clone());
            }
            map.values().for_each(|v| codes_of(v, out));
        }
        Value::Array(list) => list.iter().for_each(|v| codes_of(v, out)),
        _ => {}
    }
}

/// Errors that blame a server, or the state of a sign-in. `internal`, `store`, `storage` and a panic are mistakes of ours.
fn judge(what: &str, run: Option<Run>, limit: u64) -> Run {
    let Some(run) = run else { panic!("{what}: did not end within {PATIENCE:?}") };
    assert!(!run.text.contains("panicked at"), "{what}: {}", run.text);
    for code in &run.codes {
        assert!(!matches!(code.as_str(), "internal" | "store" | "storage" | "store_corrupt" | "io"), "{what}: {code}: {}", run.text);
    }
    assert!(run.peak <= limit, "{what}: {} MiB, and {limit} are allowed: {}", run.peak, run.text);
    run
}

/// What the same command costs where everybody is honest.
fn baseline(world: &World) -> u64 {
    world.all(|_| Manners::Honest);
    let honest = judge("honest", run(&world.home(), &["sync"]), 1_000);
    assert!(honest.codes.is_empty(), "{}", honest.text);
    honest.peak
}

/// Queues a mail, so that the next sync talks to the SMTP server.
fn queue(home: &Home, from: &str) {
    let body = home.dir.path().join("body.txt");
    std::fs::write(&body, "hello").unwrap();
    let args = ["mail", "send", "--queue", "--from", from, "--to", "b@x.example", "--subject", "x", "--body-file", body.to_str().unwrap()];
    home.run(&args);
}

const MAILS: usize = 12;
const GOOGLES: usize = 6;
/// Attacked at once by one program.
const GROUP: u64 = (2 * MAILS + GOOGLES) as u64;

#[test]
fn falsified_replies_cost_neither_memory_nor_the_program() {
    let world = World::build(MAILS, GOOGLES, false);
    for n in 0..MAILS {
        queue(&world.home, &format!("m{n}@x.example"));
    }
    let honest = baseline(&world);
    let first = std::env::var("AURELIUS_SEED").ok().and_then(|n| n.parse().ok());
    let groups = if first.is_some() { 1 } else { rounds(10, 334) as u64 };
    let started = Instant::now();
    let (mut peak, mut refused) = (0, 0);
    for group in 0..groups {
        let seed = first.unwrap_or(1 + group * GROUP);
        for (n, (imap, smtp)) in world.mail.iter().enumerate() {
            imap.behave(Manners::Seed(seed + 2 * n as u64));
            smtp.behave(Manners::Seed(seed + 2 * n as u64 + 1));
        }
        world.google.behave(Manners::Seed(seed + 2 * MAILS as u64));
        let home = world.home();
        let run = judge(&format!("AURELIUS_SEED={seed}"), run(&home, &["sync"]), honest + BOUND);
        peak = peak.max(run.peak);
        refused += run.codes.len();
    }
    println!(
        "{} falsified conversations in {:.0} s: at most {peak} MiB ({honest} with honest servers), {refused} errors",
        groups * GROUP,
        started.elapsed().as_secs_f64()
    );
    assert!(first.is_some() || refused as u64 > groups * 5, "{refused} errors: the peers did no harm");
}

#[test]
fn what_has_no_measure_meets_one() {
    let (mail, later) = (World::build(1, 0, false), World::build(1, 1, true));
    let google = World::build(0, 1, false);
    let nobody = World::build(0, 0, false);
    let base = baseline(&mail).max(baseline(&google)).max(baseline(&later));
    // Some go off only where there is a cursor to go on from.
    let at = |bomb: &str, first| if ["vanished", "changed flags", "history"].iter().any(|w| bomb.contains(w)) { &later } else { first };
    let bombs: Vec<(&World, &'static str, &'static str)> = imap::BOMBS
        .iter()
        .map(|b| (at(b, &mail), "imap", *b))
        .chain(smtp::BOMBS.iter().map(|b| (&mail, "smtp", *b)))
        .chain(http::BOMBS.iter().map(
            |b| {
                if b.starts_with("discovery") { (&nobody, "discovery", *b) } else { (at(b, &google), "google", *b) }
            },
        ))
        .filter(|(_, _, b)| match std::env::var("AURELIUS_BOMB") {
            Ok(only) => b.contains(&only),
            Err(_) => long() || SHORT.contains(b),
        })
        .collect();
    let sent = mail.home();
    queue(&sent, "m0@x.example");
    let mut worst = Vec::new();
    for (world, kind, bomb) in bombs {
        world.all(|_| Manners::Honest);
        let home = if kind == "smtp" { copy(&sent) } else { world.home() };
        let peer = match kind {
            "imap" => &world.mail[0].0,
            "smtp" => &world.mail[0].1,
            _ => &world.google,
        };
        peer.behave(Manners::Bomb(bomb));
        let args: &[&str] = if kind == "discovery" { &["connect", "oidc", "--no-browser"] } else { &["sync"] };
        let started = Instant::now();
        let run = judge_softly(&format!("{kind} {bomb}"), run(&home, args), base + BOUND);
        let seconds = started.elapsed().as_secs_f64();
        println!(
            "{kind}, {bomb}: {seconds:.1} s, {}",
            run.as_ref().map_or_else(Clone::clone, |r| format!("{} MiB, {:?}", r.peak, r.codes))
        );
        worst.extend(run.err());
    }
    println!("honest: {base} MiB");
    assert!(worst.is_empty(), "{worst:#?}");
}

/// Of each protocol some that are over quickly; `--long` has them all.
const SHORT: [&str; 12] = [
    "endless line in a list",
    "endless folders with long names",
    "four billion mails, named in one range",
    "many flags for every mail",
    "a thousand literals in one answer",
    "the highest number there is",
    "endless extensions",
    "token: gzip",
    "discovery: endless chunks",
    "list: tiny things",
    "batch: delimiter without an end",
    "history: tiny things",
];

/// All bombs go off before the test fails.
fn judge_softly(what: &str, run: Option<Run>, limit: u64) -> Result<Run, String> {
    let seen = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| judge(what, run, limit)));
    seen.map_err(|why| why.downcast_ref::<String>().map_or_else(|| what.to_owned(), |w| w.chars().take(600).collect()))
}

fn copy(home: &Home) -> Home {
    let copy = Home::new();
    assert!(Command::new("cp").arg("-r").arg(home.path()).arg(copy.path()).status().unwrap().success());
    copy
}
