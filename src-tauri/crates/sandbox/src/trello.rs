//! Trello's API 1 as far as a list of tasks uses it (PROVIDERS 6.7): who one is, boards with their lists and labels, and cards.
//!
//! One person with a key and a token, in the header. Unknown parameters and fields are refused: a misspelt one must not pass a test. What is
//! not known of the real service is a switch ([`TrelloSwitches`]).

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
    routing::any,
};
use domain::time::Timestamp;
use serde_json::{Map, Value};

use crate::{Shared, control::locked, text};

mod card;
mod fixtures;
mod handles;
mod read;
#[cfg(test)]
mod tests;
pub(crate) mod world;
mod write;

pub use card::{TrelloBoard, TrelloCard, TrelloLabel};
pub(crate) use fixtures::world;
pub use world::TrelloSwitches;

/// Path of the API on its port.
pub(crate) const ROOT: &str = "/1";
const MAX_BODY: usize = 256 * 1024;

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new().route("/1/{*rest}", any(handle)).with_state(shared)
}

/// A refusal: Trello says why in plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: u16,
    words: String,
}

impl Refusal {
    pub fn new(status: u16, words: &str) -> Self {
        Self { status, words: words.to_owned() }
    }

    pub fn not_found() -> Self {
        Self::new(404, "The requested resource was not found.")
    }
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
            Some((name, _)) => Err(Refusal::new(400, &format!("invalid parameter {name}"))),
            None => Ok(()),
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    fn fields(&self, known: &[&str]) -> Result<Map<String, Value>, Refusal> {
        let map: Map<String, Value> = serde_json::from_slice(self.body).map_err(|_| Refusal::new(400, "Error parsing body"))?;
        match map.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(Refusal::new(400, &format!("invalid value for {name}"))),
            None => Ok(map),
        }
    }
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let now = shared.clock.now();
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return respond(Err(Refusal::new(413, "Payload Too Large"))) };
    let asked = Asked { query: text::pairs(parts.uri.query().unwrap_or_default().as_bytes()), body: &body, now };
    let segments = text::segments(parts.uri.path(), "/1/").unwrap_or_default();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let mut world = locked(&shared.trello);
    let outcome =
        admit(&world, &parts.headers).and_then(|()| world.spend(now)).and_then(|()| match (parts.method.as_str(), segments.as_slice()) {
            ("GET", ["members", "me"]) => read::me(&world, &asked),
            ("GET", ["members", "me", "boards"]) => read::boards(&world, &asked),
            ("GET", ["members", "me", "cards"]) => read::cards(&world, &asked),
            ("GET", ["boards", id, "lists"]) => read::lists(&world, &asked, id),
            ("GET", ["boards", id, "labels"]) => read::labels(&world, &asked, id),
            ("GET", ["cards", id]) => read::card(&world, &asked, id),
            ("POST", ["cards"]) => write::create(&mut world, &asked),
            ("PUT", ["cards", id]) => write::update(&mut world, &asked, id),
            ("DELETE", ["cards", id]) => write::delete(&mut world, &asked, id),
            ("POST", ["labels"]) => write::label(&mut world, &asked),
            _ => Err(Refusal::new(404, "Cannot find that")),
        });
    respond(outcome)
}

/// `OAuth oauth_consumer_key="…", oauth_token="…"`. What is in the query is not read here: it would end up in logs.
fn admit(world: &world::TrelloWorld, headers: &HeaderMap) -> Result<(), Refusal> {
    let said = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("OAuth ")).unwrap_or_default();
    let part = |name: &str| {
        let pairs = said.split(',').filter_map(|pair| pair.trim().split_once('='));
        pairs.into_iter().find(|(key, _)| *key == name).and_then(|(_, value)| value.strip_prefix('"')?.strip_suffix('"'))
    };
    match (part("oauth_consumer_key"), part("oauth_token")) {
        (Some(key), _) if key != world.key => Err(Refusal::new(401, "invalid key")),
        (Some(_), Some(token)) if token == world.token => Ok(()),
        (Some(_), Some(_)) => Err(Refusal::new(401, "invalid token")),
        _ => Err(Refusal::new(401, "unauthorized permission requested")),
    }
}

fn respond(outcome: Result<Value, Refusal>) -> Response {
    let (status, kind, body) = match outcome {
        Ok(body) => (200, "application/json; charset=utf-8", body.to_string()),
        Err(refusal) => (refusal.status, "text/plain; charset=utf-8", refusal.words),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
