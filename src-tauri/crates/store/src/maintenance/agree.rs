//! Whether what is derived agrees with what it is derived from: the full-text index with the mail, the lists and their counts with the
//! messages. SQLite's own checks see only that each table is well formed, not that two of them tell the same.
//!
//! Everything goes through the tables once, some conversations at a time: linear in the mail, and bounded in memory by that handful and
//! by the number of places.

use std::collections::{BTreeMap, HashMap, hash_map::Entry};

use domain::ids::AccountId;
use sqlx::{AssertSqlSafe, Connection as _, Row as _, SqliteConnection};

use crate::{
    commit::Cell,
    error::StoreError,
    open::Store,
    page::{UNUSED, index_row_sql, mail_of, mail_sql},
    place::{Roles, is_split},
    rows::{self, json_ids},
};

/// Conversations that are looked at together.
const THREADS: i64 = 1_000;
/// Beginnings of words that are compared by [`Store::index_differences`].
const BEGINNINGS: usize = 64;
const AGAIN: &str = "mail_fts_again";

/// What disagrees, in words.
pub(super) async fn problems(conn: &mut SqliteConnection) -> Result<Vec<String>, StoreError> {
    let mut problems = index(&mut *conn).await?;
    problems.extend(lists(conn).await?);
    Ok(problems)
}

/// Every mail is in the index, and nothing else is. The mail of an account that is being erased may have left the index before.
async fn index(conn: &mut SqliteConnection) -> Result<Vec<String>, StoreError> {
    let mut problems = Vec::new();
    for (sql, words) in [
        (
            format!(
                "SELECT count(*) FROM mail m WHERE NOT EXISTS (SELECT 1 FROM mail_fts_docsize d WHERE d.id = {}) \
                 AND m.id >= coalesce((SELECT below FROM unlearnt), 0) \
                 AND m.account NOT IN (SELECT id FROM account WHERE connection = '~leaving')",
                index_row_sql("m.id")
            ),
            "mails are not in the search index",
        ),
        (
            format!("SELECT count(*) FROM mail_fts_docsize d WHERE NOT EXISTS (SELECT 1 FROM mail m WHERE m.id = {})", mail_sql("d.id")),
            "entries of the search index belong to no mail",
        ),
        // Two of one row would find each other.
        (format!("SELECT count(*) FROM mail WHERE id & {UNUSED} <> 0"), "mails have no row of their own in the search index"),
        (
            "SELECT count(*) FROM mail m WHERE NOT EXISTS (SELECT 1 FROM mail_text t WHERE t.mail = m.id)".to_owned(),
            "mails have lost the text that is searched",
        ),
    ] {
        let found = sqlx::query_scalar::<_, i64>(AssertSqlSafe(sql)).fetch_one(&mut *conn).await?;
        if found > 0 {
            problems.push(format!("{found} {words}"));
        }
    }
    Ok(problems)
}

/// Rows of the lists and the counts of places, computed anew from the messages. Splits are left out: after a change of their rules the
/// inbox is sorted little by little.
async fn lists(conn: &mut SqliteConnection) -> Result<Vec<String>, StoreError> {
    let mut sums: BTreeMap<i64, [i64; 5]> = BTreeMap::new();
    let mut roles: HashMap<i64, Roles> = HashMap::new();
    let (mut wrong, mut first) = (0_u64, None);
    let mut last = i64::MIN;
    loop {
        let threads = sqlx::query_as::<_, (i64, i64)>("SELECT account, id FROM thread WHERE id > ? ORDER BY id LIMIT ?")
            .bind(last)
            .bind(THREADS)
            .fetch_all(&mut *conn)
            .await?;
        let Some((_, end)) = threads.last() else { break };
        last = *end;
        let mut by_account: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        for (account, thread) in threads {
            by_account.entry(account).or_default().push(thread);
        }
        for (account, threads) in by_account {
            let account = AccountId(account);
            let roles = match roles.entry(account.0) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(Roles::load(&mut *conn, account).await?),
            };
            let list = json_ids(threads);
            let mut wanted = Cell::of(&mut *conn, account, roles, &list).await?;
            wanted.retain(|(_, place), _| !is_split(*place));
            for (key, cell) in listed(&mut *conn, &list).await? {
                let sum = sums.entry(key.1).or_default();
                let one = [1, i64::from(cell.unread > 0), i64::from(cell.starred > 0), cell.total, cell.unread];
                sum.iter_mut().zip(one).for_each(|(sum, n)| *sum += n);
                if wanted.remove(&key) != Some(cell) {
                    wrong += 1;
                    first.get_or_insert(key);
                }
            }
            wrong += wanted.len() as u64;
            first = first.or_else(|| wanted.into_keys().min());
        }
    }
    let mut problems = Vec::new();
    if let Some((thread, place)) = first {
        problems.push(format!("{wrong} rows of lists are not what the messages say, the first of conversation {thread} in place {place}"));
    }
    let lost = "SELECT count(*) FROM thread_in i WHERE NOT EXISTS (SELECT 1 FROM thread t WHERE t.id = i.thread)";
    let lost = sqlx::query_scalar::<_, i64>(lost).fetch_one(&mut *conn).await?;
    if lost > 0 {
        problems.push(format!("{lost} rows of lists belong to no conversation"));
    }
    let counts = sqlx::query("SELECT place, threads, unread_threads, starred_threads, messages, unread FROM place_count");
    for row in &counts.fetch_all(&mut *conn).await? {
        let place: i64 = row.try_get(0)?;
        let said: [i64; 5] = [row.try_get(1)?, row.try_get(2)?, row.try_get(3)?, row.try_get(4)?, row.try_get(5)?];
        let sum = sums.remove(&place).unwrap_or_default();
        if !is_split(place) && said != sum {
            problems.push(format!("the counts of place {place} say {said:?}, its list {sum:?}"));
        }
    }
    problems.extend(sums.into_iter().map(|(place, sum)| format!("place {place} has no counts, its list {sum:?}")));
    Ok(problems)
}

/// The stored rows, without those of splits.
async fn listed(conn: &mut SqliteConnection, list: &str) -> Result<Vec<((i64, i64), Cell)>, StoreError> {
    let sql = "SELECT thread, place, latest, total, unread, starred FROM thread_in WHERE thread IN (SELECT value FROM json_each(?))";
    let rows = sqlx::query(sql).bind(list).fetch_all(conn).await?;
    let mut out = Vec::with_capacity(rows.len());
    for row in &rows {
        let key: (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        if !is_split(key.1) {
            let cell = Cell { latest: row.try_get(2)?, total: row.try_get(3)?, unread: row.try_get(4)?, starred: row.try_get(5)? };
            out.push((key, cell));
        }
    }
    Ok(out)
}

impl Store {
    /// Compares the full-text index with one that is made anew from the stored texts: every word at every position of every mail, and
    /// a sample of the beginnings of words. Empty where they agree. The second index is held in memory, so this is no part of
    /// [`Self::integrity`]: it is for proofs on stores of a few thousand mails.
    pub async fn index_differences(&self) -> Result<Vec<String>, StoreError> {
        let (mut conn, turn) = self.exclusive().await?;
        let mut tx = conn.begin().await?;
        let found = differences(&mut tx).await;
        // Takes the second index away, too.
        tx.rollback().await?;
        drop(conn);
        drop(turn);
        found
    }
}

async fn differences(tx: &mut SqliteConnection) -> Result<Vec<String>, StoreError> {
    let made = sqlx::query_scalar::<_, String>("SELECT sql FROM sqlite_schema WHERE name = 'mail_fts'").fetch_one(&mut *tx).await?;
    let how = made.split_once("USING").map(|(_, how)| how.to_owned()).unwrap_or_default();
    for sql in [
        format!("CREATE VIRTUAL TABLE temp.{AGAIN} USING {how}"),
        "CREATE VIRTUAL TABLE temp.words_here USING fts5vocab (main, mail_fts, instance)".to_owned(),
        format!("CREATE VIRTUAL TABLE temp.words_again USING fts5vocab (temp, {AGAIN}, instance)"),
    ] {
        sqlx::query(AssertSqlSafe(sql)).execute(&mut *tx).await?;
    }
    let mails = sqlx::query_scalar::<_, i64>("SELECT id FROM mail_fts_docsize ORDER BY id").fetch_all(&mut *tx).await?;
    for mail in mails {
        rows::index(&mut *tx, AGAIN, mail_of(mail)).await?;
    }
    let mut problems = Vec::new();
    for (one, other, words) in
        [("words_here", "words_again", "finds a word that is not there"), ("words_again", "words_here", "misses a word")]
    {
        let sql = format!(
            "SELECT {}, col, count(*) FROM (SELECT term, doc, col, \"offset\" FROM {one} EXCEPT SELECT term, doc, col, \"offset\" FROM {other}) \
             GROUP BY doc, col LIMIT 10",
            mail_sql("doc")
        );
        for row in &sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut *tx).await? {
            let (mail, column, times): (i64, String, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            problems.push(format!("the index {words}: mail {mail}, {column}, {times} times"));
        }
    }
    for letters in [2, 3] {
        let sql = format!("SELECT DISTINCT substr(term, 1, {letters}) FROM words_again WHERE length(term) >= {letters}");
        let beginnings = sqlx::query_scalar::<_, String>(AssertSqlSafe(sql)).fetch_all(&mut *tx).await?;
        for beginning in beginnings.iter().step_by(beginnings.len() / BEGINNINGS + 1) {
            let of = |table: &str| format!("SELECT rowid FROM {table} WHERE {table} MATCH ?1");
            let (here, again) = (of("mail_fts"), of(AGAIN));
            let sql = format!("SELECT (SELECT count(*) FROM ({here} EXCEPT {again})) + (SELECT count(*) FROM ({again} EXCEPT {here}))");
            let query = sqlx::query_scalar::<_, i64>(AssertSqlSafe(sql)).bind(format!("\"{beginning}\" *"));
            let wrong = query.fetch_one(&mut *tx).await?;
            if wrong > 0 {
                problems.push(format!("{wrong} mails are found or missed wrongly by the first {letters} letters of a word"));
            }
        }
    }
    Ok(problems)
}

#[cfg(test)]
mod tests;
