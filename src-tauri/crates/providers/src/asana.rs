//! Asana's tasks (PROVIDERS 6.4): those that are assigned to the person, in lists by project, and one list for each workspace of what is in
//! none.
//!
//! Asana tells by events what became of a person's tasks since a sync token; each is then asked for. Without a token, or with one that is
//! too old, everything is read. Labels (tags), subtasks and times of day are shown as they are there and changed in Asana only: they are
//! things of their own with addresses of their own, and an instant alone says nothing about a clock on a wall.

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
mod cursor;
mod error;
mod find;
mod lists;
mod model;
#[cfg(test)]
mod tests;
mod write;

/// Where the API is, unless the configuration says otherwise.
pub const BASE: &str = "https://app.asana.com/api/1.0";

/// Shown to the person.
const ASANA: &str = "Asana";
/// In error texts.
const THIS_TASK: &str = "this task";

/// The tasks that are assigned to one person at Asana.
pub struct AsanaTasks {
    api: api::Api,
}

impl AsanaTasks {
    /// `credentials` give a personal access token, or an access token. `base`: [`BASE`], or a stand-in on this machine; refused where it is
    /// neither https nor this machine.
    pub fn new(http: Http, credentials: Arc<dyn Credentials>, base: &str) -> Result<Self, ProviderError> {
        let base = domain::config::check_url("asana", base).map_err(|error| ProviderError::Refused(error.to_string()))?;
        Ok(Self { api: api::Api::new(Bearer::new(http, credentials, ASANA), base) })
    }

    /// Whose token it is.
    pub async fn owner(&self) -> Result<Identity, ProviderError> {
        let user = self.api.user().await?;
        Ok(Identity { subject: user.gid, email: user.email, email_verified: false, name: user.name })
    }
}

#[async_trait]
impl TaskSource for AsanaTasks {
    async fn lists(&self) -> Result<Vec<RemoteTaskList>, ProviderError> {
        lists::lists(&self.api).await
    }

    fn one_scope(&self) -> bool {
        true
    }

    async fn changes(
        &self,
        _scope: &SyncScope,
        cursor: Option<&SyncCursor>,
        _budget: Budget,
        now: Timestamp,
    ) -> Result<ChangeBatch<RemoteTask>, ProviderError> {
        changes::changes(&self.api, cursor, now).await
    }

    /// Asana has no conditional writes: what is named in a write wins, so there is never a conflict.
    async fn write(&self, write: &TaskWrite) -> Result<TaskWritten, ProviderError> {
        write::write(&self.api, write).await
    }
}
