//! One page of changes and the cursor behind it, in one transaction. Repeating a page changes nothing, and one that is older than what is
//! here is left out. What was changed here and is not at the provider yet is merged by field, so that the write changes only what the
//! person changed.

use std::collections::HashMap;

use domain::{
    ids::{RemoteId, TaskId, TaskListId},
    sync::{SyncCursor, SyncScope},
    tasks::{RemoteTask, TaskFields},
    time::Timestamp,
};
use sqlx::SqliteConnection;

use super::{TaskBase, TaskRow, merge, rows};
use crate::{error::StoreError, open::Store, rows::json_ids};

/// One page of a round.
#[derive(Clone, Debug)]
pub struct TaskBatch {
    pub scope: SyncScope,
    /// None: the scope stands for all lists of its connection.
    pub list: Option<TaskListId>,
    pub upserts: Vec<RemoteTask>,
    pub gone: Vec<RemoteId>,
    /// When set, everything else in the scope is removed.
    pub present: Option<Vec<RemoteId>>,
    pub next: SyncCursor,
    pub more: bool,
    pub progress: Option<(u64, u64)>,
    pub now: Timestamp,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskReport {
    pub added: u64,
    pub updated: u64,
    pub removed: u64,
    /// Tasks whose list is not known here: they were left out.
    pub homeless: u64,
}

/// The lists of a connection, by remote id.
type Lists = HashMap<String, i64>;

pub(super) async fn lists_of(tx: &mut SqliteConnection, connection: &str) -> Result<Lists, StoreError> {
    let rows = sqlx::query_as::<_, (String, i64)>("SELECT remote, id FROM task_list WHERE connection = ?").bind(connection);
    Ok(rows.fetch_all(tx).await?.into_iter().collect())
}

fn remote_of(lists: &Lists, id: TaskListId) -> RemoteId {
    RemoteId(lists.iter().find(|(_, list)| **list == id.0).map(|(remote, _)| remote.clone()).unwrap_or_default())
}

/// Everything of a task that only its provider says.
pub(super) async fn put_meta(tx: &mut SqliteConnection, id: i64, task: &RemoteTask) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE task SET version = ?2, position = ?3, repeats = ?4, url = ?5, completed_at = ?6, updated_at = ?7, \
         closed_at = iif(closed, coalesce(?6, closed_at), 0) WHERE id = ?1",
    )
    .bind(id)
    .bind(&task.version)
    .bind(&task.position)
    .bind(&task.repeats)
    .bind(&task.url)
    .bind(task.completed_at.map(|t| t.0))
    .bind(task.updated_at.map(|t| t.0))
    .execute(tx)
    .await?;
    Ok(())
}

/// The rows of a remote id in any list of the connection, one of `list` first.
pub(super) async fn find(tx: &mut SqliteConnection, lists: &Lists, list: i64, remote: &RemoteId) -> Result<Vec<i64>, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT t.id FROM json_each(?1) j CROSS JOIN task t ON t.list = j.value AND t.remote = ?2 ORDER BY t.list = ?3 DESC, t.id",
    )
    .bind(json_ids(lists.values().copied()))
    .bind(remote.as_str())
    .bind(list)
    .fetch_all(tx)
    .await?)
}

/// Puts a task and all below it into a list.
pub(super) async fn put_into(tx: &mut SqliteConnection, id: i64, list: i64) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE task SET list = ?2 WHERE list <> ?2 AND id IN (WITH RECURSIVE below (id) AS (SELECT ?1 UNION \
         SELECT t.id FROM below b JOIN task t ON t.parent = b.id) SELECT id FROM below)",
    )
    .bind(id)
    .bind(list)
    .execute(tx)
    .await?;
    Ok(())
}

/// A subtask goes with its parent, whose move may be on the way: what its old list still says of it does not take it back.
async fn list_for(tx: &mut SqliteConnection, row: &TaskRow, theirs: i64) -> Result<i64, StoreError> {
    let Some(parent) = row.parent else { return Ok(theirs) };
    let moving = sqlx::query_scalar::<_, i64>(
        "SELECT p.list FROM task p JOIN task_list l ON l.id = p.list WHERE p.id = ? AND p.base ->> 'list' <> l.remote AND p.list = ?",
    )
    .bind(parent.0)
    .bind(row.list.0)
    .fetch_optional(tx)
    .await?;
    Ok(moving.unwrap_or(theirs))
}

fn same_meta(row: &TaskRow, new: &RemoteTask) -> bool {
    (&row.version, &row.position, &row.repeats, &row.url) == (&new.version, &new.position, &new.repeats, &new.url)
        && (row.completed_at, row.updated_at) == (new.completed_at, new.updated_at)
}

/// False: it says what is here already.
async fn update(
    tx: &mut SqliteConnection,
    row: &TaskRow,
    new: &RemoteTask,
    list: i64,
    lists: &Lists,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if row.updated_at.zip(new.updated_at).is_some_and(|(here, there)| there < here) {
        return Ok(false);
    }
    let id = row.id.0;
    let closed_at = new.completed_at.or(new.updated_at).unwrap_or(now);
    let list = list_for(tx, row, list).await?;
    let (fields, conflict): (TaskFields, _) = match &row.base {
        None if row.removed => {
            put_meta(tx, id, new).await?;
            return Ok(false);
        }
        None if row.list.0 == list && row.fields == new.fields && same_meta(row, new) => return Ok(false),
        None => {
            put_into(tx, id, list).await?;
            (new.fields.clone(), row.conflict.clone())
        }
        // The name of a write depends on the count of changes: what says nothing new must not give it another.
        Some(base) if base.list == new.list && base.fields == new.fields && same_meta(row, new) => return Ok(false),
        Some(base) => {
            let here = remote_of(lists, row.list);
            let (merged, conflict) = merge::merge((&base.list, &base.fields), (&here, &row.fields), (&new.list, &new.fields));
            if base.list == here {
                put_into(tx, id, list).await?;
            }
            let conflict = merge::joined(row.conflict.clone(), conflict);
            let base = TaskBase { list: new.list.clone(), fields: new.fields.clone() };
            sqlx::query("UPDATE task SET base = ?, conflict = ?, edits = edits + 1 WHERE id = ?")
                .bind(rows::text(Some(&base))?)
                .bind(rows::text(conflict.as_ref())?)
                .bind(id)
                .execute(&mut *tx)
                .await?;
            (merged, conflict)
        }
    };
    let shown = (&fields, &conflict) != (&row.fields, &row.conflict) || row.list.0 != list || !same_meta(row, new);
    rows::put_fields(tx, id, &fields, closed_at).await?;
    // One that is not written yet is the person's choice.
    if fields.parent != row.fields.parent || (row.parent.is_none() && fields.parent.is_some()) {
        rows::set_parent(tx, id, list, None, fields.parent.as_ref()).await?;
    }
    put_meta(tx, id, new).await?;
    Ok(shown)
}

async fn insert(tx: &mut SqliteConnection, new: &RemoteTask, list: i64, now: Timestamp) -> Result<(), StoreError> {
    let id = sqlx::query("INSERT INTO task (list, remote, title) VALUES (?, ?, '')")
        .bind(list)
        .bind(new.id.as_str())
        .execute(&mut *tx)
        .await?
        .last_insert_rowid();
    rows::put_fields(tx, id, &new.fields, new.completed_at.or(new.updated_at).unwrap_or(now)).await?;
    put_meta(tx, id, new).await?;
    rows::set_parent(tx, id, list, None, new.fields.parent.as_ref()).await?;
    rows::adopt_children(tx, id, list, &new.id).await
}

impl Store {
    /// Data and cursor together.
    pub async fn commit_tasks(&self, batch: TaskBatch) -> Result<TaskReport, StoreError> {
        let TaskBatch { scope, list, upserts, gone, present, next, more, progress, now } = batch;
        let mut tx = self.write().await?;
        let mut report = TaskReport::default();
        let lists = lists_of(&mut tx, scope.connection.as_str()).await?;
        for new in &upserts {
            let Some(&list) = lists.get(new.list.as_str()) else {
                report.homeless += 1;
                continue;
            };
            let known = find(&mut tx, &lists, list, &new.id).await?.first().copied();
            let row = match known {
                Some(id) => rows::load(&mut tx, id).await?,
                None => None,
            };
            match row {
                Some(row) => report.updated += u64::from(update(&mut tx, &row, new, list, &lists, now).await?),
                None => {
                    insert(&mut tx, new, list, now).await?;
                    report.added += 1;
                }
            }
        }
        let within = json_ids(lists.values().copied().filter(|l| list.is_none_or(|only| only.0 == *l)));
        for remote in &gone {
            report.removed += sqlx::query(
                "DELETE FROM task WHERE list IN (SELECT value FROM json_each(?)) AND remote = ? AND base IS NULL AND removed = 0",
            )
            .bind(&within)
            .bind(remote.as_str())
            .execute(&mut *tx)
            .await?
            .rows_affected();
        }
        if let Some(present) = &present {
            // A subtask whose parent is being moved stands in its new list here, and in the old one there.
            report.removed += sqlx::query(
                "DELETE FROM task WHERE list IN (SELECT value FROM json_each(?1)) AND remote IS NOT NULL AND base IS NULL AND removed = 0 \
                 AND remote NOT IN (SELECT value FROM json_each(?2)) AND NOT EXISTS (SELECT 1 FROM task p JOIN task_list l ON l.id = p.list \
                 WHERE p.id = task.parent AND p.base ->> 'list' <> l.remote)",
            )
            .bind(&within)
            .bind(serde_json::to_string(present)?)
            .execute(&mut *tx)
            .await?
            .rows_affected();
        }
        sqlx::query("UPDATE scope SET cursor = ?, progress_done = ?, progress_total = ?, complete = ? WHERE id = ?")
            .bind(serde_json::to_string(&next)?)
            .bind(progress.map(|p| p.0 as i64))
            .bind(progress.map(|p| p.1 as i64))
            .bind(!more)
            .bind(scope.id.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(report)
    }

    /// Whether a page names lists that are not known here.
    pub async fn knows_task_lists(&self, scope: &SyncScope, tasks: &[RemoteTask]) -> Result<bool, StoreError> {
        let mut tx = self.read().await?;
        let lists = lists_of(&mut tx, scope.connection.as_str()).await?;
        Ok(tasks.iter().all(|t| lists.contains_key(t.list.as_str())))
    }
}

/// For whoever has a row and needs its list's remote id.
pub(super) async fn list_remote(tx: &mut SqliteConnection, list: TaskListId) -> Result<RemoteId, StoreError> {
    let found = sqlx::query_scalar::<_, String>("SELECT remote FROM task_list WHERE id = ?").bind(list.0).fetch_optional(tx).await?;
    found.map(RemoteId).ok_or_else(|| StoreError::missing("task list", list))
}

/// The rows of tasks that came under a remote id that is now known to be another row's; what stands below them goes to it.
pub(super) async fn drop_doubles(tx: &mut SqliteConnection, keep: TaskId, doubles: &[i64]) -> Result<(), StoreError> {
    let list = json_ids(doubles.iter().copied().filter(|id| *id != keep.0));
    for sql in [
        "UPDATE task SET parent = ?2 WHERE parent IN (SELECT value FROM json_each(?1)) AND id <> ?2",
        "DELETE FROM outbox WHERE task IN (SELECT value FROM json_each(?1)) AND task <> ?2",
        "DELETE FROM task WHERE id IN (SELECT value FROM json_each(?1)) AND id <> ?2",
    ] {
        sqlx::query(sql).bind(&list).bind(keep.0).execute(&mut *tx).await?;
    }
    Ok(())
}
