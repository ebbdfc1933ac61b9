//! Writes, as commands whose UUID is the write's key.

use domain::{
    error::ProviderError,
    ids::RemoteId,
    tasks::{RemoteTask, TaskFields, TaskPatch, TaskWrite, TaskWritten},
    time::Timestamp,
};

use super::{
    THIS_TASK,
    api::Api,
    commands::{self, Command},
    error, find,
    model::Synced,
};

pub async fn write(api: &Api, write: &TaskWrite) -> Result<TaskWritten, ProviderError> {
    match write {
        // Whether it was tried already, Todoist knows by the key.
        TaskWrite::Create { list, key, fields, since, .. } => create(api, list, key, fields, *since).await,
        TaskWrite::Update { list, id, key, before, patch, .. } => update(api, list, id, key, before, patch).await,
        TaskWrite::Delete { id, key, .. } => match run(api, &[commands::delete(id, key)]).await {
            Ok(_) | Err(ProviderError::NotFound(_)) => Ok(TaskWritten { id: id.clone(), task: None }),
            Err(error) => Err(error),
        },
    }
}

async fn run(api: &Api, commands: &[Command]) -> Result<Synced, ProviderError> {
    let synced = api.commands(THIS_TASK, commands).await?;
    commands::check(THIS_TASK, commands, &synced, api.now())?;
    Ok(synced)
}

async fn create(api: &Api, list: &RemoteId, key: &str, fields: &TaskFields, since: Timestamp) -> Result<TaskWritten, ProviderError> {
    let command = commands::add(list, key, fields);
    let synced = match run(api, std::slice::from_ref(&command)).await {
        // There is no such task yet: what is missing is the one above it.
        Err(ProviderError::NotFound(_)) => return Err(error::refused("The task that this one belongs to no longer exists in Todoist.")),
        other => other?,
    };
    let mapped = command.temp_id.as_ref().and_then(|temp| synced.temp_id_mapping.get(temp)).cloned().map(RemoteId);
    let id = match mapped {
        Some(id) => id,
        None => find::made(api, list, fields, since).await?.ok_or_else(|| ProviderError::NotFound(THIS_TASK.to_owned()))?,
    };
    if fields.status.is_closed() {
        run(api, &[commands::complete(&id, commands::derived(key, "item_complete"))]).await?;
    }
    Ok(TaskWritten { task: read(api, &id).await, id })
}

async fn update(
    api: &Api,
    list: &RemoteId,
    id: &RemoteId,
    key: &str,
    before: &TaskFields,
    patch: &TaskPatch,
) -> Result<TaskWritten, ProviderError> {
    // A new date for a task that repeats must say how it repeats, or it is the last one; only Todoist knows that.
    let there = match (&patch.due, &before.due) {
        (Some(Some(_)), Some(_)) => api.task(id.as_str()).await?.due,
        _ => None,
    };
    let commands = commands::update(list, id, key, before, patch, there.as_ref());
    if !commands.is_empty()
        && let Err(error) = run(api, &commands).await
    {
        let moved = patch.parent.as_ref().is_some_and(Option::is_some);
        return Err(match error {
            // Either it is gone, or the one that it was to go under.
            ProviderError::NotFound(_) if moved && api.task(id.as_str()).await.is_ok() => {
                error::refused("The task that this one was to go under no longer exists in Todoist.")
            }
            error => error,
        });
    }
    Ok(TaskWritten { task: read(api, id).await, id: id.clone() })
}

/// As it is now. It is written by then: where this fails, the next round brings it.
async fn read(api: &Api, id: &RemoteId) -> Option<RemoteTask> {
    let there = api.task(id.as_str()).await.and_then(super::model::Item::task);
    there.inspect_err(|error| tracing::debug!(%error, "a task that was written could not be read")).ok()
}
