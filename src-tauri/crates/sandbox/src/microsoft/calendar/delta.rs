//! `calendarView/delta`: what a window holds, and what changed there since (PROVIDERS 2.6).
//!
//! A round without a token walks the window and ends with a link that stands for the moment at which it began. A series is told as its master
//! and each of its members; of a member that was taken out only the id is told, and that may be of one that the window never held.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    super::{
        call::{Answer, Call},
        error::GraphError,
        world::MsSwitches,
    },
    diary::{Diary, Entry, id, span},
    shown::{self, Manner, encoded},
    view::Window,
};
use crate::text;

/// Graph's page where none is preferred.
const PAGE: usize = 10;

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Token {
    calendar: String,
    window: Window,
    /// Everything before this serial is known to the client, or will be at the end of the round.
    start: u64,
    /// None: the first round, which tells everything.
    after: Option<u64>,
    at: usize,
    /// Between rounds.
    rest: bool,
}

fn write(token: &Token) -> String {
    text::b64url(serde_json::to_string(token).unwrap_or_default().as_bytes())
}

fn read(text: &str) -> Result<Token, GraphError> {
    let token = text::b64url_strict(text).and_then(|bytes| serde_json::from_slice(&bytes).ok());
    token.ok_or_else(|| GraphError::new(400, "SyncStateInvalid", "Badly formed sync state token."))
}

pub(super) fn delta(diary: &Diary, calendar: &str, call: &Call<'_>, switches: &MsSwitches) -> Result<Answer, GraphError> {
    let param = |name: &str| call.query.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    let given = param("$skiptoken").or_else(|| param("$deltatoken"));
    let allowed: &[&str] = if given.is_some() { &["$skiptoken", "$deltatoken"] } else { &["startDateTime", "endDateTime"] };
    if let Some((name, _)) = call.query.iter().find(|(n, _)| !allowed.contains(&n.as_str())) {
        return Err(GraphError::query(format!("The query option '{name}' is not supported with change tracking over a calendar view.")));
    }
    if calendar != diary.main() && !switches.secondary_views {
        return Err(GraphError::new(400, "ErrorInvalidRequest", "Change tracking is not supported against this calendar."));
    }
    let manner = Manner::of(call)?;
    let mut token = match given {
        Some(text) => read(text)?,
        None => Token { calendar: calendar.to_owned(), window: Window::of(call)?, start: diary.serial, after: None, at: 0, rest: false },
    };
    if token.start < diary.void_before {
        return Err(GraphError::sync_state());
    }
    if token.rest {
        token = Token { after: Some(token.start), start: diary.serial, at: 0, rest: false, ..token };
        if switches.delta_gaps {
            return Ok(answer(call, Vec::new(), &token));
        }
    }
    let mut all = match token.after {
        None => diary.in_calendar(&token.calendar).flat_map(|entry| first(entry, token.window, &manner)).collect(),
        Some(after) => since(diary, &token, after, &manner),
    };
    // A page that only repeats would never end.
    let least = if switches.delta_repeats { 2 } else { 1 };
    let page = call.max_page().unwrap_or(PAGE).clamp(least, switches.delta_page.max(least));
    // A page may begin with the last one of the page before.
    let from = token.at.saturating_sub(usize::from(switches.delta_repeats));
    let more = all.len() > from + page;
    all = all.into_iter().skip(from).take(page).collect();
    let next = if more { Token { at: from + page, ..token } } else { Token { rest: true, ..token } };
    Ok(answer(call, all, &next))
}

fn answer(call: &Call<'_>, value: Vec<Value>, token: &Token) -> Answer {
    let (key, name) = if token.rest { ("@odata.deltaLink", "$deltatoken") } else { ("@odata.nextLink", "$skiptoken") };
    let calendar = encoded(&token.calendar);
    let link = format!("{}/v1.0/me/calendars('{calendar}')/calendarView/delta?{name}={}", call.base, write(token));
    Answer::ok(json!({"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#Collection(event)", key: link, "value": value}))
}

fn typed(mut value: Value) -> Value {
    if let Some(map) = value.as_object_mut() {
        map.insert("@odata.type".to_owned(), json!("#microsoft.graph.event"));
    }
    value
}

/// Everything of one event that the window holds.
fn first(entry: &Entry, window: Window, manner: &Manner) -> Vec<Value> {
    if entry.recurrence.is_none() {
        let at = span(&entry.fields);
        return if window.holds(at.from, at.to) { vec![typed(shown::event(entry, None, manner, &[]))] } else { Vec::new() };
    }
    let days = window.days(entry);
    if days.is_empty() {
        return Vec::new();
    }
    let brief: Vec<String> = ["id", "type", "seriesMasterId", "start", "end"].map(str::to_owned).to_vec();
    let members = days.into_iter().map(|day| {
        let select = if entry.exceptions.contains_key(&day) { &[][..] } else { &brief[..] };
        typed(shown::event(entry, Some(day), manner, select))
    });
    std::iter::once(typed(shown::event(entry, None, manner, &[]))).chain(members).collect()
}

fn since(diary: &Diary, token: &Token, after: u64, manner: &Manner) -> Vec<Value> {
    let gone = |id: String| json!({"@odata.type": "#microsoft.graph.event", "id": id, "@removed": {"reason": "deleted"}});
    let mut out: Vec<(u64, Value)> = Vec::new();
    for entry in diary.in_calendar(&token.calendar).filter(|entry| entry.changed > after) {
        if entry.whole > after {
            out.extend(first(entry, token.window, manner).into_iter().map(|value| (entry.whole, value)));
        }
        // Members by themselves: nothing is said of the series.
        for (day, (serial, _)) in entry.exceptions.iter().filter(|(_, (serial, _))| *serial > after && entry.whole <= after) {
            out.push((*serial, typed(shown::event(entry, Some(*day), manner, &[]))));
        }
        for (day, serial) in entry.cancelled.iter().filter(|(_, serial)| **serial > after) {
            out.push((*serial, gone(id(entry.key, Some(*day), manner.immutable))));
        }
    }
    for removal in diary.removals.iter().filter(|r| r.calendar == token.calendar && r.serial > after) {
        let days = std::iter::once(None).chain(removal.days.iter().copied().map(Some));
        out.extend(days.map(|day| (removal.serial, gone(id(removal.key, day, manner.immutable)))));
    }
    out.sort_by_key(|(serial, _)| *serial);
    out.into_iter().map(|(_, value)| value).collect()
}
