//! The same engine with the real clients of Todoist and Google Tasks, against the sandbox's servers.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    SecretString,
    calendar::CalendarSource,
    connection::{Connection, ConnectionStatus, MailServers},
    error::ProviderError,
    ids::{ConnectionId, IntegrationId, RemoteId, ScopeId, TaskId},
    integration::{Integration, Service},
    oauth::{AuthorizeParams, Identity, OAuthError, Revocation, TokenSet},
    source::{Connector, Credentials, MailSource, Probe, RemoteImage, ServerGuess},
    sync::{Budget, Change, SyncScope},
    tasks::{Due, Priority, RemoteTask, TaskSource, TaskStatus},
    time::{Timestamp, Zone},
};
use sandbox::{Fault, FaultAction, Fill, Sandbox, SandboxOptions};

use super::{ME, titled};
use crate::{
    ConnectToken, Engine, OpenOptions,
    flow_tests::{begin, browse, no_errors},
    tasks::{DueChange, ParentChange, TaskChange, TaskFilter, TaskView},
    views::OAuthIntent,
};

/// Without mail and calendars, which have tests of their own.
struct Only(providers::Providers);

#[async_trait]
impl Connector for Only {
    fn integrations(&self) -> &[Integration] {
        self.0.integrations()
    }
    async fn authorize_params(&self, id: &IntegrationId) -> Result<AuthorizeParams, OAuthError> {
        let mut params = self.0.authorize_params(id).await?;
        params.scopes.retain(|s| !s.contains("/auth/gmail") && !s.contains("/auth/calendar"));
        Ok(params)
    }
    async fn exchange(
        &self,
        id: &IntegrationId,
        code: &SecretString,
        verifier: &SecretString,
        redirect_uri: &str,
        nonce: Option<&str>,
        now: Timestamp,
    ) -> Result<TokenSet, OAuthError> {
        self.0.exchange(id, code, verifier, redirect_uri, nonce, now).await
    }
    async fn refresh(&self, id: &IntegrationId, token: &SecretString, now: Timestamp) -> Result<TokenSet, OAuthError> {
        self.0.refresh(id, token, now).await
    }
    async fn revoke(&self, id: &IntegrationId, token: &SecretString) -> Result<Revocation, OAuthError> {
        self.0.revoke(id, token).await
    }
    async fn identity(&self, id: &IntegrationId, tokens: &TokenSet) -> Result<Identity, OAuthError> {
        self.0.identity(id, tokens).await
    }
    fn mail(&self, _: &Connection, _: Arc<dyn Credentials>) -> Result<Option<Arc<dyn MailSource>>, ProviderError> {
        Ok(None)
    }
    fn calendar(&self, _: &Connection, _: Arc<dyn Credentials>) -> Result<Option<Arc<dyn CalendarSource>>, ProviderError> {
        Ok(None)
    }
    fn tasks(&self, connection: &Connection, credentials: Arc<dyn Credentials>) -> Result<Option<Arc<dyn TaskSource>>, ProviderError> {
        self.0.tasks(connection, credentials)
    }
    async fn owner(&self, connection: &Connection, credentials: Arc<dyn Credentials>) -> Result<Identity, ProviderError> {
        self.0.owner(connection, credentials).await
    }
    async fn probe(&self, servers: &MailServers, credentials: Arc<dyn Credentials>) -> Result<Probe, ProviderError> {
        self.0.probe(servers, credentials).await
    }
    async fn autoconfigure(&self, email: &str, third: bool) -> Result<Vec<ServerGuess>, ProviderError> {
        self.0.autoconfigure(email, third).await
    }
    async fn fetch_image(&self, url: &str, max: usize) -> Result<RemoteImage, ProviderError> {
        self.0.fetch_image(url, max).await
    }
    async fn unsubscribe(&self, url: &str) -> Result<(), ProviderError> {
        self.0.unsubscribe(url).await
    }
}

pub(super) struct Real {
    pub sandbox: Sandbox,
    pub engine: Engine,
    pub connection: ConnectionId,
    _home: tempfile::TempDir,
}

fn pasted(token: &str, reconnect: Option<ConnectionId>) -> ConnectToken {
    ConnectToken { integration: "todoist".into(), token: token.to_owned().into(), reconnect, actor: ME }
}

async fn real(google: bool) -> Real {
    let sandbox = Sandbox::start(SandboxOptions::small()).await.unwrap();
    let (engine, home) = engine_at(&sandbox).await;
    let connection = if google {
        let start = engine.begin_oauth(begin("google", OAuthIntent::New)).await.unwrap();
        browse(&start.authorize_url).await;
        engine.wait_oauth(&start.attempt).await.unwrap().id
    } else {
        engine.connect_token(pasted(&sandbox.todoist_token(), None)).await.unwrap().id
    };
    let w = Real { sandbox, engine, connection, _home: home };
    w.sync().await;
    w
}

/// Connected to Notion.
pub(super) async fn notion() -> Real {
    let sandbox = Sandbox::start(SandboxOptions { fill: Fill::Demo, ..SandboxOptions::default() }).await.unwrap();
    let (engine, home) = engine_at(&sandbox).await;
    let token = ConnectToken { integration: "notion".into(), ..pasted(&sandbox.notion_token(), None) };
    let connection = engine.connect_token(token).await.unwrap().id;
    let w = Real { sandbox, engine, connection, _home: home };
    w.sync().await;
    w
}

async fn engine_at(sandbox: &Sandbox) -> (Engine, tempfile::TempDir) {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("config.toml"), sandbox.config_toml()).unwrap();
    let clock = sandbox.clock().as_clock();
    let config = domain::config::Config { providers: sandbox.provider_config(), ca_file: None };
    let door: Arc<dyn Connector> = Arc::new(Only(providers::Providers::new(&config, clock.clone()).unwrap()));
    let engine = Engine::open(OpenOptions {
        home: home.path().to_owned(),
        key: vault::KeySource::Passphrase("correct horse".to_owned().into()),
        connect: Box::new(move |_| Ok(Arc::clone(&door))),
        clock,
        background: false,
        environment: false,
    })
    .await
    .unwrap();
    (engine, home)
}

impl From<&Real> for SyncScope {
    fn from(w: &Real) -> Self {
        Self { id: ScopeId(1), connection: w.connection.clone(), service: Service::Tasks, container: None }
    }
}

impl Real {
    pub(super) async fn sync(&self) -> u64 {
        let report = self.engine.sync_now(None).await.unwrap();
        no_errors(&report);
        report.scopes.iter().map(|s| s.added + s.updated + s.removed).sum()
    }

    /// Lets the time of undo pass and writes what waits; failed attempts are made again.
    pub(super) async fn settle(&self) {
        for _ in 0..4 {
            self.sandbox.clock().advance(10_000);
            self.engine.drain_outbox(None).await.unwrap();
        }
    }

    /// What the provider has under this title, read from nothing.
    async fn there(&self, title: &str) -> Vec<RemoteTask> {
        let connection = self.engine.store().connection(&self.connection).await.unwrap();
        let source = self.engine.require_tasks(&connection).unwrap();
        let scope = SyncScope::from(self);
        let mut scopes = vec![scope.clone()];
        if !source.one_scope() {
            let lists = source.lists().await.unwrap();
            scopes = lists.into_iter().map(|l| SyncScope { container: Some(l.id), ..scope.clone() }).collect();
        }
        let mut found = std::collections::BTreeMap::<RemoteId, RemoteTask>::new();
        for scope in scopes {
            let mut cursor = None;
            loop {
                let batch = source.changes(&scope, cursor.as_ref(), Budget { items: 100, since: None }, self.engine.now()).await.unwrap();
                for change in batch.changes {
                    match change {
                        Change::Upsert(task) => _ = found.insert(task.id.clone(), task),
                        Change::Gone(id) => _ = found.remove(&id),
                    }
                }
                if !batch.more {
                    break;
                }
                cursor = Some(batch.next);
            }
        }
        found.into_values().filter(|t| t.fields.title == title).collect()
    }

    pub(super) async fn here(&self, title: &str) -> Vec<TaskView> {
        let filter = TaskFilter::Search { text: title.into(), closed: true };
        let found = self.engine.tasks_for(&filter, None, 100, &Zone::fixed(0)).await.unwrap().tasks;
        found.into_iter().filter(|t| t.title == title).collect()
    }

    async fn make(&self, new: &TaskChange) -> (TaskId, i64) {
        let done = self.engine.create_task(new, ME).await.unwrap();
        (done.task.unwrap(), done.undo.unwrap())
    }

    async fn pending(&self, id: TaskId) -> Option<String> {
        self.engine.task(id).await.unwrap().row.pending
    }

    /// The next write is done, and its answer is lost.
    fn lose_answer(&self, path: &str, method: &str) {
        self.sandbox.control().add_fault(Fault::new(path, FaultAction::Drop { after_commit: true }).method(method));
    }
}

/// What any provider must do, whatever it is.
async fn whole_life(google: bool) {
    let w = real(google).await;
    let lists = w.engine.task_lists().await.unwrap();
    assert!(!lists.is_empty() && lists.iter().map(|l| l.open).sum::<u64>() > 0, "{lists:?}");
    assert_eq!(w.sync().await, 0, "a further round finds nothing");

    // Made, changed at once, and written as one; with what the list can hold.
    let can = lists.iter().find(|l| l.preferred).unwrap().can;
    let (id, _) = w.make(&titled("Renew the passport")).await;
    let due = TaskChange { due: Some(DueChange::On(Due::Day { day: "2026-12-24".into() })), ..titled("Renew both passports") };
    w.engine.update_task(id, &due, ME).await.unwrap();
    let urgent = TaskChange { priority: Some(Priority::High), ..TaskChange::default() };
    let refused = w.engine.update_task(id, &urgent, ME).await;
    assert_eq!(refused.map(|_| ()).map_err(|e| e.code), if can.priority { Ok(()) } else { Err("unsupported".to_owned()) });
    assert!(w.there("Renew both passports").await.is_empty());
    w.settle().await;
    let there = w.there("Renew both passports").await;
    assert_eq!((there.len(), there[0].fields.due.clone()), (1, Some(Due::Day { day: "2026-12-24".into() })));
    assert_eq!(there[0].fields.priority == Priority::High, can.priority);
    assert_eq!(w.pending(id).await, None);
    w.sync().await;
    assert_eq!(w.here("Renew both passports").await.len(), 1);

    // Below it, in the same breath as its own parent.
    let (trip, _) = w.make(&titled("Prepare the trip")).await;
    let below = TaskChange { parent: Some(ParentChange::Below(trip)), ..titled("Book a hotel") };
    let (hotel, _) = w.make(&below).await;
    w.settle().await;
    assert_eq!(w.there("Book a hotel").await[0].fields.parent, Some(w.there("Prepare the trip").await[0].id.clone()));
    w.sync().await;
    assert_eq!(w.engine.task(hotel).await.unwrap().row.parent, Some(trip));

    // Closed, taken back after it went out, and deleted with what stands below it and brought back.
    let closed = w.engine.complete_task(id, ME).await.unwrap();
    w.settle().await;
    w.sync().await;
    assert_eq!(w.here("Renew both passports").await[0].status, TaskStatus::Done);
    w.engine.undo_record(closed.undo.unwrap()).await.unwrap();
    w.settle().await;
    w.sync().await;
    assert_eq!(w.there("Renew both passports").await[0].fields.status, TaskStatus::Open);
    let gone = w.engine.delete_task(trip, ME).await.unwrap();
    w.settle().await;
    assert!(w.there("Prepare the trip").await.is_empty() && w.there("Book a hotel").await.is_empty());
    w.engine.undo_record(gone.undo.unwrap()).await.unwrap();
    w.settle().await;
    w.sync().await;
    let (hotel, trip) = (w.here("Book a hotel").await.remove(0), w.here("Prepare the trip").await.remove(0));
    assert_eq!((hotel.parent, hotel.pending), (Some(trip.id), None));
    assert_eq!(w.there("Book a hotel").await.len(), 1);
    assert_eq!(w.sync().await, 0);

    // Longer than the provider takes.
    let (long, _) = w.make(&titled(&"x".repeat(3_000))).await;
    w.settle().await;
    assert_eq!(w.pending(long).await.as_deref(), Some("failed"));
    w.engine.update_task(long, &titled("Shorter"), ME).await.unwrap();
    w.settle().await;
    assert_eq!((w.there("Shorter").await.len(), w.pending(long).await), (1, None));

    // To another list.
    let open = |l: &&crate::TaskListView| l.can.write && l.id != trip.list;
    if let Some(to) = w.engine.task_lists().await.unwrap().iter().find(open) {
        w.engine.move_task(trip.id, Some(to.id), None, ME).await.unwrap();
        w.settle().await;
        w.sync().await;
        let (hotel, trip) = (w.here("Book a hotel").await, w.here("Prepare the trip").await);
        assert_eq!((hotel.len(), trip.len()), (1, 1));
        assert_eq!((hotel[0].list, trip[0].list, hotel[0].parent), (to.id, to.id, Some(trip[0].id)));
    }
    w.engine.disconnect(&w.connection, ME).await.unwrap();
    assert!(w.engine.task_lists().await.unwrap().is_empty() && w.here("Shorter").await.is_empty());
}

async fn lost_answer(google: bool, path: &str) {
    let w = real(google).await;
    let (id, _) = w.make(&titled("Water the lemon tree")).await;
    w.lose_answer(path, "POST");
    w.sandbox.clock().advance(10_000);
    w.engine.drain_outbox(None).await.unwrap();
    assert_eq!(w.pending(id).await.as_deref(), Some("waiting"));
    w.engine.update_task(id, &titled("Water both lemon trees"), ME).await.unwrap();
    w.settle().await;
    w.sync().await;
    assert_eq!((w.there("Water the lemon tree").await.len(), w.there("Water both lemon trees").await.len()), (0, 1));
    assert_eq!((w.here("Water both lemon trees").await.len(), w.pending(id).await), (1, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn todoist_from_the_first_round_to_the_last() {
    whole_life(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn google_tasks_from_the_first_round_to_the_last() {
    whole_life(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn todoist_makes_one_task_of_a_lost_answer() {
    lost_answer(false, "*/sync").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn google_makes_one_task_of_a_lost_answer() {
    lost_answer(true, "/tasks/v1/lists/*/tasks").await;
}

/// The token was replaced at Todoist: everything stays, and with a token of the same account it goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_token_waits_for_another_of_the_same_account() {
    let w = real(false).await;
    let open = w.engine.task_counts().await.unwrap();
    let old = w.sandbox.todoist_token();
    let again = w.engine.connect_token(pasted(&old, None)).await.unwrap_err();
    assert_eq!(again.code, "already_connected");
    let (id, _) = w.make(&titled("Survives")).await;
    w.sandbox.set_todoist_token("replaced");
    w.sandbox.clock().advance(10_000);
    w.engine.drain_outbox(None).await.unwrap();
    let status = async || w.engine.connection(&w.connection).await.unwrap().connection.status;
    assert_eq!((status().await, w.pending(id).await.as_deref()), (ConnectionStatus::Expired, Some("waiting")));
    assert_eq!(w.engine.connect_token(pasted(&old, Some(w.connection.clone()))).await.unwrap_err().code, "auth");
    w.sandbox.set_todoist_user("somebody-else");
    let other = w.engine.connect_token(pasted("replaced", Some(w.connection.clone()))).await.unwrap_err();
    assert_eq!((other.code.as_str(), status().await), ("other_account", ConnectionStatus::Expired));
    w.sandbox.set_todoist_user("48120771");
    let view = w.engine.connect_token(pasted("replaced", Some(w.connection.clone()))).await.unwrap();
    assert_eq!((view.id, view.connection.status), (w.connection.clone(), ConnectionStatus::Active));
    w.settle().await;
    w.sync().await;
    assert_eq!((w.there("Survives").await.len(), w.pending(id).await), (1, None));
    assert_eq!(w.engine.task_counts().await.unwrap().anytime, open.anytime + 1);
    let report = w.engine.disconnect(&w.connection, ME).await.unwrap();
    assert_eq!(report.revocation, crate::views::RevocationOutcome::Unsupported);
    assert!(report.message.contains("only you can end it") && report.account_page.is_some(), "{}", report.message);
}
