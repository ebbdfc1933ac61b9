//! The sandbox's own time: the real clock plus an offset, or standing still, so that tests can let an hour pass at once.

use std::sync::{Arc, Mutex, PoisonError};

use domain::time::{Clock, Timestamp};

/// Cheap to clone; all clones share one time.
#[derive(Clone)]
pub struct SandboxClock {
    base: Clock,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    offset_ms: i64,
    frozen: Option<Timestamp>,
}

impl std::fmt::Debug for SandboxClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SandboxClock").field(&self.now()).finish()
    }
}

impl SandboxClock {
    pub fn new(base: Clock) -> Self {
        Self { base, state: Arc::default() }
    }

    fn with<T>(&self, f: impl FnOnce(&mut State, Timestamp) -> T) -> T {
        f(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner), (self.base)())
    }

    pub fn now(&self) -> Timestamp {
        self.with(|s, base| s.frozen.unwrap_or_else(|| base.plus_millis(s.offset_ms)))
    }

    /// Moves forward (or back) by `ms` milliseconds.
    pub fn advance(&self, ms: i64) {
        self.with(|s, _| match &mut s.frozen {
            Some(at) => *at = at.plus_millis(ms),
            None => s.offset_ms += ms,
        });
    }

    /// Jumps to `at` and goes on from there (or stays there while frozen).
    pub fn set(&self, at: Timestamp) {
        self.with(|s, base| match &mut s.frozen {
            Some(frozen) => *frozen = at,
            None => s.offset_ms = at.since(base),
        });
    }

    pub fn freeze(&self, frozen: bool) {
        self.with(|s, base| {
            let now = s.frozen.unwrap_or_else(|| base.plus_millis(s.offset_ms));
            s.offset_ms = now.since(base);
            s.frozen = frozen.then_some(now);
        });
    }

    /// The same time in the shape the engine takes.
    pub fn as_clock(&self) -> Clock {
        let clock = self.clone();
        Arc::new(move || clock.now())
    }
}
