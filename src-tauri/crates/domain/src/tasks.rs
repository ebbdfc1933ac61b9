//! Task lists and what stands in them, as providers and engine speak of it.
//!
//! Every tool has its own idea of a task. What is common has a field here; what a list can't hold, its [`TaskAbilities`] say, so that the
//! interface shows it read-only instead of dropping it. Writes name only what changed: what nobody here knows of stays as it is there.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    error::ProviderError,
    ids::RemoteId,
    sync::{Budget, ChangeBatch, SyncCursor, SyncScope},
    tables::TableSource,
    time::Timestamp,
};

/// When a task is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Due {
    /// On a day, `YYYY-MM-DD`, wherever the person is.
    Day { day: String },
    /// At a time on the person's own wall, `YYYY-MM-DDTHH:MM:SS`, wherever they are.
    Floating { at: String },
    /// At an instant; `zone` (IANA) is the one that it was chosen in, where that is known.
    At { at: Timestamp, zone: Option<String> },
}

/// Four steps and none. What a provider calls them, its module knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    #[default]
    None,
    Low,
    Medium,
    High,
    Urgent,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    #[default]
    Open,
    /// Begun; where a provider has no such state, it is open.
    Started,
    Done,
    /// Will not be done; where a provider has no such state, it is done.
    Cancelled,
}

impl TaskStatus {
    /// Nobody has to do anything about it any more.
    pub const fn is_closed(self) -> bool {
        matches!(self, Self::Done | Self::Cancelled)
    }
}

/// What the tasks of a list can hold. A field that is false is shown where it is set, and can't be changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools, reason = "each is a field of a task")]
pub struct TaskAbilities {
    /// Whether tasks can be made, changed and deleted at all.
    pub write: bool,
    pub notes: bool,
    pub due_day: bool,
    /// A time of day, not only a day.
    pub due_time: bool,
    pub priority: bool,
    /// Of priorities only a low and a high one: what is between or above would come back as something else.
    #[serde(default)]
    pub coarse_priority: bool,
    pub labels: bool,
    pub subtasks: bool,
    /// To another list.
    pub moves: bool,
    pub deletes: bool,
}

/// A list, project, board or repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteTaskList {
    pub id: RemoteId,
    pub name: String,
    /// `#rrggbb`, where the provider says one.
    pub colour: Option<String>,
    /// Where new tasks go when nobody says where.
    pub default: bool,
    pub can: TaskAbilities,
}

/// What a person writes of a task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskFields {
    pub title: String,
    /// Plain text or Markdown, as the provider has it.
    pub notes: String,
    pub due: Option<Due>,
    pub priority: Priority,
    pub labels: Vec<String>,
    pub status: TaskStatus,
    /// A task of the same list.
    pub parent: Option<RemoteId>,
}

/// A task at a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteTask {
    pub id: RemoteId,
    pub list: RemoteId,
    /// Changes with every change there (etag, `updated_at`); empty where the provider says none. Opaque.
    pub version: String,
    pub fields: TaskFields,
    /// Sorts among its siblings as text.
    pub position: String,
    /// How it repeats, in the provider's words; None: it does not.
    pub repeats: Option<String>,
    /// Its page at the provider.
    pub url: Option<String>,
    pub completed_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

/// What changes of a task; `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskPatch {
    pub title: Option<String>,
    pub notes: Option<String>,
    /// `Some(None)`: no longer due.
    pub due: Option<Option<Due>>,
    pub priority: Option<Priority>,
    /// All of them.
    pub labels: Option<Vec<String>>,
    pub status: Option<TaskStatus>,
    /// `Some(None)`: on its own.
    pub parent: Option<Option<RemoteId>>,
    /// To another list, with its subtasks.
    pub list: Option<RemoteId>,
}

impl TaskPatch {
    /// From one state of a task to another.
    pub fn between(from: &TaskFields, to: &TaskFields) -> Self {
        fn changed<T: Clone + PartialEq>(from: &T, to: &T) -> Option<T> {
            (from != to).then(|| to.clone())
        }
        Self {
            title: changed(&from.title, &to.title),
            notes: changed(&from.notes, &to.notes),
            due: changed(&from.due, &to.due),
            priority: changed(&from.priority, &to.priority),
            labels: changed(&from.labels, &to.labels),
            status: changed(&from.status, &to.status),
            parent: changed(&from.parent, &to.parent),
            list: None,
        }
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What it makes of a task.
    pub fn apply(&self, fields: &mut TaskFields) {
        fn set<T: Clone>(to: &mut T, value: Option<&T>) {
            if let Some(value) = value {
                to.clone_from(value);
            }
        }
        set(&mut fields.title, self.title.as_ref());
        set(&mut fields.notes, self.notes.as_ref());
        set(&mut fields.due, self.due.as_ref());
        set(&mut fields.priority, self.priority.as_ref());
        set(&mut fields.labels, self.labels.as_ref());
        set(&mut fields.status, self.status.as_ref());
        set(&mut fields.parent, self.parent.as_ref());
    }
}

/// A write to a list. `key` (a UUID) is the write's own: a provider that knows it twice does it once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskWrite {
    /// Where the provider has no idea of a key, the module looks for what an earlier attempt may have made: `tried` says that there was
    /// one, not before `since`.
    Create { list: RemoteId, key: String, fields: TaskFields, tried: bool, since: Timestamp },
    /// `version`: what was last seen there.
    Update { list: RemoteId, id: RemoteId, key: String, version: String, before: TaskFields, patch: TaskPatch },
    /// One that is gone already is deleted.
    Delete { list: RemoteId, id: RemoteId, key: String, version: String },
}

/// What the provider made of a write. After a deletion nothing is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskWritten {
    pub id: RemoteId,
    /// As it is there now, where the answer says so; else the next round brings it.
    pub task: Option<RemoteTask>,
}

/// The task lists of a connection.
#[async_trait]
pub trait TaskSource: Send + Sync {
    /// Every list that this connection shows.
    async fn lists(&self) -> Result<Vec<RemoteTaskList>, ProviderError>;
    /// Whether one scope (without a container) stands for all lists; else each list is a scope of its own.
    fn one_scope(&self) -> bool;
    /// The next page after `cursor` (None: everything). Idempotent: asking again with the same cursor repeats it. Closed tasks come too,
    /// as far back as the provider tells.
    async fn changes(
        &self,
        scope: &SyncScope,
        cursor: Option<&SyncCursor>,
        budget: Budget,
        now: Timestamp,
    ) -> Result<ChangeBatch<RemoteTask>, ProviderError>;
    /// [`ProviderError::Conflict`] where the provider can tell that the task is not what the write was made from;
    /// [`ProviderError::NotFound`] where a task to be changed is gone.
    async fn write(&self, write: &TaskWrite) -> Result<TaskWritten, ProviderError>;
    /// Where lists are tables that the person chooses and maps.
    fn as_tables(&self) -> Option<&dyn TableSource> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_is_what_differs_and_makes_the_one_from_the_other() {
        let from = TaskFields { title: "Call Bo".into(), due: Some(Due::Day { day: "2026-11-23".into() }), ..TaskFields::default() };
        let to = TaskFields { title: "Call Bo".into(), notes: "before noon".into(), priority: Priority::High, ..TaskFields::default() };
        let patch = TaskPatch::between(&from, &to);
        assert_eq!((patch.title.as_ref(), patch.due.clone(), patch.is_empty()), (None, Some(None), false));
        let mut made = from;
        patch.apply(&mut made);
        assert_eq!(made, to);
        assert!(TaskPatch::between(&to, &made).is_empty());
    }
}
