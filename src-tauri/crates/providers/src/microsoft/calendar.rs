//! Calendars of a Microsoft account through Microsoft Graph v1.0 (PROVIDERS 2.6).
//!
//! Graph keeps a series as one event and every member that differs as another; here both are one resource of iCalendar text, as everywhere
//! else (RFC 4791 section 4.1). Requests are counted with those for mail: they are of one mailbox.

use async_trait::async_trait;
use domain::{
    calendar::{CalendarSource, CalendarWrite, ItemWritten, RemoteCalendar, RemoteItem},
    error::ProviderError,
    free_busy::{Availability, FreeBusyQuestion, NotKnown},
    ids::RemoteId,
    sync::{Budget, ChangeBatch, SyncCursor, SyncScope},
};

use super::{Grants, api::Api};

mod answer;
mod body;
mod calendars;
mod call;
mod changes;
mod create;
mod diff;
mod free_busy;
mod from_json;
mod model;
mod pages;
mod recurrence;
mod resource;
mod times;
mod to_json;
mod uid;
mod write;

/// The calendars of one Microsoft account.
pub struct GraphCalendar {
    api: Api,
    grants: Grants,
    /// The account's address.
    owner: String,
}

impl GraphCalendar {
    /// `owner`: the account's address.
    pub(crate) const fn new(api: Api, grants: Grants, owner: String) -> Self {
        Self { api, grants, owner }
    }
}

#[async_trait]
impl CalendarSource for GraphCalendar {
    async fn calendars(&self) -> Result<Vec<RemoteCalendar>, ProviderError> {
        let mut all = calendars::list(&self.api).await?;
        for calendar in &mut all {
            calendar.writable &= self.grants.calendar_write;
        }
        Ok(all)
    }

    /// All pages at once; the budget is the engine's for mail.
    async fn changes(
        &self,
        scope: &SyncScope,
        cursor: Option<&SyncCursor>,
        _budget: Budget,
    ) -> Result<ChangeBatch<RemoteItem>, ProviderError> {
        let calendar = scope.container.as_ref().ok_or_else(|| ProviderError::NotFound("This calendar".to_owned()))?;
        changes::changes(&self.api, calendar.as_str(), cursor).await
    }

    async fn fetch(&self, calendar: &RemoteId, ids: &[RemoteId]) -> Result<Vec<RemoteItem>, ProviderError> {
        let ids: Vec<&str> = ids.iter().map(RemoteId::as_str).collect();
        let found = resource::read_all(&self.api, calendar.as_str(), &ids).await?;
        Ok(found.iter().filter_map(|there| there.item(&self.owner)).collect())
    }

    async fn write(&self, write: &CalendarWrite) -> Result<ItemWritten, ProviderError> {
        self.grants.require_calendar_write()?;
        write::write(&self.api, &self.owner, write).await
    }

    async fn free_busy(&self, question: &FreeBusyQuestion) -> Result<Vec<Availability>, ProviderError> {
        if !self.grants.calendar_read {
            return Ok(free_busy::not_known(question, NotKnown::NotGranted));
        }
        free_busy::ask(&self.api, question).await
    }

    /// An invitation that Exchange has not got itself is nothing that it could answer.
    fn tells_of_new(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests;
