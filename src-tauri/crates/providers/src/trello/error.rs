//! Trello's errors (PROVIDERS 6.7): plain texts, mapped to what the engine does about them.

use domain::{error::ProviderError, time::Timestamp};

use super::TRELLO;
use crate::http::{Reply, json::words, retry_after::retry_at};

pub const PROTOCOL: &str = "Trello API";
/// Requests are counted over ten seconds, and nothing says when they are over.
const PAUSE_SECS: i64 = 10;

pub fn refused(words: &str) -> ProviderError {
    ProviderError::Refused(words.to_owned())
}

pub fn protocol(detail: &str) -> ProviderError {
    ProviderError::Protocol { host: TRELLO.to_owned(), protocol: PROTOCOL, detail: detail.to_owned() }
}

/// `what` names the thing asked for, in words ("this card").
pub fn from_reply(what: &str, reply: &Reply, now: Timestamp) -> ProviderError {
    let code = reply.status.as_u16();
    // A page of a proxy is nothing to show.
    let text = String::from_utf8_lossy(&reply.body);
    let said = if text.trim_start().starts_with('<') { String::new() } else { words(&text) };
    let said = if said.is_empty() { format!("status {code}") } else { said };
    match code {
        // The token is good, but not for this card or board.
        401 | 403 if said.starts_with("unauthorized card") || said.starts_with("unauthorized board") || code == 403 => {
            ProviderError::Unsupported(format!("Trello does not allow this for {what}: {said}"))
        }
        401 => ProviderError::Auth("Trello no longer accepts the key and the token of this account".to_owned()),
        404 | 410 => ProviderError::NotFound(what.to_owned()),
        429 => {
            let at = retry_at(&reply.headers, now).unwrap_or_else(|| now.plus_secs(PAUSE_SECS));
            ProviderError::RateLimited { provider: TRELLO.to_owned(), retry_at: Some(at) }
        }
        408 | 500..=599 => ProviderError::Server { provider: TRELLO.to_owned(), detail: said },
        300..=399 => protocol("an unexpected redirect"),
        _ => ProviderError::Refused(format!("Trello refused {what}: {said}")),
    }
}

#[cfg(test)]
mod tests {
    use reqwest::{StatusCode, header::HeaderMap};

    use super::*;

    #[test]
    fn replies_get_their_class() {
        let map = |status: u16, body: &str| {
            let reply = Reply { status: StatusCode::from_u16(status).unwrap(), headers: HeaderMap::new(), body: body.to_owned().into() };
            from_reply("this card", &reply, Timestamp(0))
        };
        for (status, body, code) in [
            (400, "invalid id", "refused"),
            (401, "invalid token", "auth"),
            (401, "invalid key", "auth"),
            (401, "unauthorized permission requested", "auth"),
            (401, "unauthorized card permission requested", "unsupported"),
            (403, "x", "unsupported"),
            (404, "The requested resource was not found.", "not_found"),
            (429, "Rate limit exceeded", "rate_limited"),
            (500, "", "server"),
            (503, "<html>", "server"),
            (302, "", "protocol"),
        ] {
            assert_eq!(map(status, body).code(), code, "{status} {body}");
        }
        assert_eq!(map(429, "").retry_at(), Some(Timestamp(10_000)));
        assert_eq!(map(400, "invalid value for due\n").to_string(), "Trello refused this card: invalid value for due");
        assert!(map(503, "<html>busy</html>").to_string().contains("status 503"));
    }
}
