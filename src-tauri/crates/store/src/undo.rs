//! What can be taken back, and work on many conversations. Both survive a restart: the way back is stored, not remembered.

use domain::{ids::ThreadId, search::Query, time::Timestamp};
use serde_json::Value;
use sqlx::{Row as _, sqlite::SqliteRow};

use crate::{error::StoreError, open::Store, rows::json_ids, threads::ThreadFilter};

#[derive(Clone, Debug, PartialEq)]
pub struct NewUndo {
    pub kind: &'static str,
    pub words: String,
    pub count: u64,
    pub until: Timestamp,
    /// How; the engine's own words.
    pub work: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub struct UndoRecord {
    pub id: i64,
    pub kind: String,
    pub words: String,
    pub count: u64,
    pub at: Timestamp,
    pub until: Timestamp,
    pub work: Value,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkRow {
    pub id: i64,
    /// JSON of the action.
    pub action: String,
    pub words: String,
    pub total: u64,
    pub done: u64,
    pub state: String,
    pub error: Option<String>,
    pub undo: Option<i64>,
}

fn record(r: &SqliteRow) -> Result<UndoRecord, StoreError> {
    Ok(UndoRecord {
        id: r.try_get(0)?,
        kind: r.try_get(1)?,
        words: r.try_get(2)?,
        count: r.try_get::<i64, _>(3)? as u64,
        at: Timestamp(r.try_get(4)?),
        until: Timestamp(r.try_get(5)?),
        work: serde_json::from_str(r.try_get(6)?)?,
    })
}

fn bulk(r: &SqliteRow) -> Result<BulkRow, StoreError> {
    Ok(BulkRow {
        id: r.try_get(0)?,
        action: r.try_get(1)?,
        words: r.try_get(2)?,
        total: r.try_get::<i64, _>(3)? as u64,
        done: r.try_get::<i64, _>(4)? as u64,
        state: r.try_get(5)?,
        error: r.try_get(6)?,
        undo: r.try_get(7)?,
    })
}

const UNDO: &str = "SELECT id, kind, words, count, at, until, work FROM undo";
const BULK: &str = "SELECT id, action, words, total, done, state, error, undo FROM bulk_job";

impl Store {
    pub async fn add_undo(&self, new: &NewUndo, now: Timestamp) -> Result<i64, StoreError> {
        let mut tx = self.write_durably().await?;
        let id = sqlx::query("INSERT INTO undo (kind, words, count, at, until, work) VALUES (?, ?, ?, ?, ?, ?)")
            .bind(new.kind)
            .bind(&new.words)
            .bind(new.count as i64)
            .bind(now.0)
            .bind(new.until.0)
            .bind(new.work.to_string())
            .execute(&mut *tx)
            .await?
            .last_insert_rowid();
        tx.commit().await?;
        Ok(id)
    }

    /// Takes the record out, so that nobody undoes twice. None: unknown, used, or too late.
    pub async fn take_undo(&self, id: i64, now: Timestamp) -> Result<Option<UndoRecord>, StoreError> {
        let mut tx = self.write_durably().await?;
        let row = sqlx::query("DELETE FROM undo WHERE id = ? AND until >= ? RETURNING id, kind, words, count, at, until, work")
            .bind(id)
            .bind(now.0)
            .fetch_optional(&mut *tx)
            .await?;
        let found = row.as_ref().map(record).transpose()?;
        tx.commit().await?;
        Ok(found)
    }

    /// Puts a record back whose way back failed for a moment.
    pub async fn return_undo(&self, r: &UndoRecord) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        sqlx::query("INSERT OR IGNORE INTO undo (id, kind, words, count, at, until, work) VALUES (?, ?, ?, ?, ?, ?, ?)")
            .bind(r.id)
            .bind(&r.kind)
            .bind(&r.words)
            .bind(r.count as i64)
            .bind(r.at.0)
            .bind(r.until.0)
            .bind(r.work.to_string())
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// Newest first, those whose time is not over.
    pub async fn undos(&self, now: Timestamp, limit: u32) -> Result<Vec<UndoRecord>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{UNDO} WHERE until >= ? ORDER BY id DESC LIMIT ?"));
        sqlx::query(sql).bind(now.0).bind(i64::from(limit)).fetch_all(&self.inner.readers).await?.iter().map(record).collect()
    }

    /// Forgets what can't be taken back any more, and jobs that ended before `jobs_before`.
    pub async fn purge_undo(&self, now: Timestamp, jobs_before: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        sqlx::query("DELETE FROM undo WHERE until < ?").bind(now.0).execute(&mut *tx).await?;
        sqlx::query("DELETE FROM bulk_job WHERE created_at < ? AND state NOT IN ('running', 'undoing')")
            .bind(jobs_before.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// Every conversation of a list, newest first.
    pub async fn thread_ids(&self, filter: &ThreadFilter) -> Result<Vec<ThreadId>, StoreError> {
        let ids = sqlx::query(sqlx::AssertSqlSafe(filter.page_sql()))
            .bind(filter.key())
            .bind(i64::MAX)
            .bind(-1_i64)
            .fetch_all(&self.inner.readers)
            .await?;
        ids.iter().map(|r| Ok(ThreadId(r.try_get(0)?))).collect()
    }

    /// Every conversation with a message that a query finds.
    pub async fn search_threads(&self, query: &Query) -> Result<Vec<ThreadId>, StoreError> {
        let Some(plan) = self.plan(query).await? else { return Ok(Vec::new()) };
        let rows = crate::search::bind(&plan, i64::MAX)?.fetch_all(&self.inner.readers).await?;
        let messages = rows.iter().map(|r| r.try_get(1)).collect::<Result<Vec<i64>, _>>()?;
        let ids = sqlx::query_scalar::<_, i64>("SELECT DISTINCT thread FROM message WHERE id IN (SELECT value FROM json_each(?))")
            .bind(json_ids(messages))
            .fetch_all(&self.inner.readers)
            .await?;
        Ok(ids.into_iter().map(ThreadId).collect())
    }

    pub async fn add_bulk(&self, action: &str, words: &str, threads: &[ThreadId], now: Timestamp) -> Result<i64, StoreError> {
        let mut tx = self.write_durably().await?;
        let id = sqlx::query("INSERT INTO bulk_job (action, words, threads, total, state, created_at) VALUES (?, ?, ?, ?, 'running', ?)")
            .bind(action)
            .bind(words)
            .bind(json_ids(threads.iter().map(|t| t.0)))
            .bind(threads.len() as i64)
            .bind(now.0)
            .execute(&mut *tx)
            .await?
            .last_insert_rowid();
        tx.commit().await?;
        Ok(id)
    }

    pub async fn bulk(&self, id: i64) -> Result<BulkRow, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{BULK} WHERE id = ?"));
        let row = sqlx::query(sql).bind(id).fetch_optional(&self.inner.readers).await?;
        bulk(&row.ok_or_else(|| StoreError::missing("bulk job", id))?)
    }

    /// Newest first, the last twenty.
    pub async fn bulks(&self) -> Result<Vec<BulkRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{BULK} ORDER BY id DESC LIMIT 20"));
        sqlx::query(sql).fetch_all(&self.inner.readers).await?.iter().map(bulk).collect()
    }

    /// The conversations of a job.
    pub async fn bulk_threads(&self, id: i64) -> Result<Vec<ThreadId>, StoreError> {
        let text =
            sqlx::query_scalar::<_, String>("SELECT threads FROM bulk_job WHERE id = ?").bind(id).fetch_one(&self.inner.readers).await?;
        let ids: Vec<i64> = serde_json::from_str(&text)?;
        Ok(ids.into_iter().map(ThreadId).collect())
    }

    /// A batch is through: its way back (if there is one) and the progress, together.
    pub async fn bulk_step(&self, id: i64, done: u64, work: Option<&str>) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        if let Some(work) = work {
            sqlx::query("INSERT OR REPLACE INTO bulk_batch (job, seq, work) VALUES (?, ?, ?)")
                .bind(id)
                .bind(done as i64)
                .bind(work)
                .execute(&mut *tx)
                .await?;
        }
        sqlx::query("UPDATE bulk_job SET done = ? WHERE id = ?").bind(done as i64).bind(id).execute(&mut *tx).await?;
        tx.commit().await
    }

    /// From one of the states `from` only; false when it is in another.
    pub async fn bulk_state(&self, id: i64, from: &[&str], to: &str, error: Option<&str>) -> Result<bool, StoreError> {
        let mut tx = self.write_durably().await?;
        let done = sqlx::query("UPDATE bulk_job SET state = ?, error = ? WHERE id = ? AND state IN (SELECT value FROM json_each(?))")
            .bind(to)
            .bind(error)
            .bind(id)
            .bind(serde_json::to_string(from)?)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    pub async fn bulk_undo_record(&self, id: i64, undo: i64) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        sqlx::query("UPDATE bulk_job SET undo = ? WHERE id = ?").bind(undo).bind(id).execute(&mut *tx).await?;
        tx.commit().await
    }

    /// The ways back of a job, last batch first.
    pub async fn bulk_batches(&self, id: i64) -> Result<Vec<(i64, String)>, StoreError> {
        let rows =
            sqlx::query("SELECT seq, work FROM bulk_batch WHERE job = ? ORDER BY seq DESC").bind(id).fetch_all(&self.inner.readers).await?;
        rows.iter().map(|r| Ok((r.try_get(0)?, r.try_get(1)?))).collect()
    }

    pub async fn drop_batch(&self, id: i64, seq: i64) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        sqlx::query("DELETE FROM bulk_batch WHERE job = ? AND seq = ?").bind(id).bind(seq).execute(&mut *tx).await?;
        tx.commit().await
    }
}
