//! `/_sbx/gdrive/…`: the handles over HTTP, for tests that drive another process.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Query, State},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};

use super::handles;
use crate::{
    Shared,
    control::locked,
    sbx_routes::{Whose, switches},
};

type Ctx = State<Arc<Shared>>;

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/_sbx/gdrive/switches", switches(|s| &s.gdrive, |w| &mut w.switches))
        .route("/_sbx/gdrive/files", get(files))
        .with_state(shared)
}

/// Without their bytes, but with how many there are.
async fn files(State(shared): Ctx, Query(whose): Query<Whose>) -> Response {
    let files = handles::all(&locked(&shared.gdrive), &whose.email);
    let files = files.iter().map(|f| json!({"id": f.id, "name": f.name, "mime": f.mime, "size": f.bytes.len(), "given": f.given}));
    Json(json!({"items": files.collect::<Vec<Value>>()})).into_response()
}
