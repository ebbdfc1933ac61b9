//! New events.
//!
//! An event of the person's own is inserted under an id that the engine chose, so that asking twice makes one (PROVIDERS 0.3). One that
//! somebody else invites to is imported: to insert it would make the person its organiser and invite everybody again.

use domain::error::ProviderError;
use reqwest::Method;
use serde_json::{Value, json};

use super::{api::CalendarApi, call, diff::Fields, model::Event, resource::WHAT, to_json::AsGoogle as _};
use crate::ical::{Doc, Entry, refused};

/// For an event that says nothing of reminders itself: a mail a day before, and a note ten minutes before.
const REMINDERS: [(&str, i64); 2] = [("email", 1440), ("popup", 10)];

/// Makes the event and returns its id. Members that are otherwise are not written yet.
pub async fn create(api: &CalendarApi, calendar: &str, name: &str, doc: &Doc, floating: Option<&str>) -> Result<String, ProviderError> {
    // Google's alphabet is that of base32hex (PROVIDERS 1.6).
    if !(5..=1024).contains(&name.len()) || !name.bytes().all(|b| matches!(b, b'a'..=b'v' | b'0'..=b'9')) {
        return Err(refused("This event has no name that Google could take for an id."));
    }
    let first = doc.master.as_ref().or_else(|| doc.members.values().next()).ok_or_else(|| refused("There is no event in this text."))?;
    let mut body = body(first, floating)?;
    if invited(api, calendar, first) {
        return import(api, calendar, first, body).await;
    }
    body.insert("id".to_owned(), json!(name));
    body.extend(call::request(first, None).map(|request| ("conferenceData".to_owned(), request)));
    if first.component.children_of("VALARM").next().is_none() {
        let overrides: Vec<Value> = REMINDERS.iter().map(|(method, minutes)| json!({ "method": method, "minutes": minutes })).collect();
        body.insert("reminders".to_owned(), json!({ "useDefault": false, "overrides": overrides }));
    }
    let mut url = api.urls.events(calendar, []);
    url.query_pairs_mut().extend_pairs([("sendUpdates", "all"), ("conferenceDataVersion", "1"), ("supportsAttachments", "true")]);
    match api.put::<Event>(Method::POST, WHAT, url, "", &body).await {
        Ok(event) => Ok(event.id),
        // An earlier attempt got through.
        Err(ProviderError::Conflict(_)) => {
            let there: Event = api.get(WHAT, api.urls.events(calendar, [name])).await?;
            if there.is_cancelled() { Err(ProviderError::NotFound(WHAT.to_owned())) } else { Ok(there.id) }
        }
        Err(error) => Err(error),
    }
}

fn body(first: &Entry, floating: Option<&str>) -> Result<Fields, ProviderError> {
    let mut body = first.fields(floating, &[])?;
    let recurrence: Vec<String> = first.rules().into_iter().chain(first.exceptions()).collect();
    if first.is_series() {
        body.insert("recurrence".to_owned(), json!(recurrence));
    }
    if let Some(url) = first.component.text("URL").filter(|url| url.starts_with("https://") || url.starts_with("http://")) {
        body.insert("source".to_owned(), json!({ "url": url, "title": url }));
    }
    Ok(body)
}

/// Somebody else organises it.
fn invited(api: &CalendarApi, calendar: &str, entry: &Entry) -> bool {
    let own = |address: &str| [api.owner(), calendar].iter().any(|own| own.eq_ignore_ascii_case(address));
    entry.event.organizer.as_ref().is_some_and(|who| !who.address.is_empty() && !own(&who.address))
}

/// By its UID, so that asking twice makes one, and Google knows it again when the organiser writes.
async fn import(api: &CalendarApi, calendar: &str, entry: &Entry, mut body: Fields) -> Result<String, ProviderError> {
    body.insert("iCalUID".to_owned(), json!(entry.event.uid));
    body.insert("sequence".to_owned(), json!(entry.event.sequence.max(0)));
    if let Some(who) = &entry.event.organizer {
        let organizer = json!({ "email": who.address, "displayName": who.shown() });
        body.insert("organizer".to_owned(), organizer);
    }
    let mut url = api.urls.events(calendar, ["import"]);
    url.query_pairs_mut().extend_pairs([("conferenceDataVersion", "1"), ("supportsAttachments", "true")]);
    Ok(api.put::<Event>(Method::POST, WHAT, url, "", &body).await?.id)
}
