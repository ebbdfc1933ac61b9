//! `/_sbx/microsoft/…`: the handles over HTTP, for tests that drive another process.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};

use super::EntraSwitches;
use crate::{Shared, control::locked};

type Ctx = State<Arc<Shared>>;

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new().route("/_sbx/microsoft/entra", get(entra).post(set_entra)).with_state(shared)
}

async fn entra(State(shared): Ctx) -> Response {
    Json(locked(&shared.entra).switches.clone()).into_response()
}

/// All of them; what is not named is as at the start.
async fn set_entra(State(shared): Ctx, Json(switches): Json<EntraSwitches>) -> StatusCode {
    locked(&shared.entra).switches = switches;
    StatusCode::NO_CONTENT
}
