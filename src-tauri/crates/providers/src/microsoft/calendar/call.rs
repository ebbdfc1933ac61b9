//! Online meetings of events (PROVIDERS 2.6): Exchange makes one when an event is said to be one, and never takes it away again.

use calendar::{CallState, call, lines::Line};
use domain::{calendar::CallKind, error::ProviderError};
use serde_json::json;

use super::{
    model::{Calendar, Event},
    to_json::Fields,
};
use crate::ical::{Entry, refused};

const PROVIDERS: [(&str, CallKind); 3] =
    [("teamsForBusiness", CallKind::Teams), ("skypeForBusiness", CallKind::SkypeBusiness), ("skypeForConsumer", CallKind::Skype)];

fn of_name(name: &str) -> Option<CallKind> {
    PROVIDERS.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
}

/// The calendar's usual one, where it allows that; else the first that it does.
pub fn kind(calendar: &Calendar) -> Option<CallKind> {
    let allowed = || calendar.allowed_online_meeting_providers.iter().filter_map(|name| of_name(name));
    let usual = calendar.default_online_meeting_provider.as_deref().and_then(of_name);
    usual.filter(|usual| allowed().any(|kind| kind == *usual)).or_else(|| allowed().next())
}

/// Which call the person asked for.
pub fn wanted(entry: &Entry) -> Option<String> {
    call::wanted(&entry.component).map(|(id, _)| id)
}

/// What is to be said for an event that is to be a meeting on the net and is none yet.
pub fn request(entry: &Entry, there: Option<&Event>) -> Result<Fields, ProviderError> {
    let Some((_, kind)) = call::wanted(&entry.component).filter(|_| !there.is_some_and(|there| there.is_online_meeting)) else {
        return Ok(Fields::new());
    };
    let name = PROVIDERS.iter().find(|(_, known)| Some(*known) == kind).map(|(name, _)| *name);
    let name = name.ok_or_else(|| refused("Microsoft can't make a video call of this kind: paste the address of one instead."))?;
    Ok(Fields::from_iter([("isOnlineMeeting".to_owned(), json!(true)), ("onlineMeetingProvider".to_owned(), json!(name))]))
}

/// A meeting without an address yet.
pub fn line(event: &Event) -> Option<Line> {
    (event.is_online_meeting && event.join_url().is_none()).then(|| call::told(CallState::Pending, ""))
}
