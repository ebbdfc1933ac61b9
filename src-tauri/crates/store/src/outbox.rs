//! The outbox: every write to a provider waits here until the provider has it.
//!
//! Rows are durable before the caller goes on. A worker takes an item with a lease; attempt and lease are on the disk before
//! the network is touched. Items of one thread run in order, except that a send scheduled for later holds nobody up.

mod editing;
mod local;

pub use editing::{NewDraft, Refused};

use domain::{
    audit::NewAudit,
    ids::{AccountId, ConnectionId, DraftId, OutboxId, ThreadId},
    outbox::{OutboxItem, OutboxOp, OutboxState, WedgeReason},
    source::Written,
    time::Timestamp,
};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use crate::{
    audit,
    commit::RawBody,
    error::StoreError,
    files,
    open::{Store, WriteTx},
    raw,
};

/// A write to be queued. Its local effect follows from `op`.
#[derive(Clone, Debug)]
pub struct NewOutbox {
    pub connection: ConnectionId,
    pub account: AccountId,
    pub thread: Option<ThreadId>,
    /// Queuing the same key again returns the first item.
    pub idempotency_key: String,
    pub op: OutboxOp,
    /// End of the undo window, or the send-later time.
    pub not_before: Timestamp,
    /// The rendered mail, for sends and filing.
    pub raw: Option<RawBody>,
    /// The draft that this send carries away; it comes back on cancel and discard.
    pub draft: Option<DraftId>,
}

const COLUMNS: &str = "SELECT id, connection, account, thread, idempotency_key, op, state, lease_until, reason, detail, attempts, not_before, \
     data_sent, last_error, created_at FROM outbox";

fn item(row: &SqliteRow) -> Result<OutboxItem, StoreError> {
    let state: String = row.try_get(6)?;
    Ok(OutboxItem {
        id: OutboxId(row.try_get(0)?),
        connection: ConnectionId(row.try_get(1)?),
        account: AccountId(row.try_get(2)?),
        thread: row.try_get::<Option<i64>, _>(3)?.map(ThreadId),
        idempotency_key: row.try_get(4)?,
        op: serde_json::from_str(row.try_get(5)?)?,
        state: match state.as_str() {
            "queued" => OutboxState::Queued,
            "sending" => OutboxState::Sending { lease_until: Timestamp(row.try_get::<Option<i64>, _>(7)?.unwrap_or_default()) },
            "wedged" => OutboxState::Wedged {
                reason: row
                    .try_get::<Option<String>, _>(8)?
                    .and_then(|r| serde_json::from_value(serde_json::Value::String(r)).ok())
                    .unwrap_or(WedgeReason::Refused),
                detail: row.try_get(9)?,
            },
            _ => OutboxState::Done,
        },
        attempts: row.try_get(10)?,
        not_before: Timestamp(row.try_get(11)?),
        data_sent: row.try_get(12)?,
        last_error: row.try_get(13)?,
        created_at: Timestamp(row.try_get(14)?),
    })
}

pub(crate) async fn load(tx: &mut SqliteConnection, id: OutboxId) -> Result<OutboxItem, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE id = ?"));
    let row = sqlx::query(sql).bind(id.0).fetch_optional(tx).await?;
    item(&row.ok_or_else(|| StoreError::missing("outbox item", id))?)
}

/// The provider has what an item of an event, a task or a file wrote.
pub(crate) async fn done(tx: &mut SqliteConnection, id: OutboxId, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE outbox SET state = 'done', lease_until = NULL, last_error = NULL, not_before = ?, reason = NULL, detail = '' WHERE id = ?",
    )
    .bind(now.0)
    .bind(id.0)
    .execute(tx)
    .await?;
    Ok(())
}

/// Connections whose due items stay where they are for now.
#[derive(Clone, Debug, Default)]
pub struct Resting {
    pub all: Vec<ConnectionId>,
    /// These may send mail, but write nothing else.
    pub but_sends: Vec<ConnectionId>,
}

/// Due items, oldest first, of connections that may act and do not rest, whose thread has no earlier unfinished item. A send that waits for
/// its time (attempts = 0) holds nobody up. Writes to one message run in the order they were made, one at a time: a flag that is
/// written while the message moves would meet its old place, where servers accept and forget it, and a flag set, taken away and
/// retried would end as set. So do writes to a task and to those above and below it: a subtask can't be made before its parent, nor deleted
/// after it. What goes into a folder waits for earlier changes to the account's folders.
pub(crate) const CLAIM_SQL: &str = "SELECT o.id FROM outbox o JOIN connection c ON c.id = o.connection \
     WHERE o.state = ?1 AND o.not_before <= ?2 AND (o.state = 'queued' OR o.lease_until <= ?2) \
     AND c.status = 'active' AND (c.paused_until IS NULL OR c.paused_until <= ?2) \
     AND o.connection NOT IN (SELECT value FROM json_each(?3)) \
     AND (o.kind = 'send' OR o.connection NOT IN (SELECT value FROM json_each(?4))) \
     AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.thread IS NOT NULL AND e.thread = o.thread AND e.id < o.id \
     AND e.state IN ('queued', 'sending') AND NOT (e.kind = 'send' AND e.attempts = 0 AND e.not_before > ?2)) \
     AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.item IS NOT NULL AND e.item = o.item AND e.id < o.id AND e.state IN ('queued', 'sending')) \
     AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.task IS NOT NULL AND e.task = o.task AND e.id < o.id AND e.state IN ('queued', 'sending')) \
     AND NOT EXISTS (SELECT 1 FROM task t JOIN outbox e ON e.task = t.parent WHERE t.id = o.task AND e.task IS NOT NULL AND e.id < o.id \
     AND e.state IN ('queued', 'sending')) \
     AND NOT EXISTS (SELECT 1 FROM task t JOIN outbox e ON e.task = t.id WHERE t.parent = o.task AND e.task IS NOT NULL AND e.id < o.id \
     AND e.state IN ('queued', 'sending')) \
     AND NOT EXISTS (SELECT 1 FROM outbox_message mine JOIN outbox_message theirs ON theirs.message = mine.message \
     AND theirs.outbox < mine.outbox JOIN outbox e ON e.id = theirs.outbox AND e.state IN ('queued', 'sending') WHERE mine.outbox = o.id) \
     AND NOT (o.kind IN ('move', 'labels', 'create_mailbox', 'rename_mailbox', 'delete_mailbox') \
     AND EXISTS (SELECT 1 FROM outbox e WHERE e.state IN ('queued', 'sending') AND e.account = o.account AND e.id < o.id \
     AND e.kind IN ('create_mailbox', 'rename_mailbox', 'delete_mailbox'))) \
     ORDER BY o.not_before, o.id LIMIT 1";

impl Store {
    /// Local effect, row, and audit entry in one durable transaction.
    pub async fn enqueue(&self, new: NewOutbox, entry: &NewAudit, now: Timestamp) -> Result<OutboxId, StoreError> {
        let mut tx = self.write_durably().await?;
        if let Some(raw) = &new.raw {
            tx.takes(raw);
        }
        let known = sqlx::query_scalar::<_, i64>("SELECT id FROM outbox WHERE idempotency_key = ?")
            .bind(&new.idempotency_key)
            .fetch_optional(&mut *tx)
            .await?;
        if let Some(id) = known {
            if let Some(raw) = &new.raw {
                raw::reject(&mut tx, raw).await?;
            }
            tx.commit().await?;
            return Ok(OutboxId(id));
        }
        let (data, file, len) = new.raw.as_ref().map_or((None, None, 0), raw::columns);
        let id = sqlx::query(
            "INSERT INTO outbox (connection, account, thread, idempotency_key, kind, op, not_before, created_at, raw, raw_file, raw_len) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(new.connection.as_str())
        .bind(new.account.0)
        .bind(new.thread.map(|t| t.0))
        .bind(&new.idempotency_key)
        .bind(new.op.kind())
        .bind(serde_json::to_string(&new.op)?)
        .bind(new.not_before.0)
        .bind(now.0)
        .bind(data)
        .bind(file)
        .bind(len)
        .execute(&mut *tx)
        .await?
        .last_insert_rowid();
        local::begin(&mut tx, id, new.account, &new.op).await?;
        files::begin(&mut tx, id, &new.connection, &new.op).await?;
        if let Some(draft) = new.draft {
            let done =
                sqlx::query("UPDATE draft SET outbox = ? WHERE id = ? AND outbox IS NULL").bind(id).bind(draft.0).execute(&mut *tx).await?;
            if done.rows_affected() == 0 {
                return Err(StoreError::Conflict("this draft is gone or is being sent already".to_owned()));
            }
        }
        audit::append(&mut tx, entry, now).await?;
        tx.commit().await?;
        Ok(OutboxId(id))
    }

    /// Undo: takes a queued item back, with its local effect. False when a worker has it already (or has done it).
    pub async fn cancel(&self, id: OutboxId, entry: &NewAudit, now: Timestamp) -> Result<bool, StoreError> {
        let mut tx = self.write_durably().await?;
        let item = load(&mut tx, id).await?;
        if item.state != OutboxState::Queued || item.attempts > 0 {
            return Ok(false);
        }
        self.take_back(tx, &item, entry, now).await?;
        Ok(true)
    }

    /// Gives an item up: other writes than sends lose their local effect, a send's draft comes back. Refused while a worker
    /// has it.
    pub async fn discard(&self, id: OutboxId, entry: &NewAudit, now: Timestamp) -> Result<Option<DraftId>, StoreError> {
        let mut tx = self.write_durably().await?;
        let item = load(&mut tx, id).await?;
        match item.state {
            OutboxState::Sending { lease_until } if lease_until > now => {
                return Err(StoreError::Conflict("it is being sent at this moment".to_owned()));
            }
            OutboxState::Done => return Err(StoreError::Conflict("it is done already".to_owned())),
            _ => {}
        }
        self.take_back(tx, &item, entry, now).await
    }

    async fn take_back(&self, mut tx: WriteTx, item: &OutboxItem, entry: &NewAudit, now: Timestamp) -> Result<Option<DraftId>, StoreError> {
        local::drop_item(&mut tx, item, now).await?;
        let draft = sqlx::query_scalar::<_, i64>("UPDATE draft SET outbox = NULL WHERE outbox = ? RETURNING id")
            .bind(item.id.0)
            .fetch_optional(&mut *tx)
            .await?;
        sqlx::query("DELETE FROM outbox WHERE id = ?").bind(item.id.0).execute(&mut *tx).await?;
        audit::append(&mut tx, entry, now).await?;
        tx.commit().await?;
        self.bury_dead_files().await?;
        Ok(draft.map(DraftId))
    }

    /// Takes the next due item for `lease_ms` milliseconds; attempt and lease are durable when it returns. An item whose lease
    /// ran out comes with its old `attempts` + 1 and its `data_sent`: look for proof before sending again.
    pub async fn claim_next(&self, now: Timestamp, lease_ms: i64, resting: &Resting) -> Result<Option<OutboxItem>, StoreError> {
        let (all, but_sends) = (serde_json::to_string(&resting.all)?, serde_json::to_string(&resting.but_sends)?);
        // Asked without a lock first: the usual answer is "nothing".
        let mut found = None;
        for state in ["sending", "queued"] {
            found = sqlx::query_scalar::<_, i64>(CLAIM_SQL)
                .bind(state)
                .bind(now.0)
                .bind(&all)
                .bind(&but_sends)
                .fetch_optional(&self.inner.readers)
                .await?;
            if found.is_some() {
                break;
            }
        }
        let Some(id) = found else { return Ok(None) };
        self.claim(OutboxId(id), now, lease_ms).await
    }

    /// Takes this item if it is due and free.
    pub async fn claim(&self, id: OutboxId, now: Timestamp, lease_ms: i64) -> Result<Option<OutboxItem>, StoreError> {
        let mut tx = self.write_durably().await?;
        let done = sqlx::query(
            "UPDATE outbox SET state = 'sending', lease_until = ?, attempts = attempts + 1 \
             WHERE id = ? AND not_before <= ? AND (state = 'queued' OR (state = 'sending' AND lease_until <= ?))",
        )
        .bind(now.plus_millis(lease_ms).0)
        .bind(id.0)
        .bind(now.0)
        .bind(now.0)
        .execute(&mut *tx)
        .await?;
        if done.rows_affected() == 0 {
            return Ok(None);
        }
        let item = load(&mut tx, id).await?;
        tx.commit().await?;
        Ok(Some(item))
    }

    /// Ends every lease at once: for the start of the one engine of a home, when no worker can be alive. Attempts and
    /// `data_sent` stay, so proof is looked for as after any lost lease.
    pub async fn release_leases(&self) -> Result<u64, StoreError> {
        let mut tx = self.write_durably().await?;
        let done = sqlx::query("UPDATE outbox SET lease_until = 0 WHERE state = 'sending'").execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(done.rows_affected())
    }

    /// When something will be due next: queued times and lease ends, whatever the connection's state.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let at = sqlx::query_scalar::<_, Option<i64>>(
            "SELECT min(at) FROM (SELECT min(not_before) AS at FROM outbox WHERE state = 'queued' \
             UNION ALL SELECT min(max(not_before, lease_until)) FROM outbox WHERE state = 'sending')",
        )
        .fetch_one(&self.inner.readers)
        .await?;
        Ok(at.map(Timestamp))
    }

    /// The point of no return of a send: on the disk when it returns.
    pub async fn mark_data_sent(&self, id: OutboxId) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        let done = sqlx::query("UPDATE outbox SET data_sent = 1 WHERE id = ? AND state = 'sending'").bind(id.0).execute(&mut *tx).await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::Conflict("this item is no longer being sent".to_owned()));
        }
        tx.commit().await
    }

    /// A definite "no" came after the point of no return (SMTP refused after the final dot): nothing was sent.
    pub async fn clear_data_sent(&self, id: OutboxId) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        sqlx::query("UPDATE outbox SET data_sent = 0 WHERE id = ? AND state <> 'done'").bind(id.0).execute(&mut *tx).await?;
        tx.commit().await
    }

    /// The provider has it. `written` says new remote ids where it gave them; the raw bytes and the draft are erased.
    pub async fn complete(&self, id: OutboxId, written: &Written, entry: &NewAudit, now: Timestamp) -> Result<(), StoreError> {
        self.complete_for(id, written, &[], entry, now).await
    }

    /// The same for a mail that not everybody got: who did not is kept, and so are the bytes, to send it to them again.
    pub async fn complete_for(
        &self,
        id: OutboxId,
        written: &Written,
        refused: &[(String, String)],
        entry: &NewAudit,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let detail = if refused.is_empty() { String::new() } else { serde_json::to_string(refused)? };
        let mut tx = self.write_durably().await?;
        let item = load(&mut tx, id).await?;
        if item.state == OutboxState::Done {
            return Ok(());
        }
        sqlx::query(
            "UPDATE outbox SET state = 'done', lease_until = NULL, last_error = NULL, not_before = ?1, reason = NULL, detail = ?2, \
             raw = CASE WHEN ?2 = '' THEN NULL ELSE raw END, raw_file = CASE WHEN ?2 = '' THEN NULL ELSE raw_file END WHERE id = ?3",
        )
        .bind(now.0)
        .bind(&detail)
        .bind(id.0)
        .execute(&mut *tx)
        .await?;
        local::accept(&mut tx, &item, written, now).await?;
        sqlx::query("DELETE FROM draft WHERE outbox = ?").bind(id.0).execute(&mut *tx).await?;
        audit::append(&mut tx, entry, now).await?;
        tx.commit().await?;
        self.bury_dead_files().await?;
        Ok(())
    }

    /// The worker lives: nobody else takes the item before `until`.
    pub async fn extend_lease(&self, id: OutboxId, until: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        sqlx::query("UPDATE outbox SET lease_until = ? WHERE id = ? AND state = 'sending'")
            .bind(until.0)
            .bind(id.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// Back into the queue until `not_before`.
    pub async fn retry_at(&self, id: OutboxId, not_before: Timestamp, error: &str) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        sqlx::query(
            "UPDATE outbox SET state = 'queued', lease_until = NULL, not_before = ?, last_error = ? WHERE id = ? AND state = 'sending'",
        )
        .bind(not_before.0)
        .bind(error)
        .bind(id.0)
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// It can't go on by itself. The local effect stays until the person decides.
    pub async fn wedge(&self, id: OutboxId, reason: WedgeReason, detail: &str, entry: &NewAudit, now: Timestamp) -> Result<(), StoreError> {
        let reason = serde_json::to_value(reason)?.as_str().map(str::to_owned);
        let mut tx = self.write_durably().await?;
        sqlx::query("UPDATE outbox SET state = 'wedged', lease_until = NULL, reason = ?, detail = ?, last_error = ? WHERE id = ? AND state <> 'done'")
            .bind(reason)
            .bind(detail)
            .bind(detail)
            .bind(id.0)
            .execute(&mut *tx)
            .await?;
        audit::append(&mut tx, entry, now).await?;
        tx.commit().await
    }

    /// The person's decision to try again. Clears `data_sent`: they were told that it may arrive twice.
    pub async fn requeue(&self, id: OutboxId, entry: &NewAudit, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        let done = sqlx::query(
            "UPDATE outbox SET state = 'queued', reason = NULL, detail = '', attempts = 0, data_sent = 0, not_before = ? \
             WHERE id = ? AND state IN ('wedged', 'queued')",
        )
        .bind(now.0)
        .bind(id.0)
        .execute(&mut *tx)
        .await?;
        if done.rows_affected() == 0 {
            load(&mut tx, id).await?;
            return Err(StoreError::Conflict("it is being sent or done already".to_owned()));
        }
        audit::append(&mut tx, entry, now).await?;
        tx.commit().await
    }

    /// Moves the start of an item that has not started.
    pub async fn reschedule(&self, id: OutboxId, not_before: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        let done = sqlx::query("UPDATE outbox SET not_before = ? WHERE id = ? AND state = 'queued'")
            .bind(not_before.0)
            .bind(id.0)
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::Conflict("it has started already".to_owned()));
        }
        tx.commit().await
    }

    /// In the order they were queued.
    pub async fn outbox(&self, include_done: bool) -> Result<Vec<OutboxItem>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE ? OR state <> 'done' ORDER BY id"));
        sqlx::query(sql).bind(include_done).fetch_all(&self.inner.readers).await?.iter().map(item).collect()
    }

    pub async fn outbox_item(&self, id: OutboxId) -> Result<OutboxItem, StoreError> {
        let mut tx = self.read().await?;
        load(&mut tx, id).await
    }

    /// The rendered mail of an item.
    pub async fn outbox_raw(&self, id: OutboxId, max: u64) -> Result<Vec<u8>, StoreError> {
        self.outbox_reader(id).await?.read_to_end(max)
    }

    /// Forgets done items; until then their idempotency keys are remembered.
    pub async fn purge_done(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        let done = sqlx::query("DELETE FROM outbox WHERE state = 'done' AND not_before < ?").bind(before.0).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(done.rows_affected())
    }
}

#[cfg(test)]
mod tests;
