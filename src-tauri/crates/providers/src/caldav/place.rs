//! Where things are: from what the person typed to an address, from hrefs to ids, and which hosts may see the password.
//!
//! An id is the path of a resource in one spelling, because servers write the same path in several: `@` here and `%40` there, whole
//! addresses beside bare paths (RFC 4918 section 8.3). In that spelling everything but the unreserved characters of RFC 3986 section 2.3 is
//! percent-encoded. What lies at another origin than the server's own keeps its whole address as id.

use domain::{
    config::{ConfigError, check_url, is_loopback},
    connection::DavServer,
    error::ProviderError,
    ids::RemoteId,
};
use url::{Host, Url};

use crate::http::{
    host_of,
    trust::{as_safe, same_or_below, within},
};

/// Longer paths are no calendar's, and ids are kept for everything.
const MAX_PATH: usize = 2048;

/// Services whose calendars live under other hosts than their addresses (PROVIDERS 5.1): (domains of addresses, CalDAV host, domain that
/// is theirs alone, so that the password may travel inside it).
const KNOWN: [(&[&str], &str, &str); 2] = [
    (&["icloud.com", "me.com", "mac.com"], "caldav.icloud.com", "icloud.com"),
    (&["fastmail.com", "fastmail.fm"], "caldav.fastmail.com", "fastmail.com"),
];

/// Hosts that let nobody in by password; Google's calendars are reached with its own sign-in.
const GOOGLE: [&str; 4] = ["gmail.com", "googlemail.com", "google.com", "googleusercontent.com"];

/// Where discovery begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    pub url: Url,
    /// Only a host was named: its services may be asked for, and a refusal of its front page means little.
    pub bare: bool,
}

impl Start {
    /// From what the person typed: a URL, a host, or nothing where the user name is an e-mail address.
    pub fn of(server: &DavServer) -> Result<Self, ProviderError> {
        let (typed, username) = (server.url.trim(), server.username.trim());
        if username.is_empty() || username.contains(|c: char| c.is_control()) {
            return Err(refused("The user name is missing or not valid."));
        }
        if username.contains(':') {
            return Err(refused("A user name with a colon can't sign in here (RFC 7617 has no place for it): use another one."));
        }
        let mut url = if typed.is_empty() { by_address(username)? } else { by_text(typed)? };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("The address holds a user name or password: take that out of it, and give both in their own fields."));
        }
        if let Some(Host::Domain(host)) = url.host()
            && GOOGLE.iter().any(|google| within(host, google))
        {
            return Err(ProviderError::Unsupported(
                "Google lets no calendar program in by password. Connect the account with Sign in with Google instead.".to_owned(),
            ));
        }
        url.set_query(None);
        url.set_fragment(None);
        let bare = url.path() == "/";
        Ok(Self { url, bare })
    }

    /// Whether the password may be sent there: the host that was named, one below it, or one of the same known service.
    pub fn trusts(&self, url: &Url) -> bool {
        let same_service = || match (self.url.host_str(), url.host_str()) {
            (Some(named), Some(other)) => KNOWN.iter().any(|(_, host, theirs)| *host == named && within(other, theirs)),
            _ => false,
        };
        as_safe(url, &self.url) && (same_or_below(url, &self.url) || same_service())
    }

    /// For a host that may not have the password.
    pub fn elsewhere(&self, other: &Url) -> ProviderError {
        let (named, other_host) = (host_of(&self.url), host_of(other));
        if named == other_host {
            return refused(&format!("{named} leads to an address that is not encrypted; the password is not sent there."));
        }
        refused(&format!(
            "{named} keeps its calendars at {other_host}. The password was not sent there: if that host belongs to your provider, give \
             {other_host} as the server."
        ))
    }
}

fn refused(words: &str) -> ProviderError {
    ProviderError::Refused(words.to_owned())
}

fn by_address(username: &str) -> Result<Url, ProviderError> {
    let domain = username.rsplit_once('@').map(|(_, domain)| domain).filter(|d| !d.is_empty());
    let domain = domain.ok_or_else(|| refused("The server is missing: give its host name or its address."))?.to_ascii_lowercase();
    let known = KNOWN.iter().find(|(domains, ..)| domains.contains(&domain.as_str()));
    by_text(known.map_or(domain.as_str(), |(_, host, _)| host))
}

fn by_text(typed: &str) -> Result<Url, ProviderError> {
    let text = match typed.split_once("://") {
        // Apple's spelling for "over TLS", and the older one.
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("caldavs") || scheme.eq_ignore_ascii_case("caldav") => {
            format!("https://{rest}")
        }
        Some(_) => typed.to_owned(),
        None => {
            let text = format!("https://{typed}");
            // Services of this machine rarely have a certificate, and nothing leaves it.
            if Url::parse(&text).is_ok_and(|url| is_loopback(&url)) { format!("http://{typed}") } else { text }
        }
    };
    // The text may hold a password: it is not repeated.
    check_url("server", &text).map_err(|error| match error {
        ConfigError::NotHttps { .. } => {
            refused("The address must begin with https: over plain http anybody on the way could read the password.")
        }
        _ => refused("The server is neither a host name nor a web address: write it as cal.example.com or https://cal.example.com/dav/."),
    })
}

/// `url` under the address that a server was reached at.
pub fn join(base: &Url, href: &str) -> Option<Url> {
    let href = href.trim();
    let mut url = (!href.is_empty() && href.len() <= MAX_PATH).then(|| base.join(href).ok()).flatten()?;
    // Credentials in an href would travel in the place of ours.
    if !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    url.set_query(None);
    url.set_fragment(None);
    Some(url)
}

/// The id of what lies at `url`, for a server at `base`.
pub fn id_of(base: &Url, url: &Url) -> RemoteId {
    let path = spelled(url.path());
    if url.origin() == base.origin() { RemoteId(path) } else { RemoteId(format!("{}{path}", url.origin().ascii_serialization())) }
}

/// The other way round. None for what is no id of this server.
pub fn url_of(base: &Url, id: &str) -> Option<Url> {
    join(base, id)
}

/// A collection's address ends with a slash (RFC 4918 section 5.2), whatever the server writes.
pub fn as_collection(mut url: Url) -> Url {
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    url
}

/// A path in the one spelling.
fn spelled(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let (byte, encoded, next) = match (first, tail) {
            (b'%', [high, low, next @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                (digit(*high) * 16 + digit(*low), true, next)
            }
            (byte, next) => (*byte, false, next),
        };
        rest = next;
        // An encoded slash is part of a name.
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') || (byte == b'/' && !encoded) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn digit(hex: u8) -> u8 {
    char::from(hex).to_digit(16).map_or(0, |d| d as u8)
}

/// The last part of a path as people would write it, for what has no name of its own.
pub fn last_part(path: &str) -> String {
    let part = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        if let (b'%', [high, low, next @ ..]) = (first, tail)
            && high.is_ascii_hexdigit()
            && low.is_ascii_hexdigit()
        {
            bytes.push(digit(*high) * 16 + digit(*low));
            rest = next;
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn start(url: &str, username: &str) -> Result<Start, ProviderError> {
        Start::of(&DavServer { url: url.into(), username: username.into(), excluded: Vec::new() })
    }

    #[test]
    fn what_people_type_becomes_an_address() {
        for (typed, username, url, bare) in [
            ("https://cal.example/dav/", "jo", "https://cal.example/dav/", false),
            (" cal.example ", "jo", "https://cal.example/", true),
            ("cal.example:8443/dav", "jo", "https://cal.example:8443/dav", false),
            ("caldavs://cal.example", "jo", "https://cal.example/", true),
            ("https://cal.example/dav/jo/home/?export#x", "jo", "https://cal.example/dav/jo/home/", false),
            ("127.0.0.1:5232", "jo", "http://127.0.0.1:5232/", true),
            ("localhost:5232", "jo", "http://localhost:5232/", true),
            ("", "jo@Example.org", "https://example.org/", true),
            ("", "jo@me.com", "https://caldav.icloud.com/", true),
            ("", "jo@fastmail.fm", "https://caldav.fastmail.com/", true),
        ] {
            let found = start(typed, username).unwrap();
            assert_eq!((found.url.as_str(), found.bare), (url, bare), "{typed:?}");
        }
    }

    #[test]
    fn what_cannot_work_is_said_and_never_repeats_a_password() {
        for (typed, username, word) in [
            ("", "jo", "server is missing"),
            ("", "jo@", "server is missing"),
            ("http://cal.example/dav", "jo", "https"),
            ("ftp://cal.example", "jo", "neither"),
            ("what is this", "jo", "neither"),
            ("https://jo:hunter2@cal.example", "jo", "own fields"),
            ("jo:hunter2@cal.example", "jo", "own fields"),
            ("http://jo:hunter2@cal.example", "jo", "https"),
            ("https://cal.example", "", "user name"),
            ("https://cal.example", "a:b", "colon"),
            ("https://cal.example", "a\r\nb", "user name"),
            ("https://apidata.googleusercontent.com/caldav/v2", "jo", "Sign in with Google"),
            ("", "jo@gmail.com", "Sign in with Google"),
        ] {
            let error = start(typed, username).unwrap_err();
            assert!(error.to_string().contains(word), "{typed:?}: {error}");
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        }
    }

    #[test]
    fn the_password_stays_with_the_host_that_was_named_and_those_below_it() {
        let url = |text: &str| Url::parse(text).unwrap();
        let named = start("https://example.org/dav", "jo").unwrap();
        for yes in ["https://example.org/other", "https://example.org:8443/", "https://dav.example.org/", "https://a.b.example.org/"] {
            assert!(named.trusts(&url(yes)), "{yes}");
        }
        for no in ["http://example.org/", "https://badexample.org/", "https://example.org.evil.test/", "https://org/", "https://1.2.3.4/"] {
            assert!(!named.trusts(&url(no)), "{no}");
        }
        let icloud = start("caldav.icloud.com", "jo").unwrap();
        assert!(icloud.trusts(&url("https://p42-caldav.icloud.com:443/1/")) && !icloud.trusts(&url("https://p42-icloud.com/")));
        let below = start("https://dav.example.org", "jo").unwrap();
        assert!(!below.trusts(&url("https://example.org/")) && !below.trusts(&url("https://web.example.org/")));
        let here = start("http://127.0.0.1:1/", "jo").unwrap();
        assert!(here.trusts(&url("http://127.0.0.1:2/")) && !here.trusts(&url("http://127.0.0.2:1/")));
        let secure = start("https://localhost/", "jo").unwrap();
        assert!(!secure.trusts(&url("http://localhost/")), "never less than was asked for");
        let error = named.elsewhere(&url("https://cal.provider.test/x?secret=1")).to_string();
        assert!(error.contains("cal.provider.test") && error.contains("example.org") && !error.contains("secret"), "{error}");
    }

    #[test]
    fn one_path_has_one_id_however_it_is_written() {
        let base = Url::parse("https://cal.example/").unwrap();
        let id = |href: &str| join(&base, href).map(|url| id_of(&base, &url).0);
        for same in [
            "/dav/jo@x.test/b c.ics",
            "/dav/jo%40x.test/b%20c.ics",
            "/dav/jo%40x%2Etest/%62%20c.ics",
            "https://cal.example:443/dav/jo@x.test/b%20c.ics",
            " /dav/./jo@x.test/y/../b%20c.ics\n",
        ] {
            assert_eq!(id(same).as_deref(), Some("/dav/jo%40x.test/b%20c.ics"), "{same}");
        }
        assert_eq!(id("/a%2fb/ü+(1).ics").as_deref(), Some("/a%2Fb/%C3%BC%2B%281%29.ics"));
        assert_eq!(id("/50%.ics").as_deref(), Some("/50%25.ics"));
        assert_eq!(id("https://p1.cal.example/a@b").as_deref(), Some("https://p1.cal.example/a%40b"));
        for bad in ["", "  ", "https://jo:pw@cal.example/x", "https://jo@cal.example/x"] {
            assert_eq!(id(bad), None, "{bad}");
        }
        assert_eq!(id(&format!("/{}", "a".repeat(MAX_PATH))), None);
        for id in ["/dav/jo%40x.test/b%20c.ics", "https://p1.cal.example/a%40b", "/50%25.ics", "/a%2Fb"] {
            assert_eq!(id_of(&base, &url_of(&base, id).unwrap()).as_str(), id, "there and back");
        }
        assert_eq!(last_part("/dav/B%C3%BCro%20%40/"), "Büro @");
    }
}
