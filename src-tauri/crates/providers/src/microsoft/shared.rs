//! What all handles of one Microsoft account share: how many requests are under way, which folders are Exchange's own, and what a running
//! listing has seen. The engine may ask for a new source whenever it likes; the limits are still those of one mailbox.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use domain::{ids::ConnectionId, time::Timestamp};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::wait::{Jitter, Sleep};
use crate::{listings::Listings, per_connection};

/// Graph refuses the fifth request at a time for one mailbox; one is left for the person's other programs (PROVIDERS 2.2).
pub const IN_FLIGHT: u32 = 3;

pub struct Shared {
    flight: Arc<Semaphore>,
    pub sleep: Sleep,
    pub jitter: Jitter,
    /// Ids of well-known folders by name, and when they were asked for.
    pub known: Mutex<Option<(Timestamp, HashMap<String, String>)>>,
    /// By folder.
    pub(crate) listings: Listings,
}

impl Shared {
    /// Held while a request is under way, its body included. A batch takes them all: Graph runs up to four of its parts at once.
    pub async fn flight(&self, permits: u32) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed.
        Arc::clone(&self.flight).acquire_many_owned(permits.clamp(1, IN_FLIGHT)).await.ok()
    }
}

pub type Accounts = per_connection::Accounts<Shared>;

impl Accounts {
    pub fn get(&self, id: &ConnectionId) -> Arc<Shared> {
        self.of(id, || Shared {
            flight: Arc::new(Semaphore::new(IN_FLIGHT as usize)),
            sleep: Arc::clone(&self.sleep),
            jitter: Arc::clone(&self.jitter),
            known: Mutex::default(),
            listings: Listings::default(),
        })
    }
}
