//! Linear's error shape (PROVIDERS 6.3, A.6): a list, often with HTTP 200.

use serde_json::{Value, json};

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    /// Of the reply.
    pub status: u16,
    code: String,
    kind: &'static str,
    message: String,
    shown: String,
}

impl Refusal {
    fn new(status: u16, code: &str, kind: &'static str, message: &str, shown: &str) -> Self {
        Self { status, code: code.to_owned(), kind, message: message.to_owned(), shown: shown.to_owned() }
    }

    /// The question itself is none.
    pub fn graphql(code: &str, why: &str) -> Self {
        Self::new(400, code, "graphql error", why, "")
    }

    pub fn input(status: u16, why: &str) -> Self {
        Self::new(status, "INPUT_ERROR", "invalid input", why, why)
    }

    /// A well-formed question that can't be answered: the reply itself is a success.
    pub fn argument(why: &str) -> Self {
        Self::new(200, "INPUT_ERROR", "invalid input", &format!("Argument Validation Error - {why}"), why)
    }

    pub fn no_entity(kind: &str) -> Self {
        Self::new(200, "INPUT_ERROR", "invalid input", &format!("Entity not found: {kind}"), &format!("Could not find referenced {kind}."))
    }

    pub fn forbidden(why: &str) -> Self {
        Self::new(200, "FORBIDDEN", "forbidden", why, why)
    }

    pub fn signed_out(why: &str) -> Self {
        Self::new(401, "AUTHENTICATION_ERROR", "authentication error", why, "You need to authenticate to access this operation.")
    }

    pub fn limited(status: u16) -> Self {
        Self::new(status, "RATELIMITED", "ratelimited", "Rate limit exceeded", "Too many requests")
    }

    pub fn too_complex() -> Self {
        Self::new(400, "INPUT_ERROR", "invalid input", "Query too complex", "Query is too complex.")
    }

    pub fn body(&self) -> Value {
        let extensions = json!({
            "code": self.code,
            "type": self.kind,
            "statusCode": if self.status == 200 { 400 } else { self.status },
            "userError": true,
            "userPresentableMessage": self.shown,
        });
        json!({"errors": [{"message": self.message, "extensions": extensions}], "data": null})
    }
}

/// What the fault script asked for: `reason` is the code.
pub(crate) fn scripted(status: u16, reason: Option<&str>) -> Value {
    Refusal::new(status, reason.unwrap_or("INTERNAL_SERVER_ERROR"), "scripted", "This failure was asked for by the fault script.", "")
        .body()
}
