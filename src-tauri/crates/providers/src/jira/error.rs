//! Jira's errors (PROVIDERS 6.5), mapped to what the engine does about them.

use domain::{error::ProviderError, time::Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::JIRA;
use crate::http::{Reply, json::words, retry_after::retry_at};

pub const PROTOCOL: &str = "Jira API";
/// Where it was too much, but nothing says for how long.
const PAUSE_SECS: i64 = 60;

/// `{"errorMessages":[…],"errors":{field: why}}`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Failure {
    error_messages: Vec<Value>,
    errors: Map<String, Value>,
}

pub fn refused(words: &str) -> ProviderError {
    ProviderError::Refused(words.to_owned())
}

pub fn protocol(detail: &str) -> ProviderError {
    ProviderError::Protocol { host: JIRA.to_owned(), protocol: PROTOCOL, detail: detail.to_owned() }
}

/// `what` names the thing asked for, in words ("this issue").
pub fn from_reply(what: &str, reply: &Reply, now: Timestamp) -> ProviderError {
    let code = reply.status.as_u16();
    let failure = serde_json::from_slice::<Failure>(&reply.body).unwrap_or_default();
    let general = failure.error_messages.iter().filter_map(Value::as_str).map(str::to_owned);
    let fields = failure.errors.iter().filter_map(|(field, why)| Some(format!("{field}: {}", why.as_str()?)));
    let said = words(&general.chain(fields).collect::<Vec<_>>().join(" "));
    let said = if said.is_empty() { format!("status {code}") } else { said };
    match code {
        401 => ProviderError::Auth("Jira no longer accepts the token of this account".to_owned()),
        403 => ProviderError::Unsupported(format!("Jira does not allow this for {what}: {said}")),
        404 => ProviderError::NotFound(what.to_owned()),
        429 => {
            let at = retry_at(&reply.headers, now).unwrap_or_else(|| now.plus_secs(PAUSE_SECS));
            ProviderError::RateLimited { provider: JIRA.to_owned(), retry_at: Some(at) }
        }
        408 | 500..=599 => ProviderError::Server { provider: JIRA.to_owned(), detail: said },
        300..=399 => protocol("an unexpected redirect"),
        _ => ProviderError::Refused(format!("Jira refused {what}: {said}")),
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
            from_reply("this issue", &reply, Timestamp(0))
        };
        for (status, code) in [
            (400, "refused"),
            (401, "auth"),
            (403, "unsupported"),
            (404, "not_found"),
            (410, "refused"),
            (429, "rate_limited"),
            (500, "server"),
            (302, "protocol"),
        ] {
            assert_eq!(map(status, "{}").code(), code, "{status}");
        }
        assert_eq!(map(429, "").retry_at(), Some(Timestamp(60_000)));
        let body = r#"{"errorMessages":["Not so."],"errors":{"duedate":"Bad date."}}"#;
        assert_eq!(map(400, body).to_string(), "Jira refused this issue: Not so. duedate: Bad date.");
    }
}
