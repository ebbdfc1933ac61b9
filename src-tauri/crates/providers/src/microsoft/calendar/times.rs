//! Times between Graph's JSON and iCalendar.
//!
//! Graph says a time on the wall of the zone that was asked for, and beside it the zone that the event was made in, mostly by its name in
//! Windows. What was meant is the time on the wall of the latter: the rest of a series follows from it.

use calendar::{When, zone::NamedZone};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use domain::{error::ProviderError, time::Timestamp};
use serde_json::{Value, json};

use super::super::model::Zoned;
use crate::ical::{
    refused,
    times::{in_utc, on_wall_of, zoned},
};

/// To the second: Graph writes seven more digits.
fn wall(text: &str) -> Option<NaiveDateTime> {
    let whole = text.trim_end_matches('Z').split('.').next()?;
    NaiveDateTime::parse_from_str(whole, "%Y-%m-%dT%H:%M:%S").ok()
}

/// `zone`: of the wall that was meant. Whole days are days wherever one is.
pub fn when(time: &Zoned, zone: Option<NamedZone>, all_day: bool) -> Option<When> {
    let said = NamedZone::known(&time.time_zone).unwrap_or_else(NamedZone::utc);
    let wall = wall(&time.date_time)?;
    if all_day && wall.time() == NaiveTime::MIN {
        return Some(When::Date(wall.date()));
    }
    Some(placed(in_utc(&When::At(wall, said)), zone, all_day))
}

/// The instant of a time, on the wall of UTC. None where it, or its zone, means nothing.
pub fn instant(time: &Zoned) -> Option<NaiveDateTime> {
    Some(in_utc(&When::At(wall(&time.date_time)?, NamedZone::known(&time.time_zone)?)))
}

/// Of an instant in RFC 3339, as `originalStart` is one.
pub fn of_instant(text: &str, zone: Option<NamedZone>, all_day: bool) -> Option<When> {
    let utc = DateTime::parse_from_rfc3339(text).ok()?.naive_utc();
    if all_day && utc.time() == NaiveTime::MIN {
        return Some(When::Date(utc.date()));
    }
    Some(placed(utc, zone, all_day))
}

fn placed(utc: NaiveDateTime, zone: Option<NamedZone>, all_day: bool) -> When {
    let when = on_wall_of(utc, zone);
    // Midnight of another zone than the one that was asked for.
    if all_day { When::Date(when.wall().date()) } else { when }
}

/// The day at the end of `OID.{master}.{day}`.
pub fn day_of(occurrence: &str) -> Option<NaiveDate> {
    day(occurrence.rsplit('.').next()?)
}

/// `2026-12-24`.
pub fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

/// `series`: its hours would move in summer where the zone is only described.
pub fn json(when: &When, series: bool) -> Result<Value, ProviderError> {
    let (wall, zone) = match when {
        When::Date(day) => (day.and_time(NaiveTime::MIN), "UTC".to_owned()),
        When::Floating(_) => return Err(refused("Microsoft keeps no time without a zone: choose a city's zone for this event.")),
        When::At(..) => zoned(when, series, "Microsoft")?,
    };
    Ok(json!({ "dateTime": written(wall), "timeZone": zone }))
}

/// A day stays one, a time is that in UTC: what UNTIL takes (RFC 5545 section 3.3.10).
pub fn plain_utc(when: &When) -> When {
    if when.is_date() { when.clone() } else { When::At(in_utc(when), NamedZone::utc()) }
}

/// UNTIL of a series that begins at `start`, on the wall of that.
pub fn when_of_until(text: &str, start: &When) -> Option<NaiveDateTime> {
    let Some((date, _)) = text.split_once('T') else {
        let last = NaiveTime::from_hms_opt(23, 59, 59)?;
        return NaiveDate::parse_from_str(text, "%Y%m%d").ok().map(|day| day.and_time(if start.is_date() { NaiveTime::MIN } else { last }));
    };
    if start.is_date() {
        return NaiveDate::parse_from_str(date, "%Y%m%d").ok().map(|day| day.and_time(NaiveTime::MIN));
    }
    match text.strip_suffix('Z') {
        Some(text) => {
            let utc = NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S").ok()?;
            let at = Timestamp::from_secs(utc.and_utc().timestamp());
            let wall = start.zone().map_or(at.secs(), |zone| zone.zone().wall_secs(at));
            DateTime::from_timestamp(wall, 0).map(|wall| wall.naive_utc())
        }
        None => NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S").ok(),
    }
}

pub fn written(wall: NaiveDateTime) -> String {
    wall.format("%Y-%m-%dT%H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ical::times::line;

    fn of(date_time: &str, time_zone: &str, zone: &str, all_day: bool) -> String {
        let time = Zoned { date_time: date_time.to_owned(), time_zone: time_zone.to_owned() };
        line("DTSTART", &when(&time, NamedZone::known(zone), all_day).unwrap()).as_str().to_owned()
    }

    #[test]
    fn the_wall_is_that_of_the_event_whatever_zone_was_asked_for() {
        for (said, zone, meant, written) in [
            ("2026-11-30T14:30:00.0000000", "UTC", "W. Europe Standard Time", "DTSTART;TZID=Europe/Berlin:20261130T153000"),
            ("2026-11-30T09:30:00", "Eastern Standard Time", "Europe/Zurich", "DTSTART;TZID=Europe/Zurich:20261130T153000"),
            ("2026-11-30T14:30:00", "UTC", "UTC", "DTSTART:20261130T143000Z"),
            ("2026-11-30T14:30:00", "UTC", "tzone://Microsoft/Custom", "DTSTART:20261130T143000Z"),
            // Half past two comes twice in this night.
            ("2026-10-25T00:30:00", "UTC", "Europe/Berlin", "DTSTART;TZID=Europe/Berlin:20261025T023000"),
            ("2026-10-25T01:30:00", "UTC", "Europe/Berlin", "DTSTART:20261025T013000Z"),
        ] {
            assert_eq!(of(said, zone, meant, false), written, "{said} {zone} {meant}");
        }
    }

    #[test]
    fn days_are_days_wherever_one_is() {
        for (said, zone) in
            [("2026-12-24T00:00:00.0000000", "UTC"), ("2026-12-24T00:00:00", "Tokyo Standard Time"), ("2026-12-23T23:00:00", "UTC")]
        {
            assert_eq!(of(said, zone, "W. Europe Standard Time", true), "DTSTART;VALUE=DATE:20261224", "{said} {zone}");
        }
        assert_eq!(day_of("OID.AAMk=.2026-12-24"), NaiveDate::from_ymd_opt(2026, 12, 24));
        assert_eq!((day_of("OID.AAMk="), day_of("")), (None, None));
    }

    #[test]
    fn times_go_out_with_a_zone_or_not_at_all() {
        let wall = NaiveDate::from_ymd_opt(2026, 7, 1).unwrap().and_hms_opt(9, 0, 0).unwrap();
        let zurich = When::At(wall, NamedZone::known("Europe/Zurich").unwrap());
        assert_eq!(json(&zurich, true).unwrap(), json!({"dateTime": "2026-07-01T09:00:00", "timeZone": "Europe/Zurich"}));
        assert_eq!(json(&When::Date(wall.date()), true).unwrap(), json!({"dateTime": "2026-07-01T00:00:00", "timeZone": "UTC"}));
        let own = When::At(wall, NamedZone::described("Headquarters", domain::time::Zone::fixed(7200)));
        assert_eq!(json(&own, false).unwrap(), json!({"dateTime": "2026-07-01T07:00:00", "timeZone": "UTC"}));
        for refused in [json(&own, true), json(&When::Floating(wall), false)] {
            assert!(matches!(refused, Err(ProviderError::Refused(why)) if why.contains("choose")));
        }
    }
}
