//! Repositories and issues of the stand-in.

use std::collections::BTreeMap;

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    device::Grants,
    error::Refusal,
    issue::{GithubIssue, GithubRepo, stamp},
    limits::Limits,
};
use crate::rng::Rng;

/// Login and id of the one person of the stand-in.
pub(super) const LOGIN: &str = "maralind";
pub(super) const USER_ID: u64 = 583_231;

/// How GitHub behaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GithubSwitches {
    /// Requests in an hour.
    pub calls: usize,
    /// Issues that may be made in a minute.
    pub creations: usize,
    /// Whether a secondary limit says when to come back. GitHub's own words are that it may not.
    pub says_when: bool,
    /// Whether a label that the repository does not have is made; else it is refused. (unverified)
    pub makes_labels: bool,
    /// Whether the app's settings allow the sign-in with a code.
    pub device_flow: bool,
    /// Seconds between two questions that a code begins with; GitHub says 5.
    pub interval: i64,
    /// Seconds that access tokens live; then they come with a refresh token. None: they stay. GitHub's are 28,800.
    pub token_secs: Option<i64>,
    /// Whether a token of a sign-in with a code is only renewed with the client's secret. (unverified)
    pub refresh_wants_secret: bool,
    /// Only these of the scopes that are asked for are given. None: all.
    pub granted_scopes: Option<Vec<String>>,
}

impl Default for GithubSwitches {
    fn default() -> Self {
        Self {
            calls: 5000,
            creations: 80,
            says_when: true,
            makes_labels: true,
            device_flow: true,
            interval: 1,
            token_secs: Some(28_800),
            refresh_wants_secret: false,
            granted_scopes: None,
        }
    }
}

#[derive(Default)]
pub struct GithubWorld {
    /// The token that is accepted.
    pub(super) token: String,
    /// Id of the account that it belongs to.
    pub(super) user: u64,
    pub(super) repos: Vec<GithubRepo>,
    pub(super) issues: BTreeMap<(String, u64), GithubIssue>,
    /// Labels of each repository, as they were written first.
    pub(super) labels: BTreeMap<String, Vec<String>>,
    pub(super) limits: Limits,
    pub(super) grants: Grants,
    pub switches: GithubSwitches,
}

impl GithubWorld {
    pub(super) fn new(token: String, rng: Rng) -> Self {
        Self { token, user: USER_ID, grants: Grants::new(rng), ..Self::default() }
    }

    /// One that the person may see: 404 for the others, as if there were none.
    pub(super) fn repo(&self, full_name: &str) -> Result<&GithubRepo, Refusal> {
        let same = |repo: &&GithubRepo| repo.full_name().eq_ignore_ascii_case(full_name);
        self.repos.iter().find(same).ok_or_else(Refusal::not_found)
    }

    /// An issue that is where it was.
    pub(super) fn issue(&self, base: &str, repo: &str, number: &str) -> Result<&GithubIssue, Refusal> {
        let repo = self.repo(repo)?.full_name();
        let number: u64 = number.parse().map_err(|_| Refusal::not_found())?;
        let issue = self.issues.get(&(repo, number)).ok_or_else(Refusal::not_found)?;
        match &issue.moved {
            Some((to, n)) => Err(Refusal::moved(&format!("{base}/repos/{to}/issues/{n}"))),
            None if issue.deleted => Err(Refusal::new(410, "This issue was deleted")),
            None => Ok(issue),
        }
    }

    pub(super) fn next_number(&self, repo: &str) -> u64 {
        self.issues.keys().filter(|(of, _)| of == repo).map(|(_, number)| *number).max().unwrap_or(0) + 1
    }

    /// All that are where they are.
    pub(super) fn live(&self) -> impl Iterator<Item = &GithubIssue> {
        self.issues.values().filter(|issue| !issue.deleted && issue.moved.is_none())
    }

    /// Puts an issue there as changed now.
    pub(super) fn keep(&mut self, mut issue: GithubIssue, now: Timestamp) -> GithubIssue {
        issue.updated_at = stamp(now);
        if issue.created_at.is_empty() {
            issue.created_at.clone_from(&issue.updated_at);
        }
        match (issue.closed, &issue.closed_at) {
            (true, None) => issue.closed_at = Some(stamp(now)),
            (false, Some(_)) => issue.closed_at = None,
            _ => {}
        }
        self.issues.insert((issue.repo.clone(), issue.number), issue.clone());
        issue
    }

    /// The labels of an issue under the names that the repository has for them, in the order of its names; unknown ones are made, or
    /// refused.
    pub(super) fn labelled(&mut self, repo: &str, wanted: &[String]) -> Result<Vec<String>, Refusal> {
        let known = self.labels.entry(repo.to_owned()).or_default();
        let mut names = Vec::new();
        for label in wanted {
            if label.is_empty() || label.chars().count() > 50 {
                return Err(Refusal::invalid("labels", "invalid", "name is too long (maximum is 50 characters)"));
            }
            let same = known.iter().find(|name| name.eq_ignore_ascii_case(label)).cloned();
            let name = match same {
                Some(name) => name,
                None if self.switches.makes_labels => {
                    known.push(label.clone());
                    label.clone()
                }
                None => return Err(Refusal::invalid("labels", "invalid", "")),
            };
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }
}
