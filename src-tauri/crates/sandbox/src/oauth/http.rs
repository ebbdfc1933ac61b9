//! HTTP around the authorization server.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Query, RawQuery, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use base64::Engine as _;
use serde_json::json;

use super::{AuthServer, Bearer, Refusal, SignIn as _, TokenError, pages};
use crate::{
    Shared,
    control::{Provider, locked},
    text,
};

#[derive(Clone)]
struct Ctx {
    shared: Arc<Shared>,
    provider: Provider,
}

impl Ctx {
    fn with<T>(&self, f: impl FnOnce(&mut AuthServer) -> T) -> T {
        f(&mut locked(self.shared.auth(self.provider)))
    }
}

pub(crate) fn google(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/o/oauth2/v2/auth", get(authorize))
        .route("/o/oauth2/v2/consent", post(consent))
        .route("/token", post(token))
        .route("/revoke", post(revoke))
        .route("/v1/userinfo", get(userinfo))
        .route("/.well-known/openid-configuration", get(discovery))
        .with_state(Ctx { shared, provider: Provider::Google })
}

pub(crate) fn oidc(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/authorize", get(authorize))
        .route("/consent", post(consent))
        .route("/token", post(token))
        .route("/revoke", post(revoke))
        .route("/introspect", post(introspect))
        .route("/userinfo", get(userinfo))
        .route("/jwks", get(|| async { Json(json!({"keys": []})) }))
        .route("/.well-known/openid-configuration", get(discovery))
        .with_state(Ctx { shared, provider: Provider::Oidc })
}

/// Linear's addresses (PROVIDERS 6.3). The page and the API are of different hosts there.
pub(crate) fn linear(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/oauth/authorize", get(authorize))
        .route("/oauth/consent", post(consent))
        .route("/oauth/token", post(token))
        .route("/oauth/revoke", post(revoke))
        .with_state(Ctx { shared, provider: Provider::Linear })
}

async fn discovery(State(ctx): State<Ctx>) -> Response {
    let (issuer, scopes) = ctx.with(|s| (s.policy.issuer.clone(), s.policy.scopes));
    let names: Vec<&str> = scopes.iter().map(|(name, _)| *name).collect();
    let (authorize, userinfo, auth_methods) = match ctx.provider {
        Provider::Google => ("o/oauth2/v2/auth", "v1/userinfo", json!(["client_secret_post", "client_secret_basic"])),
        _ => ("authorize", "userinfo", json!(["none"])),
    };
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/{authorize}"),
        "token_endpoint": format!("{issuer}/token"),
        "revocation_endpoint": format!("{issuer}/revoke"),
        "userinfo_endpoint": format!("{issuer}/{userinfo}"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["HS256"],
        "scopes_supported": names,
        "token_endpoint_auth_methods_supported": auth_methods,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    }))
    .into_response()
}

async fn authorize(State(ctx): State<Ctx>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let agent = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if ctx.provider == Provider::Google && agent.contains("; wv)") {
        return page_error(403, "disallowed_useragent", "Sign in from the system browser, not from inside an app.");
    }
    let now = ctx.shared.clock.now();
    let query = text::pairs(query.unwrap_or_default().as_bytes());
    // As whom the program acts: the person, or an application of its own.
    let actor = query.iter().find(|(key, _)| key == "actor").map(|(_, value)| value.as_str());
    if ctx.provider == Provider::Linear && actor.is_some_and(|actor| !["user", "app"].contains(&actor)) {
        return page_error(400, "invalid_request", "actor is user or app");
    }
    let auto = ctx.shared.auto_consent(ctx.provider);
    let outcome = ctx.with(|server| {
        let id = server.authorize(&query, now)?;
        let Some(auto) = auto else { return Ok(Err(pages::consent(server, ctx.provider, &id))) };
        let pending = server.pending(&id).cloned();
        let hint = pending.as_ref().and_then(|p| p.login_hint.clone());
        let wanted = hint.or_else(|| auto.account.clone());
        let user = server.users().iter().find(|u| wanted.as_ref().is_none_or(|w| *w == u.email)).cloned();
        let asked = pending.map(|p| p.scopes).unwrap_or_default();
        let chosen: Vec<String> = asked.into_iter().filter(|s| auto.scopes.as_ref().is_none_or(|only| only.contains(s))).collect();
        let subject = user.map(|u| u.subject).unwrap_or_default();
        Ok(Ok(server.decide(&id, &subject, &chosen, !auto.deny, now)))
    });
    match outcome {
        Err(Refusal::Page { status, error, text }) => page_error(status, error, &text),
        Err(Refusal::Redirect { to }) | Ok(Ok(Some(to))) => redirect(&to),
        Ok(Ok(None)) => page_error(400, "invalid_request", "No such account here."),
        Ok(Err(page)) => html(StatusCode::OK, page),
    }
}

async fn consent(State(ctx): State<Ctx>, body: Bytes) -> Response {
    let form = text::pairs(&body);
    let get = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default();
    let chosen: Vec<String> = form.iter().filter(|(key, _)| key == "scope").map(|(_, value)| value.clone()).collect();
    let now = ctx.shared.clock.now();
    let to = ctx.with(|s| s.decide(get("request"), get("account"), &chosen, get("decision") == "allow", now));
    to.map_or_else(|| page_error(400, "invalid_request", "This sign-in is over. Start it again from the app."), |to| redirect(&to))
}

fn redirect(to: &str) -> Response {
    let mut response = StatusCode::FOUND.into_response();
    if let Ok(value) = HeaderValue::from_str(to) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    no_store(response)
}

fn html(status: StatusCode, page: String) -> Response {
    let mut response = (status, Html(page)).into_response();
    let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    no_store(response)
}

fn page_error(status: u16, error: &str, text: &str) -> Response {
    html(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST), pages::error(status, error, text))
}

pub(crate) fn no_store(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(HeaderName::from_static("pragma"), HeaderValue::from_static("no-cache"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

async fn token(State(ctx): State<Ctx>, RawQuery(query): RawQuery, headers: HeaderMap, body: Bytes) -> Response {
    let now = ctx.shared.clock.now();
    let reply = form(&headers, query.as_deref(), &body).and_then(|form| {
        let basic = basic(&headers)?;
        ctx.with(|s| s.token(&form, basic, now))
    });
    match reply {
        Ok(value) => no_store(Json(value).into_response()),
        Err(error) => token_error(&error),
    }
}

fn token_error(error: &TokenError) -> Response {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = (status, Json(error.body())).into_response();
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"sandbox\""));
    }
    no_store(response)
}

/// Secrets in a URL end up in logs: parameters belong in the body (RFC 6749 section 3.2).
fn form(headers: &HeaderMap, query: Option<&str>, body: &[u8]) -> Result<Vec<(String, String)>, TokenError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(TokenError::request("The body must be application/x-www-form-urlencoded."));
    }
    if query.is_some_and(|q| !q.is_empty()) {
        return Err(TokenError::request("Parameters belong in the body, not in the URL."));
    }
    Ok(text::pairs(body))
}

fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>, TokenError> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let bad = || TokenError::request("Malformed Authorization header.");
    let encoded = value.to_str().ok().and_then(|v| v.strip_prefix("Basic ")).ok_or_else(bad)?;
    let decoded = base64::engine::general_purpose::STANDARD.decode(encoded).map_err(|_| bad())?;
    let plain = String::from_utf8(decoded).map_err(|_| bad())?;
    // RFC 6749 section 2.3.1: both halves are form-encoded first.
    let decode = |half: &str| text::pairs(format!("x={half}").as_bytes()).pop().map(|(_, v)| v).unwrap_or_default();
    plain.split_once(':').map(|(id, secret)| Some((decode(id), decode(secret)))).ok_or_else(bad)
}

async fn revoke(State(ctx): State<Ctx>, Query(query): Query<Vec<(String, String)>>, headers: HeaderMap, body: Bytes) -> Response {
    let now = ctx.shared.clock.now();
    let pairs = match form(&headers, None, &body) {
        Ok(form) => form,
        // Google documents the token in the query as well.
        Err(_) if ctx.provider == Provider::Google && body.is_empty() => query,
        Err(error) => return token_error(&error),
    };
    let get = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let Some(token) = get("token").filter(|t| !t.is_empty()) else { return token_error(&TokenError::request("Missing parameter: token")) };
    let client = ctx.with(|s| s.policy.client_id.clone());
    if ctx.provider == Provider::Oidc && get("client_id") != Some(&client) {
        let error = TokenError { status: 401, error: "invalid_client", description: "client_id is missing or unknown.".to_owned() };
        return token_error(&error);
    }
    let revoked = ctx.with(|s| s.revoke(token, now));
    match ctx.provider {
        Provider::Google if !revoked => {
            let body = json!({"error": "invalid_token", "error_description": "Token expired or revoked"});
            no_store((StatusCode::BAD_REQUEST, Json(body)).into_response())
        }
        // RFC 7009 section 2.2: an unknown token is no error.
        _ => no_store(StatusCode::OK.into_response()),
    }
}

/// RFC 7662, for mail servers that check bearer tokens over HTTP (Dovecot's oauth2 passdb).
async fn introspect(State(ctx): State<Ctx>, body: Bytes) -> Response {
    let form = text::pairs(&body);
    let token = form.iter().find(|(key, _)| key == "token").map(|(_, value)| value.clone()).unwrap_or_default();
    let now = ctx.shared.clock.now();
    let reply = ctx.with(|s| s.introspect(&token, now)).map_or_else(
        || json!({"active": false}),
        |bearer| {
            json!({
                "active": true,
                "sub": bearer.subject,
                "username": bearer.email,
                "email": bearer.email,
                "scope": bearer.scopes.iter().cloned().collect::<Vec<_>>().join(" "),
                "exp": bearer.expires_at.secs(),
            })
        },
    );
    no_store(Json(reply).into_response())
}

async fn userinfo(State(ctx): State<Ctx>, headers: HeaderMap) -> Response {
    let now = ctx.shared.clock.now();
    let claims = bearer_of(&headers)
        .and_then(|token| ctx.with(|s| s.introspect(token, now)))
        .and_then(|bearer: Bearer| AuthServer::userinfo(&bearer));
    claims.map_or_else(
        || {
            let body = json!({"error": "invalid_request", "error_description": "Invalid Credentials"});
            let mut response = (StatusCode::UNAUTHORIZED, Json(body)).into_response();
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""));
            response
        },
        |claims| no_store(Json(claims).into_response()),
    )
}

/// The token of `Authorization: Bearer …`; tokens in the URL are not looked at.
pub(crate) fn bearer_of(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (kind, token) = value.split_once(' ')?;
    kind.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
