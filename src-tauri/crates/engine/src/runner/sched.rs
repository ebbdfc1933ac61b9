//! What the runner remembers between rounds. In memory only: after a restart everything is due once, which is what a person
//! who starts a mail program expects. Pure but for its caller: time and randomness come in as arguments.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::{
    connection::Connection,
    error::{ErrorClass, ProviderError},
    ids::{ConnectionId, MailboxId, ScopeId},
    mail::MailboxRole,
    time::Timestamp,
};
use tokio_util::sync::CancellationToken;

use crate::{
    Engine, backoff,
    breaker::Breaker,
    limiter::Limiter,
    schedule::{self, ConnectionState, Job, ScopeState, World},
};

pub(crate) type Roles = HashMap<ScopeId, (Option<MailboxRole>, Option<MailboxId>)>;

/// Rounds of one connection per minute: far above any healthy schedule, so that only a loop of ours meets it.
const ROUNDS_PER_MINUTE: u32 = 240;
/// An error that waiting does not heal is looked at again this often, in case the other side healed it.
const WEDGED_MS: i64 = 15 * 60_000;

#[derive(Default)]
struct ScopeMemory {
    running: u32,
    claimed: bool,
    nudged: bool,
    pushed: bool,
    failures: u32,
    last_ok: Option<Timestamp>,
    not_before: Option<Timestamp>,
}

#[derive(Default)]
struct ConnectionMemory {
    breaker: Breaker,
    limiter: Option<Limiter>,
    cancel: Option<CancellationToken>,
    unreachable: bool,
    disconnecting: bool,
    discovering: bool,
    discovered_at: Option<Timestamp>,
    discover_not_before: Option<Timestamp>,
    discover_failures: u32,
    listening: bool,
    next: Option<Timestamp>,
}

#[derive(Default)]
pub(crate) struct Sched {
    scopes: HashMap<ScopeId, (ConnectionId, ScopeMemory)>,
    connections: HashMap<ConnectionId, ConnectionMemory>,
    pub visible: BTreeSet<MailboxId>,
    pub focused: bool,
    pub offline: bool,
    pub disk_full_since: Option<Timestamp>,
    /// Bytes that were left then, where the system says.
    pub disk_left: Option<u64>,
}

impl Sched {
    fn scope(&mut self, connection: &ConnectionId, id: ScopeId) -> &mut ScopeMemory {
        &mut self.scopes.entry(id).or_insert_with(|| (connection.clone(), ScopeMemory::default())).1
    }

    fn connection(&mut self, id: &ConnectionId) -> &mut ConnectionMemory {
        self.connections.entry(id.clone()).or_default()
    }

    /// The state that the plan is made from.
    pub fn snapshot(
        &mut self,
        connections: &[Connection],
        scopes: &[store::ScopeState],
        roles: &Roles,
        now: Timestamp,
    ) -> (Vec<ScopeState>, BTreeMap<ConnectionId, ConnectionState>, World) {
        let world = World { offline: self.offline, disk_full: self.disk_full_since.is_some(), focused: self.focused };
        let visible = self.visible.clone();
        let states: Vec<ScopeState> = scopes
            .iter()
            .map(|s| {
                let (role, mailbox) = roles.get(&s.scope.id).copied().unwrap_or_default();
                let whole = s.scope.container.is_none();
                let in_view = if visible.is_empty() {
                    whole || role == Some(MailboxRole::Inbox)
                } else {
                    // A label of a whole-account scope is seen through that scope.
                    mailbox.is_some_and(|m| visible.contains(&m)) || whole
                };
                let memory = self.scope(&s.scope.connection, s.scope.id);
                ScopeState {
                    id: s.scope.id,
                    connection: s.scope.connection.clone(),
                    role,
                    whole_account: whole,
                    visible: in_view,
                    running: memory.claimed || memory.running > 0,
                    unfinished: !s.complete && memory.failures == 0 && s.cursor.is_some(),
                    pushed: memory.pushed,
                    last_ok: memory.last_ok,
                    not_before: memory.not_before,
                    nudged: memory.nudged,
                }
            })
            .collect();
        let mut out = BTreeMap::new();
        for c in connections {
            let running = self.scopes.values().filter(|(id, s)| id == &c.id && (s.claimed || s.running > 0)).count();
            let memory = self.connection(&c.id);
            let limiter = memory.limiter.get_or_insert_with(|| Limiter::new(ROUNDS_PER_MINUTE, 60_000, now));
            let state = ConnectionState {
                status: if memory.disconnecting { domain::connection::ConnectionStatus::Disabled } else { c.status },
                paused_until: c.paused_until,
                permits: Engine::permits(),
                running,
                gate: memory.breaker.gate(now),
                blocked_until: limiter.blocked_until(now),
            };
            out.insert(c.id.clone(), state);
        }
        for c in connections {
            let own: Vec<ScopeState> = states.iter().filter(|s| s.connection == c.id).cloned().collect();
            let next = schedule::next_due(now, &own, &out, world);
            self.connection(&c.id).next = next;
        }
        (states, out, world)
    }

    /// A job was chosen; it counts as running from now on.
    pub fn claim(&mut self, job: &Job) {
        let now_probe = job.probe;
        let memory = self.scope(&job.connection, job.scope);
        memory.claimed = true;
        memory.nudged = false;
        if now_probe {
            self.connection(&job.connection).breaker.probe_started();
        }
    }

    pub fn release(&mut self, job: &Job) {
        self.scope(&job.connection, job.scope).claimed = false;
    }

    pub fn started(&mut self, connection: &ConnectionId, scope: ScopeId) {
        let memory = self.scope(connection, scope);
        memory.running += 1;
        memory.nudged = false;
    }

    pub fn finished(&mut self, connection: &ConnectionId, scope: ScopeId) {
        let memory = self.scope(connection, scope);
        memory.running = memory.running.saturating_sub(1);
    }

    pub fn succeeded(&mut self, connection: &ConnectionId, scope: ScopeId, now: Timestamp) {
        let memory = self.scope(connection, scope);
        memory.failures = 0;
        memory.not_before = None;
        memory.last_ok = Some(now);
        let c = self.connection(connection);
        c.breaker.success();
        c.unreachable = false;
        if let Some(l) = c.limiter.as_mut() {
            let _ = l.take(now);
        }
    }

    /// Returns when to try again.
    pub fn failed(&mut self, connection: &ConnectionId, scope: ScopeId, now: Timestamp, e: &ProviderError, unit: f64) -> Timestamp {
        let memory = self.scope(connection, scope);
        if matches!(e, ProviderError::DiskFull) {
            // A state of the machine, not of this folder: no backoff grows, so that it goes on as soon as there is room.
            let at = now.plus_millis(super::DISK_RETRY_MS);
            memory.not_before = Some(at);
            return at;
        }
        memory.failures = memory.failures.saturating_add(1);
        let at = match e.class() {
            ErrorClass::Retry | ErrorClass::Resync => {
                // The first steps are felt by a person who waits; a scope that goes on failing is the background's matter.
                backoff::next_attempt(now, memory.failures + 2, e.retry_at(), backoff::CAP_BACKGROUND_MS, unit)
            }
            ErrorClass::Reauth | ErrorClass::Wedge => now.plus_millis(WEDGED_MS),
        };
        memory.not_before = Some(at);
        let c = self.connection(connection);
        c.unreachable = matches!(e, ProviderError::Unreachable { .. });
        // A missing folder or a full disk says nothing about the connection.
        if matches!(e, ProviderError::Unreachable { .. } | ProviderError::Server { .. } | ProviderError::Protocol { .. }) {
            c.breaker.failure(now);
        }
        if let Some(until) = e.retry_at() {
            c.limiter.get_or_insert_with(|| Limiter::new(ROUNDS_PER_MINUTE, 60_000, now)).block(until);
        }
        at
    }

    /// Connections whose mailboxes should be listed now. Marks them as being listed.
    pub fn discover(&mut self, connections: &[Connection], scopes: &[store::ScopeState], now: Timestamp) -> Vec<ConnectionId> {
        let mut out = Vec::new();
        for c in connections {
            if c.status != domain::connection::ConnectionStatus::Active || c.paused_until.is_some_and(|u| u > now) {
                continue;
            }
            let none_yet = !scopes.iter().any(|s| s.scope.connection == c.id);
            let memory = self.connection(&c.id);
            let due = match memory.discovered_at {
                None => true,
                Some(at) => now.since(at) >= schedule::MAILBOXES_MS || (none_yet && now.since(at) >= 60_000),
            };
            let open = memory.discover_not_before.is_none_or(|t| t <= now)
                && memory.limiter.as_ref().is_none_or(|l| l.blocked_until(now).is_none());
            if due && open && !memory.discovering && !memory.disconnecting {
                memory.discovering = true;
                out.push(c.id.clone());
            }
        }
        out
    }

    pub fn discovered(&mut self, id: &ConnectionId, now: Timestamp) {
        let memory = self.connection(id);
        memory.discovering = false;
        memory.discovered_at = Some(now);
        memory.discover_failures = 0;
        memory.discover_not_before = None;
        memory.unreachable = false;
    }

    pub fn discovery_failed(&mut self, id: &ConnectionId, now: Timestamp, e: &ProviderError, unit: f64) {
        let memory = self.connection(id);
        memory.discovering = false;
        memory.discover_failures = memory.discover_failures.saturating_add(1);
        memory.unreachable = matches!(e, ProviderError::Unreachable { .. });
        memory.discover_not_before =
            Some(backoff::next_attempt(now, memory.discover_failures + 3, e.retry_at(), backoff::CAP_BACKGROUND_MS, unit));
    }

    pub fn all_unreachable(&self, active: &[ConnectionId]) -> bool {
        !active.is_empty() && active.iter().all(|id| self.connections.get(id).is_some_and(|c| c.unreachable))
    }

    pub fn nudge(&mut self, connection: Option<&ConnectionId>) {
        for (id, memory) in self.scopes.values_mut() {
            if connection.is_none_or(|c| c == id) {
                memory.nudged = true;
            }
        }
        if let Some(id) = connection {
            let memory = self.connection(id);
            memory.discovered_at = None;
            memory.discover_not_before = None;
        }
    }

    pub fn nudge_scope(&mut self, connection: &ConnectionId, scope: ScopeId) {
        self.scope(connection, scope).nudged = true;
    }

    pub fn set_pushed(&mut self, connection: &ConnectionId, scope: ScopeId, pushed: bool) {
        self.scope(connection, scope).pushed = pushed;
    }

    /// True for the first caller until [`Self::stopped_listening`].
    pub fn start_listening(&mut self, id: &ConnectionId) -> bool {
        !std::mem::replace(&mut self.connection(id).listening, true)
    }

    pub fn stopped_listening(&mut self, id: &ConnectionId) {
        self.connection(id).listening = false;
    }

    /// Signed in again, changed, or resumed.
    pub fn forget_failures(&mut self, id: &ConnectionId) {
        for (owner, memory) in self.scopes.values_mut() {
            if owner == id {
                memory.failures = 0;
                memory.not_before = None;
            }
        }
        let memory = self.connection(id);
        memory.breaker.forgive();
        memory.unreachable = false;
        memory.cancel = None;
        memory.discover_failures = 0;
    }

    /// What was noted under a clock that ran ahead is no date any more.
    pub fn clock_went_back(&mut self, now: Timestamp) {
        self.disk_full_since = self.disk_full_since.map(|t| t.min(now));
        for (_, memory) in self.scopes.values_mut() {
            memory.last_ok = memory.last_ok.filter(|t| *t <= now);
        }
        for memory in self.connections.values_mut() {
            memory.limiter = None;
            memory.discovered_at = memory.discovered_at.filter(|t| *t <= now);
            memory.discover_not_before = None;
        }
    }

    /// The disk has room: what waited only for that is due.
    pub fn room_again(&mut self) {
        self.disk_full_since = None;
        for (_, memory) in self.scopes.values_mut().filter(|(_, m)| m.failures == 0) {
            memory.not_before = None;
        }
    }

    pub fn forgive_all(&mut self) {
        self.offline = false;
        let ids: Vec<ConnectionId> = self.connections.keys().cloned().collect();
        for (_, memory) in self.scopes.values_mut() {
            memory.failures = 0;
            memory.not_before = None;
        }
        for id in ids {
            let memory = self.connection(&id);
            memory.breaker.forgive();
            memory.unreachable = false;
            memory.discover_not_before = None;
        }
    }

    pub fn disconnecting(&mut self, id: &ConnectionId, yes: bool) {
        self.connection(id).disconnecting = yes;
    }

    pub fn cancel(&mut self, id: &ConnectionId) {
        if let Some(token) = self.connection(id).cancel.take() {
            token.cancel();
        }
    }

    /// The token that stops this connection's work.
    pub fn token(&mut self, id: &ConnectionId, parent: &CancellationToken) -> CancellationToken {
        self.connection(id).cancel.get_or_insert_with(|| parent.child_token()).clone()
    }

    pub fn forget(&mut self, id: &ConnectionId) {
        self.connections.remove(id);
        self.scopes.retain(|_, (owner, _)| owner != id);
    }

    pub fn running_of(&self, id: &ConnectionId) -> BTreeSet<ScopeId> {
        self.scopes.iter().filter(|(_, (owner, s))| owner == id && s.running > 0).map(|(scope, _)| *scope).collect()
    }

    /// No scope is being synced, and there is room to write.
    pub fn idle(&self) -> bool {
        self.disk_full_since.is_none() && self.scopes.values().all(|(_, s)| s.running == 0)
    }

    pub fn next_of(&self, id: &ConnectionId) -> Option<Timestamp> {
        self.connections.get(id).and_then(|c| c.next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unreachable() -> ProviderError {
        ProviderError::Unreachable { host: "h".into(), reason: "r".into() }
    }

    #[test]
    fn failures_back_off_and_retry_after_blocks_the_whole_connection() {
        let mut s = Sched::default();
        let (c, now) = (ConnectionId::from("a"), Timestamp(0));
        let first = s.failed(&c, ScopeId(1), now, &unreachable(), 1.0);
        let later = (0..20).map(|_| s.failed(&c, ScopeId(1), now, &unreachable(), 1.0)).last();
        assert!(first < Timestamp(10_000));
        assert_eq!(later, Some(Timestamp(backoff::CAP_BACKGROUND_MS)));
        let limited = ProviderError::RateLimited { provider: "p".into(), retry_at: Some(Timestamp(90_000)) };
        s.failed(&c, ScopeId(2), now, &limited, 0.0);
        assert!(s.connections.get(&c).and_then(|m| m.limiter.as_ref()).is_some_and(|l| l.blocked_until(now) == Some(Timestamp(90_000))));
    }

    #[test]
    fn offline_only_when_nobody_can_be_reached() {
        let mut s = Sched::default();
        let (a, b) = (ConnectionId::from("a"), ConnectionId::from("b"));
        s.failed(&a, ScopeId(1), Timestamp(0), &unreachable(), 0.0);
        assert!(!s.all_unreachable(&[a.clone(), b.clone()]));
        s.failed(&b, ScopeId(2), Timestamp(0), &unreachable(), 0.0);
        assert!(s.all_unreachable(&[a.clone(), b.clone()]));
        s.succeeded(&a, ScopeId(1), Timestamp(1));
        assert!(!s.all_unreachable(&[a, b]));
        assert!(!s.all_unreachable(&[]));
    }
}
