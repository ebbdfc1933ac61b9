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

use super::{GithubIssue, GithubSwitches, handles};
use crate::{Shared, control::locked};

type Ctx = State<Arc<Shared>>;

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/_sbx/github/switches", get(switches).post(set_switches))
        .route("/_sbx/github/issues", get(issues).post(put_issue))
        .with_state(shared)
}

async fn switches(State(shared): Ctx) -> Response {
    Json(locked(&shared.github).switches.clone()).into_response()
}

/// All of them; what is not named is as at the start.
async fn set_switches(State(shared): Ctx, Json(switches): Json<GithubSwitches>) -> StatusCode {
    locked(&shared.github).switches = switches;
    StatusCode::NO_CONTENT
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
