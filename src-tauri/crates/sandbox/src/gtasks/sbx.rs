//! `/_sbx/gtasks/…`: the handles over HTTP, for tests that drive another process.

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

use super::{GtaskList, handles};
use crate::{
    Shared,
    control::locked,
    sbx_routes::{Whose, switches},
};

type Ctx = State<Arc<Shared>>;

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/_sbx/gtasks/switches", switches(|s| &s.gtasks, |w| &mut w.switches))
        .route("/_sbx/gtasks/lists", get(lists))
        .route("/_sbx/gtasks/tasks", get(tasks).post(put).delete(delete))
        .with_state(shared)
}

async fn lists(State(shared): Ctx, Query(whose): Query<Whose>) -> Response {
    let world = locked(&shared.gtasks);
    let items: Vec<_> = world.lists(&whose.email).iter().map(|l| GtaskList { id: l.id.clone(), title: l.title.clone() }).collect();
    Json(json!({"items": items})).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    email: String,
    list: String,
}

async fn tasks(State(shared): Ctx, Query(which): Query<Which>) -> Response {
    let world = locked(&shared.gtasks);
    let Ok(list) = world.list(&which.email, &which.list) else { return StatusCode::NOT_FOUND.into_response() };
    let items: Vec<Value> = list.in_order().into_iter().map(|task| task.json(&list.id)).collect();
    Json(json!({"items": items})).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Put {
    email: String,
    list: String,
    task: Value,
}

async fn put(State(shared): Ctx, Json(put): Json<Put>) -> Response {
    let now = shared.clock.now();
    match handles::put(&mut locked(&shared.gtasks), &put.email, &put.list, put.task, now) {
        Ok(id) => Json(json!({"id": id})).into_response(),
        Err(why) => (StatusCode::UNPROCESSABLE_ENTITY, why).into_response(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Gone {
    email: String,
    list: String,
    id: String,
}

async fn delete(State(shared): Ctx, Json(gone): Json<Gone>) -> StatusCode {
    let now = shared.clock.now();
    let done = handles::delete(&mut locked(&shared.gtasks), &gone.email, &gone.list, &gone.id, now);
    if done { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
}
