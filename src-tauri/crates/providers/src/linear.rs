//! Linear's issues as tasks (PROVIDERS 6.3): those that are assigned to the person, in lists by team.
//!
//! One GraphQL address. Linear tells what changed since a time, what was archived and what is in the trash; what was given to somebody else
//! or deleted for good it tells by nothing, see [`crate::polled`]. Moving an issue to another team changes its number, its workflow and its
//! labels: that is left to Linear's own program.

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
    connector::clients::Endpoints,
    http::{Http, bearer::Bearer, keyed::Keyed},
    polled,
};

mod api;
mod error;
mod lists;
mod model;
mod poll;
#[cfg(test)]
mod tests;
mod write;

/// Where the API is, unless the configuration says otherwise.
pub const BASE: &str = "https://api.linear.app/graphql";

/// Where Linear signs people in (PROVIDERS 6.3).
pub(crate) const ENDPOINTS: Endpoints = Endpoints {
    authorize: "https://linear.app/oauth/authorize",
    token: "https://api.linear.app/oauth/token",
    revoke: Some("https://api.linear.app/oauth/revoke"),
};

/// Shown to the person.
const LINEAR: &str = "Linear";
/// In error texts.
const THIS_ISSUE: &str = "this issue";
/// Issues on a page. With up to fifty labels each that is 6,500 of the 10,000 points that a question may cost.
const LARGEST: usize = 100;

/// The issues that are assigned to one person at Linear.
pub struct LinearIssues {
    api: api::Api,
}

impl LinearIssues {
    /// `credentials` give the person's API key as a password or, where they are `signed_in`, an access token. `base`: [`BASE`], or a stand-in on this machine; refused where it is neither
    /// https nor this machine.
    pub fn new(http: Http, credentials: Arc<dyn Credentials>, signed_in: bool, base: &str) -> Result<Self, ProviderError> {
        let base = domain::config::check_url("linear", base).map_err(|error| ProviderError::Refused(error.to_string()))?;
        let door = if signed_in {
            api::Door::SignedIn(Bearer::new(http, credentials, LINEAR))
        } else {
            // A key stands by itself; as a bearer token it is refused.
            let render = Arc::new(|key: &domain::SecretString| Some(Keyed::expose(key).to_owned()));
            api::Door::Key(Keyed::new(http, credentials, LINEAR, render))
        };
        Ok(Self { api: api::Api::new(door, base) })
    }

    /// Whose key it is.
    pub async fn owner(&self) -> Result<Identity, ProviderError> {
        let viewer = self.api.viewer().await?;
        Ok(Identity { subject: viewer.id, email: viewer.email, email_verified: false, name: viewer.name })
    }
}

#[async_trait]
impl TaskSource for LinearIssues {
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

    /// Linear has no conditional writes: what is named in a write wins, so there is never a conflict.
    async fn write(&self, write: &TaskWrite) -> Result<TaskWritten, ProviderError> {
        write::write(&self.api, write).await
    }
}
