//! What a test may look at and change from outside, beside HTTP.

use domain::time::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::{
    super::error::GraphError,
    task::{Body, Importance, Status, Task, Zoned},
    world::Todo,
};
use crate::Sandbox;

/// A task list as Exchange holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MsTaskList {
    pub id: String,
    pub name: String,
}

/// What To Do's own programs write. Days are said as they say them: the midnight of wherever the person is, in UTC.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Put {
    id: Option<String>,
    title: String,
    body: Body,
    status: Status,
    importance: Importance,
    categories: Vec<String>,
    due_date_time: Option<Zoned>,
    reminder_date_time: Option<Zoned>,
    recurrence: Option<Value>,
    checklist_items: Vec<Value>,
    linked_resources: Vec<Value>,
}

/// All of a task: a new one, or the one with this id. Returns its id.
pub(super) fn put(todo: &mut Todo, list: &str, task: Value, now: Timestamp) -> Result<String, String> {
    let put: Put = serde_json::from_value(task).map_err(|e| e.to_string())?;
    let words = |e: GraphError| e.message;
    let list = todo.list(list).map_err(words)?.id.clone();
    let key = match &put.id {
        Some(id) => todo.task(&list, id).map_err(words)?.key,
        None => todo.insert(&list, now, |_| {}),
    };
    todo.edit(key, now, |task| {
        task.title = put.title;
        task.body = put.body;
        task.importance = put.importance;
        task.categories = put.categories;
        task.due = put.due_date_time;
        task.reminder = put.reminder_date_time;
        task.recurrence = put.recurrence;
        task.steps = put.checklist_items;
        task.links = put.linked_resources;
        task.set_status(put.status, now);
    });
    todo.tasks.get(&key).map(Task::id).ok_or_else(|| "it is gone".to_owned())
}

impl Sandbox {
    fn ms_todo<T>(&self, email: &str, f: impl FnOnce(&mut Todo, Timestamp) -> T) -> Option<T> {
        self.microsoft(|world, now| world.todo(email).ok().map(|todo| f(todo, now)))
    }

    /// Every task list of an account, the list of flagged mail included.
    pub fn ms_task_lists(&self, email: &str) -> Vec<MsTaskList> {
        let shown = |todo: &mut Todo, _| todo.lists.iter().map(|l| MsTaskList { id: l.id.clone(), name: l.name.clone() }).collect();
        self.ms_todo(email, shown).unwrap_or_default()
    }

    /// A list of the person's own. Returns its id.
    pub fn add_ms_task_list(&self, email: &str, name: &str) -> Option<String> {
        self.ms_todo(email, |todo, _| todo.add_list(name, "none"))
    }

    /// As Graph says them, with their steps and links.
    pub fn ms_tasks(&self, email: &str, list: &str) -> Vec<Value> {
        self.ms_todo(email, |todo, _| todo.in_list(list).map(|task| task.resource(true)).collect()).unwrap_or_default()
    }

    /// From another program: all of a task, new or with its `id`. Returns the id.
    pub fn put_ms_task(&self, email: &str, list: &str, task: Value) -> Result<String, String> {
        self.ms_todo(email, |todo, now| put(todo, list, task, now)).unwrap_or_else(|| Err("no such account".to_owned()))
    }

    /// From another program. False: no such task.
    pub fn delete_ms_task(&self, email: &str, list: &str, id: &str) -> bool {
        let key = |todo: &mut Todo| todo.task(list, id).map(|task| task.key).ok();
        self.ms_todo(email, |todo, _| key(todo).map(|key| todo.remove(key))).flatten().is_some()
    }
}
