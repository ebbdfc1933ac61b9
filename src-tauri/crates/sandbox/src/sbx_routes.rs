//! `/_sbx/…`: the same handles over HTTP, for tests that drive another process.

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{MethodRouter, get, post},
};
use domain::time::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::json;

use crate::{
    AutoConsent, Quota, Shared,
    control::{Fault, Provider, locked},
    gmail::world::Delivery,
};

type Ctx = State<Arc<Shared>>;

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/_sbx/clock", get(clock).post(set_clock))
        .route("/_sbx/faults", post(add_fault).delete(clear_faults))
        .route("/_sbx/log", get(log).delete(clear_log))
        .route("/_sbx/counts", get(counts))
        .route("/_sbx/consent", post(consent))
        .route("/_sbx/grants/kill", post(kill))
        .route("/_sbx/tokens/expire", post(expire))
        .route("/_sbx/quota", post(quota))
        .route("/_sbx/deliver", post(deliver))
        .route("/_sbx/history/expire", post(expire_history))
        .route("/_sbx/messages", get(messages))
        .route("/_list/leave/{list}", post(leave_list))
        .with_state(shared.clone())
        .merge(crate::caldav::sbx::routes(shared.clone()))
        .merge(crate::gtasks::sbx::routes(shared.clone()))
        .merge(crate::gdrive::sbx::routes(shared.clone()))
        .merge(crate::gpeople::sbx::routes(shared.clone()))
        .merge(crate::gcal::sbx::routes(shared.clone()))
        .merge(crate::github::sbx::routes(shared.clone()))
        .merge(crate::jmap::sbx::routes(shared.clone()))
        .merge(crate::microsoft::sbx::routes(shared.clone()))
        .merge(crate::todoist::sbx::routes(shared))
}

/// The switches of one part of the sandbox. What is set are all of them: what is not named is as at the start.
pub(crate) fn switches<W, S>(world: fn(&Shared) -> &Mutex<W>, of: fn(&mut W) -> &mut S) -> MethodRouter<Arc<Shared>>
where
    W: Send + 'static,
    S: Clone + Serialize + DeserializeOwned + Send + 'static,
{
    let read = move |State(shared): Ctx| async move { Json(of(&mut locked(world(&shared))).clone()).into_response() };
    let set = move |State(shared): Ctx, Json(new): Json<S>| async move {
        *of(&mut locked(world(&shared))) = new;
        StatusCode::NO_CONTENT
    };
    get(read).post(set)
}

/// A newsletter's one-click address (RFC 8058): takes exactly the one body, and no cookies.
async fn leave_list(
    State(shared): Ctx,
    axum::extract::Path(list): axum::extract::Path<String>,
    headers: axum::http::HeaderMap,
    body: String,
) -> StatusCode {
    let form = headers.get("content-type").is_some_and(|t| t == "application/x-www-form-urlencoded");
    if !form || body != "List-Unsubscribe=One-Click" || headers.contains_key("cookie") || headers.contains_key("authorization") {
        return StatusCode::BAD_REQUEST;
    }
    locked(&shared.left).push(list);
    StatusCode::OK
}

async fn clock(State(shared): Ctx) -> Response {
    Json(json!({"now": shared.clock.now()})).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetClock {
    /// Milliseconds to move by.
    advance_ms: Option<i64>,
    /// Milliseconds since the epoch.
    now: Option<i64>,
    freeze: Option<bool>,
}

async fn set_clock(State(shared): Ctx, Json(request): Json<SetClock>) -> Response {
    if let Some(freeze) = request.freeze {
        shared.clock.freeze(freeze);
    }
    if let Some(now) = request.now {
        shared.clock.set(Timestamp(now));
    }
    if let Some(ms) = request.advance_ms {
        shared.clock.advance(ms);
    }
    clock(State(shared)).await
}

async fn add_fault(State(shared): Ctx, Json(fault): Json<Fault>) -> StatusCode {
    shared.control.add_fault(fault);
    StatusCode::NO_CONTENT
}

async fn clear_faults(State(shared): Ctx) -> StatusCode {
    shared.control.clear_faults();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct LogQuery {
    method: Option<String>,
    path: Option<String>,
}

async fn log(State(shared): Ctx, Query(query): Query<LogQuery>) -> Response {
    let log = shared.control.log();
    let method = query.method.unwrap_or_else(|| "GET".to_owned());
    let count = query.path.map_or(log.len(), |path| shared.control.count(&method, &path));
    Json(json!({"count": count, "requests": log})).into_response()
}

async fn clear_log(State(shared): Ctx) -> StatusCode {
    shared.control.clear_log();
    StatusCode::NO_CONTENT
}

async fn counts(State(shared): Ctx) -> Response {
    let of = |provider| locked(shared.sign_in(provider)).counts();
    Json(json!({"google": of(Provider::Google), "oidc": of(Provider::Oidc), "microsoft": of(Provider::Microsoft)})).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Consent {
    provider: Provider,
    /// False: the page waits for a person.
    auto: bool,
    account: Option<String>,
    scopes: Option<Vec<String>>,
    #[serde(default)]
    deny: bool,
}

async fn consent(State(shared): Ctx, Json(request): Json<Consent>) -> StatusCode {
    let auto = AutoConsent { account: request.account, scopes: request.scopes, deny: request.deny };
    shared.set_auto_consent(request.provider, request.auto.then_some(auto));
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    provider: Provider,
    email: String,
}

async fn kill(State(shared): Ctx, Json(request): Json<Person>) -> Response {
    Json(json!({"killed": locked(shared.sign_in(request.provider)).kill_grants(&request.email)})).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    provider: Provider,
}

async fn expire(State(shared): Ctx, Json(request): Json<Which>) -> StatusCode {
    locked(shared.sign_in(request.provider)).expire_access_tokens();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetQuota {
    /// Units a minute; 0: off; absent: the standard.
    units: Option<u32>,
}

async fn quota(State(shared): Ctx, Json(request): Json<SetQuota>) -> StatusCode {
    let quota = match request.units {
        None => Quota::Standard,
        Some(0) => Quota::Off,
        Some(units) => Quota::Small(units),
    };
    locked(&shared.mail).set_quota(quota);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMail {
    pub to: String,
    from: String,
    subject: String,
    body: String,
}

impl NewMail {
    pub fn raw(&self, now: Timestamp) -> Vec<u8> {
        crate::fixtures::plain(&self.from, &self.to, &self.subject, &self.body, now)
    }
}

async fn deliver(State(shared): Ctx, Json(request): Json<NewMail>) -> Response {
    let now = shared.clock.now();
    let raw = request.raw(now);
    match locked(&shared.mail).deliver(&request.to, &raw, Delivery::Inbox, now) {
        Some(id) => Json(json!({"id": id})).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Whose {
    pub email: String,
}

async fn expire_history(State(shared): Ctx, Json(request): Json<Whose>) -> StatusCode {
    locked(&shared.mail).mailbox_mut(&request.email).map_or(StatusCode::NOT_FOUND, |m| {
        m.expire_history();
        StatusCode::NO_CONTENT
    })
}

async fn messages(State(shared): Ctx, Query(query): Query<Whose>) -> Response {
    let mut mail = locked(&shared.mail);
    let Some(mailbox) = mail.mailbox_mut(&query.email) else { return StatusCode::NOT_FOUND.into_response() };
    let items: Vec<_> = mailbox
        .newest_first()
        .map(|m| json!({"id": m.id.to_string(), "threadId": m.thread.to_string(), "subject": m.subject, "from": m.from, "labelIds": m.labels}))
        .collect();
    Json(json!({"items": items})).into_response()
}
