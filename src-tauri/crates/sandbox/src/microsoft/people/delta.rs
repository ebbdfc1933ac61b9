//! The delta of the main contact folder: as the mail's, with `$select` alone.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    super::{
        call::{Answer, Call},
        delta::{answer, given, read},
        error::GraphError,
        query::select,
        world::MsSwitches,
    },
    CONTACT, Circle, Contact, FOLDER, chosen, contact_json,
};

/// What a skip or delta token holds. Opaque to the client.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Token {
    select: Vec<String>,
    /// Everything before this serial is known to the client, or will be at the end of the round.
    start: u64,
    step: Step,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Step {
    /// Walking the folder: the last one.
    Walk { after: String },
    /// Between rounds.
    Rest,
    /// Telling what changed after this serial.
    Tell { after: u64 },
}

pub(super) fn delta(circle: &Circle, call: &Call<'_>, switches: &MsSwitches) -> Result<Answer, GraphError> {
    let page = call.max_page().unwrap_or(super::PAGE).clamp(1, switches.delta_page.max(1));
    let token: Token = match given(call)? {
        Some(token) => read(token)?,
        None => {
            let select = match call.query.as_slice() {
                [] => Vec::new(),
                [(name, value)] if name == "$select" => select(value, &CONTACT)?,
                _ => return Err(GraphError::query("Change tracking of contacts takes $select alone.")),
            };
            Token { select, start: circle.serial, step: Step::Walk { after: String::new() } }
        }
    };
    if token.start < circle.void_before {
        return Err(GraphError::sync_state());
    }
    Ok(match token.step.clone() {
        Step::Walk { after } => {
            let mut all: Vec<&Contact> = circle.contacts.values().filter(|c| c.person.id > after).collect();
            let more = all.len() > page;
            all.truncate(page);
            let last = all.last().map(|c| c.person.id.clone()).filter(|_| more);
            let value = all.into_iter().map(|c| chosen(contact_json(&c.person), &token.select)).collect();
            told(call, value, &Token { step: last.map_or(Step::Rest, |after| Step::Walk { after }), ..token })
        }
        Step::Rest => tell(circle, token.clone(), token.start, page, call, switches),
        Step::Tell { after } => tell(circle, token, after, page, call, switches),
    })
}

/// What changed after `after`, in the order of the changes.
fn tell(circle: &Circle, token: Token, after: u64, page: usize, call: &Call<'_>, switches: &MsSwitches) -> Answer {
    let shown = |c: &Contact| {
        let sparse = switches.contacts_sparse && c.arrived <= token.start;
        let whole = contact_json(&c.person);
        let value = if sparse { json!({"id": c.person.id, "displayName": whole.get("displayName")}) } else { chosen(whole, &token.select) };
        (c.changed, value)
    };
    let mut events: Vec<(u64, Value)> = circle.contacts.values().filter(|c| c.changed > after).map(shown).collect();
    let gone = circle.removals.iter().filter(|(serial, _)| *serial > after);
    events.extend(gone.map(|(serial, id)| (*serial, json!({"id": id, "@removed": {"reason": "deleted"}}))));
    events.sort_by_key(|(serial, _)| *serial);
    let more = events.len() > page;
    events.truncate(page);
    let last = events.last().map(|(serial, _)| *serial).filter(|_| more);
    let value = events.into_iter().map(|(_, value)| value).collect();
    let token = match last {
        Some(after) => Token { step: Step::Tell { after }, ..token },
        None => Token { step: Step::Rest, start: circle.serial, ..token },
    };
    told(call, value, &token)
}

fn told(call: &Call<'_>, value: Vec<Value>, token: &Token) -> Answer {
    let folder: String = url::form_urlencoded::byte_serialize(FOLDER.as_bytes()).collect();
    answer(call, &format!("contactFolders/{folder}/contacts/delta"), "contact", value, token, !matches!(token.step, Step::Rest))
}
