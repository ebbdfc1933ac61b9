//! Getting the file: only if it changed, and only from where it may come.

use std::{net::IpAddr, sync::Arc, time::Duration};

use domain::{
    ExposeSecret as _, SecretString,
    config::{ConfigError, check_url, is_loopback},
    error::ProviderError,
    time::Clock,
};
use reqwest::{
    StatusCode,
    header::{ACCEPT, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION},
};
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::{
    http::{Reply, SMALL_CAP, base_builder, host_of, read, retry_after::retry_at, transport},
    image::{Allowed, PublicOnly, is_public, refused_or},
};

/// No calendar of a person is so large.
const CAP: usize = 10 << 20;
/// Everything together, redirects included.
const TIMEOUT: Duration = Duration::from_secs(30);
const REDIRECTS: usize = 5;
const USER_AGENT: &str = "Aurelius";
const ACCEPTED: &str = "text/calendar, application/octet-stream;q=0.5, */*;q=0.1";
/// Longer ones are not kept: they lie in every cursor.
const MAX_VALIDATOR: usize = 1024;

/// What the server called the file when it last gave it (RFC 9110 section 8.8); sent back as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<String>,
}

impl Validators {
    fn of(headers: &HeaderMap) -> Self {
        let text = |name: HeaderName| {
            headers.get(name).and_then(|v| v.to_str().ok()).filter(|v| !v.is_empty() && v.len() <= MAX_VALIDATOR).map(str::to_owned)
        };
        Self { etag: text(ETAG), modified: text(LAST_MODIFIED) }
    }

    fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        let pairs = [(IF_NONE_MATCH, &self.etag), (IF_MODIFIED_SINCE, &self.modified)];
        pairs.into_iter().filter_map(|(name, value)| Some((name, HeaderValue::from_str(value.as_deref()?).ok()?))).collect()
    }
}

/// A file that was read to its end.
#[derive(Debug)]
pub struct Download {
    pub host: String,
    pub bytes: Vec<u8>,
    pub validators: Validators,
}

/// The clients of all subscriptions: one that only reaches the public internet, and one for addresses that the person allowed.
pub struct Feeds {
    fenced: reqwest::Client,
    open: reqwest::Client,
    allowed: Allowed,
    clock: Clock,
}

impl Feeds {
    pub fn new(tls: &rustls::ClientConfig, clock: Clock) -> Result<Self, ProviderError> {
        Self::with_policy(tls, clock, is_public)
    }

    pub(super) fn with_policy(tls: &rustls::ClientConfig, clock: Clock, allowed: Allowed) -> Result<Self, ProviderError> {
        // No proxy: it would resolve the name unchecked, and see what is private.
        let builder = || base_builder(tls).user_agent(USER_AGENT).timeout(TIMEOUT).no_proxy();
        let built = |client: reqwest::ClientBuilder| client.build().map_err(|e| transport("the HTTP client", &e));
        Ok(Self { fenced: built(builder().dns_resolver(Arc::new(PublicOnly(allowed))))?, open: built(builder())?, allowed, clock })
    }

    /// The file at `address`; None where it is still what `known` names.
    pub async fn get(&self, address: &SecretString, private: bool, known: &Validators) -> Result<Option<Download>, ProviderError> {
        let url = parse(address)?;
        let host = host_of(&url);
        let whole = self.follow(url, private, known);
        tokio::time::timeout(TIMEOUT, whole)
            .await
            .unwrap_or_else(|_| Err(ProviderError::Unreachable { host, reason: "the calendar did not come within 30 seconds".to_owned() }))
    }

    async fn follow(&self, mut url: Url, private: bool, known: &Validators) -> Result<Option<Download>, ProviderError> {
        let client = if private { &self.open } else { &self.fenced };
        let conditions = known.headers();
        for _ in 0..=REDIRECTS {
            self.check(&url, private)?;
            let host = host_of(&url);
            let mut request = client.get(url.clone()).header(ACCEPT, ACCEPTED);
            for (name, value) in &conditions {
                request = request.header(name, value);
            }
            let response = request.send().await.map_err(|e| match refused_or(&host, &e) {
                ProviderError::Refused(_) => inside(&host),
                other => other,
            })?;
            let status = response.status();
            if status == StatusCode::NOT_MODIFIED && !conditions.is_empty() {
                return Ok(None);
            }
            if status.is_redirection() {
                let next = response.headers().get(LOCATION).and_then(|v| v.to_str().ok()).and_then(|l| url.join(l).ok());
                let next = next.ok_or_else(|| ProviderError::Refused(format!("{host} redirects to nowhere.")))?;
                if url.scheme() == "https" && next.scheme() != "https" {
                    return Err(ProviderError::Refused(format!(
                        "{host} leads to an address that is not encrypted; calendars are not fetched from there."
                    )));
                }
                url = next;
                continue;
            }
            if !status.is_success() {
                return Err(self.refused(&host, &read(&host, response, SMALL_CAP).await?));
            }
            let reply = read(&host, response, CAP).await.map_err(|error| match error {
                ProviderError::Protocol { .. } => {
                    ProviderError::Refused(format!("The calendar at {host} is larger than 10 MB; subscribe to a smaller one."))
                }
                other => other,
            })?;
            return whole(host, &reply).map(Some);
        }
        Err(ProviderError::Refused("The address of this calendar redirects too often.".to_owned()))
    }

    /// Literal addresses never reach the resolver, so they are judged here.
    fn check(&self, url: &Url, private: bool) -> Result<(), ProviderError> {
        if url.scheme() != "https" && !is_loopback(url) {
            return Err(open_connection());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ProviderError::Refused(
                "The address of this calendar holds a user name or password; subscribe by an address that needs none.".to_owned(),
            ));
        }
        let ip = match url.host() {
            Some(Host::Ipv4(ip)) => IpAddr::V4(ip),
            Some(Host::Ipv6(ip)) => IpAddr::V6(ip),
            _ => return Ok(()),
        };
        if private || (self.allowed)(ip) { Ok(()) } else { Err(inside(&host_of(url))) }
    }

    fn refused(&self, host: &str, reply: &Reply) -> ProviderError {
        let now = (self.clock)();
        let at = retry_at(&reply.headers, now);
        match reply.status.as_u16() {
            429 => ProviderError::RateLimited { provider: host.to_owned(), retry_at: at },
            503 if at.is_some() => ProviderError::RateLimited { provider: host.to_owned(), retry_at: at },
            401 | 403 => ProviderError::Auth(format!(
                "{host} no longer gives out this calendar: copy its address anew from where it is shared, and subscribe with that."
            )),
            404 | 410 => ProviderError::NotFound(format!("The calendar at {host}")),
            code @ (408 | 500..=599) => {
                ProviderError::Server { provider: host.to_owned(), detail: format!("it answered with status {code}") }
            }
            code => ProviderError::Refused(format!("{host} did not give out this calendar (status {code}).")),
        }
    }
}

/// `webcal:` and `webcals:` are what programs register for; both mean a file on the web.
fn parse(address: &SecretString) -> Result<Url, ProviderError> {
    let text = address.expose_secret().trim();
    let text = match text.split_once(':') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("webcal") || scheme.eq_ignore_ascii_case("webcals") => format!("https:{rest}"),
        _ => text.to_owned(),
    };
    // The error's own words would repeat the address.
    let mut url = check_url("address", &text).map_err(|error| match error {
        ConfigError::NotHttps { .. } => open_connection(),
        _ => ProviderError::Refused("This is not the address of a calendar: it begins with https: or webcal:.".to_owned()),
    })?;
    url.set_fragment(None);
    Ok(url)
}

fn open_connection() -> ProviderError {
    ProviderError::Refused("Calendars are only fetched over https; try the same address with https instead of http.".to_owned())
}

fn inside(host: &str) -> ProviderError {
    ProviderError::Refused(format!(
        "{host} is inside this machine or its network. If that is what you mean, allow private addresses for this subscription."
    ))
}

/// Refuses what is no calendar, and one that was cut off: its missing events would be taken for deleted ones.
fn whole(host: String, reply: &Reply) -> Result<Download, ProviderError> {
    let bytes = reply.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&reply.body);
    // A line that begins with white space goes on with the one before.
    let count = |wanted: &[u8]| bytes.split(|b| *b == b'\n').filter(|line| line.trim_ascii_end().eq_ignore_ascii_case(wanted)).count();
    let begun = count(b"BEGIN:VCALENDAR");
    if begun == 0 {
        let head = bytes.trim_ascii_start().get(..9).unwrap_or_default().to_ascii_lowercase();
        let page = reply.content_type().to_ascii_lowercase().contains("html") || head == b"<!doctype" || head.starts_with(b"<html");
        return Err(ProviderError::Refused(if page {
            format!("{host} sent a web page, not a calendar: copy the address that ends in .ics.")
        } else {
            format!("{host} sent something that is not a calendar: copy the address that ends in .ics.")
        }));
    }
    if count(b"END:VCALENDAR") < begun {
        return Err(ProviderError::Protocol { host, protocol: "iCalendar", detail: "the calendar ends in the middle".to_owned() });
    }
    Ok(Download { host, bytes: bytes.to_vec(), validators: Validators::of(&reply.headers) })
}
