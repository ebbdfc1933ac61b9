//! What the runner remembers between rounds. In memory only: after a restart everything is due once, which is what a person
//! who starts a mail program expects. Pure but for its caller: time and randomness come in as arguments.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::{
    connection::Connection,
    error::{ErrorClass, ProviderError},
    ids::{ConnectionId, MailboxId, ScopeId},
    integration::Service,
    mail::MailboxRole,
    time::Timestamp,
};
use store::Place;
use tokio_util::sync::CancellationToken;

use crate::{
    Engine, backoff,
    breaker::{Breaker, Gate},
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
    /// A list of people: only the person hurries it.
    slow: bool,
    failures: u32,
    last_ok: Option<Timestamp>,
    not_before: Option<Timestamp>,
    /// As the last plan saw it: when the next round begins, and how far apart rounds are.
    due: Option<Timestamp>,
    interval_ms: Option<i64>,
    /// What its provider asks for.
    pace_ms: Option<i64>,
}

#[derive(Default)]
struct ConnectionMemory {
    breaker: Breaker,
    limiter: Option<Limiter>,
    /// How often in a row the provider asked to wait.
    limited: u32,
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
    /// The list on screen.
    pub visible: Option<Place>,
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
        let visible = self.visible;
        let states: Vec<ScopeState> = scopes
            .iter()
            .map(|s| {
                let (role, mailbox) = roles.get(&s.scope.id).copied().unwrap_or_default();
                let whole = s.scope.container.is_none() && s.scope.service == Service::Mail;
                // A label of a whole-account scope is seen through that scope.
                let in_view = whole
                    || match visible {
                        Some(Place::Mailbox(id)) => mailbox == Some(id),
                        Some(Place::Role(wanted)) => role == Some(wanted),
                        // The inbox, its parts, and lists that are made from it.
                        _ => role == Some(MailboxRole::Inbox),
                    };
                let memory = self.scope(&s.scope.connection, s.scope.id);
                memory.slow = s.scope.service == Service::People;
                // Its hours are counted over restarts.
                let before = s.last_ok.filter(|at| memory.slow && s.complete && *at <= now);
                ScopeState {
                    id: s.scope.id,
                    connection: s.scope.connection.clone(),
                    role,
                    whole_account: whole,
                    visible: in_view,
                    running: memory.claimed || memory.running > 0,
                    unfinished: !s.complete && memory.failures == 0 && s.cursor.is_some(),
                    pushed: memory.pushed,
                    calendar: matches!(s.scope.service, Service::Calendar | Service::Tasks),
                    people: memory.slow,
                    pace_ms: memory.pace_ms,
                    last_ok: memory.last_ok.or(before),
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
        for s in &states {
            let due = out.get(&s.connection).and_then(|c| schedule::next_round(now, s, c, world));
            let memory = self.scope(&s.connection, s.id);
            memory.due = due;
            memory.interval_ms = Some(schedule::interval_ms(s, world));
        }
        for c in connections {
            let own: Vec<ScopeState> = states.iter().filter(|s| s.connection == c.id).cloned().collect();
            let next = schedule::next_due(now, &own, &out, world);
            self.connection(&c.id).next = next;
        }
        (states, out, world)
    }

    fn limiter(&mut self, id: &ConnectionId, now: Timestamp) -> &mut Limiter {
        self.connection(id).limiter.get_or_insert_with(|| Limiter::new(ROUNDS_PER_MINUTE, 60_000, now))
    }

    /// A job was chosen; it counts as running from now on. False: its connection has spent what it may, and waits.
    pub fn claim(&mut self, job: &Job, now: Timestamp) -> bool {
        if self.limiter(&job.connection, now).take(now).is_err() {
            return false;
        }
        let now_probe = job.probe;
        let memory = self.scope(&job.connection, job.scope);
        memory.claimed = true;
        memory.nudged = false;
        if now_probe {
            self.connection(&job.connection).breaker.probe_started();
        }
        true
    }

    /// The job is over, whatever came of it. A probe that ended in something which [`Self::failed`] does not count against the
    /// connection would else keep the breaker open for ever.
    pub fn release(&mut self, job: &Job) {
        self.scope(&job.connection, job.scope).claimed = false;
        if job.probe {
            self.connection(&job.connection).breaker.probe_ended();
        }
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

    /// The provider asks for so many milliseconds between rounds.
    pub fn pace(&mut self, connection: &ConnectionId, scope: ScopeId, ms: Option<i64>) {
        let memory = self.scope(connection, scope);
        memory.pace_ms = ms;
        memory.interval_ms = ms.or(memory.interval_ms);
    }

    /// Returns when the next round is due, where a schedule runs.
    pub fn succeeded(&mut self, connection: &ConnectionId, scope: ScopeId, now: Timestamp) -> Option<Timestamp> {
        let memory = self.scope(connection, scope);
        memory.failures = 0;
        memory.not_before = None;
        memory.last_ok = Some(now);
        memory.due = memory.interval_ms.map(|ms| now.plus_millis(ms));
        let due = memory.due;
        let c = self.connection(connection);
        c.breaker.success();
        c.unreachable = false;
        c.limited = 0;
        due
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
        let at = self.limited(connection, now, e, unit).unwrap_or(at);
        self.scope(connection, scope).not_before = Some(at);
        let c = self.connection(connection);
        c.unreachable = matches!(e, ProviderError::Unreachable { .. });
        // A missing folder or a full disk says nothing about the connection.
        if counts_against(e) {
            c.breaker.failure(now);
        }
        at
    }

    /// The provider asked to wait: that is about the whole connection, not about what happened to be asked. Without a date the wait
    /// grows with every such answer. Returns until when; None: it was another error.
    pub fn limited(&mut self, id: &ConnectionId, now: Timestamp, e: &ProviderError, unit: f64) -> Option<Timestamp> {
        if !matches!(e, ProviderError::RateLimited { .. }) {
            return None;
        }
        let memory = self.connection(id);
        memory.limited = memory.limited.saturating_add(1);
        let at = backoff::next_attempt(now, memory.limited + 2, e.retry_at(), backoff::CAP_BACKGROUND_MS, unit);
        self.limiter(id, now).block(at);
        Some(at)
    }

    /// Until when the provider asked this connection to wait.
    pub fn waits_until(&self, id: &ConnectionId, now: Timestamp) -> Option<Timestamp> {
        self.connections.get(id).and_then(|c| c.limiter.as_ref()).and_then(|l| l.asked_until(now))
    }

    /// Connections whose queued writes have to wait: those that were asked to, and those that rest behind an open breaker.
    pub fn resting(&self, now: Timestamp) -> (Vec<ConnectionId>, Vec<ConnectionId>) {
        let (mut asked, mut broken) = (Vec::new(), Vec::new());
        for (id, memory) in &self.connections {
            if memory.limiter.as_ref().is_some_and(|l| l.asked_until(now).is_some()) {
                asked.push(id.clone());
            } else if matches!(memory.breaker.gate(now), Gate::Open(_)) {
                broken.push(id.clone());
            }
        }
        (asked, broken)
    }

    /// A queued write goes out; behind a half-open breaker it is the probe.
    pub fn write_started(&mut self, id: &ConnectionId) {
        self.connection(id).breaker.probe_started();
    }

    /// What a queued write says about the connection.
    pub fn write_ended(&mut self, id: &ConnectionId, now: Timestamp, error: Option<&ProviderError>, unit: f64) {
        match error {
            None => {
                let memory = self.connection(id);
                memory.breaker.success();
                memory.limited = 0;
            }
            Some(e) => {
                self.limited(id, now, e, unit);
                let breaker = &mut self.connection(id).breaker;
                if counts_against(e) {
                    breaker.failure(now);
                }
                breaker.probe_ended();
            }
        }
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
        let limited = self.limited(id, now, e, unit);
        let memory = self.connection(id);
        memory.discovering = false;
        memory.discover_failures = memory.discover_failures.saturating_add(1);
        memory.unreachable = matches!(e, ProviderError::Unreachable { .. });
        let at = backoff::next_attempt(now, memory.discover_failures + 3, e.retry_at(), backoff::CAP_BACKGROUND_MS, unit);
        memory.discover_not_before = Some(limited.unwrap_or(at));
    }

    pub fn all_unreachable(&self, active: &[ConnectionId]) -> bool {
        !active.is_empty() && active.iter().all(|id| self.connections.get(id).is_some_and(|c| c.unreachable))
    }

    pub fn nudge(&mut self, connection: Option<&ConnectionId>) {
        for (id, memory) in self.scopes.values_mut() {
            if !memory.slow && connection.is_none_or(|c| c == id) {
                memory.nudged = true;
            }
        }
        if let Some(id) = connection {
            let memory = self.connection(id);
            memory.discovered_at = None;
            memory.discover_not_before = None;
        }
    }

    /// The person asks for a round: what failed before is tried at once, whatever its backoff, the breaker or a lost network say.
    /// Only what the provider asked for is kept, because asking it again would make the wait longer.
    pub fn asked(&mut self, connection: Option<&ConnectionId>) {
        self.nudge(connection);
        for (id, memory) in self.scopes.values_mut() {
            if connection.is_none_or(|c| c == id) {
                memory.not_before = None;
                memory.nudged = true;
            }
        }
        for (id, memory) in &mut self.connections {
            if connection.is_none_or(|c| c == id) {
                memory.breaker.forgive();
                memory.unreachable = false;
                memory.discover_not_before = None;
                if memory.discover_failures > 0 {
                    memory.discovered_at = None;
                }
            }
        }
        self.offline = false;
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

    /// When this scope's next round begins, where a schedule runs.
    pub fn due_of(&self, scope: ScopeId) -> Option<Timestamp> {
        self.scopes.get(&scope).and_then(|(_, memory)| memory.due)
    }

    pub fn next_of(&self, id: &ConnectionId) -> Option<Timestamp> {
        self.connections.get(id).and_then(|c| c.next)
    }
}

/// Whether an error says that this provider does not work at the moment.
fn counts_against(e: &ProviderError) -> bool {
    matches!(e, ProviderError::Unreachable { .. } | ProviderError::Server { .. } | ProviderError::Protocol { .. })
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
    fn asking_to_wait_without_a_date_holds_the_connection_longer_each_time() {
        let mut s = Sched::default();
        let (c, now) = (ConnectionId::from("a"), Timestamp(0));
        let limited = || ProviderError::RateLimited { provider: "p".into(), retry_at: None };
        let first = s.failed(&c, ScopeId(1), now, &limited(), 1.0);
        assert_eq!(s.waits_until(&c, now), Some(first));
        // Another scope, and a queued write: the same provider.
        let second = s.failed(&c, ScopeId(2), now, &limited(), 1.0);
        assert!(second > first, "{first:?} {second:?}");
        s.write_ended(&c, now, Some(&limited()), 1.0);
        assert!(s.waits_until(&c, now) > Some(second));
        assert_eq!(s.resting(now).0, std::slice::from_ref(&c));
        s.asked(None);
        assert!(s.waits_until(&c, now) > Some(second), "the person's wish does not outrank the provider's");
        s.succeeded(&c, ScopeId(1), now);
        assert!(s.failed(&c, ScopeId(1), now, &limited(), 1.0) <= first);
    }

    #[test]
    fn rounds_spend_tokens_and_an_empty_bucket_waits() {
        let mut s = Sched::default();
        let (c, now) = (ConnectionId::from("a"), Timestamp(0));
        let job = Job { scope: ScopeId(1), connection: c.clone(), probe: false };
        for _ in 0..ROUNDS_PER_MINUTE {
            assert!(s.claim(&job, now));
        }
        assert!(!s.claim(&job, now));
        assert!(s.claim(&job, now.plus_secs(1)));
        assert_eq!(s.waits_until(&c, now), None, "our own restraint is not the provider's wish");
    }

    #[test]
    fn what_the_person_asks_for_waits_for_no_backoff_breaker_or_network() {
        let mut s = Sched::default();
        let (a, b, now) = (ConnectionId::from("a"), ConnectionId::from("b"), Timestamp(1_000));
        for c in [&a, &b] {
            let scope = ScopeId(if c == &a { 1 } else { 2 });
            for _ in 0..9 {
                s.failed(c, scope, now, &unreachable(), 1.0);
            }
            s.discovery_failed(c, now, &unreachable(), 1.0);
        }
        s.offline = true;
        s.asked(Some(&a));
        assert!(!s.offline);
        assert_eq!(s.connection(&a).breaker.gate(now), Gate::Closed);
        assert_eq!(s.scope(&a, ScopeId(1)).not_before, None);
        assert!(s.scope(&a, ScopeId(1)).nudged && s.connection(&a).discover_not_before.is_none());
        // The others keep their rest.
        assert!(matches!(s.connection(&b).breaker.gate(now), Gate::Open(_)));
        assert!(s.scope(&b, ScopeId(2)).not_before.is_some());
    }

    /// Whatever a probe ends in, another one follows.
    #[test]
    fn no_outcome_of_a_probe_leaves_the_breaker_shut_for_ever() {
        let outcomes = [
            None,
            Some(ProviderError::Cancelled),
            Some(unreachable()),
            Some(ProviderError::Certificate { host: "h".into(), reason: "r".into(), fingerprint: None }),
            Some(ProviderError::Auth("a".into())),
            Some(ProviderError::SignInExpired("a".into())),
            Some(ProviderError::RateLimited { provider: "p".into(), retry_at: None }),
            Some(ProviderError::RateLimited { provider: "p".into(), retry_at: Some(Timestamp(9_000_000)) }),
            Some(ProviderError::Server { provider: "p".into(), detail: "d".into() }),
            Some(ProviderError::Protocol { host: "h".into(), protocol: "p", detail: "d".into() }),
            Some(ProviderError::CursorExpired),
            Some(ProviderError::NotFound("n".into())),
            Some(ProviderError::Refused("r".into())),
            Some(ProviderError::Unsupported("u".into())),
            Some(ProviderError::DiskFull),
            Some(ProviderError::Sink("s".into())),
            Some(ProviderError::StoreDamaged("s".into())),
        ];
        for outcome in outcomes {
            let mut s = Sched::default();
            let (c, scope) = (ConnectionId::from("a"), ScopeId(1));
            for _ in 0..5 {
                s.failed(&c, scope, Timestamp(0), &unreachable(), 0.0);
            }
            let now = Timestamp(60_000);
            let job = Job { scope, connection: c.clone(), probe: true };
            assert!(s.claim(&job, now));
            assert!(matches!(s.connection(&c).breaker.gate(now), Gate::Open(_)), "one at a time");
            match &outcome {
                None => {
                    s.succeeded(&c, scope, now);
                }
                // A round that was stopped says nothing to the scheduler.
                Some(ProviderError::Cancelled) => {}
                Some(e) => {
                    s.failed(&c, scope, now, e, 0.0);
                }
            }
            s.release(&job);
            let later = now.plus_secs(3_600);
            assert!(!matches!(s.connection(&c).breaker.gate(later), Gate::Open(_)), "{outcome:?}");
        }
    }

    #[test]
    fn the_list_on_screen_is_in_view_and_rounds_know_when_the_next_is_due() {
        use domain::{connection::ConnectionSettings, ids::RemoteId, integration::Service, sync::SyncScope};
        let now = Timestamp(1_000_000);
        let c = ConnectionId::from("a");
        let connection = Connection {
            id: c.clone(),
            integration: "imap".into(),
            label: String::new(),
            subject: String::new(),
            email: String::new(),
            display_name: String::new(),
            status: domain::connection::ConnectionStatus::Active,
            status_reason: None,
            granted_scopes: Vec::new(),
            settings: ConnectionSettings::OAuth,
            paused_until: None,
            created_at: now,
        };
        let scope = |id: i64, name: &str| store::ScopeState {
            scope: SyncScope { id: ScopeId(id), connection: c.clone(), service: Service::Mail, container: Some(RemoteId(name.to_owned())) },
            cursor: None,
            last_ok: None,
            next_at: None,
            error_code: None,
            error_message: None,
            error_count: 0,
            progress: None,
            complete: true,
        };
        let scopes = [scope(1, "INBOX"), scope(2, "Work"), scope(3, "Sent")];
        let roles = Roles::from([
            (ScopeId(1), (Some(MailboxRole::Inbox), Some(MailboxId(11)))),
            (ScopeId(2), (None, Some(MailboxId(12)))),
            (ScopeId(3), (Some(MailboxRole::Sent), Some(MailboxId(13)))),
        ]);
        let mut s = Sched { focused: true, ..Sched::default() };
        let mut seen = |place| {
            s.visible = place;
            let (states, ..) = s.snapshot(std::slice::from_ref(&connection), &scopes, &roles, now);
            states.iter().filter(|s| s.visible).map(|s| s.id.0).collect::<Vec<_>>()
        };
        assert_eq!(seen(None), [1]);
        assert_eq!(seen(Some(Place::Split(3))), [1], "a part of the inbox");
        assert_eq!(seen(Some(Place::Role(MailboxRole::Sent))), [3]);
        assert_eq!(seen(Some(Place::Mailbox(MailboxId(12)))), [2]);
        assert_eq!(s.due_of(ScopeId(2)), Some(Timestamp(i64::MIN).max(now)), "never synced: now");
        assert_eq!(s.succeeded(&c, ScopeId(2), now), Some(now.plus_millis(schedule::VISIBLE_MS)));
        assert_eq!(s.succeeded(&c, ScopeId(3), now), Some(now.plus_millis(schedule::OTHER_MS)));
        assert_eq!(s.due_of(ScopeId(3)), Some(now.plus_millis(schedule::OTHER_MS)));
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
