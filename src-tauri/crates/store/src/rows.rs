//! Small helpers that several aggregates share: JSON bulk parameters, and forgetting content.

use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};

use crate::{error::StoreError, packed, page::index_row, search::text::Indexed};

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
    let next = crate::leaving::rebuilding(tx).await?;
    for &mail in mails {
        // Not yet, where the index is being filled anew.
        if indexed_in(tx, FTS, mail).await? {
            unindex(tx, FTS, mail).await?;
        }
        if next && indexed_in(tx, FTS_NEXT, mail).await? {
            unindex(tx, FTS_NEXT, mail).await?;
        }
        sqlx::query("DELETE FROM mail WHERE id = ?").bind(mail).execute(&mut *tx).await?;
    }
    Ok(())
}

/// The full-text index, and the one that is built to take its place while an account leaves.
pub(crate) const FTS: &str = "mail_fts";
pub(crate) const FTS_NEXT: &str = "mail_fts_next";

pub(crate) async fn indexed_in(tx: &mut SqliteConnection, fts: &'static str, mail: i64) -> Result<bool, StoreError> {
    let sql = AssertSqlSafe(format!("SELECT 1 FROM {fts}_docsize WHERE id = ?"));
    Ok(sqlx::query_scalar::<_, i64>(sql).bind(index_row(mail)).fetch_optional(tx).await?.is_some())
}

/// Removes one mail's words from a full-text index that has them.
pub(crate) async fn unindex(tx: &mut SqliteConnection, fts: &'static str, mail: i64) -> Result<(), StoreError> {
    feed(
        tx,
        mail,
        &format!(
            "INSERT INTO {fts} ({fts}, rowid, subject, sender, recipients, copied, files, body) VALUES ('delete', ?, ?, ?, ?, ?, ?, ?)"
        ),
    )
    .await
}

/// Adds the words of a mail from its rows.
pub(crate) async fn index(tx: &mut SqliteConnection, fts: &'static str, mail: i64) -> Result<(), StoreError> {
    feed(tx, mail, &format!("INSERT INTO {fts} (rowid, subject, sender, recipients, copied, files, body) VALUES (?, ?, ?, ?, ?, ?, ?)"))
        .await
}

async fn feed(tx: &mut SqliteConnection, mail: i64, sql: &str) -> Result<(), StoreError> {
    let row = sqlx::query(INDEXED_SQL).bind(mail).fetch_optional(&mut *tx).await?;
    let Some(row) = row else { return Ok(()) };
    let mut body = String::new();
    let words = indexed(&row, &mut body)?;
    sqlx::query(AssertSqlSafe(sql.to_owned()))
        .bind(index_row(mail))
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
