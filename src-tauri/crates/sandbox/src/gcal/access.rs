//! Which call it is, and which scope it needs.

use crate::{gmail::error::ApiError, oauth::Bearer};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action<'a> {
    Calendars,
    Calendar(&'a str),
    FreeBusy,
    List(&'a str),
    Get(&'a str, &'a str),
    Instances(&'a str, &'a str),
    Insert(&'a str),
    Import(&'a str),
    Patch(&'a str, &'a str),
    Update(&'a str, &'a str),
    Delete(&'a str, &'a str),
    Move(&'a str, &'a str),
}

impl<'a> Action<'a> {
    pub fn of(method: &str, segments: &[&'a str]) -> Option<Self> {
        Some(match (method, segments) {
            ("GET", ["users", "me", "calendarList"]) => Self::Calendars,
            ("GET", ["users", "me", "calendarList", id]) => Self::Calendar(id),
            ("POST", ["freeBusy"]) => Self::FreeBusy,
            ("GET", ["calendars", id, "events"]) => Self::List(id),
            ("POST", ["calendars", id, "events"]) => Self::Insert(id),
            ("POST", ["calendars", id, "events", "import"]) => Self::Import(id),
            ("GET", ["calendars", id, "events", event]) => Self::Get(id, event),
            ("PATCH", ["calendars", id, "events", event]) => Self::Patch(id, event),
            ("PUT", ["calendars", id, "events", event]) => Self::Update(id, event),
            ("DELETE", ["calendars", id, "events", event]) => Self::Delete(id, event),
            ("GET", ["calendars", id, "events", event, "instances"]) => Self::Instances(id, event),
            ("POST", ["calendars", id, "events", event, "move"]) => Self::Move(id, event),
            _ => return None,
        })
    }

    /// Short scope names, any of which is enough; `calendar` always is.
    const fn scopes(&self) -> &'static [&'static str] {
        match self {
            Self::Calendars | Self::Calendar(_) => &["calendar.readonly", "calendar.calendarlist", "calendar.calendarlist.readonly"],
            Self::FreeBusy => &["calendar.readonly", "calendar.freebusy", "calendar.events.freebusy"],
            Self::List(_) | Self::Get(..) | Self::Instances(..) => &["calendar.readonly", "calendar.events", "calendar.events.readonly"],
            _ => &["calendar.events"],
        }
    }
}

pub(crate) fn check(action: &Action<'_>, bearer: &Bearer) -> Result<(), ApiError> {
    let has = |short: &str| bearer.scopes.contains(&format!("https://www.googleapis.com/auth/{short}"));
    if has("calendar") || action.scopes().iter().any(|scope| has(scope)) { Ok(()) } else { Err(ApiError::scope()) }
}
