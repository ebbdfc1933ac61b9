#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::{
    ids::{AccountId, ConnectionId, ScopeId},
    outbox::OutboxOp,
};

use crate::{
    CommitBatch, DraftContent, MessageFilter, NewAttachment, NewOutbox, RawBody, Store, StoredFile,
    testing::{Home, at, batch, home, imap, mail, note},
};

fn sealed(store: &Store) -> StoredFile {
    let mut sink = store.new_file().unwrap();
    sink.write(&vec![7; 300_000]).unwrap();
    sink.finish().unwrap()
}

fn files(home: &Home) -> usize {
    std::fs::read_dir(home.dir.path().join("files")).unwrap().count()
}

fn with_file(home: &Home, scope: &domain::sync::SyncScope, account: AccountId) -> CommitBatch {
    let mut big = mail(1, "big", "x");
    big.raw = RawBody::File(sealed(&home.store));
    CommitBatch { upserts: vec![big], ..batch(scope, account) }
}

#[tokio::test]
async fn a_commit_that_fails_leaves_no_file() {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    // Disconnected while the page was under way.
    let mut gone = with_file(&home, &a.inbox, a.account);
    gone.scope.id = ScopeId(999);
    assert_eq!(files(&home), 1);
    assert!(home.store.commit_batch(gone).await.is_err());
    assert_eq!(files(&home), 0);
    // A draft that was thrown away meanwhile.
    let new = NewAttachment {
        name: "big.bin".into(),
        mime: "application/octet-stream".into(),
        inline: false,
        content_id: None,
        data: RawBody::File(sealed(&home.store)),
    };
    assert!(home.store.add_draft_attachment(domain::ids::DraftId(77), &new).await.is_err());
    drop(new);
    assert_eq!(files(&home), 0);
    // An outbox item of a connection that left.
    let new = NewOutbox {
        connection: ConnectionId::new("nobody"),
        account: a.account,
        thread: None,
        idempotency_key: "k".into(),
        op: OutboxOp::FileSent { message_id: "m@x".into() },
        not_before: at(0),
        raw: Some(RawBody::File(sealed(&home.store))),
        draft: None,
    };
    assert!(home.store.enqueue(new, &note("outbox.queued"), at(0)).await.is_err());
    assert_eq!(files(&home), 0);
    // What does not fail has its file.
    home.store.commit_batch(with_file(&home, &a.inbox, a.account)).await.unwrap();
    assert_eq!(files(&home), 1);
}

/// A transaction that was not told of the file: the row decides.
#[tokio::test]
async fn a_file_that_nobody_claimed_stays_with_its_row_and_goes_without() {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    let draft = home.store.create_draft(a.account, &DraftContent::default(), at(0)).await.unwrap();
    for rows in [0, 1] {
        let raw = RawBody::File(sealed(&home.store));
        let mut tx = home.store.write().await.unwrap();
        let (_, file, len) = super::columns(&raw);
        if rows > 0 {
            sqlx::query("INSERT INTO draft_attachment (draft, name, mime, size, file) VALUES (?, 'n', 'm', ?, ?)")
                .bind(draft.0)
                .bind(len)
                .bind(file)
                .execute(&mut *tx)
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
        drop(raw);
        home.store.append_audit(&note("test.after"), at(1)).await.unwrap();
        assert_eq!(files(&home), rows);
    }
}

/// The disk fills up while the commit itself is written: whether the rows are there is only known to the next transaction.
#[tokio::test]
async fn a_commit_that_fails_at_its_very_end_leaves_no_file() {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    let file = sealed(&home.store);
    let mut tx = home.store.write().await.unwrap();
    // Checked when the transaction ends.
    sqlx::query("PRAGMA defer_foreign_keys = ON").execute(&mut *tx).await.unwrap();
    sqlx::query("INSERT INTO draft_attachment (draft, name, mime, size, file) VALUES (77, 'n', 'm', 1, ?)")
        .bind(&file.name)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.takes(&RawBody::File(file));
    assert!(tx.commit().await.is_err());
    assert_eq!(files(&home), 1, "nobody can know yet");
    home.store.create_draft(a.account, &DraftContent::default(), at(0)).await.unwrap();
    assert_eq!(files(&home), 0);
}

/// A caller that is dropped at any point: after it either the row and its file are there, or neither.
#[tokio::test]
async fn a_dropped_commit_keeps_row_and_file_together() {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    let mut outcomes = [0, 0];
    let mut polls = 0;
    // How often a commit has to wait is the scheduler's: once through may be two waits on a busy machine.
    for n in 0..400_u32 {
        let subject = format!("big {n}");
        let mut mail = mail(n + 1, &subject, "x");
        // Other bytes each time: the same mail twice would be stored once.
        let mut sink = home.store.new_file().unwrap();
        sink.write(&n.to_le_bytes().repeat(75_000)).unwrap();
        mail.raw = RawBody::File(sink.finish().unwrap());
        let store = home.store.clone();
        let batch = CommitBatch { upserts: vec![mail], ..batch(&a.inbox, a.account) };
        let mut work = Box::pin(async move { store.commit_batch(batch).await.map(|_| ()) });
        let mut left = polls;
        let ended = std::future::poll_fn(|cx| match work.as_mut().poll(cx) {
            std::task::Poll::Pending if left == 0 => std::task::Poll::Ready(false),
            std::task::Poll::Pending => {
                left -= 1;
                std::task::Poll::Pending
            }
            std::task::Poll::Ready(done) => {
                done.unwrap();
                std::task::Poll::Ready(true)
            }
        })
        .await;
        drop(work);
        // What was being packed is let go of by the thread that packs it.
        crate::calm::settled().await;
        // The next transaction knows.
        home.store.append_audit(&note("test.after"), at(1)).await.unwrap();
        let page = home.store.messages(&MessageFilter::default(), None, 10_000).await.unwrap().items;
        let there = page.iter().any(|m| m.subject == subject);
        assert!(there || !ended, "poll {polls}");
        assert_eq!(files(&home), page.len(), "poll {polls}: as many files as mails");
        for message in &page {
            home.store.raw(message.id, 1 << 20).await.unwrap();
        }
        outcomes[usize::from(there)] += 1;
        if ended && outcomes[0] > 3 {
            return;
        }
        polls = if ended { 0 } else { polls + 1 };
    }
    panic!("{outcomes:?}");
}

/// The program ends between a finished file and its row: the next start sweeps it, and nothing else.
#[tokio::test]
async fn files_without_a_row_are_swept_at_the_next_start() {
    let home = home().await;
    let a = imap(&home.store, "a").await;
    home.store.commit_batch(with_file(&home, &a.inbox, a.account)).await.unwrap();
    let draft = home.store.create_draft(a.account, &DraftContent::default(), at(0)).await.unwrap();
    let data = RawBody::File(sealed(&home.store));
    let new = NewAttachment { name: "b".into(), mime: "m/x".into(), inline: false, content_id: None, data };
    home.store.add_draft_attachment(draft, &new).await.unwrap();
    let queued = NewOutbox {
        connection: a.connection.clone(),
        account: a.account,
        thread: None,
        idempotency_key: "k".into(),
        op: OutboxOp::FileSent { message_id: "m@x".into() },
        not_before: at(0),
        raw: Some(RawBody::File(sealed(&home.store))),
        draft: None,
    };
    home.store.enqueue(queued, &note("outbox.queued"), at(0)).await.unwrap();
    // As a kill leaves it: no destructor runs.
    std::mem::forget(sealed(&home.store));
    let mut unfinished = home.store.new_file().unwrap();
    unfinished.write(&[1; 100]).unwrap();
    std::mem::forget(unfinished);
    assert_eq!(files(&home), 5);
    let home = home.reopen().await;
    assert_eq!(home.store.sweep_files().await.unwrap(), 2);
    assert_eq!(files(&home), 3);
    let id = home.store.messages(&MessageFilter::default(), None, 1).await.unwrap().items[0].id;
    assert_eq!(home.store.raw(id, 1 << 20).await.unwrap().len(), 300_000);
    assert_eq!(home.store.sweep_files().await.unwrap(), 0);
}
