//! Asana's JSON, as far as it is asked for. Absent and null are the same.

use chrono::DateTime;
use domain::{
    ids::RemoteId,
    tasks::{Due, RemoteTask, TaskFields, TaskStatus},
    time::Timestamp,
};
use serde::Deserialize;

use crate::http::json::or_default;

/// What is asked of a task.
pub const FIELDS: &str =
    "name,notes,completed,completed_at,due_on,due_at,assignee,projects.archived,tags.name,workspace,created_at,modified_at,permalink_url";

#[derive(Clone, Debug, Deserialize)]
pub struct User {
    pub gid: String,
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub email: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Gid {
    #[serde(default, deserialize_with = "or_default")]
    pub gid: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Named {
    pub gid: String,
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    pub color: Option<String>,
}

/// A person's own list of tasks in a workspace.
#[derive(Clone, Debug, Deserialize)]
pub struct TaskList {
    pub gid: String,
    #[serde(default, deserialize_with = "or_default")]
    pub workspace: Gid,
}

#[derive(Clone, Debug, Deserialize)]
struct InProject {
    gid: String,
    #[serde(default, deserialize_with = "or_default")]
    archived: bool,
}

#[derive(Clone, Debug, Deserialize)]
struct Tag {
    #[serde(default, deserialize_with = "or_default")]
    name: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Task {
    pub gid: String,
    #[serde(default, deserialize_with = "or_default")]
    name: String,
    #[serde(default, deserialize_with = "or_default")]
    notes: String,
    #[serde(default, deserialize_with = "or_default")]
    completed: bool,
    completed_at: Option<String>,
    due_on: Option<String>,
    due_at: Option<String>,
    assignee: Option<Gid>,
    #[serde(default, deserialize_with = "or_default")]
    projects: Vec<InProject>,
    #[serde(default, deserialize_with = "or_default")]
    tags: Vec<Tag>,
    #[serde(default, deserialize_with = "or_default")]
    pub workspace: Gid,
    created_at: Option<String>,
    modified_at: Option<String>,
    permalink_url: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Event {
    #[serde(default, deserialize_with = "or_default")]
    pub action: String,
    pub resource: Option<Resource>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Resource {
    #[serde(default, deserialize_with = "or_default")]
    pub gid: String,
    #[serde(default, deserialize_with = "or_default")]
    pub resource_type: String,
}

/// None: it is no time.
fn instant(text: &str) -> Option<Timestamp> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| Timestamp(at.timestamp_millis()))
}

impl Task {
    pub fn is_assigned_to(&self, user: &str) -> bool {
        self.assignee.as_ref().is_some_and(|assignee| assignee.gid == user)
    }

    pub fn created(&self) -> Option<Timestamp> {
        self.created_at.as_deref().and_then(instant)
    }

    /// Projects that it is in, archived ones left out: they are no lists.
    pub fn projects(&self) -> Vec<&str> {
        self.projects.iter().filter(|project| !project.archived).map(|project| project.gid.as_str()).collect()
    }

    /// Whether it says this.
    pub fn says(&self, name: &str, notes: &str) -> bool {
        self.name.trim() == name.trim() && self.notes.trim() == notes.trim()
    }

    /// `own`: the person's own list in its workspace, where it is in no project.
    pub fn task(self, own: &str) -> RemoteTask {
        let due = match (&self.due_at, &self.due_on) {
            (Some(at), _) if instant(at).is_some() => instant(at).map(|at| Due::At { at, zone: None }),
            (_, Some(day)) => Some(Due::Day { day: day.clone() }),
            _ => None,
        };
        let list = self.projects().first().map_or_else(|| own.to_owned(), |gid| (*gid).to_owned());
        let updated_at = self.modified_at.as_deref().and_then(instant);
        RemoteTask {
            list: RemoteId(list),
            fields: TaskFields {
                title: self.name,
                notes: self.notes,
                due,
                labels: self.tags.into_iter().map(|tag| tag.name).collect(),
                status: if self.completed { TaskStatus::Done } else { TaskStatus::Open },
                ..TaskFields::default()
            },
            // Gids grow with time: the oldest first.
            position: format!("{:0>24}", self.gid),
            id: RemoteId(self.gid),
            repeats: None,
            url: self.permalink_url,
            completed_at: self.completed_at.as_deref().and_then(instant).or(updated_at).filter(|_| self.completed),
            updated_at,
            version: self.modified_at.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(json: &str) -> Task {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn days_times_projects_and_nulls() {
        let text = r#"{"gid":"12","name":"A","notes":null,"due_on":"2026-12-24","due_at":"2026-12-24T10:00:00.000Z","completed":null,
            "projects":[{"gid":"old","archived":true},{"gid":"new","archived":false}],"tags":[{"name":"print"}],"assignee":{"gid":"me"}}"#;
        let read = task(text);
        assert!(read.is_assigned_to("me") && !read.is_assigned_to("") && read.says("A ", "") && read.projects() == ["new"]);
        let read = read.task("own");
        assert_eq!((read.list.as_str(), read.position.as_str()), ("new", "000000000000000000000012"));
        assert_eq!(read.fields.due, Some(Due::At { at: Timestamp::from_secs(1_798_106_400), zone: None }));
        assert_eq!((read.fields.labels, read.completed_at), (vec!["print".to_owned()], None));
        let day = task(r#"{"gid":"1","due_on":"2026-12-24","due_at":null}"#).task("own");
        assert_eq!((day.list.as_str(), day.fields.due), ("own", Some(Due::Day { day: "2026-12-24".into() })));
        let nulls =
            task(r#"{"gid":"1","name":null,"notes":null,"due_on":null,"assignee":null,"projects":null,"tags":null,"workspace":null}"#);
        assert!(!nulls.is_assigned_to("me"));
        assert_eq!(nulls.task("own").fields, TaskFields::default());
    }
}
