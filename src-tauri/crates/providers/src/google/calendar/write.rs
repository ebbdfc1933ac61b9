//! Writes to a calendar, so that asking twice does no harm and nothing of others is written over.
//!
//! A change can be several calls: one for the master and one for each member. So what is there is read first and compared with what the
//! change was made from; after the last call it is read again, because Google adds to what it is told.

use domain::{
    calendar::{CalendarWrite, ItemWritten},
    error::ProviderError,
    ids::RemoteId,
};
use reqwest::Method;
use serde_json::Value;

use super::{
    api::CalendarApi,
    calendars, create,
    diff::{self, Fields, Member},
    model::Event,
    relocate::relocate,
    resource::{There, WHAT, master_etag, read},
    to_json,
};
use crate::ical::Doc;

pub async fn write(api: &CalendarApi, write: &CalendarWrite) -> Result<ItemWritten, ProviderError> {
    match write {
        CalendarWrite::Create { calendar, name, ics } => created(api, calendar.as_str(), name, ics).await,
        CalendarWrite::Update { calendar, id, etag, before, ics } => update(api, calendar.as_str(), id, etag, before, ics).await,
        CalendarWrite::Move { from, to, id, etag, .. } => relocate(api, from.as_str(), to.as_str(), id, etag).await,
        CalendarWrite::Delete { calendar, id, etag } => delete(api, calendar.as_str(), id, etag).await,
    }
}

pub(super) fn gone() -> ProviderError {
    ProviderError::NotFound(WHAT.to_owned())
}

async fn created(api: &CalendarApi, calendar: &str, name: &str, ics: &str) -> Result<ItemWritten, ProviderError> {
    let mut doc = to_json::read(ics, None)?;
    let mut zone = None;
    if floats(&doc) {
        zone = calendars::zone(api, calendar).await?;
        doc = to_json::read(ics, zone.as_deref())?;
    }
    let id = create::create(api, calendar, name, &doc, zone.as_deref()).await?;
    if doc.master.is_some() && !doc.members.is_empty() {
        let there = read(api, calendar, &id).await?.ok_or_else(gone)?;
        let now = to_json::read(&text(api, &there)?, None)?;
        let todo = diff::members(&now, &doc, &there, true, zone.as_deref())?;
        apply(api, calendar, &there, todo).await?;
    }
    answer(api, calendar, &RemoteId(id)).await
}

/// A time without a zone: what it means depends on the calendar.
fn floats(doc: &Doc) -> bool {
    doc.master.iter().chain(doc.members.values()).any(|entry| matches!(entry.event.start, calendar::When::Floating(_)))
}

async fn update(
    api: &CalendarApi,
    calendar: &str,
    id: &RemoteId,
    etag: &str,
    before: &str,
    ics: &str,
) -> Result<ItemWritten, ProviderError> {
    let mut there = read(api, calendar, id.as_str()).await?.ok_or_else(gone)?;
    let fresh = there.group.etag() == etag;
    let zone = there.about.zone.clone();
    // The calendar's own reminders are in the text, and may have changed without the event: what it was made from says what was meant.
    let was = if fresh { to_json::read(before, zone.as_deref())? } else { to_json::read(&text(api, &there)?, None)? };
    let is = to_json::read(ics, zone.as_deref())?;
    let master = diff::master(&was, &is, &there, zone.as_deref())?;
    let todo = if master.moved { Vec::new() } else { diff::members(&was, &is, &there, false, zone.as_deref())? };
    if !fresh {
        // Where there is nothing left to do, an earlier attempt did it.
        let done = master.fields.is_empty() && todo.is_empty();
        return if done { written(api, id, &there) } else { Err(ProviderError::Conflict(WHAT.to_owned())) };
    }
    if !master.fields.is_empty() {
        patch(api, calendar, &there.series, master_etag(etag), &master.fields).await?;
    }
    if master.moved {
        there = read(api, calendar, id.as_str()).await?.ok_or_else(gone)?;
        let now = to_json::read(&text(api, &there)?, None)?;
        let todo = diff::members(&now, &is, &there, true, zone.as_deref())?;
        apply(api, calendar, &there, todo).await?;
    } else {
        apply(api, calendar, &there, todo).await?;
    }
    answer(api, calendar, id).await
}

/// Members have a tag of their own where they are otherwise already.
async fn apply(api: &CalendarApi, calendar: &str, there: &There, todo: Vec<Member>) -> Result<(), ProviderError> {
    let place = |key: &str| match diff::of_key(there, key) {
        Some(member) => (member.id.clone(), member.etag.clone()),
        None => (format!("{}_{key}", there.series), String::new()),
    };
    for member in todo {
        match member {
            Member::Patch { key, fields } => {
                let (id, etag) = place(&key);
                patch(api, calendar, &id, &etag, &fields).await?;
            }
            Member::Remove { key } => {
                let (id, etag) = place(&key);
                remove(api, calendar, &id, &etag).await?;
            }
        }
    }
    Ok(())
}

async fn patch(api: &CalendarApi, calendar: &str, id: &str, etag: &str, fields: &Fields) -> Result<(), ProviderError> {
    let mut url = api.urls.events(calendar, [id]);
    url.query_pairs_mut().extend_pairs([
        ("sendUpdates", diff::told(fields)),
        ("conferenceDataVersion", "1"),
        ("supportsAttachments", "true"),
    ]);
    api.put::<Value>(Method::PATCH, WHAT, url, etag, fields).await.map(drop)
}

async fn remove(api: &CalendarApi, calendar: &str, id: &str, etag: &str) -> Result<(), ProviderError> {
    let mut url = api.urls.events(calendar, [id]);
    url.query_pairs_mut().append_pair("sendUpdates", "all");
    api.delete(WHAT, url, etag).await
}

async fn delete(api: &CalendarApi, calendar: &str, id: &RemoteId, etag: &str) -> Result<ItemWritten, ProviderError> {
    let deleted = ItemWritten { id: id.clone(), etag: String::new(), ics: None };
    let own = master_etag(etag);
    if own == etag && !etag.is_empty() {
        remove(api, calendar, id.as_str(), own).await?;
        return Ok(deleted);
    }
    // With members: only together do they say whether this is what was seen.
    let Some(there) = read(api, calendar, id.as_str()).await? else { return Ok(deleted) };
    if !etag.is_empty() && there.group.etag() != etag {
        return Err(ProviderError::Conflict(WHAT.to_owned()));
    }
    match &there.group.master {
        Some(master) => remove(api, calendar, &master.id, own).await?,
        None => {
            let members: Vec<&Event> = there.group.live().collect();
            for member in members {
                remove(api, calendar, &member.id, &member.etag).await?;
            }
        }
    }
    Ok(deleted)
}

fn text(api: &CalendarApi, there: &There) -> Result<String, ProviderError> {
    there.item(api.owner()).and_then(|item| item.ics).ok_or_else(gone)
}

pub(super) async fn answer(api: &CalendarApi, calendar: &str, id: &RemoteId) -> Result<ItemWritten, ProviderError> {
    match read(api, calendar, id.as_str()).await? {
        Some(there) => written(api, id, &there),
        // It was taken and is gone again: the next round says so.
        None => Ok(ItemWritten { id: id.clone(), etag: String::new(), ics: None }),
    }
}

pub(super) fn written(api: &CalendarApi, id: &RemoteId, there: &There) -> Result<ItemWritten, ProviderError> {
    Ok(ItemWritten { id: id.clone(), etag: there.group.etag(), ics: Some(text(api, there)?) })
}
