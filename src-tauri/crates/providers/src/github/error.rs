//! GitHub's errors (PROVIDERS 6.2), mapped to what the engine does about them.

use domain::{error::ProviderError, time::Timestamp};
use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde_json::Value;

use super::GITHUB;
use crate::http::{Reply, json::words, retry_after::retry_at};

pub const PROTOCOL: &str = "GitHub API";
/// Where GitHub says that it was too much, but not for how long: its documentation asks for a minute at least.
const PAUSE_SECS: i64 = 60;
/// A server that says "come back next week" is mistaken: as for `Retry-After`, a day at most.
const LONGEST_SECS: i64 = 86_400;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Failure {
    message: Value,
    errors: Value,
}

impl Failure {
    fn read(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }

    fn message(&self) -> &str {
        self.message.as_str().unwrap_or_default()
    }

    /// With what is wrong with which field, where that is said.
    fn words(&self, code: u16) -> String {
        let one = |error: &Value| match error {
            Value::String(text) => text.clone(),
            error => {
                let part = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
                if part("message").is_empty() { format!("{} ({})", part("field"), part("code")) } else { part("message").to_owned() }
            }
        };
        let details: Vec<String> = self.errors.as_array().into_iter().flatten().map(one).collect();
        let text = match (self.message(), details.join(", ")) {
            ("", details) if details.is_empty() => format!("status {code}"),
            (message, details) if details.is_empty() => message.to_owned(),
            (message, details) => format!("{message}: {details}"),
        };
        words(&text)
    }
}

pub fn refused(words: &str) -> ProviderError {
    ProviderError::Refused(words.to_owned())
}

pub fn protocol(detail: &str) -> ProviderError {
    ProviderError::Protocol { host: GITHUB.to_owned(), protocol: PROTOCOL, detail: detail.to_owned() }
}

/// When no more requests are left until then.
fn reset(headers: &HeaderMap, now: Timestamp) -> Option<Timestamp> {
    let said = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).and_then(|v| v.trim().parse::<i64>().ok());
    if said("x-ratelimit-remaining") != Some(0) {
        return None;
    }
    let at = Timestamp::from_secs(said("x-ratelimit-reset")?);
    Some(at.clamp(now.plus_secs(1), now.plus_secs(LONGEST_SECS)))
}

/// `what` names the thing asked for, in words ("this issue").
pub fn from_reply(what: &str, reply: &Reply, now: Timestamp) -> ProviderError {
    let code = reply.status.as_u16();
    let failure = Failure::read(&reply.body);
    let wait = |at: Timestamp| ProviderError::RateLimited { provider: GITHUB.to_owned(), retry_at: Some(at) };
    match code {
        401 => ProviderError::Auth("GitHub no longer accepts the token of this account".to_owned()),
        403 | 429 => {
            if let Some(at) = retry_at(&reply.headers, now).or_else(|| reset(&reply.headers, now)) {
                return wait(at);
            }
            if code == 429 || failure.message().to_ascii_lowercase().contains("rate limit") {
                return wait(now.plus_secs(PAUSE_SECS));
            }
            if reply.headers.contains_key("x-github-sso") {
                return ProviderError::Unsupported(
                    "Your organisation wants its single sign-on for this token: authorise it in GitHub's settings.".to_owned(),
                );
            }
            ProviderError::Unsupported(format!("GitHub does not allow this for {what}: {}", failure.words(code)))
        }
        // Deleted, transferred, of a renamed repository, or no longer to be seen.
        404 | 410 | 301 | 302 | 307 | 308 => ProviderError::NotFound(what.to_owned()),
        408 | 500..=599 => ProviderError::Server { provider: GITHUB.to_owned(), detail: failure.words(code) },
        300..=399 => protocol("an unexpected redirect"),
        code => ProviderError::Refused(format!("GitHub refused {what}: {}", failure.words(code))),
    }
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;

    use super::*;

    fn reply(status: u16, body: &str, headers: &[(&'static str, &str)]) -> Reply {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        Reply { status: StatusCode::from_u16(status).unwrap(), headers: map, body: body.to_owned().into() }
    }

    fn map(status: u16, body: &str, headers: &[(&'static str, &str)]) -> ProviderError {
        from_reply("this issue", &reply(status, body, headers), Timestamp::from_secs(1000))
    }

    #[test]
    fn replies_get_their_class() {
        for (status, code) in [
            (401, "auth"),
            (403, "unsupported"),
            (404, "not_found"),
            (410, "not_found"),
            (301, "not_found"),
            (304, "protocol"),
            (422, "refused"),
            (451, "refused"),
            (429, "rate_limited"),
            (500, "server"),
            (502, "server"),
        ] {
            assert_eq!(map(status, "{}", &[]).code(), code, "{status}");
        }
        let body = r#"{"message":"Validation Failed","errors":[{"resource":"Issue","code":"custom","field":"body","message":"body is too long"},{"field":"title","code":"missing_field"}]}"#;
        assert_eq!(
            map(422, body, &[]).to_string(),
            "GitHub refused this issue: Validation Failed: body is too long, title (missing_field)"
        );
        assert!(map(403, "{}", &[("x-github-sso", "required; url=https://github.com/orgs/x/sso")]).to_string().contains("single sign-on"));
    }

    #[test]
    fn every_way_to_say_that_it_was_too_much() {
        let at = |error: ProviderError| error.retry_at().map(|at| at.secs() - 1000);
        assert_eq!(at(map(403, "{}", &[("retry-after", "30")])), Some(30));
        assert_eq!(at(map(429, "{}", &[("retry-after", "30"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1900")])), Some(30));
        assert_eq!(at(map(403, "{}", &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1900")])), Some(900));
        assert_eq!(at(map(403, "{}", &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "12")])), Some(1));
        assert_eq!(at(map(403, "{}", &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "99999999999")])), Some(86_400));
        assert_eq!(at(map(403, r#"{"message":"You have exceeded a secondary rate limit."}"#, &[])), Some(60));
        assert_eq!(at(map(429, "<html>", &[("x-ratelimit-remaining", "4999")])), Some(60));
        assert_eq!(map(403, "{}", &[("x-ratelimit-remaining", "17"), ("x-ratelimit-reset", "1900")]).code(), "unsupported");
    }
}
