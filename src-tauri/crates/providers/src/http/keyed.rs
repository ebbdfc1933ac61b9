//! Requests with a key of the person's own in a form that is not a bearer token. There is no successor to a key that is refused.

use std::sync::Arc;

use domain::{SecretString, error::ProviderError, source::Credentials};
use reqwest::{
    StatusCode,
    header::{AUTHORIZATION, HeaderValue},
};
use secrecy::ExposeSecret as _;

use super::{Call, Http, Reply};

/// What stands in the `Authorization` header, for a secret.
pub type Render = Arc<dyn Fn(&SecretString) -> String + Send + Sync>;

#[derive(Clone)]
pub struct Keyed {
    http: Http,
    credentials: Arc<dyn Credentials>,
    /// Shown to the person: "Linear".
    provider: &'static str,
    render: Render,
}

impl Keyed {
    pub fn new(http: Http, credentials: Arc<dyn Credentials>, provider: &'static str, render: Render) -> Self {
        Self { http, credentials, provider, render }
    }

    pub fn now(&self) -> domain::time::Timestamp {
        self.http.now()
    }

    /// Any status but 401 is the caller's to judge.
    pub async fn send(&self, call: Call, cap: usize) -> Result<Reply, ProviderError> {
        let secret = self.credentials.password().await?;
        let mut value = HeaderValue::from_str(&(self.render)(&secret))
            .map_err(|_| ProviderError::Auth(format!("the key of {} has characters that no key may have", self.provider)))?;
        value.set_sensitive(true);
        let reply = self.http.send(&call.header(AUTHORIZATION, value), None, cap).await?;
        if reply.status == StatusCode::UNAUTHORIZED {
            return Err(self.refused());
        }
        Ok(reply)
    }

    /// The key is no longer accepted.
    pub fn refused(&self) -> ProviderError {
        ProviderError::Auth(format!("{} no longer accepts the key of this account", self.provider))
    }

    /// The secret itself, for what has to be worked out of it.
    pub fn expose(secret: &SecretString) -> &str {
        secret.expose_secret()
    }
}
