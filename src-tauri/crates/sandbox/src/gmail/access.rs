//! Which call needs which scope and costs how many units. Units: the table in force since 1 May 2026 (PROVIDERS 1.2).

use super::{Call, error::ApiError};
use crate::oauth::Bearer;

/// A method of the API with its ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action<'a> {
    Profile,
    LabelList,
    LabelGet(&'a str),
    LabelCreate,
    LabelUpdate(&'a str),
    LabelDelete(&'a str),
    MessageList,
    MessageGet(&'a str),
    Attachment(&'a str, &'a str),
    Modify(&'a str),
    BatchModify,
    BatchDelete,
    Trash(&'a str),
    Untrash(&'a str),
    Delete(&'a str),
    Send,
    SendUpload,
    History,
    ThreadList,
    ThreadGet(&'a str),
    ThreadModify(&'a str),
    ThreadTrash(&'a str),
    ThreadUntrash(&'a str),
    ThreadDelete(&'a str),
    DraftList,
    DraftGet(&'a str),
    DraftCreate,
    DraftUpdate(&'a str),
    DraftDelete(&'a str),
    DraftSend,
    SendAs,
}

impl<'a> Action<'a> {
    /// `segments`: the path after the user.
    pub fn of(method: &str, segments: &[&'a str], upload: bool) -> Option<Self> {
        if upload {
            return match (method, segments) {
                ("POST", ["messages", "send"]) => Some(Self::SendUpload),
                ("POST", ["drafts"]) => Some(Self::DraftCreate),
                ("PUT", ["drafts", id]) => Some(Self::DraftUpdate(id)),
                _ => None,
            };
        }
        Some(match (method, segments) {
            ("GET", ["profile"]) => Self::Profile,
            ("GET", ["labels"]) => Self::LabelList,
            ("POST", ["labels"]) => Self::LabelCreate,
            ("GET", ["labels", id]) => Self::LabelGet(id),
            ("PUT" | "PATCH", ["labels", id]) => Self::LabelUpdate(id),
            ("DELETE", ["labels", id]) => Self::LabelDelete(id),
            ("GET", ["messages"]) => Self::MessageList,
            ("POST", ["messages", "send"]) => Self::Send,
            ("POST", ["messages", "batchModify"]) => Self::BatchModify,
            ("POST", ["messages", "batchDelete"]) => Self::BatchDelete,
            ("GET", ["messages", id]) => Self::MessageGet(id),
            ("DELETE", ["messages", id]) => Self::Delete(id),
            ("POST", ["messages", id, "modify"]) => Self::Modify(id),
            ("POST", ["messages", id, "trash"]) => Self::Trash(id),
            ("POST", ["messages", id, "untrash"]) => Self::Untrash(id),
            ("GET", ["messages", id, "attachments", attachment]) => Self::Attachment(id, attachment),
            ("GET", ["history"]) => Self::History,
            ("GET", ["threads"]) => Self::ThreadList,
            ("GET", ["threads", id]) => Self::ThreadGet(id),
            ("DELETE", ["threads", id]) => Self::ThreadDelete(id),
            ("POST", ["threads", id, "modify"]) => Self::ThreadModify(id),
            ("POST", ["threads", id, "trash"]) => Self::ThreadTrash(id),
            ("POST", ["threads", id, "untrash"]) => Self::ThreadUntrash(id),
            ("GET", ["drafts"]) => Self::DraftList,
            ("POST", ["drafts"]) => Self::DraftCreate,
            ("POST", ["drafts", "send"]) => Self::DraftSend,
            ("GET", ["drafts", id]) => Self::DraftGet(id),
            ("PUT", ["drafts", id]) => Self::DraftUpdate(id),
            ("DELETE", ["drafts", id]) => Self::DraftDelete(id),
            ("GET", ["settings", "sendAs"]) => Self::SendAs,
            _ => return None,
        })
    }

    pub const fn units(&self) -> u32 {
        match self {
            Self::Profile | Self::LabelList | Self::LabelGet(_) | Self::SendAs => 1,
            Self::History => 2,
            Self::MessageList
            | Self::Modify(_)
            | Self::Untrash(_)
            | Self::DraftList
            | Self::LabelCreate
            | Self::LabelUpdate(_)
            | Self::LabelDelete(_) => 5,
            Self::Delete(_)
            | Self::DraftCreate
            | Self::DraftDelete(_)
            | Self::ThreadList
            | Self::ThreadModify(_)
            | Self::ThreadUntrash(_) => 10,
            Self::DraftUpdate(_) => 15,
            Self::MessageGet(_)
            | Self::Attachment(..)
            | Self::DraftGet(_)
            | Self::Trash(_)
            | Self::ThreadTrash(_)
            | Self::ThreadDelete(_) => 20,
            Self::ThreadGet(_) => 40,
            Self::BatchModify | Self::BatchDelete => 50,
            Self::Send | Self::SendUpload | Self::DraftSend => 100,
        }
    }

    /// Short scope names, any of which is enough; the full scope always is.
    const fn scopes(&self) -> &'static [&'static str] {
        match self {
            Self::Profile => &["gmail.modify", "gmail.readonly", "gmail.metadata", "gmail.compose"],
            Self::LabelList | Self::LabelGet(_) => &["gmail.modify", "gmail.readonly", "gmail.metadata", "gmail.labels"],
            Self::LabelCreate | Self::LabelUpdate(_) | Self::LabelDelete(_) => &["gmail.modify", "gmail.labels"],
            Self::MessageList | Self::MessageGet(_) | Self::History | Self::ThreadList | Self::ThreadGet(_) => {
                &["gmail.modify", "gmail.readonly", "gmail.metadata"]
            }
            Self::Attachment(..) => &["gmail.modify", "gmail.readonly"],
            Self::Modify(_)
            | Self::BatchModify
            | Self::Trash(_)
            | Self::Untrash(_)
            | Self::ThreadModify(_)
            | Self::ThreadTrash(_)
            | Self::ThreadUntrash(_) => &["gmail.modify"],
            // Permanent deletion: nothing but the full scope.
            Self::Delete(_) | Self::BatchDelete | Self::ThreadDelete(_) => &[],
            Self::Send | Self::SendUpload => &["gmail.modify", "gmail.compose", "gmail.send"],
            Self::DraftList | Self::DraftGet(_) => &["gmail.modify", "gmail.readonly", "gmail.compose"],
            Self::DraftCreate | Self::DraftUpdate(_) | Self::DraftDelete(_) | Self::DraftSend => &["gmail.modify", "gmail.compose"],
            Self::SendAs => &["gmail.modify", "gmail.readonly", "gmail.settings.basic"],
        }
    }
}

const PREFIX: &str = "https://www.googleapis.com/auth/";
const FULL: &str = "https://mail.google.com/";

/// Scope checks, including what `gmail.metadata` may not see.
pub(crate) fn check(action: &Action<'_>, bearer: &Bearer, call: &Call<'_>) -> Result<(), ApiError> {
    let has = |short: &str| bearer.scopes.contains(&format!("{PREFIX}{short}"));
    if bearer.scopes.contains(FULL) {
        return Ok(());
    }
    let mut held = action.scopes().iter().filter(|s| has(s)).peekable();
    if held.peek().is_none() {
        return Err(ApiError::scope());
    }
    if held.all(|s| *s == "gmail.metadata") {
        match action {
            Action::MessageList | Action::ThreadList if call.param("q").is_some() => {
                return Err(ApiError::new(403, "forbidden", "Metadata scope does not support 'q' parameter"));
            }
            Action::MessageGet(_) | Action::ThreadGet(_) => match call.param("format") {
                Some("minimal" | "metadata") => {}
                Some("raw") => return Err(ApiError::new(403, "forbidden", "Metadata scope doesn't allow format RAW")),
                _ => return Err(ApiError::new(403, "forbidden", "Metadata scope doesn't allow format FULL")),
            },
            _ => {}
        }
    }
    Ok(())
}
