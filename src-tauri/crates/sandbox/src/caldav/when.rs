//! Dates, times and zones of stored objects, as far as a server must know when something is (RFC 5545 sections 3.3.4 to 3.3.6, 3.6.5).

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Weekday};

use super::ical::{Component, Property};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Date(NaiveDate),
    /// On the wall: floating, or in the zone of the property's TZID.
    Local(NaiveDateTime),
    Utc(NaiveDateTime),
}

impl When {
    /// `20261124`, `20261124T100000` or `20261124T100000Z`.
    pub fn parse(text: &str) -> Option<Self> {
        let date = |t: &str| {
            let digits = t.len() == 8 && t.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| NaiveDate::from_ymd_opt(t.get(..4)?.parse().ok()?, t.get(4..6)?.parse().ok()?, t.get(6..)?.parse().ok()?))?
        };
        let Some((day, time)) = text.split_once('T') else { return date(text).map(Self::Date) };
        let (time, utc) = time.strip_suffix('Z').map_or((time, false), |t| (t, true));
        if time.len() != 6 || !time.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let part = |from: usize| time.get(from..from + 2)?.parse::<u32>().ok();
        // A leap second is the last second of its minute for everyone who has no table of them.
        let time = NaiveTime::from_hms_opt(part(0)?, part(2)?, part(4)?.min(59))?;
        let at = date(day)?.and_time(time);
        Some(if utc { Self::Utc(at) } else { Self::Local(at) })
    }

    pub const fn is_date(self) -> bool {
        matches!(self, Self::Date(_))
    }

    /// As the wall shows it; a date is its midnight.
    pub fn wall(self) -> NaiveDateTime {
        match self {
            Self::Date(date) => date.and_time(NaiveTime::MIN),
            Self::Local(at) | Self::Utc(at) => at,
        }
    }
}

/// `P1DT2H`, `-PT15M`, `P2W`. Seconds; days have 86,400.
pub(crate) fn duration(text: &str) -> Option<i64> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let rest = rest.strip_prefix('P')?;
    let (days, times) = rest.split_once('T').unwrap_or((rest, ""));
    if rest.is_empty() || rest.ends_with('T') {
        return None;
    }
    let sum = |text: &str, units: &[(char, i64)]| {
        let (mut total, mut digits) = (0_i64, String::new());
        for c in text.chars() {
            if c.is_ascii_digit() {
                digits.push(c);
                continue;
            }
            let unit = units.iter().find(|(u, _)| *u == c)?.1;
            total = total.checked_add(digits.parse::<i64>().ok()?.checked_mul(unit)?)?;
            digits.clear();
        }
        digits.is_empty().then_some(total)
    };
    Some(sign * sum(days, &[('W', 604_800), ('D', 86_400)])?.checked_add(sum(times, &[('H', 3600), ('M', 60), ('S', 1)])?)?)
}

/// Finds the VTIMEZONE for a property and turns its times into instants.
pub(crate) struct Zones<'a> {
    object: &'a Component,
    /// For floating times and dates: the calendar's own zone (RFC 4791 section 5.2.2).
    floating: Option<&'a Component>,
}

impl<'a> Zones<'a> {
    pub const fn new(object: &'a Component, floating: Option<&'a Component>) -> Self {
        Self { object, floating }
    }

    pub fn of(&self, property: &Property) -> Option<&'a Component> {
        match property.param("TZID") {
            Some(id) => self.object.components.iter().find(|c| c.name == "VTIMEZONE" && c.value("TZID") == Some(id)),
            None => self.floating,
        }
    }
}

/// Seconds since the epoch; without a zone the wall is taken for UTC.
pub(crate) fn instant(when: When, zone: Option<&Component>) -> i64 {
    let wall = when.wall();
    let secs = wall.and_utc().timestamp();
    match (when, zone) {
        (When::Utc(_), _) | (_, None) => secs,
        (_, Some(zone)) => secs - offset(zone, wall),
    }
}

/// Seconds east of UTC while the wall shows `at`: of the observance that began last.
fn offset(zone: &Component, at: NaiveDateTime) -> i64 {
    let mut last: Option<(NaiveDateTime, i64)> = None;
    let mut before: Option<(NaiveDateTime, i64)> = None;
    for observance in &zone.components {
        let Some(start) = observance.value("DTSTART").and_then(When::parse).map(When::wall) else { continue };
        let shift = |name: &str| observance.value(name).and_then(utc_offset);
        let (Some(from), Some(to)) = (shift("TZOFFSETFROM"), shift("TZOFFSETTO")) else { continue };
        if before.is_none_or(|(first, _)| start < first) {
            before = Some((start, from));
        }
        let onset = onset_before(observance, start, at);
        if let Some(onset) = onset
            && last.is_none_or(|(known, _)| known < onset)
        {
            last = Some((onset, to));
        }
    }
    last.or(before).map_or(0, |(_, offset)| offset)
}

/// The last time at or before `at` that this observance begins: by its DTSTART, RDATEs and a yearly rule of the usual kind.
fn onset_before(observance: &Component, start: NaiveDateTime, at: NaiveDateTime) -> Option<NaiveDateTime> {
    let dates = observance.all("RDATE").flat_map(|p| p.value.split(',')).filter_map(When::parse).map(When::wall);
    let mut onsets: Vec<NaiveDateTime> = dates.chain([start]).collect();
    if let Some(rule) = observance.value("RRULE") {
        let part = |name: &str| rule.split(';').find_map(|p| p.split_once('=').filter(|(k, _)| *k == name).map(|(_, v)| v));
        let until = part("UNTIL").and_then(When::parse).map(When::wall);
        if let (Some("YEARLY"), Some(month), Some(by_day)) = (part("FREQ"), part("BYMONTH").and_then(|m| m.parse().ok()), part("BYDAY")) {
            let (nth, day) = ordinal(by_day)?;
            let yearly = [at.year() - 1, at.year()].into_iter().filter_map(|year| nth_weekday(year, month, nth, day));
            onsets.extend(yearly.map(|d| d.and_time(start.time())).filter(|o| *o >= start && until.is_none_or(|u| *o <= u)));
        }
    }
    onsets.into_iter().filter(|o| *o <= at).max()
}

/// `+0100`, `-0500`, `+013000`.
pub(crate) fn utc_offset(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or_else(|| text.strip_prefix('+').map(|d| (1, d)), |d| Some((-1, d)))?;
    if !matches!(digits.len(), 4 | 6) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize| digits.get(from..from + 2).map_or(Some(0), |t| t.parse::<i64>().ok());
    Some(sign * (part(0)? * 3600 + part(2)? * 60 + part(4)?))
}

pub(crate) fn weekday(text: &str) -> Option<Weekday> {
    Some(match text {
        "MO" => Weekday::Mon,
        "TU" => Weekday::Tue,
        "WE" => Weekday::Wed,
        "TH" => Weekday::Thu,
        "FR" => Weekday::Fri,
        "SA" => Weekday::Sat,
        "SU" => Weekday::Sun,
        _ => return None,
    })
}

/// `-1SU`: (−1, Sunday). `MO`: (0, Monday).
pub(crate) fn ordinal(text: &str) -> Option<(i32, Weekday)> {
    let at = text.len().checked_sub(2)?;
    let (nth, day) = text.split_at_checked(at)?;
    let nth = if nth.is_empty() { 0 } else { nth.trim_start_matches('+').parse().ok()? };
    Some((nth, weekday(day)?))
}

/// The `nth` such weekday of a month; negative from its end.
pub(crate) fn nth_weekday(year: i32, month: u32, nth: i32, day: Weekday) -> Option<NaiveDate> {
    if nth > 0 {
        return NaiveDate::from_weekday_of_month_opt(year, month, day, u8::try_from(nth).ok()?);
    }
    let (next_year, next) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    let last = NaiveDate::from_ymd_opt(next_year, next, 1)?.pred_opt()?;
    let back = (last.weekday().num_days_from_monday() + 7 - day.num_days_from_monday()) % 7;
    last.checked_sub_days(Days::new(u64::from(back)))?.checked_sub_signed(TimeDelta::weeks(i64::from(-nth.min(-1) - 1)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{caldav::ical, fixtures::calendar::zones};

    #[test]
    fn times_and_durations() {
        assert!(matches!(When::parse("20261124"), Some(When::Date(_))));
        assert!(matches!(When::parse("20261124T100000"), Some(When::Local(_))));
        assert!(matches!(When::parse("20261124T100000Z"), Some(When::Utc(_))));
        for bad in ["", "2026-11-24", "20261131", "20261124T25000", "20261124T250000", "20261124T1000", "+0261124", "20261124Z"] {
            assert_eq!(When::parse(bad), None, "{bad}");
        }
        for (text, secs) in [("PT15M", 900), ("-PT15M", -900), ("P1DT2H", 93_600), ("P2W", 1_209_600), ("+PT1H30M", 5400)] {
            assert_eq!(duration(text), Some(secs), "{text}");
        }
        for bad in ["", "P", "PT", "15M", "PT15", "P1H"] {
            assert_eq!(duration(bad), None, "{bad}");
        }
        assert_eq!((utc_offset("-0500"), utc_offset("+013015"), utc_offset("0100")), (Some(-18_000), Some(5415), None));
    }

    #[test]
    fn zones_change_when_they_change() {
        let zone = |text: &str| ical::parse(text.as_bytes()).unwrap();
        let (stockholm, york) = (zone(zones::STOCKHOLM), zone(zones::NEW_YORK));
        let hours = |zone: &Component, text: &str| offset(zone, When::parse(text).unwrap().wall()) / 3600;
        // 2026: Europe 29 March and 25 October, America 8 March and 1 November.
        for (at, east) in [("20260329T015959", 1), ("20260329T030000", 2), ("20261025T023000", 2), ("20261025T030000", 1)] {
            assert_eq!(hours(&stockholm, at), east, "{at}");
        }
        for (at, east) in [("20260308T015959", -5), ("20260308T030000", -4), ("20261101T005959", -4), ("20261101T020000", -5)] {
            assert_eq!(hours(&york, at), east, "{at}");
        }
        let noon = When::parse("20261124T120000").unwrap();
        assert_eq!(instant(noon, Some(&stockholm)), instant(When::parse("20261124T110000Z").unwrap(), None));
    }
}
