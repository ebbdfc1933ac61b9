//! IMAP (RFC 3501, 9051) and SMTP submission behind one `MailSource`: an ordinary mail account.

use std::sync::Arc;

use domain::{
    connection::MailServers,
    error::ProviderError,
    source::{Credentials, MailSource, Probe},
};

use crate::tls::TlsContext;

/// The mail side of a connection. Connects nothing yet; `credentials` are asked for when a connection is made.
pub fn source(_servers: &MailServers, _credentials: Arc<dyn Credentials>, _tls: &TlsContext) -> Result<Arc<dyn MailSource>, ProviderError> {
    Err(ProviderError::Unsupported("not yet".into()))
}

/// Connects and signs in at IMAP and, where configured, SMTP; reads nothing.
pub async fn probe(_servers: &MailServers, _credentials: Arc<dyn Credentials>, _tls: &TlsContext) -> Result<Probe, ProviderError> {
    Err(ProviderError::Unsupported("not yet".into()))
}
