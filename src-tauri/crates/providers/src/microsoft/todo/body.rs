//! What is sent of a task. What To Do can't hold is refused with words before anything is sent.

use domain::{
    error::ProviderError,
    tasks::{Priority, TaskFields, TaskPatch, TaskStatus},
};
use serde_json::{Map, Value, json};

use super::due;

/// Only what the patch names.
pub fn changed(patch: &TaskPatch) -> Result<Map<String, Value>, ProviderError> {
    let mut body = Map::new();
    let mut set = |name: &str, value: Value| drop(body.insert(name.to_owned(), value));
    if let Some(title) = &patch.title {
        set("title", json!(title));
    }
    if let Some(notes) = &patch.notes {
        set("body", json!({"content": notes, "contentType": "text"}));
    }
    if let Some(due) = &patch.due {
        set("dueDateTime", due::written(due.as_ref())?);
    }
    if let Some(priority) = patch.priority {
        set("importance", json!(importance(priority)));
    }
    if let Some(labels) = &patch.labels {
        set("categories", json!(labels));
    }
    if let Some(status) = patch.status {
        set("status", json!(word(status)));
    }
    if patch.parent.as_ref().is_some_and(Option::is_some) {
        return Err(refused("A task in Microsoft To Do has steps, not subtasks: leave it on its own."));
    }
    if patch.list.is_some() {
        return Err(refused("A task in Microsoft To Do stays in its list: move it there."));
    }
    Ok(body)
}

/// There is one step up and one down; in the middle stands what has none.
const fn importance(priority: Priority) -> &'static str {
    match priority {
        Priority::Urgent | Priority::High => "high",
        Priority::Medium | Priority::None => "normal",
        Priority::Low => "low",
    }
}

const fn word(status: TaskStatus) -> &'static str {
    match status {
        TaskStatus::Open => "notStarted",
        TaskStatus::Started => "inProgress",
        TaskStatus::Done | TaskStatus::Cancelled => "completed",
    }
}

/// What To Do makes of fields.
pub fn held(mut fields: TaskFields) -> TaskFields {
    fields.priority = match fields.priority {
        Priority::Urgent => Priority::High,
        Priority::Medium => Priority::None,
        other => other,
    };
    if fields.status == TaskStatus::Cancelled {
        fields.status = TaskStatus::Done;
    }
    fields
}

pub fn refused(why: &str) -> ProviderError {
    ProviderError::Refused(why.to_owned())
}

#[cfg(test)]
mod tests {
    use domain::tasks::Due;

    use super::*;

    fn sent(patch: &TaskPatch) -> Value {
        Value::Object(changed(patch).unwrap())
    }

    #[test]
    fn only_what_changed_is_named() {
        let none = TaskFields::default();
        let all = TaskFields {
            title: "Tax".into(),
            notes: "a\nb".into(),
            due: Some(Due::Day { day: "2026-11-23".into() }),
            priority: Priority::Urgent,
            labels: vec!["Money".into()],
            status: TaskStatus::Started,
            parent: None,
        };
        let body = json!({
            "title": "Tax", "body": {"content": "a\nb", "contentType": "text"}, "importance": "high", "categories": ["Money"],
            "dueDateTime": {"dateTime": "2026-11-23T00:00:00", "timeZone": "UTC"}, "status": "inProgress",
        });
        assert_eq!(sent(&TaskPatch::between(&none, &all)), body);
        let patch =
            TaskPatch { due: Some(None), priority: Some(Priority::Medium), status: Some(TaskStatus::Cancelled), ..TaskPatch::default() };
        assert_eq!(sent(&patch), json!({"dueDateTime": null, "importance": "normal", "status": "completed"}));
        assert_eq!(sent(&TaskPatch { parent: Some(None), ..TaskPatch::default() }), json!({}));
        assert_eq!(held(TaskFields { status: TaskStatus::Cancelled, ..all }).priority, Priority::High);
    }

    #[test]
    fn what_it_can_not_hold_is_refused_with_words() {
        let below = TaskPatch { parent: Some(Some("x".into())), ..TaskPatch::default() };
        assert!(changed(&below).unwrap_err().to_string().contains("subtasks"));
        let moved = TaskPatch { list: Some("l".into()), ..TaskPatch::default() };
        assert!(changed(&moved).unwrap_err().to_string().contains("list"));
    }
}
