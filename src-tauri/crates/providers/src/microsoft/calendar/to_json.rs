//! A component of iCalendar as Graph's fields.
//!
//! All fields that a person can change here are said for every component, so that two versions of one can be compared field by field and
//! only what differs is sent.

use calendar::lines::{Line, unescape};
use domain::error::ProviderError;
use serde_json::{Map, Value, json};

use super::{body, recurrence, times};
use crate::ical::{
    self, Doc, Entry,
    lines::{address, says},
    refused,
};

pub type Fields = Map<String, Value>;

/// States that Exchange has, as Outlook writes them into files.
const STATES: [(&str, &str); 5] =
    [("FREE", "free"), ("WORKINGELSEWHERE", "workingElsewhere"), ("TENTATIVE", "tentative"), ("OOF", "oof"), ("BUSY", "busy")];

pub fn read(ics: &str) -> Result<Doc, ProviderError> {
    ical::doc::read(ics, None, "Microsoft")
}

/// `known`: where one meets on the net, as far as Graph knows it already.
pub fn fields(entry: &Entry, known: Option<&str>) -> Result<Fields, ProviderError> {
    let text = |name: &str| entry.component.text(name).unwrap_or_default();
    let series = entry.is_series();
    let mut out = Fields::new();
    let mut put = |name: &str, value: Value| drop(out.insert(name.to_owned(), value));
    put("subject", json!(text("SUMMARY")));
    put("body", body::json(entry, known));
    put("location", json!({ "displayName": text("LOCATION") }));
    put("isAllDay", json!(entry.event.start.is_date()));
    put("start", times::json(&entry.event.start, series)?);
    put("end", times::json(&entry.end, series)?);
    put("showAs", json!(show_as(entry)));
    put("sensitivity", json!(sensitivity(entry)));
    put("importance", json!(importance(entry)));
    put("categories", json!(categories(entry)));
    let reminder = reminder(entry)?;
    put("isReminderOn", json!(reminder.is_some()));
    // What it would be, were it on, is Exchange's to keep.
    if let Some(minutes) = reminder {
        put("reminderMinutesBeforeStart", json!(minutes));
    }
    put("attendees", Value::Array(guests(entry)));
    put("recurrence", repetition(entry)?);
    Ok(out)
}

fn show_as(entry: &Entry) -> &'static str {
    let state = entry.component.value("X-MICROSOFT-CDO-BUSYSTATUS").unwrap_or_default().trim().to_ascii_uppercase();
    let state = STATES.iter().find(|(name, _)| *name == state).map(|(_, state)| *state);
    // The property that every program knows is believed where both don't agree.
    let agrees = |state: &&str| matches!(*state, "free" | "workingElsewhere") == entry.event.free;
    let tentative = entry.event.status == calendar::Status::Tentative;
    state.filter(agrees).unwrap_or(if entry.event.free {
        "free"
    } else if tentative {
        "tentative"
    } else {
        "busy"
    })
}

fn sensitivity(entry: &Entry) -> String {
    let class = entry.component.value("CLASS").unwrap_or_default().trim().to_ascii_lowercase();
    match class.as_str() {
        "" | "public" => "normal".to_owned(),
        "personal" | "private" | "confidential" => class,
        // RFC 5545 section 3.8.1.3: what is not known is private.
        _ => "private".to_owned(),
    }
}

fn importance(entry: &Entry) -> &'static str {
    match entry.component.value("PRIORITY").and_then(|n| n.trim().parse::<u8>().ok()).unwrap_or(0) {
        1..=4 => "high",
        6..=9 => "low",
        _ => "normal",
    }
}

fn categories(entry: &Entry) -> Vec<String> {
    let mut out = Vec::new();
    for line in entry.component.lines_of("CATEGORIES") {
        let (mut one, mut escaped) = (String::new(), false);
        for c in line.value().chars() {
            if c == ',' && !escaped {
                out.push(unescape(&std::mem::take(&mut one)));
            } else {
                one.push(c);
            }
            escaped = c == '\\' && !escaped;
        }
        out.push(unescape(&one));
    }
    out.retain(|category| !category.trim().is_empty());
    out
}

/// Exchange has one, before the start.
fn reminder(entry: &Entry) -> Result<Option<i32>, ProviderError> {
    match entry.event.alarms.as_slice() {
        [] => Ok(None),
        [minutes] if *minutes >= 0 => Ok(Some(*minutes)),
        [_] => Err(refused("Microsoft reminds of an event before it begins, not after: choose another reminder.")),
        _ => Err(refused("Microsoft keeps one reminder for an event: choose which of them.")),
    }
}

/// Guests, without whoever calls the meeting: for Graph they are none. Their answers are theirs.
fn guests(entry: &Entry) -> Vec<Value> {
    let caller = entry.event.organizer.as_ref().map(|who| who.address.as_str()).unwrap_or_default();
    let guest = |line: &Line| {
        let address = address(line).filter(|address| !address.eq_ignore_ascii_case(caller))?;
        let name = line.param("CN").filter(|name| !name.is_empty()).unwrap_or_else(|| address.clone());
        let kind = if says(line, "CUTYPE", &["RESOURCE", "ROOM"]) {
            "resource"
        } else if says(line, "ROLE", &["OPT-PARTICIPANT", "NON-PARTICIPANT"]) {
            "optional"
        } else {
            "required"
        };
        Some(json!({ "type": kind, "emailAddress": { "address": address, "name": name } }))
    };
    entry.component.lines_of("ATTENDEE").filter_map(guest).collect()
}

fn repetition(entry: &Entry) -> Result<Value, ProviderError> {
    if !entry.event.also.is_empty() || entry.component.line("EXRULE").is_some() {
        return Err(refused(
            "Microsoft's series have no further dates beside their repetition: make an event of its own for each of them.",
        ));
    }
    let mut rules = entry.component.lines_of("RRULE");
    let Some(rule) = rules.next() else { return Ok(Value::Null) };
    if rules.next().is_some() {
        return Err(refused("Microsoft's series have one repetition: make two events of them."));
    }
    let recurrence = recurrence::recurrence(rule.value(), &entry.event.start)?;
    serde_json::to_value(recurrence).map_err(|_| refused("This repetition can't be written to Microsoft: choose another one."))
}
