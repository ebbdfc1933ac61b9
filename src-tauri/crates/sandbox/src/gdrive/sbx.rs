//! `/_sbx/gdrive/…`: the handles over HTTP, for tests that drive another process.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{GdriveSwitches, handles};
use crate::{Shared, control::locked};

type Ctx = State<Arc<Shared>>;

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/_sbx/gdrive/switches", get(switches).post(set_switches))
        .route("/_sbx/gdrive/files", get(files))
        .with_state(shared)
}

async fn switches(State(shared): Ctx) -> Response {
    Json(locked(&shared.gdrive).switches.clone()).into_response()
}

/// All of them; what is not named is as at the start of a sandbox.
async fn set_switches(State(shared): Ctx, Json(switches): Json<GdriveSwitches>) -> StatusCode {
    locked(&shared.gdrive).switches = switches;
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whose {
    email: String,
}

/// Without their bytes, but with how many there are.
async fn files(State(shared): Ctx, Query(whose): Query<Whose>) -> Response {
    let files = handles::all(&locked(&shared.gdrive), &whose.email);
    let files = files.iter().map(|f| json!({"id": f.id, "name": f.name, "mime": f.mime, "size": f.bytes.len(), "given": f.given}));
    Json(json!({"items": files.collect::<Vec<Value>>()})).into_response()
}
