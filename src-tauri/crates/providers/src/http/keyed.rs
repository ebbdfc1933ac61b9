//! Requests with a key of the person's own in a form that is not a bearer token. There is no successor to a key that is refused.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{SecretString, error::ProviderError, source::Credentials};
use reqwest::header::{AUTHORIZATION, HeaderValue};
use secrecy::ExposeSecret as _;
use zeroize::Zeroizing;

use super::{Call, Http, Reply};

/// What stands in the `Authorization` header, for a secret; None: it is none of this provider's.
pub type Render = Arc<dyn Fn(&SecretString) -> Option<String> + Send + Sync>;

/// A password (RFC 7617), in UTF-8.
pub fn basic(username: String) -> Render {
    Arc::new(move |password| {
        let pair = Zeroizing::new(format!("{username}:{}", password.expose_secret()));
        Some(format!("Basic {}", STANDARD.encode(pair.as_bytes())))
    })
}

/// A token that is sent as it is (RFC 6750).
pub fn bearer() -> Render {
    Arc::new(|token| Some(format!("Bearer {}", token.expose_secret())))
}

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

    /// Any status is the caller's to judge.
    pub async fn send(&self, call: Call, cap: usize) -> Result<Reply, ProviderError> {
        self.http.send(&self.signed(call).await?, None, cap).await
    }

    /// As [`Self::send`], as soon as the status is known.
    pub async fn open(&self, call: Call) -> Result<reqwest::Response, ProviderError> {
        self.http.open(&self.signed(call).await?, None).await
    }

    async fn signed(&self, call: Call) -> Result<Call, ProviderError> {
        let secret = self.credentials.password().await?;
        let value = (self.render)(&secret).and_then(|value| HeaderValue::from_str(&value).ok());
        let mut value = value.ok_or_else(|| ProviderError::Auth(format!("this is no key of {}", self.provider)))?;
        value.set_sensitive(true);
        Ok(call.header(AUTHORIZATION, value))
    }

    /// The secret itself, for what has to be worked out of it.
    pub fn expose(secret: &SecretString) -> &str {
        secret.expose_secret()
    }
}
