//! Calendars for people: times as the clock of this computer shows them.

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use domain::time::{Timestamp, Zone};
use serde_json::Value;

use super::{grid, items, more, printable, printable_lines, text};
use crate::{args::calendar::Calendar, write_out};

const DAY: &str = "%a %Y-%m-%d";

pub fn done(act: &Calendar, value: &Value, zone: &Zone) {
    write_out(&match act {
        Calendar::List => list(value, zone),
        Calendar::Events { .. } | Calendar::Find { .. } => events(value, zone),
        Calendar::Show { .. } => show(value, zone),
        Calendar::Create(_) | Calendar::Update(_) | Calendar::Delete { .. } | Calendar::Respond { .. } | Calendar::Resolve { .. } => {
            let id = if value.get("event").is_none_or(Value::is_null) { String::new() } else { format!(", id {}", text(value, "/id")) };
            format!("{} ({}{id})\n", text(value, "/words"), text(value, "/state"))
        }
        Calendar::Export { to: Some(_), .. } => format!("{} bytes written to {}\n", text(value, "/bytes"), text(value, "/file")),
        // The file as it is: it may go on into another program.
        Calendar::Export { to: None, .. } => value.get("text").and_then(Value::as_str).unwrap_or_default().to_owned(),
        Calendar::Import { .. } => import(value),
        Calendar::Freebusy { with, .. } if !with.is_empty() => people(value, zone),
        Calendar::Freebusy { .. } => {
            let blocks: Vec<String> = items(value).iter().map(|block| when(block, zone)).collect();
            if blocks.is_empty() { "free\n".to_owned() } else { blocks.join("\n") + "\n" }
        }
    });
}

fn list(value: &Value, zone: &Zone) -> String {
    let yes = |c: &Value, field: &str| (if is(c, field) { "yes" } else { "no" }).to_owned();
    let row = |c: &Value| {
        let synced = at(c, "/last_sync", zone).map(|at| at.format("%Y-%m-%d %H:%M").to_string()).unwrap_or_default();
        vec![
            text(c, "/id"),
            text(c, "/name"),
            text(c, "/source"),
            yes(c, "writable"),
            yes(c, "default"),
            yes(c, "shown"),
            text(c, "/events"),
            synced,
            text(c, "/error"),
        ]
    };
    let heads = ["ID", "NAME", "OF", "WRITABLE", "DEFAULT", "SHOWN", "EVENTS", "LAST SYNC", "ERROR"];
    grid(&heads, items(value).iter().map(row).collect()) + &more(value)
}

fn events(value: &Value, zone: &Zone) -> String {
    let row = |e: &Value| {
        let (day, time) = parts(e, zone);
        vec![text(e, "/id"), day, time, text(e, "/title"), text(e, "/location"), notes(e).join(", ")]
    };
    let mut out = grid(&["ID", "DAY", "TIME", "TITLE", "WHERE", "NOTE"], items(value).iter().map(row).collect());
    if is(value, "cut") {
        out.push_str("There is more: ask for less at once with --from and --to.\n");
    }
    out
}

fn show(value: &Value, zone: &Zone) -> String {
    let mut out = String::new();
    let mut line = |head: &str, what: &str| {
        if !what.is_empty() {
            out.push_str(&format!("{head:<13}{what}\n"));
        }
    };
    let people = |list: &Value| {
        let one = |g: &Value| {
            let name = super::address(g);
            let optional = if is(g, "optional") { ", optional" } else { "" };
            if g.get("answer").is_none() { name } else { format!("{name} ({}{optional})", text(g, "/answer")) }
        };
        list.as_array().map_or(&[][..], Vec::as_slice).iter().map(one).collect::<Vec<_>>().join(", ")
    };
    line("Title:", &text(value, "/title"));
    line("When:", &when(value, zone));
    line("Zone:", &text(value, "/zone"));
    line("Where:", &text(value, "/location"));
    line("Repeats:", &text(value, "/repetition/rule"));
    line("Join:", &text(value, "/join"));
    line("Video call:", &text(value, "/video"));
    line("Organiser:", &value.get("organizer").filter(|o| o.is_object()).map(super::address).unwrap_or_default());
    line("Guests:", &value.get("guests").map(people).unwrap_or_default());
    let alarms: Vec<String> = value.get("alarms").and_then(Value::as_array).into_iter().flatten().map(Value::to_string).collect();
    line("Reminders:", &if alarms.is_empty() { String::new() } else { format!("{} minutes before", alarms.join(", ")) });
    line("Calendar:", &text(value, "/calendar"));
    line("Note:", &notes(value).join(", "));
    line("Locked:", &text(value, "/locked"));
    for c in value.get("conflict").and_then(Value::as_array).into_iter().flatten() {
        line("Conflict:", &format!("{}: mine “{}”, theirs “{}”", text(c, "/field"), text(c, "/mine"), text(c, "/theirs")));
    }
    let description = value.get("description").and_then(Value::as_str).unwrap_or_default();
    if !description.is_empty() {
        out.push_str(&format!("\n{}\n", printable_lines(description)));
    }
    out
}

/// A line for each span of each person, or one that says why there is none.
fn people(value: &Value, zone: &Zone) -> String {
    let mut rows = Vec::new();
    for person in items(value) {
        let busy = person.get("busy").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let mut row = |what: String, kind: String| rows.push(vec![text(person, "/id"), kind, what]);
        match (is(person, "known"), busy.is_empty()) {
            (false, _) => row(text(person, "/words"), "not known".to_owned()),
            (true, true) => row(String::new(), "free".to_owned()),
            (true, false) => busy.iter().for_each(|span| row(when(span, zone), text(span, "/kind"))),
        }
    }
    grid(&["WHO", "IS", "WHEN"], rows)
}

fn import(value: &Value) -> String {
    let mut out = format!(
        "{}: {} added ({}), {} there already\n",
        text(value, "/name"),
        text(value, "/added"),
        text(value, "/state"),
        text(value, "/known")
    );
    for problem in value.get("problems").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        out.push_str(&format!("  {}\n", printable(problem)));
    }
    out
}

fn is(value: &Value, field: &str) -> bool {
    value.get(field).and_then(Value::as_bool) == Some(true)
}

/// What is out of the ordinary about an event.
fn notes(e: &Value) -> Vec<String> {
    let mut notes = Vec::new();
    for (field, plain) in [("/status", "confirmed"), ("/mine", ""), ("/pending", "")] {
        let word = text(e, field);
        match (field, word.as_str()) {
            (_, word) if word == plain => {}
            ("/mine", "none") => notes.push("not answered".to_owned()),
            ("/mine", word) => notes.push(format!("answered {word}")),
            _ => notes.push(word),
        }
    }
    for (field, word) in [("free", "free"), ("repeats", "repeats")] {
        if is(e, field) {
            notes.push(word.to_owned());
        }
    }
    notes
}

/// As the clock on the wall shows it.
fn at(value: &Value, pointer: &str, zone: &Zone) -> Option<NaiveDateTime> {
    let instant = DateTime::parse_from_rfc3339(value.pointer(pointer)?.as_str()?).ok()?;
    Some(DateTime::from_timestamp(zone.wall_secs(Timestamp(instant.timestamp_millis())), 0)?.naive_utc())
}

fn day(text: &str) -> String {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").map_or_else(|_| text.to_owned(), |d| d.format(DAY).to_string())
}

/// The day, and what is left to say of the time.
fn parts(e: &Value, zone: &Zone) -> (String, String) {
    if e.get("days").is_some_and(Value::is_object) {
        let (first, last) = (text(e, "/days/first"), text(e, "/days/last"));
        let until = if first == last { "all day".to_owned() } else { format!("to {}", day(&last)) };
        return (day(&first), until);
    }
    let (Some(start), Some(end)) = (at(e, "/start", zone), at(e, "/end", zone)) else { return (String::new(), String::new()) };
    let time = match (start == end, start.date() == end.date()) {
        (true, _) => start.format("%H:%M").to_string(),
        (_, true) => format!("{}–{}", start.format("%H:%M"), end.format("%H:%M")),
        // Until midnight is still the same day.
        _ if end == midnight_after(start) => format!("{}–24:00", start.format("%H:%M")),
        _ => format!("{}–{}", start.format("%H:%M"), end.format("%a %Y-%m-%d %H:%M")),
    };
    (start.format(DAY).to_string(), time)
}

fn midnight_after(at: NaiveDateTime) -> NaiveDateTime {
    at.date().succ_opt().and_then(|d| d.and_hms_opt(0, 0, 0)).unwrap_or(at)
}

fn when(e: &Value, zone: &Zone) -> String {
    let (day, time) = parts(e, zone);
    format!("{day} {time}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)]
    use serde_json::json;

    use super::*;

    #[test]
    fn times_are_those_of_the_wall() {
        let zone = Zone::fixed(3_600);
        let of = |start: &str, end: &str| when(&json!({"start": start, "end": end, "days": null}), &zone);
        assert_eq!(of("2026-12-01T09:00:00Z", "2026-12-01T10:30:00Z"), "Tue 2026-12-01 10:00–11:30");
        assert_eq!(of("2026-12-01T09:00:00Z", "2026-12-01T09:00:00Z"), "Tue 2026-12-01 10:00");
        assert_eq!(of("2026-12-01T09:00:00Z", "2026-12-01T23:00:00Z"), "Tue 2026-12-01 10:00–24:00");
        assert_eq!(of("2026-12-01T22:00:00Z", "2026-12-02T00:00:00Z"), "Tue 2026-12-01 23:00–Wed 2026-12-02 01:00");
        let days = |first: &str, last: &str| when(&json!({"days": {"first": first, "last": last}}), &zone);
        assert_eq!(days("2026-12-24", "2026-12-24"), "Thu 2026-12-24 all day");
        assert_eq!(days("2026-12-24", "2026-12-26"), "Thu 2026-12-24 to Sat 2026-12-26");
    }

    #[test]
    fn a_person_is_busy_free_or_not_known() {
        let span = json!({"start": "2026-12-01T09:00:00Z", "end": "2026-12-01T10:30:00Z", "kind": "tentative"});
        let value = json!({"items": [
            {"id": "a@x.example", "known": true, "busy": [span]},
            {"id": "b@x.example", "known": true, "busy": []},
            {"id": "c@x.example", "known": false, "words": "Nobody\u{1b} knows.", "busy": []},
        ]});
        let shown = people(&value, &Zone::fixed(3_600));
        let lines: Vec<Vec<&str>> = shown.lines().skip(1).map(|l| l.split_whitespace().collect()).collect();
        assert_eq!(lines[0], ["a@x.example", "tentative", "Tue", "2026-12-01", "10:00–11:30"]);
        assert_eq!(lines[1], ["b@x.example", "free"]);
        assert_eq!((lines[2][0], lines[2][1], lines[2][2]), ("c@x.example", "not", "known"));
        assert!(!shown.contains('\u{1b}'), "{shown:?}");
    }

    #[test]
    fn only_what_is_out_of_the_ordinary_is_noted() {
        let plain = json!({"status": "confirmed", "mine": null, "pending": null, "free": false, "repeats": false});
        assert!(notes(&plain).is_empty());
        let odd = json!({"status": "cancelled", "mine": "none", "pending": "waiting", "free": true, "repeats": true});
        assert_eq!(notes(&odd), ["cancelled", "not answered", "waiting", "free", "repeats"]);
    }

    #[test]
    fn no_control_character_reaches_the_terminal() {
        let hostile = "a\u{1b}]0;owned\u{7}\r\nb";
        let event = json!({
            "id": "1/", "calendar": "1", "title": hostile, "location": hostile, "start": "2026-12-01T09:00:00Z",
            "end": "2026-12-01T10:00:00Z", "days": null, "status": hostile, "mine": hostile, "description": hostile, "zone": hostile,
            "join": hostile, "organizer": {"name": hostile, "email": hostile}, "locked": hostile,
            "guests": [{"name": hostile, "email": hostile, "answer": hostile, "optional": true}],
            "conflict": [{"field": hostile, "mine": hostile, "theirs": hostile}], "repetition": {"rule": hostile},
        });
        let zone = Zone::fixed(0);
        for shown in [show(&event, &zone), events(&json!({"items": [event], "cut": true}), &zone)] {
            assert!(shown.contains("owned"), "{shown}");
            assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{shown:?}");
        }
    }
}
