//! `patternedRecurrence`: what Exchange takes, and the days that it means. Walked day by day, unlike the client's.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::{super::error::GraphError, zones};

/// No series is followed further: some thirty years.
const MOST_DAYS: u64 = 11_000;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Recurrence {
    pub pattern: Pattern,
    pub range: Range,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Pattern {
    #[serde(rename = "type")]
    kind: String,
    interval: u32,
    #[serde(default)]
    month: u32,
    #[serde(default)]
    day_of_month: u32,
    #[serde(default)]
    days_of_week: Vec<String>,
    #[serde(default = "sunday")]
    first_day_of_week: String,
    #[serde(default = "first")]
    index: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Range {
    #[serde(rename = "type")]
    kind: String,
    #[serde(serialize_with = "written", deserialize_with = "day")]
    pub start_date: NaiveDate,
    #[serde(default, serialize_with = "written_or_none", deserialize_with = "day_or_none")]
    end_date: Option<NaiveDate>,
    #[serde(default)]
    number_of_occurrences: u32,
    #[serde(default)]
    pub recurrence_time_zone: Option<String>,
}

fn written<S: Serializer>(day: &NaiveDate, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(day)
}
#[allow(clippy::ref_option, reason = "serde passes references")]
fn written_or_none<S: Serializer>(day: &Option<NaiveDate>, to: S) -> Result<S::Ok, S::Error> {
    day.map(|day| day.to_string()).serialize(to)
}
fn day<'de, D: Deserializer<'de>>(from: D) -> Result<NaiveDate, D::Error> {
    String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
}
fn day_or_none<'de, D: Deserializer<'de>>(from: D) -> Result<Option<NaiveDate>, D::Error> {
    Option::<String>::deserialize(from)?.map(|text| text.parse().map_err(serde::de::Error::custom)).transpose()
}

fn sunday() -> String {
    "sunday".to_owned()
}
fn first() -> String {
    "first".to_owned()
}

fn weekday(name: &str) -> Option<Weekday> {
    // Only whole names, as there.
    let full = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"].contains(&name);
    full.then(|| name.parse().ok()).flatten()
}

fn bad(why: impl Into<String>) -> GraphError {
    GraphError::new(400, "ErrorInvalidRecurrencePattern", why)
}

impl Recurrence {
    pub fn parse(value: &Value) -> Result<Self, GraphError> {
        let parsed: Self = serde_json::from_value(value.clone()).map_err(|e| bad(format!("The recurrence is not valid: {e}")))?;
        parsed.check()?;
        Ok(parsed)
    }

    fn check(&self) -> Result<(), GraphError> {
        let Pattern { kind, interval, month, day_of_month, days_of_week, first_day_of_week, index } = &self.pattern;
        if !(1..=if kind == "daily" { 999 } else { 99 }).contains(interval) {
            return Err(bad("The interval is out of range."));
        }
        if days_of_week.iter().chain([first_day_of_week]).any(|day| weekday(day).is_none()) {
            return Err(bad("There is no such day of the week."));
        }
        let days = !days_of_week.is_empty();
        let fits = match kind.as_str() {
            "daily" => true,
            "weekly" => days,
            "absoluteMonthly" => (1..=31).contains(day_of_month),
            "absoluteYearly" => (1..=31).contains(day_of_month) && (1..=12).contains(month),
            "relativeMonthly" => days && nth(index).is_some(),
            "relativeYearly" => days && nth(index).is_some() && (1..=12).contains(month),
            other => return Err(bad(format!("There is no recurrence pattern '{other}'."))),
        };
        if !fits {
            return Err(bad(format!("The pattern '{kind}' is not complete.")));
        }
        let range = &self.range;
        if range.recurrence_time_zone.as_deref().is_some_and(|zone| zones::named(zone).is_none()) {
            return Err(GraphError::new(400, "TimeZoneNotSupportedException", "A valid TimeZone value must be specified."));
        }
        let fits = match range.kind.as_str() {
            "noEnd" => true,
            "numbered" => (1..=999).contains(&range.number_of_occurrences),
            "endDate" => range.end_date.is_some_and(|end| end >= range.start_date),
            _ => false,
        };
        if fits { Ok(()) } else { Err(GraphError::new(400, "ErrorRecurrenceEndDateTooSmall", "The range of the recurrence is not valid.")) }
    }

    /// Its days up to `until`, in order.
    pub fn days(&self, until: NaiveDate) -> Vec<NaiveDate> {
        let range = &self.range;
        let end = range.end_date.filter(|_| range.kind == "endDate").map_or(until, |end| end.min(until));
        let most = if range.kind == "numbered" { range.number_of_occurrences as usize } else { usize::MAX };
        let all = (0..MOST_DAYS).map_while(|n| range.start_date.checked_add_days(Days::new(n))).take_while(|day| *day <= end);
        all.filter(|day| self.takes(*day)).take(most).collect()
    }

    fn takes(&self, day: NaiveDate) -> bool {
        let (pattern, first) = (&self.pattern, self.range.start_date);
        let interval = i64::from(pattern.interval);
        let months = |d: NaiveDate| i64::from(d.year()) * 12 + i64::from(d.month0());
        let begins = weekday(&pattern.first_day_of_week).unwrap_or(Weekday::Sun);
        let week = |d: NaiveDate| {
            i64::from(d.num_days_from_ce()) - i64::from((d.weekday().num_days_from_monday() + 7 - begins.num_days_from_monday()) % 7)
        };
        let named = |d: NaiveDate| pattern.days_of_week.iter().any(|name| weekday(name) == Some(d.weekday()));
        let length = last_of(day);
        // A day that the month has not is its last one.
        let absolute = day.day() == pattern.day_of_month.min(length);
        let relative = || {
            let all: Vec<u32> = (1..=length).filter(|n| day.with_day(*n).is_some_and(named)).collect();
            let wanted = match nth(&pattern.index) {
                Some(4) => all.last(),
                Some(n) => all.get(n),
                None => None,
            };
            // The fourth, not the last.
            let wanted = if pattern.index == "fourth" { all.get(3) } else { wanted };
            wanted == Some(&day.day())
        };
        let monthly = (months(day) - months(first)) % interval == 0;
        let yearly = i64::from(day.year() - first.year()) % interval == 0 && day.month() == pattern.month;
        match pattern.kind.as_str() {
            "daily" => i64::from(day.num_days_from_ce() - first.num_days_from_ce()) % interval == 0,
            "weekly" => (week(day) - week(first)) / 7 % interval == 0 && named(day),
            "absoluteMonthly" => monthly && absolute,
            "relativeMonthly" => monthly && relative(),
            "absoluteYearly" => yearly && absolute,
            _ => yearly && relative(),
        }
    }

    /// Everything, with what means nothing as Graph fills it in.
    pub fn json(&self) -> Value {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        if let Some(range) = value.get_mut("range").and_then(Value::as_object_mut)
            && range.get("endDate").is_none_or(Value::is_null)
        {
            range.insert("endDate".to_owned(), Value::from("0001-01-01"));
        }
        value
    }
}

/// Place among the days of a month; the last one is 4.
fn nth(index: &str) -> Option<usize> {
    ["first", "second", "third", "fourth", "last"].iter().position(|name| *name == index).map(|n| if index == "last" { 4 } else { n })
}

fn last_of(day: NaiveDate) -> u32 {
    let next = day.with_day(1).and_then(|first| first.checked_add_months(chrono::Months::new(1)));
    next.and_then(|next| next.pred_opt()).map_or(28, |last| last.day())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn days(pattern: Value, start: &str, count: usize) -> String {
        let range = json!({"type": "noEnd", "startDate": start});
        let all =
            Recurrence::parse(&json!({"pattern": pattern, "range": range})).unwrap().days(NaiveDate::from_ymd_opt(2029, 1, 1).unwrap());
        all.iter().take(count).map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_pattern_means_its_days() {
        let working = json!(["monday", "tuesday", "wednesday", "thursday", "friday"]);
        for (pattern, start, expected) in [
            (json!({"type": "daily", "interval": 3}), "2026-11-24", "2026-11-24 2026-11-27 2026-11-30"),
            (
                json!({"type": "weekly", "interval": 2, "daysOfWeek": ["sunday", "tuesday"]}),
                "2026-11-24",
                "2026-11-24 2026-12-06 2026-12-08",
            ),
            (
                json!({"type": "weekly", "interval": 2, "daysOfWeek": ["sunday", "tuesday"], "firstDayOfWeek": "monday"}),
                "2026-11-24",
                "2026-11-24 2026-11-29 2026-12-08",
            ),
            (json!({"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 31}), "2026-10-31", "2026-10-31 2026-11-30 2026-12-31"),
            (
                json!({"type": "relativeMonthly", "interval": 1, "daysOfWeek": ["tuesday"], "index": "fourth"}),
                "2026-11-24",
                "2026-11-24 2026-12-22 2027-01-26",
            ),
            (
                json!({"type": "relativeMonthly", "interval": 1, "daysOfWeek": working, "index": "last"}),
                "2026-10-30",
                "2026-10-30 2026-11-30 2026-12-31",
            ),
            (json!({"type": "absoluteYearly", "interval": 1, "month": 2, "dayOfMonth": 29}), "2027-02-28", "2027-02-28 2028-02-29"),
            (
                json!({"type": "relativeYearly", "interval": 1, "month": 3, "daysOfWeek": ["sunday"], "index": "last"}),
                "2027-03-28",
                "2027-03-28 2028-03-26",
            ),
        ] {
            assert_eq!(days(pattern.clone(), start, 3), expected, "{pattern}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        let range = json!({"type": "noEnd", "startDate": "2026-11-24"});
        for pattern in [
            json!({"type": "hourly", "interval": 1}),
            json!({"type": "daily", "interval": 0}),
            json!({"type": "weekly", "interval": 1}),
            json!({"type": "weekly", "interval": 1, "daysOfWeek": ["tue"]}),
            json!({"type": "absoluteMonthly", "interval": 1, "dayOfMonth": -1}),
            json!({"type": "relativeMonthly", "interval": 1, "daysOfWeek": ["tuesday"], "index": "fifth"}),
            json!({"type": "daily", "interval": 1, "bySetPos": 1}),
        ] {
            assert!(Recurrence::parse(&json!({"pattern": pattern, "range": range})).is_err(), "{pattern}");
        }
        for range in [
            json!({"type": "endDate", "startDate": "2026-11-24", "endDate": "2026-11-23"}),
            json!({"type": "numbered", "startDate": "2026-11-24"}),
            json!({"type": "noEnd", "startDate": "2026-11-24", "recurrenceTimeZone": "Mars/Olympus"}),
        ] {
            assert!(Recurrence::parse(&json!({"pattern": {"type": "daily", "interval": 1}, "range": range})).is_err(), "{range}");
        }
    }
}
