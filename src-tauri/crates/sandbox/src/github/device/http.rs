//! The two addresses of the sign-in, and the page where a code is typed in.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use serde_json::Value;

use crate::{Provider, Shared, control::locked, oauth::http::no_store, text};

type Ctx = State<Arc<Shared>>;

pub(in crate::github) fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/login/device/code", post(begin))
        .route("/login/device", get(page).post(enter))
        .route("/login/oauth/access_token", post(token))
        .with_state(shared)
}

/// Without `Accept: application/json` GitHub answers with a form, which nobody here reads: that is refused.
fn form(headers: &HeaderMap, body: &[u8]) -> Result<Vec<(String, String)>, Box<Response>> {
    let said = |name: header::HeaderName| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let bad = |why: &'static str| Err(Box::new((StatusCode::NOT_ACCEPTABLE, why).into_response()));
    if !said(header::ACCEPT).contains("application/json") {
        return bad("ask for application/json");
    }
    if !said(header::CONTENT_TYPE).starts_with("application/x-www-form-urlencoded") {
        return bad("the body is no form");
    }
    if headers.get(header::USER_AGENT).is_none() {
        return bad("a User-Agent is needed");
    }
    Ok(text::pairs(body))
}

/// Refusals too come with 200 (PROVIDERS A.6).
fn answer(body: &Value) -> Response {
    no_store(axum::Json(body).into_response())
}

async fn begin(State(shared): Ctx, headers: HeaderMap, body: Bytes) -> Response {
    let form = match form(&headers, &body) {
        Ok(form) => form,
        Err(refusal) => return *refusal,
    };
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
    let now = shared.clock.now();
    let consent = shared.auto_consent(Provider::Github);
    let mut world = locked(&shared.github);
    let switches = world.switches.clone();
    let reply = world.grants.begin(&form, &switches, &format!("http://{host}/login/device"), now);
    // Nobody has to look at the page where consent is given by itself.
    if let (Some(consent), Some(code)) = (consent, reply.get("user_code").and_then(Value::as_str)) {
        world.grants.enter(code, !consent.deny, now);
    }
    answer(&reply)
}

async fn token(State(shared): Ctx, headers: HeaderMap, body: Bytes) -> Response {
    let form = match form(&headers, &body) {
        Ok(form) => form,
        Err(refusal) => return *refusal,
    };
    let now = shared.clock.now();
    let mut world = locked(&shared.github);
    let (switches, user) = (world.switches.clone(), world.user);
    answer(&world.grants.token(&form, &switches, user, now))
}

async fn page() -> Response {
    no_store(
        Html(
            "<!doctype html><html lang=en><title>Device activation</title><h1>Device activation</h1><form method=post>\
             <label>Code <input name=user_code autocomplete=off></label> \
             <button name=decision value=allow>Authorize</button> <button name=decision value=deny>Cancel</button></form>",
        )
        .into_response(),
    )
}

async fn enter(State(shared): Ctx, body: Bytes) -> Response {
    let form = text::pairs(&body);
    let get = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default();
    let now = shared.clock.now();
    if locked(&shared.github).grants.enter(get("user_code"), get("decision") == "allow", now) {
        no_store(Html("<!doctype html><html lang=en><title>Done</title><p>Your device is now connected.").into_response())
    } else {
        no_store(
            (StatusCode::BAD_REQUEST, Html("<!doctype html><html lang=en><title>No</title><p>This code is not valid.")).into_response(),
        )
    }
}
