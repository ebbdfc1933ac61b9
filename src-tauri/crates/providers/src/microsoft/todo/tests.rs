//! Microsoft To Do against the sandbox: what every task source owes (the contract), and what is Microsoft's own.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::sync::Arc;

use domain::{
    error::ErrorClass,
    ids::{RemoteId, ScopeId},
    integration::Service,
    oauth::TokenSet,
    source::Credentials,
    tasks::{Due, Priority, TaskFields, TaskPatch, TaskStatus},
};
use sandbox::{Fault, FaultAction, Fill, MS_MARA, Provider, Sandbox, SandboxOptions};
use serde_json::{Value, json};

use super::{super::tests::graph, *};
use crate::{
    Providers,
    connector::tests::{MS_REDIRECT, connection, sign_in, vault},
    http::patience::real_jitter,
    scripted::moving,
    task_contract::{Mirror, Rig, Trouble, key},
};

mod own;

/// Of one list and of all that is below it.
const TASKS: &str = "/v1.0/me/todo/lists/*";

pub struct World {
    sandbox: Sandbox,
    tokens: TokenSet,
    credentials: Arc<dyn Credentials>,
    source: GraphTasks,
}

async fn start() -> World {
    filled(Fill::Empty).await
}

async fn filled(fill: Fill) -> World {
    let sandbox = Sandbox::start(SandboxOptions { fill, ..SandboxOptions::default() }).await.unwrap();
    sandbox.clock().freeze(true);
    let config = domain::config::Config { providers: sandbox.provider_config(), ca_file: None };
    let providers = Arc::new(Providers::new(&config, sandbox.clock().as_clock()).unwrap());
    let tokens = sign_in(&providers, "microsoft", MS_REDIRECT).await;
    let credentials = vault(&providers, "microsoft", &tokens, sandbox.clock().as_clock());
    let source = source(&sandbox, &credentials, tokens.scopes.as_ref().unwrap());
    World { sandbox, tokens, credentials, source }
}

/// As if only these scopes had been granted. Waits are moments of the sandbox's time.
fn source(sandbox: &Sandbox, credentials: &Arc<dyn Credentials>, scopes: &[String]) -> GraphTasks {
    let sleep = moving(sandbox.clock(), &Arc::default());
    GraphTasks::new(graph(sandbox, credentials.clone(), sleep, real_jitter()), Grants::new(scopes))
}

/// Read here by other means than the client's: what a program of To Do's in UTC shows.
fn fields_of(task: &Value) -> TaskFields {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    TaskFields {
        title: text(&task["title"]),
        notes: text(&task["body"]["content"]).replace('\r', ""),
        due: task["dueDateTime"]["dateTime"].as_str().map(|at| Due::Day { day: at.trim_end_matches("T00:00:00.0000000").to_owned() }),
        priority: match task["importance"].as_str() {
            Some("high") => Priority::High,
            Some("low") => Priority::Low,
            Some("normal") => Priority::None,
            other => panic!("{other:?}"),
        },
        labels: task["categories"].as_array().unwrap().iter().map(text).collect(),
        status: match task["status"].as_str() {
            Some("completed") => TaskStatus::Done,
            Some("inProgress") => TaskStatus::Started,
            Some("notStarted") => TaskStatus::Open,
            other => panic!("{other:?}"),
        },
        parent: None,
    }
}

impl World {
    fn post(&self, list: &RemoteId, task: Value) -> RemoteId {
        RemoteId(self.sandbox.put_ms_task(MS_MARA, list.as_str(), task).unwrap())
    }

    fn there(&self, list: &RemoteId, id: &RemoteId) -> Option<Value> {
        self.sandbox.ms_tasks(MS_MARA, list.as_str()).into_iter().find(|task| task["id"] == id.as_str())
    }

    fn requests(&self) -> Vec<String> {
        let log = self.sandbox.control().log();
        self.sandbox.control().clear_log();
        log.into_iter().map(|entry| format!("{} {}", entry.method, entry.path.trim_start_matches("/v1.0/me/todo"))).collect()
    }

    async fn synced(&self) -> Mirror {
        let mut mirror = Mirror::default();
        mirror.sync(self).await.unwrap();
        mirror
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
    /// Not the one of flagged mail.
    fn lists(&self) -> [RemoteId; 2] {
        [0, 2].map(|n| RemoteId(self.sandbox.ms_task_lists(MS_MARA)[n].id.clone()))
    }
    fn held(&self, mut fields: TaskFields) -> TaskFields {
        fields.priority = match fields.priority {
            Priority::Urgent => Priority::High,
            Priority::Medium => Priority::None,
            other => other,
        };
        fields.status = if fields.status == TaskStatus::Cancelled { TaskStatus::Done } else { fields.status };
        fields
    }
    fn put(&self, list: &RemoteId, id: Option<&RemoteId>, fields: &TaskFields) -> RemoteId {
        let held = self.held(fields.clone());
        let mut task = json!({
            "title": held.title, "body": {"content": held.notes, "contentType": "text"}, "categories": held.labels,
            "importance": match held.priority {
                Priority::High => "high",
                Priority::Low => "low",
                _ => "normal",
            },
            "status": match held.status {
                TaskStatus::Done => "completed",
                TaskStatus::Started => "inProgress",
                _ => "notStarted",
            },
        });
        if let Some(Due::Day { day }) = held.due {
            task["dueDateTime"] = json!({"dateTime": format!("{day}T00:00:00.0000000"), "timeZone": "UTC"});
        }
        if let Some(id) = id {
            task["id"] = json!(id.as_str());
        }
        self.post(list, task)
    }
    fn remove(&self, list: &RemoteId, id: &RemoteId) {
        assert!(self.sandbox.delete_ms_task(MS_MARA, list.as_str(), id.as_str()));
    }
    fn look(&self, list: &RemoteId, id: &RemoteId) -> Option<TaskFields> {
        self.there(list, id).map(|task| fields_of(&task))
    }
    fn count(&self) -> usize {
        self.lists().iter().map(|list| self.sandbox.ms_tasks(MS_MARA, list.as_str()).len()).sum()
    }
    fn trouble(&self, trouble: Trouble) {
        let control = self.sandbox.control();
        match trouble {
            Trouble::LostAnswer => {
                for method in ["POST", "PATCH"] {
                    control.add_fault(Fault::new(TASKS, FaultAction::Drop { after_commit: true }).method(method));
                }
            }
            Trouble::Unavailable => control.add_fault(Fault::status(TASKS, 503, "ServiceUnavailable")),
            Trouble::Wait => control.add_fault(Fault::status(TASKS, 429, "ApplicationThrottled")),
            Trouble::SignedOut => assert!(self.sandbox.kill_grants(Provider::Microsoft, MS_MARA)),
        }
    }
    fn void(&self) {
        self.sandbox.ms_expire_sync(MS_MARA);
    }
}

crate::task_contract::suite!(start);
