//! Recurrence beside two independent libraries. The cases and their answers are made by tests/calendar/recurrence.py (icalendar and
//! python-dateutil); some hundred are kept here, and `cargo xtask test --long` makes 20,000 new ones and names them in AURELIUS_CASES.

use domain::time::{Timestamp, Zone};
use serde_json::Value;

use crate::read;

const KEPT: &str = include_str!("cases/recurrence.jsonl");

#[test]
fn recurrence_is_what_independent_libraries_say() {
    let fresh = std::env::var("AURELIUS_CASES").ok().map(|file| std::fs::read_to_string(file).unwrap());
    let (mut cases, mut members, mut wrong) = (0, 0, Vec::new());
    for line in fresh.as_deref().unwrap_or(KEPT).lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let ics = case["ics"].as_str().unwrap();
        let at = |key: &str| Timestamp::from_secs(case[key].as_i64().unwrap());
        let wanted: Vec<i64> = case["starts"].as_array().unwrap().iter().map(|s| s.as_i64().unwrap()).collect();
        let utc = Zone::fixed(0);
        let document = read(ics.as_bytes(), &utc).unwrap();
        let (_, series) = document.series.first().unwrap();
        let found = series.occurrences(at("from"), at("to"), &utc);
        let starts: Vec<i64> = found.occurrences.iter().map(|o| o.start.secs()).collect();
        cases += 1;
        members += wanted.len();
        if starts != wanted || !document.problems.is_empty() {
            wrong.push(format!("{ics}problems {:?}\nwanted {wanted:?}\nfound  {starts:?} (cut: {})\n", document.problems, found.cut));
        }
    }
    println!("{cases} cases with {members} members, {} mismatches", wrong.len());
    assert!(wrong.is_empty(), "{} of {cases}:\n{}", wrong.len(), wrong.iter().take(8).cloned().collect::<Vec<_>>().join("\n"));
    assert!(cases >= 500 && members > 2_000);
}
