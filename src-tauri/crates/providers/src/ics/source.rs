//! A subscription as the engine sees it: one calendar that can only be read, all of it at once.
//!
//! The cursor is JSON: what the server called the file, a digest of what was in it, and the pace that it asked for. Files are generated, so
//! the same events often come with new time stamps; what counts is whether an event differs.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicI64, Ordering},
};

use async_trait::async_trait;
use calendar::file::{self, About, Part};
use domain::{
    calendar::{CalendarSource, CalendarWrite, ItemWritten, RemoteCalendar, RemoteItem},
    connection::FeedSettings,
    error::ProviderError,
    ids::RemoteId,
    source::Credentials,
    sync::{Budget, Change, ChangeBatch, SyncCursor, SyncScope},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::download::{Download, Feeds, Validators};
use crate::tls::format_fingerprint;

/// The id of the one calendar.
const CALENDAR: &str = "feed";
/// More often is rude, whatever a file says; less often than the last is as good as never.
const FASTEST_SECS: i64 = 15 * 60;
const USUAL_SECS: i64 = 60 * 60;
const SLOWEST_SECS: i64 = 7 * 24 * 60 * 60;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Position {
    #[serde(flatten)]
    validators: Validators,
    digest: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_secs: Option<i64>,
}

pub struct FeedSource {
    settings: FeedSettings,
    credentials: Arc<dyn Credentials>,
    feeds: Arc<Feeds>,
    pace_secs: AtomicI64,
    /// What the file says about itself, once it was read.
    about: Mutex<Option<About>>,
}

/// A file that was taken apart.
struct Read {
    items: Vec<RemoteItem>,
    about: About,
    validators: Validators,
}

impl FeedSource {
    pub fn new(settings: FeedSettings, credentials: Arc<dyn Credentials>, feeds: Arc<Feeds>) -> Self {
        Self { settings, credentials, feeds, pace_secs: AtomicI64::new(USUAL_SECS), about: Mutex::default() }
    }

    fn pace(&self, refresh_secs: Option<i64>) {
        self.pace_secs.store(refresh_secs.unwrap_or(USUAL_SECS).clamp(FASTEST_SECS, SLOWEST_SECS), Ordering::Relaxed);
    }

    /// None: it is still what `known` names.
    async fn read(&self, known: &Validators) -> Result<Option<Read>, ProviderError> {
        let address = self.credentials.password().await?;
        let Some(Download { host, bytes, validators }) = self.feeds.get(&address, self.settings.private_allowed, known).await? else {
            return Ok(None);
        };
        // Ten megabytes take their time, and a library may trip over what strangers write.
        let taken = tokio::task::spawn_blocking(move || (file::split(&bytes).map(items), file::about(&bytes))).await;
        let refuse = |why: String| ProviderError::Refused(format!("The calendar at {host} can't be read: {why}."));
        let (items, about) = taken.map_err(|_| refuse("it holds something that no calendar program expects".to_owned()))?;
        let items = items.map_err(|e| refuse(e.to_string()))?;
        self.pace(about.refresh_secs);
        *self.about.lock().unwrap_or_else(PoisonError::into_inner) = Some(about.clone());
        Ok(Some(Read { items, about, validators }))
    }

    fn about(&self) -> Option<About> {
        self.about.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl CalendarSource for FeedSource {
    async fn calendars(&self) -> Result<Vec<RemoteCalendar>, ProviderError> {
        // Read even where the person gave a name: an address that leads to no calendar is to be told now.
        let about = match self.about() {
            Some(about) => about,
            None => self.read(&Validators::default()).await?.map(|read| read.about).unwrap_or_default(),
        };
        let given = Some(self.settings.name.trim().to_owned()).filter(|name| !name.is_empty());
        let own = about.name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
        Ok(vec![RemoteCalendar {
            id: CALENDAR.to_owned(),
            name: given.or(own).unwrap_or_else(|| self.settings.host.clone()),
            events: true,
            ..RemoteCalendar::default()
        }])
    }

    async fn changes(
        &self,
        _scope: &SyncScope,
        cursor: Option<&SyncCursor>,
        _budget: Budget,
    ) -> Result<ChangeBatch<RemoteItem>, ProviderError> {
        let before: Option<Position> = match cursor {
            None => None,
            Some(SyncCursor::Opaque { value }) => Some(serde_json::from_str(value).map_err(|_| ProviderError::CursorExpired)?),
            Some(_) => return Err(ProviderError::CursorExpired),
        };
        let known = before.as_ref().map(|p| p.validators.clone()).unwrap_or_default();
        let Some(Read { items, about, validators }) = self.read(&known).await? else {
            let same = before.unwrap_or_default();
            self.pace(same.refresh_secs);
            return batch(Vec::new(), None, &same);
        };
        let next = Position { validators, digest: digest(&items), refresh_secs: about.refresh_secs };
        if before.is_some_and(|before| before.digest == next.digest) {
            return batch(Vec::new(), None, &next);
        }
        let present = items.iter().map(|item| item.id.clone()).collect();
        batch(items.into_iter().map(Change::Upsert).collect(), Some(present), &next)
    }

    async fn fetch(&self, _calendar: &RemoteId, ids: &[RemoteId]) -> Result<Vec<RemoteItem>, ProviderError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let read = self.read(&Validators::default()).await?;
        let items = read.map(|read| read.items).unwrap_or_default();
        Ok(items.into_iter().filter(|item| ids.contains(&item.id)).collect())
    }

    async fn write(&self, _write: &CalendarWrite) -> Result<ItemWritten, ProviderError> {
        Err(ProviderError::Unsupported(
            "A subscribed calendar can only be read; make the change where it is kept, or put a copy into a calendar of your own."
                .to_owned(),
        ))
    }

    fn pace_ms(&self) -> Option<i64> {
        Some(self.pace_secs.load(Ordering::Relaxed).saturating_mul(1000))
    }
}

fn batch(
    changes: Vec<Change<RemoteItem>>,
    present: Option<Vec<RemoteId>>,
    next: &Position,
) -> Result<ChangeBatch<RemoteItem>, ProviderError> {
    let value = serde_json::to_string(next).map_err(|_| ProviderError::CursorExpired)?;
    Ok(ChangeBatch { changes, present, reset: false, next: SyncCursor::Opaque { value }, more: false, progress: None })
}

fn items(parts: Vec<Part>) -> Vec<RemoteItem> {
    parts.into_iter().map(|Part { uid, ics }| RemoteItem { id: RemoteId(uid), etag: version(&ics), ics: Some(ics) }).collect()
}

/// SHA-256 in hex of a resource without its time stamps: many servers write the time of the request there (RFC 5545 section 3.8.7.2).
fn version(ics: &str) -> String {
    let mut hash = Sha256::new();
    let mut stamp = false;
    for line in ics.split_inclusive('\n') {
        if !line.starts_with([' ', '\t']) {
            let name = line.split([':', ';']).next().unwrap_or_default();
            stamp = name.trim().eq_ignore_ascii_case("DTSTAMP");
        }
        if !stamp {
            hash.update(line.as_bytes());
        }
    }
    format_fingerprint(&hash.finalize().into())
}

/// Of everything in the file, in whatever order it came.
fn digest(items: &[RemoteItem]) -> String {
    let mut all: Vec<(&str, &str)> = items.iter().map(|item| (item.id.as_str(), item.etag.as_str())).collect();
    all.sort_unstable();
    let mut hash = Sha256::new();
    for (id, etag) in all {
        hash.update((id.len() as u64).to_be_bytes());
        hash.update(id.as_bytes());
        hash.update(etag.as_bytes());
    }
    format_fingerprint(&hash.finalize().into())
}
