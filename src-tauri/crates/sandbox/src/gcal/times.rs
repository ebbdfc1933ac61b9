//! Times of events: what a zone's wall shows, and how Google writes it.

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta};
use domain::time::Timestamp;
use serde_json::{Value, json};

use crate::{
    caldav::{
        ical::{self, Component},
        when::{When, instant, utc_offset},
    },
    fixtures::calendar::zones,
};

/// Zones with the rules of central Europe.
const CENTRAL: [&str; 10] = [
    "Europe/Stockholm",
    "Europe/Berlin",
    "Europe/Zurich",
    "Europe/Oslo",
    "Europe/Vienna",
    "Europe/Madrid",
    "Europe/Rome",
    "Europe/Copenhagen",
    "Europe/Amsterdam",
    "Europe/Warsaw",
];

/// A zone that the stand-in knows.
#[derive(Clone, Debug)]
pub(crate) struct Zone(Option<Component>);

impl Zone {
    pub fn named(name: &str) -> Option<Self> {
        let text = match name {
            "UTC" | "Etc/UTC" | "GMT" => return Some(Self(None)),
            "Europe/Paris" => zones::PARIS,
            "America/New_York" => zones::NEW_YORK,
            name if CENTRAL.contains(&name) => zones::STOCKHOLM,
            _ => return None,
        };
        let calendar = ical::parse(format!("BEGIN:VCALENDAR\r\n{text}END:VCALENDAR\r\n").as_bytes()).ok()?;
        calendar.components.into_iter().next().map(|zone| Self(Some(zone)))
    }

    pub const fn component(&self) -> Option<&Component> {
        self.0.as_ref()
    }

    /// Seconds since the epoch when the wall shows this.
    pub fn instant(&self, wall: NaiveDateTime) -> i64 {
        instant(When::Local(wall), self.component())
    }

    pub fn wall(&self, at: i64) -> NaiveDateTime {
        let offsets = self.0.iter().flat_map(|zone| &zone.components).filter_map(|o| o.value("TZOFFSETTO").and_then(utc_offset));
        let shown = |offset: i64| DateTime::from_timestamp(at + offset, 0).map(|at| at.naive_utc());
        let found = offsets.filter_map(shown).find(|wall| self.instant(*wall) == at);
        found.or_else(|| shown(0)).unwrap_or_default()
    }
}

/// A start or an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Time {
    Date(NaiveDate),
    /// Seconds since the epoch, and the zone it was said in.
    At(i64, String),
}

impl Time {
    /// `calendar`: the zone of a time with an offset and none of its own.
    pub fn parse(value: &Value, calendar: &str) -> Result<Self, String> {
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        match (text("date"), text("dateTime")) {
            (Some(_), Some(_)) | (None, None) => Err("Invalid start or end: exactly one of date and dateTime is needed.".to_owned()),
            (Some(date), None) => NaiveDate::parse_from_str(date, "%Y-%m-%d")
                .map(Self::Date)
                .map_err(|_| format!("Invalid value for: Invalid format: \"{date}\"")),
            (None, Some(at)) => {
                let named = text("timeZone");
                let zone = Zone::named(named.unwrap_or(calendar)).ok_or_else(|| "Invalid time zone definition.".to_owned())?;
                let name = named.unwrap_or(calendar).to_owned();
                if let Ok(at) = DateTime::parse_from_rfc3339(at) {
                    return Ok(Self::At(at.timestamp(), name));
                }
                let wall = NaiveDateTime::parse_from_str(at, "%Y-%m-%dT%H:%M:%S%.f");
                let wall = wall.map_err(|_| format!("Invalid value for: Invalid format: \"{at}\""))?;
                if named.is_none() {
                    return Err("Missing time zone definition for start time.".to_owned());
                }
                Ok(Self::At(zone.instant(wall), name))
            }
        }
    }

    pub const fn is_date(&self) -> bool {
        matches!(self, Self::Date(_))
    }

    /// As Google says it: with the offset of the calendar, whatever zone the event is in.
    pub fn json(&self, calendar: &str) -> Value {
        match self {
            Self::Date(day) => json!({"date": day.to_string()}),
            Self::At(at, zone) => {
                let shown = Zone::named(calendar).unwrap_or(Zone(None));
                let wall = shown.wall(*at);
                let minutes = (wall.and_utc().timestamp() - at) / 60;
                let sign = if minutes < 0 { '-' } else { '+' };
                let offset = format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60);
                let offset = if minutes == 0 { "Z" } else { offset.as_str() };
                json!({"dateTime": format!("{}{offset}", wall.format("%Y-%m-%dT%H:%M:%S")), "timeZone": zone})
            }
        }
    }

    /// On the wall of its own zone; midnight of a date.
    pub fn wall(&self) -> NaiveDateTime {
        match self {
            Self::Date(day) => day.and_time(chrono::NaiveTime::MIN),
            Self::At(at, zone) => Zone::named(zone).unwrap_or(Zone(None)).wall(*at),
        }
    }

    /// The same kind of time in the same zone.
    pub fn on_wall(&self, wall: NaiveDateTime) -> Self {
        match self {
            Self::Date(_) => Self::Date(wall.date()),
            Self::At(_, zone) => Self::At(Zone::named(zone).unwrap_or(Zone(None)).instant(wall), zone.clone()),
        }
    }

    /// So long after; a date moves by whole days.
    pub fn plus(&self, secs: i64) -> Self {
        match self {
            Self::Date(day) => Self::Date(day.checked_add_signed(TimeDelta::seconds(secs)).unwrap_or(*day)),
            Self::At(at, zone) => Self::At(at + secs, zone.clone()),
        }
    }

    /// For comparing: a date is its midnight in the zone.
    pub fn secs(&self, calendar: &str) -> i64 {
        match self {
            Self::Date(day) => Zone::named(calendar).unwrap_or(Zone(None)).instant(day.and_time(chrono::NaiveTime::MIN)),
            Self::At(at, _) => *at,
        }
    }

    pub fn zone(&self) -> Zone {
        match self {
            Self::Date(_) => Zone(None),
            Self::At(_, zone) => Zone::named(zone).unwrap_or(Zone(None)),
        }
    }

    /// The end of an instance's id: `20261124T090000Z` or `20261124`.
    pub fn suffix(&self) -> String {
        match self {
            Self::Date(day) => day.format("%Y%m%d").to_string(),
            Self::At(at, _) => DateTime::from_timestamp(*at, 0).unwrap_or_default().format("%Y%m%dT%H%M%SZ").to_string(),
        }
    }
}

/// `2026-11-22T09:00:00.000Z`.
pub(crate) fn rfc3339(at: Timestamp) -> String {
    DateTime::from_timestamp_millis(at.millis()).unwrap_or_default().to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}
