//! `POST /$batch`: up to twenty calls in one request, each answered on its own (PROVIDERS 2.4).

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    call::{Answer, Call, segments},
    error::GraphError,
    graph::dispatch,
    world::{MAX_IN_FLIGHT, MsWorld},
};
use crate::{
    control::{Control, FaultAction, LogEntry, Provider},
    oauth::Bearer,
    text,
};

const MAX_PARTS: usize = 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Requests {
    requests: Vec<Part>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Part {
    id: String,
    method: String,
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: Option<Value>,
    #[serde(default)]
    depends_on: Vec<String>,
}

/// The parts of a well-formed batch.
pub(super) fn read(call: &Call<'_>) -> Result<Vec<Part>, GraphError> {
    let Requests { requests } = call.json()?;
    if requests.is_empty() || requests.len() > MAX_PARTS {
        return Err(GraphError::bad(format!("Number of batch request steps must be from 1 to the maximum value of {MAX_PARTS}.")));
    }
    let mut seen = BTreeSet::new();
    for part in &requests {
        if !part.depends_on.iter().all(|id| seen.contains(id.as_str())) {
            return Err(GraphError::bad("A step depends on one that does not come before it."));
        }
        if part.id.is_empty() || !seen.insert(part.id.as_str()) {
            return Err(GraphError::bad("The ids of batch request steps must be unique."));
        }
        if !part.url.starts_with('/') || part.url.starts_with("//") {
            return Err(GraphError::bad(format!("The URL of step '{}' must be relative.", part.id)));
        }
        let typed = part.headers.keys().any(|n| n.eq_ignore_ascii_case("content-type"));
        if part.body.is_some() && !typed {
            return Err(GraphError::bad(format!("Write request id : {} does not contain Content-Type header or body.", part.id)));
        }
    }
    Ok(requests)
}

/// How many of a batch run at once, which is what it counts among the requests under way.
pub(super) fn weight(parts: &[Part]) -> u32 {
    (parts.len() as u32).min(MAX_IN_FLIGHT)
}

/// `others`: requests under way beside this batch. Answers come in another order than the questions.
pub(super) fn run(world: &mut MsWorld, bearer: &Bearer, parts: &[Part], others: u32, outer: &Call<'_>, control: &Control) -> Value {
    let mut statuses: BTreeMap<&str, u16> = BTreeMap::new();
    let mut responses = Vec::new();
    let free = if world.switches.concurrency { MAX_IN_FLIGHT.saturating_sub(others) } else { MAX_IN_FLIGHT };
    for (n, part) in parts.iter().enumerate() {
        let failed = part.depends_on.iter().any(|id| statuses.get(id.as_str()).is_none_or(|s| *s >= 400));
        // Of each four that would run together, only so many as there is room for.
        let crowded = (n as u32 % MAX_IN_FLIGHT) >= free;
        let (status, headers, body) = if failed {
            refused(&GraphError::new(424, "FailedDependency", "A step that this one depends on has failed."), outer)
        } else if crowded {
            refused(&GraphError::concurrency(2), outer)
        } else {
            one(world, bearer, part, outer, control)
        };
        statuses.insert(&part.id, status);
        let mut response = json!({"id": part.id, "status": status, "headers": headers});
        if let (Some(map), Some(body)) = (response.as_object_mut(), body) {
            map.insert("body".to_owned(), body);
        }
        responses.push(response);
    }
    responses.reverse();
    json!({"responses": responses})
}

type Response = (u16, Map<String, Value>, Option<Value>);

fn refused(error: &GraphError, call: &Call<'_>) -> Response {
    let mut headers = Map::from_iter([("Content-Type".to_owned(), json!("application/json"))]);
    if let Some(secs) = error.retry_after {
        headers.insert("Retry-After".to_owned(), json!(secs.to_string()));
    }
    (error.status, headers, Some(error.body("batched", None, call.now)))
}

fn one(world: &mut MsWorld, bearer: &Bearer, part: &Part, outer: &Call<'_>, control: &Control) -> Response {
    let (path, query) = part.url.split_once('?').unwrap_or((&part.url, ""));
    let full = format!("/v1.0{path}");
    let body = match &part.body {
        None => Vec::new(),
        // What is no JSON comes as base64.
        Some(Value::String(text)) => STANDARD.decode(text).unwrap_or_else(|_| text.as_bytes().to_vec()),
        Some(value) => value.to_string().into_bytes(),
    };
    let call = Call {
        method: &part.method,
        path: segments(path),
        query: text::pairs(query.as_bytes()),
        headers: part.headers.iter().map(|(n, v)| (n.to_lowercase(), v.clone())).collect(),
        body: &body,
        now: outer.now,
        base: outer.base,
    };
    let (status, headers, body) = match control.fire(Provider::Microsoft, &part.method, &full, true) {
        Some(FaultAction::Status { status, retry_after, reason, body }) => {
            let mut headers = Map::from_iter([("Content-Type".to_owned(), json!("application/json"))]);
            headers.extend(retry_after.map(|v| ("Retry-After".to_owned(), json!(v))));
            (status, headers, Some(body.unwrap_or_else(|| super::scripted(status, reason.as_deref()))))
        }
        _ if call.path.first().is_some_and(|s| s == "$batch") => refused(&GraphError::bad("A batch in a batch."), outer),
        _ => match dispatch(world, bearer, &call) {
            Ok(Answer::Json(status, value)) => {
                (status, Map::from_iter([("Content-Type".to_owned(), json!("application/json"))]), Some(value))
            }
            Ok(Answer::Bytes(kind, bytes)) => {
                (200, Map::from_iter([("Content-Type".to_owned(), json!(kind))]), Some(json!(STANDARD.encode(bytes))))
            }
            Ok(Answer::Empty(status)) => (status, Map::new(), None),
            Ok(Answer::Found(place)) => (302, Map::from_iter([("Location".to_owned(), Value::String(place))]), None),
            // An address of content is no part of a batch.
            Ok(Answer::Raw(_)) => (400, Map::new(), None),
            Err(error) => refused(&error, outer),
        },
    };
    control.record(LogEntry {
        at: outer.now,
        provider: Provider::Microsoft,
        method: part.method.clone(),
        path: full,
        query: query.to_owned(),
        status,
        batched: true,
    });
    (status, headers, body)
}
