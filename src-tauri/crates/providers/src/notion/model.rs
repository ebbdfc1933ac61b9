//! Notion's JSON, as far as it is read. Absent and null are the same.

use chrono::{DateTime, NaiveDate};
use domain::{
    ids::RemoteId,
    tasks::{Due, RemoteTask, TaskFields},
    time::Timestamp,
};
use serde::Deserialize;
use serde_json::Value;

use super::schema::Schema;
use crate::http::json::or_default;

#[derive(Clone, Debug, Deserialize)]
pub struct Bot {
    pub id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    #[serde(default)]
    bot: Value,
}

impl Bot {
    pub fn workspace(&self) -> Option<&str> {
        self.bot.get("workspace_name").and_then(Value::as_str).filter(|name| !name.is_empty())
    }
}

/// A page of results.
#[derive(Clone, Debug, Deserialize)]
pub struct Results<T> {
    pub results: Vec<T>,
    next_cursor: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    has_more: bool,
}

impl<T> Results<T> {
    pub fn next(&self) -> Option<String> {
        self.next_cursor.clone().filter(|cursor| self.has_more && !cursor.is_empty())
    }
}

#[derive(Clone, Debug, Deserialize)]
pub struct DataSource {
    pub id: String,
    #[serde(default)]
    title: Value,
    #[serde(default)]
    pub properties: Value,
    #[serde(default, deserialize_with = "or_default")]
    pub in_trash: bool,
}

impl DataSource {
    pub fn name(&self) -> String {
        plain(&self.title)
    }
}

#[derive(Clone, Debug, Deserialize)]
pub struct Page {
    pub id: String,
    #[serde(default)]
    parent: Value,
    #[serde(default)]
    properties: Value,
    created_time: Option<String>,
    last_edited_time: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub in_trash: bool,
    url: Option<String>,
}

/// The words of a rich text.
fn plain(text: &Value) -> String {
    let pieces = text.as_array().into_iter().flatten();
    pieces.filter_map(|piece| piece.get("plain_text").and_then(Value::as_str)).collect()
}

/// None: it is no time.
fn instant(text: &str) -> Option<Timestamp> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| Timestamp(at.timestamp_millis()))
}

impl Page {
    pub fn is_in(&self, source: &str) -> bool {
        let same = |a: &str, b: &str| a.replace('-', "").eq_ignore_ascii_case(&b.replace('-', ""));
        self.parent.get("data_source_id").and_then(Value::as_str).is_some_and(|id| same(id, source))
    }

    pub fn created(&self) -> Option<Timestamp> {
        self.created_time.as_deref().and_then(instant)
    }

    /// `source`: of the table that it is in.
    pub fn task(self, source: &str, schema: &Schema) -> RemoteTask {
        let property = |name: &str, kind: &str| self.properties.get(name).and_then(|p| p.get(kind)).cloned().unwrap_or_default();
        let start = schema.due.as_ref().and_then(|name| property(name, "date").get("start")?.as_str().map(str::to_owned));
        let due = start.and_then(|start| match instant(&start) {
            Some(at) => Some(Due::At { at, zone: None }),
            None => start.parse::<NaiveDate>().ok().map(|day| Due::Day { day: day.to_string() }),
        });
        let tags = schema.labels.as_ref().map(|name| property(name, "multi_select")).unwrap_or_default();
        let labels = tags.as_array().into_iter().flatten().filter_map(|tag| tag.get("name")?.as_str().map(str::to_owned)).collect();
        let status = schema.status(&self.properties);
        let updated_at = self.last_edited_time.as_deref().and_then(instant);
        RemoteTask {
            // Tables have no order but that of their views: the oldest first.
            position: self.created_time.clone().unwrap_or_default(),
            fields: TaskFields { title: plain(&property(&schema.title, "title")), due, labels, status, ..TaskFields::default() },
            id: RemoteId(self.id),
            list: source.into(),
            repeats: None,
            url: self.url,
            // Notion does not say when it was done: not after the last change.
            completed_at: updated_at.or(Some(Timestamp(0))).filter(|_| status.is_closed()),
            updated_at,
            version: self.last_edited_time.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::tasks::TaskStatus;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_page_whole_and_one_of_nulls() {
        let schema = Schema::read(
            &json!({"Name": {"type": "title"}, "Done": {"type": "checkbox"}, "Due": {"type": "date"}, "Tags": {"type": "multi_select"}}),
        )
        .unwrap();
        let page = |properties: Value| -> Page {
            serde_json::from_value(
                json!({"id": "p", "parent": {"data_source_id": "A-b"}, "properties": properties, "created_time": "2026-11-22T09:00:00.000Z",
                "last_edited_time": "2026-11-22T10:00:00.000Z", "url": null, "in_trash": null}),
            )
            .unwrap()
        };
        let whole = page(json!({
            "Name": {"title": [{"plain_text": "Call "}, {"plain_text": "Bo"}]}, "Done": {"checkbox": true}, "Due": {"date": {"start": "2026-12-24", "end": null}},
            "Tags": {"multi_select": [{"name": "phone"}]},
        }));
        assert!(whole.is_in("ab") && !whole.is_in("abc") && !whole.in_trash);
        let task = whole.task("ab", &schema);
        assert_eq!(
            (task.fields.title.as_str(), task.fields.status, task.fields.labels),
            ("Call Bo", TaskStatus::Done, vec!["phone".to_owned()])
        );
        assert_eq!(
            (task.fields.due, task.completed_at),
            (Some(Due::Day { day: "2026-12-24".into() }), Some(Timestamp::from_secs(1_795_341_600)))
        );
        let timed = page(json!({"Due": {"date": {"start": "2026-12-24T11:00:00.000+01:00"}}})).task("ab", &schema);
        assert_eq!(timed.fields.due, Some(Due::At { at: Timestamp::from_secs(1_798_106_400), zone: None }));
        let nulls =
            page(json!({"Name": {"title": null}, "Done": {"checkbox": null}, "Due": {"date": null}, "Tags": {"multi_select": null}}));
        assert_eq!(nulls.task("ab", &schema).fields, TaskFields::default());
    }
}
