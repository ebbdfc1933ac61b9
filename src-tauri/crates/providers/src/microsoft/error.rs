//! Graph's error bodies (PROVIDERS 2.3), mapped to what the engine does about them.

use domain::{error::ProviderError, time::Timestamp};
use reqwest::{StatusCode, header::HeaderMap};
use serde::Deserialize;

use super::MICROSOFT;
use crate::http::{json::words, retry_after::retry_at};

#[derive(Deserialize, Default)]
struct Body {
    #[serde(default)]
    error: Inner,
}

#[derive(Deserialize, Default)]
struct Inner {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

/// `what` names the thing asked for, in words ("this message").
pub fn from_reply(what: &str, status: StatusCode, headers: &HeaderMap, body: &[u8], now: Timestamp) -> ProviderError {
    let inner = serde_json::from_slice::<Body>(body).unwrap_or_default().error;
    let message = words(&inner.message);
    let server = || {
        let detail = if message.is_empty() { format!("status {}", status.as_u16()) } else { message.clone() };
        ProviderError::Server { provider: MICROSOFT.to_owned(), detail }
    };
    match (status.as_u16(), inner.code.as_str()) {
        (429, _) => ProviderError::RateLimited { provider: MICROSOFT.to_owned(), retry_at: retry_at(headers, now) },
        // 503 and 504 come with the same header when the service protects itself.
        (503 | 504, _) if retry_at(headers, now).is_some() => {
            ProviderError::RateLimited { provider: MICROSOFT.to_owned(), retry_at: retry_at(headers, now) }
        }
        // Of a delta token. Some come as 400.
        (_, "syncStateNotFound" | "SyncStateNotFound" | "resyncRequired" | "SyncStateInvalid" | "syncStateInvalid") | (410, _) => {
            ProviderError::CursorExpired
        }
        (401, _) => ProviderError::Auth("Microsoft no longer accepts the sign-in of this account".to_owned()),
        (403, "ErrorSendAsDenied") => {
            ProviderError::Refused("Microsoft does not let this account send from that address: choose the account's own.".to_owned())
        }
        (403, "ErrorAccessDenied" | "Authorization_RequestDenied" | "accessDenied") => ProviderError::Unsupported(format!(
            "Microsoft says that this account did not grant what {what} needs ({message}). Reconnect it and allow that."
        )),
        (404, "MailboxNotEnabledForRESTAPI") => {
            ProviderError::Refused("This Microsoft account has no mailbox at Exchange Online or Outlook.com.".to_owned())
        }
        (404, _) => ProviderError::NotFound(what.to_owned()),
        // The second: an event that an earlier attempt of the same call has made.
        (412, _) | (409, "ErrorDuplicateTransactionId") => ProviderError::Conflict(what.to_owned()),
        (413, _) => ProviderError::Refused("Microsoft says that this is too large.".to_owned()),
        (507, _) => ProviderError::Refused("There is no room left in this OneDrive: make some there, then try again.".to_owned()),
        (408 | 500..=599, _) => server(),
        (300..=399, _) => {
            ProviderError::Protocol { host: MICROSOFT.to_owned(), protocol: "Microsoft Graph", detail: "an unexpected redirect".to_owned() }
        }
        (status, code) => {
            let said = if message.is_empty() { format!("status {status} {code}") } else { message };
            ProviderError::Refused(format!("Microsoft refused {what}: {said}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::error::ErrorClass;
    use reqwest::header::RETRY_AFTER;

    use super::*;

    fn map(status: u16, code: &str) -> ProviderError {
        let body = format!(r#"{{"error":{{"code":"{code}","message":"m","innerError":{{"request-id":"r"}}}}}}"#);
        from_reply("this message", StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), body.as_bytes(), Timestamp(0))
    }

    #[test]
    fn every_code_of_the_reference_gets_its_class() {
        for (status, reason, code, class) in [
            (429, "ApplicationThrottled", "rate_limited", ErrorClass::Retry),
            (410, "syncStateNotFound", "cursor_expired", ErrorClass::Resync),
            (410, "resyncRequired", "cursor_expired", ErrorClass::Resync),
            (400, "SyncStateInvalid", "cursor_expired", ErrorClass::Resync),
            (401, "InvalidAuthenticationToken", "auth", ErrorClass::Reauth),
            (403, "ErrorAccessDenied", "unsupported", ErrorClass::Wedge),
            (403, "ErrorSendAsDenied", "refused", ErrorClass::Wedge),
            (404, "ErrorItemNotFound", "not_found", ErrorClass::Wedge),
            (404, "MailboxNotEnabledForRESTAPI", "refused", ErrorClass::Wedge),
            (412, "ErrorIrresolvableConflict", "conflict", ErrorClass::Wedge),
            (413, "RequestEntityTooLarge", "refused", ErrorClass::Wedge),
            (400, "ErrorInvalidRecipients", "refused", ErrorClass::Wedge),
            (409, "ErrorFolderExists", "refused", ErrorClass::Wedge),
            (409, "ErrorDuplicateTransactionId", "conflict", ErrorClass::Wedge),
            (500, "InternalServerError", "server", ErrorClass::Retry),
            (503, "ServiceUnavailable", "server", ErrorClass::Retry),
            (504, "UnknownError", "server", ErrorClass::Retry),
            (507, "quotaLimitReached", "refused", ErrorClass::Wedge),
        ] {
            let error = map(status, reason);
            assert_eq!((error.code(), error.class()), (code, class), "{status} {reason}");
        }
    }

    #[test]
    fn a_wait_is_read_from_429_and_from_503() {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, "30".parse().unwrap());
        for status in [429, 503] {
            let error = from_reply("x", StatusCode::from_u16(status).unwrap(), &headers, b"<html>busy</html>", Timestamp(5000));
            assert_eq!(error.retry_at(), Some(Timestamp(35_000)), "{status}");
        }
    }
}
