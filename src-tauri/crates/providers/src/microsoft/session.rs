//! Upload sessions of Graph: a large file in pieces, gone on with where it broke off.
//!
//! The address that a session gives is its own permission and may be at another host, so no token of ours ever goes there.

use std::time::Duration;

use async_trait::async_trait;
use domain::error::ProviderError;
use reqwest::{
    Method,
    header::{CONTENT_RANGE, HeaderValue},
};
use serde::Deserialize;
use url::Url;

use super::api::{Api, broken, parse};
use crate::{
    http::{Call, JSON_CAP, Reply, host_of},
    transfer::send::{Stand, UploadSession},
};

/// A multiple of 320 KiB and below 4 MB.
pub const PIECE: usize = 10 * 320 * 1024;
/// For one piece, over a slow line.
pub const PATIENCE: Duration = Duration::from_mins(15);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Opened {
    upload_url: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Progress {
    #[serde(default)]
    next_expected_ranges: Vec<String>,
}

/// What a reply to a piece says that the upload became; None: there is more to come.
type Made<M> = fn(&Url, &Reply) -> Result<Option<M>, ProviderError>;

pub struct Session<'a, M> {
    api: &'a Api,
    target: Url,
    size: u64,
    /// In words, of what is sent.
    what: &'static str,
    made: Made<M>,
}

impl<'a, M> Session<'a, M> {
    /// `from`: where it was asked for.
    pub fn new(api: &'a Api, from: &Url, opened: &Opened, size: u64, what: &'static str, made: Made<M>) -> Result<Self, ProviderError> {
        let target = Url::parse(&opened.upload_url).map_err(|_| broken(&host_of(from), "an upload address that is no address"))?;
        Ok(Self { api, target, size, what, made })
    }

    async fn ask(&self, call: &Call) -> Result<Reply, ProviderError> {
        let _flight = self.api.shared().flight(1).await;
        self.api.http().send(call, None, JSON_CAP).await
    }

    /// The start of the first range that is expected; `otherwise` where nothing is said.
    fn next(&self, body: &[u8], otherwise: u64) -> Result<u64, ProviderError> {
        let progress: Progress = parse(&self.target, body)?;
        let Some(first) = progress.next_expected_ranges.first() else { return Ok(otherwise) };
        let start = first.split('-').next().unwrap_or_default();
        start.parse().map_err(|_| broken(&host_of(&self.target), "an expected range that is no range"))
    }

    fn refusal(&self, reply: &Reply) -> ProviderError {
        self.api.refusal(self.what, reply.status, &reply.headers, &reply.body)
    }
}

#[async_trait]
impl<M: Send> UploadSession for Session<'_, M> {
    type Made = M;

    async fn piece(&self, at: u64, bytes: Vec<u8>) -> Result<Stand<M>, ProviderError> {
        let end = at + bytes.len() as u64;
        let range = format!("bytes {at}-{}/{}", end.saturating_sub(1), self.size);
        let range = HeaderValue::from_str(&range).map_err(|_| broken(&host_of(&self.target), "a range that is not there"))?;
        let call = Call::new(Method::PUT, self.target.clone())
            .header(CONTENT_RANGE, range)
            .body(HeaderValue::from_static("application/octet-stream"), bytes)
            .timeout(PATIENCE);
        let reply = self.ask(&call).await?;
        if reply.status.is_success() {
            return match (self.made)(&self.target, &reply)? {
                Some(made) => Ok(Stand::Done(made)),
                None => self.next(&reply.body, end).map(Stand::At),
            };
        }
        match reply.status.as_u16() {
            // The name was taken meanwhile: by an attempt of ours, or by somebody else.
            409 if taken(&reply) => Ok(Stand::Over),
            // Another range than it wants, or a session that is over: it says where it stands.
            404 | 409 | 410 | 416 => self.stand().await,
            _ => Err(self.refusal(&reply)),
        }
    }

    async fn stand(&self) -> Result<Stand<M>, ProviderError> {
        let reply = self.ask(&Call::get(self.target.clone())).await?;
        match reply.status.as_u16() {
            200..=299 => self.next(&reply.body, 0).map(Stand::At),
            404 | 410 => Ok(Stand::Over),
            _ => Err(self.refusal(&reply)),
        }
    }
}

/// Whether a refusal says that there is a file of this name.
pub fn taken(reply: &Reply) -> bool {
    let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    reply.status.as_u16() == 409 && body.pointer("/error/code").and_then(|c| c.as_str()) == Some("nameAlreadyExists")
}
