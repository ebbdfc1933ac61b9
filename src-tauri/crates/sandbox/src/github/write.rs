//! Making and changing issues.

use serde_json::{Map, Value};

use super::{
    Answer, Asked,
    error::Refusal,
    issue::{GithubIssue, GithubRepo},
    world::{GithubWorld, LOGIN},
};

/// In characters.
const TITLE: usize = 256;
const BODY: usize = 65_536;
/// Who may be given an issue, besides the person: everybody else is unknown here.
const COLLEAGUES: &[&str] = &["priyar", "tobiash"];

const CREATE: &[&str] = &["title", "body", "assignee", "assignees", "milestone", "labels", "type"];
const UPDATE: &[&str] = &["title", "body", "assignee", "assignees", "milestone", "labels", "type", "state", "state_reason"];

fn object(asked: &Asked<'_>, known: &[&str]) -> Result<Map<String, Value>, Refusal> {
    let value: Value = serde_json::from_slice(asked.body).map_err(|_| Refusal::new(400, "Problems parsing JSON"))?;
    let Value::Object(map) = value else { return Err(Refusal::new(400, "Body should be a JSON object")) };
    match map.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(Refusal::invalid(name, "unknown_field", "there is no such field")),
        None => Ok(map),
    }
}

fn texts(name: &str, value: &Value) -> Result<Vec<String>, Refusal> {
    let wrong = || Refusal::invalid(name, "invalid", "not a list of texts");
    value.as_array().ok_or_else(wrong)?.iter().map(|one| one.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
}

fn people(value: &Value) -> Result<Vec<String>, Refusal> {
    let logins = texts("assignees", value)?;
    match logins.iter().find(|login| *login != LOGIN && !COLLEAGUES.contains(&login.as_str())) {
        Some(_) => Err(Refusal::invalid("assignees", "invalid", "")),
        None => Ok(logins),
    }
}

/// Title and text, which are anybody's own.
fn words(issue: &mut GithubIssue, map: &Map<String, Value>) -> Result<(), Refusal> {
    match map.get("title") {
        None => {}
        Some(Value::String(title)) if title.trim().is_empty() => return Err(Refusal::invalid("title", "missing_field", "")),
        Some(Value::String(title)) if title.chars().count() > TITLE => {
            return Err(Refusal::invalid("title", "custom", "title is too long (maximum is 256 characters)"));
        }
        Some(Value::String(title)) => issue.title.clone_from(title),
        Some(_) => return Err(Refusal::invalid("title", "invalid", "not a text")),
    }
    match map.get("body") {
        None => {}
        Some(Value::Null) => issue.body = None,
        Some(Value::String(body)) if body.chars().count() > BODY => {
            return Err(Refusal::invalid("body", "custom", "body is too long (maximum is 65536 characters)"));
        }
        Some(Value::String(body)) => issue.body = Some(body.clone()).filter(|body| !body.is_empty()),
        Some(_) => return Err(Refusal::invalid("body", "invalid", "not a text")),
    }
    Ok(())
}

/// What only those may set who may push or triage; from others it is dropped without a word.
fn shared(world: &mut GithubWorld, issue: &mut GithubIssue, map: &Map<String, Value>, may: bool) -> Result<(), Refusal> {
    let assignees = map.get("assignees").map(people).transpose()?;
    let labels = map.get("labels").map(|value| texts("labels", value)).transpose()?;
    if !may {
        return Ok(());
    }
    if let Some(logins) = assignees {
        issue.assignees = logins;
    }
    if let Some(labels) = labels {
        issue.labels = world.labelled(&issue.repo, &labels)?;
    }
    Ok(())
}

fn writable(repo: &GithubRepo) -> Result<(), Refusal> {
    if repo.archived {
        return Err(Refusal::new(403, "Repository was archived so is read-only."));
    }
    if !repo.has_issues {
        return Err(Refusal::new(410, "Issues are disabled for this repo"));
    }
    Ok(())
}

pub(super) fn create(world: &mut GithubWorld, asked: &Asked<'_>, repo: &str) -> Result<Answer, Refusal> {
    let map = object(asked, CREATE)?;
    let repo = world.repo(repo)?.clone();
    writable(&repo)?;
    let full = repo.full_name();
    let mut issue = GithubIssue { repo: full.clone(), author: LOGIN.to_owned(), ..GithubIssue::default() };
    words(&mut issue, &map)?;
    if issue.title.is_empty() {
        return Err(Refusal::invalid("title", "missing_field", ""));
    }
    shared(world, &mut issue, &map, repo.push || repo.triage)?;
    let switches = world.switches.clone();
    world.limits.make(&switches, asked.now)?;
    issue.number = world.next_number(&full);
    let kept = world.keep(issue, asked.now);
    Ok(Answer { status: 201, body: kept.json(asked.base, None), link: None })
}

pub(super) fn update(world: &mut GithubWorld, asked: &Asked<'_>, repo: &str, number: &str) -> Result<Answer, Refusal> {
    let map = object(asked, UPDATE)?;
    let mut issue = world.issue(asked.base, repo, number)?.clone();
    let repo = world.repo(repo)?.clone();
    writable(&repo)?;
    let author = issue.author == LOGIN;
    let text = map.contains_key("title") || map.contains_key("body");
    if !repo.push && !author && (text || !repo.triage) {
        return Err(Refusal::new(403, "Must have admin rights to Repository."));
    }
    words(&mut issue, &map)?;
    shared(world, &mut issue, &map, repo.push || repo.triage)?;
    state(&mut issue, &map)?;
    Ok(Answer::ok(world.keep(issue, asked.now).json(asked.base, None)))
}

/// The reason counts only where the state changes.
fn state(issue: &mut GithubIssue, map: &Map<String, Value>) -> Result<(), Refusal> {
    let reason = match map.get("state_reason") {
        None | Some(Value::Null) => None,
        Some(Value::String(reason)) if ["completed", "not_planned", "duplicate", "reopened"].contains(&reason.as_str()) => {
            Some(reason.as_str())
        }
        Some(_) => return Err(Refusal::invalid("state_reason", "invalid", "")),
    };
    let closed = match map.get("state").map(Value::as_str) {
        None => return Ok(()),
        Some(Some("open")) => false,
        Some(Some("closed")) => true,
        Some(_) => return Err(Refusal::invalid("state", "invalid", "")),
    };
    if closed == issue.closed {
        return Ok(());
    }
    issue.closed = closed;
    issue.state_reason = Some(match (closed, reason) {
        (true, None | Some("reopened")) => "completed".to_owned(),
        (true, Some(reason)) => reason.to_owned(),
        (false, _) => "reopened".to_owned(),
    });
    Ok(())
}
