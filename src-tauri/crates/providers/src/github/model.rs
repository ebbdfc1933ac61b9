//! GitHub's JSON, as far as it is read. Absent and null are the same.

use chrono::DateTime;
use domain::{
    error::ProviderError,
    ids::RemoteId,
    tasks::{Due, RemoteTask, TaskFields, TaskStatus},
    time::Timestamp,
};
use serde::Deserialize;

use super::{error, id};
use crate::http::json::or_default;

#[derive(Clone, Debug, Deserialize)]
pub struct User {
    pub id: u64,
    #[serde(default, deserialize_with = "or_default")]
    pub login: String,
    pub name: Option<String>,
    pub email: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub struct Login {
    #[serde(default, deserialize_with = "or_default")]
    pub login: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Permissions {
    pub admin: bool,
    pub maintain: bool,
    pub push: bool,
    pub triage: bool,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Repository {
    #[serde(default, deserialize_with = "or_default")]
    pub full_name: String,
    #[serde(default)]
    pub has_issues: Option<bool>,
    #[serde(default, deserialize_with = "or_default")]
    pub archived: bool,
    #[serde(default, deserialize_with = "or_default")]
    pub disabled: bool,
    #[serde(default, deserialize_with = "or_default")]
    pub permissions: Permissions,
}

/// A label is an object; as a bare text it stood in older answers.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Label {
    Text(String),
    Named {
        #[serde(default, deserialize_with = "or_default")]
        name: String,
    },
}

#[derive(Clone, Debug, Deserialize)]
struct Milestone {
    due_on: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Issue {
    pub number: u64,
    #[serde(default, deserialize_with = "or_default")]
    title: String,
    #[serde(default, deserialize_with = "or_default")]
    body: String,
    #[serde(default, deserialize_with = "or_default")]
    state: String,
    state_reason: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    labels: Vec<Label>,
    #[serde(default, deserialize_with = "or_default")]
    assignees: Vec<Login>,
    milestone: Option<Milestone>,
    html_url: Option<String>,
    /// Of an answer over several repositories.
    pub repository: Option<Repository>,
    #[serde(default, deserialize_with = "or_default")]
    repository_url: String,
    created_at: Option<String>,
    updated_at: Option<String>,
    closed_at: Option<String>,
    pull_request: Option<serde::de::IgnoredAny>,
}

/// None: it is no time.
fn instant(text: &str) -> Option<Timestamp> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| Timestamp(at.timestamp_millis()))
}

impl Issue {
    /// Pull requests are listed among issues.
    pub const fn is_issue(&self) -> bool {
        self.pull_request.is_none()
    }

    pub fn is_assigned_to(&self, login: &str) -> bool {
        self.assignees.iter().any(|one| one.login.eq_ignore_ascii_case(login))
    }

    pub fn created(&self) -> Option<Timestamp> {
        self.created_at.as_deref().and_then(instant)
    }

    /// Whether it says this, apart from how its lines end.
    pub fn says(&self, title: &str, body: &str) -> bool {
        let plain = |text: &str| text.replace("\r\n", "\n").trim().to_owned();
        self.title.trim() == title.trim() && plain(&self.body) == plain(body)
    }

    /// `owner/name`: what it is told with, or the end of the address of its repository.
    fn list(&self) -> Option<String> {
        if let Some(repository) = &self.repository {
            return Some(repository.full_name.clone()).filter(|name| !name.is_empty());
        }
        let mut parts = self.repository_url.rsplit('/');
        let (name, owner) = (parts.next()?, parts.next()?);
        (!name.is_empty() && !owner.is_empty()).then(|| format!("{owner}/{name}"))
    }

    pub fn id(&self) -> Result<RemoteId, ProviderError> {
        Ok(id::of(&self.list().ok_or_else(|| error::protocol("an issue of no repository"))?, self.number))
    }

    fn status(&self) -> TaskStatus {
        match (self.state.as_str(), self.state_reason.as_deref()) {
            ("closed", Some("not_planned" | "duplicate")) => TaskStatus::Cancelled,
            ("closed", _) => TaskStatus::Done,
            _ => TaskStatus::Open,
        }
    }

    pub fn task(self) -> Result<RemoteTask, ProviderError> {
        let id = self.id()?;
        let list = self.list().ok_or_else(|| error::protocol("an issue of no repository"))?;
        let status = self.status();
        let labels = self.labels.into_iter().map(|label| match label {
            Label::Text(name) | Label::Named { name } => name,
        });
        // A milestone is due on a day, which GitHub says as an instant of it.
        let due = self.milestone.and_then(|m| m.due_on).and_then(|due| instant(&due)).and_then(|at| DateTime::from_timestamp(at.secs(), 0));
        Ok(RemoteTask {
            id,
            list: RemoteId(list),
            fields: TaskFields {
                title: self.title,
                notes: self.body,
                due: due.map(|at| Due::Day { day: at.format("%Y-%m-%d").to_string() }),
                labels: labels.filter(|name| !name.is_empty()).collect(),
                status,
                ..TaskFields::default()
            },
            // Issues have no order of their own: by number, the oldest first.
            position: format!("{:010}", self.number),
            repeats: None,
            url: self.html_url,
            completed_at: self.closed_at.as_deref().and_then(instant).filter(|_| status.is_closed()),
            updated_at: self.updated_at.as_deref().and_then(instant),
            version: self.updated_at.unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issue(json: &str) -> Issue {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn states_have_reasons() {
        let of = |state: &str, reason: &str| {
            issue(&format!(
                r#"{{"number":1,"state":"{state}","state_reason":{reason},"repository_url":"https://api.github.com/repos/a/b"}}"#
            ))
            .task()
            .unwrap()
            .fields
            .status
        };
        assert_eq!((of("open", "null"), of("open", r#""reopened""#)), (TaskStatus::Open, TaskStatus::Open));
        assert_eq!((of("closed", "null"), of("closed", r#""completed""#)), (TaskStatus::Done, TaskStatus::Done));
        assert_eq!((of("closed", r#""not_planned""#), of("closed", r#""duplicate""#)), (TaskStatus::Cancelled, TaskStatus::Cancelled));
    }

    #[test]
    fn a_whole_issue_and_one_of_nulls() {
        let whole = issue(
            r#"{"id":1,"number":1347,"title":"Found a bug","body":"I'm having a problem with this.","state":"closed","state_reason":"completed",
               "labels":[{"id":208045946,"name":"bug","color":"f29513"},"old"],"assignees":[{"login":"Octocat","id":1}],"milestone":{"due_on":"2012-10-09T23:39:01Z"},
               "html_url":"https://github.com/octocat/Hello-World/issues/1347","repository":{"full_name":"octocat/Hello-World","permissions":{"push":true}},
               "created_at":"2011-04-22T13:33:48Z","updated_at":"2011-04-22T13:33:48Z","closed_at":"2011-04-22T13:33:48Z","new_thing":1}"#,
        );
        assert!(whole.is_issue() && whole.is_assigned_to("octocat") && !whole.is_assigned_to("octo"));
        assert!(whole.says("Found a bug ", "I'm having a problem with this.\r\n"));
        let task = whole.task().unwrap();
        assert_eq!((task.id.as_str(), task.list.as_str()), ("octocat/Hello-World#1347", "octocat/Hello-World"));
        assert_eq!(
            (task.fields.labels, task.fields.due),
            (vec!["bug".to_owned(), "old".to_owned()], Some(Due::Day { day: "2012-10-09".into() }))
        );
        assert_eq!(
            (task.completed_at, task.updated_at),
            (Some(Timestamp::from_secs(1_303_479_228)), Some(Timestamp::from_secs(1_303_479_228)))
        );
        let nulls = issue(
            r#"{"number":1,"title":null,"body":null,"state":null,"state_reason":null,"labels":null,"assignees":null,"milestone":null,
               "repository":null,"repository_url":"https://api.github.com/repos/a/b","pull_request":null}"#,
        );
        assert_eq!(nulls.task().unwrap().fields, TaskFields::default());
        assert!(!issue(r#"{"number":1,"pull_request":{"url":"x"}}"#).is_issue());
        assert!(matches!(issue(r#"{"number":1}"#).task(), Err(ProviderError::Protocol { .. })));
    }
}
