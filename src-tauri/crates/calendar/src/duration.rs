//! DURATION values (RFC 5545 section 3.3.6): weeks and days of the wall, hours, minutes and seconds of a clock.

/// A length, or a distance with a sign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Duration {
    pub back: bool,
    pub days: i64,
    /// What is left beside the days.
    pub secs: i64,
}

impl Duration {
    /// `P1W`, `-PT15M`, `+P1DT2H`. None where it is no duration, or longer than any calendar.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_uppercase();
        let (back, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(&text)),
        };
        let mut out = Self { back, ..Self::default() };
        let (mut number, mut time, mut any) = (String::new(), false, false);
        for c in rest.strip_prefix('P')?.chars() {
            if c.is_ascii_digit() && number.len() < 9 {
                number.push(c);
                continue;
            }
            if c == 'T' && number.is_empty() && !time {
                time = true;
                continue;
            }
            let n: i64 = number.parse().ok()?;
            number.clear();
            any = true;
            match (c, time) {
                ('W', false) => out.days += n * 7,
                ('D', false) => out.days += n,
                ('H', true) => out.secs += n * 3600,
                ('M', true) => out.secs += n * 60,
                ('S', true) => out.secs += n,
                _ => return None,
            }
        }
        (any && number.is_empty()).then_some(out)
    }

    /// Seconds forward, a day being 24 hours.
    pub const fn total_secs(self) -> i64 {
        let secs = self.days * 86_400 + self.secs;
        if self.back { -secs } else { secs }
    }

    /// A distance of minutes as it is written: `-PT15M` for 15 before, in whole days where there are.
    pub fn before(minutes: i32) -> String {
        let sign = if minutes > 0 { "-" } else { "" };
        let all = minutes.unsigned_abs();
        match (all / 1440, all % 1440) {
            (0, minutes) if minutes % 60 == 0 && minutes > 0 => format!("{sign}PT{}H", minutes / 60),
            (0, minutes) => format!("{sign}PT{minutes}M"),
            (days, 0) => format!("{sign}P{days}D"),
            (days, minutes) => format!("{sign}P{days}DT{minutes}M"),
        }
    }
}

/// Minutes before, of a trigger so many seconds after: what is no whole minute is taken for the earlier one, so that nobody is late.
pub fn minutes_before(secs_after: i64) -> i32 {
    let minutes = -secs_after.div_euclid(60);
    i32::try_from(minutes).unwrap_or(if minutes < 0 { i32::MIN } else { i32::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_they_are_written() {
        for (text, secs) in
            [("P1W", 604_800), ("-PT15M", -900), ("+P1DT2H3M4S", 93_784), ("pt0s", 0), ("P15DT5H0M20S", 15 * 86_400 + 5 * 3600 + 20)]
        {
            assert_eq!(Duration::parse(text).map(Duration::total_secs), Some(secs), "{text}");
        }
        for text in ["", "P", "PT", "15M", "PT15", "P15M", "PTM", "PT1W", "P99999999999D", "20260101T000000Z"] {
            assert_eq!(Duration::parse(text), None, "{text}");
        }
    }

    #[test]
    fn minutes_come_back() {
        for (minutes, text) in [(15, "-PT15M"), (0, "PT0M"), (60, "-PT1H"), (1440, "-P1D"), (-540, "PT9H"), (1500, "-P1DT60M")] {
            assert_eq!(Duration::before(minutes), text);
            assert_eq!(minutes_before(Duration::parse(text).unwrap().total_secs()), minutes);
        }
        assert_eq!(minutes_before(-90), 2);
        assert_eq!(minutes_before(i64::MIN / 2), i32::MAX);
    }
}
