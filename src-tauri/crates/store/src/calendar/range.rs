//! Which members of series there are: those in a range of time, which grows with what is looked at.
//!
//! Only what is new in a range is worked out and written. What lay in an earlier one is taken away a little at a time, for a year of ten
//! thousand series is a million rows; until then it is as true as ever, because whoever writes an item takes all of its rows away. But
//! between it and the present range there may be more, so who asks for the next of something does not look there.

use domain::{ids::ItemId, time::Timestamp};
use sqlx::SqliteConnection;

use super::{
    SpanData,
    spans::{WEEK, pages, put_pages},
    unpack,
};
use crate::{error::StoreError, open::Store};

/// Rows of an earlier range that are taken away beside as many as are written.
const SWEPT: usize = 2_000;

/// A time from when to when.
type Range = (Timestamp, Timestamp);

/// Members of series as they go into the store. Made of one page of series after the other, so that the members of ten thousand series are
/// never held at once in their wider form.
#[derive(Debug, Default)]
pub struct SeriesMembers {
    pages: Vec<String>,
    many: usize,
}

impl SeriesMembers {
    pub fn of(members: &[(ItemId, Vec<SpanData>)]) -> Result<Self, StoreError> {
        let pages = pages(members.iter().flat_map(|(item, spans)| spans.iter().map(move |s| (item.0, s))))?;
        Ok(Self { pages, many: members.iter().map(|(_, spans)| spans.len()).sum() })
    }

    pub fn extend(&mut self, more: Self) {
        self.pages.extend(more.pages);
        self.many += more.many;
    }
}

impl Store {
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

    /// A new range, and what all series have in the pieces of it that were not in the range before, together. Nothing else may write items
    /// meanwhile: what was read with the old range would lack members.
    pub async fn expand_series(&self, range: Range, pieces: &[Range], members: SeriesMembers) -> Result<(), StoreError> {
        let SeriesMembers { pages, many } = members;
        let mut tx = self.write().await?;
        for piece in pieces {
            clear(&mut tx, *piece).await?;
        }
        for page in pages {
            put_pages(&mut tx, &[page]).await?;
        }
        sweep(&mut tx, range, many + SWEPT).await?;
        sqlx::query("INSERT OR REPLACE INTO calendar_range (one, lo, hi) VALUES (1, ?, ?)")
            .bind(range.0.millis())
            .bind(range.1.millis())
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }
}

/// Members of series have names; what happens once has none.
const OF_SERIES: &str = "member <> ''";

/// What is left in a piece of time from when it was looked at before.
async fn clear(tx: &mut SqliteConnection, (lo, hi): Range) -> Result<(), StoreError> {
    let touches = "start < ?2 AND (finish > ?1 OR start >= ?1)";
    let sql = format!(
        "DELETE FROM calendar_span WHERE (item, member) IN (\
         SELECT item, member FROM calendar_span INDEXED BY calendar_span_start WHERE start >= ?1 - {WEEK} AND {touches} AND {OF_SERIES} \
         UNION ALL SELECT item, member FROM calendar_span INDEXED BY calendar_span_long \
         WHERE finish > ?1 AND finish - start > {WEEK} AND {touches} AND {OF_SERIES})"
    );
    sqlx::query(sqlx::AssertSqlSafe(sql)).bind(lo.millis()).bind(hi.millis()).execute(&mut *tx).await?;
    Ok(())
}

/// Takes away members that lie outside of the range, at most so many of them.
async fn sweep(tx: &mut SqliteConnection, (lo, hi): Range, most: usize) -> Result<(), StoreError> {
    let mut left = i64::try_from(most).unwrap_or(i64::MAX);
    for (outside, at) in [("start >= ?1", hi), ("start < ?1 AND finish <= ?1", lo)] {
        let sql = format!(
            "DELETE FROM calendar_span WHERE (item, member) IN (\
             SELECT item, member FROM calendar_span INDEXED BY calendar_span_start WHERE {outside} AND {OF_SERIES} LIMIT ?2)"
        );
        let gone = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(at.millis()).bind(left).execute(&mut *tx).await?.rows_affected();
        left = left.saturating_sub(i64::try_from(gone).unwrap_or(i64::MAX));
    }
    Ok(())
}
