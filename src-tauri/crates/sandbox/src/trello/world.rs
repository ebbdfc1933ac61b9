//! Boards and cards of the stand-in.

use std::collections::BTreeMap;

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Refusal,
    card::{TrelloBoard, TrelloCard, stamp},
};

/// The one person of the stand-in, and somebody else.
pub(super) const MEMBER: &str = "5abbe4b7ddc1b351ef961414";
pub(super) const COLLEAGUE: &str = "5abbe4b7ddc1b351ef961415";

/// Rate limits count over this long, milliseconds.
const WINDOW_MS: i64 = 10_000;

/// How Trello behaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrelloSwitches {
    /// Requests of a token in ten seconds.
    pub calls: usize,
    /// Cards of an answer. (unverified)
    pub cards: usize,
}

impl Default for TrelloSwitches {
    fn default() -> Self {
        Self { calls: 100, cards: 1000 }
    }
}

#[derive(Default)]
pub struct TrelloWorld {
    /// The key and the token that are accepted.
    pub(super) key: String,
    pub(super) token: String,
    pub(super) boards: Vec<TrelloBoard>,
    pub(super) cards: BTreeMap<String, TrelloCard>,
    pub switches: TrelloSwitches,
    calls: Vec<Timestamp>,
    made: u64,
}

impl TrelloWorld {
    pub(super) fn new(key: String, token: String) -> Self {
        Self { key, token, ..Self::default() }
    }

    /// An id as MongoDB makes them: it begins with the second in which it was made.
    pub(super) fn fresh_id(&mut self, now: Timestamp) -> String {
        self.made += 1;
        format!("{:08x}{:016x}", now.secs(), self.made)
    }

    pub(super) fn board(&self, id: &str) -> Result<&TrelloBoard, Refusal> {
        self.boards.iter().find(|board| board.id == id).ok_or_else(Refusal::not_found)
    }

    pub(super) fn card(&self, id: &str) -> Result<&TrelloCard, Refusal> {
        self.cards.get(id).ok_or_else(Refusal::not_found)
    }

    /// Puts a card there as changed now.
    pub(super) fn keep(&mut self, mut card: TrelloCard, now: Timestamp) -> TrelloCard {
        card.date_last_activity = stamp(now);
        self.cards.insert(card.id.clone(), card.clone());
        card
    }

    /// Counts a request, or refuses it.
    pub(super) fn spend(&mut self, now: Timestamp) -> Result<(), Refusal> {
        self.calls.retain(|at| (0..WINDOW_MS).contains(&now.since(*at)));
        if self.calls.len() >= self.switches.calls {
            return Err(Refusal::new(429, "Rate limit exceeded"));
        }
        self.calls.push(now);
        Ok(())
    }
}
