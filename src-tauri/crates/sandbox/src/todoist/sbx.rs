//! `/_sbx/todoist/…`: the handles over HTTP, for tests that drive another process.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{TodoistProject, TodoistTask, handles};
use crate::{Shared, control::locked, sbx_routes::switches};

type Ctx = State<Arc<Shared>>;

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/_sbx/todoist/switches", switches(|s| &s.todoist, |w| &mut w.switches))
        .route("/_sbx/todoist/void", post(void))
        .route("/_sbx/todoist/projects", get(projects).post(put_project))
        .route("/_sbx/todoist/tasks", get(tasks).post(put_task).delete(delete_task))
        .with_state(shared)
}

async fn void(State(shared): Ctx) -> StatusCode {
    handles::void(&mut locked(&shared.todoist));
    StatusCode::NO_CONTENT
}

async fn projects(State(shared): Ctx) -> Response {
    let items: Vec<TodoistProject> = locked(&shared.todoist).projects().cloned().collect();
    Json(json!({"items": items})).into_response()
}

async fn put_project(State(shared): Ctx, Json(project): Json<TodoistProject>) -> StatusCode {
    locked(&shared.todoist).keep_project(project);
    StatusCode::NO_CONTENT
}

async fn tasks(State(shared): Ctx) -> Response {
    let items: Vec<TodoistTask> = locked(&shared.todoist).tasks().filter(|task| !task.is_deleted).cloned().collect();
    Json(json!({"items": items})).into_response()
}

async fn put_task(State(shared): Ctx, Json(change): Json<Value>) -> Response {
    let now = shared.clock.now();
    match handles::put(&mut locked(&shared.todoist), change, now) {
        Ok(id) => Json(json!({"id": id})).into_response(),
        Err(why) => (StatusCode::UNPROCESSABLE_ENTITY, why).into_response(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Gone {
    id: String,
}

async fn delete_task(State(shared): Ctx, Json(gone): Json<Gone>) -> StatusCode {
    let now = shared.clock.now();
    if handles::delete(&mut locked(&shared.todoist), &gone.id, now) { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
}
