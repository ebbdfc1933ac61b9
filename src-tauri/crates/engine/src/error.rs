//! The one error that leaves the engine. The window and the command line branch on `code` only; `message` and `hint` are
//! written for the person, the source chain is for the log. None of them ever holds a secret or the content of a mail.

use std::{error::Error as StdError, sync::Arc};

use domain::{config::ConfigError, error::ProviderError, oauth::OAuthError, time::Timestamp};
use serde::{Deserialize, Serialize};

/// `code` is stable; `hint` says what to do next and may be empty.
#[derive(Clone, Debug, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct EngineError {
    pub code: String,
    pub message: String,
    #[serde(default)]
    pub hint: String,
    /// When trying again makes sense by itself.
    #[serde(default)]
    pub retry_at: Option<Timestamp>,
    /// What lies underneath; not sent over any wire.
    #[serde(skip)]
    #[source]
    pub source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl EngineError {
    pub fn new(code: impl Into<String>, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), hint: hint.into(), retry_at: None, source: None }
    }

    pub fn not_found(what: &str) -> Self {
        Self::new("not_found", format!("{what} does not exist"), "Refresh the list; it may have been removed meanwhile.")
    }

    pub fn invalid(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new("invalid", message, hint)
    }

    pub fn cancelled() -> Self {
        Self::new("cancelled", "stopped before it was done", "Start it again when you like.")
    }

    #[must_use]
    pub fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    pub fn is(&self, code: &str) -> bool {
        self.code == code
    }
}

impl EngineError {
    /// What the person is told about an error that somebody else still needs.
    pub(crate) fn told(e: &ProviderError) -> Self {
        let hint = match e {
            // The window offers to pin exactly this one.
            ProviderError::Certificate { fingerprint: Some(print), .. } => format!("{} SHA-256 {print}", e.hint()),
            _ => e.hint().to_owned(),
        };
        Self { retry_at: e.retry_at(), ..Self::new(e.code(), e.to_string(), hint) }
    }
}

impl From<ProviderError> for EngineError {
    fn from(e: ProviderError) -> Self {
        Self::told(&e).with_source(e)
    }
}

impl From<OAuthError> for EngineError {
    fn from(e: OAuthError) -> Self {
        let retry_at = match &e {
            OAuthError::Transient { retry_at, .. } => *retry_at,
            _ => None,
        };
        Self { retry_at, ..Self::new(e.code(), e.to_string(), e.hint()).with_source(e) }
    }
}

impl From<ConfigError> for EngineError {
    fn from(e: ConfigError) -> Self {
        Self::new("config", e.to_string(), "Correct config.toml or the value in Integrations, then try again.").with_source(e)
    }
}

impl From<vault::VaultError> for EngineError {
    fn from(e: vault::VaultError) -> Self {
        Self::new(e.code(), e.to_string(), e.hint()).with_source(e)
    }
}
impl From<store::StoreError> for EngineError {
    fn from(e: store::StoreError) -> Self {
        Self::new(e.code(), e.to_string(), e.hint()).with_source(e)
    }
}
