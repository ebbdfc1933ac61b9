//! Taking messages, scopes and content away.

use std::collections::BTreeSet;

use domain::{ids::AccountId, time::Timestamp};
use sqlx::{Row as _, SqliteConnection};

use super::places::refresh;
use crate::{
    error::StoreError,
    place::Roles,
    rows::{forget_mail, json_ids},
};

/// Content without a message is kept this long: a move shows as "gone here" some time before "new there".
pub(super) const ORPHAN_SECS: i64 = 3600;
/// Bounds the extra work of one commit.
pub(super) const PURGE_PER_COMMIT: i64 = 500;

/// Removes placements; content that loses its last one becomes an orphan of `now`. Returns the touched threads, whose places
/// the caller must refresh.
pub(crate) async fn remove_messages(tx: &mut SqliteConnection, ids: &[i64], now: Timestamp) -> Result<BTreeSet<i64>, StoreError> {
    if ids.is_empty() {
        return Ok(BTreeSet::new());
    }
    let list = json_ids(ids.iter().copied());
    let rows = sqlx::query("SELECT thread, mail FROM message WHERE id IN (SELECT value FROM json_each(?))")
        .bind(&list)
        .fetch_all(&mut *tx)
        .await?;
    let mut threads = BTreeSet::new();
    let mut mails = Vec::with_capacity(rows.len());
    for row in &rows {
        threads.insert(row.try_get(0)?);
        mails.push(row.try_get::<i64, _>(1)?);
    }
    sqlx::query("DELETE FROM placed WHERE message IN (SELECT value FROM json_each(?))").bind(&list).execute(&mut *tx).await?;
    sqlx::query("DELETE FROM message WHERE id IN (SELECT value FROM json_each(?))").bind(&list).execute(&mut *tx).await?;
    sqlx::query(
        "UPDATE mail SET orphan_since = ? WHERE id IN (SELECT value FROM json_each(?)) \
         AND NOT EXISTS (SELECT 1 FROM message WHERE message.mail = mail.id)",
    )
    .bind(now.0)
    .bind(json_ids(mails))
    .execute(tx)
    .await?;
    Ok(threads)
}

/// Removes placements for good: content without another placement is forgotten at once (the person deleted it).
pub(crate) async fn forget_messages(tx: &mut SqliteConnection, ids: &[i64], now: Timestamp) -> Result<BTreeSet<i64>, StoreError> {
    let mails = sqlx::query_scalar::<_, i64>("SELECT mail FROM message WHERE id IN (SELECT value FROM json_each(?))")
        .bind(json_ids(ids.iter().copied()))
        .fetch_all(&mut *tx)
        .await?;
    let threads = remove_messages(tx, ids, now).await?;
    let orphans =
        sqlx::query_scalar::<_, i64>("SELECT id FROM mail WHERE orphan_since IS NOT NULL AND id IN (SELECT value FROM json_each(?))")
            .bind(json_ids(mails))
            .fetch_all(&mut *tx)
            .await?;
    forget_mail(tx, &orphans).await?;
    drop_empty_threads(tx, &threads).await?;
    Ok(threads)
}

/// Forgets orphaned content, and threads that are empty then.
pub(crate) async fn purge(tx: &mut SqliteConnection, account: AccountId, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
    let rows = sqlx::query("SELECT id, thread FROM mail WHERE account = ? AND orphan_since IS NOT NULL AND orphan_since <= ? LIMIT ?")
        .bind(account.0)
        .bind(before.0)
        .bind(limit)
        .fetch_all(&mut *tx)
        .await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let mut mails = Vec::with_capacity(rows.len());
    let mut threads = BTreeSet::new();
    for row in &rows {
        mails.push(row.try_get::<i64, _>(0)?);
        threads.insert(row.try_get::<i64, _>(1)?);
    }
    forget_mail(tx, &mails).await?;
    drop_empty_threads(tx, &threads).await?;
    Ok(mails.len() as u64)
}

async fn drop_empty_threads(tx: &mut SqliteConnection, threads: &BTreeSet<i64>) -> Result<(), StoreError> {
    let list = json_ids(threads.iter().copied());
    sqlx::query(
        "DELETE FROM thread WHERE id IN (SELECT value FROM json_each(?)) AND NOT EXISTS (SELECT 1 FROM mail WHERE mail.thread = thread.id)",
    )
    .bind(&list)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "DELETE FROM thread_link WHERE thread IN (SELECT value FROM json_each(?)) \
         AND NOT EXISTS (SELECT 1 FROM thread WHERE thread.id = thread_link.thread)",
    )
    .bind(&list)
    .execute(tx)
    .await?;
    Ok(())
}

/// Removes a scope with its messages.
pub(crate) async fn drop_scope(tx: &mut SqliteConnection, scope: i64, now: Timestamp) -> Result<u64, StoreError> {
    let rows = sqlx::query("SELECT id, account FROM message WHERE scope = ?").bind(scope).fetch_all(&mut *tx).await?;
    let mut ids = Vec::with_capacity(rows.len());
    let mut account = None;
    for row in &rows {
        ids.push(row.try_get::<i64, _>(0)?);
        account = Some(AccountId(row.try_get(1)?));
    }
    let threads: Vec<i64> = remove_messages(tx, &ids, now).await?.into_iter().collect();
    if let Some(account) = account {
        let roles = Roles::load(tx, account).await?;
        refresh(tx, account, &roles, &threads).await?;
    }
    sqlx::query("DELETE FROM scope WHERE id = ?").bind(scope).execute(tx).await?;
    Ok(ids.len() as u64)
}

/// Removes a mailbox: with its scope where it has one, else (a label) only from the messages that bear it.
pub(crate) async fn drop_mailbox(
    tx: &mut SqliteConnection,
    account: AccountId,
    mailbox: i64,
    remote: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let scope = sqlx::query_scalar::<_, i64>(
        "SELECT s.id FROM scope s JOIN account a ON a.connection = s.connection WHERE a.id = ? AND s.service = 'mail' AND s.container = ?",
    )
    .bind(account.0)
    .bind(remote)
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(scope) = scope {
        drop_scope(tx, scope, now).await?;
    }
    let threads = threads_of_mailbox(tx, mailbox).await?;
    sqlx::query("DELETE FROM placed WHERE mailbox = ?").bind(mailbox).execute(&mut *tx).await?;
    let roles = Roles::load(tx, account).await?;
    refresh(tx, account, &roles, &threads).await?;
    sqlx::query("DELETE FROM mailbox WHERE id = ?").bind(mailbox).execute(&mut *tx).await?;
    sqlx::query("DELETE FROM place_count WHERE place = ?").bind(mailbox).execute(tx).await?;
    Ok(())
}

/// A mailbox changed its role: its messages belong to other places now.
pub(crate) async fn replace_mailbox(tx: &mut SqliteConnection, account: AccountId, mailbox: i64) -> Result<(), StoreError> {
    let threads = threads_of_mailbox(tx, mailbox).await?;
    let roles = Roles::load(tx, account).await?;
    refresh(tx, account, &roles, &threads).await
}

async fn threads_of_mailbox(tx: &mut SqliteConnection, mailbox: i64) -> Result<Vec<i64>, StoreError> {
    Ok(sqlx::query_scalar("SELECT DISTINCT m.thread FROM placed p JOIN message m ON m.id = p.message WHERE p.mailbox = ?")
        .bind(mailbox)
        .fetch_all(tx)
        .await?)
}
