//! Making, changing and deleting tasks.

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::{
    Answer, Asked,
    error::Refusal,
    task::{AsanaTask, instant_of},
    world::{AsanaWorld, COLLEAGUE, USER},
};

const UPDATE: &[&str] = &["name", "notes", "completed", "due_on", "due_at", "assignee"];
const CREATE: &[&str] = &["name", "notes", "completed", "due_on", "due_at", "assignee", "workspace", "projects"];

/// In characters. (unverified)
const NAME: usize = 1024;
const NOTES: usize = 65_535;

fn wrong(field: &str, why: &str) -> Refusal {
    Refusal::new(400, &format!("{field}: {why}"))
}

fn fill(task: &mut AsanaTask, map: &Map<String, Value>) -> Result<(), Refusal> {
    if map.get("due_on").is_some_and(|v| !v.is_null()) && map.get("due_at").is_some_and(|v| !v.is_null()) {
        return Err(wrong("due_on", "You may only provide one of due_on or due_at."));
    }
    for (field, value) in map {
        match (field.as_str(), value) {
            ("workspace" | "projects", _) => {}
            ("name", Value::String(name)) if name.chars().count() <= NAME => task.name.clone_from(name),
            ("notes", Value::String(notes)) if notes.chars().count() <= NOTES => task.notes.clone_from(notes),
            ("completed", Value::Bool(done)) => task.completed = *done,
            ("due_on" | "due_at", Value::Null) => (task.due_on, task.due_at) = (None, None),
            ("due_on", Value::String(day)) if day.len() == 10 && day.parse::<NaiveDate>().is_ok() => {
                (task.due_on, task.due_at) = (Some(day.clone()), None);
            }
            ("due_at", Value::String(at)) if instant_of(at).is_some() => {
                // The day of it in the person's own zone, which is that of Greenwich here.
                (task.due_on, task.due_at) = (at.get(..10).map(str::to_owned), Some(at.clone()));
            }
            ("assignee", Value::Null) => task.assignee = None,
            ("assignee", Value::String(who)) => {
                let gid = if who == "me" { USER } else { who };
                if ![USER, COLLEAGUE].contains(&gid) {
                    return Err(Refusal::unknown("assignee", who));
                }
                task.assignee = Some(gid.to_owned());
            }
            (field, _) => return Err(wrong(field, "Value is not of the right type, or too long")),
        }
    }
    Ok(())
}

pub(super) fn create(world: &mut AsanaWorld, asked: &Asked<'_>) -> Result<Answer, Refusal> {
    asked.params(&["opt_fields"])?;
    let map = asked.data(CREATE)?;
    let mut task = AsanaTask::default();
    if let Some(projects) = map.get("projects") {
        let gids = projects.as_array().ok_or_else(|| wrong("projects", "Not an array"))?;
        for gid in gids {
            let project = world.project(gid.as_str().unwrap_or_default())?;
            task.projects.push(project.gid.clone());
            task.workspace.clone_from(&project.workspace);
        }
    }
    match map.get("workspace").map(|gid| gid.as_str().unwrap_or_default()) {
        Some(gid) => {
            let workspace = world.workspace(gid)?.gid.clone();
            if !task.workspace.is_empty() && task.workspace != workspace {
                return Err(wrong("projects", "Not in the same workspace"));
            }
            task.workspace = workspace;
        }
        None if task.workspace.is_empty() => return Err(wrong("workspace", "You should specify one of workspace, parent, projects")),
        None => {}
    }
    fill(&mut task, &map)?;
    task.gid = world.fresh_gid();
    let kept = world.keep(task, asked.now);
    Ok(Answer { status: 201, ..super::list::one(world, asked, &kept.gid)? })
}

pub(super) fn update(world: &mut AsanaWorld, asked: &Asked<'_>, gid: &str) -> Result<Answer, Refusal> {
    asked.params(&["opt_fields"])?;
    let map = asked.data(UPDATE)?;
    let mut task = world.task(gid)?.clone();
    fill(&mut task, &map)?;
    world.keep(task, asked.now);
    super::list::one(world, asked, gid)
}

pub(super) fn delete(world: &mut AsanaWorld, asked: &Asked<'_>, gid: &str) -> Result<Answer, Refusal> {
    asked.params(&[])?;
    let task = AsanaTask { deleted: true, ..world.task(gid)?.clone() };
    world.keep(task, asked.now);
    Ok(Answer::data(json!({})))
}

/// Into a project, or out of it.
pub(super) fn project(world: &mut AsanaWorld, asked: &Asked<'_>, gid: &str, into: bool) -> Result<Answer, Refusal> {
    asked.params(&[])?;
    let map = asked.data(&["project"])?;
    let project = world.project(map.get("project").and_then(Value::as_str).unwrap_or_default())?.clone();
    let mut task = world.task(gid)?.clone();
    if project.workspace != task.workspace {
        return Err(wrong("project", "Not in the same workspace"));
    }
    task.projects.retain(|one| *one != project.gid);
    if into {
        task.projects.push(project.gid);
    }
    world.keep(task, asked.now);
    Ok(Answer::data(json!({})))
}
