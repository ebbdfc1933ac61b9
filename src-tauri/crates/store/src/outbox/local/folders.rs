//! Folders and labels that are being made, renamed or deleted. A new one is usable at once: mail is moved into its local row, and
//! the moves wait at the provider until it has an id there.

use domain::{
    ids::AccountId,
    mail::Mailbox,
    outbox::{OutboxItem, OutboxOp},
    source::Written,
    time::Timestamp,
};
use sqlx::{Row as _, SqliteConnection};

use crate::{commit, error::StoreError};

pub(super) async fn begin(tx: &mut SqliteConnection, account: AccountId, op: &OutboxOp) -> Result<(), StoreError> {
    match op {
        OutboxOp::CreateMailbox { provisional, name, role } => {
            let id = sqlx::query("INSERT INTO mailbox (account, remote, name, role) VALUES (?, ?, ?, ?)")
                .bind(account.0)
                .bind(provisional)
                .bind(name)
                .bind(role.map(domain::mail::MailboxRole::as_str))
                .execute(&mut *tx)
                .await?
                .last_insert_rowid();
            commit::replace_mailbox(tx, account, id).await
        }
        OutboxOp::RenameMailbox { mailbox, name, .. } => rename(tx, mailbox.0, name).await,
        // Out of sight; its mail stays until the provider has answered.
        OutboxOp::DeleteMailbox { mailbox } => show(tx, mailbox.0, false).await,
        _ => Ok(()),
    }
}

pub(super) async fn finish(
    tx: &mut SqliteConnection,
    item: &OutboxItem,
    written: Option<&Written>,
    now: Timestamp,
) -> Result<(), StoreError> {
    match (&item.op, written) {
        (OutboxOp::CreateMailbox { provisional, .. }, Some(written)) => match &written.appended {
            Some(remote) => settle(tx, item, provisional, remote.as_str(), now).await,
            None => remove(tx, item.account, provisional, now).await,
        },
        (OutboxOp::CreateMailbox { provisional, .. }, None) => remove(tx, item.account, provisional, now).await,
        (OutboxOp::RenameMailbox { .. }, Some(written)) => {
            for (old, new) in &written.renamed {
                relabel(tx, item, old.as_str(), new.as_str(), now).await?;
            }
            Ok(())
        }
        (OutboxOp::RenameMailbox { mailbox, old_name, .. }, None) => rename(tx, mailbox.0, old_name).await,
        (OutboxOp::DeleteMailbox { mailbox }, Some(_)) => {
            let remote =
                sqlx::query_scalar::<_, String>("SELECT remote FROM mailbox WHERE id = ?").bind(mailbox.0).fetch_optional(&mut *tx);
            match remote.await? {
                Some(remote) => commit::drop_mailbox(tx, item.account, mailbox.0, &remote, now).await,
                None => Ok(()),
            }
        }
        (OutboxOp::DeleteMailbox { mailbox }, None) => show(tx, mailbox.0, true).await,
        _ => Ok(()),
    }
}

async fn rename(tx: &mut SqliteConnection, mailbox: i64, name: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE mailbox SET name = ? WHERE id = ?").bind(name).bind(mailbox).execute(tx).await?;
    Ok(())
}

async fn show(tx: &mut SqliteConnection, mailbox: i64, on: bool) -> Result<(), StoreError> {
    sqlx::query("UPDATE mailbox SET selectable = ? WHERE id = ?").bind(on).bind(mailbox).execute(tx).await?;
    Ok(())
}

/// The provider has it: the local row gets its id, and a scope of its own where folders have scopes, so that what was moved into
/// it has a place to arrive at.
async fn settle(tx: &mut SqliteConnection, item: &OutboxItem, provisional: &str, remote: &str, now: Timestamp) -> Result<(), StoreError> {
    let ours = sqlx::query_scalar::<_, i64>("SELECT id FROM mailbox WHERE account = ? AND remote = ?")
        .bind(item.account.0)
        .bind(provisional)
        .fetch_optional(&mut *tx)
        .await?;
    if let Some(ours) = ours {
        // A listing may have been faster; our row is the one that queued moves name.
        forget_other(tx, item, remote, ours, now).await?;
        sqlx::query("UPDATE mailbox SET remote = ? WHERE id = ?").bind(remote).bind(ours).execute(&mut *tx).await?;
    }
    sqlx::query(
        "INSERT OR IGNORE INTO scope (connection, service, container) SELECT ?1, 'mail', ?2 \
         WHERE EXISTS (SELECT 1 FROM scope WHERE connection = ?1 AND service = 'mail' AND container <> '')",
    )
    .bind(item.connection.as_str())
    .bind(remote)
    .execute(tx)
    .await?;
    Ok(())
}

/// A rename keeps row, mail and position: only the provider's id is another.
async fn relabel(tx: &mut SqliteConnection, item: &OutboxItem, old: &str, new: &str, now: Timestamp) -> Result<(), StoreError> {
    if old == new {
        return Ok(());
    }
    let Some(ours) = sqlx::query("SELECT id FROM mailbox WHERE account = ? AND remote = ?")
        .bind(item.account.0)
        .bind(old)
        .fetch_optional(&mut *tx)
        .await?
    else {
        return Ok(());
    };
    let ours: i64 = ours.try_get(0)?;
    forget_other(tx, item, new, ours, now).await?;
    sqlx::query("UPDATE mailbox SET remote = ? WHERE id = ?").bind(new).bind(ours).execute(&mut *tx).await?;
    sqlx::query("UPDATE scope SET container = ? WHERE connection = ? AND service = 'mail' AND container = ?")
        .bind(new)
        .bind(item.connection.as_str())
        .bind(old)
        .execute(tx)
        .await?;
    Ok(())
}

async fn forget_other(tx: &mut SqliteConnection, item: &OutboxItem, remote: &str, ours: i64, now: Timestamp) -> Result<(), StoreError> {
    let other = sqlx::query_scalar::<_, i64>("SELECT id FROM mailbox WHERE account = ? AND remote = ? AND id <> ?")
        .bind(item.account.0)
        .bind(remote)
        .bind(ours)
        .fetch_optional(&mut *tx)
        .await?;
    match other {
        Some(other) => commit::drop_mailbox(tx, item.account, other, remote, now).await,
        None => Ok(()),
    }
}

async fn remove(tx: &mut SqliteConnection, account: AccountId, provisional: &str, now: Timestamp) -> Result<(), StoreError> {
    debug_assert!(provisional.starts_with(Mailbox::PROVISIONAL));
    let id = sqlx::query_scalar::<_, i64>("SELECT id FROM mailbox WHERE account = ? AND remote = ?")
        .bind(account.0)
        .bind(provisional)
        .fetch_optional(&mut *tx)
        .await?;
    match id {
        Some(id) => commit::drop_mailbox(tx, account, id, provisional, now).await,
        None => Ok(()),
    }
}
