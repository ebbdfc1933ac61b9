//! Jira Cloud's REST API 3 as far as a list of tasks uses it (PROVIDERS 6.5): who one is, projects and their kinds of issues, searching by
//! JQL with page tokens, issues with texts in ADF, and transitions.
//!
//! One person with an e-mail address and an API token. Unknown parameters, fields and clauses are refused: a misspelt one must not pass a
//! test. What is not known of the real service is a switch ([`JiraSwitches`]).

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
    routing::any,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::time::Timestamp;
use serde_json::{Map, Value};

use crate::{Shared, control::locked, text};

mod adf;
mod error;
mod fixtures;
mod handles;
mod issue;
mod jql;
mod read;
#[cfg(test)]
mod tests;
pub(crate) mod world;
mod write;

pub(crate) use error::scripted;
pub(crate) use fixtures::world;
pub use issue::{JiraIssue, JiraProject};
pub use world::JiraSwitches;

use error::Refusal;

/// Path of the API on its port.
pub(crate) const ROOT: &str = "/rest/api/3";
const MAX_BODY: usize = 1024 * 1024;

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new().route("/rest/api/3/{*rest}", any(handle)).with_state(shared)
}

/// One request, read.
struct Asked<'a> {
    query: Vec<(String, String)>,
    body: &'a [u8],
    now: Timestamp,
}

impl Asked<'_> {
    fn params(&self, known: &[&str]) -> Result<(), Refusal> {
        match self.query.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((name, _)) => Err(Refusal::new(400, &format!("There is no parameter '{name}'."))),
            None => Ok(()),
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    fn object(&self, known: &[&str]) -> Result<Map<String, Value>, Refusal> {
        let map: Map<String, Value> = serde_json::from_slice(self.body).map_err(|_| Refusal::new(400, "Invalid request payload."))?;
        match map.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(Refusal::new(400, &format!("Invalid request payload: {name}."))),
            None => Ok(map),
        }
    }
}

/// What is answered when it is no error. Null: 204, without a body.
type Answer = Result<(u16, Value), Refusal>;

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let now = shared.clock.now();
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return respond(Err(Refusal::new(413, "Payload too large"))) };
    let asked = Asked { query: text::pairs(parts.uri.query().unwrap_or_default().as_bytes()), body: &body, now };
    let segments = text::segments(parts.uri.path(), "/rest/api/3/").unwrap_or_default();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let mut world = locked(&shared.jira);
    let outcome =
        admit(&world, &parts.headers).and_then(|()| world.spend(now)).and_then(|()| match (parts.method.as_str(), segments.as_slice()) {
            ("GET", ["myself"]) => read::myself(&asked),
            ("GET", ["project", "search"]) => read::projects(&world, &asked),
            ("GET", ["issue", "createmeta", project, "issuetypes"]) => read::kinds(&world, &asked, project),
            ("POST", ["search", "jql"]) => read::search(&world, &asked),
            ("GET" | "POST", ["search"]) => {
                Err(Refusal::new(410, "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API."))
            }
            ("POST", ["issue"]) => write::create(&mut world, &asked),
            ("GET", ["issue", id]) => read::issue(&world, &asked, id),
            ("PUT", ["issue", id]) => write::update(&mut world, &asked, id),
            ("DELETE", ["issue", id]) => write::delete(&mut world, &asked, id),
            ("GET", ["issue", id, "transitions"]) => read::transitions(&world, &asked, id),
            ("POST", ["issue", id, "transitions"]) => write::transition(&mut world, &asked, id),
            _ => Err(Refusal::new(404, "null for uri")),
        });
    respond(outcome)
}

fn admit(world: &world::JiraWorld, headers: &HeaderMap) -> Result<(), Refusal> {
    let said = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("Basic ")).unwrap_or_default();
    let known = STANDARD.decode(said).is_ok_and(|bytes| bytes == format!("{}:{}", crate::MARA, world.token).as_bytes());
    if known { Ok(()) } else { Err(Refusal::new(401, "Client must be authenticated to access this resource.")) }
}

fn respond(outcome: Answer) -> Response {
    let (status, body, after) = match outcome {
        Ok((status, body)) => (status, body, None),
        Err(refusal) => (refusal.status, refusal.body(), refusal.after),
    };
    let text = if body.is_null() { String::new() } else { body.to_string() };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json;charset=UTF-8"));
    if let Some(secs) = after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(secs));
    }
    response
}
