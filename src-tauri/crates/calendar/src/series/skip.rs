//! Where to begin: a rule that is looked at long after its start is not followed from there.
//!
//! A rule goes by periods: years, months, weeks, days and so on, INTERVAL of them at a time. What it names in one period follows from that
//! period alone, so whoever begins with a later one finds the same members as whoever came there step by step. Only the first period is
//! unlike the others, for it begins with DTSTART in the middle; it is never what is skipped to.

use chrono::{Datelike as _, Days, Duration, Months, NaiveDate, NaiveDateTime, NaiveTime, Timelike as _};
use rrule::{Frequency, NWeekday, RRule};

use super::DAY;

/// Members of one period that are counted to know those of the others.
const MOST_KNOWN: u64 = 1_000;
/// No series has members in a later year.
const LAST_YEAR: i32 = 9_999;

/// A later period to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Skip {
    /// When it begins. Whatever the rule names earlier belongs to a period before it.
    pub to: NaiveDateTime,
    /// When the period after the first one begins, and how many there are from it up to `to`.
    pub second: NaiveDateTime,
    pub periods: u64,
}

/// The last period of a rule that begins no later than `low`; None where that is the first one.
pub(super) fn skip(rule: &RRule, start: NaiveDateTime, low: NaiveDateTime) -> Option<Skip> {
    let every = i64::from(rule.get_interval());
    let low = NaiveDate::from_ymd_opt(LAST_YEAR, 12, 31).map_or(low, |day| low.min(day.and_time(NaiveTime::MIN)));
    if low <= start || every == 0 || !in_step(rule) {
        return None;
    }
    let units = Units { freq: rule.get_freq(), base: first_period(rule, start)? };
    let number = units.before(low) / every;
    (number >= 1).then_some(())?;
    let skip = Skip { to: units.begin(number * every)?, second: units.begin(every)?, periods: u64::try_from(number - 1).ok()? };
    // Later than the start, or nothing is gained.
    (skip.to > start && skip.to <= low).then_some(skip)
}

/// Whether each period is INTERVAL after the one before. The library goes through the hours of a rule by minutes as long as BYHOUR does not
/// name them, without asking which minutes of them INTERVAL would meet: where it is by then depends on how it came there.
fn in_step(rule: &RRule) -> bool {
    match rule.get_freq() {
        Frequency::Minutely => rule.get_by_hour().is_empty() && rule.get_by_minute().is_empty(),
        Frequency::Secondly => rule.get_by_hour().is_empty() && rule.get_by_minute().is_empty() && rule.get_by_second().is_empty(),
        _ => true,
    }
}

/// When the period of the start begins.
fn first_period(rule: &RRule, start: NaiveDateTime) -> Option<NaiveDateTime> {
    let day = start.date();
    let day = match rule.get_freq() {
        Frequency::Yearly => NaiveDate::from_ymd_opt(day.year(), 1, 1)?,
        Frequency::Monthly => day.with_day(1)?,
        Frequency::Weekly => {
            let since = day.weekday().days_since(rule.get_week_start());
            day.checked_sub_days(Days::new(u64::from(since)))?
        }
        Frequency::Daily => day,
        Frequency::Hourly => return day.and_hms_opt(start.hour(), 0, 0),
        Frequency::Minutely => return day.and_hms_opt(start.hour(), start.minute(), 0),
        Frequency::Secondly => return day.and_hms_opt(start.hour(), start.minute(), start.second()),
    };
    Some(day.and_time(NaiveTime::MIN))
}

/// Years, months and so on, from the beginning of one of them.
struct Units {
    freq: Frequency,
    base: NaiveDateTime,
}

impl Units {
    /// Whole ones from the base up to `at`, which is after it.
    fn before(&self, at: NaiveDateTime) -> i64 {
        let years = i64::from(at.year()) - i64::from(self.base.year());
        let secs = (at - self.base).num_seconds();
        match self.freq {
            Frequency::Yearly => years,
            Frequency::Monthly => years * 12 + i64::from(at.month()) - i64::from(self.base.month()),
            Frequency::Weekly => secs / (7 * DAY),
            Frequency::Daily => secs / DAY,
            Frequency::Hourly => secs / 3_600,
            Frequency::Minutely => secs / 60,
            Frequency::Secondly => secs,
        }
    }

    /// Where the one that many after the base begins.
    fn begin(&self, number: i64) -> Option<NaiveDateTime> {
        let by = |secs: i64| self.base.checked_add_signed(Duration::try_seconds(number.checked_mul(secs)?)?);
        match self.freq {
            Frequency::Yearly => self.base.checked_add_months(Months::new(u32::try_from(number.checked_mul(12)?).ok()?)),
            Frequency::Monthly => self.base.checked_add_months(Months::new(u32::try_from(number).ok()?)),
            Frequency::Weekly => by(7 * DAY),
            Frequency::Daily => by(DAY),
            Frequency::Hourly => by(3_600),
            Frequency::Minutely => by(60),
            Frequency::Secondly => by(1),
        }
    }
}

/// How many members every period but the first has, where that is the same for all of them. `month_days`: BYMONTHDAY as it was written, for
/// the validated rule hides those that are counted from the end.
pub(super) fn per_period(rule: &RRule, month_days: &[i8]) -> Option<u64> {
    let picks = !rule.get_by_set_pos().is_empty() || !rule.get_by_year_day().is_empty() || !rule.get_by_week_no().is_empty();
    if picks || rule.get_freq() > Frequency::Daily {
        return None;
    }
    // Sorted and without doubles, as the library's validation leaves them.
    let times = rule.get_by_hour().len() * rule.get_by_minute().len() * rule.get_by_second().len();
    // Every month has those days. Where the rule names none, DTSTART did.
    let common = month_days.iter().chain(rule.get_by_month_day()).all(|day| (1..=28).contains(day));
    let days = match (rule.get_freq(), rule.get_by_month(), rule.get_by_weekday()) {
        (Frequency::Daily, [], []) if month_days.is_empty() => 1,
        (Frequency::Weekly, [], week) if week.iter().all(|day| matches!(day, NWeekday::Every(_))) => {
            week.iter().enumerate().filter(|(n, day)| !week.iter().take(*n).any(|d| d == *day)).count()
        }
        (Frequency::Monthly, [], []) if common => rule.get_by_month_day().len(),
        (Frequency::Yearly, months, []) if common => months.len() * rule.get_by_month_day().len(),
        _ => return None,
    };
    u64::try_from(days * times).ok().filter(|n| (1..=MOST_KNOWN).contains(n))
}
