//! Calendars and what lies in them, as providers and engine speak of it.
//!
//! What a provider keeps is one *resource* for each UID: the master of a series together with everything that stands for single members
//! of it, as iCalendar text (RFC 5545, RFC 4791 section 4.1). Providers that speak JSON are translated by their module, so that reading,
//! recurrence, merging and export exist once.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    error::ProviderError,
    free_busy::{Availability, FreeBusyQuestion},
    ids::RemoteId,
    sync::{Budget, ChangeBatch, SyncCursor, SyncScope},
};

/// A calendar at a provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteCalendar {
    /// CalDAV: the path of the collection, percent-encoding normalised.
    pub id: String,
    pub name: String,
    /// `#rrggbb`, where the provider says one.
    pub colour: Option<String>,
    /// IANA name, where the provider says one.
    pub zone: Option<String>,
    /// Whether events can be made, changed and deleted.
    pub writable: bool,
    /// Whether it takes VEVENT.
    pub events: bool,
    /// Whether it takes VTODO.
    pub tasks: bool,
    /// Whether the provider itself tells guests of changes and organisers of answers (RFC 6638); else that is done by mail.
    pub schedules: bool,
}

/// A resource of a calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteItem {
    pub id: RemoteId,
    /// Version; empty where the provider says none. Opaque, quotes included.
    pub etag: String,
    /// One VCALENDAR with everything of one UID. None: not known from this call; the engine asks
    /// [`CalendarSource::fetch`] where its own etag is another.
    pub ics: Option<String>,
}

/// A write to a calendar. Whole resources: what a provider can take in parts, its module finds by comparing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CalendarWrite {
    /// `name` is unique and safe in a path (`[a-v0-9]`, 26 characters): asking twice makes one resource, and the second answer is the
    /// first one's.
    Create { calendar: RemoteId, name: String, ics: String },
    /// `before`: what was last seen there, with this `etag`.
    Update { calendar: RemoteId, id: RemoteId, etag: String, before: String, ics: String },
    /// One that is gone already is deleted.
    Delete { calendar: RemoteId, id: RemoteId, etag: String },
}

/// What the provider made of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemWritten {
    pub id: RemoteId,
    /// Empty where the provider did not say; then `ics` is read back.
    pub etag: String,
    /// Where the provider keeps something else than was sent.
    pub ics: Option<String>,
}

/// The calendars of a connection.
#[async_trait]
pub trait CalendarSource: Send + Sync {
    /// Every calendar that this connection shows.
    async fn calendars(&self) -> Result<Vec<RemoteCalendar>, ProviderError>;
    /// The next page after `cursor` (None: everything) of `scope.container`. Idempotent: asking again with the same cursor repeats it.
    async fn changes(
        &self,
        scope: &SyncScope,
        cursor: Option<&SyncCursor>,
        budget: Budget,
    ) -> Result<ChangeBatch<RemoteItem>, ProviderError>;
    /// These resources with their text. Ids that no longer exist are left out silently.
    async fn fetch(&self, calendar: &RemoteId, ids: &[RemoteId]) -> Result<Vec<RemoteItem>, ProviderError>;
    /// [`ProviderError::Conflict`] where the resource is not what the write was made from.
    async fn write(&self, write: &CalendarWrite) -> Result<ItemWritten, ProviderError>;
    /// When others have no time, as far as the provider tells this account: one answer for each person, in the order of the question.
    /// Nothing is written there, and nobody is told. [`ProviderError::Unsupported`]: it can't be asked for such things.
    async fn free_busy(&self, question: &FreeBusyQuestion) -> Result<Vec<Availability>, ProviderError> {
        let _ = question;
        Err(ProviderError::Unsupported("This calendar can't ask when others have time.".to_owned()))
    }
    /// Milliseconds between two rounds, where the provider asks for a pace of its own (REFRESH-INTERVAL, RFC 7986 section 5.7).
    fn pace_ms(&self) -> Option<i64> {
        None
    }
    /// Where the server schedules: whether it also tells the organiser of an answer that comes with an event that it did not have.
    fn tells_of_new(&self) -> bool {
        true
    }
}
