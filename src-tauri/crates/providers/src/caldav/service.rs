//! Service records of a domain (RFC 6764 section 3): where its calendars are, when they are not at the domain itself.
//!
//! DNS can be forged. What it says is only followed where the password may go anyway; every other host is named to the person, who
//! decides.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use hickory_resolver::TokioResolver;
use url::Url;

const PATIENCE: Duration = Duration::from_secs(5);

/// Asks for the CalDAV service of a domain, as the address where discovery goes on. A failure is None: it only means that DNS has
/// nothing to say.
pub type Lookup = Arc<dyn Fn(String) -> Pin<Box<dyn Future<Output = Option<Url>> + Send>> + Send + Sync>;

/// By the system's resolver.
pub fn dns() -> Lookup {
    Arc::new(|domain| Box::pin(async move { tokio::time::timeout(PATIENCE, ask(&domain)).await.ok().flatten() }))
}

async fn ask(domain: &str) -> Option<Url> {
    let resolver = TokioResolver::builder_tokio().ok()?.build();
    let name = format!("_caldavs._tcp.{domain}.");
    let answer = resolver.srv_lookup(name.clone()).await.ok()?;
    // The target "." says that the service is not offered at all (RFC 2782).
    let offered = answer.iter().filter(|r| !r.target().is_root() && r.port() > 0);
    let best = offered.min_by_key(|r| (r.priority(), u16::MAX - r.weight()))?;
    let host = best.target().to_utf8();
    // RFC 6764 section 4: where it begins on that host.
    let texts = resolver.txt_lookup(name).await.ok();
    let path = texts.iter().flat_map(|t| t.iter()).find_map(|t| t.to_string().strip_prefix("path=").map(str::to_owned));
    address(&host, best.port(), path.as_deref())
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
