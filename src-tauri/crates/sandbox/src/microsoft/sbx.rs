//! `/_sbx/microsoft/…`: the handles over HTTP, for tests that drive another process.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};

use serde_json::json;

use crate::{
    Shared,
    control::locked,
    sbx_routes::{NewMail, Whose, switches},
};

type Ctx = State<Arc<Shared>>;

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/_sbx/microsoft/entra", switches(|s| &s.entra, |w| &mut w.switches))
        .route("/_sbx/microsoft/switches", switches(|s| &s.microsoft, |w| &mut w.switches))
        .route("/_sbx/microsoft/void", post(void))
        .route("/_sbx/microsoft/deliver", post(deliver))
        .with_state(shared)
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
