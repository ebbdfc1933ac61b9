//! Google People API v1, as far as its two lists go: the contacts of a person (`people.connections.list`) and whom Google noted by itself
//! (`otherContacts.list`).
//!
//! Tokens are bound to what was asked with them, and sync tokens hold for seven days after the whole list was read, as Google's
//! documentation has it. Errors have the shape of newer APIs: the reason is a `google.rpc.ErrorInfo` among the details. Under which status
//! an expired token is refused, the documentation does not say (a switch).

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::any,
};
use domain::people::PeopleList;
use serde_json::{Value, json};

use crate::{
    Shared,
    control::locked,
    gmail::authenticate,
    oauth::{Bearer, http::bearer_of},
    text,
};

mod fixtures;
mod handles;
mod list;
pub(crate) mod sbx;
#[cfg(test)]
mod tests;
pub(crate) mod world;

pub(crate) use fixtures::world;
pub use handles::Gperson;
pub use world::GpeopleSwitches;

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new().route("/v1/people/{*rest}", any(handle)).route("/v1/otherContacts", any(handle)).with_state(shared)
}

/// A refusal. `reason` is that of the `ErrorInfo`, where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PeopleError {
    status: u16,
    code: &'static str,
    message: String,
    reason: Option<&'static str>,
}

impl PeopleError {
    fn bad(message: impl Into<String>) -> Self {
        Self { status: 400, code: "INVALID_ARGUMENT", message: message.into(), reason: None }
    }

    fn expired(status: u16) -> Self {
        let message = "Sync token is expired. Clear local cache and retry call without the sync token.".to_owned();
        Self { status, code: "FAILED_PRECONDITION", message, reason: Some("EXPIRED_SYNC_TOKEN") }
    }

    fn no_method() -> Self {
        Self { status: 404, code: "NOT_FOUND", message: "Method not found.".to_owned(), reason: None }
    }

    fn unauthorized() -> Self {
        let message = "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid \
                       authentication credential."
            .to_owned();
        Self { status: 401, code: "UNAUTHENTICATED", message, reason: Some("ACCESS_TOKEN_EXPIRED") }
    }

    fn scope() -> Self {
        let message = "Request had insufficient authentication scopes.".to_owned();
        Self { status: 403, code: "PERMISSION_DENIED", message, reason: Some("ACCESS_TOKEN_SCOPE_INSUFFICIENT") }
    }

    fn body(&self) -> Value {
        let mut error = json!({"code": self.status, "message": self.message, "status": self.code});
        if let Some(reason) = self.reason {
            let info = json!({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "people.googleapis.com"});
            text::put(&mut error, "details", json!([info]));
        }
        json!({"error": error})
    }
}

impl IntoResponse for PeopleError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self.body())).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let value = HeaderValue::from_static("Bearer realm=\"https://accounts.google.com/\", error=\"invalid_token\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
        }
        response
    }
}

/// 403 unless one of the list's scopes was granted.
fn need(bearer: &Bearer, list: PeopleList) -> Result<(), PeopleError> {
    let has = |short: &str| bearer.scopes.contains(&format!("https://www.googleapis.com/auth/{short}"));
    let granted = match list {
        PeopleList::Contacts => has("contacts.readonly") || has("contacts"),
        PeopleList::Others => has("contacts.other.readonly"),
    };
    if granted { Ok(()) } else { Err(PeopleError::scope()) }
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    match answer(&shared, &request) {
        Ok(value) => Json(value).into_response(),
        Err(error) => error.into_response(),
    }
}

fn answer(shared: &Shared, request: &Request) -> Result<Value, PeopleError> {
    let now = shared.clock.now();
    let bearer = authenticate(shared, bearer_of(request.headers()), now).map_err(|_| PeopleError::unauthorized())?;
    let list = match (request.method(), request.uri().path()) {
        (&Method::GET, "/v1/people/me/connections") => PeopleList::Contacts,
        (&Method::GET, "/v1/otherContacts") => PeopleList::Others,
        _ => return Err(PeopleError::no_method()),
    };
    need(&bearer, list)?;
    let query = text::pairs(request.uri().query().unwrap_or_default().as_bytes());
    list::page(&locked(&shared.gpeople), &bearer.email, list, &query, now)
}
