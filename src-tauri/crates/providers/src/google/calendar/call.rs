//! Google Meet for an event (PROVIDERS 1.6): asked for with the event, made by Google a moment later.

use calendar::{CallState, call, lines::Line};
use serde_json::{Value, json};

use super::model::Event;
use crate::ical::Entry;

/// `conferenceSolutionKey.type`, and one of a calendar's `allowedConferenceSolutionTypes`.
pub const MEET: &str = "hangoutsMeet";

/// `conferenceData` for an event that is to have a call, and of which Google has not been asked for this one. `there`: as Google has it.
pub fn request(entry: &Entry, there: Option<&Event>) -> Option<Value> {
    let (id, _) = call::wanted(&entry.component)?;
    let known = there.is_some_and(|there| there.can_be_joined() || there.call_request().is_some_and(|asked| asked.request_id == id));
    (!known).then(|| json!({ "createRequest": { "requestId": id, "conferenceSolutionKey": { "type": MEET } } }))
}

/// The event is to be without the call that it has.
pub fn dropped(before: &Entry, after: &Entry, there: Option<&Event>) -> bool {
    let met = before.links().next().is_some() || call::awaited(&before.component);
    met && after.links().next().is_none() && !call::awaited(&after.component) && there.is_some_and(Event::meets)
}

/// How far Google is with a call that can't be joined yet.
pub fn line(event: &Event) -> Option<Line> {
    let asked = event.call_request().filter(|_| !event.can_be_joined())?;
    let state = match asked.status.status_code.as_str() {
        "pending" => CallState::Pending,
        "failure" => CallState::Failed,
        _ => return None,
    };
    Some(call::told(state, &asked.request_id))
}
