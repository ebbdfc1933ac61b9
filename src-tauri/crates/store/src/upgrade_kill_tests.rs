//! Kill -9 while a store of the first schema is brought up to date: whatever was killed, the next start finishes it, and what was in the
//! store is in it. The one that is killed is this test program itself, started again with one test and a folder to open.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use domain::{ids::AccountId, mail::MailboxRole, time::Timestamp};
use vault::{KeySource, Vault};

use crate::{
    FileFilter, Place, Store, ThreadFilter,
    open::MIGRATIONS,
    testing::{note, options},
    upgrade_tests::old_store,
};

const MAILS: i64 = 1_500;
const FOLDER: &str = "AURELIUS_TEST_UPGRADE";

fn phrase() -> KeySource {
    KeySource::Passphrase("correct horse battery staple".to_owned().into())
}

fn copy(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|n| n.parse().ok())
}

/// In the process that is killed: opens what the environment names. Without that it is no test.
#[tokio::test]
async fn opens_for_another_process() {
    let Some(dir) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let vault = Vault::open(&dir, phrase()).await.unwrap();
    std::fs::write(dir.join("ready"), "").unwrap();
    let store = Store::open(options(&dir, &vault)).await.unwrap();
    // What a program does in the background: the index is filled anew.
    store.erase_left().await.unwrap();
    std::fs::write(dir.join("open"), "").unwrap();
    store.close().await;
}

fn child(dir: &Path) -> std::process::Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "upgrade_kill_tests::opens_for_another_process"])
        .env(FOLDER, dir)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn until(file: &Path) -> bool {
    let end = Instant::now() + Duration::from_secs(60);
    while !file.exists() {
        if Instant::now() > end {
            return false;
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    true
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_instant_of_an_upgrade_the_next_start_finishes_it() {
    let long = std::env::var_os("AURELIUS_LONG").is_some();
    let wished = number("AURELIUS_ROUNDS");
    let rounds = wished.unwrap_or(if long { 300 } else { 6 });
    let base = tempfile::tempdir().unwrap();
    let vault = Vault::create(base.path(), phrase()).await.unwrap();
    let mut conn = old_store(base.path(), &vault, 1).await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "INSERT INTO scope (connection, service) VALUES ('c', 'mail'); \
         CREATE TEMP TABLE n AS WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < {MAILS}) SELECT i FROM c; \
         INSERT INTO thread (id, account) SELECT i, 1 FROM n; \
         INSERT INTO mail (id, account, thread, size, digest, date, received) SELECT 1048576 + i, 1, i, 1, x'00', 1000 + i, 1000 FROM n; \
         INSERT INTO mail_text SELECT 1048576 + i, '', '', 'a.PDF', 'old word' || i FROM n; \
         INSERT INTO mail_fts (rowid, subject, sender, recipients, copied, files, body) \
         SELECT 1048576 + i, '', ' ', '', '', 'a.PDF', 'old word' || i FROM n; \
         INSERT INTO message (id, mail, thread, account, scope, remote) SELECT 1048576 + i, 1048576 + i, i, 1, 1, 'r' || i FROM n; \
         INSERT INTO thread_in SELECT i, value, 1048576 + i, 1, 1, 0 FROM n, json_each('[-15, -31, -2, -18, -3, -19]'); \
         INSERT INTO place_count SELECT place, count(*), count(*), 0, count(*), count(*) FROM thread_in GROUP BY place; \
         INSERT INTO attachment (mail, part, name, mime, size, inline) SELECT 1048576 + i, 1, 'a.PDF', 'application/octet-stream', 1, 0 FROM n; \
         INSERT INTO draft (account, content, updated_at) SELECT 1, '{{\"subject\":\"old ' || i || '\"}}', 5 FROM n WHERE i <= 50; \
         DROP TABLE n;"
    )))
    .execute(&mut conn)
    .await
    .unwrap();
    sqlx::Connection::close(conn).await.unwrap();

    // How long it takes where nobody interferes.
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("home");
    copy(base.path(), &home);
    let mut whole = child(&home);
    assert!(until(&home.join("ready")));
    let started = Instant::now();
    assert!(until(&home.join("open")), "it opens");
    let span = started.elapsed().as_micros() as u64;
    assert!(whole.wait().unwrap().success());

    let latest = MIGRATIONS.iter().map(|m| m.version).max().unwrap();
    let list = ThreadFilter { account: None, place: Place::Role(MailboxRole::All), unread_only: false, starred: false };
    let (mut killed, mut cut, mut tries, mut state) = (0, 0, 0, number("AURELIUS_SEED").unwrap_or(0x5eed_0004));
    let mut ready: Vec<Duration> = Vec::new();
    while killed < rounds {
        tries += 1;
        assert!(tries <= rounds * 3 + 10, "{killed} of {tries} were killed: the others had ended");
        copy(base.path(), &home);
        let mut child = child(&home);
        assert!(until(&home.join("ready")));
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let wait = (state >> 33) % span;
        std::thread::sleep(Duration::from_micros(wait));
        // One that has ended by itself was not killed; it is looked at all the same.
        let _ = child.kill();
        killed += u64::from(by_sigkill(child.wait().unwrap()));
        cut += u64::from(!home.join("open").exists());
        let what = format!("try {tries}: {wait} of {span} µs");
        // From the kill to the first list: what the person waits for. The key is derived already.
        let started = Instant::now();
        let store = Store::open(options(&home, &vault)).await.unwrap_or_else(|e| panic!("{what}: {e}"));
        assert_eq!(store.thread_window(&list, 0, 50).await.unwrap().total, MAILS as u64, "{what}");
        ready.push(started.elapsed());
        assert_eq!(store.stats().await.unwrap().schema_version, latest, "{what}");
        assert_eq!(store.integrity().await.unwrap(), Vec::<String>::new(), "{what}");
        store.erase_left().await.unwrap();
        assert_eq!(store.integrity().await.unwrap(), Vec::<String>::new(), "{what}");
        assert_eq!(store.index_differences().await.unwrap(), Vec::<String>::new(), "{what}");
        assert_eq!(store.stats().await.unwrap().messages, MAILS, "{what}");
        assert_eq!(store.drafts().await.unwrap().len(), 50, "{what}");
        let files = store.mail_files(&FileFilter::default(), None, 10).await.unwrap().items;
        assert!(files.len() == 10 && files.iter().all(|f| f.kind == "pdf"), "{what}");
        // It can be written as well.
        store.append_audit(&note("test.upgraded"), Timestamp(1)).await.unwrap();
        store.create_draft(AccountId(1), &crate::DraftContent::default(), Timestamp(1)).await.unwrap();
        store.close().await;
        if tries % 50 == 0 {
            println!("{killed} killed of {tries} so far");
        }
    }
    ready.sort_unstable();
    let p95 = ready[(ready.len() * 95).div_ceil(100) - 1];
    println!("{killed} kills, {cut} before the store was up to date; every one was finished by the next start");
    println!("from the kill to the first list: p95 {} ms, most {} ms", p95.as_millis(), ready.last().unwrap().as_millis());
    assert!(p95 <= Duration::from_secs(2), "{p95:?}");
}

#[cfg(unix)]
fn by_sigkill(status: std::process::ExitStatus) -> bool {
    std::os::unix::process::ExitStatusExt::signal(&status) == Some(9)
}

/// There a kill is an exit code like any other.
#[cfg(not(unix))]
fn by_sigkill(status: std::process::ExitStatus) -> bool {
    !status.success()
}
