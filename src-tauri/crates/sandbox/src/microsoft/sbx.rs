//! `/_sbx/microsoft/…`: the handles over HTTP, for tests that drive another process.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};

use serde::Deserialize;
use serde_json::json;

use super::{EntraSwitches, MsSwitches};
use crate::{Shared, control::locked, sbx_routes::NewMail};

type Ctx = State<Arc<Shared>>;

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/_sbx/microsoft/entra", get(entra).post(set_entra))
        .route("/_sbx/microsoft/switches", get(switches).post(set_switches))
        .route("/_sbx/microsoft/void", post(void))
        .route("/_sbx/microsoft/deliver", post(deliver))
        .with_state(shared)
}

async fn entra(State(shared): Ctx) -> Response {
    Json(locked(&shared.entra).switches.clone()).into_response()
}

/// All of them; what is not named is as at the start.
async fn set_entra(State(shared): Ctx, Json(switches): Json<EntraSwitches>) -> StatusCode {
    locked(&shared.entra).switches = switches;
    StatusCode::NO_CONTENT
}

async fn switches(State(shared): Ctx) -> Response {
    Json(locked(&shared.microsoft).switches.clone()).into_response()
}

/// All of them; what is not named is as at the start.
async fn set_switches(State(shared): Ctx, Json(switches): Json<MsSwitches>) -> StatusCode {
    locked(&shared.microsoft).switches = switches;
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whose {
    email: String,
}

/// Delta tokens of before are too old.
async fn void(State(shared): Ctx, Json(whose): Json<Whose>) -> StatusCode {
    locked(&shared.microsoft).expire_sync(&whose.email).map_or(StatusCode::NOT_FOUND, |()| StatusCode::NO_CONTENT)
}

async fn deliver(State(shared): Ctx, Json(new): Json<NewMail>) -> Response {
    let now = shared.clock.now();
    let raw = new.raw(now);
    let mut world = locked(&shared.microsoft);
    let Ok(mailbox) = world.mailbox(&new.to) else { return StatusCode::NOT_FOUND.into_response() };
    let inbox = mailbox.known("inbox");
    let key = mailbox.insert(&inbox, raw, now, false, false);
    Json(json!({"id": mailbox.by_key(key).map(|i| i.id(true))})).into_response()
}
