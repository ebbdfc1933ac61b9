//! How often a repeating task comes, from the words of its due string: as much of Todoist's language as the fixtures and tests speak.

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Every {
    Days(u64),
    Weeks(u64),
    Months(u32),
    On(Weekday),
    /// Monday to Friday.
    Workday,
}

/// `every day`, `every 2 weeks`, `every friday`, `every workday`, `daily`, `every! month`; a time of day after it is the due's own.
pub(super) fn parse(text: &str) -> Option<(Every, bool)> {
    let text = text.trim().to_lowercase();
    let text = text.split(" at ").next().unwrap_or_default().trim().to_owned();
    let (rest, from_done) = match text.as_str() {
        "daily" => return Some((Every::Days(1), false)),
        "weekly" => return Some((Every::Weeks(1), false)),
        "monthly" => return Some((Every::Months(1), false)),
        text => match text.strip_prefix("every! ") {
            Some(rest) => (rest.to_owned(), true),
            None => (text.strip_prefix("every ")?.to_owned(), false),
        },
    };
    let mut words = rest.split_whitespace();
    let first = words.next()?;
    let (count, unit) = match first {
        "other" => (2, words.next()?),
        first => match first.parse::<u32>() {
            Ok(0) => return None,
            Ok(n) => (n, words.next()?),
            Err(_) => (1, first),
        },
    };
    if words.next().is_some() {
        return None;
    }
    let every = match unit {
        "day" | "days" => Every::Days(u64::from(count)),
        "week" | "weeks" => Every::Weeks(u64::from(count)),
        "month" | "months" => Every::Months(count),
        "workday" | "weekday" if count == 1 => Every::Workday,
        day if count == 1 => Every::On(day.parse().ok()?),
        _ => return None,
    };
    Some((every, from_done))
}

impl Every {
    fn after(self, day: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Days(n) => day.checked_add_days(Days::new(n)),
            Self::Weeks(n) => day.checked_add_days(Days::new(n.checked_mul(7)?)),
            Self::Months(n) => day.checked_add_months(Months::new(n)),
            Self::On(weekday) => day.iter_days().skip(1).find(|d| d.weekday() == weekday),
            Self::Workday => day.iter_days().skip(1).find(|d| !matches!(d.weekday(), Weekday::Sat | Weekday::Sun)),
        }
    }

    /// The next date after `due` that is later than today, or the next after today where it counts from when it was done.
    pub fn next(self, due: NaiveDate, today: NaiveDate, from_done: bool) -> Option<NaiveDate> {
        if from_done {
            return self.after(today);
        }
        let mut day = self.after(due)?;
        while day <= today {
            day = self.after(day)?;
        }
        Some(day)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn next(text: &str, due: &str, today: &str) -> Option<String> {
        let (every, from_done) = parse(text)?;
        every.next(due.parse().unwrap(), today.parse().unwrap(), from_done).map(|day| day.to_string())
    }

    #[test]
    fn dates_come_as_often_as_the_words_say() {
        for (text, due, today, then) in [
            ("every day", "2026-11-22", "2026-11-22", "2026-11-23"),
            ("Every Day at 9am", "2026-11-22", "2026-11-22", "2026-11-23"),
            ("daily", "2026-11-20", "2026-11-22", "2026-11-23"),
            ("every 2 weeks", "2026-11-01", "2026-11-22", "2026-11-29"),
            ("every friday", "2026-11-20", "2026-11-22", "2026-11-27"),
            ("every workday", "2026-11-20", "2026-11-20", "2026-11-23"),
            ("monthly", "2026-11-30", "2026-12-01", "2026-12-30"),
            ("every other day", "2026-11-22", "2026-11-20", "2026-11-24"),
            ("every! week", "2026-11-01", "2026-11-22", "2026-11-29"),
        ] {
            assert_eq!(next(text, due, today).as_deref(), Some(then), "{text}");
        }
        for text in ["every", "every blue moon", "every 0 days", "tomorrow", "every day until friday", "every 3 friday"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
