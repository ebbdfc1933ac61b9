//! What all handles of one Google account share: quota units, requests in flight, and the state of a re-listing. The engine may
//! ask for a new source whenever it likes; the units are still those of one person.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{ids::ConnectionId, time::Clock};

use super::{
    quota::{Bucket, Jitter, Sleep, real_jitter, real_sleep},
    relist::Round,
};

pub struct Shared {
    pub bucket: Bucket,
    /// Calls to the Calendar API, which counts them by itself.
    pub calendar: Bucket,
    /// Calls to the Tasks API.
    pub tasks: Bucket,
    pub round: Round,
}

/// By connection.
pub struct Accounts {
    map: Mutex<HashMap<ConnectionId, Arc<Shared>>>,
    sleep: Sleep,
    jitter: Jitter,
}

impl Default for Accounts {
    fn default() -> Self {
        Self::waiting_by(real_sleep(), real_jitter())
    }
}

impl Accounts {
    pub fn waiting_by(sleep: Sleep, jitter: Jitter) -> Self {
        Self { map: Mutex::default(), sleep, jitter }
    }

    /// `metered`: whether Google's units apply from the start.
    pub fn get(&self, id: &ConnectionId, clock: Clock, metered: bool) -> Arc<Shared> {
        let mut map = self.map.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(map.entry(id.clone()).or_insert_with(|| {
            let bucket = || Bucket::new(Arc::clone(&clock), Arc::clone(&self.sleep), Arc::clone(&self.jitter), metered);
            Arc::new(Shared { bucket: bucket(), calendar: bucket(), tasks: bucket(), round: Round::default() })
        }))
    }
}
