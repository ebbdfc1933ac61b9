//! Jira's error shape (PROVIDERS 6.5).

use serde_json::{Map, Value, json};

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Refusal {
    pub status: u16,
    messages: Vec<String>,
    errors: Map<String, Value>,
    /// Seconds.
    pub after: Option<i64>,
}

impl Refusal {
    pub fn new(status: u16, message: &str) -> Self {
        Self { status, messages: vec![message.to_owned()], ..Self::default() }
    }

    pub fn field(field: &str, why: &str) -> Self {
        Self { status: 400, errors: Map::from_iter([(field.to_owned(), json!(why))]), ..Self::default() }
    }

    pub fn no_issue() -> Self {
        Self::new(404, "Issue does not exist or you do not have permission to see it.")
    }

    pub fn limited(after: i64) -> Self {
        Self { after: Some(after), ..Self::new(429, "Rate limit exceeded.") }
    }

    pub fn body(&self) -> Value {
        json!({"errorMessages": self.messages, "errors": self.errors})
    }
}

/// What the fault script asked for.
pub(crate) fn scripted(status: u16, reason: Option<&str>) -> Value {
    Refusal::new(status, reason.unwrap_or("This failure was asked for by the fault script.")).body()
}
