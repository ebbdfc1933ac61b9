//! Reading: data sources, and their pages by filters and cursors.

use serde_json::{Value, json};

use super::{
    Refusal, filter, object,
    page::{NotionPage, person},
    world::{NotionWorld, PEOPLE},
};
use crate::text;

/// A page of results: `page_size` from 1 to 100, `start_cursor` as the one before gave it. Cursors are bound to the question.
fn paged(world: &NotionWorld, map: &serde_json::Map<String, Value>, all: Vec<Value>) -> Result<Value, Refusal> {
    let size = match map.get("page_size").map(Value::as_u64) {
        None => 100,
        Some(Some(size @ 1..=100)) => size as usize,
        Some(_) => return Err(Refusal::invalid("body failed validation: body.page_size should be ≤ `100`")),
    };
    let key = json!([map.get("filter"), map.get("sorts")]);
    let seal = |at: usize| text::b64url(format!("{}:{at}:{key}", world.generation).as_bytes());
    let from = match map.get("start_cursor").and_then(Value::as_str) {
        None => 0,
        Some(cursor) => (0..=all.len()).find(|at| seal(*at) == cursor).ok_or_else(|| Refusal::invalid("start_cursor is not valid."))?,
    };
    let more = from + size < all.len();
    let results: Vec<Value> = all.into_iter().skip(from).take(size).collect();
    Ok(json!({"object": "list", "results": results, "has_more": more, "next_cursor": more.then(|| seal(from + size))}))
}

pub(super) fn search(world: &NotionWorld, body: &[u8]) -> Result<Value, Refusal> {
    let map = object(body, &["filter", "page_size", "start_cursor", "sort", "query"])?;
    if map.get("filter") != Some(&json!({"property": "object", "value": "data_source"})) {
        return Err(Refusal::invalid("The stand-in finds data sources only."));
    }
    paged(world, &map, world.sources.iter().map(super::world::Source::json).collect())
}

/// Everybody in the workspace, the integration itself too. The position is in the query.
pub(super) fn users(world: &NotionWorld, query: &str) -> Result<Value, Refusal> {
    if !world.switches.people {
        return Err(Refusal::new(403, "restricted_resource", "Insufficient permissions for this endpoint."));
    }
    let mut map = serde_json::Map::new();
    for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let value = match key.as_ref() {
            "page_size" => json!(value.parse::<u64>().unwrap_or_default()),
            "start_cursor" => json!(value),
            _ => return Err(Refusal::invalid(&format!("query failed validation: query.{key} should be not present"))),
        };
        map.insert(key.into_owned(), value);
    }
    let mut all: Vec<Value> = PEOPLE.iter().map(|(id, _)| person(id)).collect();
    all.push(json!({"object": "user", "id": super::BOT, "type": "bot", "name": "Aurelius", "bot": {}}));
    paged(world, &map, all)
}

pub(super) fn source(world: &NotionWorld, id: &str) -> Result<Value, Refusal> {
    Ok(world.source(id)?.json())
}

pub(super) fn query(world: &NotionWorld, id: &str, body: &[u8]) -> Result<Value, Refusal> {
    let source = world.source(id)?;
    let map = object(body, &["filter", "sorts", "page_size", "start_cursor"])?;
    let edited = match map.get("sorts") {
        None => false,
        Some(sorts) if *sorts == json!([{"timestamp": "last_edited_time", "direction": "descending"}]) => true,
        Some(sorts) if *sorts == json!([{"timestamp": "created_time", "direction": "descending"}]) => false,
        Some(_) => return Err(Refusal::invalid("body failed validation: body.sorts")),
    };
    let mut found: Vec<&NotionPage> = Vec::new();
    for page in world.pages.values().filter(|page| page.source == source.id && !page.in_trash && !page.deleted) {
        if match map.get("filter") {
            Some(filter) => filter::takes(source, page, filter)?,
            None => true,
        } {
            found.push(page);
        }
    }
    found.sort_by_key(|page| (std::cmp::Reverse(if edited { page.edited } else { page.created }), page.id.clone()));
    paged(world, &map, found.into_iter().map(|page| page.json(world)).collect())
}
