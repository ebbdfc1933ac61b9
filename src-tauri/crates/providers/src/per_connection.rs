//! What all handles of one connection share. The engine may ask for a new source whenever it likes; the limits are still those of one account.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::ids::ConnectionId;

pub(crate) struct PerConnection<T>(Mutex<HashMap<ConnectionId, Arc<T>>>);

impl<T> Default for PerConnection<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> PerConnection<T> {
    /// Made when it is asked for the first time.
    pub fn get(&self, id: &ConnectionId, make: impl FnOnce() -> T) -> Arc<T> {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(map.entry(id.clone()).or_insert_with(|| Arc::new(make())))
    }
}
