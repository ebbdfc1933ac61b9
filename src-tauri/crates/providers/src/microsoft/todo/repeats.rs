//! How a task repeats, in words: Graph has a pattern and none.

use serde::Deserialize;

use crate::every::{Unit, every};

/// `patternedRecurrence`, as far as it is shown. It is never sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Recurrence {
    pattern: Pattern,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Pattern {
    #[serde(rename = "type")]
    kind: String,
    interval: Option<u32>,
    days_of_week: Option<Vec<String>>,
}

impl Recurrence {
    pub fn words(&self) -> String {
        let unit = match self.pattern.kind.as_str() {
            "daily" => Some(Unit::Day),
            "weekly" => Some(Unit::Week),
            "absoluteMonthly" | "relativeMonthly" => Some(Unit::Month),
            "absoluteYearly" | "relativeYearly" => Some(Unit::Year),
            _ => None,
        };
        every(unit, self.pattern.interval.unwrap_or(1), self.pattern.days_of_week.as_ref().map_or(0, Vec::len))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_said_in_words() {
        for (pattern, words) in [
            (r#"{"type":"daily","interval":1}"#, "every day"),
            (r#"{"type":"weekly","interval":1,"daysOfWeek":["monday"],"month":0}"#, "every week"),
            (r#"{"type":"weekly","interval":2,"daysOfWeek":["monday","friday"]}"#, "every 2 weeks, on 2 days"),
            (r#"{"type":"absoluteMonthly","interval":3,"dayOfMonth":15}"#, "every 3 months"),
            (r#"{"type":"relativeYearly","interval":0,"daysOfWeek":["monday"],"index":"first","month":5}"#, "every year"),
            (r#"{"type":"hourly"}"#, "again and again"),
        ] {
            let text = format!(r#"{{"pattern":{pattern},"range":{{"type":"noEnd","startDate":"2026-11-23"}}}}"#);
            assert_eq!(serde_json::from_str::<Recurrence>(&text).unwrap().words(), words);
        }
    }
}
