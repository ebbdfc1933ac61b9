//! JMAP mail (RFC 8620, RFC 8621): the session, the API with result references, blobs, and events, for one person with a password or a token.
//!
//! Unknown properties, arguments, filters and capabilities are refused, and so is everything beyond the limits that the session names. All
//! calls have one path, so that what the fault script can't tell apart is a switch ([`JmapSwitches`]).

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::to_bytes,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::time::Timestamp;

use crate::{Shared, control::locked, oauth::http::bearer_of, serve::LoseAnswer};

mod args;
mod blob;
mod email;
mod error;
mod events;
mod fixtures;
mod handles;
mod import;
mod log;
mod mailbox;
mod patch;
mod query;
mod reference;
mod request;
pub(crate) mod sbx;
mod session;
mod set;
mod submission;
#[cfg(test)]
mod tests;
pub(crate) mod world;

pub(crate) use error::scripted;
pub(crate) use fixtures::world as new_world;
pub use handles::JmapEmail;
pub use world::{JmapSubmission, JmapSwitches};

use error::Problem;
use world::JmapWorld;

/// Where the session resource is; `/.well-known/jmap` leads there.
pub(crate) const SESSION: &str = "/jmap/session";
/// More than any request may have: what is larger is refused by the limits.
const MAX_BODY: usize = 80_000_000;

type Ctx = State<Arc<Shared>>;

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/.well-known/jmap", get(well_known))
        .route(SESSION, get(session))
        .route("/jmap/api", post(api))
        .route("/jmap/upload/{account}", post(blob::upload))
        .route("/jmap/download/{account}/{blob}/{name}", get(blob::download))
        .route("/jmap/events", get(events::events))
        .with_state(shared)
}

async fn well_known() -> Response {
    (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, HeaderValue::from_static(SESSION))]).into_response()
}

/// By password or by token.
fn signed_in(world: &JmapWorld, headers: &HeaderMap) -> Result<(), Problem> {
    let basic = || {
        let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (kind, pair) = value.split_once(' ')?;
        let pair = kind.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(pair.trim()).ok()).flatten()?;
        Some(pair == format!("{}:{}", world.username, world.password).into_bytes())
    };
    if bearer_of(headers).is_some_and(|token| token == world.token) || basic() == Some(true) {
        return Ok(());
    }
    Err(Problem::plain(401, "You have to sign in."))
}

async fn session(State(shared): Ctx, headers: HeaderMap) -> Response {
    let world = locked(&shared.jmap);
    match signed_in(&world, &headers) {
        Ok(()) => ([(header::CACHE_CONTROL, "no-cache, no-store, must-revalidate")], Json(session::session(&world, &base(&headers))))
            .into_response(),
        Err(problem) => problem.into_response(),
    }
}

/// Where the client found us.
fn base(headers: &HeaderMap) -> String {
    format!("http://{}", headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default())
}

/// Counts a request for as long as it lives.
struct InFlight(Arc<Shared>);

impl InFlight {
    /// With how many are under way, this one included.
    fn enter(shared: &Arc<Shared>) -> (Self, u32) {
        let mut world = locked(&shared.jmap);
        world.in_flight += 1;
        world.peak = world.peak.max(world.in_flight);
        (Self(shared.clone()), world.in_flight)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        locked(&self.0.jmap).in_flight -= 1;
    }
}

async fn api(State(shared): Ctx, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let (_in_flight, open) = InFlight::enter(&shared);
    let (latency, most) = {
        let world = locked(&shared.jmap);
        if let Err(problem) = signed_in(&world, &parts.headers) {
            return problem.into_response();
        }
        (world.switches.latency_ms, world.switches.max_concurrent_requests)
    };
    if open > most {
        return Problem::limit("maxConcurrentRequests").into_response();
    }
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return Problem::limit("maxSizeRequest").into_response() };
    if latency > 0 {
        tokio::time::sleep(Duration::from_millis(latency)).await;
    }
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let now: Timestamp = shared.clock.now();
    let mut world = locked(&shared.jmap);
    match request::run(&mut world, kind, &body, now) {
        Ok(done) => {
            let mut response = Json(done.body).into_response();
            if done.lost {
                response.extensions_mut().insert(LoseAnswer);
            }
            response
        }
        Err(problem) => problem.into_response(),
    }
}
