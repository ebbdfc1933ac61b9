//! Google Tasks against the sandbox: rows kept as the engine keeps them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use domain::{
    ExposeSecret as _,
    error::ErrorClass,
    ids::{RemoteId, ScopeId},
    integration::Service,
    sync::Change,
    tasks::{Due, Priority, TaskFields, TaskPatch, TaskStatus},
};
use sandbox::{Fault, FaultAction, Fill, MARA, MARA_WORK, Provider, Sandbox, SandboxOptions};
use serde_json::{Value, json};

use super::*;
use crate::{
    Providers,
    connector::tests::{GOOGLE_REDIRECT, connection, sign_in_for},
    http::patience::real_jitter,
    registry::scope,
    scripted::{Tokens, http_at, moving},
};

mod contract;
mod reading;
mod writing;

const TASKS: &str = "*/tasks/v1/lists/*";

struct Fixture {
    sandbox: Sandbox,
    source: GoogleTasks,
    /// What the engine's store would hold of the list.
    rows: BTreeMap<String, RemoteTask>,
    cursor: Option<SyncCursor>,
    list: String,
    items: usize,
}

impl Fixture {
    async fn start() -> Self {
        Self::filled(Fill::Empty).await
    }

    async fn filled(fill: Fill) -> Self {
        let sandbox = Sandbox::start(SandboxOptions { fill, access_secs: 30 * 86_400, ..SandboxOptions::default() }).await.unwrap();
        // Time passes only where a test lets it.
        sandbox.clock().freeze(true);
        let source = source(&sandbox, &[scope::TASKS]).await;
        let list = sandbox.gtask_lists(MARA)[0].id.clone();
        Self { sandbox, source, rows: BTreeMap::new(), cursor: None, list, items: 500 }
    }

    fn put(&self, task: Value) -> String {
        self.sandbox.put_gtask(MARA, &self.list, task).unwrap()
    }

    fn task(&self, id: &str) -> Value {
        self.sandbox.gtask(MARA, &self.list, id).unwrap()
    }

    fn home(&self) -> String {
        self.sandbox.gtask_lists(MARA)[1].id.clone()
    }

    fn pass(&self, secs: i64) {
        self.sandbox.clock().advance(secs * 1000);
    }

    /// How many tasks there are, in both lists.
    fn count(&self) -> usize {
        let lists = self.sandbox.gtask_lists(MARA);
        lists.iter().flat_map(|l| self.sandbox.gtasks(MARA, &l.id)).filter(|t| t["deleted"] != true).count()
    }

    async fn page(&self) -> Result<ChangeBatch<RemoteTask>, ProviderError> {
        let scope =
            SyncScope { id: ScopeId(1), connection: "c1".into(), service: Service::Calendar, container: Some(self.list.as_str().into()) };
        self.source.changes(&scope, self.cursor.as_ref(), Budget { items: self.items, since: None }, self.sandbox.now()).await
    }

    /// One round as the engine does it. Returns what it was told of: `+id` and `-id`.
    async fn sync(&mut self) -> Result<Vec<String>, ProviderError> {
        let mut seen = Vec::new();
        loop {
            let batch = self.page().await?;
            assert!(!batch.reset && (batch.present.is_none() || !batch.more));
            for change in batch.changes {
                match change {
                    Change::Gone(id) => {
                        self.rows.remove(id.as_str());
                        seen.push(format!("-{id}"));
                    }
                    Change::Upsert(task) => {
                        assert_eq!(task.list.as_str(), self.list);
                        seen.push(format!("+{}", task.id));
                        self.rows.insert(task.id.0.clone(), task);
                    }
                }
            }
            if let Some(present) = batch.present {
                self.rows.retain(|id, _| present.iter().any(|p| p.as_str() == id));
            }
            self.cursor = Some(batch.next);
            if !batch.more {
                seen.sort();
                return Ok(seen);
            }
        }
    }

    /// The rows are what is there, no more and no less.
    fn same(&self) {
        let there: Vec<Value> = self.sandbox.gtasks(MARA, &self.list).into_iter().filter(|t| t["deleted"] != true).collect();
        assert_eq!(self.rows.len(), there.len());
        for task in there {
            let row = &self.rows[task["id"].as_str().unwrap()];
            let text = |name: &str| task[name].as_str().unwrap_or_default();
            let due = row.fields.due.as_ref().map(|due| match due {
                Due::Day { day } => day.as_str(),
                other => panic!("{other:?}"),
            });
            assert_eq!((row.fields.title.as_str(), row.fields.notes.as_str()), (text("title"), text("notes")));
            assert_eq!(
                (due, row.fields.status.is_closed()),
                (task["due"].as_str().map(|due| due.trim_end_matches("T00:00:00.000Z")), text("status") == "completed")
            );
            assert_eq!(row.fields.parent.as_ref().map(RemoteId::as_str), task["parent"].as_str());
            assert_eq!((row.version.as_str(), row.position.as_str()), (text("etag"), text("position")));
            assert_eq!((row.completed_at.is_some(), row.updated_at.is_some()), (row.fields.status.is_closed(), true));
        }
    }

    async fn create(&self, fields: &TaskFields, tried: bool, since: Timestamp) -> Result<TaskWritten, ProviderError> {
        let list = RemoteId(self.list.clone());
        self.source.write(&TaskWrite::Create { list, key: "k".into(), fields: fields.clone(), tried, since }).await
    }

    /// From the row as it was last seen.
    async fn update(&self, id: &str, patch: TaskPatch) -> Result<TaskWritten, ProviderError> {
        let row = self.rows[id].clone();
        let write = TaskWrite::Update { list: row.list, id: row.id, key: "k".into(), version: row.version, before: row.fields, patch };
        self.source.write(&write).await
    }

    async fn delete(&self, id: &str) -> Result<TaskWritten, ProviderError> {
        let row = self.rows[id].clone();
        self.source.write(&TaskWrite::Delete { list: row.list, id: row.id, key: "k".into(), version: row.version }).await
    }
}

/// With exactly these scopes of the tasks API.
async fn source(sandbox: &Sandbox, scopes: &[&str]) -> GoogleTasks {
    source_of(sandbox, MARA, scopes).await
}

async fn source_of(sandbox: &Sandbox, email: &str, scopes: &[&str]) -> GoogleTasks {
    let config = domain::config::Config { providers: sandbox.provider_config(), ca_file: None };
    let providers = Providers::new(&config, sandbox.clock().as_clock()).unwrap();
    let only = ["openid", scope::EMAIL].iter().chain(scopes).map(|s| (*s).to_owned()).collect();
    sandbox.set_auto_consent(
        Provider::Google,
        Some(sandbox::AutoConsent { account: Some(email.to_owned()), scopes: Some(only), ..Default::default() }),
    );
    let tokens = sign_in_for(&providers, "google", GOOGLE_REDIRECT, scopes).await;
    let credentials = Arc::new(Tokens { fixed: Some(tokens.access_token.expose_secret().to_owned()), ..Tokens::default() });
    with(sandbox, credentials, tokens.scopes.as_ref().unwrap())
}

fn with(sandbox: &Sandbox, credentials: Arc<dyn Credentials>, scopes: &[String]) -> GoogleTasks {
    // Waits for units are moments of the sandbox's time.
    let accounts = Accounts::waiting_by(moving(sandbox.clock(), &Arc::default()), real_jitter());
    let http = http_at(sandbox.clock().as_clock());
    let config = sandbox.provider_config().remove("google").unwrap();
    GoogleTasks::new(http, credentials, &config, Grants::new(scopes), &accounts, &connection("google", scopes)).unwrap()
}

fn titled(title: &str) -> TaskFields {
    TaskFields { title: title.to_owned(), ..TaskFields::default() }
}

fn day(day: &str) -> Due {
    Due::Day { day: day.to_owned() }
}
