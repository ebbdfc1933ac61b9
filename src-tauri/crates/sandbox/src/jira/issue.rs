//! Projects and issues as the stand-in holds them, and as they are on the wire (PROVIDERS 6.5).

use chrono::DateTime;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::world::JiraWorld;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JiraProject {
    pub id: String,
    pub key: String,
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JiraIssue {
    pub id: String,
    pub project: String,
    pub number: u64,
    pub summary: String,
    /// ADF, or nothing.
    pub description: Value,
    /// `new`, `indeterminate`, `done`.
    pub category: String,
    pub priority: Option<String>,
    pub duedate: Option<String>,
    pub labels: Vec<String>,
    /// Account id; None: nobody.
    pub assignee: Option<String>,
    pub creator: String,
    /// Milliseconds since the epoch.
    pub created: i64,
    pub updated: i64,
    pub resolved: Option<i64>,
    pub deleted: bool,
}

impl JiraIssue {
    pub(super) fn json(&self, world: &JiraWorld, fields: &[String]) -> Value {
        let project = world.projects.iter().find(|project| project.id == self.project).cloned().unwrap_or_default();
        let person = |id: &String| json!({"accountId": id, "displayName": id});
        let names = [("new", "To Do"), ("indeterminate", "In Progress"), ("done", "Done")];
        let name = names.iter().find(|(key, _)| *key == self.category).map_or("", |(_, name)| *name);
        let all = json!({
            "summary": self.summary,
            "description": self.description,
            "status": {"name": name, "statusCategory": {"key": self.category}},
            "priority": self.priority.as_ref().map(|name| json!({"name": name})),
            "duedate": self.duedate,
            "labels": self.labels,
            "assignee": self.assignee.as_ref().map(person),
            "creator": person(&self.creator),
            "project": {"id": project.id, "key": project.key, "name": project.name},
            "created": stamp(Timestamp(self.created)),
            "updated": stamp(Timestamp(self.updated)),
            "resolutiondate": self.resolved.map(|at| stamp(Timestamp(at))),
        });
        let told = all.as_object().into_iter().flatten().filter(|(name, _)| fields.contains(name));
        let told: serde_json::Map<String, Value> = told.map(|(name, value)| (name.clone(), value.clone())).collect();
        json!({"id": self.id, "key": format!("{}-{}", project.key, self.number), "self": format!("https://nordlys.example/rest/api/3/issue/{}", self.id), "fields": told})
    }
}

/// `2026-11-22T09:00:00.000+0000`: without a colon.
pub(super) fn stamp(at: Timestamp) -> String {
    DateTime::from_timestamp_millis(at.millis()).unwrap_or_default().format("%Y-%m-%dT%H:%M:%S%.3f%z").to_string()
}
