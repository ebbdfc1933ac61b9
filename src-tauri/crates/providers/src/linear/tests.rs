//! Linear against the sandbox: what every task source owes (the contract), and what is Linear's own.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::{
    error::ErrorClass,
    ids::RemoteId,
    tasks::{Due, Priority, TaskFields, TaskPatch, TaskStatus},
};
use sandbox::{Fault, Fill, LinearIssue, Provider, Sandbox, SandboxOptions};
use serde_json::{Value, json};

use super::*;
use crate::{
    scripted::{Pasted, http_at},
    task_contract::{Mirror, Rig, Trouble, key},
};

mod reading;
mod signin;
mod writing;

pub struct World {
    sandbox: Sandbox,
    source: LinearIssues,
    me: String,
}

async fn start() -> World {
    filled(Fill::Empty).await
}

async fn filled(fill: Fill) -> World {
    let sandbox = Sandbox::start(SandboxOptions { fill, ..SandboxOptions::default() }).await.unwrap();
    let source =
        LinearIssues::new(http_at(sandbox.clock().as_clock()), Arc::new(Pasted(sandbox.linear_key())), false, &sandbox.linear_base())
            .unwrap();
    let me = source.owner().await.unwrap().subject;
    World { sandbox, source, me }
}

impl World {
    fn team(&self, key: &str) -> RemoteId {
        RemoteId(self.sandbox.linear_teams().into_iter().find(|team| team.key == key).unwrap().id)
    }

    fn post(&self, issue: Value) -> RemoteId {
        RemoteId(self.sandbox.put_linear_issue(issue).unwrap())
    }

    fn there(&self, id: &RemoteId) -> LinearIssue {
        self.sandbox.linear_issues().into_iter().find(|issue| issue.id == id.as_str()).unwrap()
    }

    /// What is the person's and not in the trash.
    fn mine(&self) -> Vec<LinearIssue> {
        self.sandbox.linear_issues().into_iter().filter(|i| !i.trashed && i.assignee.as_ref() == Some(&self.me)).collect()
    }

    /// Read here by other means than the client's.
    fn fields_of(&self, issue: LinearIssue) -> TaskFields {
        let status = match self.sandbox.linear_kind(&issue).as_str() {
            "started" => TaskStatus::Started,
            "completed" => TaskStatus::Done,
            "canceled" => TaskStatus::Cancelled,
            _ => TaskStatus::Open,
        };
        TaskFields {
            title: issue.title,
            notes: issue.description.unwrap_or_default(),
            due: issue.due_date.map(|day| Due::Day { day }),
            priority: [Priority::None, Priority::Urgent, Priority::High, Priority::Medium, Priority::Low][usize::from(issue.priority)],
            labels: issue.labels,
            status,
            parent: issue.parent.map(RemoteId),
        }
    }

    async fn mirror(&self) -> Mirror {
        let mut mirror = Mirror::default();
        mirror.sync(self).await.unwrap();
        mirror
    }

    async fn create(&self, n: u32, fields: TaskFields, tried: bool) -> Result<TaskWritten, ProviderError> {
        self.source.write(&TaskWrite::Create { list: self.team("PRO"), key: key(n), fields, tried, since: self.sandbox.now() }).await
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
        [self.team("PRO"), self.team("BRA")]
    }

    /// Labels in the order of their names.
    fn held(&self, mut fields: TaskFields) -> TaskFields {
        fields.labels.sort();
        fields
    }

    fn put(&self, list: &RemoteId, id: Option<&RemoteId>, fields: &TaskFields) -> RemoteId {
        let kind = match fields.status {
            TaskStatus::Open => "unstarted",
            TaskStatus::Started => "started",
            TaskStatus::Done => "completed",
            TaskStatus::Cancelled => "canceled",
        };
        let due = fields.due.as_ref().map(|due| match due {
            Due::Day { day } => day.clone(),
            other => panic!("{other:?}"),
        });
        let priority = match fields.priority {
            Priority::None => 0,
            Priority::Urgent => 1,
            Priority::High => 2,
            Priority::Medium => 3,
            Priority::Low => 4,
        };
        let mut issue = json!({
            "team": list, "title": fields.title, "description": Some(&fields.notes).filter(|notes| !notes.is_empty()), "labels": fields.labels,
            "kind": kind, "due_date": due, "priority": priority, "parent": fields.parent,
        });
        if let Some(id) = id {
            issue["id"] = json!(id);
        }
        self.post(issue)
    }

    fn remove(&self, _list: &RemoteId, id: &RemoteId) {
        assert!(self.sandbox.delete_linear_issue(id.as_str()));
    }

    fn look(&self, list: &RemoteId, id: &RemoteId) -> Option<TaskFields> {
        self.mine().into_iter().find(|i| i.team == list.as_str() && i.id == id.as_str()).map(|issue| self.fields_of(issue))
    }

    fn count(&self) -> usize {
        self.mine().len()
    }

    fn trouble(&self, trouble: Trouble) {
        let fault = match trouble {
            Trouble::LostAnswer => return self.sandbox.set_linear(|s| s.lose_answers = 1),
            Trouble::Unavailable => Fault::status("*", 503, "INTERNAL_SERVER_ERROR"),
            Trouble::Wait => Fault::status("*", 400, "RATELIMITED"),
            Trouble::SignedOut => return self.sandbox.set_linear_key("lin_api_another"),
        };
        self.sandbox.control().add_fault(Fault { provider: Some(Provider::Linear), ..fault });
    }

    fn void(&self) {
        self.sandbox.void_linear_cursors();
    }
}

mod contract {
    crate::task_contract::suite!(super::start);
}
