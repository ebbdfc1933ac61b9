//! Bringing a mailbox in step with its provider.
//!
//! A round asks for changes page by page and commits every page together with its cursor in one transaction, so a kill at any
//! instant repeats at most one page, and repeating is harmless. A void cursor starts a round from nothing that ends in a sweep
//! of what no longer exists; nothing is wiped first.

pub(crate) mod round;
mod sink;
mod unreadable;

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use domain::{
    calendar::CalendarSource,
    connection::{Connection, ConnectionStatus},
    error::{ErrorClass, ProviderError},
    ids::{AccountId, ConnectionId, ScopeId},
    integration::Service,
    mail::{Mailbox, MailboxRole},
    people::PeopleSource,
    source::MailSource,
    sync::SyncScope,
    tasks::TaskSource,
    time::Timestamp,
};
use futures_util::StreamExt as _;
use tokio_util::sync::CancellationToken;

use crate::{
    Engine, EngineError,
    agenda::CalendarJob,
    backoff,
    events::Entity,
    people::PeopleJob,
    tasks::TaskJob,
    views::{ScopeReport, Skipped, SyncReport},
};

/// Scopes of one connection that are synced at the same time.
pub(crate) const PERMITS: usize = 3;

/// Content without a message is kept this long: a move that is seen as a removal first downloads nothing.
const ORPHAN_SECS: i64 = 3600;

/// A scope whose round ended well, and when its next is due.
type Ended = (ScopeId, Option<Timestamp>);

/// Whom a round asks, and for what.
#[derive(Clone)]
pub(crate) enum Round {
    Mail(Arc<dyn MailSource>, ScopeJob),
    Calendar(Arc<dyn CalendarSource>, CalendarJob),
    Tasks(Arc<dyn TaskSource>, TaskJob),
    People(Arc<dyn PeopleSource>, PeopleJob),
}

impl Round {
    const fn scope(&self) -> &SyncScope {
        match self {
            Self::Mail(_, job) => &job.scope,
            Self::Calendar(_, job) => &job.scope,
            Self::Tasks(_, job) => &job.scope,
            Self::People(_, job) => &job.scope,
        }
    }
    fn name(&self) -> &str {
        match self {
            Self::Mail(_, job) => &job.name,
            Self::Calendar(_, job) => &job.name,
            Self::Tasks(_, job) => &job.name,
            Self::People(_, job) => job.name,
        }
    }
}

/// One scope of mail with what a round needs to know of it.
#[derive(Clone)]
pub(crate) struct ScopeJob {
    pub scope: SyncScope,
    pub account: AccountId,
    pub name: String,
    pub role: Option<MailboxRole>,
    pub days: Option<u32>,
}

/// What a round did; kept beside an error, because pages before it are committed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub added: u64,
    pub updated: u64,
    pub removed: u64,
    pub bytes: u64,
}

/// Services of a connection that could not be listed, and why.
type LeftOut = Vec<(&'static str, EngineError)>;

/// Whether an answer to a question about one service says nothing of the other services of the same connection.
pub(crate) fn of_one_service(error: &ProviderError) -> bool {
    error.class() == ErrorClass::Wedge && !matches!(error, ProviderError::Certificate { .. })
}

impl Engine {
    /// One complete round of everything, or of one connection, then (and before) the outbox. What fails is in the report of its
    /// scope; the call fails only where nothing could be tried.
    pub async fn sync_now(&self, connection: Option<&ConnectionId>) -> Result<SyncReport, EngineError> {
        let now = self.now();
        let mut left_alone = Vec::new();
        let connections = match connection {
            Some(id) => {
                let c = self.inner.store.connection(id).await?;
                match c.status {
                    ConnectionStatus::Active | ConnectionStatus::Error => {}
                    ConnectionStatus::Expired => return Err(expired(&c)),
                    ConnectionStatus::Disabled => {
                        return Err(EngineError::new("disabled", format!("{} is switched off", c.label), "Switch it on in Integrations."));
                    }
                }
                vec![c]
            }
            None => {
                let mut due = Vec::new();
                for c in self.inner.store.connections().await? {
                    match c.status {
                        // Silence would look like a mailbox without news.
                        ConnectionStatus::Expired => left_alone.push(whole(&c, Some(expired(&c)), None, 0)),
                        ConnectionStatus::Disabled => left_alone.push(whole(&c, None, Some(Skipped::Disabled), 0)),
                        _ if c.paused_until.is_some_and(|until| until > now) => {
                            left_alone.push(whole(&c, None, Some(Skipped::Paused), 0));
                        }
                        ConnectionStatus::Active | ConnectionStatus::Error => due.push(c),
                    }
                }
                due
            }
        };
        let mut outbox = self.drain_outbox(connection).await?;
        let runs = connections.iter().map(|c| self.sync_connection(c));
        let mut scopes: Vec<ScopeReport> = futures_util::future::join_all(runs).await.into_iter().flatten().collect();
        scopes.extend(left_alone);
        // A round may have brought what a queued write waited for (the new id after a move).
        outbox.extend(self.drain_outbox(connection).await?);
        if let Err(e) = self.run_revocations().await {
            tracing::warn!(code = %e.code, "revocations could not be tried");
        }
        // A first sync leaves many: its small full-text segments were merged into large ones.
        self.inner.store.give_back_if_it_can().await;
        Ok(SyncReport { scopes, outbox })
    }

    async fn sync_connection(&self, connection: &Connection) -> Vec<ScopeReport> {
        let started = Instant::now();
        let failed = |e: EngineError| vec![whole(connection, Some(e), None, started.elapsed().as_millis() as u64)];
        let cancel = self.sched().token(&connection.id, &self.inner.cancel);
        let (rounds, left_out) = match self.rounds_of(connection).await {
            Ok(found) => found,
            Err(e) => return failed(e),
        };
        let account = rounds.iter().find_map(|r| match r {
            Round::Mail(_, job) => Some(job.account),
            Round::Calendar(..) | Round::Tasks(..) | Round::People(..) => None,
        });
        // Rounds that brought nothing are noted together at the end: every write between two of them would empty the readers' caches.
        let ended = Mutex::new(Vec::with_capacity(rounds.len()));
        let mut reports: Vec<ScopeReport> = futures_util::stream::iter(rounds)
            .map(|round| {
                let (cancel, ended) = (cancel.clone(), &ended);
                async move { self.try_scope(connection, &round, &cancel, Some(ended)).await.0 }
            })
            .buffered(PERMITS)
            .collect()
            .await;
        self.note_ended(&ended.into_inner().unwrap_or_else(PoisonError::into_inner)).await;
        self.emit().connection(&connection.id);
        // Only after every folder was looked at: what left one of them may have arrived in another.
        if let Some(account) = account
            && reports.iter().all(|r| r.error.is_none())
        {
            self.purge_orphans(account).await;
        }
        reports.extend(left_out.into_iter().map(|(name, e)| {
            let ms = started.elapsed().as_millis() as u64;
            ScopeReport { name: name.to_owned(), ..whole(connection, Some(e), None, ms) }
        }));
        reports
    }

    /// What there is to sync of a connection, asked of its provider, and the services of it that could not be listed. One that is refused
    /// (an API that is switched off, say) leaves the others working.
    async fn rounds_of(&self, connection: &Connection) -> Result<(Vec<Round>, LeftOut), EngineError> {
        let (mut rounds, mut left_out) = (Vec::new(), LeftOut::new());
        if let Some(source) = self.mail_source(connection)? {
            let jobs = self.refresh_mailboxes(connection, &source).await;
            let jobs = self.or_left_out(connection, "mailboxes", jobs, &mut left_out).await?;
            rounds.extend(jobs.into_iter().map(|job| Round::Mail(Arc::clone(&source), job)));
        }
        if let Some(source) = self.calendar_source(connection)? {
            let jobs = self.refresh_calendars(connection, &source).await;
            let jobs = self.or_left_out(connection, "calendars", jobs, &mut left_out).await?;
            rounds.extend(jobs.into_iter().map(|job| Round::Calendar(Arc::clone(&source), job)));
        }
        if let Some(source) = self.task_source(connection)? {
            let jobs = self.refresh_task_lists(connection, &source).await;
            let jobs = self.or_left_out(connection, "tasks", jobs, &mut left_out).await?;
            rounds.extend(jobs.into_iter().map(|job| Round::Tasks(Arc::clone(&source), job)));
        }
        let people = self.people_source(connection)?;
        let jobs = self.refresh_people(connection, people.as_ref()).await;
        let jobs = self.or_left_out(connection, "people", jobs, &mut left_out).await?;
        rounds
            .extend(people.into_iter().flat_map(|source| jobs.clone().into_iter().map(move |job| Round::People(Arc::clone(&source), job))));
        Ok((rounds, left_out))
    }

    /// What an error means for the connection is noted before it is passed on, or kept where only this service is concerned.
    async fn or_left_out<T>(
        &self,
        connection: &Connection,
        service: &'static str,
        found: Result<Vec<T>, ProviderError>,
        left_out: &mut LeftOut,
    ) -> Result<Vec<T>, EngineError> {
        let error = match found {
            Ok(jobs) => return Ok(jobs),
            Err(e) => e,
        };
        self.note_provider_error(connection, &error).await;
        if !of_one_service(&error) {
            return Err(error.into());
        }
        left_out.push((service, error.into()));
        Ok(Vec::new())
    }

    /// Erases content that no message points at any more.
    pub(crate) async fn purge_orphans(&self, account: AccountId) {
        if let Err(e) = self.inner.store.purge_orphans(account, self.now().plus_secs(-ORPHAN_SECS)).await {
            tracing::warn!(code = e.code(), "left-over content could not be erased");
        }
    }

    /// Lists the mailboxes, stores them, and makes a scope for each one that is to be synced.
    pub(crate) async fn refresh_mailboxes(
        &self,
        connection: &Connection,
        source: &Arc<dyn MailSource>,
    ) -> Result<Vec<ScopeJob>, ProviderError> {
        let remote = source.mailboxes().await?;
        let stored = round::sink_error;
        let Some(account) = self.inner.store.accounts().await.map_err(stored)?.into_iter().find(|a| a.connection == connection.id) else {
            return Ok(Vec::new());
        };
        let changes = self.inner.store.upsert_mailboxes(account.id, &remote, self.now()).await.map_err(stored)?;
        if !changes.added.is_empty() || !changes.removed.is_empty() {
            self.emit().changed_many(Entity::Mailbox);
        }
        let selection = connection.settings.selection();
        let mailboxes = self.inner.store.mailboxes(Some(account.id)).await.map_err(stored)?;
        if !source.scope_per_mailbox() {
            let scope = self.inner.store.ensure_scope(&connection.id, Service::Mail, None).await.map_err(stored)?;
            let job = ScopeJob { scope, account: account.id, name: "mail".to_owned(), role: None, days: selection.days };
            return Ok(vec![job]);
        }
        let mut jobs = Vec::new();
        for mailbox in mailboxes.iter().filter(|m| m.selectable && !m.is_pending()) {
            if selection.excluded.iter().any(|e| e == mailbox.remote.as_str() || e == &mailbox.name) {
                let states = self.inner.store.scopes(Some(&connection.id)).await.map_err(stored)?;
                if let Some(old) = states.iter().find(|s| s.scope.container.as_ref() == Some(&mailbox.remote)) {
                    self.inner.store.drop_scope(old.scope.id, self.now()).await.map_err(stored)?;
                    self.emit().changed_many(Entity::Thread);
                }
                continue;
            }
            let scope = self.inner.store.ensure_scope(&connection.id, Service::Mail, Some(&mailbox.remote)).await.map_err(stored)?;
            jobs.push(ScopeJob { scope, account: account.id, name: mailbox.name.clone(), role: mailbox.role, days: selection.days });
        }
        jobs.sort_by_key(|j| order(j.role));
        Ok(jobs)
    }

    /// The job of one known scope, without asking the provider.
    pub(crate) async fn scope_job(&self, connection: &Connection, scope: SyncScope) -> Result<ScopeJob, EngineError> {
        let account = self.accounts_of(&connection.id).await?.into_iter().next().ok_or_else(|| EngineError::not_found("The account"))?;
        let mailbox: Option<Mailbox> = match &scope.container {
            Some(remote) => self.inner.store.mailbox_by_remote(account.id, remote).await?,
            None => None,
        };
        Ok(ScopeJob {
            scope,
            account: account.id,
            name: mailbox.as_ref().map_or_else(|| "mail".to_owned(), |m| m.name.clone()),
            role: mailbox.and_then(|m| m.role),
            days: connection.settings.selection().days,
        })
    }

    async fn note_ended(&self, ended: &[Ended]) {
        if let Err(e) = self.inner.store.scopes_ok(ended, self.now()).await {
            tracing::warn!(code = e.code(), "the outcome of a round could not be stored");
        }
    }

    /// [`Self::try_scope`], with its outcome noted at once.
    pub(crate) async fn run_scope(
        &self,
        connection: &Connection,
        round: &Round,
        cancel: &CancellationToken,
    ) -> (ScopeReport, Result<(), ProviderError>) {
        self.try_scope(connection, round, cancel, None).await
    }

    /// One round of one scope under its lock, with everything that follows from the outcome. The error's class is returned for
    /// the scheduler. One that ended well and brought nothing goes into `ended`, to be noted by the caller; any other is noted here.
    async fn try_scope(
        &self,
        connection: &Connection,
        round: &Round,
        cancel: &CancellationToken,
        ended: Option<&Mutex<Vec<Ended>>>,
    ) -> (ScopeReport, Result<(), ProviderError>) {
        let scope = round.scope().id;
        let lock = Arc::clone(self.inner.scope_locks.lock().unwrap_or_else(PoisonError::into_inner).entry(scope).or_default());
        let _one_at_a_time = lock.lock().await;
        let started = Instant::now();
        self.sched().started(&connection.id, scope);
        let mut counts = Counts::default();
        let outcome = match round {
            Round::Mail(source, job) => self.round(source, job, cancel, &mut counts).await,
            Round::Calendar(source, job) => {
                let round: Pin<Box<dyn Future<Output = _> + Send + '_>> = Box::pin(self.calendar_round(source, job, cancel, &mut counts));
                round.await
            }
            Round::Tasks(source, job) => {
                let round: Pin<Box<dyn Future<Output = _> + Send + '_>> =
                    Box::pin(self.task_round(connection, source, job, cancel, &mut counts));
                round.await
            }
            Round::People(source, job) => {
                let round: Pin<Box<dyn Future<Output = _> + Send + '_>> = Box::pin(self.people_round(source, job, cancel, &mut counts));
                round.await
            }
        };
        self.sched().finished(&connection.id, scope);
        match round {
            Round::Mail(source, _) => {
                if let Some(text) = source.take_alert() {
                    self.note_alert(connection, &text).await;
                }
            }
            Round::Calendar(source, _) => self.sched().pace(&connection.id, scope, source.pace_ms()),
            Round::Tasks(..) | Round::People(..) => {}
        }
        let now = self.now();
        let error = match &outcome {
            Ok(()) => {
                let next = self.sched().succeeded(&connection.id, scope, now);
                match ended.filter(|_| counts.added + counts.updated + counts.removed == 0) {
                    Some(ended) => ended.lock().unwrap_or_else(PoisonError::into_inner).push((scope, next)),
                    None => self.note_ended(&[(scope, next)]).await,
                }
                None
            }
            Err(ProviderError::Cancelled) => Some(EngineError::cancelled()),
            Err(e) => {
                if matches!(e, ProviderError::StoreDamaged(_)) {
                    self.note_damage();
                }
                let until = self.sched().failed(&connection.id, scope, now, e, backoff::unit());
                if let Err(e) = self.inner.store.scope_failed(scope, e.code(), &e.to_string(), Some(until)).await {
                    tracing::warn!(code = e.code(), "the outcome of a round could not be stored");
                }
                self.note_provider_error(connection, e).await;
                Some(EngineError { retry_at: Some(until), ..EngineError::told(e) })
            }
        };
        self.emit().connection(&connection.id);
        let report = ScopeReport {
            connection: connection.id.clone(),
            scope,
            name: round.name().to_owned(),
            added: counts.added,
            updated: counts.updated,
            removed: counts.removed,
            bytes: counts.bytes,
            ms: started.elapsed().as_millis() as u64,
            error,
            skipped: None,
        };
        (report, outcome)
    }

    /// What the provider wants the person to see. The log keeps that there was something, not the words, which may be private.
    async fn note_alert(&self, connection: &Connection, text: &str) {
        let target = format!("connection:{}", connection.id);
        let detail = format!("chars={}", text.chars().count());
        let (actor, outcome) = (domain::audit::Actor::Engine, domain::audit::Outcome::Ok);
        self.audit_only(crate::core::audit(actor, "connection.alert", target, outcome, detail)).await;
        self.emit().attention(Some(&connection.id), "alert", format!("{} says: {text}", connection.label));
    }

    /// What an error of the provider means for the whole connection.
    pub(crate) async fn note_provider_error(&self, connection: &Connection, error: &ProviderError) {
        if error.class() != ErrorClass::Reauth {
            return;
        }
        let Ok(current) = self.inner.store.connection(&connection.id).await else { return };
        if current.status != ConnectionStatus::Active {
            return;
        }
        let words = format!("{} could not sign in: {error}", connection.label);
        let entry = crate::core::audit(
            domain::audit::Actor::Engine,
            "connection.expired",
            format!("connection:{}", connection.id),
            domain::audit::Outcome::Failed,
            "cause=auth",
        );
        let stored =
            self.inner.store.set_connection_status(&connection.id, ConnectionStatus::Expired, Some(&words), Some(&entry), self.now()).await;
        if let Err(e) = stored {
            tracing::error!(code = e.code(), "an expired sign-in could not be recorded");
        }
        self.inner.sources.drop(&connection.id).await;
        self.emit().connection(&connection.id);
        self.emit().attention(Some(&connection.id), "expired", words);
    }
}

/// The report of a connection as a whole, where none of its scopes came to be tried.
fn whole(connection: &Connection, error: Option<EngineError>, skipped: Option<Skipped>, ms: u64) -> ScopeReport {
    ScopeReport {
        connection: connection.id.clone(),
        scope: ScopeId(0),
        name: if skipped.is_some() || error.as_ref().is_some_and(|e| e.is("expired")) {
            connection.label.clone()
        } else {
            "mailboxes".to_owned()
        },
        added: 0,
        updated: 0,
        removed: 0,
        bytes: 0,
        ms,
        error,
        skipped,
    }
}

fn expired(connection: &Connection) -> EngineError {
    let why = connection.status_reason.clone().unwrap_or_else(|| "The sign-in is no longer valid.".to_owned());
    EngineError::new("expired", why, "Reconnect the account: `connect …` again, or in Integrations.")
}

fn order(role: Option<MailboxRole>) -> u8 {
    match role {
        Some(MailboxRole::Inbox) => 0,
        Some(MailboxRole::Sent | MailboxRole::Drafts) => 1,
        Some(MailboxRole::Junk | MailboxRole::Trash) => 3,
        Some(MailboxRole::All) => 4,
        _ => 2,
    }
}
