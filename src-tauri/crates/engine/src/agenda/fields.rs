//! What the form of an event says, checked and turned into what can be written.

use calendar::{
    NamedZone, Person, When,
    edit::{Fields, Span},
};
use chrono::{NaiveDate, NaiveDateTime};
use domain::config;
use serde::{Deserialize, Serialize};

use crate::{EngineError, mime::address::Addressee};

/// Whatever is left out stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventFields {
    #[serde(default)]
    pub title: Option<String>,
    #[serde(default)]
    pub location: Option<String>,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub time: Option<EventTime>,
    /// RFC 5545 without `RRULE:`; empty: it happens once.
    #[serde(default)]
    pub rule: Option<String>,
    #[serde(default)]
    pub free: Option<bool>,
    /// Minutes before the start.
    #[serde(default)]
    pub alarms: Option<Vec<i32>>,
    /// Addresses, or `Name <address>`.
    #[serde(default)]
    pub guests: Option<Vec<String>>,
    /// An https address, or empty.
    #[serde(default)]
    pub join: Option<String>,
    /// The calendar's provider makes a call for it; false: one that was asked for is not wanted any more.
    #[serde(default)]
    pub video: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventTime {
    /// ISO dates; `until` is the day after the last.
    Days { from: String, until: String },
    /// `2026-11-30T12:30`, as the clock shows in `zone`; without one, in the person's own.
    Clock {
        start: String,
        end: String,
        #[serde(default)]
        zone: Option<String>,
    },
}

pub(crate) fn day(text: &str) -> Result<NaiveDate, EngineError> {
    NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d")
        .ok()
        .filter(|d| (1..=9999).contains(&chrono::Datelike::year(d)))
        .ok_or_else(|| EngineError::invalid(format!("“{text}” is not a day."), "Write it as 2026-12-01."))
}

pub(crate) fn clock(text: &str) -> Result<NaiveDateTime, EngineError> {
    ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text.trim(), form).ok())
        .filter(|at| (1..=9999).contains(&chrono::Datelike::year(at)))
        .ok_or_else(|| EngineError::invalid(format!("“{text}” is not a time."), "Write it as 2026-12-01T10:00."))
}

pub(crate) fn zone(name: &str) -> Result<NamedZone, EngineError> {
    NamedZone::known(name)
        .ok_or_else(|| EngineError::invalid(format!("“{name}” is not a time zone."), "Name it like Europe/Berlin or America/New_York."))
}

/// `local`: the person's own zone.
pub(super) fn span(time: &EventTime, local: &NamedZone) -> Result<Span, EngineError> {
    let backwards = || EngineError::invalid("It ends before it begins.", "Choose a later end.");
    match time {
        EventTime::Days { from, until } => {
            let (from, until) = (day(from)?, day(until)?);
            if until <= from {
                return Err(backwards());
            }
            Ok(Span::Days { from, until })
        }
        EventTime::Clock { start, end, zone } => {
            let (start, end) = (clock(start)?, clock(end)?);
            let zone = match zone.as_deref().filter(|z| !z.is_empty()) {
                None => local.clone(),
                Some(name) => self::zone(name)?,
            };
            if end < start {
                return Err(backwards());
            }
            Ok(Span::Clock { start, end, zone })
        }
    }
}

pub(super) fn fields(given: &EventFields, local: &NamedZone) -> Result<Fields, EngineError> {
    let person = |text: &String| -> Result<Person, EngineError> {
        let parsed = Addressee::parse(text).map_err(|e| EngineError::invalid(format!("{text:?} is no address: {}", e.message), e.hint))?;
        Ok(Person { address: parsed.email(), name: parsed.name().to_owned() })
    };
    if let Some(join) = given.join.as_deref().filter(|j| !j.is_empty())
        && !config::check_url("join", join).is_ok_and(|url| url.scheme() == "https")
    {
        return Err(EngineError::invalid("Where to join must be an https address.", "Copy it from the invitation of the video service."));
    }
    if given.alarms.as_ref().is_some_and(|a| a.iter().any(|m| !(0..=40_320).contains(m)) || a.len() > 20) {
        return Err(EngineError::invalid("A reminder is at most four weeks before the start.", "Choose fewer or later ones."));
    }
    Ok(Fields {
        title: given.title.clone(),
        location: given.location.clone(),
        description: given.description.clone(),
        time: given.time.as_ref().map(|t| span(t, local)).transpose()?,
        rule: given.rule.clone(),
        free: given.free,
        alarms: given.alarms.clone(),
        guests: given.guests.as_ref().map(|g| g.iter().map(person).collect()).transpose()?,
        join: given.join.clone(),
        call: None,
    })
}

/// A span that was chosen for one member, as one for the beginning of its series: moved by as much on the wall, as long as it is.
pub(super) fn for_master(span: Span, member: &When, master: &When) -> Option<Span> {
    let back = master.wall() - member.wall();
    Some(match span {
        Span::Days { from, until } => Span::Days { from: from.checked_add_signed(back)?, until: until.checked_add_signed(back)? },
        Span::Clock { start, end, zone } => {
            Span::Clock { start: start.checked_add_signed(back)?, end: end.checked_add_signed(back)?, zone }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn berlin() -> NamedZone {
        NamedZone::known("Europe/Berlin").unwrap()
    }

    #[test]
    fn times_are_checked_and_zoned() {
        let clock = |start: &str, end: &str, zone: Option<&str>| {
            let time = EventTime::Clock { start: start.into(), end: end.into(), zone: zone.map(str::to_owned) };
            span(&time, &berlin())
        };
        let Ok(Span::Clock { start, zone, .. }) = clock("2026-11-30T12:30", "2026-11-30T13:30", None) else { panic!() };
        assert_eq!((start.to_string().as_str(), zone.name()), ("2026-11-30 12:30:00", "Europe/Berlin"));
        assert!(clock("2026-11-30T12:30", "2026-11-30T12:30", Some("America/New_York")).is_ok(), "what takes no time");
        assert!(clock("2026-11-30T12:30", "2026-11-30T12:29", None).unwrap_err().message.contains("before"));
        assert!(clock("2026-11-30T12:30", "2026-11-30T13:00", Some("Mars")).unwrap_err().hint.contains("Europe/Berlin"));
        assert!(clock("yesterday", "2026-11-30T13:00", None).is_err());
        assert!(clock("0000-01-01T00:00", "2026-11-30T13:00", None).is_err());
        let days = |from: &str, until: &str| span(&EventTime::Days { from: from.into(), until: until.into() }, &berlin());
        assert!(
            days("2026-11-30", "2026-12-01").is_ok()
                && days("2026-11-30", "2026-11-30").is_err()
                && days("2026-02-30", "2026-03-01").is_err()
        );
    }

    #[test]
    fn guests_and_the_way_in_are_checked() {
        let given = EventFields { guests: Some(vec!["Ana Ruiz <ana@x.example>".into()]), ..EventFields::default() };
        assert_eq!(fields(&given, &berlin()).unwrap().guests.unwrap()[0].name, "Ana Ruiz");
        let given = EventFields { guests: Some(vec!["nobody".into()]), ..EventFields::default() };
        assert!(fields(&given, &berlin()).is_err());
        for join in ["http://x.example/1", "javascript:alert(1)", "x"] {
            let given = EventFields { join: Some(join.into()), ..EventFields::default() };
            assert!(fields(&given, &berlin()).is_err(), "{join}");
        }
        assert!(fields(&EventFields { join: Some(String::new()), ..EventFields::default() }, &berlin()).is_ok());
        assert!(fields(&EventFields { alarms: Some(vec![-1]), ..EventFields::default() }, &berlin()).is_err());
    }

    #[test]
    fn times_of_one_member_are_those_of_its_series_moved_along() {
        let at = |text: &str| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
        let zoned = |text: &str| When::At(at(text), berlin());
        let span = Span::Clock { start: at("2026-12-08 11:30"), end: at("2026-12-08 12:00"), zone: berlin() };
        let Some(Span::Clock { start, end, .. }) = for_master(span, &zoned("2026-12-08 10:00"), &zoned("2026-11-03 10:00")) else {
            panic!()
        };
        assert_eq!((start, end), (at("2026-11-03 11:30"), at("2026-11-03 12:00")));
    }
}
