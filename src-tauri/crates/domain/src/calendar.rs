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

/// A video call that a provider makes by itself for an event of its calendars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallKind {
    GoogleMeet,
    Teams,
    SkypeBusiness,
    Skype,
}

impl CallKind {
    pub const ALL: [Self; 4] = [Self::GoogleMeet, Self::Teams, Self::SkypeBusiness, Self::Skype];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GoogleMeet => "google_meet",
            Self::Teams => "teams",
            Self::SkypeBusiness => "skype_business",
            Self::Skype => "skype",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

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
    /// The video call that it makes for an event; None: it makes none.
    pub calls: Option<CallKind>,
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
    /// Into another calendar of the same connection, as it is there, where [`CalendarSource::moving`] said that this is one step. Asking
    /// again after it was done answers as before. `name`: as for `Create`, for what needs one.
    Move { from: RemoteId, to: RemoteId, id: RemoteId, etag: String, name: String },
    /// One that is gone already is deleted.
    Delete { calendar: RemoteId, id: RemoteId, etag: String },
}

/// How an event gets into another calendar of the same connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moving {
    /// The provider moves it, and nobody hears of it ([`CalendarWrite::Move`]).
    Whole,
    /// It is made there and deleted here: its guests hear of both.
    Copied,
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
    /// How this event would get into another calendar of this connection; [`ProviderError::Refused`]: not at all. Asks nobody.
    fn moving(&self, ics: &str) -> Result<Moving, ProviderError> {
        let _ = ics;
        Ok(Moving::Copied)
    }
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
