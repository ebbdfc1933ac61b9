//! Files on their way to a provider's files, and what became of them.

use domain::{
    audit::NewAudit,
    files::RemoteFile,
    ids::{AttachmentId, ConnectionId, MessageId, OutboxId, RemoteId},
    outbox::{OutboxItem, OutboxOp},
    time::Timestamp,
};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use crate::{audit, error::StoreError, open::Store, outbox, raw::RawReader};

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedFile {
    /// The write that it is or was.
    pub outbox: OutboxId,
    pub connection: ConnectionId,
    /// The file of a mail that it was made from, while that is here.
    pub attachment: Option<AttachmentId>,
    /// What it is to be made under; once it is there, its id at the provider.
    pub remote: Option<RemoteId>,
    pub link: Option<String>,
    /// None: not there yet.
    pub saved_at: Option<Timestamp>,
}

const COLUMNS: &str = "SELECT s.outbox, s.connection, s.attachment, s.remote, s.link, s.saved_at FROM saved_file s";

fn saved(row: &SqliteRow) -> Result<SavedFile, StoreError> {
    Ok(SavedFile {
        outbox: OutboxId(row.try_get(0)?),
        connection: ConnectionId(row.try_get(1)?),
        attachment: row.try_get::<Option<i64>, _>(2)?.map(AttachmentId),
        remote: row.try_get::<Option<String>, _>(3)?.map(RemoteId),
        link: row.try_get(4)?,
        saved_at: row.try_get::<Option<i64>, _>(5)?.map(Timestamp),
    })
}

/// With the row of the write, in its transaction.
pub(crate) async fn begin(tx: &mut SqliteConnection, id: i64, connection: &ConnectionId, op: &OutboxOp) -> Result<(), StoreError> {
    let OutboxOp::PutFile { attachment, .. } = op else { return Ok(()) };
    sqlx::query("INSERT INTO saved_file (outbox, connection, attachment) VALUES (?, ?, ?)")
        .bind(id)
        .bind(connection.as_str())
        .bind(attachment.map(|a| a.0))
        .execute(tx)
        .await?;
    Ok(())
}

impl Store {
    pub async fn saved_file(&self, outbox: OutboxId) -> Result<SavedFile, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE s.outbox = ?"));
        let row = sqlx::query(sql).bind(outbox.0).fetch_optional(&self.inner.readers).await?;
        saved(&row.ok_or_else(|| StoreError::missing("saved file", outbox))?)
    }

    /// Of every file of a mail, in the order in which they were queued, with the write while there is one.
    pub async fn saved_files(&self, message: MessageId) -> Result<Vec<(SavedFile, Option<OutboxItem>)>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!(
            "{COLUMNS} JOIN attachment a ON a.id = s.attachment JOIN message m ON m.mail = a.mail WHERE m.id = ? ORDER BY s.outbox"
        ));
        let mut tx = self.read().await?;
        let rows = sqlx::query(sql).bind(message.0).fetch_all(&mut *tx).await?;
        let mut files = Vec::with_capacity(rows.len());
        for row in &rows {
            let file = saved(row)?;
            let item = match outbox::load(&mut tx, file.outbox).await {
                Ok(item) => Some(item),
                Err(StoreError::NotFound { .. }) => None,
                Err(e) => return Err(e),
            };
            files.push((file, item));
        }
        Ok(files)
    }

    /// What the file will be made under: on the disk before anything is sent.
    pub async fn file_reserved(&self, outbox: OutboxId, remote: &RemoteId) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        sqlx::query("UPDATE saved_file SET remote = ? WHERE outbox = ? AND remote IS NULL")
            .bind(remote.as_str())
            .bind(outbox.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// The provider has it. The bytes here are erased.
    pub async fn file_saved(&self, outbox: OutboxId, file: &RemoteFile, entry: &NewAudit, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        sqlx::query("UPDATE saved_file SET remote = ?, link = ?, saved_at = ? WHERE outbox = ?")
            .bind(file.id.as_str())
            .bind(&file.link)
            .bind(now.0)
            .bind(outbox.0)
            .execute(&mut *tx)
            .await?;
        outbox::done(&mut tx, outbox, now).await?;
        sqlx::query("UPDATE outbox SET raw = NULL, raw_file = NULL WHERE id = ?").bind(outbox.0).execute(&mut *tx).await?;
        audit::append(&mut tx, entry, now).await?;
        tx.commit().await?;
        self.bury_dead_files().await?;
        Ok(())
    }

    /// The bytes that an item takes with it, to be read piece by piece.
    pub async fn outbox_reader(&self, id: OutboxId) -> Result<RawReader, StoreError> {
        let row = sqlx::query("SELECT raw, raw_file FROM outbox WHERE id = ?").bind(id.0).fetch_optional(&self.inner.readers).await?;
        let row = row.ok_or_else(|| StoreError::missing("outbox item", id))?;
        self.reader_of(row.try_get(0)?, row.try_get(1)?)
    }
}

#[cfg(test)]
mod tests;
