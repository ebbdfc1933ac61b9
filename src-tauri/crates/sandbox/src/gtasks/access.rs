//! Which call it is, and which scope it needs.

use crate::{gmail::error::ApiError, oauth::Bearer};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action<'a> {
    Lists,
    List(&'a str),
    Tasks(&'a str),
    Get(&'a str, &'a str),
    Insert(&'a str),
    Patch(&'a str, &'a str),
    Delete(&'a str, &'a str),
    Move(&'a str, &'a str),
    Clear(&'a str),
}

impl<'a> Action<'a> {
    pub fn of(method: &str, segments: &[&'a str]) -> Option<Self> {
        Some(match (method, segments) {
            ("GET", ["users", "@me", "lists"]) => Self::Lists,
            ("GET", ["users", "@me", "lists", list]) => Self::List(list),
            ("GET", ["lists", list, "tasks"]) => Self::Tasks(list),
            ("POST", ["lists", list, "tasks"]) => Self::Insert(list),
            ("POST", ["lists", list, "clear"]) => Self::Clear(list),
            ("GET", ["lists", list, "tasks", task]) => Self::Get(list, task),
            ("PATCH", ["lists", list, "tasks", task]) => Self::Patch(list, task),
            ("DELETE", ["lists", list, "tasks", task]) => Self::Delete(list, task),
            ("POST", ["lists", list, "tasks", task, "move"]) => Self::Move(list, task),
            _ => return None,
        })
    }

    const fn reads(&self) -> bool {
        matches!(self, Self::Lists | Self::List(_) | Self::Tasks(_) | Self::Get(..))
    }
}

pub(crate) fn check(action: &Action<'_>, bearer: &Bearer) -> Result<(), ApiError> {
    let has = |short: &str| bearer.scopes.contains(&format!("https://www.googleapis.com/auth/{short}"));
    if has("tasks") || (action.reads() && has("tasks.readonly")) { Ok(()) } else { Err(ApiError::scope()) }
}
