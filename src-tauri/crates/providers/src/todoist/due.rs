//! Due dates. Todoist has three forms in one field: a day, a time wherever the person is, and an instant with the zone that it was chosen
//! in (PROVIDERS 6.1).

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use domain::tasks::Due;
use serde_json::{Map, Value, json};

use super::model::WireDue;

/// Some replies have fractions of a second.
const WALL: &str = "%Y-%m-%dT%H:%M:%S%.f";

/// None: of no known form.
pub fn read(wire: &WireDue) -> Option<Due> {
    let date = wire.date.as_str();
    if NaiveDate::parse_from_str(date, "%Y-%m-%d").is_ok() {
        return Some(Due::Day { day: date.to_owned() });
    }
    if let Ok(wall) = NaiveDateTime::parse_from_str(date, WALL) {
        return Some(Due::Floating { at: wall.format("%Y-%m-%dT%H:%M:%S").to_string() });
    }
    let at = super::model::instant(date)?;
    Some(Due::At { at, zone: wire.timezone.clone() })
}

/// For a command. `there`: what is due at Todoist now; where it repeats it goes on repeating, from the new date.
pub fn write(due: &Due, there: Option<&WireDue>) -> Value {
    let mut map = Map::new();
    match due {
        Due::Day { day } => drop(map.insert("date".to_owned(), json!(day))),
        Due::Floating { at } => drop(map.insert("date".to_owned(), json!(at))),
        Due::At { at, zone } => {
            let text = DateTime::from_timestamp(at.secs(), 0).unwrap_or_default().format("%Y-%m-%dT%H:%M:%SZ").to_string();
            map.insert("date".to_owned(), json!(text));
            // The zone says how a repeating date goes on; an instant without one is told in UTC.
            let zone = zone.as_deref().or_else(|| there?.timezone.as_deref()).unwrap_or("UTC");
            map.insert("timezone".to_owned(), json!(zone));
        }
    }
    if let Some(there) = there.filter(|there| there.is_recurring) {
        map.insert("is_recurring".to_owned(), json!(true));
        map.insert("string".to_owned(), json!(there.string));
        if let Some(lang) = &there.lang {
            map.insert("lang".to_owned(), json!(lang));
        }
    }
    Value::Object(map)
}

#[cfg(test)]
mod tests {
    use domain::time::Timestamp;

    use super::*;

    fn wire(date: &str, timezone: Option<&str>) -> WireDue {
        WireDue { date: date.to_owned(), timezone: timezone.map(str::to_owned), ..WireDue::default() }
    }

    #[test]
    fn all_three_forms_there_and_back() {
        let day = Due::Day { day: "2026-11-23".into() };
        let floating = Due::Floating { at: "2026-11-23T09:00:00".into() };
        let fixed = Due::At { at: Timestamp::from_secs(1_795_338_000), zone: Some("Europe/Madrid".into()) };
        for (due, date, zone) in
            [(&day, "2026-11-23", None), (&floating, "2026-11-23T09:00:00", None), (&fixed, "2026-11-22T09:00:00Z", Some("Europe/Madrid"))]
        {
            assert_eq!(read(&wire(date, zone)).as_ref(), Some(due));
            let written = write(due, None);
            assert_eq!((written["date"].as_str(), written.get("timezone").and_then(Value::as_str)), (Some(date), zone));
            assert_eq!(written.get("is_recurring"), None);
        }
        assert_eq!(read(&wire("2026-11-23T09:00:00.000000", None)), Some(floating));
        assert_eq!(read(&wire("2026-11-22T09:00:00.000000Z", Some("Europe/Madrid"))), Some(fixed));
        for broken in ["", "2026-13-01", "tomorrow", "2026-11-22T25:00:00"] {
            assert_eq!(read(&wire(broken, None)), None, "{broken}");
        }
    }

    #[test]
    fn what_repeats_goes_on_and_an_instant_has_a_zone() {
        let there = WireDue {
            date: "2026-11-20".into(),
            is_recurring: true,
            string: "every friday".into(),
            lang: Some("en".into()),
            timezone: Some("Europe/Oslo".into()),
        };
        let moved = write(&Due::Day { day: "2026-11-27".into() }, Some(&there));
        assert_eq!(moved, json!({"date": "2026-11-27", "is_recurring": true, "string": "every friday", "lang": "en"}));
        let at = Due::At { at: Timestamp::from_secs(1_795_338_000), zone: None };
        assert_eq!(write(&at, Some(&there))["timezone"], "Europe/Oslo");
        assert_eq!(write(&at, None)["timezone"], "UTC");
    }
}
