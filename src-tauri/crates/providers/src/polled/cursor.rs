//! Where the reading of a provider stands.
//!
//! Pure: what is asked next and what follows from an answer. Only differences of our own clock count, for it need not agree with the
//! provider's.

use std::collections::BTreeSet;

use domain::{ids::RemoteId, sync::SyncCursor, tasks::RemoteTask, time::Timestamp};
use serde::{Deserialize, Serialize};

use crate::opaque;

/// So long after a change it may become visible only later than another one that came after it: that is asked for again.
const OVERLAP_MS: i64 = 60_000;
/// Everything is read again after so long.
const SWEEP_MS: i64 = 86_400_000;
const DAY_MS: i64 = 86_400_000;

/// One page of the listing of what is open, as it was last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// What the provider tells an unchanged page by.
    pub tag: String,
    pub ids: Vec<RemoteId>,
    /// Where the listing goes on.
    pub next: Option<String>,
}

/// What the engine keeps as an opaque string. Stored for years: add fields with defaults, change none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    v: u8,
    /// Changes of this instant (the provider's clock) and later are asked for. None: nothing is known, so everything is read.
    from: Option<Timestamp>,
    /// The newest change that was ever seen, by the provider's clock.
    newest: Option<Timestamp>,
    /// When it was first seen, by ours.
    newest_at: Timestamp,
    /// When the last reading of everything began, by our clock.
    swept: Timestamp,
    /// What is open here.
    #[serde(default)]
    pub open: BTreeSet<RemoteId>,
    #[serde(default)]
    pub marks: Vec<Mark>,
    /// Tag of the answer to the question for changes since this instant.
    #[serde(default)]
    pub tag: Option<(Timestamp, String)>,
    /// The round under way, after its first page.
    #[serde(default)]
    pub round: Option<Round>,
}

/// A reading from its first page to its last. Nothing of it counts for the position before its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Round {
    /// Where it began; None: everything is read.
    pub from: Option<Timestamp>,
    pub size: usize,
    pub began: Timestamp,
    /// Where it goes on; None: at its beginning.
    pub at: Option<String>,
    pub newest: Option<Timestamp>,
    pub pages: usize,
    /// Of everything: what was there.
    pub ids: Vec<RemoteId>,
}

impl Cursor {
    pub fn parse(cursor: &SyncCursor) -> Option<Self> {
        opaque::read::<Self>(cursor).filter(|c| c.v == 1)
    }

    pub fn store(&self) -> SyncCursor {
        opaque::write(&Self { v: 1, ..self.clone() })
    }

    /// Everything is due now and then, and where nothing is known yet. A clock that was set back by more than a day counts as now and then.
    pub fn begin(&mut self, size: usize, now: Timestamp) -> Round {
        let due = !(-DAY_MS..SWEEP_MS).contains(&now.since(self.swept));
        let from = self.from.filter(|_| !due);
        if from.is_none() {
            self.open.clear();
        }
        Round { from, size, began: now, at: None, newest: None, pages: 0, ids: Vec::new() }
    }

    pub fn saw(&mut self, task: &RemoteTask) {
        if task.fields.status.is_closed() {
            self.open.remove(&task.id);
        } else {
            self.open.insert(task.id.clone());
        }
    }

    /// After the last page.
    pub fn finish(&mut self, round: &Round, now: Timestamp) {
        self.round = None;
        if round.from.is_none() {
            self.swept = round.began;
        }
        match round.newest {
            Some(seen) if self.newest.is_none_or(|known| seen > known) => {
                self.newest = Some(seen);
                self.newest_at = now;
                // What changed on a page that was read already changed after the round began, which was at most so long before `seen`.
                let took = now.since(round.began).max(0);
                self.from = self.from.max(Some(seen.plus_millis(-took - OVERLAP_MS)));
            }
            // Asked again a minute after it was first seen, and still the newest: whatever came before it is visible by now, so that a
            // thousand changes of one minute are not read for ever.
            _ if round.began.since(self.newest_at) >= OVERLAP_MS => self.from = self.newest.map(|newest| newest.plus_millis(1)),
            _ => {}
        }
    }
}
