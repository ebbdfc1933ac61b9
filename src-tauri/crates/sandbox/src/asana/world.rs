//! Workspaces, projects and tasks of the stand-in, and the events that told of their changes.

use std::collections::BTreeMap;

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    error::Refusal,
    task::{AsanaProject, AsanaTask, AsanaWorkspace, stamp},
};

/// The one person of the stand-in, and somebody else.
pub(super) const USER: &str = "1200000000000001";
pub(super) const COLLEAGUE: &str = "1200000000000002";

const MINUTE_MS: i64 = 60_000;

/// How Asana behaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AsanaSwitches {
    /// Requests in a minute: 1,500 with a plan that is paid for, 150 without.
    pub calls: usize,
    /// Events of an answer.
    pub events: usize,
}

impl Default for AsanaSwitches {
    fn default() -> Self {
        Self { calls: 1500, events: 100 }
    }
}

/// Something that became of a task in somebody's list.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub serial: u64,
    pub task_list: String,
    pub action: &'static str,
    pub gid: String,
    pub at: String,
}

#[derive(Default)]
pub struct AsanaWorld {
    /// The token that is accepted.
    pub(super) token: String,
    pub(super) workspaces: Vec<AsanaWorkspace>,
    pub(super) projects: Vec<AsanaProject>,
    pub(super) tasks: BTreeMap<String, AsanaTask>,
    pub(super) events: Vec<Event>,
    pub(super) serial: u64,
    /// Sync tokens and offsets of before are too old.
    pub(super) void_before: u64,
    pub switches: AsanaSwitches,
    calls: Vec<Timestamp>,
    made: u64,
}

impl AsanaWorld {
    pub(super) fn new(token: String) -> Self {
        Self { token, ..Self::default() }
    }

    pub(super) fn fresh_gid(&mut self) -> String {
        self.made += 1;
        format!("{}", 1_209_000_000_000_000_u64 + self.made)
    }

    pub(super) fn workspace(&self, gid: &str) -> Result<&AsanaWorkspace, Refusal> {
        self.workspaces.iter().find(|w| w.gid == gid).ok_or_else(|| Refusal::unknown("workspace", gid))
    }

    pub(super) fn project(&self, gid: &str) -> Result<&AsanaProject, Refusal> {
        self.projects.iter().find(|p| p.gid == gid).ok_or_else(|| Refusal::unknown("project", gid))
    }

    pub(super) fn task(&self, gid: &str) -> Result<&AsanaTask, Refusal> {
        self.tasks.get(gid).filter(|task| !task.deleted).ok_or_else(|| Refusal::unknown("task", gid))
    }

    fn tell(&mut self, task: &AsanaTask, action: &'static str, now: Timestamp) {
        let Ok(task_list) = self.workspace(&task.workspace).map(|w| w.task_list.clone()) else { return };
        self.serial += 1;
        self.events.push(Event { serial: self.serial, task_list, action, gid: task.gid.clone(), at: stamp(now) });
    }

    /// Puts a task there as changed now.
    pub(super) fn keep(&mut self, mut task: AsanaTask, now: Timestamp) -> AsanaTask {
        task.modified_at = stamp(now);
        if task.created_at.is_empty() {
            task.created_at.clone_from(&task.modified_at);
        }
        match (task.completed, &task.completed_at) {
            (true, None) => task.completed_at = Some(stamp(now)),
            (false, Some(_)) => task.completed_at = None,
            _ => {}
        }
        let before = self.tasks.insert(task.gid.clone(), task.clone());
        let was = before.is_some_and(|task| !task.deleted && task.assignee.as_deref() == Some(USER));
        let is = !task.deleted && task.assignee.as_deref() == Some(USER);
        match (was, is) {
            (true, true) => self.tell(&task, "changed", now),
            (false, true) => self.tell(&task, "added", now),
            (true, false) => self.tell(&task, if task.deleted { "deleted" } else { "removed" }, now),
            (false, false) => {}
        }
        task
    }

    /// Counts a request, or refuses it.
    pub(super) fn spend(&mut self, now: Timestamp) -> Result<(), Refusal> {
        self.calls.retain(|at| (0..MINUTE_MS).contains(&now.since(*at)));
        if self.calls.len() >= self.switches.calls {
            let oldest = self.calls.first().copied().unwrap_or(now);
            return Err(Refusal::limited(((MINUTE_MS - now.since(oldest) + 999) / 1000).max(1)));
        }
        self.calls.push(now);
        Ok(())
    }
}
