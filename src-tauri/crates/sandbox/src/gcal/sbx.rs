//! `/_sbx/gcal/…`: the handles over HTTP, for tests that drive another process.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{GcalCalendar, handles};
use crate::{
    Shared,
    control::locked,
    sbx_routes::{Whose, switches},
};

type Ctx = State<Arc<Shared>>;

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/_sbx/gcal/switches", switches(|s| &s.gcal, |w| &mut w.switches))
        .route("/_sbx/gcal/void", post(void))
        .route("/_sbx/gcal/calendars", get(calendars).post(add_calendar))
        .route("/_sbx/gcal/events", get(events).post(put_event).delete(delete_event))
        .route("/_sbx/gcal/told", get(told))
        .with_state(shared)
}

async fn void(State(shared): Ctx, Json(whose): Json<Whose>) -> StatusCode {
    handles::void(&mut locked(&shared.gcal), &whose.email);
    StatusCode::NO_CONTENT
}

async fn calendars(State(shared): Ctx, Query(whose): Query<Whose>) -> Response {
    let items: Vec<GcalCalendar> = locked(&shared.gcal).calendars(&whose.email).iter().map(GcalCalendar::of).collect();
    Json(json!({"items": items})).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewCalendar {
    email: String,
    calendar: GcalCalendar,
}

async fn add_calendar(State(shared): Ctx, Json(new): Json<NewCalendar>) -> StatusCode {
    locked(&shared.gcal).add(new.calendar.make(&new.email));
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    email: String,
    calendar: String,
}

async fn events(State(shared): Ctx, Query(which): Query<Which>) -> Response {
    let world = locked(&shared.gcal);
    let Some(calendar) = world.calendar(&which.email, &which.calendar) else { return StatusCode::NOT_FOUND.into_response() };
    let items: Vec<&super::Event> = calendar.events.values().map(|stored| &stored.body).collect();
    Json(json!({"items": items})).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Put {
    email: String,
    calendar: String,
    event: Value,
}

async fn put_event(State(shared): Ctx, Json(put): Json<Put>) -> Response {
    let now = shared.clock.now();
    match handles::put(&mut locked(&shared.gcal), &put.email, &put.calendar, put.event, now) {
        Ok(id) => Json(json!({"id": id})).into_response(),
        Err(why) => (StatusCode::UNPROCESSABLE_ENTITY, why).into_response(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Gone {
    email: String,
    calendar: String,
    id: String,
}

async fn delete_event(State(shared): Ctx, Json(gone): Json<Gone>) -> StatusCode {
    let now = shared.clock.now();
    let done = handles::delete(&mut locked(&shared.gcal), &gone.email, &gone.calendar, &gone.id, now);
    if done { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
}

async fn told(State(shared): Ctx) -> Response {
    Json(json!({"items": locked(&shared.gcal).told})).into_response()
}
