//! Making, changing and deleting tasks.

use domain::time::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{
    super::{
        call::{Answer, Call},
        error::GraphError,
    },
    task::{Body, BodyType, Importance, Status, Task, Zoned},
    world::Todo,
};

/// Longer titles are refused.
const MAX_TITLE: usize = 255;

/// What may be sent of a task. What is read-only, and what this stand-in does not know, is refused.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(clippy::option_option, reason = "absent, null and a value are three things")]
struct Sent {
    title: Option<String>,
    body: Option<Body>,
    status: Option<Status>,
    importance: Option<Importance>,
    categories: Option<Vec<String>>,
    #[serde(default, deserialize_with = "named")]
    due_date_time: Option<Option<Zoned>>,
    #[serde(default, deserialize_with = "named")]
    reminder_date_time: Option<Option<Zoned>>,
    /// Only with a new task.
    linked_resources: Option<Vec<Value>>,
}

/// `null` takes a value away; a name that is missing leaves it.
#[allow(clippy::option_option, reason = "absent, null and a value are three things")]
fn named<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Zoned>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl Sent {
    fn check(&self) -> Result<(), GraphError> {
        let title = self.title.as_deref();
        if title.is_some_and(|t| t.trim().is_empty() || t.chars().count() > MAX_TITLE) {
            return Err(GraphError::new(400, "invalidRequest", "The title is empty or too long."));
        }
        Ok(())
    }

    fn apply(self, task: &mut Task, now: Timestamp) -> Result<(), GraphError> {
        if let Some(title) = self.title {
            task.title = title;
        }
        if let Some(body) = self.body {
            // Exchange ends lines in its own way.
            let content =
                if body.content_type == BodyType::Text { body.content.replace("\r\n", "\n").replace('\n', "\r\n") } else { body.content };
            task.body = Body { content, ..body };
        }
        if let Some(due) = self.due_date_time {
            task.due = due.map(|at| at.day()).transpose()?;
        }
        if let Some(reminder) = self.reminder_date_time {
            task.reminder = reminder.map(|at| at.read().map(Zoned::utc)).transpose()?;
        }
        task.importance = self.importance.unwrap_or(task.importance);
        task.categories = self.categories.unwrap_or_else(|| std::mem::take(&mut task.categories));
        task.links.extend(self.linked_resources.unwrap_or_default());
        if let Some(status) = self.status {
            task.set_status(status, now);
        }
        Ok(())
    }
}

pub(super) fn create(todo: &mut Todo, list: &str, call: &Call<'_>) -> Result<Answer, GraphError> {
    let list = todo.list(list)?.clone();
    let sent: Sent = call.json()?;
    sent.check()?;
    if sent.title.is_none() {
        return Err(GraphError::new(400, "invalidRequest", "A task needs a title."));
    }
    if list.well_known == "flaggedEmails" {
        return Err(GraphError::new(400, "invalidRequest", "Tasks of this list are made by flagging mail."));
    }
    let mut made = Task::new(0, &list.id, call.now, 0);
    sent.apply(&mut made, call.now)?;
    let key = todo.insert(&list.id, call.now, |task| {
        let (key, changed, arrived) = (task.key, task.changed, task.arrived);
        *task = Task { key, changed, arrived, ..made };
    });
    Ok(Answer::Json(201, resource(todo, key)?))
}

fn resource(todo: &Todo, key: u64) -> Result<Value, GraphError> {
    Ok(todo.tasks.get(&key).ok_or_else(GraphError::not_found)?.resource(false))
}

pub(super) fn change(todo: &mut Todo, list: &str, id: &str, call: &Call<'_>) -> Result<Answer, GraphError> {
    let was = todo.task(list, id)?.clone();
    call.precondition(&was.etag())?;
    let sent: Sent = call.json()?;
    sent.check()?;
    if sent.linked_resources.is_some() {
        return Err(GraphError::property("'linkedResources' can only be set with a new task; they have calls of their own."));
    }
    let mut is = was.clone();
    sent.apply(&mut is, call.now)?;
    if was.recurrence.is_some() && is.due != was.due {
        // Seen in the field: this one stays, and another one comes.
        is.due.clone_from(&was.due);
        next(todo, &was, call.now);
    }
    if was.recurrence.is_some() && is.status == Status::Completed && was.status != Status::Completed {
        is.recurrence = None;
        next(todo, &was, call.now);
    }
    todo.edit(was.key, call.now, |task| *task = is);
    Ok(Answer::ok(resource(todo, was.key)?))
}

/// The one that comes after a repeating task.
fn next(todo: &mut Todo, after: &Task, now: Timestamp) {
    let (list, due) = (after.list.clone(), after.next_due());
    todo.insert(&list, now, |task| {
        task.title.clone_from(&after.title);
        task.body.clone_from(&after.body);
        task.importance = after.importance;
        task.categories.clone_from(&after.categories);
        task.recurrence.clone_from(&after.recurrence);
        task.due = due;
    });
}

pub(super) fn delete(todo: &mut Todo, list: &str, id: &str, call: &Call<'_>) -> Result<Answer, GraphError> {
    let task = todo.task(list, id)?;
    call.precondition(&task.etag())?;
    let key = task.key;
    todo.remove(key);
    Ok(Answer::Empty(204))
}
