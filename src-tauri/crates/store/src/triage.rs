//! Put off, silenced, waiting for an answer: what this device knows about a conversation beyond the provider.
//!
//! It changes where a conversation is listed, so every change refreshes `thread_in` in its own transaction. A conversation that
//! returns is listed under a key made from the instant of its return: the list stays one keyset scan.

pub(crate) mod overlay;

use std::collections::{BTreeMap, HashMap};

use domain::{
    audit::NewAudit,
    ids::{AccountId, MessageId, OutboxId, ThreadId},
    mail::{Returned, ThreadState},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use crate::{audit, commit::refresh, error::StoreError, open::Store, page::first_id, place::Roles, rows::json_ids};

/// A reminder whose mail never came back from the provider is forgotten so long after its time.
const LOST_REMINDER_SECS: i64 = 7 * 24 * 3600;

/// What to change of some conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateChange {
    /// None: back to the inbox now, without a badge.
    Snooze(Option<Timestamp>),
    Mute(bool),
    /// None: forget it. Answers after `since` count.
    Remind {
        at: Option<Timestamp>,
        since: Timestamp,
    },
    /// The person has seen that it returned.
    Seen,
}

/// One row as it was, to be put back by undo. Stored as JSON: append fields with defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateRow {
    pub thread: i64,
    #[serde(default)]
    pub snoozed_until: Option<i64>,
    #[serde(default)]
    pub muted: bool,
    #[serde(default)]
    pub returned: i64,
    #[serde(default)]
    pub returned_why: String,
    #[serde(default)]
    pub remind_at: Option<i64>,
    #[serde(default)]
    pub remind_since: i64,
}

impl StateRow {
    fn is_empty(&self) -> bool {
        self.snoozed_until.is_none() && !self.muted && self.returned == 0 && self.remind_at.is_none()
    }
}

/// What came back by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Woken {
    pub returned: Vec<ThreadId>,
    /// Reminders that somebody's answer made needless.
    pub answered: u64,
}

const COLUMNS: &str = "SELECT thread, snoozed_until, muted, returned, returned_why, remind_at, remind_since FROM thread_state";
pub(crate) const NEXT_SQL: &str = "SELECT min(at) FROM (SELECT min(snoozed_until) AS at FROM thread_state WHERE snoozed_until IS NOT NULL \
     UNION ALL SELECT min(remind_at) FROM thread_state WHERE remind_at IS NOT NULL UNION ALL SELECT min(at) FROM sent_reminder)";

fn row(r: &SqliteRow) -> Result<StateRow, StoreError> {
    Ok(StateRow {
        thread: r.try_get(0)?,
        snoozed_until: r.try_get(1)?,
        muted: r.try_get(2)?,
        returned: r.try_get(3)?,
        returned_why: r.try_get(4)?,
        remind_at: r.try_get(5)?,
        remind_since: r.try_get(6)?,
    })
}

/// The list key of a return at `now`: newer than any mail of that second, distinct per conversation.
pub(crate) fn return_key(now: Timestamp, thread: i64) -> i64 {
    first_id(now.secs() + 1) | (thread & 0xF_FFFF)
}

/// States of the listed conversations (JSON ids) that are not plain.
pub(crate) async fn states(tx: &mut SqliteConnection, list: &str) -> Result<HashMap<i64, ThreadState>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE thread IN (SELECT value FROM json_each(?))"));
    let rows = sqlx::query(sql).bind(list).fetch_all(tx).await?;
    rows.iter()
        .map(|r| {
            let r = row(r)?;
            let state = ThreadState {
                snoozed_until: r.snoozed_until.map(Timestamp),
                returned: Some(r.returned_why.as_str()).filter(|_| r.returned != 0).and_then(Returned::parse),
                muted: r.muted,
                remind_at: r.remind_at.map(Timestamp),
            };
            Ok((r.thread, state))
        })
        .collect()
}

/// New mail in the inbox ends the snooze of its conversation. Before the refresh of a commit.
pub(crate) async fn arrivals(tx: &mut SqliteConnection, new: &[MessageId], now: Timestamp) -> Result<(), StoreError> {
    if new.is_empty() {
        return Ok(());
    }
    let any = sqlx::query_scalar::<_, i64>("SELECT 1 FROM thread_state WHERE snoozed_until IS NOT NULL LIMIT 1").fetch_optional(&mut *tx);
    if any.await?.is_none() {
        return Ok(());
    }
    sqlx::query(
        "UPDATE thread_state SET snoozed_until = NULL, returned = (? | (thread & 1048575)), returned_why = 'reply' \
         WHERE snoozed_until IS NOT NULL AND thread IN (SELECT thread FROM message WHERE id IN (SELECT value FROM json_each(?)))",
    )
    .bind(first_id(now.secs() + 1))
    .bind(json_ids(new.iter().map(|m| m.0)))
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes rows as given; a row that says nothing is removed. Threads that are gone are left out.
async fn put(tx: &mut SqliteConnection, rows: &[StateRow]) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO thread_state (thread, account, snoozed_until, muted, returned, returned_why, remind_at, remind_since) \
         SELECT t.id, t.account, v.value ->> 'snoozed_until', v.value ->> 'muted', v.value ->> 'returned', v.value ->> 'returned_why', \
         v.value ->> 'remind_at', v.value ->> 'remind_since' FROM json_each(?) v CROSS JOIN thread t ON t.id = v.value ->> 'thread' \
         WHERE true ON CONFLICT (thread) DO UPDATE SET snoozed_until = excluded.snoozed_until, muted = excluded.muted, \
         returned = excluded.returned, returned_why = excluded.returned_why, remind_at = excluded.remind_at, \
         remind_since = excluded.remind_since",
    )
    .bind(serde_json::to_string(rows)?)
    .execute(&mut *tx)
    .await?;
    let empty = json_ids(rows.iter().filter(|r| r.is_empty()).map(|r| r.thread));
    sqlx::query("DELETE FROM thread_state WHERE thread IN (SELECT value FROM json_each(?))").bind(empty).execute(&mut *tx).await?;
    refresh_threads(tx, rows.iter().map(|r| r.thread)).await
}

/// Lists threads of any accounts anew.
pub(crate) async fn refresh_threads(tx: &mut SqliteConnection, threads: impl IntoIterator<Item = i64>) -> Result<(), StoreError> {
    let found = sqlx::query("SELECT account, id FROM thread WHERE id IN (SELECT value FROM json_each(?))")
        .bind(json_ids(threads))
        .fetch_all(&mut *tx)
        .await?;
    let mut by_account: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for r in &found {
        by_account.entry(r.try_get(0)?).or_default().push(r.try_get(1)?);
    }
    for (account, threads) in by_account {
        let roles = Roles::load(&mut *tx, AccountId(account)).await?;
        refresh(&mut *tx, AccountId(account), &roles, &threads).await?;
    }
    Ok(())
}

async fn rows_of(tx: &mut SqliteConnection, threads: &[ThreadId]) -> Result<Vec<StateRow>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE thread IN (SELECT value FROM json_each(?))"));
    let found = sqlx::query(sql).bind(json_ids(threads.iter().map(|t| t.0))).fetch_all(tx).await?;
    let mut known = found.iter().map(|r| row(r).map(|r| (r.thread, r))).collect::<Result<HashMap<_, _>, _>>()?;
    let mut out: Vec<StateRow> = Vec::with_capacity(threads.len());
    for thread in threads {
        out.push(known.remove(&thread.0).unwrap_or_else(|| StateRow { thread: thread.0, ..StateRow::default() }));
    }
    Ok(out)
}

impl Store {
    /// Changes, lists anew and audits in one durable transaction. Returns the rows that changed, as they were.
    pub async fn change_states(
        &self,
        threads: &[ThreadId],
        change: StateChange,
        entry: Option<&NewAudit>,
        now: Timestamp,
    ) -> Result<Vec<StateRow>, StoreError> {
        let mut tx = self.write_durably().await?;
        let before = rows_of(&mut tx, threads).await?;
        let mut changed: Vec<(StateRow, StateRow)> = Vec::new();
        for old in before {
            let mut new = old.clone();
            match change {
                StateChange::Snooze(until) => {
                    new.snoozed_until = until.map(|t| t.0);
                    (new.returned, new.returned_why) = (0, String::new());
                }
                StateChange::Mute(on) => {
                    new.muted = on;
                    if on {
                        (new.snoozed_until, new.returned, new.returned_why) = (None, 0, String::new());
                    }
                }
                StateChange::Remind { at, since } => (new.remind_at, new.remind_since) = (at.map(|t| t.0), since.0),
                StateChange::Seen => (new.returned, new.returned_why) = (0, String::new()),
            }
            if new != old {
                changed.push((old, new));
            }
        }
        if changed.is_empty() {
            return Ok(Vec::new());
        }
        let (old, new): (Vec<StateRow>, Vec<StateRow>) = changed.into_iter().unzip();
        put(&mut tx, &new).await?;
        if let Some(entry) = entry {
            audit::append(&mut tx, entry, now).await?;
        }
        tx.commit().await?;
        Ok(old)
    }

    /// Puts rows back as they were.
    pub async fn restore_states(&self, rows: &[StateRow], entry: &NewAudit, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        put(&mut tx, rows).await?;
        audit::append(&mut tx, entry, now).await?;
        tx.commit().await
    }

    pub async fn thread_state(&self, thread: ThreadId) -> Result<ThreadState, StoreError> {
        let mut tx = self.read().await?;
        Ok(states(&mut tx, &json_ids([thread.0])).await?.remove(&thread.0).unwrap_or_default())
    }

    /// Of these, the ones that stand in the inbox only because they returned: no message of theirs lies there.
    pub async fn only_returned(&self, threads: &[ThreadId]) -> Result<Vec<ThreadId>, StoreError> {
        let ids = sqlx::query_scalar::<_, i64>(
            "SELECT s.thread FROM thread_state s WHERE s.returned <> 0 AND s.thread IN (SELECT value FROM json_each(?)) AND NOT EXISTS \
             (SELECT 1 FROM message m JOIN placed p ON p.message = m.id JOIN mailbox b ON b.id = p.mailbox \
             WHERE m.thread = s.thread AND m.hidden = 0 AND b.role = 'inbox')",
        )
        .bind(json_ids(threads.iter().map(|t| t.0)))
        .fetch_all(&self.inner.readers)
        .await?;
        Ok(ids.into_iter().map(ThreadId).collect())
    }

    /// Remembers to look for an answer to a mail that is on its way.
    pub async fn remind_of_sent(
        &self,
        account: AccountId,
        rfc_id: &str,
        outbox: OutboxId,
        at: Timestamp,
        since: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        sqlx::query("INSERT INTO sent_reminder (account, rfc_id, outbox, at, since) VALUES (?, ?, ?, ?, ?)")
            .bind(account.0)
            .bind(rfc_id)
            .bind(outbox.0)
            .bind(at.0)
            .bind(since.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// When something will come back next.
    pub async fn next_wake(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(sqlx::query_scalar::<_, Option<i64>>(NEXT_SQL).fetch_one(&self.inner.readers).await?.map(Timestamp))
    }

    /// Reminders of mails that have come back from the provider move to their conversations.
    pub async fn settle_sent_reminders(&self, now: Timestamp) -> Result<Vec<ThreadId>, StoreError> {
        let rows = sqlx::query("SELECT id, account, rfc_id, outbox, at, since FROM sent_reminder").fetch_all(&self.inner.readers).await?;
        let mut threads = Vec::new();
        for r in &rows {
            let (id, at, since): (i64, i64, i64) = (r.try_get(0)?, r.try_get(4)?, r.try_get(5)?);
            let found = self.message_by_rfc_id(AccountId(r.try_get(1)?), r.try_get(2)?).await?;
            let mut tx = self.write_durably().await?;
            if let Some(message) = found {
                let thread =
                    sqlx::query_scalar::<_, i64>("SELECT thread FROM message WHERE id = ?").bind(message.0).fetch_one(&mut *tx).await?;
                let mut state = rows_of(&mut tx, &[ThreadId(thread)]).await?;
                for s in &mut state {
                    (s.remind_at, s.remind_since) = (Some(at), since);
                }
                put(&mut tx, &state).await?;
                threads.push(ThreadId(thread));
            } else {
                // Taken back, or lost on the way for good.
                let queued = sqlx::query_scalar::<_, i64>("SELECT 1 FROM outbox WHERE id = ?")
                    .bind(r.try_get::<Option<i64>, _>(3)?)
                    .fetch_optional(&mut *tx)
                    .await?;
                if queued.is_some() && now.0 < at + LOST_REMINDER_SECS * 1000 {
                    continue;
                }
            }
            sqlx::query("DELETE FROM sent_reminder WHERE id = ?").bind(id).execute(&mut *tx).await?;
            tx.commit().await?;
        }
        Ok(threads)
    }

    /// Brings back what is due. `entry` is written when anything was.
    pub async fn wake(&self, entry: &NewAudit, now: Timestamp) -> Result<Woken, StoreError> {
        let mut tx = self.write_durably().await?;
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE snoozed_until <= ?1 UNION {COLUMNS} WHERE remind_at <= ?1"));
        let due = sqlx::query(sql).bind(now.0).fetch_all(&mut *tx).await?.iter().map(row).collect::<Result<Vec<_>, _>>()?;
        if due.is_empty() {
            return Ok(Woken::default());
        }
        let mut woken = Woken::default();
        let mut rows = Vec::with_capacity(due.len());
        for mut r in due {
            let mut why = None;
            if r.snoozed_until.is_some_and(|t| t <= now.0) {
                r.snoozed_until = None;
                why = Some(Returned::Time);
            }
            if r.remind_at.is_some_and(|t| t <= now.0) {
                if answered(&mut tx, r.thread, r.remind_since).await? {
                    woken.answered += 1;
                } else {
                    why = Some(Returned::Reminder);
                }
                r.remind_at = None;
            }
            if let Some(why) = why {
                r.returned = return_key(now, r.thread);
                why.as_str().clone_into(&mut r.returned_why);
                woken.returned.push(ThreadId(r.thread));
            }
            rows.push(r);
        }
        put(&mut tx, &rows).await?;
        // Conversations that were deleted meanwhile have nothing to come back with.
        sqlx::query("DELETE FROM thread_state WHERE NOT EXISTS (SELECT 1 FROM thread t WHERE t.id = thread_state.thread)")
            .execute(&mut *tx)
            .await?;
        audit::append(&mut tx, entry, now).await?;
        tx.commit().await?;
        Ok(woken)
    }
}

/// Whether anybody but the person's own addresses wrote in this conversation after `since`.
async fn answered(tx: &mut SqliteConnection, thread: i64, since: i64) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar::<_, i64>(
        "SELECT 1 FROM mail c WHERE c.thread = ? AND c.received > ? \
         AND lower(c.from_email) NOT IN (SELECT lower(email) FROM account) LIMIT 1",
    )
    .bind(thread)
    .bind(since)
    .fetch_optional(tx)
    .await?;
    Ok(found.is_some())
}

#[cfg(test)]
mod tests;
