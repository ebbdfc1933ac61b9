//! Teams, labels and issues of the stand-in.

use std::collections::BTreeMap;

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    error::Refusal,
    issue::{LinearIssue, LinearLabel, LinearState, LinearTeam, stamp},
    limits::Limits,
};

/// The one person of the stand-in.
pub const USER: &str = "5b7e1c1e-0d7c-4c0a-9b61-3f1f2a7d9a10";
/// Somebody else of the workspace.
pub const COLLEAGUE: &str = "5b7e1c1e-0d7c-4c0a-9b61-3f1f2a7d9a11";

/// How Linear behaves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LinearSwitches {
    /// Requests in an hour. (unverified)
    pub calls: usize,
    /// Points in an hour, and of one request. (unverified)
    pub complexity: f64,
    pub most_complex: f64,
    /// 400 or 429: both were seen.
    pub limited_status: u16,
    /// The next so many mutations of issues are done, but their answers never arrive.
    pub lose_answers: usize,
}

impl Default for LinearSwitches {
    fn default() -> Self {
        Self { calls: 5000, complexity: 250_000.0, most_complex: 10_000.0, limited_status: 400, lose_answers: 0 }
    }
}

#[derive(Default)]
pub struct LinearWorld {
    /// The API key that is accepted, and whose it is.
    pub(super) key: String,
    pub(super) me: String,
    pub(super) teams: Vec<LinearTeam>,
    pub(super) labels: Vec<LinearLabel>,
    pub(super) issues: BTreeMap<String, LinearIssue>,
    pub(super) limits: Limits,
    /// Root fields of each operation that was accepted.
    pub(super) operations: Vec<String>,
    /// Cursors of before are not known.
    pub(super) generation: u64,
    pub switches: LinearSwitches,
    made: u64,
}

impl LinearWorld {
    pub(super) fn new(key: String) -> Self {
        Self { key, me: USER.to_owned(), ..Self::default() }
    }

    pub(super) fn fresh_id(&mut self) -> String {
        self.made += 1;
        format!("9cfb482a-81e3-4154-b5b9-{:012x}", self.made)
    }

    pub(super) fn team(&self, id: &str) -> Option<&LinearTeam> {
        self.teams.iter().find(|team| team.id == id)
    }

    pub(super) fn state(&self, team: &str, id: &str) -> Option<&LinearState> {
        self.team(team)?.states.iter().find(|state| state.id == id)
    }

    /// The first of a kind.
    pub(super) fn state_of(&self, team: &str, kind: &str) -> Option<&LinearState> {
        self.team(team)?.states.iter().filter(|state| state.kind == kind).min_by(|a, b| a.position.total_cmp(&b.position))
    }

    pub(super) fn label_id(&self, team: &str, name: &str) -> Option<&str> {
        let here = |label: &&LinearLabel| label.name == name && label.team.as_deref().is_none_or(|of| of == team);
        self.labels.iter().find(here).map(|label| label.id.as_str())
    }

    /// One that can be asked for; trashed and archived ones too.
    pub(super) fn issue(&self, id: &str) -> Result<&LinearIssue, Refusal> {
        self.issues.get(id).filter(|issue| !issue.deleted).ok_or_else(|| Refusal::no_entity("Issue"))
    }

    /// Puts an issue there as changed now, with the times that follow from its state.
    pub(super) fn keep(&mut self, mut issue: LinearIssue, now: Timestamp) -> &LinearIssue {
        let at = stamp(now);
        issue.updated_at.clone_from(&at);
        if issue.created_at.is_empty() {
            issue.created_at.clone_from(&at);
        }
        let kind = issue.kind(self).to_owned();
        for (is, time) in [("completed", &mut issue.completed_at), ("canceled", &mut issue.canceled_at)] {
            if kind != is {
                *time = None;
            } else if time.is_none() {
                *time = Some(at.clone());
            }
        }
        self.issues.entry(issue.id.clone()).insert_entry(issue).into_mut()
    }

    pub(super) fn next_number(&self, team: &str) -> u64 {
        self.issues.values().filter(|issue| issue.team == team).map(|issue| issue.number).max().unwrap_or(0) + 1
    }
}
