//! What the Tasks API says, as far as something is done with it, and the task that it stands for. Links and assignments stay at Google: no
//! write here touches them.

use chrono::{DateTime, NaiveDate};
use domain::{
    ids::RemoteId,
    tasks::{Due, Priority, RemoteTask, TaskFields, TaskStatus},
    time::Timestamp,
};
use serde::Deserialize;

use super::super::api::{few, id, id_or_none};

/// `tasks` resource. Absent fields are absent on the wire too.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Task {
    #[serde(deserialize_with = "id")]
    pub id: String,
    pub etag: String,
    pub title: Option<String>,
    pub notes: Option<String>,
    /// `needsAction` or `completed`.
    pub status: String,
    /// RFC 3339, of which only the date counts.
    pub due: Option<String>,
    pub completed: Option<String>,
    pub deleted: bool,
    #[serde(deserialize_with = "id_or_none")]
    pub parent: Option<String>,
    /// Digits, as many for each.
    pub position: String,
    pub updated: Option<String>,
    pub web_view_link: Option<String>,
}

impl Task {
    pub fn updated(&self) -> Option<Timestamp> {
        instant(self.updated.as_deref())
    }

    pub fn fields(&self) -> TaskFields {
        TaskFields {
            title: self.title.clone().unwrap_or_default(),
            notes: self.notes.clone().unwrap_or_default(),
            due: self.due.as_deref().and_then(day),
            priority: Priority::None,
            labels: Vec::new(),
            status: if self.status == "completed" { TaskStatus::Done } else { TaskStatus::Open },
            parent: self.parent.clone().map(RemoteId),
        }
    }

    pub fn remote(self, list: &str) -> RemoteTask {
        RemoteTask {
            list: RemoteId(list.to_owned()),
            fields: self.fields(),
            repeats: None,
            completed_at: instant(self.completed.as_deref()),
            updated_at: self.updated(),
            url: self.web_view_link.filter(|link| link.starts_with("https://")),
            version: self.etag,
            position: self.position,
            id: RemoteId(self.id),
        }
    }
}

fn instant(text: Option<&str>) -> Option<Timestamp> {
    DateTime::parse_from_rfc3339(text?).ok().map(|at| Timestamp(at.timestamp_millis()))
}

fn day(text: &str) -> Option<Due> {
    let day = text.get(..10)?;
    NaiveDate::parse_from_str(day, "%Y-%m-%d").ok()?;
    Some(Due::Day { day: day.to_owned() })
}

/// `tasks.list`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TaskPage {
    #[serde(deserialize_with = "few")]
    pub items: Vec<Task>,
    pub next_page_token: Option<String>,
}

/// `tasklists` resource.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Listed {
    #[serde(deserialize_with = "id")]
    pub id: String,
    pub title: String,
}

/// `tasklists.list`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ListPage {
    #[serde(deserialize_with = "few")]
    pub items: Vec<Listed>,
    pub next_page_token: Option<String>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(json: &str) -> Task {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_task_is_what_google_says_and_no_more() {
        let task = read(
            r#"{"kind":"tasks#task","id":"t1","etag":"\"LTE3\"","title":"Tax","updated":"2026-11-22T09:00:00.250Z","parent":"t0",
                "position":"00000000000000000001","notes":"a\nb","status":"completed","due":"2026-11-23T00:00:00.000Z",
                "completed":"2026-11-22T09:00:00.000Z","hidden":true,"links":[{"type":"email"}],"webViewLink":"https://tasks.example/t1",
                "assignmentInfo":{"surfaceType":"SPACE"}}"#,
        );
        let remote = task.remote("l1");
        let fields = TaskFields {
            title: "Tax".into(),
            notes: "a\nb".into(),
            due: Some(Due::Day { day: "2026-11-23".into() }),
            status: TaskStatus::Done,
            parent: Some("t0".into()),
            ..TaskFields::default()
        };
        assert_eq!((remote.fields, remote.version.as_str(), remote.list.as_str()), (fields, "\"LTE3\"", "l1"));
        assert_eq!((remote.updated_at.unwrap().millis() % 1000, remote.completed_at.is_some()), (250, true));
        assert_eq!(remote.url.as_deref(), Some("https://tasks.example/t1"));
    }

    #[test]
    fn what_is_missing_or_nonsense_is_nothing() {
        let task = read(r#"{"id":"t","due":"tomorrow","updated":"now","completed":"","webViewLink":"javascript:alert(1)","title":null}"#);
        let remote = task.remote("l");
        assert_eq!((remote.fields, remote.updated_at, remote.completed_at, remote.url), (TaskFields::default(), None, None, None));
        assert_eq!(day("2026-02-30T00:00:00Z"), None);
        assert_eq!(day("2026-11-2é"), None);
        assert!(serde_json::from_str::<Task>(&format!(r#"{{"id":"{}"}}"#, "x".repeat(300))).is_err());
    }
}
