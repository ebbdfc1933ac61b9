//! Notion's API as far as a list of tasks uses it (PROVIDERS 6.6): data sources with their properties, queries with filters and cursors,
//! pages, and who is in the workspace.
//!
//! One internal integration with its token, to which all data sources here are shared. Unknown fields, filters and properties are refused: a
//! misspelt one must not pass a test.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::to_bytes,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::any,
};
use domain::time::Timestamp;
use serde_json::{Map, Value, json};

use crate::{Shared, control::locked, oauth::http::bearer_of, text};

mod filter;
mod handles;
mod page;
mod query;
#[cfg(test)]
mod tests;
pub(crate) mod world;
mod write;

pub use handles::NotionChange;
pub use page::NotionPage;
pub use world::NotionSwitches;
pub(crate) use world::world;

/// Path of the API on its port.
pub(crate) const ROOT: &str = "/v1";
const MAX_BODY: usize = 500 * 1024;
const VERSION: &str = "2025-09-03";
/// The integration itself.
const BOT: &str = "9b1d2c3e-0000-4000-8000-000000000001";

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new().route("/v1/{*rest}", any(handle)).with_state(shared)
}

/// A refusal in Notion's shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: u16,
    code: String,
    message: String,
    /// Seconds.
    after: Option<i64>,
}

impl Refusal {
    pub fn new(status: u16, code: &str, message: &str) -> Self {
        Self { status, code: code.to_owned(), message: message.to_owned(), after: None }
    }

    pub fn invalid(message: &str) -> Self {
        Self::new(400, "validation_error", message)
    }

    /// Also of what is not shared.
    pub fn not_found(id: &str) -> Self {
        Self::new(404, "object_not_found", &format!("Could not find object with ID: {id}. Make sure it is shared with your integration."))
    }

    fn body(&self) -> Value {
        json!({"object": "error", "status": self.status, "code": self.code, "message": self.message, "request_id": "5d1a4b2e-0000-4000-8000-000000000000"})
    }
}

/// What the fault script asked for: `reason` is the code.
pub(crate) fn scripted(status: u16, reason: Option<&str>) -> Value {
    Refusal::new(status, reason.unwrap_or("internal_server_error"), "This failure was asked for by the fault script.").body()
}

/// A body with known fields only.
fn object(body: &[u8], known: &[&str]) -> Result<Map<String, Value>, Refusal> {
    let map: Map<String, Value> =
        serde_json::from_slice(body).map_err(|_| Refusal::new(400, "invalid_json", "Error parsing JSON body."))?;
    match map.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(Refusal::invalid(&format!("body failed validation: body.{name} should be not present"))),
        None => Ok(map),
    }
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let now = shared.clock.now();
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return respond(Err(Refusal::invalid("The body is too large."))) };
    let segments = text::segments(parts.uri.path(), "/v1/").unwrap_or_default();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let mut world = locked(&shared.notion);
    let outcome = admit(&mut world, &parts.headers, now).and_then(|()| match (parts.method.as_str(), segments.as_slice()) {
        ("GET", ["users", "me"]) => Ok(json!({
            "object": "user", "id": BOT, "type": "bot", "name": "Aurelius",
            "bot": {"owner": {"type": "workspace", "workspace": true}, "workspace_name": "Nordlys"},
        })),
        ("GET", ["users"]) => query::users(&world, parts.uri.query().unwrap_or_default()),
        ("POST", ["search"]) => query::search(&world, &body),
        ("GET", ["data_sources", id]) => query::source(&world, id),
        ("POST", ["data_sources", id, "query"]) => query::query(&world, id, &body),
        ("GET", ["pages", id]) => Ok(world.page(id)?.json(&world)),
        ("POST", ["pages"]) => write::create(&mut world, &body, now),
        ("PATCH", ["pages", id]) => write::update(&mut world, id, &body, now),
        _ => Err(Refusal::new(400, "invalid_request_url", "Invalid request URL.")),
    });
    respond(outcome)
}

fn admit(world: &mut world::NotionWorld, headers: &HeaderMap, now: Timestamp) -> Result<(), Refusal> {
    if bearer_of(headers) != Some(world.token.as_str()) {
        return Err(Refusal::new(401, "unauthorized", "API token is invalid."));
    }
    match headers.get("notion-version").and_then(|v| v.to_str().ok()) {
        Some(VERSION) => world.spend(now),
        Some(_) => Err(Refusal::invalid("header failed validation: Notion-Version")),
        None => Err(Refusal::new(400, "missing_version", "Notion-Version header failed validation.")),
    }
}

fn respond(outcome: Result<Value, Refusal>) -> Response {
    match outcome {
        Ok(body) => Json(body).into_response(),
        Err(refusal) => {
            let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let mut response = (status, Json(refusal.body())).into_response();
            if let Some(secs) = refusal.after {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(secs));
            }
            response
        }
    }
}
