//! First sync and what changed since (PROVIDERS 2.6).
//!
//! Graph tells changes only of a *view*: what takes place in a window of time, every member of a series by itself. So the view says when
//! something changed, and which event; what there is comes from the list of the calendar, which has each event and each series once,
//! whenever it takes place. The list is read first, again every few hours (for what changes outside of the window), whenever the view says
//! that something went away (it does not say of which series), and when the window moves on. Calendars for which Graph gives no view to
//! follow are read every time.
//!
//! That a series has another tag after one of its members changed is as Exchange keeps them: exceptions are parts of the master.

use std::collections::BTreeSet;

use domain::{
    calendar::RemoteItem,
    error::ProviderError,
    ids::RemoteId,
    sync::{Change, ChangeBatch, SyncCursor},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

use super::{
    super::{api::Api, endpoints::with_query},
    model::Mention,
    pages::{self, WHAT},
    times::written,
};
use crate::opaque;

const DAY_SECS: i64 = 86_400;
/// The window around the day on which it was opened. Graph takes at most five years.
const BACK_DAYS: i64 = 35;
const AHEAD_DAYS: i64 = 200;
/// A window serves so long.
const WINDOW_MS: i64 = 14 * DAY_SECS * 1000;
/// How old the list may be.
const LIST_MS: i64 = 6 * 3_600_000;

/// What the engine keeps as an opaque string. Stored for years: add fields with defaults, change none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Cursor {
    v: u8,
    /// When the window was opened, milliseconds.
    opened: i64,
    /// When the calendar was last read whole, milliseconds.
    listed: i64,
    /// Where the view goes on; None: there is none to follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

impl Cursor {
    fn parse(cursor: &SyncCursor) -> Option<Self> {
        opaque::read::<Self>(cursor).filter(|c| c.v == 1)
    }
}

pub async fn changes(api: &Api, calendar: &str, cursor: Option<&SyncCursor>) -> Result<ChangeBatch<RemoteItem>, ProviderError> {
    let now = api.now();
    let known = cursor.map(|cursor| Cursor::parse(cursor).ok_or(ProviderError::CursorExpired)).transpose()?;
    let Some(known) = known.filter(|known| now.millis() - known.opened < WINDOW_MS) else {
        // What changes while the list is read is told again by the view.
        let link = open(api, calendar, now).await?;
        let all = list(api, calendar).await?;
        return Ok(whole(all, BTreeSet::new(), Cursor { v: 1, opened: now.millis(), listed: now.millis(), link }));
    };
    let Some(link) = &known.link else {
        let all = list(api, calendar).await?;
        return Ok(whole(all, BTreeSet::new(), Cursor { listed: now.millis(), ..known }));
    };
    let listing = pages::whole::<Mention>(api, WHAT, api.urls.link(link)?).await?;
    let link = listing.delta.or(known.link);
    // Which series a member that went away was of, nobody says.
    let gone = listing.values.iter().any(|event| event.removed.is_some());
    let told: BTreeSet<String> = listing.values.into_iter().filter(|event| event.removed.is_none()).filter_map(belongs).collect();
    if gone || now.millis() - known.listed >= LIST_MS {
        let all = list(api, calendar).await?;
        return Ok(whole(all, told, Cursor { listed: now.millis(), link, ..known }));
    }
    let changes = told.into_iter().map(|id| Change::Upsert(unread(id))).collect();
    Ok(batch(changes, None, &Cursor { link, ..known }))
}

/// The id of the resource that it belongs to.
fn belongs(event: Mention) -> Option<String> {
    Some(event.series_master_id.unwrap_or(event.id)).filter(|id| !id.is_empty())
}

/// Without a tag: what it is now is asked for, whatever is known.
fn unread(id: String) -> RemoteItem {
    RemoteItem { id: RemoteId(id), etag: String::new(), ics: None }
}

fn batch(changes: Vec<Change<RemoteItem>>, present: Option<Vec<RemoteId>>, next: &Cursor) -> ChangeBatch<RemoteItem> {
    ChangeBatch { changes, present, reset: false, next: opaque::write(next), more: false, progress: None }
}

/// `told`: of these the view said that they changed.
fn whole(all: Vec<Mention>, told: BTreeSet<String>, next: Cursor) -> ChangeBatch<RemoteItem> {
    // A member that stands alone is an event of its own.
    let resource = |event: Mention| (event.series_master_id.is_none() && !event.id.is_empty()).then_some(event);
    let all: Vec<Mention> = all.into_iter().filter_map(resource).collect();
    let present = all.iter().map(|event| RemoteId::new(&event.id)).collect();
    let item = |event: Mention| {
        let etag = if told.contains(&event.id) { String::new() } else { event.etag };
        Change::Upsert(RemoteItem { id: RemoteId(event.id), etag, ics: None })
    };
    batch(all.into_iter().map(item).collect(), Some(present), &next)
}

async fn list(api: &Api, calendar: &str) -> Result<Vec<Mention>, ProviderError> {
    pages::events(api, calendar, "id,type,seriesMasterId").await
}

/// A view from its first page to where it goes on. Only of the main calendar this is documented; None where Graph refuses it.
async fn open(api: &Api, calendar: &str, now: Timestamp) -> Result<Option<String>, ProviderError> {
    let day = now.secs().div_euclid(DAY_SECS);
    let at = |days: i64| chrono::DateTime::from_timestamp((day + days) * DAY_SECS, 0).map(|at| written(at.naive_utc()) + "Z");
    let (Some(from), Some(to)) = (at(-BACK_DAYS), at(AHEAD_DAYS)) else { return Ok(None) };
    let url = api.urls.me(["calendars", calendar, "calendarView", "delta"]);
    let url = with_query(url, &[("startDateTime", &from), ("endDateTime", &to)]);
    match pages::whole::<Mention>(api, WHAT, url).await {
        Ok(listing) => Ok(listing.delta),
        Err(ProviderError::Refused(_) | ProviderError::Unsupported(_)) => Ok(None),
        // Whether the calendar itself is gone, the list says.
        Err(ProviderError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_cursors_keep_their_shape() {
        let text = |cursor: &Cursor| match opaque::write(cursor) {
            SyncCursor::Opaque { value } => value,
            other => panic!("{other:?}"),
        };
        let followed = Cursor { v: 1, opened: 5, listed: 7, link: Some("https://g/x".into()) };
        assert_eq!(text(&followed), r#"{"v":1,"opened":5,"listed":7,"link":"https://g/x"}"#);
        let polled = Cursor { link: None, ..followed.clone() };
        assert_eq!(text(&polled), r#"{"v":1,"opened":5,"listed":7}"#);
        for cursor in [followed, polled] {
            assert_eq!(Cursor::parse(&opaque::write(&cursor)), Some(cursor));
        }
        assert_eq!(Cursor::parse(&SyncCursor::Opaque { value: r#"{"v":2,"opened":5,"listed":7}"#.into() }), None);
    }
}
