//! Service records of a domain (RFC 6764 section 3): where its calendars are, when they are not at the domain itself.
//!
//! DNS can be forged. What it says is only followed where the password may go anyway; every other host is named to the person, who
//! decides.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use url::Url;

use crate::autoconfig::names::{Dns, Names as _};

const PATIENCE: Duration = Duration::from_secs(5);

/// Asks for the CalDAV service of a domain, as the address where discovery goes on. A failure is None: it only means that DNS has
/// nothing to say.
pub type Lookup = Arc<dyn Fn(String) -> Pin<Box<dyn Future<Output = Option<Url>> + Send>> + Send + Sync>;

/// By the system's resolver.
pub fn dns() -> Lookup {
    Arc::new(|domain| Box::pin(async move { tokio::time::timeout(PATIENCE, ask(&domain)).await.ok().flatten() }))
}

async fn ask(domain: &str) -> Option<Url> {
    let (dns, name) = (Dns::new(), format!("_caldavs._tcp.{domain}"));
    let best = dns.services(&name).await.into_iter().next()?;
    // RFC 6764 section 4: where it begins on that host.
    let path = dns.texts(&name).await.iter().find_map(|t| t.strip_prefix("path=").map(str::to_owned));
    address(&best.host, best.port, path.as_deref())
}

fn address(host: &str, port: u16, path: Option<&str>) -> Option<Url> {
    let path = path.filter(|p| p.starts_with('/')).unwrap_or("/.well-known/caldav");
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
        assert_eq!(text("cal.example.", 443, None).as_deref(), Some("https://cal.example/.well-known/caldav"));
        assert_eq!(text("cal.example.", 8443, Some("/dav/")).as_deref(), Some("https://cal.example:8443/dav/"));
        assert_eq!(text("cal.example", 443, Some("//evil.test/")).as_deref(), Some("https://cal.example//evil.test/"));
        assert_eq!(text("cal.example", 443, Some("evil")).as_deref(), Some("https://cal.example/.well-known/caldav"));
        assert_eq!(text("a b", 443, None), None);
    }
}
