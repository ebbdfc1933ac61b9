//! What may be written, and what is refused of it.

use serde_json::{Value, json};

use super::{
    super::error::GraphError,
    diary::{Fields, all_day, moment},
    pattern::Recurrence,
    zones,
};

const WRITABLE: [&str; 18] = [
    "subject",
    "body",
    "location",
    "isAllDay",
    "start",
    "end",
    "showAs",
    "sensitivity",
    "importance",
    "categories",
    "isReminderOn",
    "reminderMinutesBeforeStart",
    "attendees",
    "recurrence",
    "isOnlineMeeting",
    "onlineMeetingProvider",
    "responseRequested",
    "allowNewTimeProposals",
];
/// What a guest may change about somebody else's meeting is their own view of it.
const OWN: [&str; 6] = ["showAs", "sensitivity", "importance", "categories", "isReminderOn", "reminderMinutesBeforeStart"];

/// What is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    New,
    Whole { own: bool },
    Member { own: bool },
}

fn property(name: &str, why: &str) -> GraphError {
    GraphError::new(400, "ErrorInvalidPropertySet", format!("The property '{name}' is not valid: {why}."))
}

/// Names and values of a body; what it says is returned as it is kept.
pub(super) fn body(body: Fields, target: Target) -> Result<Fields, GraphError> {
    let own = matches!(target, Target::New | Target::Whole { own: true } | Target::Member { own: true });
    let mut out = Fields::new();
    for (name, value) in body {
        if name.contains('@') {
            continue;
        }
        if name == "transactionId" && target == Target::New {
            out.insert(name, value);
            continue;
        }
        if super::options::EVENT.contains(&name.as_str()) && !WRITABLE.contains(&name.as_str()) {
            return Err(property(&name, "it is read-only"));
        }
        if !WRITABLE.contains(&name.as_str()) {
            return Err(GraphError::new(
                400,
                "RequestBodyRead",
                format!("The property '{name}' does not exist on type 'microsoft.graph.event'."),
            ));
        }
        if !own && !OWN.contains(&name.as_str()) {
            return Err(GraphError::new(403, "ErrorAccessDenied", "Only the organizer of a meeting can change this property."));
        }
        if name == "recurrence" && matches!(target, Target::Member { .. }) {
            return Err(property(&name, "a member of a series has no recurrence of its own"));
        }
        let value = checked(&name, value)?;
        out.insert(name, value);
    }
    Ok(out)
}

fn one_of(name: &str, value: &Value, all: &[&str]) -> Result<(), GraphError> {
    let known = value.as_str().is_some_and(|value| all.contains(&value));
    if known { Ok(()) } else { Err(property(name, &format!("{value} is none of {}", all.join(", ")))) }
}

fn only(name: &str, value: &Value, keys: &[&str]) -> Result<(), GraphError> {
    let map = value.as_object().ok_or_else(|| property(name, "an object is wanted"))?;
    map.keys().find(|key| !keys.contains(&key.as_str())).map_or(Ok(()), |key| Err(property(name, &format!("'{key}' is unknown"))))
}

fn checked(name: &str, value: Value) -> Result<Value, GraphError> {
    match name {
        "subject" if value.as_str().is_some_and(|text| text.chars().count() <= 255) => {}
        "subject" => return Err(property(name, "a text of at most 255 characters is wanted")),
        "body" => {
            only(name, &value, &["contentType", "content"])?;
            one_of(name, value.get("contentType").unwrap_or(&Value::Null), &["text", "html", "HTML", "Text"])?;
        }
        "location" => {
            only(name, &value, &["displayName", "address", "locationUri", "uniqueId", "uniqueIdType", "locationType", "coordinates"])?;
        }
        "start" | "end" => {
            only(name, &value, &["dateTime", "timeZone"])?;
            let text = |part: &str| value.get(part).and_then(Value::as_str).unwrap_or_default();
            zones::wall(text("dateTime")).ok_or_else(|| property(name, "it is no time without an offset"))?;
            if zones::named(text("timeZone")).is_none() {
                let why = format!(
                    "A valid TimeZone value must be specified. The following TimeZone value is not supported: '{}'.",
                    text("timeZone")
                );
                return Err(GraphError::new(400, "TimeZoneNotSupportedException", why));
            }
        }
        "showAs" => one_of(name, &value, &["free", "tentative", "busy", "oof", "workingElsewhere", "unknown"])?,
        "sensitivity" => one_of(name, &value, &["normal", "personal", "private", "confidential"])?,
        "importance" => one_of(name, &value, &["low", "normal", "high"])?,
        "onlineMeetingProvider" => one_of(name, &value, &["teamsForBusiness", "skypeForBusiness", "skypeForConsumer", "unknown"])?,
        "categories" if !value.as_array().is_some_and(|all| all.iter().all(Value::is_string)) => {
            return Err(property(name, "texts are wanted"));
        }
        "isAllDay" | "isReminderOn" | "isOnlineMeeting" | "responseRequested" | "allowNewTimeProposals" if !value.is_boolean() => {
            return Err(property(name, "true or false is wanted"));
        }
        "reminderMinutesBeforeStart" if !value.as_i64().is_some_and(|n| (0..=2_629_800).contains(&n)) => {
            return Err(property(name, "it is out of range"));
        }
        "attendees" => return guests(&value),
        "recurrence" if !value.is_null() => drop(Recurrence::parse(&value)?),
        _ => {}
    }
    Ok(value)
}

/// A meeting on the net is of a kind that the calendar allows.
pub(super) fn meeting(body: &Fields, allowed: &[&str]) -> Result<(), GraphError> {
    let asked = body.get("isOnlineMeeting") == Some(&json!(true));
    let kind = body.get("onlineMeetingProvider").and_then(Value::as_str);
    match (asked, kind) {
        (true, Some(kind)) if !allowed.contains(&kind) => Err(property("onlineMeetingProvider", "the calendar does not allow it")),
        (true, None) if allowed.is_empty() => Err(property("isOnlineMeeting", "the calendar allows no provider of meetings")),
        _ => Ok(()),
    }
}

fn guests(value: &Value) -> Result<Value, GraphError> {
    let bad = |why: &str| property("attendees", why);
    let mut out = Vec::new();
    for guest in value.as_array().ok_or_else(|| bad("a list is wanted"))? {
        only("attendees", guest, &["type", "emailAddress", "status"])?;
        let of = |part: &str| guest.get("emailAddress").and_then(|who| who.get(part)).and_then(Value::as_str).unwrap_or_default();
        let kind = guest.get("type").cloned().unwrap_or_else(|| json!("required"));
        one_of("attendees", &kind, &["required", "optional", "resource"])?;
        if !of("address").contains('@') {
            return Err(GraphError::new(400, "ErrorInvalidRecipients", "At least one recipient isn't valid."));
        }
        let name = if of("name").is_empty() { of("address") } else { of("name") };
        // What somebody answered is not the organiser's to say.
        let status = json!({"response": "none", "time": "0001-01-01T00:00:00Z"});
        out.push(json!({"type": kind, "status": status, "emailAddress": {"name": name, "address": of("address")}}));
    }
    Ok(Value::Array(out))
}

/// Whether start and end go together.
pub(super) fn times(fields: &Fields) -> Result<(), GraphError> {
    let ((from, start), (to, end)) = (moment(fields, "start"), moment(fields, "end"));
    if start.is_empty() || end.is_empty() {
        return Err(property("start", "start and end are needed"));
    }
    if to < from {
        return Err(GraphError::new(400, "ErrorPropertyValidationFailure", "The end of the event is before its start."));
    }
    if all_day(fields) {
        let midnight = |at: i64, zone: &str| zones::wall_of(at, zone).time() == chrono::NaiveTime::MIN;
        if start != end || !midnight(from, &start) || !midnight(to, &end) || from == to {
            let why = "The Event.Start property for an all-day event needs to be set to midnight, and the end to another one.";
            return Err(GraphError::new(400, "ErrorPropertyValidationFailure", why));
        }
    }
    Ok(())
}
