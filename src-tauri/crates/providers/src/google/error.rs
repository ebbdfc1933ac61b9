//! Google's error bodies (PROVIDERS 1.3), mapped to what the engine does about them.

use domain::{error::ProviderError, time::Timestamp};
use reqwest::{StatusCode, header::HeaderMap};
use serde::Deserialize;

use crate::http::retry_after::retry_at;

const GOOGLE: &str = "Google";

#[derive(Deserialize, Default)]
struct Body {
    #[serde(default)]
    error: Inner,
}

#[derive(Deserialize, Default)]
struct Inner {
    #[serde(default)]
    message: String,
    #[serde(default)]
    errors: Vec<Item>,
    #[serde(default)]
    status: String,
    /// Of newer APIs, in the place of `errors` or beside them: `google.rpc.ErrorInfo` is one of them.
    #[serde(default)]
    details: Vec<Detail>,
}

#[derive(Deserialize, Default)]
struct Detail {
    #[serde(default)]
    reason: String,
}

#[derive(Deserialize, Default)]
struct Item {
    #[serde(default)]
    reason: String,
}

/// `what` names the thing asked for, in words ("This message").
pub fn from_reply(what: &str, status: StatusCode, headers: &HeaderMap, body: &[u8], now: Timestamp) -> ProviderError {
    let inner = serde_json::from_slice::<Body>(body).unwrap_or_default().error;
    let detail = inner.details.iter().map(|d| d.reason.as_str()).find(|reason| !reason.is_empty()).unwrap_or_default();
    let reason = inner.errors.first().map_or(detail, |e| e.reason.as_str());
    let message: String = inner.message.chars().filter(|c| !c.is_control()).take(300).collect();
    let wait = || ProviderError::RateLimited { provider: GOOGLE.to_owned(), retry_at: retry_at(headers, now) };
    match (status.as_u16(), reason) {
        // Of the People API: the documentation names the reason, not the status.
        (400 | 410, _) if detail == "EXPIRED_SYNC_TOKEN" => ProviderError::CursorExpired,
        (429, _) | (403, "rateLimitExceeded" | "userRateLimitExceeded") => wait(),
        // Used up for the day. Google's day ends at midnight in California; asking every hour finds that moment without a table
        // of time zones.
        (403, "dailyLimitExceeded" | "quotaExceeded") => {
            ProviderError::RateLimited { provider: GOOGLE.to_owned(), retry_at: Some(now.plus_secs(3600)) }
        }
        (403, _) if inner.status == "RESOURCE_EXHAUSTED" => wait(),
        (403, "insufficientPermissions" | "ACCESS_TOKEN_SCOPE_INSUFFICIENT") => ProviderError::Unsupported(format!(
            "Google says that this account did not grant what {what} needs ({message}). Reconnect it and allow that."
        )),
        (403, "accessNotConfigured" | "SERVICE_DISABLED") => ProviderError::Refused(format!(
            "This API of Google's is switched off for this OAuth client: enable it in the Google Cloud console ({message})."
        )),
        (403, "forbiddenForNonOrganizer") => ProviderError::Refused(format!("Only its organiser can change {what} in this way.")),
        (403, "storageQuotaExceeded") => {
            ProviderError::Refused("There is no room left in this Google account: make some at Google, then try again.".to_owned())
        }
        (403, "domainPolicy") => ProviderError::Refused(format!("The administrator of this Google account does not allow it ({message}).")),
        (401, _) => ProviderError::Auth("Google no longer accepts the sign-in of this account".to_owned()),
        // Of a sync token (PROVIDERS 1.6).
        (410, "fullSyncRequired" | "updatedMinTooLongAgo") => ProviderError::CursorExpired,
        // If-Match, and an id of ours that is taken.
        (412, _) | (409, "duplicate") => ProviderError::Conflict(what.to_owned()),
        (404 | 410, _) => ProviderError::NotFound(what.to_owned()),
        (413, _) => ProviderError::Refused("Google says that this is too large.".to_owned()),
        (408 | 500..=599, _) => {
            let detail = if message.is_empty() { format!("status {}", status.as_u16()) } else { message };
            ProviderError::Server { provider: GOOGLE.to_owned(), detail }
        }
        (300..=399, _) => {
            ProviderError::Protocol { host: GOOGLE.to_owned(), protocol: "Google API", detail: "an unexpected redirect".to_owned() }
        }
        (code, _) => {
            let said = if message.is_empty() { format!("status {code}") } else { message };
            ProviderError::Refused(format!("Google refused {what}: {said}"))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use domain::error::ErrorClass;
    use reqwest::header::RETRY_AFTER;

    use super::*;

    fn map(status: u16, reason: &str) -> ProviderError {
        let body = format!(
            r#"{{"error":{{"code":{status},"message":"m","errors":[{{"domain":"d","reason":"{reason}","message":"m"}}],"status":"X"}}}}"#
        );
        from_reply("this message", StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), body.as_bytes(), Timestamp(0))
    }

    #[test]
    fn every_reason_of_the_reference_gets_its_class() {
        for (status, reason, code, class) in [
            (429, "rateLimitExceeded", "rate_limited", ErrorClass::Retry),
            (403, "rateLimitExceeded", "rate_limited", ErrorClass::Retry),
            (403, "userRateLimitExceeded", "rate_limited", ErrorClass::Retry),
            (403, "dailyLimitExceeded", "rate_limited", ErrorClass::Retry),
            (403, "insufficientPermissions", "unsupported", ErrorClass::Wedge),
            (403, "accessNotConfigured", "refused", ErrorClass::Wedge),
            (403, "somethingNew", "refused", ErrorClass::Wedge),
            (401, "authError", "auth", ErrorClass::Reauth),
            (403, "forbiddenForNonOrganizer", "refused", ErrorClass::Wedge),
            (403, "storageQuotaExceeded", "refused", ErrorClass::Wedge),
            (404, "notFound", "not_found", ErrorClass::Wedge),
            (410, "deleted", "not_found", ErrorClass::Wedge),
            (410, "fullSyncRequired", "cursor_expired", ErrorClass::Resync),
            (412, "conditionNotMet", "conflict", ErrorClass::Wedge),
            (409, "duplicate", "conflict", ErrorClass::Wedge),
            (409, "aborted", "refused", ErrorClass::Wedge),
            (400, "invalidArgument", "refused", ErrorClass::Wedge),
            (500, "backendError", "server", ErrorClass::Retry),
            (503, "backendError", "server", ErrorClass::Retry),
        ] {
            let error = map(status, reason);
            assert_eq!((error.code(), error.class()), (code, class), "{status} {reason}");
        }
        assert!(map(403, "insufficientPermissions").to_string().contains("did not grant"));
    }

    #[test]
    fn newer_apis_say_the_reason_among_the_details() {
        for (status, reason, code) in [
            (400, "EXPIRED_SYNC_TOKEN", "cursor_expired"),
            (410, "EXPIRED_SYNC_TOKEN", "cursor_expired"),
            (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "unsupported"),
            (403, "SERVICE_DISABLED", "refused"),
            (400, "SOMETHING_ELSE", "refused"),
        ] {
            for errors in ["", r#""errors":[{"reason":"failedPrecondition"}],"#] {
                if status == 403 && !errors.is_empty() {
                    continue;
                }
                let body = format!(
                    r#"{{"error":{{"code":{status},"message":"m",{errors}"status":"X","details":[{{"@type":"type.googleapis.com/google.rpc.Help"}},{{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"{reason}"}}]}}}}"#
                );
                let status = StatusCode::from_u16(status).unwrap();
                let error = from_reply("the contacts", status, &HeaderMap::new(), body.as_bytes(), Timestamp(0));
                assert_eq!(error.code(), code, "{body}");
            }
        }
    }

    #[test]
    fn survives_bodies_that_are_not_json_and_reads_retry_after() {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, "30".parse().unwrap());
        let error = from_reply("x", StatusCode::TOO_MANY_REQUESTS, &headers, b"<html>busy</html>", Timestamp(5000));
        assert_eq!(error.retry_at(), Some(Timestamp(35_000)));
        assert_eq!(from_reply("x", StatusCode::BAD_GATEWAY, &headers, b"", Timestamp(0)).code(), "server");
        assert_eq!(from_reply("x", StatusCode::FOUND, &headers, b"", Timestamp(0)).code(), "protocol");
    }
}
