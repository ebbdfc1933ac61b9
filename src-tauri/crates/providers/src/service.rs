//! Service records of a domain (RFC 2782): where its calendars (RFC 6764 section 3) or its mail (RFC 8620 section 2.2) are, when they are
//! not at the domain itself.
//!
//! DNS can be forged. What it says is only followed where the password may go anyway; every other host is named to the person, who
//! decides.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use url::Url;

use crate::autoconfig::names::{Dns, Names as _};

const PATIENCE: Duration = Duration::from_secs(5);

/// Asks for a service of a domain, as the address where discovery goes on. A failure is None: it only means that DNS has
/// nothing to say.
pub type Lookup = Arc<dyn Fn(String) -> Pin<Box<dyn Future<Output = Option<Url>> + Send>> + Send + Sync>;

/// By the system's resolver. `service`: as it is registered (`caldavs`); `well_known`: where it begins on its host unless the records say
/// otherwise.
pub fn dns(service: &'static str, well_known: &'static str) -> Lookup {
    Arc::new(move |domain| Box::pin(async move { tokio::time::timeout(PATIENCE, ask(&domain, service, well_known)).await.ok().flatten() }))
}

async fn ask(domain: &str, service: &str, well_known: &str) -> Option<Url> {
    let (dns, name) = (Dns::new(), format!("_{service}._tcp.{domain}"));
    let best = dns.services(&name).await.into_iter().next()?;
    // RFC 6764 section 4: where it begins on that host.
    let path = dns.texts(&name).await.iter().find_map(|t| t.strip_prefix("path=").map(str::to_owned));
    address(&best.host, best.port, path.as_deref().filter(|p| p.starts_with('/')).unwrap_or(well_known))
}

fn address(host: &str, port: u16, path: &str) -> Option<Url> {
    let mut url = Url::parse(&format!("https://{}/", host.trim_end_matches('.'))).ok()?;
    url.set_port(Some(port)).ok()?;
    url.set_path(path);
    Some(url)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn records_become_addresses() {
        let text = |host, port, path| address(host, port, path).map(String::from);
        assert_eq!(text("cal.example.", 443, "/.well-known/caldav").as_deref(), Some("https://cal.example/.well-known/caldav"));
        assert_eq!(text("cal.example.", 8443, "/dav/").as_deref(), Some("https://cal.example:8443/dav/"));
        assert_eq!(text("cal.example", 443, "//evil.test/").as_deref(), Some("https://cal.example//evil.test/"));
        assert_eq!(text("a b", 443, "/"), None);
    }
}
