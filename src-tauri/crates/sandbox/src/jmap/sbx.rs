//! `/_sbx/jmap/…`: the handles over HTTP, for tests that drive another process.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::json;

use super::world::JmapSwitches;
use crate::{Shared, control::locked, sbx_routes::NewMail};

type Ctx = State<Arc<Shared>>;

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/_sbx/jmap/switches", get(switches).post(set_switches))
        .route("/_sbx/jmap/void", post(void))
        .route("/_sbx/jmap/deliver", post(deliver))
        .route("/_sbx/jmap/secrets", get(secrets))
        .with_state(shared)
}

async fn switches(State(shared): Ctx) -> Response {
    Json(locked(&shared.jmap).switches.clone()).into_response()
}

/// All of them; what is not named is as at the start.
async fn set_switches(State(shared): Ctx, Json(switches): Json<JmapSwitches>) -> StatusCode {
    locked(&shared.jmap).switches = switches;
    StatusCode::NO_CONTENT
}

async fn void(State(shared): Ctx) -> StatusCode {
    let mut world = locked(&shared.jmap);
    world.mail_log.void();
    world.mailbox_log.void();
    StatusCode::NO_CONTENT
}

async fn deliver(State(shared): Ctx, Json(new): Json<NewMail>) -> Response {
    let now = shared.clock.now();
    let raw = new.raw(now);
    let mut world = locked(&shared.jmap);
    if new.to != world.username {
        return StatusCode::NOT_FOUND.into_response();
    }
    let inbox = world.by_role("inbox");
    Json(json!({"id": world.insert(raw, BTreeSet::from([inbox]), BTreeSet::new(), now)})).into_response()
}

/// What signs in here; it opens nothing else.
async fn secrets(State(shared): Ctx) -> Response {
    let world = locked(&shared.jmap);
    Json(json!({"username": world.username, "password": world.password, "token": world.token})).into_response()
}
