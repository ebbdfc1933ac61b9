//! Times as lines of iCalendar.

use calendar::{When, lines::Line, zone::NamedZone};
use chrono::{DateTime, NaiveDateTime};
use domain::{
    error::ProviderError,
    time::{Timestamp, Zone},
};

/// What a time without a zone is taken for where only its wall matters.
pub(crate) fn utc_zone() -> Zone {
    Zone::fixed(0)
}

fn is_utc(zone: &NamedZone) -> bool {
    zone.name() == "UTC"
}

/// An instant on the wall of `zone`. The second half past two of a night in autumn has no other name than that in UTC.
pub(crate) fn on_wall_of(utc: NaiveDateTime, zone: Option<NamedZone>) -> When {
    let at = Timestamp::from_secs(utc.and_utc().timestamp());
    let wall = zone.as_ref().and_then(|zone| DateTime::from_timestamp(zone.zone().wall_secs(at), 0));
    if let (Some(zone), Some(wall)) = (zone, wall) {
        let when = When::At(wall.naive_utc(), zone);
        if when.instant(&utc_zone()) == at {
            return when;
        }
    }
    When::At(utc, NamedZone::utc())
}

/// The instant of a time, on the wall of UTC.
pub(crate) fn in_utc(when: &When) -> NaiveDateTime {
    DateTime::from_timestamp(when.instant(&utc_zone()).secs(), 0).map_or_else(|| when.wall(), |at| at.naive_utc())
}

/// `20261130`, `20261130T101500` or `20261130T091500Z`.
pub(crate) fn value(when: &When) -> String {
    match when {
        When::Date(day) => day.format("%Y%m%d").to_string(),
        When::At(wall, zone) if is_utc(zone) => wall.format("%Y%m%dT%H%M%SZ").to_string(),
        When::At(wall, _) | When::Floating(wall) => wall.format("%Y%m%dT%H%M%S").to_string(),
    }
}

/// A property of this time (RFC 5545 section 3.3.5), with its zone or as a day.
pub(crate) fn line(name: &str, when: &When) -> Line {
    let line = Line::new(name, &value(when));
    match when {
        When::Date(_) => line.with("VALUE", "DATE"),
        When::At(_, zone) if !is_utc(zone) => line.with("TZID", zone.name()),
        When::At(..) | When::Floating(_) => line,
    }
}

/// Members that were taken out, as EXDATE of a series that begins like `start` (RFC 5545 section 3.8.5.1).
pub(crate) fn exdate(start: &When, out: impl Iterator<Item = When>) -> Option<Line> {
    let like = |when: When| When::of_key(&when.key(), start).unwrap_or(when);
    let mut dates: Vec<When> = out.map(like).filter(|when| when.is_date() == start.is_date()).collect();
    dates.sort_by_key(When::key);
    let mut line = line("EXDATE", dates.first()?);
    // One line is of one form. An hour that comes twice is the one exception, and such a member stays.
    let tzid = line.param("TZID");
    let values: Vec<String> = dates.iter().filter(|when| self::line("EXDATE", when).param("TZID") == tzid).map(value).collect();
    line.set_value(&values.join(","));
    Some(line)
}

/// `20261122T090000Z` of an RFC 3339 time.
pub(crate) fn stamp(text: &str) -> Option<String> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.naive_utc().format("%Y%m%dT%H%M%SZ").to_string())
}

/// The name of a zone that every provider knows, too.
pub(crate) fn iana(zone: &NamedZone) -> Option<String> {
    NamedZone::known(zone.name()).filter(|known| known.name() == zone.name()).map(|_| zone.name().to_owned())
}

/// The wall and the zone's name, as a provider takes them. A zone that is only described becomes UTC, which a series can't be in: its hours
/// would move in summer.
pub(crate) fn zoned(when: &When, series: bool, provider: &str) -> Result<(NaiveDateTime, String), ProviderError> {
    let named = when.zone().and_then(iana);
    match (named, when.zone()) {
        (Some(name), _) => Ok((when.wall(), name)),
        (None, Some(zone)) if series && !is_utc(zone) => Err(ProviderError::Refused(format!(
            "{provider} doesn't know the time zone “{}” of this series: choose a city's zone for it.",
            zone.name()
        ))),
        (None, _) => Ok((in_utc(when), "UTC".to_owned())),
    }
}
