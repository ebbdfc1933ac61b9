//! Lists and tasks as Graph writes them, as far as something is done with them; absent properties are absent on the wire too.

use chrono::DateTime;
use domain::{
    ids::RemoteId,
    tasks::{Priority, RemoteTask, TaskFields, TaskStatus},
    time::Timestamp,
};
use mail_parser::decoders::html::html_to_text;
use serde::Deserialize;

use super::{
    super::{
        model::{ItemBody, Removed, Zoned, id},
        rounds::Entry,
    },
    repeats::Recurrence,
};

/// `todoTaskList`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct List {
    #[serde(deserialize_with = "id")]
    pub id: String,
    #[serde(default)]
    pub display_name: String,
    /// `none`, `defaultList` or `flaggedEmails`.
    #[serde(default)]
    pub wellknown_list_name: String,
}

/// `todoTask`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    #[serde(deserialize_with = "id")]
    pub id: String,
    #[serde(default, rename = "@odata.etag")]
    pub etag: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    body: Option<ItemBody>,
    /// `notStarted`, `inProgress`, `completed`, `waitingOnOthers` or `deferred`.
    #[serde(default)]
    status: Option<String>,
    /// `low`, `normal` or `high`.
    #[serde(default)]
    importance: Option<String>,
    #[serde(default)]
    categories: Option<Vec<String>>,
    #[serde(default)]
    due_date_time: Option<Zoned>,
    #[serde(default)]
    completed_date_time: Option<Zoned>,
    #[serde(default)]
    created_date_time: Option<String>,
    #[serde(default)]
    last_modified_date_time: Option<String>,
    #[serde(default)]
    pub recurrence: Option<Recurrence>,
    #[serde(default, rename = "@removed")]
    removed: Option<Removed>,
}

impl Entry for Task {
    fn id(&self) -> &str {
        &self.id
    }
    fn gone(&self) -> bool {
        self.removed.is_some()
    }
}

impl Task {
    /// False: an entry of delta that tells only what changed.
    pub const fn is_whole(&self) -> bool {
        self.title.is_some() && self.status.is_some() && self.importance.is_some() && self.created_date_time.is_some()
    }

    pub fn created(&self) -> Option<Timestamp> {
        instant(self.created_date_time.as_deref())
    }

    pub fn fields(&self) -> TaskFields {
        TaskFields {
            title: self.title.clone().unwrap_or_default(),
            notes: self.body.as_ref().map(ItemBody::text).unwrap_or_default(),
            due: self.due_date_time.as_ref().and_then(Zoned::day),
            priority: match self.importance.as_deref() {
                Some("high") => Priority::High,
                Some("low") => Priority::Low,
                _ => Priority::None,
            },
            labels: self.categories.clone().unwrap_or_default(),
            status: match self.status.as_deref() {
                Some("completed") => TaskStatus::Done,
                // Somebody began it, or nobody could wait for others.
                Some("inProgress" | "waitingOnOthers") => TaskStatus::Started,
                _ => TaskStatus::Open,
            },
            parent: None,
        }
    }

    pub fn remote(self, list: &RemoteId) -> RemoteTask {
        let fields = self.fields();
        let updated_at = instant(self.last_modified_date_time.as_deref());
        // Of the completion Graph knows the day; without one, the last change is no earlier.
        let completed = self.completed_date_time.as_ref().and_then(Zoned::instant).or(updated_at).or(Some(Timestamp(0)));
        RemoteTask {
            list: list.clone(),
            version: self.etag,
            position: self.created_date_time.unwrap_or_default(),
            repeats: self.recurrence.as_ref().map(Recurrence::words),
            url: None,
            completed_at: completed.filter(|_| fields.status.is_closed()),
            updated_at,
            id: RemoteId(self.id),
            fields,
        }
    }
}

impl ItemBody {
    /// As lines are ended here. What was written with marks of its own comes as HTML.
    fn text(&self) -> String {
        let text = if self.content_type.eq_ignore_ascii_case("html") { html_to_text(&self.content) } else { self.content.clone() };
        text.replace("\r\n", "\n")
    }
}

fn instant(text: Option<&str>) -> Option<Timestamp> {
    DateTime::parse_from_rfc3339(text?).ok().map(|at| Timestamp(at.timestamp_millis()))
}

#[cfg(test)]
mod tests {
    use domain::tasks::Due;

    use super::*;

    fn read(json: &str) -> Task {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_task_is_what_graph_says_and_no_more() {
        let task = read(
            r#"{"@odata.etag":"W/\"4rfRVIPi9EqX\"","importance":"high","isReminderOn":true,"status":"waitingOnOthers","title":"Tax",
                "createdDateTime":"2026-11-12T04:54:29.1925206Z","lastModifiedDateTime":"2026-11-12T04:54:29.4903939Z","categories":["Money"],
                "hasAttachments":false,"id":"AAMk1","body":{"content":"a\r\nb","contentType":"text"},
                "dueDateTime":{"dateTime":"2026-11-22T23:00:00.0000000","timeZone":"UTC"},
                "recurrence":{"pattern":{"type":"weekly","interval":1,"daysOfWeek":["monday"]},"range":{"type":"noEnd"}},
                "linkedResources":[{"webUrl":"https://x.example"}],"checklistItems":[{"displayName":"step"}]}"#,
        );
        assert!(task.is_whole());
        let remote = task.remote(&"l".into());
        let fields = TaskFields {
            title: "Tax".into(),
            notes: "a\nb".into(),
            due: Some(Due::Day { day: "2026-11-23".into() }),
            priority: Priority::High,
            labels: vec!["Money".into()],
            status: TaskStatus::Started,
            parent: None,
        };
        assert_eq!((remote.fields, remote.version.as_str(), remote.repeats.as_deref()), (fields, "W/\"4rfRVIPi9EqX\"", Some("every week")));
        assert_eq!((remote.updated_at.unwrap().millis() % 1000, remote.completed_at), (490, None));
        assert_eq!(remote.position, "2026-11-12T04:54:29.1925206Z");
    }

    #[test]
    fn what_is_missing_is_nothing_and_html_is_read_as_text() {
        let task = read(r#"{"id":"t","title":null,"status":"completed","lastModifiedDateTime":"2026-11-12T04:54:29Z"}"#);
        assert!(!task.is_whole());
        let remote = task.remote(&"l".into());
        assert_eq!((remote.fields.status, remote.completed_at.is_some()), (TaskStatus::Done, true), "of the last change");
        let html =
            read(r#"{"id":"t","body":{"contentType":"html","content":"<html><body><p>Milk &amp; eggs</p><p>Bread</p></body></html>"}}"#);
        let notes = html.fields().notes;
        assert!(notes.contains("Milk & eggs") && notes.contains("Bread") && !notes.contains('<'), "{notes}");
        let gone = read(r#"{"id":"t","@removed":{"reason":"deleted"}}"#);
        assert!(gone.gone());
        assert!(serde_json::from_str::<Task>(r#"{"id":""}"#).is_err());
    }
}
