//! Projects and issues of the stand-in.

use std::collections::BTreeMap;

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    error::Refusal,
    issue::{JiraIssue, JiraProject},
};

/// The one person of the stand-in, and somebody else.
pub(super) const ACCOUNT: &str = "5b10ac8d82e05b22cc7d4ef5";
pub(super) const COLLEAGUE: &str = "5b10ac8d82e05b22cc7d4ef6";

const MINUTE_MS: i64 = 60_000;

/// How Jira behaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JiraSwitches {
    /// Requests in a minute. (unverified: points are what Jira counts)
    pub calls: usize,
    /// Answers to searches never have more issues than this.
    pub page: usize,
    /// The workflow asks for a field when something is done, so that a bare transition is refused.
    pub asks_resolution: bool,
    /// Whether the workflow leads back from done.
    pub reopens: bool,
}

impl Default for JiraSwitches {
    fn default() -> Self {
        Self { calls: 10_000, page: 5000, asks_resolution: false, reopens: true }
    }
}

#[derive(Default)]
pub struct JiraWorld {
    /// The API token that is accepted.
    pub(super) token: String,
    pub(super) projects: Vec<JiraProject>,
    pub(super) issues: BTreeMap<String, JiraIssue>,
    /// Page tokens of before are not known.
    pub(super) generation: u64,
    pub switches: JiraSwitches,
    calls: Vec<Timestamp>,
    made: u64,
}

impl JiraWorld {
    pub(super) fn new(token: String) -> Self {
        Self { token, ..Self::default() }
    }

    pub(super) fn fresh_id(&mut self) -> String {
        self.made += 1;
        (10_000 + self.made).to_string()
    }

    pub(super) fn project(&self, id: &str) -> Option<&JiraProject> {
        self.projects.iter().find(|project| project.id == id || project.key == id)
    }

    pub(super) fn issue(&self, id: &str) -> Result<&JiraIssue, Refusal> {
        self.issues.get(id).filter(|issue| !issue.deleted).ok_or_else(Refusal::no_issue)
    }

    pub(super) fn next_number(&self, project: &str) -> u64 {
        self.issues.values().filter(|issue| issue.project == project).map(|issue| issue.number).max().unwrap_or(0) + 1
    }

    /// Puts an issue there as changed now.
    pub(super) fn keep(&mut self, mut issue: JiraIssue, now: Timestamp) -> JiraIssue {
        issue.updated = now.millis();
        if issue.created == 0 {
            issue.created = now.millis();
        }
        if issue.category == "done" {
            issue.resolved = issue.resolved.or(Some(now.millis()));
        } else {
            issue.resolved = None;
        }
        self.issues.insert(issue.id.clone(), issue.clone());
        issue
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
