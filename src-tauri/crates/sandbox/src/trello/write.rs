//! Making, changing and deleting cards.

use serde_json::{Map, Value, json};

use super::{
    Asked, Refusal,
    card::{TrelloCard, TrelloLabel, instant_of},
    world::{COLLEAGUE, MEMBER, TrelloWorld},
};

/// In characters.
const NAME: usize = 16_384;
const DESC: usize = 16_384;

const CREATE: &[&str] = &["idList", "name", "desc", "due", "dueComplete", "idMembers", "idLabels", "pos"];
const UPDATE: &[&str] = &["name", "desc", "due", "dueComplete", "closed", "idMembers", "idLabels", "idList", "idBoard", "pos"];

fn invalid(field: &str) -> Refusal {
    Refusal::new(400, &format!("invalid value for {field}"))
}

fn ids(field: &str, value: &Value) -> Result<Vec<String>, Refusal> {
    let all = value.as_array().ok_or_else(|| invalid(field))?;
    all.iter().map(|id| id.as_str().map(str::to_owned).ok_or_else(|| invalid(field))).collect()
}

fn fill(world: &TrelloWorld, card: &mut TrelloCard, map: &Map<String, Value>) -> Result<(), Refusal> {
    if let Some(id) = map.get("idBoard") {
        let board = world.board(id.as_str().unwrap_or_default()).map_err(|_| invalid("idBoard"))?;
        if board.id != card.board {
            card.board.clone_from(&board.id);
            // Labels are the board's own.
            card.labels.clear();
            card.list = board.lists.first().map(|(id, _)| id.clone()).unwrap_or_default();
        }
    }
    for (field, value) in map {
        match (field.as_str(), value) {
            ("idBoard", _) => {}
            ("name", Value::String(name)) if !name.trim().is_empty() && name.chars().count() <= NAME => card.name.clone_from(name),
            ("desc", Value::String(desc)) if desc.chars().count() <= DESC => card.desc.clone_from(desc),
            ("due", Value::Null) => card.due = None,
            ("due", Value::String(due)) if instant_of(due).is_some() => card.due = Some(due.clone()),
            ("dueComplete", Value::Bool(done)) => card.due_complete = *done,
            ("closed", Value::Bool(closed)) => card.closed = *closed,
            ("pos", Value::Number(pos)) => card.pos = pos.as_f64().unwrap_or_default(),
            ("idList", Value::String(id)) => {
                let board =
                    world.boards.iter().find(|board| board.lists.iter().any(|(list, _)| list == id)).ok_or_else(|| invalid("idList"))?;
                if !card.board.is_empty() && board.id != card.board {
                    return Err(invalid("idList"));
                }
                (card.board, card.list) = (board.id.clone(), id.clone());
            }
            ("idMembers", value) => {
                card.members = ids("idMembers", value)?;
                if card.members.iter().any(|id| ![MEMBER, COLLEAGUE].contains(&id.as_str())) {
                    return Err(invalid("idMembers"));
                }
            }
            ("idLabels", value) => card.labels = ids("idLabels", value)?,
            (field, _) => return Err(invalid(field)),
        }
    }
    let board = world.board(&card.board).map_err(|_| invalid("idList"))?;
    if card.labels.iter().any(|id| board.labels.iter().all(|label| label.id != *id)) {
        return Err(invalid("idLabels"));
    }
    if board.closed || board.observer { Err(Refusal::new(401, "unauthorized card permission requested")) } else { Ok(()) }
}

fn told(world: &TrelloWorld, card: &TrelloCard) -> Result<Value, Refusal> {
    Ok(card.json(world.board(&card.board)?))
}

pub(super) fn create(world: &mut TrelloWorld, asked: &Asked<'_>) -> Result<Value, Refusal> {
    asked.params(&[])?;
    let map = asked.fields(CREATE)?;
    if !map.contains_key("idList") {
        return Err(invalid("idList"));
    }
    let mut card = TrelloCard::default();
    fill(world, &mut card, &map)?;
    card.id = world.fresh_id(asked.now);
    card.pos = 65_536.0 * (world.cards.len() as f64 + 1.0);
    let card = world.keep(card, asked.now);
    told(world, &card)
}

pub(super) fn update(world: &mut TrelloWorld, asked: &Asked<'_>, id: &str) -> Result<Value, Refusal> {
    asked.params(&[])?;
    let map = asked.fields(UPDATE)?;
    let mut card = world.card(id)?.clone();
    fill(world, &mut card, &map)?;
    let card = world.keep(card, asked.now);
    told(world, &card)
}

/// For good.
pub(super) fn delete(world: &mut TrelloWorld, asked: &Asked<'_>, id: &str) -> Result<Value, Refusal> {
    asked.params(&[])?;
    let board = world.board(&world.card(id)?.board)?;
    if board.closed || board.observer {
        return Err(Refusal::new(401, "unauthorized card permission requested"));
    }
    world.cards.remove(id);
    Ok(json!({"limits": {}}))
}

pub(super) fn label(world: &mut TrelloWorld, asked: &Asked<'_>) -> Result<Value, Refusal> {
    asked.params(&[])?;
    let map = asked.fields(&["name", "color", "idBoard"])?;
    let name = map.get("name").and_then(Value::as_str).ok_or_else(|| invalid("name"))?.to_owned();
    let color = map.get("color").ok_or_else(|| invalid("color"))?.as_str().map(str::to_owned);
    let id = world.fresh_id(asked.now);
    let wanted = map.get("idBoard").and_then(Value::as_str).unwrap_or_default();
    let board = world.boards.iter_mut().find(|board| board.id == wanted).ok_or_else(|| invalid("idBoard"))?;
    let label = TrelloLabel { id, name, color };
    board.labels.push(label.clone());
    Ok(json!({"id": label.id, "idBoard": board.id, "name": label.name, "color": label.color}))
}
