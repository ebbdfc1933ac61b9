//! Writes. Every one may be asked for again after its answer was lost, so each looks first whether it is done already.

use domain::{
    error::ProviderError,
    ids::RemoteId,
    tasks::{TaskFields, TaskPatch, TaskWrite, TaskWritten},
    time::Timestamp,
};
use reqwest::Method;
use serde_json::{Map, Value};
use url::Url;

use super::{
    super::api::{Api, json_call},
    THIS_LIST, THIS_TASK,
    body::{self, refused},
    model::Task,
};
use crate::http::Call;

/// Granted to clocks that differ: ours says when the attempt was, Microsoft's when the task was made.
const CLOCKS_MS: i64 = 60_000;
/// More than a list holds.
const MAX_TASKS: usize = 200_000;

pub async fn write(api: &Api, write: &TaskWrite) -> Result<TaskWritten, ProviderError> {
    match write {
        TaskWrite::Create { list, key: _, fields, tried, since } => {
            create(api, list, fields, tried.then(|| since.plus_millis(-CLOCKS_MS))).await
        }
        TaskWrite::Update { list, id, key: _, version, before: _, patch } => update(api, list, id, version, patch).await,
        TaskWrite::Delete { list, id, key: _, version } => {
            let call = Call::new(Method::DELETE, place(api, list, id)).if_match(THIS_TASK, version)?;
            match api.reply(THIS_TASK, call).await {
                Ok(_) | Err(ProviderError::NotFound(_)) => Ok(TaskWritten { id: id.clone(), task: None }),
                Err(error) => Err(error),
            }
        }
    }
}

fn tasks(api: &Api, list: &RemoteId) -> Url {
    api.urls.me(["todo", "lists", list.as_str(), "tasks"])
}

fn place(api: &Api, list: &RemoteId, id: &RemoteId) -> Url {
    api.urls.me(["todo", "lists", list.as_str(), "tasks", id.as_str()])
}

fn written(task: Task, list: &RemoteId) -> TaskWritten {
    let task = task.remote(list);
    TaskWritten { id: task.id.clone(), task: Some(task) }
}

/// `tried`: there was an attempt, not before that.
async fn create(api: &Api, list: &RemoteId, fields: &TaskFields, tried: Option<Timestamp>) -> Result<TaskWritten, ProviderError> {
    let body = body::changed(&TaskPatch::between(&TaskFields::default(), fields))?;
    if let Some(since) = tried
        && let Some(task) = made(api, list, fields, since).await?
    {
        return Ok(written(task, list));
    }
    let task: Task = api.json(THIS_LIST, json_call(Method::POST, tasks(api, list), &body)?).await?;
    Ok(written(task, list))
}

/// What an earlier attempt made: see the words at the top of the module. The whole list is read, for which filters it takes nobody says;
/// answers are lost rarely.
async fn made(api: &Api, list: &RemoteId, fields: &TaskFields, since: Timestamp) -> Result<Option<Task>, ProviderError> {
    let wanted = body::held(fields.clone());
    let all: Vec<Task> = api.all(THIS_LIST, tasks(api, list), MAX_TASKS).await?;
    let same = |task: &Task| task.created().is_some_and(|at| at >= since) && task.fields() == wanted;
    Ok(all.into_iter().find(same))
}

async fn update(api: &Api, list: &RemoteId, id: &RemoteId, version: &str, patch: &TaskPatch) -> Result<TaskWritten, ProviderError> {
    let stays = TaskPatch { list: patch.list.clone().filter(|to| to != list), ..patch.clone() };
    let body = body::changed(&stays)?;
    let url = place(api, list, id);
    if body.is_empty() {
        return Ok(written(api.get(THIS_TASK, url).await?, list));
    }
    if patch.due.is_some() {
        let there: Task = api.get(THIS_TASK, url.clone()).await?;
        if there.recurrence.is_some() && !says(&there, patch) {
            // Graph leaves this one as it is and makes a second one for the next day (seen in the field).
            return Err(refused("This task repeats in Microsoft To Do: change its day there."));
        }
    }
    match patched(api, url.clone(), version, &body).await {
        Ok(task) => Ok(written(task, list)),
        // Perhaps it was an earlier attempt that changed it.
        Err(conflict @ ProviderError::Conflict(_)) => {
            let now: Task = api.get(THIS_TASK, url).await?;
            if says(&now, patch) { Ok(written(now, list)) } else { Err(conflict) }
        }
        Err(error) => Err(error),
    }
}

async fn patched(api: &Api, url: Url, version: &str, body: &Map<String, Value>) -> Result<Task, ProviderError> {
    let call = json_call(Method::PATCH, url, body)?.if_match(THIS_TASK, version)?;
    api.json(THIS_TASK, call).await
}

/// Whether a task is what the change makes of it.
fn says(task: &Task, patch: &TaskPatch) -> bool {
    let is = task.fields();
    let mut wanted = is.clone();
    patch.apply(&mut wanted);
    body::held(wanted) == is
}
