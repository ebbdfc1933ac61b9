//! What goes wrong at a JMAP server, at its three levels, mapped to what the engine does about it: a request (RFC 8620 section 3.6.1), a
//! method call (3.6.2), and one record of a `/set` (5.3; RFC 8621 sections 4.6, 4.8 and 7.5).

use std::collections::BTreeMap;

use domain::{error::ProviderError, time::Timestamp};
use serde::Deserialize;

use crate::http::{Reply, json::words, retry_after::retry_at};

pub const PROTOCOL: &str = "JMAP";
const URN: &str = "urn:ietf:params:jmap:error:";
/// Where it was too much, but nothing says for how long.
const PAUSE_SECS: i64 = 30;

pub fn protocol(host: &str, detail: &str) -> ProviderError {
    ProviderError::Protocol { host: host.to_owned(), protocol: PROTOCOL, detail: detail.to_owned() }
}

fn server(host: &str, detail: String) -> ProviderError {
    ProviderError::Server { provider: host.to_owned(), detail }
}

fn limited(host: &str, at: Option<Timestamp>, now: Timestamp) -> ProviderError {
    ProviderError::RateLimited { provider: host.to_owned(), retry_at: Some(at.unwrap_or_else(|| now.plus_secs(PAUSE_SECS))) }
}

/// A problem document (RFC 7807).
#[derive(Default, Deserialize)]
#[serde(default)]
struct Problem {
    #[serde(rename = "type")]
    kind: String,
    detail: Option<String>,
    limit: Option<String>,
}

/// Of a whole request, a session, an upload or a download.
pub fn from_reply(host: &str, reply: &Reply, now: Timestamp) -> ProviderError {
    let problem = serde_json::from_slice::<Problem>(&reply.body).unwrap_or_default();
    let code = reply.status.as_u16();
    let said = words(problem.detail.as_deref().unwrap_or_default());
    let said = if said.is_empty() { format!("status {code}") } else { said };
    match (code, problem.kind.strip_prefix(URN)) {
        (401, _) => ProviderError::Auth(format!("{host} does not accept the user name and password, or the token")),
        (_, Some("limit")) => match problem.limit.as_deref() {
            Some("maxSizeRequest" | "maxSizeUpload") => too_large(host),
            Some("maxCallsInRequest") => protocol(host, "a limit that its session does not name"),
            _ => limited(host, retry_at(&reply.headers, now), now),
        },
        (_, Some("unknownCapability")) => ProviderError::Unsupported(format!("{host} does not have what mail needs: {said}")),
        (_, Some("notJSON" | "notRequest")) => protocol(host, "it does not understand a request"),
        (403, _) => ProviderError::Unsupported(format!("{host} does not allow this: {said}")),
        (404, _) => ProviderError::NotFound("this mail".to_owned()),
        (413, _) => too_large(host),
        (429, _) => limited(host, retry_at(&reply.headers, now), now),
        (503 | 504, _) if retry_at(&reply.headers, now).is_some() => limited(host, retry_at(&reply.headers, now), now),
        (408 | 500..=599, _) => server(host, said),
        (300..=399, _) => protocol(host, "an unexpected redirect"),
        _ => ProviderError::Refused(format!("{host} refused the request: {said}")),
    }
}

pub fn too_large(host: &str) -> ProviderError {
    ProviderError::Refused(format!("{host} says that this is too large."))
}

/// One call was refused.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct MethodError {
    #[serde(rename = "type")]
    pub kind: String,
    description: Option<String>,
}

impl MethodError {
    /// Whether another try may help: the call changed nothing.
    pub fn is_passing(&self) -> bool {
        matches!(self.kind.as_str(), "serverUnavailable" | "serverFail" | "rateLimit")
    }

    /// `what` names in words what was asked for ("this folder").
    pub fn means(&self, what: &str, host: &str, now: Timestamp) -> ProviderError {
        let said = self.description.as_deref().map(words).filter(|w| !w.is_empty()).unwrap_or_else(|| self.kind.clone());
        match self.kind.as_str() {
            // Some changes may have been made: what is stated once more is made the rest of the way.
            "serverUnavailable" | "serverFail" | "serverPartialFail" => server(host, said),
            // The session is asked for again, and names another account or none.
            "accountNotFound" => server(host, "the account has moved".to_owned()),
            "rateLimit" => limited(host, None, now),
            "cannotCalculateChanges" => ProviderError::CursorExpired,
            "stateMismatch" => ProviderError::Conflict(what.to_owned()),
            "accountReadOnly" => ProviderError::Unsupported(format!("This account can only be read at {host}.")),
            "requestTooLarge" => too_large(host),
            "forbidden" | "accountNotSupportedByMethod" | "unknownMethod" | "unsupportedFilter" | "unsupportedSort" => {
                ProviderError::Unsupported(format!("{host} does not allow this for {what}: {said}"))
            }
            _ => protocol(host, &format!("a call was refused as {said}")),
        }
    }
}

/// One record of a `/set` or an import was refused.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SetError {
    #[serde(rename = "type")]
    pub kind: String,
    description: Option<String>,
    properties: Option<Vec<String>>,
    pub existing_id: Option<String>,
    invalid_recipients: Option<Vec<String>>,
}

/// By id, or by the name that the client gave.
pub type SetErrors = Option<BTreeMap<String, SetError>>;

impl SetError {
    /// Whether it is about this property.
    pub fn names(&self, property: &str) -> bool {
        self.properties.iter().flatten().any(|name| name == property || name.starts_with(&format!("{property}/")))
    }

    pub fn means(&self, what: &str, host: &str, now: Timestamp) -> ProviderError {
        let said = self.description.as_deref().map(words).filter(|w| !w.is_empty()).unwrap_or_else(|| self.kind.clone());
        let refused = |text: String| ProviderError::Refused(text);
        match self.kind.as_str() {
            "notFound" | "willDestroy" => ProviderError::NotFound(what.to_owned()),
            "rateLimit" => limited(host, None, now),
            "stateMismatch" => ProviderError::Conflict(what.to_owned()),
            "forbidden" | "forbiddenToSend" => ProviderError::Unsupported(format!("{host} does not allow this for {what}: {said}")),
            "overQuota" => refused(format!("The storage at {host} is full.")),
            "tooLarge" => too_large(host),
            "forbiddenFrom" | "forbiddenMailFrom" => refused(format!("{host} does not let this account send from that address.")),
            "noRecipients" => refused("This mail has no recipient.".to_owned()),
            "invalidRecipients" => {
                let names = self.invalid_recipients.as_deref().unwrap_or_default().join(", ");
                refused(format!("{host} refuses these recipients: {}", words(&names)))
            }
            "tooManyRecipients" => refused(format!("{host} does not take so many recipients in one mail.")),
            "mailboxHasEmail" | "mailboxHasChild" => refused("This folder is not empty: move what is in it elsewhere first.".to_owned()),
            "invalidProperties" if self.names("mailboxIds") => {
                refused("A mail has to lie in at least one folder that is there: move it instead.".to_owned())
            }
            _ => refused(format!("{host} refused {what}: {said}")),
        }
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
            from_reply("mail.example", &reply, Timestamp(0))
        };
        let problem = |kind: &str, more: &str| format!(r#"{{"type":"{URN}{kind}","detail":"Why."{more}}}"#);
        for (status, body, code) in [
            (401, String::new(), "auth"),
            (403, String::new(), "unsupported"),
            (404, "<html>".to_owned(), "not_found"),
            (413, String::new(), "refused"),
            (429, String::new(), "rate_limited"),
            (503, String::new(), "server"),
            (302, String::new(), "protocol"),
            (400, String::new(), "refused"),
            (400, problem("limit", r#","limit":"maxConcurrentRequests""#), "rate_limited"),
            (400, problem("limit", r#","limit":"maxSizeRequest""#), "refused"),
            (400, problem("unknownCapability", ""), "unsupported"),
            (400, problem("notRequest", ""), "protocol"),
        ] {
            assert_eq!(map(status, &body).code(), code, "{status} {body}");
        }
        assert_eq!(map(429, "").retry_at(), Some(Timestamp(30_000)));
    }

    #[test]
    fn calls_and_records_get_theirs() {
        let method = |kind: &str| MethodError { kind: kind.to_owned(), description: None };
        for (kind, code) in [
            ("serverUnavailable", "server"),
            ("serverFail", "server"),
            ("serverPartialFail", "server"),
            ("accountNotFound", "server"),
            ("rateLimit", "rate_limited"),
            ("cannotCalculateChanges", "cursor_expired"),
            ("stateMismatch", "conflict"),
            ("accountReadOnly", "unsupported"),
            ("requestTooLarge", "refused"),
            ("unknownMethod", "unsupported"),
            ("invalidResultReference", "protocol"),
        ] {
            assert_eq!(method(kind).means("this", "h", Timestamp(0)).code(), code, "{kind}");
        }
        assert!(!method("serverPartialFail").is_passing(), "some of it may be done");
        let record = |text: &str| serde_json::from_str::<SetError>(text).unwrap().means("this mail", "h", Timestamp(0));
        assert_eq!(record(r#"{"type":"notFound"}"#).code(), "not_found");
        assert_eq!(record(r#"{"type":"overQuota"}"#).code(), "refused");
        let none = record(r#"{"type":"invalidProperties","properties":["mailboxIds"]}"#);
        assert!(none.to_string().contains("at least one folder"));
        let bad = record(r#"{"type":"invalidRecipients","invalidRecipients":["a@b","c@d"]}"#);
        assert_eq!(bad.to_string(), "h refuses these recipients: a@b, c@d");
        assert_eq!(record(r#"{"type":"tooManyKeywords","description":"Too  many."}"#).to_string(), "h refused this mail: Too many.");
    }
}
