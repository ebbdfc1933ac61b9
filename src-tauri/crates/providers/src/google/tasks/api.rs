//! Calls to the Tasks API: counted first, errors mapped, replies read with a cap.

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
    endpoints::TasksUrls,
    error,
    quota::cost,
    shared::Shared,
};
use crate::http::{Call, Reply, bearer::Bearer};

/// A hundred tasks with the longest notes, each character of them as two escapes.
const PAGE_CAP: usize = 16 * 1024 * 1024;

pub struct TasksApi {
    bearer: Bearer,
    pub urls: TasksUrls,
    shared: Arc<Shared>,
}

impl TasksApi {
    pub fn new(bearer: Bearer, urls: TasksUrls, shared: Arc<Shared>) -> Self {
        Self { bearer, urls, shared }
    }

    /// `what` says in words what is asked for.
    async fn reply(&self, what: &str, call: &Call) -> Result<Reply, ProviderError> {
        let meter = &self.shared.tasks;
        meter.take(cost::TASKS).await;
        let reply = {
            let _flight = meter.flight().await;
            self.bearer.send(call, PAGE_CAP).await?
        };
        if reply.status.is_success() {
            return Ok(reply);
        }
        let error = error::from_reply(what, reply.status, &reply.headers, &reply.body, self.bearer.http().now());
        if matches!(error, ProviderError::RateLimited { .. }) {
            meter.exhausted().await;
        }
        Err(error)
    }

    pub async fn get<T: DeserializeOwned>(&self, what: &str, url: Url) -> Result<T, ProviderError> {
        let call = Call::get(url).header(ACCEPT, HeaderValue::from_static("application/json"));
        let reply = self.reply(what, &call).await?;
        parse(&call.url, &reply.body)
    }

    /// Sends `body` and reads what Google made of it. An empty etag is no condition.
    pub async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        what: &str,
        url: Url,
        etag: &str,
        body: Option<&Map<String, Value>>,
    ) -> Result<T, ProviderError> {
        let call = body.map_or_else(|| Ok(Call::new(method.clone(), url.clone())), |body| json_call(method.clone(), url.clone(), body))?;
        let call = call.if_match(what, etag)?;
        let reply = self.reply(what, &call).await?;
        parse(&call.url, &reply.body)
    }

    /// What is gone already is gone.
    pub async fn delete(&self, what: &str, url: Url, etag: &str) -> Result<(), ProviderError> {
        match self.reply(what, &Call::new(Method::DELETE, url).if_match(what, etag)?).await {
            Ok(_) | Err(ProviderError::NotFound(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
