//! Asana against the sandbox: what every task source owes (the contract), and what is Asana's own.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use chrono::DateTime;
use domain::{
    ids::RemoteId,
    tasks::{Due, TaskFields, TaskPatch, TaskStatus},
};
use sandbox::{AsanaProject, AsanaTask, Fault, FaultAction, Fill, Provider, Sandbox, SandboxOptions};
use serde_json::{Value, json};

use super::*;
use crate::{
    scripted::{Tokens, http_at},
    task_contract::{Mirror, Rig, Trouble, key},
};

mod reading;
mod writing;

const FAIR: &str = "1300000000000001";
const SHOP: &str = "1300000000000002";
const OWN: &str = "1400000000000001";
const WORK: &str = "1100000000000001";
const HOME: &str = "1100000000000002";

pub struct World {
    sandbox: Sandbox,
    source: AsanaTasks,
    me: String,
}

async fn start() -> World {
    filled(Fill::Empty).await
}

async fn filled(fill: Fill) -> World {
    let sandbox = Sandbox::start(SandboxOptions { fill, ..SandboxOptions::default() }).await.unwrap();
    let credentials = Arc::new(Tokens { fixed: Some(sandbox.asana_token()), ..Tokens::default() });
    let source = AsanaTasks::new(http_at(sandbox.clock().as_clock()), credentials, &sandbox.asana_base()).unwrap();
    let me = source.owner().await.unwrap().subject;
    World { sandbox, source, me }
}

/// Read here by other means than the client's.
fn fields_of(task: AsanaTask) -> TaskFields {
    let at = task.due_at.map(|at| Due::At { at: Timestamp(DateTime::parse_from_rfc3339(&at).unwrap().timestamp_millis()), zone: None });
    TaskFields {
        title: task.name,
        notes: task.notes,
        due: at.or(task.due_on.map(|day| Due::Day { day })),
        labels: task.tags,
        status: if task.completed { TaskStatus::Done } else { TaskStatus::Open },
        ..TaskFields::default()
    }
}

fn list_of(task: &AsanaTask) -> &str {
    let own = if task.workspace == WORK { OWN } else { "1400000000000002" };
    task.projects.first().map_or(own, String::as_str)
}

impl World {
    fn post(&self, task: Value) -> RemoteId {
        RemoteId(self.sandbox.put_asana_task(task).unwrap())
    }

    fn there(&self, id: &RemoteId) -> AsanaTask {
        self.sandbox.asana_tasks().into_iter().find(|task| task.gid == id.as_str()).unwrap()
    }

    fn mine(&self) -> Vec<AsanaTask> {
        self.sandbox.asana_tasks().into_iter().filter(|task| task.assignee.as_ref() == Some(&self.me)).collect()
    }

    fn requests(&self) -> Vec<String> {
        let log = self.sandbox.control().log();
        self.sandbox.control().clear_log();
        log.into_iter().map(|e| format!("{} {} {}", e.method, e.path.trim_start_matches("/api/1.0"), e.status)).collect()
    }

    async fn mirror(&self) -> Mirror {
        let mut mirror = Mirror::default();
        mirror.sync(self).await.unwrap();
        mirror
    }

    async fn create(&self, list: &str, fields: TaskFields, tried: bool) -> Result<TaskWritten, ProviderError> {
        self.source.write(&TaskWrite::Create { list: list.into(), key: key(1), fields, tried, since: self.sandbox.now() }).await
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
        [FAIR.into(), SHOP.into()]
    }

    /// Done or not.
    fn held(&self, mut fields: TaskFields) -> TaskFields {
        fields.status = if fields.status.is_closed() { TaskStatus::Done } else { TaskStatus::Open };
        fields
    }

    fn put(&self, list: &RemoteId, id: Option<&RemoteId>, fields: &TaskFields) -> RemoteId {
        let due = fields.due.as_ref().map(|due| match due {
            Due::Day { day } => day.clone(),
            other => panic!("{other:?}"),
        });
        let mut task = json!({
            "projects": [list], "name": fields.title, "notes": fields.notes, "completed": fields.status.is_closed(), "due_on": due, "due_at": null,
        });
        if let Some(id) = id {
            task["gid"] = json!(id);
        }
        self.post(task)
    }

    fn remove(&self, _list: &RemoteId, id: &RemoteId) {
        assert!(self.sandbox.delete_asana_task(id.as_str()));
    }

    fn look(&self, list: &RemoteId, id: &RemoteId) -> Option<TaskFields> {
        self.mine().into_iter().find(|task| list_of(task) == list.as_str() && task.gid == id.as_str()).map(fields_of)
    }

    fn count(&self) -> usize {
        self.mine().len()
    }

    fn trouble(&self, trouble: Trouble) {
        let faults = match trouble {
            Trouble::LostAnswer => {
                ["POST", "PUT"].map(|m| Fault::new("*/tasks*", FaultAction::Drop { after_commit: true }).method(m)).to_vec()
            }
            Trouble::Unavailable => vec![Fault::status("*", 503, "Service unavailable")],
            Trouble::Wait => vec![Fault::status("*", 429, "You have made too many requests recently.")],
            Trouble::SignedOut => return self.sandbox.set_asana_token("another"),
        };
        for fault in faults {
            self.sandbox.control().add_fault(Fault { provider: Some(Provider::Asana), ..fault });
        }
    }

    fn void(&self) {
        self.sandbox.void_asana_tokens();
    }
}

mod contract {
    crate::task_contract::suite!(super::start);
}
