//! What a test may look at and change at Asana from outside, beside HTTP.

use domain::time::Timestamp;
use serde_json::Value;

use super::{
    AsanaSwitches, ROOT,
    task::{AsanaProject, AsanaTask, AsanaWorkspace, instant_of},
    world::{AsanaWorld, USER},
};
use crate::{Sandbox, control::locked};

/// Somebody else writes a task: a new one (of the person, unless it says otherwise), or fields of the one with this `gid`.
fn put(world: &mut AsanaWorld, change: Value, now: Timestamp) -> Result<String, String> {
    let Value::Object(change) = change else { return Err("a task is an object".to_owned()) };
    let known = change.get("gid").and_then(Value::as_str).and_then(|gid| world.tasks.get(gid)).cloned();
    let base = known.unwrap_or_else(|| AsanaTask { assignee: Some(USER.to_owned()), ..AsanaTask::default() });
    let Ok(Value::Object(mut body)) = serde_json::to_value(&base) else { return Err("no task".to_owned()) };
    body.extend(change);
    let mut task: AsanaTask = serde_json::from_value(Value::Object(body)).map_err(|e| e.to_string())?;
    if let Some(project) = task.projects.first() {
        let workspace = world.project(project).map_err(|e| e.body().to_string())?.workspace.clone();
        task.workspace = workspace;
    }
    world.workspace(&task.workspace).map_err(|e| e.body().to_string())?;
    if task.due_at.as_deref().is_some_and(|at| instant_of(at).is_none()) {
        return Err("due_at is no time".to_owned());
    }
    if task.gid.is_empty() {
        task.gid = world.fresh_gid();
    }
    Ok(world.keep(task, now).gid)
}

impl Sandbox {
    /// Base of the API, as the client is given it: `http://127.0.0.1:PORT/api/1.0`.
    pub fn asana_base(&self) -> String {
        self.base(crate::Provider::Asana) + ROOT
    }

    /// The personal access token that is accepted.
    pub fn asana_token(&self) -> String {
        locked(&self.shared.asana).token.clone()
    }

    /// The token that is accepted from now on: the one before is 401.
    pub fn set_asana_token(&self, token: &str) {
        token.clone_into(&mut locked(&self.shared.asana).token);
    }

    pub fn asana_workspaces(&self) -> Vec<AsanaWorkspace> {
        locked(&self.shared.asana).workspaces.clone()
    }

    pub fn asana_projects(&self) -> Vec<AsanaProject> {
        locked(&self.shared.asana).projects.clone()
    }

    /// A project appears, or is another from now on.
    pub fn put_asana_project(&self, project: AsanaProject) {
        let mut world = locked(&self.shared.asana);
        world.projects.retain(|one| one.gid != project.gid);
        world.projects.push(project);
    }

    /// Every task that is not deleted, assigned to whomever.
    pub fn asana_tasks(&self) -> Vec<AsanaTask> {
        locked(&self.shared.asana).tasks.values().filter(|task| !task.deleted).cloned().collect()
    }

    /// Somebody else writes a task: a new one, or fields of the one with this `gid`. Returns its gid, or what is wrong.
    pub fn put_asana_task(&self, change: Value) -> Result<String, String> {
        let now = self.now();
        put(&mut locked(&self.shared.asana), change, now)
    }

    /// Somebody else deletes a task. False: there is none.
    pub fn delete_asana_task(&self, gid: &str) -> bool {
        let now = self.now();
        let mut world = locked(&self.shared.asana);
        let Some(task) = world.tasks.get(gid).filter(|task| !task.deleted).cloned() else { return false };
        world.keep(AsanaTask { deleted: true, ..task }, now);
        true
    }

    /// Every sync token and offset that was given out is too old.
    pub fn void_asana_tokens(&self) {
        let mut world = locked(&self.shared.asana);
        world.serial += 1;
        world.void_before = world.serial;
    }

    pub fn set_asana(&self, change: impl FnOnce(&mut AsanaSwitches)) {
        change(&mut locked(&self.shared.asana).switches);
    }
}
