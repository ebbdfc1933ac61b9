//! Microsoft To Do through Graph (PROVIDERS 2.7): every list a scope with a delta link of its own, as the folders of the mail are.
//!
//! A task is written to by the names of what changed, under the etag of what the change was made from: recurrence, reminder, steps
//! (`checklistItems`), links to where a task comes from (`linkedResources`) and files are never sent, and stay as they are. Steps are a title
//! and a tick, no tasks: they are neither shown nor touched. What repeats is shown and can be ticked off, whereupon Microsoft makes the next
//! one; its day can't be changed here (see [`write`]). Tasks stay in their list: Graph has nothing that moves one.
//!
//! There is no key that makes a creation safe to repeat. One whose answer was lost is looked for before it is made again: a task of the same
//! list, made no earlier than the attempt (a minute is granted to clocks that differ), that says exactly the same counts as the one that the
//! attempt made. Two equal tasks that the person makes within that time would be taken for one; the other way round every lost answer would
//! make two.

use async_trait::async_trait;
use domain::{
    error::ProviderError,
    sync::{Budget, ChangeBatch, SyncCursor, SyncScope},
    tasks::{RemoteTask, RemoteTaskList, TaskSource, TaskWrite, TaskWritten},
    time::Timestamp,
};

use super::{Grants, api::Api};

mod body;
mod changes;
mod due;
mod lists;
mod model;
mod repeats;
mod write;

/// In errors.
const THIS_LIST: &str = "this list";
const THIS_TASK: &str = "this task";

/// The task lists of one Microsoft account.
pub struct GraphTasks {
    api: Api,
    grants: Grants,
}

impl GraphTasks {
    pub(crate) const fn new(api: Api, grants: Grants) -> Self {
        Self { api, grants }
    }
}

#[async_trait]
impl TaskSource for GraphTasks {
    async fn lists(&self) -> Result<Vec<RemoteTaskList>, ProviderError> {
        self.grants.require_tasks_read()?;
        lists::list(&self.api, self.grants.tasks_write).await
    }

    fn one_scope(&self) -> bool {
        false
    }

    /// `budget.since` is for mail.
    async fn changes(
        &self,
        scope: &SyncScope,
        cursor: Option<&SyncCursor>,
        budget: Budget,
        _now: Timestamp,
    ) -> Result<ChangeBatch<RemoteTask>, ProviderError> {
        self.grants.require_tasks_read()?;
        let list = scope.container.as_ref().ok_or_else(|| ProviderError::NotFound(THIS_LIST.to_owned()))?;
        changes::changes(&self.api, list, cursor, budget.items).await
    }

    async fn write(&self, write: &TaskWrite) -> Result<TaskWritten, ProviderError> {
        self.grants.require_tasks_write()?;
        write::write(&self.api, write).await
    }
}

#[cfg(test)]
mod tests;
