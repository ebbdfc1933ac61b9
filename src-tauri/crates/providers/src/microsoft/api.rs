//! Calls to Graph: at most three in flight for one mailbox, immutable ids everywhere, errors mapped, replies read with a cap.

use std::sync::Arc;

use domain::{config::ProviderConfig, error::ProviderError, ids::ConnectionId, source::Credentials, time::Timestamp};
use reqwest::{
    Method, StatusCode,
    header::{ACCEPT, HeaderMap, HeaderName, HeaderValue},
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::OwnedSemaphorePermit;
use url::Url;

use super::{Accounts, MICROSOFT, endpoints::GraphUrls, error, model::Page, shared::Shared};
use crate::{
    http::{Call, Http, JSON_CAP, Reply, bearer::Bearer, host_of},
    transfer::Waits,
};

/// Without it an id is another one after every move (PROVIDERS 2.5).
pub const IMMUTABLE: &str = "IdType=\"ImmutableId\"";

pub struct Api {
    bearer: Bearer,
    pub urls: GraphUrls,
    shared: Arc<Shared>,
}

/// A reply whose body is still to be read; counts as in flight until it is dropped.
pub struct Open {
    pub response: reqwest::Response,
    _flight: Option<OwnedSemaphorePermit>,
}

impl Api {
    /// Of one connection. `accounts` holds what all its sources share.
    pub fn new(
        http: Http,
        credentials: Arc<dyn Credentials>,
        config: &ProviderConfig,
        accounts: &Accounts,
        connection: &ConnectionId,
    ) -> Result<Self, ProviderError> {
        let urls = GraphUrls::new(config)?;
        Ok(Self { bearer: Bearer::new(http, credentials, MICROSOFT), urls, shared: accounts.get(connection) })
    }

    pub fn shared(&self) -> &Shared {
        &self.shared
    }

    pub fn http(&self) -> &Http {
        self.bearer.http()
    }

    pub fn now(&self) -> Timestamp {
        self.bearer.http().now()
    }

    /// A reply with a success status, body unread. `what` says in words what is asked for.
    pub async fn open(&self, what: &str, call: Call) -> Result<Open, ProviderError> {
        let call = preferring(call);
        let flight = self.shared.flight(1).await;
        let response = self.bearer.open(&call).await?;
        if response.status().is_success() {
            return Ok(Open { response, _flight: flight });
        }
        let reply = crate::http::read(&call.host(), response, crate::http::SMALL_CAP).await?;
        Err(self.refusal(what, reply.status, &reply.headers, &reply.body))
    }

    /// Whatever the status.
    pub async fn any(&self, call: Call) -> Result<Reply, ProviderError> {
        let _flight = self.shared.flight(1).await;
        self.bearer.send(&preferring(call), JSON_CAP).await
    }

    pub fn waits(&self) -> Waits<'_> {
        Waits { sleep: &self.shared.sleep, jitter: &self.shared.jitter, http: self.http() }
    }

    /// As [`Self::open`], read to the end.
    pub async fn reply(&self, what: &str, call: Call) -> Result<Reply, ProviderError> {
        self.reply_within(what, call, JSON_CAP, 1).await
    }

    /// At most `cap` bytes; `permits` as [`Shared::flight`] counts them.
    pub async fn reply_within(&self, what: &str, call: Call, cap: usize, permits: u32) -> Result<Reply, ProviderError> {
        let call = preferring(call);
        let reply = {
            let _flight = self.shared.flight(permits).await;
            self.bearer.send(&call, cap).await?
        };
        if reply.status.is_success() {
            return Ok(reply);
        }
        Err(self.refusal(what, reply.status, &reply.headers, &reply.body))
    }

    pub async fn json<T: DeserializeOwned>(&self, what: &str, call: Call) -> Result<T, ProviderError> {
        let url = call.url.clone();
        let reply = self.reply(what, call).await?;
        parse(&url, &reply.body)
    }

    pub async fn get<T: DeserializeOwned>(&self, what: &str, url: Url) -> Result<T, ProviderError> {
        self.json(what, Call::get(url)).await
    }

    /// All pages of a list that begins at `first`, which may hold `most` things.
    pub async fn all<T: DeserializeOwned>(&self, what: &str, first: Url, most: usize) -> Result<Vec<T>, ProviderError> {
        let mut out = Vec::new();
        let mut url = first;
        loop {
            let page: Page<T> = self.get(what, url.clone()).await?;
            out.extend(page.value);
            // As well as a list whose links go in circles.
            if out.len() > most {
                return Err(broken(&host_of(&url), &format!("no end of {what}")));
            }
            match page.next {
                Some(link) if link != url.as_str() => url = self.urls.link(&link)?,
                _ => return Ok(out),
            }
        }
    }

    pub fn refusal(&self, what: &str, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> ProviderError {
        let refusal = error::from_reply(what, status, headers, body, self.now());
        // What Microsoft's support asks for. No content, no id of a person's.
        let request = headers.get("request-id").and_then(|v| v.to_str().ok()).unwrap_or_default();
        tracing::debug!(status = status.as_u16(), code = refusal.code(), request, "Graph refused a request");
        refusal
    }
}

/// With the kind of ids that this client keeps. A preference of the call's own goes into the same header.
fn preferring(mut call: Call) -> Call {
    let prefer = HeaderName::from_static("prefer");
    let at = call.headers.iter().position(|(name, _)| *name == prefer);
    let own = at.map(|at| call.headers.remove(at).1);
    let both = own.and_then(|own| HeaderValue::from_str(&format!("{IMMUTABLE}, {}", own.to_str().unwrap_or_default())).ok());
    call.headers.push((prefer, both.unwrap_or_else(|| HeaderValue::from_static(IMMUTABLE))));
    if !call.headers.iter().any(|(name, _)| *name == ACCEPT) {
        call.headers.push((ACCEPT, HeaderValue::from_static("application/json")));
    }
    call
}

pub fn parse<T: DeserializeOwned>(url: &Url, body: &[u8]) -> Result<T, ProviderError> {
    // serde's message may quote values of the document: only where, not what.
    serde_json::from_slice(body).map_err(|e| broken(&host_of(url), &format!("unreadable JSON at line {}, column {}", e.line(), e.column())))
}

pub fn broken(host: &str, detail: &str) -> ProviderError {
    ProviderError::Protocol { host: host.to_owned(), protocol: "Microsoft Graph", detail: detail.to_owned() }
}

/// A request with a JSON body.
pub fn json_call<T: Serialize>(method: Method, url: Url, body: &T) -> Result<Call, ProviderError> {
    let body = serde_json::to_vec(body).map_err(|_| ProviderError::Refused("This request can't be written as JSON.".to_owned()))?;
    Ok(Call::new(method, url).body(HeaderValue::from_static("application/json"), body))
}
