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
