//! Google Tasks as any source of tasks: what every one of them owes the engine.

use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use domain::SecretString;

use super::*;
use crate::task_contract::{Rig, Trouble, suite};

/// After a sign-in that ended, every refresh still gives a token: a new one, that is refused.
struct Fresh {
    first: String,
    refreshes: AtomicU32,
}

#[async_trait]
impl Credentials for Fresh {
    async fn password(&self) -> Result<SecretString, ProviderError> {
        Err(ProviderError::Unsupported("no password here".to_owned()))
    }
    async fn access_token(&self) -> Result<SecretString, ProviderError> {
        Ok(self.first.clone().into())
    }
    async fn refreshed(&self, _stale: &SecretString) -> Result<SecretString, ProviderError> {
        Ok(format!("fresh-{}", self.refreshes.fetch_add(1, Ordering::SeqCst)).into())
    }
}

struct Google {
    sandbox: Sandbox,
    source: GoogleTasks,
}

async fn start() -> Google {
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    sandbox.clock().freeze(true);
    let config = domain::config::Config { providers: sandbox.provider_config(), ca_file: None };
    let providers = Providers::new(&config, sandbox.clock().as_clock()).unwrap();
    let tokens = sign_in_for(&providers, "google", GOOGLE_REDIRECT, &[scope::TASKS]).await;
    let credentials = Fresh { first: tokens.access_token.expose_secret().to_owned(), refreshes: AtomicU32::new(0) };
    let source = with(&sandbox, Arc::new(credentials), tokens.scopes.as_ref().unwrap());
    Google { sandbox, source }
}

impl Google {
    fn alive(&self, list: &RemoteId) -> Vec<Value> {
        self.sandbox.gtasks(MARA, list.as_str()).into_iter().filter(|t| t["deleted"] != true).collect()
    }
}

impl Rig for Google {
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
        [0, 1].map(|n| RemoteId(self.sandbox.gtask_lists(MARA)[n].id.clone()))
    }
    fn held(&self, fields: TaskFields) -> TaskFields {
        TaskFields { status: body::held(fields.status), ..fields }
    }
    fn put(&self, list: &RemoteId, id: Option<&RemoteId>, fields: &TaskFields) -> RemoteId {
        let due = fields.due.as_ref().map(|due| match due {
            Due::Day { day } => day.clone(),
            other => panic!("{other:?}"),
        });
        let status = if fields.status.is_closed() { "completed" } else { "needsAction" };
        let mut task = json!({"title": fields.title, "notes": fields.notes, "due": due, "status": status});
        if let Some(id) = id {
            task["id"] = json!(id.as_str());
        } else if let Some(parent) = &fields.parent {
            task["parent"] = json!(parent.as_str());
        }
        RemoteId(self.sandbox.put_gtask(MARA, list.as_str(), task).unwrap())
    }
    fn remove(&self, list: &RemoteId, id: &RemoteId) {
        assert!(self.sandbox.delete_gtask(MARA, list.as_str(), id.as_str()));
    }
    fn look(&self, list: &RemoteId, id: &RemoteId) -> Option<TaskFields> {
        let task = self.alive(list).into_iter().find(|t| t["id"] == id.as_str())?;
        let text = |name: &str| task[name].as_str().unwrap_or_default().to_owned();
        Some(TaskFields {
            title: text("title"),
            notes: text("notes"),
            due: task["due"].as_str().map(|due| day(due.trim_end_matches("T00:00:00.000Z"))),
            status: if text("status") == "completed" { TaskStatus::Done } else { TaskStatus::Open },
            parent: task["parent"].as_str().map(RemoteId::from),
            ..TaskFields::default()
        })
    }
    fn count(&self) -> usize {
        self.lists().iter().map(|list| self.alive(list).len()).sum()
    }
    fn trouble(&self, trouble: Trouble) {
        let control = self.sandbox.control();
        match trouble {
            Trouble::LostAnswer => {
                for method in ["POST", "PATCH"] {
                    control.add_fault(Fault::new(TASKS, FaultAction::Drop { after_commit: true }).method(method));
                }
            }
            Trouble::Unavailable => control.add_fault(Fault::status(TASKS, 503, "backendError")),
            Trouble::Wait => control.add_fault(Fault::status(TASKS, 429, "rateLimitExceeded")),
            Trouble::SignedOut => assert!(self.sandbox.kill_grants(Provider::Google, MARA)),
        }
    }
    /// Google gives out no cursors; what it may say is that the time asked for is too long ago.
    fn void(&self) {
        for list in self.lists() {
            self.sandbox.control().add_fault(Fault::status(&format!("*/lists/{list}/tasks"), 410, "updatedMinTooLongAgo").method("GET"));
        }
    }
}

suite!(start);
