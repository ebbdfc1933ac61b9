//! Notion's errors (PROVIDERS 6.6), mapped to what the engine does about them.

use domain::{error::ProviderError, time::Timestamp};
use serde::Deserialize;
use serde_json::Value;

use super::NOTION;
use crate::http::{Reply, json::words, retry_after::retry_at};

pub const PROTOCOL: &str = "Notion API";
/// Where it was too much, but nothing says for how long.
const PAUSE_SECS: i64 = 10;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Failure {
    code: Value,
    message: Value,
}

pub fn refused(words: &str) -> ProviderError {
    ProviderError::Refused(words.to_owned())
}

pub fn protocol(detail: &str) -> ProviderError {
    ProviderError::Protocol { host: NOTION.to_owned(), protocol: PROTOCOL, detail: detail.to_owned() }
}

/// `what` names the thing asked for, in words ("this page").
pub fn from_reply(what: &str, reply: &Reply, now: Timestamp) -> ProviderError {
    let status = reply.status.as_u16();
    let failure = serde_json::from_slice::<Failure>(&reply.body).unwrap_or_default();
    let said = words(failure.message.as_str().unwrap_or_default());
    let said = if said.is_empty() { format!("status {status}") } else { said };
    let server = || ProviderError::Server { provider: NOTION.to_owned(), detail: said.clone() };
    match (status, failure.code.as_str().unwrap_or_default()) {
        (401, _) | (_, "unauthorized") => ProviderError::Auth("Notion no longer accepts the token of this integration".to_owned()),
        (403, _) | (_, "restricted_resource") => ProviderError::Unsupported(format!("Notion does not allow this for {what}: {said}")),
        // Also what is not shared with the integration any more.
        (404, _) | (_, "object_not_found") => ProviderError::NotFound(what.to_owned()),
        (429 | 529, _) | (_, "rate_limited" | "service_overload") => {
            let at = retry_at(&reply.headers, now).unwrap_or_else(|| now.plus_secs(PAUSE_SECS));
            ProviderError::RateLimited { provider: NOTION.to_owned(), retry_at: Some(at) }
        }
        // Two writes at once: it is tried again.
        (409, _) | (_, "conflict_error") => server(),
        (408 | 500..=599, _) => server(),
        (300..=399, _) => protocol("an unexpected redirect"),
        _ => ProviderError::Refused(format!("Notion refused {what}: {said}")),
    }
}

#[cfg(test)]
mod tests {
    use reqwest::{StatusCode, header::HeaderMap};

    use super::*;

    #[test]
    fn replies_get_their_class() {
        let map = |status: u16, code: &str| {
            let body = format!(r#"{{"object":"error","status":{status},"code":"{code}","message":"m"}}"#);
            let reply = Reply { status: StatusCode::from_u16(status).unwrap(), headers: HeaderMap::new(), body: body.into() };
            from_reply("this page", &reply, Timestamp(0))
        };
        for (status, code, class) in [
            (400, "validation_error", "refused"),
            (401, "unauthorized", "auth"),
            (403, "restricted_resource", "unsupported"),
            (404, "object_not_found", "not_found"),
            (409, "conflict_error", "server"),
            (429, "rate_limited", "rate_limited"),
            (500, "internal_server_error", "server"),
            (503, "service_unavailable", "server"),
            (504, "gateway_timeout", "server"),
            (302, "", "protocol"),
        ] {
            assert_eq!(map(status, code).code(), class, "{status} {code}");
        }
        assert_eq!(map(429, "rate_limited").retry_at(), Some(Timestamp(10_000)));
        assert_eq!(map(400, "validation_error").to_string(), "Notion refused this page: m");
    }
}
