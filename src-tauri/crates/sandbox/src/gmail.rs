//! Gmail API v1 as far as a mail client uses it (PROVIDERS 1.2 to 1.5, A.1).
//!
//! One synchronous `dispatch` serves single calls and the parts of a batch, so both get the same checks in the same order:
//! token, known method, parameters, scope, quota, then the mailbox. Unknown parameters and JSON fields are refused, as
//! Google's front end refuses them: a misspelt one must not pass a test.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{any, post},
};
use domain::time::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    Shared,
    control::{Provider, locked},
    oauth::{Bearer, SignIn as _, http::bearer_of},
    text,
};

mod access;
mod batch;
mod drafts;
pub mod error;
mod history;
mod labels;
pub mod mailbox;
mod messages;
mod parts;
mod query;
mod send;
#[cfg(test)]
mod tests;
mod threads;
pub mod world;

use access::Action;
use error::ApiError;
use world::MailWorld;

/// 35 MB of mail as base64 in JSON, plus the frame.
const MAX_BODY: usize = 50 * 1024 * 1024;

/// One API call, alone or as a part of a batch.
pub(crate) struct Call<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub query: Vec<(String, String)>,
    pub content_type: Option<&'a str>,
    pub body: &'a [u8],
    pub now: Timestamp,
}

/// Parameters that every Google API takes.
const COMMON: [&str; 6] = ["alt", "prettyPrint", "fields", "key", "quotaUser", "uploadType"];

impl Call<'_> {
    pub fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn params<'b>(&'b self, name: &'b str) -> impl Iterator<Item = &'b str> {
        self.query.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Refuses parameters that the method does not have.
    pub fn only(&self, known: &[&str]) -> Result<(), ApiError> {
        match self.query.iter().find(|(key, _)| !known.contains(&key.as_str()) && !COMMON.contains(&key.as_str())) {
            Some((key, _)) => {
                Err(ApiError::bad(format!("Invalid JSON payload received. Unknown name \"{key}\": Cannot bind query parameter.")))
            }
            None => Ok(()),
        }
    }

    pub fn flag(&self, name: &str) -> Result<bool, ApiError> {
        match self.param(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(ApiError::bad(format!("Invalid value at '{name}' (TYPE_BOOL), \"{other}\""))),
        }
    }

    /// `maxResults`: 1 to 500, 100 where absent.
    pub fn max_results(&self) -> Result<usize, ApiError> {
        let Some(text) = self.param("maxResults") else { return Ok(100) };
        match text.parse::<usize>() {
            Ok(n @ 1..=500) => Ok(n),
            _ => Err(ApiError::bad(format!("Invalid value '{text}'. Values must be within the range: [1, 500]"))),
        }
    }

    /// The JSON body; unknown fields are refused by the types.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        let kind = self.content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            return Err(ApiError::bad(format!("Unsupported content type '{kind}': this method takes application/json.")));
        }
        serde_json::from_slice(self.body).map_err(|e| ApiError::bad(format!("Invalid JSON payload received. {e}")))
    }
}

/// A successful answer.
#[derive(Debug)]
pub(crate) enum Answer {
    Json(Value),
    /// 204.
    Empty,
}

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    let state = Ctx { shared, in_flight: Arc::default() };
    Router::new()
        .route("/batch", post(batch::handle))
        .route("/batch/gmail/v1", post(batch::handle))
        .route("/gmail/v1/{*rest}", any(handle))
        .route("/upload/gmail/v1/{*rest}", any(handle))
        .with_state(state)
}

#[derive(Clone)]
pub(crate) struct Ctx {
    pub shared: Arc<Shared>,
    in_flight: Arc<AtomicU32>,
}

/// Counts a request for as long as it lives.
struct InFlight(Arc<AtomicU32>, u32);

impl InFlight {
    fn enter(counter: &Arc<AtomicU32>) -> Self {
        let before = counter.fetch_add(1, Ordering::SeqCst);
        Self(counter.clone(), before + 1)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn handle(State(ctx): State<Ctx>, request: Request) -> Response {
    let open = InFlight::enter(&ctx.in_flight);
    let (parts, body) = request.into_parts();
    let body = match read(body).await {
        Ok(body) => body,
        Err(error) => return respond(Err(error)),
    };
    if parts.method == Method::HEAD {
        return respond(Err(ApiError::no_method()));
    }
    let call = Call {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: text::pairs(parts.uri.query().unwrap_or_default().as_bytes()),
        content_type: content_type(&parts.headers),
        body: &body,
        now: ctx.shared.clock.now(),
    };
    let outcome = authenticate(&ctx.shared, bearer_of(&parts.headers), call.now).and_then(|bearer| {
        locked(&ctx.shared.mail).check_concurrency(open.1)?;
        dispatch(&ctx.shared, &bearer, &call)
    });
    respond(outcome)
}

async fn read(body: Body) -> Result<axum::body::Bytes, ApiError> {
    to_bytes(body, MAX_BODY).await.map_err(|e| {
        // Anything but the limit is a request that broke off: of that, Google says that it took too long.
        if std::error::Error::source(&e).is_some_and(|s| s.to_string() == "length limit exceeded") {
            ApiError::new(413, "uploadTooLarge", "Request entity is too large.")
        } else {
            ApiError::new(408, "timeout", "Your client has taken too long to issue its request.")
        }
    })
}

fn content_type(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok())
}

pub(crate) fn respond(outcome: Result<Answer, ApiError>) -> Response {
    match outcome {
        Ok(Answer::Json(value)) => Json(value).into_response(),
        Ok(Answer::Empty) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => {
            let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let mut response = (status, Json(error.body())).into_response();
            if status == StatusCode::UNAUTHORIZED {
                let value = HeaderValue::from_static("Bearer realm=\"https://accounts.google.com/\", error=\"invalid_token\"");
                response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
            }
            response
        }
    }
}

pub(crate) fn authenticate(shared: &Shared, token: Option<&str>, now: Timestamp) -> Result<Bearer, ApiError> {
    token.and_then(|token| locked(shared.auth(Provider::Google)).introspect(token, now)).ok_or_else(ApiError::unauthorized)
}

/// Serves one call of an authenticated person.
pub(crate) fn dispatch(shared: &Shared, bearer: &Bearer, call: &Call<'_>) -> Result<Answer, ApiError> {
    let upload = call.path.starts_with("/upload/");
    let path = call.path.strip_prefix("/upload").unwrap_or(call.path);
    let rest = path.strip_prefix("/gmail/v1/users/").ok_or_else(ApiError::no_method)?;
    let segments: Vec<&str> = rest.split('/').collect();
    let (user, segments) = segments.split_first().ok_or_else(ApiError::no_method)?;
    let action = Action::of(call.method, segments, upload).ok_or_else(ApiError::no_method)?;
    if *user != "me" && !user.replace("%40", "@").eq_ignore_ascii_case(&bearer.email) {
        return Err(ApiError::new(403, "forbidden", "Delegation denied for this user"));
    }
    access::check(&action, bearer, call)?;
    let mut world = locked(&shared.mail);
    world.spend(&bearer.email, action.units(), call.now)?;
    run(&mut world, &bearer.email, &action, call)
}

fn run(world: &mut MailWorld, email: &str, action: &Action<'_>, call: &Call<'_>) -> Result<Answer, ApiError> {
    // Sending touches several mailboxes; all else is one's own.
    match action {
        Action::Send => return send::send(world, email, call),
        Action::SendUpload => return send::upload(world, email, call),
        Action::DraftSend => return drafts::send(world, email, call),
        _ => {}
    }
    let mailbox = world.mailbox_mut(email).ok_or_else(|| ApiError::failed("Mail service not enabled"))?;
    match action {
        Action::Profile => labels::profile(mailbox, call),
        Action::LabelList => labels::list(mailbox, call),
        Action::LabelGet(id) => labels::get(mailbox, id, call),
        Action::LabelCreate => labels::create(mailbox, call),
        Action::LabelUpdate(id) => labels::update(mailbox, id, call),
        Action::LabelDelete(id) => labels::delete(mailbox, id, call),
        Action::MessageList => messages::list(mailbox, call),
        Action::MessageGet(id) => messages::get(mailbox, id, call),
        Action::Attachment(id, attachment) => messages::attachment(mailbox, id, attachment, call),
        Action::Modify(id) => messages::modify(mailbox, id, call),
        Action::BatchModify => messages::batch_modify(mailbox, call),
        Action::BatchDelete => messages::batch_delete(mailbox, call),
        Action::Trash(id) => messages::trash(mailbox, id, call),
        Action::Untrash(id) => messages::untrash(mailbox, id, call),
        Action::Delete(id) => messages::delete(mailbox, id, call),
        Action::History => history::list(mailbox, call),
        Action::ThreadList => threads::list(mailbox, call),
        Action::ThreadGet(id) => threads::get(mailbox, id, call),
        Action::ThreadModify(id) => threads::modify(mailbox, id, call),
        Action::ThreadTrash(id) => threads::trash(mailbox, id, call, true),
        Action::ThreadUntrash(id) => threads::trash(mailbox, id, call, false),
        Action::ThreadDelete(id) => threads::delete(mailbox, id, call),
        Action::DraftList => drafts::list(mailbox, call),
        Action::DraftGet(id) => drafts::get(mailbox, id, call),
        Action::DraftCreate => drafts::create(mailbox, call),
        Action::DraftUpdate(id) => drafts::update(mailbox, id, call),
        Action::DraftDelete(id) => drafts::delete(mailbox, id, call),
        Action::SendAs => labels::send_as(mailbox, call),
        Action::Send | Action::SendUpload | Action::DraftSend => Err(ApiError::no_method()),
    }
}
