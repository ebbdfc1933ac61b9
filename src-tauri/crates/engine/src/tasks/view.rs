//! A task as lists and its panel show it.

use std::collections::HashMap;

use domain::{
    ids::{MessageId, TaskId, TaskListId, ThreadId},
    tasks::{Due, Priority, TaskAbilities, TaskFields, TaskStatus},
    time::{Timestamp, Zone},
};
use serde::{Deserialize, Serialize};
use store::{TaskListRow, TaskRow, TaskTally};

use super::due;
use crate::{Engine, EngineError, agenda::ConflictView, zone};

/// Subtasks of one panel.
const BELOW: u32 = 500;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueView {
    /// ISO date, in the viewer's zone.
    pub day: String,
    /// `HH:MM`, in the viewer's zone.
    pub time: Option<String>,
    /// An open task whose time is over.
    pub overdue: bool,
    /// As it is stored, for the form.
    pub exact: Due,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskView {
    pub id: TaskId,
    pub list: TaskListId,
    pub parent: Option<TaskId>,
    /// Steps below the top of what is listed.
    pub depth: u32,
    pub title: String,
    pub has_notes: bool,
    pub due: Option<DueView>,
    pub priority: Priority,
    pub labels: Vec<String>,
    pub status: TaskStatus,
    /// In the provider's words.
    pub repeats: Option<String>,
    pub completed_at: Option<Timestamp>,
    pub subtasks_open: u64,
    pub subtasks_done: u64,
    pub editable: bool,
    /// `waiting`, `conflict`, `failed`.
    pub pending: Option<String>,
    /// It was made from a mail or an event.
    pub linked: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskDetail {
    pub row: TaskView,
    pub notes: String,
    /// Its page at the provider.
    pub url: Option<String>,
    pub can: TaskAbilities,
    /// Why it can't be changed, in words.
    pub locked: Option<String>,
    pub parent_title: Option<String>,
    /// Open ones, each behind the one that it stands below.
    pub subtasks: Vec<TaskView>,
    /// The mail that it was made from and its conversation, while that is here.
    pub message: Option<(MessageId, ThreadId)>,
    /// The event that it was made from, as lists name it.
    pub event: Option<String>,
    pub updated_at: Option<Timestamp>,
    /// `deleted`, or the fields that were changed on both sides.
    pub conflict: Vec<ConflictView>,
}

/// What all views of one answer need.
pub(super) struct Seen {
    pub now: Timestamp,
    pub viewer: Zone,
    pub lists: Vec<TaskListRow>,
    pub stuck: Vec<TaskId>,
    pub tallies: HashMap<TaskId, TaskTally>,
}

impl Seen {
    pub fn view(&self, row: &TaskRow, depth: u32) -> TaskView {
        let tally = self.tallies.get(&row.id).copied().unwrap_or_default();
        let list = self.lists.iter().find(|l| l.id == row.list);
        TaskView {
            id: row.id,
            list: row.list,
            parent: row.parent,
            depth,
            title: row.fields.title.clone(),
            has_notes: !row.fields.notes.is_empty(),
            due: row.fields.due.as_ref().map(|exact| {
                let (day, time, over) = due::shown(exact, self.now, &self.viewer);
                DueView { day, time, overdue: over && !row.fields.status.is_closed(), exact: exact.clone() }
            }),
            priority: row.fields.priority,
            labels: row.fields.labels.clone(),
            status: row.fields.status,
            repeats: row.repeats.clone(),
            completed_at: row.completed_at.filter(|_| row.fields.status.is_closed()),
            subtasks_open: tally.open,
            subtasks_done: tally.closed,
            editable: list.is_some_and(|l| l.can.write) && !row.conflict.as_ref().is_some_and(|c| c.deleted),
            pending: match (&row.conflict, row.waits()) {
                (Some(_), _) => Some("conflict".to_owned()),
                (None, true) if self.stuck.contains(&row.id) => Some("failed".to_owned()),
                (None, true) => Some("waiting".to_owned()),
                (None, false) => None,
            },
            linked: row.source_message.is_some() || row.source_event.is_some(),
        }
    }
}

/// One field in words, for a choice between two values.
fn words(fields: &TaskFields, field: &str, viewer: &Zone) -> String {
    let name = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    match field {
        "title" => fields.title.clone(),
        "notes" => fields.notes.clone(),
        "due" => fields.due.as_ref().map_or_else(String::new, |d| {
            let (day, time, _) = due::shown(d, Timestamp(0), viewer);
            time.map_or_else(|| day.clone(), |time| format!("{day} {time}"))
        }),
        "priority" => serde_json::to_value(fields.priority).map(name).unwrap_or_default(),
        "status" => serde_json::to_value(fields.status).map(name).unwrap_or_default(),
        "labels" => fields.labels.join(", "),
        _ => String::new(),
    }
}

impl Engine {
    pub(super) async fn seen(&self, rows: &[TaskRow], viewer: &Zone) -> Result<Seen, EngineError> {
        let ids: Vec<TaskId> = rows.iter().map(|r| r.id).collect();
        // Asked only where something waits.
        let stuck = if rows.iter().any(TaskRow::waits) { self.store().stuck_tasks().await? } else { Vec::new() };
        Ok(Seen {
            now: self.now(),
            viewer: viewer.clone(),
            lists: self.store().task_lists().await?,
            stuck,
            tallies: self.store().task_tallies(&ids).await?,
        })
    }

    /// Everything that is shown of one task.
    pub async fn task(&self, id: TaskId) -> Result<TaskDetail, EngineError> {
        let viewer = zone::local();
        let row = self.open_row(id).await?;
        let below = self.store().tasks_below(&[id], BELOW).await?;
        let rows = self.store().tasks(&below.iter().map(|(id, ..)| *id).collect::<Vec<_>>()).await?;
        let mut all = rows.clone();
        all.push(row.clone());
        let seen = self.seen(&all, &viewer).await?;
        let parent = match row.parent {
            Some(parent) => self.store().task(parent).await.ok(),
            None => None,
        };
        let list = seen.lists.iter().find(|l| l.id == row.list).ok_or_else(|| EngineError::not_found("This list"))?;
        let depths: HashMap<TaskId, u32> = below.iter().map(|(id, _, depth)| (*id, *depth)).collect();
        let conflict = match &row.conflict {
            Some(c) if c.deleted => {
                vec![ConflictView { field: "deleted".to_owned(), mine: row.fields.title.clone(), theirs: String::new() }]
            }
            Some(c) => {
                let view = |field: &String| {
                    let (mine, theirs) = match field.as_str() {
                        "list" => {
                            let theirs = seen.lists.iter().find(|l| c.list.as_ref() == Some(&l.remote) && l.connection == list.connection);
                            (list.name.clone(), theirs.map(|l| l.name.clone()).unwrap_or_default())
                        }
                        field => (words(&row.fields, field, &viewer), words(&c.theirs, field, &viewer)),
                    };
                    ConflictView { field: field.clone(), mine, theirs }
                };
                c.fields.iter().map(view).collect()
            }
            None => Vec::new(),
        };
        Ok(TaskDetail {
            row: seen.view(&row, 0),
            notes: row.fields.notes.clone(),
            url: row.url.clone(),
            can: list.can,
            locked: (!list.can.write).then(|| format!("{} can only be read.", list.name)),
            parent_title: parent.map(|p| p.fields.title),
            subtasks: rows.iter().map(|r| seen.view(r, depths.get(&r.id).copied().unwrap_or(1))).collect(),
            message: self.message_of(&row).await?,
            event: row.source_event.clone(),
            updated_at: row.updated_at,
            conflict,
        })
    }

    /// One that is not deleted.
    pub(super) async fn open_row(&self, id: TaskId) -> Result<TaskRow, EngineError> {
        let row = self.store().task(id).await.map_err(|_| EngineError::not_found("This task"))?;
        if row.removed { Err(EngineError::not_found("This task")) } else { Ok(row) }
    }
}
