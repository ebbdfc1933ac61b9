//! HTTP around [`Entra`].

use std::{fmt::Write as _, sync::Arc};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use serde_json::json;

use super::{Entra, MS_PERSONAL_TENANT, MS_TENANT, authorize::Refusal, error::AadError};
use crate::{
    Shared,
    control::{Provider, locked},
    text::{self, html},
};

type Ctx = State<Arc<Shared>>;

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/{tenant}/oauth2/v2.0/authorize", get(authorize))
        .route("/{tenant}/oauth2/v2.0/token", post(token))
        .route("/{tenant}/v2.0/.well-known/openid-configuration", get(discovery))
        .route("/{tenant}/sandbox-consent", post(consent))
        .with_state(shared)
}

/// AADSTS90002 for a tenant that is not there.
fn check_tenant(tenant: &str) -> Result<(), AadError> {
    if ["common", "organizations", "consumers", MS_TENANT, MS_PERSONAL_TENANT].contains(&tenant) {
        return Ok(());
    }
    Err(AadError::new(
        "invalid_request",
        90_002,
        format!("Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID."),
    ))
}

async fn discovery(State(shared): Ctx, Path(tenant): Path<String>) -> Response {
    if let Err(error) = check_tenant(&tenant) {
        return (StatusCode::BAD_REQUEST, Json(error.body("trace", shared.clock.now()))).into_response();
    }
    let base = locked(&shared.entra).base.clone();
    let named = if [MS_TENANT, MS_PERSONAL_TENANT].contains(&tenant.as_str()) { tenant.clone() } else { "{tenantid}".to_owned() };
    Json(json!({
        "issuer": format!("{base}/{named}/v2.0"),
        "authorization_endpoint": format!("{base}/{tenant}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("{base}/{tenant}/oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "subject_types_supported": ["pairwise"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
    }))
    .into_response()
}

async fn authorize(State(shared): Ctx, Path(tenant): Path<String>, RawQuery(query): RawQuery) -> Response {
    if let Err(error) = check_tenant(&tenant) {
        return page(StatusCode::BAD_REQUEST, &error_page(&error));
    }
    let now = shared.clock.now();
    let query = text::pairs(query.unwrap_or_default().as_bytes());
    let auto = shared.auto_consent(Provider::Microsoft);
    let mut entra = locked(&shared.entra);
    let id = match entra.authorize(&query, now) {
        Ok(id) => id,
        Err(Refusal::Page(error)) => return page(StatusCode::BAD_REQUEST, &error_page(&error)),
        Err(Refusal::Redirect(to)) => return redirect(&to),
    };
    let Some(auto) = auto else { return page(StatusCode::OK, &consent_page(&entra, &tenant, &id)) };
    let hint = entra.pending(&id).and_then(|p| p.login_hint.clone());
    let wanted = hint.or(auto.account);
    let subject = entra.people().into_iter().find(|(_, _, email)| wanted.as_ref().is_none_or(|w| w == email)).map(|(subject, ..)| subject);
    match entra.decide(&id, &subject.unwrap_or_default(), auto.scopes.as_deref(), !auto.deny, now) {
        Some(to) => redirect(&to),
        None => page(StatusCode::BAD_REQUEST, "<h1>This account does not exist</h1>"),
    }
}

async fn consent(State(shared): Ctx, body: Bytes) -> Response {
    let form = text::pairs(&body);
    let get = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default();
    let now = shared.clock.now();
    let to = locked(&shared.entra).decide(get("request"), get("account"), None, get("decision") == "accept", now);
    to.map_or_else(|| page(StatusCode::BAD_REQUEST, "<h1>This sign-in is over</h1>"), |to| redirect(&to))
}

async fn token(State(shared): Ctx, Path(tenant): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let now = shared.clock.now();
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let form = kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/x-www-form-urlencoded");
    let mut entra = locked(&shared.entra);
    let reply = check_tenant(&tenant)
        .and_then(|()| {
            let text = "The request must contain its parameters in a form-urlencoded body.";
            if form { Ok(()) } else { Err(AadError::new("invalid_request", 900_144, text)) }
        })
        .and_then(|()| {
            let (authorization, origin) = (headers.contains_key(header::AUTHORIZATION), headers.contains_key(header::ORIGIN));
            entra.token(&text::pairs(&body), authorization, origin, now)
        });
    let response = match reply {
        Ok(value) => Json(value).into_response(),
        Err(error) => {
            let trace = entra.rng.token(16);
            let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
            (status, Json(error.body(&trace, now))).into_response()
        }
    };
    no_store(response)
}

fn redirect(to: &str) -> Response {
    let mut response = StatusCode::FOUND.into_response();
    if let Ok(value) = HeaderValue::from_str(to) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    no_store(response)
}

fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store, no-cache"));
    response
}

fn page(status: StatusCode, inner: &str) -> Response {
    let document = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Sign in</title><main>{inner}\
         <footer>Local stand-in on this machine: nothing here reaches a real provider.</footer></main></html>"
    );
    let mut response = (status, Html(document)).into_response();
    let policy = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'";
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    no_store(response)
}

fn error_page(error: &AadError) -> String {
    format!("<h1>Sorry, but we’re having trouble signing you in.</h1><p>{}</p>", html(&error.description()))
}

fn consent_page(entra: &Entra, tenant: &str, id: &str) -> String {
    let mut people = String::new();
    for (n, (subject, name, email)) in entra.people().iter().enumerate() {
        let checked = if n == 0 { " checked" } else { "" };
        let _ = write!(
            people,
            "<label><input type=radio name=account required value=\"{}\"{checked}>{} <small>{}</small></label>",
            html(subject),
            html(name),
            html(email)
        );
    }
    let items = |p: &super::authorize::Pending| p.scopes.iter().map(|s| html(s)).collect::<Vec<_>>().join("</li><li>");
    let asked = entra.pending(id).map(items);
    format!(
        "<h1>Permissions requested</h1><form method=post action=\"/{}/sandbox-consent\"><input type=hidden name=request value=\"{}\">\
         <fieldset><legend>Pick an account</legend>{people}</fieldset><ul><li>{}</li></ul>\
         <button name=decision value=cancel formnovalidate>Cancel</button><button name=decision value=accept>Accept</button></form>",
        html(tenant),
        html(id),
        asked.unwrap_or_default()
    )
}
