//! Reading: who one is, workspaces, projects, tasks.

use serde_json::{Value, json};

use super::{
    Answer, Asked,
    error::Refusal,
    fields::Fields,
    task::{AsanaTask, instant_of},
    world::{AsanaWorld, USER},
};
use crate::{MARA, text};

const TASK: &[&str] = &[
    "gid",
    "name",
    "notes",
    "completed",
    "completed_at",
    "due_on",
    "due_at",
    "assignee",
    "assignee.gid",
    "projects",
    "projects.gid",
    "projects.archived",
    "tags",
    "tags.name",
    "workspace",
    "workspace.gid",
    "created_at",
    "modified_at",
    "permalink_url",
    "resource_subtype",
];

pub(super) fn user(_world: &AsanaWorld, asked: &Asked<'_>) -> Result<Answer, Refusal> {
    asked.params(&["opt_fields"])?;
    let fields = Fields::read(asked, &["gid", "name", "email"], &["name", "email"])?;
    Ok(Answer::data(fields.cut(&json!({"gid": USER, "resource_type": "user", "name": "Mara Lindqvist", "email": MARA}))))
}

/// A page (PROVIDERS 6.4): `limit` from 1 to 100, `offset` as the page before gave it.
fn page(world: &AsanaWorld, asked: &Asked<'_>, all: Vec<Value>, key: &str) -> Result<Answer, Refusal> {
    let limit = match asked.get("limit").map(str::parse::<usize>) {
        // Without a limit Asana tells everything, or refuses where that is too much.
        None => all.len().max(1),
        Some(Ok(limit @ 1..=100)) => limit,
        Some(_) => return Err(Refusal::new(400, "limit: Must be between 1 and 100")),
    };
    let seal = |at: usize| text::b64url(format!("{}:{at}:{key}", world.void_before).as_bytes());
    let from = match asked.get("offset") {
        None => 0,
        Some(offset) => {
            let at = (0..=all.len()).find(|at| seal(*at) == offset);
            at.ok_or_else(|| Refusal::new(400, "offset: Your pagination token has expired."))?
        }
    };
    let next =
        (from + limit < all.len()).then(|| json!({"offset": seal(from + limit), "path": "/x", "uri": "https://app.asana.example/x"}));
    let data: Vec<Value> = all.into_iter().skip(from).take(limit).collect();
    Ok(Answer { status: 200, body: json!({"data": data, "next_page": next}) })
}

pub(super) fn workspaces(world: &AsanaWorld, asked: &Asked<'_>) -> Result<Answer, Refusal> {
    asked.params(&["opt_fields", "limit", "offset"])?;
    let fields = Fields::read(asked, &["gid", "name"], &["name"])?;
    let all = world.workspaces.iter().map(|w| fields.cut(&json!({"gid": w.gid, "resource_type": "workspace", "name": w.name}))).collect();
    page(world, asked, all, "workspaces")
}

fn list_json(workspace: &super::task::AsanaWorkspace) -> Value {
    json!({
        "gid": workspace.task_list,
        "resource_type": "user_task_list",
        "name": "My Tasks",
        "owner": {"gid": USER, "resource_type": "user"},
        "workspace": {"gid": workspace.gid, "resource_type": "workspace"},
    })
}

pub(super) fn my_tasks(world: &AsanaWorld, asked: &Asked<'_>) -> Result<Answer, Refusal> {
    asked.params(&["workspace"])?;
    let workspace = asked.get("workspace").ok_or_else(|| Refusal::new(400, "workspace: Missing input"))?;
    Ok(Answer::data(list_json(world.workspace(workspace)?)))
}

pub(super) fn task_list(world: &AsanaWorld, asked: &Asked<'_>, gid: &str) -> Result<Answer, Refusal> {
    asked.params(&[])?;
    let workspace = world.workspaces.iter().find(|w| w.task_list == gid).ok_or_else(|| Refusal::unknown("user_task_list", gid))?;
    Ok(Answer::data(list_json(workspace)))
}

pub(super) fn projects(world: &AsanaWorld, asked: &Asked<'_>) -> Result<Answer, Refusal> {
    asked.params(&["workspace", "archived", "opt_fields", "limit", "offset"])?;
    let fields = Fields::read(asked, &["gid", "name", "color", "archived"], &["name"])?;
    let workspace = world.workspace(asked.get("workspace").ok_or_else(|| Refusal::new(400, "workspace: Missing input"))?)?;
    let archived = match asked.get("archived") {
        None => None,
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(_) => return Err(Refusal::new(400, "archived: Not a boolean")),
    };
    let here = world.projects.iter().filter(|p| p.workspace == workspace.gid && archived.is_none_or(|wanted| p.archived == wanted));
    page(world, asked, here.map(|p| fields.cut(&p.json())).collect(), "projects")
}

/// Exactly one of: assignee with workspace, project, the person's own list.
pub(super) fn tasks(world: &AsanaWorld, asked: &Asked<'_>) -> Result<Answer, Refusal> {
    asked.params(&["assignee", "workspace", "project", "completed_since", "modified_since", "opt_fields", "limit", "offset"])?;
    let fields = Fields::read(asked, TASK, &["name", "resource_subtype"])?;
    let must = || Refusal::new(400, "You should specify exactly one of: project, tag, section, user task list, assignee + workspace");
    let of: Box<dyn Fn(&AsanaTask) -> bool> = match (asked.get("assignee"), asked.get("workspace"), asked.get("project")) {
        (Some("me"), Some(workspace), None) => {
            let gid = world.workspace(workspace)?.gid.clone();
            Box::new(move |task| task.workspace == gid && task.assignee.as_deref() == Some(USER))
        }
        (None, None, Some(project)) => {
            let gid = world.project(project)?.gid.clone();
            Box::new(move |task| task.projects.contains(&gid))
        }
        _ => return Err(must()),
    };
    let time = |name: &str| match asked.get(name) {
        None => Ok(None),
        Some("now") => Ok(Some(asked.now)),
        Some(text) => instant_of(text).map(Some).ok_or_else(|| Refusal::new(400, &format!("{name}: Not a valid datetime"))),
    };
    let (completed, modified) = (time("completed_since")?, time("modified_since")?);
    let late = |text: Option<&str>, since: Option<_>| since.is_none_or(|since| text.and_then(instant_of).is_some_and(|at| at >= since));
    let takes = |task: &&AsanaTask| {
        !task.deleted
            && of(task)
            && (!task.completed || late(task.completed_at.as_deref(), completed))
            && late(Some(&task.modified_at), modified)
    };
    let all = world.tasks.values().filter(takes).map(|task| fields.cut(&task.json(world))).collect();
    page(world, asked, all, "tasks")
}

pub(super) fn one(world: &AsanaWorld, asked: &Asked<'_>, gid: &str) -> Result<Answer, Refusal> {
    asked.params(&["opt_fields"])?;
    // A single task is told whole where nothing is asked for.
    let fields = Fields::read(asked, TASK, TASK)?;
    Ok(Answer::data(fields.cut(&world.task(gid)?.json(world))))
}
