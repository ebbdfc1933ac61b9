//! Making, changing, moving and deleting cards. Only what is named is sent: what nobody here knows of stays as it is.

use domain::{
    error::ProviderError,
    ids::RemoteId,
    tasks::{Priority, TaskFields, TaskPatch, TaskWrite, TaskWritten},
    time::Timestamp,
};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::{api::Api, error, labels, model::Card};

/// How far Trello's clock may be behind this one, seconds.
const SKEW: i64 = 120;

pub async fn write(api: &Api, write: &TaskWrite) -> Result<TaskWritten, ProviderError> {
    match write {
        TaskWrite::Create { list, fields, tried, since, .. } => create(api, list.as_str(), fields, *tried, *since).await,
        TaskWrite::Update { list, id, before, patch, .. } => update(api, list.as_str(), id, before, patch).await,
        TaskWrite::Delete { id, .. } => match api.delete(id.as_str()).await {
            Ok(()) | Err(ProviderError::NotFound(_)) => Ok(TaskWritten { id: id.clone(), task: None }),
            Err(error) => Err(error),
        },
    }
}

fn written(card: Card) -> TaskWritten {
    let task = card.task();
    TaskWritten { id: task.id.clone(), task: Some(task) }
}

/// Trello has no key that makes a creation safe to repeat: what an earlier attempt made is looked for among the person's cards.
async fn create(api: &Api, board: &str, fields: &TaskFields, tried: bool, since: Timestamp) -> Result<TaskWritten, ProviderError> {
    let patch = TaskPatch::between(&TaskFields::default(), fields);
    let mut body = changed(&patch)?;
    if tried {
        let (cards, _) = api.cards().await?;
        if let Some(card) = best(cards.into_iter().filter(|card| card.says(&fields.title, &fields.notes)), since) {
            return Ok(written(card));
        }
    }
    let gone = |error| match error {
        ProviderError::NotFound(_) => error::refused("This board no longer exists at Trello."),
        error => error,
    };
    body.insert("idList".to_owned(), json!(column(api, board).await.map_err(gone)?));
    body.insert("idMembers".to_owned(), json!([api.member().await?]));
    if !fields.labels.is_empty() {
        body.insert("idLabels".to_owned(), json!(labels::ids(api, board, &fields.labels).await?));
    }
    Ok(written(api.write(Method::POST, &["cards"], body).await?))
}

/// The first one since then. Ids say whole seconds; one from before the attempt is only it where the clocks differ.
fn best(found: impl Iterator<Item = Card>, since: Timestamp) -> Option<Card> {
    let since = Timestamp::from_secs(since.secs());
    let rank = |card: &Card| {
        let created = card.created().filter(|at| *at >= since.plus_secs(-SKEW))?;
        Some((created < since, created.since(since).saturating_abs(), card.id.clone()))
    };
    found.filter_map(|card| Some((rank(&card)?, card))).min_by_key(|(rank, _)| rank.clone()).map(|(_, card)| card)
}

/// The leftmost column of a board, where cards begin.
async fn column(api: &Api, board: &str) -> Result<String, ProviderError> {
    let columns = api.columns(board).await?;
    let first = columns.into_iter().min_by(|a, b| a.pos.total_cmp(&b.pos)).map(|column| column.id);
    first.ok_or_else(|| error::refused("This board at Trello has no list to put a card into."))
}

async fn update(api: &Api, board: &str, id: &RemoteId, before: &TaskFields, patch: &TaskPatch) -> Result<TaskWritten, ProviderError> {
    let mut body = changed(patch)?;
    let to = patch.list.as_ref().map_or(board, RemoteId::as_str);
    if to != board {
        body.insert("idBoard".to_owned(), json!(to));
        body.insert(
            "idList".to_owned(),
            json!(column(api, to).await.map_err(|error| match error {
                ProviderError::NotFound(_) => error::refused("This board no longer exists at Trello."),
                error => error,
            })?),
        );
    }
    // Labels stay behind on the old board: the same names are given again on the new one.
    let names = patch.labels.as_ref().or_else(|| (to != board).then_some(&before.labels));
    if let Some(names) = names.filter(|names| patch.labels.is_some() || !names.is_empty()) {
        body.insert("idLabels".to_owned(), json!(labels::ids(api, to, names).await?));
    }
    let path = ["cards", id.as_str()];
    Ok(written(if body.is_empty() { api.card(id.as_str()).await? } else { api.write(Method::PUT, &path, body).await? }))
}

/// What is sent of a change, its board and its labels apart. What can't be changed here is refused with words before anything is sent.
fn changed(patch: &TaskPatch) -> Result<Map<String, Value>, ProviderError> {
    let mut body = Map::new();
    let mut set = |name: &str, value: Value| drop(body.insert(name.to_owned(), value));
    if let Some(title) = &patch.title {
        set("name", json!(title));
    }
    if let Some(notes) = &patch.notes {
        set("desc", json!(notes));
    }
    if let Some(status) = patch.status {
        set("dueComplete", json!(status.is_closed()));
    }
    for (set, what) in [
        (patch.due.is_some(), "When a card is due"),
        (patch.priority.is_some_and(|priority| priority != Priority::None), "A priority"),
        (patch.parent.as_ref().is_some_and(Option::is_some), "The task above it"),
    ] {
        if set {
            return Err(error::refused(&format!("{what} can't be set at Trello from here.")));
        }
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_one_since_then() {
        let card = |secs: i64| -> Card { serde_json::from_value(json!({"id": format!("{secs:08x}0000000000000001")})).unwrap() };
        let of = |found: &[i64]| {
            best(found.iter().map(|secs| card(*secs)), Timestamp(10_000_900)).and_then(|card| card.created()).map(Timestamp::secs)
        };
        assert_eq!(of(&[10_050, 10_002, 9_990]), Some(10_002));
        assert_eq!(of(&[10_000]), Some(10_000), "in the same second");
        assert_eq!((of(&[9_990, 9_000]), of(&[9_000])), (Some(9_990), None));
    }
}
