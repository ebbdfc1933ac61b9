//! One request to the server: signed in, redirected only where the password may go, read with a cap.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use domain::{ExposeSecret as _, error::ProviderError, source::Credentials, time::Timestamp};
use reqwest::{
    Method, StatusCode,
    header::{ACCEPT_ENCODING, AUTHORIZATION, HeaderName, HeaderValue, LOCATION},
};
use url::Url;
use zeroize::Zeroizing;

use super::{
    place::{Start, join},
    refusal,
    xml::{self, MAX_RESPONSES, Multistatus},
};
use crate::http::{Call, Http, Reply, host_of};

/// Replies that have no reason to be larger.
pub const CAP: usize = 8 << 20;
/// Pages with the text of events, and lists of all members of a calendar.
pub const PAGE_CAP: usize = 64 << 20;
/// One resource; no more is read of a calendar anywhere.
pub const ITEM_CAP: usize = 10 << 20;
/// For replies that may be long. Silence inside of it is bounded by the client.
const PAGE_TIMEOUT: Duration = Duration::from_mins(5);
const REDIRECTS: usize = 5;

/// How far below a collection is meant (RFC 4918 section 10.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    Zero,
    One,
}

pub struct Wire {
    start: Start,
    username: String,
    credentials: Arc<dyn Credentials>,
    http: Http,
    propfind: Method,
    report: Method,
    what: &'static str,
}

impl Wire {
    pub fn new(start: Start, username: &str, credentials: Arc<dyn Credentials>, http: Http) -> Result<Self, ProviderError> {
        let method = |name: &[u8]| Method::from_bytes(name).map_err(|_| ProviderError::Unsupported("a method has no name".to_owned()));
        let (propfind, report) = (method(b"PROPFIND")?, method(b"REPORT")?);
        Ok(Self { start, username: username.to_owned(), credentials, http, propfind, report, what: "This event" })
    }

    /// Its resources are tasks, in errors.
    #[must_use]
    pub const fn about_tasks(mut self) -> Self {
        self.what = "This task";
        self
    }

    /// What a resource is called in errors.
    pub const fn what(&self) -> &'static str {
        self.what
    }

    pub fn start(&self) -> &Start {
        &self.start
    }

    pub fn now(&self) -> Timestamp {
        self.http.now()
    }

    /// `props` is the inside of `DAV:prop`, with the prefixes of [`NAMESPACES`].
    pub fn propfind(&self, url: Url, depth: Depth, props: &str) -> Call {
        let body = format!("{DECLARATION}<D:propfind {NAMESPACES}><D:prop>{props}</D:prop></D:propfind>");
        Self::with_depth(Call::new(self.propfind.clone(), url), depth).body(XML, body)
    }

    /// `root` is the name of the report with its prefix, `inside` what stands in it.
    pub fn report(&self, url: Url, depth: Depth, root: &str, inside: &str) -> Call {
        let body = format!("{DECLARATION}<{root} {NAMESPACES}>{inside}</{root}>");
        Self::with_depth(Call::new(self.report.clone(), url), depth).body(XML, body)
    }

    /// A resource itself. No compression: some servers give a compressed reply an entity tag of its own, which matches nothing later.
    pub fn item(method: Method, url: Url) -> Call {
        Call::new(method, url).header(ACCEPT_ENCODING, HeaderValue::from_static("identity"))
    }

    fn with_depth(call: Call, depth: Depth) -> Call {
        let value = if depth == Depth::Zero { "0" } else { "1" };
        call.header(HeaderName::from_static("depth"), HeaderValue::from_static(value))
    }

    /// As [`Self::exchange`], with a refused sign-in as an error.
    pub async fn send(&self, call: Call, cap: usize) -> Result<(Url, Reply), ProviderError> {
        let (url, reply) = self.exchange(call, cap).await?;
        if reply.status == StatusCode::UNAUTHORIZED {
            return Err(self.refused("This calendar", &url, &reply));
        }
        Ok((url, reply))
    }

    /// Sends, follows redirects with the same method and body, and answers with where the reply came from. Every status but that of a
    /// redirect is the caller's to judge.
    pub async fn exchange(&self, call: Call, cap: usize) -> Result<(Url, Reply), ProviderError> {
        let mut call = if cap > CAP { call.timeout(PAGE_TIMEOUT) } else { call };
        let authorization = self.authorization().await?;
        for _ in 0..=REDIRECTS {
            if !self.start.trusts(&call.url) {
                return Err(self.start.elsewhere(&call.url));
            }
            let signed = call.clone().header(AUTHORIZATION, authorization.clone());
            let reply = self.http.send(&signed, None, cap).await?;
            match reply.status {
                StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND | StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => {
                    let next = reply.headers.get(LOCATION).and_then(|v| v.to_str().ok()).and_then(|l| join(&call.url, l));
                    call.url = next.ok_or_else(|| refusal::protocol(&call.host(), "a redirect to nowhere"))?;
                }
                _ => return Ok((call.url, reply)),
            }
        }
        Err(refusal::protocol(&call.host(), "more than five redirects"))
    }

    /// As [`Self::send`], for a multistatus (status 207); every other status is an error. `what` names the thing asked for.
    pub async fn multistatus(&self, what: &str, call: Call, cap: usize) -> Result<(Url, Multistatus), ProviderError> {
        let (url, reply) = self.send(call, cap).await?;
        Ok((url.clone(), self.read(what, &url, &reply)?))
    }

    pub fn read(&self, what: &str, url: &Url, reply: &Reply) -> Result<Multistatus, ProviderError> {
        if reply.status != StatusCode::MULTI_STATUS {
            return Err(self.refused(what, url, reply));
        }
        xml::multistatus(&reply.body, MAX_RESPONSES).map_err(|e| refusal::protocol(&host_of(url), &e.to_string()))
    }

    pub fn refused(&self, what: &str, url: &Url, reply: &Reply) -> ProviderError {
        refusal::from_reply(&host_of(url), what, reply, self.now())
    }

    /// Basic (RFC 7617) in UTF-8. Made for each request, so that the password is held no longer than that.
    async fn authorization(&self) -> Result<HeaderValue, ProviderError> {
        let password = self.credentials.password().await?;
        if password.expose_secret().contains(|c: char| c.is_control()) {
            return Err(ProviderError::Auth("The password holds a control character; type it again.".to_owned()));
        }
        let pair = Zeroizing::new(format!("{}:{}", self.username, password.expose_secret()));
        let text = Zeroizing::new(format!("Basic {}", BASE64.encode(pair.as_bytes())));
        let mut value =
            HeaderValue::from_str(&text).map_err(|_| ProviderError::Auth("The password can't be sent in a header.".to_owned()))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n";
/// Of every request that we write.
const NAMESPACES: &str = concat!(
    "xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\" ",
    "xmlns:CS=\"http://calendarserver.org/ns/\" xmlns:A=\"http://apple.com/ns/ical/\""
);
const XML: HeaderValue = HeaderValue::from_static("application/xml; charset=utf-8");
