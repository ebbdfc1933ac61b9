//! A disk that is really full: a small file system of its own, mounted in a namespace that only the test sees (spoiled.rs uses it).
//!
//! Linux only: macOS and Windows have no unprivileged mount of a small file system. Where Linux refuses namespaces the test fails and
//! says what is missing, because a skipped test proves nothing.
#![cfg(target_os = "linux")]

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use domain::time::system_clock;
use engine::EngineEvent;
use serde_json::Value;
use store::MessageFilter;
use vault::KeySource;

use crate::{
    dovecot::{Dovecot, Mail, Mailbox, PASSWORD, USER},
    kill::look,
    support::{Home, PASSPHRASE, Rng, last_json},
};

/// A small tmpfs in a mount namespace of its own.
pub struct SmallDisk {
    root: PathBuf,
}

const POINT: &str = "AURELIUS_SMALL_DISK";
const RAN: &str = "RAN ON A SMALL DISK";

/// Runs `work` on a file system of `kib`: this test program calls itself, as its one test `name`, inside a namespace with the mount.
/// (SQLite resolves symbolic links by itself, so a way in from outside through `/proc/PID/root` does not lead there.)
pub fn on_small_disk(name: &str, kib: u64, work: impl FnOnce(&SmallDisk)) {
    if let Some(point) = std::env::var_os(POINT) {
        work(&SmallDisk { root: point.into() });
        println!("{RAN}");
        return;
    }
    let point = tempfile::tempdir().unwrap();
    // Root needs no user namespace; in one, Dovecot could not become another user.
    let id = Command::new("id").arg("-u").output().unwrap().stdout;
    let flags = if id.trim_ascii() == b"0" { "-m" } else { "-Urm" };
    let script = format!("mount -t tmpfs -o size={kib}k,mode=700 tmpfs \"${POINT}\" || exit 77; exec \"$0\" --exact {name} --nocapture");
    let output = Command::new("unshare")
        .args([flags, "sh", "-c", &script])
        .arg(std::env::current_exe().unwrap())
        .env(POINT, point.path())
        .output()
        .unwrap_or_else(|e| panic!("this test needs `unshare` (util-linux): {e}"));
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{text}");
    assert!(
        output.status.success() || text.contains("test result"),
        "a small file system can't be mounted in a namespace of its own. Run as root with CAP_SYS_ADMIN, or allow user namespaces \
         (sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0). It said: {text}"
    );
    assert!(output.status.success() && text.contains(RAN), "on the small disk");
}

impl SmallDisk {
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Takes `kib` of it away.
    pub fn fill(&self, kib: usize) {
        std::fs::write(self.path().join("ballast"), vec![0x55_u8; kib * 1024]).unwrap();
    }

    /// Takes all of it away but `kib`.
    pub fn leave(&self, kib: u64) {
        use std::io::Write as _;
        let mut ballast = std::fs::File::create(self.path().join("ballast")).unwrap();
        let block = vec![0x55_u8; 64 * 1024];
        while ballast.write(&block).is_ok_and(|n| n > 0) {}
        let len = ballast.metadata().unwrap().len();
        ballast.set_len(len - kib * 1024).unwrap();
    }

    pub fn free(&self) {
        std::fs::remove_file(self.path().join("ballast")).unwrap();
    }
}

/// Mails of some 20 to 120 KB, a few so large that they become files.
fn mails(count: u64) -> Vec<Mail> {
    let mut rng = Rng(7);
    (0..count)
        .map(|n| {
            let message_id = format!("full.{n}@corpus.example");
            let lines = if n % 29 == 3 { 6_000 } else { 300 + rng.below(1_400) };
            let line = |_| format!("{:016x} {:016x} {:016x}\r\n", rng.next(), rng.next(), rng.next());
            let body = (0..lines).map(line).collect::<Vec<_>>().concat();
            let head = format!("From: a@corpus.example\r\nMessage-ID: <{message_id}>\r\nSubject: number {n}\r\n\r\n");
            Mail { message_id, flags: "S", at: 1_795_000_000 + n, raw: (head + &body).into_bytes() }
        })
        .collect()
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(work)
}

#[test]
fn a_full_disk_pauses_sync_and_room_ends_the_pause() {
    on_small_disk("full::a_full_disk_pauses_sync_and_room_ends_the_pause", 96 * 1024, full_and_free);
}

fn full_and_free(disk: &SmallDisk) {
    let server = Dovecot::start(&[Mailbox { name: "INBOX", mails: mails(160) }], "");
    let truth: Vec<String> = server.other_client().truth("INBOX").into_iter().map(|(id, _)| id).collect();
    assert_eq!(truth.len(), 160);
    let small = Home::within(disk.path());
    small.connect_imap("test@corpus.example", USER, PASSWORD, server.port, None);
    // Room for a part of it.
    disk.fill(68 * 1024);

    // The engine as the window runs it: it meets the full disk by itself.
    block_on(async {
        let engine =
            host::open_engine(&small.path(), KeySource::Passphrase(PASSPHRASE.to_owned().into()), system_clock(), true).await.unwrap();
        let mut events = engine.events();
        let _serving = host::serve(&engine).await.unwrap();
        let told = tokio::time::timeout(Duration::from_secs(60), async {
            loop {
                if let Ok(EngineEvent::Attention { code, message, .. }) = events.recv().await
                    && code == "disk_full"
                {
                    return message;
                }
            }
        });
        let message = told.await.unwrap();
        assert!(message.contains("goes on by itself"), "{message}");
        assert!(engine.storage_full());
        let view = engine.connections().await.unwrap().remove(0);
        assert_eq!(view.health, engine::views::Health::Paused);
        assert!(view.reason.unwrap().contains("disk is full") && view.hint.unwrap().contains("Free"));
        let there = engine.store().messages(&MessageFilter::default(), None, 10_000).await.unwrap().items.len();
        println!("{there} of {} fit", truth.len());
        assert!(there < truth.len(), "the disk was not full");
        // The same through a command beside it.
        let beside = tokio::task::block_in_place(|| small.try_run(&["connections"]));
        let item = last_json(&beside.stdout)["items"][0].clone();
        assert_eq!(item["health"], "paused", "{item}");
        let doctor = tokio::task::block_in_place(|| small.try_run(&["doctor"]));
        assert!(!doctor.status.success());
        let checks = last_json(&doctor.stdout);
        let check = checks["items"].as_array().unwrap().iter().find(|c| c["id"] == "disk").unwrap().clone();
        assert_eq!(check["state"], "fail", "{check}");
        assert!(check["hint"].as_str().unwrap().contains("Free some disk space"), "{check}");

        disk.free();
        let freed = Instant::now();
        loop {
            let page = engine.store().messages(&MessageFilter::default(), None, 10_000).await.unwrap();
            if page.items.len() == truth.len() && !engine.storage_full() {
                break;
            }
            assert!(freed.elapsed() < Duration::from_secs(120), "{} of {} after two minutes of room", page.items.len(), truth.len());
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        look::sound(&engine, "after there was room").await;
        assert_eq!(look::local(&engine, "INBOX").await.len(), truth.len());
        println!("equal to the server {:.1} s after there was room", freed.elapsed().as_secs_f64());
        engine.close().await;
    });
    let list = last_json(&small.try_run(&["mail", "list", "--limit", "10000"]).stdout);
    let mut local: Vec<&str> = list["items"].as_array().unwrap().iter().map(|m| m["message_id"].as_str().unwrap()).collect();
    local.sort_unstable();
    assert_eq!(local, truth, "local = server");
    let again = small.try_run(&["sync"]);
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    let added = |v: &Value| v["items"].as_array().unwrap().iter().map(|s| s["added"].as_i64().unwrap()).sum::<i64>();
    assert_eq!(added(&last_json(&again.stdout)), 0);
    assert!(small.try_run(&["doctor"]).status.success());
}
