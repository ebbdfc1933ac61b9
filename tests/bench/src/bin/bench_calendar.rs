//! `cargo xtask bench calendar`: twenty subscribed calendars with fifty thousand events and ten thousand series, brought over real HTTP
//! from this program itself, then asked for as the window does. Prints the tables of docs/benchmarks.md.
//!
//! `bench_calendar HOME` makes a home there. A time is from the engine's call to the JSON of its answer.

#![allow(clippy::unwrap_used)]

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bench::cpu;
use domain::{
    SecretString,
    audit::Actor,
    time::{Timestamp, system_clock},
};
use engine::{ConnectFeed, Engine};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use vault::KeySource;

const CALENDARS: u64 = 20;
const EVENTS: u64 = 50_000;
const SERIES: u64 = 10_000;
/// 2026-01-05, a Monday: the events lie in the five years around it.
const MONDAY: i64 = 1_767_571_200;
const DAY: i64 = 86_400;
const DAY_MS: i64 = DAY * 1_000;

/// From one month to the next.
const LEAF: Duration = Duration::from_millis(100);

/// A small generator whose numbers are the same everywhere (SplitMix64).
struct Rng(u64);

impl Rng {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }

    fn of<'t>(&mut self, all: &[&'t str]) -> &'t str {
        all.get(self.next(all.len() as u64) as usize).unwrap()
    }
}

fn stamp(secs: i64) -> String {
    // Civil from days (Howard Hinnant's algorithm), so that the bench needs no calendar library.
    let (days, rest) = (secs.div_euclid(DAY), secs.rem_euclid(DAY));
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (doy - (153 * mp + 2) / 5 + 1, if mp < 10 { mp + 3 } else { mp - 9 });
    let year = yoe + era * 400 + i64::from(month <= 2);
    format!("{year:04}{month:02}{day:02}T{:02}{:02}00", rest / 3_600, rest / 60 % 60)
}

/// One calendar of the twenty, with its share of events and series.
fn calendar(n: u64, events: u64, series: u64) -> String {
    let mut rng = Rng(n + 1);
    let mut out = format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//bench//EN\r\nX-WR-CALNAME:Calendar {n}\r\n");
    for i in 0..events {
        let start = MONDAY - 913 * DAY + (rng.next(1_826) as i64) * DAY + 7 * 3_600 + (rng.next(40) as i64) * 900;
        let end = start + 900 * (1 + rng.next(8) as i64);
        let zone = rng.of(&["Europe/Berlin", "America/New_York", "UTC"]);
        let _ = write!(
            out,
            "BEGIN:VEVENT\r\nUID:e{n}-{i}@bench.example\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;TZID={zone}:{}\r\nDTEND;TZID={zone}:{}\r\n\
             SUMMARY:Meeting {i} of calendar {n}\r\nLOCATION:Room {}\r\nDESCRIPTION:What is talked about in meeting {i}\\, at length.\r\nEND:VEVENT\r\n",
            stamp(start),
            stamp(end),
            rng.next(40),
        );
    }
    for i in 0..series {
        let start = MONDAY - (rng.next(700) as i64) * DAY + 7 * 3_600 + (rng.next(40) as i64) * 900;
        let rule = rng.of(&[
            "FREQ=WEEKLY",
            "FREQ=WEEKLY;INTERVAL=2",
            "FREQ=WEEKLY;BYDAY=MO,WE",
            "FREQ=MONTHLY;BYDAY=2TU",
            "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR",
            "FREQ=YEARLY",
        ]);
        let _ = write!(
            out,
            "BEGIN:VEVENT\r\nUID:s{n}-{i}@bench.example\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;TZID=Europe/Berlin:{}\r\nDURATION:PT30M\r\n\
             RRULE:{rule}\r\nSUMMARY:Series {i} of calendar {n}\r\nEND:VEVENT\r\n",
            stamp(start),
        );
    }
    out + "END:VCALENDAR\r\n"
}

/// Serves the calendars, with ETags; counts what it is asked.
async fn serve(files: Vec<String>) -> (u16, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(AtomicU64::new(0));
    let (files, count) = (Arc::new(files), Arc::clone(&asked));
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let (files, count) = (Arc::clone(&files), Arc::clone(&count));
            tokio::spawn(async move {
                let mut head = Vec::new();
                let mut byte = [0; 1024];
                loop {
                    head.clear();
                    while !head.windows(4).any(|w| w == b"\r\n\r\n") {
                        match socket.read(&mut byte).await {
                            Ok(n) if n > 0 => head.extend_from_slice(byte.get(..n).unwrap()),
                            _ => return,
                        }
                    }
                    count.fetch_add(1, Ordering::Relaxed);
                    let text = String::from_utf8_lossy(&head).to_lowercase();
                    let n: usize = text.split("/c").nth(1).and_then(|t| t.split(".ics").next()).and_then(|t| t.parse().ok()).unwrap();
                    let body = files.get(n).unwrap();
                    let tag = format!("\"{n}\"");
                    let reply = if text.contains(&format!("if-none-match: {tag}")) {
                        format!("HTTP/1.1 304 Not Modified\r\nETag: {tag}\r\nContent-Length: 0\r\n\r\n")
                    } else {
                        format!(
                            "HTTP/1.1 200 OK\r\nContent-Type: text/calendar\r\nETag: {tag}\r\nContent-Length: {}\r\n\r\n{body}",
                            body.len()
                        )
                    };
                    if socket.write_all(reply.as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    (port, asked)
}

/// Median, 95th percentile and worst, in milliseconds.
fn figures(mut times: Vec<Duration>) -> (f64, f64, f64) {
    times.sort();
    let at = |share: f64| times.get(((times.len() as f64 * share) as usize).min(times.len() - 1)).map_or(0.0, |d| d.as_secs_f64() * 1e3);
    (at(0.5), at(0.95), at(1.0))
}

async fn ask(engine: &Engine, from: i64, to: i64) -> (Duration, usize) {
    let begin = Instant::now();
    let (rows, _) = engine.agenda(Timestamp(from), Timestamp(to), false).await.unwrap();
    let json = serde_json::to_string(&rows).unwrap();
    assert!(!json.is_empty());
    (begin.elapsed(), rows.len())
}

async fn open(home: &Path) -> Engine {
    let key = || KeySource::Passphrase(SecretString::from("a passphrase for the bench"));
    host::open_engine(home, key(), system_clock(), false).await.unwrap()
}

async fn connect(engine: &Engine, port: u16, from: u64, to: u64) {
    for n in from..to {
        let request = ConnectFeed {
            url: SecretString::from(format!("http://127.0.0.1:{port}/c{n}.ics")),
            name: String::new(),
            private_allowed: true,
            actor: Actor::Cli,
        };
        engine.connect_feed(request).await.unwrap();
    }
}

#[tokio::main]
async fn main() {
    let home = PathBuf::from(std::env::args().nth(1).unwrap());
    let mut files: Vec<String> = (0..CALENDARS).map(|n| calendar(n, EVENTS / CALENDARS, 0)).collect();
    // In pieces: nobody's one calendar is larger than what is read of one.
    files.extend((0..CALENDARS).map(|n| calendar(CALENDARS + n, 0, SERIES / CALENDARS)));
    let bytes: usize = files.iter().map(String::len).sum();
    let (port, asked) = serve(files).await;
    let engine = open(&home).await;
    connect(&engine, port, 0, CALENDARS).await;
    let (begin, before) = (Instant::now(), cpu());
    let report = engine.sync_now(None).await.unwrap();
    let (wall, spent) = (begin.elapsed(), cpu() - before);
    assert_eq!(report.scopes.iter().map(|s| s.added).sum::<u64>(), EVENTS);

    let month = |m: i64| (MONDAY * 1_000 - 300 * DAY_MS + m * 30 * DAY_MS, MONDAY * 1_000 - 300 * DAY_MS + m * 30 * DAY_MS + 42 * DAY_MS);
    let mut times = Vec::new();
    let mut rows = 0;
    ask(&engine, month(0).0, month(0).1).await;
    for m in 0..100 {
        // Nobody leafs faster; what lies beside a month is worked out while it is looked at.
        tokio::time::sleep(LEAF).await;
        let (from, to) = month(m % 20);
        let (took, n) = ask(&engine, from, to).await;
        times.push(took);
        rows = rows.max(n);
    }
    let (p50, p95, worst) = figures(times);
    println!(
        "{EVENTS} events in {CALENDARS} subscribed calendars ({:.0} MB), then {SERIES} series more. Release build.\n",
        bytes as f64 / 1e6
    );
    println!("| what | p50 | p95 | worst | budget |\n|---|---|---|---|---|");
    println!(
        "| six weeks of a month view, {rows} events at most, leafing ten months a second | {p50:.1} ms | {p95:.1} ms | {worst:.1} ms | ≤ 16 ms |"
    );

    connect(&engine, port, CALENDARS, 2 * CALENDARS).await;
    engine.sync_now(None).await.unwrap();
    let week = MONDAY * 1_000 + 6_000 * DAY_MS;
    let (cold, _) = ask(&engine, week, week + 7 * DAY_MS).await;
    let mut times = Vec::new();
    let mut found = 0;
    for _ in 0..50 {
        let (took, n) = ask(&engine, week, week + 7 * DAY_MS).await;
        times.push(took);
        found = n;
    }
    let (p50, p95, worst) = figures(times);
    println!(
        "| one week of {SERIES} series, {found} members, from the cached window | {p50:.1} ms | {p95:.1} ms | {worst:.1} ms | ≤ 50 ms |"
    );
    let cold = cold.as_secs_f64() * 1e3;
    println!("| the same in years that nobody has looked at | {cold:.0} ms | | | ≤ 2,000 ms |");

    let requests = asked.load(Ordering::Relaxed);
    let begin = Instant::now();
    engine.sync_now(None).await.unwrap();
    let asked = asked.load(Ordering::Relaxed) - requests;
    println!("\n| round | |\n|---|---|");
    println!("| first, {EVENTS} events | {:.1} s, {:.2} ms CPU an event |", wall.as_secs_f64(), spent * 1e3 / EVENTS as f64);
    println!("| nothing changed, {} scopes | {asked} requests, {:.0} ms |", 2 * CALENDARS, begin.elapsed().as_secs_f64() * 1e3);
    let memory = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = memory
        .lines()
        .find_map(|l| l.strip_prefix("VmHWM:"))
        .and_then(|l| l.trim().strip_suffix(" kB"))
        .and_then(|n| n.parse::<f64>().ok());
    println!("| most memory (with the server of the files) | {:.0} MB |", peak.unwrap_or(0.0) / 1024.0);
    engine.close().await;
}
