//! Linear's JSON, as far as it is asked for. Absent and null are the same.

use chrono::DateTime;
use domain::{
    ids::RemoteId,
    tasks::{Due, Priority, RemoteTask, TaskFields, TaskStatus},
    time::Timestamp,
};
use serde::Deserialize;

use crate::http::json::or_default;

#[derive(Clone, Debug, Deserialize)]
pub struct Viewer {
    pub id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub email: String,
}

/// A page of things (Relay).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connection<T> {
    pub nodes: Vec<T>,
    #[serde(default, deserialize_with = "or_default")]
    pub page_info: PageInfo,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PageInfo {
    pub has_next_page: bool,
    pub end_cursor: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Id {
    pub id: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct State {
    pub id: String,
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    pub kind: String,
    #[serde(default, deserialize_with = "or_default")]
    pub position: f64,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Team {
    pub id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    pub color: Option<String>,
    pub states: Option<Connection<State>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Label {
    #[serde(default, deserialize_with = "or_default")]
    pub id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub is_group: bool,
    pub team: Option<Id>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    #[serde(default, deserialize_with = "or_default")]
    is_me: bool,
}

#[derive(Clone, Debug, Deserialize)]
struct Parent {
    id: String,
    team: Option<Id>,
    assignee: Option<User>,
    #[serde(default, deserialize_with = "or_default")]
    trashed: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Issue {
    pub id: String,
    #[serde(default, deserialize_with = "or_default")]
    title: String,
    #[serde(default, deserialize_with = "or_default")]
    description: String,
    #[serde(default, deserialize_with = "or_default")]
    priority: f64,
    due_date: Option<String>,
    url: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    sort_order: f64,
    updated_at: Option<String>,
    completed_at: Option<String>,
    canceled_at: Option<String>,
    archived_at: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    trashed: bool,
    pub state: State,
    pub team: Id,
    assignee: Option<User>,
    labels: Connection<Label>,
    parent: Option<Parent>,
}

/// None: it is no time.
fn instant(text: &str) -> Option<Timestamp> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| Timestamp(at.timestamp_millis()))
}

/// What a type of state is here. Types that came after this was written are open.
pub fn status(kind: &str) -> TaskStatus {
    match kind {
        "started" => TaskStatus::Started,
        "completed" => TaskStatus::Done,
        "canceled" | "duplicate" => TaskStatus::Cancelled,
        _ => TaskStatus::Open,
    }
}

/// 1 is the most urgent.
fn priority(wire: f64) -> Priority {
    match wire as i64 {
        1 => Priority::Urgent,
        2 => Priority::High,
        3 => Priority::Medium,
        4 => Priority::Low,
        _ => Priority::None,
    }
}

/// A number as a text that sorts as it does: the bits of an IEEE 754 double, turned round where it is negative.
fn sortable(number: f64) -> String {
    let bits = number.to_bits();
    let ordered = if bits >> 63 == 1 { !bits } else { bits | 1 << 63 };
    format!("{ordered:016x}")
}

impl Issue {
    /// The person's, and neither in the trash nor put away unfinished.
    pub fn is_here(&self) -> bool {
        let mine = self.assignee.as_ref().is_some_and(|user| user.is_me);
        mine && !self.trashed && (self.archived_at.is_none() || status(&self.state.kind).is_closed())
    }

    /// There, whoever has to do it.
    pub const fn is_trashed(&self) -> bool {
        self.trashed
    }

    pub fn task(self) -> RemoteTask {
        let status = status(&self.state.kind);
        // One that is not the person's, or of another team, is not in this list.
        let shown = |parent: &Parent| {
            let mine = parent.assignee.as_ref().is_some_and(|user| user.is_me);
            mine && !parent.trashed && parent.team.as_ref().is_some_and(|team| team.id == self.team.id)
        };
        let ended = self.completed_at.as_deref().or(self.canceled_at.as_deref()).and_then(instant);
        let updated_at = self.updated_at.as_deref().and_then(instant);
        RemoteTask {
            id: RemoteId(self.id),
            fields: TaskFields {
                title: self.title,
                notes: self.description,
                due: self.due_date.map(|day| Due::Day { day }),
                priority: priority(self.priority),
                labels: self.labels.nodes.into_iter().map(|label| label.name).collect(),
                status,
                parent: self.parent.filter(shown).map(|parent| RemoteId(parent.id)),
            },
            list: RemoteId(self.team.id),
            position: sortable(self.sort_order),
            repeats: None,
            url: self.url,
            completed_at: ended.or(updated_at).filter(|_| status.is_closed()),
            updated_at,
            version: self.updated_at.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_sort_as_texts() {
        let numbers = [f64::MIN, -100.5, -1.0, -0.5, 0.0, 0.25, 3.0, 1e9];
        let texts: Vec<String> = numbers.into_iter().map(sortable).collect();
        assert!(texts.is_sorted() && texts.iter().all(|text| text.len() == 16), "{texts:?}");
    }

    #[test]
    fn an_issue_of_nulls_and_one_of_somebody_else() {
        let text = r#"{"id":"a","title":null,"description":null,"priority":null,"dueDate":null,"url":null,"sortOrder":null,"updatedAt":null,
            "completedAt":null,"canceledAt":null,"archivedAt":null,"trashed":null,"state":{"id":"s","type":"new kind"},"team":{"id":"t"},
            "assignee":null,"labels":{"nodes":[]},"parent":null}"#;
        let issue: Issue = serde_json::from_str(text).unwrap();
        assert!(!issue.is_here());
        assert_eq!(issue.task().fields, TaskFields::default());
        let mine = |changes: &str| {
            let mut issue: serde_json::Value = serde_json::from_str(text).unwrap();
            issue["assignee"] = serde_json::json!({"isMe": true});
            let changes: serde_json::Value = serde_json::from_str(changes).unwrap();
            for (name, value) in changes.as_object().unwrap() {
                issue[name] = value.clone();
            }
            serde_json::from_value::<Issue>(issue).unwrap()
        };
        assert!(mine("{}").is_here() && !mine(r#"{"trashed":true}"#).is_here());
        let archived = r#"{"archivedAt":"2026-01-01T00:00:00Z","state":{"id":"s","type":"TYPE"}}"#;
        assert!(!mine(&archived.replace("TYPE", "started")).is_here(), "put away unfinished");
        assert!(mine(&archived.replace("TYPE", "completed")).is_here(), "put away because it is done");
        let parent = |team: &str, me: bool| {
            mine(&format!(r#"{{"parent":{{"id":"p","team":{{"id":"{team}"}},"assignee":{{"isMe":{me}}}}}}}"#)).task().fields.parent
        };
        assert_eq!((parent("t", true), parent("u", true), parent("t", false)), (Some("p".into()), None, None));
    }
}
