//! `cargo xtask bench calendar`: twenty subscribed calendars with fifty thousand events and ten thousand series, brought over real HTTP
//! from another process, then asked for as the window does. Prints the tables of docs/benchmarks.md.
//!
//! `bench_calendar HOME` makes a home there. A time is from the engine's call to the JSON of its answer.

#![allow(clippy::unwrap_used)]

use std::{
    path::{Path, PathBuf},
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use bench::{
    calendars::{CALENDARS, DAY_MS, EVENTS, MONDAY, SERIES, files, month, serve, subscribe},
    child::{Served, answer, is_server},
    cpu, figures, peak_memory,
};
use domain::{
    SecretString,
    time::{Timestamp, system_clock},
};
use engine::Engine;
use serde_json::json;
use vault::KeySource;

/// From one month to the next.
const LEAF: Duration = Duration::from_millis(100);

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

/// The calendars, in a process of their own: their text would count as the engine's memory.
async fn server() {
    let files = files();
    let bytes: usize = files.iter().map(String::len).sum();
    let (port, asked) = serve(files).await;
    answer(&json!({ "port": port, "bytes": bytes }), |_| json!(asked.load(Ordering::Relaxed)));
}

#[tokio::main]
async fn main() {
    if is_server() {
        return server().await;
    }
    let home = PathBuf::from(std::env::args().nth(1).unwrap());
    let mut served = Served::start();
    let port = served.port();
    let engine = open(&home).await;
    subscribe(&engine, port, 0, CALENDARS).await;
    let (begin, before) = (Instant::now(), cpu());
    let report = engine.sync_now(None).await.unwrap();
    let (wall, spent) = (begin.elapsed(), cpu() - before);
    assert_eq!(report.scopes.iter().map(|s| s.added).sum::<u64>(), EVENTS);

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
        "{EVENTS} events in {CALENDARS} subscribed calendars ({:.0} MB with the series), then {SERIES} series more. Release build.\n",
        served.number("bytes") / 1e6
    );
    println!("| what | p50 | p95 | worst | budget |\n|---|---|---|---|---|");
    println!(
        "| six weeks of a month view, {rows} events at most, leafing ten months a second | {p50:.1} ms | {p95:.1} ms | {worst:.1} ms | ≤ 16 ms |"
    );

    subscribe(&engine, port, CALENDARS, 2 * CALENDARS).await;
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

    let mut requests = || served.ask("asked").as_u64().unwrap();
    let before = requests();
    let begin = Instant::now();
    engine.sync_now(None).await.unwrap();
    let took = begin.elapsed();
    let asked = requests() - before;
    println!("\n| round | |\n|---|---|");
    println!("| first, {EVENTS} events | {:.1} s, {:.2} ms CPU an event |", wall.as_secs_f64(), spent * 1e3 / EVENTS as f64);
    println!("| nothing changed, {} scopes | {asked} requests, {:.0} ms |", 2 * CALENDARS, took.as_secs_f64() * 1e3);
    println!("| most memory | {:.0} MB of 150 |", peak_memory());
    engine.close().await;
}
