//! `tasks/delta` of one list: as the mail's, and without its options.
//!
//! A round without a token walks the list and ends with a link that stands for the moment at which it began: what changed meanwhile is told
//! again by the next one.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    super::{
        call::{Answer, Call},
        delta::{answer, given, read},
        error::GraphError,
        world::MsSwitches,
    },
    world::Todo,
};

/// Where none is preferred.
const PAGE: usize = 10;

/// What a skip or delta token holds. Opaque to the client.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Token {
    list: String,
    /// Everything before this serial is known to the client, or will be at the end of the round.
    start: u64,
    step: Step,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Step {
    /// Walking the list: the last one, by its key.
    Walk { after: u64 },
    /// Between rounds.
    Rest,
    /// Telling what changed after this serial.
    Tell { after: u64 },
}

pub(super) fn delta(todo: &Todo, list: &str, call: &Call<'_>, switches: &MsSwitches) -> Result<Answer, GraphError> {
    let page = call.max_page().unwrap_or(PAGE).clamp(1, switches.delta_page.max(1));
    let token = match given(call)? {
        Some(token) => read(token)?,
        None if call.query.is_empty() => Token { list: todo.list(list)?.id.clone(), start: todo.serial, step: Step::Walk { after: 0 } },
        None => return Err(GraphError::query("This stand-in knows no options of this call.")),
    };
    todo.list(&token.list)?;
    if token.start < todo.void_before {
        return Err(GraphError::sync_state());
    }
    Ok(match token.step {
        Step::Walk { after } => {
            let all: Vec<(u64, Value)> =
                todo.in_list(&token.list).filter(|task| task.key > after).map(|task| (task.key, task.resource(false))).collect();
            let (value, last) = first(all, page);
            let step = last.map_or(Step::Rest, |after| Step::Walk { after });
            told(call, value, &Token { step, ..token })
        }
        Step::Rest => tell(todo, token.clone(), token.start, page, call, switches),
        Step::Tell { after } => tell(todo, token, after, page, call, switches),
    })
}

/// At most so many, and where to go on, where there are more.
fn first(mut all: Vec<(u64, Value)>, page: usize) -> (Vec<Value>, Option<u64>) {
    let more = all.len() > page;
    all.truncate(page);
    let last = all.last().map(|(at, _)| *at).filter(|_| more);
    (all.into_iter().map(|(_, value)| value).collect(), last)
}

/// What changed after `after`, in the order of the changes.
fn tell(todo: &Todo, token: Token, after: u64, page: usize, call: &Call<'_>, switches: &MsSwitches) -> Answer {
    let changed = todo.in_list(&token.list).filter(|task| task.changed > after);
    let mut events: Vec<(u64, Value)> = changed
        .map(|task| {
            let sparse = switches.todo_sparse && task.arrived <= token.start;
            (task.changed, if sparse { task.sparse() } else { task.resource(false) })
        })
        .collect();
    let gone = todo.removals.iter().filter(|r| r.list == token.list && r.serial > after);
    events.extend(gone.map(|r| (r.serial, json!({"id": r.id, "@removed": {"reason": "deleted"}}))));
    events.sort_by_key(|(serial, _)| *serial);
    let (value, last) = first(events, page);
    let token = match last {
        Some(after) => Token { step: Step::Tell { after }, ..token },
        None => Token { step: Step::Rest, start: todo.serial, ..token },
    };
    told(call, value, &token)
}

fn told(call: &Call<'_>, value: Vec<Value>, token: &Token) -> Answer {
    let list: String = url::form_urlencoded::byte_serialize(token.list.as_bytes()).collect();
    let path = format!("todo/lists/{list}/tasks/delta");
    answer(call, &path, "todoTask", value, token, !matches!(token.step, Step::Rest))
}
