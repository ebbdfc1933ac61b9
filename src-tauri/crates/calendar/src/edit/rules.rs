//! RRULE as text: its parts, its end, and what becomes of it when the whole series moves.
//!
//! A rule may name what its start already says: "every Monday" begins on a Monday. When the start moves to a Tuesday, such a rule has to
//! say Tuesday, or the series would begin on a Tuesday and go on with Mondays. What names one day (a weekday, a day of the month, the
//! second Tuesday) follows the start. What names several, in a way that no shift turns into another rule, is refused: the person chooses a
//! new rule, instead of getting a series that nobody asked for.

use chrono::{Datelike as _, Duration, Months, NaiveDate, NaiveDateTime, NaiveTime, Timelike as _, Weekday};
use domain::time::Zone;

use crate::{
    edit::{
        EditError,
        times::{Form, Time, later, utc},
    },
    when::When,
};

const DAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

/// `KEY=value` in the order in which they were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parts(Vec<(String, String)>);

impl Parts {
    pub fn parse(text: &str) -> Self {
        let parts = text.trim().split(';').map(str::trim).filter(|part| !part.is_empty());
        let pair = |part: &str| part.split_once('=').map(|(k, v)| (k.trim().to_ascii_uppercase(), v.trim().to_ascii_uppercase()));
        Self(parts.map(|part| pair(part).unwrap_or_else(|| (part.to_ascii_uppercase(), String::new()))).collect())
    }

    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    pub fn set(&mut self, key: &str, value: &str) {
        match self.0.iter_mut().find(|(k, _)| k == key) {
            Some((_, old)) => value.clone_into(old),
            None => self.0.push((key.to_owned(), value.to_owned())),
        }
    }

    pub fn remove(&mut self, key: &str) {
        self.0.retain(|(k, _)| k != key);
    }

    pub fn print(&self) -> String {
        self.0.iter().map(|(k, v)| if v.is_empty() { k.clone() } else { format!("{k}={v}") }).collect::<Vec<_>>().join(";")
    }

    /// Whether both say the same, in whatever order.
    pub fn same(&self, other: &Self) -> bool {
        let sorted = |parts: &Self| {
            let mut parts: Vec<_> = parts.0.iter().filter(|(k, v)| (k.as_str(), v.as_str()) != ("INTERVAL", "1")).cloned().collect();
            parts.sort_unstable();
            parts
        };
        sorted(self) == sorted(other)
    }

    fn list(&self, key: &str) -> Vec<&str> {
        self.get(key).map(|values| values.split(',').map(str::trim).collect()).unwrap_or_default()
    }

    fn number(&self, key: &str) -> Option<i64> {
        let list = self.list(key);
        list.first().filter(|_| list.len() == 1).and_then(|value| value.trim_start_matches('+').parse().ok())
    }

    fn interval(&self) -> i64 {
        self.number("INTERVAL").unwrap_or(1)
    }

    /// What the wall shows at the end, where it has one: the last second that may still begin a member.
    fn until(&self, start: &Time) -> Option<NaiveDateTime> {
        let text = self.get("UNTIL")?;
        let clock = |text: &str| NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S").ok();
        if let Some(wall) = text.strip_suffix('Z').and_then(clock) {
            return Some(match &start.when {
                When::At(_, zone) => {
                    let at = domain::time::Timestamp::from_secs(wall.and_utc().timestamp());
                    chrono::DateTime::from_timestamp(zone.zone().wall_secs(at), 0)?.naive_utc()
                }
                When::Date(_) => wall.date().and_time(NaiveTime::MIN),
                When::Floating(_) => wall,
            });
        }
        if let Some(wall) = clock(text) {
            return Some(wall);
        }
        let day = NaiveDate::parse_from_str(text, "%Y%m%d").ok()?;
        Some(if start.when.is_date() { day.and_time(NaiveTime::MIN) } else { day.and_hms_opt(23, 59, 59)? })
    }

    /// UNTIL has the kind of DTSTART, and is UTC where that has a zone (RFC 5545 section 3.3.10).
    pub fn end_at(&mut self, start: &Time, last: NaiveDateTime, viewer: &Zone) {
        let written = match start.form {
            Form::Date => last.format("%Y%m%d").to_string(),
            Form::Floating => last.format("%Y%m%dT%H%M%S").to_string(),
            Form::Utc | Form::Zone(_) => utc(start.when.on_wall(last).instant(viewer)),
        };
        self.remove("COUNT");
        self.set("UNTIL", &written);
    }

    /// Ends it before a member that begins there.
    pub fn end_before(&mut self, start: &Time, member: &When, viewer: &Zone) {
        match start.form {
            Form::Date => self.end_at(start, later(member.wall(), Duration::days(-1)), viewer),
            Form::Floating => self.end_at(start, later(member.wall(), Duration::seconds(-1)), viewer),
            Form::Utc | Form::Zone(_) => {
                self.remove("COUNT");
                self.set("UNTIL", &utc(member.instant(viewer).plus_secs(-1)));
            }
        }
    }

    /// As a person gives it: its end has whatever kind.
    pub fn fit_until(&mut self, start: &Time, viewer: &Zone) {
        let fits = self.get("UNTIL").is_none_or(|until| match start.form {
            Form::Date => until.len() == 8,
            Form::Floating => until.len() == 15,
            Form::Utc | Form::Zone(_) => until.len() == 16,
        });
        if let Some(last) = self.until(start).filter(|_| !fits) {
            self.end_at(start, last, viewer);
        }
    }
}

/// Which day of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pick {
    Day(u32),
    Last,
    /// The nth of its weekday, from the end where it is negative.
    Nth(Weekday, i64),
}

impl Pick {
    fn of(self, year: i32, month: u32) -> Option<NaiveDate> {
        let first = NaiveDate::from_ymd_opt(year, month, 1)?;
        match self {
            Self::Day(day) => first.with_day(day),
            Self::Last => first.with_day(u32::from(first.num_days_in_month())),
            Self::Nth(weekday, n) if n > 0 => NaiveDate::from_weekday_of_month_opt(year, month, weekday, u8::try_from(n).ok()?),
            Self::Nth(weekday, n) => {
                let last = first.with_day(u32::from(first.num_days_in_month()))?;
                let back = (7 + last.weekday().num_days_from_monday() - weekday.num_days_from_monday()) % 7;
                let day = last.day().checked_sub(back + 7 * u32::try_from(-n - 1).ok()?)?;
                first.with_day(day)
            }
        }
    }
}

/// Where the days of the old series are in the new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Path {
    /// So far away on the wall.
    Shift,
    /// One member in a month (or a year, where `step` is twelve): the one of the month that is so many months later.
    Months { months: i32, step: i32, old: Pick, new: Pick },
}

/// A series that goes from one start to another.
#[derive(Clone, Debug)]
pub(super) struct Move {
    pub old: Time,
    pub new: Time,
    path: Path,
}

impl Move {
    /// And the rule that the series has then. `rule`: as it is now.
    pub fn new(old: &Time, new: &Time, rule: Option<&str>, viewer: &Zone) -> Result<(Self, Option<String>), EditError> {
        let mut out = Self { old: old.clone(), new: new.clone(), path: Path::Shift };
        if out.stays() {
            return Ok((out, rule.map(str::to_owned)));
        }
        let Some(rule) = rule else { return Ok((out, None)) };
        let mut parts = Parts::parse(rule);
        let until = parts.until(old);
        out.follow_time(&mut parts)?;
        out.follow_day(&mut parts)?;
        if let Some(until) = until {
            parts.end_at(new, out.end(until), viewer);
        }
        Ok((out, Some(parts.print())))
    }

    /// A move by which nothing but the length may change.
    pub fn stays(&self) -> bool {
        self.old == self.new
    }

    fn by(&self) -> Duration {
        self.new.when.wall() - self.old.when.wall()
    }

    /// Where a time of the old series is in the new one, on its wall. `wall`: on the old one's.
    pub fn wall(&self, wall: NaiveDateTime) -> NaiveDateTime {
        let moved = match self.path {
            Path::Shift => None,
            Path::Months { months, step, new, .. } => {
                // Beside the member of its period by as much as before.
                let day = self.period(wall.date(), months, step).and_then(|first| new.of(first.year(), first.month()));
                day.map(|day| later(day.and_time(self.new.when.wall().time()), wall.time() - self.old.when.wall().time()))
            }
        };
        moved.unwrap_or_else(|| later(wall, self.by()))
    }

    /// The first of the month that stands for this day's.
    fn period(&self, day: NaiveDate, months: i32, step: i32) -> Option<NaiveDate> {
        // Of a year there is only the month of the start.
        let month = if step == 12 { self.old.when.wall().month() } else { day.month() };
        let first = NaiveDate::from_ymd_opt(day.year(), month, 1)?;
        let by = Months::new(months.unsigned_abs());
        if months < 0 { first.checked_sub_months(by) } else { first.checked_add_months(by) }
    }

    /// The new end: what began by the old one still does, and nothing more.
    fn end(&self, until: NaiveDateTime) -> NaiveDateTime {
        let Path::Months { months, step, old, new } = self.path else { return self.wall(until) };
        let time = self.old.when.wall().time();
        // The last period whose member still began.
        let mut day = until.date();
        let began = self.period(day, 0, step).and_then(|first| old.of(first.year(), first.month()));
        if began.is_some_and(|member| member.and_time(time) > until) {
            day = day.checked_sub_months(Months::new(step.unsigned_abs())).unwrap_or(day);
        }
        let Some(first) = self.period(day, months, step) else { return self.wall(until) };
        let member = new.of(first.year(), first.month()).or_else(|| Pick::Last.of(first.year(), first.month()));
        member.map_or(until, |member| member.and_time(self.new.when.wall().time()))
    }

    /// BYHOUR and its like name the time of the start.
    fn follow_time(&self, parts: &mut Parts) -> Result<(), EditError> {
        let (old, new) = (self.old.when.wall(), self.new.when.wall());
        let to_days = self.new.when.is_date() && !self.old.when.is_date();
        let freq = parts.get("FREQ").unwrap_or_default().to_owned();
        let of_clock = ["HOURLY", "MINUTELY", "SECONDLY"].contains(&freq.as_str());
        let by = parts.0.iter().any(|(key, _)| key.starts_with("BY"));
        if of_clock && (to_days || by) {
            return Err(EditError::Immovable);
        }
        if old.time() == new.time() && !to_days {
            return Ok(());
        }
        for (key, was, is) in
            [("BYHOUR", old.hour(), new.hour()), ("BYMINUTE", old.minute(), new.minute()), ("BYSECOND", old.second(), new.second())]
        {
            let Some(value) = parts.get(key) else { continue };
            if parts.number(key) == Some(i64::from(was)) {
                if to_days {
                    parts.remove(key);
                } else {
                    parts.set(key, &is.to_string());
                }
                continue;
            }
            // Several hours of a day move together, as long as the day has room for them.
            let same = (old.minute(), old.second()) == (new.minute(), new.second());
            let by = i64::from(is) - i64::from(was);
            let hours: Option<Vec<i64>> = value.split(',').map(|hour| hour.trim().parse::<i64>().ok().map(|hour| hour + by)).collect();
            let hours = hours.filter(|hours| key == "BYHOUR" && same && !to_days && hours.iter().all(|hour| (0..24).contains(hour)));
            let hours = hours.ok_or(EditError::Immovable)?;
            parts.set(key, &hours.iter().map(i64::to_string).collect::<Vec<_>>().join(","));
        }
        Ok(())
    }

    /// BYDAY, BYMONTHDAY and BYMONTH name the day of the start.
    fn follow_day(&mut self, parts: &mut Parts) -> Result<(), EditError> {
        let (old, new) = (self.old.when.wall().date(), self.new.when.wall().date());
        let days = (new - old).num_days();
        if days == 0 {
            return Ok(());
        }
        let has = |key: &str| parts.get(key).is_some();
        if has("BYYEARDAY") || has("BYWEEKNO") || has("BYEASTER") {
            return Err(EditError::Immovable);
        }
        let months = (new.year() - old.year()) * 12 + new.month0() as i32 - old.month0() as i32;
        match parts.get("FREQ").unwrap_or_default() {
            "HOURLY" | "MINUTELY" | "SECONDLY" => Ok(()),
            "DAILY" if has("BYMONTHDAY") || has("BYSETPOS") => Err(EditError::Immovable),
            "WEEKLY" if has("BYMONTHDAY") => Err(EditError::Immovable),
            "DAILY" | "WEEKLY" => turn(parts, days, old),
            "MONTHLY" => {
                if months != 0 && has("BYMONTH") {
                    return Err(EditError::Immovable);
                }
                let every = parts.list("BYDAY").iter().any(|day| DAYS.contains(day));
                if every && !has("BYSETPOS") && !has("BYMONTHDAY") && parts.interval() == 1 {
                    return turn(parts, days, old);
                }
                let (was, is) = pick(parts, old, new)?;
                self.path = Path::Months { months, step: 1, old: was, new: is };
                Ok(())
            }
            "YEARLY" => {
                let month = parts.number("BYMONTH");
                let named = has("BYDAY") || has("BYMONTHDAY");
                if (has("BYMONTH") && month != Some(i64::from(old.month()))) || (named && month.is_none()) {
                    return Err(EditError::Immovable);
                }
                let (was, is) = pick(parts, old, new)?;
                if has_month(parts) {
                    parts.set("BYMONTH", &new.month().to_string());
                }
                self.path = Path::Months { months, step: 12, old: was, new: is };
                Ok(())
            }
            _ => Err(EditError::Immovable),
        }
    }
}

fn has_month(parts: &Parts) -> bool {
    parts.get("BYMONTH").is_some()
}

fn name_of(weekday: Weekday) -> &'static str {
    DAYS.get(weekday.num_days_from_monday() as usize).copied().unwrap_or_default()
}

/// Weekdays, and the day on which weeks begin, so many days later.
fn turn(parts: &mut Parts, days: i64, start: NaiveDate) -> Result<(), EditError> {
    let later = |day: &str| {
        let at = DAYS.iter().position(|known| *known == day)?;
        let at = (at as i64 + days).rem_euclid(7);
        DAYS.get(usize::try_from(at).ok()?).map(|day| (*day).to_owned())
    };
    let named = parts.list("BYDAY");
    if named.is_empty() {
        return Ok(());
    }
    let turned: Option<Vec<String>> = named.iter().map(|day| later(day)).collect();
    let turned = turned.ok_or(EditError::Immovable)?;
    // Which days are of one week only matters where weeks are left out, or counted in.
    let only = named.as_slice() == [name_of(start.weekday())];
    if !only && (parts.interval() > 1 || parts.get("BYSETPOS").is_some()) {
        let begin = later(parts.get("WKST").unwrap_or("MO")).ok_or(EditError::Immovable)?;
        parts.set("WKST", &begin);
    }
    parts.set("BYDAY", &turned.join(","));
    Ok(())
}

/// The one day of its month that a rule names, and the one that it names then.
fn pick(parts: &mut Parts, old: NaiveDate, new: NaiveDate) -> Result<(Pick, Pick), EditError> {
    let length = |day: NaiveDate| i64::from(day.num_days_in_month());
    let from_end = |day: NaiveDate| i64::from(day.day()) - length(day) - 1;
    let is_nth = |day: NaiveDate| (i64::from(day.day()) + 6) / 7;
    let nth_from_end = |day: NaiveDate| -((length(day) - i64::from(day.day())) / 7 + 1);
    match (parts.list("BYDAY").as_slice(), parts.get("BYMONTHDAY").is_some(), parts.get("BYSETPOS").is_some()) {
        ([], false, false) => Ok((Pick::Day(old.day()), Pick::Day(new.day()))),
        ([], true, false) => {
            let named = parts.number("BYMONTHDAY").ok_or(EditError::Immovable)?;
            if named == -1 && from_end(old) == -1 && from_end(new) == -1 {
                return Ok((Pick::Last, Pick::Last));
            }
            let was = match named {
                -1 if from_end(old) == -1 => Pick::Last,
                _ if named == i64::from(old.day()) => Pick::Day(old.day()),
                _ => return Err(EditError::Immovable),
            };
            parts.set("BYMONTHDAY", &new.day().to_string());
            Ok((was, Pick::Day(new.day())))
        }
        ([day], false, counted) => {
            let at = day.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(0);
            let (n, weekday) = (day.get(..at).unwrap_or_default(), day.get(at..).unwrap_or_default());
            let weekday_is = |day: NaiveDate| name_of(day.weekday());
            let n = match (n, counted) {
                ("", true) => parts.number("BYSETPOS"),
                (n, false) => n.trim_start_matches('+').parse().ok(),
                _ => None,
            };
            let n =
                n.filter(|n| weekday == weekday_is(old) && (*n == is_nth(old) || *n == nth_from_end(old))).ok_or(EditError::Immovable)?;
            // From the end where it was counted from there; there is no fifth of each month.
            let to = if (n < 0 && nth_from_end(new) == -1) || is_nth(new) == 5 { -1 } else { is_nth(new) };
            if counted {
                parts.set("BYDAY", weekday_is(new));
                parts.set("BYSETPOS", &to.to_string());
            } else {
                parts.set("BYDAY", &format!("{to}{}", weekday_is(new)));
            }
            Ok((Pick::Nth(old.weekday(), n), Pick::Nth(new.weekday(), to)))
        }
        _ => Err(EditError::Immovable),
    }
}
