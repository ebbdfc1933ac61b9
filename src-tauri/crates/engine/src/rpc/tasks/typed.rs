//! When a task is due, as a person types it. Pure.

use chrono::DateTime;
use domain::{tasks::Due, time::Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    DueChange, EngineError,
    agenda::fields::{self, clock, day},
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DueWords {
    Never,
    On {
        /// A day, a time on the wall, or an instant with its distance from UTC.
        text: String,
        /// IANA name: the time is what the clock shows there.
        zone: Option<String>,
    },
}

pub(super) fn due(words: &DueWords) -> Result<DueChange, EngineError> {
    let DueWords::On { text, zone } = words else { return Ok(DueChange::Never) };
    let text = text.trim();
    let named = zone.as_deref().map(fields::zone).transpose()?;
    let said_already = |what: &str| EngineError::invalid(format!("“{text}” is {what}."), "Leave --zone out.");
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return match named {
            None => Ok(DueChange::On(Due::At { at: Timestamp(at.timestamp_millis()), zone: None })),
            Some(_) => Err(said_already("an instant: it says its own distance from UTC")),
        };
    }
    // A day has no colon.
    if !text.contains(':') {
        let day = day(text)?.to_string();
        return if named.is_none() { Ok(DueChange::On(Due::Day { day })) } else { Err(said_already("a day, wherever you are")) };
    }
    let wall = clock(text)?;
    Ok(DueChange::On(match named {
        Some(zone) => Due::At { at: zone.zone().instant(wall.and_utc().timestamp()), zone: Some(zone.name().to_owned()) },
        None => Due::Floating { at: wall.format("%Y-%m-%dT%H:%M:%S").to_string() },
    }))
}
