//! Todoist as a task tool, over the Sync endpoint of its API v1 (PROVIDERS 6.1, A.6).
//!
//! One token tells what changed in all projects, so they are one scope. Writes are commands with a UUID, which is the write's own key: one
//! that is sent again is not done again. A first sync tells open tasks only; those that were completed lately are asked for beside it.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    error::ProviderError,
    oauth::Identity,
    source::Credentials,
    sync::{Budget, ChangeBatch, SyncCursor, SyncScope},
    tasks::{RemoteTask, RemoteTaskList, TaskSource, TaskWrite, TaskWritten},
    time::Timestamp,
};

use crate::http::{Http, bearer::Bearer};

mod api;
mod changes;
mod commands;
mod completed;
mod due;
mod error;
mod find;
mod lists;
mod model;
#[cfg(test)]
mod tests;
mod write;

/// Where the API is, unless the configuration says otherwise.
pub const BASE: &str = "https://api.todoist.com/api/v1";

/// Shown to the person.
const TODOIST: &str = "Todoist";
/// In error texts.
const THIS_TASK: &str = "this task";

/// The projects and tasks of one Todoist account.
pub struct TodoistTasks {
    api: api::Api,
}

impl TodoistTasks {
    /// `credentials` give the person's API token, or an access token. `base`: [`BASE`], or a stand-in on this machine; refused where it is
    /// neither https nor this machine.
    pub fn new(http: Http, credentials: Arc<dyn Credentials>, base: &str) -> Result<Self, ProviderError> {
        let base = domain::config::check_url("todoist", base).map_err(|error| ProviderError::Refused(error.to_string()))?;
        Ok(Self { api: api::Api::new(Bearer::new(http, credentials, TODOIST), base) })
    }

    /// Whose token it is. The subject stays the same when the address changes.
    pub async fn owner(&self) -> Result<Identity, ProviderError> {
        let user = self.api.sync("*", r#"["user"]"#).await?.user.filter(|user| !user.id.is_empty());
        let user = user.ok_or_else(|| error::protocol("no user"))?;
        Ok(Identity { subject: user.id, email: user.email, email_verified: false, name: user.full_name })
    }
}

#[async_trait]
impl TaskSource for TodoistTasks {
    async fn lists(&self) -> Result<Vec<RemoteTaskList>, ProviderError> {
        lists::lists(&self.api).await
    }

    fn one_scope(&self) -> bool {
        true
    }

    /// All at once: the answer has no pages, and the budget is the engine's for mail.
    async fn changes(
        &self,
        _scope: &SyncScope,
        cursor: Option<&SyncCursor>,
        _budget: Budget,
        now: Timestamp,
    ) -> Result<ChangeBatch<RemoteTask>, ProviderError> {
        changes::changes(&self.api, cursor, now).await
    }

    /// Todoist has no conditional writes: what is named in a write wins, so there is never a conflict.
    async fn write(&self, write: &TaskWrite) -> Result<TaskWritten, ProviderError> {
        write::write(&self.api, write).await
    }
}
