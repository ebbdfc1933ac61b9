//! When things are. What happens once has its span for good; series are expanded for a range of time that grows with what is looked at.

use domain::{
    ids::{CalendarId, ItemId},
    time::Timestamp,
};
use serde::{Deserialize, Deserializer};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use super::{SpanData, SpanKind};
use crate::{error::StoreError, open::Store};

/// A week in milliseconds: what lasts longer is found by its end.
pub(super) const WEEK: i64 = 604_800_000;
/// No wall is further from UTC, milliseconds.
const FAR: i64 = 15 * 3_600_000;

/// One member as lists show it. Its fields are the columns of `SHOWN`, in that order.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SpanRow {
    pub item: ItemId,
    pub member: String,
    pub calendar: CalendarId,
    pub uid: String,
    pub title: String,
    pub location: String,
    #[serde(deserialize_with = "kind")]
    pub kind: SpanKind,
    /// As in [`SpanData`].
    pub start: i64,
    pub finish: i64,
    pub status: String,
    pub mine: Option<String>,
    #[serde(deserialize_with = "flag")]
    pub free: bool,
    #[serde(deserialize_with = "flag")]
    pub joins: bool,
    #[serde(deserialize_with = "flag")]
    pub owns: bool,
    #[serde(deserialize_with = "flag")]
    pub repeats: bool,
    /// A change made here waits.
    #[serde(deserialize_with = "flag")]
    pub waits: bool,
    /// Both sides changed the same thing.
    #[serde(deserialize_with = "flag")]
    pub conflict: bool,
}

fn kind<'de, D: Deserializer<'de>>(from: D) -> Result<SpanKind, D::Error> {
    i64::deserialize(from).map(SpanKind::of)
}

fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    i64::deserialize(from).map(|n| n != 0)
}

/// Members of one statement: a round trip to the database costs more than a row.
const CHUNK: usize = 2_000;

pub(super) async fn put(tx: &mut SqliteConnection, item: i64, spans: &[SpanData]) -> Result<(), StoreError> {
    let pages = pages(spans.iter().map(|s| (item, s)))?;
    put_pages(tx, &pages).await
}

/// Rows as JSON, as many as one statement takes on each page.
pub(super) fn pages<'s>(spans: impl Iterator<Item = (i64, &'s SpanData)>) -> Result<Vec<String>, StoreError> {
    let mut spans = spans.peekable();
    let mut out = Vec::new();
    while spans.peek().is_some() {
        let page = spans.by_ref().take(CHUNK).map(|(item, s)| (item, &s.member, s.part as i64, s.kind.code(), s.start, s.finish));
        out.push(serde_json::to_string(&page.collect::<Vec<_>>())?);
    }
    Ok(out)
}

pub(super) async fn put_pages(tx: &mut SqliteConnection, pages: &[String]) -> Result<(), StoreError> {
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
const JOINED: &str = "CROSS JOIN calendar_item i INDEXED BY calendar_item_shown ON i.id = s.item AND i.removed = 0 \
     CROSS JOIN calendar_part p ON p.item = s.item AND p.part = s.part \
     CROSS JOIN calendar c ON c.id = i.calendar AND (c.shown OR ?4)";

/// Not left over from an earlier range ([`super::range`]): whether more lies between that and the present one is not known.
pub(super) const WITHIN: &str =
    "(s.member = '' OR NOT EXISTS (SELECT 1 FROM calendar_range g WHERE s.start >= g.hi OR (s.finish <= g.lo AND s.start < g.lo)))";

/// `?1 .. ?2` in milliseconds, at most `?3` rows; `?4`: of hidden calendars, too. What is short is found by its start, what is long by its end.
pub(crate) fn window_sql() -> String {
    format!(
        "{SHOWN} FROM calendar_span s INDEXED BY calendar_span_start {JOINED} WHERE s.start < ?2 AND s.start >= ?1 - {WEEK} AND s.finish >= ?1 AND s.finish - s.start <= {WEEK} \
         UNION ALL {SHOWN} FROM calendar_span s INDEXED BY calendar_span_long {JOINED} \
         WHERE s.finish >= ?1 AND s.finish - s.start > {WEEK} AND s.start < ?2 ORDER BY 8, 9 LIMIT ?3"
    )
}

/// [`window_sql`] as one JSON text: rows one by one are handed from thread to thread, and that costs several times what it takes to find
/// them.
fn window_json_sql() -> String {
    const COLUMNS: &str =
        "item, member, calendar, uid, title, location, kind, start, finish, status, mine, free, joins, owns, repeats, waits, conflict";
    format!("WITH w ({COLUMNS}) AS ({}) SELECT json_group_array(json_array({COLUMNS})) FROM w", window_sql())
}

/// `?1` an FTS5 query, `?2` now in milliseconds, `?3` how many; of each event the next member to come, or the last that is over.
pub(super) fn found_sql(coming: bool) -> String {
    // With min() or max(), SQLite takes the other columns from the row that has it.
    let (when, which, order) =
        if coming { ("s.finish > ?2", "min", "s.start, s.finish") } else { ("s.finish <= ?2", "max", "s.start DESC, s.finish DESC") };
    format!(
        "{SHOWN}, {which}(s.start) FROM calendar_words w CROSS JOIN calendar_span s ON s.item = w.rowid >> 16 AND s.part = w.rowid & 65535 \
         {JOINED} WHERE calendar_words MATCH ?1 AND {when} AND {WITHIN} GROUP BY s.item ORDER BY {order} LIMIT ?3"
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
        let rows = sqlx::query_scalar::<_, String>(sqlx::AssertSqlSafe(window_json_sql()))
            .bind(from.millis().saturating_sub(FAR))
            .bind(to.millis().saturating_add(FAR))
            .bind(i64::from(limit))
            .bind(hidden)
            .fetch_one(&self.inner.readers)
            .await?;
        let mut rows: Vec<SpanRow> = serde_json::from_str(&rows)?;
        // They come so; but that an aggregate keeps the order of what it is made of is nowhere promised.
        rows.sort_by_key(|r| (r.start, r.finish));
        Ok(rows)
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
}
