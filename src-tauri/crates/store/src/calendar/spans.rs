//! When things are. What happens once has its span for good; series are expanded for a range of time that grows with what is looked at.

use domain::{
    ids::{CalendarId, ItemId},
    time::Timestamp,
};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use super::{SpanData, SpanKind, unpack};
use crate::{error::StoreError, open::Store, rows::json_ids};

/// A week in milliseconds: what lasts longer is found by its end.
const WEEK: i64 = 604_800_000;
/// No wall is further from UTC, milliseconds.
const FAR: i64 = 15 * 3_600_000;

/// One member as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpanRow {
    pub item: ItemId,
    pub member: String,
    pub calendar: CalendarId,
    pub uid: String,
    pub title: String,
    pub location: String,
    pub kind: SpanKind,
    /// As in [`SpanData`].
    pub start: i64,
    pub finish: i64,
    pub status: String,
    pub mine: Option<String>,
    pub free: bool,
    pub joins: bool,
    pub owns: bool,
    pub repeats: bool,
    /// A change made here waits.
    pub waits: bool,
    /// Both sides changed the same thing.
    pub conflict: bool,
}

/// Members of one statement: a round trip to the database costs more than a row.
const CHUNK: usize = 2_000;

pub(super) async fn put(tx: &mut SqliteConnection, item: i64, spans: &[SpanData]) -> Result<(), StoreError> {
    let pages = pages(spans.iter().map(|s| (item, s)))?;
    put_pages(tx, &pages).await
}

/// Rows as JSON, as many as one statement takes on each page.
fn pages<'s>(spans: impl Iterator<Item = (i64, &'s SpanData)>) -> Result<Vec<String>, StoreError> {
    let mut spans = spans.peekable();
    let mut out = Vec::new();
    while spans.peek().is_some() {
        let page = spans.by_ref().take(CHUNK).map(|(item, s)| (item, &s.member, s.part as i64, s.kind.code(), s.start, s.finish));
        out.push(serde_json::to_string(&page.collect::<Vec<_>>())?);
    }
    Ok(out)
}

async fn put_pages(tx: &mut SqliteConnection, pages: &[String]) -> Result<(), StoreError> {
    for page in pages {
        // A member that is named twice is the later one: an override stands for what the rule names, too.
        sqlx::query(
            "INSERT OR REPLACE INTO calendar_span (item, member, part, kind, start, finish) \
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 FROM json_each(?)",
        )
        .bind(page)
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

const SHOWN: &str = "SELECT s.item, s.member, i.calendar, i.uid, p.title, p.location, s.kind, s.start, s.finish, p.status, p.mine, p.free, \
     p.joins, p.owns, i.repeats, i.base IS NOT NULL OR i.remote IS NULL, i.theirs IS NOT NULL";
const JOINED: &str = "CROSS JOIN calendar_item i ON i.id = s.item AND i.removed = 0 \
     CROSS JOIN calendar_part p ON p.item = s.item AND p.part = s.part \
     CROSS JOIN calendar c ON c.id = i.calendar AND (c.shown OR ?4)";

/// `?1 .. ?2` in milliseconds, at most `?3` rows; `?4`: of hidden calendars, too. What is short is found by its start, what is long by its end.
pub(crate) fn window_sql() -> String {
    format!(
        "{SHOWN} FROM calendar_span s INDEXED BY calendar_span_start {JOINED} WHERE s.start < ?2 AND s.start >= ?1 - {WEEK} AND s.finish >= ?1 AND s.finish - s.start <= {WEEK} \
         UNION ALL {SHOWN} FROM calendar_span s INDEXED BY calendar_span_long {JOINED} \
         WHERE s.finish >= ?1 AND s.finish - s.start > {WEEK} AND s.start < ?2 ORDER BY 8, 9 LIMIT ?3"
    )
}

/// `?1` an FTS5 query, `?2` now in milliseconds, `?3` how many; of each event the next member to come, or the last that is over.
pub(super) fn found_sql(coming: bool) -> String {
    // With min() or max(), SQLite takes the other columns from the row that has it.
    let (when, which, order) =
        if coming { ("s.finish > ?2", "min", "s.start, s.finish") } else { ("s.finish <= ?2", "max", "s.start DESC, s.finish DESC") };
    format!(
        "{SHOWN}, {which}(s.start) FROM calendar_words w CROSS JOIN calendar_span s ON s.item = w.rowid >> 16 AND s.part = w.rowid & 65535 \
         {JOINED} WHERE calendar_words MATCH ?1 AND {when} GROUP BY s.item ORDER BY {order} LIMIT ?3"
    )
}

pub(super) fn span(r: &SqliteRow) -> Result<SpanRow, StoreError> {
    Ok(SpanRow {
        item: ItemId(r.try_get(0)?),
        member: r.try_get(1)?,
        calendar: CalendarId(r.try_get(2)?),
        uid: r.try_get(3)?,
        title: r.try_get(4)?,
        location: r.try_get(5)?,
        kind: SpanKind::of(r.try_get(6)?),
        start: r.try_get(7)?,
        finish: r.try_get(8)?,
        status: r.try_get(9)?,
        mine: r.try_get(10)?,
        free: r.try_get(11)?,
        joins: r.try_get(12)?,
        owns: r.try_get(13)?,
        repeats: r.try_get(14)?,
        waits: r.try_get(15)?,
        conflict: r.try_get(16)?,
    })
}

impl Store {
    /// What may touch `from .. to`, by start, at most `limit`. Days and times on every wall are told from half a day around it: only who
    /// knows the zone can say.
    pub async fn spans(&self, from: Timestamp, to: Timestamp, hidden: bool, limit: u32) -> Result<Vec<SpanRow>, StoreError> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(window_sql()))
            .bind(from.millis().saturating_sub(FAR))
            .bind(to.millis().saturating_add(FAR))
            .bind(i64::from(limit))
            .bind(hidden)
            .fetch_all(&self.inner.readers)
            .await?;
        rows.iter().map(span).collect()
    }

    /// One member as lists show it.
    pub async fn span(&self, item: ItemId, member: &str) -> Result<SpanRow, StoreError> {
        let sql = format!("{SHOWN} FROM calendar_span s {JOINED} WHERE s.item = ?1 AND s.member = ?2 AND ?3 IS NULL");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(item.0)
            .bind(member)
            .bind(None::<i64>)
            .bind(true)
            .fetch_optional(&self.inner.readers)
            .await?;
        span(&row.ok_or_else(|| StoreError::missing("event", item))?)
    }

    /// Events whose write can't go on by itself.
    pub async fn stuck_items(&self) -> Result<Vec<ItemId>, StoreError> {
        let ids = sqlx::query_scalar::<_, i64>("SELECT item FROM outbox WHERE state = 'wedged' AND item IS NOT NULL")
            .fetch_all(&self.inner.readers)
            .await?;
        Ok(ids.into_iter().map(ItemId).collect())
    }

    /// From when to when series are expanded.
    pub async fn calendar_range(&self) -> Result<Option<(Timestamp, Timestamp)>, StoreError> {
        let row = sqlx::query_as::<_, (i64, i64)>("SELECT lo, hi FROM calendar_range").fetch_optional(&self.inner.readers).await?;
        Ok(row.map(|(lo, hi)| (Timestamp(lo), Timestamp(hi))))
    }

    /// Every series with its text, a page behind `after`.
    pub async fn series(&self, after: ItemId, limit: u32) -> Result<Vec<(ItemId, String)>, StoreError> {
        let rows =
            sqlx::query_as::<_, (i64, Vec<u8>)>("SELECT id, ics FROM calendar_item WHERE repeats = 1 AND id > ? ORDER BY id LIMIT ?")
                .bind(after.0)
                .bind(i64::from(limit))
                .fetch_all(&self.inner.readers)
                .await?;
        rows.into_iter().map(|(id, ics)| Ok((ItemId(id), unpack(&ics)?))).collect()
    }

    /// The members of all series for a new range, and the range, together. Nothing else may write items meanwhile: what was read with the
    /// old range would lack members.
    pub async fn expand_series(&self, range: (Timestamp, Timestamp), members: &[(ItemId, Vec<SpanData>)]) -> Result<(), StoreError> {
        let pages = pages(members.iter().flat_map(|(item, spans)| spans.iter().map(move |s| (item.0, s))))?;
        let mut tx = self.write().await?;
        sqlx::query("DELETE FROM calendar_span WHERE item IN (SELECT value FROM json_each(?))")
            .bind(json_ids(members.iter().map(|(item, _)| item.0)))
            .execute(&mut *tx)
            .await?;
        put_pages(&mut tx, &pages).await?;
        sqlx::query("INSERT OR REPLACE INTO calendar_range (one, lo, hi) VALUES (1, ?, ?)")
            .bind(range.0.millis())
            .bind(range.1.millis())
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }
}
