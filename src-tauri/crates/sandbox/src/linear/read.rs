//! Queries.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{error::Refusal, filter, issue::LinearIssue, world::LinearWorld};
use crate::{MARA, text};

type Args = BTreeMap<String, Value>;

pub(super) fn viewer(world: &LinearWorld) -> Value {
    json!({
        "id": world.me,
        "name": "Mara Lindqvist",
        "displayName": "mara",
        "email": MARA,
        "isMe": true,
        "organization": {"id": "0a4f", "name": "Nordlys", "urlKey": "nordlys"},
    })
}

/// A page of a connection (Relay): at most 250 nodes.
fn connection(world: &LinearWorld, args: &Args, all: &[(String, Value)]) -> Result<Value, Refusal> {
    let first = match args.get("first").map(Value::as_u64) {
        None => 50,
        Some(Some(first @ 1..=250)) => first as usize,
        Some(_) => return Err(Refusal::argument("first must not be greater than 250.")),
    };
    let seal = |id: &str| text::b64url(format!("{}:{id}", world.generation).as_bytes());
    let from = match args.get("after") {
        None => 0,
        Some(cursor) => {
            let at = all.iter().position(|(id, _)| *cursor == seal(id));
            at.ok_or_else(|| Refusal::argument("after must be a valid cursor."))? + 1
        }
    };
    let page: Vec<&(String, Value)> = all.iter().skip(from).take(first).collect();
    let nodes: Vec<&Value> = page.iter().map(|(_, node)| node).collect();
    let info = json!({"hasNextPage": from + page.len() < all.len(), "endCursor": page.last().map(|(id, _)| seal(id))});
    Ok(json!({"nodes": nodes, "pageInfo": info}))
}

pub(super) fn teams(world: &LinearWorld, args: &Args) -> Result<Value, Refusal> {
    let all: Vec<_> = world.teams.iter().map(|team| (team.id.clone(), team.json())).collect();
    connection(world, args, &all)
}

pub(super) fn labels(world: &LinearWorld, args: &Args) -> Result<Value, Refusal> {
    let node = |label: &super::issue::LinearLabel| {
        let team = label.team.as_ref().map(|id| json!({"id": id}));
        (label.id.clone(), json!({"id": label.id, "name": label.name, "isGroup": label.group, "team": team}))
    };
    let all: Vec<_> = world.labels.iter().map(node).collect();
    connection(world, args, &all)
}

pub(super) fn issues(world: &LinearWorld, args: &Args) -> Result<Value, Refusal> {
    let archived = args.get("includeArchived") == Some(&json!(true));
    let mut found: Vec<&LinearIssue> = Vec::new();
    for issue in world.issues.values().filter(|issue| !issue.deleted && (archived || issue.archived_at.is_none())) {
        if match args.get("filter") {
            Some(filter) => filter::takes(world, issue, filter)?,
            None => true,
        } {
            found.push(issue);
        }
    }
    match args.get("orderBy").and_then(Value::as_str) {
        None | Some("createdAt") => found.sort_by_key(|issue| (issue.created_at.clone(), issue.id.clone())),
        Some("updatedAt") => found.sort_by_key(|issue| (issue.updated_at.clone(), issue.id.clone())),
        Some(_) => return Err(Refusal::graphql("GRAPHQL_VALIDATION_FAILED", "Value does not exist in \"PaginationOrderBy\" enum.")),
    }
    // Newest first.
    let all: Vec<_> = found.into_iter().rev().map(|issue| (issue.id.clone(), issue.json(world))).collect();
    connection(world, args, &all)
}

pub(super) fn issue(world: &LinearWorld, args: &Args) -> Result<Value, Refusal> {
    let id = args.get("id").and_then(Value::as_str).unwrap_or_default();
    Ok(world.issue(id)?.json(world))
}
