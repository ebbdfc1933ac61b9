//! Two programs that know nothing of each other, Aurelius and vdirsyncer, edit one collection of a Radicale at random and hold the same
//! events in the end. vdirsyncer keeps its side as files, which the test edits as a person with an editor would.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use domain::{
    audit::Actor,
    ids::CalendarId,
    time::{Timestamp, system_clock},
};
use engine::{Engine, EventFields, EventTime, EventView, Members};

use super::{
    dav::{Content, content, same},
    event,
    radicale::Radicale,
    with,
};
use crate::support::{Home, PASSPHRASE, Rng, rounds};

/// 2027-05-01 and 2027-06-15, UTC: everything lies between.
const FROM: Timestamp = Timestamp::from_secs(1_809_129_600);
const TO: Timestamp = Timestamp::from_secs(1_813_017_600);
/// An event that nobody deletes: vdirsyncer takes a side that became empty for a mistake.
const ANCHOR: &str = "anchor";

struct Files {
    dir: PathBuf,
    config: PathBuf,
}

impl Files {
    fn new(home: &Path, server: &Radicale) -> Self {
        let dir = home.join("files");
        fs::create_dir_all(&dir).unwrap();
        let config = home.join("vdirsyncer.conf");
        let (at, dav) = (home.display(), &server.dav);
        let text = format!(
            "[general]\nstatus_path = \"{at}/status/\"\n\
             [pair plan]\na = \"files\"\nb = \"server\"\ncollections = null\nconflict_resolution = \"b wins\"\n\
             [storage files]\ntype = \"filesystem\"\npath = \"{at}/files/\"\nfileext = \".ics\"\n\
             [storage server]\ntype = \"caldav\"\nurl = \"http://{}{}\"\nusername = \"{}\"\npassword = \"{}\"\n",
            dav.host, dav.collection, dav.user, dav.password
        );
        fs::write(&config, text).unwrap();
        let files = Self { dir, config };
        files.run("discover");
        files
    }

    fn run(&self, what: &str) {
        let out = Command::new("vdirsyncer").arg("-c").arg(&self.config).arg(what).stdin(Stdio::null()).output();
        let out = out.unwrap_or_else(|e| panic!("vdirsyncer can't be started ({e}): install the package vdirsyncer"));
        assert!(
            out.status.success(),
            "vdirsyncer {what}: {}{}",
            String::from_utf8_lossy(&out.stdout),
            String::from_utf8_lossy(&out.stderr)
        );
    }

    fn all(&self) -> BTreeMap<PathBuf, String> {
        let files = fs::read_dir(&self.dir).unwrap().map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "ics"));
        files.map(|p| (p.clone(), fs::read_to_string(&p).unwrap())).collect()
    }

    fn content(&self) -> Content {
        let mut all = Content::new();
        for text in self.all().values() {
            for (uid, events) in content(text) {
                all.entry(uid).or_default().extend(events);
            }
        }
        all
    }

    fn edit(&self, rng: &mut Rng, n: usize) {
        let all: Vec<_> = self.all().into_iter().filter(|(_, text)| !text.contains(ANCHOR)).collect();
        let some = (!all.is_empty()).then(|| all[rng.below(all.len() as u64) as usize].clone());
        match (rng.below(5), some) {
            (0, Some((path, _))) => fs::remove_file(path).unwrap(),
            (1 | 2, Some((path, text))) => fs::write(path, with(&text, "SUMMARY", &format!("Filed {n}"))).unwrap(),
            (3, Some((path, text))) => fs::write(path, with(&text, "LOCATION", &format!("Shelf {n}"))).unwrap(),
            _ => {
                let (day, more) = (1 + rng.below(28), if n.is_multiple_of(3) { "RRULE:FREQ=DAILY;COUNT=3\r\n" } else { "" });
                let text = event(&format!("file-{n}"), &format!("File {n}"), more).replace("20270510", &format!("202705{day:02}"));
                fs::write(self.dir.join(format!("file-{n}.ics")), text).unwrap();
            }
        }
    }
}

struct Here {
    runtime: tokio::runtime::Runtime,
    engine: Engine,
    calendar: CalendarId,
    resolved: usize,
}

impl Here {
    fn open(home: &Home) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let key = vault::KeySource::Passphrase(PASSPHRASE.to_owned().into());
        let engine = runtime.block_on(host::open_engine(&home.path(), key, system_clock(), false)).unwrap();
        let calendar = runtime.block_on(engine.calendars()).unwrap()[0].id;
        Self { runtime, engine, calendar, resolved: 0 }
    }

    fn events(&self) -> Vec<EventView> {
        let (events, cut) = self.runtime.block_on(self.engine.agenda(FROM, TO, true)).unwrap();
        assert!(!cut);
        events
    }

    fn edit(&self, rng: &mut Rng, n: usize) {
        let all: Vec<_> = self.events().into_iter().filter(|e| e.title != ANCHOR && e.pending.as_deref() != Some("conflict")).collect();
        let some = (!all.is_empty()).then(|| all[rng.below(all.len() as u64) as usize].clone());
        let members = [Members::Only, Members::Following, Members::All][rng.below(3) as usize];
        let fields = |title: &str| EventFields { title: Some(format!("{title} {n}")), ..EventFields::default() };
        let day = 1 + rng.below(28);
        let clock = |hour: u64| EventTime::Clock {
            start: format!("2027-05-{day:02}T{hour:02}:00"),
            end: format!("2027-05-{day:02}T{:02}:00", hour + 1),
            zone: Some("Europe/Berlin".to_owned()),
        };
        let engine = &self.engine;
        self.runtime.block_on(async {
            match (rng.below(6), some) {
                (0, Some(e)) => drop(engine.delete_event(&e.key, members, Actor::Cli).await.unwrap()),
                (1 | 2, Some(e)) => drop(engine.update_event(&e.key, members, &fields("Written"), Actor::Cli).await.unwrap()),
                (3, Some(e)) => {
                    let place =
                        EventFields { location: Some(format!("Room {n}")), alarms: Some(vec![n as i32 % 60]), ..EventFields::default() };
                    engine.update_event(&e.key, members, &place, Actor::Cli).await.unwrap();
                }
                (4, Some(e)) => {
                    // Moved within its day, so that any rule can go along.
                    let day = e.days.as_ref().map_or_else(
                        || chrono::DateTime::from_timestamp(e.start.secs(), 0).unwrap().date_naive().to_string(),
                        |d| d.0.clone(),
                    );
                    let time =
                        EventTime::Clock { start: format!("{day}T11:00"), end: format!("{day}T11:30"), zone: Some("UTC".to_owned()) };
                    engine
                        .update_event(&e.key, members, &EventFields { time: Some(time), ..EventFields::default() }, Actor::Cli)
                        .await
                        .unwrap();
                }
                _ => {
                    let rule = n.is_multiple_of(2).then(|| "FREQ=DAILY;COUNT=4".to_owned());
                    let new = EventFields { time: Some(clock(8 + rng.below(10))), rule, ..fields("New") };
                    engine.create_event(Some(self.calendar), &new, Actor::Cli).await.unwrap();
                }
            }
        });
    }

    /// Syncs, and decides what both sides changed by the flip of a coin.
    fn sync(&mut self, rng: &mut Rng) {
        let report = self.runtime.block_on(self.engine.sync_now(None)).unwrap();
        for scope in &report.scopes {
            assert!(scope.error.is_none(), "{scope:?}");
        }
        let torn: std::collections::BTreeSet<String> = self
            .events()
            .into_iter()
            .filter(|e| e.pending.as_deref() == Some("conflict"))
            .map(|e| e.key.split_once('/').unwrap().0.to_owned() + "/")
            .collect();
        for key in torn {
            self.resolved += 1;
            self.runtime.block_on(self.engine.resolve_event(&key, rng.below(2) == 0, Actor::Cli)).unwrap();
        }
    }
}

#[test]
fn two_clients_that_edit_one_collection_at_random_hold_the_same_in_the_end() {
    let seed = std::env::var("AURELIUS_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(20_270_501);
    let (rounds, started) = (rounds(20, 200), Instant::now());
    let mut rng = Rng(seed);
    let server = Radicale::start(&["plan"]);
    server.dav.add(ANCHOR, &event(ANCHOR, ANCHOR, ""));
    let home = Home::new();
    let files = Files::new(home.dir.path(), &server);
    files.run("sync");
    let connected = super::connect(&home, &server.dav, &server.dav.password, &[]);
    assert!(connected.status.success(), "{}", String::from_utf8_lossy(&connected.stderr));
    home.run(&["sync"]);
    let mut here = Here::open(&home);
    let mut edits = 0;
    for round in 0..rounds {
        // Both work on what they last saw; who comes second finds the other's work there.
        for _ in 0..=rng.below(3) {
            edits += 1;
            here.edit(&mut rng, edits);
        }
        for _ in 0..=rng.below(3) {
            edits += 1;
            files.edit(&mut rng, edits);
        }
        match rng.below(3) {
            0 => here.sync(&mut rng),
            1 => {
                files.run("sync");
                here.sync(&mut rng);
            }
            _ => {
                here.sync(&mut rng);
                files.run("sync");
            }
        }
        if round % 10 == 9 {
            agree(&mut here, &files, &server, &mut rng, seed, round);
        }
    }
    let held = agree(&mut here, &files, &server, &mut rng, seed, rounds);
    println!(
        "seed {seed}: {rounds} rounds, {edits} edits, {} conflicts decided, {held} events on both sides; {:.0} s",
        here.resolved,
        started.elapsed().as_secs_f64()
    );
    assert!(held > 1, "something is left to compare");
    here.runtime.block_on(here.engine.close());
}

/// Brings both in step and compares all three.
fn agree(here: &mut Here, files: &Files, server: &Radicale, rng: &mut Rng, seed: u64, round: usize) -> usize {
    for _ in 0..3 {
        here.sync(rng);
        files.run("sync");
    }
    here.sync(rng);
    let waiting = here.runtime.block_on(here.engine.outbox(None)).unwrap();
    assert!(waiting.is_empty(), "seed {seed}, round {round}: {waiting:?}");
    let (_, text) = here.runtime.block_on(here.engine.export_calendar(here.calendar)).unwrap();
    let (ours, theirs, there) = (content(&text), files.content(), server.dav.content());
    same(&theirs, &there, &format!("seed {seed}, round {round}: vdirsyncer and the server"));
    same(&ours, &there, &format!("seed {seed}, round {round}: Aurelius and the server"));
    ours.len()
}
