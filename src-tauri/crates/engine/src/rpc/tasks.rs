//! Tasks from the command line. As with calendars, what is changed is queued like a change of the window and then worked on at once.

mod tables;
mod typed;

use std::collections::HashSet;

use domain::{
    audit::Actor,
    ids::{OutboxId, TaskId, TaskListId},
    outbox::OutboxItem,
    tasks::{Priority, TaskStatus},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Outcome, calendar::settle, checked, cursor, list as page, message_id, shapes};
use crate::{Engine, EngineError, ParentChange, TaskChange, TaskDetail, TaskDone, TaskFilter, TaskListView, undo::UndoWork};

pub use tables::TableWords;
pub use typed::DueWords;

/// Ways back among which the one just made is looked for: other commands may be at work in the same engine.
const LATELY: u32 = 100;
/// Nobody nests tasks deeper.
const DEEPEST: usize = 50;

/// The commands under `tasks`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum TasksRequest {
    Lists,
    List {
        view: ViewWords,
        limit: u32,
        after: Option<String>,
    },
    Show {
        id: String,
    },
    Create {
        list: Option<String>,
        /// The mail that it is made from.
        message: Option<String>,
        /// The event that it is made from; not both.
        event: Option<String>,
        fields: Box<TaskWords>,
        queue: bool,
    },
    Update {
        id: String,
        fields: Box<TaskWords>,
        queue: bool,
    },
    /// Done, or open again.
    Complete {
        id: String,
        done: bool,
        queue: bool,
    },
    Delete {
        id: String,
        queue: bool,
    },
    Move {
        id: String,
        to: MoveWords,
        queue: bool,
    },
    Resolve {
        id: String,
        mine: bool,
        queue: bool,
    },
    /// The tables of a connection, after `change` where there is one.
    Tables {
        connection: String,
        /// A table by its id or name, and what is to hold of it.
        change: Option<(String, TableWords)>,
    },
}

/// Which tasks; a list by its id or name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum ViewWords {
    Today,
    Upcoming,
    Anytime,
    List { list: String },
    Done { list: Option<String> },
    Search { text: String, closed: bool },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "to", rename_all = "snake_case")]
pub enum MoveWords {
    /// By its id or name.
    List {
        list: String,
    },
    Below {
        task: String,
    },
    /// On its own, in the same list.
    Top,
}

/// What a task is to be. What is left out stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskWords {
    pub title: Option<String>,
    pub notes: Option<String>,
    pub due: Option<DueWords>,
    pub priority: Option<Priority>,
    /// All of them.
    pub labels: Option<Vec<String>>,
    pub status: Option<TaskStatus>,
    /// A task that a new one stands below.
    pub below: Option<String>,
}

impl TasksRequest {
    /// Whether a provider is talked to.
    pub(super) const fn asks_servers(&self) -> bool {
        !matches!(self, Self::Lists | Self::List { .. } | Self::Show { .. })
    }
}

pub(super) async fn run(engine: &Engine, request: TasksRequest) -> Result<Outcome, EngineError> {
    match request {
        TasksRequest::Lists => {
            let items = engine.task_lists().await?.iter().map(shapes::task_list).collect();
            Ok(page(items, None).into())
        }
        TasksRequest::List { view, limit, after } => {
            let filter = filter(engine, view).await?;
            // A tree is never cut below its top, so one page has at most this many tops.
            let found = engine.tasks(&filter, cursor(after).as_ref(), checked(limit)?).await?;
            Ok(page(found.tasks.iter().map(shapes::task_row).collect(), found.next).into())
        }
        TasksRequest::Show { id } => Ok(shapes::task(&engine.task(task_id(&id)?).await?).into()),
        TasksRequest::Create { list, message, event, fields, queue } => {
            let list = match list {
                Some(text) => Some(list_named(engine, &text).await?.id),
                None => None,
            };
            let fields = resolved(*fields)?;
            let done = match (message, event) {
                (Some(_), Some(_)) => {
                    return Err(EngineError::invalid("A task is made from a mail or from an event.", "Name one of them."));
                }
                (Some(message), None) => engine.make_task_from(message_id(&message)?, list, fields, Actor::Cli).await?,
                (None, Some(event)) => engine.make_task_from_event(&event, list, fields, Actor::Cli).await?,
                (None, None) => engine.create_task(&TaskChange { list, ..fields }, Actor::Cli).await?,
            };
            written(engine, None, &done, queue).await
        }
        TasksRequest::Update { id, fields, queue } => {
            let change = resolved(*fields)?;
            if change == TaskChange::default() {
                return Err(EngineError::invalid("Nothing is to be changed.", "Give at least one of the fields, such as --title."));
            }
            changed(engine, &id, &change, queue).await
        }
        TasksRequest::Complete { id, done, queue } => {
            let status = Some(if done { TaskStatus::Done } else { TaskStatus::Open });
            changed(engine, &id, &TaskChange { status, ..TaskChange::default() }, queue).await
        }
        TasksRequest::Delete { id, queue } => {
            let before = engine.task(task_id(&id)?).await?;
            let done = engine.delete_task(before.row.id, Actor::Cli).await?;
            written(engine, Some(&before), &done, queue).await
        }
        TasksRequest::Move { id, to, queue } => {
            let mut change = TaskChange::default();
            match to {
                MoveWords::List { list } => change.list = Some(list_named(engine, &list).await?.id),
                MoveWords::Below { task } => change.parent = Some(ParentChange::Below(task_id(&task)?)),
                MoveWords::Top => change.parent = Some(ParentChange::Top),
            }
            changed(engine, &id, &change, queue).await
        }
        TasksRequest::Resolve { id, mine, queue } => {
            let before = engine.task(task_id(&id)?).await?;
            let done = engine.resolve_task(before.row.id, mine, Actor::Cli).await?;
            written(engine, Some(&before), &done, queue).await
        }
        TasksRequest::Tables { connection, change } => tables::run(engine, &connection, change).await,
    }
}

async fn changed(engine: &Engine, id: &str, change: &TaskChange, queue: bool) -> Result<Outcome, EngineError> {
    let before = engine.task(task_id(id)?).await?;
    let done = engine.update_task(before.row.id, change, Actor::Cli).await?;
    written(engine, Some(&before), &done, queue).await
}

fn task_id(text: &str) -> Result<TaskId, EngineError> {
    text.trim().parse().map_err(|_| EngineError::invalid(format!("“{text}” is not the id of a task."), "Take the id from `tasks list`."))
}

async fn filter(engine: &Engine, view: ViewWords) -> Result<TaskFilter, EngineError> {
    Ok(match view {
        ViewWords::Today => TaskFilter::Today,
        ViewWords::Upcoming => TaskFilter::Upcoming,
        ViewWords::Anytime => TaskFilter::Anytime,
        ViewWords::List { list } => TaskFilter::List { id: list_named(engine, &list).await?.id },
        ViewWords::Done { list: Some(list) } => TaskFilter::Done { list: Some(list_named(engine, &list).await?.id), since: None },
        ViewWords::Done { list: None } => TaskFilter::Done { list: None, since: None },
        ViewWords::Search { text, closed } => {
            if !text.chars().any(char::is_alphanumeric) {
                return Err(EngineError::invalid("There is no word to look for.", "Give a word of the title, the notes or a label."));
            }
            TaskFilter::Search { text, closed }
        }
    })
}

fn resolved(words: TaskWords) -> Result<TaskChange, EngineError> {
    Ok(TaskChange {
        title: words.title,
        notes: words.notes,
        due: words.due.map(|due| typed::due(&due)).transpose()?,
        priority: words.priority,
        labels: words.labels,
        status: words.status,
        parent: words.below.map(|task| task_id(&task).map(ParentChange::Below)).transpose()?,
        list: None,
    })
}

/// A list by its id; its name works too where it is the only one.
async fn list_named(engine: &Engine, text: &str) -> Result<TaskListView, EngineError> {
    let text = text.trim();
    let all = engine.task_lists().await?;
    if let Some(one) = text.parse::<TaskListId>().ok().and_then(|id| all.iter().find(|l| l.id == id)) {
        return Ok(one.clone());
    }
    let named: Vec<_> = all.iter().filter(|l| l.name.to_lowercase() == text.to_lowercase()).collect();
    match named.as_slice() {
        [one] => Ok((*one).clone()),
        [] => Err(EngineError::new("not_found", format!("There is no task list “{text}”."), "Take the id from `tasks lists`.")),
        _ => Err(EngineError::invalid(format!("Several task lists are called “{text}”."), "Use the id from `tasks lists`.")),
    }
}

/// Does what was queued, and tells what came of it.
async fn written(engine: &Engine, before: Option<&TaskDetail>, done: &TaskDone, queue: bool) -> Result<Outcome, EngineError> {
    let asked = done.task.or(before.map(|b| b.row.id));
    let (state, failed) = if queue {
        ("queued", None)
    } else {
        let ids = outbox_of(engine, done, asked).await?;
        settle(engine, &ids).await?
    };
    let mut now = None;
    if let Some(id) = asked.filter(|_| done.task.is_some() || failed.is_some()) {
        now = engine.task(id).await.ok();
    }
    let value = json!({
        "id": asked.map(|id| id.to_string()),
        "title": now.as_ref().or(before).map(|t| t.row.title.clone()).unwrap_or_default(),
        "state": state,
        "words": done.words,
        "open_subtasks": done.open_subtasks,
        "task": now.as_ref().map(|t| shapes::task_row(&t.row)),
    });
    Ok(Outcome { value, failed })
}

/// What a write has in the outbox: of every task that its way back names, and of those that a new one stands below and that are not at the
/// provider yet.
async fn outbox_of(engine: &Engine, done: &TaskDone, asked: Option<TaskId>) -> Result<Vec<OutboxId>, EngineError> {
    let mut tasks: HashSet<TaskId> = asked.into_iter().collect();
    if let Some(undo) = done.undo
        && let Some(record) = engine.undo_list(LATELY).await?.into_iter().find(|r| r.id == undo)
        && let Ok(UndoWork::Tasks { items }) = serde_json::from_value(record.work)
    {
        tasks.extend(items.iter().map(|b| b.task));
    }
    let mut above = done.task;
    for _ in 0..DEEPEST {
        let Some(id) = above else { break };
        tasks.insert(id);
        above = engine.task(id).await.ok().and_then(|t| t.row.parent);
    }
    let waiting: Vec<OutboxItem> = engine.outbox(None).await?;
    let mut ids: Vec<OutboxId> = waiting.iter().filter(|o| o.op.task().is_some_and(|t| tasks.contains(&t))).map(|o| o.id).collect();
    // As they were made: what stands above comes first, and a deletion from below.
    ids.sort_unstable();
    Ok(ids)
}

/// A task that was changed here and is gone there, or changed there, too.
pub(super) fn conflict(item: &OutboxItem, task: TaskId) -> EngineError {
    let title = shapes::title(&item.op);
    EngineError::new(
        "conflict",
        format!("{} was changed here and elsewhere.", if title.is_empty() { "The task".to_owned() } else { format!("“{title}”") }),
        format!("Compare with `tasks show {task}`, then `tasks resolve {task} --keep mine` or `--keep theirs`."),
    )
}

#[cfg(test)]
mod tests;
