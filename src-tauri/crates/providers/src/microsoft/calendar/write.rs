//! Writes to a calendar, so that asking twice does no harm and nothing of others is written over.
//!
//! A change can be several calls: one for the master, one for each member, and an answer. So what is there is read first and compared with
//! what the change was made from; after the last call it is read again, because Graph adds to what it is told.

use calendar::When;
use chrono::TimeDelta;
use domain::{
    calendar::{CalendarWrite, ItemWritten},
    error::ProviderError,
    ids::RemoteId,
};
use reqwest::Method;
use url::Url;

use super::{
    super::{
        api::{Api, json_call},
        endpoints::with_query,
    },
    answer, create,
    diff::{self, Member, Step},
    model::Event,
    pages,
    resource::{There, WHAT, place, read},
    times::{self, written},
    to_json,
};
use crate::{
    http::Call,
    ical::{Doc, Entry, refused, times::in_utc},
};

/// Around the start of a member its event is looked for.
const NEAR: TimeDelta = TimeDelta::days(2);

pub async fn write(api: &Api, owner: &str, write: &CalendarWrite) -> Result<ItemWritten, ProviderError> {
    match write {
        CalendarWrite::Create { calendar, name, ics } => created(api, owner, calendar.as_str(), name, ics).await,
        CalendarWrite::Update { calendar, id, etag, before, ics } => {
            update(&Place { api, owner, calendar: calendar.as_str() }, id, etag, before, ics).await
        }
        // There is no such call: see `CalendarSource::moving`.
        CalendarWrite::Move { .. } => Err(ProviderError::Unsupported("Microsoft can't move an event to another calendar.".to_owned())),
        CalendarWrite::Delete { calendar, id, etag } => delete(api, calendar.as_str(), id, etag).await,
    }
}

fn gone() -> ProviderError {
    ProviderError::NotFound(WHAT.to_owned())
}

/// Where it is written.
struct Place<'a> {
    api: &'a Api,
    owner: &'a str,
    calendar: &'a str,
}

async fn created(api: &Api, owner: &str, calendar: &str, name: &str, ics: &str) -> Result<ItemWritten, ProviderError> {
    let place = Place { api, owner, calendar };
    let doc = to_json::read(ics)?;
    let made = create::create(api, calendar, name, &doc, owner).await?;
    let id = RemoteId(made.id);
    if !made.whole {
        let there = place.read(&id).await?.ok_or_else(gone)?;
        let now = place.doc(&there)?;
        place.members(&there, diff::members(&now, &doc, &there, true)?, "").await?;
    }
    place.answer(&id).await
}

async fn update(place: &Place<'_>, id: &RemoteId, etag: &str, before: &str, ics: &str) -> Result<ItemWritten, ProviderError> {
    let mut there = place.read(id).await?.ok_or_else(gone)?;
    let fresh = there.etag() == etag;
    let was = if fresh { to_json::read(before)? } else { place.doc(&there)? };
    let is = to_json::read(ics)?;
    let master = diff::master(&was, &is, &there)?;
    let todo = if master.moved { Vec::new() } else { diff::members(&was, &is, &there, false)? };
    if !fresh {
        // Where there is nothing left to do, an earlier attempt did it.
        let done = master.step.is_nothing() && todo.is_empty() && !master.moved;
        return if done { place.written(id, &there) } else { Err(ProviderError::Conflict(WHAT.to_owned())) };
    }
    let first = master.step.is_nothing();
    place.step(id.as_str(), &master.step, etag).await?;
    if master.moved {
        there = place.read(id).await?.ok_or_else(gone)?;
        let now = place.doc(&there)?;
        let kept = now.master.as_ref().map(Entry::left_out).unwrap_or_default();
        let wanted = is.master.as_ref().map(Entry::left_out).unwrap_or_default();
        if kept.difference(&wanted).next().is_some() {
            return Err(refused(
                "Microsoft doesn't bring back a date that was taken out of a series: make an event of its own for that date.",
            ));
        }
        place.members(&there, diff::members(&now, &is, &there, true)?, "").await?;
    } else {
        place.members(&there, todo, if first { etag } else { "" }).await?;
    }
    place.answer(id).await
}

impl Place<'_> {
    async fn read(&self, id: &RemoteId) -> Result<Option<There>, ProviderError> {
        read(self.api, self.calendar, id.as_str()).await
    }

    fn text(&self, there: &There) -> Result<String, ProviderError> {
        there.ics(self.owner).ok_or_else(gone)
    }

    fn doc(&self, there: &There) -> Result<Doc, ProviderError> {
        to_json::read(&self.text(there)?)
    }

    /// An empty etag is no condition.
    async fn step(&self, id: &str, step: &Step, etag: &str) -> Result<(), ProviderError> {
        if !step.fields.is_empty() {
            let call = json_call(Method::PATCH, place(self.api, self.calendar, id), &step.fields)?.if_match(WHAT, etag)?;
            self.api.reply(WHAT, call).await?;
        }
        match step.answer {
            Some(answer) => answer::give(self.api, self.calendar, id, answer, true).await,
            None => Ok(()),
        }
    }

    /// `etag`: what the first of these calls is made from, where none came before.
    async fn members(&self, there: &There, todo: Vec<Member>, etag: &str) -> Result<(), ProviderError> {
        if todo.is_empty() {
            return Ok(());
        }
        let start = there.start().ok_or_else(gone)?;
        for (n, member) in todo.into_iter().enumerate() {
            let known = there.member(member.key()).map(|event| event.id.clone());
            let id = match known {
                Some(id) => Some(id),
                None => self.member(there, &start, member.key()).await?,
            };
            // Of a series and its members there is one version.
            let etag = if n == 0 { etag } else { "" };
            match (member, id) {
                (Member::Change { step, .. }, Some(id)) => self.step(&id, &step, etag).await?,
                (Member::Remove { .. }, Some(id)) => remove(self.api, place(self.api, self.calendar, &id), etag).await?,
                // It is out already.
                (Member::Remove { .. }, None) => {}
                (Member::Change { .. }, None) => {
                    return Err(refused(
                        "This date is none of the series at Microsoft: look at the calendar again, it may have changed meanwhile.",
                    ));
                }
            }
        }
        Ok(())
    }

    /// The id of a member that is as the series says.
    async fn member(&self, there: &There, start: &When, key: &str) -> Result<Option<String>, ProviderError> {
        let Some(member) = When::of_key(key, start) else { return Ok(None) };
        let utc = in_utc(&member);
        let at = |delta: TimeDelta| utc.checked_add_signed(delta).map(|at| written(at) + "Z").unwrap_or_default();
        let mut url = place(self.api, self.calendar, &there.master.id);
        if let Ok(mut path) = url.path_segments_mut() {
            path.push("instances");
        }
        let options = [("startDateTime", at(-NEAR)), ("endDateTime", at(NEAR)), ("$select", "id,start,originalStart,isAllDay".to_owned())];
        let options: Vec<(&str, &str)> = options.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let found = pages::whole::<Event>(self.api, WHAT, with_query(url, &options)).await?.values;
        let zone = there.zone();
        let is = |event: &Event| {
            let own = event.original_start.as_deref().and_then(|text| times::of_instant(text, zone.clone(), start.is_date()));
            own.or_else(|| times::when(event.start.as_ref()?, zone.clone(), start.is_date())).is_some_and(|when| when.key() == key)
        };
        Ok(found.into_iter().find(is).map(|event| event.id))
    }

    async fn answer(&self, id: &RemoteId) -> Result<ItemWritten, ProviderError> {
        match self.read(id).await? {
            Some(there) => self.written(id, &there),
            // It was taken and is gone again (what one declines, Exchange takes away): the next round says so.
            None => Ok(ItemWritten { id: id.clone(), etag: String::new(), ics: None }),
        }
    }

    fn written(&self, id: &RemoteId, there: &There) -> Result<ItemWritten, ProviderError> {
        Ok(ItemWritten { id: id.clone(), etag: there.etag().to_owned(), ics: Some(self.text(there)?) })
    }
}

/// What is gone already is gone.
async fn remove(api: &Api, url: Url, etag: &str) -> Result<(), ProviderError> {
    match api.reply(WHAT, Call::new(Method::DELETE, url).if_match(WHAT, etag)?).await {
        Ok(_) | Err(ProviderError::NotFound(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

async fn delete(api: &Api, calendar: &str, id: &RemoteId, etag: &str) -> Result<ItemWritten, ProviderError> {
    remove(api, place(api, calendar, id.as_str()), etag).await?;
    Ok(ItemWritten { id: id.clone(), etag: String::new(), ics: None })
}
