//! Stores of every earlier schema open with what they hold.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use sqlx::{ConnectOptions as _, Connection as _};
use vault::{KeySource, Vault};

use crate::{
    Store,
    open::{MIGRATIONS, connect_options},
    testing::{at, note, options},
};

/// The schema up to `version` with one account, as a program of that time left it.
pub(crate) async fn old_store(dir: &std::path::Path, vault: &Vault, version: i64) -> sqlx::SqliteConnection {
    let path = dir.join("store.db");
    let mut conn = connect_options(&path, &vault.database_key().unwrap()).create_if_missing(true).connect().await.unwrap();
    MIGRATIONS.run_to(version, &mut conn).await.unwrap();
    sqlx::raw_sql(
        "INSERT INTO connection (id, integration, subject, label, email, display_name, status, settings, created_at) \
         VALUES ('c', 'imap', 's', 'l', 'e@x.example', '', 'active', '{\"kind\":\"o_auth\"}', 1); \
         INSERT INTO account (connection, email) VALUES ('c', 'e@x.example'); \
         INSERT INTO mailbox (account, remote, name, role) VALUES (1, 'all', 'All Mail', 'all');",
    )
    .execute(&mut conn)
    .await
    .unwrap();
    conn
}

#[tokio::test]
async fn a_store_of_the_first_schema_keeps_its_drafts_and_learns_to_discard_them() {
    let dir = tempfile::tempdir().unwrap();
    let vault = Vault::create(dir.path(), KeySource::Ephemeral).await.unwrap();
    let mut conn = old_store(dir.path(), &vault, 1).await;
    sqlx::raw_sql("INSERT INTO draft (account, content, updated_at) VALUES (1, '{\"subject\":\"old\"}', 5);")
        .execute(&mut conn)
        .await
        .unwrap();
    conn.close().await.unwrap();
    let store = Store::open(options(dir.path(), &vault)).await.unwrap();
    let drafts = store.drafts().await.unwrap();
    assert_eq!((drafts.len(), drafts[0].content.subject.as_str()), (1, "old"));
    store.discard_draft(drafts[0].id, &note("draft.discarded"), at(0)).await.unwrap();
    assert!(store.drafts().await.unwrap().is_empty());
    store.restore_draft(drafts[0].id, &note("draft.restored"), at(1)).await.unwrap();
    assert_eq!(store.drafts().await.unwrap().len(), 1);
    assert_eq!(store.integrity().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_store_of_the_first_schema_learns_kinds_of_files_and_areas_of_the_log() {
    let dir = tempfile::tempdir().unwrap();
    let vault = Vault::create(dir.path(), KeySource::Ephemeral).await.unwrap();
    let mut conn = old_store(dir.path(), &vault, 1).await;
    sqlx::raw_sql(
        "INSERT INTO scope (connection, service) VALUES ('c', 'mail'); \
         INSERT INTO thread (id, account) VALUES (1, 1); \
         INSERT INTO mail (id, account, thread, size, digest, date, received) VALUES (1048576, 1, 1, 1, x'00', 1000, 1000); \
         INSERT INTO mail_text VALUES (1048576, '', '', 'a.PDF', 'old words'); \
         INSERT INTO mail_fts (rowid, subject, sender, recipients, copied, files, body) VALUES (1048576, '', ' ', '', '', 'a.PDF', 'old words'); \
         INSERT INTO message (id, mail, thread, account, scope, remote) VALUES (1048576, 1048576, 1, 1, 1, 'r'); \
         INSERT INTO thread_in SELECT 1, value, 1048576, 1, 1, 0 FROM json_each('[-15, -31, -2, -18, -3, -19]'); \
         INSERT INTO place_count SELECT place, 1, 1, 0, 1, 1 FROM thread_in; \
         INSERT INTO attachment (mail, part, name, mime, size, inline) VALUES (1048576, 1, 'a.PDF', 'application/octet-stream', 1, 0);",
    )
    .execute(&mut conn)
    .await
    .unwrap();
    conn.close().await.unwrap();
    let store = Store::open(options(dir.path(), &vault)).await.unwrap();
    let files = store.mail_files(&crate::FileFilter::default(), None, 10).await.unwrap().items;
    assert_eq!((files.len(), files[0].kind.as_str()), (1, "pdf"));
    store.append_audit(&note("mail.moved"), at(0)).await.unwrap();
    assert_eq!(store.activity_areas().await.unwrap(), ["mail"]);
    assert_eq!(store.integrity().await.unwrap(), Vec::<String>::new());
}
