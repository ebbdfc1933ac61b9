//! Writing: insert, patch, delete, move and clear.

use domain::time::Timestamp;
use serde_json::{Map, Value};

use super::{
    Asker,
    change::{Change, bad},
    list::List,
    lists::no_task,
    task::Task,
    world::GtasksWorld,
};
use crate::gmail::{Answer, Call, error::ApiError};

pub(super) fn insert(world: &mut GtasksWorld, email: &str, list: &str, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&["parent", "previous"])?;
    let body: Map<String, Value> = call.json()?;
    let change = Change::read(&body)?;
    let id = world.fresh_id();
    let list = world.list_mut(email, list)?;
    let parent = call.param("parent");
    let mut task = Task { id, parent: parent.map(str::to_owned), ..Task::default() };
    if let Some(parent) = parent {
        list.adopts(parent, &task)?;
    }
    task.rank = list.rank(&task.id, parent, call.param("previous"))?;
    change.apply(&mut task, call.now);
    Ok(kept(list, task, call.now))
}

fn kept(list: &mut List, task: Task, now: Timestamp) -> Answer {
    let id = list.id.clone();
    Answer::Json(list.keep(task, now).json(&id))
}

/// The task as it is, where it is what the client has seen.
fn unchanged(list: &List, id: &str, tag: Option<&str>) -> Result<Task, ApiError> {
    let task = list.task(id).ok_or_else(no_task)?;
    match tag {
        Some(tag) if tag != "*" && tag != task.etag => Err(ApiError::new(412, "conditionNotMet", "Precondition Failed")),
        _ => Ok(task.clone()),
    }
}

fn tag<'a>(world: &GtasksWorld, asker: &Asker<'a>) -> Option<&'a str> {
    asker.if_match.filter(|_| world.switches.if_match)
}

pub(super) fn patch(world: &mut GtasksWorld, asker: &Asker<'_>, (list, id): (&str, &str), call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&[])?;
    let body: Map<String, Value> = call.json()?;
    let change = Change::read(&body)?;
    let tag = tag(world, asker);
    let list = world.list_mut(asker.email, list)?;
    let mut task = unchanged(list, id, tag)?;
    change.apply(&mut task, call.now);
    Ok(kept(list, task, call.now))
}

pub(super) fn delete(world: &mut GtasksWorld, asker: &Asker<'_>, (list, id): (&str, &str), call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&[])?;
    let tag = tag(world, asker);
    let list = world.list_mut(asker.email, list)?;
    unchanged(list, id, tag)?;
    list.delete(id, call.now);
    Ok(Answer::Empty)
}

pub(super) fn relocate(world: &mut GtasksWorld, asker: &Asker<'_>, place: (&str, &str), call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&["parent", "previous", "destinationTasklist"])?;
    if !call.body.is_empty() {
        return Err(ApiError::bad("The request body must be empty."));
    }
    let to = Target { list: call.param("destinationTasklist"), parent: call.param("parent"), previous: call.param("previous") };
    let tag = tag(world, asker);
    unchanged(world.list(asker.email, place.0)?, place.1, tag)?;
    let (list, id) = shift(world, asker.email, place, &to, call.now)?;
    let list = world.list(asker.email, &list)?;
    list.task(&id).map(|task| Answer::Json(task.json(&list.id))).ok_or_else(no_task)
}

/// Where a task goes.
#[derive(Debug, Default)]
pub(super) struct Target<'a> {
    pub list: Option<&'a str>,
    pub parent: Option<&'a str>,
    pub previous: Option<&'a str>,
}

/// Returns where it is then: list and id.
pub(super) fn shift(
    world: &mut GtasksWorld,
    email: &str,
    (list, id): (&str, &str),
    to: &Target<'_>,
    now: Timestamp,
) -> Result<(String, String), ApiError> {
    let source = world.list(email, list)?;
    let source_id = source.id.clone();
    let mut task = source.task(id).cloned().ok_or_else(no_task)?;
    let below: Vec<Task> = source.below(id).iter().filter_map(|id| source.task(id).cloned()).collect();
    let target = to.list.map_or(Ok(source), |id| world.list(email, id))?;
    let target_id = target.id.clone();
    let leaves = target_id != source_id;
    if leaves && task.assigned {
        return Err(bad("Assigned tasks cannot be moved between lists."));
    }
    if let Some(parent) = to.parent {
        if leaves && !below.is_empty() {
            return Err(bad("Invalid parent: subtasks have no subtasks."));
        }
        target.adopts(parent, &task)?;
    }
    task.rank = target.rank(id, to.parent, to.previous)?;
    task.parent = to.parent.map(str::to_owned);
    if !leaves {
        world.list_mut(email, &target_id)?.keep(task, now);
        return Ok((target_id, id.to_owned()));
    }
    let (tells, renames) = (world.switches.moves_tell, world.switches.moves_rename);
    let source = world.list_mut(email, &source_id)?;
    if tells {
        source.delete(id, now);
    } else {
        for id in below.iter().map(|t| &t.id).chain([&task.id]) {
            source.tasks.remove(id);
        }
    }
    if renames {
        task.id = world.fresh_id();
    }
    let id = task.id.clone();
    world.list_mut(email, &target_id)?.keep(task, now);
    for mut child in below {
        if renames {
            child.id = world.fresh_id();
        }
        child.parent = Some(id.clone());
        world.list_mut(email, &target_id)?.keep(child, now);
    }
    Ok((target_id, id))
}

/// Puts what is completed away.
pub(super) fn clear(world: &mut GtasksWorld, email: &str, list: &str, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&[])?;
    let list = world.list_mut(email, list)?;
    let done: Vec<Task> = list.tasks.values().filter(|t| !t.deleted && !t.hidden && t.completed.is_some()).cloned().collect();
    for task in done {
        list.keep(Task { hidden: true, ..task }, call.now);
    }
    Ok(Answer::Empty)
}
