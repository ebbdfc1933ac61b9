//! Notion's data sources as task lists (PROVIDERS 6.6), those that are shared with an integration of the person's own.
//!
//! A table of pages is a list where the person chose it and said which of its properties mean what ([`domain::tables`]). Until then it is
//! one where it has a title and something that says what is done: a status, or a checkbox; its first date is when a task is due, its first
//! multi-select holds labels. That suggestion is kept from then on, so that a new property changes nothing by itself. An integration is nobody
//! in particular: all pages are tasks, unless the person says whose. Notion tells what was edited since a minute; what went away it tells by
//! nothing, see [`crate::polled`]. What a page holds beside its properties is a document that stays Notion's.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use domain::{
    error::ProviderError,
    oauth::Identity,
    source::Credentials,
    sync::{Budget, ChangeBatch, SyncCursor, SyncScope},
    tables::{TableSettings, TableSource},
    tasks::{RemoteTask, RemoteTaskList, TaskSource, TaskWrite, TaskWritten},
    time::Timestamp,
};

use crate::{
    http::{Http, bearer::Bearer},
    polled,
};

mod api;
mod columns;
mod error;
mod model;
mod poll;
mod schema;
mod tables;
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
    /// What was chosen of its tables, and what was suggested since.
    chosen: Mutex<TableSettings>,
}

impl NotionTasks {
    /// `credentials` give the token of an internal integration. `base`: [`BASE`], or a stand-in on this machine; refused where it is neither
    /// https nor this machine. `chosen`: of its tables.
    pub fn new(http: Http, credentials: Arc<dyn Credentials>, base: &str, chosen: TableSettings) -> Result<Self, ProviderError> {
        let base = domain::config::check_url("notion", base).map_err(|error| ProviderError::Refused(error.to_string()))?;
        Ok(Self { api: api::Api::new(Bearer::new(http, credentials, NOTION), base), chosen: Mutex::new(chosen) })
    }

    fn lock(&self) -> MutexGuard<'_, TableSettings> {
        self.chosen.lock().unwrap_or_else(PoisonError::into_inner)
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
        self.used().await
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
        let table = poll::Table::open(self, list.as_str()).await?;
        // A cursor of another mapping speaks of other tasks: everything is read again, and what was there is compared with it.
        let mapped = table.columns.fingerprint();
        let from = cursor.and_then(|cursor| poll::Mapped::read(cursor, &mapped));
        let batch = polled::changes(&table, from.as_ref(), budget.items.clamp(1, LARGEST), now).await?;
        Ok(ChangeBatch { next: poll::Mapped { mapped, at: batch.next }.store(), ..batch })
    }

    /// Notion has no conditional writes: what is named in a write wins, so there is never a conflict.
    async fn write(&self, write: &TaskWrite) -> Result<TaskWritten, ProviderError> {
        write::write(self, write).await
    }

    fn as_tables(&self) -> Option<&dyn TableSource> {
        Some(self)
    }
}
