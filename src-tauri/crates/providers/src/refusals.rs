//! When a sign-in counts as ended though it gives fresh tokens. One may have been made stale, by whatever does that at the provider,
//! between its issue and its use; the account would wait for the person for nothing.

use std::sync::{Arc, Mutex, PoisonError};

use domain::error::ProviderError;
use secrecy::{ExposeSecret as _, SecretString};

/// Different fresh tokens refused one after the other.
const LIMIT: u32 = 3;

/// Counted for one account, over all of its connections and requests.
#[derive(Clone)]
pub(crate) struct Refusals {
    limit: u32,
    /// Fresh tokens refused since one was accepted, and the last of them: requests side by side may bear the same.
    seen: Arc<Mutex<(u32, Option<SecretString>)>>,
}

impl Default for Refusals {
    fn default() -> Self {
        Self { limit: LIMIT, seen: Arc::default() }
    }
}

impl Refusals {
    /// While somebody is connecting the account: they want to know at once.
    pub fn at_once() -> Self {
        Self { limit: 1, seen: Arc::default() }
    }

    pub fn accepted(&self) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = (0, None);
    }

    /// What the refusal of a token that was given only now means: `ended` when it is one too many, else that it is tried again.
    pub fn judge(&self, token: &SecretString, provider: &str, ended: ProviderError) -> ProviderError {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.1.as_ref().is_none_or(|last| last.expose_secret() != token.expose_secret()) {
            *seen = (seen.0 + 1, Some(token.clone()));
        }
        // The grant is alive, or there would be no fresh token.
        if seen.0 >= self.limit {
            return ended;
        }
        ProviderError::Server { provider: provider.to_owned(), detail: "it refuses an access that has only just been given".to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_ends_with_the_third_fresh_token_in_a_row() {
        let ended = || ProviderError::Auth("over".to_owned());
        let refusals = Refusals::default();
        let judge = |token: &str| refusals.judge(&SecretString::from(token), "mail.example", ended()).code();
        assert_eq!([judge("a"), judge("a"), judge("a"), judge("b")], ["server"; 4], "the same token is counted once");
        refusals.accepted();
        assert_eq!([judge("c"), judge("d"), judge("e")], ["server", "server", "auth"]);
        assert_eq!(Refusals::at_once().judge(&SecretString::from("a"), "mail.example", ended()).code(), "auth");
    }
}
