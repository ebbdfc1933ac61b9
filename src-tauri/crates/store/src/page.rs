//! Paging. A cursor is opaque text to callers; inside, it is the last row's key.

use serde::{Deserialize, Serialize};

use crate::error::StoreError;

/// Where the next page starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PageCursor(pub String);

impl PageCursor {
    pub(crate) fn of(key: i64) -> Self {
        Self(key.to_string())
    }
    pub(crate) fn key(&self) -> Result<i64, StoreError> {
        self.0.parse().map_err(|_| StoreError::Cursor(self.0.clone()))
    }
}

/// The key to start below; everything when there is no cursor.
pub(crate) fn before(after: Option<&PageCursor>) -> Result<i64, StoreError> {
    after.map_or(Ok(i64::MAX), PageCursor::key)
}

/// Some rows of a list, and where to go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// None: that was all.
    pub next: Option<PageCursor>,
}

/// A window into a list of known length, for random access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window<T> {
    pub total: u64,
    pub items: Vec<T>,
}

/// Rowids carry their date: `epoch seconds << 20 | counter`.
pub(crate) const COUNTER_BITS: u32 = 20;

/// The first rowid of a second. Dates before 1970 and after 2239 are clamped: the id must stay exact in a JavaScript number.
pub(crate) fn first_id(secs: i64) -> i64 {
    secs.clamp(0, 8_500_000_000) << COUNTER_BITS
}

/// A mail's place in its second is below 64; what does not fit goes to the next second that has room. A word's list in the full-text
/// index is distances between rowids, seven bits a byte: with places of twenty bits each took two bytes more, a fifth of the mail in all.
const PLACE_BITS: u32 = 6;
pub(crate) const PLACES: i64 = 1 << PLACE_BITS;
/// The bits of a mail's id that are never set.
pub(crate) const UNUSED: i64 = (1 << COUNTER_BITS) - PLACES;
/// The greatest packed id.
const LAST_ROW: i64 = (8_500_000_000 << PLACE_BITS) | (PLACES - 1);

/// The rowid in the full-text index of a content: its id without the bits that are never set, counted backwards. FTS5 gives hits in
/// ascending order, and so the newest come first. (In descending order it passes every page of a word's list before the first hit as
/// soon as anything was securely deleted: it does not trust its skip lists backwards then.)
pub(crate) const fn index_row(mail: i64) -> i64 {
    LAST_ROW - ((mail >> COUNTER_BITS << PLACE_BITS) | (mail & (PLACES - 1)))
}

/// The content of a rowid in the full-text index.
pub(crate) const fn mail_of(row: i64) -> i64 {
    let packed = LAST_ROW - row;
    (packed >> PLACE_BITS << COUNTER_BITS) | (packed & (PLACES - 1))
}

/// [`index_row`] of an expression, in SQL. It is written twice: no parameters.
pub(crate) fn index_row_sql(mail: &str) -> String {
    format!("({LAST_ROW} - (({mail}) >> {COUNTER_BITS} << {PLACE_BITS} | (({mail}) & {})))", PLACES - 1)
}

/// [`mail_of`] of an expression, in SQL.
pub(crate) fn mail_sql(row: &str) -> String {
    format!("(({LAST_ROW} - {row}) >> {PLACE_BITS} << {COUNTER_BITS} | (({LAST_ROW} - {row}) & {}))", PLACES - 1)
}

pub(crate) fn last_id(secs: i64) -> i64 {
    first_id(secs) | ((1 << COUNTER_BITS) - 1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[tokio::test]
    async fn rows_of_the_index_are_dense_backwards_and_the_same_in_sql() {
        let mut conn = <sqlx::SqliteConnection as sqlx::Connection>::connect("sqlite::memory:").await.unwrap();
        let ids = [0, 1, 63, first_id(1), first_id(1) + 5, first_id(1_700_000_000) + 63, first_id(1_700_000_001), first_id(i64::MAX) + 63];
        let mut last = i64::MAX;
        for id in ids {
            let row = index_row(id);
            assert!(row < last && row >= 0, "{id}: later mail comes first");
            last = row;
            assert_eq!(mail_of(row), id);
            let sql = format!("SELECT {}, {}", index_row_sql("?1"), mail_sql("?2"));
            let both: (i64, i64) = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).bind(row).fetch_one(&mut conn).await.unwrap();
            assert_eq!(both, (row, id));
        }
        assert_eq!(index_row(63) - index_row(first_id(1)), 1, "no gap between two seconds");
        assert!(index_row(i64::MAX) < 0, "without a bound: before every row");
    }
}
