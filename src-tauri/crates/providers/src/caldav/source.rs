//! The calendars as the engine sees them.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use domain::{
    calendar::{CalendarSource, CalendarWrite, ItemWritten, Moving, RemoteCalendar, RemoteItem},
    error::ProviderError,
    free_busy::{Availability, FreeBusyQuestion},
    ids::RemoteId,
    sync::{Budget, ChangeBatch, SyncCursor, SyncScope},
    time::Timestamp,
};
use url::Url;

use super::{
    calendars,
    changes::Collection,
    discover::{Found, WELL_KNOWN, discover},
    fetch::{Many, PAGE},
    free_busy,
    place::{as_collection, url_of},
    wire::Wire,
    write,
};
use crate::service::{Lookup, dns};

/// What kept a server apart from what it was when it was discovered: it is discovered again the next time.
fn may_have_moved(error: &ProviderError) -> bool {
    matches!(error, ProviderError::Unreachable { .. } | ProviderError::NotFound(_) | ProviderError::Protocol { .. })
}

pub struct DavSource {
    wire: Wire,
    lookup: Lookup,
    place: Mutex<Option<Arc<Found>>>,
    /// It was asked for several resources at once and can't do that.
    one_by_one: AtomicBool,
}

impl DavSource {
    pub fn new(wire: Wire) -> Self {
        Self::with_lookup(wire, dns("caldavs", WELL_KNOWN))
    }

    pub(super) fn with_lookup(wire: Wire, lookup: Lookup) -> Self {
        Self { wire, lookup, place: Mutex::default(), one_by_one: AtomicBool::new(false) }
    }

    pub fn now(&self) -> Timestamp {
        self.wire.now()
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Option<Arc<Found>>> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the calendars are; asked once for as long as the source lives and the place answers.
    async fn place(&self) -> Result<Arc<Found>, ProviderError> {
        if let Some(place) = self.known().clone() {
            return Ok(place);
        }
        let place = Arc::new(discover(&self.wire, &self.lookup).await?);
        *self.known() = Some(Arc::clone(&place));
        Ok(place)
    }

    fn heard<T>(&self, answer: Result<T, ProviderError>) -> Result<T, ProviderError> {
        if answer.as_ref().is_err_and(may_have_moved) {
            *self.known() = None;
        }
        answer
    }

    fn collection<'a>(&'a self, base: &'a Url, calendar: &RemoteId) -> Result<Collection<'a>, ProviderError> {
        let url = url_of(base, calendar.as_str()).ok_or_else(|| ProviderError::NotFound("This calendar".to_owned()))?;
        Ok(Collection { wire: &self.wire, base, url: as_collection(url) })
    }

    async fn read(&self, collection: &Collection<'_>, ids: &[RemoteId]) -> Result<Vec<RemoteItem>, ProviderError> {
        let mut out = Vec::with_capacity(ids.len());
        for page in ids.chunks(PAGE) {
            if !self.one_by_one.load(Ordering::Relaxed) {
                match collection.many(page).await? {
                    Many::Items(items) => {
                        out.extend(items);
                        continue;
                    }
                    Many::Unreadable => tracing::warn!("a page of events can't be read; asking for each by itself"),
                    Many::Without => self.one_by_one.store(true, Ordering::Relaxed),
                }
            }
            for id in page {
                out.extend(collection.one(id).await?);
            }
        }
        Ok(out)
    }
}

#[async_trait]
impl CalendarSource for DavSource {
    async fn calendars(&self) -> Result<Vec<RemoteCalendar>, ProviderError> {
        let remembered = self.known().is_some();
        let place = self.place().await?;
        match self.heard(calendars::list(&self.wire, &place).await) {
            // The homes may have moved since they were found.
            Err(error) if remembered && may_have_moved(&error) => {
                let place = self.place().await?;
                self.heard(calendars::list(&self.wire, &place).await)
            }
            answer => answer,
        }
    }

    async fn changes(
        &self,
        scope: &SyncScope,
        cursor: Option<&SyncCursor>,
        _budget: Budget,
    ) -> Result<ChangeBatch<RemoteItem>, ProviderError> {
        let calendar = scope.container.as_ref().ok_or_else(|| ProviderError::NotFound("This calendar".to_owned()))?;
        let place = self.place().await?;
        self.heard(self.collection(&place.base, calendar)?.changes(cursor).await)
    }

    async fn fetch(&self, calendar: &RemoteId, ids: &[RemoteId]) -> Result<Vec<RemoteItem>, ProviderError> {
        let place = self.place().await?;
        self.heard(self.read(&self.collection(&place.base, calendar)?, ids).await)
    }

    async fn write(&self, write: &CalendarWrite) -> Result<ItemWritten, ProviderError> {
        let place = self.place().await?;
        write::write(&self.wire, &place.base, write).await
    }

    fn moving(&self, _ics: &str) -> Result<Moving, ProviderError> {
        Ok(Moving::Whole)
    }

    async fn free_busy(&self, question: &FreeBusyQuestion) -> Result<Vec<Availability>, ProviderError> {
        let place = self.place().await?;
        self.heard(free_busy::ask(&self.wire, &place, question).await)
    }
}
