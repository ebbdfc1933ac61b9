//! Google Calendar through its own API (PROVIDERS 1.6).
//!
//! Google keeps a series as one event and every member that differs as another; here both are one resource of iCalendar text, as
//! everywhere else (RFC 4791 section 4.1). So a listing is read to its end before anything of it is handed on: the master may be on
//! another page than its members. What changes is known from Google's sync token, which is bound to the parameters of the listing.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    calendar::{CalendarSource, CalendarWrite, ItemWritten, Moving, RemoteCalendar, RemoteItem},
    config::ProviderConfig,
    connection::Connection,
    error::ProviderError,
    free_busy::{Availability, FreeBusyQuestion},
    ids::RemoteId,
    source::Credentials,
    sync::{Budget, ChangeBatch, SyncCursor, SyncScope},
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::{Accounts, Grants, endpoints::CalendarUrls};
use crate::http::{Http, bearer::Bearer};

mod api;
mod calendars;
mod call;
mod changes;
mod create;
mod diff;
mod free_busy;
mod from_json;
mod model;
mod pages;
mod relocate;
mod resource;
mod times;
mod to_json;
mod write;

use api::CalendarApi;

/// Resources that are read side by side.
const ABREAST: usize = 4;

/// The calendars of one Google account.
pub struct GoogleCalendar {
    api: CalendarApi,
    grants: Grants,
}

impl GoogleCalendar {
    /// `accounts` holds what all sources of one connection share.
    pub fn new(
        http: Http,
        credentials: Arc<dyn Credentials>,
        config: &ProviderConfig,
        grants: Grants,
        accounts: &Accounts,
        connection: &Connection,
    ) -> Result<Self, ProviderError> {
        let urls = CalendarUrls::new(config)?;
        let shared = accounts.get(&connection.id, http.clock(), !urls.is_local());
        let api = CalendarApi::new(Bearer::new(http, credentials, "Google"), urls, shared, connection.email.clone());
        Ok(Self { api, grants })
    }
}

#[async_trait]
impl CalendarSource for GoogleCalendar {
    async fn calendars(&self) -> Result<Vec<RemoteCalendar>, ProviderError> {
        let mut all =
            if self.grants.calendar_list { calendars::list(&self.api).await? } else { vec![calendars::primary(&self.api).await?] };
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
        let read = |id: RemoteId| async move {
            let there = resource::read(&self.api, calendar.as_str(), id.as_str()).await?;
            Ok::<_, ProviderError>(there.and_then(|there| there.item(self.api.owner())))
        };
        let found: Vec<Option<RemoteItem>> = stream::iter(ids.iter().cloned().map(read)).buffered(ABREAST).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn write(&self, write: &CalendarWrite) -> Result<ItemWritten, ProviderError> {
        self.grants.require_calendar_write()?;
        write::write(&self.api, write).await
    }

    fn moving(&self, ics: &str) -> Result<Moving, ProviderError> {
        relocate::moving(ics)
    }

    async fn free_busy(&self, question: &FreeBusyQuestion) -> Result<Vec<Availability>, ProviderError> {
        if !self.grants.free_busy {
            return Ok(free_busy::not_granted(question));
        }
        free_busy::ask(&self.api, question).await
    }

    /// What is imported, it tells nobody of.
    fn tells_of_new(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests;
