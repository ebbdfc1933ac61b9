//! Asana's API 1.0 as far as a list of tasks uses it (PROVIDERS 6.4): who one is, workspaces, projects, tasks, and the events of a
//! person's task list.
//!
//! One person with a personal access token. Unknown parameters, fields and `opt_fields` are refused: a misspelt one must not pass a test.
//! What is not known of the real service is a switch ([`AsanaSwitches`]).

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::Response,
    routing::any,
};
use domain::time::Timestamp;
use serde_json::{Map, Value, json};

use crate::{Shared, control::locked, oauth::http::bearer_of, text};

mod error;
mod events;
mod fields;
mod fixtures;
mod handles;
mod list;
mod task;
#[cfg(test)]
mod tests;
pub(crate) mod world;
mod write;

pub(crate) use error::scripted;
pub(crate) use fixtures::world;
pub use task::{AsanaProject, AsanaTask, AsanaWorkspace};
pub use world::AsanaSwitches;

use error::Refusal;

/// Path of the API on its port.
pub(crate) const ROOT: &str = "/api/1.0";
const MAX_BODY: usize = 1024 * 1024;

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new().route("/api/1.0/{*rest}", any(handle)).with_state(shared)
}

/// One request, read.
struct Asked<'a> {
    query: Vec<(String, String)>,
    body: &'a [u8],
    json: bool,
    now: Timestamp,
}

impl Asked<'_> {
    /// Each parameter once, and none that there is not.
    fn params(&self, known: &[&str]) -> Result<(), Refusal> {
        match self.query.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((name, _)) => Err(Refusal::new(400, &format!("{name}: Unrecognized parameter."))),
            None => Ok(()),
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// What stands in the envelope of a body.
    fn data(&self, known: &[&str]) -> Result<Map<String, Value>, Refusal> {
        if !self.json {
            return Err(Refusal::new(415, "The request's Content-Type is not supported."));
        }
        let body: Value = serde_json::from_slice(self.body).map_err(|_| Refusal::new(400, "Could not parse request data, invalid JSON"))?;
        let data = body.as_object().filter(|map| map.len() == 1).and_then(|map| map.get("data")).and_then(Value::as_object);
        let data = data.ok_or_else(|| Refusal::new(400, "data: Missing input"))?;
        match data.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(Refusal::new(400, &format!("{name}: Unrecognized field."))),
            None => Ok(data.clone()),
        }
    }
}

/// What is answered when it is no error: the whole body.
struct Answer {
    status: u16,
    body: Value,
}

impl Answer {
    fn data(data: Value) -> Self {
        Self { status: 200, body: json!({"data": data}) }
    }
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let now = shared.clock.now();
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return respond(Err(Refusal::new(413, "Request entity too large"))) };
    let asked = Asked {
        query: text::pairs(parts.uri.query().unwrap_or_default().as_bytes()),
        body: &body,
        json: parts
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|v| v.to_str().ok())
            .is_some_and(|kind| kind.starts_with("application/json")),
        now,
    };
    let segments = text::segments(parts.uri.path(), "/api/1.0/").unwrap_or_default();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let mut world = locked(&shared.asana);
    let outcome = match bearer_of(&parts.headers) {
        Some(token) if token == world.token => world.spend(now).and_then(|()| run(&mut world, parts.method.as_str(), &segments, &asked)),
        _ => Err(Refusal::new(401, "Not Authorized")),
    };
    respond(outcome)
}

fn run(world: &mut world::AsanaWorld, method: &str, segments: &[&str], asked: &Asked<'_>) -> Result<Answer, Refusal> {
    match (method, segments) {
        ("GET", ["users", "me"]) => list::user(world, asked),
        ("GET", ["workspaces"]) => list::workspaces(world, asked),
        ("GET", ["users", "me", "user_task_list"]) => list::my_tasks(world, asked),
        ("GET", ["user_task_lists", gid]) => list::task_list(world, asked, gid),
        ("GET", ["projects"]) => list::projects(world, asked),
        ("GET", ["tasks"]) => list::tasks(world, asked),
        ("GET", ["tasks", gid]) => list::one(world, asked, gid),
        ("GET", ["events"]) => events::events(world, asked),
        ("POST", ["tasks"]) => write::create(world, asked),
        ("PUT", ["tasks", gid]) => write::update(world, asked, gid),
        ("DELETE", ["tasks", gid]) => write::delete(world, asked, gid),
        ("POST", ["tasks", gid, "addProject"]) => write::project(world, asked, gid, true),
        ("POST", ["tasks", gid, "removeProject"]) => write::project(world, asked, gid, false),
        _ => Err(Refusal::new(404, "No matching route for request")),
    }
}

fn respond(outcome: Result<Answer, Refusal>) -> Response {
    let (status, body, after) = match outcome {
        Ok(answer) => (answer.status, answer.body, None),
        Err(refusal) => (refusal.status, refusal.body(), refusal.after),
    };
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=UTF-8"));
    if let Some(secs) = after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(secs));
    }
    response
}
