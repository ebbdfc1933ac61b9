//! Google's error shape (PROVIDERS 1.3, A.1).

use serde_json::{Value, json};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    pub status: u16,
    pub reason: String,
    pub message: String,
}

impl ApiError {
    pub fn new(status: u16, reason: &str, message: impl Into<String>) -> Self {
        Self { status, reason: reason.to_owned(), message: message.into() }
    }
    /// 400 `invalidArgument`.
    pub fn bad(message: impl Into<String>) -> Self {
        Self::new(400, "invalidArgument", message)
    }
    /// 400 `failedPrecondition`.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(400, "failedPrecondition", message)
    }
    pub fn not_found() -> Self {
        Self::new(404, "notFound", "Requested entity was not found.")
    }
    pub fn no_method() -> Self {
        Self::new(404, "notFound", "Method not found.")
    }
    pub fn unauthorized() -> Self {
        Self::new(
            401,
            "authError",
            "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.",
        )
    }
    pub fn scope() -> Self {
        Self::new(403, "insufficientPermissions", "Request had insufficient authentication scopes.")
    }
    pub fn quota() -> Self {
        Self::new(403, "userRateLimitExceeded", "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user'.")
    }
    /// What the fault script asked for.
    pub(crate) fn scripted(status: u16, reason: Option<&str>) -> Self {
        Self::new(status, reason.unwrap_or("backendError"), "This failure was asked for by the fault script.")
    }

    pub fn body(&self) -> Value {
        let domain = match self.reason.as_str() {
            "userRateLimitExceeded" | "rateLimitExceeded" | "dailyLimitExceeded" | "accessNotConfigured" => "usageLimits",
            _ => "global",
        };
        let status = match self.status {
            400 if self.reason == "failedPrecondition" => "FAILED_PRECONDITION",
            400 => "INVALID_ARGUMENT",
            401 => "UNAUTHENTICATED",
            403 => "PERMISSION_DENIED",
            404 => "NOT_FOUND",
            409 => "ABORTED",
            429 => "RESOURCE_EXHAUSTED",
            500 => "INTERNAL",
            503 => "UNAVAILABLE",
            _ => "UNKNOWN",
        };
        json!({"error": {
            "code": self.status,
            "message": self.message,
            "errors": [{"message": self.message, "domain": domain, "reason": self.reason}],
            "status": status,
        }})
    }
}
