//! What a test may look at and change at GitHub from outside, beside HTTP.

use domain::time::Timestamp;
use serde_json::Value;

use super::{
    GithubSwitches, ROOT,
    issue::{GithubIssue, GithubRepo, instant_of},
    world::{GithubWorld, LOGIN},
};
use crate::{Sandbox, control::locked};

/// Somebody else writes an issue: a new one (assigned to the person, unless it says otherwise), or fields of the one with this `repo` and
/// `number`. Returns its number.
pub(super) fn put(world: &mut GithubWorld, change: Value, now: Timestamp) -> Result<u64, String> {
    let Value::Object(change) = change else { return Err("an issue is an object".to_owned()) };
    let repo = change.get("repo").and_then(Value::as_str).ok_or("no repo")?.to_owned();
    if !world.repos.iter().any(|one| one.full_name() == repo) {
        return Err("there is no such repository".to_owned());
    }
    let known = change.get("number").and_then(Value::as_u64).and_then(|number| world.issues.get(&(repo.clone(), number))).cloned();
    let fresh = || GithubIssue {
        number: world.next_number(&repo),
        assignees: vec![LOGIN.to_owned()],
        author: LOGIN.to_owned(),
        ..GithubIssue::default()
    };
    let base = known.unwrap_or_else(fresh);
    let Ok(Value::Object(mut body)) = serde_json::to_value(&base) else { return Err("no issue".to_owned()) };
    body.extend(change);
    let mut issue: GithubIssue = serde_json::from_value(Value::Object(body)).map_err(|e| e.to_string())?;
    if issue.closed_at.as_deref().is_some_and(|at| instant_of(at).is_none()) {
        return Err("closed_at is no time".to_owned());
    }
    issue.labels = world.labelled(&repo, &issue.labels).map_err(|e| e.body().to_string())?;
    if issue.closed && issue.state_reason.is_none() {
        issue.state_reason = Some("completed".to_owned());
    }
    Ok(world.keep(issue, now).number)
}

impl Sandbox {
    /// Base of the API, as the client is given it: `http://127.0.0.1:PORT/api/v3`.
    pub fn github_base(&self) -> String {
        self.base(crate::Provider::Github) + ROOT
    }

    /// The personal access token that is accepted.
    pub fn github_token(&self) -> String {
        locked(&self.shared.github).token.clone()
    }

    /// Codes that wait to be typed in.
    pub fn github_codes(&self) -> Vec<String> {
        let now = self.now();
        locked(&self.shared.github).grants.waiting(now)
    }

    /// The person types a code in and allows or refuses what is asked for. False: it is none, or too old.
    pub fn enter_github_code(&self, code: &str, allow: bool) -> bool {
        let now = self.now();
        locked(&self.shared.github).grants.enter(code, allow, now)
    }

    /// The scopes of a token of a sign-in.
    pub fn github_scopes(&self, token: &str) -> Option<Vec<String>> {
        locked(&self.shared.github).grants.scopes(token).map(<[String]>::to_vec)
    }

    /// The person takes the app's access away.
    pub fn end_github_grants(&self) {
        locked(&self.shared.github).grants.end_all();
    }

    /// Access tokens of sign-ins are over, their refresh tokens are not.
    pub fn expire_github_tokens(&self) {
        locked(&self.shared.github).grants.expire_access();
    }

    /// The token that is accepted from now on: the one before is 401.
    pub fn set_github_token(&self, token: &str) {
        token.clone_into(&mut locked(&self.shared.github).token);
    }

    /// Every issue and pull request that is where it was made, assigned to whomever.
    pub fn github_issues(&self) -> Vec<GithubIssue> {
        locked(&self.shared.github).live().cloned().collect()
    }

    pub fn github_issue(&self, repo: &str, number: u64) -> Option<GithubIssue> {
        locked(&self.shared.github).live().find(|issue| issue.repo == repo && issue.number == number).cloned()
    }

    pub fn github_repos(&self) -> Vec<GithubRepo> {
        locked(&self.shared.github).repos.clone()
    }

    /// A repository appears, or is another from now on.
    pub fn put_github_repo(&self, repo: GithubRepo) {
        let mut world = locked(&self.shared.github);
        world.repos.retain(|one| one.full_name() != repo.full_name());
        world.repos.push(repo);
    }

    /// The person may no longer see it, or it is no more.
    pub fn remove_github_repo(&self, full_name: &str) {
        locked(&self.shared.github).repos.retain(|one| one.full_name() != full_name);
    }

    /// Somebody else writes an issue: a new one, or fields of the one with this `repo` and `number`. Returns its number, or what is wrong.
    pub fn put_github_issue(&self, change: Value) -> Result<u64, String> {
        let now = self.now();
        put(&mut locked(&self.shared.github), change, now)
    }

    /// An owner deletes an issue. False: there is none.
    pub fn delete_github_issue(&self, repo: &str, number: u64) -> bool {
        let mut world = locked(&self.shared.github);
        world.issues.get_mut(&(repo.to_owned(), number)).map(|issue| issue.deleted = true).is_some()
    }

    /// An issue goes to another repository, under a number of its own: the old address leads there. None: there is no such issue.
    pub fn transfer_github_issue(&self, repo: &str, number: u64, to: &str) -> Option<u64> {
        let now = self.now();
        let mut world = locked(&self.shared.github);
        let fresh = world.next_number(to);
        let issue = world.issues.get_mut(&(repo.to_owned(), number))?;
        let moved = GithubIssue { repo: to.to_owned(), number: fresh, ..issue.clone() };
        issue.moved = Some((to.to_owned(), fresh));
        world.keep(moved, now);
        Some(fresh)
    }

    pub fn set_github(&self, change: impl FnOnce(&mut GithubSwitches)) {
        change(&mut locked(&self.shared.github).switches);
    }

    /// From now on it is the account of somebody else, at the same address.
    pub fn set_github_user(&self, id: u64) {
        locked(&self.shared.github).user = id;
    }
}
