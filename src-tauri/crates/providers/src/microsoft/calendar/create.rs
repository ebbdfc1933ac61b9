//! New events.
//!
//! The engine's name for the event is Graph's `transactionId`, so that asking twice makes one. A meeting that somebody else calls is not
//! made: that would invite everybody again, in the person's own name. Exchange has it already where the invitation came to this mailbox, and
//! is given the answer; where it did not, an event without guests stands for it.

use calendar::Participation;
use domain::error::ProviderError;
use reqwest::Method;
use serde_json::json;

use super::{
    super::{
        api::{Api, json_call},
        endpoints::with_query,
        model::Page,
    },
    answer, call,
    model::Event,
    pages,
    resource::WHAT,
    to_json::{Fields, fields},
    uid,
};
use crate::ical::{Doc, Entry, refused};

/// The id of the event; a meeting of others has its answer with that, and needs no more.
pub struct Made {
    pub id: String,
    pub whole: bool,
}

/// Makes the event. Members that are otherwise are not written yet.
pub async fn create(api: &Api, calendar: &str, name: &str, doc: &Doc, owner: &str) -> Result<Made, ProviderError> {
    let first = doc.master.as_ref().or_else(|| doc.members.values().next()).ok_or_else(|| refused("There is no event in this text."))?;
    let mut body = fields(first, None)?;
    if let Some(caller) = caller(first, owner) {
        if let Some(id) = invitation(api, calendar, &first.event.uid).await? {
            // The engine has told whoever calls it: by mail, as it does not know beforehand whether there is anything to answer here.
            answer::give(api, calendar, &id, own_answer(first, owner), false).await?;
            return Ok(Made { id, whole: true });
        }
        body.remove("attendees");
        let text = format!("{}\n\n{caller} invites.", first.event.description);
        body.insert("body".to_owned(), json!({ "contentType": "text", "content": text.trim() }));
    } else {
        body.extend(call::request(first, None)?);
    }
    body.retain(|_, value| !value.is_null());
    let id = insert(api, calendar, name, body).await?;
    Ok(Made { id, whole: doc.master.is_none() })
}

/// Who calls the meeting, where that is somebody else.
fn caller(entry: &Entry, owner: &str) -> Option<String> {
    let who = entry.event.organizer.as_ref().filter(|who| !who.address.is_empty() && !who.address.eq_ignore_ascii_case(owner))?;
    Some(if who.name.is_empty() { who.address.clone() } else { format!("{} <{}>", who.name, who.address) })
}

fn own_answer(entry: &Entry, owner: &str) -> Participation {
    let own = entry.event.attendees.iter().find(|guest| guest.person.address.eq_ignore_ascii_case(owner));
    // Invited by another address of theirs: whoever has answered.
    let own = own.or_else(|| entry.event.attendees.iter().find(|guest| guest.participation != Participation::NeedsAction));
    own.map(|guest| guest.participation).unwrap_or_default()
}

/// That `iCalUId` can be filtered by is not documented (unverified): where it is refused, the meeting counts as not there.
async fn invitation(api: &Api, calendar: &str, uid: &str) -> Result<Option<String>, ProviderError> {
    let filter = format!("iCalUId eq '{}'", uid.replace('\'', "''"));
    let url = with_query(api.urls.me(["calendars", calendar, "events"]), &[("$filter", &filter), ("$select", "id,iCalUId,isOrganizer")]);
    match api.get::<Page<Event>>(WHAT, url).await {
        Ok(page) => {
            let found = page.value.into_iter().find(|event| event.ical_uid.as_deref().is_some_and(|own| uid::plain(own) == uid));
            Ok(found.filter(|event| !event.is_own()).map(|event| event.id))
        }
        Err(ProviderError::Refused(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn insert(api: &Api, calendar: &str, name: &str, mut body: Fields) -> Result<String, ProviderError> {
    body.insert("transactionId".to_owned(), json!(name));
    let call = json_call(Method::POST, api.urls.me(["calendars", calendar, "events"]), &body)?;
    match api.json::<Event>(WHAT, call).await {
        Ok(event) => Ok(event.id),
        // An earlier attempt got through.
        Err(ProviderError::Conflict(_)) => {
            let all: Vec<Event> = pages::events(api, calendar, "id,transactionId").await?;
            let found = all.into_iter().find(|event| event.transaction_id.as_deref() == Some(name));
            found.map(|event| event.id).ok_or_else(|| ProviderError::NotFound(WHAT.to_owned()))
        }
        Err(error) => Err(error),
    }
}
