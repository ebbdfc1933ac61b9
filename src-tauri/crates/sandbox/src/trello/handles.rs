//! What a test may look at and change at Trello from outside, beside HTTP.

use domain::time::Timestamp;
use serde_json::Value;

use super::{
    ROOT, TrelloSwitches,
    card::{TrelloBoard, TrelloCard, TrelloLabel, instant_of},
    world::{MEMBER, TrelloWorld},
};
use crate::{Sandbox, control::locked};

/// Somebody else writes a card: a new one (of the person, unless it says otherwise), or fields of the one with this `id`. `labels` are
/// names; what the board does not have is made.
fn put(world: &mut TrelloWorld, change: Value, now: Timestamp) -> Result<String, String> {
    let Value::Object(mut change) = change else { return Err("a card is an object".to_owned()) };
    let names = change.remove("labels");
    let known = change.get("id").and_then(Value::as_str).and_then(|id| world.cards.get(id)).cloned();
    let base = known.unwrap_or_else(|| TrelloCard { members: vec![MEMBER.to_owned()], ..TrelloCard::default() });
    let Ok(Value::Object(mut body)) = serde_json::to_value(&base) else { return Err("no card".to_owned()) };
    body.extend(change);
    let mut card: TrelloCard = serde_json::from_value(Value::Object(body)).map_err(|e| e.to_string())?;
    if card.due.as_deref().is_some_and(|at| instant_of(at).is_none()) {
        return Err("due is no time".to_owned());
    }
    if card.id.is_empty() {
        card.id = world.fresh_id(now);
    }
    let fresh: Vec<String> = (0..8).map(|_| world.fresh_id(now)).collect();
    let board = world.boards.iter_mut().find(|board| board.id == card.board).ok_or("there is no such board")?;
    if card.list.is_empty() {
        card.list = board.lists.first().map(|(id, _)| id.clone()).unwrap_or_default();
    }
    if let Some(names) = names {
        card.labels.clear();
        for (name, id) in names.as_array().into_iter().flatten().filter_map(Value::as_str).zip(fresh) {
            let known = board.labels.iter().find(|label| label.name == name).map(|label| label.id.clone());
            card.labels.push(known.unwrap_or_else(|| {
                board.labels.push(TrelloLabel { id: id.clone(), name: name.to_owned(), color: None });
                id
            }));
        }
    }
    Ok(world.keep(card, now).id)
}

impl Sandbox {
    /// Base of the API, as the client is given it: `http://127.0.0.1:PORT/1`.
    pub fn trello_base(&self) -> String {
        self.base(crate::Provider::Trello) + ROOT
    }

    /// Key and token that are accepted, as a person hands them over: `KEY:TOKEN`.
    pub fn trello_secret(&self) -> String {
        let world = locked(&self.shared.trello);
        format!("{}:{}", world.key, world.token)
    }

    /// The token that is accepted from now on: the one before is 401.
    pub fn set_trello_token(&self, token: &str) {
        token.clone_into(&mut locked(&self.shared.trello).token);
    }

    pub fn trello_boards(&self) -> Vec<TrelloBoard> {
        locked(&self.shared.trello).boards.clone()
    }

    /// A board appears, or is another from now on.
    pub fn put_trello_board(&self, board: TrelloBoard) {
        let mut world = locked(&self.shared.trello);
        match world.boards.iter_mut().find(|one| one.id == board.id) {
            Some(one) => *one = board,
            None => world.boards.push(board),
        }
    }

    /// Every card, archived ones and those of others too.
    pub fn trello_cards(&self) -> Vec<TrelloCard> {
        locked(&self.shared.trello).cards.values().cloned().collect()
    }

    /// Somebody else writes a card: a new one, or fields of the one with this `id`; `labels` are names. Returns its id, or what is wrong.
    pub fn put_trello_card(&self, change: Value) -> Result<String, String> {
        let now = self.now();
        put(&mut locked(&self.shared.trello), change, now)
    }

    /// Somebody else deletes a card. False: there is none.
    pub fn delete_trello_card(&self, id: &str) -> bool {
        locked(&self.shared.trello).cards.remove(id).is_some()
    }

    pub fn set_trello(&self, change: impl FnOnce(&mut TrelloSwitches)) {
        change(&mut locked(&self.shared.trello).switches);
    }
}
