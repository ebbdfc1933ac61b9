use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{AddressDto, Id, Millis};

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DraftNewReq {
    /// `new`, `reply`, `replyAll`, `forward`, or `edit`: go on with a draft that lies at the provider (`message`).
    pub kind: String,
    pub message: Option<Id>,
    pub account: Option<Id>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct DraftReq {
    pub id: Id,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DraftDto {
    pub id: Id,
    pub account: Id,
    pub kind: String,
    pub to: Vec<AddressDto>,
    pub cc: Vec<AddressDto>,
    pub bcc: Vec<AddressDto>,
    pub subject: String,
    /// What the person writes, as HTML.
    pub html: String,
    /// The quoted mail below it, cleaned; kept apart so that it can be folded.
    pub quoted: String,
    pub attachments: Vec<DraftAttachment>,
    pub saved_at: Millis,
    pub version: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct DraftAttachment {
    pub id: Id,
    pub name: String,
    pub mime: String,
    pub size: f64,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DraftRow {
    pub id: Id,
    pub account: Id,
    pub to: Vec<AddressDto>,
    pub subject: String,
    pub snippet: String,
    pub saved_at: Millis,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DraftSaveReq {
    pub id: Id,
    pub account: Id,
    pub to: Vec<AddressDto>,
    pub cc: Vec<AddressDto>,
    pub bcc: Vec<AddressDto>,
    pub subject: String,
    pub html: String,
    pub quoted: String,
    /// The version that was edited. Another one stored meanwhile (a second window, the command line) is the error `draft_conflict`,
    /// and nothing is overwritten; without it the save always wins (the older text is kept as a version).
    #[serde(default)]
    #[ts(optional)]
    pub version: Option<u32>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DraftSaved {
    pub saved_at: Millis,
    pub version: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct DraftAttachReq {
    pub id: Id,
    pub name: String,
    pub mime: String,
    /// Standard base64.
    pub data: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct DraftDetachReq {
    pub id: Id,
    pub attachment: Id,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct DraftSendReq {
    pub id: Id,
    /// Send later.
    pub send_at: Option<Millis>,
    /// Archive the answered conversation too.
    pub archive: bool,
    /// Bring the conversation back to the inbox then if nobody has answered.
    #[serde(default)]
    #[ts(optional)]
    pub remind_at: Option<Millis>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SuggestReq {
    pub prefix: String,
}

/// Somebody to address.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SuggestionDto {
    pub name: String,
    pub email: String,
    /// Of somebody who was never written to and stands in a list of a provider.
    pub known_by: Option<KnownByDto>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct KnownByDto {
    /// `google`, `microsoft`.
    pub integration: String,
    /// `contacts`, `others`.
    pub list: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct OutboxRow {
    pub id: Id,
    pub account: Id,
    /// `send`, `flags`, `move`, ….
    pub kind: String,
    /// `queued`, `sending`, `wedged`, `undelivered` (sent, but not to the recipients named here).
    pub state: String,
    pub subject: String,
    pub recipients: Vec<String>,
    /// Why it waits or failed, in words.
    pub words: String,
    /// `maybeSent`, `refused`, `reauth`, …, when wedged.
    pub reason: Option<String>,
    pub not_before: Millis,
    pub attempts: u32,
    pub created_at: Millis,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct OutboxActReq {
    pub id: Id,
    /// `retry` (send again), `discard`, `markSent`, `sendNow`, `edit` (back to a draft; of an undelivered mail to those who did not get
    /// it, and `discard` only takes its row away).
    pub action: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct OutboxActRes {
    /// The draft that a mail became again, after `edit` and `discard`.
    pub draft: Option<Id>,
}
