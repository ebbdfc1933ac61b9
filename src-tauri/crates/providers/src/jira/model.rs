//! Jira's JSON, as far as it is asked for. Absent and null are the same.

use chrono::DateTime;
use domain::{
    ids::RemoteId,
    tasks::{Due, Priority, RemoteTask, TaskFields, TaskStatus},
    time::Timestamp,
};
use serde::Deserialize;
use serde_json::Value;

use super::adf;
use crate::http::json::or_default;

/// What is asked of an issue.
pub const FIELDS: &[&str] =
    &["summary", "description", "status", "priority", "duedate", "labels", "assignee", "project", "created", "updated", "resolutiondate"];

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Myself {
    pub account_id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub email_address: String,
    #[serde(default, deserialize_with = "or_default")]
    pub display_name: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Project {
    pub id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub archived: bool,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Kind {
    pub id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub subtask: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Category {
    pub key: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Status {
    pub status_category: Category,
}

/// A way that an issue may go.
#[derive(Clone, Debug, Deserialize)]
pub struct Transition {
    pub id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub to: Status,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Id {
    id: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Person {
    account_id: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    name: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Fields {
    summary: Option<String>,
    description: Value,
    status: Option<Status>,
    priority: Option<Named>,
    duedate: Option<String>,
    labels: Option<Vec<String>>,
    assignee: Option<Person>,
    project: Option<Id>,
    created: Option<String>,
    updated: Option<String>,
    resolutiondate: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Issue {
    pub id: String,
    #[serde(default, deserialize_with = "or_default")]
    key: String,
    #[serde(default, deserialize_with = "or_default")]
    fields: Fields,
}

/// `2026-11-22T09:00:00.000+0000`, whose offset has no colon. None: it is no time.
fn instant(text: &str) -> Option<Timestamp> {
    let at = DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z").or_else(|_| DateTime::parse_from_rfc3339(text));
    at.ok().map(|at| Timestamp(at.timestamp_millis()))
}

/// The names of Jira's own scheme; those of others are none here.
fn priority(name: &str) -> Priority {
    match name {
        "Highest" | "Blocker" | "Critical" => Priority::Urgent,
        "High" | "Major" => Priority::High,
        "Medium" => Priority::Medium,
        "Low" | "Lowest" | "Minor" | "Trivial" => Priority::Low,
        _ => Priority::None,
    }
}

impl Issue {
    pub fn is_assigned_to(&self, account: &str) -> bool {
        self.fields.assignee.as_ref().is_some_and(|person| person.account_id == account)
    }

    pub fn category(&self) -> &str {
        self.fields.status.as_ref().map(|status| status.status_category.key.as_str()).unwrap_or_default()
    }

    pub const fn description(&self) -> &Value {
        &self.fields.description
    }

    pub fn created(&self) -> Option<Timestamp> {
        self.fields.created.as_deref().and_then(instant)
    }

    /// Whether it says this.
    pub fn says(&self, title: &str, notes: &str) -> bool {
        self.fields.summary.as_deref().unwrap_or_default().trim() == title.trim()
            && adf::text(&self.fields.description).trim() == notes.trim()
    }

    /// `browse`: where issues have their pages.
    pub fn task(self, browse: &str) -> RemoteTask {
        let status = match self.category() {
            "done" => TaskStatus::Done,
            "indeterminate" => TaskStatus::Started,
            _ => TaskStatus::Open,
        };
        let fields = self.fields;
        let updated_at = fields.updated.as_deref().and_then(instant);
        RemoteTask {
            // Ids are numbers that grow: the oldest first.
            position: format!("{:0>20}", self.id),
            id: RemoteId(self.id),
            list: RemoteId(fields.project.unwrap_or_default().id),
            fields: TaskFields {
                title: fields.summary.unwrap_or_default(),
                notes: adf::text(&fields.description),
                due: fields.duedate.map(|day| Due::Day { day }),
                priority: priority(&fields.priority.unwrap_or_default().name),
                labels: fields.labels.unwrap_or_default(),
                status,
                parent: None,
            },
            repeats: None,
            url: Some(format!("{browse}/{}", self.key)),
            completed_at: fields.resolutiondate.as_deref().and_then(instant).or(updated_at).filter(|_| status.is_closed()),
            updated_at,
            version: fields.updated.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issue_whole_and_one_of_nulls() {
        let text = r#"{"id":"10001","key":"WEB-1","fields":{"summary":"A","description":null,"status":{"name":"Doing","statusCategory":{"key":"indeterminate"}},
            "priority":{"name":"Highest"},"duedate":"2026-12-24","labels":["x"],"assignee":{"accountId":"me"},"project":{"id":"10"},
            "created":"2026-11-22T09:00:00.000+0100","updated":"2026-11-22T09:00:00.123+0000","resolutiondate":null}}"#;
        let issue: Issue = serde_json::from_str(text).unwrap();
        assert!(issue.is_assigned_to("me") && !issue.is_assigned_to("") && issue.says("A ", ""));
        assert_eq!(issue.created(), Some(Timestamp::from_secs(1_795_334_400)));
        let task = issue.task("https://n.atlassian.net/browse");
        assert_eq!((task.list.as_str(), task.url.as_deref()), ("10", Some("https://n.atlassian.net/browse/WEB-1")));
        assert_eq!(
            (task.fields.status, task.fields.priority, task.updated_at),
            (TaskStatus::Started, Priority::Urgent, Some(Timestamp(1_795_338_000_123)))
        );
        let nulls =
            r#"{"id":"1","key":null,"fields":{"summary":null,"status":null,"priority":null,"labels":null,"assignee":null,"project":null}}"#;
        let nulls: Issue = serde_json::from_str(nulls).unwrap();
        assert!(!nulls.is_assigned_to("me"));
        assert_eq!(nulls.task("").fields, TaskFields::default());
    }
}
