//! Trello against the sandbox: what every task source owes (the contract), and what is Trello's own.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use chrono::DateTime;
use domain::{
    ids::RemoteId,
    tasks::{Due, TaskFields, TaskPatch, TaskStatus},
};
use sandbox::{Fault, FaultAction, Fill, Provider, Sandbox, SandboxOptions, TrelloBoard, TrelloCard};
use serde_json::{Value, json};

use super::*;
use crate::{
    scripted::{Pasted, http_at},
    task_contract::{Mirror, Rig, Trouble, key},
};

mod reading;
mod writing;

const CLUB: &str = "6400000000000000000000b1";
const HOUSE: &str = "6400000000000000000000b2";
const ME: &str = "5abbe4b7ddc1b351ef961414";

pub struct World {
    sandbox: Sandbox,
    source: TrelloCards,
}

async fn start() -> World {
    filled(Fill::Empty).await
}

async fn filled(fill: Fill) -> World {
    let sandbox = Sandbox::start(SandboxOptions { fill, ..SandboxOptions::default() }).await.unwrap();
    let credentials = Arc::new(Pasted(sandbox.trello_secret()));
    let source = TrelloCards::new(http_at(sandbox.clock().as_clock()), credentials, &sandbox.trello_base()).unwrap();
    World { sandbox, source }
}

impl World {
    fn board(&self, id: &str) -> TrelloBoard {
        self.sandbox.trello_boards().into_iter().find(|board| board.id == id).unwrap()
    }

    /// Read here by other means than the client's.
    fn fields_of(&self, card: TrelloCard) -> TaskFields {
        let labels = self.board(&card.board).labels.into_iter().filter(|label| card.labels.contains(&label.id));
        TaskFields {
            title: card.name,
            notes: card.desc,
            due: card.due.map(|at| Due::At { at: Timestamp(DateTime::parse_from_rfc3339(&at).unwrap().timestamp_millis()), zone: None }),
            labels: labels.map(|label| if label.name.is_empty() { label.color.unwrap() } else { label.name }).collect(),
            status: if card.due_complete { TaskStatus::Done } else { TaskStatus::Open },
            ..TaskFields::default()
        }
    }

    fn post(&self, card: Value) -> RemoteId {
        RemoteId(self.sandbox.put_trello_card(card).unwrap())
    }

    fn there(&self, id: &RemoteId) -> TrelloCard {
        self.sandbox.trello_cards().into_iter().find(|card| card.id == id.as_str()).unwrap()
    }

    fn mine(&self) -> Vec<TrelloCard> {
        self.sandbox.trello_cards().into_iter().filter(|card| !card.closed && card.members.iter().any(|id| id == ME)).collect()
    }

    fn requests(&self) -> Vec<String> {
        let log = self.sandbox.control().log();
        self.sandbox.control().clear_log();
        log.into_iter().map(|e| format!("{} {} {}", e.method, e.path.trim_start_matches("/1"), e.status)).collect()
    }

    async fn mirror(&self) -> Mirror {
        let mut mirror = Mirror::default();
        mirror.sync(self).await.unwrap();
        mirror
    }

    async fn create(&self, board: &str, fields: TaskFields, tried: bool) -> Result<TaskWritten, ProviderError> {
        self.source.write(&TaskWrite::Create { list: board.into(), key: key(1), fields, tried, since: self.sandbox.now() }).await
    }
}

impl Rig for World {
    fn source(&self) -> &dyn TaskSource {
        &self.source
    }

    fn now(&self) -> Timestamp {
        self.sandbox.now()
    }

    fn pass(&self, secs: i64) {
        self.sandbox.clock().advance(secs * 1000);
    }

    fn lists(&self) -> [RemoteId; 2] {
        [CLUB.into(), HOUSE.into()]
    }

    /// Done or not; labels in the order of the board, which is that in which they were made here.
    fn held(&self, mut fields: TaskFields) -> TaskFields {
        fields.status = if fields.status.is_closed() { TaskStatus::Done } else { TaskStatus::Open };
        fields
    }

    fn put(&self, list: &RemoteId, id: Option<&RemoteId>, fields: &TaskFields) -> RemoteId {
        assert!(fields.due.is_none());
        let mut card = json!({
            "board": list, "name": fields.title, "desc": fields.notes, "labels": fields.labels, "due_complete": fields.status.is_closed(),
        });
        if let Some(id) = id {
            card["id"] = json!(id);
        }
        self.post(card)
    }

    fn remove(&self, _list: &RemoteId, id: &RemoteId) {
        assert!(self.sandbox.delete_trello_card(id.as_str()));
    }

    fn look(&self, list: &RemoteId, id: &RemoteId) -> Option<TaskFields> {
        self.mine().into_iter().find(|card| card.board == list.as_str() && card.id == id.as_str()).map(|card| self.fields_of(card))
    }

    fn count(&self) -> usize {
        self.mine().len()
    }

    fn trouble(&self, trouble: Trouble) {
        let faults = match trouble {
            Trouble::LostAnswer => {
                ["POST", "PUT"].map(|m| Fault::new("*/cards*", FaultAction::Drop { after_commit: true }).method(m)).to_vec()
            }
            Trouble::Unavailable => vec![Fault::status("*", 503, "")],
            Trouble::Wait => vec![Fault::status("*", 429, "Rate limit exceeded")],
            Trouble::SignedOut => return self.sandbox.set_trello_token("another"),
        };
        for fault in faults {
            self.sandbox.control().add_fault(Fault { provider: Some(Provider::Trello), ..fault });
        }
    }

    /// Every round tells everything.
    fn void(&self) {}
}

mod contract {
    crate::task_contract::suite!(super::start);
}
