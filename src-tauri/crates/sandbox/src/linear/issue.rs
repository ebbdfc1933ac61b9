//! Teams and issues as the stand-in holds them, and as they are on the wire (PROVIDERS 6.3).

use chrono::DateTime;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::world::LinearWorld;

/// A step of a team's workflow.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinearState {
    pub id: String,
    pub name: String,
    /// `triage`, `backlog`, `unstarted`, `started`, `completed`, `canceled`.
    #[serde(rename = "type")]
    pub kind: String,
    pub position: f64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinearTeam {
    pub id: String,
    pub key: String,
    pub name: String,
    pub color: String,
    pub states: Vec<LinearState>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinearLabel {
    pub id: String,
    pub name: String,
    /// None: of the whole workspace.
    pub team: Option<String>,
    pub group: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinearIssue {
    pub id: String,
    pub number: u64,
    pub team: String,
    pub title: String,
    pub description: Option<String>,
    /// 0 none, 1 urgent, 2 high, 3 medium, 4 low.
    pub priority: u8,
    pub due_date: Option<String>,
    pub state: String,
    /// Names.
    pub labels: Vec<String>,
    pub parent: Option<String>,
    /// Id of a user; None: nobody.
    pub assignee: Option<String>,
    pub sort_order: f64,
    pub created_at: String,
    pub updated_at: String,
    pub started_at: Option<String>,
    pub completed_at: Option<String>,
    pub canceled_at: Option<String>,
    pub archived_at: Option<String>,
    pub trashed: bool,
    /// Gone for good.
    pub deleted: bool,
}

impl LinearTeam {
    pub(super) fn json(&self) -> Value {
        let states: Vec<Value> =
            self.states.iter().map(|s| json!({"id": s.id, "name": s.name, "type": s.kind, "position": s.position})).collect();
        json!({"id": self.id, "key": self.key, "name": self.name, "color": self.color, "states": {"nodes": states, "pageInfo": ended()}})
    }
}

fn ended() -> Value {
    json!({"hasNextPage": false, "endCursor": null})
}

impl LinearIssue {
    pub(super) fn kind<'a>(&self, world: &'a LinearWorld) -> &'a str {
        world.state(&self.team, &self.state).map(|state| state.kind.as_str()).unwrap_or_default()
    }

    pub(super) fn json(&self, world: &LinearWorld) -> Value {
        let team = world.team(&self.team).cloned().unwrap_or_default();
        let state = world.state(&self.team, &self.state).cloned().unwrap_or_default();
        let labels: Vec<Value> = self.labels.iter().map(|name| json!({"id": world.label_id(&self.team, name), "name": name})).collect();
        let user = |id: &String| json!({"id": id, "isMe": *id == world.me});
        let parent = self.parent.as_ref().and_then(|id| world.issue(id).ok());
        json!({
            "id": self.id,
            "identifier": format!("{}-{}", team.key, self.number),
            "title": self.title,
            "description": self.description,
            "priority": self.priority,
            "dueDate": self.due_date,
            "url": format!("https://linear.example/nordlys/issue/{}-{}", team.key, self.number),
            "sortOrder": self.sort_order,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
            "completedAt": self.completed_at,
            "canceledAt": self.canceled_at,
            "archivedAt": self.archived_at,
            "trashed": self.trashed.then_some(true),
            "state": {"id": state.id, "name": state.name, "type": state.kind},
            "team": team.json(),
            "assignee": self.assignee.as_ref().map(user),
            "labels": {"nodes": labels, "pageInfo": ended()},
            "parent": parent.map(|p| json!({"id": p.id, "team": {"id": p.team}, "assignee": p.assignee.as_ref().map(user), "trashed": p.trashed.then_some(true)})),
        })
    }
}

/// `2026-11-22T09:00:00.000Z`.
pub(super) fn stamp(at: Timestamp) -> String {
    DateTime::from_timestamp_millis(at.millis()).unwrap_or_default().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
