//! What a client may send of a task. Refused is what Google refuses (Tasks API reference, resource `tasks`).

use chrono::{DateTime, NaiveDate};
use domain::time::Timestamp;
use serde_json::{Map, Value};

use super::task::Task;
use crate::gmail::error::ApiError;

/// In characters.
pub(crate) const MAX_TITLE: usize = 1024;
pub(crate) const MAX_NOTES: usize = 8192;

/// Only Google writes these; they are taken and left as they are. Parent and position change by a move.
const READ_ONLY: [&str; 12] =
    ["kind", "id", "etag", "updated", "selfLink", "parent", "position", "hidden", "links", "webViewLink", "assignmentInfo", "deleted"];

pub(crate) fn bad(message: impl Into<String>) -> ApiError {
    ApiError::new(400, "invalid", message)
}

/// Of the fields that were sent.
#[derive(Debug, Default)]
#[allow(clippy::option_option, reason = "absent, null and a value are three things")]
pub(crate) struct Change {
    title: Option<String>,
    notes: Option<String>,
    due: Option<Option<NaiveDate>>,
    completed: Option<Option<Timestamp>>,
    /// Whether it is completed.
    status: Option<bool>,
}

impl Change {
    pub fn read(body: &Map<String, Value>) -> Result<Self, ApiError> {
        let mut change = Self::default();
        for (name, value) in body {
            match name.as_str() {
                "title" => change.title = Some(text(name, value, MAX_TITLE)?),
                "notes" => change.notes = Some(text(name, value, MAX_NOTES)?),
                // The date as it is in UTC; the rest is thrown away.
                "due" => change.due = Some(instant(name, value)?.map(|at| at.date_naive())),
                "completed" => change.completed = Some(instant(name, value)?.map(|at| Timestamp(at.timestamp_millis()))),
                "status" => {
                    change.status = Some(match value.as_str() {
                        Some("completed") => true,
                        Some("needsAction") => false,
                        _ => return Err(bad("Invalid task status")),
                    });
                }
                name if READ_ONLY.contains(&name) => {}
                name => return Err(ApiError::bad(format!("Invalid JSON payload received. Unknown name \"{name}\": Cannot find field."))),
            }
        }
        Ok(change)
    }

    pub fn apply(self, task: &mut Task, now: Timestamp) {
        task.title = self.title.unwrap_or_else(|| std::mem::take(&mut task.title));
        task.notes = self.notes.unwrap_or_else(|| std::mem::take(&mut task.notes));
        task.due = self.due.unwrap_or(task.due);
        match (self.status, self.completed) {
            (Some(true), at) => task.completed = at.flatten().or(task.completed).or(Some(now)),
            (Some(false), _) => (task.completed, task.hidden) = (None, false),
            // Of a task that is open it says nothing.
            (None, Some(Some(at))) if task.completed.is_some() => task.completed = Some(at),
            (None, _) => {}
        }
    }
}

fn text(name: &str, value: &Value, most: usize) -> Result<String, ApiError> {
    let text = match value {
        Value::Null => "",
        Value::String(text) => text.as_str(),
        _ => return Err(ApiError::bad(format!("Invalid value at 'task.{name}' (TYPE_STRING)"))),
    };
    if text.chars().count() > most {
        return Err(bad(format!("Task {name} too long")));
    }
    Ok(text.to_owned())
}

fn instant(name: &str, value: &Value) -> Result<Option<DateTime<chrono::Utc>>, ApiError> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => rfc3339(text).map(Some).ok_or_else(|| bad(format!("Invalid value for: {name}"))),
        _ => Err(ApiError::bad(format!("Invalid value at 'task.{name}' (TYPE_STRING)"))),
    }
}

pub(crate) fn rfc3339(text: &str) -> Option<DateTime<chrono::Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc())
}
