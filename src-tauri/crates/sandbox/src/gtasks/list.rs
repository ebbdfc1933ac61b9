//! A list of tasks: who is below whom, in which order, and what changes with a change.

use std::collections::BTreeMap;

use domain::time::Timestamp;
use serde_json::{Value, json};

use super::{change::bad, task::Task};
use crate::{gcal::rfc3339, gmail::error::ApiError, text};

/// Between two that were put behind each other.
const STEP: i64 = 1 << 20;
/// Room before the first one.
const MIDDLE: i64 = 1 << 50;

#[derive(Clone, Debug, Default)]
pub(crate) struct List {
    pub id: String,
    pub title: String,
    pub updated: Timestamp,
    /// Deleted ones too.
    pub tasks: BTreeMap<String, Task>,
    /// Counts changes.
    serial: u64,
}

impl List {
    pub fn new(id: &str, title: &str, now: Timestamp) -> Self {
        Self { id: id.to_owned(), title: title.to_owned(), updated: now, ..Self::default() }
    }

    pub fn json(&self) -> Value {
        json!({
            "kind": "tasks#taskList",
            "id": self.id,
            "etag": self.etag(),
            "title": self.title,
            "updated": rfc3339(self.updated),
            "selfLink": format!("https://www.googleapis.example/tasks/v1/users/@me/lists/{}", self.id),
        })
    }

    fn etag(&self) -> String {
        format!("\"{}\"", text::b64url(format!("{}:{}", self.id, self.serial).as_bytes()))
    }

    /// One that is not deleted.
    pub fn task(&self, id: &str) -> Option<&Task> {
        self.tasks.get(id).filter(|task| !task.deleted)
    }

    /// Puts a task there, with a new tag and the time of its change.
    pub fn keep(&mut self, mut task: Task, now: Timestamp) -> &Task {
        self.serial += 1;
        self.updated = now;
        task.updated = now;
        task.etag = self.etag();
        self.tasks.entry(task.id.clone()).insert_entry(task).into_mut()
    }

    /// Ids of the tasks below this one.
    pub fn below(&self, id: &str) -> Vec<String> {
        self.tasks.values().filter(|t| !t.deleted && t.parent.as_deref() == Some(id)).map(|t| t.id.clone()).collect()
    }

    /// With those below it.
    pub fn delete(&mut self, id: &str, now: Timestamp) {
        for id in [id.to_owned()].into_iter().chain(self.below(id)) {
            if let Some(task) = self.task(&id).cloned() {
                self.keep(Task { deleted: true, ..task }, now);
            }
        }
    }

    /// Whether `task` may stand below `parent`: one level, and nothing that is assigned or put away.
    pub fn adopts(&self, parent: &str, task: &Task) -> Result<(), ApiError> {
        let above = self.task(parent).ok_or_else(|| bad("Invalid parent: there is no such task in this list."))?;
        if parent == task.id || above.parent.is_some() || !self.below(&task.id).is_empty() {
            return Err(bad("Invalid parent: subtasks have no subtasks."));
        }
        if above.assigned || task.assigned || above.hidden || task.hidden {
            return Err(bad("Invalid parent: assigned and hidden tasks are not nested."));
        }
        Ok(())
    }

    /// A place right behind `previous`, or before all siblings.
    pub fn rank(&self, task: &str, parent: Option<&str>, previous: Option<&str>) -> Result<i64, ApiError> {
        let siblings = self.siblings(task, parent);
        let Some(previous) = previous else {
            return Ok(siblings.first().map_or(MIDDLE, |first| first.0 - STEP));
        };
        let at = siblings.iter().position(|(_, id)| *id == previous).ok_or_else(|| bad("Invalid previous: it is no sibling."))?;
        let (before, after) = (siblings.get(at).map_or(MIDDLE, |s| s.0), siblings.get(at + 1).map(|s| s.0));
        // Between two neighbours there is room for twenty halvings; then they share a place, as it may happen at Google.
        Ok(after.map_or(before + STEP, |after| before + (after - before) / 2))
    }

    /// Behind all siblings.
    pub fn last_rank(&self, parent: Option<&str>) -> i64 {
        self.siblings("", parent).last().map_or(MIDDLE, |last| last.0 + STEP)
    }

    fn siblings(&self, but: &str, parent: Option<&str>) -> Vec<(i64, &str)> {
        let beside = |t: &&Task| !t.deleted && t.id != but && t.parent.as_deref() == parent;
        let mut out: Vec<_> = self.tasks.values().filter(beside).map(|t| (t.rank, t.id.as_str())).collect();
        out.sort_unstable();
        out
    }

    /// As they are listed: each with those below it behind it.
    pub fn in_order(&self) -> Vec<&Task> {
        let mut out: Vec<&Task> = self.tasks.values().collect();
        out.sort_by_key(|task| {
            let above = task.parent.as_ref().and_then(|parent| self.tasks.get(parent)).unwrap_or(task);
            (above.rank, above.id.as_str(), task.parent.is_some(), task.rank, task.id.as_str())
        });
        out
    }
}
