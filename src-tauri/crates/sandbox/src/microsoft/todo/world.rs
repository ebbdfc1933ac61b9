//! The task lists of one account, and what changed when.

use std::collections::BTreeMap;

use domain::time::Timestamp;

use super::{super::error::GraphError, task::Task};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct List {
    pub id: String,
    pub name: String,
    /// `none`, `defaultList` or `flaggedEmails`.
    pub well_known: &'static str,
}

/// It was in a list and is there no more.
#[derive(Clone, Debug)]
pub(super) struct Removal {
    pub serial: u64,
    pub list: String,
    pub id: String,
}

pub(in super::super) struct Todo {
    pub(super) lists: Vec<List>,
    pub(super) tasks: BTreeMap<u64, Task>,
    pub(super) removals: Vec<Removal>,
    /// Counts changes.
    pub(super) serial: u64,
    /// Sync tokens from before are too old.
    pub(super) void_before: u64,
    next_key: u64,
}

impl Default for Todo {
    /// As a new account has them.
    fn default() -> Self {
        let mut todo = Self { lists: Vec::new(), tasks: BTreeMap::new(), removals: Vec::new(), serial: 0, void_before: 0, next_key: 1 };
        todo.add_list("Tasks", "defaultList");
        todo.add_list("Flagged Emails", "flaggedEmails");
        todo
    }
}

impl Todo {
    /// Returns its id.
    pub(super) fn add_list(&mut self, name: &str, well_known: &'static str) -> String {
        let id = format!("AQMkADAwATM0MDAAMS0yMDky-{:04x}AAAA=", self.lists.len() + 1);
        self.lists.push(List { id: id.clone(), name: name.to_owned(), well_known });
        id
    }

    /// By id. In the place of one, Graph also takes the name of a well-known one.
    pub(super) fn list(&self, id: &str) -> Result<&List, GraphError> {
        self.lists.iter().find(|l| l.id == id || (l.well_known != "none" && l.well_known == id)).ok_or_else(GraphError::not_found)
    }

    pub(super) fn in_list<'a>(&'a self, list: &str) -> impl Iterator<Item = &'a Task> {
        let list = list.to_owned();
        self.tasks.values().filter(move |task| task.list == list)
    }

    pub(super) fn task(&self, list: &str, id: &str) -> Result<&Task, GraphError> {
        let list = &self.list(list)?.id;
        self.tasks.values().find(|task| task.list == *list && task.id() == id).ok_or_else(GraphError::not_found)
    }

    /// A new one, made now. Returns its key.
    pub(super) fn insert(&mut self, list: &str, now: Timestamp, fill: impl FnOnce(&mut Task)) -> u64 {
        let key = self.next_key;
        self.next_key += 1;
        self.serial += 1;
        let mut task = Task::new(key, list, now, self.serial);
        fill(&mut task);
        self.tasks.insert(key, task);
        key
    }

    pub(super) fn edit(&mut self, key: u64, now: Timestamp, change: impl FnOnce(&mut Task)) {
        self.serial += 1;
        if let Some(task) = self.tasks.get_mut(&key) {
            change(task);
            task.changed = self.serial;
            task.modified = now;
        }
    }

    pub(super) fn remove(&mut self, key: u64) {
        self.serial += 1;
        if let Some(task) = self.tasks.remove(&key) {
            self.removals.push(Removal { serial: self.serial, list: task.list.clone(), id: task.id() });
        }
    }

    /// Every delta token of before is too old from now on.
    pub(in super::super) fn expire_sync(&mut self) {
        self.serial += 1;
        self.void_before = self.serial;
    }
}
