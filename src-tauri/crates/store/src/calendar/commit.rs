//! One page of a calendar's changes and the cursor behind it, in one transaction. Repeating a page changes nothing. What was changed
//! here and is not at the provider yet stays as the person sees it: the write finds out what happened there meanwhile.

use std::collections::HashMap;

use domain::{
    ids::{CalendarId, RemoteId},
    sync::{SyncCursor, SyncScope},
};
use sqlx::SqliteConnection;

use super::{ItemData, moves, pack, spans::WEEK};
use crate::{error::StoreError, open::Store};

/// Weeks before 1970 that are counted, all that are, and bits for the items of one: an id keeps below 2^44, because the index of words has
/// the part beside it.
const WEEKS_BEFORE: i64 = 131_072;
const WEEKS: i64 = 1 << 20;
const IN_A_WEEK: u32 = 24;

/// An item as the provider has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncomingItem {
    pub remote: RemoteId,
    pub etag: String,
    pub data: ItemData,
}

/// One page of a round.
#[derive(Clone, Debug)]
pub struct CalendarBatch {
    pub scope: SyncScope,
    pub calendar: CalendarId,
    pub upserts: Vec<IncomingItem>,
    pub gone: Vec<RemoteId>,
    /// When set, everything else in the calendar is removed.
    pub present: Option<Vec<RemoteId>>,
    pub next: SyncCursor,
    pub more: bool,
    pub progress: Option<(u64, u64)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CalendarReport {
    pub added: u64,
    pub updated: u64,
    pub removed: u64,
}

/// Everything that is read out of an item, in the place of what was there.
pub(super) async fn put_data(tx: &mut SqliteConnection, item: i64, data: &ItemData) -> Result<(), StoreError> {
    sqlx::query("UPDATE calendar_item SET uid = ?, repeats = ?, ics = ? WHERE id = ?")
        .bind(&data.uid)
        .bind(data.repeats)
        .bind(pack(&data.ics)?)
        .bind(item)
        .execute(&mut *tx)
        .await?;
    for table in ["DELETE FROM calendar_part WHERE item = ?", "DELETE FROM calendar_span WHERE item = ?"] {
        sqlx::query(table).bind(item).execute(&mut *tx).await?;
    }
    put_parts(tx, item, data).await
}

pub(super) async fn put_parts(tx: &mut SqliteConnection, item: i64, data: &ItemData) -> Result<(), StoreError> {
    for (n, part) in data.parts.iter().enumerate() {
        sqlx::query(
            "INSERT INTO calendar_part (item, part, title, location, status, mine, free, joins, owns) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(item)
        .bind(n as i64)
        .bind(&part.title)
        .bind(&part.location)
        .bind(part.status)
        .bind(part.mine)
        .bind(part.free)
        .bind(part.joins)
        .bind(part.owns)
        .execute(&mut *tx)
        .await?;
    }
    super::spans::put(tx, item, &data.spans).await
}

pub(super) async fn insert(
    tx: &mut SqliteConnection,
    calendar: CalendarId,
    remote: Option<&RemoteId>,
    etag: &str,
    data: &ItemData,
) -> Result<i64, StoreError> {
    let id = fresh_id(tx, data).await?;
    sqlx::query("INSERT INTO calendar_item (id, calendar, remote, etag, uid, repeats, ics) VALUES (?, ?, ?, ?, ?, ?, ?)")
        .bind(id)
        .bind(calendar.0)
        .bind(remote.map(RemoteId::as_str))
        .bind(etag)
        .bind(&data.uid)
        .bind(data.repeats)
        .bind(pack(&data.ics)?)
        .execute(&mut *tx)
        .await?;
    put_parts(tx, id, data).await?;
    Ok(id)
}

/// An id that nothing ever had, in the week that the item begins in: what is shown together lies together (migration 18). A series, and what
/// has no time, has no week.
async fn fresh_id(tx: &mut SqliteConnection, data: &ItemData) -> Result<i64, StoreError> {
    let begins = data.spans.first().filter(|_| !data.repeats);
    let week = begins.map_or(0, |span| (span.start.div_euclid(WEEK) + WEEKS_BEFORE).clamp(1, WEEKS - 1));
    let n = sqlx::query_scalar::<_, i64>(
        "INSERT INTO calendar_week (week, last) VALUES (?, 1) ON CONFLICT (week) DO UPDATE SET last = last + 1 RETURNING last",
    )
    .bind(week)
    .fetch_one(tx)
    .await?;
    Ok((week << IN_A_WEEK) + n)
}

impl Store {
    /// What the provider is known to have, by remote id: its etags. What waits for a write is among them.
    pub async fn calendar_etags(&self, calendar: CalendarId) -> Result<HashMap<String, String>, StoreError> {
        let rows =
            sqlx::query_as::<_, (String, String)>("SELECT remote, etag FROM calendar_item WHERE calendar = ? AND remote IS NOT NULL")
                .bind(calendar.0)
                .fetch_all(&self.inner.readers)
                .await?;
        Ok(rows.into_iter().collect())
    }

    /// Data and cursor together.
    pub async fn commit_items(&self, batch: CalendarBatch) -> Result<CalendarReport, StoreError> {
        let CalendarBatch { scope, calendar, upserts, gone, present, next, more, progress } = batch;
        let mut tx = self.write().await?;
        let mut report = CalendarReport::default();
        for new in &upserts {
            if moves::leaves(&mut tx, calendar, &new.remote).await? {
                continue;
            }
            let known = sqlx::query_as::<_, (i64, String, bool)>(
                "SELECT id, etag, base IS NOT NULL OR removed FROM calendar_item WHERE calendar = ? AND remote = ?",
            )
            .bind(calendar.0)
            .bind(new.remote.as_str())
            .fetch_optional(&mut *tx)
            .await?;
            match known {
                Some((.., true)) => {}
                Some((id, ..)) => {
                    put_data(&mut tx, id, &new.data).await?;
                    sqlx::query("UPDATE calendar_item SET etag = ? WHERE id = ?").bind(&new.etag).bind(id).execute(&mut *tx).await?;
                    report.updated += 1;
                }
                None => {
                    // One that was made here and whose answer never came: it is the same by its UID.
                    let ours = sqlx::query_as::<_, (i64, bool)>(
                        "SELECT id, EXISTS (SELECT 1 FROM outbox o WHERE o.item = calendar_item.id AND o.state <> 'done') \
                         FROM calendar_item WHERE calendar = ? AND uid = ? AND remote IS NULL",
                    )
                    .bind(calendar.0)
                    .bind(&new.data.uid)
                    .fetch_optional(&mut *tx)
                    .await?;
                    match ours {
                        // Its write is on the way, and will be told that it is there.
                        Some((_, true)) => {}
                        Some((id, false)) => {
                            put_data(&mut tx, id, &new.data).await?;
                            sqlx::query("UPDATE calendar_item SET remote = ?, etag = ?, base = NULL WHERE id = ?")
                                .bind(new.remote.as_str())
                                .bind(&new.etag)
                                .bind(id)
                                .execute(&mut *tx)
                                .await?;
                            report.updated += 1;
                        }
                        None => {
                            insert(&mut tx, calendar, Some(&new.remote), &new.etag, &new.data).await?;
                            report.added += 1;
                        }
                    }
                }
            }
        }
        for remote in &gone {
            report.removed += sqlx::query("DELETE FROM calendar_item WHERE calendar = ? AND remote = ? AND base IS NULL AND removed = 0")
                .bind(calendar.0)
                .bind(remote.as_str())
                .execute(&mut *tx)
                .await?
                .rows_affected();
        }
        if let Some(present) = &present {
            let list = serde_json::to_string(present)?;
            report.removed += sqlx::query(
                "DELETE FROM calendar_item WHERE calendar = ? AND remote IS NOT NULL AND base IS NULL AND removed = 0 \
                 AND remote NOT IN (SELECT value FROM json_each(?))",
            )
            .bind(calendar.0)
            .bind(list)
            .execute(&mut *tx)
            .await?
            .rows_affected();
        }
        sqlx::query("UPDATE scope SET cursor = ?, progress_done = ?, progress_total = ?, complete = ? WHERE id = ?")
            .bind(serde_json::to_string(&next)?)
            .bind(progress.map(|p| p.0 as i64))
            .bind(progress.map(|p| p.1 as i64))
            .bind(!more)
            .bind(scope.id.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(report)
    }
}
