//! Tasks for people: days and times as the clock of this computer shows them.

use chrono::{DateTime, NaiveDate};
use domain::time::{Timestamp, Zone};
use serde_json::Value;

use super::{grid, items, more, printable_lines, text};
use crate::{args::tasks::Tasks, write_out};

pub fn done(act: &Tasks, value: &Value, zone: &Zone) {
    write_out(&match act {
        Tasks::Lists => lists(value, zone),
        Tasks::List(_) => list(value),
        Tasks::Show { .. } => show(value, zone),
        Tasks::Tables(_) => tables(value),
        Tasks::Create(_)
        | Tasks::Update(_)
        | Tasks::Complete { .. }
        | Tasks::Reopen { .. }
        | Tasks::Delete { .. }
        | Tasks::Move(_)
        | Tasks::Resolve { .. } => written(value),
    });
}

fn is(value: &Value, pointer: &str) -> bool {
    value.pointer(pointer).and_then(Value::as_bool) == Some(true)
}

fn at(value: &Value, pointer: &str, zone: &Zone) -> String {
    let instant = value.pointer(pointer).and_then(Value::as_str).and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    let wall = instant.and_then(|at| DateTime::from_timestamp(zone.wall_secs(Timestamp(at.timestamp_millis())), 0));
    wall.map(|at| at.format("%Y-%m-%d %H:%M").to_string()).unwrap_or_default()
}

fn lists(value: &Value, zone: &Zone) -> String {
    let yes = |l: &Value, field: &str| (if is(l, field) { "yes" } else { "no" }).to_owned();
    let row = |l: &Value| {
        vec![
            text(l, "/id"),
            text(l, "/name"),
            text(l, "/source"),
            yes(l, "/writable"),
            yes(l, "/default"),
            yes(l, "/shown"),
            text(l, "/open"),
            at(l, "/last_sync", zone),
            text(l, "/error"),
        ]
    };
    let heads = ["ID", "NAME", "OF", "WRITABLE", "DEFAULT", "SHOWN", "OPEN", "LAST SYNC", "ERROR"];
    grid(&heads, items(value).iter().map(row).collect()) + &more(value)
}

/// Properties by their names; options are counted.
fn tables(value: &Value) -> String {
    let row = |t: &Value| {
        let name = |pointer: &str| {
            let id = text(t, pointer);
            let all = t.get("properties").and_then(Value::as_array).into_iter().flatten();
            let mut named = all.filter(|p| !id.is_empty() && p.get("id").and_then(Value::as_str) == Some(&id));
            named.next().map_or(id.clone(), |p| text(p, "/name"))
        };
        vec![
            text(t, "/id"),
            text(t, "/name"),
            (if is(t, "/used") { "yes" } else { "no" }).to_owned(),
            name("/mapping/done/property"),
            name("/mapping/due"),
            name("/mapping/priority/property"),
            name("/mapping/labels"),
            name("/mapping/notes"),
            name("/mapping/assigned/property"),
            text(t, "/problem"),
        ]
    };
    let heads = ["ID", "NAME", "USED", "DONE", "DUE", "PRIORITY", "LABELS", "NOTES", "ASSIGNED", "PROBLEM"];
    grid(&heads, items(value).iter().map(row).collect())
}

fn list(value: &Value) -> String {
    let row = |t: &Value| {
        let depth = t.get("depth").and_then(Value::as_u64).unwrap_or_default().min(10) as usize;
        vec![text(t, "/id"), mark(t).to_owned(), format!("{}{}", "  ".repeat(depth), text(t, "/title")), due(t), notes(t).join(", ")]
    };
    grid(&["ID", "", "TITLE", "DUE", "NOTE"], items(value).iter().map(row).collect()) + &more(value)
}

fn show(value: &Value, zone: &Zone) -> String {
    let mut out = String::new();
    let mut line = |head: &str, what: &str| {
        if !what.is_empty() {
            out.push_str(&format!("{head:<13}{what}\n"));
        }
    };
    line("Title:", &text(value, "/title"));
    line("State:", &text(value, "/status"));
    line("Due:", &due(value));
    line("Zone:", &text(value, "/due/zone"));
    line("Repeats:", &text(value, "/repeats"));
    line("Done:", &at(value, "/completed_at", zone));
    line("List:", &text(value, "/list"));
    line("Below:", &text(value, "/parent_title"));
    line("Page:", &text(value, "/url"));
    line("From mail:", &text(value, "/message"));
    line("From event:", &text(value, "/event"));
    line("Note:", &notes(value).join(", "));
    line("Locked:", &text(value, "/locked"));
    for c in value.get("conflict").and_then(Value::as_array).into_iter().flatten() {
        line("Conflict:", &format!("{}: mine “{}”, theirs “{}”", text(c, "/field"), text(c, "/mine"), text(c, "/theirs")));
    }
    for t in value.get("subtasks").and_then(Value::as_array).into_iter().flatten() {
        line("Subtask:", &format!("{} {} (id {})", mark(t), text(t, "/title"), text(t, "/id")));
    }
    let body = value.get("notes").and_then(Value::as_str).unwrap_or_default();
    if !body.is_empty() {
        out.push_str(&format!("\n{}\n", printable_lines(body)));
    }
    out
}

fn written(value: &Value) -> String {
    let id = if value.get("task").is_none_or(Value::is_null) { String::new() } else { format!(", id {}", text(value, "/id")) };
    let mut out = format!("{} ({}{id})\n", text(value, "/words"), text(value, "/state"));
    match value.get("open_subtasks").and_then(Value::as_u64) {
        None | Some(0) => {}
        Some(1) => out.push_str("1 subtask is still open.\n"),
        Some(n) => out.push_str(&format!("{n} subtasks are still open.\n")),
    }
    out
}

fn mark(t: &Value) -> &'static str {
    match t.get("status").and_then(Value::as_str) {
        Some("done") => "[x]",
        Some("cancelled") => "[-]",
        Some("started") => "[~]",
        _ => "[ ]",
    }
}

fn due(t: &Value) -> String {
    let day = text(t, "/due/day");
    let day = NaiveDate::parse_from_str(&day, "%Y-%m-%d").map_or(day, |d| d.format("%a %Y-%m-%d").to_string());
    let time = text(t, "/due/time");
    if time.is_empty() { day } else { format!("{day} {time}") }
}

/// What is out of the ordinary about a task.
fn notes(t: &Value) -> Vec<String> {
    let mut notes = Vec::new();
    if is(t, "/due/overdue") {
        notes.push("overdue".to_owned());
    }
    let priority = text(t, "/priority");
    if !priority.is_empty() && priority != "none" {
        notes.push(priority);
    }
    notes.extend(t.get("labels").and_then(Value::as_array).into_iter().flatten().map(|l| format!("@{}", text(l, ""))));
    if !text(t, "/repeats").is_empty() {
        notes.push("repeats".to_owned());
    }
    let pending = text(t, "/pending");
    if !pending.is_empty() {
        notes.push(pending);
    }
    notes
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_shows_what_stands_below_what() {
        let task = |id: &str, depth: u64, status: &str| json!({"id": id, "title": format!("t{id}"), "depth": depth, "status": status, "due": null, "labels": []});
        let value = json!({"items": [task("1", 0, "open"), task("2", 1, "done")], "next": null});
        assert_eq!(list(&value), "ID       TITLE  DUE  NOTE\n1   [ ]  t1\n2   [x]    t2\n");
        assert_eq!(list(&json!({"items": [], "next": null})), "nothing\n");
    }

    #[test]
    fn what_is_out_of_the_ordinary_is_noted() {
        let plain = json!({"status": "open", "priority": "none", "labels": [], "due": {"day": "2026-12-24", "time": null, "overdue": false}, "repeats": null, "pending": null});
        assert!(notes(&plain).is_empty());
        assert_eq!(due(&plain), "Thu 2026-12-24");
        let odd = json!({"priority": "high", "labels": ["home"], "due": {"day": "2026-12-24", "time": "09:30", "overdue": true}, "repeats": "every day", "pending": "waiting"});
        assert_eq!(notes(&odd), ["overdue", "high", "@home", "repeats", "waiting"]);
        assert_eq!(due(&odd), "Thu 2026-12-24 09:30");
        assert_eq!(due(&json!({"due": null})), "");
    }

    #[test]
    fn no_control_character_reaches_the_terminal() {
        let hostile = "a\u{1b}]0;owned\u{7}\r\nb";
        let task = json!({
            "id": "1", "list": "1", "title": hostile, "depth": 1, "status": hostile, "priority": hostile, "labels": [hostile],
            "due": {"day": hostile, "time": hostile, "overdue": true, "zone": hostile}, "repeats": hostile, "pending": hostile,
            "notes": hostile, "url": hostile, "locked": hostile, "parent_title": hostile, "event": hostile, "subtasks": [{"title": hostile}],
            "conflict": [{"field": hostile, "mine": hostile, "theirs": hostile}], "words": hostile, "state": hostile, "open_subtasks": 2,
        });
        let zone = Zone::fixed(0);
        for shown in [show(&task, &zone), list(&json!({"items": [task]})), written(&task)] {
            assert!(shown.contains("owned"), "{shown}");
            assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{shown:?}");
        }
    }
}
