//! `/_sbx/gpeople/…`: the handles over HTTP, for tests that drive another process.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use domain::people::PeopleList;
use serde::Deserialize;
use serde_json::json;

use super::{Gperson, handles};
use crate::{Shared, control::locked, sbx_routes::switches};

type Ctx = State<Arc<Shared>>;

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/_sbx/gpeople/switches", switches(|s| &s.gpeople, |w| &mut w.switches))
        .route("/_sbx/gpeople/people", get(people).post(put).delete(delete))
        .with_state(shared)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    email: String,
    list: PeopleList,
}

async fn people(State(shared): Ctx, Query(which): Query<Which>) -> Response {
    Json(json!({"items": handles::all(&locked(&shared.gpeople), &which.email, which.list)})).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Put {
    email: String,
    list: PeopleList,
    person: Gperson,
}

async fn put(State(shared): Ctx, Json(put): Json<Put>) -> StatusCode {
    let Put { email, list, person } = put;
    locked(&shared.gpeople).list_mut(&email, list).put(&person.id, &person.name, &person.emails);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Gone {
    email: String,
    list: PeopleList,
    id: String,
}

async fn delete(State(shared): Ctx, Json(gone): Json<Gone>) -> StatusCode {
    let done = locked(&shared.gpeople).list_mut(&gone.email, gone.list).delete(&gone.id);
    if done { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
}
