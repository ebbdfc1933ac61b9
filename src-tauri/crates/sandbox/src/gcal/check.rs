//! What an event may say. Refused is what Google refuses, in its words where they are known.

use serde_json::Value;

use super::{Event, series::rules, times::Time};
use crate::{caldav::when::When, gmail::error::ApiError};

/// Fields of the `events` resource that a client may send. Read-only ones are taken and left as they are.
const FIELDS: [&str; 44] = [
    "anyoneCanAddSelf",
    "attachments",
    "attendees",
    "attendeesOmitted",
    "birthdayProperties",
    "colorId",
    "conferenceData",
    "created",
    "creator",
    "description",
    "end",
    "endTimeUnspecified",
    "etag",
    "eventType",
    "extendedProperties",
    "focusTimeProperties",
    "gadget",
    "guestsCanInviteOthers",
    "guestsCanModify",
    "guestsCanSeeOtherGuests",
    "hangoutLink",
    "htmlLink",
    "iCalUID",
    "id",
    "kind",
    "location",
    "locked",
    "organizer",
    "originalStartTime",
    "outOfOfficeProperties",
    "privateCopy",
    "recurrence",
    "recurringEventId",
    "reminders",
    "sequence",
    "source",
    "start",
    "status",
    "summary",
    "transparency",
    "updated",
    "visibility",
    "workingLocationProperties",
    "eventLabelId",
];
const READ_ONLY: [&str; 10] =
    ["kind", "etag", "created", "updated", "creator", "htmlLink", "hangoutLink", "recurringEventId", "locked", "privateCopy"];

pub(super) fn bad(message: &str) -> ApiError {
    ApiError::new(400, "invalid", message)
}

fn one_of(event: &Event, name: &str, known: &[&str]) -> Result<(), ApiError> {
    match event.get(name) {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(value)) if known.contains(&value.as_str()) => Ok(()),
        Some(value) => Err(bad(&format!("Invalid value for: Invalid value at '{name}': {value}"))),
    }
}

/// Known fields of the right kind; those that only Google writes are taken out.
pub(super) fn fields(event: &mut Event) -> Result<(), ApiError> {
    if let Some(name) = event.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        return Err(ApiError::bad(format!("Invalid JSON payload received. Unknown name \"{name}\": Cannot find field.")));
    }
    event.retain(|name, _| !READ_ONLY.contains(&name.as_str()));
    for name in ["summary", "description", "location", "id", "iCalUID", "colorId"] {
        if !matches!(event.get(name), None | Some(Value::Null | Value::String(_))) {
            return Err(ApiError::bad(format!("Invalid value at 'event.{name}' (TYPE_STRING)")));
        }
    }
    one_of(event, "status", &["confirmed", "tentative", "cancelled"])?;
    one_of(event, "transparency", &["opaque", "transparent"])?;
    one_of(event, "visibility", &["default", "public", "private", "confidential"])?;
    if let Some(Value::Array(guests)) = event.get("attendees") {
        for guest in guests {
            if !guest.get("email").and_then(Value::as_str).is_some_and(|email| email.contains('@')) {
                return Err(bad("Invalid attendee email."));
            }
            let known = ["needsAction", "declined", "tentative", "accepted"];
            if guest.get("responseStatus").is_some_and(|s| !s.as_str().is_some_and(|s| known.contains(&s))) {
                return Err(bad("Invalid value for: responseStatus"));
            }
        }
    }
    reminders(event)
}

fn reminders(event: &Event) -> Result<(), ApiError> {
    let Some(reminders) = event.get("reminders").filter(|r| !r.is_null()) else { return Ok(()) };
    let list = reminders.get("overrides").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if reminders.get("useDefault").and_then(Value::as_bool) == Some(true) && !list.is_empty() {
        return Err(ApiError::new(
            400,
            "cannotUseDefaultRemindersAndSpecifyOverride",
            "Cannot specify both default reminders and overrides at the same time.",
        ));
    }
    let fits = |r: &Value| {
        let minutes = r.get("minutes").and_then(Value::as_i64).is_some_and(|n| (0..=40_320).contains(&n));
        minutes && matches!(r.get("method").and_then(Value::as_str), Some("email" | "popup"))
    };
    if list.len() > 5 || !list.iter().all(fits) {
        return Err(bad("Invalid reminders: at most five, email or popup, 0 to 40320 minutes before."));
    }
    Ok(())
}

/// `[a-v0-9]{5,1024}` (base32hex, RFC 2938).
pub(super) fn id(id: &str) -> Result<(), ApiError> {
    let fits = (5..=1024).contains(&id.len()) && id.bytes().all(|b| matches!(b, b'a'..=b'v' | b'0'..=b'9'));
    if fits { Ok(()) } else { Err(bad("Invalid resource id value.")) }
}

/// Times and rules of a whole event. Returns start and end.
pub(super) fn when(event: &Event, zone: &str) -> Result<(Time, Time), ApiError> {
    let named = |name: &str| event.get(name).is_some_and(|t| t.get("timeZone").is_some_and(Value::is_string));
    let time = |name: &str, missing: &str| {
        let value = event.get(name).filter(|v| !v.is_null()).ok_or_else(|| ApiError::new(400, "required", missing))?;
        Time::parse(value, zone).map_err(|why| bad(&why))
    };
    let (start, end) = (time("start", "Missing start time.")?, time("end", "Missing end time.")?);
    if start.is_date() != end.is_date() {
        return Err(bad("Start and end times must either both be date or both be dateTime."));
    }
    let empty = if start.is_date() { end.secs(zone) <= start.secs(zone) } else { end.secs(zone) < start.secs(zone) };
    if empty {
        return Err(ApiError::new(400, "timeRangeEmpty", "The specified time range is empty."));
    }
    let lines = rules(event);
    let zoned = start.is_date() || (named("start") && named("end"));
    if !lines.is_empty() && !zoned {
        return Err(ApiError::new(400, "required", "Missing time zone definition for start time."));
    }
    for line in &lines {
        rule(line, start.is_date())?;
    }
    Ok((start, end))
}

fn rule(line: &str, dates: bool) -> Result<(), ApiError> {
    let invalid = || bad("Invalid recurrence rule.");
    let (head, value) = line.split_once(':').ok_or_else(invalid)?;
    match head.split(';').next().unwrap_or_default() {
        "RDATE" | "EXDATE" => {
            let fits = |v: &str| v.split('/').next().and_then(When::parse).is_some_and(|when| when.is_date() == dates);
            if value.split(',').all(fits) { Ok(()) } else { Err(invalid()) }
        }
        "RRULE" | "EXRULE" => {
            let parts: Vec<(&str, &str)> = value.split(';').filter_map(|part| part.split_once('=')).collect();
            if !parts.iter().any(|(name, _)| *name == "FREQ") || parts.len() != value.split(';').count() {
                return Err(invalid());
            }
            let until = parts.iter().find(|(name, _)| *name == "UNTIL").map(|(_, v)| When::parse(v));
            match until {
                None => Ok(()),
                Some(Some(When::Date(_))) if dates => Ok(()),
                Some(Some(When::Utc(_))) if !dates => Ok(()),
                Some(_) => Err(invalid()),
            }
        }
        // DTSTART has its own field.
        _ => Err(invalid()),
    }
}
