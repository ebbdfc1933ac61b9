//! Linear's GraphQL API as far as a list of tasks uses it (PROVIDERS 6.3): who one is, teams with their workflow states, labels, issues.
//!
//! One person with an API key, or who signs in ([`crate::oauth`]). Questions are parsed, checked against a schema and priced; a field, an argument or a filter that is not
//! known here is refused. What is not known of the real service is a switch ([`LinearSwitches`]).

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
    routing::post,
};
use domain::time::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    Provider, Shared,
    control::locked,
    graphql,
    oauth::{Bearer, User, http::bearer_of},
    serve::LoseAnswer,
};

mod error;
mod filter;
mod fixtures;
mod handles;
mod issue;
mod limits;
mod read;
mod schema;
#[cfg(test)]
mod tests;
pub(crate) mod world;
mod write;

pub(crate) use error::scripted;
pub(crate) use fixtures::world;
pub use issue::{LinearIssue, LinearState, LinearTeam};
pub use world::{COLLEAGUE as LINEAR_COLLEAGUE, LinearSwitches, USER as LINEAR_USER};

use error::Refusal;

const MAX_BODY: usize = 1024 * 1024;

pub(crate) fn routes(shared: Arc<Shared>) -> Router {
    Router::new().route("/graphql", post(handle)).with_state(shared)
}

/// Who can sign in: the person of the stand-in, and a colleague.
pub(crate) fn users() -> Vec<User> {
    vec![User::new(world::USER, crate::MARA, "Mara Lindqvist"), User::new(world::COLLEAGUE, "ines@northgate.example", "Ines Ferreira")]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Question {
    query: String,
    #[serde(default)]
    variables: Option<Map<String, Value>>,
    #[serde(default)]
    operation_name: Option<String>,
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let now = shared.clock.now();
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return respond(Err(Refusal::input(413, "Payload too large"))) };
    // A sign-in's token; a key of the person's own is none.
    let signed_in = bearer_of(&parts.headers).and_then(|token| locked(shared.sign_in(Provider::Linear)).introspect(token, now));
    let mut world = locked(&shared.linear);
    let mut lost = false;
    let outcome = admit(&world, &parts.headers, signed_in.as_ref()).and_then(|()| {
        let writes = signed_in.as_ref().is_none_or(|who| who.scopes.contains("write"));
        run(&mut world, &body, writes, now, &mut lost)
    });
    let mut response = respond(outcome);
    world.limits.mark(&world.switches, now, response.headers_mut());
    if lost {
        response.extensions_mut().insert(LoseAnswer);
    }
    response
}

/// A key stands in the header by itself, not as a bearer token.
fn admit(world: &world::LinearWorld, headers: &HeaderMap, signed_in: Option<&Bearer>) -> Result<(), Refusal> {
    let said = |name: header::HeaderName| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !said(header::CONTENT_TYPE).starts_with("application/json") {
        return Err(Refusal::input(400, "This operation has been blocked as a potential Cross-Site Request Forgery (CSRF)."));
    }
    match said(header::AUTHORIZATION) {
        "" => Err(Refusal::signed_out("Authentication required, not authenticated")),
        key if key.strip_prefix("Bearer ").is_some_and(|key| key.starts_with("lin_api_")) => Err(Refusal::input(
            400,
            "It looks like you're trying to use an API key as a Bearer token. Remove the Bearer prefix from the Authorization header.",
        )),
        key if key == world.key => Ok(()),
        _ if signed_in.is_some_and(|who| who.subject == world.me) => Ok(()),
        _ => Err(Refusal::signed_out("Authentication required, not authenticated")),
    }
}

/// `writes`: whether it may change anything. `lost`: the answer is not to arrive.
fn run(world: &mut world::LinearWorld, body: &[u8], writes: bool, now: Timestamp, lost: &mut bool) -> Result<Value, Refusal> {
    let body: Question = serde_json::from_slice(body).map_err(|_| Refusal::input(400, "POST body is not a GraphQL request."))?;
    let variables = body.variables.unwrap_or_default();
    let operation = graphql::parse(&body.query).map_err(|why| Refusal::graphql("GRAPHQL_PARSE_FAILED", &why))?;
    if body.operation_name.is_some() && body.operation_name != operation.name {
        return Err(Refusal::graphql("OPERATION_RESOLUTION_FAILURE", "Unknown operation name."));
    }
    if operation.mutation && !writes {
        return Err(Refusal::input(403, "Invalid scope: `write` required"));
    }
    let points =
        graphql::check(&schema::SCHEMA, &operation, &variables).map_err(|why| Refusal::graphql("GRAPHQL_VALIDATION_FAILED", &why))?;
    world.limits.spend(&world.switches, points, now)?;
    let names: Vec<&str> = operation.fields.iter().map(|field| field.name.as_str()).collect();
    world.operations.push(names.join(" "));
    let mut data = Map::new();
    for field in &operation.fields {
        let args = field.arguments(&variables);
        let whole = match field.name.as_str() {
            "viewer" => Ok(read::viewer(world)),
            "teams" => read::teams(world, &args),
            "issueLabels" => read::labels(world, &args),
            "issues" => read::issues(world, &args),
            "issue" => read::issue(world, &args),
            "issueCreate" => write::create(world, &args, now),
            "issueUpdate" => write::update(world, &args, now),
            "issueDelete" => write::delete(world, &args, now),
            "issueLabelCreate" => write::label(world, &args),
            other => Err(Refusal::graphql("GRAPHQL_VALIDATION_FAILED", other)),
        }?;
        data.insert(field.key().to_owned(), graphql::cut(&whole, &field.fields));
    }
    let of_an_issue = operation.fields.iter().any(|field| field.name.starts_with("issue") && !field.name.contains("Label"));
    if operation.mutation && of_an_issue && world.switches.lose_answers > 0 {
        world.switches.lose_answers -= 1;
        *lost = true;
    }
    Ok(json!({"data": data}))
}

fn respond(outcome: Result<Value, Refusal>) -> Response {
    let (status, body) = outcome.map_or_else(|refusal| (refusal.status, refusal.body()), |body| (200, body));
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    response
}
