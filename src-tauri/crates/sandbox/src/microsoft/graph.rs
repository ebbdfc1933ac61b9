//! Graph over HTTP: who asks, how many at a time, which call it is, and whether the token allows it.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::to_bytes,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::any,
};
use serde_json::json;

use super::{
    attachments, batch, calendar,
    call::{Answer, Call, segments},
    delta,
    drafts::{self, Kind},
    drive,
    error::GraphError,
    folders, messages, people, send, todo, upload,
    world::{MAX_IN_FLIGHT, MsWorld},
};
use crate::{
    Shared,
    control::locked,
    oauth::{Bearer, SignIn as _, http::bearer_of},
    text,
};

/// More than any request may have: what is larger is refused by the method.
const MAX_BODY: usize = 64 * 1024 * 1024;

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new().route("/v1.0/{*rest}", any(handle)).route(upload::PATH, any(handle)).route(drive::PATH, any(handle)).with_state(shared)
}

/// Counts a request among those of its mailbox for as long as it lives.
struct InFlight {
    shared: Arc<Shared>,
    email: String,
    weight: u32,
    /// All under way, this one included.
    open: u32,
}

impl InFlight {
    fn enter(shared: &Arc<Shared>, email: &str, weight: u32) -> Self {
        let open = locked(&shared.microsoft).enter(email, weight);
        Self { shared: shared.clone(), email: email.to_owned(), weight, open }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        locked(&self.shared.microsoft).leave(&self.email, self.weight);
    }
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let now = shared.clock.now();
    let client_request = parts.headers.get("client-request-id").and_then(|v| v.to_str().ok()).map(str::to_owned);
    let outcome = match to_bytes(body, MAX_BODY).await {
        Ok(body) => {
            let host = parts.headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
            let base = format!("http://{host}");
            let path = parts.uri.path();
            let call = Call {
                method: parts.method.as_str(),
                path: segments(path.strip_prefix("/v1.0").unwrap_or(path)),
                query: text::pairs(parts.uri.query().unwrap_or_default().as_bytes()),
                headers: headers(&parts.headers),
                body: &body,
                now,
                base: &base,
            };
            if path == upload::PATH {
                upload::handle(&mut locked(&shared.microsoft), &call)
            } else if path == drive::PATH {
                drive::by_address(&mut locked(&shared.microsoft), &call)
            } else {
                asked(&shared, &parts.headers, &call).await
            }
        }
        Err(_) => Err(GraphError::new(413, "RequestEntityTooLarge", "The request is too large.")),
    };
    let request_id = locked(&shared.microsoft).rng.token(20);
    respond(outcome, &request_id, client_request.as_deref(), now)
}

fn headers(map: &HeaderMap) -> Vec<(String, String)> {
    map.iter().filter_map(|(n, v)| Some((n.as_str().to_owned(), v.to_str().ok()?.to_owned()))).collect()
}

async fn asked(shared: &Arc<Shared>, headers: &HeaderMap, call: &Call<'_>) -> Result<Answer, GraphError> {
    let bearer = bearer_of(headers).and_then(|token| locked(&shared.entra).introspect(token, call.now));
    let bearer = bearer.ok_or_else(GraphError::unauthorized)?;
    let latency = {
        let world = locked(&shared.microsoft);
        if let Some(claims) = &world.switches.claims {
            let error = GraphError::new(401, "InvalidAuthenticationToken", "Continuous access evaluation resulted in challenge.");
            return Err(GraphError { claims: Some(claims.clone()), ..error });
        }
        world.switches.latency_ms
    };
    let parts = if call.path.len() == 1 && call.path.first().is_some_and(|s| s == "$batch") && call.method == "POST" {
        Some(batch::read(call)?)
    } else {
        None
    };
    let weight = parts.as_deref().map_or(1, batch::weight);
    let open = InFlight::enter(shared, &bearer.email, weight);
    if latency > 0 {
        tokio::time::sleep(Duration::from_millis(latency)).await;
    }
    let mut world = locked(&shared.microsoft);
    let others = open.open.saturating_sub(weight);
    let answer = match parts {
        Some(parts) => Ok(Answer::Json(200, batch::run(&mut world, &bearer, &parts, others, call, &shared.control))),
        None if world.switches.concurrency && open.open > MAX_IN_FLIGHT => Err(GraphError::concurrency(1)),
        None => dispatch(&mut world, &bearer, call),
    };
    // Before the counter, whose end takes the same lock.
    drop(world);
    answer
}

fn respond(outcome: Result<Answer, GraphError>, request_id: &str, client: Option<&str>, now: domain::time::Timestamp) -> Response {
    let status = |code: u16| StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = match outcome {
        Ok(Answer::Json(code, value)) => (status(code), Json(value)).into_response(),
        Ok(Answer::Bytes(kind, bytes)) => ([(header::CONTENT_TYPE, kind)], bytes).into_response(),
        Ok(Answer::Empty(code)) => status(code).into_response(),
        Ok(Answer::Found(place)) => (StatusCode::FOUND, [(header::LOCATION, place)]).into_response(),
        Ok(Answer::Raw(response)) => response,
        Err(error) => {
            let mut response = (status(error.status), Json(error.body(request_id, client, now))).into_response();
            let headers = response.headers_mut();
            if let Some(secs) = error.retry_after {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(secs));
            }
            if error.status == 401 {
                let mut value =
                    "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\"".to_owned();
                if let Some(claims) = &error.claims {
                    value.push_str(&format!(", error=\"insufficient_claims\", claims=\"{}\"", text::b64url_padded(claims.as_bytes())));
                }
                headers.extend(HeaderValue::from_str(&value).ok().map(|v| (header::WWW_AUTHENTICATE, v)));
            }
            response
        }
    };
    for (name, value) in [("request-id", Some(request_id)), ("client-request-id", client)] {
        if let Some(value) = value.and_then(|v| HeaderValue::from_str(v).ok()) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

/// 403 unless one of these was granted.
fn need(bearer: &Bearer, any: &[&str]) -> Result<(), GraphError> {
    if any.iter().any(|s| bearer.scopes.contains(*s)) { Ok(()) } else { Err(GraphError::access_denied()) }
}

const READ: [&str; 2] = ["Mail.Read", "Mail.ReadWrite"];
const WRITE: [&str; 1] = ["Mail.ReadWrite"];
const SEND: [&str; 1] = ["Mail.Send"];
const READ_CALENDARS: [&str; 2] = ["Calendars.Read", "Calendars.ReadWrite"];
const WRITE_CALENDARS: [&str; 1] = ["Calendars.ReadWrite"];
const READ_TASKS: [&str; 2] = ["Tasks.Read", "Tasks.ReadWrite"];
const WRITE_TASKS: [&str; 1] = ["Tasks.ReadWrite"];

/// Serves one call of an authenticated person.
pub(super) fn dispatch(world: &mut MsWorld, bearer: &Bearer, call: &Call<'_>) -> Result<Answer, GraphError> {
    world.settle(call.now);
    let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
    let rest = match path.as_slice() {
        ["me", rest @ ..] => rest,
        ["users", who, rest @ ..] if who.eq_ignore_ascii_case(&bearer.email) || *who == bearer.subject => rest,
        ["users", ..] => return Err(GraphError::access_denied()),
        other => return Err(GraphError::no_resource(other.first().unwrap_or(&""))),
    };
    let email = bearer.email.as_str();
    if let ("GET", []) = (call.method, rest) {
        need(bearer, &["User.Read"])?;
        // A personal account, or one without a mailbox, has no `mail`.
        return Ok(Answer::ok(json!({
            "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users/$entity",
            "id": bearer.subject, "displayName": bearer.name, "mail": email, "userPrincipalName": email,
        })));
    }
    // `mailFolders/{f}/messages/{m}` is the same message as `messages/{m}`.
    let rest = match rest {
        ["mailFolders", folder, "messages", message, more @ ..] if *message != "delta" => {
            world.mailbox(email)?.folder(folder)?;
            [&["messages", message], more].concat()
        }
        other => other.to_vec(),
    };
    world.spend(email, call.now)?;
    if let ["todo", rest @ ..] = rest.as_slice() {
        need(bearer, if call.method == "GET" { &READ_TASKS[..] } else { &WRITE_TASKS })?;
        return todo::run(world, email, rest, call);
    }
    if rest.first().is_some_and(|first| calendar::PATHS.contains(first)) {
        // A question, though it is a POST.
        let reads = call.method == "GET" || rest.last() == Some(&"getSchedule");
        need(bearer, if reads { &READ_CALENDARS[..] } else { &WRITE_CALENDARS })?;
        return calendar::run(world, email, &rest, call);
    }
    if let ["drive", rest @ ..] = rest.as_slice() {
        need(bearer, &[drive::SCOPE])?;
        return drive::run(world, email, rest, call);
    }
    if let Some(scopes) = rest.first().and_then(|first| people::scopes(first)) {
        need(bearer, scopes)?;
        return people::run(world, email, &rest, call);
    }
    match (call.method, rest.first()) {
        (_, Some(&"sendMail")) => need(bearer, &SEND)?,
        (_, Some(&"messages")) if rest.last() == Some(&"send") => need(bearer, &SEND)?,
        ("GET", _) => need(bearer, &READ)?,
        _ => need(bearer, &WRITE)?,
    }
    run(world, email, &rest, call)
}

fn run(world: &mut MsWorld, email: &str, rest: &[&str], call: &Call<'_>) -> Result<Answer, GraphError> {
    // What touches more than the mailbox.
    match (call.method, rest) {
        ("POST", ["sendMail"]) => return send::mail(world, email, call),
        ("POST", ["messages", id, "send"]) => return send::draft(world, email, id, call),
        ("POST", ["messages", id, "attachments", "createUploadSession"]) => return upload::create(world, email, id, call),
        _ => {}
    }
    let switches = world.switches.clone();
    let (known, rewrite, fresh) = (switches.well_known_name, switches.rewrites_message_id, world.rng.token(20));
    let mailbox = world.mailbox(email)?;
    match (call.method, rest) {
        ("GET", ["mailFolders"]) => folders::list(mailbox, folders::top(), call, known),
        ("POST", ["mailFolders"]) => folders::create(mailbox, folders::top(), call),
        ("GET", ["mailFolders", id]) => folders::get(mailbox, id, call, known),
        ("PATCH", ["mailFolders", id]) => folders::rename(mailbox, id, call),
        ("DELETE", ["mailFolders", id]) => folders::delete(mailbox, id),
        ("POST", ["mailFolders", id, "move"]) => folders::relocate(mailbox, id, call),
        ("GET", ["mailFolders", id, "childFolders"]) => folders::list(mailbox, id, call, known),
        ("POST", ["mailFolders", id, "childFolders"]) => folders::create(mailbox, id, call),
        ("GET", ["mailFolders", id, "messages"]) => messages::list(mailbox, Some(id), call),
        ("POST", ["mailFolders", id, "messages"]) => drafts::create(mailbox, id, call, &fresh, rewrite),
        ("GET", ["mailFolders", id, "messages", "delta"]) => delta::delta(mailbox, id, call, &switches),
        ("GET", ["messages"]) => messages::list(mailbox, None, call),
        ("POST", ["messages"]) => drafts::create(mailbox, "drafts", call, &fresh, rewrite),
        ("GET", ["messages", id]) => messages::get(mailbox, id, call),
        ("GET", ["messages", id, "$value"]) => messages::value(mailbox, id),
        ("PATCH", ["messages", id]) => messages::patch(mailbox, id, call),
        ("DELETE", ["messages", id]) => messages::delete(mailbox, id, false, call),
        ("POST", ["messages", id, "permanentDelete"]) => messages::delete(mailbox, id, true, call),
        ("POST", ["messages", id, "move"]) => messages::relocate(mailbox, id, call),
        ("POST", ["messages", id, "createReply"]) => drafts::answer(mailbox, id, Kind::Reply, call, &fresh),
        ("POST", ["messages", id, "createReplyAll"]) => drafts::answer(mailbox, id, Kind::ReplyAll, call, &fresh),
        ("POST", ["messages", id, "createForward"]) => drafts::answer(mailbox, id, Kind::Forward, call, &fresh),
        ("GET", ["messages", id, "attachments"]) => attachments::list(mailbox, id, call),
        ("POST", ["messages", id, "attachments"]) => attachments::create(mailbox, id, call),
        ("GET", ["messages", id, "attachments", file]) => attachments::get(mailbox, id, file, call),
        ("GET", ["messages", id, "attachments", file, "$value"]) => attachments::value(mailbox, id, file),
        ("DELETE", ["messages", id, "attachments", file]) => attachments::delete(mailbox, id, file, call),
        (_, [first, ..]) if ["mailFolders", "messages"].contains(first) => {
            Err(GraphError::new(405, "BadRequest", "The HTTP method or the path is not there."))
        }
        (_, other) => Err(GraphError::no_resource(other.first().unwrap_or(&""))),
    }
}
