//! GitHub against the sandbox: what every task source owes (the contract), and what is GitHub's own.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::{
    error::ErrorClass,
    ids::RemoteId,
    tasks::{Due, TaskFields, TaskPatch, TaskStatus},
};
use sandbox::{Fault, FaultAction, Fill, GithubIssue, GithubRepo, Provider, Sandbox, SandboxOptions};
use serde_json::{Value, json};

use super::*;
use crate::{
    scripted::{Tokens, http_at},
    task_contract::{Mirror, Rig, Trouble, key},
};

mod reading;
mod writing;

const SITE: &str = "maralind/studio-site";
const KIT: &str = "northgate/brand-kit";
const ME: &str = "maralind";

pub struct World {
    sandbox: Sandbox,
    source: GithubIssues,
}

async fn start() -> World {
    filled(Fill::Empty).await
}

async fn filled(fill: Fill) -> World {
    let sandbox = Sandbox::start(SandboxOptions { fill, ..SandboxOptions::default() }).await.unwrap();
    let credentials = Arc::new(Tokens { fixed: Some(sandbox.github_token()), ..Tokens::default() });
    let source = GithubIssues::new(http_at(sandbox.clock().as_clock()), credentials, &sandbox.github_base()).unwrap();
    World { sandbox, source }
}

/// Read here by other means than the client's.
fn fields_of(issue: GithubIssue) -> TaskFields {
    TaskFields {
        title: issue.title,
        notes: issue.body.unwrap_or_default(),
        due: issue.milestone_due.map(|at| Due::Day { day: at.chars().take(10).collect() }),
        labels: issue.labels,
        status: match (issue.closed, issue.state_reason.as_deref()) {
            (false, _) => TaskStatus::Open,
            (true, Some("completed")) => TaskStatus::Done,
            (true, _) => TaskStatus::Cancelled,
        },
        ..TaskFields::default()
    }
}

fn number(id: &RemoteId) -> u64 {
    id.as_str().rsplit_once('#').unwrap().1.parse().unwrap()
}

impl World {
    fn post(&self, issue: Value) -> RemoteId {
        let repo = issue["repo"].as_str().unwrap().to_owned();
        RemoteId(format!("{repo}#{}", self.sandbox.put_github_issue(issue).unwrap()))
    }

    fn there(&self, id: &RemoteId) -> GithubIssue {
        let (repo, number) = id.as_str().rsplit_once('#').unwrap();
        self.sandbox.github_issue(repo, number.parse().unwrap()).unwrap()
    }

    /// Method, path and status.
    fn requests(&self) -> Vec<String> {
        let log = self.sandbox.control().log();
        self.sandbox.control().clear_log();
        log.into_iter().map(|e| format!("{} {} {}", e.method, e.path.trim_start_matches("/api/v3"), e.status)).collect()
    }

    async fn mirror(&self) -> Mirror {
        let mut mirror = Mirror::default();
        mirror.sync(self).await.unwrap();
        mirror
    }

    async fn create(&self, n: u32, fields: TaskFields, tried: bool) -> Result<TaskWritten, ProviderError> {
        self.source.write(&TaskWrite::Create { list: SITE.into(), key: key(n), fields, tried, since: self.sandbox.now() }).await
    }

    /// What is the person's.
    fn mine(&self) -> Vec<GithubIssue> {
        let mine = |issue: &GithubIssue| !issue.pull_request && issue.assignees.iter().any(|login| login == ME);
        self.sandbox.github_issues().into_iter().filter(mine).collect()
    }
}

impl Rig for World {
    fn source(&self) -> &dyn TaskSource {
        &self.source
    }

    fn now(&self) -> Timestamp {
        self.sandbox.now()
    }

    fn pass(&self, secs: i64) {
        self.sandbox.clock().advance(secs * 1000);
    }

    fn lists(&self) -> [RemoteId; 2] {
        [SITE.into(), KIT.into()]
    }

    /// Nothing begun; labels in the order of their names.
    fn held(&self, mut fields: TaskFields) -> TaskFields {
        if fields.status == TaskStatus::Started {
            fields.status = TaskStatus::Open;
        }
        fields.labels.sort();
        fields
    }

    fn put(&self, list: &RemoteId, id: Option<&RemoteId>, fields: &TaskFields) -> RemoteId {
        let reason = match fields.status {
            TaskStatus::Open | TaskStatus::Started => None,
            TaskStatus::Done => Some("completed"),
            TaskStatus::Cancelled => Some("not_planned"),
        };
        let mut issue = json!({
            "repo": list, "title": fields.title, "body": Some(&fields.notes).filter(|notes| !notes.is_empty()), "labels": fields.labels,
            "closed": fields.status.is_closed(), "state_reason": reason,
        });
        if let Some(id) = id {
            issue["number"] = json!(number(id));
        }
        self.post(issue)
    }

    /// What is deleted, and what is given to somebody else, is gone from here alike.
    fn remove(&self, list: &RemoteId, id: &RemoteId) {
        assert!(self.sandbox.delete_github_issue(list.as_str(), number(id)));
    }

    fn look(&self, list: &RemoteId, id: &RemoteId) -> Option<TaskFields> {
        self.mine().into_iter().find(|i| i.repo == list.as_str() && i.number == number(id)).map(fields_of)
    }

    fn count(&self) -> usize {
        self.mine().len()
    }

    fn trouble(&self, trouble: Trouble) {
        let faults = match trouble {
            Trouble::LostAnswer => {
                ["POST", "PATCH"].map(|m| Fault::new("*/issues*", FaultAction::Drop { after_commit: true }).method(m)).to_vec()
            }
            Trouble::Unavailable => vec![Fault::status("*", 503, "No server is currently available to service your request.")],
            Trouble::Wait => vec![Fault::status("*", 403, "You have exceeded a secondary rate limit.")],
            Trouble::SignedOut => return self.sandbox.set_github_token("another"),
        };
        for fault in faults {
            self.sandbox.control().add_fault(Fault { provider: Some(Provider::Github), ..fault });
        }
    }

    /// GitHub gives out no cursors.
    fn void(&self) {}
}

mod contract {
    crate::task_contract::suite!(super::start);
}
