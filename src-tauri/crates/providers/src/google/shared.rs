//! What all handles of one Google account share: quota units, requests in flight, and the state of a re-listing. The engine may
//! ask for a new source whenever it likes; the units are still those of one person.

use std::sync::Arc;

use domain::{ids::ConnectionId, time::Clock};

use super::{quota::Bucket, relist::Round};
use crate::{
    http::patience::{Jitter, Sleep},
    listings::Listings,
    per_connection,
};

pub struct Shared {
    pub bucket: Bucket,
    /// Calls to the Calendar API, which counts them by itself.
    pub calendar: Bucket,
    /// Calls to the Tasks API.
    pub tasks: Bucket,
    /// Calls to the Drive API.
    pub drive: Bucket,
    /// Calls to the People API.
    pub people: Bucket,
    /// Running listings of people, by list.
    pub(crate) listings: Listings,
    pub round: Round,
    pub sleep: Sleep,
    pub jitter: Jitter,
}

pub type Accounts = per_connection::Accounts<Shared>;

impl Accounts {
    /// `metered`: whether Google's units apply from the start.
    pub fn get(&self, id: &ConnectionId, clock: Clock, metered: bool) -> Arc<Shared> {
        self.of(id, || {
            let bucket = || Bucket::new(Arc::clone(&clock), Arc::clone(&self.sleep), Arc::clone(&self.jitter), metered);
            Shared {
                bucket: bucket(),
                calendar: bucket(),
                tasks: bucket(),
                drive: bucket(),
                people: bucket(),
                listings: Listings::default(),
                round: Round::default(),
                sleep: Arc::clone(&self.sleep),
                jitter: Arc::clone(&self.jitter),
            }
        })
    }
}
