//! Remote images of a mail, fetched only when the person asks.
//!
//! The address was written by a stranger. So: no cookies, no referrer, a user agent that says nothing, a size cap, images only
//! (no SVG: it is a document), and never an address inside this machine or its network. That last check happens in the resolver
//! that the connection itself uses and again for every redirect, so that a name which changes its mind between check and
//! connect gains nothing. No proxy is used, because then the proxy would resolve the name unchecked.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use domain::{error::ProviderError, source::RemoteImage};
use reqwest::{
    dns::{Addrs, Name, Resolve, Resolving},
    header::{ACCEPT, CONTENT_TYPE, LOCATION},
};
use url::{Host, Url};

use crate::http::{base_builder, host_of, read, transport};

const REDIRECTS: usize = 3;
const TIMEOUT: Duration = Duration::from_secs(20);
/// Common, and the same for everybody.
const USER_AGENT: &str = "Mozilla/5.0";
const ACCEPTED: &str = "image/avif,image/webp,image/png,image/jpeg,image/gif;q=0.9,image/*;q=0.8";

/// Says whether an address may be contacted. A plain function, so that tests can let one loopback address through.
pub(crate) type Allowed = fn(IpAddr) -> bool;

pub struct Images {
    client: reqwest::Client,
    allowed: Allowed,
}

impl Images {
    pub fn new(tls: &rustls::ClientConfig) -> Result<Self, ProviderError> {
        Self::with_policy(tls, is_public)
    }

    fn with_policy(tls: &rustls::ClientConfig, allowed: Allowed) -> Result<Self, ProviderError> {
        let client = base_builder(tls)
            .user_agent(USER_AGENT)
            .timeout(TIMEOUT)
            .no_proxy()
            .dns_resolver(Arc::new(PublicOnly(allowed)))
            .build()
            .map_err(|e| transport("the HTTP client", &e))?;
        Ok(Self { client, allowed })
    }

    /// At most `max` bytes of an `image/*` (not SVG).
    pub async fn fetch(&self, url: &str, max: usize) -> Result<RemoteImage, ProviderError> {
        let mut url = Url::parse(url).map_err(|_| ProviderError::Refused("This image has no valid web address.".to_owned()))?;
        for _ in 0..=REDIRECTS {
            self.check(&url)?;
            let host = host_of(&url);
            let response = self.client.get(url.clone()).header(ACCEPT, ACCEPTED).send().await.map_err(|e| refused_or(&host, &e))?;
            let status = response.status();
            if status.is_redirection() {
                let next = response.headers().get(LOCATION).and_then(|v| v.to_str().ok()).and_then(|l| url.join(l).ok());
                url = next.ok_or_else(|| ProviderError::Refused(format!("{host} redirects to nowhere.")))?;
                continue;
            }
            if !status.is_success() {
                return Err(ProviderError::NotFound(format!("The image at {host} (status {})", status.as_u16())));
            }
            let mime = image_type(response.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()))
                .ok_or_else(|| ProviderError::Refused(format!("{host} sent something that is not an image.")))?;
            let reply = read(&host, response, max).await?;
            return Ok(RemoteImage { mime, bytes: reply.body.to_vec() });
        }
        Err(ProviderError::Refused("This image redirects too often.".to_owned()))
    }

    /// Literal addresses never reach the resolver, so they are judged here.
    fn check(&self, url: &Url) -> Result<(), ProviderError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(ProviderError::Refused("Images are only fetched from the web.".to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ProviderError::Refused("The address of this image holds credentials.".to_owned()));
        }
        let ip = match url.host() {
            Some(Host::Ipv4(ip)) => IpAddr::V4(ip),
            Some(Host::Ipv6(ip)) => IpAddr::V6(ip),
            Some(Host::Domain(_)) => return Ok(()),
            None => return Err(ProviderError::Refused("This image has no host.".to_owned())),
        };
        if (self.allowed)(ip) { Ok(()) } else { Err(private(&host_of(url))) }
    }
}

pub(crate) fn private(host: &str) -> ProviderError {
    ProviderError::Refused(format!("{host} is inside this machine or its network; no mail may reach into that."))
}

/// The resolver's refusal comes back wrapped in reqwest's error.
pub(crate) fn refused_or(host: &str, error: &reqwest::Error) -> ProviderError {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if cause.is::<PrivateAddress>() {
            return private(host);
        }
        source = cause.source();
    }
    transport(host, error)
}

/// `image/…` without parameters, lower case; None for anything that can run.
pub(crate) fn image_type(header: Option<&str>) -> Option<String> {
    let mime = header?.split(';').next()?.trim().to_ascii_lowercase();
    let subtype = mime.strip_prefix("image/")?;
    let plain = !subtype.is_empty() && subtype.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
    // `+xml` and `svg` are documents with scripts and references of their own.
    (plain && !subtype.starts_with("svg")).then_some(mime)
}

#[derive(Debug, thiserror::Error)]
#[error("the name points into a private network")]
struct PrivateAddress;

/// Resolves by the system, and fails if *any* answer is private: a name that mixes both is an attack.
pub(crate) struct PublicOnly(pub(crate) Allowed);

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = self.0;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if found.iter().any(|a| !allowed(a.ip())) {
                return Err(Box::new(PrivateAddress) as Box<dyn std::error::Error + Send + Sync>);
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Whether an address belongs to the public internet (IANA special-purpose registries, RFC 6890 and successors).
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(a == 0
        || ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_broadcast()
        || ip.is_documentation()
        || ip.is_multicast()
        || a >= 240
        || (a == 100 && (b & 0xc0) == 64)
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b & 0xfe) == 18))
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    // An IPv4 address in disguise is judged as what it is: mapped, compatible, NAT64 and 6to4.
    let bits = ip.to_bits();
    let v4 = |shift: u32| is_public_v4(Ipv4Addr::from_bits((bits >> shift) as u32));
    if ip.to_ipv4_mapped().is_some() || bits >> 32 == 0 || bits >> 32 == 0x0064_ff9b_u128 << 64 {
        return ip != Ipv6Addr::UNSPECIFIED && ip != Ipv6Addr::LOCALHOST && v4(0);
    }
    let [first, second, ..] = ip.segments();
    if first == 0x2002 {
        return v4(80);
    }
    // Only global unicast 2000::/3, without Teredo and other protocol assignments (2001::/23) and documentation.
    let assigned = first == 0x2001 && (second < 0x200 || second == 0x0db8);
    (first & 0xe000) == 0x2000 && !assigned && !(first == 0x3fff && second < 0x1000)
}

/// The literal address behind a URL that would be fetched, for tests/fuzz.
#[cfg(any(fuzzing, test))]
pub(crate) fn fuzz(url: &str) -> Option<IpAddr> {
    static IMAGES: std::sync::OnceLock<Option<Images>> = std::sync::OnceLock::new();
    let build = || Images::new(&crate::tls::TlsContext::new(None).ok()?.client_config(&[]).ok()?).ok();
    let images = IMAGES.get_or_init(build).as_ref()?;
    let url = Url::parse(url).ok()?;
    images.check(&url).ok()?;
    match url.host()? {
        Host::Ipv4(ip) => Some(IpAddr::V4(ip)),
        Host::Ipv6(ip) => Some(IpAddr::V6(ip)),
        Host::Domain(_) => None,
    }
}

#[cfg(test)]
mod tests;
