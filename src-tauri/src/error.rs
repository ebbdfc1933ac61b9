//! One error shape for the window.

use domain::time::Timestamp;
use engine::EngineError;

use crate::dto::{ApiError, Millis};

impl ApiError {
    pub fn new(code: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), hint: hint.into(), retry_at: None }
    }

    /// The window asked for something senseless: a bug of ours, said plainly.
    pub fn bad_request(detail: &str) -> Self {
        Self::new(
            "bad_request",
            format!("The window sent something that makes no sense: {detail}"),
            "Reload the window; if it happens again, report it.",
        )
    }

    /// The workspace is locked or still opening.
    pub fn closed() -> Self {
        Self::new("closed", "The workspace is not open.", "Unlock it first.")
    }
}

impl From<EngineError> for ApiError {
    fn from(e: EngineError) -> Self {
        tracing::debug!(code = %e.code, "command failed: {e}");
        Self {
            code: e.code.clone(),
            message: e.message.clone(),
            hint: e.hint.clone(),
            retry_at: e.retry_at.map(|Timestamp(ms)| Millis(ms)),
        }
    }
}
