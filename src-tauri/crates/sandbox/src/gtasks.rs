//! Google Tasks API v1 as far as a list of tasks uses it (PROVIDERS 1.7).
//!
//! What Google's documentation says of a value is checked here in its words where they are known; what it leaves open is a switch
//! ([`GtasksSwitches`]), so that a client has to live with either. Unknown parameters and fields are refused, as everywhere here.

use std::sync::Arc;

use axum::{
    Router,
    body::to_bytes,
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    response::Response,
    routing::any,
};

use crate::{
    Shared,
    control::locked,
    gmail::{Answer, Call, authenticate, error::ApiError, respond},
    oauth::http::bearer_of,
    text,
};

mod access;
mod change;
mod fixtures;
mod handles;
mod list;
mod lists;
pub(crate) mod sbx;
mod task;
#[cfg(test)]
mod tests;
pub(crate) mod world;
mod write;

pub use handles::GtaskList;
pub use world::GtasksSwitches;

use access::Action;
use world::GtasksWorld;

/// A task is small: notes have 8,192 characters at most.
const MAX_BODY: usize = 256 * 1024;

pub(crate) use fixtures::world;

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new().route("/tasks/v1/{*rest}", any(handle)).with_state(shared)
}

/// Who asks, and whether only an unchanged task is to be written.
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
        let segments = text::segments(call.path, "/tasks/v1/").ok_or_else(ApiError::no_method)?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let action = Action::of(call.method, &segments).ok_or_else(ApiError::no_method)?;
        access::check(&action, &bearer)?;
        let mut world = locked(&shared.gtasks);
        world.spend(&bearer.email, call.now)?;
        let asker = Asker { email: &bearer.email, if_match: value(&parts.headers, header::IF_MATCH) };
        run(&mut world, &asker, &action, &call)
    });
    respond(outcome)
}

fn value(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|v| v.to_str().ok())
}

fn run(world: &mut GtasksWorld, asker: &Asker<'_>, action: &Action<'_>, call: &Call<'_>) -> Result<Answer, ApiError> {
    match action {
        Action::Lists => lists::lists(world, asker.email, call),
        Action::List(list) => lists::list(world, asker.email, list, call),
        Action::Tasks(list) => lists::tasks(world, asker.email, list, call),
        Action::Get(list, task) => lists::get(world, asker.email, (list, task), call),
        Action::Insert(list) => write::insert(world, asker.email, list, call),
        Action::Patch(list, task) => write::patch(world, asker, (list, task), call),
        Action::Delete(list, task) => write::delete(world, asker, (list, task), call),
        Action::Move(list, task) => write::relocate(world, asker, (list, task), call),
        Action::Clear(list) => write::clear(world, asker.email, list, call),
    }
}
