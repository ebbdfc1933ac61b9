//! `freeBusy.query`.

use chrono::DateTime;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    check::bad,
    series::{expand, is_cancelled, meets, rules, text, time},
    times::rfc3339,
    world::{Calendar, GcalWorld},
};
use crate::gmail::{Answer, Call, error::ApiError};
use domain::time::Timestamp;

/// Calendars in one question.
const MOST: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Question {
    time_min: String,
    time_max: String,
    #[serde(rename = "timeZone")]
    _time_zone: Option<String>,
    items: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    id: String,
}

pub(super) fn query(world: &GcalWorld, email: &str, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&[])?;
    let question: Question = call.json()?;
    let at = |text: &str| DateTime::parse_from_rfc3339(text).map(|at| at.timestamp()).map_err(|_| bad("Invalid time range."));
    let (from, until) = (at(&question.time_min)?, at(&question.time_max)?);
    if from >= until {
        return Err(ApiError::new(400, "timeRangeEmpty", "The specified time range is empty."));
    }
    if question.items.len() > MOST {
        return Err(ApiError::new(400, "tooManyCalendarsRequested", "Too many calendars requested."));
    }
    let answers: Map<String, Value> = question
        .items
        .iter()
        .map(|item| {
            let answer = match world.calendar(email, &item.id) {
                Some(calendar) => json!({"busy": busy(calendar, from, until)}),
                None => json!({"errors": [{"domain": "global", "reason": "notFound"}], "busy": []}),
            };
            (item.id.clone(), answer)
        })
        .collect();
    Ok(Answer::Json(json!({"kind": "calendar#freeBusy", "timeMin": question.time_min, "timeMax": question.time_max, "calendars": answers})))
}

/// Spans that overlap are one.
fn busy(calendar: &Calendar, from: i64, until: i64) -> Vec<Value> {
    let mut spans: Vec<(i64, i64)> = Vec::new();
    for event in calendar.events.values().map(|s| &s.body).filter(|e| !is_cancelled(e)) {
        let all = if rules(event).is_empty() {
            let of_series = text(event, "recurringEventId").is_some_and(|master| calendar.events.contains_key(master));
            if of_series { Vec::new() } else { vec![event.clone()] }
        } else {
            expand(event, calendar, Some(from), until, false)
        };
        for event in all.iter().filter(|e| text(e, "transparency") != Some("transparent") && meets(e, calendar, Some(from), Some(until))) {
            let at = |name: &str| time(event, name, calendar).map(|t| t.secs(&calendar.zone));
            if let (Some(start), Some(end)) = (at("start"), at("end")) {
                spans.push((start.max(from), end.min(until)));
            }
        }
    }
    spans.sort_unstable();
    let mut merged: Vec<(i64, i64)> = Vec::new();
    for (start, end) in spans {
        match merged.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    let say = |secs: i64| rfc3339(Timestamp::from_secs(secs));
    merged.into_iter().map(|(start, end)| json!({"start": say(start), "end": say(end)})).collect()
}
