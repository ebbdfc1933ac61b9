//! Google's quota units as a token bucket (PROVIDERS 1.2: 6,000 units per minute and user), so that we wait here instead of being
//! refused there, and the cap of requests in flight that Gmail does not document but enforces.
//!
//! Requests queue in the order they came (the mutex is fair). A send (100 units) or a click of the person can thus wait behind
//! a batch of a first sync, at most for the time that one batch needs; batches are kept small for that reason.
//!
//! A stand-in on this machine (`gmail_url` at a loopback address) has no units until it says so: then its first refusal switches
//! the meter on.

use std::{sync::Arc, time::Duration};

use domain::time::{Clock, Timestamp};
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};

use crate::http::patience::{Jitter, Sleep};

const UNITS_PER_MINUTE: f64 = 6000.0;
const IN_FLIGHT: usize = 10;

/// Units per call, table of May 2026.
pub mod cost {
    pub const PROFILE: u32 = 1;
    pub const LABELS_LIST: u32 = 1;
    pub const HISTORY_LIST: u32 = 2;
    pub const MESSAGES_LIST: u32 = 5;
    pub const MODIFY: u32 = 5;
    pub const DRAFTS_LIST: u32 = 5;
    pub const LABEL_WRITE: u32 = 5;
    pub const DELETE: u32 = 10;
    pub const DRAFT_CREATE: u32 = 10;
    pub const DRAFT_DELETE: u32 = 10;
    pub const DRAFT_UPDATE: u32 = 15;
    pub const MESSAGE_GET: u32 = 20;
    pub const TRASH: u32 = 20;
    pub const INSERT: u32 = 25;
    pub const BATCH_MODIFY: u32 = 50;
    pub const SEND: u32 = 100;
    /// A call to the Calendar API. Google allows 600 in any minute (PROVIDERS 1.2): what a full bucket gives at once and what it
    /// refills meanwhile are never more than that.
    pub const CALENDAR: u32 = 20;
    /// A call to the Tasks API. Google says only how many there may be in a day (PROVIDERS 1.2): 300 in a minute are what a busy person
    /// needs at a first sync, and no more than five a second for long.
    pub const TASKS: u32 = 20;
    /// A call to the Drive API. Google allows 12,000 in a minute (PROVIDERS 1.2); nobody saves files that fast.
    pub const DRIVE: u32 = 5;
    /// A call to the People API. Google allows some 90 reads in a minute, and counts first pages of whole lists apart.
    pub const PEOPLE: u32 = 100;
}

pub struct Bucket {
    state: Mutex<State>,
    flight: Arc<Semaphore>,
    clock: Clock,
    sleep: Sleep,
    jitter: Jitter,
}

struct State {
    units: f64,
    at: Timestamp,
    metered: bool,
}

impl Bucket {
    pub fn new(clock: Clock, sleep: Sleep, jitter: Jitter, metered: bool) -> Self {
        let at = clock();
        Self {
            state: Mutex::new(State { units: UNITS_PER_MINUTE, at, metered }),
            flight: Arc::new(Semaphore::new(IN_FLIGHT)),
            clock,
            sleep,
            jitter,
        }
    }

    /// Takes `units`, waiting until they are there. More than a minute's worth is taken as a debt, so that nothing waits for ever.
    pub async fn take(&self, units: u32) {
        let wanted = f64::from(units);
        let mut state = self.state.lock().await;
        if !state.metered {
            return;
        }
        state.refill((self.clock)());
        let missing = wanted.min(UNITS_PER_MINUTE) - state.units;
        if missing > 0.0 {
            let wait = Duration::from_secs_f64(missing * 60.0 / UNITS_PER_MINUTE);
            (self.sleep)(wait).await;
            // Counted as waited whatever the clock says meanwhile.
            state.units += missing;
            state.at = (self.clock)();
        }
        state.units -= wanted;
    }

    /// Google said that the units are used up (another program of the same client may share them): start empty.
    pub async fn exhausted(&self) {
        let mut state = self.state.lock().await;
        state.metered = true;
        state.refill((self.clock)());
        state.units = state.units.min(0.0);
    }

    /// Held while a request is under way, its body included.
    pub async fn flight(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed.
        Arc::clone(&self.flight).acquire_owned().await.ok()
    }

    /// At random, below `ceiling`.
    pub fn jitter(&self, ceiling: u64) -> u64 {
        (self.jitter)(ceiling)
    }

    pub async fn sleep(&self, duration: Duration) {
        (self.sleep)(duration).await;
    }
}

impl State {
    fn refill(&mut self, now: Timestamp) {
        let elapsed = now.since(self.at).max(0);
        self.units = (self.units + elapsed as f64 * UNITS_PER_MINUTE / 60_000.0).min(UNITS_PER_MINUTE);
        // Also where the clock was set back: count from there.
        self.at = now;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    /// A clock that only `sleep` moves.
    fn frozen() -> (Bucket, Arc<AtomicI64>) {
        let time = Arc::new(AtomicI64::new(1_000_000));
        let (read, advance) = (Arc::clone(&time), Arc::clone(&time));
        let clock: Clock = Arc::new(move || Timestamp(read.load(Ordering::SeqCst)));
        let sleep: Sleep = Arc::new(move |d| {
            advance.fetch_add(d.as_millis() as i64, Ordering::SeqCst);
            Box::pin(std::future::ready(()))
        });
        (Bucket::new(clock, sleep, crate::scripted::half(), true), time)
    }

    #[tokio::test]
    async fn spends_a_minute_at_once_then_waits_for_its_units() {
        let (bucket, time) = frozen();
        let start = time.load(Ordering::SeqCst);
        for _ in 0..300 {
            bucket.take(cost::MESSAGE_GET).await;
        }
        assert_eq!(time.load(Ordering::SeqCst), start, "300 reads fit into the first minute");
        for _ in 0..300 {
            bucket.take(cost::MESSAGE_GET).await;
        }
        let waited = time.load(Ordering::SeqCst) - start;
        assert!((59_000..=61_000).contains(&waited), "the next 300 take a minute: {waited}");
    }

    #[tokio::test]
    async fn a_refusal_empties_the_bucket_and_time_fills_it_no_further_than_a_minute() {
        let (bucket, time) = frozen();
        bucket.exhausted().await;
        let start = time.load(Ordering::SeqCst);
        bucket.take(100).await;
        assert_eq!(time.load(Ordering::SeqCst) - start, 1000);
        time.fetch_add(3_600_000, Ordering::SeqCst);
        let start = time.load(Ordering::SeqCst);
        bucket.take(6000).await;
        bucket.take(100).await;
        assert_eq!(time.load(Ordering::SeqCst) - start, 1000, "an hour of rest is worth one minute of units");
        bucket.take(9000).await;
        assert!(time.load(Ordering::SeqCst) - start <= 62_000, "an oversized call waits for one minute, then runs into debt");
    }
}
