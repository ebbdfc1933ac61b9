//! What the window is told. Events carry ids, never content, go out only after the commit they speak of, and are gathered
//! for at least 50 ms: a first sync of ten thousand mails must not send ten thousand messages to a web view.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use domain::ids::{ConnectionId, OutboxId};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

/// Events are gathered for this long.
pub const COALESCE: Duration = Duration::from_millis(50);
/// Beyond so many ids of one entity the receiver is told "many": it asks again for what it shows.
const MANY: usize = 200;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entity {
    Thread,
    Message,
    Mailbox,
    Account,
    Draft,
    Settings,
    Calendar,
    Event,
    /// Tasks and their lists.
    Task,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EngineEvent {
    /// Rows of `entity` changed. Empty `ids`: many. `rev` only grows.
    Changed {
        entity: Entity,
        ids: Vec<i64>,
        rev: u64,
    },
    SyncProgress {
        connection: ConnectionId,
        done: u64,
        total: u64,
    },
    /// Status, error, settings or existence of a connection.
    ConnectionChanged {
        connection: ConnectionId,
    },
    OutboxChanged {
        connection: ConnectionId,
        item: OutboxId,
    },
    /// A job on many conversations moved on or ended.
    BulkChanged {
        job: i64,
    },
    /// The splits of the inbox, or what lies in them, changed.
    SplitsChanged,
    /// Something the person has to decide.
    Attention {
        connection: Option<ConnectionId>,
        code: String,
        message: String,
    },
}

#[derive(Default)]
struct Pending {
    changed: BTreeMap<Entity, BTreeSet<i64>>,
    many: BTreeSet<Entity>,
    progress: BTreeMap<ConnectionId, (u64, u64)>,
    connections: BTreeSet<ConnectionId>,
    outbox: BTreeMap<OutboxId, ConnectionId>,
    attention: Vec<EngineEvent>,
    bulk: BTreeSet<i64>,
    splits: bool,
    scheduled: bool,
}

/// Cheap to clone; sending never blocks and never fails.
#[derive(Clone)]
pub struct Events {
    inner: Arc<Inner>,
}

struct Inner {
    tx: broadcast::Sender<EngineEvent>,
    pending: Mutex<Pending>,
    rev: AtomicU64,
}

impl Default for Events {
    fn default() -> Self {
        let (tx, _) = broadcast::channel(512);
        Self { inner: Arc::new(Inner { tx, pending: Mutex::new(Pending::default()), rev: AtomicU64::new(0) }) }
    }
}

impl Events {
    /// A slow receiver loses the oldest events (`Lagged`): it should then ask again for everything it shows.
    pub fn subscribe(&self) -> broadcast::Receiver<EngineEvent> {
        self.inner.tx.subscribe()
    }

    pub fn changed(&self, entity: Entity, ids: impl IntoIterator<Item = i64>) {
        self.add(|p| {
            let set = p.changed.entry(entity).or_default();
            set.extend(ids);
            if set.len() > MANY {
                p.many.insert(entity);
            }
        });
    }

    pub fn changed_many(&self, entity: Entity) {
        self.add(|p| {
            p.many.insert(entity);
        });
    }

    pub fn progress(&self, connection: &ConnectionId, done: u64, total: u64) {
        self.add(|p| {
            p.progress.insert(connection.clone(), (done, total));
        });
    }

    pub fn connection(&self, connection: &ConnectionId) {
        self.add(|p| {
            p.connections.insert(connection.clone());
        });
    }

    pub fn outbox(&self, connection: &ConnectionId, item: OutboxId) {
        self.add(|p| {
            p.outbox.insert(item, connection.clone());
        });
    }

    pub fn bulk(&self, job: i64) {
        self.add(|p| {
            p.bulk.insert(job);
        });
    }

    pub fn splits(&self) {
        self.add(|p| p.splits = true);
    }

    pub fn attention(&self, connection: Option<&ConnectionId>, code: &str, message: impl Into<String>) {
        let event = EngineEvent::Attention { connection: connection.cloned(), code: code.to_owned(), message: message.into() };
        self.add(|p| {
            if !p.attention.contains(&event) {
                p.attention.push(event);
            }
        });
    }

    /// The `rev` of the last events that went out.
    pub fn revision(&self) -> u64 {
        self.inner.rev.load(Ordering::Relaxed)
    }

    fn add(&self, change: impl FnOnce(&mut Pending)) {
        let start = {
            let Ok(mut pending) = self.inner.pending.lock() else { return };
            change(&mut pending);
            !std::mem::replace(&mut pending.scheduled, true)
        };
        if !start {
            return;
        }
        // Outside a runtime (pure tests) nobody listens; the next call inside one flushes.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            if let Ok(mut pending) = self.inner.pending.lock() {
                pending.scheduled = false;
            }
            return;
        };
        let me = self.clone();
        runtime.spawn(async move {
            tokio::time::sleep(COALESCE).await;
            me.flush();
        });
    }

    fn flush(&self) {
        let Ok(mut guard) = self.inner.pending.lock() else { return };
        let pending = std::mem::take(&mut *guard);
        drop(guard);
        let rev = self.inner.rev.fetch_add(1, Ordering::Relaxed) + 1;
        let mut out = Vec::new();
        for entity in pending.changed.keys().chain(pending.many.iter()).collect::<BTreeSet<_>>() {
            let ids = match pending.changed.get(entity) {
                Some(ids) if !pending.many.contains(entity) => ids.iter().copied().collect(),
                _ => Vec::new(),
            };
            out.push(EngineEvent::Changed { entity: *entity, ids, rev });
        }
        out.extend(pending.connections.into_iter().map(|connection| EngineEvent::ConnectionChanged { connection }));
        out.extend(pending.progress.into_iter().map(|(connection, (done, total))| EngineEvent::SyncProgress { connection, done, total }));
        out.extend(pending.outbox.into_iter().map(|(item, connection)| EngineEvent::OutboxChanged { connection, item }));
        out.extend(pending.bulk.into_iter().map(|job| EngineEvent::BulkChanged { job }));
        out.extend(pending.splits.then_some(EngineEvent::SplitsChanged));
        out.extend(pending.attention);
        for event in out {
            // No receiver is fine: the command line often has none.
            let _ = self.inner.tx.send(event);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_becomes_one_event_per_entity() {
        let events = Events::default();
        let mut rx = events.subscribe();
        for i in 0..150 {
            events.changed(Entity::Thread, [i % 3]);
            events.progress(&"c".into(), i as u64, 150);
        }
        assert!(rx.try_recv().is_err(), "not before 50 ms");
        tokio::time::sleep(Duration::from_millis(60)).await;
        assert_eq!(rx.try_recv().unwrap(), EngineEvent::Changed { entity: Entity::Thread, ids: vec![0, 1, 2], rev: 1 });
        assert_eq!(rx.try_recv().unwrap(), EngineEvent::SyncProgress { connection: "c".into(), done: 149, total: 150 });
        assert!(rx.try_recv().is_err());
        events.changed(Entity::Thread, 0..1000);
        tokio::time::sleep(Duration::from_millis(60)).await;
        assert_eq!(rx.try_recv().unwrap(), EngineEvent::Changed { entity: Entity::Thread, ids: vec![], rev: 2 });
    }
}
