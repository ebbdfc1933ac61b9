//! Small helpers that several aggregates share: JSON bulk parameters, and forgetting content.

use sqlx::{Row as _, SqliteConnection};

use crate::{error::StoreError, packed, search::text::Indexed};

/// Ids as one JSON parameter, for `IN (SELECT value FROM json_each(?))`: one statement however many ids.
pub(crate) fn json_ids(ids: impl IntoIterator<Item = i64>) -> String {
    let mut out = String::from("[");
    for (i, id) in ids.into_iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        out.push_str(&id.to_string());
    }
    out.push(']');
    out
}

/// Texts as one JSON parameter.
pub(crate) fn json_list<'t>(texts: impl Iterator<Item = &'t String>) -> Result<String, StoreError> {
    Ok(serde_json::to_string(&texts.collect::<Vec<_>>())?)
}

/// Erases content rows: full-text entries first (they need the words), then the rows; sealed files are noted by triggers.
pub(crate) async fn forget_mail(tx: &mut SqliteConnection, mails: &[i64]) -> Result<(), StoreError> {
    for &mail in mails {
        unindex(tx, mail).await?;
        sqlx::query("DELETE FROM mail WHERE id = ?").bind(mail).execute(&mut *tx).await?;
    }
    Ok(())
}

/// Removes one mail's words from the full-text index.
pub(crate) async fn unindex(tx: &mut SqliteConnection, mail: i64) -> Result<(), StoreError> {
    let row = sqlx::query(INDEXED_SQL).bind(mail).fetch_optional(&mut *tx).await?;
    let Some(row) = row else { return Ok(()) };
    let mut body = String::new();
    let words = indexed(&row, &mut body)?;
    sqlx::query(
        "INSERT INTO mail_fts (mail_fts, rowid, subject, sender, recipients, copied, files, body) VALUES ('delete', ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(mail)
    .bind(words.subject)
    .bind(words.sender)
    .bind(words.recipients)
    .bind(words.copied)
    .bind(words.files)
    .bind(words.body)
    .execute(tx)
    .await?;
    Ok(())
}

pub(crate) async fn index(tx: &mut SqliteConnection, mail: i64, words: &Indexed<'_>) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO mail_fts (rowid, subject, sender, recipients, copied, files, body) VALUES (?, ?, ?, ?, ?, ?, ?)")
        .bind(mail)
        .bind(&words.subject)
        .bind(&words.sender)
        .bind(&words.recipients)
        .bind(&words.copied)
        .bind(&words.files)
        .bind(&words.body)
        .execute(tx)
        .await?;
    Ok(())
}

const INDEXED_SQL: &str = "SELECT m.subject, m.from_name || ' ' || m.from_email, t.recipients, t.copied, t.files, t.body, \
     iif(r.packed IS NULL, NULL, r.data), r.len, r.packed \
     FROM mail m JOIN mail_text t ON t.mail = m.id LEFT JOIN raw r ON r.mail = m.id WHERE m.id = ?";

/// `body` takes the text that the last column refers to.
fn indexed<'r>(row: &'r sqlx::sqlite::SqliteRow, body: &'r mut String) -> Result<Indexed<'r>, StoreError> {
    *body = text_of(row, 5)?;
    Ok(Indexed::new(row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?, row.try_get(4)?, body))
}

/// The text of a mail from the columns [`TEXT_COLUMNS`], which begin at `at`.
pub(crate) fn text_of(row: &sqlx::sqlite::SqliteRow, at: usize) -> Result<String, StoreError> {
    match row.try_get::<Option<Vec<u8>>, _>(at + 1)? {
        Some(data) => Ok(packed::unpack(data, row.try_get(at + 2)?, row.try_get(at + 3)?)?.text.unwrap_or_default()),
        None => Ok(row.try_get::<Option<String>, _>(at)?.unwrap_or_default()),
    }
}

/// What [`text_of`] reads; `t` is `mail_text` and `r` is `raw`.
pub(crate) const TEXT_COLUMNS: &str = "t.body, iif(r.packed IS NULL, NULL, r.data), r.len, r.packed";

/// Empties the full-text index and fills it from what the rows say: after most of it was deleted, or when the way words are
/// cut changes.
pub(crate) async fn reindex(tx: &mut SqliteConnection) -> Result<u64, StoreError> {
    sqlx::query("INSERT INTO mail_fts (mail_fts) VALUES ('delete-all')").execute(&mut *tx).await?;
    let mut last = i64::MIN;
    let mut done = 0;
    loop {
        let ids = sqlx::query_scalar::<_, i64>("SELECT mail FROM mail_text WHERE mail > ? ORDER BY mail LIMIT 256")
            .bind(last)
            .fetch_all(&mut *tx)
            .await?;
        if ids.is_empty() {
            return Ok(done);
        }
        for id in ids {
            if let Some(row) = sqlx::query(INDEXED_SQL).bind(id).fetch_optional(&mut *tx).await? {
                let mut body = String::new();
                index(tx, id, &indexed(&row, &mut body)?).await?;
            }
            last = id;
            done += 1;
        }
    }
}
