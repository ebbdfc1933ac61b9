//! RRULE (RFC 5545 section 3.3.10) and Graph's `patternedRecurrence`.
//!
//! Graph's patterns are six of the many that a rule can be. What is none of them is refused with what to choose instead: a series that
//! takes place on other days than its text says would be worse than none. Days that not every month has are the trap: Exchange's "day 31"
//! is the last day of a shorter month, where BYMONTHDAY=31 leaves the month out.

use std::collections::BTreeMap;

use calendar::When;
use chrono::{Datelike as _, Days, NaiveDate, NaiveDateTime, Weekday};
use domain::error::ProviderError;

use super::{
    model::{Pattern, Range, Recurrence},
    times::{day, when_of_until},
};
use crate::ical::{
    refused,
    times::{iana, value},
};

/// iCalendar's and Graph's names, from Monday on.
const DAYS: [(&str, &str); 7] =
    [("MO", "monday"), ("TU", "tuesday"), ("WE", "wednesday"), ("TH", "thursday"), ("FR", "friday"), ("SA", "saturday"), ("SU", "sunday")];
const INDEXES: [(i32, &str); 5] = [(1, "first"), (2, "second"), (3, "third"), (4, "fourth"), (-1, "last")];
/// Parts of a rule that one of the patterns has a place for.
const KNOWN: [&str; 9] = ["FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "WKST"];

fn short(day: &str) -> Option<&'static str> {
    DAYS.iter().find(|(_, long)| long.eq_ignore_ascii_case(day)).map(|(short, _)| *short)
}

fn long(day: &str) -> Option<&'static str> {
    DAYS.iter().find(|(short, _)| *short == day).map(|(_, long)| *long)
}

fn name_of(day: Weekday) -> &'static str {
    DAYS.get(day.num_days_from_monday() as usize).map_or("monday", |(_, long)| long)
}

/// The rule of a series that begins at `start`, without `RRULE:`. None: a pattern of a kind that is not known.
pub fn rule(recurrence: &Recurrence, start: &When) -> Option<String> {
    let Pattern { kind, interval, month, day_of_month, days_of_week, first_day_of_week, index } = &recurrence.pattern;
    let days: Vec<&str> = days_of_week.iter().map(|day| short(day)).collect::<Option<_>>()?;
    let freq = match kind.as_str() {
        "daily" => "DAILY",
        "weekly" => "WEEKLY",
        "absoluteMonthly" | "relativeMonthly" => "MONTHLY",
        "absoluteYearly" | "relativeYearly" => "YEARLY",
        _ => return None,
    };
    let mut parts = vec![format!("FREQ={freq}")];
    if *interval > 1 {
        parts.push(format!("INTERVAL={interval}"));
    }
    if freq == "YEARLY" {
        parts.push(format!("BYMONTH={month}"));
    }
    match kind.as_str() {
        "weekly" if !days.is_empty() => {
            parts.push(format!("BYDAY={}", days.join(",")));
            let first = first_day_of_week.as_deref().and_then(short).filter(|first| *first != "MO");
            parts.extend(first.map(|first| format!("WKST={first}")));
        }
        "absoluteMonthly" => parts.push(day_of_a_month(*day_of_month)),
        // The only day that its month does not always have.
        "absoluteYearly" if (*month, *day_of_month) == (2, 29) => parts.push("BYMONTHDAY=-1".to_owned()),
        "absoluteYearly" => parts.push(format!("BYMONTHDAY={day_of_month}")),
        "relativeMonthly" | "relativeYearly" => {
            let index = index.as_deref().unwrap_or("first");
            let (nth, _) = INDEXES.iter().find(|(_, name)| name.eq_ignore_ascii_case(index))?;
            match days.as_slice() {
                [] => return None,
                [one] => parts.push(format!("BYDAY={nth}{one}")),
                several => parts.push(format!("BYDAY={};BYSETPOS={nth}", several.join(","))),
            }
        }
        _ => {}
    }
    parts.extend(end_of(&recurrence.range, start));
    Some(parts.join(";"))
}

/// "Day 30", or the last day of a month that has none.
fn day_of_a_month(day: u32) -> String {
    match day {
        29 => "BYMONTHDAY=28,29;BYSETPOS=-1".to_owned(),
        30 => "BYMONTHDAY=28,29,30;BYSETPOS=-1".to_owned(),
        31.. => "BYMONTHDAY=-1".to_owned(),
        day => format!("BYMONTHDAY={day}"),
    }
}

fn end_of(range: &Range, start: &When) -> Option<String> {
    match range.kind.as_str() {
        "numbered" => Some(format!("COUNT={}", range.number_of_occurrences.max(1))),
        "endDate" => {
            let last = start.on_wall(day(range.end_date.as_deref()?)?.and_time(start.wall().time()));
            Some(format!("UNTIL={}", value(&super::times::plain_utc(&last))))
        }
        _ => None,
    }
}

/// Says what can't be kept and what can.
fn no(what: &str) -> ProviderError {
    refused(&format!(
        "Microsoft can't repeat an event {what}. Choose another repetition (every few days, weeks, months or years, on a day or on a \
         weekday of the month), or keep the event in another calendar."
    ))
}

/// The recurrence of a series that begins at `start`. `text`: without `RRULE:`.
pub fn recurrence(text: &str, start: &When) -> Result<Recurrence, ProviderError> {
    let text = text.to_ascii_uppercase();
    let parts: BTreeMap<&str, &str> = text.split(';').filter_map(|part| part.split_once('=')).collect();
    if let Some(odd) = parts.keys().find(|key| !KNOWN.contains(key)) {
        return Err(no(&format!("by the rule {odd}")));
    }
    let first = start.wall().date();
    let interval = parts.get("INTERVAL").map_or(Ok(1), |n| n.parse().map_err(|_| no("by an interval that is no number")))?;
    let pattern = Pattern { interval, ..pattern(&parts, first, interval)? };
    if !names(&pattern, first) {
        return Err(refused(
            "Microsoft begins a series on a day that its repetition names: let the event begin on such a day, or choose another repetition.",
        ));
    }
    Ok(Recurrence { pattern, range: range(&parts, start)? })
}

fn pattern(parts: &BTreeMap<&str, &str>, first: NaiveDate, interval: u32) -> Result<Pattern, ProviderError> {
    let get = |key: &str| parts.get(key).copied();
    let of = |kind: &str| Pattern { kind: kind.to_owned(), ..Pattern::default() };
    let (by_day, by_month_day, set) = (get("BYDAY"), get("BYMONTHDAY"), get("BYSETPOS"));
    match get("FREQ").unwrap_or_default() {
        "DAILY" if by_month_day.is_some() || get("BYMONTH").is_some() || set.is_some() => Err(no("on days that are chosen by month")),
        "DAILY" => match by_day {
            None => Ok(of("daily")),
            // Every working day is every week on those.
            Some(days) if interval == 1 => {
                Ok(Pattern { days_of_week: plain_days(days)?, first_day_of_week: Some(week(get("WKST"))), ..of("weekly") })
            }
            Some(_) => Err(no("every few days and only on some weekdays")),
        },
        "WEEKLY" if by_month_day.is_some() || get("BYMONTH").is_some() || set.is_some() => Err(no("in weeks that are chosen by month")),
        "WEEKLY" => {
            let days = by_day.map_or_else(|| Ok(vec![name_of(first.weekday()).to_owned()]), plain_days)?;
            Ok(Pattern { days_of_week: days, first_day_of_week: Some(week(get("WKST"))), ..of("weekly") })
        }
        "MONTHLY" if get("BYMONTH").is_some() => Err(no("every month, but only in some months")),
        "MONTHLY" => match (by_day, by_month_day) {
            (Some(_), Some(_)) => Err(no("on a weekday that is also a certain day of the month")),
            (Some(days), None) => relative(days, set, of("relativeMonthly")),
            (None, Some(days)) => Ok(Pattern { day_of_month: month_day(days, set)?, ..of("absoluteMonthly") }),
            (None, None) => Ok(Pattern { day_of_month: month_day(&first.day().to_string(), None)?, ..of("absoluteMonthly") }),
        },
        "YEARLY" => {
            let month = match get("BYMONTH") {
                None if by_day.is_none() && by_month_day.is_none() => first.month(),
                None => return Err(no("on days of the whole year")),
                Some(month) => month.parse().ok().filter(|m| (1..=12).contains(m)).ok_or_else(|| no("in several months of the year"))?,
            };
            match (by_day, by_month_day) {
                (Some(_), Some(_)) => Err(no("on a weekday that is also a certain day of the month")),
                (Some(days), None) => relative(days, set, Pattern { month, ..of("relativeYearly") }),
                (None, days) => {
                    let days = days.map_or_else(|| first.day().to_string(), str::to_owned);
                    Ok(Pattern { month, day_of_month: year_day(month, &days, set)?, ..of("absoluteYearly") })
                }
            }
        }
        freq => Err(no(&freq.to_ascii_lowercase())),
    }
}

/// Weekdays without a number.
fn plain_days(days: &str) -> Result<Vec<String>, ProviderError> {
    days.split(',').map(|day| long(day.trim()).map(str::to_owned).ok_or_else(|| no("on numbered weekdays of a week"))).collect()
}

fn week(first: Option<&str>) -> String {
    first.and_then(long).unwrap_or("monday").to_owned()
}

fn month_day(days: &str, set: Option<&str>) -> Result<u32, ProviderError> {
    match (days, set) {
        ("-1", None) | ("28,29,30,31", Some("-1")) => Ok(31),
        ("28,29", Some("-1")) => Ok(29),
        ("28,29,30", Some("-1")) => Ok(30),
        (day, None) => match day.parse() {
            Ok(day @ 1..=28) => Ok(day),
            Ok(day @ 29..=31) => Err(no(&format!(
                "on day {day} and leave out the months that have none (there it would be on their last day: “the last day of the month” can be kept)"
            ))),
            _ => Err(no("on several days of a month, or counted from its end")),
        },
        _ => Err(no("on several days of a month, or counted from its end")),
    }
}

fn year_day(month: u32, day: &str, set: Option<&str>) -> Result<u32, ProviderError> {
    let longest = match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    match (day.parse::<i64>(), set) {
        (Ok(-1), None) => Ok(longest),
        (Ok(29), None) if month == 2 => Err(no("on 29 February only in the years that have one (the last day of February can be kept)")),
        (Ok(day), None) => {
            u32::try_from(day).ok().filter(|day| (1..=longest).contains(day)).ok_or_else(|| no("on a day that the month has not"))
        }
        _ => Err(no("on several days of a month")),
    }
}

/// "The second Tuesday", or "the last working day".
fn relative(days: &str, set: Option<&str>, pattern: Pattern) -> Result<Pattern, ProviderError> {
    let numbered = || no("on several numbered weekdays of a month, or on the fifth one");
    let found = match set {
        None => {
            let at = days.len().checked_sub(2).and_then(|at| days.split_at_checked(at));
            let (nth, day) = at.filter(|(nth, _)| !nth.contains(',')).ok_or_else(numbered)?;
            if nth.is_empty() {
                return Err(no("every week of a month (choose weekly instead)"));
            }
            (nth.trim_start_matches('+').parse::<i32>().ok(), vec![long(day).ok_or_else(numbered)?.to_owned()])
        }
        Some(nth) => (nth.trim_start_matches('+').parse().ok(), plain_days(days).map_err(|_| numbered())?),
    };
    let index = INDEXES.iter().find(|(n, _)| Some(*n) == found.0).map(|(_, name)| (*name).to_owned()).ok_or_else(numbered)?;
    Ok(Pattern { days_of_week: found.1, index: Some(index), ..pattern })
}

fn range(parts: &BTreeMap<&str, &str>, start: &When) -> Result<Range, ProviderError> {
    let zone = start.zone().and_then(iana).unwrap_or_else(|| "UTC".to_owned());
    let out = Range { start_date: start.wall().date().to_string(), recurrence_time_zone: Some(zone), ..Range::default() };
    if let Some(count) = parts.get("COUNT") {
        let count = count.parse().ok().filter(|n| *n > 0).ok_or_else(|| no("so many times"))?;
        return Ok(Range { kind: "numbered".to_owned(), number_of_occurrences: count, ..out });
    }
    let Some(until) = parts.get("UNTIL") else { return Ok(Range { kind: "noEnd".to_owned(), ..out }) };
    let until = when_of_until(until, start).ok_or_else(|| no("until a time that can't be read"))?;
    Ok(Range { kind: "endDate".to_owned(), end_date: Some(last_day(until, start).to_string()), ..out })
}

/// The last day on which a member may still begin.
fn last_day(until: NaiveDateTime, start: &When) -> NaiveDate {
    if !start.is_date() && until.time() < start.wall().time() {
        return until.date().checked_sub_days(Days::new(1)).unwrap_or(until.date());
    }
    until.date()
}

fn length_of(month: NaiveDate) -> u32 {
    let next = month.with_day(1).and_then(|first| first.checked_add_months(chrono::Months::new(1)));
    next.and_then(|next| next.pred_opt()).map_or(28, |last| last.day())
}

/// Whether this day is one of the pattern's.
fn names(pattern: &Pattern, date: NaiveDate) -> bool {
    let weekday = |date: NaiveDate| pattern.days_of_week.iter().any(|day| day == name_of(date.weekday()));
    let absolute = || date.day() == pattern.day_of_month.min(length_of(date));
    let relative = || {
        let all: Vec<NaiveDate> = (1..=length_of(date)).filter_map(|day| date.with_day(day)).filter(|date| weekday(*date)).collect();
        let nth = INDEXES.iter().find(|(_, name)| Some(*name) == pattern.index.as_deref()).map_or(1, |(nth, _)| *nth);
        let found = usize::try_from(nth - 1).map_or_else(|_| all.last(), |at| all.get(at));
        found == Some(&date)
    };
    let month = || date.month() == pattern.month;
    match pattern.kind.as_str() {
        "weekly" => weekday(date),
        "absoluteMonthly" => absolute(),
        "relativeMonthly" => relative(),
        "absoluteYearly" => month() && absolute(),
        "relativeYearly" => month() && relative(),
        _ => true,
    }
}

#[cfg(test)]
#[path = "recurrence_tests.rs"]
mod tests;
