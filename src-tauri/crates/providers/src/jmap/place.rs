//! Where discovery begins (RFC 8620 section 2.2), and which hosts may see the password or token on the way to the session.

use domain::{
    config::{ConfigError, check_url, is_loopback},
    connection::JmapServer,
    error::ProviderError,
};
use url::Url;

use crate::http::{
    host_of,
    trust::{as_safe, same_or_below},
};

pub const WELL_KNOWN: &str = "/.well-known/jmap";

/// What the person named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    pub url: Url,
    /// Only a host was named: the session is where its well-known address leads.
    pub bare: bool,
    /// Whose sign-in it is: a session that was found for another one is none for this.
    pub username: Option<String>,
}

fn refused(words: &str) -> ProviderError {
    ProviderError::Refused(words.to_owned())
}

impl Start {
    /// From a URL, a host, an e-mail address in the place of either, or nothing where the user name is an e-mail address.
    pub fn of(server: &JmapServer) -> Result<Self, ProviderError> {
        let username = server.username.as_deref().map(str::trim).map(str::to_owned);
        if let Some(name) = &username {
            if name.is_empty() || name.contains(|c: char| c.is_control()) {
                return Err(refused("The user name is missing or not valid."));
            }
            if name.contains(':') {
                return Err(refused("A user name with a colon can't sign in here (RFC 7617 has no place for it): use another one."));
            }
        }
        let typed = server.url.trim();
        let domain = |text: &str| text.rsplit_once('@').map(|(_, domain)| domain.to_ascii_lowercase()).filter(|d| !d.is_empty());
        let text = match (typed.contains("://"), domain(typed)) {
            (false, Some(domain)) => domain,
            _ if !typed.is_empty() => typed.to_owned(),
            _ => username
                .as_deref()
                .and_then(domain)
                .ok_or_else(|| refused("The server is missing: give its host name or its address, such as fastmail.com."))?,
        };
        let mut url = by_text(&text)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("The address holds a user name or password: take that out of it, and give both in their own fields."));
        }
        url.set_fragment(None);
        let bare = url.path() == "/" && url.query().is_none();
        if bare {
            url.set_path(WELL_KNOWN);
        }
        Ok(Self { url, bare, username })
    }

    /// Whether the secret may be sent there before there is a session: the host that was named, or one below it.
    pub fn trusts(&self, url: &Url) -> bool {
        as_safe(url, &self.url) && same_or_below(url, &self.url)
    }

    /// For a host that may not have the secret.
    pub fn elsewhere(&self, other: &Url) -> ProviderError {
        let (named, other_host) = (host_of(&self.url), host_of(other));
        if !as_safe(other, &self.url) {
            return refused(&format!("{named} leads to an address that is not encrypted; the password was not sent there."));
        }
        refused(&format!(
            "{named} keeps its mail at {other_host}. The password was not sent there: if that host belongs to your provider, give \
             {other_host} as the server."
        ))
    }
}

/// An address that the session names. The server said it over a safe line to somebody who had signed in, so it may be at any host; it is
/// never less safe than that line was.
pub fn named(session: &Url, text: &str) -> Result<Url, ProviderError> {
    let url = session.join(text).ok().filter(|url| as_safe(url, session) && url.username().is_empty() && url.password().is_none());
    url.ok_or_else(|| super::error::protocol(&host_of(session), "an address of its session is not one that anything may be sent to"))
}

fn by_text(typed: &str) -> Result<Url, ProviderError> {
    let text = if typed.contains("://") {
        typed.to_owned()
    } else {
        let text = format!("https://{typed}");
        // Services of this machine rarely have a certificate, and nothing leaves it.
        if Url::parse(&text).is_ok_and(|url| is_loopback(&url)) { format!("http://{typed}") } else { text }
    };
    // The text may hold a password: it is not repeated.
    check_url("server", &text).map_err(|error| match error {
        ConfigError::NotHttps { .. } => {
            refused("The address must begin with https: over plain http anybody on the way could read the password.")
        }
        _ => refused("The server is neither a host name nor a web address: write it as mail.example.com or https://mail.example.com/jmap."),
    })
}

#[cfg(test)]
mod tests {
    use domain::connection::SyncSelection;

    use super::*;

    fn of(url: &str, username: Option<&str>) -> Result<Start, ProviderError> {
        Start::of(&JmapServer { url: url.to_owned(), username: username.map(str::to_owned), selection: SyncSelection::default() })
    }

    #[test]
    fn whatever_a_person_types_is_an_address_or_is_refused_in_words() {
        for (typed, username, url, bare) in [
            (" fastmail.com ", None, "https://fastmail.com/.well-known/jmap", true),
            ("https://mail.example", None, "https://mail.example/.well-known/jmap", true),
            ("me@Mail.example", None, "https://mail.example/.well-known/jmap", true),
            ("", Some("me@mail.example"), "https://mail.example/.well-known/jmap", true),
            ("https://mail.example:8443/jmap/session#x", Some("me"), "https://mail.example:8443/jmap/session", false),
            ("127.0.0.1:8080", Some("me"), "http://127.0.0.1:8080/.well-known/jmap", true),
            ("localhost:8080/jmap", None, "http://localhost:8080/jmap", false),
        ] {
            let start = of(typed, username).unwrap();
            assert_eq!((start.url.as_str(), start.bare), (url, bare), "{typed}");
        }
        for (typed, username) in [
            ("", None),
            ("", Some("me")),
            ("http://mail.example", None),
            ("https://me:secret@mail.example", None),
            ("ftp://mail.example", None),
            ("a b", None),
            ("mail.example", Some("")),
            ("mail.example", Some("a:b")),
        ] {
            let error = of(typed, username).unwrap_err();
            assert!(matches!(&error, ProviderError::Refused(words) if !words.contains("secret")), "{typed}: {error:?}");
        }
    }

    #[test]
    fn what_a_session_names_is_as_safe_as_the_session() {
        let session = Url::parse("https://api.mail.example/jmap/session").unwrap();
        let named_there = |text: &str| named(&session, text).map(String::from);
        assert_eq!(named_there("/jmap/api").unwrap(), "https://api.mail.example/jmap/api");
        assert_eq!(named_there("https://content.example/x").unwrap(), "https://content.example/x");
        for bad in ["http://api.mail.example/jmap/api", "http://127.0.0.1/", "https://a:b@mail.example/", "https://", "mailto:x"] {
            assert!(named_there(bad).is_err(), "{bad}");
        }
        let local = Url::parse("http://127.0.0.1:1/s").unwrap();
        assert!(named(&local, "http://127.0.0.1:2/api").is_ok());
    }
}
