//! GitHub's REST API as far as a list of tasks uses it (PROVIDERS 6.2): who one is, repositories, and issues.
//!
//! One person with a token of their own, or who signs in with a code ([`device`]). Unknown parameters and fields are refused here, though GitHub ignores them: a misspelt one must
//! not pass a test. What is not known of the real service is a switch ([`GithubSwitches`]).

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
    routing::any,
};
use domain::time::Timestamp;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{Shared, control::locked, feed::etag_listed, oauth::http::bearer_of, text};

mod device;
mod error;
mod fixtures;
mod handles;
mod issue;
mod limits;
mod list;
mod pages;
pub(crate) mod sbx;
#[cfg(test)]
mod tests;
pub(crate) mod world;
mod write;

pub use device::{GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET};
pub(crate) use error::scripted;
pub(crate) use fixtures::world;
pub use issue::{GithubIssue, GithubRepo};
pub use world::GithubSwitches;

use error::Refusal;

/// Path of the API on its port, as GitHub Enterprise Server has it; `api.github.com` has none.
pub(crate) const ROOT: &str = "/api/v3";
/// Larger than any issue: 65,536 characters, each of them escaped.
const MAX_BODY: usize = 1024 * 1024;
const VERSION: &str = "2022-11-28";

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new().route("/api/v3/{*rest}", any(handle)).with_state(shared.clone()).merge(device::http::routes(shared))
}

/// One request, read.
struct Asked<'a> {
    method: &'a str,
    segments: Vec<&'a str>,
    query: Vec<(String, String)>,
    body: &'a [u8],
    now: Timestamp,
    /// Of the API, as the client named it: addresses in replies lead back there.
    base: &'a str,
    path: &'a str,
}

/// What is answered when it is no error.
struct Answer {
    status: u16,
    body: Value,
    link: Option<String>,
}

impl Answer {
    const fn ok(body: Value) -> Self {
        Self { status: 200, body, link: None }
    }
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let now = shared.clock.now();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return refuse(Refusal::new(413, "Payload too large"));
    };
    let host = parts.headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
    let base = format!("http://{host}{ROOT}");
    let path = parts.uri.path();
    let Some(segments) = text::segments(path, "/api/v3/") else { return refuse(Refusal::not_found()) };
    let asked = Asked {
        method: if parts.method == Method::HEAD { "HEAD" } else { parts.method.as_str() },
        segments: segments.iter().map(String::as_str).collect(),
        query: text::pairs(parts.uri.query().unwrap_or_default().as_bytes()),
        body: &body,
        now,
        base: &base,
        path: path.strip_prefix(ROOT).unwrap_or_default(),
    };
    let mut world = locked(&shared.github);
    let outcome =
        admit(&world, &parts.headers, now).and_then(|()| world.limits.admit(&world.switches, now)).and_then(|()| run(&mut world, &asked));
    let mut response = match outcome {
        Ok(answer) => respond(&parts, answer),
        Err(refusal) => refuse(refusal),
    };
    // A 304 is free, and so is a refusal for too many.
    if response.status() != StatusCode::NOT_MODIFIED && !limits::Limits::refused(&response) {
        world.limits.spend(now);
    }
    let (limits, switches) = (&world.limits, &world.switches);
    limits.mark(switches, now, response.headers_mut());
    response
}

/// Who asks, and whether it asks as GitHub wants to be asked.
fn admit(world: &world::GithubWorld, headers: &HeaderMap, now: Timestamp) -> Result<(), Refusal> {
    let said = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    if said("user-agent").is_none_or(|agent| agent.trim().is_empty()) {
        return Err(Refusal::new(403, "Request forbidden by administrative rules. Please make sure your request has a User-Agent header."));
    }
    if bearer_of(headers).and_then(|token| world.bearer(token, now)) != Some(world.user) {
        return Err(Refusal::new(401, "Bad credentials"));
    }
    if said("x-github-api-version").is_some_and(|version| version != VERSION) {
        return Err(Refusal::new(400, "The API version that was asked for is not supported."));
    }
    let accepted = said("accept")
        .is_none_or(|list| list.split(',').any(|t| matches!(media(t), "*/*" | "application/json" | "application/vnd.github+json")));
    if accepted { Ok(()) } else { Err(Refusal::new(415, "Must accept 'application/json'")) }
}

fn media(accepted: &str) -> &str {
    accepted.split(';').next().unwrap_or_default().trim()
}

fn run(world: &mut world::GithubWorld, asked: &Asked<'_>) -> Result<Answer, Refusal> {
    match (asked.method, asked.segments.as_slice()) {
        ("GET", ["user"]) => list::user(world, asked),
        ("GET", ["user", "repos"]) => list::repos(world, asked),
        ("GET", ["issues"]) => list::assigned(world, asked),
        ("GET", ["repos", owner, name, "issues"]) => list::of_repo(world, asked, &format!("{owner}/{name}")),
        ("GET", ["repos", owner, name, "issues", number]) => list::one(world, asked, &format!("{owner}/{name}"), number),
        ("POST", ["repos", owner, name, "issues"]) => write::create(world, asked, &format!("{owner}/{name}")),
        ("PATCH", ["repos", owner, name, "issues", number]) => write::update(world, asked, &format!("{owner}/{name}"), number),
        // Issues are not deleted over REST.
        _ => Err(Refusal::not_found()),
    }
}

fn respond(parts: &axum::http::request::Parts, answer: Answer) -> Response {
    let body = answer.body.to_string();
    let mut response = json(answer.status, body.clone());
    if let Some(value) = answer.link.and_then(|link| HeaderValue::from_str(&link).ok()) {
        response.headers_mut().insert(header::LINK, value);
    }
    if parts.method == Method::GET {
        let digest = domain::hex(&Sha256::digest(body.as_bytes()));
        let tag = format!("\"{digest}\"");
        let known = parts.headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()).is_some_and(|list| etag_listed(list, &tag));
        if known {
            response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        if let Ok(value) = HeaderValue::from_str(&format!("W/{tag}")) {
            response.headers_mut().insert(header::ETAG, value);
        }
    }
    response
}

fn json(status: u16, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    response
}

fn refuse(refusal: Refusal) -> Response {
    let mut response = json(refusal.status, refusal.body().to_string());
    for (name, value) in refusal.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
