//! What a test may look at and change in Todoist from outside, beside HTTP.

use domain::time::Timestamp;
use serde_json::Value;

use super::{
    ROOT, TodoistSwitches,
    task::{TodoistProject, TodoistTask, instant_of, json, stamp},
    world::TodoistWorld,
};
use crate::{Sandbox, control::locked};

/// Somebody else writes a task: a new one, or fields of the one with this id. Returns its id.
pub(super) fn put(world: &mut TodoistWorld, change: Value, now: Timestamp) -> Result<String, String> {
    let Value::Object(change) = change else { return Err("a task is an object".to_owned()) };
    let known = change.get("id").and_then(Value::as_str).and_then(|id| world.task(id)).cloned();
    let fresh = known.is_none();
    let base = known.unwrap_or_else(|| TodoistTask { project_id: world.inbox(), ..TodoistTask::default() });
    let Value::Object(mut body) = json(&base) else { return Err("no task".to_owned()) };
    body.extend(change.clone());
    let mut task: TodoistTask = serde_json::from_value(Value::Object(body)).map_err(|e| e.to_string())?;
    if let Some(parent) = &task.parent_id {
        task.project_id.clone_from(&world.task(parent).ok_or("there is no such parent")?.project_id);
    }
    if world.any_project(&task.project_id).is_none() {
        return Err("there is no such project".to_owned());
    }
    if task.id.is_empty() {
        task.id = world.fresh_id();
    }
    if fresh && !change.contains_key("child_order") {
        task.child_order = world.last_order(&task.project_id, task.parent_id.as_deref());
    }
    if task.completed_at.as_deref().is_some_and(|at| instant_of(at).is_none()) {
        return Err("completed_at is no time".to_owned());
    }
    match (task.checked, &task.completed_at) {
        (true, None) => task.completed_at = Some(stamp(now)),
        (false, Some(_)) => task.completed_at = None,
        _ => {}
    }
    let (id, project) = (task.id.clone(), task.project_id.clone());
    world.keep(task, now);
    // What is below it goes along to another project.
    for below in world.subtree(&id).into_iter().skip(1).filter(|below| below.project_id != project) {
        world.keep(TodoistTask { project_id: project.clone(), ..below }, now);
    }
    Ok(id)
}

/// Somebody else deletes a task and all below it. False: there is none.
pub(super) fn delete(world: &mut TodoistWorld, id: &str, now: Timestamp) -> bool {
    let found = world.subtree(id);
    let any = !found.is_empty();
    for task in found {
        world.keep(TodoistTask { is_deleted: true, ..task }, now);
    }
    any
}

pub(super) fn void(world: &mut TodoistWorld) {
    world.serial += 1;
    world.void_before = world.serial;
}

impl Sandbox {
    /// Base of the API, as the client is given it: `http://127.0.0.1:PORT/api/v1`.
    pub fn todoist_base(&self) -> String {
        self.base(crate::Provider::Todoist) + ROOT
    }

    /// The personal API token that is accepted.
    pub fn todoist_token(&self) -> String {
        locked(&self.shared.todoist).token.clone()
    }

    /// The token that is accepted from now on: the one before is 401.
    pub fn set_todoist_token(&self, token: &str) {
        token.clone_into(&mut locked(&self.shared.todoist).token);
    }

    /// From now on it is the account of somebody else, at the same address.
    pub fn set_todoist_user(&self, id: &str) {
        id.clone_into(&mut locked(&self.shared.todoist).user);
    }

    /// Every task that is not deleted, completed ones included, by id.
    pub fn todoist_tasks(&self) -> Vec<TodoistTask> {
        locked(&self.shared.todoist).tasks().filter(|task| !task.is_deleted).cloned().collect()
    }

    pub fn todoist_task(&self, id: &str) -> Option<TodoistTask> {
        locked(&self.shared.todoist).task(id).cloned()
    }

    /// Archived and deleted ones too, by id.
    pub fn todoist_projects(&self) -> Vec<TodoistProject> {
        locked(&self.shared.todoist).projects().cloned().collect()
    }

    /// Somebody else makes or changes a project; what is in one that is archived or deleted is no longer told of.
    pub fn put_todoist_project(&self, project: TodoistProject) {
        locked(&self.shared.todoist).keep_project(project);
    }

    /// Somebody else writes a task: a new one, or fields of the one with this `id` (null takes a field away). Returns its id, or what is
    /// wrong with it.
    pub fn put_todoist_task(&self, change: Value) -> Result<String, String> {
        let now = self.now();
        put(&mut locked(&self.shared.todoist), change, now)
    }

    /// Somebody else deletes a task with all below it. False: there is none.
    pub fn delete_todoist_task(&self, id: &str) -> bool {
        let now = self.now();
        delete(&mut locked(&self.shared.todoist), id, now)
    }

    /// Every sync token that was given out is too old: the next call with one is a full sync.
    pub fn void_todoist_tokens(&self) {
        void(&mut locked(&self.shared.todoist));
    }

    /// Todoist forgets which commands it has done.
    pub fn forget_todoist_commands(&self) {
        locked(&self.shared.todoist).done.clear();
    }

    pub fn set_todoist(&self, change: impl FnOnce(&mut TodoistSwitches)) {
        change(&mut locked(&self.shared.todoist).switches);
    }
}
