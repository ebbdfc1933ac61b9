//! Commands on tasks. Each is checked whole before it changes anything; one whose uuid is known is not done again (PROVIDERS 6.1).

use std::collections::BTreeMap;

use domain::time::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    args::Args,
    due,
    error::Refusal,
    task::{TodoistTask, instant_of, stamp},
    world::TodoistWorld,
};

/// Characters of a title and of a description. (unverified)
const TITLE: usize = 500;
const DESCRIPTION: usize = 16_383;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Command {
    #[serde(rename = "type")]
    kind: String,
    pub uuid: String,
    #[serde(default)]
    temp_id: Option<String>,
    #[serde(default)]
    args: Map<String, Value>,
}

/// What `sync_status` says of it; a temporary id goes into `mapping`.
pub(super) fn run(world: &mut TodoistWorld, command: &Command, mapping: &mut BTreeMap<String, String>, now: Timestamp) -> Value {
    if let Some(known) = world.done.get(&command.uuid) {
        if let Some((temp, id)) = known.as_ref().filter(|_| world.switches.repeats_mapping) {
            mapping.insert(temp.clone(), id.clone());
        }
        return json!("ok");
    }
    if world.switches.failing > 0 {
        world.switches.failing -= 1;
        return Refusal::new(500, 1, "SERVER_ERROR", "Server error").body();
    }
    match act(world, command, mapping, now) {
        Ok(made) => {
            let mapped = command.temp_id.clone().zip(made);
            if let Some((temp, id)) = &mapped {
                mapping.insert(temp.clone(), id.clone());
            }
            world.done.insert(command.uuid.clone(), mapped);
            json!("ok")
        }
        Err(refusal) => refusal.body(),
    }
}

/// The id of what was made.
fn act(world: &mut TodoistWorld, command: &Command, temps: &BTreeMap<String, String>, now: Timestamp) -> Result<Option<String>, Refusal> {
    if command.uuid.is_empty() {
        return Err(Refusal::missing("uuid"));
    }
    if command.temp_id.is_some() && command.kind != "item_add" {
        return Err(Refusal::invalid("temp_id", "nothing is made by this command"));
    }
    let args = |known: &[&str]| Args::new(&command.args, temps, known);
    match command.kind.as_str() {
        "item_add" => return add(world, &args(ADD)?, now).map(Some),
        "item_update" => update(world, &args(UPDATE)?, now)?,
        "item_move" => relocate(world, &args(&["id", "parent_id", "section_id", "project_id"])?, now)?,
        "item_delete" => {
            for task in subtree(world, &args(&["id"])?)? {
                world.keep(TodoistTask { is_deleted: true, ..task }, now);
            }
        }
        "item_complete" => {
            let args = args(&["id", "date_completed"])?;
            let at = match args.text("date_completed", 40)? {
                Some(text) => instant_of(&text).ok_or_else(|| Refusal::invalid("date_completed", "not a time"))?,
                None => now,
            };
            complete(world, &args, &stamp(at), now)?;
        }
        "item_close" => close(world, &args(&["id"])?, now)?,
        "item_uncomplete" => uncomplete(world, &args(&["id"])?, now)?,
        other => return Err(Refusal::invalid("type", other)),
    }
    Ok(None)
}

const ADD: &[&str] = &[
    "content",
    "description",
    "project_id",
    "due",
    "deadline",
    "priority",
    "parent_id",
    "child_order",
    "section_id",
    "day_order",
    "is_collapsed",
    "labels",
    "assigned_by_uid",
    "responsible_uid",
    "auto_reminder",
    "auto_parse_labels",
    "duration",
];

/// Parent and project are moved, not updated; so is being done.
const UPDATE: &[&str] = &[
    "id",
    "content",
    "description",
    "due",
    "deadline",
    "priority",
    "is_collapsed",
    "labels",
    "assigned_by_uid",
    "responsible_uid",
    "day_order",
    "duration",
];

fn subtree(world: &TodoistWorld, args: &Args<'_>) -> Result<Vec<TodoistTask>, Refusal> {
    let found = world.subtree(&args.required_id("id")?);
    if found.is_empty() { Err(Refusal::no_item()) } else { Ok(found) }
}

fn title(args: &Args<'_>) -> Result<Option<String>, Refusal> {
    match args.text("content", TITLE)? {
        Some(text) if text.trim().is_empty() => Err(Refusal::invalid("content", "empty")),
        text => Ok(text),
    }
}

fn fields(task: &mut TodoistTask, args: &Args<'_>, now: Timestamp) -> Result<(), Refusal> {
    if let Some(text) = title(args)? {
        task.content = text;
    }
    if let Some(text) = args.text("description", DESCRIPTION)? {
        task.description = text;
    }
    if let Some(value) = args.value("due") {
        task.due = due::read(value, now)?;
    }
    if let Some(value) = args.value("deadline") {
        task.deadline = Some(value.clone()).filter(|v| !v.is_null());
    }
    if let Some(value) = args.value("duration") {
        task.duration = Some(value.clone()).filter(|v| !v.is_null());
    }
    if let Some(priority) = args.priority()? {
        task.priority = priority;
    }
    if let Some(labels) = args.labels()? {
        task.labels = labels;
    }
    if let Some(flag) = args.flag("is_collapsed")? {
        task.is_collapsed = flag;
    }
    if let Some(order) = args.number("day_order")? {
        task.day_order = order;
    }
    Ok(())
}

fn add(world: &mut TodoistWorld, args: &Args<'_>, now: Timestamp) -> Result<String, Refusal> {
    let parent = args.id("parent_id")?;
    let project = args.id("project_id")?;
    if args.id("section_id")?.is_some() {
        return Err(Refusal::no_section());
    }
    let above = match &parent {
        Some(id) => Some(world.task(id).ok_or_else(Refusal::no_item)?.project_id.clone()),
        None => None,
    };
    let project = match (project, above) {
        (Some(project), Some(above)) if project != above => return Err(Refusal::invalid("parent_id", "of another project")),
        (Some(project), _) | (None, Some(project)) => project,
        (None, None) => world.inbox(),
    };
    if world.project(&project).is_none() {
        return Err(Refusal::no_project());
    }
    if title(args)?.is_none() {
        return Err(Refusal::missing("content"));
    }
    let order = args.number("child_order")?.unwrap_or_else(|| world.last_order(&project, parent.as_deref()));
    let mut task = TodoistTask { project_id: project, parent_id: parent, child_order: order, ..TodoistTask::default() };
    fields(&mut task, args, now)?;
    args.flag("auto_reminder")?;
    if args.flag("auto_parse_labels")?.unwrap_or(true) {
        let (labels, words): (Vec<&str>, Vec<&str>) = task.content.split(' ').partition(|word| word.len() > 1 && word.starts_with('@'));
        task.labels.extend(labels.into_iter().map(|label| label.trim_start_matches('@').to_owned()));
        task.content = words.join(" ");
    }
    task.id = world.fresh_id();
    let id = task.id.clone();
    world.keep(task, now);
    Ok(id)
}

fn update(world: &mut TodoistWorld, args: &Args<'_>, now: Timestamp) -> Result<(), Refusal> {
    let mut task = world.task(&args.required_id("id")?).cloned().ok_or_else(Refusal::no_item)?;
    fields(&mut task, args, now)?;
    world.keep(task, now);
    Ok(())
}

fn relocate(world: &mut TodoistWorld, args: &Args<'_>, now: Timestamp) -> Result<(), Refusal> {
    let tasks = subtree(world, args)?;
    let (parent, section, project) = (args.id("parent_id")?, args.id("section_id")?, args.id("project_id")?);
    let (project, parent) = match (parent, section, project) {
        (Some(parent), None, None) => {
            if tasks.iter().any(|task| task.id == parent) {
                return Err(Refusal::invalid("parent_id", "the task itself, or one below it"));
            }
            (world.task(&parent).ok_or_else(Refusal::no_item)?.project_id.clone(), Some(parent))
        }
        (None, None, Some(project)) => (world.project(&project).ok_or_else(Refusal::no_project)?.id.clone(), None),
        (None, Some(_), None) => return Err(Refusal::no_section()),
        _ => return Err(Refusal::invalid("parent_id", "exactly one of parent_id, section_id and project_id must be set")),
    };
    let order = world.last_order(&project, parent.as_deref());
    for (n, mut task) in tasks.into_iter().enumerate() {
        if n == 0 {
            (task.parent_id, task.child_order) = (parent.clone(), order);
        }
        task.section_id = None;
        task.project_id.clone_from(&project);
        world.keep(task, now);
    }
    Ok(())
}

/// With all below it; what is done already stays as it was.
fn complete(world: &mut TodoistWorld, args: &Args<'_>, at: &str, now: Timestamp) -> Result<(), Refusal> {
    for task in subtree(world, args)?.into_iter().filter(|task| !task.checked) {
        world.keep(TodoistTask { checked: true, completed_at: Some(at.to_owned()), ..task }, now);
    }
    Ok(())
}

/// What the apps do when somebody ticks a task off: one that repeats goes on to its next date.
fn close(world: &mut TodoistWorld, args: &Args<'_>, now: Timestamp) -> Result<(), Refusal> {
    let task = world.task(&args.required_id("id")?).cloned().ok_or_else(Refusal::no_item)?;
    match &task.due {
        Some(due) if due.is_recurring && !task.checked => {
            let then = due::next(due, now)?;
            if world.switches.occurrences {
                world.occurrences.push(TodoistTask { checked: true, completed_at: Some(stamp(now)), ..task.clone() });
            }
            world.keep(TodoistTask { due: Some(then), ..task }, now);
            Ok(())
        }
        _ => complete(world, args, &stamp(now), now),
    }
}

/// And all above it.
fn uncomplete(world: &mut TodoistWorld, args: &Args<'_>, now: Timestamp) -> Result<(), Refusal> {
    let mut id = args.required_id("id")?;
    if world.task(&id).is_none() {
        return Err(Refusal::no_item());
    }
    while let Some(task) = world.task(&id).cloned() {
        let above = task.parent_id.clone();
        if task.checked {
            let order = world.last_order(&task.project_id, above.as_deref());
            world.keep(TodoistTask { checked: false, completed_at: None, child_order: order, ..task }, now);
        }
        let Some(above) = above else { break };
        id = above;
    }
    Ok(())
}
