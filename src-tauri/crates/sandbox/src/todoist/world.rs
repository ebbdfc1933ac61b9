//! The tasks and projects of the stand-in, the order in which they changed, and the commands that were done.

use std::collections::BTreeMap;

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    error::Refusal,
    task::{TodoistProject, TodoistTask, USER, stamp},
};

/// Rate limits count over this long, milliseconds (PROVIDERS 6.1, unverified).
const WINDOW_MS: i64 = 15 * 60_000;

/// How Todoist behaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TodoistSwitches {
    /// Requests in a quarter of an hour. None: no limit.
    pub calls: Option<usize>,
    /// Full syncs in a quarter of an hour. None: no limit.
    pub full_syncs: Option<usize>,
    /// The longest window of completed tasks, days. None: any. (unverified)
    pub completed_days: Option<i64>,
    /// Pages of completed tasks are never longer, whatever was asked for.
    pub page: Option<usize>,
    /// Whether a command that is known already is answered with its `temp_id_mapping` again. (unverified)
    pub repeats_mapping: bool,
    /// Whether a closed occurrence of a repeating task is listed among the completed ones, under the id of the task that lives on.
    pub occurrences: bool,
    /// Commands are done, but this many of the next ones answer 500 in `sync_status` without having been.
    pub failing: usize,
}

impl Default for TodoistSwitches {
    fn default() -> Self {
        Self { calls: None, full_syncs: None, completed_days: Some(92), page: None, repeats_mapping: false, occurrences: true, failing: 0 }
    }
}

#[derive(Clone, Debug)]
struct Stored<T> {
    body: T,
    /// When it changed last, as a number.
    changed: u64,
}

#[derive(Default)]
pub struct TodoistWorld {
    /// The personal API token.
    pub(super) token: String,
    /// Whose account it is.
    pub(super) user: String,
    projects: BTreeMap<String, Stored<TodoistProject>>,
    tasks: BTreeMap<String, Stored<TodoistTask>>,
    /// Closed occurrences of repeating tasks: what the task was, and when.
    pub(super) occurrences: Vec<TodoistTask>,
    /// Counts changes.
    pub(super) serial: u64,
    /// Sync tokens of before are too old.
    pub(super) void_before: u64,
    /// Commands that were done, by uuid, with the temporary id and what it became.
    pub(super) done: BTreeMap<String, Option<(String, String)>>,
    pub switches: TodoistSwitches,
    /// When, and whether it was a full sync.
    calls: Vec<(Timestamp, bool)>,
    made: u64,
}

impl TodoistWorld {
    pub(super) fn new(token: String) -> Self {
        Self { token, user: USER.to_owned(), ..Self::default() }
    }

    /// An id as Todoist makes them: no number.
    pub(super) fn fresh_id(&mut self) -> String {
        self.made += 1;
        format!("6Xsbx{:011}", self.made)
    }

    /// A task that is not deleted; a completed one is there.
    pub(super) fn task(&self, id: &str) -> Option<&TodoistTask> {
        self.tasks.get(id).map(|stored| &stored.body).filter(|task| !task.is_deleted)
    }

    /// Deleted ones too.
    pub(super) fn tasks(&self) -> impl Iterator<Item = &TodoistTask> {
        self.tasks.values().map(|stored| &stored.body)
    }

    /// All that changed after `serial`, in the order of the changes.
    pub(super) fn tasks_since(&self, serial: u64) -> Vec<&TodoistTask> {
        since(&self.tasks, serial)
    }

    pub(super) fn projects_since(&self, serial: u64) -> Vec<&TodoistProject> {
        since(&self.projects, serial)
    }

    /// One that is neither deleted nor archived.
    pub(super) fn project(&self, id: &str) -> Option<&TodoistProject> {
        self.any_project(id).filter(|project| !project.is_deleted && !project.is_archived)
    }

    pub(super) fn any_project(&self, id: &str) -> Option<&TodoistProject> {
        self.projects.get(id).map(|stored| &stored.body)
    }

    pub(super) fn projects(&self) -> impl Iterator<Item = &TodoistProject> {
        self.projects.values().map(|stored| &stored.body)
    }

    pub(super) fn inbox(&self) -> String {
        self.projects().find(|p| p.inbox_project).map(|p| p.id.clone()).unwrap_or_default()
    }

    pub(super) fn keep_project(&mut self, project: TodoistProject) {
        self.serial += 1;
        self.projects.insert(project.id.clone(), Stored { body: project, changed: self.serial });
    }

    /// Puts a task there as changed now.
    pub(super) fn keep(&mut self, mut task: TodoistTask, now: Timestamp) {
        self.serial += 1;
        task.updated_at = stamp(now);
        if task.added_at.is_empty() {
            task.added_at.clone_from(&task.updated_at);
        }
        self.tasks.insert(task.id.clone(), Stored { body: task, changed: self.serial });
    }

    /// The task and all below it, from top to bottom; none that is deleted.
    pub(super) fn subtree(&self, id: &str) -> Vec<TodoistTask> {
        let mut found: Vec<TodoistTask> = self.task(id).cloned().into_iter().collect();
        let mut at = 0;
        while let Some(above) = found.get(at).map(|task| task.id.clone()) {
            let below = self.tasks().filter(|t| !t.is_deleted && t.parent_id.as_deref() == Some(above.as_str()));
            let below: Vec<TodoistTask> = below.filter(|t| found.iter().all(|f| f.id != t.id)).cloned().collect();
            found.extend(below);
            at += 1;
        }
        found
    }

    /// Where the last child of a parent, or root of a project, goes.
    pub(super) fn last_order(&self, project: &str, parent: Option<&str>) -> i64 {
        let siblings = self.tasks().filter(|t| !t.is_deleted && t.project_id == project && t.parent_id.as_deref() == parent);
        siblings.map(|t| t.child_order).max().unwrap_or(0) + 1
    }

    /// Counts a request, or refuses it.
    pub(super) fn spend(&mut self, full: bool, now: Timestamp) -> Result<(), Refusal> {
        self.calls.retain(|(at, _)| (0..WINDOW_MS).contains(&now.since(*at)));
        let limits = [(self.switches.calls, false), (self.switches.full_syncs.filter(|_| full), true)];
        for (limit, only_full) in limits {
            let Some(limit) = limit else { continue };
            let counted: Vec<Timestamp> = self.calls.iter().filter(|(_, full)| *full || !only_full).map(|(at, _)| *at).collect();
            if counted.len() >= limit {
                let oldest = counted.first().copied().unwrap_or(now);
                return Err(Refusal::limit(((WINDOW_MS - now.since(oldest) + 999) / 1000).max(1)));
            }
        }
        self.calls.push((now, full));
        Ok(())
    }
}

fn since<T>(all: &BTreeMap<String, Stored<T>>, serial: u64) -> Vec<&T> {
    let mut found: Vec<&Stored<T>> = all.values().filter(|stored| stored.changed > serial).collect();
    found.sort_by_key(|stored| stored.changed);
    found.into_iter().map(|stored| &stored.body).collect()
}
