//! A download that asks only for the rest after it broke off (RFC 9110 section 14).

use async_trait::async_trait;
use domain::{error::ProviderError, files::FileSink};
use reqwest::{
    StatusCode,
    header::{HeaderValue, RANGE},
};
use tokio::sync::OwnedSemaphorePermit;

use super::Waits;
use crate::http::{Call, chunk, patience::passing};

/// A reply with a success status, body unread; counts as in flight until it is dropped.
pub(crate) struct Body {
    pub response: reqwest::Response,
    pub flight: Option<OwnedSemaphorePermit>,
}

#[async_trait]
pub(crate) trait Bytes: Sync {
    /// Everything from byte `offset` on: 206 for exactly that, 200 for the whole from its first byte.
    async fn open(&self, offset: u64) -> Result<Body, ProviderError>;
}

/// With a question for the rest alone.
pub(crate) fn from(call: Call, offset: u64) -> Call {
    let range = (offset > 0).then(|| HeaderValue::from_str(&format!("bytes={offset}-")).ok()).flatten();
    match range {
        Some(range) => call.header(RANGE, range),
        None => call,
    }
}

/// `size` bytes into `sink`. `what` and `host` are for errors.
pub(crate) async fn fetch(
    bytes: &dyn Bytes,
    (what, host): (&str, &str),
    size: u64,
    sink: &mut dyn FileSink,
    waits: &Waits<'_>,
) -> Result<(), ProviderError> {
    let (mut at, mut tries) = (0, 0);
    while at < size {
        let before = at;
        let error = match rest(bytes, (what, host), &mut at, size, sink).await {
            Ok(()) if at == size => break,
            Ok(()) => ProviderError::Unreachable { host: host.to_owned(), reason: "the reply ended early".to_owned() },
            Err(error) if passing(&error) => error,
            Err(error) => return Err(error),
        };
        tries = if at > before { 1 } else { tries + 1 };
        waits.again(tries, error).await?;
    }
    Ok(())
}

async fn rest(
    bytes: &dyn Bytes,
    (what, host): (&str, &str),
    at: &mut u64,
    size: u64,
    sink: &mut dyn FileSink,
) -> Result<(), ProviderError> {
    let mut body = bytes.open(*at).await?;
    let mut skip = if body.response.status() == StatusCode::PARTIAL_CONTENT { 0 } else { *at };
    while let Some(piece) = chunk(host, &mut body.response).await? {
        let known = skip.min(piece.len() as u64);
        skip -= known;
        let fresh = piece.get(known as usize..).unwrap_or_default();
        if *at + fresh.len() as u64 > size {
            // It grew since we were told its size.
            return Err(ProviderError::Conflict(what.to_owned()));
        }
        sink.chunk(fresh).await?;
        *at += fresh.len() as u64;
    }
    drop(body.flight);
    Ok(())
}
