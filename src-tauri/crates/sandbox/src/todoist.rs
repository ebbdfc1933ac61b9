//! Todoist's API v1 as far as a task list uses it (PROVIDERS 6.1, A.6): the Sync endpoint with commands, the completed tasks, and one task
//! by its id.
//!
//! One person with a personal API token. Unknown fields, arguments and parameters are refused, as everywhere here: a misspelt one must not
//! pass a test. What is not known of the real service is a switch ([`TodoistSwitches`]).

use std::sync::Arc;

use axum::{
    Json, Router,
    body::to_bytes,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::any,
};
use domain::time::Timestamp;
use serde_json::Value;

use crate::{Shared, control::locked, oauth::http::bearer_of, text};

mod args;
mod commands;
mod completed;
mod due;
mod error;
mod fixtures;
mod handles;
mod recur;
pub(crate) mod sbx;
mod sync;
mod task;
#[cfg(test)]
mod tests;
mod tokens;
pub(crate) mod world;

pub(crate) use error::scripted;
pub(crate) use fixtures::world;
pub use task::{TodoistDue, TodoistProject, TodoistTask};
pub use world::TodoistSwitches;

use error::Refusal;

/// Path of the API on its port; what follows are the endpoints.
pub(crate) const ROOT: &str = "/api/v1";
/// A hundred commands, each with a long description.
const MAX_BODY: usize = 4 * 1024 * 1024;

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new().route("/api/v1/{*rest}", any(handle)).with_state(shared)
}

/// One request, read.
struct Asked<'a> {
    method: &'a str,
    path: &'a str,
    query: Vec<(String, String)>,
    content_type: Option<&'a str>,
    body: &'a [u8],
    now: Timestamp,
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return respond(Err(Refusal::new(413, 0, "PAYLOAD_TOO_LARGE", "Payload too large")));
    };
    let asked = Asked {
        method: if parts.method == Method::HEAD { "HEAD" } else { parts.method.as_str() },
        path: parts.uri.path().strip_prefix(ROOT).unwrap_or_default(),
        query: text::pairs(parts.uri.query().unwrap_or_default().as_bytes()),
        content_type: content_type(&parts.headers),
        body: &body,
        now: shared.clock.now(),
    };
    let mut world = locked(&shared.todoist);
    let outcome = match bearer_of(&parts.headers) {
        Some(token) if token == world.token => run(&mut world, &asked),
        _ => Err(Refusal::new(401, 477, "AUTH_INVALID_TOKEN", "Invalid token")),
    };
    drop(world);
    respond(outcome)
}

fn run(world: &mut world::TodoistWorld, asked: &Asked<'_>) -> Result<Value, Refusal> {
    match (asked.method, asked.path) {
        ("POST", "/sync") => sync::sync(world, asked),
        ("GET", "/tasks/completed/by_completion_date") => completed::by_completion_date(world, asked),
        ("GET", path) => {
            world.spend(false, asked.now)?;
            let id = path.strip_prefix("/tasks/").filter(|id| !id.is_empty() && !id.contains('/')).ok_or_else(Refusal::no_endpoint)?;
            if let Some((name, _)) = asked.query.first() {
                return Err(Refusal::invalid(name, "there is no such parameter"));
            }
            // One that was completed is found as well; (unverified) for the real service.
            world.task(id).map(task::json).ok_or_else(|| Refusal::new(404, 478, "NOT_FOUND", "Task not found"))
        }
        _ => Err(Refusal::no_endpoint()),
    }
}

fn content_type(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok())
}

fn respond(outcome: Result<Value, Refusal>) -> Response {
    match outcome {
        Ok(body) => Json(body).into_response(),
        Err(refusal) => {
            let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, Json(refusal.body())).into_response()
        }
    }
}
