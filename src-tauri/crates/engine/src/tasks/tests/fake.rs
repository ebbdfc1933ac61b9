//! A provider in memory, and an engine that has one connection to it.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicI64, Ordering},
    },
};

use async_trait::async_trait;
use domain::{
    SecretString,
    audit::{Actor, Outcome},
    calendar::CalendarSource,
    connection::{Connection, ConnectionSettings, ConnectionStatus, MailServers},
    error::ProviderError,
    ids::{ConnectionId, IntegrationId, MessageId, RemoteId, TaskId, TaskListId},
    integration::Integration,
    mail::{Flags, ParsedMail, RemoteMailbox},
    oauth::{AuthorizeParams, Identity, OAuthError, Revocation, TokenSet},
    source::{Connector, Credentials, MailSource, Probe, RemoteImage, ServerGuess},
    sync::{Budget, Change, ChangeBatch, RemoteMail, SyncCursor, SyncScope},
    tasks::{Due, RemoteTask, RemoteTaskList, TaskAbilities, TaskFields, TaskSource, TaskStatus, TaskWrite, TaskWritten},
    time::Timestamp,
};
use store::{CommitBatch, IncomingMail, NewAccount, NewConnection, RawBody};

use crate::{Engine, OpenOptions, flow_tests::no_errors, tasks::TaskFilter, views::SyncReport};

/// 2026-11-22T23:30Z.
const NOW: i64 = 1_795_390_200_000;

/// The next write.
#[derive(Clone, Copy)]
pub(super) enum Fail {
    /// It gets this answer, and nothing happens.
    Before(fn() -> ProviderError),
    /// It is done, and the answer is lost.
    After,
}

#[derive(Default)]
pub(super) struct State {
    pub lists: Vec<RemoteTaskList>,
    /// With the revision of the last change.
    pub tasks: BTreeMap<String, (RemoteTask, u64)>,
    gone: Vec<(RemoteTask, u64)>,
    rev: u64,
    pub writes: Vec<TaskWrite>,
    pub fail: Option<Fail>,
    pub void_cursors: bool,
    pub hidden_list: Option<RemoteId>,
}

impl State {
    fn put(&mut self, mut task: RemoteTask) -> RemoteTask {
        self.rev += 1;
        task.version = format!("v{}", self.rev);
        task.position.clone_from(&task.id.0);
        self.tasks.insert(task.id.0.clone(), (task.clone(), self.rev));
        task
    }

    fn remove(&mut self, id: &str) {
        self.rev += 1;
        let below: Vec<String> = self
            .tasks
            .values()
            .filter(|(t, _)| t.fields.parent.as_ref().is_some_and(|p| p.as_str() == id))
            .map(|(t, _)| t.id.0.clone())
            .collect();
        for child in below {
            self.remove(&child);
        }
        if let Some((task, _)) = self.tasks.remove(id) {
            self.gone.push((task, self.rev));
        }
    }

    fn write(&mut self, write: &TaskWrite) -> Result<TaskWritten, ProviderError> {
        match write {
            TaskWrite::Create { list, fields, tried, .. } => {
                if fields.title.len() > 500 {
                    return Err(ProviderError::Refused("too long".into()));
                }
                let made = self.tasks.values().find(|(t, _)| *tried && t.fields.title == fields.title).map(|(t, _)| t.id.clone());
                if let Some(id) = made {
                    return Ok(TaskWritten { id, task: None });
                }
                if let Some(parent) = &fields.parent
                    && !self.tasks.contains_key(parent.as_str())
                {
                    return Err(ProviderError::Refused("no such parent".into()));
                }
                let id = RemoteId(format!("n{:03}", self.rev + 1));
                let task = self.put(blank(id.as_str(), list.as_str(), fields.clone()));
                Ok(TaskWritten { id, task: Some(task) })
            }
            TaskWrite::Update { list, id, version, patch, .. } => {
                let Some((task, _)) = self.tasks.get(id.as_str()).filter(|(t, _)| &t.list == list) else {
                    return Err(ProviderError::NotFound("The task".into()));
                };
                let mut task = task.clone();
                if !version.is_empty() && version != &task.version {
                    return Err(ProviderError::Conflict("The task".into()));
                }
                if patch.title.as_ref().is_some_and(|t| t.len() > 500) {
                    return Err(ProviderError::Refused("too long".into()));
                }
                patch.apply(&mut task.fields);
                if let Some(to) = &patch.list {
                    task.list = to.clone();
                    let below: Vec<RemoteTask> =
                        self.tasks.values().filter(|(t, _)| t.fields.parent.as_ref() == Some(id)).map(|(t, _)| t.clone()).collect();
                    for child in below {
                        self.put(RemoteTask { list: to.clone(), ..child });
                    }
                }
                // One that repeats goes on to its next day.
                if task.repeats.is_some() && task.fields.status.is_closed() {
                    task.fields.status = TaskStatus::Open;
                    task.fields.due = Some(Due::Day { day: "2026-11-23".into() });
                }
                let task = self.put(task);
                // Every other provider says nothing of what it made.
                Ok(TaskWritten { id: id.clone(), task: (self.rev.is_multiple_of(2) || task.repeats.is_some()).then_some(task) })
            }
            TaskWrite::Delete { id, version, .. } => {
                let known = self.tasks.get(id.as_str()).map(|(t, _)| t.version.clone());
                if known.is_some_and(|v| !version.is_empty() && v != *version) {
                    return Err(ProviderError::Conflict("The task".into()));
                }
                self.remove(id.as_str());
                Ok(TaskWritten { id: id.clone(), task: None })
            }
        }
    }
}

fn blank(id: &str, list: &str, fields: TaskFields) -> RemoteTask {
    RemoteTask {
        id: RemoteId::new(id),
        list: RemoteId::new(list),
        version: String::new(),
        fields,
        position: String::new(),
        repeats: None,
        url: None,
        completed_at: None,
        updated_at: None,
    }
}

struct Fake {
    state: Arc<Mutex<State>>,
    one_scope: bool,
}

#[async_trait]
impl TaskSource for Fake {
    async fn lists(&self) -> Result<Vec<RemoteTaskList>, ProviderError> {
        let state = self.state.lock().unwrap();
        Ok(state.lists.iter().filter(|l| state.hidden_list.as_ref() != Some(&l.id)).cloned().collect())
    }

    fn one_scope(&self) -> bool {
        self.one_scope
    }

    async fn changes(
        &self,
        scope: &SyncScope,
        cursor: Option<&SyncCursor>,
        _budget: Budget,
        _now: Timestamp,
    ) -> Result<ChangeBatch<RemoteTask>, ProviderError> {
        let mut state = self.state.lock().unwrap();
        if cursor.is_some() && std::mem::take(&mut state.void_cursors) {
            return Err(ProviderError::CursorExpired);
        }
        let since = match cursor {
            Some(SyncCursor::Opaque { value }) => value.parse::<u64>().unwrap(),
            _ => 0,
        };
        let inside = |t: &RemoteTask| scope.container.as_ref().is_none_or(|c| c == &t.list);
        let mut changes: Vec<Change<RemoteTask>> =
            state.tasks.values().filter(|(t, rev)| *rev > since && inside(t)).map(|(t, _)| Change::Upsert(t.clone())).collect();
        if cursor.is_some() {
            changes.extend(state.gone.iter().filter(|(t, rev)| *rev > since && inside(t)).map(|(t, _)| Change::Gone(t.id.clone())));
            // A task that left this list.
            let left = state.tasks.values().filter(|(t, rev)| *rev > since && !inside(t));
            changes.extend(left.map(|(t, _)| Change::Gone(t.id.clone())));
        }
        let present = cursor.is_none().then(|| state.tasks.values().filter(|(t, _)| inside(t)).map(|(t, _)| t.id.clone()).collect());
        let next = SyncCursor::Opaque { value: state.rev.to_string() };
        Ok(ChangeBatch { changes, present, reset: false, next, more: false, progress: None })
    }

    async fn write(&self, write: &TaskWrite) -> Result<TaskWritten, ProviderError> {
        let mut state = self.state.lock().unwrap();
        state.writes.push(write.clone());
        match state.fail.take() {
            Some(Fail::Before(error)) => Err(error()),
            Some(Fail::After) => {
                state.write(write)?;
                Err(ProviderError::Unreachable { host: "todo.example".into(), reason: "the answer was lost".into() })
            }
            None => state.write(write),
        }
    }
}

struct Door {
    source: Arc<Fake>,
}

fn none() -> OAuthError {
    OAuthError::Config("no such thing here".into())
}

fn no_mail() -> ProviderError {
    ProviderError::Unsupported("no such thing here".into())
}

#[async_trait]
impl Connector for Door {
    fn integrations(&self) -> &[Integration] {
        &[]
    }
    async fn authorize_params(&self, _: &IntegrationId) -> Result<AuthorizeParams, OAuthError> {
        Err(none())
    }
    async fn exchange(
        &self,
        _: &IntegrationId,
        _: &SecretString,
        _: &SecretString,
        _: &str,
        _: Option<&str>,
        _: Timestamp,
    ) -> Result<TokenSet, OAuthError> {
        Err(none())
    }
    async fn refresh(&self, _: &IntegrationId, _: &SecretString, _: Timestamp) -> Result<TokenSet, OAuthError> {
        Err(none())
    }
    async fn revoke(&self, _: &IntegrationId, _: &SecretString) -> Result<Revocation, OAuthError> {
        Err(none())
    }
    async fn identity(&self, _: &IntegrationId, _: &TokenSet) -> Result<Identity, OAuthError> {
        Err(none())
    }
    fn mail(&self, _: &Connection, _: Arc<dyn Credentials>) -> Result<Option<Arc<dyn MailSource>>, ProviderError> {
        Ok(None)
    }
    fn calendar(&self, _: &Connection, _: Arc<dyn Credentials>) -> Result<Option<Arc<dyn CalendarSource>>, ProviderError> {
        Ok(None)
    }
    fn tasks(&self, connection: &Connection, _: Arc<dyn Credentials>) -> Result<Option<Arc<dyn TaskSource>>, ProviderError> {
        let source: Arc<dyn TaskSource> = Arc::clone(&self.source) as _;
        Ok((connection.id.as_str() == "todo").then_some(source))
    }
    async fn probe(&self, _: &MailServers, _: Arc<dyn Credentials>) -> Result<Probe, ProviderError> {
        Err(no_mail())
    }
    async fn autoconfigure(&self, _: &str, _: bool) -> Result<Vec<ServerGuess>, ProviderError> {
        Err(no_mail())
    }
    async fn fetch_image(&self, _: &str, _: usize) -> Result<RemoteImage, ProviderError> {
        Err(no_mail())
    }
    async fn unsubscribe(&self, _: &str) -> Result<(), ProviderError> {
        Err(no_mail())
    }
}

pub(super) struct World {
    pub engine: Engine,
    pub connection: ConnectionId,
    state: Arc<Mutex<State>>,
    clock: Arc<AtomicI64>,
    _home: tempfile::TempDir,
}

pub(super) fn can() -> TaskAbilities {
    TaskAbilities {
        write: true,
        notes: true,
        due_day: true,
        due_time: true,
        priority: true,
        coarse_priority: false,
        labels: true,
        subtasks: true,
        moves: true,
        deletes: true,
    }
}

pub(super) fn named(title: &str) -> TaskFields {
    TaskFields { title: title.into(), ..TaskFields::default() }
}

pub(super) async fn world() -> World {
    world_with(true).await
}

fn connection(id: &str, email: &str) -> Connection {
    Connection {
        id: id.into(),
        integration: IntegrationId::new("todo"),
        label: email.into(),
        subject: email.into(),
        email: email.into(),
        display_name: "Mara".into(),
        status: ConnectionStatus::Active,
        status_reason: None,
        granted_scopes: vec![],
        settings: ConnectionSettings::OAuth,
        paused_until: None,
        created_at: Timestamp(NOW),
    }
}

pub(super) async fn world_with(one_scope: bool) -> World {
    let home = tempfile::tempdir().unwrap();
    let mut state = State::default();
    let names: &[&str] = if one_scope { &["a", "b", "c"] } else { &["a", "b"] };
    for id in names {
        let list = RemoteTaskList { id: RemoteId::new(*id), name: id.to_uppercase(), colour: None, default: *id == "a", can: can() };
        state.lists.push(list);
    }
    if one_scope {
        state.hidden_list = None;
    }
    let state = Arc::new(Mutex::new(state));
    let source = Arc::new(Fake { state: Arc::clone(&state), one_scope });
    let clock = Arc::new(AtomicI64::new(NOW));
    let reader = Arc::clone(&clock);
    let engine = Engine::open(OpenOptions {
        home: home.path().to_owned(),
        key: vault::KeySource::Passphrase("correct horse".to_owned().into()),
        connect: Box::new(move |_| Ok(Arc::new(Door { source: Arc::clone(&source) }) as Arc<dyn Connector>)),
        clock: Arc::new(move || Timestamp(reader.load(Ordering::SeqCst))),
        background: false,
        environment: false,
    })
    .await
    .unwrap();
    let w = World { engine, connection: ConnectionId::new("todo"), state, clock, _home: home };
    w.connect("todo", "me@todo.example", vec![]).await;
    w
}

impl World {
    async fn connect(&self, id: &str, email: &str, accounts: Vec<NewAccount>) {
        let entry = crate::core::audit(Actor::Person, "connection.created", format!("connection:{id}"), Outcome::Ok, "");
        let new = NewConnection { connection: connection(id, email), accounts, secrets: vec![] };
        self.engine.store().insert_connection(&new, &entry, Timestamp(NOW)).await.unwrap();
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Somebody else makes a task.
    pub fn put(&self, id: &str, list: &str, fields: TaskFields) {
        self.state().put(blank(id, list, fields));
    }

    /// Somebody else changes one.
    pub fn change(&self, title: &str, change: impl FnOnce(&mut RemoteTask)) {
        let mut task = self.there(title).remove(0);
        change(&mut task);
        self.state().put(task);
    }

    pub fn gone(&self, id: &str) {
        self.state().remove(id);
    }

    pub fn fail(&self, fail: Fail) {
        self.state().fail = Some(fail);
    }

    pub fn there(&self, title: &str) -> Vec<RemoteTask> {
        self.state().tasks.values().filter(|(t, _)| t.fields.title == title).map(|(t, _)| t.clone()).collect()
    }

    pub fn there_by_id(&self, id: &str) -> RemoteTask {
        self.state().tasks[id].0.clone()
    }

    pub async fn sync(&self) -> SyncReport {
        let report = self.engine.sync_now(None).await.unwrap();
        no_errors(&report);
        report
    }

    /// A round while no write is due.
    pub async fn sync_only(&self) {
        let connection = self.engine.store().connection(&self.connection).await.unwrap();
        let source = self.engine.require_tasks(&connection).unwrap();
        let cancel = tokio_util::sync::CancellationToken::new();
        for job in self.engine.refresh_task_lists(&connection, &source).await.unwrap() {
            let round = crate::sync::Round::Tasks(Arc::clone(&source), job);
            self.engine.run_scope(&connection, &round, &cancel).await.1.unwrap();
        }
    }

    /// Lets the time of undo pass and tries what waits once.
    pub async fn settle_once(&self) {
        self.clock.fetch_add(10_000, Ordering::SeqCst);
        self.engine.drain_outbox(None).await.unwrap();
    }

    /// The same until nothing is due any more, failed attempts included.
    pub async fn settle(&self) {
        for _ in 0..4 {
            self.settle_once().await;
        }
    }

    pub async fn list(&self, remote: &str) -> TaskListId {
        self.engine.store().task_lists().await.unwrap().into_iter().find(|l| l.remote.as_str() == remote).unwrap().id
    }

    pub async fn id_of(&self, title: &str) -> TaskId {
        let filter = TaskFilter::Search { text: title.into(), closed: true };
        let found = self.engine.tasks(&filter, None, 100).await.unwrap().tasks;
        found.into_iter().find(|t| t.title == title).unwrap().id
    }

    /// A mail in an account of its own.
    pub async fn mail(&self) -> MessageId {
        let account = NewAccount { email: "me@mail.example".into(), display_name: String::new(), hue: 0, can_send: true };
        self.connect("mail", "me@mail.example", vec![account]).await;
        let store = self.engine.store();
        let account = store.accounts().await.unwrap()[0].id;
        let inbox = RemoteMailbox {
            id: RemoteId::new("INBOX"),
            name: "INBOX".into(),
            role: Some(domain::mail::MailboxRole::Inbox),
            selectable: true,
            total: None,
            unread: None,
        };
        store.upsert_mailboxes(account, &[inbox], Timestamp(NOW)).await.unwrap();
        let scope = store.ensure_scope(&"mail".into(), domain::integration::Service::Mail, Some(&RemoteId::new("INBOX"))).await.unwrap();
        let mut remote = RemoteMail::new(RemoteId::new("1"));
        (remote.flags, remote.received, remote.message_id) = (Some(Flags::default()), Some(Timestamp(NOW)), Some("m1@x".into()));
        let parsed =
            ParsedMail { message_id: "m1@x".into(), subject: "subject 1".into(), date: Some(Timestamp(NOW)), ..ParsedMail::default() };
        let raw = RawBody::Inline(b"Message-ID: <m1@x>\r\nSubject: subject 1\r\n\r\ntext".to_vec());
        let batch = CommitBatch {
            scope,
            account,
            upserts: vec![IncomingMail { remote, parsed, raw, unreadable: None }],
            updates: vec![],
            gone: vec![],
            present: None,
            reset: false,
            next: SyncCursor::Opaque { value: "c".into() },
            more: false,
            progress: None,
            now: Timestamp(NOW),
        };
        store.commit_batch(batch).await.unwrap().new_in_inbox[0]
    }
}
