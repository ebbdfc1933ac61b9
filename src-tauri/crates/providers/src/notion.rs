//! Notion's data sources as task lists (PROVIDERS 6.6), those that are shared with an integration of the person's own.
//!
//! A table of pages is a list where it has a title and something that says what is done: a status, or a checkbox. Its first date is when a
//! task is due, its first multi-select holds labels. Notion tells what was edited since a minute; what went away it tells by nothing, see
//! [`crate::polled`]. An integration is nobody in particular, so all pages of such a table are tasks. What a page holds beside its properties
//! is a document that stays Notion's.

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
mod lists;
mod model;
mod poll;
mod schema;
#[cfg(test)]
mod tests;
mod write;

/// Where the API is, unless the configuration says otherwise.
pub const BASE: &str = "https://api.notion.com/v1";

/// Shown to the person.
const NOTION: &str = "Notion";
/// In error texts.
const THIS_PAGE: &str = "this page";
/// Notion's largest page of results.
const LARGEST: usize = 100;

/// The tables of tasks that one integration sees.
pub struct NotionTasks {
    api: api::Api,
}

impl NotionTasks {
    /// `credentials` give the token of an internal integration. `base`: [`BASE`], or a stand-in on this machine; refused where it is neither
    /// https nor this machine.
    pub fn new(http: Http, credentials: Arc<dyn Credentials>, base: &str) -> Result<Self, ProviderError> {
        let base = domain::config::check_url("notion", base).map_err(|error| ProviderError::Refused(error.to_string()))?;
        Ok(Self { api: api::Api::new(Bearer::new(http, credentials, NOTION), base) })
    }

    /// Which integration it is, and of which workspace.
    pub async fn owner(&self) -> Result<Identity, ProviderError> {
        let bot = self.api.bot().await?;
        let name = bot.workspace().map_or_else(|| bot.name.clone(), |workspace| format!("{} ({workspace})", bot.name));
        Ok(Identity { subject: bot.id, email: String::new(), email_verified: false, name })
    }
}

#[async_trait]
impl TaskSource for NotionTasks {
    async fn lists(&self) -> Result<Vec<RemoteTaskList>, ProviderError> {
        lists::lists(&self.api).await
    }

    fn one_scope(&self) -> bool {
        false
    }

    async fn changes(
        &self,
        scope: &SyncScope,
        cursor: Option<&SyncCursor>,
        budget: Budget,
        now: Timestamp,
    ) -> Result<ChangeBatch<RemoteTask>, ProviderError> {
        let list = scope.container.as_ref().ok_or_else(|| error::refused("Tasks at Notion are in a list."))?;
        let table = poll::Table::open(&self.api, list.as_str()).await?;
        polled::changes(&table, cursor, budget.items.clamp(1, LARGEST), now).await
    }

    /// Notion has no conditional writes: what is named in a write wins, so there is never a conflict.
    async fn write(&self, write: &TaskWrite) -> Result<TaskWritten, ProviderError> {
        write::write(&self.api, write).await
    }
}
