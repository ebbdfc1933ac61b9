//! Taking changes of tasks back, before and after they went out. Of a change, only what it changed goes back: what others did since stays.

use std::collections::HashMap;

use domain::{
    audit::Actor,
    ids::{TaskId, TaskListId},
    tasks::{TaskFields, TaskPatch},
};
use serde::{Deserialize, Serialize};
use store::{TaskEdit, TaskRow, TaskWant};

use crate::{Engine, EngineError};

/// One state of a task. Stored with the undo list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TaskState {
    pub list: TaskListId,
    pub parent: Option<TaskId>,
    pub fields: TaskFields,
    pub position: String,
    pub source_message: Option<String>,
    pub source_event: Option<String>,
}

impl TaskState {
    pub fn of_row(row: &TaskRow) -> Self {
        Self {
            list: row.list,
            parent: row.parent,
            fields: TaskFields { parent: None, ..row.fields.clone() },
            position: row.position.clone(),
            source_message: row.source_message.clone(),
            source_event: row.source_event.clone(),
        }
    }

    pub fn of_want(want: &TaskWant) -> Self {
        Self {
            list: want.list,
            parent: want.parent,
            fields: TaskFields { parent: None, ..want.fields.clone() },
            position: want.position.clone(),
            source_message: want.source_message.clone(),
            source_event: want.source_event.clone(),
        }
    }

    fn want(self) -> TaskWant {
        TaskWant {
            list: self.list,
            parent: self.parent,
            fields: self.fields,
            key: uuid::Uuid::new_v4().to_string(),
            position: self.position,
            source_message: self.source_message,
            source_event: self.source_event,
        }
    }
}

/// One task as it was and as it became. Stored with the undo list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TaskBack {
    pub task: TaskId,
    pub list: TaskListId,
    /// None: it was not there.
    pub before: Option<TaskState>,
    /// None: it was deleted.
    pub after: Option<TaskState>,
}

/// What was changed, the other way round, on top of what there is now.
fn back(row: &TaskRow, before: TaskState, after: &TaskState) -> TaskWant {
    let mut want = TaskState::of_row(row).want();
    TaskPatch::between(&after.fields, &before.fields).apply(&mut want.fields);
    // Closing one that repeats moved it on to its next day.
    if row.repeats.is_some() && after.fields.status.is_closed() && !before.fields.status.is_closed() {
        want.fields.due = before.fields.due;
    }
    if before.list != after.list {
        want.list = before.list;
    }
    if before.parent != after.parent {
        want.parent = before.parent;
    }
    want
}

impl Engine {
    /// Puts tasks back as they were.
    pub(crate) async fn take_back_tasks(&self, items: &[TaskBack]) -> Result<(), EngineError> {
        // One that is gone for good is made anew, under a number of its own: what stood below it follows.
        let mut anew: HashMap<TaskId, TaskId> = HashMap::new();
        let mut found = false;
        // Deleted children first, brought back last.
        for item in items.iter().rev() {
            let row = self.store().task(item.task).await.ok();
            let list = self.store().task_list(item.list).await.map_err(|_| EngineError::not_found("This list"))?;
            let edit = |task, want: Option<TaskWant>| {
                let title = want.as_ref().map(|w| w.fields.title.clone());
                let title = title.or_else(|| row.as_ref().map(|r| r.fields.title.clone())).unwrap_or_default();
                TaskEdit { task, want, resolves: false, title }
            };
            let edits = match (&row, item.before.clone(), &item.after) {
                (None, None, _) | (None, Some(_), Some(_)) => continue,
                (Some(_), None, _) => {
                    // With what was put below it since.
                    let tree = self.store().task_tree(item.task).await?;
                    tree.into_iter().map(|id| edit(Some(id), None)).collect()
                }
                (None, Some(mut before), None) => {
                    before.parent = before.parent.map(|p| anew.get(&p).copied().unwrap_or(p));
                    if let Some(parent) = before.parent
                        && self.store().task(parent).await.is_err()
                    {
                        before.parent = None;
                    }
                    vec![edit(None, Some(before.want()))]
                }
                (Some(_), Some(mut before), None) => {
                    before.parent = before.parent.map(|p| anew.get(&p).copied().unwrap_or(p));
                    vec![edit(Some(item.task), Some(before.want()))]
                }
                (Some(row), Some(before), Some(after)) => vec![edit(Some(item.task), Some(back(row, before, after)))],
            };
            found = true;
            let ids = self.put_tasks(&list, edits, "task.undone", Actor::Person).await?;
            if let (None, Some(Some(id))) = (&row, ids.last()) {
                anew.insert(item.task, *id);
            }
        }
        if found { Ok(()) } else { Err(EngineError::not_found("This task")) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::undo::UndoWork;

    #[test]
    fn the_way_back_stays_readable() {
        let fields = TaskFields { title: "x".into(), ..TaskFields::default() };
        let state = TaskState {
            list: TaskListId(2),
            parent: None,
            fields,
            position: "p".into(),
            source_message: None,
            source_event: Some("7/".into()),
        };
        let work = UndoWork::Tasks { items: vec![TaskBack { task: TaskId(1), list: TaskListId(2), before: Some(state), after: None }] };
        let json = r#"{"type":"tasks","items":[{"task":1,"list":2,"before":{"list":2,"parent":null,"fields":{"title":"x","notes":"","due":null,"priority":"none","labels":[],"status":"open","parent":null},"position":"p","source_message":null,"source_event":"7/"},"after":null}]}"#;
        assert_eq!(serde_json::to_string(&work).unwrap(), json);
        assert_eq!(serde_json::from_str::<UndoWork>(json).unwrap(), work);
    }
}
