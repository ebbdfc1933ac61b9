//! Drafts as the composer saves them: the newest text, the last ten versions, attachments.

use domain::{
    audit::NewAudit,
    ids::{AccountId, AttachmentId, DraftId, MessageId, RemoteId},
    mail::Address,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use crate::{audit, commit::RawBody, error::StoreError, open::Store, raw};

/// Versions kept besides the newest.
const VERSIONS: i64 = 10;
/// An autosave within this time of the last kept version replaces no history: typing must not push all of it out.
const VERSION_EVERY_MS: i64 = 30_000;

/// What the person writes. Stored as JSON: append fields with defaults, never change them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftContent {
    #[serde(default)]
    pub to: Vec<Address>,
    #[serde(default)]
    pub cc: Vec<Address>,
    #[serde(default)]
    pub bcc: Vec<Address>,
    #[serde(default)]
    pub subject: String,
    #[serde(default)]
    pub html: String,
    #[serde(default)]
    pub text: String,
    /// The quoted mail as cleaned HTML, apart from what the person writes; joined when the mail is rendered.
    #[serde(default)]
    pub quoted: String,
    #[serde(default)]
    pub in_reply_to: Option<MessageId>,
    #[serde(default)]
    pub forward_of: Option<MessageId>,
    /// Message-IDs without brackets, oldest first.
    #[serde(default)]
    pub references: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftAttachment {
    pub id: AttachmentId,
    pub name: String,
    pub mime: String,
    pub size: u64,
    pub inline: bool,
    pub content_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    pub id: DraftId,
    pub account: AccountId,
    pub content: DraftContent,
    /// Grows with every save.
    pub version: i64,
    pub updated_at: Timestamp,
    pub attachments: Vec<DraftAttachment>,
    /// The copy at the provider.
    pub remote: Option<RemoteId>,
    /// A queued send carries it; it can't be edited until that is undone.
    pub sending: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftVersion {
    pub version: i64,
    pub at: Timestamp,
    pub content: DraftContent,
}

/// A file to attach.
#[derive(Clone, Debug)]
pub struct NewAttachment {
    pub name: String,
    pub mime: String,
    pub inline: bool,
    pub content_id: Option<String>,
    pub data: RawBody,
}

const COLUMNS: &str = "SELECT id, account, content, version, updated_at, remote, outbox IS NOT NULL FROM draft";

fn draft(row: &SqliteRow) -> Result<Draft, StoreError> {
    Ok(Draft {
        id: DraftId(row.try_get(0)?),
        account: AccountId(row.try_get(1)?),
        content: serde_json::from_str(row.try_get(2)?)?,
        version: row.try_get(3)?,
        updated_at: Timestamp(row.try_get(4)?),
        attachments: Vec::new(),
        remote: row.try_get::<Option<String>, _>(5)?.map(RemoteId),
        sending: row.try_get(6)?,
    })
}

async fn attachments(tx: &mut SqliteConnection, draft: DraftId) -> Result<Vec<DraftAttachment>, StoreError> {
    let rows = sqlx::query("SELECT id, name, mime, size, inline, content_id FROM draft_attachment WHERE draft = ? ORDER BY id")
        .bind(draft.0)
        .fetch_all(tx)
        .await?;
    rows.iter()
        .map(|r| {
            Ok(DraftAttachment {
                id: AttachmentId(r.try_get(0)?),
                name: r.try_get(1)?,
                mime: r.try_get(2)?,
                size: r.try_get::<i64, _>(3)? as u64,
                inline: r.try_get(4)?,
                content_id: r.try_get(5)?,
            })
        })
        .collect()
}

pub(crate) async fn insert(
    tx: &mut SqliteConnection,
    account: AccountId,
    content: &DraftContent,
    now: Timestamp,
) -> Result<DraftId, StoreError> {
    let id = sqlx::query("INSERT INTO draft (account, content, updated_at) VALUES (?, ?, ?)")
        .bind(account.0)
        .bind(serde_json::to_string(content)?)
        .bind(now.0)
        .execute(tx)
        .await?
        .last_insert_rowid();
    Ok(DraftId(id))
}

pub(crate) async fn insert_file(tx: &mut SqliteConnection, draft: DraftId, new: &NewAttachment) -> Result<i64, StoreError> {
    let (data, file, len) = raw::columns(&new.data);
    let row = sqlx::query(
        "INSERT INTO draft_attachment (draft, name, mime, size, inline, content_id, data, file) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(draft.0)
    .bind(&new.name)
    .bind(&new.mime)
    .bind(len)
    .bind(new.inline)
    .bind(&new.content_id)
    .bind(data)
    .bind(file)
    .execute(tx)
    .await?;
    Ok(row.last_insert_rowid())
}

impl Store {
    pub async fn create_draft(&self, account: AccountId, content: &DraftContent, now: Timestamp) -> Result<DraftId, StoreError> {
        let mut tx = self.write_durably().await?;
        let id = insert(&mut tx, account, content, now).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Autosave; `account` changes the sender. Returns the new version.
    pub async fn save_draft(
        &self,
        id: DraftId,
        account: Option<AccountId>,
        content: &DraftContent,
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        let mut tx = self.write_durably().await?;
        let row = sqlx::query("SELECT content, version, updated_at, outbox FROM draft WHERE id = ? AND discarded_at IS NULL")
            .bind(id.0)
            .fetch_optional(&mut *tx)
            .await?
            .ok_or_else(|| StoreError::missing("draft", id))?;
        if row.try_get::<Option<i64>, _>(3)?.is_some() {
            return Err(StoreError::Conflict("this draft is being sent; undo the send to edit it".to_owned()));
        }
        let (old, version, at): (String, i64, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let json = serde_json::to_string(content)?;
        let last = sqlx::query_scalar::<_, Option<i64>>("SELECT max(at) FROM draft_version WHERE draft = ?")
            .bind(id.0)
            .fetch_one(&mut *tx)
            .await?;
        if old != json && last.is_none_or(|l| at - l >= VERSION_EVERY_MS) {
            sqlx::query("INSERT OR REPLACE INTO draft_version (draft, version, content, at) VALUES (?, ?, ?, ?)")
                .bind(id.0)
                .bind(version)
                .bind(old)
                .bind(at)
                .execute(&mut *tx)
                .await?;
            sqlx::query(
                "DELETE FROM draft_version WHERE draft = ?1 AND version NOT IN \
                 (SELECT version FROM draft_version WHERE draft = ?1 ORDER BY version DESC LIMIT ?2)",
            )
            .bind(id.0)
            .bind(VERSIONS)
            .execute(&mut *tx)
            .await?;
        }
        sqlx::query("UPDATE draft SET content = ?, account = coalesce(?, account), version = version + 1, updated_at = ? WHERE id = ?")
            .bind(json)
            .bind(account.map(|a| a.0))
            .bind(now.0)
            .bind(id.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(version + 1)
    }

    pub async fn draft(&self, id: DraftId) -> Result<Draft, StoreError> {
        let mut tx = self.read().await?;
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE id = ? AND discarded_at IS NULL"));
        let row = sqlx::query(sql).bind(id.0).fetch_optional(&mut *tx).await?;
        let mut found = draft(&row.ok_or_else(|| StoreError::missing("draft", id))?)?;
        found.attachments = attachments(&mut tx, id).await?;
        Ok(found)
    }

    /// Those that are being written, latest first.
    pub async fn drafts(&self) -> Result<Vec<Draft>, StoreError> {
        let mut tx = self.read().await?;
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE outbox IS NULL AND discarded_at IS NULL ORDER BY updated_at DESC, id DESC"));
        let mut found = sqlx::query(sql).fetch_all(&mut *tx).await?.iter().map(draft).collect::<Result<Vec<_>, _>>()?;
        for d in &mut found {
            d.attachments = attachments(&mut tx, d.id).await?;
        }
        Ok(found)
    }

    /// Puts a draft out of sight, with its files and versions, until [`Self::restore_draft`] or [`Self::purge_discarded`].
    pub async fn discard_draft(&self, id: DraftId, entry: &NewAudit, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        let done = sqlx::query("UPDATE draft SET discarded_at = ? WHERE id = ? AND outbox IS NULL AND discarded_at IS NULL")
            .bind(now.0)
            .bind(id.0)
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::Conflict("this draft is gone or is being sent".to_owned()));
        }
        audit::append(&mut tx, entry, now).await?;
        tx.commit().await
    }

    /// Brings a discarded draft back as it was.
    pub async fn restore_draft(&self, id: DraftId, entry: &NewAudit, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        let done = sqlx::query("UPDATE draft SET discarded_at = NULL WHERE id = ? AND discarded_at IS NOT NULL")
            .bind(id.0)
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::missing("draft", id));
        }
        audit::append(&mut tx, entry, now).await?;
        tx.commit().await
    }

    /// Erases what was discarded before `before`, files included. Returns how many.
    pub async fn purge_discarded(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        let done = sqlx::query("DELETE FROM draft WHERE discarded_at < ?").bind(before.0).execute(&mut *tx).await?;
        tx.commit().await?;
        self.bury_dead_files().await?;
        Ok(done.rows_affected())
    }

    /// Keeps the text as it is now among the versions, however young the last one is.
    pub async fn keep_version(&self, id: DraftId, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        sqlx::query(
            "INSERT OR REPLACE INTO draft_version (draft, version, content, at) SELECT id, version, content, ? FROM draft WHERE id = ?",
        )
        .bind(now.0)
        .bind(id.0)
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// Earlier versions, latest first.
    pub async fn draft_versions(&self, id: DraftId) -> Result<Vec<DraftVersion>, StoreError> {
        let rows = sqlx::query("SELECT version, at, content FROM draft_version WHERE draft = ? ORDER BY version DESC")
            .bind(id.0)
            .fetch_all(&self.inner.readers)
            .await?;
        rows.iter()
            .map(|r| {
                Ok(DraftVersion { version: r.try_get(0)?, at: Timestamp(r.try_get(1)?), content: serde_json::from_str(r.try_get(2)?)? })
            })
            .collect()
    }

    pub async fn set_draft_remote(&self, id: DraftId, remote: Option<&RemoteId>) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        sqlx::query("UPDATE draft SET remote = ? WHERE id = ?").bind(remote.map(RemoteId::as_str)).bind(id.0).execute(&mut *tx).await?;
        tx.commit().await
    }

    pub async fn add_draft_attachment(&self, id: DraftId, new: &NewAttachment) -> Result<DraftAttachment, StoreError> {
        let mut tx = self.write_durably().await?;
        tx.takes(&new.data);
        let row = insert_file(&mut tx, id, new).await?;
        tx.commit().await?;
        Ok(DraftAttachment {
            id: AttachmentId(row),
            name: new.name.clone(),
            mime: new.mime.clone(),
            size: new.data.len(),
            inline: new.inline,
            content_id: new.content_id.clone(),
        })
    }

    pub async fn remove_draft_attachment(&self, id: AttachmentId) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        sqlx::query("DELETE FROM draft_attachment WHERE id = ?").bind(id.0).execute(&mut *tx).await?;
        tx.commit().await?;
        self.bury_dead_files().await?;
        Ok(())
    }

    /// The bytes of a draft's attachment.
    pub async fn draft_attachment(&self, id: AttachmentId, max: u64) -> Result<Vec<u8>, StoreError> {
        let row = sqlx::query("SELECT data, file FROM draft_attachment WHERE id = ?")
            .bind(id.0)
            .fetch_optional(&self.inner.readers)
            .await?
            .ok_or_else(|| StoreError::missing("attachment", id))?;
        self.reader_of(row.try_get(0)?, row.try_get(1)?)?.read_to_end(max)
    }
}

#[cfg(test)]
mod tests;
