//! `cargo xtask bench search`: generated mail, straight into a store; then searches, lists, opening and disconnecting are timed.
//!
//! Reads what `tests/bench/gen_mail.py --format stream` writes: a line of JSON (the manifest of one mail) and its bytes, as often
//! as there are mails. Prints a Markdown table. One in ten mails lies in the folder `Reports`, one in a thousand in `Rare`; one in
//! five belongs to the second account.
//!
//! `bench_store HOME [--keep]`: with `--keep` the filled store stays, with what it should be found by in `facts.json`; run again
//! on such a home, nothing is read and only the measuring is done (disconnecting, which ends a store, is left out).

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::{
    collections::{BTreeMap, HashSet},
    io::BufReader,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use bench::{BATCH, commit, connection, cpu, incoming, mailbox, next_mail, note};
use domain::{
    ids::{AccountId, ConnectionId, RemoteId},
    integration::Service,
    mail::MailboxRole,
    search::{Query, parse},
    sync::SyncScope,
    time::Timestamp,
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use store::{IncomingMail, Place, Store, StoreOptions, ThreadFilter};
use vault::{KeySource, Vault};

const REPEAT: usize = 100;
const FIRST: &str = "first";

/// What the store was filled with, and what has to be found in it.
#[derive(Default, Serialize, Deserialize)]
struct Facts {
    mails: u64,
    bytes: u64,
    /// CPU seconds of filling.
    spent: f64,
    /// CPU seconds of merging its index afterwards.
    tidied: f64,
    /// Size on the disk over `bytes`.
    disk: f64,
    needles: BTreeMap<String, String>,
    phrases: HashSet<String>,
    /// The most frequent sender and twenty others.
    by_sender: BTreeMap<String, HashSet<String>>,
    sender: String,
    rare: HashSet<String>,
}

struct Folder {
    scope: SyncScope,
    account: AccountId,
    waiting: Vec<IncomingMail>,
}

fn now() -> Timestamp {
    Timestamp::from_secs(2_200_000_000)
}

async fn account(store: &Store, id: &str) -> Vec<Folder> {
    let new = connection(id, None, now());
    let account = store.insert_connection(&new, &note("connection.created"), now()).await.unwrap()[0].id;
    let names = [("INBOX", Some(MailboxRole::Inbox)), ("Reports", None), ("Rare", None)];
    store.upsert_mailboxes(account, &names.map(|(name, role)| mailbox(name, role)), now()).await.unwrap();
    let mut out = Vec::new();
    for (name, _) in names {
        let scope = store.ensure_scope(&new.connection.id, Service::Mail, Some(&RemoteId::new(name))).await.unwrap();
        out.push(Folder { scope, account, waiting: Vec::new() });
    }
    out
}

async fn flush(store: &Store, folder: &mut Folder) {
    let batch = commit(&folder.scope, folder.account, std::mem::take(&mut folder.waiting), true, now());
    store.commit_batch(batch).await.unwrap();
}

fn disk(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries.map(|e| if e.path().is_dir() { disk(&e.path()) } else { e.metadata().map_or(0, |m| m.len()) }).sum()
}

fn p(sorted: &[Duration], part: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3
}

/// Wall times in order, CPU milliseconds of one run on average, and the most that any gave.
async fn timed<F: Future<Output = usize>>(count: usize, mut f: impl FnMut(usize) -> F) -> (Vec<Duration>, f64, usize) {
    let mut times = Vec::new();
    let mut most = f(0).await;
    let before = cpu();
    for n in 0..count {
        let start = Instant::now();
        most = most.max(f(n).await);
        times.push(start.elapsed());
    }
    let spent = (cpu() - before) * 1e3 / count as f64;
    times.sort();
    (times, spent, most)
}

fn row(name: &str, (times, spent, hits): (Vec<Duration>, f64, usize), budget: &str) {
    println!("| {name} | {:.2} | {:.2} | {spent:.1} | {hits} | {budget} |", p(&times, 0.5), p(&times, 0.95));
}

/// Hits on the first page.
async fn found_by(store: &Store, query: &Query, best: bool) -> usize {
    if best {
        return store.search_best(query, 50, now()).await.unwrap().len();
    }
    store.search(query, None, 50).await.unwrap().items.len()
}

/// Words that a large part of all mail holds, as the generator draws them.
const COMMON: [&str; 20] = [
    "meeting", "project", "update", "team", "report", "invoice", "budget", "contract", "customer", "review", "schedule", "release",
    "deploy", "server", "issue", "ticket", "question", "the", "and", "please",
];
const PREFIXES: [&str; 20] =
    ["me", "pr", "up", "te", "re", "in", "bu", "co", "cu", "sc", "de", "se", "is", "ti", "qu", "th", "an", "pl", "ho", "tr"];

/// Message-IDs of everything a query finds.
async fn all(store: &Store, query: &str) -> HashSet<String> {
    let query = parse(query, now(), &domain::time::Zone::fixed(0)).unwrap();
    let mut found = HashSet::new();
    let mut after = None;
    loop {
        let page = store.search(&query, after.as_ref(), 1_000).await.unwrap();
        found.extend(page.items.into_iter().map(|hit| hit.message.rfc_message_id));
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}

/// Everything from standard input.
async fn fill(store: &Store, home: &Path) -> Facts {
    let mut folders = account(store, FIRST).await;
    folders.extend(account(store, "second").await);
    let mut input = BufReader::with_capacity(1 << 20, std::io::stdin().lock());
    let mut facts = Facts::default();
    let mut by_sender: BTreeMap<String, HashSet<String>> = BTreeMap::new();
    let before = cpu();
    while let Some((meta, raw)) = next_mail(&mut input) {
        (facts.mails, facts.bytes) = (facts.mails + 1, facts.bytes + raw.len() as u64);
        if meta.i % 1000 == 7 {
            facts.needles.insert(format!("needle{:05}", meta.i / 1000), meta.mid.clone());
        }
        if meta.i % 500 == 3 {
            facts.phrases.insert(meta.mid.clone());
        }
        by_sender.entry(meta.from.clone()).or_default().insert(meta.mid.clone());
        let folder = if meta.i % 1000 == 501 {
            facts.rare.insert(meta.mid.clone());
            2
        } else {
            usize::from(meta.i % 10 == 4)
        };
        let folder = &mut folders[if meta.i % 5 == 2 { 3 + folder } else { folder }];
        folder.waiting.push(incoming(&meta, raw));
        if folder.waiting.len() >= BATCH {
            flush(store, folder).await;
        }
        if facts.mails % 50_000 == 0 {
            eprintln!("{} stored, {:.3} ms each", facts.mails, (cpu() - before) * 1e3 / facts.mails as f64);
        }
    }
    for folder in &mut folders {
        flush(store, folder).await;
    }
    facts.spent = cpu() - before;
    // As a running engine does by itself while nothing is synced (engine::runner::house).
    let before = cpu();
    while store.tidy_index(64).await.unwrap() {}
    store.checkpoint().await.unwrap();
    store.give_back().await.unwrap();
    store.checkpoint().await.unwrap();
    facts.tidied = cpu() - before;
    facts.disk = disk(home) as f64 / facts.bytes as f64;
    facts.sender = by_sender.iter().max_by_key(|(_, m)| m.len()).map(|(s, _)| s.clone()).unwrap();
    facts.by_sender = by_sender.into_iter().take(20).collect();
    facts
}

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let home = PathBuf::from(&args[0]);
    let keep = args.iter().any(|a| a == "--keep");
    std::fs::create_dir_all(&home).unwrap();
    let list = home.join("facts.json");
    let source = || KeySource::Passphrase(SecretString::from("bench"));
    let vault = if list.exists() { Vault::open(&home, source()).await.unwrap() } else { Vault::create(&home, source()).await.unwrap() };
    let options = || StoreOptions {
        path: home.join("store.db"),
        files_dir: home.join("files"),
        key: vault.database_key().unwrap(),
        sealer: vault.files(),
    };
    let store = Store::open(options()).await.unwrap();
    let facts = if list.exists() {
        serde_json::from_slice(&std::fs::read(&list).unwrap()).unwrap()
    } else {
        let facts = fill(&store, &home).await;
        if keep {
            std::fs::write(&list, serde_json::to_vec(&facts).unwrap()).unwrap();
        }
        facts
    };
    let Facts { mails, bytes, spent, tidied, disk: size, needles, phrases, by_sender, sender, rare } = facts;
    eprintln!("{mails} mails stored: {:.3} ms each, disk {size:.2}", spent * 1e3 / mails as f64);

    println!(
        "| what, {mails} messages ({} MB) | p50 ms | p95 ms | CPU ms | hits on the page | budget, p95 |\n|---|---|---|---|---|---|",
        bytes / 1_000_000
    );
    let day = |secs: i64| {
        let days = secs.div_euclid(86_400) + 719_468;
        let era = days.div_euclid(146_097);
        let doe = days - era * 146_097;
        let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let month = if mp < 10 { mp + 3 } else { mp - 9 };
        format!("{:04}-{month:02}-{:02}", yoe + era * 400 + i64::from(month <= 2), doy - (153 * mp + 2) / 5 + 1)
    };
    let local = |sender: &str| sender.split('.').next().unwrap_or(sender).to_owned();
    let senders: Vec<String> = std::iter::once(&sender).chain(by_sender.keys()).map(|s| local(s)).collect();
    let words: Vec<&String> = needles.keys().collect();
    // A hundred questions of each kind, no two the same where the corpus has so many: one that is asked again and again would only
    // measure the cache.
    let common = |n: usize| COMMON[n % COMMON.len()];
    let week = |n: usize| {
        let from = 1_672_531_200 + (3 + n as i64 % 7) * 86_400;
        (day(from), day(from + 7 * 86_400))
    };
    type Ask<'a> = Box<dyn Fn(usize) -> String + 'a>;
    let kinds: Vec<(&str, Ask<'_>)> = vec![
        ("rare word", Box::new(|n| words[n * words.len() / REPEAT % words.len()].clone())),
        ("common word", Box::new(|n| common(n).to_owned())),
        ("two words", Box::new(|n| format!("{} {}", common(n), common(n * 7 + 3 + n / 20)))),
        ("phrase", Box::new(|n| if n % 2 == 0 { "\"quarterly budget review\"".to_owned() } else { "\"budget review\"".to_owned() })),
        (
            "from + oldest dates",
            Box::new(|n| {
                let (from, to) = week(n);
                format!("from:{} {} after:{from} before:{to}", senders[n % senders.len()], common(n))
            }),
        ),
        ("two-letter prefix", Box::new(|n| format!("{}*", PREFIXES[n % PREFIXES.len()]))),
        // A word in the middle of being typed: the index gathers all mail with any word that begins so.
        ("four-letter prefix", Box::new(|n| format!("{}*", common(n).get(..4).unwrap_or(common(n))))),
        ("rare folder × common word", Box::new(|n| format!("in:Rare {}", common(n)))),
        ("rare folder × rare word", Box::new(|n| format!("in:Rare {}", words[n * words.len() / REPEAT % words.len()]))),
        ("sender", Box::new(|n| format!("from:{}", senders[n % senders.len()]))),
        ("starred × common word", Box::new(|n| format!("is:starred {}", common(n)))),
    ];
    for (name, ask) in &kinds {
        let queries: Vec<_> = (0..REPEAT).map(|n| parse(&ask(n), now(), &domain::time::Zone::fixed(0)).unwrap()).collect();
        let found = timed(REPEAT, |n| found_by(&store, &queries[n], false));
        row(&format!("newest first: {name}"), found.await, "10 ms");
    }
    for (name, ask) in kinds.iter().take(4) {
        let queries: Vec<_> = (0..REPEAT).map(|n| parse(&ask(n), now(), &domain::time::Zone::fixed(0)).unwrap()).collect();
        let found = timed(REPEAT, |n| found_by(&store, &queries[n], true));
        row(&format!("best first: {name}"), found.await, "100 ms");
    }
    let inbox = ThreadFilter { account: None, place: Place::Role(MailboxRole::Inbox), unread_only: false, starred: false };
    let threads = store.thread_count(&inbox).await.unwrap();
    for (name, offset) in [("first screen of the inbox", 0), ("the middle of it", threads / 2), ("its end", threads.saturating_sub(60))] {
        let found = timed(REPEAT, |_| async { store.thread_window(&inbox, offset, 50).await.unwrap().items.len() });
        row(&format!("window of threads: {name}"), found.await, "");
    }

    let (mut wanted_all, mut right, mut wrong) = (0u64, 0u64, 0u64);
    let mut check = |found: HashSet<String>, wanted: &HashSet<String>| {
        wanted_all += wanted.len() as u64;
        right += wanted.intersection(&found).count() as u64;
        wrong += found.symmetric_difference(wanted).count() as u64;
    };
    for (needle, mid) in &needles {
        check(all(&store, needle).await, &HashSet::from([mid.clone()]));
    }
    check(all(&store, "\"quarterly budget review\"").await, &phrases);
    check(all(&store, "in:Rare").await, &rare);
    for (sender, mails) in &by_sender {
        check(all(&store, &format!("from:{sender}")).await, mails);
    }
    println!("\nRecall against the manifest: {right} of {wanted_all} expected hits found, {wrong} missing or too many.");
    assert_eq!(wrong, 0, "recall is not complete");
    println!(
        "\nStored at {:.2} ms CPU a message (parse, thread, compress, index, encrypt); its index merged on afterwards, in the background, \
         at {:.2} ms. Disk {size:.2} × the mail.",
        spent * 1e3 / mails as f64,
        tidied * 1e3 / mails as f64
    );

    store.close().await;
    let start = Instant::now();
    let store = Store::open(options()).await.unwrap();
    let opened = start.elapsed();
    store.thread_window(&inbox, 0, 50).await.unwrap();
    println!(
        "\nOpening the store: {:.0} ms; to the first screen of the inbox: {:.0} ms.",
        opened.as_secs_f64() * 1e3,
        start.elapsed().as_secs_f64() * 1e3
    );
    if keep {
        store.close().await;
        return;
    }
    let start = Instant::now();
    let erased = store.delete_connection(&ConnectionId::new(FIRST), None, &note("connection.removed"), now()).await.unwrap();
    println!("\nDisconnecting the larger of two accounts ({} messages): {:.1} s.", erased.messages, start.elapsed().as_secs_f64());
    store.close().await;
}
