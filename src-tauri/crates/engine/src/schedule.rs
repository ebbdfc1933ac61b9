//! What to sync next. A pure function of time and state, so that every rule here is tested without a clock or a network:
//! what the person looks at comes first, a connection never gets more jobs than its permits, and nothing runs that the
//! person paused, that the provider asked to leave alone or that cannot be reached.

use std::collections::BTreeMap;

use domain::{
    connection::ConnectionStatus,
    ids::{ConnectionId, ScopeId},
    mail::MailboxRole,
    time::Timestamp,
};

use crate::breaker::Gate;

/// An inbox the person looks at.
pub const VISIBLE_MS: i64 = 15_000;
/// Inboxes in the background, by how recently the window was in front.
pub const BACKGROUND_MS: i64 = 60_000;
pub const IDLE_BACKGROUND_MS: i64 = 120_000;
/// Every other folder.
pub const OTHER_MS: i64 = 5 * 60_000;
/// Whole set of mailboxes of a connection.
pub const MAILBOXES_MS: i64 = 15 * 60_000;
/// A calendar or a task list, while the window is in front; else as every other folder.
pub const CALENDAR_MS: i64 = 2 * 60_000;
/// A list of people: it changes seldom, and first pages of whole lists are counted apart by Google.
pub const PEOPLE_MS: i64 = 6 * 3_600_000;
/// While the provider pushes (IDLE), polling is only a safety net.
pub const PUSHED_MS: i64 = 10 * 60_000;

/// A scope as the plan sees it.
#[derive(Clone, Debug)]
pub struct ScopeState {
    pub id: ScopeId,
    pub connection: ConnectionId,
    pub role: Option<MailboxRole>,
    /// True for a scope that covers the whole account (Gmail): it holds the inbox.
    pub whole_account: bool,
    pub visible: bool,
    pub running: bool,
    /// A long first sync that has more pages: goes on at once.
    pub unfinished: bool,
    /// IDLE is running on it.
    pub pushed: bool,
    /// It is a calendar or a task list.
    pub calendar: bool,
    /// It is a list of people.
    pub people: bool,
    /// Milliseconds between rounds, where its provider asks for a pace of its own.
    pub pace_ms: Option<i64>,
    pub last_ok: Option<Timestamp>,
    /// Backoff after an error, or the provider's wish.
    pub not_before: Option<Timestamp>,
    /// Asked for by the person or after one of our own writes: now, whatever the interval says.
    pub nudged: bool,
}

/// A connection as the plan sees it.
#[derive(Clone, Debug)]
pub struct ConnectionState {
    pub status: ConnectionStatus,
    pub paused_until: Option<Timestamp>,
    pub permits: usize,
    pub running: usize,
    pub gate: Gate,
    pub blocked_until: Option<Timestamp>,
}

/// Everything outside the scopes.
#[derive(Clone, Copy, Debug, Default)]
pub struct World {
    pub offline: bool,
    pub disk_full: bool,
    /// Whether the window is in front.
    pub focused: bool,
}

/// One scope to sync now. `probe`: the breaker lets only this one through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub scope: ScopeId,
    pub connection: ConnectionId,
    pub probe: bool,
}

/// When this scope is due; None while it runs.
pub fn due(scope: &ScopeState, world: World) -> Option<Timestamp> {
    if scope.running {
        return None;
    }
    let floor = scope.not_before.unwrap_or(Timestamp(i64::MIN));
    if scope.nudged || scope.unfinished {
        return Some(floor);
    }
    let Some(last) = scope.last_ok else { return Some(floor) };
    Some(last.plus_millis(interval_ms(scope, world)).max(floor))
}

/// Milliseconds between two rounds of a scope.
pub fn interval_ms(scope: &ScopeState, world: World) -> i64 {
    if let Some(ms) = scope.pace_ms {
        return ms;
    }
    if scope.people {
        return PEOPLE_MS;
    }
    if scope.calendar {
        return if world.focused { CALENDAR_MS } else { OTHER_MS };
    }
    let inbox = scope.whole_account || scope.role == Some(MailboxRole::Inbox);
    match (inbox, scope.visible, scope.pushed) {
        (_, _, true) => PUSHED_MS,
        (_, true, _) if world.focused => VISIBLE_MS,
        (true, ..) if world.focused => BACKGROUND_MS,
        (true, ..) => IDLE_BACKGROUND_MS,
        (false, ..) => OTHER_MS,
    }
}

/// What to start now, most wanted first.
pub fn plan(now: Timestamp, scopes: &[ScopeState], connections: &BTreeMap<ConnectionId, ConnectionState>, world: World) -> Vec<Job> {
    if world.disk_full {
        return Vec::new();
    }
    let mut ready: Vec<(&ScopeState, Timestamp)> =
        scopes.iter().filter_map(|s| due(s, world).filter(|at| *at <= now).map(|at| (s, at))).collect();
    ready.sort_by_key(|(s, at)| (rank(s), *at, s.id));
    let mut left: BTreeMap<&ConnectionId, usize> = BTreeMap::new();
    let mut jobs = Vec::new();
    for (scope, _) in ready {
        let Some(connection) = connections.get(&scope.connection) else { continue };
        if !may_run(connection, now) {
            continue;
        }
        // Offline, and behind an open breaker, one probe per connection finds out whether the world is back.
        let probe = world.offline || connection.gate == Gate::Probe;
        let permits = if probe { usize::from(connection.running == 0) } else { connection.permits.saturating_sub(connection.running) };
        let left = left.entry(&scope.connection).or_insert(permits);
        if *left == 0 {
            continue;
        }
        *left -= 1;
        jobs.push(Job { scope: scope.id, connection: scope.connection.clone(), probe });
    }
    jobs
}

/// When the next scope will be due, to sleep until then. None: only an event can wake the runner.
pub fn next_due(
    now: Timestamp,
    scopes: &[ScopeState],
    connections: &BTreeMap<ConnectionId, ConnectionState>,
    world: World,
) -> Option<Timestamp> {
    scopes.iter().filter_map(|s| next_round(now, s, connections.get(&s.connection)?, world)).min()
}

/// When this scope's next round may begin, with everything that holds its connection up. None: it runs, or waits for the person.
pub fn next_round(now: Timestamp, scope: &ScopeState, connection: &ConnectionState, world: World) -> Option<Timestamp> {
    let open = match connection.gate {
        Gate::Open(until) => until,
        _ => now,
    };
    if connection.status != ConnectionStatus::Active {
        return None;
    }
    let paused = connection.paused_until.unwrap_or(now);
    let blocked = connection.blocked_until.unwrap_or(now);
    due(scope, world).map(|at| at.max(open).max(paused).max(blocked))
}

fn may_run(connection: &ConnectionState, now: Timestamp) -> bool {
    connection.status == ConnectionStatus::Active
        && connection.paused_until.is_none_or(|until| until <= now)
        && connection.blocked_until.is_none_or(|until| until <= now)
        && !matches!(connection.gate, Gate::Open(_))
}

/// Smaller runs first.
fn rank(scope: &ScopeState) -> u8 {
    if scope.people {
        return 7;
    }
    let inbox = scope.whole_account || scope.role == Some(MailboxRole::Inbox);
    match (scope.nudged && scope.visible, scope.visible, inbox, scope.role) {
        (true, ..) => 0,
        (_, true, ..) => 1,
        (_, _, true, _) => 2,
        _ if scope.nudged => 3,
        (.., Some(MailboxRole::Sent | MailboxRole::Drafts)) => 4,
        (.., Some(MailboxRole::Junk | MailboxRole::Trash | MailboxRole::All)) => 6,
        _ => 5,
    }
}

#[cfg(test)]
#[path = "schedule_tests.rs"]
mod tests;
