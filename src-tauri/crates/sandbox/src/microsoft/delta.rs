//! `messages/delta` of one folder (PROVIDERS 2.5, Delta).
//!
//! A round without a token walks the folder and ends with a link that stands for the moment at which it began: what changed meanwhile is
//! told again by the next one. Options are part of the token; the folder in the address is only looked at without one.

use domain::time::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    call::{Answer, Call},
    error::GraphError,
    mailbox::{Item, Mailbox},
    query::{MESSAGE, Options, delta_since},
    resource,
    world::MsSwitches,
};
use crate::text;

/// Graph's page where none is preferred.
const PAGE: usize = 10;
/// A filtered round ends after so many messages.
const FILTERED: usize = 5_000;

/// What a skip or delta token holds. Opaque to the client.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Token {
    folder: String,
    select: Vec<String>,
    since: Option<i64>,
    /// Everything before this serial is known to the client, or will be at the end of the round.
    start: u64,
    step: Step,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Step {
    /// Walking the folder, newest first: how many, and the last one (milliseconds, key).
    Walk { done: usize, after: Option<(i64, u64)> },
    /// Between rounds.
    Rest,
    /// Telling what changed after `start`, up to this serial.
    Tell { after: u64 },
}

/// What a token holds.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T, GraphError> {
    let bytes = text::b64url_strict(text);
    let token = bytes.and_then(|b| serde_json::from_slice(&b).ok());
    token.ok_or_else(|| GraphError::new(400, "SyncStateInvalid", "Badly formed sync state token."))
}

/// The token of a call, which nothing else goes with. None: a round begins.
pub(super) fn given<'a>(call: &'a Call<'_>) -> Result<Option<&'a str>, GraphError> {
    let param = |name: &str| call.query.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    match (param("$skiptoken"), param("$deltatoken")) {
        (None, None) => Ok(None),
        (Some(token), None) | (None, Some(token)) => {
            if let Some((name, _)) = call.query.iter().find(|(n, _)| !["$skiptoken", "$deltatoken"].contains(&n.as_str())) {
                return Err(GraphError::query(format!("'{name}' can't be changed in the middle of tracking changes.")));
            }
            Ok(Some(token))
        }
        (Some(_), Some(_)) => Err(GraphError::query("One token at a time.")),
    }
}

pub(super) fn delta(mailbox: &Mailbox, folder: &str, call: &Call<'_>, switches: &MsSwitches) -> Result<Answer, GraphError> {
    let page = call.max_page().unwrap_or(PAGE).clamp(1, switches.delta_page.max(1));
    let token = match given(call)? {
        None => begin(mailbox, folder, call)?,
        Some(token) => read(token)?,
    };
    mailbox.folder(&token.folder)?;
    if token.start < mailbox.void_before {
        return Err(GraphError::sync_state());
    }
    if switches.delta_gaps && (matches!(token.step, Step::Rest) || matches!(token.step, Step::Walk { done: 0, .. })) && !resumed(call) {
        let step = if matches!(token.step, Step::Rest) { Step::Tell { after: token.start } } else { token.step.clone() };
        return Ok(page_of(call, Vec::new(), &Token { step, ..token }, true));
    }
    Ok(match token.step.clone() {
        Step::Walk { done, after } => walk(mailbox, &token, (done, after), page, call, switches),
        Step::Rest => tell(mailbox, &token, token.start, page, call, switches),
        Step::Tell { after } => tell(mailbox, &token, after, page, call, switches),
    })
}

/// Whether this is a later page.
fn resumed(call: &Call<'_>) -> bool {
    call.query.iter().any(|(n, _)| n == "$skiptoken")
}

fn begin(mailbox: &Mailbox, folder: &str, call: &Call<'_>) -> Result<Token, GraphError> {
    let options = Options::of(call, &MESSAGE, &["changeType"])?;
    if options.search.is_some() || options.skip > 0 {
        return Err(GraphError::query("Change tracking supports neither $search nor $skip."));
    }
    if options.order.as_ref().is_some_and(|(by, descending)| by != "receivedDateTime" || !descending) {
        return Err(GraphError::query("Change tracking is sorted by receivedDateTime desc, or not at all."));
    }
    Ok(Token {
        folder: mailbox.folder(folder)?.id.clone(),
        since: delta_since(&options)?.map(Timestamp::millis),
        select: options.select,
        start: mailbox.serial,
        step: Step::Walk { done: 0, after: None },
    })
}

fn walk(
    mailbox: &Mailbox,
    token: &Token,
    (done, after): (usize, Option<(i64, u64)>),
    page: usize,
    call: &Call<'_>,
    switches: &MsSwitches,
) -> Answer {
    let place = |i: &Item| (i.received.millis(), i.key);
    let wanted = |i: &&Item| token.since.is_none_or(|since| i.received.millis() >= since);
    let mut items: Vec<&Item> = mailbox.in_folder(&token.folder).filter(wanted).collect();
    items.sort_by_key(|i| std::cmp::Reverse(place(i)));
    let again = switches.delta_repeats.then(|| after.and_then(|after| items.iter().find(|i| place(i) == after))).flatten().copied();
    items.retain(|i| after.is_none_or(|after| place(i) < after));
    let room = if token.since.is_some() { page.min(FILTERED.saturating_sub(done)) } else { page };
    let more = items.len() > room && (token.since.is_none() || done + room < FILTERED);
    items.truncate(room);
    let last = items.last().map(|i| place(i)).or(after);
    let value = again.into_iter().chain(items.iter().copied()).map(|i| told(i, &token.select, call)).collect();
    let step = if more { Step::Walk { done: done + items.len(), after: last } } else { Step::Rest };
    page_of(call, value, &Token { step, ..token.clone() }, more)
}

/// What changed after `after`, in the order of the changes.
fn tell(mailbox: &Mailbox, token: &Token, after: u64, page: usize, call: &Call<'_>, switches: &MsSwitches) -> Answer {
    let immutable = call.immutable();
    let mut events: Vec<(u64, Value)> = Vec::new();
    let in_window = |i: &&Item| token.since.is_none_or(|since| i.received.millis() >= since);
    for item in mailbox.in_folder(&token.folder).filter(|i| i.changed > after).filter(in_window) {
        // Known before, and nothing but read or unread since.
        let sparse = switches.sparse && item.full <= token.start && item.arrived <= token.start;
        let only_read = [String::from("isRead")];
        let select = if sparse { &only_read[..] } else { &token.select };
        events.push((item.changed, told(item, select, call)));
    }
    let here = |key: u64| mailbox.by_key(key).is_some_and(|i| i.folder == token.folder);
    for removal in mailbox.removals.iter().filter(|r| r.folder == token.folder && r.serial > after && !here(r.key)) {
        let id = if immutable { &removal.ids.0 } else { &removal.ids.1 };
        let gone = json!({"@odata.type": "#microsoft.graph.message", "id": id, "@removed": {"reason": removal.reason}});
        events.push((removal.serial, gone));
    }
    events.sort_by_key(|(serial, _)| *serial);
    let more = events.len() > page;
    events.truncate(page);
    let last = events.last().map_or(after, |(serial, _)| *serial);
    let value = events.into_iter().map(|(_, value)| value).collect();
    if more {
        return page_of(call, value, &Token { step: Step::Tell { after: last }, ..token.clone() }, true);
    }
    page_of(call, value, &Token { step: Step::Rest, start: mailbox.serial, ..token.clone() }, false)
}

fn told(item: &Item, select: &[String], call: &Call<'_>) -> Value {
    let mut value = resource::message(item, select, call.immutable());
    if let Some(map) = value.as_object_mut() {
        map.insert("@odata.type".to_owned(), json!("#microsoft.graph.message"));
    }
    value
}

fn page_of(call: &Call<'_>, value: Vec<Value>, token: &Token, more: bool) -> Answer {
    let folder: String = url::form_urlencoded::byte_serialize(token.folder.as_bytes()).collect();
    answer(call, &format!("mailFolders('{folder}')/messages/delta"), "message", value, token, more)
}

/// One page of a round, and where to go on: `path` below `/me`.
pub(super) fn answer(call: &Call<'_>, path: &str, kind: &str, value: Vec<Value>, token: &impl Serialize, more: bool) -> Answer {
    let (key, name) = if more { ("@odata.nextLink", "$skiptoken") } else { ("@odata.deltaLink", "$deltatoken") };
    let token = text::b64url(serde_json::to_string(token).unwrap_or_default().as_bytes());
    let link = format!("{}/v1.0/me/{path}?{name}={token}", call.base);
    Answer::ok(
        json!({"@odata.context": format!("https://graph.microsoft.com/v1.0/$metadata#Collection({kind})"), key: link, "value": value}),
    )
}
