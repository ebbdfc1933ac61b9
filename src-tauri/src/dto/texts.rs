//! What helps to write: signatures, snippets, templates, earlier versions of a draft.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Id, Millis};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SignatureDto {
    /// 0: a new one.
    pub id: Id,
    pub account: Id,
    pub name: String,
    /// Cleaned when it is saved.
    pub html: String,
    /// Put below a new mail. One per account: saving another takes it from the first.
    pub for_new: bool,
    /// The same for answers and forwards.
    pub for_reply: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SignatureReq {
    pub id: Id,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TextsReq {
    /// `snippet`, `template`, or None for both.
    pub kind: Option<String>,
}

/// A snippet (put into a text by `;` and its shortcut) or a template (a whole mail). `{first_name}`, `{name}`, `{email}`, `{subject}`,
/// `{my_name}`, `{my_first_name}`, `{my_email}` and `{date}` stand for what the draft says when it is used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct TextDto {
    /// 0: a new one.
    pub id: Id,
    /// `snippet` or `template`.
    pub kind: String,
    pub name: String,
    /// A word of letters, digits, `-` and `_`; unique; may be empty.
    pub shortcut: String,
    /// Templates only.
    pub subject: String,
    pub html: String,
    /// How often it was used: the list is ordered by this.
    pub uses: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TextReq {
    pub id: Id,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TextUseReq {
    pub id: Id,
    /// Whose recipient and sender the variables stand for.
    pub draft: Id,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TextUsed {
    pub html: String,
    pub subject: String,
    /// Variables without a value here; they stay in the text as they are.
    pub missing: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DraftVersionDto {
    pub version: u32,
    pub saved_at: Millis,
    pub subject: String,
    /// What the person wrote, as HTML.
    pub html: String,
    pub snippet: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct DraftRestoreReq {
    pub id: Id,
    pub version: u32,
}
