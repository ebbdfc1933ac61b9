//! `getSchedule` (PROVIDERS 2.6): what the calendars of others at the same organisation say of their time.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDateTime};
use domain::{
    error::ProviderError,
    free_busy::{Availability, BusyKind, BusySpan, FreeBusyQuestion, MOST_SPANS, NotKnown, laid},
    time::Timestamp,
};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    super::{
        api::{Api, json_call},
        model::{Page, Zoned},
    },
    times,
};
use crate::http::json::or_default;

const WHAT: &str = "when others have time";
/// Schedules of one call.
const AT_ONCE: usize = 20;
/// Minutes of one sign of `availabilityView`.
const STEP: i64 = 15;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    #[serde(default, deserialize_with = "or_default")]
    schedule_id: String,
    /// A sign for each quarter of an hour; there is more of it than of the items where somebody shares no more.
    #[serde(default, deserialize_with = "or_default")]
    availability_view: String,
    #[serde(default, deserialize_with = "or_default")]
    schedule_items: Vec<Item>,
    error: Option<Reason>,
}

#[derive(Deserialize)]
struct Item {
    /// `free`, `tentative`, `busy`, `oof`, `workingElsewhere` or `unknown`.
    #[serde(default, deserialize_with = "or_default")]
    status: String,
    start: Zoned,
    end: Zoned,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reason {
    #[serde(default, deserialize_with = "or_default")]
    response_code: String,
}

/// The same answer for everybody.
pub fn not_known(question: &FreeBusyQuestion, why: NotKnown) -> Vec<Availability> {
    question.people.iter().map(|address| Availability { address: address.clone(), busy: Err(why) }).collect()
}

pub async fn ask(api: &Api, question: &FreeBusyQuestion) -> Result<Vec<Availability>, ProviderError> {
    let mut out = Vec::with_capacity(question.people.len());
    for people in question.people.chunks(AT_ONCE) {
        let body = json!({
            "schedules": people, "startTime": moment(question.from), "endTime": moment(question.to), "availabilityViewInterval": STEP,
        });
        let reply: Page<Told> = match api.json(WHAT, json_call(Method::POST, api.urls.me(["calendar", "getSchedule"]), &body)?).await {
            // What was granted is enough: it is the account that can't, a personal one.
            Err(ProviderError::Unsupported(_)) => return Ok(not_known(question, NotKnown::Unsupported)),
            reply => reply?,
        };
        let mut told: HashMap<String, Told> = reply.value.into_iter().map(|told| (told.schedule_id.to_lowercase(), told)).collect();
        out.extend(people.iter().map(|address| {
            let busy = told.remove(&address.to_lowercase()).ok_or(NotKnown::Failed).and_then(|told| read(&told, question));
            Availability { address: address.clone(), busy }
        }));
    }
    Ok(out)
}

fn moment(at: Timestamp) -> Value {
    let wall = DateTime::from_timestamp(at.secs(), 0).unwrap_or_default().naive_utc();
    json!({ "dateTime": times::written(wall), "timeZone": "UTC" })
}

/// An error says nothing of anybody's time, whatever stands beside it.
fn read(told: &Told, question: &FreeBusyQuestion) -> Result<Vec<BusySpan>, NotKnown> {
    if let Some(error) = &told.error {
        return Err(match error.response_code.as_str() {
            "ErrorMailRecipientNotFound" => NotKnown::NotFound,
            "ErrorNoFreeBusyAccess" | "ErrorAccessDenied" => NotKnown::Refused,
            _ => NotKnown::Failed,
        });
    }
    if told.schedule_items.len() > MOST_SPANS || told.availability_view.len() > MOST_SPANS {
        return Err(NotKnown::Failed);
    }
    let spans: Vec<BusySpan> = if told.schedule_items.is_empty() {
        if told.availability_view.is_empty() {
            // Neither says anything: that is not "free".
            return Err(NotKnown::Failed);
        }
        view(&told.availability_view, question.from)
    } else {
        told.schedule_items.iter().map(span).collect::<Result<Vec<Option<BusySpan>>, NotKnown>>()?.into_iter().flatten().collect()
    };
    Ok(laid(&spans, question.from, question.to))
}

/// None: it keeps nobody from anything. A state that nobody knows does.
fn span(item: &Item) -> Result<Option<BusySpan>, NotKnown> {
    let kind = match item.status.as_str() {
        "free" | "workingElsewhere" => return Ok(None),
        "tentative" => BusyKind::Tentative,
        "oof" => BusyKind::Unavailable,
        _ => BusyKind::Busy,
    };
    let at = |time: &Zoned| times::instant(time).map(secs).ok_or(NotKnown::Failed);
    Ok(Some(BusySpan::new(at(&item.start)?, at(&item.end)?, kind)))
}

fn secs(utc: NaiveDateTime) -> Timestamp {
    Timestamp::from_secs(utc.and_utc().timestamp())
}

fn view(signs: &str, from: Timestamp) -> Vec<BusySpan> {
    let of = |(n, sign): (usize, char)| {
        let kind = match sign {
            '0' | '4' => return None,
            '1' => BusyKind::Tentative,
            '3' => BusyKind::Unavailable,
            _ => BusyKind::Busy,
        };
        let start = from.plus_secs(n as i64 * STEP * 60);
        Some(BusySpan::new(start, start.plus_secs(STEP * 60), kind))
    };
    signs.chars().enumerate().filter_map(of).collect()
}
