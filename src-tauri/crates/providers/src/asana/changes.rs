//! First sync, and what became of the person's tasks since.
//!
//! Positions are taken before everything is read, so what happens while it is read is told next time. Events name tasks and no more: each
//! is asked for, once.

use std::collections::BTreeMap;

use domain::{
    error::ProviderError,
    ids::RemoteId,
    sync::{Change, ChangeBatch, SyncCursor},
    tasks::RemoteTask,
    time::Timestamp,
};

use super::{
    api::Api,
    cursor::{Cursor, Place},
    error,
};

/// Far above what anybody has: a listing that has not ended by then goes in circles.
const MOST_PAGES: usize = 5_000;

pub async fn changes(api: &Api, cursor: Option<&SyncCursor>, now: Timestamp) -> Result<ChangeBatch<RemoteTask>, ProviderError> {
    let mut cursor = match cursor {
        None => begin(api, now).await?,
        Some(cursor) => Cursor::parse(cursor).ok_or(ProviderError::CursorExpired)?,
    };
    if cursor.reading.is_none() {
        // A workspace that the person was let into since is read with everything.
        if cursor.is_due(now) {
            cursor = begin(api, now).await?;
        } else {
            return since(api, cursor).await;
        }
    }
    match everything(api, cursor).await {
        // A place in the middle that is no longer known: from the beginning.
        Err(Outcome::Forgotten) => match everything(api, begin(api, now).await?).await {
            Ok(batch) => Ok(batch),
            Err(Outcome::Failed(error)) => Err(error),
            Err(Outcome::Forgotten) => Err(error::protocol("a first page that is no longer known")),
        },
        Err(Outcome::Failed(error)) => Err(error),
        Ok(batch) => Ok(batch),
    }
}

/// Positions first.
async fn begin(api: &Api, now: Timestamp) -> Result<Cursor, ProviderError> {
    let mut cursor = Cursor::starting(now);
    for workspace in api.workspaces().await? {
        let list = api.own_list(&workspace.gid).await?.gid;
        let sync = match api.events(&list, None).await? {
            Err(sync) => sync,
            Ok(events) => events.sync,
        };
        cursor.places.push(Place { workspace: workspace.gid, list, sync });
    }
    Ok(cursor)
}

enum Outcome {
    Forgotten,
    Failed(ProviderError),
}

/// The next page of everything.
async fn everything(api: &Api, mut cursor: Cursor) -> Result<ChangeBatch<RemoteTask>, Outcome> {
    let mut reading = cursor.reading.take().unwrap_or_default();
    let mut changes = Vec::new();
    if let Some(place) = cursor.places.get(reading.at) {
        let page = api.tasks(&place.workspace, reading.offset.as_deref()).await.map_err(|error| match error {
            ProviderError::Refused(_) if reading.offset.is_some() => Outcome::Forgotten,
            error => Outcome::Failed(error),
        })?;
        let next = page.next();
        for task in page.data {
            reading.ids.push(RemoteId(task.gid.clone()));
            changes.push(Change::Upsert(task.task(&place.list)));
        }
        reading.pages += 1;
        if reading.pages > MOST_PAGES || (next.is_some() && next == reading.offset) {
            return Err(Outcome::Failed(error::protocol("a listing of tasks that does not end")));
        }
        reading.at += usize::from(next.is_none());
        reading.offset = next;
    }
    let more = reading.at < cursor.places.len();
    let present = if more { None } else { Some(std::mem::take(&mut reading.ids)) };
    cursor.reading = more.then_some(reading);
    Ok(ChangeBatch { changes, present, reset: false, next: cursor.store(), more, progress: None })
}

/// What became of tasks in every workspace since last time. A token that is too old is [`ProviderError::CursorExpired`].
async fn since(api: &Api, mut cursor: Cursor) -> Result<ChangeBatch<RemoteTask>, ProviderError> {
    let (mut changes, mut more) = (Vec::new(), false);
    for place in &mut cursor.places {
        let events = api.events(&place.list, Some(&place.sync)).await?.map_err(|_| ProviderError::CursorExpired)?;
        more |= events.has_more;
        // By the last word about each: what was deleted may have been brought back.
        let mut last: BTreeMap<String, bool> = BTreeMap::new();
        for event in events.data {
            if let Some(resource) = event.resource.filter(|resource| resource.resource_type == "task" && !resource.gid.is_empty()) {
                last.insert(resource.gid, event.action == "deleted");
            }
        }
        for (gid, deleted) in last {
            let task = if deleted { None } else { mine(api, &gid).await? };
            changes.push(match task {
                Some(task) => Change::Upsert(task.task(&place.list)),
                None => Change::Gone(RemoteId(gid)),
            });
        }
        place.sync = events.sync;
    }
    Ok(ChangeBatch { changes, present: None, reset: false, next: cursor.store(), more, progress: None })
}

/// None: it is gone, or somebody else's, or no longer to be seen.
async fn mine(api: &Api, gid: &str) -> Result<Option<super::model::Task>, ProviderError> {
    let me = api.me().await?;
    match api.task(gid).await {
        Ok(task) => Ok(Some(task).filter(|task| task.is_assigned_to(me))),
        Err(ProviderError::NotFound(_) | ProviderError::Unsupported(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
