//! The engine in bad weather: its real store and real clients against a real Dovecot and a strict SMTP server, and against the stand-in
//! for Gmail, through a proxy of ours that resets, half-closes, stalls, falsifies, slices and slows what passes.
//!
//! One seed is one voyage: a home, one account or (one voyage in four) two, and some legs. In each leg a mailbox changes at the server
//! (mail comes and goes, flags change) and here (flags, moves, deletions, sends, now and then taken back), and all of it has to go through
//! one to three faults. In one leg of two the mailbox also changes there while the round is under way, between two bytes of an answer: mail
//! comes, goes and moves, or a folder is made anew with another UIDVALIDITY and other UIDs.
//! Then the weather clears, everything settles, and the oracle looks: it knows what was done, asks the server with a client of its own, and
//! compares both with the store. Everything that is drawn comes from the seed, so `AURELIUS_SEED=n` sails that voyage alone; what the
//! scheduler and the server's timing do is not in the seed, hence a failing seed is sailed again a few times before it is believed healthy.
//!
//! Bits are flipped under TLS only, for both protocols. In plain text a flipped bit in `UID STORE 7` is a different and perfectly valid
//! order, and a flipped bit of a body is a different body: no client can notice, so an oracle could only look away. Under TLS the same flip
//! must end the connection and change nothing, and that can be judged without exceptions. (Aurelius speaks plain text to loopback only.)

mod berth;
mod judged;
mod oracle;
mod proxy;
mod server;

use std::{
    collections::HashSet,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use domain::{
    audit::Actor,
    mail::MessageSummary,
    outbox::{OutboxState, WedgeReason},
    time::{Timestamp, system_clock},
};
use engine::{
    Engine,
    views::{Action, SyncReport, Target, UndoToken},
};
use vault::KeySource;

use crate::support::{Rng, rounds};
use berth::{Berth, Expected};
use proxy::{Fault, Kind, Proxy, Turn};
use server::{Change, FOLDERS, Harbour};

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
    /// Nothing but the voyage itself.
    Fine,
}

/// What a voyage amounted to.
#[derive(Clone, Copy, Debug, Default)]
struct Log {
    gmail: usize,
    pairs: usize,
    struck: usize,
    /// Rounds that did not get through.
    failed: usize,
    /// Things that happened at a server in the middle of a round; of these, folders made anew.
    turns: usize,
    recreated: usize,
    writes: usize,
    sent: usize,
    unknown: usize,
    unknown_arrived: usize,
    jumps: usize,
}

/// An act that can be taken back: whose, by what, and how it was before.
type TakenBack = (usize, UndoToken, Vec<(String, Expected)>);

/// What a leg does to one account.
#[derive(Default)]
struct Leg {
    faults: Vec<Fault>,
    smtp: Vec<Fault>,
    turn: Vec<Change>,
    at: u64,
    /// What was done here, in words for whoever looks for a mistake.
    acts: Vec<String>,
}

struct Voyage {
    weather: Weather,
    rng: Rng,
    /// Of the clock, and of what happens in the middle of a round; of their own, so that they leave the rest of the plan as it is.
    hands: Rng,
    tide: Rng,
    engine: Engine,
    ahead: Arc<AtomicI64>,
    berths: Vec<Berth>,
    log: Log,
    _home: tempfile::TempDir,
}

/// Accounts of a voyage: how many on IMAP, and whether one at Gmail.
fn fleet(seed: u64, weather: Weather) -> (Rng, (usize, bool)) {
    // The generator must not start at zero, and neighbouring seeds should have nothing in common.
    let mut rng = Rng((seed ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9) | 1);
    for _ in 0..4 {
        rng.next();
    }
    let accounts = match rng.below(8) {
        // Waiting for the client's own limits takes minutes: one account is enough.
        n if weather == Weather::Dead => (usize::from(n >= 3), n < 3),
        0 => (1, true),
        1 => (2, false),
        2..=4 => (0, true),
        _ => (1, false),
    };
    (rng, accounts)
}

impl Voyage {
    async fn prepare(harbour: &Harbour, seed: u64, user: u64, weather: Weather, homes: &Path) -> Self {
        let (mut rng, (imap, gmail)) = fleet(seed, weather);
        let home = tempfile::tempdir_in(homes).unwrap();
        let path = home.path().join("home");
        // Gmail's clock is its own: no jump of this machine's moves it.
        let mut google = None;
        if gmail {
            let sandbox = berth::gmail_sandbox().await;
            let line = Proxy::start(sandbox.google_base().rsplit_once(':').unwrap().1.parse().unwrap()).await;
            std::fs::create_dir_all(&path).unwrap();
            std::fs::write(path.join("config.toml"), berth::gmail_config(&sandbox, line.port)).unwrap();
            google = Some((sandbox, line));
        }
        let ahead = Arc::new(AtomicI64::new(0));
        let (real, moved) = (system_clock(), Arc::clone(&ahead));
        let clock: domain::time::Clock = Arc::new(move || Timestamp(real().0 + moved.load(Ordering::SeqCst)));
        let engine = host::open_engine(&path, KeySource::Ephemeral, clock, false).await.unwrap();
        let mut berths = Vec::new();
        for n in 0..imap {
            let encrypted = rng.below(2) == 0;
            // Of one length, so that no offset depends on the number.
            berths.push(Berth::imap(&engine, harbour, &format!("voyage{user:012}{n}"), encrypted).await);
        }
        if let Some((sandbox, line)) = google {
            berths.push(Berth::gmail(&engine, &sandbox, line, sandbox::MARA).await);
        }
        let log = Log { gmail: usize::from(gmail), pairs: usize::from(berths.len() == 2), ..Log::default() };
        let (hands, tide) = (Rng(rng.0.rotate_left(32) | 1), Rng(rng.0.rotate_left(17) | 1));
        let mut voyage = Self { weather, hands, tide, rng, engine, ahead, berths, log, _home: home };
        for n in 0..8 {
            for berth in &mut voyage.berths {
                berth.deliver(&mut voyage.rng, if n < 6 { "INBOX" } else { "Work" });
            }
        }
        voyage
    }

    async fn sail(&mut self, harbour: &Harbour) -> Log {
        // The very first sync has its weather too.
        let legs: Vec<Leg> = (0..self.berths.len()).map(|b| self.weigh(b, 1, false, &HashSet::new())).collect();
        let what = self.strike(legs, None).await;
        self.settle().await;
        self.oracle(&format!("first sync, {what}")).await;
        for leg in 0..if self.weather == Weather::Dead { 2 } else { LEGS } {
            self.jump();
            let mut undo = None;
            let mut legs = Vec::new();
            for b in 0..self.berths.len() {
                self.change_there(b);
                let (taken, sends, touched, acts) = self.change_here(b).await;
                undo = undo.or(taken);
                legs.push(Leg { acts, ..self.weigh(b, 3, sends, &touched) });
            }
            let taken = if undo.is_some() { ", taken back" } else { "" };
            let what = self.strike(legs, undo).await;
            self.settle().await;
            self.oracle(&format!("leg {leg}, {what}{taken}")).await;
        }
        self.judge_index().await.unwrap();
        self.engine.close().await;
        for berth in &self.berths {
            harbour.forget(berth.email.split('@').next().unwrap());
        }
        self.log
    }

    /// Before one leg in four this machine's clock jumps: an hour or ten years, there or back.
    fn jump(&mut self) {
        if self.weather == Weather::Fine {
            return;
        }
        if let Some(jump) = [HOUR, -HOUR, YEARS, -YEARS].get(self.hands.below(16) as usize) {
            self.ahead.fetch_add(*jump, Ordering::SeqCst);
            self.log.jumps += 1;
        }
    }

    /// What a leg brings one account.
    fn weigh(&mut self, b: usize, most: u64, sends: bool, touched: &HashSet<String>) -> Leg {
        let encrypted = self.berths[b].encrypted;
        let faults = self.draw(most, encrypted);
        let smtp = if sends && self.berths[b].smtp.is_some() { self.draw(2, encrypted) } else { Vec::new() };
        let (turn, at) = self.draw_turn(b, touched);
        Leg { faults, smtp, turn, at, acts: Vec::new() }
    }

    fn draw(&mut self, most: u64, encrypted: bool) -> Vec<Fault> {
        match self.weather {
            Weather::Rough => (0..=self.rng.below(most)).map(|_| Fault::draw(&mut self.rng, encrypted)).collect(),
            Weather::Dead => vec![Fault { kind: Kind::Hole, ..Fault::draw(&mut self.rng, encrypted) }],
            Weather::Fine => Vec::new(),
        }
    }

    /// What happens at the server after so many bytes of the round; mails that the person does something to are left alone, as are those
    /// of a folder that is made anew.
    fn draw_turn(&mut self, b: usize, touched: &HashSet<String>) -> (Vec<Change>, u64) {
        let (rng, berth) = (&mut self.tide, &mut self.berths[b]);
        let (wanted, most) = (rng.below(2) == 0, 1 << (4 + rng.below(11)));
        let at = rng.below(most);
        if !wanted || self.weather == Weather::Fine {
            return (Vec::new(), 0);
        }
        let calm = !touched.iter().any(|id| id == "Work" || berth.expected.get(id).is_some_and(|e| e.places.contains("Work")));
        let mut turn = Vec::new();
        // Once in a turn, or what it is drawn from would be wrong.
        let mut used: HashSet<String> = touched.clone();
        if !berth.server.is_gmail() && calm && rng.below(3) == 0 {
            turn.push(Change::Recreate { folder: "Work" });
        }
        for _ in 0..rng.below(3) {
            let Some(change) = berth.draw_change(rng, |id, _| !used.contains(id)) else { break };
            if let Change::Delete { id, .. } | Change::Move { id, .. } | Change::Flag { id, .. } = &change {
                used.insert(id.clone());
            }
            turn.push(change);
        }
        if turn.is_empty() || rng.below(3) == 0 {
            let folder = if rng.below(3) == 0 { "Work" } else { "INBOX" };
            turn.push(berth.letter(rng, folder));
        }
        (turn, at)
    }

    /// One round in bad weather, or two if something is taken back in the middle of it. Returns what the weather was.
    async fn strike(&mut self, legs: Vec<Leg>, undo: Option<TakenBack>) -> String {
        let mut turned = Vec::new();
        let mut what = Vec::new();
        for (berth, leg) in self.berths.iter().zip(&legs) {
            let done = Arc::new(AtomicBool::new(false));
            turned.push(Arc::clone(&done));
            let (server, turn) = (Arc::clone(&berth.server), leg.turn.clone());
            let turn = (!leg.turn.is_empty()).then(|| {
                let act: Turn = Box::new(move || {
                    for change in &turn {
                        server.perform(change);
                    }
                    done.store(true, Ordering::SeqCst);
                });
                (leg.at, act)
            });
            berth.line.arm(&leg.faults, turn);
            if let Some(smtp) = &berth.smtp {
                smtp.arm(&leg.smtp, None);
            }
            let (email, Leg { faults, smtp, at, acts, .. }) = (&berth.email, leg);
            what.push(format!("{email}: {acts:?}, {faults:?}, SMTP {smtp:?}, after {at} bytes {:?}", Names(&leg.turn)));
        }
        self.sync(true).await;
        if let Some((b, token, before)) = undo {
            // Still in the weather: the way back has to get through as well.
            self.engine.undo(token).await.unwrap();
            self.berths[b].expected.extend(before);
            self.sync(true).await;
        }
        for ((berth, leg), turned) in self.berths.iter_mut().zip(&legs).zip(turned) {
            self.log.struck += berth.calm().await.len();
            if turned.load(Ordering::SeqCst) {
                leg.turn.iter().for_each(|change| berth.note(change));
                self.log.turns += leg.turn.len();
                self.log.recreated += leg.turn.iter().filter(|c| matches!(c, Change::Recreate { .. })).count();
            }
        }
        what.join("; ")
    }

    async fn sync(&mut self, spoiled: bool) -> SyncReport {
        let patience = if self.weather == Weather::Dead { DEAD_PATIENCE } else { PATIENCE };
        let report = tokio::time::timeout(patience, self.engine.sync_now(None)).await;
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
                        let mut known = self.berths.iter().flat_map(|b| b.sends.iter().map(move |(id, subject)| (b, *id, subject)));
                        let (berth, _, subject) = known.find(|(_, id, _)| *id == item.id).unwrap();
                        if berth.server.sent(subject).is_empty() {
                            self.engine.outbox_retry(item.id, Actor::Person).await.unwrap();
                        } else {
                            self.log.unknown_arrived += 1;
                            self.engine.outbox_mark_sent(item.id, Actor::Person).await.unwrap();
                        }
                        waits = true;
                    }
                    OutboxState::Wedged { .. } => panic!("gave up: {item:?}"),
                    _ => waits = true,
                }
            }
            if errors.is_empty() && !waits && !moved {
                for berth in &mut self.berths {
                    berth.learn_folders(&self.engine).await;
                }
                return;
            }
            last = errors;
            last.extend(open.iter().map(|i| format!("{i:?}")));
        }
        panic!("it does not settle: {last:#?}");
    }

    /// What other programs and people do to the mailbox between two rounds.
    fn change_there(&mut self, b: usize) {
        let (rng, berth) = (&mut self.rng, &mut self.berths[b]);
        for _ in 0..rng.below(3) {
            let folder = ["INBOX", "INBOX", "Work"][rng.below(3) as usize];
            berth.deliver(rng, folder);
        }
        for _ in 0..rng.below(4) {
            let Some(change) = berth.draw_change(rng, |_, _| true) else { return };
            berth.change(&change);
        }
    }

    /// What the person does before the next sync, on what was seen at the last one. Mails that changed elsewhere meanwhile are left
    /// alone: who wins then is a matter of who comes first, and "unread" said to a mail that looks unread is no change at all. Returns
    /// what is to be taken back, whether a mail goes out, and what was touched ("Work" too, if something goes there).
    async fn change_here(&mut self, b: usize) -> (Option<TakenBack>, bool, HashSet<String>, Vec<String>) {
        let (mut undo, mut touched, mut acts) = (None, HashSet::new(), Vec::new());
        let (rng, berth) = (&mut self.rng, &mut self.berths[b]);
        let gmail = berth.server.is_gmail();
        for _ in 0..=rng.below(3) {
            let folder = FOLDERS[rng.below(5) as usize];
            let all = berth.local(&self.engine).await;
            let within = |m: &MessageSummary| m.mailboxes.contains(&berth.folders[folder]);
            let fit: Vec<&MessageSummary> = all
                .iter()
                .filter(|m| {
                    let as_seen = |e: &Expected| {
                        oracle::places_of(berth, m) == server::shown(&e.places) && e.seen == m.flags.seen && e.flagged == m.flags.flagged
                    };
                    within(m) && berth.expected.get(&m.rfc_message_id).is_some_and(as_seen)
                })
                .collect();
            if fit.is_empty() {
                continue;
            }
            let first = rng.below(fit.len() as u64) as usize;
            let chosen = &fit[first..fit.len().min(first + 1 + rng.below(2) as usize)];
            // Gmail says itself what is sent mail, and our grant deletes nothing for ever.
            let stays = gmail && (folder == "Sent" || chosen.iter().any(|m| m.mailboxes.contains(&berth.folders["Sent"])));
            let action = match rng.below(6) {
                0 | 1 => Action::Star { on: rng.below(3) > 0 },
                2 | 3 => Action::Read { on: rng.below(3) > 0 },
                _ if stays => Action::Star { on: true },
                4 => Action::Move { to: berth.folders[["INBOX", "Archive", "Work", "Trash"][rng.below(4) as usize]] },
                _ if folder == "Trash" && gmail => Action::Move { to: berth.folders["INBOX"] },
                _ if folder == "Trash" => Action::DeleteForever,
                _ => Action::Trash,
            };
            let before: Vec<(String, Expected)> =
                chosen.iter().map(|m| (m.rfc_message_id.clone(), berth.expected[&m.rfc_message_id].clone())).collect();
            let target = Target::Messages { ids: chosen.iter().map(|m| m.id).collect() };
            let token = match self.engine.act(action.clone(), target, Actor::Person).await {
                Ok(token) => token,
                // Nothing was accepted: it is there already.
                Err(e) => {
                    let there = match &action {
                        Action::Move { to } => chosen.iter().all(|m| m.mailboxes.contains(to)),
                        Action::Trash => chosen.iter().all(|m| m.mailboxes.contains(&berth.folders["Trash"])),
                        _ => false,
                    };
                    assert!(there, "{action:?} in {folder}: {} {e}", e.code);
                    continue;
                }
            };
            self.log.writes += 1;
            for (id, mail) in &before {
                acts.push(format!("{action:?} of {id} in {:?}", mail.places));
                touched.insert(id.clone());
                touched.extend(mail.places.iter().filter(|p| **p == "Work").map(|p| (*p).to_owned()));
                berth.acted(id, &action);
            }
            if token.undoable && undo.is_none() && action != Action::DeleteForever && rng.below(4) == 0 {
                undo = Some((b, token, before));
                // Nothing else touches these until the way back was taken.
                break;
            }
        }
        let sends = rng.below(2) == 0;
        if sends {
            let mail = berth.outgoing(rng);
            let subject = mail.subject.clone();
            let id = self.engine.send_mail(mail).await.unwrap();
            berth.sends.push((id, subject));
            self.log.sent += 1;
        }
        (undo, sends, touched, acts)
    }
}

/// Changes without the bodies of mails.
struct Names<'a>(&'a [Change]);

impl std::fmt::Debug for Names<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut list = f.debug_list();
        for change in self.0 {
            match change {
                Change::Deliver { id, folder, .. } => list.entry(&format_args!("Deliver {id} to {folder}")),
                other => list.entry(other),
            };
        }
        list.finish()
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
                        let sail = async { Voyage::prepare(&harbour, seed, user, weather, homes.path()).await.sail(&harbour).await };
                        let log = runtime.block_on(sail);
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
        "{} voyages ({} with Gmail, {} with two accounts), {} faults that struck, {} rounds that failed, {} changes in the middle of a round ({} folders made anew), {} writes, {} mails ({} of unknown fate, of which {} had arrived), {} jumps of the clock; nothing lost, nothing twice; {:.0} s",
        logs.len(),
        sum(|l| l.gmail),
        sum(|l| l.pairs),
        sum(|l| l.struck),
        sum(|l| l.failed),
        sum(|l| l.turns),
        sum(|l| l.recreated),
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
    sail_until(rounds(10_000, 10_000), 1_000_000, Weather::Rough, 3);
}

/// Nobody is told that the line is dead: only the client's own limits end the wait, in real time.
#[test]
#[ignore = "minutes of waiting; part of --long"]
fn lines_that_go_dead_lose_and_double_nothing() {
    sail_until(40, 2_000_000, Weather::Dead, 12);
}
