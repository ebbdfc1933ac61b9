//! When an event is, as a person types it: what is left out is worked out from the rest, and of a change from what is there.
//!
//! Lengths are added to instants and not to what the clock shows: an hour and a half in the night in which the clock is put back is an
//! hour and a half.

use calendar::NamedZone;
use chrono::{DateTime, Days};
use domain::time::{Timestamp, Zone};
use serde::{Deserialize, Serialize};

use crate::{
    EngineError, EventDetail, EventTime,
    agenda::fields::{self, clock, day},
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum WhenWords {
    /// ISO dates, both included. Without the last one it lasts as many days as before; a new event lasts one.
    Days { first: String, last: Option<String> },
    /// Without a start it begins when it did; without an end it lasts as long as it did.
    Clock {
        /// `2026-12-01T10:00`, as the clock shows in `zone`.
        start: Option<String>,
        end: Option<EndWords>,
        /// IANA name. None: the person's own zone.
        zone: Option<String>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndWords {
    /// `2026-12-01T11:30`.
    At(String),
    /// Seconds after the start.
    After(i64),
}

/// Seconds as the clock on the wall counts them.
fn wall(text: &str) -> Result<i64, EngineError> {
    let text = text.trim();
    if DateTime::parse_from_rfc3339(text).is_ok() {
        return Err(EngineError::invalid(
            format!("“{text}” says its own distance from UTC, which is not a time zone."),
            "Write what the clock shows, such as 2026-12-01T10:00, with --zone Europe/Berlin or --zone UTC.",
        ));
    }
    Ok(clock(text)?.and_utc().timestamp())
}

fn shown(zone: &Zone, at: Timestamp) -> String {
    DateTime::from_timestamp(zone.wall_secs(at), 0).map(|at| at.format("%Y-%m-%dT%H:%M:%S").to_string()).unwrap_or_default()
}

/// `before`: the event that is changed. `local`: the person's own zone.
pub(super) fn time(words: &WhenWords, before: Option<&EventDetail>, local: &Zone) -> Result<EventTime, EngineError> {
    match words {
        WhenWords::Days { first, last } => days(first, last.as_deref(), before),
        WhenWords::Clock { start, end, zone } => {
            let named = zone.as_deref().map(fields::zone).transpose()?;
            // What is not typed stays in the zone that it is in.
            let kept = || before.filter(|_| start.is_none()).and_then(|b| b.zone.as_deref()).and_then(NamedZone::known);
            let typed = named.as_ref().map_or(local, NamedZone::zone);
            let begin = match (start, before.filter(|b| b.row.days.is_none())) {
                (Some(text), _) => typed.instant(wall(text)?),
                (None, Some(before)) => before.row.start,
                (None, None) => return Err(EngineError::invalid("When it begins is missing.", "Give --start, such as 2026-12-01T10:00.")),
            };
            let finish = match (end, before.filter(|b| b.row.days.is_none())) {
                (Some(EndWords::At(text)), _) => typed.instant(wall(text)?),
                (Some(EndWords::After(secs)), _) => begin.plus_secs(*secs),
                (None, Some(before)) => begin.plus_millis(before.row.end.since(before.row.start)),
                (None, None) => return Err(EngineError::invalid("How long it lasts is missing.", "Give --end, or --for such as 1h30m.")),
            };
            if finish < begin {
                return Err(EngineError::invalid("It ends before it begins.", "Give a later --end."));
            }
            let zone = named.or_else(kept);
            let walls = zone.as_ref().map_or(local, NamedZone::zone);
            Ok(EventTime::Clock { start: shown(walls, begin), end: shown(walls, finish), zone: zone.map(|z| z.name().to_owned()) })
        }
    }
}

fn days(first: &str, last: Option<&str>, before: Option<&EventDetail>) -> Result<EventTime, EngineError> {
    let from = day(first)?;
    let length = || {
        let (first, until) = before?.row.days.as_ref()?;
        Some((day(until).ok()? - day(first).ok()?).num_days().max(1).unsigned_abs())
    };
    let until = match last {
        Some(last) => day(last)?.succ_opt(),
        None => from.checked_add_days(Days::new(length().unwrap_or(1))),
    };
    let until = until.ok_or_else(|| EngineError::invalid(format!("“{first}” is too far off."), "Choose an earlier day."))?;
    if until <= from {
        return Err(EngineError::invalid("It ends before it begins.", "--until is the last day; give one that is not before --day."));
    }
    Ok(EventTime::Days { from: from.to_string(), until: until.to_string() })
}
