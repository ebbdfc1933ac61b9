//! Whether an object has anything in a span of time (RFC 4791 section 9.9), recurrences and moved instances included.
//!
//! Rules are walked day by day: slow and simple, hence unlike the reader that it is used to test. What the walk doesn't know (BYSETPOS
//! and other rare parts, rules below a day) counts as being there: a server may say too much, but never too little.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, TimeDelta, Weekday};

use super::{
    ical::{Component, Property},
    when::{When, Zones, duration, instant, ordinal, weekday},
};

/// Sixty years of days: no rule is walked further.
const MAX_DAYS: u64 = 22_000;

/// Seconds since the epoch; an absent end is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub start: Option<i64>,
    pub end: Option<i64>,
}

impl Span {
    /// The table for VEVENT: what has no length is there at its start.
    fn meets(self, from: i64, to: i64) -> bool {
        let before_end = self.end.is_none_or(|end| from < end);
        let after_start = self.start.is_none_or(|start| if to > from { to > start } else { from >= start });
        before_end && after_start
    }
}

/// Whether an event of this object lies in the span. `floating`: the calendar's zone.
pub(super) fn meets(object: &Component, span: Span, floating: Option<&Component>) -> bool {
    let zones = Zones::new(object, floating);
    let mut moved: Vec<i64> = Vec::new();
    for entry in object.components.iter().filter(|c| c.name == "VEVENT") {
        if let Some((id, when)) = entry.get("RECURRENCE-ID").and_then(|p| When::parse(&p.value).map(|w| (p, w))) {
            moved.push(instant(when, zones.of(id)));
            if single(entry, &zones).is_none_or(|(from, to)| span.meets(from, to)) {
                return true;
            }
        }
    }
    object.components.iter().filter(|c| c.name == "VEVENT" && c.get("RECURRENCE-ID").is_none()).any(|master| {
        let Some((from, to)) = single(master, &zones) else { return true };
        let Some(start) = master.get("DTSTART") else { return true };
        let Some(when) = When::parse(&start.value) else { return true };
        let zone = zones.of(start);
        let there = |wall: NaiveDateTime| {
            let at = match when {
                When::Date(_) => instant(When::Date(wall.date()), zone),
                When::Local(_) => instant(When::Local(wall), zone),
                When::Utc(_) => instant(When::Utc(wall), None),
            };
            let skipped = moved.contains(&at) || excluded(master, &zones, at);
            !skipped && span.meets(at, at + (to - from))
        };
        let extra = dates(master, "RDATE").any(|(property, when)| {
            let at = instant(when, zones.of(property));
            !moved.contains(&at) && span.meets(at, at + (to - from))
        });
        extra
            || match master.value("RRULE") {
                None => there(when.wall()),
                Some(rule) => walk(rule, when.wall(), span, zone, there),
            }
    })
}

/// Start and end of one component by itself; None where it can't be read.
fn single(entry: &Component, zones: &Zones<'_>) -> Option<(i64, i64)> {
    let start = entry.get("DTSTART")?;
    let when = When::parse(&start.value)?;
    let from = instant(when, zones.of(start));
    let to = match (entry.get("DTEND"), entry.value("DURATION")) {
        (Some(end), _) => instant(When::parse(&end.value)?, zones.of(end)),
        (None, Some(text)) => from + duration(text)?,
        (None, None) if when.is_date() => from + 86_400,
        (None, None) => from,
    };
    Some((from, to))
}

fn dates<'a>(entry: &'a Component, name: &'a str) -> impl Iterator<Item = (&'a Property, When)> {
    entry.all(name).flat_map(|p| p.value.split(',').filter_map(move |v| When::parse(v.split('/').next()?).map(|w| (p, w))))
}

fn excluded(entry: &Component, zones: &Zones<'_>, at: i64) -> bool {
    dates(entry, "EXDATE").any(|(property, when)| instant(when, zones.of(property)) == at)
}

struct Rule {
    freq: Freq,
    interval: i64,
    count: Option<u64>,
    until: Option<When>,
    by_day: Vec<(i32, Weekday)>,
    by_month_day: Vec<i32>,
    by_month: Vec<u32>,
    week_start: Weekday,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Freq {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

impl Rule {
    /// None: a rule that the walk does not know.
    fn parse(text: &str) -> Option<Self> {
        let mut rule = Self {
            freq: Freq::Daily,
            interval: 1,
            count: None,
            until: None,
            by_day: Vec::new(),
            by_month_day: Vec::new(),
            by_month: Vec::new(),
            week_start: Weekday::Mon,
        };
        for part in text.split(';') {
            let (key, value) = part.split_once('=')?;
            match key {
                "FREQ" => {
                    rule.freq = match value {
                        "DAILY" => Freq::Daily,
                        "WEEKLY" => Freq::Weekly,
                        "MONTHLY" => Freq::Monthly,
                        "YEARLY" => Freq::Yearly,
                        _ => return None,
                    }
                }
                "INTERVAL" => rule.interval = value.parse().ok().filter(|n| *n > 0)?,
                "COUNT" => rule.count = Some(value.parse().ok()?),
                "UNTIL" => rule.until = Some(When::parse(value)?),
                "BYDAY" => rule.by_day = value.split(',').map(ordinal).collect::<Option<_>>()?,
                "BYMONTHDAY" => rule.by_month_day = value.split(',').map(|v| v.parse().ok()).collect::<Option<_>>()?,
                "BYMONTH" => rule.by_month = value.split(',').map(|v| v.parse().ok()).collect::<Option<_>>()?,
                "WKST" => rule.week_start = weekday(value)?,
                _ => return None,
            }
        }
        // "The nth weekday of the year" is another count than that of a month.
        let of_year = rule.freq == Freq::Yearly && rule.by_month.is_empty() && !rule.by_day.is_empty();
        (!of_year).then_some(rule)
    }

    fn takes(&self, day: NaiveDate, first: NaiveDate) -> bool {
        let months = |d: NaiveDate| i64::from(d.year()) * 12 + i64::from(d.month0());
        let week = |d: NaiveDate| {
            let back = (d.weekday().num_days_from_monday() + 7 - self.week_start.num_days_from_monday()) % 7;
            d.num_days_from_ce() - back as i32
        };
        let step = match self.freq {
            Freq::Daily => i64::from(day.num_days_from_ce() - first.num_days_from_ce()),
            Freq::Weekly => i64::from(week(day) - week(first)) / 7,
            Freq::Monthly => months(day) - months(first),
            Freq::Yearly => i64::from(day.year() - first.year()),
        };
        if step % self.interval != 0 || !self.by_month.is_empty() && !self.by_month.contains(&day.month()) {
            return false;
        }
        let bare = self.by_day.is_empty() && self.by_month_day.is_empty();
        if bare {
            return match self.freq {
                Freq::Daily => true,
                Freq::Weekly => day.weekday() == first.weekday(),
                Freq::Monthly => day.day() == first.day(),
                Freq::Yearly => day.day() == first.day() && (!self.by_month.is_empty() || day.month() == first.month()),
            };
        }
        let from_end = days_of_month(day) - day.day() as i32 + 1;
        let by_day = self.by_day.is_empty()
            || self.by_day.iter().any(|&(nth, weekday)| {
                weekday == day.weekday() && (nth == 0 || nth == (day.day() as i32 - 1) / 7 + 1 || -nth == (from_end - 1) / 7 + 1 && nth < 0)
            });
        let by_month_day =
            self.by_month_day.is_empty() || self.by_month_day.iter().any(|&n| n == day.day() as i32 || n < 0 && -n == from_end);
        let this_month = self.freq != Freq::Yearly || !self.by_month.is_empty() || day.month() == first.month();
        by_day && by_month_day && this_month
    }
}

fn days_of_month(day: NaiveDate) -> i32 {
    let (year, month) = if day.month() == 12 { (day.year() + 1, 1) } else { (day.year(), day.month() + 1) };
    NaiveDate::from_ymd_opt(year, month, 1).and_then(|d| d.pred_opt()).map_or(28, |d| d.day() as i32)
}

/// Whether `there` says yes to an instance, up to the end of the span.
pub(crate) fn walk(rule: &str, first: NaiveDateTime, span: Span, zone: Option<&Component>, there: impl Fn(NaiveDateTime) -> bool) -> bool {
    let Some(rule) = Rule::parse(rule) else { return true };
    let mut seen = 0;
    for n in 0..MAX_DAYS {
        let Some(day) = first.date().checked_add_days(Days::new(n)) else { return false };
        let at = day.and_time(first.time());
        // A day of slack for zones; the exact comparison is `there`'s.
        if span.end.is_some_and(|end| (at - TimeDelta::days(1)).and_utc().timestamp() > end) {
            return false;
        }
        let over = rule.until.is_some_and(|until| match until {
            When::Date(last) => day > last,
            When::Utc(_) => instant(When::Local(at), zone) > instant(until, None),
            When::Local(last) => at > last,
        });
        if over || rule.count.is_some_and(|count| seen >= count) {
            return false;
        }
        // DTSTART is the first instance whether it fits or not (RFC 5545 section 3.8.5.3).
        if n == 0 || rule.takes(day, first.date()) {
            seen += 1;
            if there(at) {
                return true;
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{caldav::ical, fixtures::calendar::zones::STOCKHOLM};

    fn on(lines: &str, day: &str) -> bool {
        let text = format!("BEGIN:VCALENDAR\r\n{STOCKHOLM}BEGIN:VEVENT\r\n{lines}END:VEVENT\r\nEND:VCALENDAR\r\n");
        let object = ical::parse(text.as_bytes()).unwrap();
        let start = instant(When::parse(day).unwrap(), None);
        meets(&object, Span { start: Some(start), end: Some(start + 86_400) }, None)
    }

    #[test]
    fn rules_by_the_day() {
        let cases: [(&str, &[&str], &[&str]); 10] = [
            ("DTSTART:20261102T090000Z\r\nDURATION:PT1H\r\n", &["20261102"], &["20261101", "20261103"]),
            ("DTSTART:20261102T090000Z\r\nRRULE:FREQ=WEEKLY;BYDAY=MO,WE\r\n", &["20261104", "20261109"], &["20261103", "20261101"]),
            ("DTSTART:20261102T090000Z\r\nRRULE:FREQ=WEEKLY;INTERVAL=2\r\n", &["20261116"], &["20261109"]),
            ("DTSTART:20261102T090000Z\r\nRRULE:FREQ=DAILY;COUNT=3\r\n", &["20261104"], &["20261105"]),
            ("DTSTART:20261102T090000Z\r\nRRULE:FREQ=DAILY;UNTIL=20261104T080000Z\r\n", &["20261103"], &["20261104"]),
            ("DTSTART;VALUE=DATE:20260131\r\nRRULE:FREQ=MONTHLY\r\n", &["20260331"], &["20260228", "20260301", "20260430"]),
            ("DTSTART;VALUE=DATE:20260130\r\nRRULE:FREQ=MONTHLY;BYMONTHDAY=-1\r\n", &["20260131", "20260228"], &["20260227"]),
            ("DTSTART:20261103T090000Z\r\nRRULE:FREQ=MONTHLY;BYDAY=1TU\r\n", &["20261201"], &["20261208"]),
            ("DTSTART;VALUE=DATE:20000229\r\nRRULE:FREQ=YEARLY\r\n", &["20240229"], &["20250228", "20250301"]),
            ("DTSTART:20261102T090000Z\r\nRRULE:FREQ=DAILY\r\nEXDATE:20261103T090000Z\r\n", &["20261104"], &["20261103"]),
        ];
        for (lines, yes, no) in cases {
            for day in yes {
                assert!(on(lines, &format!("{day}T000000Z")), "{lines} on {day}");
            }
            for day in no {
                assert!(!on(lines, &format!("{day}T000000Z")), "{lines} not on {day}");
            }
        }
        // 00:30 in Stockholm is the evening before in UTC.
        let late = "DTSTART;TZID=Europe/Stockholm:20261102T003000\r\nDURATION:PT15M\r\n";
        assert!(on(late, "20261101T000000Z") && !on(late, "20261102T000000Z"));
        // What isn't understood is there.
        assert!(on("DTSTART:20261102T090000Z\r\nRRULE:FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1\r\n", "20300101T000000Z"));
    }

    #[test]
    fn a_moved_instance_is_where_it_went() {
        let lines = "UID:a\r\nDTSTART:20261102T090000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=WEEKLY\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:a\r\n\
                     RECURRENCE-ID:20261109T090000Z\r\nDTSTART:20261111T090000Z\r\nDURATION:PT1H\r\n";
        assert!(on(lines, "20261111T000000Z") && !on(lines, "20261109T000000Z") && on(lines, "20261116T000000Z"));
    }
}
