//! Where a password may travel that was meant for one server: by redirects, by service records, and by what the server itself says.

use domain::config::is_loopback;
use url::{Host, Url};

/// Whether what goes to `url` is as safe as it would be at `named`: encrypted, or on this machine where that was named so.
pub fn as_safe(url: &Url, named: &Url) -> bool {
    url.scheme() == "https" || url.scheme() == "http" && named.scheme() == "http" && is_loopback(url)
}

/// The same host, or one below it.
pub fn same_or_below(url: &Url, named: &Url) -> bool {
    match (url.host(), named.host()) {
        (Some(Host::Domain(host)), Some(Host::Domain(named))) => within(host, named),
        (Some(host), Some(named)) => host == named,
        _ => false,
    }
}

/// `domain`, or a host below it.
pub fn within(host: &str, domain: &str) -> bool {
    let (host, domain) = (host.trim_end_matches('.'), domain.trim_end_matches('.'));
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_password_goes_down_and_never_sideways() {
        let may = |to: &str, named: &str| {
            let (to, named) = (Url::parse(to).unwrap(), Url::parse(named).unwrap());
            as_safe(&to, &named) && same_or_below(&to, &named)
        };
        let named = "https://mail.example/";
        for to in ["https://mail.example/x", "https://api.mail.example/", "https://mail.example:8443/"] {
            assert!(may(to, named), "{to}");
        }
        for to in [
            "http://mail.example/",
            "https://example/",
            "https://evilmail.example/",
            "https://mail.example.evil.test/",
            "http://127.0.0.1/",
        ] {
            assert!(!may(to, named), "{to}");
        }
        assert!(may("http://127.0.0.1:9/", "http://127.0.0.1:8/") && may("https://127.0.0.1/", "http://127.0.0.1/"));
        assert!(!may("http://127.0.0.1/", "https://127.0.0.1/") && !may("http://127.0.0.2/", "http://127.0.0.1/"));
    }
}
