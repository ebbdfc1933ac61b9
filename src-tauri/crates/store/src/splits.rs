//! Splits: named parts of the inbox, each with a rule, kept per conversation so that a list is one keyset scan.
//!
//! A conversation is in the first split whose rule takes one of its messages. Rules are asked when mail comes (in the commit's
//! own transaction) and for the whole inbox when the splits change; what a rule may ask for therefore never depends on flags.

use domain::{
    audit::NewAudit,
    ids::AccountId,
    search::{Query, Term},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};

use crate::{
    audit,
    error::StoreError,
    open::Store,
    place::{Place, place_key},
    rows::json_ids,
    search::compile::{Arg, World, arguments, predicate},
    triage::refresh_threads,
};

/// Conversations per transaction while everything is sorted anew.
const CHUNK: usize = 1_000;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SplitRule {
    /// From somebody whom the person has written to.
    People,
    /// A mailing list or newsletter.
    News,
    Calendar,
    /// Parsed by the engine.
    Query {
        text: String,
        query: Query,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    pub id: i64,
    pub name: String,
    pub rule: SplitRule,
}

/// Exact counts; `split` 0 is what none takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SplitCount {
    pub split: i64,
    pub threads: i64,
    pub unread_threads: i64,
}

/// Whether a query speaks of what changes without new mail: such a split would go stale.
pub fn depends_on_state(query: &Query) -> bool {
    match query {
        Query::All(parts) | Query::Any(parts) => parts.iter().any(depends_on_state),
        Query::Not(inner) => depends_on_state(inner),
        Query::Term(Term::In(_) | Term::Is(_)) => true,
        Query::Term(_) => false,
    }
}

/// In order.
pub(crate) async fn load(tx: &mut SqliteConnection) -> Result<Vec<Split>, StoreError> {
    let rows = sqlx::query("SELECT id, name, rule FROM split ORDER BY position, id").fetch_all(tx).await?;
    rows.iter().map(|r| Ok(Split { id: r.try_get(0)?, name: r.try_get(1)?, rule: serde_json::from_str(r.try_get(2)?)? })).collect()
}

fn condition(rule: &SplitRule, world: &World) -> (String, Vec<Arg>) {
    let fixed = |sql: &str| (sql.to_owned(), Vec::new());
    match rule {
        SplitRule::People => fixed(
            "EXISTS (SELECT 1 FROM contact k WHERE k.account = c.account AND k.email = lower(c.from_email) AND k.sent > 0) \
             AND NOT EXISTS (SELECT 1 FROM account a WHERE lower(a.email) = lower(c.from_email)) \
             AND c.head ->> 'list_id' IS NULL AND c.head ->> 'list_unsubscribe' IS NULL",
        ),
        SplitRule::News => fixed("(c.head ->> 'list_id' IS NOT NULL OR c.head ->> 'list_unsubscribe' IS NOT NULL)"),
        SplitRule::Calendar => fixed("c.head ->> 'has_calendar' = 1"),
        SplitRule::Query { query, .. } => predicate(query, world),
    }
}

fn matching_sql(condition: &str) -> String {
    format!(
        "SELECT DISTINCT m.thread FROM message m CROSS JOIN mail c ON c.id = m.mail \
         WHERE m.thread IN (SELECT value FROM json_each(?)) AND m.hidden = 0 AND ({condition})"
    )
}

async fn matching(tx: &mut SqliteConnection, rule: &SplitRule, world: &World, threads: &[i64]) -> Result<Vec<i64>, StoreError> {
    let (condition, args) = condition(rule, world);
    let first = Arg::Text(json_ids(threads.iter().copied()));
    let bound = arguments(std::iter::once(&first).chain(&args), i64::MAX)?;
    Ok(sqlx::query_scalar_with::<_, i64, _>(AssertSqlSafe(matching_sql(&condition)), bound).fetch_all(tx).await?)
}

impl Store {
    /// Sorts these conversations anew. Their lists are not refreshed here.
    pub(crate) async fn assign_splits(&self, tx: &mut SqliteConnection, splits: &[Split], threads: &[i64]) -> Result<(), StoreError> {
        let world = self.world().await?;
        let mut rest: Vec<i64> = threads.to_vec();
        let mut found: Vec<(i64, i64)> = Vec::new();
        for split in splits {
            if rest.is_empty() {
                break;
            }
            let taken: std::collections::HashSet<i64> = matching(&mut *tx, &split.rule, &world, &rest).await?.into_iter().collect();
            rest.retain(|t| !taken.contains(t));
            found.extend(taken.into_iter().map(|t| (t, split.id)));
        }
        sqlx::query("DELETE FROM thread_split WHERE thread IN (SELECT value FROM json_each(?))")
            .bind(json_ids(threads.iter().copied()))
            .execute(&mut *tx)
            .await?;
        sqlx::query("INSERT OR REPLACE INTO thread_split (thread, split) SELECT value ->> 0, value ->> 1 FROM json_each(?)")
            .bind(serde_json::to_string(&found)?)
            .execute(tx)
            .await?;
        Ok(())
    }

    pub async fn splits(&self) -> Result<Vec<Split>, StoreError> {
        let mut tx = self.read().await?;
        load(&mut tx).await
    }

    /// The inbox by split, without the order.
    pub async fn split_counts(&self, account: Option<AccountId>) -> Result<Vec<SplitCount>, StoreError> {
        let mut out = Vec::new();
        for split in std::iter::once(0).chain(self.splits().await?.into_iter().map(|s| s.id)) {
            let row = sqlx::query("SELECT threads, unread_threads FROM place_count WHERE place = ?")
                .bind(place_key(Place::Split(split), account))
                .fetch_optional(&self.inner.readers)
                .await?;
            let (threads, unread_threads) = row.map_or(Ok((0, 0)), |r| Ok::<_, StoreError>((r.try_get(0)?, r.try_get(1)?)))?;
            out.push(SplitCount { split, threads, unread_threads });
        }
        Ok(out)
    }

    /// New (`id` None: last in order) or changed. The inbox is sorted by [`Self::sort_splits`].
    pub async fn save_split(
        &self,
        id: Option<i64>,
        name: &str,
        rule: &SplitRule,
        entry: &NewAudit,
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        let mut tx = self.write_durably().await?;
        let rule = serde_json::to_string(rule)?;
        let id = match id {
            Some(id) => {
                let done = sqlx::query("UPDATE split SET name = ?, rule = ? WHERE id = ?").bind(name).bind(rule).bind(id).execute(&mut *tx);
                if done.await?.rows_affected() == 0 {
                    return Err(StoreError::missing("split", id));
                }
                id
            }
            None => {
                sqlx::query("INSERT INTO split (name, rule, position) VALUES (?, ?, (SELECT coalesce(max(position), 0) + 1 FROM split))")
                    .bind(name)
                    .bind(rule)
                    .execute(&mut *tx)
                    .await?
                    .last_insert_rowid()
            }
        };
        audit::append(&mut tx, entry, now).await?;
        tx.commit().await?;
        Ok(id)
    }

    pub async fn delete_split(&self, id: i64, entry: &NewAudit, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        let gone = sqlx::query_scalar::<_, i64>("SELECT thread FROM thread_split WHERE split = ?").bind(id).fetch_all(&mut *tx).await?;
        let done = sqlx::query("DELETE FROM split WHERE id = ?").bind(id).execute(&mut *tx).await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::missing("split", id));
        }
        audit::append(&mut tx, entry, now).await?;
        for chunk in gone.chunks(CHUNK) {
            refresh_threads(&mut tx, chunk.iter().copied()).await?;
        }
        tx.commit().await
    }

    pub async fn order_splits(&self, ids: &[i64], entry: &NewAudit, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        for (position, id) in ids.iter().enumerate() {
            sqlx::query("UPDATE split SET position = ? WHERE id = ?").bind(position as i64).bind(id).execute(&mut *tx).await?;
        }
        audit::append(&mut tx, entry, now).await?;
        tx.commit().await
    }

    /// Sorts the whole inbox (and what is snoozed out of it) by the splits as they are, newest first, a chunk per transaction, so
    /// that sync and keys get in between. Returns how many conversations.
    pub async fn sort_splits(&self) -> Result<u64, StoreError> {
        let inbox = place_key(Place::Role(domain::mail::MailboxRole::Inbox), None);
        let threads = sqlx::query_scalar::<_, i64>("SELECT thread FROM thread_in WHERE place IN (?, ?) ORDER BY latest DESC")
            .bind(inbox)
            .bind(place_key(Place::Snoozed, None))
            .fetch_all(&self.inner.readers)
            .await?;
        for chunk in threads.chunks(CHUNK) {
            let mut tx = self.write().await?;
            let splits = load(&mut tx).await?;
            self.assign_splits(&mut tx, &splits, chunk).await?;
            refresh_threads(&mut tx, chunk.iter().copied()).await?;
            tx.commit().await?;
        }
        Ok(threads.len() as u64)
    }

    /// How many of the newest `of` conversations of the inbox a rule would take.
    pub async fn count_rule(&self, rule: &SplitRule, of: u32) -> Result<u64, StoreError> {
        let world = self.world().await?;
        let mut tx = self.read().await?;
        let threads = sqlx::query_scalar::<_, i64>("SELECT thread FROM thread_in WHERE place = ? ORDER BY latest DESC LIMIT ?")
            .bind(place_key(Place::Role(domain::mail::MailboxRole::Inbox), None))
            .bind(i64::from(of))
            .fetch_all(&mut *tx)
            .await?;
        Ok(matching(&mut tx, rule, &world, &threads).await?.len() as u64)
    }

    /// Domains that many conversations of the newest `of` of the inbox come from: (domain, conversations), at least `least`.
    pub async fn frequent_domains(&self, of: u32, least: u32) -> Result<Vec<(String, u64)>, StoreError> {
        let rows = sqlx::query(
            "SELECT lower(substr(c.from_email, instr(c.from_email, '@') + 1)) AS domain, count(DISTINCT t.thread) AS n \
             FROM (SELECT thread FROM thread_in WHERE place = ? ORDER BY latest DESC LIMIT ?) t \
             CROSS JOIN message m ON m.thread = t.thread CROSS JOIN mail c ON c.id = m.mail \
             WHERE m.hidden = 0 AND instr(c.from_email, '@') > 0 AND NOT EXISTS (SELECT 1 FROM account a WHERE lower(a.email) = lower(c.from_email)) \
             GROUP BY domain HAVING n >= ? ORDER BY n DESC, domain LIMIT 3",
        )
        .bind(place_key(Place::Role(domain::mail::MailboxRole::Inbox), None))
        .bind(i64::from(of))
        .bind(i64::from(least))
        .fetch_all(&self.inner.readers)
        .await?;
        rows.iter().map(|r| Ok((r.try_get(0)?, r.try_get::<i64, _>(1)? as u64))).collect()
    }
}

#[cfg(test)]
mod tests;
