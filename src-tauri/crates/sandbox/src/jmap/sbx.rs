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

use crate::{
    Shared,
    control::locked,
    sbx_routes::{NewMail, switches},
};

type Ctx = State<Arc<Shared>>;

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/_sbx/jmap/switches", switches(|s| &s.jmap, |w| &mut w.switches))
        .route("/_sbx/jmap/void", post(void))
        .route("/_sbx/jmap/deliver", post(deliver))
        .route("/_sbx/jmap/secrets", get(secrets))
        .with_state(shared)
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
