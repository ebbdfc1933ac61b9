//! Events by their words.

use domain::{ids::ItemId, time::Timestamp};

use super::spans::{SpanRow, WITHIN, found_sql, span};
use crate::{error::StoreError, open::Store};

/// An FTS5 query for all of these words, each as the beginning of one. None: there is no word in it.
fn all_of(text: &str) -> Option<String> {
    let words: Vec<String> = text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(|w| format!("\"{w}\"*")).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

impl Store {
    /// Events with all of these words in title or place, one member each: `limit` that end after `now`, soonest first, then as many of
    /// those that are over, latest first. Series only within the range that they are expanded for ([`Store::calendar_range`]).
    /// `hidden`: of calendars that are not shown, too. No words: nothing.
    pub async fn find_events(&self, text: &str, now: Timestamp, hidden: bool, limit: u32) -> Result<Vec<SpanRow>, StoreError> {
        let Some(words) = all_of(text) else { return Ok(Vec::new()) };
        let mut out: Vec<SpanRow> = Vec::new();
        for coming in [true, false] {
            let rows = sqlx::query(sqlx::AssertSqlSafe(found_sql(coming)))
                .bind(&words)
                .bind(now.millis())
                .bind(i64::from(limit))
                .bind(hidden)
                .fetch_all(&self.inner.readers)
                .await?;
            for row in rows.iter().map(span) {
                let row = row?;
                if coming || !out.iter().any(|r| r.item == row.item) {
                    out.push(row);
                }
            }
        }
        Ok(out)
    }

    /// Series with these words that have no member in the range that is expanded.
    pub async fn find_far_series(&self, text: &str, limit: u32) -> Result<Vec<ItemId>, StoreError> {
        let Some(words) = all_of(text) else { return Ok(Vec::new()) };
        let sql = format!(
            "SELECT DISTINCT i.id FROM calendar_words w JOIN calendar_item i ON i.id = w.rowid >> 16 \
             WHERE calendar_words MATCH ? AND i.removed = 0 AND i.repeats = 1 \
             AND NOT EXISTS (SELECT 1 FROM calendar_span s WHERE s.item = i.id AND {WITHIN}) LIMIT ?"
        );
        let ids = sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(sql))
            .bind(words)
            .bind(i64::from(limit))
            .fetch_all(&self.inner.readers)
            .await?;
        Ok(ids.into_iter().map(ItemId).collect())
    }
}
