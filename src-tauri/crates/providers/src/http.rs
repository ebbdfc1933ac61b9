//! One HTTP client for every provider, so that the rules that protect a token are stated once: TLS or this machine, no
//! redirects (a redirect could carry the bearer token elsewhere), bounded bodies, and errors that name the host but never a
//! URL, a header or a body.

use std::{error::Error as _, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use domain::{SecretString, config, error::ProviderError, time::Clock};
use reqwest::{
    Method, StatusCode,
    header::{AUTHORIZATION, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue},
    redirect,
};
use secrecy::ExposeSecret as _;
use url::Url;

use crate::tls::certificate_reason;

pub mod bearer;
pub mod json;
pub mod keyed;
pub mod link;
pub mod own_token;
pub mod patience;
pub mod retry_after;
mod steady;
pub mod trust;

/// What servers see. No version: it would tell them more than they need.
const USER_AGENT: &str = "Aurelius";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// Longest silence while a body arrives. Not a setting of the client: there it would also run while *we* upload.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest wait for an answer to begin in which nothing of the request goes out either, however long the whole exchange may take.
const ANSWER_SILENCE: Duration = Duration::from_mins(1);
/// Whole exchange, unless the call says otherwise.
pub const TIMEOUT: Duration = Duration::from_mins(1);
/// For JSON replies that have no reason to be larger.
pub const JSON_CAP: usize = 4 * 1024 * 1024;
/// For token endpoints and error bodies.
pub const SMALL_CAP: usize = 256 * 1024;

/// A cheap handle; clones share the connection pool.
#[derive(Clone)]
pub struct Http {
    client: reqwest::Client,
    clock: Clock,
}

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Http")
    }
}

/// A request that can be sent twice (the body is shared, not consumed).
#[derive(Clone, Debug)]
pub struct Call {
    pub method: Method,
    pub url: Url,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Bytes,
    pub timeout: Duration,
}

impl Call {
    pub fn new(method: Method, url: Url) -> Self {
        Self { method, url, headers: Vec::new(), body: Bytes::new(), timeout: TIMEOUT }
    }
    pub fn get(url: Url) -> Self {
        Self::new(Method::GET, url)
    }
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
    /// Sets body and content type.
    #[must_use]
    pub fn body(mut self, content_type: HeaderValue, body: impl Into<Bytes>) -> Self {
        self.headers.push((reqwest::header::CONTENT_TYPE, content_type));
        self.body = body.into();
        self
    }
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
    /// Only where `what` is still this. An empty etag is no condition; one that can't be sent is not what is there.
    pub fn if_match(self, what: &str, etag: &str) -> Result<Self, ProviderError> {
        if etag.is_empty() {
            return Ok(self);
        }
        let value = HeaderValue::from_str(etag).map_err(|_| ProviderError::Conflict(what.to_owned()))?;
        Ok(self.header(reqwest::header::IF_MATCH, value))
    }
    /// For error texts: the host alone, because paths hold ids and queries hold searches.
    pub fn host(&self) -> String {
        host_of(&self.url)
    }
}

/// A reply read to its end.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Reply {
    pub fn content_type(&self) -> &str {
        self.headers.get(reqwest::header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }
}

pub fn host_of(url: &Url) -> String {
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => "the server".to_owned(),
    }
}

impl Http {
    /// `tls` holds the trusted roots (system and the person's CA file).
    pub fn new(tls: &rustls::ClientConfig, clock: Clock) -> Result<Self, ProviderError> {
        // HTTP and HTTPS through the environment's proxy only where TLS goes through end to end: plain http is for this
        // machine, and a proxy would see its tokens.
        let mut builder = base_builder(tls).user_agent(USER_AGENT).timeout(TIMEOUT).no_proxy();
        if let Some(proxy) = https_proxy() {
            builder = builder.proxy(proxy);
        }
        let client = builder.build().map_err(|e| transport("the HTTP client", &e))?;
        Ok(Self { client, clock })
    }

    pub fn now(&self) -> domain::time::Timestamp {
        (self.clock)()
    }

    pub fn clock(&self) -> Clock {
        Arc::clone(&self.clock)
    }

    /// Sends without credentials and returns as soon as the status is known.
    pub async fn open(&self, call: &Call, bearer: Option<&SecretString>) -> Result<reqwest::Response, ProviderError> {
        require_safe(&call.url)?;
        let host = call.host();
        let mut request = self.client.request(call.method.clone(), call.url.clone()).timeout(call.timeout);
        for (name, value) in &call.headers {
            request = request.header(name.clone(), value.clone());
        }
        if let Some(token) = bearer {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
                .map_err(|_| ProviderError::Auth("the access token has characters that no token may have".to_owned()))?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        let taken = steady::Taken::default();
        if call.body.len() > steady::PIECE {
            request = request.header(CONTENT_LENGTH, call.body.len()).body(taken.body(call.body.clone()));
        } else if !call.body.is_empty() || matches!(call.method, Method::POST | Method::PUT | Method::PATCH) {
            request = request.body(call.body.clone());
        }
        match steady::answer(request.send(), &taken, ANSWER_SILENCE).await {
            Some(reply) => reply.map_err(|e| transport(&host, &e)),
            None => Err(ProviderError::Unreachable { host, reason: "nothing moved for a minute".to_owned() }),
        }
    }

    /// Sends and reads at most `cap` bytes of (decompressed) body; more is an error, not a truncation.
    pub async fn send(&self, call: &Call, bearer: Option<&SecretString>, cap: usize) -> Result<Reply, ProviderError> {
        let response = self.open(call, bearer).await?;
        read(&call.host(), response, cap).await
    }

    /// GET without credentials, for documents of the open web (autoconfiguration, discovery).
    pub async fn get(&self, url: Url, timeout: Duration, cap: usize) -> Result<Reply, ProviderError> {
        self.send(&Call::get(url).timeout(timeout), None, cap).await
    }
}

/// The next piece of a body; None at its end.
pub async fn chunk(host: &str, response: &mut reqwest::Response) -> Result<Option<Bytes>, ProviderError> {
    match tokio::time::timeout(READ_TIMEOUT, response.chunk()).await {
        Ok(piece) => piece.map_err(|e| transport(host, &e)),
        Err(_) => Err(ProviderError::Unreachable { host: host.to_owned(), reason: "the reply stopped in the middle".to_owned() }),
    }
}

/// Reads a body to its end, refusing more than `cap` bytes.
pub async fn read(host: &str, mut response: reqwest::Response, cap: usize) -> Result<Reply, ProviderError> {
    let status = response.status();
    let headers = response.headers().clone();
    let too_large =
        || ProviderError::Protocol { host: host.to_owned(), protocol: "HTTP", detail: format!("a reply of more than {cap} bytes") };
    if response.content_length().is_some_and(|n| n > cap as u64) {
        return Err(too_large());
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = chunk(host, &mut response).await? {
        if body.len().saturating_add(chunk.len()) > cap {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Reply { status, headers, body: body.freeze() })
}

/// What the API client and the image fetcher share.
pub(crate) fn base_builder(tls: &rustls::ClientConfig) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls.clone())
        .redirect(redirect::Policy::none())
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(Duration::from_mins(1))
}

fn https_proxy() -> Option<reqwest::Proxy> {
    let url =
        ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"].iter().find_map(|k| std::env::var(k).ok()).filter(|v| !v.is_empty())?;
    let proxy = reqwest::Proxy::https(&url).ok();
    if proxy.is_none() {
        tracing::warn!("the proxy named by the environment is not a valid address; going without");
    }
    proxy.map(|proxy| proxy.no_proxy(reqwest::NoProxy::from_env()))
}

/// Configured URLs were checked at start, but some come out of replies (discovery documents).
fn require_safe(url: &Url) -> Result<(), ProviderError> {
    config::check_url(&host_of(url), url.as_str())
        .map(|_| ())
        .map_err(|_| ProviderError::Refused(format!("{} is not an https address; refusing to send anything there", host_of(url))))
}

/// The reason in words, from the innermost cause, without the URL.
pub(crate) fn transport(host: &str, error: &reqwest::Error) -> ProviderError {
    let mut reason = if error.is_timeout() {
        "no answer in time".to_owned()
    } else if error.is_connect() {
        "no connection".to_owned()
    } else if error.is_body() || error.is_decode() {
        "the connection broke off in the middle of the reply".to_owned()
    } else {
        "the request could not be sent".to_owned()
    };
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(rustls::Error::InvalidCertificate(why)) = tls_error(cause) {
            return ProviderError::Certificate { host: host.to_owned(), reason: certificate_reason(why, false), fingerprint: None };
        }
        if cause.source().is_none() && !error.is_timeout() {
            reason = format!("{reason} ({cause})");
        }
        source = cause.source();
    }
    ProviderError::Unreachable { host: host.to_owned(), reason }
}

fn tls_error<'a>(cause: &'a (dyn std::error::Error + 'static)) -> Option<&'a rustls::Error> {
    if let Some(found) = cause.downcast_ref::<rustls::Error>() {
        return Some(found);
    }
    // Wrapped in io::Errors, sometimes in several, and their `source` skips what they wrap.
    tls_error(cause.downcast_ref::<std::io::Error>()?.get_ref()?)
}

#[cfg(test)]
mod tests;
