//! What a test may look at and change at Linear from outside, beside HTTP.

use domain::time::Timestamp;
use serde_json::Value;

use super::{
    LinearSwitches,
    issue::{LinearIssue, LinearLabel, LinearTeam},
    world::LinearWorld,
};
use crate::{Sandbox, control::locked};

/// Somebody else writes an issue: a new one (of the person, unless it says otherwise), or fields of the one with this `id`. `kind` says the
/// type of the state that it gets. Labels that there are not are made for the team.
fn put(world: &mut LinearWorld, change: Value, now: Timestamp) -> Result<String, String> {
    let Value::Object(mut change) = change else { return Err("an issue is an object".to_owned()) };
    let kind = change.remove("kind").and_then(|kind| kind.as_str().map(str::to_owned));
    let known = change.get("id").and_then(Value::as_str).and_then(|id| world.issues.get(id)).cloned();
    let fresh = known.is_none();
    let base = known.unwrap_or_else(|| LinearIssue { assignee: Some(world.me.clone()), ..LinearIssue::default() });
    let Ok(Value::Object(mut body)) = serde_json::to_value(&base) else { return Err("no issue".to_owned()) };
    body.extend(change);
    let mut issue: LinearIssue = serde_json::from_value(Value::Object(body)).map_err(|e| e.to_string())?;
    if world.team(&issue.team).is_none() {
        return Err("there is no such team".to_owned());
    }
    if issue.id.is_empty() {
        issue.id = world.fresh_id();
    }
    if fresh {
        issue.number = world.next_number(&issue.team);
    }
    if let Some(kind) = kind {
        let state = world.state_of(&issue.team, &kind).ok_or("there is no such state")?.id.clone();
        issue.state = state;
    }
    for name in &issue.labels {
        if world.label_id(&issue.team, name).is_none() {
            let label = LinearLabel { id: world.fresh_id(), name: name.clone(), team: Some(issue.team.clone()), group: false };
            world.labels.push(label);
        }
    }
    issue.labels.sort();
    Ok(world.keep(issue, now).id.clone())
}

impl Sandbox {
    /// Address of the API, as the client is given it: `http://127.0.0.1:PORT/graphql`.
    pub fn linear_base(&self) -> String {
        self.base(crate::Provider::Linear) + "/graphql"
    }

    /// The API key that is accepted.
    pub fn linear_key(&self) -> String {
        locked(&self.shared.linear).key.clone()
    }

    /// The key that is accepted from now on: the one before is refused.
    pub fn set_linear_key(&self, key: &str) {
        key.clone_into(&mut locked(&self.shared.linear).key);
    }

    /// From now on it is the workspace of somebody else: `LINEAR_COLLEAGUE`, or the person again.
    pub fn set_linear_user(&self, id: &str) {
        id.clone_into(&mut locked(&self.shared.linear).me);
    }

    pub fn linear_teams(&self) -> Vec<LinearTeam> {
        locked(&self.shared.linear).teams.clone()
    }

    /// A team is another from now on.
    pub fn put_linear_team(&self, team: LinearTeam) {
        let mut world = locked(&self.shared.linear);
        world.teams.retain(|one| one.id != team.id);
        world.teams.push(team);
    }

    /// Every issue that is not deleted for good, trashed ones and those of others too.
    pub fn linear_issues(&self) -> Vec<LinearIssue> {
        locked(&self.shared.linear).issues.values().filter(|issue| !issue.deleted).cloned().collect()
    }

    /// The type of the state that an issue of this team is in.
    pub fn linear_kind(&self, issue: &LinearIssue) -> String {
        issue.kind(&locked(&self.shared.linear)).to_owned()
    }

    /// Somebody else writes an issue: a new one, or fields of the one with this `id`. `kind`: the type of its state. Returns its id, or what
    /// is wrong.
    pub fn put_linear_issue(&self, change: Value) -> Result<String, String> {
        let now = self.now();
        put(&mut locked(&self.shared.linear), change, now)
    }

    /// An issue goes for good, without a word. False: there is none.
    pub fn delete_linear_issue(&self, id: &str) -> bool {
        locked(&self.shared.linear).issues.get_mut(id).map(|issue| issue.deleted = true).is_some()
    }

    /// Root fields of each operation that was accepted since this was asked last.
    pub fn linear_operations(&self) -> Vec<String> {
        std::mem::take(&mut locked(&self.shared.linear).operations)
    }

    /// Labels, by name.
    pub fn linear_labels(&self) -> Vec<String> {
        locked(&self.shared.linear).labels.iter().map(|label| label.name.clone()).collect()
    }

    /// Every cursor of a page that was given out is not known any more.
    pub fn void_linear_cursors(&self) {
        locked(&self.shared.linear).generation += 1;
    }

    pub fn set_linear(&self, change: impl FnOnce(&mut LinearSwitches)) {
        change(&mut locked(&self.shared.linear).switches);
    }
}
