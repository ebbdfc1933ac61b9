#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::ids::ConnectionId;
use vault::{KeySource, Vault};

use crate::{
    MessageFilter, RawBody, SealedSecret, Store,
    testing::{at, imap, mail, note, options, put},
};

fn pass(text: &str) -> KeySource {
    KeySource::Passphrase(text.to_owned().into())
}

#[tokio::test]
async fn everything_moves_to_the_new_key_and_twice_is_once() {
    let dir = tempfile::tempdir().unwrap();
    let old = Vault::create(dir.path(), pass("one")).await.unwrap();
    let given = options(dir.path(), &old);
    let (path, files) = (given.path.clone(), given.files_dir.clone());
    let store = Store::open(given).await.unwrap();
    let a = imap(&store, "a").await;
    let mut sink = store.new_file().unwrap();
    sink.write(&vec![9; 400_000]).unwrap();
    let mut big = mail(1, "big", "text");
    big.raw = RawBody::File(sink.finish().unwrap());
    put(&store, &a.inbox, a.account, vec![big]).await;
    let sealed = old.seal("tokens", "a", 3, b"refresh").unwrap();
    store.put_secret(&ConnectionId::new("a"), &SealedSecret { kind: "tokens".into(), version: 3, sealed }).await.unwrap();
    store.put_pending_oauth(&[1; 32], b"x", at(9)).await.unwrap();
    store.close().await;

    let new = old.begin_rotation(pass("two")).await.unwrap();
    let entry = note("vault.rekeyed");
    let first = Store::rekey(&path, &files, &old, &new, &entry, at(10)).await.unwrap();
    assert_eq!((first.files, first.secrets, first.unreadable), (1, 1, 0));
    // As after a crash before the end: the old key comes from vault.json.
    let reopened = Vault::open(dir.path(), pass("two")).await.unwrap();
    let from = reopened.rotating_from().unwrap().unwrap();
    let second = Store::rekey(&path, &files, &from, &reopened, &entry, at(11)).await.unwrap();
    assert_eq!((second.files, second.secrets), (1, 1), "what is done stays done");
    let done = reopened.finish_rotation().await.unwrap();

    assert_eq!(Store::open(options(dir.path(), &old)).await.unwrap_err().code(), "store_foreign");
    let store = Store::open(options(dir.path(), &done)).await.unwrap();
    let secret = store.secret(&ConnectionId::new("a"), "tokens").await.unwrap().unwrap();
    assert_eq!(&**done.open_sealed("tokens", "a", 3, &secret.sealed).unwrap(), b"refresh");
    assert!(old.open_sealed("tokens", "a", 3, &secret.sealed).is_err());
    let id = store.messages(&MessageFilter::default(), None, 1).await.unwrap().items[0].id;
    assert_eq!(store.raw(id, 1 << 20).await.unwrap(), vec![9; 400_000]);
    assert_eq!(store.integrity().await.unwrap(), Vec::<String>::new());
    assert_eq!(store.audit(None, 10, Some("vault.")).await.unwrap().items.len(), 1, "noted once");
    let file = std::fs::read_dir(&files).unwrap().next().unwrap().unwrap().path();
    assert!(done.files().open(&file).is_ok() && old.files().open(&file).is_err(), "the old key opens nothing any more");
}

/// What an earlier crash or a disk left broken was unreadable before: it must not lock a person out of a new key.
#[tokio::test]
async fn unreadable_leftovers_do_not_stop_it() {
    let dir = tempfile::tempdir().unwrap();
    let old = Vault::create(dir.path(), pass("one")).await.unwrap();
    let given = options(dir.path(), &old);
    let (path, files) = (given.path.clone(), given.files_dir.clone());
    let store = Store::open(given).await.unwrap();
    imap(&store, "a").await;
    store.put_secret(&ConnectionId::new("a"), &SealedSecret { kind: "tokens".into(), version: 3, sealed: vec![1; 60] }).await.unwrap();
    store.close().await;
    std::fs::write(files.join("cut"), b"AURF").unwrap();
    let new = old.begin_rotation(pass("two")).await.unwrap();
    let done = Store::rekey(&path, &files, &old, &new, &note("vault.rekeyed"), at(1)).await.unwrap();
    assert_eq!((done.unreadable, done.secrets, done.files), (2, 0, 0));
    let new = new.finish_rotation().await.unwrap();
    Store::open(options(dir.path(), &new)).await.unwrap();
}

/// A home that was made and killed before its store had a page.
#[tokio::test]
async fn an_empty_store_has_no_key_to_change() {
    let dir = tempfile::tempdir().unwrap();
    let old = Vault::create(dir.path(), pass("one")).await.unwrap();
    let given = options(dir.path(), &old);
    std::fs::write(&given.path, b"").unwrap();
    let new = old.begin_rotation(pass("one")).await.unwrap();
    assert_eq!(new.begin_rotation(pass("x")).await.unwrap_err().code(), "rekey_unfinished", "one at a time");
    Store::rekey(&given.path, &given.files_dir, &old, &new, &note("vault.rekeyed"), at(1)).await.unwrap();
    let new = new.finish_rotation().await.unwrap();
    Store::open(options(dir.path(), &new)).await.unwrap();
}
