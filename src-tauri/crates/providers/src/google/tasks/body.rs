//! What is sent of a task. What Google can't hold is refused with words before anything is sent.

use chrono::NaiveDate;
use domain::{
    error::ProviderError,
    tasks::{Due, Priority, TaskFields, TaskPatch, TaskStatus},
};
use serde_json::{Map, Value, json};

/// In characters.
const MAX_TITLE: usize = 1024;
const MAX_NOTES: usize = 8192;

/// Of a new task. The one above it is said in the address.
pub fn whole(fields: &TaskFields) -> Result<Map<String, Value>, ProviderError> {
    let TaskFields { title, notes, due, priority, labels, status, parent: _ } = fields.clone();
    let patch = TaskPatch {
        title: Some(title),
        notes: Some(notes),
        due: Some(due),
        priority: Some(priority),
        labels: Some(labels),
        status: Some(status),
        ..TaskPatch::default()
    };
    let mut body = changed(&patch)?;
    body.retain(|_, value| !value.is_null());
    Ok(body)
}

/// Of a change. Where a task stands is changed by a move.
pub fn changed(patch: &TaskPatch) -> Result<Map<String, Value>, ProviderError> {
    let mut body = Map::new();
    let mut set = |name: &str, value: Value| drop(body.insert(name.to_owned(), value));
    if let Some(title) = &patch.title {
        short("title", title, MAX_TITLE)?;
        set("title", json!(title));
    }
    if let Some(notes) = &patch.notes {
        short("notes", notes, MAX_NOTES)?;
        set("notes", json!(notes));
    }
    if let Some(due) = &patch.due {
        set("due", day(due.as_ref())?);
    }
    if let Some(status) = patch.status {
        set("status", json!(if status.is_closed() { "completed" } else { "needsAction" }));
        if !status.is_closed() {
            // Else Google may take the old time for a word that it is completed.
            set("completed", Value::Null);
        }
    }
    if patch.priority.is_some_and(|priority| priority != Priority::None) {
        return Err(refused("Google Tasks has no priorities: remove the priority, or keep this task somewhere else."));
    }
    if patch.labels.as_ref().is_some_and(|labels| !labels.is_empty()) {
        return Err(refused("Google Tasks has no labels: remove them, or keep this task somewhere else."));
    }
    Ok(body)
}

fn short(name: &str, text: &str, most: usize) -> Result<(), ProviderError> {
    let length = text.chars().count();
    if length <= most {
        return Ok(());
    }
    Err(refused(&format!("The {name} of a task may have {most} characters at Google, and here there are {length}: shorten it.")))
}

/// Midnight in UTC of the day: Google throws the time away.
fn day(due: Option<&Due>) -> Result<Value, ProviderError> {
    match due {
        None => Ok(Value::Null),
        Some(Due::Day { day }) => match NaiveDate::parse_from_str(day, "%Y-%m-%d") {
            Ok(day) => Ok(json!(format!("{}T00:00:00.000Z", day.format("%Y-%m-%d")))),
            Err(_) => Err(refused("The day on which this task is due is no date.")),
        },
        Some(Due::Floating { .. } | Due::At { .. }) => {
            Err(refused("Google Tasks knows only the day on which a task is due: choose a day without a time."))
        }
    }
}

/// What Google makes of a status.
pub const fn held(status: TaskStatus) -> TaskStatus {
    if status.is_closed() { TaskStatus::Done } else { TaskStatus::Open }
}

fn refused(why: &str) -> ProviderError {
    ProviderError::Refused(why.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use domain::time::Timestamp;

    use super::*;

    fn named(title: &str) -> TaskFields {
        TaskFields { title: title.to_owned(), ..TaskFields::default() }
    }

    fn why(fields: &TaskFields) -> String {
        match whole(fields) {
            Err(ProviderError::Refused(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_new_task_says_all_and_a_change_only_what_changed() {
        let fields = TaskFields { due: Some(Due::Day { day: "2026-11-23".into() }), ..named("Tax") };
        let body = Value::Object(whole(&fields).unwrap());
        assert_eq!(body, json!({"title": "Tax", "notes": "", "due": "2026-11-23T00:00:00.000Z", "status": "needsAction"}));
        let to = TaskFields { status: TaskStatus::Cancelled, due: None, ..fields.clone() };
        let body = Value::Object(changed(&TaskPatch::between(&fields, &to)).unwrap());
        assert_eq!(body, json!({"due": null, "status": "completed"}), "there is no other end than being done");
        let body = Value::Object(changed(&TaskPatch::between(&to, &TaskFields { status: TaskStatus::Started, ..to.clone() })).unwrap());
        assert_eq!(body, json!({"status": "needsAction", "completed": null}));
        assert!(changed(&TaskPatch { parent: Some(None), priority: Some(Priority::None), ..TaskPatch::default() }).unwrap().is_empty());
    }

    #[test]
    fn what_google_can_not_hold_is_refused_with_words() {
        assert!(whole(&named(&"å".repeat(1024))).is_ok());
        assert!(why(&named(&"å".repeat(1025))).contains("1024"));
        assert!(why(&TaskFields { notes: "x".repeat(8193), ..named("x") }).contains("notes"));
        assert!(why(&TaskFields { priority: Priority::Low, ..named("x") }).contains("priorit"));
        assert!(why(&TaskFields { labels: vec!["a".into()], ..named("x") }).contains("labels"));
        for due in [Due::Floating { at: "2026-11-23T10:00:00".into() }, Due::At { at: Timestamp(0), zone: None }] {
            assert!(why(&TaskFields { due: Some(due), ..named("x") }).contains("day without a time"));
        }
        assert!(why(&TaskFields { due: Some(Due::Day { day: "2026-02-30".into() }), ..named("x") }).contains("no date"));
    }
}
