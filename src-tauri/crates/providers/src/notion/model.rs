//! Notion's JSON, as far as it is read. Absent and null are the same.

use chrono::DateTime;
use domain::{ids::RemoteId, tasks::RemoteTask, time::Timestamp};
use serde::Deserialize;
use serde_json::Value;

use super::columns::Columns;
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

/// Somebody in the workspace, or a program.
#[derive(Clone, Debug, Deserialize)]
pub struct User {
    pub id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    #[serde(default, rename = "type", deserialize_with = "or_default")]
    kind: String,
}

impl User {
    pub fn is_person(&self) -> bool {
        self.kind == "person"
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
    pub properties: Value,
    created_time: Option<String>,
    last_edited_time: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub in_trash: bool,
    url: Option<String>,
}

/// The words of a rich text.
pub fn plain(text: &Value) -> String {
    let pieces = text.as_array().into_iter().flatten();
    pieces.filter_map(|piece| piece.get("plain_text").and_then(Value::as_str)).collect()
}

/// None: it is no time.
pub fn instant(text: &str) -> Option<Timestamp> {
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
    pub fn task(self, source: &str, columns: &Columns) -> RemoteTask {
        let fields = columns.fields(&self.properties);
        let status = fields.status;
        let updated_at = self.last_edited_time.as_deref().and_then(instant);
        RemoteTask {
            // Tables have no order but that of their views: the oldest first.
            position: self.created_time.clone().unwrap_or_default(),
            fields,
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
    use domain::tasks::{Due, TaskFields, TaskStatus};
    use serde_json::json;

    use super::{
        super::schema::{properties, suggest},
        *,
    };

    #[test]
    fn a_page_whole_and_one_of_nulls() {
        let table = properties(&json!({
            "Name": {"id": "title", "type": "title"}, "Done": {"id": "d", "type": "checkbox"}, "Due": {"id": "w", "type": "date"},
            "Tags": {"id": "t", "type": "multi_select"},
        }));
        let columns = Columns::new(suggest(&table).unwrap(), &table).unwrap();
        let page = |properties: Value| -> Page {
            serde_json::from_value(
                json!({"id": "p", "parent": {"data_source_id": "A-b"}, "properties": properties, "created_time": "2026-11-22T09:00:00.000Z",
                "last_edited_time": "2026-11-22T10:00:00.000Z", "url": null, "in_trash": null}),
            )
            .unwrap()
        };
        // Names are nothing to go by.
        let whole = page(json!({
            "Renamed": {"id": "title", "title": [{"plain_text": "Call "}, {"plain_text": "Bo"}]}, "Done": {"id": "d", "checkbox": true},
            "Due": {"id": "w", "date": {"start": "2026-12-24", "end": null}}, "Tags": {"id": "t", "multi_select": [{"name": "phone"}]},
        }));
        assert!(whole.is_in("ab") && !whole.is_in("abc") && !whole.in_trash);
        let task = whole.task("ab", &columns);
        assert_eq!(
            (task.fields.title.as_str(), task.fields.status, task.fields.labels),
            ("Call Bo", TaskStatus::Done, vec!["phone".to_owned()])
        );
        assert_eq!(
            (task.fields.due, task.completed_at),
            (Some(Due::Day { day: "2026-12-24".into() }), Some(Timestamp::from_secs(1_795_341_600)))
        );
        let timed = page(json!({"Due": {"id": "w", "date": {"start": "2026-12-24T11:00:00.000+01:00"}}})).task("ab", &columns);
        assert_eq!(timed.fields.due, Some(Due::At { at: Timestamp::from_secs(1_798_106_400), zone: None }));
        let nulls = page(json!({
            "Name": {"id": "title", "title": null}, "Done": {"id": "d", "checkbox": null}, "Due": {"id": "w", "date": null},
            "Tags": {"id": "t", "multi_select": null},
        }));
        assert_eq!(nulls.task("ab", &columns).fields, TaskFields::default());
    }
}
