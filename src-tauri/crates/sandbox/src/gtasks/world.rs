//! All task lists of the stand-in.

use std::collections::BTreeMap;

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::list::List;
use crate::gmail::error::ApiError;

/// Calls per day (PROVIDERS 1.2). Google counts the whole project; here it is one person's.
pub const STANDARD_LIMIT: usize = 50_000;
const DAY_MS: i64 = 86_400_000;

/// How Google behaves, where it may behave in more than one way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GtasksSwitches {
    /// Pages are never longer, whatever was asked for: Google may always send fewer.
    pub page: Option<usize>,
    /// Page tokens that were given out under another number are refused.
    pub page_generation: u32,
    /// Whether `If-Match` is looked at. Google's reference does not say.
    pub if_match: bool,
    /// A task that went to another list is told of as deleted in the one that it left. Google's reference does not say.
    pub moves_tell: bool,
    /// It gets a new id there. Google's reference does not say.
    pub moves_rename: bool,
    /// Calls in a day of one person. None: no limit.
    pub calls_per_day: Option<usize>,
}

impl Default for GtasksSwitches {
    fn default() -> Self {
        Self { page: None, page_generation: 0, if_match: true, moves_tell: false, moves_rename: false, calls_per_day: None }
    }
}

#[derive(Default)]
pub struct GtasksWorld {
    /// By account; the first list is the default one.
    people: BTreeMap<String, Vec<List>>,
    pub switches: GtasksSwitches,
    /// When the day began, and calls since.
    calls: BTreeMap<String, (Timestamp, usize)>,
    made: u64,
}

impl GtasksWorld {
    pub(crate) fn add(&mut self, email: &str, list: List) {
        self.people.entry(email.to_owned()).or_default().push(list);
    }

    /// False: there is none.
    pub(crate) fn remove(&mut self, email: &str, list: &str) -> bool {
        let Some(lists) = self.people.get_mut(email) else { return false };
        let before = lists.len();
        lists.retain(|l| l.id != list);
        lists.len() < before
    }

    pub(crate) fn lists(&self, email: &str) -> &[List] {
        self.people.get(email).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn list(&self, email: &str, id: &str) -> Result<&List, ApiError> {
        let mut lists = self.lists(email).iter();
        if id == "@default" { lists.next() } else { lists.find(|l| l.id == id) }.ok_or_else(no_list)
    }

    pub(crate) fn list_mut(&mut self, email: &str, id: &str) -> Result<&mut List, ApiError> {
        let mut lists = self.people.get_mut(email).into_iter().flatten();
        if id == "@default" { lists.next() } else { lists.find(|l| l.id == id) }.ok_or_else(no_list)
    }

    /// An id as long as Google's.
    pub(crate) fn fresh_id(&mut self) -> String {
        self.made += 1;
        format!("sbx{:019}", self.made)
    }

    pub(crate) fn spend(&mut self, email: &str, now: Timestamp) -> Result<(), ApiError> {
        let Some(limit) = self.switches.calls_per_day else { return Ok(()) };
        let day = self.calls.entry(email.to_owned()).or_insert((now, 0));
        if !(0..DAY_MS).contains(&now.since(day.0)) {
            *day = (now, 0);
        }
        if day.1 >= limit {
            return Err(ApiError::new(403, "dailyLimitExceeded", "Daily Limit Exceeded"));
        }
        day.1 += 1;
        Ok(())
    }
}

fn no_list() -> ApiError {
    ApiError::new(404, "notFound", "Task list not found.")
}
