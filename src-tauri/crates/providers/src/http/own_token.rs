//! A token of the person's own in the place of one from a sign-in. It is kept as the connection's password and never refreshed: one that
//! is refused has no successor.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{SecretString, error::ProviderError, source::Credentials};

pub struct OwnToken(pub Arc<dyn Credentials>);

#[async_trait]
impl Credentials for OwnToken {
    async fn password(&self) -> Result<SecretString, ProviderError> {
        self.0.password().await
    }
    async fn access_token(&self) -> Result<SecretString, ProviderError> {
        self.0.password().await
    }
    async fn refreshed(&self, _stale: &SecretString) -> Result<SecretString, ProviderError> {
        self.0.password().await
    }
}

/// The token of a sign-in that is not stored yet, to ask whose it is. It was given a moment ago: there is no other.
pub struct FirstToken(pub SecretString);

#[async_trait]
impl Credentials for FirstToken {
    async fn password(&self) -> Result<SecretString, ProviderError> {
        Ok(self.0.clone())
    }
    async fn access_token(&self) -> Result<SecretString, ProviderError> {
        Ok(self.0.clone())
    }
    async fn refreshed(&self, _stale: &SecretString) -> Result<SecretString, ProviderError> {
        Ok(self.0.clone())
    }
}
