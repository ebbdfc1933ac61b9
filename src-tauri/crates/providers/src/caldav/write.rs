//! Writes to a calendar, so that asking twice does no harm and nothing of others is written over (RFC 4791 section 5.3.2, RFC 9110
//! section 13.1).
//!
//! A reply can be lost after the server did what it was asked. So a refused precondition is first held against what is there now: where that
//! is what we wanted to write, an earlier attempt wrote it.

use domain::{
    calendar::{CalendarWrite, ItemWritten},
    error::ProviderError,
    ids::RemoteId,
};
use reqwest::{
    Method, StatusCode,
    header::{HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH, LOCATION},
};
use url::Url;

use super::{
    fetch::get,
    place::{as_collection, id_of, join, url_of},
    relocate,
    text::{etag_of, is_strong, same, uid},
    wire::{ITEM_CAP, Wire},
};
use crate::http::Reply;

pub const CALENDAR: HeaderValue = HeaderValue::from_static("text/calendar; charset=utf-8");

pub async fn write(wire: &Wire, base: &Url, write: &CalendarWrite) -> Result<ItemWritten, ProviderError> {
    let at = |id: &RemoteId| url_of(base, id.as_str()).ok_or_else(|| gone(wire));
    match write {
        CalendarWrite::Create { calendar, name, ics } => {
            // Names are the engine's own; anything else would be another place.
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
                return Err(ProviderError::Refused("This event has no name that can be part of an address.".to_owned()));
            }
            let url = join(&as_collection(at(calendar)?), &format!("{name}.ics")).ok_or_else(|| gone(wire))?;
            create(wire, base, url, ics).await
        }
        CalendarWrite::Update { id, etag, before, ics, .. } => update(wire, base, at(id)?, etag, before, ics).await,
        CalendarWrite::Move { to, id, etag, name, .. } => {
            let target = join(&as_collection(at(to)?), &format!("{name}.ics")).ok_or_else(|| gone(wire))?;
            relocate::relocate(wire, base, at(id)?, target, etag).await
        }
        CalendarWrite::Delete { id, etag, .. } => {
            delete(wire, at(id)?, etag).await?;
            Ok(ItemWritten { id: id.clone(), etag: String::new(), ics: None })
        }
    }
}

async fn create(wire: &Wire, base: &Url, url: Url, ics: &str) -> Result<ItemWritten, ProviderError> {
    let (at, reply) = put(wire, url, ics, Some((IF_NONE_MATCH, "*"))).await?;
    match reply.status {
        StatusCode::OK | StatusCode::CREATED | StatusCode::NO_CONTENT => {
            // Some servers give it a name of their own.
            let moved = reply.headers.get(LOCATION).and_then(|v| v.to_str().ok()).and_then(|l| join(&at, l));
            match moved.filter(|moved| wire.start().trusts(moved) && id_of(base, moved) != id_of(base, &at)) {
                Some(moved) => read_back(wire, base, moved, ics).await,
                None => written(wire, base, at, &reply, ics).await,
            }
        }
        StatusCode::PRECONDITION_FAILED => {
            let there = get(wire, at.clone()).await?;
            match there.filter(|(_, text)| uid(text).is_some_and(|theirs| uid(ics) == Some(theirs))) {
                Some((etag, text)) => Ok(answer(base, &at, etag, text, ics)),
                None => Err(ProviderError::Conflict(wire.what().to_owned())),
            }
        }
        _ => Err(wire.refused(wire.what(), &at, &reply)),
    }
}

async fn update(wire: &Wire, base: &Url, url: Url, etag: &str, before: &str, ics: &str) -> Result<ItemWritten, ProviderError> {
    let mut condition = is_strong(etag).then(|| etag.to_owned());
    if condition.is_none() {
        // A weak tag proves nothing about the bytes, so these are compared. Between this and the write is a moment; no more can be had.
        let (now, text) = get(wire, url.clone()).await?.ok_or_else(|| gone(wire))?;
        if !same(&text, before) {
            return if same(&text, ics) {
                Ok(answer(base, &url, now, text, ics))
            } else {
                Err(ProviderError::Conflict(wire.what().to_owned()))
            };
        }
        condition = is_strong(&now).then_some(now);
    }
    let (at, reply) = put(wire, url, ics, condition.as_deref().map(|tag| (IF_MATCH, tag))).await?;
    match reply.status {
        StatusCode::OK | StatusCode::CREATED | StatusCode::NO_CONTENT => written(wire, base, at, &reply, ics).await,
        // `If-Match` fails as well where nothing is there (RFC 9110 section 13.1.1).
        StatusCode::PRECONDITION_FAILED => match get(wire, at.clone()).await? {
            None => Err(gone(wire)),
            Some((etag, text)) if same(&text, ics) => Ok(answer(base, &at, etag, text, ics)),
            Some(_) => Err(ProviderError::Conflict(wire.what().to_owned())),
        },
        _ => Err(wire.refused(wire.what(), &at, &reply)),
    }
}

pub(super) async fn delete(wire: &Wire, url: Url, etag: &str) -> Result<(), ProviderError> {
    let mut call = Wire::item(Method::DELETE, url.clone());
    if is_strong(etag) {
        call = call.header(IF_MATCH, header(wire, etag)?);
    } else if !etag.is_empty() {
        let Some((now, _)) = get(wire, url).await? else { return Ok(()) };
        if now != etag {
            return Err(ProviderError::Conflict(wire.what().to_owned()));
        }
    }
    let (at, reply) = wire.send(call, ITEM_CAP).await?;
    match reply.status {
        status if status.is_success() => Ok(()),
        StatusCode::NOT_FOUND | StatusCode::GONE => Ok(()),
        StatusCode::PRECONDITION_FAILED if get(wire, at.clone()).await?.is_none() => Ok(()),
        _ => Err(wire.refused(wire.what(), &at, &reply)),
    }
}

async fn put(wire: &Wire, url: Url, ics: &str, condition: Option<(HeaderName, &str)>) -> Result<(Url, Reply), ProviderError> {
    let mut call = Wire::item(Method::PUT, url).body(CALENDAR, ics.to_owned());
    if let Some((name, value)) = condition {
        call = call.header(name, header(wire, value)?);
    }
    wire.send(call, ITEM_CAP).await
}

/// With a strong tag the server says that it keeps exactly what was sent (RFC 4791 section 5.3.4); else it is asked what it made of it.
async fn written(wire: &Wire, base: &Url, url: Url, reply: &Reply, ics: &str) -> Result<ItemWritten, ProviderError> {
    let etag = etag_of(&reply.headers);
    if is_strong(&etag) {
        return Ok(ItemWritten { id: id_of(base, &url), etag, ics: None });
    }
    read_back(wire, base, url, ics).await
}

async fn read_back(wire: &Wire, base: &Url, url: Url, ics: &str) -> Result<ItemWritten, ProviderError> {
    match get(wire, url.clone()).await? {
        Some((etag, text)) => Ok(answer(base, &url, etag, text, ics)),
        // It was taken and is not to be read: the next round says what became of it.
        None => Ok(ItemWritten { id: id_of(base, &url), etag: String::new(), ics: None }),
    }
}

fn answer(base: &Url, url: &Url, etag: String, text: String, ics: &str) -> ItemWritten {
    ItemWritten { id: id_of(base, url), etag, ics: (!same(&text, ics)).then_some(text) }
}

pub(super) fn header(wire: &Wire, etag: &str) -> Result<HeaderValue, ProviderError> {
    HeaderValue::from_str(etag).map_err(|_| ProviderError::Conflict(wire.what().to_owned()))
}

pub(super) fn gone(wire: &Wire) -> ProviderError {
    ProviderError::NotFound(wire.what().to_owned())
}
