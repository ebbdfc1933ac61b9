//! Pages as the stand-in holds them, and as they are on the wire (PROVIDERS 6.6).

use std::collections::BTreeMap;

use chrono::DateTime;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::world::{NotionWorld, PEOPLE};

/// A page of a data source; which of the fields it has is the source's to say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NotionPage {
    pub id: String,
    /// Id of the data source.
    pub source: String,
    pub title: String,
    /// Name of an option.
    pub status: Option<String>,
    /// Of a checkbox.
    pub done: bool,
    /// A day, or an instant with an offset.
    pub date: Option<String>,
    pub tags: Vec<String>,
    pub estimate: Option<i64>,
    /// Names of options of selects, by ids of properties.
    pub picked: BTreeMap<String, String>,
    /// Ids of people.
    pub people: Vec<String>,
    pub text: String,
    /// Milliseconds since the epoch.
    pub created: i64,
    pub edited: i64,
    pub in_trash: bool,
    /// Gone for good.
    pub deleted: bool,
}

impl NotionPage {
    pub(super) fn json(&self, world: &NotionWorld) -> Value {
        let source = world.source(&self.source).cloned().unwrap_or_default();
        let mut properties = Map::new();
        // One that was taken away from the property is nothing chosen.
        let option = |key: &str, kind: &str, named: Option<&String>| match named.and_then(|named| source.option(key, kind, named)) {
            Some((id, name)) => json!({"id": id, "name": name, "color": "default"}),
            None => Value::Null,
        };
        for (name, property) in source.properties.as_object().into_iter().flatten() {
            let kind = property.get("type").and_then(Value::as_str).unwrap_or_default();
            let value = match kind {
                "title" => json!([{"type": "text", "text": {"content": self.title, "link": null}, "plain_text": self.title}]),
                "status" => option(name, kind, self.status.as_ref()),
                "select" => option(name, kind, property.get("id").and_then(Value::as_str).and_then(|id| self.picked.get(id))),
                "people" => self.people.iter().map(|id| person(id)).collect(),
                "rich_text" if self.text.is_empty() => json!([]),
                "rich_text" => json!([{"type": "text", "text": {"content": self.text, "link": null}, "plain_text": self.text}]),
                "checkbox" => json!(self.done),
                "date" => json!(self.date.as_ref().map(|start| json!({"start": start, "end": null, "time_zone": null}))),
                "multi_select" => self.tags.iter().map(|tag| json!({"id": tag, "name": tag, "color": "default"})).collect(),
                "number" => json!(self.estimate),
                _ => Value::Null,
            };
            properties.insert(name.clone(), json!({"id": property.get("id"), "type": kind, kind: value}));
        }
        json!({
            "object": "page",
            "id": self.id,
            "created_time": stamp(self.created),
            "last_edited_time": stamp(self.edited),
            "in_trash": self.in_trash,
            "parent": {"type": "data_source_id", "data_source_id": self.source, "database_id": "d9824bdc-0000-4000-8000-000000000001"},
            "properties": properties,
            "url": format!("https://www.notion.example/{}", self.id.replace('-', "")),
        })
    }
}

pub(super) fn person(id: &str) -> Value {
    let name = PEOPLE.iter().find(|(known, _)| *known == id).map(|(_, name)| name);
    json!({"object": "user", "id": id, "type": "person", "name": name, "person": {}})
}

/// Notion knows minutes: `2026-11-22T09:00:00.000Z`.
pub(super) fn minute(millis: i64) -> i64 {
    millis.div_euclid(60_000) * 60_000
}

fn stamp(millis: i64) -> String {
    DateTime::from_timestamp_millis(minute(millis)).unwrap_or_default().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

pub(super) fn instant_of(text: &str) -> Option<Timestamp> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| Timestamp(at.timestamp_millis()))
}
