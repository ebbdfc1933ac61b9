//! Signatures, snippets and templates.

use domain::ids::AccountId;
use serde::{Deserialize, Serialize};
use sqlx::{Row as _, sqlite::SqliteRow};

use crate::{error::StoreError, open::Store};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// 0: not stored yet.
    pub id: i64,
    pub account: AccountId,
    pub name: String,
    /// Cleaned.
    pub html: String,
    pub for_new: bool,
    pub for_reply: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextBlock {
    /// 0: not stored yet.
    pub id: i64,
    /// `snippet`, `template`.
    pub kind: String,
    pub name: String,
    pub shortcut: String,
    pub subject: String,
    pub html: String,
    pub uses: u32,
}

fn signature(r: &SqliteRow) -> Result<Signature, StoreError> {
    Ok(Signature {
        id: r.try_get(0)?,
        account: AccountId(r.try_get(1)?),
        name: r.try_get(2)?,
        html: r.try_get(3)?,
        for_new: r.try_get(4)?,
        for_reply: r.try_get(5)?,
    })
}

fn text(r: &SqliteRow) -> Result<TextBlock, StoreError> {
    Ok(TextBlock {
        id: r.try_get(0)?,
        kind: r.try_get(1)?,
        name: r.try_get(2)?,
        shortcut: r.try_get(3)?,
        subject: r.try_get(4)?,
        html: r.try_get(5)?,
        uses: r.try_get(6)?,
    })
}

const TEXT: &str = "SELECT id, kind, name, shortcut, subject, html, uses FROM text_block";

impl Store {
    pub async fn signatures(&self) -> Result<Vec<Signature>, StoreError> {
        sqlx::query("SELECT id, account, name, html, for_new, for_reply FROM signature ORDER BY account, name, id")
            .fetch_all(&self.inner.readers)
            .await?
            .iter()
            .map(signature)
            .collect()
    }

    /// New or changed; the account's other signatures give up the uses that this one has.
    pub async fn save_signature(&self, s: &Signature) -> Result<i64, StoreError> {
        let mut tx = self.write_durably().await?;
        sqlx::query("UPDATE signature SET for_new = for_new AND NOT ?, for_reply = for_reply AND NOT ? WHERE account = ? AND id <> ?")
            .bind(s.for_new)
            .bind(s.for_reply)
            .bind(s.account.0)
            .bind(s.id)
            .execute(&mut *tx)
            .await?;
        let id = if s.id == 0 {
            sqlx::query("INSERT INTO signature (account, name, html, for_new, for_reply) VALUES (?, ?, ?, ?, ?)")
                .bind(s.account.0)
                .bind(&s.name)
                .bind(&s.html)
                .bind(s.for_new)
                .bind(s.for_reply)
                .execute(&mut *tx)
                .await?
                .last_insert_rowid()
        } else {
            let done = sqlx::query("UPDATE signature SET account = ?, name = ?, html = ?, for_new = ?, for_reply = ? WHERE id = ?")
                .bind(s.account.0)
                .bind(&s.name)
                .bind(&s.html)
                .bind(s.for_new)
                .bind(s.for_reply)
                .bind(s.id)
                .execute(&mut *tx)
                .await?;
            if done.rows_affected() == 0 {
                return Err(StoreError::missing("signature", s.id));
            }
            s.id
        };
        tx.commit().await?;
        Ok(id)
    }

    pub async fn delete_signature(&self, id: i64) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        sqlx::query("DELETE FROM signature WHERE id = ?").bind(id).execute(&mut *tx).await?;
        tx.commit().await
    }

    /// Most used first. `kind`: `snippet`, `template`, or both.
    pub async fn texts(&self, kind: Option<&str>) -> Result<Vec<TextBlock>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{TEXT} WHERE ?1 IS NULL OR kind = ?1 ORDER BY uses DESC, name, id"));
        sqlx::query(sql).bind(kind).fetch_all(&self.inner.readers).await?.iter().map(text).collect()
    }

    pub async fn text(&self, id: i64) -> Result<TextBlock, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{TEXT} WHERE id = ?"));
        let row = sqlx::query(sql).bind(id).fetch_optional(&self.inner.readers).await?;
        text(&row.ok_or_else(|| StoreError::missing("text", id))?)
    }

    /// `Conflict` when another text has the shortcut.
    pub async fn save_text(&self, t: &TextBlock) -> Result<i64, StoreError> {
        let mut tx = self.write_durably().await?;
        let taken = sqlx::query_scalar::<_, i64>("SELECT id FROM text_block WHERE shortcut = ? AND shortcut <> '' AND id <> ?")
            .bind(&t.shortcut)
            .bind(t.id)
            .fetch_optional(&mut *tx)
            .await?;
        if taken.is_some() {
            return Err(StoreError::Conflict(format!("another text has the shortcut {}", t.shortcut)));
        }
        let id = if t.id == 0 {
            sqlx::query("INSERT INTO text_block (kind, name, shortcut, subject, html) VALUES (?, ?, ?, ?, ?)")
                .bind(&t.kind)
                .bind(&t.name)
                .bind(&t.shortcut)
                .bind(&t.subject)
                .bind(&t.html)
                .execute(&mut *tx)
                .await?
                .last_insert_rowid()
        } else {
            let done = sqlx::query("UPDATE text_block SET kind = ?, name = ?, shortcut = ?, subject = ?, html = ? WHERE id = ?")
                .bind(&t.kind)
                .bind(&t.name)
                .bind(&t.shortcut)
                .bind(&t.subject)
                .bind(&t.html)
                .bind(t.id)
                .execute(&mut *tx)
                .await?;
            if done.rows_affected() == 0 {
                return Err(StoreError::missing("text", t.id));
            }
            t.id
        };
        tx.commit().await?;
        Ok(id)
    }

    pub async fn delete_text(&self, id: i64) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        sqlx::query("DELETE FROM text_block WHERE id = ?").bind(id).execute(&mut *tx).await?;
        tx.commit().await
    }

    pub async fn count_text_use(&self, id: i64) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        sqlx::query("UPDATE text_block SET uses = uses + 1 WHERE id = ?").bind(id).execute(&mut *tx).await?;
        tx.commit().await
    }
}
