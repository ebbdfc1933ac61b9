//! Writes. Every one may be asked for again after its answer was lost, so each looks first whether it is done already.

use domain::{
    error::ProviderError,
    ids::RemoteId,
    tasks::{TaskFields, TaskPatch, TaskWrite, TaskWritten},
    time::Timestamp,
};
use reqwest::Method;

use super::{
    api::TasksApi,
    body,
    model::Task,
    pages::{self, LARGEST, MOST_PAGES, Question, WHAT as LIST},
};

const WHAT: &str = "This task";
/// Granted to clocks that differ: ours says when the attempt was, Google's when the task changed.
const CLOCKS_MS: i64 = 60_000;

pub async fn write(api: &TasksApi, write: &TaskWrite) -> Result<TaskWritten, ProviderError> {
    match write {
        TaskWrite::Create { list, key: _, fields, tried, since } => {
            create(api, list.as_str(), fields, tried.then(|| since.plus_millis(-CLOCKS_MS))).await
        }
        TaskWrite::Update { list, id, key: _, version, before: _, patch } => update(api, list.as_str(), id.as_str(), version, patch).await,
        TaskWrite::Delete { list, id, key: _, version } => {
            api.delete(WHAT, api.urls.tasks(list.as_str(), [id.as_str()]), version).await?;
            Ok(TaskWritten { id: id.clone(), task: None })
        }
    }
}

/// `tried`: there was an attempt, not before that.
async fn create(api: &TasksApi, list: &str, fields: &TaskFields, tried: Option<Timestamp>) -> Result<TaskWritten, ProviderError> {
    let body = body::whole(fields)?;
    if let Some(since) = tried
        && let Some(task) = made(api, list, fields, since).await?
    {
        return Ok(written(task, list));
    }
    let mut url = api.urls.tasks(list, []);
    if let Some(parent) = &fields.parent {
        url.query_pairs_mut().append_pair("parent", parent.as_str());
    }
    match api.send(Method::POST, WHAT, url, "", Some(&body)).await {
        Err(ProviderError::NotFound(_)) => Err(ProviderError::NotFound(LIST.to_owned())),
        sent => Ok(written(live(sent?)?, list)),
    }
}

/// What an earlier attempt made: see the words at the top of the module.
async fn made(api: &TasksApi, list: &str, fields: &TaskFields, since: Timestamp) -> Result<Option<Task>, ProviderError> {
    let wanted = TaskFields { status: body::held(fields.status), ..fields.clone() };
    let question = Question { since: Some(since), deleted: false, size: LARGEST };
    let mut token: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let page = pages::page(api, list, question, token.as_deref()).await?;
        let same = |task: &Task| !task.deleted && task.updated().is_some_and(|at| at >= since) && task.fields() == wanted;
        if let Some(task) = page.items.into_iter().find(same) {
            return Ok(Some(task));
        }
        match page.next_page_token {
            Some(next) => token = Some(next),
            None => return Ok(None),
        }
    }
    Err(pages::endless(LIST))
}

async fn update(api: &TasksApi, list: &str, id: &str, version: &str, patch: &TaskPatch) -> Result<TaskWritten, ProviderError> {
    let body = body::changed(patch)?;
    let to = patch.list.as_ref().map(RemoteId::as_str).filter(|to| *to != list);
    let mut there = None;
    if !body.is_empty() {
        let sent = api.send(Method::PATCH, WHAT, api.urls.tasks(list, [id]), version, Some(&body)).await;
        there = Some(match (sent, to) {
            // Perhaps it was an earlier attempt that changed it.
            (Err(conflict @ ProviderError::Conflict(_)), _) => {
                let now = read(api, list, id).await?;
                if !says(&now, patch) {
                    return Err(conflict);
                }
                now
            }
            (Err(gone @ ProviderError::NotFound(_)), Some(to)) => return arrived(api, to, id, patch, gone).await,
            (sent, _) => live(sent?)?,
        });
    }
    if to.is_none() && (patch.parent.is_none() || there.as_ref().is_some_and(|task| stands(task, patch))) {
        let task = match there {
            Some(task) => task,
            None => read(api, list, id).await?,
        };
        return Ok(written(task, list));
    }
    let mut url = api.urls.tasks(list, [id, "move"]);
    if let Some(Some(parent)) = &patch.parent {
        url.query_pairs_mut().append_pair("parent", parent.as_str());
    }
    if let Some(to) = to {
        url.query_pairs_mut().append_pair("destinationTasklist", to);
    }
    let etag = there.as_ref().map_or(version, |task| task.etag.as_str());
    match (api.send(Method::POST, WHAT, url, etag, None).await, to) {
        (Err(conflict @ ProviderError::Conflict(_)), None) => {
            let now = read(api, list, id).await?;
            if says(&now, patch) && stands(&now, patch) { Ok(written(now, list)) } else { Err(conflict) }
        }
        (Err(gone @ ProviderError::NotFound(_)), Some(to)) => arrived(api, to, id, patch, gone).await,
        (sent, to) => Ok(written(live(sent?)?, to.unwrap_or(list))),
    }
}

/// It is not where it was. An earlier attempt may have moved it: then it is in the other list, as it was to be. Google would have to keep
/// its id for that; where it does not, it is gone from here, and the other list brings it.
async fn arrived(api: &TasksApi, list: &str, id: &str, patch: &TaskPatch, gone: ProviderError) -> Result<TaskWritten, ProviderError> {
    match read(api, list, id).await {
        Ok(task) if says(&task, patch) && stands(&task, patch) => Ok(written(task, list)),
        Ok(_) | Err(ProviderError::NotFound(_)) => Err(gone),
        Err(error) => Err(error),
    }
}

/// Whether the text of a task is what the change makes of it.
fn says(task: &Task, patch: &TaskPatch) -> bool {
    let is = task.fields();
    patch.title.as_ref().is_none_or(|title| *title == is.title)
        && patch.notes.as_ref().is_none_or(|notes| *notes == is.notes)
        && patch.due.as_ref().is_none_or(|due| *due == is.due)
        && patch.status.is_none_or(|status| body::held(status) == is.status)
}

/// Whether it is below what the change puts it below. Without a word, a move to another list puts it below nothing.
fn stands(task: &Task, patch: &TaskPatch) -> bool {
    let wanted = patch.parent.as_ref().and_then(Option::as_ref).map(RemoteId::as_str);
    (patch.parent.is_none() && patch.list.is_none()) || task.parent.as_deref() == wanted
}

async fn read(api: &TasksApi, list: &str, id: &str) -> Result<Task, ProviderError> {
    live(api.get(WHAT, api.urls.tasks(list, [id])).await?)
}

/// Google also answers with tasks that were deleted.
fn live(task: Task) -> Result<Task, ProviderError> {
    if task.deleted {
        return Err(ProviderError::NotFound(WHAT.to_owned()));
    }
    if task.id.is_empty() {
        return Err(ProviderError::Protocol {
            host: "Google".to_owned(),
            protocol: "Google API",
            detail: "a task without an id".to_owned(),
        });
    }
    Ok(task)
}

fn written(task: Task, list: &str) -> TaskWritten {
    TaskWritten { id: RemoteId(task.id.clone()), task: Some(task.remote(list)) }
}
