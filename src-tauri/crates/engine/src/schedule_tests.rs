#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use super::*;

fn scope(id: i64, connection: &str, role: Option<MailboxRole>) -> ScopeState {
    ScopeState {
        id: ScopeId(id),
        connection: connection.into(),
        role,
        whole_account: false,
        visible: false,
        running: false,
        unfinished: false,
        pushed: false,
        calendar: false,
        people: false,
        pace_ms: None,
        last_ok: None,
        not_before: None,
        nudged: false,
    }
}

fn up(permits: usize) -> ConnectionState {
    ConnectionState { status: ConnectionStatus::Active, paused_until: None, permits, running: 0, gate: Gate::Closed, blocked_until: None }
}

fn one(state: ConnectionState) -> BTreeMap<ConnectionId, ConnectionState> {
    BTreeMap::from([("a".into(), state)])
}

fn ids(jobs: &[Job]) -> Vec<i64> {
    jobs.iter().map(|j| j.scope.0).collect()
}

const NOW: Timestamp = Timestamp(10_000_000);
const FRONT: World = World { offline: false, disk_full: false, focused: true };

#[test]
fn visible_first_then_inboxes_then_the_rest_within_the_permits() {
    let mut s = vec![
        scope(1, "a", Some(MailboxRole::Trash)),
        scope(2, "a", None),
        scope(3, "a", Some(MailboxRole::Inbox)),
        scope(4, "a", Some(MailboxRole::Sent)),
        scope(5, "a", None),
    ];
    s[4].visible = true;
    assert_eq!(ids(&plan(NOW, &s, &one(up(9)), FRONT)), [5, 3, 4, 2, 1]);
    assert_eq!(ids(&plan(NOW, &s, &one(up(2)), FRONT)), [5, 3]);
    let busy = ConnectionState { running: 2, ..up(2) };
    assert!(plan(NOW, &s, &one(busy), FRONT).is_empty());
}

#[test]
fn intervals_by_what_the_person_sees() {
    let mut s = scope(1, "a", Some(MailboxRole::Inbox));
    s.last_ok = Some(NOW);
    let at = |s: &ScopeState, w| due(s, w).unwrap().since(NOW);
    assert_eq!(at(&s, FRONT), 60_000);
    assert_eq!(at(&s, World { focused: false, ..FRONT }), 120_000);
    s.visible = true;
    assert_eq!(at(&s, FRONT), 15_000);
    s.pushed = true;
    assert_eq!(at(&s, FRONT), 600_000);
    let mut other = scope(2, "a", None);
    other.last_ok = Some(NOW);
    assert_eq!(at(&other, FRONT), 300_000);
    s.running = true;
    assert_eq!(due(&s, FRONT), None);
}

#[test]
fn paused_expired_blocked_or_open_connections_do_nothing() {
    let s = [scope(1, "a", Some(MailboxRole::Inbox))];
    let later = NOW.plus_secs(9);
    for state in [
        ConnectionState { status: ConnectionStatus::Expired, ..up(2) },
        ConnectionState { status: ConnectionStatus::Disabled, ..up(2) },
        ConnectionState { status: ConnectionStatus::Error, ..up(2) },
        ConnectionState { paused_until: Some(later), ..up(2) },
        ConnectionState { blocked_until: Some(later), ..up(2) },
        ConnectionState { gate: Gate::Open(later), ..up(2) },
    ] {
        assert!(plan(NOW, &s, &one(state.clone()), FRONT).is_empty(), "{state:?}");
    }
    let over = ConnectionState { paused_until: Some(NOW), ..up(2) };
    assert_eq!(plan(NOW, &s, &one(over), FRONT).len(), 1, "a pause ends by itself");
    assert!(plan(NOW, &s, &one(up(2)), World { disk_full: true, ..FRONT }).is_empty());
}

#[test]
fn a_half_open_breaker_and_being_offline_let_one_probe_through() {
    let s = [scope(1, "a", Some(MailboxRole::Inbox)), scope(2, "a", None)];
    let half = ConnectionState { gate: Gate::Probe, ..up(4) };
    assert_eq!(plan(NOW, &s, &one(half), FRONT), [Job { scope: ScopeId(1), connection: "a".into(), probe: true }]);
    assert_eq!(plan(NOW, &s, &one(up(4)), World { offline: true, ..FRONT }).len(), 1);
}

#[test]
fn backoff_holds_even_when_nudged_and_unfinished_first_syncs_go_on() {
    let mut s = scope(1, "a", None);
    s.last_ok = Some(NOW);
    s.unfinished = true;
    assert_eq!(plan(NOW, std::slice::from_ref(&s), &one(up(1)), FRONT).len(), 1);
    s.nudged = true;
    s.not_before = Some(NOW.plus_secs(3));
    assert!(plan(NOW, std::slice::from_ref(&s), &one(up(1)), FRONT).is_empty());
    assert_eq!(next_due(NOW, std::slice::from_ref(&s), &one(up(1)), FRONT), Some(NOW.plus_secs(3)));
}

#[test]
fn connections_do_not_starve_each_other() {
    let s: Vec<_> = (0..20).map(|i| scope(i, if i % 2 == 0 { "a" } else { "b" }, None)).collect();
    let both = BTreeMap::from([("a".into(), up(3)), ("b".into(), up(1))]);
    let jobs = plan(NOW, &s, &both, FRONT);
    assert_eq!(jobs.iter().filter(|j| j.connection.as_str() == "a").count(), 3);
    assert_eq!(jobs.iter().filter(|j| j.connection.as_str() == "b").count(), 1);
}
