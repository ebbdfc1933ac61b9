//! Calls to the Calendar API: counted first, at most ten in flight, errors mapped, replies read with a cap.

use std::sync::Arc;

use domain::error::ProviderError;
use reqwest::{
    Method,
    header::{ACCEPT, HeaderValue},
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use url::Url;

use super::super::{
    api::{json_call, parse},
    endpoints::CalendarUrls,
    error,
    quota::{Bucket, cost},
    shared::Shared,
};
use crate::http::{Call, Reply, bearer::Bearer};

/// A page of 2,500 events, each with a description of some length.
const PAGE_CAP: usize = 64 * 1024 * 1024;

pub struct CalendarApi {
    bearer: Bearer,
    pub urls: CalendarUrls,
    shared: Arc<Shared>,
    owner: String,
}

impl CalendarApi {
    /// `owner`: the account's address, which is the id of its main calendar too.
    pub fn new(bearer: Bearer, urls: CalendarUrls, shared: Arc<Shared>, owner: String) -> Self {
        Self { bearer, urls, shared, owner }
    }

    pub fn owner(&self) -> &str {
        &self.owner
    }

    fn meter(&self) -> &Bucket {
        &self.shared.calendar
    }

    /// `what` says in words what is asked for.
    async fn reply(&self, what: &str, call: &Call) -> Result<Reply, ProviderError> {
        self.meter().take(cost::CALENDAR).await;
        let reply = {
            let _flight = self.meter().flight().await;
            self.bearer.send(call, PAGE_CAP).await?
        };
        if reply.status.is_success() {
            return Ok(reply);
        }
        let error = error::from_reply(what, reply.status, &reply.headers, &reply.body, self.bearer.http().now());
        if matches!(error, ProviderError::RateLimited { .. }) {
            self.meter().exhausted().await;
        }
        Err(error)
    }

    pub async fn get<T: DeserializeOwned>(&self, what: &str, url: Url) -> Result<T, ProviderError> {
        let call = Call::get(url).header(ACCEPT, HeaderValue::from_static("application/json"));
        let reply = self.reply(what, &call).await?;
        parse(&call.url, &reply.body)
    }

    /// Sends `body`, a question or an event, and reads what Google made of it. An empty etag is no condition.
    pub async fn put<T: DeserializeOwned>(
        &self,
        method: Method,
        what: &str,
        url: Url,
        etag: &str,
        body: &Map<String, Value>,
    ) -> Result<T, ProviderError> {
        let call = json_call(method, url, body)?.if_match(what, etag)?;
        let reply = self.reply(what, &call).await?;
        parse(&call.url, &reply.body)
    }

    /// An act that needs no words.
    pub async fn post(&self, what: &str, url: Url) -> Result<(), ProviderError> {
        self.reply(what, &Call::new(Method::POST, url)).await.map(drop)
    }

    /// What is gone already is gone.
    pub async fn delete(&self, what: &str, url: Url, etag: &str) -> Result<(), ProviderError> {
        match self.reply(what, &Call::new(Method::DELETE, url).if_match(what, etag)?).await {
            Ok(_) | Err(ProviderError::NotFound(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
