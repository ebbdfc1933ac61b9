//! (under construction)
use crate::http::Http;
use domain::{
    config::ProviderConfig,
    error::ProviderError,
    source::{Credentials, MailSource},
};
use std::sync::Arc;
pub mod endpoints;
mod error;
mod grants;
mod quota;
pub use grants::Grants;
pub struct GmailSource;
impl GmailSource {
    pub fn source(_: Http, _: Arc<dyn Credentials>, _: &ProviderConfig, _: Grants) -> Result<Arc<dyn MailSource>, ProviderError> {
        Err(ProviderError::Unsupported("not yet".into()))
    }
}
