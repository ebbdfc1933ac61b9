use calendar::zone::NamedZone;
use serde_json::{Value, json};

use super::*;

fn at(text: &str) -> When {
    match NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M") {
        Ok(wall) => When::At(wall, NamedZone::known("Europe/Berlin").unwrap()),
        Err(_) => When::Date(day(text).unwrap()),
    }
}

/// Everything that Graph says, what means nothing included.
fn said(pattern: Value, range: Value) -> Recurrence {
    let mut all = json!({"interval": 1, "month": 0, "dayOfMonth": 0, "daysOfWeek": [], "firstDayOfWeek": "monday", "index": "first"});
    all.as_object_mut().unwrap().extend(pattern.as_object().unwrap().clone());
    let mut whole = json!({"endDate": "0001-01-01", "numberOfOccurrences": 0, "recurrenceTimeZone": "Europe/Berlin"});
    whole.as_object_mut().unwrap().extend(range.as_object().unwrap().clone());
    serde_json::from_value(json!({"pattern": all, "range": whole})).unwrap()
}

/// Every kind of pattern and of range, each way: what Graph says, what the rule is, and what Graph is told.
#[test]
fn what_graph_says_comes_back_as_it_was() {
    for (start, pattern, rule_text) in [
        ("2026-11-24 14:00", json!({"type": "daily", "interval": 3}), "FREQ=DAILY;INTERVAL=3"),
        ("2026-11-24 14:00", json!({"type": "weekly", "daysOfWeek": ["tuesday"]}), "FREQ=WEEKLY;BYDAY=TU"),
        (
            "2026-11-24 14:00",
            json!({"type": "weekly", "interval": 2, "daysOfWeek": ["tuesday", "sunday"], "firstDayOfWeek": "sunday"}),
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU",
        ),
        ("2026-11-24 14:00", json!({"type": "absoluteMonthly", "dayOfMonth": 24}), "FREQ=MONTHLY;BYMONTHDAY=24"),
        ("2026-11-30 14:00", json!({"type": "absoluteMonthly", "dayOfMonth": 31}), "FREQ=MONTHLY;BYMONTHDAY=-1"),
        ("2026-11-30 14:00", json!({"type": "absoluteMonthly", "dayOfMonth": 30}), "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1"),
        ("2026-02-28 14:00", json!({"type": "absoluteMonthly", "dayOfMonth": 29}), "FREQ=MONTHLY;BYMONTHDAY=28,29;BYSETPOS=-1"),
        ("2026-11-24 14:00", json!({"type": "relativeMonthly", "daysOfWeek": ["tuesday"], "index": "fourth"}), "FREQ=MONTHLY;BYDAY=4TU"),
        ("2026-11-27", json!({"type": "relativeMonthly", "daysOfWeek": ["friday"], "index": "last"}), "FREQ=MONTHLY;BYDAY=-1FR"),
        (
            "2026-11-30",
            json!({"type": "relativeMonthly", "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"], "index": "last"}),
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        ),
        ("2026-12-24", json!({"type": "absoluteYearly", "dayOfMonth": 24, "month": 12}), "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24"),
        ("2026-02-28", json!({"type": "absoluteYearly", "dayOfMonth": 29, "month": 2}), "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1"),
        (
            "2026-03-29",
            json!({"type": "relativeYearly", "interval": 2, "daysOfWeek": ["sunday"], "index": "last", "month": 3}),
            "FREQ=YEARLY;INTERVAL=2;BYMONTH=3;BYDAY=-1SU",
        ),
    ] {
        let start = at(start);
        let first = start.wall().date().to_string();
        for (range, end) in [
            (json!({"type": "noEnd"}), String::new()),
            (json!({"type": "numbered", "numberOfOccurrences": 12}), ";COUNT=12".to_owned()),
            (
                json!({"type": "endDate", "endDate": "2029-07-01"}),
                format!(";UNTIL={}", if start.is_date() { "20290701" } else { "20290701T120000Z" }),
            ),
        ] {
            let mut range = range;
            range["startDate"] = json!(first);
            let given = said(pattern.clone(), range);
            let text = rule(&given, &start).unwrap();
            assert_eq!(text, format!("{rule_text}{end}"));
            assert!(calendar::series::Rule::parse(&text, &start).is_ok(), "{text}");
            let back = recurrence(&text, &start).unwrap();
            assert_eq!(rule(&back, &start).unwrap(), text);
            let meant = |r: &Recurrence| {
                let p = &r.pattern;
                (
                    p.kind.clone(),
                    p.interval,
                    p.day_of_month,
                    p.month,
                    p.days_of_week.clone(),
                    r.range.kind.clone(),
                    r.range.number_of_occurrences,
                )
            };
            assert_eq!(meant(&back), meant(&given), "{text}");
            assert_eq!(back.range.start_date, first);
            assert_eq!(back.range.end_date, given.range.end_date.filter(|_| given.range.kind == "endDate"));
        }
    }
}

#[test]
fn what_a_rule_leaves_to_its_start_is_said() {
    for (start, text, kind, expected) in [
        ("2026-11-24 14:00", "FREQ=WEEKLY", "weekly", json!({"daysOfWeek": ["tuesday"], "firstDayOfWeek": "monday"})),
        (
            "2026-11-24 14:00",
            "freq=daily;byday=MO,TU,WE,TH,FR",
            "weekly",
            json!({"daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"]}),
        ),
        ("2026-11-24", "FREQ=MONTHLY", "absoluteMonthly", json!({"dayOfMonth": 24})),
        ("2026-11-24", "FREQ=YEARLY", "absoluteYearly", json!({"dayOfMonth": 24, "month": 11})),
        ("2026-11-24", "FREQ=MONTHLY;BYDAY=TU;BYSETPOS=4", "relativeMonthly", json!({"daysOfWeek": ["tuesday"], "index": "fourth"})),
    ] {
        let found = serde_json::to_value(recurrence(text, &at(start)).unwrap()).unwrap();
        assert_eq!(found["pattern"]["type"], kind, "{text}");
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&found["pattern"][name], value, "{text}");
        }
    }
    // What means nothing for a pattern is not sent.
    let daily = serde_json::to_value(recurrence("FREQ=DAILY", &at("2026-11-24 14:00")).unwrap()).unwrap();
    assert_eq!(daily["pattern"], json!({"type": "daily", "interval": 1}));
    assert_eq!(daily["range"], json!({"type": "noEnd", "startDate": "2026-11-24", "recurrenceTimeZone": "Europe/Berlin"}));
}

#[test]
fn the_last_day_is_the_last_on_which_a_member_begins() {
    for (start, until, last) in [
        ("2026-11-24 14:00", "20261201T130000Z", "2026-12-01"),
        ("2026-11-24 14:00", "20261201T125959Z", "2026-11-30"),
        ("2026-11-24 14:00", "20261201T140000", "2026-12-01"),
        ("2026-11-24 14:00", "20261201", "2026-12-01"),
        ("2026-11-24", "20261201", "2026-12-01"),
        ("2026-11-24", "20261201T080000Z", "2026-12-01"),
        // Ten to midnight in Berlin is still the evening before in UTC.
        ("2026-11-24 00:10", "20261130T231000Z", "2026-12-01"),
    ] {
        let found = recurrence(&format!("FREQ=DAILY;UNTIL={until}"), &at(start)).unwrap();
        assert_eq!(found.range.end_date.as_deref(), Some(last), "{start} {until}");
    }
}

#[test]
fn what_no_pattern_holds_is_refused_in_words() {
    for (start, text, word) in [
        ("2026-11-24 14:00", "FREQ=HOURLY", "hourly"),
        ("2026-11-24 14:00", "FREQ=DAILY;INTERVAL=2;BYDAY=TU", "weekdays"),
        ("2026-11-24 14:00", "FREQ=MONTHLY;BYMONTHDAY=1,15,24", "several days"),
        ("2026-11-24 14:00", "FREQ=MONTHLY;BYMONTHDAY=-2", "from its end"),
        ("2026-10-31 14:00", "FREQ=MONTHLY", "last day"),
        ("2026-10-29 14:00", "FREQ=MONTHLY;BYMONTHDAY=29", "last day"),
        ("2028-02-29", "FREQ=YEARLY", "February"),
        ("2026-11-24 14:00", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", "numbered"),
        ("2026-11-24 14:00", "FREQ=MONTHLY;BYDAY=2TU,4TU", "numbered"),
        ("2026-12-29 14:00", "FREQ=MONTHLY;BYDAY=5TU", "fifth"),
        ("2026-11-24 14:00", "FREQ=MONTHLY;BYDAY=TU", "weekly instead"),
        ("2026-11-24 14:00", "FREQ=YEARLY;BYMONTH=5,11;BYMONTHDAY=24", "several months"),
        ("2026-11-24 14:00", "FREQ=YEARLY;BYDAY=47TU", "whole year"),
        ("2026-11-24 14:00", "FREQ=YEARLY;BYWEEKNO=48", "BYWEEKNO"),
        ("2026-11-24 14:00", "FREQ=DAILY;BYHOUR=9,14", "BYHOUR"),
        // The first one would be on a day that the rule does not name.
        ("2026-11-24 14:00", "FREQ=WEEKLY;BYDAY=MO", "begin on such a day"),
        ("2026-11-24", "FREQ=MONTHLY;BYDAY=-1TU;COUNT=3", ""),
        ("2026-11-23", "FREQ=MONTHLY;BYDAY=4TU", "begin on such a day"),
    ] {
        match recurrence(text, &at(start)) {
            Err(ProviderError::Refused(why)) => assert!(why.contains(word) && !word.is_empty(), "{text}: {why}"),
            other => assert!(word.is_empty() && other.is_ok(), "{text}: {other:?}"),
        }
    }
    let odd = said(json!({"type": "lunar"}), json!({"type": "noEnd", "startDate": "2026-11-24"}));
    assert_eq!(rule(&odd, &at("2026-11-24")), None);
}
