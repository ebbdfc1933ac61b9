//! GitHub's error shape (PROVIDERS 6.2).

use serde_json::{Value, json};

use crate::text;

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Refusal {
    pub status: u16,
    message: String,
    errors: Vec<Value>,
    pub headers: Vec<(&'static str, String)>,
}

impl Refusal {
    pub fn new(status: u16, message: &str) -> Self {
        Self { status, message: message.to_owned(), ..Self::default() }
    }

    pub fn not_found() -> Self {
        Self::new(404, "Not Found")
    }

    /// One field of an issue that can't be so.
    pub fn invalid(field: &str, code: &str, why: &str) -> Self {
        let mut error = json!({"resource": "Issue", "field": field, "code": code});
        if !why.is_empty() {
            text::put(&mut error, "message", json!(why));
        }
        Self { errors: vec![error], ..Self::new(422, "Validation Failed") }
    }

    /// It is somewhere else now.
    pub fn moved(to: &str) -> Self {
        Self { headers: vec![("location", to.to_owned())], ..Self::new(301, "Moved Permanently") }
    }

    /// Too much in too short a time; `after`: seconds.
    pub fn secondary(after: Option<i64>) -> Self {
        let words = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
        Self { headers: after.map(|secs| ("retry-after", secs.to_string())).into_iter().collect(), ..Self::new(403, words) }
    }

    /// No requests are left. The headers that say so are on every reply.
    pub fn exhausted() -> Self {
        Self::new(403, "API rate limit exceeded for user ID 583231.")
    }

    pub fn body(&self) -> Value {
        let mut body = json!({
            "message": self.message,
            "documentation_url": "https://docs.github.com/rest",
            "status": self.status.to_string(),
        });
        if !self.errors.is_empty() {
            text::put(&mut body, "errors", json!(self.errors));
        }
        if let Some((_, to)) = self.headers.iter().find(|(name, _)| *name == "location") {
            text::put(&mut body, "url", json!(to));
        }
        body
    }
}

/// What the fault script asked for.
pub(crate) fn scripted(status: u16, reason: Option<&str>) -> Value {
    Refusal::new(status, reason.unwrap_or("This failure was asked for by the fault script.")).body()
}
