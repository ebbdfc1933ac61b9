//! `cargo xtask bench sync`: rounds in which nothing changed, without the start of a program around them.
//!
//! `bench_nochange HOME PASSPHRASE_FILE ROUNDS` opens the engine of a synced home, syncs once (connections are made, folders
//! compared), then ROUNDS times more, and prints `{"rounds": n, "wall_ms": median, "cpu_ms": mean}` of these. Under callgrind the
//! difference between two numbers of rounds is what a round costs in instructions.

#![allow(clippy::unwrap_used)]

use std::{path::Path, time::Instant};

use bench::cpu;
use domain::time::system_clock;

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [home, phrase, rounds] = args.as_slice() else { panic!("bench_nochange HOME PASSPHRASE_FILE ROUNDS") };
    let rounds: u32 = rounds.parse().unwrap();
    let key = vault::KeySource::Passphrase(host::read_passphrase(Path::new(phrase)).unwrap());
    let engine = host::open_engine(Path::new(home), key, system_clock(), false).await.unwrap();
    let mut walls = Vec::new();
    let mut spent = 0.0;
    for n in 0..=rounds {
        let (start, before) = (Instant::now(), cpu());
        let report = engine.sync_now(None).await.unwrap();
        let changed: u64 = report.scopes.iter().map(|s| s.added + s.updated + s.removed).sum();
        assert!(changed == 0 && report.scopes.iter().all(|s| s.error.is_none()), "something changed, or failed");
        if n > 0 {
            walls.push(start.elapsed());
            spent += cpu() - before;
        }
    }
    walls.sort();
    let median = walls.get(walls.len() / 2).map_or(0.0, |d| d.as_secs_f64() * 1e3);
    println!("{{\"rounds\": {rounds}, \"wall_ms\": {median:.3}, \"cpu_ms\": {:.3}}}", spent * 1e3 / f64::from(rounds.max(1)));
    engine.close().await;
}
