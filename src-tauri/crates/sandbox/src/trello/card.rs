//! Boards and cards as the stand-in holds them, and as they are on the wire (PROVIDERS 6.7).

use chrono::DateTime;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A label of a board; one without a name is known by its colour.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrelloLabel {
    pub id: String,
    pub name: String,
    pub color: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrelloBoard {
    pub id: String,
    pub name: String,
    pub closed: bool,
    /// Whether the person may only look.
    pub observer: bool,
    /// Id and name of its lists, from left to right.
    pub lists: Vec<(String, String)>,
    pub labels: Vec<TrelloLabel>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrelloCard {
    pub id: String,
    pub board: String,
    pub list: String,
    pub name: String,
    pub desc: String,
    /// RFC 3339.
    pub due: Option<String>,
    pub due_complete: bool,
    pub closed: bool,
    /// Ids of labels of the board.
    pub labels: Vec<String>,
    /// Ids of people.
    pub members: Vec<String>,
    pub pos: f64,
    pub date_last_activity: String,
}

impl TrelloBoard {
    pub(super) fn json(&self) -> Value {
        let kind = if self.observer { "observer" } else { "normal" };
        json!({
            "id": self.id,
            "name": self.name,
            "closed": self.closed,
            "prefs": {"backgroundColor": "#0079BF"},
            "memberships": [{"idMember": super::world::MEMBER, "memberType": kind, "deactivated": false}],
        })
    }
}

impl TrelloCard {
    pub(super) fn json(&self, board: &TrelloBoard) -> Value {
        let labels = board.labels.iter().filter(|label| self.labels.contains(&label.id));
        json!({
            "id": self.id,
            "idBoard": self.board,
            "idList": self.list,
            "idMembers": self.members,
            "name": self.name,
            "desc": self.desc,
            "due": self.due,
            "dueComplete": self.due_complete,
            "closed": self.closed,
            "labels": labels.map(|l| json!({"id": l.id, "idBoard": self.board, "name": l.name, "color": l.color})).collect::<Vec<_>>(),
            "pos": self.pos,
            "dateLastActivity": self.date_last_activity,
            "shortUrl": format!("https://trello.example/c/{}", self.id),
        })
    }
}

/// `2026-11-22T09:00:00.000Z`.
pub(super) fn stamp(at: Timestamp) -> String {
    DateTime::from_timestamp_millis(at.millis()).unwrap_or_default().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

pub(super) fn instant_of(text: &str) -> Option<Timestamp> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| Timestamp(at.timestamp_millis()))
}
