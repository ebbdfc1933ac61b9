//! `/_sbx/github/…`: the handles over HTTP, for tests that drive another process.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};

use super::{GithubIssue, handles};
use crate::{Shared, control::locked, sbx_routes::switches};

type Ctx = State<Arc<Shared>>;

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/_sbx/github/switches", switches(|s| &s.github, |w| &mut w.switches))
        .route("/_sbx/github/issues", get(issues).post(put_issue))
        .with_state(shared)
}

async fn issues(State(shared): Ctx) -> Response {
    let items: Vec<GithubIssue> = locked(&shared.github).live().cloned().collect();
    Json(json!({"items": items})).into_response()
}

async fn put_issue(State(shared): Ctx, Json(change): Json<Value>) -> Response {
    let now = shared.clock.now();
    match handles::put(&mut locked(&shared.github), change, now) {
        Ok(number) => Json(json!({"number": number})).into_response(),
        Err(why) => (StatusCode::BAD_REQUEST, why).into_response(),
    }
}
