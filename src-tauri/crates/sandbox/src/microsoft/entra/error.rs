//! Errors with their AADSTS numbers (PROVIDERS 2.1, A.2).

use chrono::DateTime;
use domain::time::Timestamp;
use serde_json::{Value, json};

/// What an endpoint of Entra refuses with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AadError {
    /// HTTP status at the token endpoint.
    pub status: u16,
    /// `error` of RFC 6749.
    pub error: &'static str,
    /// The number after AADSTS.
    pub code: u32,
    pub text: String,
    pub suberror: Option<&'static str>,
    /// A claims challenge that the client passes back when it asks again interactively.
    pub claims: Option<String>,
}

impl AadError {
    pub fn new(error: &'static str, code: u32, text: impl Into<String>) -> Self {
        Self { status: 400, error, code, text: text.into(), suberror: None, claims: None }
    }
    pub fn client(code: u32, text: impl Into<String>) -> Self {
        Self { status: 401, ..Self::new("invalid_client", code, text) }
    }
    pub fn grant(code: u32, text: impl Into<String>) -> Self {
        Self::new("invalid_grant", code, text)
    }
    #[must_use]
    pub fn sub(self, suberror: &'static str) -> Self {
        Self { suberror: Some(suberror), ..self }
    }
    #[must_use]
    pub fn claims(self, claims: &str) -> Self {
        Self { claims: Some(claims.to_owned()), ..self }
    }

    /// `AADSTS700082: The refresh token …`.
    pub fn description(&self) -> String {
        format!("AADSTS{}: {}", self.code, self.text)
    }

    pub fn body(&self, trace: &str, now: Timestamp) -> Value {
        let stamp = DateTime::from_timestamp_millis(now.millis()).unwrap_or_default().format("%Y-%m-%d %H:%M:%SZ").to_string();
        let mut body = json!({
            "error": self.error,
            "error_description": format!("{} Trace ID: {trace} Correlation ID: {trace} Timestamp: {stamp}", self.description()),
            "error_codes": [self.code],
            "timestamp": stamp,
            "trace_id": trace,
            "correlation_id": trace,
        });
        if let Some(map) = body.as_object_mut() {
            if let Some(suberror) = self.suberror {
                map.insert("suberror".into(), json!(suberror));
            }
            if let Some(claims) = &self.claims {
                map.insert("claims".into(), json!(claims));
            }
        }
        body
    }
}
