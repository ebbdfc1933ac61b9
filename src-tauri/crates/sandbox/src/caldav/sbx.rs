//! `/_sbx/caldav/…` and `/_sbx/feed`: the handles over HTTP, for tests that drive another process.

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

use super::{CaldavPerson, CaldavSwitches, CalendarItem, CalendarState, Edit, NewCalendar, error::DavError, handles::plain, path::Place};
use crate::{Shared, control::locked, feed::FeedMode};

type Ctx = State<Arc<Shared>>;

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/_sbx/caldav/switches", get(switches).post(set_switches))
        .route("/_sbx/caldav/void", post(void))
        .route("/_sbx/caldav/calendars", get(list_calendars).post(add_calendar).delete(remove_calendar))
        .route("/_sbx/caldav/items", get(list_items).post(put_item).delete(delete_item))
        .route("/_sbx/caldav/edit", post(edit))
        .route("/_sbx/caldav/scheduled", get(scheduled))
        .route("/_sbx/caldav/people", post(set_person))
        .route("/_sbx/feed", post(feed))
        .with_state(shared)
}

pub(super) fn calendars(shared: &Shared) -> Vec<CalendarState> {
    let world = locked(&shared.calendars);
    let list = world.calendars().map(|(name, calendar)| CalendarState {
        name: name.clone(),
        href: plain(&world.user, &Place::Calendar(name.clone())),
        display: calendar.display.clone(),
        colour: calendar.colour.clone(),
        writable: calendar.writable,
        members: calendar.members().count(),
    });
    list.collect()
}

pub(super) fn items(shared: &Shared, calendar: &str) -> Vec<CalendarItem> {
    let world = locked(&shared.calendars);
    let Some(found) = world.calendar(calendar) else { return Vec::new() };
    let list = found.members().map(|(name, member)| CalendarItem {
        href: plain(&world.user, &Place::Member(calendar.to_owned(), name.clone())),
        name: name.clone(),
        etag: member.etag.clone(),
        uid: member.uid.clone(),
        ics: member.ics.clone(),
    });
    list.collect()
}

async fn switches(State(shared): Ctx) -> Response {
    Json(locked(&shared.calendars).switches.clone()).into_response()
}

/// Only what is named changes; an unknown name changes nothing and is refused.
async fn set_switches(State(shared): Ctx, Json(request): Json<Value>) -> Response {
    let mut world = locked(&shared.calendars);
    let (Value::Object(changes), Ok(Value::Object(mut all))) = (request, serde_json::to_value(&world.switches)) else {
        return (StatusCode::UNPROCESSABLE_ENTITY, "switches are an object").into_response();
    };
    all.extend(changes);
    match serde_json::from_value::<CaldavSwitches>(Value::Object(all)) {
        Ok(switches) => {
            world.switches = switches;
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, error.to_string()).into_response(),
    }
}

async fn void(State(shared): Ctx) -> StatusCode {
    locked(&shared.calendars).void_tokens();
    StatusCode::NO_CONTENT
}

async fn list_calendars(State(shared): Ctx) -> Response {
    Json(json!({"items": calendars(&shared)})).into_response()
}

async fn add_calendar(State(shared): Ctx, Json(made): Json<NewCalendar>) -> StatusCode {
    locked(&shared.calendars).add(made);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    calendar: String,
}

const fn found(there: bool) -> StatusCode {
    if there { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
}

async fn remove_calendar(State(shared): Ctx, Json(which): Json<Which>) -> StatusCode {
    found(locked(&shared.calendars).remove(&which.calendar))
}

async fn list_items(State(shared): Ctx, Query(which): Query<Which>) -> Response {
    Json(json!({"items": items(&shared, &which.calendar)})).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    calendar: String,
    name: String,
    ics: String,
}

fn told(result: Result<String, DavError>) -> Response {
    match result {
        Ok(etag) => Json(json!({"etag": etag})).into_response(),
        Err(error) if error.status == 404 => StatusCode::NOT_FOUND.into_response(),
        Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, error.text()).into_response(),
    }
}

async fn put_item(State(shared): Ctx, Json(item): Json<Item>) -> Response {
    let now = shared.clock.now();
    told(locked(&shared.calendars).put(&item.calendar, &item.name, &item.ics, now))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Gone {
    calendar: String,
    name: String,
}

async fn delete_item(State(shared): Ctx, Json(gone): Json<Gone>) -> StatusCode {
    found(locked(&shared.calendars).calendar_mut(&gone.calendar).is_some_and(|c| c.remove(&gone.name).is_some()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    calendar: String,
    name: String,
    property: String,
    value: String,
}

async fn edit(State(shared): Ctx, Json(change): Json<Change>) -> Response {
    let now = shared.clock.now();
    let edit = Edit { property: change.property, value: change.value };
    told(locked(&shared.calendars).apply(&change.calendar, &change.name, &edit, now))
}

async fn scheduled(State(shared): Ctx) -> Response {
    Json(json!({"items": locked(&shared.calendars).scheduled})).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    address: String,
    time: CaldavPerson,
}

async fn set_person(State(shared): Ctx, Json(person): Json<Person>) -> StatusCode {
    locked(&shared.calendars).people.insert(person.address.to_ascii_lowercase(), person.time);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Feed {
    mode: Option<FeedMode>,
    /// Another content from now on.
    ics: Option<String>,
}

async fn feed(State(shared): Ctx, Json(request): Json<Feed>) -> StatusCode {
    let now = shared.clock.now();
    let mut feed = locked(&shared.feed);
    if let Some(mode) = request.mode {
        feed.mode = mode;
    }
    if let Some(ics) = request.ics {
        feed.set(ics, now);
    }
    StatusCode::NO_CONTENT
}
