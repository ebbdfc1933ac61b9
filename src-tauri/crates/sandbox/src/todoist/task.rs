//! Tasks and projects as they are on the wire (PROVIDERS 6.1).

use chrono::DateTime;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// When a task is due. `date`: `YYYY-MM-DD`, floating `YYYY-MM-DDTHH:MM:SS`, or fixed `YYYY-MM-DDTHH:MM:SSZ` with a `timezone`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TodoistDue {
    pub date: String,
    pub is_recurring: bool,
    /// As a person wrote it, in `lang`.
    pub string: String,
    pub lang: String,
    pub timezone: Option<String>,
}

/// A task as the provider holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TodoistTask {
    pub id: String,
    pub user_id: String,
    pub project_id: String,
    pub section_id: Option<String>,
    pub parent_id: Option<String>,
    pub content: String,
    pub description: String,
    /// 4 is shown as p1, 1 as none.
    pub priority: u8,
    pub labels: Vec<String>,
    pub due: Option<TodoistDue>,
    pub deadline: Option<Value>,
    pub duration: Option<Value>,
    pub child_order: i64,
    pub day_order: i64,
    pub is_collapsed: bool,
    pub checked: bool,
    pub is_deleted: bool,
    pub added_by_uid: Option<String>,
    pub assigned_by_uid: Option<String>,
    pub responsible_uid: Option<String>,
    pub added_at: String,
    pub completed_at: Option<String>,
    pub updated_at: String,
}

impl Default for TodoistTask {
    fn default() -> Self {
        Self {
            id: String::new(),
            user_id: USER.to_owned(),
            project_id: String::new(),
            section_id: None,
            parent_id: None,
            content: String::new(),
            description: String::new(),
            priority: 1,
            labels: Vec::new(),
            due: None,
            deadline: None,
            duration: None,
            child_order: 0,
            day_order: -1,
            is_collapsed: false,
            checked: false,
            is_deleted: false,
            added_by_uid: Some(USER.to_owned()),
            assigned_by_uid: None,
            responsible_uid: None,
            added_at: String::new(),
            completed_at: None,
            updated_at: String::new(),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TodoistProject {
    pub id: String,
    pub name: String,
    /// By name: `berry_red`, `charcoal`, ….
    pub color: String,
    pub parent_id: Option<String>,
    pub child_order: i64,
    pub inbox_project: bool,
    pub is_archived: bool,
    pub is_deleted: bool,
    pub is_favorite: bool,
    pub is_shared: bool,
    pub view_style: String,
}

/// The one person of the stand-in.
pub(super) const USER: &str = "48120771";

pub(super) fn json<T: Serialize>(value: &T) -> Value {
    // Structs of texts and numbers always serialise.
    serde_json::to_value(value).unwrap_or_default()
}

/// `2026-11-22T09:00:00.000000Z`.
pub(super) fn stamp(at: Timestamp) -> String {
    DateTime::from_timestamp_millis(at.millis()).unwrap_or_default().format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

pub(super) fn instant_of(text: &str) -> Option<Timestamp> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| Timestamp(at.timestamp_millis()))
}
