//! What a test may look at and change at Jira from outside, beside HTTP.

use domain::time::Timestamp;
use serde_json::Value;

use super::{
    JiraSwitches, ROOT,
    issue::JiraIssue,
    world::{ACCOUNT, JiraWorld},
};
use crate::{Sandbox, control::locked};

/// Somebody else writes an issue: a new one (of the person, unless it says otherwise), or fields of the one with this `id`.
fn put(world: &mut JiraWorld, change: Value, now: Timestamp) -> Result<String, String> {
    let Value::Object(change) = change else { return Err("an issue is an object".to_owned()) };
    let known = change.get("id").and_then(Value::as_str).and_then(|id| world.issues.get(id)).cloned();
    let fresh = known.is_none();
    let base = known.unwrap_or_else(|| JiraIssue {
        assignee: Some(ACCOUNT.to_owned()),
        creator: ACCOUNT.to_owned(),
        category: "new".to_owned(),
        ..JiraIssue::default()
    });
    let Ok(Value::Object(mut body)) = serde_json::to_value(&base) else { return Err("no issue".to_owned()) };
    body.extend(change);
    let mut issue: JiraIssue = serde_json::from_value(Value::Object(body)).map_err(|e| e.to_string())?;
    if world.project(&issue.project).is_none() {
        return Err("there is no such project".to_owned());
    }
    super::adf::check("description", &issue.description).map_err(|e| e.body().to_string())?;
    if fresh {
        issue.id = world.fresh_id();
        issue.number = world.next_number(&issue.project);
    }
    issue.labels.sort();
    Ok(world.keep(issue, now).id)
}

impl Sandbox {
    /// Base of the API, as the client is given it: `http://127.0.0.1:PORT/rest/api/3`.
    pub fn jira_base(&self) -> String {
        self.base(crate::Provider::Jira) + ROOT
    }

    /// Site, address and token that are accepted, as a person hands them over: `SITE/EMAIL:TOKEN`.
    pub fn jira_secret(&self) -> String {
        format!("nordlys/{}:{}", crate::MARA, locked(&self.shared.jira).token)
    }

    /// The token that is accepted from now on: the one before is 401.
    pub fn set_jira_token(&self, token: &str) {
        token.clone_into(&mut locked(&self.shared.jira).token);
    }

    /// Every issue that is not deleted, assigned to whomever.
    pub fn jira_issues(&self) -> Vec<JiraIssue> {
        locked(&self.shared.jira).issues.values().filter(|issue| !issue.deleted).cloned().collect()
    }

    /// Somebody else writes an issue: a new one, or fields of the one with this `id`. Returns its id, or what is wrong.
    pub fn put_jira_issue(&self, change: Value) -> Result<String, String> {
        let now = self.now();
        put(&mut locked(&self.shared.jira), change, now)
    }

    /// Somebody else deletes an issue. False: there is none.
    pub fn delete_jira_issue(&self, id: &str) -> bool {
        locked(&self.shared.jira).issues.get_mut(id).filter(|issue| !issue.deleted).map(|issue| issue.deleted = true).is_some()
    }

    /// Every page token that was given out is not known any more.
    pub fn void_jira_tokens(&self) {
        locked(&self.shared.jira).generation += 1;
    }

    pub fn set_jira(&self, change: impl FnOnce(&mut JiraSwitches)) {
        change(&mut locked(&self.shared.jira).switches);
    }
}
