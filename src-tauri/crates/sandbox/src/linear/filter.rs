//! Filters of issues: those that are known here, nothing else.

use chrono::DateTime;
use serde_json::Value;

use super::{error::Refusal, issue::LinearIssue, world::LinearWorld};

fn unknown(name: &str) -> Refusal {
    Refusal::graphql("GRAPHQL_VALIDATION_FAILED", &format!("Field \"{name}\" is not defined by type \"IssueFilter\"."))
}

/// The one comparison of a field.
fn single<'a>(field: &str, value: &'a Value) -> Result<(&'a str, &'a Value), Refusal> {
    let map = value.as_object().filter(|map| map.len() == 1).ok_or_else(|| unknown(field))?;
    map.iter().next().map(|(name, value)| (name.as_str(), value)).ok_or_else(|| unknown(field))
}

fn instant(text: &str) -> Result<i64, Refusal> {
    DateTime::parse_from_rfc3339(text).map(|at| at.timestamp_millis()).map_err(|_| Refusal::argument("updatedAt must be a date."))
}

fn compare(field: &str, is: &str, value: &Value) -> Result<bool, Refusal> {
    let (how, value) = single(field, value)?;
    let listed = || value.as_array().is_some_and(|all| all.iter().any(|one| one == is));
    let time = || -> Result<(i64, i64), Refusal> { Ok((instant(is)?, instant(value.as_str().unwrap_or_default())?)) };
    match how {
        "eq" => Ok(value == is),
        "in" => Ok(listed()),
        "nin" => Ok(!listed()),
        "gt" => time().map(|(is, than)| is > than),
        "gte" => time().map(|(is, than)| is >= than),
        other => Err(unknown(other)),
    }
}

pub(super) fn takes(world: &LinearWorld, issue: &LinearIssue, filter: &Value) -> Result<bool, Refusal> {
    let Some(map) = filter.as_object() else { return Err(unknown("filter")) };
    for (field, value) in map {
        let fits = match field.as_str() {
            "id" => compare(field, &issue.id, value)?,
            "updatedAt" => compare(field, &issue.updated_at, value)?,
            "state" => match single(field, value)? {
                ("type", value) => compare("type", issue.kind(world), value)?,
                (other, _) => return Err(unknown(other)),
            },
            "assignee" => match single(field, value)? {
                ("isMe", value) => {
                    let (how, wanted) = single("isMe", value)?;
                    if how != "eq" {
                        return Err(unknown(how));
                    }
                    (issue.assignee.as_ref() == Some(&world.me)) == (wanted == true)
                }
                (other, _) => return Err(unknown(other)),
            },
            other => return Err(unknown(other)),
        };
        if !fits {
            return Ok(false);
        }
    }
    Ok(true)
}
