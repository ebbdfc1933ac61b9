//! Mutations.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::time::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    error::Refusal,
    issue::{LinearIssue, LinearLabel, stamp},
    world::{COLLEAGUE, LinearWorld},
};

type Args = BTreeMap<String, Value>;

/// In characters. (unverified)
const TITLE: usize = 512;

fn input<'a>(args: &'a Args, known: &[&str]) -> Result<&'a Map<String, Value>, Refusal> {
    let map = args.get("input").and_then(Value::as_object).ok_or_else(|| Refusal::argument("input is required."))?;
    match map.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => {
            Err(Refusal::graphql("GRAPHQL_VALIDATION_FAILED", &format!("Field \"{name}\" is not defined by the type of \"input\".")))
        }
        None => Ok(map),
    }
}

const FIELDS: &[&str] = &["title", "description", "priority", "dueDate", "stateId", "labelIds", "parentId", "assigneeId"];

/// A version 4 UUID, as Linear wants ids to be.
fn is_uuid4(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    lengths == [8, 4, 4, 4, 12]
        && parts.iter().all(|part| part.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase()))
        && parts.get(2).is_some_and(|part| part.starts_with('4'))
        && parts.get(3).is_some_and(|part| part.starts_with(['8', '9', 'a', 'b']))
}

pub(super) fn create(world: &mut LinearWorld, args: &Args, now: Timestamp) -> Result<Value, Refusal> {
    let known: Vec<&str> = FIELDS.iter().copied().chain(["id", "teamId"]).collect();
    let map = input(args, &known)?;
    let team = map.get("teamId").and_then(Value::as_str).ok_or_else(|| Refusal::argument("teamId must be a UUID."))?;
    let team = world.team(team).ok_or_else(|| Refusal::no_entity("Team"))?.id.clone();
    let id = match map.get("id") {
        None | Some(Value::Null) => world.fresh_id(),
        Some(Value::String(id)) if is_uuid4(id) => id.clone(),
        Some(_) => return Err(Refusal::argument("id must be a UUID.")),
    };
    if world.issues.contains_key(&id) {
        return Err(Refusal::input(200, "Entity with this id already exists"));
    }
    if !map.contains_key("title") {
        return Err(Refusal::argument("title must be a string."));
    }
    let first = world.state_of(&team, "backlog").or_else(|| world.state_of(&team, "unstarted")).map(|state| state.id.clone());
    let number = world.next_number(&team);
    let base =
        LinearIssue { id, team, number, state: first.unwrap_or_default(), sort_order: -(number as f64) * 100.0, ..LinearIssue::default() };
    let issue = changed(world, base, map)?;
    let issue = world.keep(issue, now).clone();
    Ok(json!({"success": true, "issue": issue.json(world)}))
}

pub(super) fn update(world: &mut LinearWorld, args: &Args, now: Timestamp) -> Result<Value, Refusal> {
    let map = input(args, FIELDS)?;
    let id = args.get("id").and_then(Value::as_str).unwrap_or_default();
    let issue = world.issue(id)?.clone();
    if issue.trashed {
        return Err(Refusal::forbidden("Issue is in the trash."));
    }
    let issue = changed(world, issue, map)?;
    let issue = world.keep(issue, now).clone();
    Ok(json!({"success": true, "issue": issue.json(world)}))
}

/// To the trash.
pub(super) fn delete(world: &mut LinearWorld, args: &Args, now: Timestamp) -> Result<Value, Refusal> {
    let id = args.get("id").and_then(Value::as_str).unwrap_or_default();
    let issue = LinearIssue { trashed: true, archived_at: Some(stamp(now)), ..world.issue(id)?.clone() };
    world.keep(issue, now);
    Ok(json!({"success": true}))
}

/// Each field of an input, checked. Null takes it away.
fn changed(world: &LinearWorld, mut issue: LinearIssue, map: &Map<String, Value>) -> Result<LinearIssue, Refusal> {
    let wrong = |field: &str, what: &str| Refusal::argument(&format!("{field} must be {what}."));
    for (field, value) in map {
        let text = value.as_str();
        match (field.as_str(), value) {
            ("id" | "teamId", _) => {}
            ("title", Value::String(title)) if !title.trim().is_empty() && title.chars().count() <= TITLE => issue.title.clone_from(title),
            ("title", _) => return Err(wrong("title", "longer than or equal to 1 and shorter than or equal to 512 characters")),
            ("description", Value::Null | Value::String(_)) => issue.description = text.filter(|t| !t.is_empty()).map(str::to_owned),
            ("priority", Value::Number(n)) if n.as_u64().is_some_and(|n| n <= 4) => issue.priority = n.as_u64().unwrap_or_default() as u8,
            ("dueDate", Value::Null) => issue.due_date = None,
            ("dueDate", Value::String(day)) if day.len() == 10 && day.parse::<NaiveDate>().is_ok() => issue.due_date = Some(day.clone()),
            ("stateId", Value::String(id)) => {
                issue.state = world.state(&issue.team, id).ok_or_else(|| Refusal::no_entity("WorkflowState"))?.id.clone();
            }
            ("labelIds", Value::Array(ids)) => issue.labels = labelled(world, &issue.team, ids)?,
            ("parentId", Value::Null) => issue.parent = None,
            ("parentId", Value::String(id)) => {
                let parent = world.issue(id)?;
                if parent.id == issue.id || parent.parent.as_ref() == Some(&issue.id) {
                    return Err(wrong("parentId", "no issue below this one"));
                }
                issue.parent = Some(parent.id.clone());
            }
            ("assigneeId", Value::Null) => issue.assignee = None,
            ("assigneeId", Value::String(id)) if *id == world.me || id == COLLEAGUE => issue.assignee = Some(id.clone()),
            ("assigneeId", Value::String(_)) => return Err(Refusal::no_entity("User")),
            (field, _) => return Err(wrong(field, "of its type")),
        }
    }
    Ok(issue)
}

fn labelled(world: &LinearWorld, team: &str, ids: &[Value]) -> Result<Vec<String>, Refusal> {
    let mut names = Vec::new();
    for id in ids {
        let label = world.labels.iter().find(|label| *id == label.id).ok_or_else(|| Refusal::no_entity("IssueLabel"))?;
        if label.group {
            return Err(Refusal::argument("labelIds must not contain groups."));
        }
        if label.team.as_deref().is_some_and(|of| of != team) {
            return Err(Refusal::argument("The label is not associated with the same team as the issue."));
        }
        names.push(label.name.clone());
    }
    names.sort();
    names.dedup();
    Ok(names)
}

pub(super) fn label(world: &mut LinearWorld, args: &Args) -> Result<Value, Refusal> {
    let map = input(args, &["name", "teamId", "color"])?;
    let name = map.get("name").and_then(Value::as_str).filter(|name| !name.trim().is_empty());
    let name = name.ok_or_else(|| Refusal::argument("name must be a string."))?.to_owned();
    let team = map.get("teamId").and_then(Value::as_str).map(str::to_owned);
    if let Some(id) = &team
        && world.team(id).is_none()
    {
        return Err(Refusal::no_entity("Team"));
    }
    let same = |label: &LinearLabel| label.name.eq_ignore_ascii_case(&name) && (label.team.is_none() || label.team == team);
    if world.labels.iter().any(same) {
        return Err(Refusal::input(200, "Label with this name already exists"));
    }
    let label = LinearLabel { id: world.fresh_id(), name, team, group: false };
    world.labels.push(label.clone());
    Ok(
        json!({"success": true, "issueLabel": {"id": label.id, "name": label.name, "isGroup": false, "team": label.team.map(|id| json!({"id": id}))}}),
    )
}
