//! Reading: who one is, boards, lists, labels, cards.

use serde_json::{Map, Value, json};

use super::{
    Asked, Refusal,
    card::TrelloCard,
    world::{MEMBER, TrelloWorld},
};
use crate::MARA;

/// What is asked for of a thing; `id` always is. `known`: what there is.
fn cut(asked: &Asked<'_>, whole: Value) -> Result<Value, Refusal> {
    let Value::Object(map) = whole else { return Ok(whole) };
    let Some(list) = asked.get("fields") else { return Ok(Value::Object(map)) };
    let mut told = Map::new();
    for name in list.split(',').chain(["id"]) {
        let value = map.get(name).ok_or_else(|| Refusal::new(400, &format!("invalid value for fields: {name}")))?;
        told.insert(name.to_owned(), value.clone());
    }
    Ok(Value::Object(told))
}

pub(super) fn me(_world: &TrelloWorld, asked: &Asked<'_>) -> Result<Value, Refusal> {
    asked.params(&["fields"])?;
    cut(asked, json!({"id": MEMBER, "username": "maralind", "fullName": "Mara Lindqvist", "email": MARA}))
}

pub(super) fn boards(world: &TrelloWorld, asked: &Asked<'_>) -> Result<Value, Refusal> {
    asked.params(&["fields", "filter"])?;
    let open = match asked.get("filter") {
        Some("open") => true,
        None | Some("all") => false,
        Some(_) => return Err(Refusal::new(400, "invalid value for filter")),
    };
    world.boards.iter().filter(|board| !open || !board.closed).map(|board| cut(asked, board.json())).collect()
}

pub(super) fn lists(world: &TrelloWorld, asked: &Asked<'_>, board: &str) -> Result<Value, Refusal> {
    asked.params(&["fields", "filter"])?;
    let board = world.board(board)?;
    let lists = board.lists.iter().enumerate();
    lists.map(|(n, (id, name))| cut(asked, json!({"id": id, "name": name, "closed": false, "idBoard": board.id, "pos": n}))).collect()
}

pub(super) fn labels(world: &TrelloWorld, asked: &Asked<'_>, board: &str) -> Result<Value, Refusal> {
    asked.params(&["fields", "limit"])?;
    let board = world.board(board)?;
    board.labels.iter().map(|l| cut(asked, json!({"id": l.id, "idBoard": board.id, "name": l.name, "color": l.color}))).collect()
}

fn card_json(world: &TrelloWorld, asked: &Asked<'_>, card: &TrelloCard) -> Result<Value, Refusal> {
    cut(asked, card.json(world.board(&card.board)?))
}

/// `visible`: open cards of open boards.
pub(super) fn cards(world: &TrelloWorld, asked: &Asked<'_>) -> Result<Value, Refusal> {
    asked.params(&["fields", "filter"])?;
    if asked.get("filter") != Some("visible") {
        return Err(Refusal::new(400, "invalid value for filter"));
    }
    let open = |card: &&TrelloCard| !card.closed && world.board(&card.board).is_ok_and(|board| !board.closed);
    let mine = world.cards.values().filter(|card| card.members.iter().any(|id| id == MEMBER)).filter(open);
    mine.take(world.switches.cards).map(|card| card_json(world, asked, card)).collect()
}

pub(super) fn card(world: &TrelloWorld, asked: &Asked<'_>, id: &str) -> Result<Value, Refusal> {
    asked.params(&["fields"])?;
    card_json(world, asked, world.card(id)?)
}
