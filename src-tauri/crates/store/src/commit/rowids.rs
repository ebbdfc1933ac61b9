//! Free rowids that carry their date ([`crate::page`]).

use std::collections::HashMap;

use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};

use crate::{
    error::StoreError,
    page::{COUNTER_BITS, UNUSED, first_id, last_id},
    rows::json_ids,
};

/// Seconds that are looked up together where one after the other is full: twice as many each time.
const SPAN: i64 = 64;
const WIDEST: i64 = 4_096;

/// One for the placement of each of these contents, in date order and in the order given within a second.
pub(super) async fn of_messages(tx: &mut SqliteConnection, mails: impl Iterator<Item = i64>) -> Result<Vec<i64>, StoreError> {
    let secs: Vec<i64> = mails.map(|mail| mail >> COUNTER_BITS).collect();
    let mut next = taken(tx, "message", &secs).await?;
    secs.into_iter()
        .map(|s| {
            let slot = next.entry(s).or_insert_with(|| first_id(s));
            let id = *slot;
            *slot += 1;
            if id > last_id(s) {
                return Err(StoreError::Conflict("more than a million messages bear the same second".to_owned()));
            }
            Ok(id)
        })
        .collect()
}

/// One for content of each of these instants, which ascend; so do the ids. A second has [`crate::page::PLACES`] of them: what is too much goes to the
/// next one with room. A search between dates is then wrong by as many seconds, at midnight, for a mail that came with thousands.
pub(super) async fn of_mails(tx: &mut SqliteConnection, secs: &[i64]) -> Result<Vec<i64>, StoreError> {
    let mut next = taken(tx, "mail", secs).await?;
    let mut span = SPAN;
    let mut ids = Vec::with_capacity(secs.len());
    for s in secs {
        let mut second = first_id(*s) >> COUNTER_BITS;
        loop {
            if !next.contains_key(&second) {
                full(tx, second, span, &mut next).await?;
                span = WIDEST.min(span * 2);
            }
            let slot = next.entry(second).or_insert_with(|| second << COUNTER_BITS);
            if *slot & UNUSED == 0 {
                ids.push(*slot);
                *slot += 1;
                break;
            }
            second += 1;
        }
    }
    Ok(ids)
}

/// By second: the id behind the last one in `table`.
async fn taken(tx: &mut SqliteConnection, table: &'static str, secs: &[i64]) -> Result<HashMap<i64, i64>, StoreError> {
    let mut bases: Vec<i64> = secs.iter().map(|s| first_id(*s)).collect();
    bases.sort_unstable();
    bases.dedup();
    let sql = format!("SELECT value, (SELECT max(id) FROM {table} WHERE id BETWEEN value AND value + 1048575) FROM json_each(?)");
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(json_ids(bases)).fetch_all(tx).await?;
    let mut next = HashMap::with_capacity(rows.len());
    for row in &rows {
        let base: i64 = row.try_get(0)?;
        next.insert(base >> COUNTER_BITS, row.try_get::<Option<i64>, _>(1)?.map_or(base, |max| max + 1));
    }
    Ok(next)
}

/// The same for a run of seconds that is not known yet.
async fn full(tx: &mut SqliteConnection, from: i64, span: i64, next: &mut HashMap<i64, i64>) -> Result<(), StoreError> {
    for second in from..from + span {
        next.entry(second).or_insert(second << COUNTER_BITS);
    }
    let rows = sqlx::query_as::<_, (i64, i64)>("SELECT id >> 20, max(id) FROM mail WHERE id BETWEEN ? AND ? GROUP BY 1")
        .bind(from << COUNTER_BITS)
        .bind(((from + span) << COUNTER_BITS) - 1)
        .fetch_all(tx)
        .await?;
    for (second, max) in rows {
        let slot = next.entry(second).or_insert(max + 1);
        *slot = (*slot).max(max + 1);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::{
        page::{PLACES, index_row, mail_of},
        testing::{home, imap, mail, put},
    };

    #[tokio::test]
    async fn a_full_second_spills_into_the_next_ones_with_room() {
        let home = home().await;
        let a = imap(&home.store, "a").await;
        put(&home.store, &a.inbox, a.account, vec![mail(1, "one", "x")]).await;
        let mut tx = home.store.write().await.unwrap();
        let there: i64 = sqlx::query_scalar("SELECT id FROM mail").fetch_one(&mut *tx).await.unwrap();
        let s = there >> COUNTER_BITS;
        // 200 of the second before: 64 there, 63 beside the mail of this second, the rest in the two behind it.
        let mut secs = vec![s - 1; 200];
        secs.push(s + 1);
        let ids = of_mails(&mut tx, &secs).await.unwrap();
        assert!(ids.is_sorted_by(|a, b| a < b), "ids ascend as the dates do");
        assert!(!ids.contains(&there));
        let in_second = |n: i64| ids.iter().filter(|id| **id >> COUNTER_BITS == n).count();
        assert_eq!([in_second(s - 1), in_second(s), in_second(s + 1), in_second(s + 2)], [64, 63, 64, 10]);
        assert!(ids.iter().all(|id| mail_of(index_row(*id)) == *id), "each has a row of its own in the index");
        // More of one second than are looked up at a time.
        let many = of_mails(&mut tx, &vec![s; 20_000]).await.unwrap();
        assert!(many.is_sorted_by(|a, b| a < b) && !many.contains(&there));
        assert_eq!(many.last().unwrap() >> COUNTER_BITS, s + 20_000 / PLACES);
    }
}
