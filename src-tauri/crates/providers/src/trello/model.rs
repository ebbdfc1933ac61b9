//! Trello's JSON, as far as it is asked for. Absent and null are the same.

use chrono::DateTime;
use domain::{
    ids::RemoteId,
    tasks::{Due, RemoteTask, TaskFields, TaskStatus},
    time::Timestamp,
};
use serde::Deserialize;

use crate::http::json::or_default;

/// What is asked of a card.
pub const FIELDS: &str = "name,desc,due,dueComplete,closed,idBoard,labels,pos,dateLastActivity,shortUrl";

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    pub id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub username: String,
    #[serde(default, deserialize_with = "or_default")]
    pub full_name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub email: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Membership {
    #[serde(default, deserialize_with = "or_default")]
    pub id_member: String,
    #[serde(default, deserialize_with = "or_default")]
    pub member_type: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Prefs {
    pub background_color: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Board {
    pub id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub prefs: Prefs,
    #[serde(default, deserialize_with = "or_default")]
    pub memberships: Vec<Membership>,
}

/// A column of a board.
#[derive(Clone, Debug, Deserialize)]
pub struct Column {
    pub id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub pos: f64,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Label {
    pub id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub color: String,
}

impl Label {
    /// One without a name is known by its colour.
    pub fn shown(&self) -> &str {
        if self.name.is_empty() { &self.color } else { &self.name }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Card {
    pub id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub id_board: String,
    #[serde(default, deserialize_with = "or_default")]
    name: String,
    #[serde(default, deserialize_with = "or_default")]
    desc: String,
    due: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    due_complete: bool,
    #[serde(default, deserialize_with = "or_default")]
    closed: bool,
    #[serde(default, deserialize_with = "or_default")]
    labels: Vec<Label>,
    #[serde(default, deserialize_with = "or_default")]
    pos: f64,
    date_last_activity: Option<String>,
    short_url: Option<String>,
}

/// None: it is no time.
fn instant(text: &str) -> Option<Timestamp> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| Timestamp(at.timestamp_millis()))
}

impl Card {
    pub fn is_here(&self) -> bool {
        !self.closed && !self.id_board.is_empty()
    }

    /// Ids of MongoDB begin with the second in which they were made.
    pub fn created(&self) -> Option<Timestamp> {
        let secs = i64::from_str_radix(self.id.get(..8)?, 16).ok()?;
        Some(Timestamp::from_secs(secs))
    }

    /// Whether it says this.
    pub fn says(&self, name: &str, desc: &str) -> bool {
        self.name.trim() == name.trim() && self.desc.trim() == desc.trim()
    }

    pub fn task(self) -> RemoteTask {
        let updated_at = self.date_last_activity.as_deref().and_then(instant);
        RemoteTask {
            id: RemoteId(self.id),
            list: RemoteId(self.id_board),
            fields: TaskFields {
                title: self.name,
                notes: self.desc,
                due: self.due.as_deref().and_then(instant).map(|at| Due::At { at, zone: None }),
                labels: self.labels.iter().map(Label::shown).filter(|name| !name.is_empty()).map(str::to_owned).collect(),
                status: if self.due_complete { TaskStatus::Done } else { TaskStatus::Open },
                ..TaskFields::default()
            },
            // Positions are positive; those of integers and halves sort as digits do.
            position: format!("{:024.6}", self.pos.max(0.0)),
            repeats: None,
            url: self.short_url,
            // Trello does not say when it was ticked off: not after the last change.
            completed_at: updated_at.or(Some(Timestamp(0))).filter(|_| self.due_complete),
            updated_at,
            version: self.date_last_activity.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_whole_and_one_of_nulls() {
        let text = r#"{"id":"5abbe4b7ddc1b351ef961414","idBoard":"b","name":"A","desc":"d","due":"2026-12-24T10:00:00.000Z","dueComplete":true,
            "closed":false,"labels":[{"id":"l","name":"print","color":"red"},{"id":"k","name":"","color":"green"}],"pos":65535.5,
            "dateLastActivity":"2026-12-01T00:00:00.000Z","shortUrl":"https://trello.com/c/x"}"#;
        let card: Card = serde_json::from_str(text).unwrap();
        assert!(card.is_here() && card.says("A ", "d"));
        assert_eq!(card.created().map(Timestamp::secs), Some(1_522_263_223));
        let task = card.task();
        assert_eq!((task.fields.labels, task.fields.status), (vec!["print".to_owned(), "green".to_owned()], TaskStatus::Done));
        assert_eq!(task.fields.due, Some(Due::At { at: Timestamp::from_secs(1_798_106_400), zone: None }));
        assert_eq!(task.position, "00000000000065535.500000");
        let nulls: Card = serde_json::from_str(
            r#"{"id":"x","idBoard":null,"name":null,"desc":null,"due":null,"dueComplete":null,"closed":null,"labels":null,"pos":null}"#,
        )
        .unwrap();
        assert!(!nulls.is_here() && nulls.created().is_none());
        assert_eq!(nulls.task().fields, TaskFields::default());
    }
}
