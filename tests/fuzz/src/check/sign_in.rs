//! What sign-in servers answer. Whatever they say, a token fits into a header, no address leaves TLS, and texts for the person are short
//! and printable.

use domain::time::Timestamp;

const ISSUER: &str = "https://id.example";

pub fn check(bytes: &[u8]) {
    let now = Timestamp::from_secs(1_795_000_000);
    let said = providers::fuzz::sign_in(bytes, ISSUER, now);
    if let Some(token) = said.access_token {
        assert!(!token.is_empty() && token.bytes().all(|b| (0x20..=0x7e).contains(&b)), "{token:?}");
    }
    if let Some(at) = said.expires_at {
        assert!(at >= now && at <= now.plus_secs(366 * 24 * 3600), "{at:?}");
    }
    for text in said.error.iter().chain(said.person.iter().flat_map(|(_, email, name)| [email, name])) {
        assert!(text.chars().count() < 1_000 && !text.contains(char::is_control), "{text:?}");
    }
    if let Some((subject, ..)) = said.person {
        assert!(!subject.is_empty() && subject.len() <= 255);
    }
    for url in said.addresses {
        let here = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
        assert!(url.scheme() == "https" || (url.scheme() == "http" && here), "{url}");
    }
}
