//! Google Calendar API v3 as far as a calendar uses it (PROVIDERS 1.6, A.1).
//!
//! Every account has copies of its own, as at Google; what one person writes is not carried to the other's calendar, but it is recorded
//! who would have been told ([`Told`]). Unknown parameters and fields are refused, as everywhere here: a misspelt one must not pass a test.

use std::sync::Arc;

use axum::{
    Router,
    body::to_bytes,
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    response::Response,
    routing::any,
};
use serde_json::{Map, Value};

use crate::{
    Shared,
    control::locked,
    gmail::{Answer, Call, authenticate, error::ApiError, respond},
    oauth::http::bearer_of,
    text,
};

mod access;
mod check;
mod fixtures;
mod free_busy;
mod handles;
mod lists;
mod meet;
pub(crate) mod sbx;
mod series;
#[cfg(test)]
mod tests;
pub(crate) mod times;
mod tokens;
pub(crate) mod world;
mod write;

pub use handles::GcalCalendar;
pub use world::{GcalSwitches, Told};

use access::Action;
use world::{Calendar, GcalWorld};

pub(crate) type Event = Map<String, Value>;

/// Events are small: descriptions have 8,192 characters at most.
const MAX_BODY: usize = 1024 * 1024;

pub(crate) use fixtures::world;
pub(crate) use times::rfc3339;

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new().route("/calendar/v3/{*rest}", any(handle)).with_state(shared)
}

/// Who asks, and whether only an unchanged event is to be written.
pub(crate) struct Asker<'a> {
    pub email: &'a str,
    pub if_match: Option<&'a str>,
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return respond(Err(ApiError::new(413, "uploadTooLarge", "Request entity is too large.")));
    };
    if parts.method == Method::HEAD {
        return respond(Err(ApiError::no_method()));
    }
    let call = Call {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: text::pairs(parts.uri.query().unwrap_or_default().as_bytes()),
        content_type: value(&parts.headers, header::CONTENT_TYPE),
        body: &body,
        now: shared.clock.now(),
    };
    let outcome = authenticate(&shared, bearer_of(&parts.headers), call.now).and_then(|bearer| {
        let segments = text::segments(call.path, "/calendar/v3/").ok_or_else(ApiError::no_method)?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let action = Action::of(call.method, &segments).ok_or_else(ApiError::no_method)?;
        access::check(&action, &bearer)?;
        let mut world = locked(&shared.gcal);
        world.spend(&bearer.email, call.now)?;
        world.meet(&bearer.email, call.now);
        let asker = Asker { email: &bearer.email, if_match: value(&parts.headers, header::IF_MATCH) };
        run(&mut world, &asker, &action, &call)
    });
    respond(outcome)
}

fn value(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|v| v.to_str().ok())
}

fn run(world: &mut GcalWorld, asker: &Asker<'_>, action: &Action<'_>, call: &Call<'_>) -> Result<Answer, ApiError> {
    match action {
        Action::Calendars => lists::calendars(world, asker.email, call),
        Action::Calendar(id) => lists::calendar(world, asker.email, id, call),
        Action::FreeBusy => free_busy::query(world, asker.email, call),
        Action::List(id) => {
            let switches = world.switches.clone();
            lists::events(readable(world, asker.email, id)?, &switches, call)
        }
        Action::Get(id, event) => lists::get(readable(world, asker.email, id)?, event, call),
        Action::Instances(id, event) => lists::instances(readable(world, asker.email, id)?, event, call),
        Action::Insert(id) => write::insert(world, asker, id, call),
        Action::Import(id) => write::import(world, asker, id, call),
        Action::Patch(id, event) => write::patch(world, asker, (id, event), call, true),
        Action::Update(id, event) => write::patch(world, asker, (id, event), call, false),
        Action::Delete(id, event) => write::delete(world, asker, (id, event), call),
        Action::Move(id, event) => write::relocate(world, asker, (id, event), call),
    }
}

fn readable<'a>(world: &'a GcalWorld, email: &str, id: &str) -> Result<&'a Calendar, ApiError> {
    world.calendar(email, id).ok_or_else(ApiError::not_found)
}
