//! Requests in the name of a connection. A 401 refreshes once and replays once, never more: a dead grant must not turn into a
//! storm of refreshes (PROVIDERS 0.2).

use std::sync::Arc;

use domain::{error::ProviderError, source::Credentials};
use reqwest::StatusCode;
use secrecy::ExposeSecret as _;

use super::{Call, Http, Reply, read};
use crate::refusals::Refusals;

#[derive(Clone)]
pub struct Bearer {
    http: Http,
    credentials: Arc<dyn Credentials>,
    /// Shown to the person: "Google".
    provider: &'static str,
    refusals: Refusals,
}

impl Bearer {
    pub fn new(http: Http, credentials: Arc<dyn Credentials>, provider: &'static str) -> Self {
        Self { http, credentials, provider, refusals: Refusals::default() }
    }

    pub const fn http(&self) -> &Http {
        &self.http
    }

    /// The reply as soon as its status is known; any status but 401 is the caller's to judge.
    pub async fn open(&self, call: &Call) -> Result<reqwest::Response, ProviderError> {
        let token = self.credentials.access_token().await?;
        let response = self.http.open(call, Some(&token)).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            self.refusals.accepted();
            return Ok(response);
        }
        tracing::debug!(provider = self.provider, "access token refused, refreshing once");
        let fresh = self.credentials.refreshed(&token).await?;
        let ended = || ProviderError::Auth(format!("{} no longer accepts the sign-in of this account", self.provider));
        // A token of the person's own (an API token) has no successor: asking again with it changes nothing.
        if fresh.expose_secret() == token.expose_secret() {
            return Err(ended());
        }
        let response = self.http.open(call, Some(&fresh)).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            self.refusals.accepted();
            return Ok(response);
        }
        Err(self.refusals.judge(&fresh, self.provider, ended()))
    }

    pub async fn send(&self, call: &Call, cap: usize) -> Result<Reply, ProviderError> {
        let response = self.open(call).await?;
        read(&call.host(), response, cap).await
    }
}
