//! One-click unsubscribe (RFC 8058): a POST to an address that a stranger's mail named, when the person asked for it.
//!
//! The address is as little to be trusted as that of a remote image, so the same rules hold: no cookies, no referrer, no
//! credentials, nothing inside this machine or its network (checked in the resolver that the connection uses). On top: https only,
//! and a redirect is followed only where it keeps the POST (307, 308) and only to https; the others would turn it into a page
//! visit, which RFC 8058 section 3.1 forbids the sender to ask for.

use std::{net::IpAddr, sync::Arc, time::Duration};

use domain::error::ProviderError;
use reqwest::{
    StatusCode,
    header::{CONTENT_TYPE, LOCATION},
};
use url::{Host, Origin, Url};

use crate::{
    http::{SMALL_CAP, base_builder, host_of, read, transport},
    image::{Allowed, PublicOnly, is_public, private, refused_or},
};

const REDIRECTS: usize = 3;
const TIMEOUT: Duration = Duration::from_secs(30);
const BODY: &str = "List-Unsubscribe=One-Click";

pub struct Unsubscriber {
    client: reqwest::Client,
    allowed: Allowed,
    /// Origins on loopback that the configuration names as a provider's own (a sandbox): the person put them there, no mail did.
    configured: Vec<Origin>,
}

impl Unsubscriber {
    pub fn new(tls: &rustls::ClientConfig, configured: Vec<Url>) -> Result<Self, ProviderError> {
        let client = base_builder(tls)
            .user_agent("Mozilla/5.0")
            .timeout(TIMEOUT)
            .no_proxy()
            .dns_resolver(Arc::new(PublicOnly(is_public)))
            .build()
            .map_err(|e| transport("the HTTP client", &e))?;
        let configured = configured.iter().filter(|u| is_loopback(u)).map(Url::origin).collect();
        Ok(Self { client, allowed: is_public, configured })
    }

    /// Done when the list's server took it (2xx). Asking twice does no harm.
    pub async fn post(&self, url: &str) -> Result<(), ProviderError> {
        let mut url =
            Url::parse(url).map_err(|_| ProviderError::Refused("This list has no valid address to unsubscribe at.".to_owned()))?;
        for _ in 0..=REDIRECTS {
            self.check(&url)?;
            let host = host_of(&url);
            let request = self.client.post(url.clone()).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(BODY);
            let response = request.send().await.map_err(|e| refused_or(&host, &e))?;
            let status = response.status();
            if matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT) {
                let next = response.headers().get(LOCATION).and_then(|v| v.to_str().ok()).and_then(|l| url.join(l).ok());
                url = next.ok_or_else(|| ProviderError::Refused(format!("{host} redirects to nowhere.")))?;
                continue;
            }
            let code = status.as_u16();
            return match code {
                200..=299 => {
                    // Read to its end, so that a proxy in between does not take our hanging up for a failure.
                    let _ = read(&host, response, SMALL_CAP).await;
                    Ok(())
                }
                429 => Err(ProviderError::RateLimited { provider: host, retry_at: None }),
                408 | 500..=599 => Err(ProviderError::Server { provider: host, detail: format!("it answered with status {code}") }),
                300..=399 => Err(ProviderError::Refused(format!("{host} wants a visit to its page instead of taking the request."))),
                _ => Err(ProviderError::Refused(format!("{host} did not take the request (status {code})."))),
            };
        }
        Err(ProviderError::Refused("This address redirects too often.".to_owned()))
    }

    fn check(&self, url: &Url) -> Result<(), ProviderError> {
        if self.configured.contains(&url.origin()) {
            return Ok(());
        }
        if url.scheme() != "https" {
            return Err(ProviderError::Refused(
                "This list wants to be left over an open connection; that is not done by itself.".to_owned(),
            ));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ProviderError::Refused("The address of this list holds credentials.".to_owned()));
        }
        let ip = match url.host() {
            Some(Host::Ipv4(ip)) => IpAddr::V4(ip),
            Some(Host::Ipv6(ip)) => IpAddr::V6(ip),
            Some(Host::Domain(_)) => return Ok(()),
            None => return Err(ProviderError::Refused("This list has no host.".to_owned())),
        };
        if (self.allowed)(ip) { Ok(()) } else { Err(private(&host_of(url))) }
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::{
        scripted::{Scripted, answer},
        tls::TlsContext,
    };

    fn with(configured: &[&str]) -> Unsubscriber {
        let tls = TlsContext::new(None).unwrap().client_config(&[]).unwrap();
        Unsubscriber::new(&tls, configured.iter().map(|u| Url::parse(u).unwrap()).collect()).unwrap()
    }

    #[tokio::test]
    async fn posts_once_without_anything_of_ours() {
        let server = Scripted::start().await;
        server.next(|_| answer(200, "text/html", "bye"));
        with(&[&server.base]).post(&format!("{}/u?id=7", server.base)).await.unwrap();
        let asked = server.asked();
        assert_eq!((asked.len(), asked[0].method.as_str()), (1, "POST"));
        assert_eq!(asked[0].body, BODY.as_bytes());
        assert_eq!(asked[0].headers.get("content-type").unwrap(), "application/x-www-form-urlencoded");
        for name in ["cookie", "referer", "authorization"] {
            assert!(asked[0].headers.get(name).is_none(), "{name}");
        }
    }

    #[tokio::test]
    async fn nothing_inside_and_nothing_open_is_contacted() {
        let inside = Scripted::start().await;
        for url in [
            inside.base.as_str(),
            "https://127.0.0.1/u",
            "https://[::1]/u",
            "https://10.0.0.1/",
            "http://lists.example/u",
            "https://a:b@lists.example/",
            "ftp://lists.example/",
        ] {
            let error = with(&[]).post(url).await.unwrap_err();
            assert!(matches!(error, ProviderError::Refused(_)), "{url}: {error}");
        }
        assert!(matches!(with(&[]).post("https://localhost/u").await.unwrap_err(), ProviderError::Refused(_)), "by the resolver");
        assert!(inside.asked().is_empty());
    }

    #[tokio::test]
    async fn a_redirect_inside_or_to_a_page_is_refused_and_errors_say_what_to_do() {
        let (server, inside) = (Scripted::start().await, Scripted::on("127.0.0.2").await);
        let unsubscriber = with(&[&server.base]);
        let target = format!("{}/secret", inside.base);
        let redirect = |code: u16, to: String| {
            move |_: &_| {
                let mut response = answer(code, "text/plain", "");
                response.headers_mut().insert("location", to.parse().unwrap());
                response
            }
        };
        server.next(redirect(308, target));
        assert!(matches!(unsubscriber.post(&server.base).await.unwrap_err(), ProviderError::Refused(_)));
        server.next(redirect(302, "/page".to_owned()));
        let error = unsubscriber.post(&server.base).await.unwrap_err();
        assert!(matches!(&error, ProviderError::Refused(why) if why.contains("page")), "{error}");
        server.next(redirect(307, "/again".to_owned()));
        server.next(|_| answer(204, "text/plain", ""));
        unsubscriber.post(&server.base).await.unwrap();
        assert_eq!(server.asked().last().unwrap().method, "POST");
        server.next(|_| answer(503, "text/plain", ""));
        assert!(matches!(unsubscriber.post(&server.base).await.unwrap_err(), ProviderError::Server { .. }));
        assert!(inside.asked().is_empty());
    }
}
