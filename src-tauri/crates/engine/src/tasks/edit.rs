//! What the person changes: made here at once, written to the provider a moment later, and taken back as a whole.

use domain::{
    audit::{Actor, Outcome},
    ids::{TaskId, TaskListId},
    tasks::{TaskFields, TaskStatus},
    time::Timestamp,
};
use store::{TaskEdit, TaskListRow, TaskRow, TaskWant};

use super::{
    ParentChange, TASK_DELAY_MS, TaskChange,
    change::{cannot, fits, writable},
    undo::{TaskBack, TaskState},
};
use crate::{Engine, EngineError, core::audit, events::Entity, undo::UndoWork};

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskDone {
    /// The task that was made or changed; None after a deletion.
    pub task: Option<TaskId>,
    /// For [`Engine::undo_record`].
    pub undo: Option<i64>,
    pub until: Timestamp,
    pub words: String,
    /// After a task was closed: those below it that are still open. To close them too is the person's to say.
    pub open_subtasks: u64,
}

/// What a new task was made from.
#[derive(Default)]
pub(super) struct Origin {
    pub message: Option<String>,
    pub event: Option<String>,
}

pub(super) fn named(title: &str) -> String {
    if title.is_empty() { "The task".to_owned() } else { format!("“{title}”") }
}

/// A task as it stands, for a change of it.
fn as_is(row: &TaskRow) -> TaskWant {
    TaskWant {
        list: row.list,
        parent: row.parent,
        fields: row.fields.clone(),
        key: String::new(),
        position: row.position.clone(),
        source_message: row.source_message.clone(),
        source_event: row.source_event.clone(),
    }
}

impl Engine {
    pub async fn create_task(&self, new: &TaskChange, actor: Actor) -> Result<TaskDone, EngineError> {
        self.make_task(new, Origin::default(), actor).await
    }

    pub(super) async fn make_task(&self, new: &TaskChange, from: Origin, actor: Actor) -> Result<TaskDone, EngineError> {
        let parent = match new.parent {
            Some(ParentChange::Below(parent)) => Some(self.open_row(parent).await?),
            _ => None,
        };
        // A subtask stands where its parent stands.
        let list = self.task_list_for(parent.as_ref().map_or(new.list, |p| Some(p.list))).await?;
        let mut fields = TaskFields::default();
        new.apply(&mut fields)?;
        if fields.title.is_empty() {
            return Err(EngineError::invalid("A task needs a title.", "Write what is to be done."));
        }
        fits(&list, None, &fields)?;
        if parent.is_some() && !list.can.subtasks {
            return Err(cannot(&list, "hold subtasks"));
        }
        let want = TaskWant {
            list: list.id,
            parent: parent.map(|p| p.id),
            fields,
            key: uuid::Uuid::new_v4().to_string(),
            position: String::new(),
            source_message: from.message,
            source_event: from.event,
        };
        let words = format!("{} added", named(&want.fields.title));
        let title = want.fields.title.clone();
        let after = TaskState::of_want(&want);
        let edit = TaskEdit { task: None, want: Some(want), resolves: false, title };
        let ids = self.put_tasks(&list, vec![edit], "task.created", actor).await?;
        let task = ids.first().copied().flatten();
        let back = task.map(|task| TaskBack { task, list: list.id, before: None, after: Some(after) });
        self.remember_tasks(task, back.into_iter().collect(), words).await
    }

    /// A task that may be changed, with its list.
    async fn editable(&self, id: TaskId) -> Result<(TaskRow, TaskListRow), EngineError> {
        let row = self.open_row(id).await?;
        if row.conflict.as_ref().is_some_and(|c| c.deleted) {
            return Err(EngineError::new("conflict", "This task was changed here and deleted elsewhere.", "Choose first what is to be."));
        }
        let list = self.store().task_list(row.list).await?;
        writable(&list)?;
        Ok((row, list))
    }

    pub async fn update_task(&self, id: TaskId, change: &TaskChange, actor: Actor) -> Result<TaskDone, EngineError> {
        let (row, list) = self.editable(id).await?;
        let mut want = as_is(&row);
        change.apply(&mut want.fields)?;
        fits(&list, Some(&row.fields), &want.fields)?;
        if let Some(to) = change.list.filter(|to| *to != row.list) {
            self.check_move(&row, &list, to, &want.fields).await?;
            want.list = to;
            want.parent = None;
        }
        match change.parent {
            Some(ParentChange::Top) => want.parent = None,
            Some(ParentChange::Below(parent)) => {
                self.check_parent(&row, parent, want.list).await?;
                want.parent = Some(parent);
            }
            None => {}
        }
        let closes = want.fields.status.is_closed() && !row.fields.status.is_closed();
        let opens = !want.fields.status.is_closed() && row.fields.status.is_closed();
        let (action, verb) = match (closes, opens) {
            (true, _) => ("task.completed", if want.fields.status == TaskStatus::Cancelled { "cancelled" } else { "done" }),
            (_, true) => ("task.reopened", "reopened"),
            _ if want.list != row.list || want.parent != row.parent => ("task.moved", "moved"),
            _ => ("task.changed", "changed"),
        };
        let words = format!("{} {verb}", named(&want.fields.title));
        let (before, after) = (TaskState::of_row(&row), TaskState::of_want(&want));
        let open_subtasks = if closes { self.open_below(id).await? } else { 0 };
        if before == after {
            return Ok(TaskDone { task: Some(id), undo: None, until: self.now(), words, open_subtasks: 0 });
        }
        let edit = TaskEdit { task: Some(id), title: want.fields.title.clone(), want: Some(want), resolves: false };
        self.put_tasks(&list, vec![edit], action, actor).await?;
        let back = TaskBack { task: id, list: row.list, before: Some(before), after: Some(after) };
        Ok(TaskDone { open_subtasks, ..self.remember_tasks(Some(id), vec![back], words).await? })
    }

    pub async fn complete_task(&self, id: TaskId, actor: Actor) -> Result<TaskDone, EngineError> {
        self.update_task(id, &TaskChange { status: Some(TaskStatus::Done), ..TaskChange::default() }, actor).await
    }

    pub async fn reopen_task(&self, id: TaskId, actor: Actor) -> Result<TaskDone, EngineError> {
        self.update_task(id, &TaskChange { status: Some(TaskStatus::Open), ..TaskChange::default() }, actor).await
    }

    /// To another list of the same connection, with what stands below it, or below another task.
    pub async fn move_task(
        &self,
        id: TaskId,
        list: Option<TaskListId>,
        parent: Option<ParentChange>,
        actor: Actor,
    ) -> Result<TaskDone, EngineError> {
        self.update_task(id, &TaskChange { parent, list, ..TaskChange::default() }, actor).await
    }

    /// Deletes a task and what stands below it: no provider keeps that.
    pub async fn delete_task(&self, id: TaskId, actor: Actor) -> Result<TaskDone, EngineError> {
        let row = self.open_row(id).await?;
        let list = self.store().task_list(row.list).await?;
        writable(&list)?;
        if !list.can.deletes && row.remote.is_some() {
            return Err(cannot(&list, "delete tasks"));
        }
        // Children first: each can be brought back by itself.
        let rows = self.store().tasks(&self.store().task_tree(id).await?).await?;
        let edits =
            rows.iter().map(|r| TaskEdit { task: Some(r.id), want: None, resolves: false, title: r.fields.title.clone() }).collect();
        self.put_tasks(&list, edits, "task.deleted", actor).await?;
        let back = rows.iter().map(|r| TaskBack { task: r.id, list: r.list, before: Some(TaskState::of_row(r)), after: None }).collect();
        self.remember_tasks(None, back, format!("{} deleted", named(&row.fields.title))).await
    }

    /// The person has seen what both sides made of a task.
    pub async fn resolve_task(&self, id: TaskId, mine: bool, actor: Actor) -> Result<TaskDone, EngineError> {
        let row = self.open_row(id).await?;
        let Some(conflict) = row.conflict.clone() else {
            return Err(EngineError::new("not_found", "There is nothing to choose any more.", "Refresh the list."));
        };
        let list = self.store().task_list(row.list).await?;
        let side = if mine { "mine" } else { "theirs" };
        let now = self.now();
        let entry = audit(actor, "task.resolved", format!("task:{id}"), Outcome::Ok, format!("kept={side}"));
        if mine {
            self.store().keep_my_task(&list.connection, &row, &uuid::Uuid::new_v4().to_string(), &entry, now).await?;
        } else if conflict.deleted {
            self.store().give_up_task(id, &entry, now).await?;
        } else {
            let mut want = as_is(&row);
            for field in &conflict.fields {
                let theirs = conflict.theirs.clone();
                match field.as_str() {
                    "title" => want.fields.title = theirs.title,
                    "notes" => want.fields.notes = theirs.notes,
                    "due" => want.fields.due = theirs.due,
                    "priority" => want.fields.priority = theirs.priority,
                    "labels" => want.fields.labels = theirs.labels,
                    "status" => want.fields.status = theirs.status,
                    "list" => {
                        let lists = self.store().task_lists().await?;
                        let there = lists.iter().find(|l| l.connection == list.connection && Some(&l.remote) == conflict.list.as_ref());
                        want.list = there.map_or(want.list, |l| l.id);
                    }
                    "parent" => want.parent = self.store().task_by_remote(&list.connection, theirs.parent.as_ref()).await?,
                    _ => {}
                }
            }
            let edit = TaskEdit { task: Some(id), title: want.fields.title.clone(), want: Some(want), resolves: true };
            self.store().edit_tasks(&list.connection, &[edit], now, &entry, now).await?;
        }
        self.emit().changed_many(Entity::Task);
        self.inner.wake_outbox.notify_one();
        let task = if mine || !conflict.deleted { Some(id) } else { None };
        let words = if mine { "Your version is kept" } else { "The other version is kept" };
        Ok(TaskDone { task, undo: None, until: now, words: words.to_owned(), open_subtasks: 0 })
    }

    async fn open_below(&self, id: TaskId) -> Result<u64, EngineError> {
        let ids = self.store().task_tree(id).await?;
        let rows = self.store().tasks(&ids).await?;
        Ok(rows.iter().filter(|r| r.id != id && !r.fields.status.is_closed()).count() as u64)
    }

    /// Everything that goes along has a place in the other list.
    async fn check_move(&self, row: &TaskRow, from: &TaskListRow, to: TaskListId, fields: &TaskFields) -> Result<(), EngineError> {
        let to = self.store().task_list(to).await.map_err(|_| EngineError::not_found("This list"))?;
        if to.connection != from.connection {
            return Err(EngineError::new(
                "unsupported",
                "A task can't be moved to another account.",
                "Make a new one there, and delete this one.",
            ));
        }
        if !from.can.moves {
            return Err(cannot(from, "let tasks go to another list"));
        }
        fits(&to, None, fields)?;
        let tree = self.store().task_tree(row.id).await?;
        if tree.len() > 1 && !to.can.subtasks {
            return Err(cannot(&to, "hold subtasks"));
        }
        let below: Vec<TaskId> = tree.into_iter().filter(|id| *id != row.id).collect();
        for child in self.store().tasks(&below).await? {
            fits(&to, None, &child.fields)?;
        }
        Ok(())
    }

    async fn check_parent(&self, row: &TaskRow, parent: TaskId, list: TaskListId) -> Result<(), EngineError> {
        let above = self.open_row(parent).await?;
        let to = self.store().task_list(list).await?;
        if !to.can.subtasks {
            return Err(cannot(&to, "hold subtasks"));
        }
        if above.list != list {
            return Err(EngineError::invalid("A subtask stands in the list of its task.", "Move it there first."));
        }
        if self.store().task_tree(row.id).await?.contains(&parent) {
            return Err(EngineError::invalid("A task can't stand below itself.", "Choose another one."));
        }
        Ok(())
    }

    /// The answer to a change, with its way back.
    async fn remember_tasks(&self, task: Option<TaskId>, items: Vec<TaskBack>, words: String) -> Result<TaskDone, EngineError> {
        let count = items.len() as u64;
        let done = self.remember("task", words, count, UndoWork::Tasks { items }).await?;
        Ok(TaskDone { task, undo: done.undo, until: done.until, words: done.words, open_subtasks: 0 })
    }

    /// Tasks as they are to be, in one transaction with their writes.
    pub(super) async fn put_tasks(
        &self,
        list: &TaskListRow,
        edits: Vec<TaskEdit>,
        action: &'static str,
        actor: Actor,
    ) -> Result<Vec<Option<TaskId>>, EngineError> {
        // The one that was meant stands last.
        let target = edits.last().and_then(|e| e.task).map_or_else(|| format!("task_list:{}", list.id), |id| format!("task:{id}"));
        let entry = audit(actor, action, target, Outcome::Ok, format!("tasks={}", edits.len()));
        // Nobody watches a command: what it says is meant.
        let delay = if actor == Actor::Cli { 0 } else { TASK_DELAY_MS };
        let now = self.now();
        let ids = self.store().edit_tasks(&list.connection, &edits, now.plus_millis(delay), &entry, now).await?;
        self.emit().changed_many(Entity::Task);
        self.inner.wake_outbox.notify_one();
        Ok(ids)
    }
}
