//! Graph's error shape (PROVIDERS 2.3, A.2).

use chrono::DateTime;
use domain::time::Timestamp;
use serde_json::{Value, json};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphError {
    pub status: u16,
    pub code: &'static str,
    pub message: String,
    /// Seconds of `Retry-After`.
    pub retry_after: Option<u32>,
    /// A claims challenge in `WWW-Authenticate` (continuous access evaluation).
    pub claims: Option<String>,
}

impl GraphError {
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry_after: None, claims: None }
    }
    /// 400 `BadRequest`.
    pub fn bad(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }
    /// 400 `ErrorInvalidUrlQuery`: a query option that is not there, or not with that value.
    pub fn query(message: impl Into<String>) -> Self {
        Self::new(400, "ErrorInvalidUrlQuery", message)
    }
    /// 400 for a property of the body.
    pub fn property(message: impl Into<String>) -> Self {
        Self::new(400, "ErrorInvalidRequest", message)
    }
    /// 404 for a message, a folder or an attachment.
    pub fn not_found() -> Self {
        Self::new(404, "ErrorItemNotFound", "The specified object was not found in the store.")
    }
    /// 404 for a path.
    pub fn no_resource(path: &str) -> Self {
        Self::new(404, "ResourceNotFound", format!("Resource not found for the segment '{path}'."))
    }
    /// An id that is no id.
    pub fn malformed_id() -> Self {
        Self::new(400, "ErrorInvalidIdMalformed", "Id is malformed.")
    }
    pub fn unauthorized() -> Self {
        Self::new(401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid.")
    }
    pub fn access_denied() -> Self {
        Self::new(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
    }
    pub fn sync_state() -> Self {
        Self::new(410, "syncStateNotFound", "The sync state generation is not found; send a full sync request.")
    }
    /// More than four at a time.
    pub fn concurrency(retry_after: u32) -> Self {
        let error = Self::new(429, "ApplicationThrottled", "Application is over its MailboxConcurrency limit.");
        Self { retry_after: Some(retry_after), ..error }
    }
    pub fn too_many(retry_after: u32) -> Self {
        Self { retry_after: Some(retry_after), ..Self::new(429, "TooManyRequests", "The server is busy. Please try again later.") }
    }

    pub fn body(&self, request_id: &str, client_request_id: Option<&str>, now: Timestamp) -> Value {
        body(self.code, &self.message, request_id, client_request_id, now)
    }
}

fn body(code: &str, message: &str, request_id: &str, client_request_id: Option<&str>, now: Timestamp) -> Value {
    let date = DateTime::from_timestamp_millis(now.millis()).unwrap_or_default().format("%Y-%m-%dT%H:%M:%S").to_string();
    json!({"error": {"code": code, "message": message, "innerError": {
        "date": date,
        "request-id": request_id,
        "client-request-id": client_request_id.unwrap_or(request_id),
    }}})
}

/// What the fault script asked for; `reason` is Graph's `code`.
pub(crate) fn scripted(status: u16, reason: Option<&str>) -> Value {
    let code = reason.unwrap_or(match status {
        401 => "InvalidAuthenticationToken",
        410 => "syncStateNotFound",
        429 => "ApplicationThrottled",
        _ => "ServiceUnavailable",
    });
    body(code, "This failure was asked for by the fault script.", "scripted", None, Timestamp(0))
}
