//! Todoist's errors (PROVIDERS 6.1), of a whole reply or of one command, mapped to what the engine does about them.

use domain::{error::ProviderError, time::Timestamp};
use reqwest::{StatusCode, header::HeaderMap};
use serde::Deserialize;
use serde_json::Value;

use super::TODOIST;
use crate::http::retry_after::retry_at;

pub const PROTOCOL: &str = "Todoist API";
/// A server that says "come back next week" is mistaken: as for the header, a day at most.
const LONGEST_SECS: f64 = 86_400.0;

/// An error body; every field may be missing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Failure {
    error: Value,
    error_tag: Value,
    error_extra: Value,
    pub http_code: u16,
}

impl Failure {
    fn words(&self) -> String {
        self.error.as_str().unwrap_or_default().chars().filter(|c| !c.is_control()).take(300).collect()
    }

    fn tag(&self) -> &str {
        self.error_tag.as_str().unwrap_or_default()
    }

    /// Seconds, in the body, not in a header.
    fn retry_at(&self, now: Timestamp) -> Option<Timestamp> {
        let secs = self.error_extra.get("retry_after")?.as_f64()?;
        Some(now.plus_millis((secs.clamp(0.0, LONGEST_SECS) * 1000.0) as i64))
    }
}

pub fn refused(words: &str) -> ProviderError {
    ProviderError::Refused(words.to_owned())
}

pub fn protocol(detail: &str) -> ProviderError {
    ProviderError::Protocol { host: TODOIST.to_owned(), protocol: PROTOCOL, detail: detail.to_owned() }
}

/// `what` names the thing asked for, in words ("this task").
pub fn from_reply(what: &str, status: StatusCode, headers: &HeaderMap, body: &[u8], now: Timestamp) -> ProviderError {
    let failure = serde_json::from_slice::<Failure>(body).unwrap_or_default();
    match status.as_u16() {
        // A token that may not do this: another one is needed.
        401 | 403 => ProviderError::Auth("Todoist no longer accepts the sign-in of this account".to_owned()),
        429 => {
            let at = retry_at(headers, now).or_else(|| failure.retry_at(now));
            ProviderError::RateLimited { provider: TODOIST.to_owned(), retry_at: at }
        }
        400 if failure.tag().contains("SYNC_TOKEN") => ProviderError::CursorExpired,
        code => other(what, code, &failure),
    }
}

/// Of one command in an accepted request.
pub fn of_command(what: &str, failure: &Failure, now: Timestamp) -> ProviderError {
    match failure.http_code {
        401 => ProviderError::Auth("Todoist no longer accepts the sign-in of this account".to_owned()),
        // The token was good for the request: it is this project or task that the person may not change.
        403 => ProviderError::Unsupported(format!("Todoist does not allow {what} to be changed: {}", said(403, failure))),
        429 => ProviderError::RateLimited { provider: TODOIST.to_owned(), retry_at: failure.retry_at(now) },
        // The project that it goes to is gone, not the task.
        404 if !failure.tag().is_empty() && failure.tag() != "ITEM_NOT_FOUND" => {
            ProviderError::Refused(format!("Todoist refused {what}: {}", said(404, failure)))
        }
        code => other(what, code, failure),
    }
}

fn said(code: u16, failure: &Failure) -> String {
    let words = failure.words();
    if words.is_empty() { format!("status {code}") } else { words }
}

fn other(what: &str, code: u16, failure: &Failure) -> ProviderError {
    match code {
        404 | 410 => ProviderError::NotFound(what.to_owned()),
        408 | 500..=599 => ProviderError::Server { provider: TODOIST.to_owned(), detail: said(code, failure) },
        300..=399 => protocol("an unexpected redirect"),
        // A command that failed without saying how.
        0 => ProviderError::Server { provider: TODOIST.to_owned(), detail: said(code, failure) },
        code => ProviderError::Refused(format!("Todoist refused {what}: {}", said(code, failure))),
    }
}

#[cfg(test)]
mod tests {
    use domain::error::ErrorClass;

    use super::*;

    fn body(code: u16, tag: &str, extra: &str) -> String {
        format!(r#"{{"error":"m","error_code":1,"error_tag":"{tag}","error_extra":{extra},"http_code":{code}}}"#)
    }

    #[test]
    fn replies_get_their_class() {
        let map = |status: u16, tag: &str| {
            let status = StatusCode::from_u16(status).unwrap();
            from_reply("this task", status, &HeaderMap::new(), body(status.as_u16(), tag, "{}").as_bytes(), Timestamp(0))
        };
        for (status, tag, code, class) in [
            (400, "INVALID_ARGUMENT_VALUE", "refused", ErrorClass::Wedge),
            (400, "INVALID_SYNC_TOKEN", "cursor_expired", ErrorClass::Resync),
            (401, "AUTH_INVALID_TOKEN", "auth", ErrorClass::Reauth),
            (403, "FORBIDDEN", "auth", ErrorClass::Reauth),
            (404, "NOT_FOUND", "not_found", ErrorClass::Wedge),
            (410, "GONE", "not_found", ErrorClass::Wedge),
            (413, "X", "refused", ErrorClass::Wedge),
            (429, "LIMITS_REACHED", "rate_limited", ErrorClass::Retry),
            (302, "X", "protocol", ErrorClass::Retry),
            (500, "X", "server", ErrorClass::Retry),
            (503, "X", "server", ErrorClass::Retry),
        ] {
            let error = map(status, tag);
            assert_eq!((error.code(), error.class()), (code, class), "{status} {tag}");
        }
        assert!(map(400, "X").to_string().contains("Todoist refused this task: m"));
    }

    #[test]
    fn commands_get_theirs() {
        let map = |code: u16, tag: &str| {
            let failure: Failure = serde_json::from_str(&body(code, tag, r#"{"retry_after": 7}"#)).unwrap();
            of_command("this task", &failure, Timestamp(1000))
        };
        for (status, tag, code) in [
            (404, "ITEM_NOT_FOUND", "not_found"),
            (404, "PROJECT_NOT_FOUND", "refused"),
            (400, "INVALID_DATE", "refused"),
            (401, "X", "auth"),
            (403, "ACCESS_DENIED", "unsupported"),
            (429, "LIMITS_REACHED", "rate_limited"),
            (500, "X", "server"),
            (0, "", "server"),
        ] {
            assert_eq!(map(status, tag).code(), code, "{status} {tag}");
        }
        assert_eq!(map(429, "").retry_at(), Some(Timestamp(8000)));
    }

    #[test]
    fn the_wait_is_in_the_body_or_the_header_and_bounded() {
        let map = |headers: &HeaderMap, body: &str| {
            from_reply("x", StatusCode::TOO_MANY_REQUESTS, headers, body.as_bytes(), Timestamp(5000)).retry_at()
        };
        let none = HeaderMap::new();
        assert_eq!(map(&none, &body(429, "", r#"{"retry_after": 66}"#)), Some(Timestamp(71_000)));
        assert_eq!(map(&none, &body(429, "", r#"{"retry_after": 1e30}"#)), Some(Timestamp(5000 + 86_400_000)));
        assert_eq!(map(&none, &body(429, "", r#"{"retry_after": -3}"#)), Some(Timestamp(5000)));
        assert_eq!(map(&none, &body(429, "", "[]")), None);
        assert_eq!(map(&none, "<html>busy</html>"), None);
        let mut headers = HeaderMap::new();
        headers.insert(reqwest::header::RETRY_AFTER, "30".parse().unwrap());
        assert_eq!(map(&headers, "{}"), Some(Timestamp(35_000)));
    }
}
