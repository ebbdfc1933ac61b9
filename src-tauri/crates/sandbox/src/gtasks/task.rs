//! One task, and how Google says it.

use chrono::NaiveDate;
use domain::time::Timestamp;
use serde_json::{Map, Value, json};

use crate::gcal::rfc3339;

#[derive(Clone, Debug, Default)]
pub(crate) struct Task {
    pub id: String,
    pub title: String,
    pub notes: String,
    /// Google keeps no time of day.
    pub due: Option<NaiveDate>,
    /// Set: the task is completed.
    pub completed: Option<Timestamp>,
    pub deleted: bool,
    /// Completed where Google's own programs show it, or cleared.
    pub hidden: bool,
    pub parent: Option<String>,
    /// Sorts among its siblings.
    pub rank: i64,
    pub updated: Timestamp,
    pub etag: String,
    pub links: Vec<Value>,
    /// Comes from a document or a chat.
    pub assigned: bool,
}

impl Task {
    pub fn json(&self, list: &str) -> Value {
        let mut out = Map::new();
        let mut set = |name: &str, value: Value| drop(out.insert(name.to_owned(), value));
        set("kind", json!("tasks#task"));
        set("id", json!(self.id));
        set("etag", json!(self.etag));
        set("title", json!(self.title));
        set("updated", json!(rfc3339(self.updated)));
        set("selfLink", json!(format!("https://www.googleapis.example/tasks/v1/lists/{list}/tasks/{}", self.id)));
        set("position", json!(format!("{:020}", self.rank)));
        set("status", json!(if self.completed.is_some() { "completed" } else { "needsAction" }));
        set("links", json!(self.links));
        set("webViewLink", json!(format!("https://tasks.google.example/task/{}", self.id)));
        if !self.notes.is_empty() {
            set("notes", json!(self.notes));
        }
        if let Some(due) = self.due {
            set("due", json!(format!("{due}T00:00:00.000Z")));
        }
        if let Some(at) = self.completed {
            set("completed", json!(rfc3339(at)));
        }
        if let Some(parent) = &self.parent {
            set("parent", json!(parent));
        }
        for (name, on) in [("deleted", self.deleted), ("hidden", self.hidden)] {
            if on {
                set(name, json!(true));
            }
        }
        if self.assigned {
            set("assignmentInfo", json!({"surfaceType": "DOCUMENT", "linkToTask": "https://docs.google.example/d/1"}));
        }
        Value::Object(out)
    }
}
