//! Making, changing, moving along and deleting issues.

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::{
    Answer, Asked, adf,
    error::Refusal,
    issue::JiraIssue,
    read,
    world::{ACCOUNT, COLLEAGUE, JiraWorld},
};

/// In characters.
const SUMMARY: usize = 255;

fn fill(issue: &mut JiraIssue, map: &Map<String, Value>) -> Result<(), Refusal> {
    for (field, value) in map {
        match (field.as_str(), value) {
            ("project" | "issuetype", _) => {}
            ("summary", Value::String(text)) if text.contains('\n') => {
                return Err(Refusal::field("summary", "The summary is invalid because it contains newline characters."));
            }
            ("summary", Value::String(text)) if !text.trim().is_empty() && text.chars().count() <= SUMMARY => {
                issue.summary.clone_from(text);
            }
            ("summary", _) => return Err(Refusal::field("summary", "Summary must be from 1 to 255 characters.")),
            ("description", document) => {
                adf::check("description", document)?;
                issue.description = document.clone();
            }
            ("duedate", Value::Null) => issue.duedate = None,
            ("duedate", Value::String(day)) if day.len() == 10 && day.parse::<NaiveDate>().is_ok() => issue.duedate = Some(day.clone()),
            ("duedate", _) => return Err(Refusal::field("duedate", "Due date must be in the format yyyy-MM-dd.")),
            ("labels", Value::Array(all)) => {
                let labels: Option<Vec<String>> = all.iter().map(|label| label.as_str().map(str::to_owned)).collect();
                let labels = labels.ok_or_else(|| Refusal::field("labels", "string expected"))?;
                if let Some(label) = labels.iter().find(|label| label.contains(' ') || label.is_empty()) {
                    return Err(Refusal::field("labels", &format!("The label '{label}' contains spaces which is invalid.")));
                }
                issue.labels = labels;
                issue.labels.sort();
                issue.labels.dedup();
            }
            ("assignee", Value::Null) => issue.assignee = None,
            ("assignee", value) => {
                let id = value.get("accountId").and_then(Value::as_str).unwrap_or_default();
                if ![ACCOUNT, COLLEAGUE].contains(&id) {
                    return Err(Refusal::field("assignee", "Specify a valid value for assignee"));
                }
                issue.assignee = Some(id.to_owned());
            }
            (field, _) => return Err(Refusal::field(field, "Field cannot be set. It is not on the appropriate screen, or unknown.")),
        }
    }
    Ok(())
}

fn fields(asked: &Asked<'_>) -> Result<Map<String, Value>, Refusal> {
    let map = asked.object(&["fields"])?;
    map.get("fields").and_then(Value::as_object).cloned().ok_or_else(|| Refusal::new(400, "one of 'fields' or 'update' required"))
}

pub(super) fn create(world: &mut JiraWorld, asked: &Asked<'_>) -> Answer {
    asked.params(&[])?;
    let map = fields(asked)?;
    let id = |field: &str| map.get(field).and_then(|value| value.get("id")).and_then(Value::as_str).unwrap_or_default();
    let project = world.project(id("project")).ok_or_else(|| Refusal::field("project", "Specify a valid project ID or key"))?.clone();
    match id("issuetype") {
        "10000" | "10001" | "10002" => {}
        "10003" => return Err(Refusal::field("parent", "Issue type is a sub-task but parent issue key or id not specified.")),
        _ => return Err(Refusal::field("issuetype", "Specify a valid issue type")),
    }
    if !map.contains_key("summary") {
        return Err(Refusal::field("summary", "You must specify a summary of the issue."));
    }
    let number = world.next_number(&project.id);
    let mut issue =
        JiraIssue { project: project.id, number, category: "new".to_owned(), creator: ACCOUNT.to_owned(), ..JiraIssue::default() };
    fill(&mut issue, &map)?;
    issue.id = world.fresh_id();
    let kept = world.keep(issue, asked.now);
    Ok((
        201,
        json!({"id": kept.id, "key": format!("{}-{number}", project.key), "self": format!("https://nordlys.example/rest/api/3/issue/{}", kept.id)}),
    ))
}

pub(super) fn update(world: &mut JiraWorld, asked: &Asked<'_>, id: &str) -> Answer {
    asked.params(&[])?;
    let map = fields(asked)?;
    let mut issue = world.issue(id)?.clone();
    if let Some(field) = ["project", "issuetype"].into_iter().find(|field| map.contains_key(*field)) {
        return Err(Refusal::field(field, "Field cannot be set."));
    }
    fill(&mut issue, &map)?;
    world.keep(issue, asked.now);
    Ok((204, Value::Null))
}

pub(super) fn transition(world: &mut JiraWorld, asked: &Asked<'_>, id: &str) -> Answer {
    asked.params(&[])?;
    let map = asked.object(&["transition"])?;
    let wanted = map.get("transition").and_then(|t| t.get("id")).and_then(Value::as_str).unwrap_or_default();
    let issue = world.issue(id)?.clone();
    let ways = read::ways(world, &issue.category);
    let (_, _, to) = ways
        .into_iter()
        .find(|(id, ..)| *id == wanted)
        .ok_or_else(|| Refusal::new(400, "It seems that you have tried to perform an illegal workflow operation."))?;
    if to == "done" && world.switches.asks_resolution {
        return Err(Refusal::field("resolution", "Resolution is required."));
    }
    world.keep(JiraIssue { category: to.to_owned(), ..issue }, asked.now);
    Ok((204, Value::Null))
}

pub(super) fn delete(world: &mut JiraWorld, asked: &Asked<'_>, id: &str) -> Answer {
    asked.params(&[])?;
    let issue = JiraIssue { deleted: true, ..world.issue(id)?.clone() };
    world.issues.insert(issue.id.clone(), issue);
    Ok((204, Value::Null))
}
