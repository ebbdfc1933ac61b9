//! Where Microsoft's sign-in and Graph live (PROVIDERS 2.1).

use domain::{
    config::{self, ProviderConfig},
    error::ProviderError,
};
use url::Url;

/// Work, school and personal accounts. An organisation's own: its tenant in the place of `common`.
pub const ISSUER: &str = "https://login.microsoftonline.com/common/v2.0";
const GRAPH: &str = "https://graph.microsoft.com";

/// The authority's addresses, from the issuer (`{authority}/{tenant}/v2.0`): they are the same for every tenant, so nothing is discovered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    pub authorize: String,
    pub token: String,
    /// What id_tokens name; `{tenantid}` stands for the tenant that the token itself names, where the authority is one of several tenants.
    pub issuer: String,
}

/// None where the issuer is not of that shape.
pub fn authority(issuer: &str) -> Option<Authority> {
    let root = issuer.trim_end_matches('/').strip_suffix("/v2.0")?;
    let (host, tenant) = root.rsplit_once('/').filter(|(host, tenant)| host.contains("://") && !tenant.is_empty())?;
    // Tokens name the tenant by its id; asked for by another name, it is not known beforehand.
    let by_id = tenant.len() == 36 && tenant.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    Some(Authority {
        authorize: format!("{root}/oauth2/v2.0/authorize"),
        token: format!("{root}/oauth2/v2.0/token"),
        issuer: format!("{host}/{}/v2.0", if by_id { tenant } else { "{tenantid}" }),
    })
}

/// Graph: `{root}/v1.0/me/…`.
#[derive(Clone, Debug)]
pub struct GraphUrls {
    root: Url,
}

impl GraphUrls {
    /// `graph_url` is the root, or the full base (`…/v1.0` or `…/v1.0/me`) as the documentation prints it.
    pub fn new(config: &ProviderConfig) -> Result<Self, ProviderError> {
        let text = config.graph_url.as_deref().unwrap_or(GRAPH).trim_end_matches('/');
        let text = text.strip_suffix("/me").unwrap_or(text);
        let root = text.strip_suffix("/v1.0").unwrap_or(text);
        let root = config::check_url("graph_url", root).map_err(|e| ProviderError::Refused(e.to_string()))?;
        Ok(Self { root })
    }

    /// `segments` are escaped one by one: ids come from the provider, yet they end up in a path.
    pub fn me<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        self.join(["v1.0", "me"].into_iter().chain(segments))
    }

    pub fn batch(&self) -> Url {
        self.join(["v1.0", "$batch"])
    }

    fn join<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.root.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// The path below `/v1.0` and the query, as a part of a batch names it.
    pub fn relative(&self, url: &Url) -> String {
        let prefix = self.join(["v1.0"]);
        let path = url.path().strip_prefix(prefix.path()).unwrap_or(url.path());
        url.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
    }

    /// An address out of a reply, to which a token is sent: only where Graph itself is.
    pub fn link(&self, text: &str) -> Result<Url, ProviderError> {
        let url = Url::parse(text).ok().filter(|url| url.origin() == self.root.origin() && url.username().is_empty());
        url.ok_or_else(|| ProviderError::Protocol {
            host: crate::http::host_of(&self.root),
            protocol: "Microsoft Graph",
            detail: "a page of the list is said to be at another place".to_owned(),
        })
    }
}

/// With query options. Spaces as `%20`: what a `+` means in an OData expression is left to nobody.
pub fn with_query(mut url: Url, options: &[(&str, &str)]) -> Url {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(options).finish();
    url.set_query(Some(&query.replace('+', "%20").replace("%24", "$")));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authority_follows_from_the_issuer() {
        let common = authority(ISSUER).unwrap();
        assert_eq!(common.authorize, "https://login.microsoftonline.com/common/oauth2/v2.0/authorize");
        assert_eq!(common.token, "https://login.microsoftonline.com/common/oauth2/v2.0/token");
        assert_eq!(common.issuer, "https://login.microsoftonline.com/{tenantid}/v2.0");
        let own = "https://login.microsoftonline.com/2f1c9a77-53b0-4f0e-8d6a-0b7d2c9e4a11/v2.0";
        assert_eq!(authority(own).unwrap().issuer, own);
        assert!(authority("https://login.microsoftonline.com/contoso.example/v2.0/").unwrap().issuer.contains("{tenantid}"));
        for bad in ["https://login.microsoftonline.com", "https://login.microsoftonline.com/v2.0", "https://x.example/common"] {
            assert_eq!(authority(bad), None, "{bad}");
        }
    }

    #[test]
    fn options_are_written_without_plus_signs() {
        let url = Url::parse("https://g.example/x").unwrap();
        let url = with_query(url, &[("$filter", "internetMessageId eq '<a+b$c@x>'"), ("$top", "1")]);
        assert_eq!(url.query(), Some("$filter=internetMessageId%20eq%20%27%3Ca%2Bb$c%40x%3E%27&$top=1"));
    }

    #[test]
    fn ids_are_escaped_and_links_stay_at_home() {
        for base in ["http://127.0.0.1:9/g", "http://127.0.0.1:9/g/v1.0/", "http://127.0.0.1:9/g/v1.0/me"] {
            let urls = GraphUrls::new(&ProviderConfig { graph_url: Some(base.to_owned()), ..ProviderConfig::default() }).unwrap();
            assert_eq!(urls.me(["messages", "a/b?c=="]).as_str(), "http://127.0.0.1:9/g/v1.0/me/messages/a%2Fb%3Fc==");
            assert_eq!(urls.relative(&urls.me(["messages", "a="])), "/me/messages/a=");
            assert_eq!(urls.batch().as_str(), "http://127.0.0.1:9/g/v1.0/$batch");
        }
        let urls = GraphUrls::new(&ProviderConfig::default()).unwrap();
        assert!(urls.link("https://graph.microsoft.com/v1.0/me/messages/delta?$deltatoken=x").is_ok());
        for bad in ["https://graph.microsoft.com.evil.example/x", "http://graph.microsoft.com/x", "https://me@graph.microsoft.com/x", "x"] {
            assert!(urls.link(bad).is_err(), "{bad}");
        }
        assert!(GraphUrls::new(&ProviderConfig { graph_url: Some("http://graph.example".into()), ..ProviderConfig::default() }).is_err());
    }
}
