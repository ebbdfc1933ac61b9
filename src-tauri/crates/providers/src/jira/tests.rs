//! Jira against the sandbox: what every task source owes (the contract), and what is Jira's own.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use domain::{
    ids::RemoteId,
    tasks::{Due, Priority, TaskFields, TaskPatch, TaskStatus},
};
use sandbox::{Fault, FaultAction, Fill, JiraIssue, Provider, Sandbox, SandboxOptions};
use serde_json::{Value, json};

use super::*;
use crate::{
    scripted::{Pasted, http_at},
    task_contract::{Mirror, Rig, Trouble, key},
};

mod own;

const WEB: &str = "10100";
const OPS: &str = "10200";
const ME: &str = "5b10ac8d82e05b22cc7d4ef5";

pub struct World {
    sandbox: Sandbox,
    source: JiraIssues,
}

async fn start() -> World {
    filled(Fill::Empty).await
}

async fn filled(fill: Fill) -> World {
    let sandbox = Sandbox::start(SandboxOptions { fill, ..SandboxOptions::default() }).await.unwrap();
    let credentials = Arc::new(Pasted(sandbox.jira_secret()));
    let source = JiraIssues::new(http_at(sandbox.clock().as_clock()), credentials, Some(&sandbox.jira_base())).unwrap();
    World { sandbox, source }
}

/// A text as paragraphs, by other means than the client's.
fn doc(text: &str) -> Value {
    let line = |text: &str| json!({"type": "text", "text": text});
    let mut content = Vec::new();
    for text in text.lines() {
        content.extend((!content.is_empty()).then(|| json!({"type": "hardBreak"})));
        content.push(line(text));
    }
    if text.is_empty() { Value::Null } else { json!({"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": content}]}) }
}

fn plain(document: &Value) -> String {
    let nodes = document["content"][0]["content"].as_array().cloned().unwrap_or_default();
    nodes.iter().map(|node| node["text"].as_str().unwrap_or("\n").to_owned()).collect()
}

/// Of issues with plain texts.
fn fields_of(issue: JiraIssue) -> TaskFields {
    TaskFields {
        title: issue.summary,
        notes: plain(&issue.description),
        due: issue.duedate.map(|day| Due::Day { day }),
        priority: if issue.priority.as_deref() == Some("High") { Priority::High } else { Priority::None },
        labels: issue.labels,
        status: match issue.category.as_str() {
            "done" => TaskStatus::Done,
            "indeterminate" => TaskStatus::Started,
            _ => TaskStatus::Open,
        },
        parent: None,
    }
}

impl World {
    fn post(&self, issue: Value) -> RemoteId {
        RemoteId(self.sandbox.put_jira_issue(issue).unwrap())
    }

    fn there(&self, id: &RemoteId) -> JiraIssue {
        self.sandbox.jira_issues().into_iter().find(|issue| issue.id == id.as_str()).unwrap()
    }

    fn mine(&self) -> Vec<JiraIssue> {
        self.sandbox.jira_issues().into_iter().filter(|issue| issue.assignee.as_deref() == Some(ME)).collect()
    }

    fn requests(&self) -> Vec<String> {
        let log = self.sandbox.control().log();
        self.sandbox.control().clear_log();
        log.into_iter().map(|e| format!("{} {} {}", e.method, e.path.trim_start_matches("/rest/api/3"), e.status)).collect()
    }

    async fn mirror(&self) -> Mirror {
        let mut mirror = Mirror::default();
        mirror.sync(self).await.unwrap();
        mirror
    }

    async fn create(&self, fields: TaskFields, tried: bool) -> Result<TaskWritten, ProviderError> {
        self.source.write(&TaskWrite::Create { list: WEB.into(), key: key(1), fields, tried, since: self.sandbox.now() }).await
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
        [WEB.into(), OPS.into()]
    }

    /// Nothing cancelled; labels without spaces, by name.
    fn held(&self, mut fields: TaskFields) -> TaskFields {
        if fields.status == TaskStatus::Cancelled {
            fields.status = TaskStatus::Done;
        }
        fields.labels = fields.labels.iter().map(|label| label.replace(' ', "_")).collect();
        fields.labels.sort();
        fields
    }

    fn put(&self, list: &RemoteId, id: Option<&RemoteId>, fields: &TaskFields) -> RemoteId {
        let due = fields.due.as_ref().map(|due| match due {
            Due::Day { day } => day.clone(),
            other => panic!("{other:?}"),
        });
        let category = match fields.status {
            TaskStatus::Open => "new",
            TaskStatus::Started => "indeterminate",
            TaskStatus::Done | TaskStatus::Cancelled => "done",
        };
        let mut issue = json!({
            "project": list, "summary": fields.title, "description": doc(&fields.notes), "labels": self.held(fields.clone()).labels,
            "category": category, "duedate": due,
        });
        if let Some(id) = id {
            issue["id"] = json!(id);
        }
        self.post(issue)
    }

    fn remove(&self, _list: &RemoteId, id: &RemoteId) {
        assert!(self.sandbox.delete_jira_issue(id.as_str()));
    }

    fn look(&self, list: &RemoteId, id: &RemoteId) -> Option<TaskFields> {
        self.mine().into_iter().find(|issue| issue.project == list.as_str() && issue.id == id.as_str()).map(fields_of)
    }

    fn count(&self) -> usize {
        self.mine().len()
    }

    fn trouble(&self, trouble: Trouble) {
        let faults = match trouble {
            Trouble::LostAnswer => {
                ["POST", "PUT"].map(|m| Fault::new("*/issue*", FaultAction::Drop { after_commit: true }).method(m)).to_vec()
            }
            Trouble::Unavailable => vec![Fault::status("*", 503, "Service unavailable")],
            Trouble::Wait => vec![Fault::status("*", 429, "Rate limit exceeded.")],
            Trouble::SignedOut => return self.sandbox.set_jira_token("another"),
        };
        for fault in faults {
            self.sandbox.control().add_fault(Fault { provider: Some(Provider::Jira), ..fault });
        }
    }

    fn void(&self) {
        self.sandbox.void_jira_tokens();
    }
}

mod contract {
    crate::task_contract::suite!(super::start);
}
