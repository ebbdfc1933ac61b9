//! `freeBusy.query` (PROVIDERS 1.6): the main calendars of people are asked for by their addresses.

use std::collections::HashMap;

use domain::{
    error::ProviderError,
    free_busy::{Availability, BusyKind, BusySpan, FreeBusyQuestion, MOST_SPANS, NotKnown, laid},
    time::Timestamp,
};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    super::api::{few, rfc3339},
    api::CalendarApi,
};

const WHAT: &str = "when others have time";
/// Calendars of one call (PROVIDERS 1.6).
const AT_ONCE: usize = 50;

#[derive(Deserialize)]
struct Reply {
    #[serde(default)]
    calendars: HashMap<String, Told>,
}

#[derive(Default, Deserialize)]
struct Told {
    #[serde(default, deserialize_with = "few")]
    busy: Vec<Span>,
    #[serde(default, deserialize_with = "few")]
    errors: Vec<Reason>,
}

#[derive(Deserialize)]
struct Span {
    start: String,
    end: String,
}

#[derive(Deserialize)]
struct Reason {
    #[serde(default)]
    reason: String,
}

/// The answer of a connection that may not ask.
pub fn not_granted(question: &FreeBusyQuestion) -> Vec<Availability> {
    let nothing = |address: &String| Availability { address: address.clone(), busy: Err(NotKnown::NotGranted) };
    question.people.iter().map(nothing).collect()
}

pub async fn ask(api: &CalendarApi, question: &FreeBusyQuestion) -> Result<Vec<Availability>, ProviderError> {
    let mut out = Vec::with_capacity(question.people.len());
    for people in question.people.chunks(AT_ONCE) {
        let mut body = Map::new();
        body.insert("timeMin".to_owned(), json!(rfc3339(question.from)));
        body.insert("timeMax".to_owned(), json!(rfc3339(question.to)));
        body.insert("items".to_owned(), people.iter().map(|id| json!({"id": id})).collect::<Value>());
        let reply: Reply = match api.put(Method::POST, WHAT, api.urls.free_busy(), "", &body).await {
            // The grant was made narrower at Google since.
            Err(ProviderError::Unsupported(_)) => return Ok(not_granted(question)),
            reply => reply?,
        };
        let mut told: HashMap<String, Told> = reply.calendars.into_iter().map(|(id, told)| (id.to_lowercase(), told)).collect();
        out.extend(people.iter().map(|address| {
            let busy = told.remove(&address.to_lowercase()).ok_or(NotKnown::Failed).and_then(|told| read(&told, question));
            Availability { address: address.clone(), busy }
        }));
    }
    Ok(out)
}

/// Google tells of no kinds: what it calls busy is. An error says nothing of anybody's time, whatever spans stand beside it.
fn read(told: &Told, question: &FreeBusyQuestion) -> Result<Vec<BusySpan>, NotKnown> {
    match told.errors.first().map(|e| e.reason.as_str()) {
        None => {}
        // Also of calendars that exist and are not shared.
        Some("notFound") => return Err(NotKnown::NotFound),
        Some("forbidden") => return Err(NotKnown::Refused),
        Some(_) => return Err(NotKnown::Failed),
    }
    if told.busy.len() > MOST_SPANS {
        return Err(NotKnown::Failed);
    }
    let at =
        |text: &str| chrono::DateTime::parse_from_rfc3339(text).map(|at| Timestamp(at.timestamp_millis())).map_err(|_| NotKnown::Failed);
    let span = |s: &Span| Ok(BusySpan::new(at(&s.start)?, at(&s.end)?, BusyKind::Busy));
    Ok(laid(&told.busy.iter().map(span).collect::<Result<Vec<_>, _>>()?, question.from, question.to))
}
