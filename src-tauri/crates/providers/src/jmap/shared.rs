//! What all handles of one connection share: the session, how many requests are under way, the mailboxes as they were last listed, and what a
//! running listing has named. The engine may ask for a new source whenever it likes; the limits are still those of one account.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::ids::ConnectionId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{model::Mailbox, place::Start, session::Session};
use crate::{
    http::patience::{Jitter, Sleep},
    listings::Listings,
    per_connection,
};

/// Requests at a time: the RFC's least is four, and one is left for the person's other programs.
pub const IN_FLIGHT: u32 = 3;

/// Mailboxes at a state.
#[derive(Clone)]
pub struct Known {
    pub account: String,
    pub state: String,
    pub list: Vec<Mailbox>,
}

pub struct Shared {
    flight: Arc<Semaphore>,
    pub sleep: Sleep,
    pub jitter: Jitter,
    /// One asks for the session, the others wait for it.
    pub asking: tokio::sync::Mutex<()>,
    session: Mutex<Option<(Start, Arc<Session>)>>,
    known: Mutex<Option<Known>>,
    /// By account.
    pub(crate) listings: Listings,
    /// State of the mail that the last finished round ended with.
    synced: Mutex<Option<String>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// Held while a request is under way, its body included. `most`: what the server allows at a time.
    pub async fn flight(&self, most: u32) -> Option<OwnedSemaphorePermit> {
        let weight = match most {
            0 | 1 => IN_FLIGHT,
            2 => 2,
            _ => 1,
        };
        // The semaphore is never closed.
        Arc::clone(&self.flight).acquire_many_owned(weight).await.ok()
    }

    /// The session that was found for this sign-in.
    pub fn session(&self, start: &Start) -> Option<Arc<Session>> {
        locked(&self.session).as_ref().filter(|(known, _)| known == start).map(|(_, session)| Arc::clone(session))
    }

    pub fn keep_session(&self, start: &Start, session: &Arc<Session>) {
        *locked(&self.session) = Some((start.clone(), Arc::clone(session)));
    }

    /// Unless a newer one has come meanwhile.
    pub fn forget_session(&self, old: &Arc<Session>) {
        let mut slot = locked(&self.session);
        if slot.as_ref().is_some_and(|(_, session)| Arc::ptr_eq(session, old)) {
            *slot = None;
        }
    }

    pub fn mailboxes(&self, account: &str) -> Option<Known> {
        locked(&self.known).clone().filter(|known| known.account == account)
    }

    pub fn keep_mailboxes(&self, known: Known) {
        *locked(&self.known) = Some(known);
    }

    pub fn synced(&self) -> Option<String> {
        locked(&self.synced).clone()
    }

    pub fn set_synced(&self, state: &str) {
        *locked(&self.synced) = Some(state.to_owned());
    }
}

pub type Accounts = per_connection::Accounts<Shared>;

impl Accounts {
    pub(super) fn get(&self, id: &ConnectionId) -> Arc<Shared> {
        self.of(id, || Shared {
            flight: Arc::new(Semaphore::new(IN_FLIGHT as usize)),
            sleep: Arc::clone(&self.sleep),
            jitter: Arc::clone(&self.jitter),
            asking: tokio::sync::Mutex::default(),
            session: Mutex::default(),
            known: Mutex::default(),
            listings: Listings::default(),
            synced: Mutex::default(),
        })
    }
}
