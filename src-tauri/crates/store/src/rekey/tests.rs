#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::ids::ConnectionId;
use vault::{KeySource, Vault};

use crate::{
    MessageFilter, RawBody, SealedSecret, Store,
    testing::{at, imap, mail, options, put},
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
    Store::rekey(&path, &files, &old, &new).await.unwrap();
    // As after a crash before the end: the old key comes from vault.json.
    let reopened = Vault::open(dir.path(), pass("two")).await.unwrap();
    let from = reopened.rotating_from().unwrap().unwrap();
    Store::rekey(&path, &files, &from, &reopened).await.unwrap();
    let done = reopened.finish_rotation().await.unwrap();

    assert_eq!(Store::open(options(dir.path(), &old)).await.unwrap_err().code(), "store_foreign");
    let store = Store::open(options(dir.path(), &done)).await.unwrap();
    let secret = store.secret(&ConnectionId::new("a"), "tokens").await.unwrap().unwrap();
    assert_eq!(&**done.open_sealed("tokens", "a", 3, &secret.sealed).unwrap(), b"refresh");
    assert!(old.open_sealed("tokens", "a", 3, &secret.sealed).is_err());
    let id = store.messages(&MessageFilter::default(), None, 1).await.unwrap().items[0].id;
    assert_eq!(store.raw(id, 1 << 20).await.unwrap(), vec![9; 400_000]);
    assert_eq!(store.integrity().await.unwrap(), Vec::<String>::new());
}
