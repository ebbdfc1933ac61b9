//! Issues and repositories as the stand-in holds them, and as they are on the wire (PROVIDERS 6.2).

use chrono::DateTime;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::text;

/// An issue or a pull request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GithubIssue {
    /// `owner/name`.
    pub repo: String,
    pub number: u64,
    pub title: String,
    pub body: Option<String>,
    /// `closed`, else it is open.
    pub closed: bool,
    /// `completed`, `not_planned`, `duplicate`, `reopened`.
    pub state_reason: Option<String>,
    pub labels: Vec<String>,
    /// Logins.
    pub assignees: Vec<String>,
    /// Login of who wrote it.
    pub author: String,
    /// When its milestone is due, RFC 3339.
    pub milestone_due: Option<String>,
    pub pull_request: bool,
    pub created_at: String,
    pub updated_at: String,
    pub closed_at: Option<String>,
    /// Gone: 410.
    pub deleted: bool,
    /// Where it was transferred to: 301.
    pub moved: Option<(String, u64)>,
}

/// A repository, and what the person may do there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GithubRepo {
    pub owner: String,
    pub name: String,
    pub private: bool,
    pub has_issues: bool,
    pub archived: bool,
    pub triage: bool,
    pub push: bool,
    /// `owner`, `collaborator`, `organization_member`; empty: it is open to everybody, and no more.
    pub affiliation: String,
}

impl Default for GithubRepo {
    fn default() -> Self {
        Self {
            owner: String::new(),
            name: String::new(),
            private: false,
            has_issues: true,
            archived: false,
            triage: true,
            push: true,
            affiliation: "owner".to_owned(),
        }
    }
}

impl GithubRepo {
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    pub(super) fn json(&self, base: &str) -> Value {
        let full = self.full_name();
        json!({
            "id": hash(&full),
            "node_id": format!("R_{:x}", hash(&full)),
            "name": self.name,
            "full_name": full,
            "private": self.private,
            "owner": person(&self.owner),
            "html_url": format!("https://github.example/{full}"),
            "url": format!("{base}/repos/{full}"),
            "has_issues": self.has_issues,
            "archived": self.archived,
            "disabled": false,
            "permissions": {"admin": self.affiliation == "owner", "maintain": self.push, "push": self.push, "triage": self.triage, "pull": true},
        })
    }
}

/// GitHub's ids are numbers that mean nothing: these are the same in every run.
fn hash(text: &str) -> u64 {
    text.bytes().fold(7_u64, |sum, byte| (sum * 31 + u64::from(byte)) % 1_000_000_007)
}

fn person(login: &str) -> Value {
    json!({"login": login, "id": hash(login), "type": "User"})
}

impl GithubIssue {
    /// `repo`: in lists over several repositories each issue tells of its own.
    pub(super) fn json(&self, base: &str, repo: Option<&GithubRepo>) -> Value {
        let (full, number) = (&self.repo, self.number);
        let kind = if self.pull_request { "pull" } else { "issues" };
        let labels: Vec<Value> =
            self.labels.iter().map(|name| json!({"id": hash(name), "name": name, "color": "ededed", "default": false})).collect();
        let milestone = self.milestone_due.as_ref().map(|due| json!({"number": 1, "title": "Next", "state": "open", "due_on": due}));
        let mut issue = json!({
            "id": hash(&format!("{full}#{number}")),
            "node_id": format!("I_{:x}", hash(&format!("{full}#{number}"))),
            "number": number,
            "url": format!("{base}/repos/{full}/issues/{number}"),
            "repository_url": format!("{base}/repos/{full}"),
            "html_url": format!("https://github.example/{full}/{kind}/{number}"),
            "title": self.title,
            "body": self.body,
            "state": if self.closed { "closed" } else { "open" },
            "state_reason": self.state_reason,
            "labels": labels,
            "assignee": self.assignees.first().map(|login| person(login)),
            "assignees": self.assignees.iter().map(|login| person(login)).collect::<Vec<_>>(),
            "user": person(&self.author),
            "milestone": milestone,
            "locked": false,
            "comments": 0,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "closed_at": self.closed_at,
        });
        if self.pull_request {
            text::put(&mut issue, "pull_request", json!({"url": format!("{base}/repos/{full}/pulls/{number}")}));
        }
        if let Some(repo) = repo {
            text::put(&mut issue, "repository", repo.json(base));
        }
        issue
    }
}

/// `2026-11-22T09:00:00Z`: GitHub knows whole seconds.
pub(super) fn stamp(at: Timestamp) -> String {
    DateTime::from_timestamp(at.secs(), 0).unwrap_or_default().format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

pub(super) fn instant_of(text: &str) -> Option<Timestamp> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| Timestamp(at.timestamp_millis()))
}
