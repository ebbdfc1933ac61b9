//! The audit log: append-only, each entry hashed over the one before, so that a changed, removed or inserted entry shows.
//!
//! What it can't show is a log cut off at its end together with the database's own rollback: that needs a witness outside.

use domain::{
    audit::{AuditEntry, NewAudit},
    time::Timestamp,
};
use sha2::{Digest as _, Sha256};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use crate::{
    error::StoreError,
    open::Store,
    page::{Page, PageCursor, before},
};

const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Result of checking the whole chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditVerdict {
    Intact {
        entries: u64,
    },
    /// The first entry that does not follow from the one before.
    Broken {
        id: i64,
    },
}

/// Length-prefixed fields, so that no two entries share an encoding.
fn digest(prev: &str, id: i64, at: i64, fields: [&str; 5]) -> String {
    let mut hash = Sha256::new();
    hash.update(prev.as_bytes());
    hash.update(id.to_be_bytes());
    hash.update(at.to_be_bytes());
    for field in fields {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field.as_bytes());
    }
    domain::hex(&hash.finalize())
}

/// Appends inside the caller's transaction: an action and its entry are committed together or not at all.
pub(crate) async fn append(tx: &mut SqliteConnection, entry: &NewAudit, now: Timestamp) -> Result<(), StoreError> {
    let last = sqlx::query("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1").fetch_optional(&mut *tx).await?;
    let (id, prev) = match last {
        Some(row) => (row.try_get::<i64, _>(0)? + 1, row.try_get::<String, _>(1)?),
        None => (1, GENESIS.to_owned()),
    };
    let (actor, outcome) = (entry.actor.as_str(), entry.outcome.as_str());
    let hash = digest(&prev, id, now.0, [actor, entry.action, &entry.target, outcome, &entry.detail]);
    sqlx::query("INSERT INTO audit (id, at, actor, action, target, outcome, detail, prev, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(id)
        .bind(now.0)
        .bind(actor)
        .bind(entry.action)
        .bind(&entry.target)
        .bind(outcome)
        .bind(&entry.detail)
        .bind(prev)
        .bind(hash)
        .execute(tx)
        .await?;
    Ok(())
}

pub(crate) fn entry(row: &SqliteRow) -> Result<AuditEntry, StoreError> {
    Ok(AuditEntry {
        id: row.try_get(0)?,
        at: Timestamp(row.try_get(1)?),
        actor: row.try_get(2)?,
        action: row.try_get(3)?,
        target: row.try_get(4)?,
        outcome: row.try_get(5)?,
        detail: row.try_get(6)?,
        prev: row.try_get(7)?,
        hash: row.try_get(8)?,
    })
}

pub(crate) const PAGE_SQL: &str = "SELECT id, at, actor, action, target, outcome, detail, prev, hash FROM audit \
     WHERE id < ? AND (? = '' OR substr(action, 1, length(?)) = ?) ORDER BY id DESC LIMIT ?";

/// Of rows that were asked for with one more than `limit`.
pub(crate) fn page(rows: &[SqliteRow], limit: u32) -> Result<Page<AuditEntry>, StoreError> {
    let mut items = rows.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next = items.last().filter(|_| more).map(|e| PageCursor::of(e.id));
    Ok(Page { items, next })
}

impl Store {
    pub async fn append_audit(&self, new: &NewAudit, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        append(&mut tx, new, now).await?;
        tx.commit().await
    }

    /// Newest first. `action_prefix` such as `oauth.` filters.
    pub async fn audit(&self, after: Option<&PageCursor>, limit: u32, action_prefix: Option<&str>) -> Result<Page<AuditEntry>, StoreError> {
        let prefix = action_prefix.unwrap_or_default();
        let rows = sqlx::query(PAGE_SQL)
            .bind(before(after)?)
            .bind(prefix)
            .bind(prefix)
            .bind(prefix)
            .bind(i64::from(limit) + 1)
            .fetch_all(&self.inner.readers)
            .await?;
        page(&rows, limit)
    }

    /// Walks the whole chain.
    pub async fn verify_audit(&self) -> Result<AuditVerdict, StoreError> {
        let mut prev = GENESIS.to_owned();
        let mut last = 0_i64;
        loop {
            let rows = sqlx::query(
                "SELECT id, at, actor, action, target, outcome, detail, prev, hash FROM audit WHERE id > ? ORDER BY id LIMIT 1000",
            )
            .bind(last)
            .fetch_all(&self.inner.readers)
            .await?;
            if rows.is_empty() {
                return Ok(AuditVerdict::Intact { entries: last as u64 });
            }
            for row in &rows {
                let e = entry(row)?;
                let hash = digest(&prev, e.id, e.at.0, [&e.actor, &e.action, &e.target, &e.outcome, &e.detail]);
                if e.id != last + 1 || e.prev != prev || e.hash != hash {
                    return Ok(AuditVerdict::Broken { id: e.id });
                }
                last = e.id;
                prev = e.hash;
            }
        }
    }
}

#[cfg(test)]
mod tests;
