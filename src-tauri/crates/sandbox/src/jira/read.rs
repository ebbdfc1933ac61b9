//! Reading: who one is, projects, kinds of issues, searches, issues, transitions.

use serde_json::{Value, json};

use super::{
    Answer, Asked,
    error::Refusal,
    jql::Search,
    world::{ACCOUNT, JiraWorld},
};
use crate::{MARA, text};

/// Fields of an issue.
const FIELDS: &[&str] = &[
    "summary",
    "description",
    "status",
    "priority",
    "duedate",
    "labels",
    "assignee",
    "creator",
    "project",
    "created",
    "updated",
    "resolutiondate",
];
/// Issues with fields of an answer; with ids alone there may be more.
const LARGEST: u64 = 100;

pub(super) fn myself(asked: &Asked<'_>) -> Answer {
    asked.params(&[])?;
    Ok((
        200,
        json!({"accountId": ACCOUNT, "emailAddress": MARA, "displayName": "Mara Lindqvist", "active": true, "timeZone": "Europe/Stockholm"}),
    ))
}

pub(super) fn projects(world: &JiraWorld, asked: &Asked<'_>) -> Answer {
    asked.params(&["startAt", "maxResults"])?;
    let number =
        |name: &str, fallback: usize| asked.get(name).map_or(Ok(fallback), |n| n.parse().map_err(|_| Refusal::new(400, "Not a number.")));
    let (from, most) = (number("startAt", 0)?, number("maxResults", 50)?.min(50));
    let values: Vec<Value> =
        world.projects.iter().skip(from).take(most).map(|p| json!({"id": p.id, "key": p.key, "name": p.name, "archived": false})).collect();
    let last = from + values.len() >= world.projects.len();
    Ok((200, json!({"startAt": from, "maxResults": most, "total": world.projects.len(), "isLast": last, "values": values})))
}

pub(super) fn kinds(world: &JiraWorld, asked: &Asked<'_>, project: &str) -> Answer {
    asked.params(&[])?;
    world.project(project).ok_or_else(|| Refusal::new(404, "No project could be found."))?;
    let kinds = [("10000", "Epic", false), ("10003", "Sub-task", true), ("10001", "Task", false), ("10002", "Bug", false)];
    let kinds: Vec<Value> = kinds.iter().map(|(id, name, subtask)| json!({"id": id, "name": name, "subtask": subtask})).collect();
    Ok((200, json!({"startAt": 0, "maxResults": 50, "total": kinds.len(), "issueTypes": kinds})))
}

fn fields(names: &[String]) -> Result<(), Refusal> {
    match names.iter().find(|name| !FIELDS.contains(&name.as_str()) && *name != "id") {
        Some(name) => Err(Refusal::new(400, &format!("Field '{name}' does not exist."))),
        None => Ok(()),
    }
}

/// Tokens are bound to the search.
pub(super) fn search(world: &JiraWorld, asked: &Asked<'_>) -> Answer {
    let map = asked.object(&["jql", "fields", "maxResults", "nextPageToken"])?;
    let jql = map.get("jql").and_then(Value::as_str).unwrap_or_default();
    let search = Search::read(jql, asked.now)?;
    let names: Vec<String> =
        map.get("fields").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    fields(&names)?;
    let bare = names.is_empty() || names == ["id"];
    let most = map.get("maxResults").map_or(Some(50), Value::as_u64).ok_or_else(|| Refusal::new(400, "maxResults is no number."))?;
    let most = most.min(if bare { 5000 } else { LARGEST }).min(world.switches.page as u64) as usize;
    let mut found: Vec<_> = world.issues.values().filter(|issue| !issue.deleted && search.takes(issue)).collect();
    found.sort_by_key(|issue| search.key(issue));
    let seal = |at: usize| text::b64url(format!("{}:{at}:{jql}", world.generation).as_bytes());
    let from = match map.get("nextPageToken").and_then(Value::as_str) {
        None => 0,
        Some(token) => {
            (0..=found.len()).find(|at| seal(*at) == token).ok_or_else(|| Refusal::new(400, "The provided next page token is invalid."))?
        }
    };
    let issues: Vec<Value> = found.iter().skip(from).take(most).map(|issue| issue.json(world, &names)).collect();
    let end = from + issues.len();
    let mut body = json!({"issues": issues, "isLast": end >= found.len()});
    if end < found.len() {
        text::put(&mut body, "nextPageToken", json!(seal(end)));
    }
    Ok((200, body))
}

pub(super) fn issue(world: &JiraWorld, asked: &Asked<'_>, id: &str) -> Answer {
    asked.params(&["fields"])?;
    let names: Vec<String> = asked
        .get("fields")
        .map_or_else(|| FIELDS.iter().map(|&name| name.to_owned()).collect(), |list| list.split(',').map(str::to_owned).collect());
    fields(&names)?;
    Ok((200, world.issue(id)?.json(world, &names)))
}

/// Where an issue may go from where it is: id, name, and the category of where it leads.
pub(super) fn ways(world: &JiraWorld, category: &str) -> Vec<(&'static str, &'static str, &'static str)> {
    let all = [("11", "To Do", "new"), ("21", "Start", "indeterminate"), ("31", "Done", "done")];
    let stuck = category == "done" && !world.switches.reopens;
    all.into_iter().filter(|(_, _, to)| *to != category && !stuck).collect()
}

pub(super) fn transitions(world: &JiraWorld, asked: &Asked<'_>, id: &str) -> Answer {
    asked.params(&[])?;
    let ways = ways(world, &world.issue(id)?.category);
    let ways: Vec<Value> =
        ways.iter().map(|(id, name, to)| json!({"id": id, "name": name, "to": {"name": name, "statusCategory": {"key": to}}})).collect();
    Ok((200, json!({"transitions": ways})))
}
