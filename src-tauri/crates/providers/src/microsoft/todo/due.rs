//! Days on which tasks are due.
//!
//! A task is due on a day. Graph says it as a point in time of a zone: midnight. What another program sets by Graph comes back as midnight
//! of UTC; what is set in To Do itself comes as the midnight of wherever the person was then, told in UTC. That place is not told, so the
//! day is the one whose midnight is nearest: right between UTC−12 and UTC+12, and a day early beyond.

use chrono::{NaiveDate, NaiveDateTime, Timelike as _};
use domain::{error::ProviderError, tasks::Due, time::Timestamp};
use serde_json::{Value, json};

use super::super::model::Zoned;

impl Zoned {
    fn wall(&self) -> Option<NaiveDateTime> {
        NaiveDateTime::parse_from_str(self.date_time.trim_end_matches('Z'), "%Y-%m-%dT%H:%M:%S%.f").ok()
    }

    fn is_utc(&self) -> bool {
        ["UTC", "Etc/UTC", "GMT"].iter().any(|zone| zone.eq_ignore_ascii_case(&self.time_zone))
    }

    /// None where it is nonsense. In another zone than UTC (which is not asked for) the day is the one that its wall shows.
    pub fn day(&self) -> Option<Due> {
        let wall = self.wall()?;
        let next = self.is_utc() && wall.hour() >= 12;
        let day = if next { wall.date().succ_opt()? } else { wall.date() };
        Some(Due::Day { day: day.format("%Y-%m-%d").to_string() })
    }

    /// None in another zone than UTC.
    pub fn instant(&self) -> Option<Timestamp> {
        self.wall().filter(|_| self.is_utc()).map(|wall| Timestamp(wall.and_utc().timestamp_millis()))
    }
}

/// What is sent: midnight of UTC, which is what Graph makes of any time of a day.
pub fn written(due: Option<&Due>) -> Result<Value, ProviderError> {
    match due {
        None => Ok(Value::Null),
        Some(Due::Day { day }) => match NaiveDate::parse_from_str(day, "%Y-%m-%d") {
            Ok(day) => Ok(json!({"dateTime": format!("{}T00:00:00", day.format("%Y-%m-%d")), "timeZone": "UTC"})),
            Err(_) => Err(ProviderError::Refused("The day on which this task is due is no date.".to_owned())),
        },
        Some(Due::Floating { .. } | Due::At { .. }) => Err(ProviderError::Refused(
            "Microsoft To Do knows only the day on which a task is due: choose a day without a time.".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(date_time: &str, zone: &str) -> Zoned {
        Zoned { date_time: date_time.to_owned(), time_zone: zone.to_owned() }
    }

    fn day(date_time: &str, zone: &str) -> Option<String> {
        match at(date_time, zone).day() {
            Some(Due::Day { day }) => Some(day),
            None => None,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_day_is_the_one_whose_midnight_is_nearest() {
        for (text, wanted) in [
            ("2026-12-24T00:00:00.0000000", "2026-12-24"),
            // Midnight in Stockholm, in Auckland (in winter), in New York and in Honolulu.
            ("2026-12-23T23:00:00.0000000", "2026-12-24"),
            ("2026-12-23T12:00:00", "2026-12-24"),
            ("2026-12-24T05:00:00.0000000", "2026-12-24"),
            ("2026-12-24T10:00:00.0000000", "2026-12-24"),
            ("2026-12-31T22:00:00.0000000Z", "2027-01-01"),
        ] {
            assert_eq!(day(text, "UTC").as_deref(), Some(wanted), "{text}");
        }
        assert_eq!(day("2026-12-24T17:00:00", "Eastern Standard Time").as_deref(), Some("2026-12-24"));
        assert_eq!((day("tomorrow", "UTC"), day("", "")), (None, None));
        assert_eq!(at("2026-12-24T10:00:00.5", "UTC").instant(), Some(Timestamp(1_798_106_400_500)));
        assert_eq!(at("2026-12-24T10:00:00", "Pacific Standard Time").instant(), None);
    }

    #[test]
    fn a_day_is_sent_as_its_midnight_and_a_time_is_refused() {
        let due = Due::Day { day: "2026-12-24".into() };
        assert_eq!(written(Some(&due)).unwrap(), json!({"dateTime": "2026-12-24T00:00:00", "timeZone": "UTC"}));
        assert_eq!(written(None).unwrap(), Value::Null);
        for due in [Due::Floating { at: "2026-12-24T10:00:00".into() }, Due::At { at: Timestamp(0), zone: None }] {
            assert!(written(Some(&due)).unwrap_err().to_string().contains("day without a time"));
        }
        assert!(written(Some(&Due::Day { day: "2026-02-30".into() })).unwrap_err().to_string().contains("no date"));
    }
}
