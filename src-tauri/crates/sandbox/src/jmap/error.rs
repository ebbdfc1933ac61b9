//! The three kinds of errors: of a request (RFC 8620 section 3.6.1), of a method call (3.6.2), and of one record in a `/set` (5.3).

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

const URN: &str = "urn:ietf:params:jmap:error:";

/// The whole request is refused: a problem document (RFC 7807).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    status: u16,
    kind: String,
    detail: String,
    limit: Option<&'static str>,
}

impl Problem {
    /// `kind`: what follows in the URN.
    pub fn new(kind: &str, detail: &str) -> Self {
        Self { status: 400, kind: format!("{URN}{kind}"), detail: detail.to_owned(), limit: None }
    }

    /// A capability's limit, by its name.
    pub fn limit(name: &'static str) -> Self {
        Self { limit: Some(name), ..Self::new("limit", "The request goes over a limit of this server.") }
    }

    #[must_use]
    pub fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// Any other refusal of HTTP's own.
    pub fn plain(status: u16, detail: &str) -> Self {
        Self { status, kind: "about:blank".to_owned(), detail: detail.to_owned(), limit: None }
    }

    pub fn body(&self) -> Value {
        let mut body = json!({"type": self.kind, "status": self.status, "detail": self.detail});
        if let Some(limit) = self.limit {
            crate::text::put(&mut body, "limit", json!(limit));
        }
        body
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(self.body())).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"jmap\", Bearer realm=\"jmap\""));
        }
        response
    }
}

/// What the fault script asked for.
pub(crate) fn scripted(status: u16, reason: Option<&str>) -> Value {
    Problem::plain(status, reason.unwrap_or("This failure was asked for by the fault script.")).body()
}

/// One call of a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MethodError {
    pub kind: String,
    description: String,
}

impl MethodError {
    pub fn new(kind: &str, description: &str) -> Self {
        Self { kind: kind.to_owned(), description: description.to_owned() }
    }

    pub fn arguments(description: &str) -> Self {
        Self::new("invalidArguments", description)
    }

    pub fn body(&self) -> Value {
        json!({"type": self.kind, "description": self.description})
    }
}

/// One record of a `/set` is refused.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SetError {
    kind: String,
    more: Map<String, Value>,
}

impl SetError {
    pub fn new(kind: &str, description: &str) -> Self {
        Self { kind: kind.to_owned(), more: Map::from_iter([("description".to_owned(), json!(description))]) }
    }

    pub fn not_found() -> Self {
        Self::new("notFound", "There is no such record.")
    }

    pub fn properties(names: &[&str], description: &str) -> Self {
        Self::new("invalidProperties", description).with("properties", json!(names))
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.more.insert(name.to_owned(), value);
        self
    }

    pub fn body(&self) -> Value {
        let mut body = json!({"type": self.kind});
        for (name, value) in &self.more {
            crate::text::put(&mut body, name, value.clone());
        }
        body
    }
}
