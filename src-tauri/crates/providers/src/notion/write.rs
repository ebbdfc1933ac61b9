//! Making, changing and trashing pages. Only what is named is sent: what nobody here knows of stays as it is.

use domain::{
    error::ProviderError,
    ids::RemoteId,
    tasks::{TaskFields, TaskPatch, TaskWrite, TaskWritten},
    time::Timestamp,
};
use serde_json::json;

use super::{
    NotionTasks, THIS_PAGE, error,
    model::Page,
    poll::{Table, minute, newest_first},
};

/// How far Notion's clock may be behind this one, seconds.
const SKEW: i64 = 120;

pub async fn write(tasks: &NotionTasks, write: &TaskWrite) -> Result<TaskWritten, ProviderError> {
    match write {
        TaskWrite::Create { list, fields, tried, since, .. } => create(tasks, list.as_str(), fields, *tried, *since).await,
        TaskWrite::Update { list, id, patch, .. } => update(tasks, list.as_str(), id, patch).await,
        TaskWrite::Delete { id, .. } => match tasks.api.update(id.as_str(), json!({"in_trash": true})).await {
            Ok(_) | Err(ProviderError::NotFound(_)) => Ok(TaskWritten { id: id.clone(), task: None }),
            Err(error) => Err(error),
        },
    }
}

fn written(page: Page, table: &Table<'_>) -> TaskWritten {
    let task = page.task(&table.source, &table.columns);
    TaskWritten { id: task.id.clone(), task: Some(task) }
}

async fn create(tasks: &NotionTasks, list: &str, fields: &TaskFields, tried: bool, since: Timestamp) -> Result<TaskWritten, ProviderError> {
    let gone = |error| match error {
        ProviderError::NotFound(_) => {
            error::refused("This database no longer exists at Notion, or is not shared with the integration any more.")
        }
        error => error,
    };
    let table = Table::open(tasks, list).await.map_err(gone)?;
    let mut properties = table.columns.changed(&TaskPatch::between(&TaskFields::default(), fields))?;
    if tried && let Some(page) = made(tasks, &table, fields, since).await? {
        return Ok(written(page, &table));
    }
    // A page without a title has none that could be read.
    properties.entry(table.columns.title()).or_insert_with(|| json!({"title": []}));
    properties.extend(table.columns.given());
    Ok(written(tasks.api.create(list, properties).await.map_err(gone)?, &table))
}

/// Which page an earlier attempt made: Notion has no key that makes a creation safe to repeat, so it is looked for. Times are whole minutes,
/// so that one which says the same and was made in that minute is taken for it.
async fn made(tasks: &NotionTasks, table: &Table<'_>, fields: &TaskFields, since: Timestamp) -> Result<Option<Page>, ProviderError> {
    let Some(from) = minute(since.plus_secs(-SKEW)) else { return Ok(None) };
    let filter = json!({"and": [
        {"timestamp": "created_time", "created_time": {"on_or_after": from}},
        {"property": table.columns.title(), "title": {"equals": fields.title}},
    ]});
    let body = json!({"filter": filter, "sorts": newest_first("created_time"), "page_size": 100});
    let found = tasks.api.query(&table.source, body, None).await?.results;
    let first = Timestamp::from_secs(since.secs().div_euclid(60) * 60);
    let rank = |page: &Page| {
        let created = page.created()?;
        Some((created < first, created.since(first).saturating_abs()))
    };
    let same = |page: &Page| {
        let there = page.clone().task(&table.source, &table.columns).fields;
        there.due == fields.due && there.labels == fields.labels
    };
    Ok(found.into_iter().filter(same).filter_map(|page| Some((rank(&page)?, page))).min_by_key(|(rank, _)| *rank).map(|(_, page)| page))
}

async fn update(tasks: &NotionTasks, list: &str, id: &RemoteId, patch: &TaskPatch) -> Result<TaskWritten, ProviderError> {
    if patch.list.is_some() {
        return Err(error::refused("A page stays in its database: move it in Notion."));
    }
    let table = Table::open(tasks, list).await?;
    let properties = table.columns.changed(patch)?;
    let page = if properties.is_empty() {
        tasks.api.page(id.as_str()).await?
    } else {
        match tasks.api.update(id.as_str(), json!({"properties": properties})).await {
            // What is in the trash can't be edited.
            Err(refused @ ProviderError::Refused(_)) => match tasks.api.page(id.as_str()).await {
                Ok(page) if !page.in_trash => return Err(refused),
                Ok(_) | Err(ProviderError::NotFound(_)) => return Err(ProviderError::NotFound(THIS_PAGE.to_owned())),
                Err(error) => return Err(error),
            },
            page => page?,
        }
    };
    if page.in_trash { Err(ProviderError::NotFound(THIS_PAGE.to_owned())) } else { Ok(written(page, &table)) }
}
