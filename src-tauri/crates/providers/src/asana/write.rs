//! Making, changing, moving and deleting tasks. Only what is named is sent: what nobody here knows of stays as it is.

use domain::{
    error::ProviderError,
    ids::RemoteId,
    tasks::{Due, Priority, TaskFields, TaskPatch, TaskWrite, TaskWritten},
    time::Timestamp,
};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::{THIS_TASK, api::Api, error, find, model::Task};

pub async fn write(api: &Api, write: &TaskWrite) -> Result<TaskWritten, ProviderError> {
    match write {
        TaskWrite::Create { list, fields, tried, since, .. } => create(api, list.as_str(), fields, *tried, *since).await,
        TaskWrite::Update { id, patch, .. } => update(api, id, patch).await,
        TaskWrite::Delete { id, .. } => match api.run(Method::DELETE, &["tasks", id.as_str()], None).await {
            Ok(()) | Err(ProviderError::NotFound(_)) => Ok(TaskWritten { id: id.clone(), task: None }),
            Err(error) => Err(error),
        },
    }
}

/// With the list that it is in, which is the person's own of its workspace where it is in no project.
async fn written(api: &Api, task: Task) -> Result<TaskWritten, ProviderError> {
    let own = if task.projects().is_empty() { api.own_list(&task.workspace.gid).await?.gid } else { String::new() };
    let task = task.task(&own);
    Ok(TaskWritten { id: task.id.clone(), task: Some(task) })
}

/// Where a list is: the person's own in a workspace, or a project.
enum Home {
    Own { workspace: String },
    Project,
}

async fn home(api: &Api, list: &str) -> Result<Home, ProviderError> {
    let own = api.task_list(list).await?;
    Ok(own.map_or(Home::Project, |own| Home::Own { workspace: own.workspace.gid }))
}

async fn create(api: &Api, list: &str, fields: &TaskFields, tried: bool, since: Timestamp) -> Result<TaskWritten, ProviderError> {
    let mut data = changed(&TaskPatch::between(&TaskFields::default(), fields))?;
    if tried {
        for workspace in api.workspaces().await? {
            if let Some(task) = find::made(api, &workspace.gid, fields, since).await? {
                return written(api, task).await;
            }
        }
    }
    data.insert("assignee".to_owned(), json!("me"));
    match home(api, list).await? {
        Home::Own { workspace } => data.insert("workspace".to_owned(), json!(workspace)),
        Home::Project => data.insert("projects".to_owned(), json!([list])),
    };
    match api.write(Method::POST, &["tasks"], data).await {
        Ok(task) => written(api, task).await,
        // There is no task yet: what is missing is the project.
        Err(ProviderError::NotFound(_)) => Err(error::refused("This project no longer exists at Asana.")),
        Err(error) => Err(error),
    }
}

async fn update(api: &Api, id: &RemoteId, patch: &TaskPatch) -> Result<TaskWritten, ProviderError> {
    let data = changed(patch)?;
    let path = ["tasks", id.as_str()];
    let mut task = if data.is_empty() { api.task(id.as_str()).await? } else { api.write(Method::PUT, &path, data).await? };
    if let Some(list) = &patch.list
        && relocate(api, &task, list.as_str()).await?
    {
        task = api.task(id.as_str()).await?;
    }
    written(api, task).await
}

/// Into another project, out of the one that it was in. False: it was there already.
async fn relocate(api: &Api, task: &Task, list: &str) -> Result<bool, ProviderError> {
    let there = task.projects();
    let into = match home(api, list).await? {
        Home::Own { workspace } if workspace != task.workspace.gid => {
            return Err(error::refused("A task stays in its workspace at Asana."));
        }
        Home::Own { .. } => None,
        Home::Project => Some(list),
    };
    if there.iter().copied().eq(into) {
        return Ok(false);
    }
    // One that an interrupted attempt left in both is in the new one as well.
    if there.iter().filter(|project| Some(**project) != into).count() > 1 {
        return Err(error::refused("This task is in several projects: move it in Asana."));
    }
    let act = async |what: &str, project: &str| {
        let data = Map::from_iter([("project".to_owned(), json!(project))]);
        match api.run(Method::POST, &["tasks", &task.gid, what], Some(data)).await {
            Err(ProviderError::NotFound(_)) => Err(error::refused("This project no longer exists at Asana.")),
            done => done,
        }
    };
    if let Some(project) = into
        && !there.contains(&project)
    {
        act("addProject", project).await?;
    }
    for project in there.iter().filter(|project| Some(**project) != into) {
        act("removeProject", project).await?;
    }
    Ok(true)
}

/// What is sent of a change, the list apart. What can't be changed here is refused with words before anything is sent.
fn changed(patch: &TaskPatch) -> Result<Map<String, Value>, ProviderError> {
    let mut data = Map::new();
    let mut set = |name: &str, value: Value| drop(data.insert(name.to_owned(), value));
    if let Some(title) = &patch.title {
        set("name", json!(title));
    }
    if let Some(notes) = &patch.notes {
        set("notes", json!(notes));
    }
    match &patch.due {
        None => {}
        Some(None) => set("due_on", Value::Null),
        Some(Some(Due::Day { day })) => set("due_on", json!(day)),
        Some(Some(_)) => return Err(error::refused("Only a day can be set for a task at Asana: leave the time away.")),
    }
    if let Some(status) = patch.status {
        set("completed", json!(status.is_closed()));
    }
    for (set, what) in [
        (patch.priority.is_some_and(|priority| priority != Priority::None), "A priority"),
        (patch.labels.as_ref().is_some_and(|labels| !labels.is_empty()), "A label"),
        (patch.parent.as_ref().is_some_and(Option::is_some), "The task above it"),
    ] {
        if set {
            return Err(error::refused(&format!("{what} is set in Asana itself: remove it, or keep {THIS_TASK} somewhere else.")));
        }
    }
    Ok(data)
}

#[cfg(test)]
mod tests {
    use domain::tasks::TaskStatus;

    use super::*;

    #[test]
    fn only_what_changed_is_sent_and_what_can_not_be_set_is_refused() {
        let data = |patch: TaskPatch| changed(&patch).map(Value::Object);
        let one = TaskPatch::default;
        assert_eq!(data(TaskPatch { title: Some("A".into()), ..one() }).unwrap(), json!({"name": "A"}));
        assert_eq!(
            data(TaskPatch { due: Some(None), status: Some(TaskStatus::Cancelled), ..one() }).unwrap(),
            json!({"due_on": null, "completed": true})
        );
        for bad in [
            TaskPatch { due: Some(Some(Due::Floating { at: "2026-12-24T09:00:00".into() })), ..one() },
            TaskPatch { priority: Some(Priority::Low), ..one() },
            TaskPatch { labels: Some(vec!["x".into()]), ..one() },
            TaskPatch { parent: Some(Some("1".into())), ..one() },
        ] {
            assert!(matches!(data(bad.clone()), Err(ProviderError::Refused(_))), "{bad:?}");
        }
    }
}
