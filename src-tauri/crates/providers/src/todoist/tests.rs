//! Todoist against the sandbox: what every task source owes (the contract), and what is Todoist's own.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use chrono::DateTime;
use domain::{
    error::ErrorClass,
    ids::RemoteId,
    tasks::{Due, Priority, TaskFields, TaskPatch, TaskStatus},
};
use sandbox::{Fault, FaultAction, Fill, Provider, Sandbox, SandboxOptions, TodoistProject, TodoistTask};
use serde_json::{Value, json};

use super::*;
use crate::{
    scripted::{Tokens, http_at},
    task_contract::{Mirror, Rig, Trouble, key},
};

mod reading;
mod writing;

pub struct World {
    sandbox: Sandbox,
    source: TodoistTasks,
}

async fn start() -> World {
    filled(Fill::Empty).await
}

async fn filled(fill: Fill) -> World {
    let sandbox = Sandbox::start(SandboxOptions { fill, ..SandboxOptions::default() }).await.unwrap();
    let source = source(&sandbox);
    World { sandbox, source }
}

fn source(sandbox: &Sandbox) -> TodoistTasks {
    let credentials = Arc::new(Tokens { fixed: Some(sandbox.todoist_token()), ..Tokens::default() });
    TodoistTasks::new(http_at(sandbox.clock().as_clock()), credentials, &sandbox.todoist_base()).unwrap()
}

/// As Todoist says it.
fn wire_due(due: &Due) -> Value {
    let (date, zone) = match due {
        Due::Day { day } => (day.clone(), None),
        Due::Floating { at } => (at.clone(), None),
        Due::At { at, zone } => (DateTime::from_timestamp(at.secs(), 0).unwrap().format("%Y-%m-%dT%H:%M:%SZ").to_string(), zone.clone()),
    };
    json!({"date": date, "string": date, "lang": "en", "timezone": zone, "is_recurring": false})
}

/// Read here by other means than the client's.
fn fields_of(task: TodoistTask) -> TaskFields {
    let due = task.due.map(|due| match due.date.len() {
        10 => Due::Day { day: due.date },
        19 => Due::Floating { at: due.date },
        _ => Due::At { at: Timestamp(DateTime::parse_from_rfc3339(&due.date).unwrap().timestamp_millis()), zone: due.timezone },
    });
    TaskFields {
        title: task.content,
        notes: task.description,
        due,
        priority: [Priority::None, Priority::Medium, Priority::High, Priority::Urgent][usize::from(task.priority - 1)],
        labels: task.labels,
        status: if task.checked { TaskStatus::Done } else { TaskStatus::Open },
        parent: task.parent_id.map(RemoteId),
    }
}

impl World {
    fn project(&self, name: &str) -> RemoteId {
        RemoteId(self.sandbox.todoist_projects().into_iter().find(|p| p.name == name).unwrap().id)
    }

    fn post(&self, task: Value) -> RemoteId {
        RemoteId(self.sandbox.put_todoist_task(task).unwrap())
    }

    fn there(&self, id: &RemoteId) -> TodoistTask {
        self.sandbox.todoist_task(id.as_str()).unwrap()
    }

    fn requests(&self) -> Vec<String> {
        let log = self.sandbox.control().log();
        self.sandbox.control().clear_log();
        log.into_iter().map(|entry| format!("{} {}", entry.method, entry.path.trim_start_matches("/api/v1"))).collect()
    }

    async fn changes(&self, cursor: Option<&SyncCursor>) -> Result<ChangeBatch<RemoteTask>, ProviderError> {
        let scope = SyncScope {
            id: domain::ids::ScopeId(1),
            connection: "c1".into(),
            service: domain::integration::Service::Tasks,
            container: None,
        };
        self.source.changes(&scope, cursor, Budget { items: 100, since: None }, self.sandbox.now()).await
    }

    async fn mirror(&self) -> Mirror {
        let mut mirror = Mirror::default();
        mirror.sync(self).await.unwrap();
        mirror
    }

    async fn create(&self, n: u32, fields: TaskFields, tried: bool) -> Result<TaskWritten, ProviderError> {
        let list = self.project("Studio");
        self.source.write(&TaskWrite::Create { list, key: key(n), fields, tried, since: self.sandbox.now() }).await
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
        [self.project("Studio"), self.project("Home")]
    }

    /// No Low, nothing begun, nothing cancelled.
    fn held(&self, mut fields: TaskFields) -> TaskFields {
        if fields.priority == Priority::Low {
            fields.priority = Priority::None;
        }
        fields.status = if fields.status.is_closed() { TaskStatus::Done } else { TaskStatus::Open };
        fields
    }

    fn put(&self, list: &RemoteId, id: Option<&RemoteId>, fields: &TaskFields) -> RemoteId {
        let priority = match fields.priority {
            Priority::Urgent => 4,
            Priority::High => 3,
            Priority::Medium => 2,
            Priority::Low | Priority::None => 1,
        };
        let mut task = json!({
            "project_id": list, "content": fields.title, "description": fields.notes, "priority": priority, "labels": fields.labels,
            "due": fields.due.as_ref().map(wire_due), "checked": fields.status.is_closed(), "parent_id": fields.parent,
        });
        if let Some(id) = id {
            task["id"] = json!(id);
        }
        self.post(task)
    }

    fn remove(&self, _list: &RemoteId, id: &RemoteId) {
        assert!(self.sandbox.delete_todoist_task(id.as_str()));
    }

    fn look(&self, list: &RemoteId, id: &RemoteId) -> Option<TaskFields> {
        self.sandbox.todoist_task(id.as_str()).filter(|task| task.project_id == list.as_str()).map(fields_of)
    }

    fn count(&self) -> usize {
        self.sandbox.todoist_tasks().len()
    }

    fn trouble(&self, trouble: Trouble) {
        let fault = match trouble {
            Trouble::LostAnswer => Fault::new("*/sync", FaultAction::Drop { after_commit: true }).method("POST"),
            Trouble::Unavailable => Fault::status("*", 503, "SERVICE_UNAVAILABLE"),
            Trouble::Wait => Fault::status("*", 429, "LIMITS_REACHED"),
            Trouble::SignedOut => return self.sandbox.set_todoist_token("another"),
        };
        self.sandbox.control().add_fault(Fault { provider: Some(Provider::Todoist), ..fault });
    }

    fn void(&self) {
        self.sandbox.void_todoist_tokens();
    }
}

mod contract {
    crate::task_contract::suite!(super::start);
}
