//! The background: asks the pure schedule what is due, runs it within the permits, and learns from the outcomes. Also keeps an
//! ear on the provider (IDLE), the outbox moving, and notices sleep and a lost network.

mod house;
mod idle;
mod room;
mod sched;

use std::{sync::Arc, time::Duration};

use domain::{connection::ConnectionStatus, error::ProviderError, ids::ConnectionId, integration::Service, time::Timestamp};
use store::Place;

pub(crate) use sched::Sched;

use crate::{
    Engine,
    people::PeopleJob,
    schedule::{self, Job},
    sync::{self, Round},
};

/// Longest sleep of the loop: a bound on how late a clock jump is noticed.
const TICK: Duration = Duration::from_secs(10);
/// The wall clock ran ahead of the monotonic one by more: the machine slept.
const SLEPT_MS: i64 = 30_000;
/// After a full disk: how often to look again, milliseconds.
pub(crate) const DISK_RETRY_MS: i64 = 30_000;

impl Engine {
    pub(crate) fn start_background(&self) {
        let me = self.clone();
        self.spawn(async move { me.schedule_loop().await });
        let me = self.clone();
        self.spawn(async move { me.outbox_loop().await });
        let me = self.clone();
        self.spawn(async move { me.house_loop().await });
    }

    async fn schedule_loop(&self) {
        let mut wall = self.now();
        let mut mono = tokio::time::Instant::now();
        loop {
            let now = self.now();
            let jumped = now.since(wall) - i64::try_from(mono.elapsed().as_millis()).unwrap_or(0);
            (wall, mono) = (now, tokio::time::Instant::now());
            if jumped > SLEPT_MS {
                tracing::info!(jumped_ms = jumped, "the machine slept, or its clock was set forward");
                self.fresh_start().await;
            } else if jumped < -SLEPT_MS {
                tracing::info!(jumped_ms = jumped, "the clock was set back");
                self.clock_went_back(now).await;
            }
            let next = match self.plan_once(now).await {
                Ok(next) => next,
                Err(e) => {
                    tracing::error!(code = %e.code, "the schedule could not be read");
                    None
                }
            };
            let wait = next.map_or(TICK, |at| Duration::from_millis(at.since(self.now()).clamp(20, 10_000).unsigned_abs())).min(TICK);
            let fell_asleep = tokio::time::Instant::now();
            tokio::select! {
                () = self.inner.wake.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
            if overslept(wait, fell_asleep.elapsed()) {
                tracing::info!("a short wait took long: the machine slept");
                self.fresh_start().await;
            }
        }
    }

    /// Starts what is due; returns when to look again.
    async fn plan_once(&self, now: Timestamp) -> Result<Option<Timestamp>, crate::EngineError> {
        self.look_for_room(now);
        let connections = self.inner.store.connections().await?;
        let scopes = self.inner.store.scopes(None).await?;
        let roles = self.roles(&scopes).await?;
        let (jobs, next, discover) = {
            let mut sched = self.sched();
            let (states, conns, world) = sched.snapshot(&connections, &scopes, &roles, now);
            let mut jobs = schedule::plan(now, &states, &conns, world);
            jobs.retain(|job| sched.claim(job, now));
            let discover: Vec<ConnectionId> = if world.disk_full { Vec::new() } else { sched.discover(&connections, &scopes, now) };
            (jobs, schedule::next_due(now, &states, &conns, world), discover)
        };
        for id in discover {
            if let Some(connection) = connections.iter().find(|c| c.id == id).cloned() {
                let me = self.clone();
                self.spawn(async move { me.discover(connection).await });
            }
        }
        for job in jobs {
            let Some(connection) = connections.iter().find(|c| c.id == job.connection).cloned() else { continue };
            let Some(state) = scopes.iter().find(|s| s.scope.id == job.scope).cloned() else { continue };
            let me = self.clone();
            self.spawn(async move { me.background_scope(connection, state.scope, job).await });
        }
        if self.next_revocation().await.is_some_and(|at| at <= now) {
            let me = self.clone();
            self.spawn(async move {
                if let Err(e) = me.run_revocations().await {
                    tracing::warn!(code = %e.code, "revocations could not be tried");
                }
            });
        }
        let (_, waking) = self.wake_due(now).await?;
        Ok([next, waking].into_iter().flatten().min())
    }

    async fn roles(&self, scopes: &[store::ScopeState]) -> Result<sched::Roles, crate::EngineError> {
        let mut roles = sched::Roles::new();
        let accounts = self.inner.store.accounts().await?;
        for account in accounts {
            for mailbox in self.inner.store.mailboxes(Some(account.id)).await? {
                let scope =
                    scopes.iter().find(|s| s.scope.connection == account.connection && s.scope.container.as_ref() == Some(&mailbox.remote));
                if let Some(scope) = scope {
                    roles.insert(scope.scope.id, (mailbox.role, Some(mailbox.id)));
                }
            }
        }
        Ok(roles)
    }

    /// Lists mailboxes and makes scopes; for a new connection this is the first thing that happens.
    async fn discover(&self, connection: domain::connection::Connection) {
        let (mut listens, mut failed) = (false, None);
        match self.mail_source(&connection) {
            Ok(Some(source)) => match self.refresh_mailboxes(&connection, &source).await {
                Ok(jobs) => listens = !jobs.is_empty(),
                Err(e) => failed = Some(e),
            },
            Ok(None) => {}
            Err(e) => failed = Some(ProviderError::Refused(e.message)),
        }
        if failed.as_ref().is_none_or(sync::of_one_service)
            && let Ok(Some(source)) = self.calendar_source(&connection)
            && let Err(e) = self.refresh_calendars(&connection, &source).await
        {
            failed.get_or_insert(e);
        }
        if failed.as_ref().is_none_or(sync::of_one_service)
            && let Ok(Some(source)) = self.task_source(&connection)
            && let Err(e) = self.refresh_task_lists(&connection, &source).await
        {
            failed.get_or_insert(e);
        }
        // No provider is asked for it.
        if let Ok(people) = self.people_source(&connection)
            && let Err(e) = self.refresh_people(&connection, people.as_ref()).await
        {
            failed.get_or_insert(e);
        }
        let now = self.now();
        if listens {
            self.listen(&connection).await;
        }
        match failed {
            None => {
                self.sched().discovered(&connection.id, now);
                if let Ok(accounts) = self.accounts_of(&connection.id).await {
                    for account in accounts {
                        self.purge_orphans(account.id).await;
                    }
                }
            }
            Some(e) => {
                self.sched().discovery_failed(&connection.id, now, &e, crate::backoff::unit());
                self.note_provider_error(&connection, &e).await;
            }
        }
        self.emit().connection(&connection.id);
        self.inner.wake.notify_one();
    }

    async fn background_scope(&self, connection: domain::connection::Connection, scope: domain::sync::SyncScope, job: Job) {
        let id = scope.id;
        if let Some(round) = self.round_of(&connection, scope).await {
            let cancel = self.sched().token(&connection.id, &self.inner.cancel);
            let (_, outcome) = self.run_scope(&connection, &round, &cancel).await;
            self.learn(&outcome).await;
        } else {
            self.sched().failed(
                &connection.id,
                id,
                self.now(),
                &ProviderError::Unsupported("not there any more".to_owned()),
                crate::backoff::unit(),
            );
        }
        self.sched().release(&job);
        self.inner.wake.notify_one();
    }

    /// The round of one known scope; None where the connection no longer brings it.
    async fn round_of(&self, connection: &domain::connection::Connection, scope: domain::sync::SyncScope) -> Option<Round> {
        if scope.service == Service::Calendar {
            let source = self.calendar_source(connection).ok().flatten()?;
            return Some(Round::Calendar(source, self.calendar_job(&scope).await.ok().flatten()?));
        }
        if scope.service == Service::Tasks {
            let source = self.task_source(connection).ok().flatten()?;
            return Some(Round::Tasks(source, self.task_job(&scope).await.ok().flatten()?));
        }
        if scope.service == Service::People {
            let source = self.people_source(connection).ok().flatten()?;
            return Some(Round::People(source, PeopleJob::of(scope)?));
        }
        let source = self.mail_source(connection).ok().flatten()?;
        Some(Round::Mail(source, self.scope_job(connection, scope).await.ok()?))
    }

    /// Lost network and full disk are states of the world, not of one scope.
    async fn learn(&self, outcome: &Result<(), ProviderError>) {
        let now = self.now();
        match outcome {
            Err(ProviderError::DiskFull) => self.disk_is_full(now),
            Err(ProviderError::Unreachable { .. }) => {
                let Ok(connections) = self.inner.store.connections().await else { return };
                let active: Vec<ConnectionId> =
                    connections.into_iter().filter(|c| c.status == ConnectionStatus::Active).map(|c| c.id).collect();
                let lost = self.sched().all_unreachable(&active);
                if lost && !self.sched().offline {
                    self.sched().offline = true;
                    self.emit().attention(None, "offline", "This computer seems to be offline. Aurelius goes on by itself.");
                }
            }
            Ok(()) => {
                let was = std::mem::replace(&mut self.sched().offline, false);
                if was {
                    self.network_changed().await;
                    self.emit().attention(None, "online", "Back online.");
                }
            }
            Err(_) => {}
        }
    }

    /// After sleep every socket is dead and every old failure proves nothing.
    async fn fresh_start(&self) {
        self.inner.sources.clear().await;
        self.network_changed().await;
    }

    /// Nothing may wait until a time comes again that was never meant.
    async fn clock_went_back(&self, now: Timestamp) {
        self.sched().clock_went_back(now);
        if let Err(e) = self.inner.store.outbox_clock_went_back(now).await {
            tracing::error!(code = e.code(), "the outbox could not be set to the new time");
        }
        self.inner.wake_outbox.notify_one();
        self.fresh_start().await;
    }

    /// The system says that the network is another one, or back: what failed under the old one is due, mail that waits included.
    pub async fn network_changed(&self) {
        self.sched().forgive_all();
        self.nudge(None);
        self.hurry_outbox(None).await;
    }

    /// The list that the person looks at. None: the inboxes.
    pub fn set_visible(&self, place: Option<Place>) {
        let before = std::mem::replace(&mut self.sched().visible, place);
        if before != place {
            self.inner.wake.notify_one();
        }
    }

    /// Whether the window is in front: it sets the pace.
    pub fn set_focused(&self, focused: bool) {
        self.sched().focused = focused;
        self.inner.wake.notify_one();
    }

    /// The person asks for a round: at once, whatever failed before. A provider that asked to wait is left alone until then.
    pub async fn sync_soon(&self, connection: Option<&ConnectionId>) {
        self.sched().asked(connection);
        self.inner.wake.notify_one();
        self.hurry_outbox(connection).await;
    }

    /// Asks for a round now, without waiting for it.
    pub fn nudge(&self, connection: Option<&ConnectionId>) {
        self.sched().nudge(connection);
        self.inner.wake.notify_one();
    }

    pub(crate) const fn permits() -> usize {
        sync::PERMITS
    }
}

/// Whether a wait took so much longer than it was meant to that the machine must have slept. Where the monotonic clock goes on through
/// sleep (Windows), this is the only sign of it.
fn overslept(meant: Duration, took: Duration) -> bool {
    took > meant + Duration::from_millis(SLEPT_MS.unsigned_abs())
}

/// Kept here so that `Arc` is used by name in the submodules.
pub(crate) type SharedSource = Arc<dyn domain::source::MailSource>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_that_took_far_too_long_was_sleep() {
        assert!(!overslept(TICK, Duration::from_secs(11)));
        assert!(!overslept(TICK, Duration::from_secs(40)));
        assert!(overslept(TICK, Duration::from_secs(41)));
        assert!(overslept(Duration::from_millis(20), Duration::from_secs(3_600)));
    }
}
