//! What all handles of one connection share. The engine may ask for a new source whenever it likes; the limits are still those of one account.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::ids::ConnectionId;

use crate::http::patience::{Jitter, Sleep, real_jitter, real_sleep};

/// By connection; and how all of them wait.
pub struct Accounts<T> {
    all: Mutex<HashMap<ConnectionId, Arc<T>>>,
    pub(crate) sleep: Sleep,
    pub(crate) jitter: Jitter,
}

impl<T> Default for Accounts<T> {
    fn default() -> Self {
        Self::waiting_by(real_sleep(), real_jitter())
    }
}

impl<T> Accounts<T> {
    pub fn waiting_by(sleep: Sleep, jitter: Jitter) -> Self {
        Self { all: Mutex::default(), sleep, jitter }
    }

    /// Made when it is asked for the first time.
    pub(crate) fn of(&self, id: &ConnectionId, make: impl FnOnce() -> T) -> Arc<T> {
        let mut map = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(map.entry(id.clone()).or_insert_with(|| Arc::new(make())))
    }
}
