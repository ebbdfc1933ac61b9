//! Workspaces, projects and tasks as the stand-in holds them, and as they are on the wire (PROVIDERS 6.4).

use chrono::DateTime;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::world::AsanaWorld;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AsanaWorkspace {
    pub gid: String,
    pub name: String,
    /// Of the person's own list of tasks in it.
    pub task_list: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AsanaProject {
    pub gid: String,
    pub name: String,
    pub workspace: String,
    /// `dark-blue`, `light-green`, …; None: none.
    pub color: Option<String>,
    pub archived: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AsanaTask {
    pub gid: String,
    pub workspace: String,
    pub projects: Vec<String>,
    pub name: String,
    pub notes: String,
    pub completed: bool,
    pub due_on: Option<String>,
    pub due_at: Option<String>,
    /// Gid of a person; None: nobody.
    pub assignee: Option<String>,
    /// Names.
    pub tags: Vec<String>,
    pub created_at: String,
    pub modified_at: String,
    pub completed_at: Option<String>,
    pub deleted: bool,
}

impl AsanaProject {
    pub(super) fn json(&self) -> Value {
        json!({
            "gid": self.gid,
            "resource_type": "project",
            "name": self.name,
            "color": self.color,
            "archived": self.archived,
            "workspace": {"gid": self.workspace, "resource_type": "workspace"},
        })
    }
}

impl AsanaTask {
    /// All that there is to ask for.
    pub(super) fn json(&self, world: &AsanaWorld) -> Value {
        let projects: Vec<Value> =
            self.projects.iter().filter_map(|gid| world.projects.iter().find(|p| p.gid == *gid)).map(AsanaProject::json).collect();
        json!({
            "gid": self.gid,
            "resource_type": "task",
            "resource_subtype": "default_task",
            "name": self.name,
            "notes": self.notes,
            "completed": self.completed,
            "completed_at": self.completed_at,
            "due_on": self.due_on,
            "due_at": self.due_at,
            "assignee": self.assignee.as_ref().map(|gid| json!({"gid": gid, "resource_type": "user"})),
            "projects": projects,
            "tags": self.tags.iter().map(|name| json!({"gid": format!("77{}", name.len()), "resource_type": "tag", "name": name})).collect::<Vec<_>>(),
            "workspace": {"gid": self.workspace, "resource_type": "workspace"},
            "created_at": self.created_at,
            "modified_at": self.modified_at,
            "permalink_url": format!("https://app.asana.example/0/0/{}", self.gid),
        })
    }
}

/// `2026-11-22T09:00:00.000Z`.
pub(super) fn stamp(at: Timestamp) -> String {
    DateTime::from_timestamp_millis(at.millis()).unwrap_or_default().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

pub(super) fn instant_of(text: &str) -> Option<Timestamp> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| Timestamp(at.timestamp_millis()))
}
