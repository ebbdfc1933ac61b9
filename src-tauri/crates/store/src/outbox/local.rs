//! What a queued write does to the local messages, and what becomes of that when it ends.

mod folders;

use std::collections::BTreeSet;

use domain::{
    ids::AccountId,
    outbox::{OutboxItem, OutboxOp},
    source::Written,
    time::Timestamp,
};
use sqlx::{Row as _, SqliteConnection};

use crate::{
    commit::{
        forget_messages, refresh,
        shadow::{load, settle},
    },
    error::StoreError,
    place::Roles,
    rows::json_ids,
    scopes::mail_scope_of,
};

/// Links the item to its messages and shows its effect.
pub(super) async fn begin(tx: &mut SqliteConnection, item: i64, account: AccountId, op: &OutboxOp) -> Result<(), StoreError> {
    folders::begin(tx, account, op).await?;
    if op.messages().is_empty() {
        return Ok(());
    }
    for message in op.messages() {
        let shadow = load(tx, message.0).await?;
        sqlx::query("INSERT OR IGNORE INTO outbox_message (message, outbox) VALUES (?, ?)")
            .bind(message.0)
            .bind(item)
            .execute(&mut *tx)
            .await?;
        settle(tx, message.0, &shadow).await?;
    }
    refresh_of(tx, account, op).await
}

async fn refresh_of(tx: &mut SqliteConnection, account: AccountId, op: &OutboxOp) -> Result<(), StoreError> {
    let threads = sqlx::query_scalar::<_, i64>("SELECT DISTINCT thread FROM message WHERE id IN (SELECT value FROM json_each(?))")
        .bind(json_ids(op.messages().iter().map(|m| m.0)))
        .fetch_all(&mut *tx)
        .await?;
    let roles = Roles::load(tx, account).await?;
    refresh(tx, account, &roles, &threads).await
}

async fn linked(tx: &mut SqliteConnection, item: i64) -> Result<Vec<i64>, StoreError> {
    Ok(sqlx::query_scalar("SELECT message FROM outbox_message WHERE outbox = ? ORDER BY message").bind(item).fetch_all(tx).await?)
}

/// The item never happened: its messages show what the provider last said, plus what else is queued.
pub(super) async fn drop_item(tx: &mut SqliteConnection, item: &OutboxItem, now: Timestamp) -> Result<(), StoreError> {
    finish(tx, item, None, now).await
}

/// The provider has accepted the item.
pub(super) async fn accept(tx: &mut SqliteConnection, item: &OutboxItem, written: &Written, now: Timestamp) -> Result<(), StoreError> {
    finish(tx, item, Some(written), now).await
}

async fn finish(tx: &mut SqliteConnection, item: &OutboxItem, written: Option<&Written>, now: Timestamp) -> Result<(), StoreError> {
    folders::finish(tx, item, written, now).await?;
    let messages = linked(tx, item.id.0).await?;
    if messages.is_empty() {
        return Ok(());
    }
    let mut gone = Vec::new();
    let mut threads: BTreeSet<i64> = BTreeSet::new();
    for &message in &messages {
        let row = sqlx::query("SELECT m.thread, s.container, m.remote FROM message m JOIN scope s ON s.id = m.scope WHERE m.id = ?")
            .bind(message)
            .fetch_one(&mut *tx)
            .await?;
        threads.insert(row.try_get(0)?);
        let labels = row.try_get::<String, _>(1)?.is_empty();
        let remote: String = row.try_get(2)?;
        let mut shadow = load(tx, message).await?;
        sqlx::query("DELETE FROM outbox_message WHERE message = ? AND outbox = ?").bind(message).bind(item.id.0).execute(&mut *tx).await?;
        let mut keep = true;
        if let Some(written) = written {
            shadow.apply(&item.op, labels);
            let renamed = written.renamed.iter().find(|(old, _)| old.as_str() == remote).map(|(_, new)| new.as_str());
            if let (OutboxOp::Move { to, .. }, false) = (&item.op, labels) {
                // What the source folder said meanwhile ("gone") is the move itself.
                shadow.gone = false;
                keep = relocate(tx, item, message, to.0, renamed, now).await?;
            } else if let Some(new) = renamed {
                sqlx::query("UPDATE message SET remote = ? WHERE id = ?").bind(new).bind(message).execute(&mut *tx).await?;
            }
        }
        if !keep || !settle(tx, message, &shadow).await? {
            gone.push(message);
        }
    }
    threads.extend(forget_messages(tx, &gone, now).await?);
    let roles = Roles::load(tx, item.account).await?;
    refresh(tx, item.account, &roles, &threads.into_iter().collect::<Vec<_>>()).await
}

/// Moves the placement into the target folder's scope. Without a new id from the server it waits there, to be adopted by
/// Message-ID at the next sync. False: the target is not synced.
async fn relocate(
    tx: &mut SqliteConnection,
    item: &OutboxItem,
    message: i64,
    to: i64,
    new: Option<&str>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let container = sqlx::query_scalar::<_, String>("SELECT remote FROM mailbox WHERE id = ?").bind(to).fetch_optional(&mut *tx).await?;
    let Some(container) = container else { return Ok(false) };
    let Some(scope) = mail_scope_of(tx, item.connection.as_str(), &container).await? else { return Ok(false) };
    if let Some(new) = new {
        // The target's sync may have been faster: our row, which the person has in view, stays.
        let double = sqlx::query_scalar::<_, i64>("SELECT id FROM message WHERE scope = ? AND remote = ? AND id <> ?")
            .bind(scope)
            .bind(new)
            .bind(message)
            .fetch_all(&mut *tx)
            .await?;
        forget_messages(tx, &double, now).await?;
    }
    sqlx::query("UPDATE message SET scope = ?, remote = coalesce(?, '~' || id), orphan = iif(? IS NULL, 2, 0) WHERE id = ?")
        .bind(scope)
        .bind(new)
        .bind(new)
        .bind(message)
        .execute(tx)
        .await?;
    Ok(true)
}
