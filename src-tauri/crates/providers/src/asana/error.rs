//! Asana's errors (PROVIDERS 6.4), mapped to what the engine does about them.

use domain::{error::ProviderError, time::Timestamp};
use serde::Deserialize;
use serde_json::Value;

use super::ASANA;
use crate::http::{Reply, json::words, retry_after::retry_at};

pub const PROTOCOL: &str = "Asana API";
/// Where it was too much, but nothing says for how long.
const PAUSE_SECS: i64 = 60;

/// `{"errors":[{"message","help","phrase"}]}`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Failures {
    errors: Vec<Failure>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Failure {
    message: Value,
    /// Of a failure of theirs: words by which they find it.
    phrase: Value,
}

pub fn refused(words: &str) -> ProviderError {
    ProviderError::Refused(words.to_owned())
}

pub fn protocol(detail: &str) -> ProviderError {
    ProviderError::Protocol { host: ASANA.to_owned(), protocol: PROTOCOL, detail: detail.to_owned() }
}

/// `what` names the thing asked for, in words ("this task").
pub fn from_reply(what: &str, reply: &Reply, now: Timestamp) -> ProviderError {
    let code = reply.status.as_u16();
    let failures = serde_json::from_slice::<Failures>(&reply.body).unwrap_or_default();
    let said = failures.errors.iter().find_map(|failure| failure.message.as_str().or_else(|| failure.phrase.as_str()));
    let said = said.map(words).filter(|said| !said.is_empty()).unwrap_or_else(|| format!("status {code}"));
    match code {
        401 => ProviderError::Auth("Asana no longer accepts the token of this account".to_owned()),
        // What the workspace's plan does not have.
        402 => ProviderError::Unsupported(format!("The plan of this workspace at Asana does not have this: {said}")),
        403 => ProviderError::Unsupported(format!("Asana does not allow this for {what}: {said}")),
        404 | 410 => ProviderError::NotFound(what.to_owned()),
        412 => ProviderError::CursorExpired,
        429 => {
            let at = retry_at(&reply.headers, now).unwrap_or_else(|| now.plus_secs(PAUSE_SECS));
            ProviderError::RateLimited { provider: ASANA.to_owned(), retry_at: Some(at) }
        }
        408 | 500..=599 => ProviderError::Server { provider: ASANA.to_owned(), detail: said },
        300..=399 => protocol("an unexpected redirect"),
        _ => ProviderError::Refused(format!("Asana refused {what}: {said}")),
    }
}

#[cfg(test)]
mod tests {
    use reqwest::{StatusCode, header::HeaderMap};

    use super::*;

    #[test]
    fn replies_get_their_class() {
        let map = |status: u16, body: &str, after: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(after) = after {
                headers.insert("retry-after", after.parse().unwrap());
            }
            let reply = Reply { status: StatusCode::from_u16(status).unwrap(), headers, body: body.to_owned().into() };
            from_reply("this task", &reply, Timestamp(0))
        };
        for (status, code) in [
            (400, "refused"),
            (401, "auth"),
            (402, "unsupported"),
            (403, "unsupported"),
            (404, "not_found"),
            (412, "cursor_expired"),
            (429, "rate_limited"),
            (451, "refused"),
            (500, "server"),
            (503, "server"),
            (302, "protocol"),
        ] {
            assert_eq!(map(status, "{}", None).code(), code, "{status}");
        }
        assert_eq!(map(429, "{}", Some("7")).retry_at(), Some(Timestamp(7000)));
        assert_eq!(map(429, "{}", None).retry_at(), Some(Timestamp(60_000)));
        let body = r#"{"errors":[{"message":"name: Too long","help":"read the docs"}]}"#;
        assert_eq!(map(400, body, None).to_string(), "Asana refused this task: name: Too long");
        assert!(map(500, r#"{"errors":[{"phrase":"6 sad squid snuggle softly"}]}"#, None).to_string().contains("squid"));
    }
}
