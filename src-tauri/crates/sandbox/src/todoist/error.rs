//! Todoist's error shape (PROVIDERS 6.1, A.6): the same for a whole reply and for one command in `sync_status`.

use serde_json::{Value, json};

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    pub status: u16,
    code: u32,
    tag: String,
    pub message: String,
    extra: Value,
}

impl Refusal {
    pub fn new(status: u16, code: u32, tag: &str, message: impl Into<String>) -> Self {
        Self { status, code, tag: tag.to_owned(), message: message.into(), extra: json!({}) }
    }

    pub fn missing(argument: &str) -> Self {
        let base = Self::new(400, 19, "ARGUMENT_MISSING", "Required argument is missing");
        Self { extra: json!({"argument": argument}), ..base }
    }

    pub fn invalid(argument: &str, why: &str) -> Self {
        let base = Self::new(400, 20, "INVALID_ARGUMENT_VALUE", format!("Invalid argument value: {argument}: {why}"));
        Self { extra: json!({"argument": argument, "explanation": why}), ..base }
    }

    pub fn no_item() -> Self {
        Self::new(404, 22, "ITEM_NOT_FOUND", "Item not found")
    }

    pub fn no_project() -> Self {
        Self::new(404, 21, "PROJECT_NOT_FOUND", "Project not found")
    }

    pub fn no_section() -> Self {
        Self::new(404, 23, "SECTION_NOT_FOUND", "Section not found")
    }

    pub fn no_endpoint() -> Self {
        Self::new(404, 478, "NOT_FOUND", "Not found")
    }

    /// `after`: seconds.
    pub fn limit(after: i64) -> Self {
        let base = Self::new(429, 35, "LIMITS_REACHED", "Too many requests. Limits reached. Try again later");
        Self { extra: json!({"event_id": "5b0cdd06c2ad4c1b", "retry_after": after}), ..base }
    }

    pub fn body(&self) -> Value {
        json!({
            "error": self.message,
            "error_code": self.code,
            "error_tag": self.tag,
            "error_extra": self.extra,
            "http_code": self.status,
        })
    }
}

/// What the fault script asked for.
pub(crate) fn scripted(status: u16, reason: Option<&str>) -> Value {
    Refusal::new(status, 0, reason.unwrap_or("SCRIPTED"), "This failure was asked for by the fault script.").body()
}
