//! Signing in: RFC 6749 with PKCE, for every provider the same way. The flow lives here, the HTTP in the providers.
//!
//! An attempt is one sealed row in the store, found by the hash of its state and taken exactly once. Everything that the
//! callback must not decide (provider, redirect, verifier, nonce, intent) is in that row, so a deep link that starts the
//! program cold works like one that reaches the running window, and a callback can be forged only by someone who can read 256
//! random bits out of a sealed database.

pub mod begin;
pub mod callback;
mod device;
#[cfg(test)]
mod device_tests;
#[cfg(test)]
mod linear_tests;
pub mod loopback;
pub mod pkce;

mod finish;
mod refusals;

pub(crate) use refusals::Refusals;

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use domain::{
    audit::Actor,
    ids::{ConnectionId, IntegrationId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{EngineError, views::OAuthIntent};

/// A state is worth nothing after this, in seconds.
pub const LIFETIME_SECS: i64 = 10 * 60;
/// Registered with the operating system, and the only deep link that is accepted.
pub const DEEP_LINK: &str = "aurelius://oauth/callback";
/// Kind of the sealed row.
const PENDING: &str = "pending_oauth";
const PENDING_VERSION: u32 = 1;

/// Sealed under the hash of its state. No Debug: it holds the verifier.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct Pending {
    #[zeroize(skip)]
    integration: IntegrationId,
    redirect_uri: String,
    verifier: String,
    nonce: Option<String>,
    #[zeroize(skip)]
    issuer: Option<String>,
    iss_required: bool,
    #[zeroize(skip)]
    requested: Vec<String>,
    #[zeroize(skip)]
    intent: OAuthIntent,
    #[zeroize(skip)]
    expires_at: Timestamp,
    attempt: String,
    actor: String,
}

/// What a sign-in is for, and who wants it.
struct Wish<'a> {
    integration: &'a IntegrationId,
    requested: &'a [String],
    intent: &'a OAuthIntent,
    actor: Actor,
}

impl Pending {
    fn wish(&self) -> Wish<'_> {
        let actor = if self.actor == Actor::Cli.as_str() { Actor::Cli } else { Actor::Person };
        Wish { integration: &self.integration, requested: &self.requested, intent: &self.intent, actor }
    }
}

type Outcome = Option<Result<ConnectionId, EngineError>>;

struct Attempt {
    /// Of the stored row; a sign-in with a code has none.
    state_hash: Option<[u8; 32]>,
    /// Longer than it can take.
    lifetime: Duration,
    cancel: CancellationToken,
    outcome: watch::Sender<Outcome>,
}

/// Attempts that this process began, so that it can wait for them and cancel them. Nothing depends on it for security.
#[derive(Default)]
pub(crate) struct Attempts {
    open: Mutex<HashMap<String, Attempt>>,
    /// Two sign-ins of one account that end at once are one connection.
    settling: tokio::sync::Mutex<()>,
}

impl Attempts {
    fn begin(&self, id: &str, state_hash: Option<[u8; 32]>, lifetime: Duration) -> CancellationToken {
        let cancel = CancellationToken::new();
        let (outcome, _) = watch::channel(None);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        // Finished ones are kept for a late `wait`, but not for ever.
        if open.len() > 64 {
            open.retain(|_, a| a.outcome.borrow().is_none());
        }
        open.insert(id.to_owned(), Attempt { state_hash, lifetime, cancel: cancel.clone(), outcome });
        cancel
    }

    fn finish(&self, id: &str, result: Result<ConnectionId, EngineError>) {
        if let Some(attempt) = self.open.lock().unwrap_or_else(PoisonError::into_inner).get(id) {
            attempt.outcome.send_if_modified(|o| {
                let first = o.is_none();
                if first {
                    *o = Some(result);
                }
                first
            });
            attempt.cancel.cancel();
        }
    }

    /// The stored row, if any, of an attempt that is still open.
    fn open_state(&self, id: &str) -> Option<[u8; 32]> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.get(id).filter(|a| a.outcome.borrow().is_none()).and_then(|a| a.state_hash)
    }

    fn watch(&self, id: &str) -> Option<(watch::Receiver<Outcome>, Duration)> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).get(id).map(|a| (a.outcome.subscribe(), a.lifetime))
    }

    pub fn cancel_all(&self) {
        for attempt in self.open.lock().unwrap_or_else(PoisonError::into_inner).values() {
            attempt.cancel.cancel();
        }
    }
}
