//! Reading: the lists, and what stands in them.

use serde_json::{Value, json};

use super::{
    change::{bad, rfc3339},
    task::Task,
    world::GtasksWorld,
};
use crate::{
    gmail::{Answer, Call, error::ApiError},
    text,
};

const PARAMETERS: [&str; 12] = [
    "completedMax",
    "completedMin",
    "dueMax",
    "dueMin",
    "maxResults",
    "pageToken",
    "showAssigned",
    "showCompleted",
    "showDeleted",
    "showHidden",
    "updatedMin",
    "quotaUser",
];

/// At most `most`, `usual` where nothing is asked for.
fn limit(call: &Call<'_>, usual: usize, most: usize) -> Result<usize, ApiError> {
    let Some(text) = call.param("maxResults") else { return Ok(usual) };
    match text.parse::<usize>() {
        Ok(n) if (1..=most).contains(&n) => Ok(n),
        _ => Err(bad(format!("Invalid value '{text}'. Values must be within the range: [1, {most}]"))),
    }
}

/// A token says where to go on, and for which question.
fn seal(call: &Call<'_>, generation: u32, skip: usize) -> String {
    text::b64url(format!("{generation}\n{skip}\n{}", question(call)).as_bytes())
}

fn question(call: &Call<'_>) -> String {
    let mut kept: Vec<String> = call.query.iter().filter(|(k, _)| k != "pageToken").map(|(k, v)| format!("{k}={v}")).collect();
    kept.sort();
    format!("{}?{}", call.path, kept.join("&"))
}

fn skipped(call: &Call<'_>, generation: u32) -> Result<usize, ApiError> {
    let Some(token) = call.param("pageToken") else { return Ok(0) };
    let invalid = || bad("Invalid page token value.");
    let text = text::b64url_strict(token).and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(invalid)?;
    let parts: Vec<&str> = text.splitn(3, '\n').collect();
    match parts.as_slice() {
        [given, skip, asked] if *given == generation.to_string() && *asked == question(call) => skip.parse().map_err(|_| invalid()),
        _ => Err(invalid()),
    }
}

fn page(world: &GtasksWorld, call: &Call<'_>, kind: &str, all: &[Value], most: usize) -> Result<Answer, ApiError> {
    let generation = world.switches.page_generation;
    let skip = skipped(call, generation)?;
    let most = most.min(world.switches.page.unwrap_or(usize::MAX));
    let items: Vec<&Value> = all.iter().skip(skip).take(most).collect();
    let mut out = json!({"kind": kind, "etag": "\"p1\"", "items": items});
    if let Some(out) = out.as_object_mut().filter(|_| skip + most < all.len()) {
        out.insert("nextPageToken".to_owned(), json!(seal(call, generation, skip + most)));
    }
    Ok(Answer::Json(out))
}

pub(super) fn lists(world: &GtasksWorld, email: &str, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&["maxResults", "pageToken"])?;
    let most = limit(call, 1000, 1000)?;
    let all: Vec<Value> = world.lists(email).iter().map(super::list::List::json).collect();
    page(world, call, "tasks#taskLists", &all, most)
}

pub(super) fn list(world: &GtasksWorld, email: &str, id: &str, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&[])?;
    Ok(Answer::Json(world.list(email, id)?.json()))
}

fn instant(call: &Call<'_>, name: &str) -> Result<Option<i64>, ApiError> {
    let Some(text) = call.param(name) else { return Ok(None) };
    rfc3339(text).map(|at| Some(at.timestamp_millis())).ok_or_else(|| bad(format!("Invalid value for: {name}: {text}")))
}

pub(super) fn tasks(world: &GtasksWorld, email: &str, id: &str, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&PARAMETERS)?;
    let list = world.list(email, id)?;
    let most = limit(call, 20, 100)?;
    let completed = call.param("showCompleted").is_none() || call.flag("showCompleted")?;
    let (deleted, hidden, assigned) = (call.flag("showDeleted")?, call.flag("showHidden")?, call.flag("showAssigned")?);
    let updated = instant(call, "updatedMin")?;
    let due = (instant(call, "dueMin")?, instant(call, "dueMax")?);
    let done = (instant(call, "completedMin")?, instant(call, "completedMax")?);
    let within = |at: Option<i64>, (from, to): (Option<i64>, Option<i64>)| {
        (from.is_none() && to.is_none()) || at.is_some_and(|at| from.is_none_or(|from| from <= at) && to.is_none_or(|to| at < to))
    };
    let wanted = |task: &&Task| {
        (completed || task.completed.is_none())
            && (deleted || !task.deleted)
            && (hidden || !task.hidden)
            && (assigned || !task.assigned)
            && updated.is_none_or(|from| task.updated.millis() >= from)
            && within(task.due.map(|day| day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis()), due)
            && within(task.completed.map(domain::time::Timestamp::millis), done)
    };
    let all: Vec<Value> = list.in_order().into_iter().filter(wanted).map(|task| task.json(&list.id)).collect();
    page(world, call, "tasks#tasks", &all, most)
}

/// Also one that was deleted: it says so.
pub(super) fn get(world: &GtasksWorld, email: &str, (list, id): (&str, &str), call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&[])?;
    let list = world.list(email, list)?;
    list.tasks.get(id).map(|task| Answer::Json(task.json(&list.id))).ok_or_else(no_task)
}

pub(super) fn no_task() -> ApiError {
    ApiError::new(404, "notFound", "Task not found.")
}
