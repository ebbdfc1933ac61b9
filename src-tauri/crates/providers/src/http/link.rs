//! The `Link` header (RFC 8288), by which a listing says where its next page is.

use domain::error::ProviderError;
use reqwest::header::{HeaderMap, LINK};
use url::Url;

use super::host_of;

/// The address of the next page; None: this was the last. One that leads to another server, or out of the API, is no address to send a
/// token to.
pub fn next(headers: &HeaderMap, base: &Url) -> Result<Option<Url>, ProviderError> {
    let values = headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok());
    let Some(target) = values.flat_map(links).find(|(_, rel)| rel.split_ascii_whitespace().any(|one| one.eq_ignore_ascii_case("next")))
    else {
        return Ok(None);
    };
    let foreign = || ProviderError::Protocol {
        host: host_of(base),
        protocol: "HTTP",
        detail: "a link to the next page that leads elsewhere".to_owned(),
    };
    base.join(target.0).ok().filter(|url| within(url, base)).map(Some).ok_or_else(foreign)
}

/// Whether an address is one of the API at `base`.
pub fn within(url: &Url, base: &Url) -> bool {
    let inside = url.path().strip_prefix(base.path().trim_end_matches('/')).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    url.origin() == base.origin() && inside && url.username().is_empty() && url.password().is_none()
}

/// Targets and relations of one header.
fn links(mut rest: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    while let Some((_, open)) = rest.split_once('<') {
        let Some((target, after)) = open.split_once('>') else { break };
        let params = after.split_once('<').map_or(after, |(params, _)| params);
        let rel = params.split(';').find_map(|param| {
            let (name, value) = param.split_once('=')?;
            name.trim().eq_ignore_ascii_case("rel").then(|| value.trim().trim_end_matches(',').trim().trim_matches('"'))
        });
        found.push((target, rel.unwrap_or_default()));
        rest = after;
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn of(link: &str) -> Result<Option<String>, ProviderError> {
        let mut headers = HeaderMap::new();
        headers.insert(LINK, link.parse().unwrap());
        next(&headers, &Url::parse("https://api.example/v3").unwrap()).map(|url| url.map(String::from))
    }

    #[test]
    fn the_next_page_is_found_wherever_it_stands() {
        let prev = r#"<https://api.example/v3/x?page=1>; rel="prev""#;
        let next = r#"<https://api.example/v3/x?page=3&a=%2C>; rel="next""#;
        let to = Some("https://api.example/v3/x?page=3&a=%2C".to_owned());
        for link in [next.to_owned(), format!("{prev}, {next}"), format!("{next}, {prev}"), format!("{next}; title=\"more\",{prev}")] {
            assert_eq!(of(&link).unwrap(), to, "{link}");
        }
        assert_eq!(of("</v3/y>; rel=next").unwrap().as_deref(), Some("https://api.example/v3/y"));
        for none in [prev, "", "nonsense", "<https://api.example/v3/x>", "<https://api.example/v3/x"] {
            assert_eq!(of(none).unwrap(), None, "{none}");
        }
    }

    #[test]
    fn nobody_leads_a_token_elsewhere() {
        for to in [
            "https://evil.example/v3/x",
            "http://api.example/v3/x",
            "https://api.example:444/v3/x",
            "https://a@api.example/v3/x",
            "/v33/x",
            "/",
        ] {
            assert!(matches!(of(&format!("<{to}>; rel=\"next\"")), Err(ProviderError::Protocol { .. })), "{to}");
        }
    }
}
