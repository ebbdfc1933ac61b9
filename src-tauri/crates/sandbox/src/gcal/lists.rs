//! Reading: the list of calendars, listings of events, sync.

use serde_json::{Value, json};

use super::{
    Event,
    check::bad,
    series::{self, expand, is_cancelled, meets, rules, text},
    tokens,
    world::{Calendar, GcalSwitches, GcalWorld},
};
use crate::gmail::{Answer, Call, error::ApiError};

const EVENT_PARAMETERS: [&str; 19] = [
    "alwaysIncludeEmail",
    "eventTypes",
    "iCalUID",
    "maxAttendees",
    "maxResults",
    "orderBy",
    "pageToken",
    "privateExtendedProperty",
    "q",
    "sharedExtendedProperty",
    "showDeleted",
    "showHiddenInvitations",
    "singleEvents",
    "syncToken",
    "timeMax",
    "timeMin",
    "timeZone",
    "updatedMin",
    "eventLabelVersion",
];
/// Members of a series without an end are listed so far ahead.
const AHEAD: i64 = 366 * 86_400;

fn entry(calendar: &Calendar) -> Value {
    let mut out = json!({
        "kind": "calendar#calendarListEntry",
        "id": calendar.id,
        "summary": calendar.summary,
        "timeZone": calendar.zone,
        "accessRole": calendar.role,
        "backgroundColor": calendar.colour,
        "foregroundColor": "#000000",
        "selected": true,
        "defaultReminders": calendar.default_reminders(),
        "conferenceProperties": {"allowedConferenceSolutionTypes": if calendar.no_meet { json!([]) } else { json!(["hangoutsMeet"]) }},
    });
    if let Some(map) = out.as_object_mut() {
        if calendar.primary {
            map.insert("primary".to_owned(), json!(true));
        }
        if calendar.hidden {
            map.insert("hidden".to_owned(), json!(true));
        }
        if let Some(name) = &calendar.summary_override {
            map.insert("summaryOverride".to_owned(), json!(name));
        }
    }
    out
}

/// Of an object.
pub(super) fn set(value: &mut Value, name: &str, to: Value) {
    if let Some(map) = value.as_object_mut() {
        map.insert(name.to_owned(), to);
    }
}

fn limit(call: &Call<'_>, usual: usize, most: usize) -> Result<usize, ApiError> {
    let Some(text) = call.param("maxResults") else { return Ok(usual) };
    match text.parse::<usize>() {
        // Google cuts what is too much.
        Ok(n @ 1..) => Ok(n.min(most)),
        _ => Err(bad(&format!("Invalid value '{text}' for maxResults."))),
    }
}

pub(super) fn calendars(world: &GcalWorld, email: &str, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&["maxResults", "minAccessRole", "pageToken", "showDeleted", "showHidden", "syncToken"])?;
    let most = limit(call, 100, 250)?.min(world.switches.page.unwrap_or(usize::MAX));
    let hidden = call.flag("showHidden")?;
    let skip = match call.param("pageToken") {
        Some(token) => tokens::of_page(token, world.switches.page_generation)?.0 as usize,
        None => 0,
    };
    let all: Vec<&Calendar> = world.calendars(email).iter().filter(|c| hidden || !c.hidden).collect();
    let items: Vec<Value> = all.iter().skip(skip).take(most).map(|c| entry(c)).collect();
    let mut out = json!({"kind": "calendar#calendarList", "etag": "\"p1\"", "items": items});
    let (name, token) = if skip + most < all.len() {
        ("nextPageToken", tokens::page(world.switches.page_generation, (skip + most) as u64, ""))
    } else {
        ("nextSyncToken", tokens::sync("calendarList", 0, ""))
    };
    set(&mut out, name, json!(token));
    Ok(Answer::Json(out))
}

pub(super) fn calendar(world: &GcalWorld, email: &str, id: &str, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&[])?;
    world.calendar(email, id).map(|c| Answer::Json(entry(c))).ok_or_else(ApiError::not_found)
}

/// As the person sees it: their own entry among the guests is marked.
pub(super) fn shown(event: &Event, calendar: &Calendar) -> Value {
    let mut out = event.clone();
    let own = |value: &mut Value| {
        if value.get("email").and_then(Value::as_str).is_some_and(|email| email.eq_ignore_ascii_case(&calendar.owner)) {
            set(value, "self", json!(true));
        }
    };
    if let Some(guests) = out.get_mut("attendees").and_then(Value::as_array_mut) {
        guests.iter_mut().for_each(own);
    }
    for name in ["organizer", "creator"] {
        if let Some(who) = out.get_mut(name) {
            own(who);
        }
    }
    Value::Object(out)
}

fn instant(call: &Call<'_>, name: &str) -> Result<Option<i64>, ApiError> {
    let Some(text) = call.param(name) else { return Ok(None) };
    let at = chrono::DateTime::parse_from_rfc3339(text).map_err(|_| bad(&format!("Invalid value for: {name}: {text}")))?;
    Ok(Some(at.timestamp()))
}

pub(super) fn events(calendar: &Calendar, switches: &GcalSwitches, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&EVENT_PARAMETERS)?;
    tokens::check(&call.query)?;
    let parameters = tokens::parameters(&call.query);
    let most = limit(call, 250, 2500)?.min(switches.page.unwrap_or(usize::MAX));
    let (single, deleted) = (call.flag("singleEvents")?, call.flag("showDeleted")?);
    let since = match call.param("syncToken") {
        Some(token) => Some(tokens::of_sync(token, &calendar.id, calendar.void_before, &parameters)?),
        None => None,
    };
    if call.param("orderBy").is_some_and(|order| order == "startTime" && !single) {
        return Err(bad("The requested ordering is not available for the particular query."));
    }
    let (from, until) = (instant(call, "timeMin")?, instant(call, "timeMax")?);
    let (serial, after) = match call.param("pageToken") {
        Some(token) => tokens::of_page(token, switches.page_generation)?,
        None => (calendar.serial, String::new()),
    };
    let mut all: Vec<Event> = Vec::new();
    for stored in calendar.events.values() {
        let event = &stored.body;
        let wanted = match since {
            Some(since) => stored.changed > since,
            None => !is_cancelled(event) || deleted,
        };
        if !wanted || stored.changed > serial {
            continue;
        }
        if call.param("iCalUID").is_some_and(|uid| text(event, "iCalUID") != Some(uid)) {
            continue;
        }
        let q = call.param("q").map(str::to_lowercase);
        let says =
            |q: &str| ["summary", "description", "location"].iter().any(|n| text(event, n).is_some_and(|t| t.to_lowercase().contains(q)));
        if q.is_some_and(|q| !says(&q)) {
            continue;
        }
        if !rules(event).is_empty() {
            let last = until.unwrap_or_else(|| call.now.secs() + AHEAD);
            if single {
                all.extend(expand(event, calendar, from, last, deleted || since.is_some()));
                continue;
            }
            if (from.is_some() || until.is_some()) && expand(event, calendar, from, last, false).is_empty() {
                continue;
            }
        } else if single && text(event, "recurringEventId").is_some_and(|master| calendar.events.contains_key(master)) {
            // It came with its series.
            continue;
        } else if !meets(event, calendar, from, until) {
            continue;
        }
        all.push(event.clone());
    }
    if call.param("orderBy") == Some("startTime") {
        all.sort_by_key(|event| series::time(event, "start", calendar).map(|t| t.secs(&calendar.zone)));
    } else {
        all.sort_by(|a, b| text(a, "id").cmp(&text(b, "id")));
    }
    let skip: usize = after.parse().unwrap_or(0);
    let items: Vec<Value> = all.iter().skip(skip).take(most).map(|event| shown(event, calendar)).collect();
    let mut out = json!({
        "kind": "calendar#events",
        "summary": calendar.summary,
        "timeZone": calendar.zone,
        "accessRole": calendar.role,
        "defaultReminders": calendar.default_reminders(),
        "items": items,
    });
    if skip + most < all.len() {
        set(&mut out, "nextPageToken", json!(tokens::page(switches.page_generation, serial, &(skip + most).to_string())));
    } else if call.param("iCalUID").is_none() && call.param("q").is_none() && call.param("orderBy").is_none() {
        set(&mut out, "nextSyncToken", json!(tokens::sync(&calendar.id, serial, &parameters)));
    }
    Ok(Answer::Json(out))
}

pub(super) fn get(calendar: &Calendar, id: &str, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&["alwaysIncludeEmail", "maxAttendees", "timeZone"])?;
    series::find(calendar, id).map(|event| Answer::Json(shown(&event, calendar))).ok_or_else(ApiError::not_found)
}

pub(super) fn instances(calendar: &Calendar, id: &str, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&[
        "alwaysIncludeEmail",
        "maxAttendees",
        "maxResults",
        "originalStart",
        "pageToken",
        "showDeleted",
        "timeMax",
        "timeMin",
        "timeZone",
    ])?;
    let most = limit(call, 250, 2500)?;
    let master = calendar.event(id).filter(|e| !is_cancelled(e) && !rules(e).is_empty()).ok_or_else(ApiError::not_found)?;
    let until = instant(call, "timeMax")?.unwrap_or_else(|| call.now.secs() + AHEAD);
    let all = expand(master, calendar, instant(call, "timeMin")?, until, call.flag("showDeleted")?);
    let items: Vec<Value> = all.iter().take(most).map(|event| shown(event, calendar)).collect();
    Ok(Answer::Json(json!({
        "kind": "calendar#events",
        "timeZone": calendar.zone,
        "accessRole": calendar.role,
        "defaultReminders": calendar.default_reminders(),
        "items": items,
    })))
}
