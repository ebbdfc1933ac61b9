use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Id, Millis};

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AccountMailboxes {
    pub account: Id,
    pub email: String,
    pub hue: u8,
    pub mailboxes: Vec<MailboxDto>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MailboxDto {
    pub id: Id,
    /// Hierarchy as `/`.
    pub name: String,
    /// `inbox`, `archive`, `all`, `drafts`, `sent`, `junk`, `trash`, `flagged`, `important`, or null.
    pub role: Option<String>,
    pub total: u32,
    pub unread: u32,
}

/// What a list shows. Exactly one of `role` and `mailbox` is set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ThreadFilter {
    /// None: all accounts together.
    pub account: Option<Id>,
    /// `inbox`, `starred`, `sent`, `drafts`, `archive`, `junk`, `trash`, `all`.
    pub role: Option<String>,
    pub mailbox: Option<Id>,
    pub unread: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ThreadsReq {
    pub filter: ThreadFilter,
    pub offset: u32,
    /// At most 500.
    pub limit: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ThreadsPage {
    pub total: u32,
    pub unread: u32,
    /// Grows with every change of the list; a page of another revision is refetched.
    pub rev: f64,
    pub rows: Vec<ThreadRow>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ThreadRow {
    pub id: Id,
    pub account: Id,
    pub senders: Vec<AddressDto>,
    pub count: u32,
    pub subject: String,
    pub snippet: String,
    pub date: Millis,
    pub unread: bool,
    pub starred: bool,
    pub attachments: bool,
    pub labels: Vec<String>,
    /// A queued change of ours.
    pub pending: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct AddressDto {
    pub name: String,
    pub email: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ThreadReq {
    pub id: Id,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ThreadDto {
    pub id: Id,
    pub account: Id,
    pub subject: String,
    pub labels: Vec<String>,
    pub starred: bool,
    /// Oldest first.
    pub messages: Vec<MessageDto>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MessageDto {
    pub id: Id,
    pub from: AddressDto,
    pub to: Vec<AddressDto>,
    pub cc: Vec<AddressDto>,
    pub date: Millis,
    pub snippet: String,
    pub unread: bool,
    pub starred: bool,
    pub draft: bool,
    pub mailboxes: Vec<String>,
    pub attachments: Vec<AttachmentDto>,
    pub size: f64,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AttachmentDto {
    pub id: Id,
    pub name: String,
    pub mime: String,
    pub size: f64,
    pub inline: bool,
    /// `none`, `executable`, `macro`, `html`, `archive`: warn before opening.
    pub risk: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct MessageReq {
    pub id: Id,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct BodyReq {
    pub id: Id,
    /// `html`, or `text` for the plain alternative.
    pub format: String,
    /// "Show once".
    pub images: bool,
}

/// A message body, cleaned when it is opened. Remote images point to the proxy scheme or are absent.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BodyDto {
    pub id: Id,
    /// Cleaned HTML (a fragment), or None: show `text`.
    pub html: Option<String>,
    pub text: String,
    /// Quoted history of the plain view, folded by default.
    pub quoted: String,
    pub blocked_images: u32,
    pub images_shown: bool,
    pub trackers: Vec<TrackerDto>,
    pub warnings: Vec<WarningDto>,
    pub had_form: bool,
    pub own_background: bool,
    /// `smimeSigned`, `smimeEncrypted`, `pgpSigned`, `pgpEncrypted`.
    pub crypto: Option<String>,
    /// Only the first part is shown.
    pub truncated: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TrackerDto {
    pub host: String,
    /// `pixel`, `known`, `redirect`.
    pub kind: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct WarningDto {
    /// `sender`, `lookalike`, `replyTo`, `auth`, `defect`, ….
    pub kind: String,
    /// In words.
    pub message: String,
    /// `info`, `warning`, `danger`.
    pub level: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SourceDto {
    pub headers: String,
    pub raw: String,
    pub truncated: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct AttachmentReq {
    pub message: Id,
    pub attachment: Id,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SavedFile {
    pub path: String,
}

/// One of `threads` and `messages` is filled.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ActReq {
    pub threads: Vec<Id>,
    pub messages: Vec<Id>,
    pub action: Action,
    /// Where the list is, so that "archive" and "move" know what to leave.
    pub filter: Option<ThreadFilter>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Action {
    Archive,
    Trash,
    Spam,
    Inbox,
    Read,
    Unread,
    Star,
    Unstar,
    Move { mailbox: Id },
    Label { mailbox: Id, on: bool },
    DeleteForever,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ActRes {
    /// For `undo`; None when there is nothing to undo.
    pub undo: Option<String>,
    pub undo_until: Option<Millis>,
    pub count: u32,
    /// For the toast: "3 conversations archived".
    pub words: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct UndoReq {
    pub token: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct LinkReq {
    pub href: String,
    pub text: String,
    pub message: Option<Id>,
    /// The person saw the warning and wants to go on.
    pub confirmed: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct LinkVerdict {
    pub ok: bool,
    pub host: String,
    /// In words: "This link says bank.example but goes to evil.example".
    pub reasons: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ImagesAllowReq {
    pub message: Id,
    /// `sender` or `domain`.
    pub scope: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SearchReq {
    pub query: String,
    pub after: Option<String>,
    pub limit: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SearchPage {
    pub hits: Vec<SearchHitDto>,
    pub next: Option<String>,
    pub ms: f64,
    /// A first sync is still running: older mail may be missing.
    pub partial: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SearchHitDto {
    pub message: Id,
    pub thread: Id,
    pub account: Id,
    pub from: AddressDto,
    pub subject: String,
    pub snippet: String,
    pub date: Millis,
    pub unread: bool,
    pub starred: bool,
    pub attachments: bool,
    pub mailbox: String,
}
