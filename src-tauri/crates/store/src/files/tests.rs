#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::{
    files::RemoteFile,
    ids::{AccountId, AttachmentId, ConnectionId, MessageId, OutboxId, RemoteId},
    outbox::{OutboxOp, OutboxState},
};

use crate::{
    INLINE_MAX, NewOutbox, RawBody, Resting, Store,
    testing::{Home, at, home, imap, mail, note, put},
};

fn new(key: &str, connection: &ConnectionId, attachment: Option<AttachmentId>, raw: RawBody) -> NewOutbox {
    NewOutbox {
        connection: connection.clone(),
        account: AccountId(0),
        thread: None,
        idempotency_key: key.to_owned(),
        op: OutboxOp::PutFile { name: "a.pdf".into(), mime: "application/pdf".into(), size: raw.len(), attachment },
        not_before: at(4),
        raw: Some(raw),
        draft: None,
    }
}

fn there() -> RemoteFile {
    RemoteFile {
        id: RemoteId::new("r1"),
        name: "a.pdf".into(),
        mime: "application/pdf".into(),
        size: Some(3),
        modified_at: Some(at(9)),
        link: Some("https://files.example/r1".into()),
        version: "1".into(),
    }
}

/// A mail with a file, in a home of its own.
async fn with_attachment() -> (Home, ConnectionId, MessageId, AttachmentId) {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    put(&home.store, &a.inbox, a.account, vec![mail(1, "s", "t")]).await;
    let mut tx = home.store.write().await.unwrap();
    let (message, of) = sqlx::query_as::<_, (i64, i64)>("SELECT id, mail FROM message").fetch_one(&mut *tx).await.unwrap();
    let attachment =
        sqlx::query("INSERT INTO attachment (mail, part, name, mime, size, inline) VALUES (?, 1, 'a.pdf', 'application/pdf', 3, 0)")
            .bind(of)
            .execute(&mut *tx)
            .await
            .unwrap()
            .last_insert_rowid();
    tx.commit().await.unwrap();
    (home, a.connection, MessageId(message), AttachmentId(attachment))
}

async fn enqueue(store: &Store, new: NewOutbox) -> OutboxId {
    store.enqueue(new, &note("file.queued"), at(0)).await.unwrap()
}

#[tokio::test]
async fn a_file_from_the_queue_to_its_place() {
    let (home, connection, message, attachment) = with_attachment().await;
    let large = vec![7_u8; INLINE_MAX + 1];
    let mut sink = home.store.new_file().unwrap();
    sink.write(&large).unwrap();
    let raw = RawBody::File(sink.finish().unwrap());
    let id = enqueue(&home.store, new("k", &connection, Some(attachment), raw)).await;
    // After a restart it is still there, with its bytes.
    let home = home.reopen().await;
    assert_eq!(home.store.claim_next(at(3), 60_000, &Resting::default()).await.unwrap(), None, "the person may still take it back");
    let item = home.store.claim_next(at(4), 60_000, &Resting::default()).await.unwrap().unwrap();
    let mut reader = home.store.outbox_reader(item.id).await.unwrap();
    assert_eq!((reader.len(), reader.read_at(INLINE_MAX as u64 - 1, 10).unwrap()), (large.len() as u64, vec![7, 7]));
    home.store.file_reserved(id, &RemoteId::new("r1")).await.unwrap();
    home.store.file_reserved(id, &RemoteId::new("r2")).await.unwrap();
    assert_eq!(home.store.saved_file(id).await.unwrap().remote, Some(RemoteId::new("r1")), "the first one stays");
    home.store.file_saved(id, &there(), &note("file.saved"), at(9)).await.unwrap();
    let all = home.store.saved_files(message).await.unwrap();
    let (file, item) = &all[0];
    assert_eq!((all.len(), file.saved_at, file.link.as_deref()), (1, Some(at(9)), Some("https://files.example/r1")));
    assert_eq!((&item.as_ref().unwrap().state, file.attachment), (&OutboxState::Done, Some(attachment)));
    assert!(home.store.outbox_reader(id).await.unwrap().is_empty() && home.store.files().unwrap().is_empty(), "no bytes stay here");
    // What was saved stays known when the write is forgotten.
    home.store.purge_done(at(100)).await.unwrap();
    assert_eq!(home.store.saved_files(message).await.unwrap(), [(file.clone(), None)]);
}

#[tokio::test]
async fn what_is_taken_back_never_happened() {
    let (home, connection, message, attachment) = with_attachment().await;
    let small = || RawBody::Inline(b"abc".to_vec());
    let id = enqueue(&home.store, new("k", &connection, Some(attachment), small())).await;
    assert_eq!(enqueue(&home.store, new("k", &connection, Some(attachment), small())).await, id, "same key, same item");
    assert!(home.store.cancel(id, &note("file.cancelled"), at(1)).await.unwrap());
    assert!(home.store.saved_files(message).await.unwrap().is_empty() && home.store.saved_file(id).await.is_err());
    let mut reader = home.store.outbox_reader(enqueue(&home.store, new("l", &connection, None, small())).await).await.unwrap();
    assert_eq!((reader.read_at(1, 9).unwrap(), reader.read_at(3, 9).unwrap()), (b"bc".to_vec(), Vec::new()));
    assert!(home.store.saved_files(message).await.unwrap().is_empty(), "a file of the disk is of no mail");
}
