//! Google Tasks through its own API (PROVIDERS 1.7).
//!
//! There is no sync token and no push: what changed is asked for by the time of its last change, a minute over, and every seven days the
//! whole list is read, because nothing promises that Google tells of everything for ever (what left for another list, above all).
//!
//! There are no ids of the client's choosing either. A creation whose answer was lost is therefore looked for before it is made again:
//! a task of the same list that says exactly the same (title, notes, day, task above, status) and changed no earlier than the attempt
//! (a minute is granted to clocks that differ) counts as the one that the attempt made. Two equal tasks that the person makes within that
//! time would be taken for one; the other way round every lost answer would make two.
//!
//! Lengths are counted in characters, as Google's reference has it. How a task repeats, the API does not say.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    config::ProviderConfig,
    connection::Connection,
    error::ProviderError,
    source::Credentials,
    sync::{Budget, ChangeBatch, SyncCursor, SyncScope},
    tasks::{RemoteTask, RemoteTaskList, TaskAbilities, TaskSource, TaskWrite, TaskWritten},
    time::Timestamp,
};

use super::{Accounts, Grants, endpoints::TasksUrls};
use crate::http::{Http, bearer::Bearer};

mod api;
mod body;
mod changes;
mod cursor;
mod lists;
mod model;
mod pages;
mod write;

use api::TasksApi;

/// The task lists of one Google account.
pub struct GoogleTasks {
    api: TasksApi,
    grants: Grants,
}

impl GoogleTasks {
    /// `accounts` holds what all sources of one connection share.
    pub fn new(
        http: Http,
        credentials: Arc<dyn Credentials>,
        config: &ProviderConfig,
        grants: Grants,
        accounts: &Accounts,
        connection: &Connection,
    ) -> Result<Self, ProviderError> {
        let urls = TasksUrls::new(config)?;
        let shared = accounts.get(&connection.id, http.clock(), !urls.is_local());
        Ok(Self { api: TasksApi::new(Bearer::new(http, credentials, "Google"), urls, shared), grants })
    }
}

/// The same in every list.
const fn abilities(write: bool) -> TaskAbilities {
    TaskAbilities {
        write,
        notes: true,
        due_day: true,
        due_time: false,
        priority: false,
        coarse_priority: false,
        labels: false,
        subtasks: true,
        moves: true,
        deletes: true,
    }
}

#[async_trait]
impl TaskSource for GoogleTasks {
    async fn lists(&self) -> Result<Vec<RemoteTaskList>, ProviderError> {
        self.grants.require_tasks_read()?;
        lists::list(&self.api, abilities(self.grants.tasks_write)).await
    }

    fn one_scope(&self) -> bool {
        false
    }

    /// A page of at most `budget.items` tasks, and never more than Google's hundred. `budget.since` is for mail.
    async fn changes(
        &self,
        scope: &SyncScope,
        cursor: Option<&SyncCursor>,
        budget: Budget,
        now: Timestamp,
    ) -> Result<ChangeBatch<RemoteTask>, ProviderError> {
        self.grants.require_tasks_read()?;
        let list = scope.container.as_ref().ok_or_else(|| ProviderError::NotFound("This list of tasks".to_owned()))?;
        changes::changes(&self.api, list.as_str(), cursor, budget.items, now).await
    }

    async fn write(&self, write: &TaskWrite) -> Result<TaskWritten, ProviderError> {
        self.grants.require_tasks_write()?;
        write::write(&self.api, write).await
    }
}

#[cfg(test)]
mod tests;
