//! Writing: insert, import, patch, update, delete and move.

use domain::time::Timestamp;
use serde_json::{Value, json};

use super::{
    Asker, Event,
    check::{self, bad},
    lists::shown,
    meet,
    series::{self, is_cancelled, rules, text},
    times::Time,
    world::{Calendar, GcalWorld, Told},
};
use crate::gmail::{Answer, Call, error::ApiError};

const PARAMETERS: [&str; 6] =
    ["alwaysIncludeEmail", "conferenceDataVersion", "maxAttendees", "sendNotifications", "sendUpdates", "supportsAttachments"];
/// What everybody in the event sees: only its organiser may change it, unless guests may.
const SHARED: [&str; 8] = ["summary", "description", "location", "start", "end", "recurrence", "conferenceData", "status"];

fn writable<'a>(world: &'a mut GcalWorld, asker: &Asker<'_>, id: &str) -> Result<&'a mut Calendar, ApiError> {
    let calendar = world.calendar_mut(asker.email, id).ok_or_else(ApiError::not_found)?;
    if calendar.writable() {
        return Ok(calendar);
    }
    Err(ApiError::new(403, "requiredAccessLevel", "You need to have writer access to this calendar."))
}

fn send(call: &Call<'_>) -> Result<String, ApiError> {
    match call.param("sendUpdates") {
        None => Ok("none".to_owned()),
        Some(how @ ("all" | "externalOnly" | "none")) => Ok(how.to_owned()),
        Some(other) => Err(bad(&format!("Invalid value for: sendUpdates: {other}"))),
    }
}

fn told(calendar: &Calendar, event: &Event, what: &str, send: String) -> Option<Told> {
    let guests = event.get("attendees").and_then(Value::as_array).into_iter().flatten();
    let guests: Vec<String> = guests
        .filter_map(|guest| guest.get("email").and_then(Value::as_str))
        .filter(|email| !email.eq_ignore_ascii_case(&calendar.owner))
        .map(str::to_owned)
        .collect();
    let id = text(event, "id").unwrap_or_default().to_owned();
    (!guests.is_empty()).then(|| Told { by: calendar.owner.clone(), event: id, what: what.to_owned(), send, guests })
}

/// The times as Google says them, from what was sent.
fn timed(event: &mut Event, calendar: &Calendar) -> Result<(), ApiError> {
    let (start, end) = check::when(event, &calendar.zone)?;
    event.insert("start".to_owned(), start.json(&calendar.zone));
    event.insert("end".to_owned(), end.json(&calendar.zone));
    Ok(())
}

fn usual(event: &mut Event) {
    for (name, value) in [
        ("status", json!("confirmed")),
        ("eventType", json!("default")),
        ("sequence", json!(0)),
        ("reminders", json!({"useDefault": true})),
    ] {
        event.entry(name).or_insert(value);
    }
    event.retain(|_, value| !value.is_null() && value.as_str() != Some(""));
}

pub(super) fn insert(world: &mut GcalWorld, asker: &Asker<'_>, calendar: &str, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&PARAMETERS)?;
    let send = send(call)?;
    let mut event: Event = call.json()?;
    check::fields(&mut event)?;
    let fresh = world.fresh_id();
    let calendar = writable(world, asker, calendar)?;
    let id = match text(&event, "id") {
        Some(id) => {
            check::id(id)?;
            id.to_owned()
        }
        None => fresh,
    };
    if calendar.events.contains_key(&id) {
        return Err(ApiError::new(409, "duplicate", "The requested identifier already exists."));
    }
    let who = json!({"email": calendar.owner});
    event.insert("iCalUID".to_owned(), json!(format!("{id}@google.com")));
    event.insert("id".to_owned(), json!(id));
    event.insert("organizer".to_owned(), who.clone());
    event.insert("creator".to_owned(), who);
    event.insert("htmlLink".to_owned(), json!(format!("https://calendar.google.example/event?eid={id}")));
    timed(&mut event, calendar)?;
    meet::asked(&mut event, None, calendar, call, &id)?;
    usual(&mut event);
    let kept = calendar.keep(event, call.now);
    let answer = shown(&kept, calendar);
    let told = told(calendar, &kept, "insert", send);
    world.told.extend(told);
    Ok(Answer::Json(answer))
}

/// A private copy of somebody else's event: nobody is told.
pub(super) fn import(world: &mut GcalWorld, asker: &Asker<'_>, calendar: &str, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&["conferenceDataVersion", "supportsAttachments"])?;
    let mut event: Event = call.json()?;
    check::fields(&mut event)?;
    let uid = text(&event, "iCalUID").ok_or_else(|| ApiError::new(400, "required", "Missing iCalUID."))?.to_owned();
    let fresh = format!("_{}", world.fresh_id());
    let calendar = writable(world, asker, calendar)?;
    let known = calendar.events.iter().find(|(_, s)| text(&s.body, "iCalUID") == Some(&uid) && !s.body.contains_key("recurringEventId"));
    let id = known.map_or(fresh, |(id, _)| id.clone());
    event.insert("id".to_owned(), json!(id));
    event.insert("creator".to_owned(), json!({"email": calendar.owner}));
    event.entry("organizer").or_insert_with(|| json!({"email": calendar.owner}));
    timed(&mut event, calendar)?;
    meet::asked(&mut event, None, calendar, call, &id)?;
    usual(&mut event);
    let kept = calendar.keep(event, call.now);
    Ok(Answer::Json(shown(&kept, calendar)))
}

/// RFC 7396: objects are merged, null takes away, arrays are replaced whole.
fn merge(into: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *into = patch.clone();
        return;
    };
    if !into.is_object() {
        *into = json!({});
    }
    let Some(map) = into.as_object_mut() else { return };
    for (name, change) in changes {
        if change.is_null() {
            map.remove(name);
        } else {
            merge(map.entry(name.clone()).or_insert(Value::Null), change);
        }
    }
}

fn organises(event: &Event, owner: &str) -> bool {
    let email = event.get("organizer").and_then(|o| o.get("email")).and_then(Value::as_str);
    email.is_none_or(|email| email.eq_ignore_ascii_case(owner)) || event.get("guestsCanModify").and_then(Value::as_bool) == Some(true)
}

/// Guests but for the person's own entry.
fn others(event: &Event, owner: &str) -> Vec<Value> {
    let guests = event.get("attendees").and_then(Value::as_array).into_iter().flatten();
    let mut out: Vec<Value> = guests
        .filter(|g| !g.get("email").and_then(Value::as_str).is_some_and(|e| e.eq_ignore_ascii_case(owner)))
        .map(|g| json!([g.get("email"), g.get("responseStatus"), g.get("optional")]))
        .collect();
    out.sort_by_key(Value::to_string);
    out
}

/// An event from outside of HTTP, in place of the stored one.
pub(super) fn store(calendar: &mut Calendar, mut event: Event, before: Option<&Event>, now: Timestamp) -> Result<Event, ApiError> {
    if is_cancelled(&event) && event.contains_key("recurringEventId") {
        return Ok(calendar.keep(event, now));
    }
    timed(&mut event, calendar)?;
    if event.contains_key("recurringEventId") && !rules(&event).is_empty() {
        return Err(bad("Cannot turn an instance of a recurring event into a recurring event itself."));
    }
    if rules(&event).is_empty() {
        event.remove("recurrence");
    }
    if let Some(before) = before {
        let moved = ["start", "end", "recurrence"].iter().any(|name| before.get(*name) != event.get(*name));
        let sequence = before.get("sequence").and_then(Value::as_i64).unwrap_or(0) + i64::from(moved);
        event.insert("sequence".to_owned(), json!(sequence));
        if !rules(before).is_empty() && moved {
            drop_members(calendar, before, &event);
        }
    }
    usual(&mut event);
    Ok(calendar.keep(event, now))
}

/// Members whose place in the series is gone have gone with it.
fn drop_members(calendar: &mut Calendar, before: &Event, now: &Event) {
    let id = text(before, "id").unwrap_or_default().to_owned();
    let of_series = |event: &Event| text(event, "recurringEventId") == Some(id.as_str());
    let last = calendar.events.values().filter(|s| of_series(&s.body)).filter_map(|s| series::time(&s.body, "originalStartTime", calendar));
    let until = last.map(|t| t.secs(&calendar.zone)).max().unwrap_or(0) + 86_400;
    let places: Vec<String> = series::starts(now, calendar, until).iter().map(Time::suffix).collect();
    calendar.events.retain(|name, stored| {
        !of_series(&stored.body) || series::parts(name).is_some_and(|(_, suffix)| places.iter().any(|place| place == suffix))
    });
}

fn unchanged(asker: &Asker<'_>, event: &Event) -> Result<(), ApiError> {
    match asker.if_match {
        Some(tag) if tag != "*" && text(event, "etag") != Some(tag) => Err(ApiError::new(412, "conditionNotMet", "Precondition Failed")),
        _ => Ok(()),
    }
}

/// PATCH merges, PUT replaces.
pub(super) fn patch(
    world: &mut GcalWorld,
    asker: &Asker<'_>,
    (calendar, id): (&str, &str),
    call: &Call<'_>,
    merges: bool,
) -> Result<Answer, ApiError> {
    call.only(&PARAMETERS)?;
    let send = send(call)?;
    let mut change: Event = call.json()?;
    check::fields(&mut change)?;
    let calendar = writable(world, asker, calendar)?;
    let before = series::find(calendar, id).ok_or_else(ApiError::not_found)?;
    unchanged(asker, &before)?;
    if is_cancelled(&before) && !before.contains_key("recurringEventId") {
        return Err(ApiError::new(410, "deleted", "Resource has been deleted"));
    }
    meet::asked(&mut change, Some(&before), calendar, call, id)?;
    let omitted = change.remove("attendeesOmitted").and_then(|v| v.as_bool()) == Some(true);
    if let (true, Some(Value::Array(sent))) = (omitted, change.get("attendees").cloned()) {
        // Only the entries that were sent change.
        let mut all = before.get("attendees").and_then(Value::as_array).cloned().unwrap_or_default();
        for guest in &mut all {
            if let Some(new) = sent.iter().find(|s| s.get("email") == guest.get("email")) {
                merge(guest, new);
            }
        }
        change.insert("attendees".to_owned(), Value::Array(all));
    }
    let base = if merges { before.clone() } else { before.iter().filter(|(k, _)| keeps(k)).map(|(k, v)| (k.clone(), v.clone())).collect() };
    // A member that was taken out says no more than which one it was: it comes back as the series has it.
    let base = if is_cancelled(&before) { revived(calendar, &before, base)? } else { base };
    let mut value = Value::Object(base);
    merge(&mut value, &Value::Object(change));
    let Value::Object(mut event) = value else { return Err(ApiError::bad("Invalid JSON payload received.")) };
    if let Some(Value::Array(guests)) = event.get_mut("attendees") {
        for guest in guests.iter_mut().filter_map(Value::as_object_mut) {
            guest.remove("self");
            guest.remove("organizer");
        }
    }
    for name in ["id", "iCalUID", "organizer"] {
        if let Some(value) = before.get(name) {
            event.insert(name.to_owned(), value.clone());
        }
    }
    if !organises(&before, &calendar.owner) {
        timed(&mut event, calendar)?;
        let changed =
            SHARED.iter().any(|name| event.get(*name) != before.get(*name) && event.get(*name).and_then(Value::as_str) != Some(""));
        if changed || others(&event, &calendar.owner) != others(&before, &calendar.owner) {
            return Err(ApiError::new(
                403,
                "forbiddenForNonOrganizer",
                "Shared properties can only be changed by the organizer of the event.",
            ));
        }
    }
    let kept = store(calendar, event, Some(&before), call.now)?;
    let answer = shown(&kept, calendar);
    let told = told(calendar, &kept, if merges { "patch" } else { "update" }, send);
    world.told.extend(told);
    Ok(Answer::Json(answer))
}

/// What a PUT does not take away.
fn keeps(name: &str) -> bool {
    ["id", "iCalUID", "organizer", "creator", "created", "htmlLink", "recurringEventId", "originalStartTime", "sequence"].contains(&name)
}

fn revived(calendar: &Calendar, before: &Event, base: Event) -> Result<Event, ApiError> {
    let master = text(before, "recurringEventId").and_then(|id| calendar.event(id)).ok_or_else(ApiError::not_found)?;
    let at = series::time(before, "originalStartTime", calendar).ok_or_else(ApiError::not_found)?;
    let mut event = series::member(master, calendar, &at).ok_or_else(ApiError::not_found)?;
    event.insert("status".to_owned(), base.get("status").cloned().unwrap_or_else(|| json!("cancelled")));
    Ok(event)
}

pub(super) fn delete(world: &mut GcalWorld, asker: &Asker<'_>, (calendar, id): (&str, &str), call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&["sendNotifications", "sendUpdates"])?;
    let send = send(call)?;
    let calendar = writable(world, asker, calendar)?;
    let before = series::find(calendar, id).ok_or_else(ApiError::not_found)?;
    if is_cancelled(&before) {
        return Err(ApiError::new(410, "deleted", "Resource has been deleted"));
    }
    unchanged(asker, &before)?;
    let told = told(calendar, &before, "delete", send);
    cancel(calendar, &before, call.now);
    world.told.extend(told);
    Ok(Answer::Empty)
}

/// Of a deleted event no more is kept than which one it was.
pub(super) fn cancel(calendar: &mut Calendar, before: &Event, now: Timestamp) {
    let id = text(before, "id").unwrap_or_default().to_owned();
    let kept = ["id", "iCalUID", "recurringEventId", "originalStartTime"];
    let mut gone: Event = before.iter().filter(|(name, _)| kept.contains(&name.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect();
    gone.insert("status".to_owned(), json!("cancelled"));
    calendar.events.retain(|_, stored| text(&stored.body, "recurringEventId") != Some(id.as_str()));
    calendar.keep(gone, now);
}

/// `events.move`: the organiser becomes the other calendar.
pub(super) fn relocate(world: &mut GcalWorld, asker: &Asker<'_>, (from, id): (&str, &str), call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&["destination", "sendNotifications", "sendUpdates"])?;
    let send = send(call)?;
    let to = call.param("destination").ok_or_else(|| ApiError::new(400, "required", "Required parameter: destination"))?.to_owned();
    writable(world, asker, &to)?;
    let calendar = writable(world, asker, from)?;
    let event = calendar.event(id).filter(|e| !is_cancelled(e)).cloned().ok_or_else(ApiError::not_found)?;
    if !organises(&event, &calendar.owner) {
        return Err(ApiError::new(403, "forbiddenForNonOrganizer", "Only the organizer can move an event."));
    }
    if text(&event, "eventType").is_some_and(|kind| kind != "default") {
        return Err(ApiError::new(400, "eventTypeRestriction", "Only events of the default type can be moved."));
    }
    let members: Vec<Event> =
        calendar.events.values().map(|s| &s.body).filter(|e| text(e, "recurringEventId") == Some(id)).cloned().collect();
    cancel(calendar, &event, call.now);
    let calendar = writable(world, asker, &to)?;
    for member in members {
        calendar.keep(member, call.now);
    }
    let kept = calendar.keep(event, call.now);
    let (answer, told) = (shown(&kept, calendar), told(calendar, &kept, "move", send));
    world.told.extend(told);
    Ok(Answer::Json(answer))
}
