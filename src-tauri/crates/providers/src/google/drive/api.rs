//! Calls to the Drive API: counted first, errors mapped, replies read with a cap.

use std::sync::Arc;

use domain::error::ProviderError;
use reqwest::header::{ACCEPT, HeaderValue};
use serde::de::DeserializeOwned;
use url::Url;

use super::super::{api::parse, endpoints::DriveUrls, error, quota::cost, shared::Shared};
use crate::{
    http::{Call, Http, JSON_CAP, Reply, SMALL_CAP, bearer::Bearer, read},
    transfer::{Waits, fetch::Body},
};

pub struct DriveApi {
    bearer: Bearer,
    pub urls: DriveUrls,
    shared: Arc<Shared>,
}

impl DriveApi {
    pub fn new(bearer: Bearer, urls: DriveUrls, shared: Arc<Shared>) -> Self {
        Self { bearer, urls, shared }
    }

    pub fn http(&self) -> &Http {
        self.bearer.http()
    }

    pub fn waits(&self) -> Waits<'_> {
        Waits { sleep: &self.shared.sleep, jitter: &self.shared.jitter, http: self.http() }
    }

    /// Whatever the status.
    pub async fn any(&self, call: &Call) -> Result<Reply, ProviderError> {
        let meter = &self.shared.drive;
        meter.take(cost::DRIVE).await;
        let _flight = meter.flight().await;
        self.bearer.send(call, JSON_CAP).await
    }

    /// With a success status. `what` says in words what is asked for.
    pub async fn reply(&self, what: &str, call: &Call) -> Result<Reply, ProviderError> {
        let reply = self.any(call).await?;
        if reply.status.is_success() { Ok(reply) } else { Err(self.refusal(what, &reply).await) }
    }

    pub async fn get<T: DeserializeOwned>(&self, what: &str, url: Url) -> Result<T, ProviderError> {
        let call = Call::get(url).header(ACCEPT, HeaderValue::from_static("application/json"));
        let reply = self.reply(what, &call).await?;
        parse(&call.url, &reply.body)
    }

    /// With a success status, body unread.
    pub async fn open(&self, what: &str, call: &Call) -> Result<Body, ProviderError> {
        let meter = &self.shared.drive;
        meter.take(cost::DRIVE).await;
        let flight = meter.flight().await;
        let response = self.bearer.open(call).await?;
        if response.status().is_success() {
            return Ok(Body { response, flight });
        }
        let reply = read(&call.host(), response, SMALL_CAP).await?;
        Err(self.refusal(what, &reply).await)
    }

    /// Maps an error, and empties the bucket when Google says that its calls are used up.
    pub async fn refusal(&self, what: &str, reply: &Reply) -> ProviderError {
        let error = error::from_reply(what, reply.status, &reply.headers, &reply.body, self.http().now());
        if matches!(error, ProviderError::RateLimited { .. }) {
            self.shared.drive.exhausted().await;
        }
        error
    }
}
