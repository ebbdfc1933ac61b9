//! Tasks: which lists there are and what stands in them.
//!
//! A row holds what the person sees, changes made here included; `base` keeps what the provider had while such a change waits, so that
//! what comes meanwhile is merged field by field. A remote id belongs to one task of its connection, whichever list it stands in: a task
//! that is seen in another list has moved. A subtask points at its parent's row, which may not be written yet, and keeps the remote
//! id beside it, because providers may tell of a child first.

mod commit;
mod edits;
mod find;
mod lists;
mod merge;
mod rows;

use domain::{
    ids::{ConnectionId, RemoteId, TaskId, TaskListId},
    tasks::{TaskAbilities, TaskFields},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

pub use commit::{TaskBatch, TaskReport};
pub use edits::{TaskEdit, TaskPut, TaskWant};
pub use find::{DueRow, TaskTally};

use crate::{error::StoreError, open::Store};

/// A task list as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskListRow {
    pub id: TaskListId,
    pub connection: ConnectionId,
    pub remote: RemoteId,
    pub name: String,
    /// 0…9.
    pub hue: u8,
    pub can: TaskAbilities,
    /// The provider's own choice for new tasks.
    pub default: bool,
    pub shown: bool,
    /// The person's choice for new tasks.
    pub preferred: bool,
}

/// What the provider had when the person changed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskBase {
    pub list: RemoteId,
    pub fields: TaskFields,
}

/// What the first attempt to make a task sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskSent {
    pub list: RemoteId,
    pub fields: TaskFields,
    /// When its write was queued.
    pub since: Timestamp,
}

/// What the provider had in fields that were changed on both sides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskConflict {
    /// `title`, `notes`, `due`, `priority`, `labels`, `status`, `parent`, `list`: those in which both sides differ.
    pub fields: Vec<String>,
    pub theirs: TaskFields,
    /// Where `fields` names the list.
    pub list: Option<RemoteId>,
    /// It was deleted there.
    pub deleted: bool,
}

/// A task with its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskRow {
    pub id: TaskId,
    pub list: TaskListId,
    pub remote: Option<RemoteId>,
    /// What the provider knows its creation by, where it was made here.
    pub key: Option<String>,
    pub parent: Option<TaskId>,
    /// With the parent's remote id, where it has one.
    pub fields: TaskFields,
    pub position: String,
    pub repeats: Option<String>,
    pub url: Option<String>,
    pub completed_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    pub version: String,
    pub base: Option<TaskBase>,
    pub sent: Option<TaskSent>,
    pub edits: i64,
    pub removed: bool,
    pub conflict: Option<TaskConflict>,
    pub source_message: Option<String>,
    pub source_event: Option<String>,
}

impl TaskRow {
    /// A change made here is not at the provider yet.
    pub const fn waits(&self) -> bool {
        self.base.is_some() || self.remote.is_none() || self.removed
    }
    /// Its parent is not at the provider yet.
    pub const fn parent_unwritten(&self) -> bool {
        self.parent.is_some() && self.fields.parent.is_none()
    }
}

impl Store {
    pub async fn task(&self, id: TaskId) -> Result<TaskRow, StoreError> {
        let mut tx = self.read().await?;
        rows::load(&mut tx, id.0).await?.ok_or_else(|| StoreError::missing("task", id))
    }

    /// In the order of `ids`; those that are not there are left out.
    pub async fn tasks(&self, ids: &[TaskId]) -> Result<Vec<TaskRow>, StoreError> {
        let mut tx = self.read().await?;
        rows::load_all(&mut tx, ids).await
    }

    /// Children first, the task itself last: whatever stands below it and is not deleted.
    pub async fn task_tree(&self, id: TaskId) -> Result<Vec<TaskId>, StoreError> {
        let ids = sqlx::query_scalar::<_, i64>(
            "WITH RECURSIVE below (id, depth) AS (SELECT ?1, 0 UNION SELECT t.id, b.depth + 1 FROM below b JOIN task t ON t.parent = b.id \
             WHERE t.removed = 0 AND b.depth < 20) SELECT id FROM below GROUP BY id ORDER BY max(depth) DESC, id",
        )
        .bind(id.0)
        .fetch_all(&self.inner.readers)
        .await?;
        Ok(ids.into_iter().map(TaskId).collect())
    }

    /// The task that a connection knows by this remote id.
    pub async fn task_by_remote(&self, connection: &ConnectionId, remote: Option<&RemoteId>) -> Result<Option<TaskId>, StoreError> {
        let found = sqlx::query_scalar::<_, i64>(
            "SELECT t.id FROM task_list l CROSS JOIN task t ON t.list = l.id AND t.remote = ?2 WHERE l.connection = ?1 LIMIT 1",
        )
        .bind(connection.as_str())
        .bind(remote.map(RemoteId::as_str))
        .fetch_optional(&self.inner.readers)
        .await?;
        Ok(found.map(TaskId))
    }

    /// Since when it is closed; None: it is open.
    pub async fn task_closed_at(&self, id: TaskId) -> Result<Option<Timestamp>, StoreError> {
        let at = sqlx::query_scalar::<_, i64>("SELECT closed_at FROM task WHERE id = ? AND closed = 1").bind(id.0);
        Ok(at.fetch_optional(&self.inner.readers).await?.map(Timestamp))
    }

    /// Tasks whose write waits for the person.
    pub async fn stuck_tasks(&self) -> Result<Vec<TaskId>, StoreError> {
        let ids = sqlx::query_scalar::<_, i64>("SELECT DISTINCT task FROM outbox WHERE task IS NOT NULL AND state = 'wedged'")
            .fetch_all(&self.inner.readers)
            .await?;
        Ok(ids.into_iter().map(TaskId).collect())
    }
}

#[cfg(test)]
mod tests;
