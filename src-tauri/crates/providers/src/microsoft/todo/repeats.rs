//! How a task repeats, in words: Graph has a pattern and none. On which day of the week or of the month, the task's own day says.

use serde::Deserialize;

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
        let interval = self.pattern.interval.unwrap_or(1).max(1);
        let (one, many) = match self.pattern.kind.as_str() {
            "daily" => ("every day", format!("every {interval} days")),
            "weekly" => ("every week", format!("every {interval} weeks")),
            "absoluteMonthly" | "relativeMonthly" => ("every month", format!("every {interval} months")),
            "absoluteYearly" | "relativeYearly" => ("every year", format!("every {interval} years")),
            _ => return "again and again".to_owned(),
        };
        let every = if interval == 1 { one.to_owned() } else { many };
        let days = self.pattern.days_of_week.as_ref().map_or(0, Vec::len);
        if self.pattern.kind == "weekly" && days > 1 { format!("{every}, on {days} days") } else { every }
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
