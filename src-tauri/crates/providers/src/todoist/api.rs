//! Calls to the API: errors mapped, replies read with a cap.

use domain::error::ProviderError;
use reqwest::{
    Method,
    header::{ACCEPT, HeaderValue},
};
use serde::de::DeserializeOwned;
use url::{Url, form_urlencoded};

use super::{
    commands::Command,
    error,
    model::{CompletedPage, Item, Synced},
};
use crate::http::{Call, bearer::Bearer, host_of};

/// A full sync has no pages: tens of thousands of tasks, each with some description.
const SYNC_CAP: usize = 64 * 1024 * 1024;

pub struct Api {
    bearer: Bearer,
    base: Url,
}

impl Api {
    pub const fn new(bearer: Bearer, base: Url) -> Self {
        Self { bearer, base }
    }

    pub fn now(&self) -> domain::time::Timestamp {
        self.bearer.http().now()
    }

    pub fn host(&self) -> String {
        host_of(&self.base)
    }

    fn url<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.base.clone();
        // An https or http address always has a path.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    async fn json<T: DeserializeOwned>(&self, what: &str, call: Call) -> Result<T, ProviderError> {
        let call = call.header(ACCEPT, HeaderValue::from_static("application/json"));
        let reply = self.bearer.send(&call, SYNC_CAP).await?;
        if !reply.status.is_success() {
            return Err(error::from_reply(what, reply.status, &reply.headers, &reply.body, self.now()));
        }
        // serde's message may quote values of the document: only where, not what.
        serde_json::from_slice(&reply.body).map_err(|e| ProviderError::Protocol {
            host: self.host(),
            protocol: error::PROTOCOL,
            detail: format!("unreadable JSON at line {}, column {}", e.line(), e.column()),
        })
    }

    async fn post(&self, what: &str, form: String) -> Result<Synced, ProviderError> {
        let call = Call::new(Method::POST, self.url(["sync"]));
        self.json(what, call.body(HeaderValue::from_static("application/x-www-form-urlencoded"), form)).await
    }

    /// What changed since `token`; `*`: everything. Tokens are bound to `resources`.
    pub async fn sync(&self, token: &str, resources: &str) -> Result<Synced, ProviderError> {
        self.post("the tasks", form(&[("sync_token", token), ("resource_types", resources)])).await
    }

    /// Does the commands, in order. Their own outcomes are in the reply.
    pub async fn commands(&self, what: &str, commands: &[Command]) -> Result<Synced, ProviderError> {
        let list = serde_json::to_string(commands).map_err(|_| error::refused("This can't be written as JSON."))?;
        self.post(what, form(&[("commands", &list)])).await
    }

    /// One task as it is now.
    pub async fn task(&self, id: &str) -> Result<Item, ProviderError> {
        self.json(super::THIS_TASK, Call::get(self.url(["tasks", id]))).await
    }

    /// A page of the tasks that were completed in a window (RFC 3339).
    pub async fn completed(&self, since: &str, until: &str, limit: &str, cursor: Option<&str>) -> Result<CompletedPage, ProviderError> {
        let mut url = self.url(["tasks", "completed", "by_completion_date"]);
        url.query_pairs_mut().extend_pairs([("since", since), ("until", until), ("limit", limit)]);
        if let Some(cursor) = cursor {
            url.query_pairs_mut().append_pair("cursor", cursor);
        }
        self.json("the completed tasks", Call::get(url)).await
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}
