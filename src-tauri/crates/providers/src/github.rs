//! GitHub's issues as tasks (PROVIDERS 6.2): those that are assigned to the person, in lists by repository. Pull requests are none.
//!
//! GitHub tells what changed since a time, and that nothing did (304) for free; what was deleted, transferred or given to somebody else it
//! tells by nothing, see [`crate::polled`]. An issue has no day, no priority and no order; it can't be deleted or moved over REST.

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

use crate::{
    http::{Http, bearer::Bearer},
    polled,
};

mod api;
mod error;
mod find;
mod id;
mod lists;
mod model;
mod poll;
pub(crate) mod signin;
#[cfg(test)]
mod tests;
mod write;

/// Where the API is, unless the configuration says otherwise. Of an Enterprise Server it is `https://HOST/api/v3`.
pub const BASE: &str = "https://api.github.com";

/// Shown to the person.
const GITHUB: &str = "GitHub";
/// In error texts.
const THIS_ISSUE: &str = "this issue";
/// GitHub's largest page.
const LARGEST: usize = 100;

/// The issues that are assigned to one GitHub account.
pub struct GithubIssues {
    api: api::Api,
}

impl GithubIssues {
    /// `credentials` give a personal access token (classic: `repo`; fine-grained: issues, read and write) or an access token. `base`:
    /// [`BASE`], or a stand-in on this machine; refused where it is neither https nor this machine.
    pub fn new(http: Http, credentials: Arc<dyn Credentials>, base: &str) -> Result<Self, ProviderError> {
        let base = domain::config::check_url("github", base).map_err(|error| ProviderError::Refused(error.to_string()))?;
        Ok(Self { api: api::Api::new(Bearer::new(http, credentials, GITHUB), base) })
    }

    /// Whose token it is. The subject is the number of the account, which stays when its name changes; its address is often kept private.
    pub async fn owner(&self) -> Result<Identity, ProviderError> {
        let user = self.api.ask_user().await?;
        let name = user.name.filter(|name| !name.trim().is_empty()).unwrap_or(user.login);
        Ok(Identity { subject: user.id.to_string(), email: user.email.unwrap_or_default(), email_verified: false, name })
    }
}

#[async_trait]
impl TaskSource for GithubIssues {
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
        budget: Budget,
        now: Timestamp,
    ) -> Result<ChangeBatch<RemoteTask>, ProviderError> {
        polled::changes(&self.api, cursor, budget.items.clamp(1, LARGEST), now).await
    }

    /// GitHub has no conditional writes: what is named in a write wins, so there is never a conflict.
    async fn write(&self, write: &TaskWrite) -> Result<TaskWritten, ProviderError> {
        write::write(&self.api, write).await
    }
}
