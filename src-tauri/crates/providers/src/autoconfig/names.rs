//! DNS: service records (RFC 6186, 8314, 6764), what stands beside them, and mail exchangers.

use std::time::Duration;

use async_trait::async_trait;
use hickory_resolver::TokioResolver;

/// Where a service is offered, best first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Service {
    pub host: String,
    pub port: u16,
}

/// The two questions asked of DNS. A failure is an empty answer: it only means that there is no guess from here.
#[async_trait]
pub(crate) trait Names: Send + Sync {
    async fn services(&self, name: &str) -> Vec<Service>;
    /// Hosts that take mail for a domain, best first.
    async fn exchangers(&self, domain: &str) -> Vec<String>;
}

/// The system's resolver.
pub(crate) struct Dns(Option<TokioResolver>);

const PATIENCE: Duration = Duration::from_secs(5);

impl Dns {
    pub fn new() -> Self {
        Self(TokioResolver::builder_tokio().map(hickory_resolver::ResolverBuilder::build).ok())
    }

    /// TXT records.
    pub async fn texts(&self, name: &str) -> Vec<String> {
        let Some(resolver) = &self.0 else { return Vec::new() };
        let Ok(Ok(answer)) = tokio::time::timeout(PATIENCE, resolver.txt_lookup(format!("{name}."))).await else { return Vec::new() };
        answer.iter().map(ToString::to_string).collect()
    }
}

#[async_trait]
impl Names for Dns {
    async fn services(&self, name: &str) -> Vec<Service> {
        let Some(resolver) = &self.0 else { return Vec::new() };
        let Ok(Ok(answer)) = tokio::time::timeout(PATIENCE, resolver.srv_lookup(format!("{name}."))).await else { return Vec::new() };
        let mut records: Vec<_> = answer.iter().collect();
        records.sort_by_key(|r| (r.priority(), u16::MAX - r.weight()));
        // The target "." says that the service is not offered at all (RFC 2782).
        records
            .into_iter()
            .filter(|r| !r.target().is_root() && r.port() > 0)
            .map(|r| Service { host: r.target().to_utf8(), port: r.port() })
            .collect()
    }

    async fn exchangers(&self, domain: &str) -> Vec<String> {
        let Some(resolver) = &self.0 else { return Vec::new() };
        let Ok(Ok(answer)) = tokio::time::timeout(PATIENCE, resolver.mx_lookup(format!("{domain}."))).await else { return Vec::new() };
        let mut records: Vec<_> = answer.iter().collect();
        records.sort_by_key(|r| r.preference());
        records.into_iter().filter(|r| !r.exchange().is_root()).map(|r| r.exchange().to_utf8()).collect()
    }
}
