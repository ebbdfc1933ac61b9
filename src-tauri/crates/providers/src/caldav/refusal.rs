//! What a status and the preconditions beside it mean to the engine and to the person (RFC 4791 section 5.3.2.1, RFC 4918 section 16,
//! RFC 6638 section 3.2.4).
//!
//! The server's own words are not repeated: they may quote the event.

use domain::{error::ProviderError, time::Timestamp};
use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};

use super::xml::{Ns, conditions};
use crate::http::{Reply, retry_after::retry_at};

/// Why a write was not taken, by precondition.
const REASONS: [(Ns, &str, &str); 14] = [
    (Ns::CalDav, "no-uid-conflict", "another entry of this calendar already has the same identifier (UID)"),
    (Ns::CalDav, "valid-calendar-data", "it holds something that this server does not take for a valid calendar entry"),
    (Ns::CalDav, "valid-calendar-object-resource", "it holds something that this server does not take for a valid calendar entry"),
    (Ns::CalDav, "supported-calendar-data", "this server keeps calendar entries in another format"),
    (Ns::CalDav, "supported-calendar-component", "this calendar does not take this kind of entry; choose another calendar"),
    (Ns::CalDav, "max-resource-size", "it is larger than this server allows; shorten its description"),
    (Ns::CalDav, "min-date-time", "it lies further in the past than this server allows"),
    (Ns::CalDav, "max-date-time", "it lies further in the future than this server allows"),
    (Ns::CalDav, "max-instances", "it repeats more often than this server allows; give the series an end"),
    (Ns::CalDav, "max-attendees-per-instance", "it has more guests than this server allows"),
    (Ns::CalDav, "allowed-organizer-scheduling-object-change", "this server does not let its organiser change it in this way"),
    (Ns::CalDav, "allowed-attendee-scheduling-object-change", "only its organiser may change this; guests can only answer"),
    (Ns::Dav, "need-privileges", "this account may not change that calendar"),
    (Ns::Dav, "quota-not-exceeded", "no room is left on the server; delete something there"),
];

/// For a reply that is neither success nor one that the caller knows what to do with. `what` names the thing asked for ("This event").
pub fn from_reply(host: &str, what: &str, reply: &Reply, now: Timestamp) -> ProviderError {
    let named = conditions(&reply.body);
    let refused = |why: &str| ProviderError::Refused(format!("{host} did not take the request for {}: {why}.", lower(what)));
    let server = |detail: String| ProviderError::Server { provider: host.to_owned(), detail };
    match reply.status.as_u16() {
        401 => unauthorised(host, &reply.headers),
        429 => wait(host, &reply.headers, now),
        503 if retry_at(&reply.headers, now).is_some() => wait(host, &reply.headers, now),
        404 | 410 => ProviderError::NotFound(what.to_owned()),
        412 => ProviderError::Conflict(what.to_owned()),
        // Locks are short, most of all those that a server takes for itself.
        423 => server(format!("{} is locked by another program", lower(what))),
        507 => refused("no room is left on the server; delete something there"),
        code => match REASONS.iter().find(|(ns, name, _)| named.iter().any(|(n, found)| n == ns && found == name)) {
            Some((_, _, why)) => refused(why),
            None => match code {
                403 => refused("this account is not allowed to (status 403)"),
                405 | 501 => ProviderError::Unsupported(format!("{host} can't do this (status {code}).")),
                413 => refused("it is larger than this server allows"),
                408 | 500..=599 => server(format!("it answered with status {code}")),
                300..=399 => protocol(host, "an unexpected redirect"),
                200..=299 => protocol(host, &format!("an unexpected success (status {code})")),
                _ => refused(&format!("status {code}")),
            },
        },
    }
}

pub fn protocol(host: &str, detail: &str) -> ProviderError {
    ProviderError::Protocol { host: host.to_owned(), protocol: "CalDAV", detail: detail.to_owned() }
}

fn wait(host: &str, headers: &HeaderMap, now: Timestamp) -> ProviderError {
    ProviderError::RateLimited { provider: host.to_owned(), retry_at: retry_at(headers, now) }
}

fn lower(what: &str) -> String {
    let mut letters = what.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// A 401, by the schemes that are offered (RFC 9110 section 11.6.1).
fn unauthorised(host: &str, headers: &HeaderMap) -> ProviderError {
    let offered = |scheme: &str| {
        headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|v| v.to_str().ok()).any(|value| {
            // A realm may hold commas.
            let mut quoted = false;
            let mut parts = value.split(|c| {
                quoted ^= c == '"';
                c == ',' && !quoted
            });
            parts.any(|part| part.split_ascii_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case(scheme)))
        })
    };
    if !offered("basic") {
        if offered("digest") {
            return ProviderError::Unsupported(format!(
                "{host} only lets in with Digest sign-in, which Aurelius does not do. Ask its administrator to allow Basic over TLS."
            ));
        }
        if offered("bearer") {
            return ProviderError::Unsupported(format!("{host} only lets in with a sign-in in the browser (OAuth), not with a password."));
        }
    }
    let name = host.split(':').next().unwrap_or_default();
    let hint = if name.ends_with("icloud.com") {
        " iCloud wants an app-specific password, not that of the Apple account: make one at account.apple.com."
    } else if name.ends_with("fastmail.com") {
        " Fastmail wants an app password with access to calendars: make one in its settings under Privacy & Security."
    } else {
        " Where two-step sign-in is on, it may want an app password."
    };
    ProviderError::Auth(format!("{host} does not accept this user name and password.{hint}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use domain::error::ErrorClass;
    use reqwest::StatusCode;

    use super::*;

    fn reply(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Reply {
        let headers = headers.iter().map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap())).collect();
        Reply { status: StatusCode::from_u16(status).unwrap(), headers, body: body.to_owned().into() }
    }

    fn map(reply: &Reply) -> ProviderError {
        from_reply("cal.example", "This event", reply, Timestamp::from_secs(1000))
    }

    #[test]
    fn every_status_has_its_class() {
        for (status, code, class) in [
            (401, "auth", ErrorClass::Reauth),
            (403, "refused", ErrorClass::Wedge),
            (404, "not_found", ErrorClass::Wedge),
            (410, "not_found", ErrorClass::Wedge),
            (405, "unsupported", ErrorClass::Wedge),
            (409, "refused", ErrorClass::Wedge),
            (412, "conflict", ErrorClass::Wedge),
            (413, "refused", ErrorClass::Wedge),
            (423, "server", ErrorClass::Retry),
            (429, "rate_limited", ErrorClass::Retry),
            (500, "server", ErrorClass::Retry),
            (501, "unsupported", ErrorClass::Wedge),
            (503, "server", ErrorClass::Retry),
            (507, "refused", ErrorClass::Wedge),
            (302, "protocol", ErrorClass::Retry),
            (200, "protocol", ErrorClass::Retry),
        ] {
            let error = map(&reply(status, &[], "<html>The secret party</html>"));
            assert_eq!((error.code(), error.class()), (code, class), "{status}");
            assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
        }
        let busy = map(&reply(503, &[("retry-after", "30")], ""));
        assert_eq!((busy.code(), busy.retry_at()), ("rate_limited", Some(Timestamp::from_secs(1030))));
    }

    #[test]
    fn preconditions_become_words() {
        for (status, ns, name, words) in [
            (409, "urn:ietf:params:xml:ns:caldav", "no-uid-conflict", "identifier"),
            (403, "urn:ietf:params:xml:ns:caldav", "valid-calendar-data", "valid"),
            (403, "urn:ietf:params:xml:ns:caldav", "supported-calendar-component", "another calendar"),
            (403, "urn:ietf:params:xml:ns:caldav", "max-resource-size", "larger"),
            (403, "urn:ietf:params:xml:ns:caldav", "min-date-time", "past"),
            (403, "urn:ietf:params:xml:ns:caldav", "max-date-time", "future"),
            (403, "DAV:", "need-privileges", "may not change"),
            (403, "DAV:", "quota-not-exceeded", "no room"),
            (403, "urn:other", "max-date-time", "not allowed"),
        ] {
            let error = map(&reply(status, &[], &format!("<e:error xmlns:e='DAV:' xmlns:c='{ns}'><c:{name}/></e:error>")));
            assert!(matches!(&error, ProviderError::Refused(text) if text.contains(words)), "{name}: {error}");
        }
    }

    #[test]
    fn a_refused_sign_in_says_what_the_server_wants() {
        let error = map(&reply(401, &[("www-authenticate", "Digest realm=\"a, Basic b\", nonce=\"x\"")], ""));
        assert!(matches!(&error, ProviderError::Unsupported(text) if text.contains("Digest")), "{error}");
        let both = map(&reply(401, &[("www-authenticate", "Digest realm=\"a\""), ("www-authenticate", "basic realm=\"a\"")], ""));
        assert_eq!(both.code(), "auth");
        assert_eq!(map(&reply(401, &[("www-authenticate", "Negotiate, Basic realm=\"x\"")], "")).code(), "auth");
        assert_eq!(map(&reply(401, &[("www-authenticate", "Bearer")], "")).code(), "unsupported");
        for (host, words) in
            [("p42-caldav.icloud.com", "app-specific"), ("caldav.fastmail.com", "Fastmail"), ("cal.example:81", "app password")]
        {
            assert!(from_reply(host, "x", &reply(401, &[], ""), Timestamp(0)).to_string().contains(words), "{host}");
        }
    }
}
