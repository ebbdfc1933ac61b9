//! Calls to the API: headers as GitHub wants them, errors mapped, replies read with a cap.

use domain::error::ProviderError;
use reqwest::{
    Method, StatusCode,
    header::{ACCEPT, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH},
};
use serde_json::{Map, Value};
use tokio::sync::OnceCell;
use url::Url;

use super::{
    error,
    model::{Issue, User},
};
use crate::http::{Call, JSON_CAP, Reply, bearer::Bearer, host_of, json, link};

/// The version that answers are read as (PROVIDERS 6.2).
const VERSION: (HeaderName, &str) = (HeaderName::from_static("x-github-api-version"), "2022-11-28");
/// A page of a hundred issues, each with a long text.
const PAGE_CAP: usize = 4 * JSON_CAP;

pub struct Api {
    bearer: Bearer,
    base: Url,
    login: OnceCell<String>,
}

/// A page of a listing.
pub enum Listed<T> {
    Page {
        items: Vec<T>,
        next: Option<Url>,
        tag: Option<String>,
    },
    /// As it was when its tag was given.
    Unchanged,
}

impl Api {
    pub fn new(bearer: Bearer, base: Url) -> Self {
        Self { bearer, base, login: OnceCell::new() }
    }

    pub fn now(&self) -> domain::time::Timestamp {
        self.bearer.http().now()
    }

    pub fn url<'a>(&self, path: impl IntoIterator<Item = &'a str>, query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        // An https or http address always has a path.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// An address that a page gave earlier; the configuration may have changed since.
    pub fn place(&self, at: &str) -> Result<Url, ProviderError> {
        let url = Url::parse(at).ok().filter(|url| link::within(url, &self.base));
        url.ok_or_else(|| error::refused("This page is of another server."))
    }

    async fn send(&self, call: Call, cap: usize) -> Result<Reply, ProviderError> {
        let call = call.header(ACCEPT, HeaderValue::from_static("application/vnd.github+json"));
        self.bearer.send(&call.header(VERSION.0, HeaderValue::from_static(VERSION.1)), cap).await
    }

    fn judge(&self, what: &str, reply: &Reply) -> Result<(), ProviderError> {
        if reply.status.is_success() { Ok(()) } else { Err(error::from_reply(what, reply, self.now())) }
    }

    fn read<T: serde::de::DeserializeOwned>(&self, reply: &Reply) -> Result<T, ProviderError> {
        json::parse(&host_of(&self.base), error::PROTOCOL, &reply.body)
    }

    /// One page. `tag`: that of the page as it was last; then it may be [`Listed::Unchanged`], which costs nothing at GitHub.
    pub async fn page<T: serde::de::DeserializeOwned>(&self, what: &str, url: Url, tag: Option<&str>) -> Result<Listed<T>, ProviderError> {
        let mut call = Call::get(url);
        if let Some(tag) = tag.and_then(|tag| HeaderValue::from_str(tag).ok()) {
            call = call.header(IF_NONE_MATCH, tag);
        }
        let reply = self.send(call, PAGE_CAP).await?;
        if reply.status == StatusCode::NOT_MODIFIED && tag.is_some() {
            return Ok(Listed::Unchanged);
        }
        self.judge(what, &reply)?;
        let tag = reply.headers.get(ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        Ok(Listed::Page { next: link::next(&reply.headers, &self.base)?, items: self.read(&reply)?, tag })
    }

    pub async fn ask_user(&self) -> Result<User, ProviderError> {
        let reply = self.send(Call::get(self.url(["user"], &[])), JSON_CAP).await?;
        self.judge("this account", &reply)?;
        let user: User = self.read(&reply)?;
        if user.login.is_empty() { Err(error::protocol("an account without a name")) } else { Ok(user) }
    }

    /// The name that the token's owner has there. It is asked for once.
    pub async fn login(&self) -> Result<&str, ProviderError> {
        self.login.get_or_try_init(|| async { Ok(self.ask_user().await?.login) }).await.map(String::as_str)
    }

    pub async fn issue(&self, what: &str, url: Url) -> Result<Issue, ProviderError> {
        let reply = self.send(Call::get(url), JSON_CAP).await?;
        self.judge(what, &reply)?;
        self.read(&reply)
    }

    /// Makes (POST) or changes (PATCH) an issue.
    pub async fn write(&self, what: &str, method: Method, url: Url, body: &Map<String, Value>) -> Result<Issue, ProviderError> {
        let text = serde_json::to_string(body).map_err(|_| error::refused("This can't be written as JSON."))?;
        let call = Call::new(method, url).body(HeaderValue::from_static("application/json"), text);
        let reply = self.send(call, JSON_CAP).await?;
        self.judge(what, &reply)?;
        self.read(&reply)
    }
}
