//! Making and changing pages.

use chrono::NaiveDate;
use domain::time::Timestamp;
use serde_json::{Map, Value};

use super::{
    Refusal, object,
    page::{NotionPage, instant_of},
    world::{NotionWorld, PEOPLE, Source},
};

/// Characters of one piece of text.
const TEXT: usize = 2000;

fn wrong(name: &str) -> Refusal {
    Refusal::invalid(&format!("body failed validation: body.properties.{name} is not of its type"))
}

/// The text of its pieces.
fn words(name: &str, value: &Value) -> Result<String, Refusal> {
    let mut all = String::new();
    for piece in value.as_array().ok_or_else(|| wrong(name))? {
        let text = piece.get("text").and_then(|t| t.get("content")).and_then(Value::as_str).ok_or_else(|| wrong(name))?;
        if text.chars().count() > TEXT {
            return Err(Refusal::invalid("body.properties.title[0].text.content.length should be ≤ `2000`"));
        }
        all.push_str(text);
    }
    Ok(all)
}

/// The name of the option that is named by its id or name.
fn chosen(source: &Source, name: &str, kind: &str, value: &Value) -> Result<String, Refusal> {
    let wanted = value.get("id").or_else(|| value.get("name")).and_then(Value::as_str).ok_or_else(|| wrong(name))?;
    let found = source.option(name, kind, wanted).map(|(_, name)| name);
    found.ok_or_else(|| Refusal::invalid(&format!("Invalid {kind} option. Option \"{wanted}\" does not exist")))
}

fn fill(source: &Source, page: &mut NotionPage, properties: &Map<String, Value>) -> Result<(), Refusal> {
    for (name, value) in properties {
        let (kind, id) = source.kind(name).ok_or_else(|| Refusal::invalid(&format!("{name} is not a property that exists.")))?;
        let value = value.get(kind).ok_or_else(|| wrong(name))?;
        match kind {
            "title" => page.title = words(name, value)?,
            "rich_text" => page.text = words(name, value)?,
            "status" => page.status = Some(chosen(source, name, kind, value)?),
            "select" if value.is_null() => drop(page.picked.remove(id)),
            "select" => drop(page.picked.insert(id.to_owned(), chosen(source, name, kind, value)?)),
            "people" => {
                let ids = value
                    .as_array()
                    .and_then(|all| all.iter().map(|one| one.get("id").and_then(Value::as_str).map(str::to_owned)).collect());
                let ids: Vec<String> = ids.ok_or_else(|| wrong(name))?;
                if let Some(stranger) = ids.iter().find(|id| !PEOPLE.iter().any(|(known, _)| known == id)) {
                    return Err(Refusal::invalid(&format!("User {stranger} does not exist in this workspace")));
                }
                page.people = ids;
            }
            "checkbox" => page.done = value.as_bool().ok_or_else(|| wrong(name))?,
            "date" if value.is_null() => page.date = None,
            "date" => {
                let start = value.get("start").and_then(Value::as_str).ok_or_else(|| wrong(name))?;
                if start.parse::<NaiveDate>().is_err() && instant_of(start).is_none() {
                    return Err(wrong(name));
                }
                page.date = Some(start.to_owned());
            }
            "multi_select" => {
                let tags: Option<Vec<String>> = value
                    .as_array()
                    .and_then(|all| all.iter().map(|tag| tag.get("name").and_then(Value::as_str).map(str::to_owned)).collect());
                let tags = tags.ok_or_else(|| wrong(name))?;
                if tags.iter().any(|tag| tag.contains(',') || tag.is_empty() || tag.chars().count() > 100) {
                    return Err(Refusal::invalid("Invalid multi_select value, commas not allowed"));
                }
                page.tags = tags;
            }
            _ => return Err(wrong(name)),
        }
    }
    Ok(())
}

pub(super) fn create(world: &mut NotionWorld, body: &[u8], now: Timestamp) -> Result<Value, Refusal> {
    let map = object(body, &["parent", "properties"])?;
    let parent = map.get("parent").filter(|parent| parent.get("type").and_then(Value::as_str) == Some("data_source_id"));
    let id = parent.and_then(|parent| parent.get("data_source_id")).and_then(Value::as_str).unwrap_or_default();
    let source = world.source(id)?.clone();
    let properties = map.get("properties").and_then(Value::as_object).ok_or_else(|| wrong("properties"))?;
    // What is not said begins.
    let status = source.of("status").map(|_| "Not started".to_owned());
    let mut page = NotionPage { source: source.id.clone(), status, ..NotionPage::default() };
    fill(&source, &mut page, properties)?;
    page.id = world.fresh_id();
    let page = world.keep(page, now);
    Ok(page.json(world))
}

pub(super) fn update(world: &mut NotionWorld, id: &str, body: &[u8], now: Timestamp) -> Result<Value, Refusal> {
    let map = object(body, &["properties", "in_trash"])?;
    let mut page = world.page(id)?.clone();
    let source = world.source(&page.source)?.clone();
    match map.get("in_trash").map(Value::as_bool) {
        None => {}
        Some(Some(trash)) => page.in_trash = trash,
        Some(None) => return Err(wrong("in_trash")),
    }
    if let Some(properties) = map.get("properties") {
        if page.in_trash {
            return Err(Refusal::invalid("Can't edit block that is archived. You must unarchive the block before editing."));
        }
        fill(&source, &mut page, properties.as_object().ok_or_else(|| wrong("properties"))?)?;
    }
    let page = world.keep(page, now);
    Ok(page.json(world))
}
