//! Requests in the name of a connection. A 401 refreshes once and replays once, never more: a dead grant must not turn into a
//! storm of refreshes (PROVIDERS 0.2).

use std::sync::{Arc, Mutex, PoisonError};

use domain::{error::ProviderError, source::Credentials};
use reqwest::StatusCode;
use secrecy::{ExposeSecret as _, SecretString};

use super::{Call, Http, Reply, read};

/// Different fresh tokens refused one after the other, after which the sign-in counts as ended. One may have been made stale, by whatever does
/// that at the provider, between its issue and its use; the account would wait for the person for nothing.
const REFUSALS: u32 = 3;

#[derive(Clone)]
pub struct Bearer {
    http: Http,
    credentials: Arc<dyn Credentials>,
    /// Shown to the person: "Google".
    provider: &'static str,
    /// Fresh tokens refused since one was accepted, and the last of them: requests side by side may bear the same.
    refused: Arc<Mutex<(u32, Option<SecretString>)>>,
}

impl Bearer {
    pub fn new(http: Http, credentials: Arc<dyn Credentials>, provider: &'static str) -> Self {
        Self { http, credentials, provider, refused: Arc::default() }
    }

    pub const fn http(&self) -> &Http {
        &self.http
    }

    /// The reply as soon as its status is known; any status but 401 is the caller's to judge.
    pub async fn open(&self, call: &Call) -> Result<reqwest::Response, ProviderError> {
        let token = self.credentials.access_token().await?;
        let response = self.http.open(call, Some(&token)).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            self.accepted();
            return Ok(response);
        }
        tracing::debug!(provider = self.provider, "access token refused, refreshing once");
        let fresh = self.credentials.refreshed(&token).await?;
        let response = self.http.open(call, Some(&fresh)).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            self.accepted();
            return Ok(response);
        }
        // The grant is alive, or there would be no fresh token.
        if self.refusals(&fresh) >= REFUSALS {
            return Err(ProviderError::Auth(format!("{} no longer accepts the sign-in of this account", self.provider)));
        }
        Err(ProviderError::Server { provider: self.provider.to_owned(), detail: "it refuses an access that it has just given".to_owned() })
    }

    fn accepted(&self) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = (0, None);
    }

    fn refusals(&self, token: &SecretString) -> u32 {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.1.as_ref().is_none_or(|last| last.expose_secret() != token.expose_secret()) {
            *refused = (refused.0 + 1, Some(token.clone()));
        }
        refused.0
    }

    pub async fn send(&self, call: &Call, cap: usize) -> Result<Reply, ProviderError> {
        let response = self.open(call).await?;
        read(&call.host(), response, cap).await
    }
}
