//! Finds the servers of an address (PROVIDERS 4.1).

use std::{future::Future, pin::Pin, sync::Arc};

use domain::{error::ProviderError, source::ServerGuess};
use url::Url;

use crate::tls::TlsContext;

/// Fetches a document over https: `Ok(None)` for 404 and other refusals. The implementation bounds size (256 KiB) and time
/// (10 s) and follows no redirect away from https.
pub type Fetch = Arc<dyn Fn(Url) -> Pin<Box<dyn Future<Output = Result<Option<Vec<u8>>, ProviderError>> + Send>> + Send + Sync>;

/// Guesses for `email`, best first. Third parties (the ISPDB) are only asked when `third_parties`.
pub async fn autoconfigure(
    _email: &str,
    _third_parties: bool,
    _fetch: &Fetch,
    _tls: &TlsContext,
) -> Result<Vec<ServerGuess>, ProviderError> {
    Ok(Vec::new())
}
