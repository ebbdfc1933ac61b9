//! Times between Google's JSON and iCalendar.
//!
//! Google says an instant with an offset, which is the calendar's, and the zone that the event was made in. What was meant is the time on
//! the wall of that zone: the rest of a series follows from it.

use calendar::{When, zone::NamedZone};
use chrono::{DateTime, NaiveDate, NaiveDateTime};
use domain::error::ProviderError;
use serde_json::{Map, Value, json};

use super::model::Time;
use crate::ical::times::{on_wall_of, zoned};

/// `like`: the zone of a time that names none, as a member's original start does now and then.
pub fn when(time: &Time, like: Option<&str>) -> Option<When> {
    if let Some(day) = &time.date {
        return NaiveDate::parse_from_str(day, "%Y-%m-%d").ok().map(When::Date);
    }
    let text = time.date_time.as_deref()?;
    let zone = time.time_zone.as_deref().or(like).and_then(NamedZone::known);
    let Ok(at) = DateTime::parse_from_rfc3339(text) else {
        // Without an offset it is on the wall already.
        let wall = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok()?;
        return Some(zone.map_or(When::Floating(wall), |zone| When::At(wall, zone)));
    };
    // Whole seconds.
    DateTime::from_timestamp(at.timestamp(), 0).map(|at| on_wall_of(at.naive_utc(), zone))
}

/// `floating`: the zone of times without one.
pub fn json(when: &When, floating: Option<&str>, series: bool) -> Result<Value, ProviderError> {
    let timed = |wall: &NaiveDateTime, zone: &str| json!({ "dateTime": wall.format("%Y-%m-%dT%H:%M:%S").to_string(), "timeZone": zone });
    match when {
        When::Date(day) => Ok(json!({ "date": day.format("%Y-%m-%d").to_string() })),
        When::Floating(wall) => Ok(timed(wall, floating.unwrap_or("UTC"))),
        When::At(..) => zoned(when, series, "Google").map(|(wall, zone)| timed(&wall, &zone)),
    }
}

/// Google merges objects: what a time was before has to be taken out.
pub fn instead(time: &Value) -> Value {
    let mut out: Map<String, Value> = time.as_object().cloned().unwrap_or_default();
    for key in ["date", "dateTime", "timeZone"] {
        out.entry(key).or_insert(Value::Null);
    }
    Value::Object(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ical::times::line;

    fn time(text: &str, zone: Option<&str>) -> Time {
        Time { date_time: Some(text.to_owned()), time_zone: zone.map(str::to_owned), date: None }
    }

    #[test]
    fn the_wall_is_that_of_the_event_and_not_of_the_calendar() {
        for (text, zone, written) in [
            ("2026-11-30T15:30:00+01:00", Some("America/New_York"), "DTSTART;TZID=America/New_York:20261130T093000"),
            ("2026-11-30T15:30:00+01:00", Some("Europe/Zurich"), "DTSTART;TZID=Europe/Zurich:20261130T153000"),
            ("2026-11-30T14:30:00Z", None, "DTSTART:20261130T143000Z"),
            ("2026-11-30T14:30:00Z", Some("Mars/Olympus"), "DTSTART:20261130T143000Z"),
            ("2026-11-30T14:30:00.500Z", Some("UTC"), "DTSTART:20261130T143000Z"),
            // Half past two comes twice in this night.
            ("2026-10-25T02:30:00+02:00", Some("Europe/Berlin"), "DTSTART;TZID=Europe/Berlin:20261025T023000"),
            ("2026-10-25T02:30:00+01:00", Some("Europe/Berlin"), "DTSTART:20261025T013000Z"),
        ] {
            assert_eq!(line("DTSTART", &when(&time(text, zone), None).unwrap()).as_str(), written, "{text} {zone:?}");
        }
        let day = Time { date: Some("2026-12-24".to_owned()), ..Time::default() };
        assert_eq!(line("DTSTART", &when(&day, None).unwrap()).as_str(), "DTSTART;VALUE=DATE:20261224");
        assert!(when(&time("soon", None), None).is_none() && when(&Time::default(), None).is_none());
    }

    #[test]
    fn times_go_out_with_a_zone_that_google_knows() {
        let wall = NaiveDate::from_ymd_opt(2026, 7, 1).unwrap().and_hms_opt(9, 0, 0).unwrap();
        let zone = NamedZone::known("Europe/Zurich").unwrap();
        let said = |when: &When| json(when, Some("Europe/Oslo"), false).unwrap();
        assert_eq!(said(&When::At(wall, zone)), json!({"dateTime": "2026-07-01T09:00:00", "timeZone": "Europe/Zurich"}));
        assert_eq!(said(&When::Floating(wall)), json!({"dateTime": "2026-07-01T09:00:00", "timeZone": "Europe/Oslo"}));
        assert_eq!(said(&When::At(wall, NamedZone::utc())), json!({"dateTime": "2026-07-01T09:00:00", "timeZone": "UTC"}));
        let own = When::At(wall, NamedZone::described("Headquarters", domain::time::Zone::fixed(7200)));
        assert_eq!(said(&own), json!({"dateTime": "2026-07-01T07:00:00", "timeZone": "UTC"}));
        assert!(matches!(json(&own, None, true), Err(ProviderError::Refused(why)) if why.contains("Headquarters")));
        assert_eq!(said(&When::Date(wall.date())), json!({"date": "2026-07-01"}));
    }
}
