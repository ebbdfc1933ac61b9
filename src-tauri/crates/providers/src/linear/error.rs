//! Linear's errors (PROVIDERS 6.3, A.6): a list that comes with HTTP 200 as well as with 400, mapped to what the engine does about them.

use domain::{error::ProviderError, time::Timestamp};
use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde_json::Value;

use super::LINEAR;
use crate::http::{json::words, retry_after::retry_at};

pub const PROTOCOL: &str = "Linear API";
/// Where it was too much, but nothing says for how long.
const PAUSE_SECS: i64 = 60;
/// A server that says "come back next week" is mistaken: as for `Retry-After`, a day at most.
const LONGEST_SECS: i64 = 86_400;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Failure {
    message: Value,
    extensions: Extensions,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Extensions {
    code: Value,
    #[serde(rename = "type")]
    kind: Value,
    status_code: Value,
    user_presentable_message: Value,
}

impl Failure {
    fn message(&self) -> &str {
        self.message.as_str().unwrap_or_default()
    }

    /// Linear's words for people, else those for programmers.
    fn words(&self) -> String {
        let shown = self.extensions.user_presentable_message.as_str().unwrap_or_default();
        let text = words(if shown.is_empty() { self.message() } else { shown });
        if text.is_empty() { "it gave no reason".to_owned() } else { text }
    }

    fn is(&self, code: &str, kind: &str) -> bool {
        self.extensions.code.as_str() == Some(code) || self.extensions.kind.as_str() == Some(kind)
    }
}

pub fn refused(words: &str) -> ProviderError {
    ProviderError::Refused(words.to_owned())
}

pub fn protocol(detail: &str) -> ProviderError {
    ProviderError::Protocol { host: LINEAR.to_owned(), protocol: PROTOCOL, detail: detail.to_owned() }
}

/// When there is something left again; the headers speak of requests and of complexity, in milliseconds.
fn reset(headers: &HeaderMap, now: Timestamp) -> Option<Timestamp> {
    let said = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).and_then(|v| v.trim().parse::<i64>().ok());
    let spent = |remaining: &str, reset: &str| if said(remaining)? <= 0 { said(reset) } else { None };
    let requests = spent("x-ratelimit-requests-remaining", "x-ratelimit-requests-reset");
    let at = requests.max(spent("x-ratelimit-complexity-remaining", "x-ratelimit-complexity-reset"))?;
    Some(Timestamp(at).clamp(now.plus_secs(1), now.plus_secs(LONGEST_SECS)))
}

/// `what` names the thing asked for, in words ("this issue"); `failures` may be empty where the reply was none of the API's.
pub fn from_reply(what: &str, status: u16, failures: &[Failure], headers: &HeaderMap, now: Timestamp) -> ProviderError {
    let any = |code: &str, kind: &str| failures.iter().any(|failure| failure.is(code, kind));
    let said = failures.first().map_or_else(|| format!("status {status}"), Failure::words);
    if status == 429 || any("RATELIMITED", "ratelimited") {
        let at = retry_at(headers, now).or_else(|| reset(headers, now)).unwrap_or_else(|| now.plus_secs(PAUSE_SECS));
        return ProviderError::RateLimited { provider: LINEAR.to_owned(), retry_at: Some(at) };
    }
    if status == 401 || any("AUTHENTICATION_ERROR", "authentication error") {
        return ProviderError::Auth("Linear no longer accepts the key of this account".to_owned());
    }
    if status == 403 || any("FORBIDDEN", "forbidden") {
        return ProviderError::Unsupported(format!("Linear does not allow this for {what}: {said}"));
    }
    // Of an issue itself, not of what it refers to.
    if status == 404
        || failures.iter().any(|failure| failure.message().starts_with("Entity not found: Issue") && !failure.message().contains("Label"))
    {
        return ProviderError::NotFound(what.to_owned());
    }
    match status {
        408 | 500..=599 => ProviderError::Server { provider: LINEAR.to_owned(), detail: said },
        300..=399 => protocol("an unexpected redirect"),
        _ if any("INTERNAL_SERVER_ERROR", "internal error") || any("LOCK_TIMEOUT", "lock timeout") => {
            ProviderError::Server { provider: LINEAR.to_owned(), detail: said }
        }
        _ => ProviderError::Refused(format!("Linear refused {what}: {said}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(status: u16, errors: &str, headers: &[(&'static str, &str)]) -> ProviderError {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        let failures: Vec<Failure> = serde_json::from_str(errors).unwrap();
        from_reply("this issue", status, &failures, &map, Timestamp::from_secs(1000))
    }

    fn of(message: &str, code: &str, kind: &str) -> String {
        format!(r#"[{{"message":"{message}","extensions":{{"code":"{code}","type":"{kind}","userPresentableMessage":"m"}}}}]"#)
    }

    #[test]
    fn failures_get_their_class_whatever_the_status() {
        for (status, message, code, kind, class) in [
            (200, "Rate limit exceeded", "RATELIMITED", "ratelimited", "rate_limited"),
            (400, "Rate limit exceeded", "RATELIMITED", "ratelimited", "rate_limited"),
            (200, "x", "AUTHENTICATION_ERROR", "authentication error", "auth"),
            (400, "x", "", "authentication error", "auth"),
            (200, "x", "FORBIDDEN", "forbidden", "unsupported"),
            (200, "Entity not found: Issue", "INPUT_ERROR", "invalid input", "not_found"),
            (200, "Entity not found: Team", "INPUT_ERROR", "invalid input", "refused"),
            (200, "Entity not found: IssueLabel", "INPUT_ERROR", "invalid input", "refused"),
            (400, "x", "GRAPHQL_VALIDATION_FAILED", "graphql error", "refused"),
            (200, "x", "INTERNAL_SERVER_ERROR", "internal error", "server"),
            (503, "x", "", "", "server"),
        ] {
            assert_eq!(map(status, &of(message, code, kind), &[]).code(), class, "{status} {message} {code}");
        }
        for (status, class) in
            [(401, "auth"), (404, "not_found"), (429, "rate_limited"), (502, "server"), (302, "protocol"), (413, "refused")]
        {
            assert_eq!(map(status, "[]", &[]).code(), class, "{status}");
        }
        assert_eq!(map(200, &of("x", "INPUT_ERROR", "invalid input"), &[]).to_string(), "Linear refused this issue: m");
    }

    #[test]
    fn the_wait_is_the_longer_of_what_is_spent() {
        let at =
            |headers: &[(&'static str, &str)]| map(400, &of("x", "RATELIMITED", "ratelimited"), headers).retry_at().unwrap().secs() - 1000;
        assert_eq!(at(&[]), 60);
        assert_eq!(at(&[("retry-after", "5")]), 5);
        let spent = |remaining: &'static str| {
            [
                ("x-ratelimit-requests-remaining", "0"),
                ("x-ratelimit-requests-reset", "1010000"),
                ("x-ratelimit-complexity-remaining", remaining),
                ("x-ratelimit-complexity-reset", "1900000"),
            ]
        };
        assert_eq!((at(&spent("5")), at(&spent("0"))), (10, 900));
        assert_eq!(at(&[("x-ratelimit-requests-remaining", "0"), ("x-ratelimit-requests-reset", "99999999999999")]), 86_400);
    }
}
