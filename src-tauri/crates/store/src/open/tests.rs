#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::io::{Seek as _, Write as _};

use domain::{ids::ConnectionId, sync::SyncCursor};
use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};
use vault::{KeySource, Vault};

use crate::{
    CommitBatch, MessageFilter, RawBody, SealedSecret, Store, StoreError,
    testing::{at, batch, home, imap, mail, options, put},
};

#[tokio::test]
async fn a_plaintext_database_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let vault = Vault::create(dir.path(), KeySource::Ephemeral).await.unwrap();
    let path = dir.path().join("store.db");
    let mut plain = SqliteConnectOptions::new().filename(&path).create_if_missing(true).connect().await.unwrap();
    sqlx::query("CREATE TABLE t (x)").execute(&mut plain).await.unwrap();
    plain.close().await.unwrap();
    let before = std::fs::read(&path).unwrap();
    assert!(before.starts_with(b"SQLite format 3\0"));
    let e = Store::open(options(dir.path(), &vault)).await.unwrap_err();
    assert!(matches!(e, StoreError::Plaintext(_)), "{e:?}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn another_key_or_a_foreign_file_is_refused_and_left_alone() {
    let home = home().await;
    home.store.close().await;
    let before = std::fs::read(home.db()).unwrap();
    let other = Vault::create(home.dir.path(), KeySource::Ephemeral).await.unwrap();
    let e = Store::open(options(home.dir.path(), &other)).await.unwrap_err();
    assert!(matches!(e, StoreError::WrongKey(_)), "{e:?}");
    assert_eq!(std::fs::read(home.db()).unwrap(), before);
    std::fs::write(home.db(), vec![7_u8; 40_960]).unwrap();
    let e = Store::open(options(home.dir.path(), &home.vault)).await.unwrap_err();
    assert!(matches!(e, StoreError::WrongKey(_)), "{e:?}");
}

#[tokio::test]
async fn a_cut_or_damaged_database_is_detected_and_set_aside() {
    for keep in [4096 * 3, 4096 * 3 + 100, 4096 * 20] {
        let home = home().await;
        let a = imap(&home.store, "a").await;
        put(&home.store, &a.inbox, a.account, (1..60).map(|n| mail(n, "s", &"word ".repeat(200))).collect()).await;
        home.store.close().await;
        let file = std::fs::File::options().write(true).open(home.db()).unwrap();
        assert!(file.metadata().unwrap().len() > keep);
        file.set_len(keep).unwrap();
        let e = Store::open(options(home.dir.path(), &home.vault)).await.unwrap_err();
        assert!(matches!(e, StoreError::Corrupt(_)), "{keep}: {e:?}");
        assert!(e.is_damage());
        let aside = Store::set_aside(&home.db(), at(0)).unwrap();
        assert_eq!(std::fs::metadata(aside).unwrap().len(), keep, "nothing is deleted");
        Store::open(options(home.dir.path(), &home.vault)).await.unwrap();
    }
}

#[tokio::test]
async fn a_flipped_byte_is_found_by_the_check() {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    put(&home.store, &a.inbox, a.account, (1..60).map(|n| mail(n, "s", &"word ".repeat(200))).collect()).await;
    assert_eq!(home.store.integrity().await.unwrap(), Vec::<String>::new());
    home.store.close().await;
    let mut file = std::fs::File::options().write(true).open(home.db()).unwrap();
    let len = file.metadata().unwrap().len();
    file.seek(std::io::SeekFrom::Start(len - 2000)).unwrap();
    file.write_all(&[0xAA; 16]).unwrap();
    drop(file);
    match Store::open(options(home.dir.path(), &home.vault)).await {
        Ok(store) => assert!(!store.integrity().await.unwrap_or_else(|e| vec![e.to_string()]).is_empty()),
        Err(e) => assert!(e.is_damage(), "{e:?}"),
    }
}

/// Killed while a checkpoint makes the file longer: half a page lies at its end, and the log beside it makes it good.
#[tokio::test]
async fn a_checkpoint_cut_off_in_a_page_is_made_good_from_the_log() {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    put(&home.store, &a.inbox, a.account, (1..60).map(|n| mail(n, "s", &"word ".repeat(200))).collect()).await;
    // As a crash leaves it: what is committed lies in the log.
    let aside = home.dir.path().join("crashed");
    std::fs::create_dir(&aside).unwrap();
    for name in ["store.db", "store.db-wal"] {
        std::fs::copy(home.dir.path().join(name), aside.join(name)).unwrap();
    }
    assert!(std::fs::metadata(aside.join("store.db-wal")).unwrap().len() > 4096);
    let mut file = std::fs::File::options().append(true).open(aside.join("store.db")).unwrap();
    file.write_all(&[0xAA; 2048]).unwrap();
    drop(file);
    let store = Store::open(options(&aside, &home.vault)).await.unwrap();
    assert_eq!(store.integrity().await.unwrap(), Vec::<String>::new());
    assert_eq!(store.count_messages(&crate::MessageFilter::default()).await.unwrap(), 59);
}

/// Whichever page it is: who reads it is told that the store is damaged, not that a statement was refused.
#[tokio::test]
async fn a_damaged_page_is_named_as_damage_by_whoever_reads_it() {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    let mut random = crate::testing::Seeded(7);
    // Words that don't compress: the mails shall fill pages.
    let mut text = || (0..120).map(|_| format!("{:016x}", random.next())).collect::<Vec<_>>().join(" ");
    let mails = (1..60).map(|n| mail(n, "subject", &text())).collect();
    put(&home.store, &a.inbox, a.account, mails).await;
    home.store.close().await;
    let sound = std::fs::read(home.db()).unwrap();
    let mut met = 0;
    for page in (1..sound.len() / 4096).step_by(7) {
        let mut bytes = sound.clone();
        bytes[page * 4096 + 2000] ^= 1;
        std::fs::write(home.db(), bytes).unwrap();
        let read = async {
            let store = Store::open(options(home.dir.path(), &home.vault)).await?;
            let outcome = async {
                for message in store.messages(&crate::MessageFilter::default(), None, 100).await?.items {
                    store.message(message.id).await?;
                    store.raw(message.id, 1 << 20).await?;
                }
                Ok::<_, crate::StoreError>(())
            }
            .await;
            let found = store.integrity().await?;
            store.close().await;
            assert!(!found.is_empty(), "page {page} is found by the check");
            outcome
        };
        if let Err(e) = read.await {
            assert_eq!(e.code(), "store_corrupt", "page {page}: {e}");
            met += 1;
        }
    }
    assert!(met >= 3, "{met}");
}

#[tokio::test]
async fn no_word_of_a_mail_or_secret_is_on_the_disk() {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    let mut sealed_file = home.store.new_file().unwrap();
    sealed_file.write("canaryfile ".repeat(40_000).as_bytes()).unwrap();
    let mut big = mail(2, "canarysubject", "canarybody");
    big.raw = RawBody::File(sealed_file.finish().unwrap());
    let mut one = mail(1, "canarysubject", "canarybody text");
    one.parsed.from[0].name = "canaryname".into();
    put(&home.store, &a.inbox, a.account, vec![one, big]).await;
    let sealed = home.vault.seal("password", "a", 1, b"canarysecret").unwrap();
    home.store.put_secret(&ConnectionId::new("a"), &SealedSecret { kind: "password".into(), version: 1, sealed }).await.unwrap();
    let search = |bytes: &[u8]| bytes.windows(6).any(|w| w.eq_ignore_ascii_case(b"canary"));
    let wal = home.dir.path().join("store.db-wal");
    assert!(std::fs::metadata(&wal).unwrap().len() > 0, "the log is looked at while it is full");
    for (path, bytes) in home.bytes() {
        assert!(!search(&bytes), "{}", path.display());
    }
    let home = home.reopen().await;
    for (path, bytes) in home.bytes() {
        assert!(!search(&bytes), "{}", path.display());
    }
    let page = home.store.messages(&MessageFilter::default(), None, 5).await.unwrap();
    assert!(page.items.iter().all(|m| m.subject == "canarysubject"), "and yet it is all there");
}

#[tokio::test]
async fn readers_cannot_write() {
    let home = home().await;
    let e = sqlx::query("DELETE FROM setting").execute(&home.store.inner.readers).await.unwrap_err();
    assert!(e.to_string().contains("readonly"), "{e}");
}

#[tokio::test]
async fn tuning_is_as_documented() {
    let home = home().await;
    let (mut writer, turn) = home.store.exclusive().await.unwrap();
    for (pragma, wanted) in [
        ("PRAGMA journal_mode", "wal"),
        ("PRAGMA secure_delete", "1"),
        ("PRAGMA auto_vacuum", "2"),
        ("PRAGMA foreign_keys", "1"),
        ("PRAGMA cache_size", "-16384"),
        ("PRAGMA synchronous", "1"),
    ] {
        let text: String = match sqlx::query_scalar::<_, String>(pragma).fetch_one(&mut *writer).await {
            Ok(text) => text,
            Err(_) => sqlx::query_scalar::<_, i64>(pragma).fetch_one(&mut *writer).await.unwrap().to_string(),
        };
        assert_eq!(text, wanted, "{pragma}");
    }
    let fts: i64 = sqlx::query_scalar("SELECT v FROM mail_fts_config WHERE k = 'secure-delete'").fetch_one(&mut *writer).await.unwrap();
    assert_eq!(fts, 1);
    drop((writer, turn));
    // Durable transactions switch to FULL and back.
    let tx = home.store.write_durably().await.unwrap();
    tx.commit().await.unwrap();
    let (mut writer, turn) = home.store.exclusive().await.unwrap();
    assert_eq!(sqlx::query_scalar::<_, i64>("PRAGMA synchronous").fetch_one(&mut *writer).await.unwrap(), 2);
    drop((writer, turn));
    home.store.write().await.unwrap().commit().await.unwrap();
    let (mut writer, _turn) = home.store.exclusive().await.unwrap();
    assert_eq!(sqlx::query_scalar::<_, i64>("PRAGMA synchronous").fetch_one(&mut *writer).await.unwrap(), 1);
}

/// A store of every released schema version opens and is brought up to date. Version 1 is the first.
#[tokio::test]
async fn every_released_schema_opens() {
    for version in super::MIGRATIONS.iter().map(|m| m.version) {
        let dir = tempfile::tempdir().unwrap();
        let vault = Vault::create(dir.path(), KeySource::Ephemeral).await.unwrap();
        let given = options(dir.path(), &vault);
        let mut old = super::connect_options(&given.path, &given.key).create_if_missing(true).connect().await.unwrap();
        super::MIGRATIONS.run_to(version, &mut old).await.unwrap();
        old.close().await.unwrap();
        let store = Store::open(given).await.unwrap();
        let newest = super::MIGRATIONS.iter().map(|m| m.version).max().unwrap();
        assert_eq!(store.stats().await.unwrap().schema_version, newest);
        imap(&store, "a").await;
    }
}

/// The child of the next test: commits forever until it is killed.
#[tokio::test]
async fn kill_child() {
    let Ok(dir) = std::env::var("AURELIUS_STORE_KILL_DIR") else { return };
    let dir = std::path::PathBuf::from(dir);
    let secret = "hunter2 hunter2".to_owned();
    let vault = Vault::open(&dir, KeySource::Passphrase(secret.into())).await.unwrap();
    let store = Store::open(options(&dir, &vault)).await.unwrap();
    let accounts = store.accounts().await.unwrap();
    let scope =
        store.scopes(None).await.unwrap().into_iter().find(|s| s.scope.container.as_ref().is_some_and(|c| c.as_str() == "INBOX")).unwrap();
    let mut uid = match scope.cursor {
        Some(SyncCursor::Imap { uid_next, .. }) => uid_next,
        _ => 1,
    };
    loop {
        let upserts = (uid..uid + 7).map(|n| mail(n, "s", &format!("text {n}"))).collect();
        uid += 7;
        let next = SyncCursor::Imap { uid_validity: 1, uid_next: uid, mod_seq: None, backfill: None };
        store.commit_batch(CommitBatch { upserts, next, more: true, ..batch(&scope.scope, accounts[0].id) }).await.unwrap();
    }
}

/// Killed at any instant, data and cursor agree.
#[tokio::test]
async fn the_cursor_commits_with_its_data() {
    let dir = tempfile::tempdir().unwrap();
    let source = || KeySource::Passphrase("hunter2 hunter2".to_owned().into());
    let vault = Vault::create(dir.path(), source()).await.unwrap();
    let store = Store::open(options(dir.path(), &vault)).await.unwrap();
    imap(&store, "a").await;
    store.close().await;
    let mut total = 0;
    for round in 0..4_u64 {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "open::tests::kill_child", "--nocapture"])
            .env("AURELIUS_STORE_KILL_DIR", dir.path())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        // Long enough for Argon2 in a debug build, then at odd instants.
        tokio::time::sleep(std::time::Duration::from_millis(1300 + round * 237)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        let store = Store::open(options(dir.path(), &vault)).await.unwrap();
        let scope = store.scopes(None).await.unwrap().into_iter().find(|s| s.cursor.is_some());
        let uid_next = match scope.and_then(|s| s.cursor) {
            Some(SyncCursor::Imap { uid_next, .. }) => u64::from(uid_next),
            _ => 1,
        };
        total = store.count_messages(&MessageFilter::default()).await.unwrap();
        assert_eq!(total, uid_next - 1, "round {round}");
        assert_eq!(store.integrity().await.unwrap(), Vec::<String>::new());
        store.close().await;
    }
    assert!(total > 0, "the child got to work");
}
