//! Measurements, never part of a test run: `cargo xtask bench [sync|search]`. Release build, one at a time.

use std::time::{Duration, Instant};

use crate::{
    dovecot::{Dovecot, Mailbox, PASSWORD, USER},
    support::Home,
};

fn synced(count: usize) -> (Dovecot, Home, Duration, Duration) {
    let server = Dovecot::start(&[Mailbox::generate("INBOX", count, 1_795_176_000)], "");
    let home = Home::new();
    home.connect_imap("test@corpus.example", USER, PASSWORD, server.port, None);
    let start = Instant::now();
    home.run(&["sync"]);
    let first = start.elapsed();
    let start = Instant::now();
    home.run(&["sync"]);
    (server, home, first, start.elapsed())
}

#[test]
#[ignore = "a measurement"]
fn bench_sync() {
    println!("| messages | first sync s | per message ms | no-change sync ms (whole program) |\n|---|---|---|---|");
    for count in [1_500, 10_000] {
        let (_server, _home, first, again) = synced(count);
        println!("| {count} | {:.2} | {:.2} | {} |", first.as_secs_f64(), first.as_secs_f64() * 1000.0 / count as f64, again.as_millis());
    }
}

#[test]
#[ignore = "a measurement"]
fn bench_search() {
    let (_server, home, ..) = synced(10_000);
    println!("| query | median ms of 9 (whole program, key derivation included) |\n|---|---|");
    for query in ["connections-only", "hello", "inbox number", "\"hello number 77\"", "from:person3 hello", "he*"] {
        let mut times: Vec<Duration> = (0..9)
            .map(|_| {
                let start = Instant::now();
                if query == "connections-only" {
                    home.run(&["connections"])
                } else {
                    home.run(&["search", query, "--limit", "50"])
                };
                start.elapsed()
            })
            .collect();
        times.sort();
        println!("| {query} | {} |", times[times.len() / 2].as_millis());
    }
}
