//! Due dates: of the three forms, from words, and to the next one of a repeating task (PROVIDERS 6.1).

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime};
use domain::time::Timestamp;
use serde_json::Value;

use super::{error::Refusal, recur, task::TodoistDue};

fn invalid(why: &str) -> Refusal {
    Refusal::new(400, 33, "INVALID_DATE", format!("Date is invalid: {why}"))
}

fn today(now: Timestamp) -> NaiveDate {
    DateTime::from_timestamp_millis(now.millis()).unwrap_or_default().date_naive()
}

/// A `due` argument; None: null, no longer due.
pub(super) fn read(value: &Value, now: Timestamp) -> Result<Option<TodoistDue>, Refusal> {
    let map = match value {
        Value::Null => return Ok(None),
        Value::Object(map) => map,
        _ => return Err(invalid("not an object")),
    };
    if let Some(name) = map.keys().find(|k| !["date", "string", "lang", "is_recurring", "timezone"].contains(&k.as_str())) {
        return Err(Refusal::invalid(name, "there is no such field of a due date"));
    }
    let text = |name: &str| match map.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Refusal::invalid(name, "not a text")),
    };
    let is_recurring = match map.get("is_recurring") {
        None => false,
        Some(Value::Bool(is)) => *is,
        Some(_) => return Err(Refusal::invalid("is_recurring", "neither true nor false")),
    };
    let (date, string, timezone) = (text("date")?, text("string")?, text("timezone")?);
    let lang = text("lang")?.unwrap_or_else(|| "en".to_owned());
    let Some(date) = date else {
        return words(&string.ok_or_else(|| invalid("neither date nor string"))?, lang, now).map(Some);
    };
    check(&date, timezone.as_deref())?;
    let string = match string {
        Some(string) if is_recurring && recur::parse(&string).is_none() => return Err(invalid(&string)),
        Some(string) => string,
        None if is_recurring => return Err(invalid("a repeating date without its words")),
        None => date.clone(),
    };
    Ok(Some(TodoistDue { date, is_recurring, string, lang, timezone }))
}

/// Refuses what is none of the three forms.
fn check(date: &str, timezone: Option<&str>) -> Result<(), Refusal> {
    if NaiveDate::parse_from_str(date, "%Y-%m-%d").is_ok() || NaiveDateTime::parse_from_str(date, FLOATING).is_ok() {
        return timezone.map_or(Ok(()), |_| Err(invalid("only a fixed time has a time zone")));
    }
    if date.strip_suffix('Z').is_none_or(|wall| NaiveDateTime::parse_from_str(wall, FLOATING).is_err()) {
        return Err(invalid(date));
    }
    match timezone {
        None => Err(invalid("a fixed time without its time zone")),
        Some(zone) if zone == "UTC" || zone.contains('/') => Ok(()),
        Some(zone) => Err(Refusal::invalid("timezone", zone)),
    }
}

/// Also with fractions of a second.
const FLOATING: &str = "%Y-%m-%dT%H:%M:%S%.f";

/// As little of natural language as is needed.
fn words(string: &str, lang: String, now: Timestamp) -> Result<TodoistDue, Refusal> {
    let day = match string.trim().to_lowercase().as_str() {
        "today" => Some((today(now), false)),
        "tomorrow" => today(now).checked_add_days(Days::new(1)).map(|day| (day, false)),
        other => recur::parse(other)
            .and_then(|(every, _)| every.next(today(now).pred_opt()?, today(now).pred_opt()?, false))
            .map(|day| (day, true)),
    };
    let (day, is_recurring) = day.ok_or_else(|| invalid(string))?;
    Ok(TodoistDue { date: day.to_string(), is_recurring, string: string.to_owned(), lang, timezone: None })
}

/// Its next date; the time of day stays.
pub(super) fn next(due: &TodoistDue, now: Timestamp) -> Result<TodoistDue, Refusal> {
    let (every, from_done) = recur::parse(&due.string).ok_or_else(|| invalid(&due.string))?;
    let (day, time) = due.date.split_once('T').map_or((due.date.as_str(), None), |(day, time)| (day, Some(time)));
    let day: NaiveDate = day.parse().map_err(|_| invalid(day))?;
    let then = every.next(day, today(now), from_done).ok_or_else(|| invalid("no next date"))?;
    let date = time.map_or_else(|| then.to_string(), |time| format!("{then}T{time}"));
    Ok(TodoistDue { date, ..due.clone() })
}
