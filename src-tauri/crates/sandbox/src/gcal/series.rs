//! Members of a series: which there are, what they are called, and what they say (PROVIDERS 1.6).

use std::cell::RefCell;

use chrono::NaiveDateTime;
use serde_json::{Value, json};

use super::{
    Event,
    times::{Time, Zone},
    world::Calendar,
};
use crate::caldav::{
    occur::{Span, walk},
    when::{When, instant},
};

/// A series without an end is looked at so far.
const MOST_MEMBERS: usize = 5_000;

pub(crate) fn text<'a>(event: &'a Event, name: &str) -> Option<&'a str> {
    event.get(name).and_then(Value::as_str)
}

pub(crate) fn is_cancelled(event: &Event) -> bool {
    text(event, "status") == Some("cancelled")
}

pub(crate) fn rules(event: &Event) -> Vec<String> {
    let lines = event.get("recurrence").and_then(Value::as_array);
    lines.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

pub(crate) fn time(event: &Event, name: &str, calendar: &Calendar) -> Option<Time> {
    Time::parse(event.get(name)?, &calendar.zone).ok()
}

/// Instants of a line `EXDATE;TZID=…:…` or `RDATE…`.
fn dates(line: &str, name: &str, start: &Time) -> Vec<i64> {
    let Some((head, values)) = line.split_once(':').filter(|(head, _)| head.split(';').next() == Some(name)) else { return Vec::new() };
    let zone = head.split(';').find_map(|p| p.strip_prefix("TZID=")).and_then(Zone::named).unwrap_or_else(|| start.zone());
    let parsed = values.split(',').filter_map(|value| When::parse(value.split('/').next()?));
    parsed.map(|when| instant(when, zone.component())).collect()
}

/// Starts of the members up to `until` (seconds since the epoch), in order. What is left out by EXDATE is not among them.
pub(crate) fn starts(master: &Event, calendar: &Calendar, until: i64) -> Vec<Time> {
    let Some(start) = time(master, "start", calendar) else { return Vec::new() };
    let lines = rules(master);
    let zone = start.zone();
    let found: RefCell<Vec<NaiveDateTime>> = RefCell::default();
    let rule = lines.iter().find_map(|line| line.strip_prefix("RRULE:"));
    match rule {
        Some(rule) => {
            let span = Span { start: None, end: Some(until) };
            walk(rule, start.wall(), span, zone.component(), |wall| {
                found.borrow_mut().push(wall);
                found.borrow().len() >= MOST_MEMBERS
            });
        }
        None => found.borrow_mut().push(start.wall()),
    }
    let left_out: Vec<i64> = lines.iter().flat_map(|line| dates(line, "EXDATE", &start)).collect();
    let at = |time: &Time| instant(When::Local(time.wall()), zone.component());
    let mut out: Vec<Time> = found.into_inner().into_iter().map(|wall| start.on_wall(wall)).collect();
    for more in lines.iter().flat_map(|line| dates(line, "RDATE", &start)) {
        out.push(start.on_wall(zone.wall(more)));
    }
    out.retain(|time| !left_out.contains(&at(time)) && at(time) <= until);
    out.sort_by_key(|time| at(time));
    out.dedup();
    out
}

/// Id of the master and the start of the member, for an id of that shape.
pub(crate) fn parts(id: &str) -> Option<(&str, &str)> {
    let (master, suffix) = id.rsplit_once('_')?;
    let digits = |text: &str, n: usize| text.len() == n && text.bytes().all(|b| b.is_ascii_digit());
    let timed = suffix.strip_suffix('Z').and_then(|s| s.split_once('T')).is_some_and(|(d, t)| digits(d, 8) && digits(t, 6));
    (timed || digits(suffix, 8)).then_some((master, suffix))
}

/// What is there under this id: stored, or a member of a series that nobody has touched.
pub(crate) fn find(calendar: &Calendar, id: &str) -> Option<Event> {
    if let Some(stored) = calendar.event(id) {
        return Some(stored.clone());
    }
    let (master, suffix) = parts(id)?;
    let master = calendar.event(master).filter(|m| !is_cancelled(m) && !rules(m).is_empty())?;
    let when = When::parse(suffix)?;
    // A day of slack: a date is no instant.
    let until = instant(when, None) + 86_400;
    let start = starts(master, calendar, until).into_iter().find(|start| start.suffix() == suffix)?;
    member(master, calendar, &start)
}

/// A member as the series says it.
pub(crate) fn member(master: &Event, calendar: &Calendar, at: &Time) -> Option<Event> {
    let (start, end) = (time(master, "start", calendar)?, time(master, "end", calendar)?);
    let lasts = end.secs(&calendar.zone) - start.secs(&calendar.zone);
    // Days are counted, whatever the clock does meanwhile.
    let lasts = if start.is_date() { (lasts + 43_200) / 86_400 * 86_400 } else { lasts };
    let id = text(master, "id")?;
    let mut out = master.clone();
    out.remove("recurrence");
    out.insert("id".to_owned(), json!(format!("{id}_{}", at.suffix())));
    out.insert("recurringEventId".to_owned(), json!(id));
    out.insert("originalStartTime".to_owned(), at.json(&calendar.zone));
    out.insert("start".to_owned(), at.json(&calendar.zone));
    let end = match (at.plus(lasts), &end) {
        (Time::At(at, _), Time::At(_, zone)) => Time::At(at, zone.clone()),
        (end, _) => end,
    };
    out.insert("end".to_owned(), end.json(&calendar.zone));
    Some(out)
}

/// All members that meet the span (seconds since the epoch), those that are otherwise as they are. `cancelled`: those, too.
pub(crate) fn expand(master: &Event, calendar: &Calendar, from: Option<i64>, until: i64, cancelled: bool) -> Vec<Event> {
    let id = text(master, "id").unwrap_or_default();
    let own: Vec<&Event> = calendar.events.values().map(|s| &s.body).filter(|e| text(e, "recurringEventId") == Some(id)).collect();
    let mut out: Vec<Event> = Vec::new();
    for start in starts(master, calendar, until) {
        let name = format!("{id}_{}", start.suffix());
        if !own.iter().any(|e| text(e, "id") == Some(&name)) {
            out.extend(member(master, calendar, &start));
        }
    }
    out.extend(own.into_iter().filter(|e| cancelled || !is_cancelled(e)).cloned());
    out.retain(|event| meets(event, calendar, from, Some(until)));
    out.sort_by_key(|event| time(event, "start", calendar).map(|t| t.secs(&calendar.zone)));
    out
}

/// What is cancelled has no times and meets everything.
pub(crate) fn meets(event: &Event, calendar: &Calendar, from: Option<i64>, until: Option<i64>) -> bool {
    let at = |name: &str| time(event, name, calendar).map(|t| t.secs(&calendar.zone));
    let (Some(start), Some(end)) = (at("start"), at("end")) else { return true };
    until.is_none_or(|until| start < until) && from.is_none_or(|from| end > from)
}
