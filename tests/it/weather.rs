//! The engine in bad weather: its real store and real IMAP and SMTP clients against a real Dovecot and a strict SMTP server, through
//! a proxy of ours that resets, half-closes, stalls, falsifies, slices and slows what passes.
//!
//! One seed is one voyage: a home, a mailbox and some legs. In each leg the mailbox changes at the server (mail comes and goes, flags
//! change) and here (flags, moves, deletions, sends, now and then taken back), and all of it has to go through one to three faults.
//! Then the weather clears, everything settles, and the oracle looks: it knows what was done, asks the server with a client of its own, and
//! compares both with the store. Everything that is drawn comes from the seed, so `AURELIUS_SEED=n` sails that voyage alone; what the
//! scheduler and the server's timing do is not in the seed, hence a failing seed is sailed again a few times before it is believed healthy.
//!
//! Bits are flipped under TLS only, for both protocols. In plain text a flipped bit in `UID STORE 7` is a different and perfectly valid
//! order, and a flipped bit of a body is a different body: no client can notice, so an oracle could only look away. Under TLS the same flip
//! must end the connection and change nothing, and that can be judged without exceptions. (Aurelius speaks plain text to loopback only.)

mod oracle;
mod proxy;

use std::{
    collections::BTreeMap,
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use domain::{
    SecretString,
    audit::Actor,
    connection::{Security, ServerEndpoint, SyncSelection},
    ids::{ConnectionId, MailboxId, OutboxId},
    mail::{Address, MessageSummary},
    outbox::{OutboxState, WedgeReason},
    time::{Timestamp, system_clock},
};
use engine::{
    Engine,
    views::{Action, ConnectImap, ImapAuth, SendMail, SendOptions, SyncReport, Target, UndoToken},
};
use sandbox::smtp_sink::{SinkOptions, SinkSecurity, SmtpSink};
use store::{MessageFilter, Place};
use vault::KeySource;

use crate::{
    dovecot::{Dovecot, PASSWORD, RawImap},
    support::Rng,
};
use proxy::{Fault, Kind, Proxy};

const FOLDERS: [&str; 5] = ["INBOX", "Archive", "Sent", "Trash", "Work"];
const LEGS: usize = 5;
const HOUR: i64 = 3_600_000;
const YEARS: i64 = 10 * 365 * 24 * HOUR;
/// Longer than any weather that is drawn: what takes so long hangs.
const PATIENCE: Duration = Duration::from_secs(45);
/// The same where lines go dead: reading gives up after a minute, and a mail is given four minutes, twice in a round.
const DEAD_PATIENCE: Duration = Duration::from_secs(660);

/// What kind of weather a voyage meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weather {
    /// Everything that is over in milliseconds.
    Rough,
    /// Lines that go dead without a word.
    Dead,
}

/// Where and how one mail should be.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Expected {
    folder: &'static str,
    seen: bool,
    flagged: bool,
    /// As it was delivered; None for the copies of what was sent.
    raw: Option<Vec<u8>>,
    /// A word that is in no other mail.
    word: String,
}

/// The servers, shared by all voyages; every voyage has a user of its own.
struct Harbour {
    dovecot: Dovecot,
    certificate: (String, String),
    pin: String,
}

impl Harbour {
    fn build() -> Self {
        // Any user name, a mailbox each. A torn sign-in is no attack: without this, the next one from the same address has to wait.
        let extra = format!(
            "passdb {{\n driver = static\n args = password={PASSWORD}\n}}\n\
             userdb {{\n driver = static\n args = uid=mail gid=mail home=STATE\n}}\n\
             mail_location = maildir:STATE/mail/%u:INDEX=STATE/index/%u\n\
             service anvil {{\n unix_listener anvil-auth-penalty {{\n mode = 0\n }}\n}}\n"
        );
        let dovecot = Dovecot::start(&[], &extra);
        let read = |name: &str| std::fs::read_to_string(dovecot.path().join(name)).unwrap();
        let certificate = (read("cert.pem"), read("key.pem"));
        let pin = pin_of(&dovecot.certificate());
        Self { dovecot, certificate, pin }
    }

    fn forget(&self, user: &str) {
        for part in ["mail", "index"] {
            let _ = std::fs::remove_dir_all(self.dovecot.path().join(part).join(user));
        }
    }
}

/// SHA-256 of the certificate, as a person would compare it.
fn pin_of(certificate: &Path) -> String {
    let output = Command::new("openssl").args(["x509", "-noout", "-fingerprint", "-sha256", "-in"]).arg(certificate).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.trim().split_once('=').unwrap_or_else(|| panic!("no fingerprint in {text:?}")).1.to_owned()
}

/// What a voyage amounted to.
#[derive(Clone, Copy, Debug, Default)]
struct Log {
    struck: usize,
    /// Rounds that did not get through.
    failed: usize,
    writes: usize,
    sent: usize,
    unknown: usize,
    unknown_arrived: usize,
    jumps: usize,
}

struct Voyage<'a> {
    harbour: &'a Harbour,
    user: String,
    weather: Weather,
    encrypted: bool,
    rng: Rng,
    /// Of the clock; its own, so that jumps leave the rest of the plan as it is.
    hands: Rng,
    engine: Engine,
    connection: ConnectionId,
    ahead: Arc<AtomicI64>,
    imap: Proxy,
    smtp: Proxy,
    sink: SmtpSink,
    other: RawImap,
    folders: BTreeMap<&'static str, MailboxId>,
    expected: BTreeMap<String, Expected>,
    sends: Vec<(OutboxId, String)>,
    /// Words of mails that are gone.
    gone: Vec<String>,
    named: usize,
    log: Log,
    _home: tempfile::TempDir,
}

impl<'a> Voyage<'a> {
    async fn prepare(harbour: &'a Harbour, seed: u64, user: u64, weather: Weather, homes: &Path) -> Self {
        // The generator must not start at zero, and neighbouring seeds should have nothing in common.
        let mut rng = Rng((seed ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9) | 1);
        for _ in 0..4 {
            rng.next();
        }
        // Of one length, so that no offset depends on the number.
        let user = format!("voyage{user:012}");
        harbour.forget(&user);
        let encrypted = rng.below(2) == 0;
        let mut other = harbour.dovecot.client_of(&user);
        for folder in &FOLDERS[1..] {
            other.run(&format!("CREATE {folder}"));
        }
        let sink = SmtpSink::start(SinkOptions {
            security: if encrypted { SinkSecurity::Tls } else { SinkSecurity::Plain },
            certificate: encrypted.then(|| harbour.certificate.clone()),
            ..SinkOptions::default()
        })
        .await
        .unwrap();
        let imap = Proxy::start(if encrypted { harbour.dovecot.tls_port } else { harbour.dovecot.port }).await;
        let smtp = Proxy::start(sink.port()).await;
        let home = tempfile::tempdir_in(homes).unwrap();
        let ahead = Arc::new(AtomicI64::new(0));
        let (real, moved) = (system_clock(), Arc::clone(&ahead));
        let clock: domain::time::Clock = Arc::new(move || Timestamp(real().0 + moved.load(Ordering::SeqCst)));
        let engine = host::open_engine(&home.path().join("home"), KeySource::Ephemeral, clock, false).await.unwrap();
        let at = |port| ServerEndpoint {
            host: "127.0.0.1".into(),
            port,
            security: if encrypted { Security::Tls } else { Security::None },
            pinned: encrypted.then(|| harbour.pin.clone()),
        };
        let connect = ConnectImap {
            email: format!("{user}@corpus.example"),
            display_name: "Test".into(),
            username: user.clone(),
            imap: at(imap.port),
            smtp: Some(at(smtp.port)),
            auth: ImapAuth::Password(SecretString::from(PASSWORD.to_owned())),
            selection: SyncSelection::default(),
            actor: Actor::Person,
        };
        let connection = engine.connect_imap(connect).await.unwrap().connection.id;
        let mut voyage = Self {
            harbour,
            user,
            weather,
            encrypted,
            hands: Rng(rng.0.rotate_left(32) | 1),
            rng,
            engine,
            connection,
            ahead,
            imap,
            smtp,
            sink,
            other,
            folders: BTreeMap::new(),
            expected: BTreeMap::new(),
            sends: Vec::new(),
            gone: Vec::new(),
            named: 0,
            log: Log::default(),
            _home: home,
        };
        for n in 0..8 {
            voyage.deliver(if n < 6 { "INBOX" } else { "Work" });
        }
        voyage
    }

    async fn learn_folders(&mut self) {
        let account = self.engine.accounts().await.unwrap()[0].id;
        for folder in FOLDERS {
            self.folders.insert(folder, self.engine.mailbox_by_name(account, folder).await.unwrap());
        }
    }

    async fn sail(mut self) -> Log {
        // The very first sync has its weather too.
        let mut faults = self.draw(1);
        self.through(&faults, &[]).await;
        self.learn_folders().await;
        self.oracle(&format!("first sync {faults:?}")).await;
        for leg in 0..if self.weather == Weather::Dead { 2 } else { LEGS } {
            self.jump();
            self.change_there();
            let (undo, sends) = self.change_here().await;
            faults = self.draw(3);
            let smtp = if sends { self.draw(2) } else { Vec::new() };
            let undone = self.strike(&faults, &smtp, undo).await;
            self.settle().await;
            let what = format!("leg {leg}, IMAP {faults:?}, SMTP {smtp:?}{}", if undone { ", taken back" } else { "" });
            self.oracle(&what).await;
        }
        self.judge_index().await;
        self.engine.close().await;
        self.harbour.forget(&self.user);
        self.log
    }

    /// Before one leg in four this machine's clock jumps: an hour or ten years, there or back.
    fn jump(&mut self) {
        if let Some(jump) = [HOUR, -HOUR, YEARS, -YEARS].get(self.hands.below(16) as usize) {
            self.ahead.fetch_add(*jump, Ordering::SeqCst);
            self.log.jumps += 1;
        }
    }

    fn draw(&mut self, most: u64) -> Vec<Fault> {
        match self.weather {
            Weather::Rough => (0..=self.rng.below(most)).map(|_| Fault::draw(&mut self.rng, self.encrypted)).collect(),
            Weather::Dead => vec![Fault { kind: Kind::Hole, ..Fault::draw(&mut self.rng, self.encrypted) }],
        }
    }

    async fn through(&mut self, imap: &[Fault], smtp: &[Fault]) {
        self.strike(imap, smtp, None).await;
        self.settle().await;
    }

    /// One round in bad weather; true: something was taken back in the middle of it.
    async fn strike(&mut self, imap: &[Fault], smtp: &[Fault], undo: Option<(UndoToken, Vec<(String, Expected)>)>) -> bool {
        self.imap.arm(imap);
        self.smtp.arm(smtp);
        self.sync(true).await;
        let mut undone = false;
        if let Some((token, before)) = undo {
            // Still in the weather: the way back has to get through as well.
            self.engine.undo(token).await.unwrap();
            self.expected.extend(before);
            undone = true;
            self.sync(true).await;
        }
        self.log.struck += self.imap.calm().len() + self.smtp.calm().len();
        undone
    }

    async fn sync(&mut self, spoiled: bool) -> SyncReport {
        let patience = if self.weather == Weather::Dead { DEAD_PATIENCE } else { PATIENCE };
        let report = tokio::time::timeout(patience, self.engine.sync_now(Some(&self.connection))).await;
        let report = report.expect("a round that never ends").unwrap_or_else(|e| panic!("sync: {} {e}", e.code));
        self.log.failed += usize::from(spoiled && report.scopes.iter().any(|s| s.error.is_some()));
        report
    }

    /// In fine weather, until nothing is left to do. What may have been sent is put to the person, who looks and decides.
    async fn settle(&mut self) {
        let mut last = Vec::new();
        for _ in 0..16 {
            self.ahead.fetch_add(16 * 60_000, Ordering::SeqCst);
            let report = self.sync(false).await;
            let errors: Vec<String> =
                report.scopes.iter().filter_map(|s| s.error.as_ref().map(|e| format!("{}: {} {e}", s.name, e.code))).collect();
            let moved = report.scopes.iter().any(|s| s.added + s.updated + s.removed > 0);
            let open = self.engine.outbox(None).await.unwrap();
            let mut waits = false;
            for item in &open {
                match &item.state {
                    OutboxState::Wedged { reason: WedgeReason::MaybeSent, .. } => {
                        self.log.unknown += 1;
                        let subject = self.sends.iter().find(|(id, _)| *id == item.id).unwrap().1.clone();
                        if self.arrived(&subject) > 0 {
                            self.log.unknown_arrived += 1;
                            self.engine.outbox_mark_sent(item.id, Actor::Person).await.unwrap();
                        } else {
                            self.engine.outbox_retry(item.id, Actor::Person).await.unwrap();
                        }
                        waits = true;
                    }
                    OutboxState::Wedged { .. } => panic!("gave up: {item:?}"),
                    _ => waits = true,
                }
            }
            if errors.is_empty() && !waits && !moved {
                return;
            }
            last = errors;
            last.extend(open.iter().map(|i| format!("{i:?}")));
        }
        panic!("it does not settle: {last:#?}");
    }

    fn arrived(&self, subject: &str) -> usize {
        let line = format!("Subject: {subject}\r\n");
        self.sink.received().iter().filter(|mail| String::from_utf8_lossy(&mail.raw).contains(&line)).count()
    }

    fn name(&mut self) -> String {
        self.named += 1;
        format!("w{}x{}", self.user, self.named)
    }

    /// A new mail, as another server would bring it.
    fn deliver(&mut self, folder: &'static str) {
        let word = self.name();
        let id = format!("{word}@elsewhere.example");
        let length = match self.rng.below(12) {
            // Beyond what is kept in a row, and more than one window of the client.
            0 => 300_000,
            1 => 40_000,
            n => 50 * n,
        };
        let filler = "A line of the mail, with a number 0123456789.\r\n".repeat(length as usize / 47 + 1);
        let raw = format!(
            "From: Ada <ada@elsewhere.example>\r\nTo: {}@corpus.example\r\nSubject: about {word}\r\nMessage-ID: <{id}>\r\n\
             Date: Mon, 2 Nov 2026 10:00:00 +0000\r\n\r\n{filler}.\r\n)\r\na1 OK not really {word}\r\n",
            self.user
        )
        .into_bytes();
        self.other.append(folder, &raw);
        self.expected.insert(id, Expected { folder, seen: false, flagged: false, raw: Some(raw), word });
    }

    fn pick(&mut self, among: impl Fn(&Expected) -> bool) -> Option<String> {
        let fit: Vec<&String> = self.expected.iter().filter(|(_, e)| among(e)).map(|(id, _)| id).collect();
        (!fit.is_empty()).then(|| fit[self.rng.below(fit.len() as u64) as usize].clone())
    }

    /// What other programs and people do to the mailbox.
    fn change_there(&mut self) {
        for _ in 0..self.rng.below(3) {
            let folder = ["INBOX", "INBOX", "Work"][self.rng.below(3) as usize];
            self.deliver(folder);
        }
        for _ in 0..self.rng.below(4) {
            let Some(id) = self.pick(|_| true) else { return };
            let folder = self.expected[&id].folder;
            self.other.run(&format!("SELECT {folder}"));
            let uid = self.uid(&id);
            match self.rng.below(4) {
                0 => {
                    self.other.run(&format!("UID STORE {uid} +FLAGS (\\Deleted)"));
                    self.other.run(&format!("UID EXPUNGE {uid}"));
                    let gone = self.expected.remove(&id).unwrap();
                    self.gone.push(gone.word);
                }
                1 if folder != "Work" => {
                    self.other.run(&format!("UID MOVE {uid} Work"));
                    self.expected.get_mut(&id).unwrap().folder = "Work";
                }
                n => {
                    let mail = self.expected.get_mut(&id).unwrap();
                    let (flag, on) = if n == 2 { ("Flagged", &mut mail.flagged) } else { ("Seen", &mut mail.seen) };
                    *on = !*on;
                    let sign = if *on { '+' } else { '-' };
                    self.other.run(&format!("UID STORE {uid} {sign}FLAGS (\\{flag})"));
                }
            }
        }
    }

    fn uid(&mut self, id: &str) -> String {
        let found = self.other.run(&format!("UID SEARCH HEADER Message-ID {id}"));
        let uids = found.iter().find_map(|l| l.strip_prefix("* SEARCH ")).unwrap_or_else(|| panic!("{id}: {found:?}"));
        assert!(!uids.trim().contains(' '), "{id} is there twice: {uids}");
        uids.trim().to_owned()
    }

    async fn local(&self, folder: &'static str) -> Vec<MessageSummary> {
        let filter = MessageFilter { place: Some(Place::Mailbox(self.folders[folder])), ..MessageFilter::default() };
        self.engine.store().messages(&filter, None, 10_000).await.unwrap().items
    }

    /// What the person does before the next sync, on what was seen at the last one. Mails that changed elsewhere meanwhile are left
    /// alone: who wins then is a matter of who comes first, and "unread" said to a mail that looks unread is no change at all.
    async fn change_here(&mut self) -> (Option<(UndoToken, Vec<(String, Expected)>)>, bool) {
        let mut undo = None;
        for _ in 0..=self.rng.below(3) {
            let folder = FOLDERS[self.rng.below(5) as usize];
            let here = self.local(folder).await;
            let fit: Vec<&MessageSummary> = here
                .iter()
                .filter(|m| {
                    let as_seen = |e: &Expected| e.folder == folder && e.seen == m.flags.seen && e.flagged == m.flags.flagged;
                    self.expected.get(&m.rfc_message_id).is_some_and(as_seen)
                })
                .collect();
            if fit.is_empty() {
                continue;
            }
            let first = self.rng.below(fit.len() as u64) as usize;
            let chosen = &fit[first..fit.len().min(first + 1 + self.rng.below(2) as usize)];
            let action = match self.rng.below(6) {
                0 | 1 => Action::Star { on: self.rng.below(3) > 0 },
                2 | 3 => Action::Read { on: self.rng.below(3) > 0 },
                4 => Action::Move { to: self.folders[["INBOX", "Archive", "Work", "Trash"][self.rng.below(4) as usize]] },
                _ if folder == "Trash" => Action::DeleteForever,
                _ => Action::Trash,
            };
            let before: Vec<(String, Expected)> =
                chosen.iter().map(|m| (m.rfc_message_id.clone(), self.expected[&m.rfc_message_id].clone())).collect();
            let target = Target::Messages { ids: chosen.iter().map(|m| m.id).collect() };
            let token = match self.engine.act(action.clone(), target, Actor::Person).await {
                Ok(token) => token,
                // Nothing was accepted: it is there already.
                Err(e) => {
                    assert!(
                        matches!(&action, Action::Move { to } if *to == self.folders[folder]),
                        "{action:?} in {folder}: {} {e}",
                        e.code
                    );
                    continue;
                }
            };
            self.log.writes += 1;
            for (id, _) in &before {
                let mail = self.expected.get_mut(id).unwrap();
                match &action {
                    Action::Star { on } => mail.flagged = *on,
                    Action::Read { on } => mail.seen = *on,
                    Action::Move { to } => mail.folder = self.folders.iter().find(|(_, m)| *m == to).unwrap().0,
                    Action::Trash => mail.folder = "Trash",
                    _ => {
                        let gone = self.expected.remove(id).unwrap();
                        self.gone.push(gone.word);
                    }
                }
            }
            if token.undoable && undo.is_none() && action != Action::DeleteForever && self.rng.below(4) == 0 {
                undo = Some((token, before));
                // Nothing else touches these until the way back was taken.
                break;
            }
        }
        let sends = self.rng.below(2) == 0;
        if sends {
            let word = self.name();
            let subject = format!("sent {word}");
            let mail = SendMail {
                from: None,
                to: vec![Address { name: "Ada".into(), email: "ada@elsewhere.example".into() }],
                cc: Vec::new(),
                bcc: Vec::new(),
                subject: subject.clone(),
                text: format!("Written here: {word}.\n{}", "A line of what is sent.\n".repeat(1 << self.rng.below(10))),
                html: None,
                attachments: Vec::new(),
                in_reply_to: None,
                options: SendOptions::default(),
                actor: Actor::Person,
            };
            let id = self.engine.send_mail(mail).await.unwrap();
            self.sends.push((id, subject));
            self.log.sent += 1;
        }
        (undo, sends)
    }
}

fn seed_of_environment() -> Option<u64> {
    std::env::var("AURELIUS_SEED").ok().and_then(|s| s.parse().ok())
}

/// Sails seeds until so many faults have struck, `abreast` voyages at a time. Every failing seed is named.
fn sail_until(faults: usize, first: u64, weather: Weather, abreast: usize) {
    let harbour = Harbour::build();
    let homes =
        tempfile::tempdir_in(if Path::new("/dev/shm").is_dir() { Path::new("/dev/shm").to_owned() } else { std::env::temp_dir() }).unwrap();
    let alone = seed_of_environment();
    // A single seed is sailed several times: its plan repeats exactly, the scheduler's part does not.
    let (next, repeats) = (AtomicU64::new(0), 5);
    let struck = AtomicUsize::new(0);
    let logs = std::sync::Mutex::new(Vec::new());
    let failures = std::sync::Mutex::new(Vec::new());
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..abreast {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::SeqCst);
                    let over = alone.map_or_else(|| struck.load(Ordering::SeqCst) >= faults, |_| n >= repeats);
                    if over || !failures.lock().unwrap().is_empty() {
                        return;
                    }
                    let seed = alone.unwrap_or(first + n);
                    // The same seed at the same time would share its mailbox.
                    let user = alone.map_or(seed, |s| s * 1000 + n);
                    let sailed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
                        let log =
                            runtime.block_on(async { Voyage::prepare(&harbour, seed, user, weather, homes.path()).await.sail().await });
                        runtime.shutdown_background();
                        log
                    }));
                    match sailed {
                        Ok(log) => {
                            struck.fetch_add(log.struck, Ordering::SeqCst);
                            logs.lock().unwrap().push(log);
                        }
                        Err(_) => {
                            println!("seed {seed} failed: AURELIUS_SEED={seed} sails it alone");
                            failures.lock().unwrap().push(seed);
                        }
                    }
                }
            });
        }
    });
    let logs = logs.into_inner().unwrap();
    let sum = |f: fn(&Log) -> usize| logs.iter().map(f).sum::<usize>();
    println!(
        "{} voyages, {} faults that struck, {} rounds that failed, {} writes, {} mails ({} of unknown fate, of which {} had arrived), {} jumps of the clock; nothing lost, nothing twice; {:.0} s",
        logs.len(),
        sum(|l| l.struck),
        sum(|l| l.failed),
        sum(|l| l.writes),
        sum(|l| l.sent),
        sum(|l| l.unknown),
        sum(|l| l.unknown_arrived),
        sum(|l| l.jumps),
        started.elapsed().as_secs_f64()
    );
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "failing seeds: {failures:?}");
}

#[test]
fn five_hundred_faults_lose_and_double_nothing() {
    sail_until(500, 1, Weather::Rough, 3);
}

#[test]
#[ignore = "half an hour; part of --long"]
fn ten_thousand_faults_lose_and_double_nothing() {
    sail_until(10_000, 1_000_000, Weather::Rough, 3);
}

/// Nobody is told that the line is dead: only the client's own limits end the wait, in real time.
#[test]
#[ignore = "minutes of waiting; part of --long"]
fn lines_that_go_dead_lose_and_double_nothing() {
    sail_until(40, 2_000_000, Weather::Dead, 12);
}
