//! Todoist's JSON, as far as it is read. Absent and null are the same.

use std::collections::BTreeMap;

use chrono::DateTime;
use domain::{
    error::ProviderError,
    ids::RemoteId,
    tasks::{Priority, RemoteTask, TaskFields, TaskStatus},
    time::Timestamp,
};
use serde::{Deserialize, Deserializer};

use super::{due, error};

/// Null is the default too.
fn some<'de, T: Default + Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// The reply to `POST /sync`.
#[derive(Debug, Default, Deserialize)]
pub struct Synced {
    #[serde(default, deserialize_with = "some")]
    pub sync_token: String,
    /// What is told is everything that there is.
    #[serde(default, deserialize_with = "some")]
    pub full_sync: bool,
    #[serde(default, deserialize_with = "some")]
    pub items: Vec<Item>,
    #[serde(default, deserialize_with = "some")]
    pub projects: Vec<Project>,
    #[serde(default)]
    pub user: Option<User>,
    /// By the uuid of the command.
    #[serde(default, deserialize_with = "some")]
    pub sync_status: BTreeMap<String, Status>,
    #[serde(default, deserialize_with = "some")]
    pub temp_id_mapping: BTreeMap<String, String>,
}

/// Whose token it is; the reply has the token itself, too, which is not read.
#[derive(Debug, Deserialize)]
pub struct User {
    #[serde(default, deserialize_with = "some")]
    pub id: String,
    #[serde(default, deserialize_with = "some")]
    pub email: String,
    #[serde(default, deserialize_with = "some")]
    pub full_name: String,
}

/// `"ok"`, or what is wrong.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Status {
    Done(String),
    Failed(error::Failure),
}

#[derive(Debug, Default, Deserialize)]
pub struct CompletedPage {
    #[serde(default, deserialize_with = "some")]
    pub items: Vec<Item>,
    #[serde(default)]
    pub next_cursor: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Project {
    pub id: String,
    #[serde(default, deserialize_with = "some")]
    pub name: String,
    #[serde(default, deserialize_with = "some")]
    pub color: String,
    #[serde(default, deserialize_with = "some")]
    pub child_order: i64,
    #[serde(default, deserialize_with = "some")]
    pub inbox_project: bool,
    #[serde(default, deserialize_with = "some")]
    pub is_deleted: bool,
    #[serde(default, deserialize_with = "some")]
    pub is_archived: bool,
    /// Of a workspace whose plan has ended: nothing in it can be changed.
    #[serde(default, deserialize_with = "some")]
    pub is_frozen: bool,
}

impl Project {
    pub const fn is_live(&self) -> bool {
        !self.is_deleted && !self.is_archived
    }
}

/// `due` of a task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct WireDue {
    #[serde(default, deserialize_with = "some")]
    pub date: String,
    #[serde(default, deserialize_with = "some")]
    pub is_recurring: bool,
    #[serde(default, deserialize_with = "some")]
    pub string: String,
    #[serde(default)]
    pub lang: Option<String>,
    #[serde(default)]
    pub timezone: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub struct Item {
    pub id: String,
    #[serde(default, deserialize_with = "some")]
    pub project_id: String,
    #[serde(default)]
    pub parent_id: Option<String>,
    #[serde(default, deserialize_with = "some")]
    pub content: String,
    #[serde(default, deserialize_with = "some")]
    pub description: String,
    #[serde(default)]
    pub priority: Option<u8>,
    #[serde(default, deserialize_with = "some")]
    pub labels: Vec<String>,
    #[serde(default)]
    pub due: Option<WireDue>,
    #[serde(default, deserialize_with = "some")]
    pub child_order: i64,
    #[serde(default, deserialize_with = "some")]
    pub checked: bool,
    #[serde(default, deserialize_with = "some")]
    pub is_deleted: bool,
    #[serde(default)]
    pub added_at: Option<String>,
    #[serde(default)]
    pub completed_at: Option<String>,
    #[serde(default)]
    pub updated_at: Option<String>,
}

/// None: it is no time.
pub fn instant(text: &str) -> Option<Timestamp> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| Timestamp(at.timestamp_millis()))
}

/// 4 is what people see as p1.
const fn priority(wire: Option<u8>) -> Priority {
    match wire {
        Some(4) => Priority::Urgent,
        Some(3) => Priority::High,
        Some(2) => Priority::Medium,
        _ => Priority::None,
    }
}

impl Item {
    pub fn task(self) -> Result<RemoteTask, ProviderError> {
        if self.id.is_empty() || self.project_id.is_empty() {
            return Err(error::protocol("a task without an id or a project"));
        }
        let due = match &self.due {
            Some(wire) => Some(due::read(wire).ok_or_else(|| error::protocol("a due date of no known form"))?),
            None => None,
        };
        let completed_at = self.completed_at.as_deref().and_then(instant).filter(|_| self.checked);
        let repeats = self.due.filter(|due| due.is_recurring).map(|due| due.string);
        Ok(RemoteTask {
            url: Some(format!("https://app.todoist.com/app/task/{}", self.id)),
            id: RemoteId(self.id),
            list: RemoteId(self.project_id),
            fields: TaskFields {
                title: self.content,
                notes: self.description,
                due,
                priority: priority(self.priority),
                labels: self.labels,
                status: if self.checked { TaskStatus::Done } else { TaskStatus::Open },
                parent: self.parent_id.map(RemoteId),
            },
            // Ten digits: orders count up from one among siblings.
            position: format!("{:010}", self.child_order.max(0)),
            repeats,
            completed_at,
            updated_at: self.updated_at.as_deref().and_then(instant),
            version: self.updated_at.unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use domain::tasks::Due;

    use super::*;

    fn task(json: &str) -> Result<RemoteTask, ProviderError> {
        serde_json::from_str::<Item>(json).unwrap().task()
    }

    /// PROVIDERS A.6.
    #[test]
    fn the_reply_of_the_reference_is_read() {
        let text = r#"{"sync_token":"VRyFHr0Qo3Hr--pzINyT6nax4vW7X2YG5RQlw3lB","full_sync":false,"temp_id_mapping":{"t1":"6XGgmFQrx44wfGHr"},"sync_status":{"0f5c":"ok","0f5d":{"error":"Item not found","error_code":22,"error_tag":"ITEM_NOT_FOUND","error_extra":{},"http_code":404}},"items":[{"id":"6XGgmFQrx44wfGHr","user_id":"1","project_id":"6X","content":"Call Bo","description":"","priority":1,"labels":[],"due":{"date":"2026-11-23T09:00:00","is_recurring":false,"string":"tomorrow 9am","lang":"en","timezone":null},"checked":false,"is_deleted":false,"updated_at":"2026-11-22T09:00:00.000000Z"}]}"#;
        let synced: Synced = serde_json::from_str(text).unwrap();
        assert!(!synced.full_sync && synced.sync_token.starts_with("VRyF") && synced.projects.is_empty());
        assert!(matches!(&synced.sync_status["0f5c"], Status::Done(ok) if ok == "ok"));
        assert!(matches!(&synced.sync_status["0f5d"], Status::Failed(failure) if failure.http_code == 404));
        assert_eq!(synced.temp_id_mapping["t1"], "6XGgmFQrx44wfGHr");
        let task = synced.items.into_iter().next().unwrap().task().unwrap();
        let fields =
            TaskFields { title: "Call Bo".into(), due: Some(Due::Floating { at: "2026-11-23T09:00:00".into() }), ..TaskFields::default() };
        assert_eq!(
            task,
            RemoteTask {
                id: "6XGgmFQrx44wfGHr".into(),
                list: "6X".into(),
                version: "2026-11-22T09:00:00.000000Z".into(),
                fields,
                position: "0000000000".into(),
                repeats: None,
                url: Some("https://app.todoist.com/app/task/6XGgmFQrx44wfGHr".into()),
                completed_at: None,
                updated_at: Some(Timestamp::from_secs(1_795_338_000)),
            }
        );
    }

    #[test]
    fn nulls_and_what_is_left_out_are_nothing() {
        let bare = task(r#"{"id":"a","project_id":"p"}"#).unwrap();
        let nulls = task(
            r#"{"id":"a","project_id":"p","parent_id":null,"content":null,"description":null,"priority":null,"labels":null,"due":null,"child_order":null,"checked":null,"is_deleted":null,"updated_at":null}"#,
        );
        assert_eq!(nulls.unwrap(), bare);
        assert_eq!((bare.version.as_str(), bare.updated_at, bare.fields), ("", None, TaskFields::default()));
        let empty: Synced = serde_json::from_str(r#"{"items":null,"sync_status":null,"full_sync":true,"new_thing":[1]}"#).unwrap();
        assert!(empty.full_sync && empty.items.is_empty());
    }

    #[test]
    fn priorities_places_and_being_done() {
        let of = |n: u8| task(&format!(r#"{{"id":"a","project_id":"p","priority":{n},"child_order":12,"parent_id":"b"}}"#)).unwrap();
        let all = [1, 2, 3, 4, 9].map(|n| of(n).fields.priority);
        assert_eq!(all, [Priority::None, Priority::Medium, Priority::High, Priority::Urgent, Priority::None]);
        assert_eq!((of(1).position.as_str(), of(1).fields.parent), ("0000000012", Some("b".into())));
        let done = r#"{"id":"a","project_id":"p","checked":true,"completed_at":"2026-11-22T09:00:00.5Z"}"#;
        let task = task(done).unwrap();
        assert_eq!((task.fields.status, task.completed_at), (TaskStatus::Done, Some(Timestamp(1_795_338_000_500))));
    }

    #[test]
    fn what_repeats_says_how_and_what_is_broken_is_no_task() {
        let due = r#"{"date":"2026-11-27","is_recurring":true,"string":"every friday","lang":"en"}"#;
        let repeating = task(&format!(r#"{{"id":"a","project_id":"p","due":{due}}}"#)).unwrap();
        assert_eq!(repeating.repeats.as_deref(), Some("every friday"));
        for broken in [r#"{"id":"","project_id":"p"}"#, r#"{"id":"a"}"#, r#"{"id":"a","project_id":"p","due":{"date":"soon"}}"#] {
            assert!(matches!(task(broken), Err(ProviderError::Protocol { .. })), "{broken}");
        }
        assert!(serde_json::from_str::<Item>(r#"{"id":5,"project_id":"p"}"#).is_err(), "ids are texts");
    }
}
