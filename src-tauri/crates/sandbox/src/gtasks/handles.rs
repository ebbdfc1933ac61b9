//! What a test may look at and change in the Google tasks from outside, beside HTTP: as Google's own programs would.

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    change::Change,
    list::List,
    task::Task,
    world::{GtasksSwitches, GtasksWorld},
    write::{self, Target},
};
use crate::{Sandbox, control::locked, gmail::error::ApiError};

/// A list of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GtaskList {
    pub id: String,
    pub title: String,
}

/// Writes a task: a new one behind all others, or fields of the one with this `id` (null takes a field away). Beside what the API takes:
/// `parent` (of a new one), `hidden`, `links`, `assigned`, and a `due` without a time. What is completed here is hidden, as Google's own
/// programs do it, unless `hidden` says otherwise.
pub(super) fn put(world: &mut GtasksWorld, email: &str, list: &str, change: Value, now: Timestamp) -> Result<String, String> {
    let Value::Object(mut change) = change else { return Err("a task is an object".to_owned()) };
    let fresh = world.fresh_id();
    let list = world.list_mut(email, list).map_err(said)?;
    let id = change.remove("id").and_then(|id| id.as_str().map(str::to_owned)).unwrap_or(fresh);
    let parent = change.remove("parent").and_then(|p| p.as_str().map(str::to_owned));
    let mut task = match list.task(&id).cloned() {
        Some(task) => task,
        None => {
            let task = Task { id, rank: list.last_rank(parent.as_deref()), parent, ..Task::default() };
            if let Some(parent) = &task.parent {
                list.adopts(parent, &task).map_err(said)?;
            }
            task
        }
    };
    special(&mut task, &mut change);
    Change::read(&change).map_err(said)?.apply(&mut task, now);
    Ok(list.keep(task, now).id.clone())
}

fn special(task: &mut Task, change: &mut Map<String, Value>) {
    let flag = |value: Option<Value>| value.and_then(|v| v.as_bool());
    let completes = change.get("status").and_then(Value::as_str) == Some("completed");
    task.hidden = flag(change.remove("hidden")).unwrap_or(completes || task.hidden);
    task.assigned = flag(change.remove("assigned")).unwrap_or(task.assigned);
    if let Some(Value::Array(links)) = change.remove("links") {
        task.links = links;
    }
    if let Some(due) = change.get_mut("due")
        && let Some(day) = due.as_str().filter(|day| day.len() == 10)
    {
        *due = json!(format!("{day}T00:00:00Z"));
    }
}

fn said(error: ApiError) -> String {
    error.message
}

/// False: there is none.
pub(super) fn delete(world: &mut GtasksWorld, email: &str, list: &str, id: &str, now: Timestamp) -> bool {
    let Ok(list) = world.list_mut(email, list) else { return false };
    let there = list.task(id).is_some();
    list.delete(id, now);
    there
}

impl Sandbox {
    /// The first is the default one.
    pub fn gtask_lists(&self, email: &str) -> Vec<GtaskList> {
        locked(&self.shared.gtasks).lists(email).iter().map(|l| GtaskList { id: l.id.clone(), title: l.title.clone() }).collect()
    }

    /// A new list behind the others. Returns its id.
    pub fn add_gtask_list(&self, email: &str, title: &str) -> String {
        let now = self.now();
        let mut world = locked(&self.shared.gtasks);
        let id = world.fresh_id();
        world.add(email, List::new(&id, title, now));
        id
    }

    /// A list goes with all that is in it. False: there is none.
    pub fn remove_gtask_list(&self, email: &str, list: &str) -> bool {
        locked(&self.shared.gtasks).remove(email, list)
    }

    /// Every task of a list as Google would say it, deleted ones included, in the order of their places. Empty for an unknown list.
    pub fn gtasks(&self, email: &str, list: &str) -> Vec<Value> {
        let world = locked(&self.shared.gtasks);
        world.list(email, list).map_or_else(|_| Vec::new(), |l| l.in_order().into_iter().map(|t| t.json(&l.id)).collect())
    }

    /// A task, also a deleted one; None where there is none.
    pub fn gtask(&self, email: &str, list: &str, id: &str) -> Option<Value> {
        let world = locked(&self.shared.gtasks);
        let list = world.list(email, list).ok()?;
        list.tasks.get(id).map(|task| task.json(&list.id))
    }

    /// Somebody writes a task in Google's own program: a new one (with or without an `id`) behind all others, or fields of one that is
    /// there (null takes a field away). Beside what the API takes there are `parent` (of a new one), `hidden`, `links`, `assigned`, and
    /// `due` may be a date. What is completed is hidden unless it says otherwise. Returns its id, or what is wrong with it.
    pub fn put_gtask(&self, email: &str, list: &str, change: Value) -> Result<String, String> {
        let now = self.now();
        put(&mut locked(&self.shared.gtasks), email, list, change, now)
    }

    /// Somebody deletes a task, with those below it. False: there is none.
    pub fn delete_gtask(&self, email: &str, list: &str, id: &str) -> bool {
        let now = self.now();
        delete(&mut locked(&self.shared.gtasks), email, list, id, now)
    }

    /// Somebody moves a task to the front of another list (None: of its own), or below `parent`. Returns its id there.
    pub fn move_gtask(&self, email: &str, list: &str, id: &str, to: Option<&str>, parent: Option<&str>) -> Result<String, String> {
        let now = self.now();
        let target = Target { list: to, parent, previous: None };
        let moved = write::shift(&mut locked(&self.shared.gtasks), email, (list, id), &target, now);
        moved.map(|(_, id)| id).map_err(said)
    }

    /// A task is gone without a word, as if Google had thrown its trace away. False: there is none.
    pub fn forget_gtask(&self, email: &str, list: &str, id: &str) -> bool {
        locked(&self.shared.gtasks).list_mut(email, list).is_ok_and(|list| list.tasks.remove(id).is_some())
    }

    pub fn set_gtasks(&self, change: impl FnOnce(&mut GtasksSwitches)) {
        change(&mut locked(&self.shared.gtasks).switches);
    }
}
