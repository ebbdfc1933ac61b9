//! Changes that are made here: what the person sees, what is to be written, and what became of it. A task has one waiting write at most
//! beside one that is on the way; it takes the task as it is when its turn comes.

use domain::{
    audit::NewAudit,
    ids::{ConnectionId, OutboxId, RemoteId, TaskId, TaskListId},
    outbox::OutboxOp,
    tasks::{RemoteTask, TaskFields, TaskPatch},
    time::Timestamp,
};
use sqlx::SqliteConnection;

use super::{TaskBase, TaskConflict, TaskRow, TaskSent, commit, rows};
use crate::{audit, error::StoreError, open::Store, outbox::done};

/// A task as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskWant {
    pub list: TaskListId,
    pub parent: Option<TaskId>,
    /// `fields.parent` is not looked at.
    pub fields: TaskFields,
    /// For a new one: what the provider knows its creation by (a UUID).
    pub key: String,
    /// For a new one: where it stands until the provider says.
    pub position: String,
    pub source_message: Option<String>,
    pub source_event: Option<String>,
}

/// One task as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskEdit {
    /// None: a new one.
    pub task: Option<TaskId>,
    /// None: it is to go.
    pub want: Option<TaskWant>,
    /// The person has seen what the other side had.
    pub resolves: bool,
    /// For the person who looks at what waits.
    pub title: String,
}

/// The provider has it.
#[derive(Clone, Debug)]
pub struct TaskPut {
    pub outbox: OutboxId,
    pub task: TaskId,
    /// The list that was written to.
    pub list: RemoteId,
    pub remote: RemoteId,
    /// What it was made from; None for a new one.
    pub before: Option<TaskFields>,
    /// What was written.
    pub sent: TaskFields,
    /// What the provider has now, where it said so.
    pub has: Option<RemoteTask>,
}

async fn queue(
    tx: &mut SqliteConnection,
    connection: &str,
    op: &OutboxOp,
    task: i64,
    not_before: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    let waiting = sqlx::query("UPDATE outbox SET op = ?, not_before = ? WHERE task = ? AND kind = ? AND state = 'queued' AND attempts = 0")
        .bind(serde_json::to_string(op)?)
        .bind(not_before.0)
        .bind(task)
        .bind(op.kind())
        .execute(&mut *tx)
        .await?;
    if waiting.rows_affected() > 0 {
        return Ok(());
    }
    // Nobody asks for the same write twice: the count of all writes makes the key.
    sqlx::query(
        "INSERT INTO outbox (connection, account, idempotency_key, kind, op, not_before, created_at, task) \
         VALUES (?1, 0, ?2 || ':' || ?3 || ':' || (SELECT coalesce(max(id), 0) FROM outbox), ?2, ?4, ?5, ?6, ?3)",
    )
    .bind(connection)
    .bind(op.kind())
    .bind(task)
    .bind(serde_json::to_string(op)?)
    .bind(not_before.0)
    .bind(now.0)
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes of this kind that nobody has begun, and those that failed for good: the new one says all of it.
async fn unqueue(tx: &mut SqliteConnection, task: i64, kind: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM outbox WHERE task = ? AND kind = ? AND ((state = 'queued' AND attempts = 0) OR state = 'wedged')")
        .bind(task)
        .bind(kind)
        .execute(tx)
        .await?;
    Ok(())
}

/// Something of it waits, or is on the way.
async fn unfinished(tx: &mut SqliteConnection, task: i64) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar::<_, i64>("SELECT 1 FROM outbox WHERE task = ? AND state <> 'done' LIMIT 1").bind(task);
    Ok(found.fetch_optional(tx).await?.is_some())
}

/// A write of it was begun and has not ended.
async fn on_the_way(tx: &mut SqliteConnection, task: i64) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM outbox WHERE task = ? AND state <> 'done' AND NOT (state = 'queued' AND attempts = 0) LIMIT 1";
    Ok(sqlx::query_scalar::<_, i64>(sql).bind(task).fetch_optional(tx).await?.is_some())
}

async fn insert(tx: &mut SqliteConnection, want: &TaskWant, now: Timestamp) -> Result<i64, StoreError> {
    let id = sqlx::query(
        "INSERT INTO task (list, title, created_key, position, source_message, source_event, edits) VALUES (?, '', ?, ?, ?, ?, 1)",
    )
    .bind(want.list.0)
    .bind(&want.key)
    .bind(&want.position)
    .bind(&want.source_message)
    .bind(&want.source_event)
    .execute(&mut *tx)
    .await?
    .last_insert_rowid();
    rows::put_fields(tx, id, &want.fields, now).await?;
    rows::set_parent(tx, id, want.list.0, want.parent, None).await?;
    Ok(id)
}

/// The task as it is known here, in the place of what the provider was to have.
async fn put_back(tx: &mut SqliteConnection, row: &TaskRow, base: &TaskBase, now: Timestamp) -> Result<(), StoreError> {
    let list = sqlx::query_scalar::<_, i64>(
        "SELECT id FROM task_list WHERE remote = ? AND connection = (SELECT connection FROM task_list WHERE id = ?)",
    )
    .bind(base.list.as_str())
    .bind(row.list.0)
    .fetch_optional(&mut *tx)
    .await?
    .unwrap_or(row.list.0);
    commit::put_into(tx, row.id.0, list).await?;
    rows::put_fields(tx, row.id.0, &base.fields, now).await?;
    rows::set_parent(tx, row.id.0, list, None, base.fields.parent.as_ref()).await
}

async fn edit(
    tx: &mut SqliteConnection,
    connection: &ConnectionId,
    edit: &TaskEdit,
    not_before: Timestamp,
    now: Timestamp,
) -> Result<Option<TaskId>, StoreError> {
    let put = |task: i64| OutboxOp::PutTask { task: TaskId(task), title: edit.title.clone() };
    let connection = connection.as_str();
    let (id, want) = match (edit.task, &edit.want) {
        (None, None) => return Ok(None),
        (None, Some(want)) => {
            let id = insert(tx, want, now).await?;
            queue(tx, connection, &put(id), id, not_before, now).await?;
            return Ok(Some(TaskId(id)));
        }
        (Some(id), want) => (id.0, want),
    };
    let row = rows::load(tx, id).await?.ok_or_else(|| StoreError::missing("task", id))?;
    sqlx::query("UPDATE task SET edits = edits + 1, conflict = iif(?, NULL, conflict) WHERE id = ?")
        .bind(edit.resolves)
        .bind(id)
        .execute(&mut *tx)
        .await?;
    let Some(want) = want else {
        unqueue(tx, id, "put_task").await?;
        // Nobody else has ever seen it, unless a write of it is on the way.
        if row.remote.is_none() && !unfinished(tx, id).await? {
            sqlx::query("DELETE FROM task WHERE id = ?").bind(id).execute(tx).await?;
            return Ok(None);
        }
        sqlx::query("UPDATE task SET removed = 1 WHERE id = ?").bind(id).execute(&mut *tx).await?;
        let op = OutboxOp::DeleteTask { task: TaskId(id), title: edit.title.clone() };
        queue(tx, connection, &op, id, not_before, now).await?;
        return Ok(Some(TaskId(id)));
    };
    unqueue(tx, id, "delete_task").await?;
    let base = match (&row.remote, row.base) {
        (None, _) => None,
        (Some(_), Some(base)) => Some(base),
        (Some(_), None) => Some(TaskBase { list: commit::list_remote(tx, row.list).await?, fields: row.fields }),
    };
    sqlx::query("UPDATE task SET base = ?, removed = 0 WHERE id = ?").bind(rows::text(base.as_ref())?).bind(id).execute(&mut *tx).await?;
    if want.list != row.list {
        commit::put_into(tx, id, want.list.0).await?;
    }
    rows::put_fields(tx, id, &want.fields, now).await?;
    if want.parent != row.parent {
        rows::set_parent(tx, id, want.list.0, want.parent, None).await?;
    }
    // The one that nobody has begun keeps its place in the row: a child's write may stand behind it.
    sqlx::query("DELETE FROM outbox WHERE task = ? AND kind = 'put_task' AND state = 'wedged'").bind(id).execute(&mut *tx).await?;
    // As it is there, and nothing on the way that would make it otherwise: there is nothing to write.
    if let Some(base) = base
        && !on_the_way(tx, id).await?
        && let Some(now_row) = rows::load(tx, id).await?
        && now_row.fields == base.fields
        && !now_row.parent_unwritten()
        && commit::list_remote(tx, now_row.list).await? == base.list
    {
        unqueue(tx, id, "put_task").await?;
        sqlx::query("UPDATE task SET base = NULL WHERE id = ?").bind(id).execute(&mut *tx).await?;
        return Ok(Some(TaskId(id)));
    }
    queue(tx, connection, &put(id), id, not_before, now).await?;
    Ok(Some(TaskId(id)))
}

impl Store {
    /// Tasks as the person wants them, their writes, and the audit entry, in one durable transaction. Returns the tasks' ids; one that was
    /// only ever here and goes has none any more.
    pub async fn edit_tasks(
        &self,
        connection: &ConnectionId,
        edits: &[TaskEdit],
        not_before: Timestamp,
        entry: &NewAudit,
        now: Timestamp,
    ) -> Result<Vec<Option<TaskId>>, StoreError> {
        let mut tx = self.write_durably().await?;
        let mut ids = Vec::with_capacity(edits.len());
        for one in edits {
            ids.push(edit(&mut tx, connection, one, not_before, now).await?);
        }
        audit::append(&mut tx, entry, now).await?;
        tx.commit().await?;
        Ok(ids)
    }

    /// The task is about to be made there. What the first attempt sends is on the disk when this returns, because its answer may be lost;
    /// later attempts get the same, to look for.
    pub async fn task_trying(&self, task: TaskId, sent: &TaskSent) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        sqlx::query("UPDATE task SET sent = ? WHERE id = ? AND sent IS NULL")
            .bind(rows::text(Some(sent))?)
            .bind(task.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// The provider said no: the attempt made nothing.
    pub async fn task_not_made(&self, task: TaskId) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        sqlx::query("UPDATE task SET sent = NULL WHERE id = ? AND remote IS NULL").bind(task.0).execute(&mut *tx).await?;
        tx.commit().await
    }

    /// The provider has what was written; what was changed here since waits for its own turn.
    pub async fn task_put(&self, put: &TaskPut, entry: &NewAudit, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        if let Some(row) = rows::load(&mut tx, put.task.0).await? {
            settle(&mut tx, put, &row, now).await?;
        }
        done(&mut tx, put.outbox, now).await?;
        audit::append(&mut tx, entry, now).await?;
        tx.commit().await
    }

    /// It is gone at the provider. One that was brought back here meanwhile is made anew, under `key`.
    pub async fn task_deleted(
        &self,
        outbox: OutboxId,
        task: TaskId,
        key: &str,
        entry: &NewAudit,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        sqlx::query("DELETE FROM task WHERE id = ? AND removed = 1").bind(task.0).execute(&mut *tx).await?;
        anew(&mut tx, task, key).await?;
        done(&mut tx, outbox, now).await?;
        audit::append(&mut tx, entry, now).await?;
        tx.commit().await
    }

    /// There was nothing to write any more. `edits`: what was found so.
    pub async fn task_settled(
        &self,
        outbox: OutboxId,
        task: TaskId,
        edits: Option<i64>,
        entry: &NewAudit,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        sqlx::query("UPDATE task SET base = NULL WHERE id = ? AND edits = ? AND removed = 0")
            .bind(task.0)
            .bind(edits)
            .execute(&mut *tx)
            .await?;
        done(&mut tx, outbox, now).await?;
        audit::append(&mut tx, entry, now).await?;
        tx.commit().await
    }

    /// It was changed here and deleted there: the person decides.
    pub async fn task_gone_there(&self, task: TaskId) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        let conflict = TaskConflict { deleted: true, ..TaskConflict::default() };
        sqlx::query("UPDATE task SET conflict = ? WHERE id = ?").bind(rows::text(Some(&conflict))?).bind(task.0).execute(&mut *tx).await?;
        tx.commit().await
    }

    /// The person has seen both sides and keeps their own. One that was deleted there is made anew, under `key`.
    pub async fn keep_my_task(
        &self,
        connection: &ConnectionId,
        row: &TaskRow,
        key: &str,
        entry: &NewAudit,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        sqlx::query("UPDATE task SET conflict = NULL WHERE id = ?").bind(row.id.0).execute(&mut *tx).await?;
        if row.conflict.as_ref().is_some_and(|c| c.deleted) {
            unqueue(&mut tx, row.id.0, "put_task").await?;
            anew(&mut tx, row.id, key).await?;
            let op = OutboxOp::PutTask { task: row.id, title: row.fields.title.clone() };
            queue(&mut tx, connection.as_str(), &op, row.id.0, now, now).await?;
        }
        audit::append(&mut tx, entry, now).await?;
        tx.commit().await
    }

    /// The task is what the provider has, whatever was to be written. Writes that nobody has begun go.
    pub async fn give_up_task(&self, task: TaskId, entry: &NewAudit, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        sqlx::query("DELETE FROM outbox WHERE task = ? AND state IN ('wedged', 'queued')").bind(task.0).execute(&mut *tx).await?;
        if let Some(row) = rows::load(&mut tx, task.0).await? {
            if row.remote.is_none() || row.conflict.as_ref().is_some_and(|c| c.deleted) {
                sqlx::query("DELETE FROM task WHERE id = ?").bind(task.0).execute(&mut *tx).await?;
            } else {
                if let Some(base) = &row.base {
                    put_back(&mut tx, &row, base, now).await?;
                }
                sqlx::query("UPDATE task SET base = NULL, conflict = NULL, removed = 0, edits = edits + 1 WHERE id = ?")
                    .bind(task.0)
                    .execute(&mut *tx)
                    .await?;
            }
        }
        audit::append(&mut tx, entry, now).await?;
        tx.commit().await
    }
}

async fn anew(tx: &mut SqliteConnection, task: TaskId, key: &str) -> Result<(), StoreError> {
    for sql in [
        "UPDATE task SET parent_remote = NULL WHERE parent = ?1 AND ?2 IS NOT NULL",
        "UPDATE task SET remote = NULL, version = '', base = NULL, sent = NULL, conflict = NULL, updated_at = NULL, completed_at = NULL, \
         created_key = ?2, edits = edits + 1 WHERE id = ?1",
    ] {
        sqlx::query(sql).bind(task.0).bind(key).execute(&mut *tx).await?;
    }
    Ok(())
}

/// What the provider has, with what was changed here since it was sent on top.
async fn settle(tx: &mut SqliteConnection, put: &TaskPut, row: &TaskRow, now: Timestamp) -> Result<(), StoreError> {
    let id = row.id.0;
    let connection =
        sqlx::query_scalar::<_, String>("SELECT connection FROM task_list WHERE id = ?").bind(row.list.0).fetch_one(&mut *tx).await?;
    let lists = commit::lists_of(tx, &connection).await?;
    // The next round may have been faster than the answer.
    let doubles = commit::find(tx, &lists, row.list.0, &put.remote).await?;
    let mut has = put.has.clone();
    if has.is_none()
        && let Some(double) = doubles.iter().find(|d| **d != id)
        && let Some(double) = rows::load(tx, *double).await?
    {
        has = Some(RemoteTask {
            id: put.remote.clone(),
            list: commit::list_remote(tx, double.list).await?,
            version: double.version,
            fields: double.base.map_or(double.fields, |b| b.fields),
            position: double.position,
            repeats: double.repeats,
            url: double.url,
            completed_at: double.completed_at,
            updated_at: double.updated_at,
        });
    }
    commit::drop_doubles(tx, row.id, &doubles).await?;
    let here = commit::list_remote(tx, row.list).await?;
    let there = has.as_ref().map_or_else(|| put.list.clone(), |h| h.list.clone());
    let has_fields = match (&has, &put.before, &row.base) {
        (Some(has), ..) => has.fields.clone(),
        // What others did there meanwhile came with a round: it is not sent again.
        (None, Some(before), Some(base)) => {
            let mut there = base.fields.clone();
            TaskPatch::between(before, &put.sent).apply(&mut there);
            there
        }
        _ => put.sent.clone(),
    };
    let mut wanted = has_fields.clone();
    TaskPatch::between(&put.sent, &row.fields).apply(&mut wanted);
    // Moved on since it was sent.
    let moved = here != put.list;
    let settled = wanted == has_fields && !moved && !row.removed && !row.parent_unwritten();
    let base = (!settled).then(|| TaskBase { list: there.clone(), fields: has_fields });
    sqlx::query("UPDATE task SET remote = ?, version = '', base = ?, sent = NULL WHERE id = ?")
        .bind(put.remote.as_str())
        .bind(rows::text(base.as_ref())?)
        .bind(id)
        .execute(&mut *tx)
        .await?;
    let mut list = row.list.0;
    if !moved && let Some(known) = lists.get(there.as_str()) {
        list = *known;
        commit::put_into(tx, id, list).await?;
    }
    let closed_at = has.as_ref().and_then(|h| h.completed_at).unwrap_or(now);
    rows::put_fields(tx, id, &wanted, closed_at).await?;
    if wanted.parent != row.fields.parent && !row.parent_unwritten() {
        rows::set_parent(tx, id, list, None, wanted.parent.as_ref()).await?;
    }
    if let Some(has) = &has {
        commit::put_meta(tx, id, has).await?;
    }
    rows::adopt_children(tx, id, list, &put.remote).await?;
    if !settled && !row.removed {
        let waiting =
            sqlx::query_scalar::<_, i64>("SELECT 1 FROM outbox WHERE task = ? AND kind = 'put_task' AND state = 'queued' AND id <> ?")
                .bind(id)
                .bind(put.outbox.0);
        if waiting.fetch_optional(&mut *tx).await?.is_none() {
            let op = OutboxOp::PutTask { task: row.id, title: wanted.title.clone() };
            queue(tx, &connection, &op, id, now, now).await?;
        }
    }
    Ok(())
}
