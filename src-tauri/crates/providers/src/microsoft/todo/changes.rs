//! Changes of one list, from its delta query.

use std::collections::BTreeMap;

use domain::{
    error::ProviderError,
    ids::RemoteId,
    sync::{Change, ChangeBatch, SyncCursor},
    tasks::RemoteTask,
};

use super::{
    super::{
        api::Api,
        batch,
        rounds::{self, Cursor, Entry as _, Track},
    },
    THIS_LIST, THIS_TASK,
    model::Task,
};

/// A page of about `items` tasks.
pub async fn changes(
    api: &Api,
    list: &RemoteId,
    cursor: Option<&SyncCursor>,
    items: usize,
) -> Result<ChangeBatch<RemoteTask>, ProviderError> {
    let track = Track { of: list.as_str(), what: THIS_LIST };
    let cursor = match cursor {
        // Without a choice of properties: which of them delta lets one choose is told differently in different places.
        None => rounds::begin(api, &track, &api.urls.me(["todo", "lists", list.as_str(), "tasks", "delta"]), 0),
        Some(cursor) => Cursor::parse(cursor)?,
    };
    let mut round = rounds::page(api, &track, cursor, items, |_: &Task| true).await?;
    let entries = std::mem::take(&mut round.entries);
    let changes = fold(api, list, entries).await?;
    Ok(round.batch(changes))
}

/// The last word on each task of a page. An entry may hold only what changed; then the task is looked up.
async fn fold(api: &Api, list: &RemoteId, entries: Vec<Task>) -> Result<Vec<Change<RemoteTask>>, ProviderError> {
    let mut last: BTreeMap<String, Task> = entries.into_iter().map(|task| (task.id.clone(), task)).collect();
    let unclear: Vec<String> = last.values().filter(|task| !task.gone() && !task.is_whole()).map(|task| task.id.clone()).collect();
    let urls = unclear.iter().map(|id| api.urls.me(["todo", "lists", list.as_str(), "tasks", id]));
    let found = batch::read_each::<Task>(api, THIS_TASK, urls).await?;
    for (id, task) in unclear.into_iter().zip(found) {
        match task {
            Some(task) => drop(last.insert(id, task)),
            // Gone meanwhile, of which the next page tells.
            None => drop(last.remove(&id)),
        }
    }
    let change = |task: Task| if task.gone() { Change::Gone(RemoteId(task.id)) } else { Change::Upsert(task.remote(list)) };
    Ok(last.into_values().map(change).collect())
}
