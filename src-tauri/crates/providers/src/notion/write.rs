//! Making, changing and trashing pages. Only what is named is sent: what nobody here knows of stays as it is.

use domain::{
    error::ProviderError,
    ids::RemoteId,
    tasks::{Due, Priority, TaskFields, TaskPatch, TaskWrite, TaskWritten},
    time::Timestamp,
};
use serde_json::{Map, Value, json};

use super::{
    THIS_PAGE,
    api::Api,
    error,
    model::Page,
    poll::{Table, minute},
    schema::Schema,
};

/// In characters, of one piece of text; Notion's own.
const MAX_TITLE: usize = 2000;
/// How far Notion's clock may be behind this one, seconds.
const SKEW: i64 = 120;

pub async fn write(api: &Api, write: &TaskWrite) -> Result<TaskWritten, ProviderError> {
    match write {
        TaskWrite::Create { list, fields, tried, since, .. } => create(api, list.as_str(), fields, *tried, *since).await,
        TaskWrite::Update { list, id, patch, .. } => update(api, list.as_str(), id, patch).await,
        TaskWrite::Delete { id, .. } => match api.update(id.as_str(), json!({"in_trash": true})).await {
            Ok(_) | Err(ProviderError::NotFound(_)) => Ok(TaskWritten { id: id.clone(), task: None }),
            Err(error) => Err(error),
        },
    }
}

fn written(page: Page, table: &Table<'_>) -> TaskWritten {
    let task = page.task(&table.source, &table.schema);
    TaskWritten { id: task.id.clone(), task: Some(task) }
}

async fn create(api: &Api, list: &str, fields: &TaskFields, tried: bool, since: Timestamp) -> Result<TaskWritten, ProviderError> {
    let gone = |error| match error {
        ProviderError::NotFound(_) => {
            error::refused("This database no longer exists at Notion, or is not shared with the integration any more.")
        }
        error => error,
    };
    let table = Table::open(api, list).await.map_err(gone)?;
    let mut properties = changed(&table.schema, &TaskPatch::between(&TaskFields::default(), fields))?;
    if tried && let Some(page) = made(api, &table, fields, since).await? {
        return Ok(written(page, &table));
    }
    // A page without a title has none that could be read.
    properties.entry(table.schema.title.clone()).or_insert_with(|| json!({"title": []}));
    Ok(written(api.create(list, properties).await.map_err(gone)?, &table))
}

/// Which page an earlier attempt made: Notion has no key that makes a creation safe to repeat, so it is looked for. Times are whole minutes,
/// so that one which says the same and was made in that minute is taken for it.
async fn made(api: &Api, table: &Table<'_>, fields: &TaskFields, since: Timestamp) -> Result<Option<Page>, ProviderError> {
    let Some(from) = minute(since.plus_secs(-SKEW)) else { return Ok(None) };
    let filter = json!({"and": [
        {"timestamp": "created_time", "created_time": {"on_or_after": from}},
        {"property": table.schema.title, "title": {"equals": fields.title}},
    ]});
    let sorts = json!([{"timestamp": "created_time", "direction": "descending"}]);
    let found = api.query(&table.source, json!({"filter": filter, "sorts": sorts, "page_size": 100}), None).await?.results;
    let first = Timestamp::from_secs(since.secs().div_euclid(60) * 60);
    let rank = |page: &Page| {
        let created = page.created()?;
        Some((created < first, created.since(first).saturating_abs()))
    };
    let same = |page: &Page| {
        let there = page.clone().task(&table.source, &table.schema).fields;
        there.due == fields.due && there.labels == fields.labels
    };
    Ok(found.into_iter().filter(same).filter_map(|page| Some((rank(&page)?, page))).min_by_key(|(rank, _)| *rank).map(|(_, page)| page))
}

async fn update(api: &Api, list: &str, id: &RemoteId, patch: &TaskPatch) -> Result<TaskWritten, ProviderError> {
    if patch.list.is_some() {
        return Err(error::refused("A page stays in its database: move it in Notion."));
    }
    let table = Table::open(api, list).await?;
    let properties = changed(&table.schema, patch)?;
    let page = if properties.is_empty() {
        api.page(id.as_str()).await?
    } else {
        match api.update(id.as_str(), json!({"properties": properties})).await {
            // What is in the trash can't be edited.
            Err(refused @ ProviderError::Refused(_)) => match api.page(id.as_str()).await {
                Ok(page) if !page.in_trash => return Err(refused),
                Ok(_) | Err(ProviderError::NotFound(_)) => return Err(ProviderError::NotFound(THIS_PAGE.to_owned())),
                Err(error) => return Err(error),
            },
            page => page?,
        }
    };
    if page.in_trash { Err(ProviderError::NotFound(THIS_PAGE.to_owned())) } else { Ok(written(page, &table)) }
}

/// What is sent of a change. What this table can't hold is refused with words before anything is sent.
fn changed(schema: &Schema, patch: &TaskPatch) -> Result<Map<String, Value>, ProviderError> {
    let mut properties = Map::new();
    let none = |what: &str| error::refused(&format!("This database at Notion has no {what}."));
    if let Some(title) = &patch.title {
        if title.chars().count() > MAX_TITLE {
            return Err(error::refused(&format!("The title is too long for Notion: it takes {MAX_TITLE} characters.")));
        }
        properties.insert(schema.title.clone(), json!({"title": [{"text": {"content": title}}]}));
    }
    match (&patch.due, &schema.due) {
        (None, _) | (Some(None), None) => {}
        (Some(Some(_)), None) => return Err(none("date")),
        (Some(None), Some(name)) => drop(properties.insert(name.clone(), json!({"date": null}))),
        (Some(Some(Due::Day { day })), Some(name)) => drop(properties.insert(name.clone(), json!({"date": {"start": day}}))),
        (Some(Some(_)), Some(_)) => return Err(error::refused("Only a day can be set at Notion from here: leave the time away.")),
    }
    match (&patch.labels, &schema.labels) {
        (None, _) => {}
        (Some(labels), None) if labels.is_empty() => {}
        (Some(_), None) => return Err(none("labels")),
        // A comma would part a label in two.
        (Some(labels), Some(name)) => {
            let tags: Vec<Value> = labels.iter().map(|label| json!({"name": label.replace(',', " ")})).collect();
            properties.insert(name.clone(), json!({"multi_select": tags}));
        }
    }
    if let Some(status) = patch.status {
        let (name, value) = schema.set_status(status).ok_or_else(|| none("status for that"))?;
        properties.insert(name, value);
    }
    for (set, what) in [
        (patch.notes.as_ref().is_some_and(|notes| !notes.is_empty()), "text that could be changed from here"),
        (patch.priority.is_some_and(|priority| priority != Priority::None), "priority that could be changed from here"),
        (patch.parent.as_ref().is_some_and(Option::is_some), "task above another"),
    ] {
        if set {
            return Err(none(what));
        }
    }
    Ok(properties)
}
