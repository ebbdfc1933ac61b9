use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Id, Millis, ThreadState};

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
    /// On its way to the provider; it takes mail already.
    pub pending: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct MailboxCreateReq {
    pub account: Id,
    /// Hierarchy as `/`.
    pub name: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct MailboxRenameReq {
    pub id: Id,
    pub name: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct MailboxReq {
    pub id: Id,
}

/// What a list shows. Exactly one of `role` and `mailbox` is set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ThreadFilter {
    /// None: all accounts together.
    pub account: Option<Id>,
    /// `inbox`, `starred`, `sent`, `drafts`, `archive`, `junk`, `trash`, `all`, and of this device: `snoozed`, `muted`, `reminders`.
    pub role: Option<String>,
    pub mailbox: Option<Id>,
    pub unread: bool,
    /// A split of the inbox (`role` is `inbox`); 0: "Other".
    #[serde(default)]
    #[ts(optional)]
    pub split: Option<Id>,
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
    /// Absent: nothing special.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub state: Option<ThreadState>,
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub state: Option<ThreadState>,
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
    /// Where the removed forms send what is typed; for the question before `original_open`.
    pub form_hosts: Vec<String>,
    /// How to leave the list that the message came from.
    pub unsubscribe: Option<UnsubscribeDto>,
    pub own_background: bool,
    /// `smimeSigned`, `smimeEncrypted`, `pgpSigned`, `pgpEncrypted`.
    pub crypto: Option<String>,
    /// What a calendar part of the mail says.
    pub invite: Option<InviteDto>,
    /// Only the first part is shown.
    pub truncated: bool,
}

/// An invitation, its cancellation, an answer, or an event that somebody passed on.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct InviteDto {
    /// `invitation`, `cancelled`, `answer`, `proposal`, `event`.
    pub kind: String,
    pub summary: String,
    pub location: String,
    /// Of a series: the next one.
    pub start: Millis,
    /// Exclusive.
    pub end: Millis,
    /// First day and the day after the last, as ISO dates, where it is about whole days.
    pub days: Option<(String, String)>,
    /// The zone it was written in, where its clock shows another time than the reader's, and that time, `HH:MM`.
    pub zone: Option<String>,
    pub there: Option<String>,
    /// The zone means nothing: the time may be another.
    pub zone_unknown: bool,
    pub repeats: Option<RepeatsDto>,
    /// Other events in the same part.
    pub more: u32,
    pub organizer: Option<GuestDto>,
    pub guests: Vec<GuestDto>,
    pub guest_count: u32,
    /// The reader's own answer so far: `accepted`, `declined`, `tentative`, `delegated`, `none`.
    pub mine: Option<String>,
    /// Of an answer: what the person's own calendar says of that guest so far, where it can be noted there (`invite_note`).
    pub noted: Option<String>,
    pub join: Option<String>,
    pub over: bool,
    /// Who sent the mail is not who the event says it is from.
    pub foreign: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct RepeatsDto {
    /// `daily`, `weekly`, `monthly`, `yearly`, `other`.
    pub every: String,
    pub interval: u32,
    /// Monday is 1.
    pub weekdays: Vec<u8>,
    pub count: Option<u32>,
    pub until: Option<Millis>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct GuestDto {
    pub name: String,
    pub email: String,
    /// `accepted`, `declined`, `tentative`, `delegated`, `none`.
    pub answer: String,
    pub optional: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct UnsubscribeDto {
    /// `oneClick`, `mail` (both by the command `unsubscribe`), `link` (a link like any other: `link_check`, `link_open`).
    pub kind: String,
    /// Host or address that gets the request.
    pub target: String,
    /// For `link` alone.
    pub href: Option<String>,
    /// The mail server found a valid signature.
    pub verified: bool,
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
    /// At most 512 KiB of it.
    pub raw: String,
    pub truncated: bool,
    /// The parts in order; `depth` makes the tree.
    pub structure: Vec<PartDto>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PartDto {
    /// `1`, `1.2`, …; empty for the multipart that is the whole message.
    pub path: String,
    pub depth: u32,
    pub mime: String,
    pub name: Option<String>,
    /// Bytes as they lie in the message.
    pub size: f64,
    /// `none`, `base64`, `quoted-printable`.
    pub encoding: String,
    pub charset: Option<String>,
    /// `attachment`, `inline`.
    pub disposition: Option<String>,
    pub content_id: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BlockReq {
    pub message: Id,
    /// `sender` or `domain`.
    pub scope: String,
    /// Where new mail goes: `junk` or `trash`.
    pub to: String,
    /// This message goes there too.
    pub move_now: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BlockedDto {
    pub id: Id,
    /// `sender` or `domain`.
    pub kind: String,
    /// Address or domain.
    pub value: String,
    /// `junk` or `trash`.
    pub to: String,
    pub created_at: Millis,
    /// Mails that it has moved.
    pub hits: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct BlockedReq {
    pub id: Id,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct PhishingReq {
    pub message: Id,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct OriginalReq {
    pub id: Id,
    /// Remote pictures too: the sender learns that it was opened.
    pub images: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct AttachmentReq {
    pub message: Id,
    pub attachment: Id,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct AttachmentOpenReq {
    pub message: Id,
    pub attachment: Id,
    /// The person has seen what `attachment_check` says; without it only a harmless file is opened.
    pub confirmed: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct AttachmentRisk {
    /// As in `AttachmentDto.risk`, and judged by the file's bytes too: `locked` is an archive or document with a password.
    pub risk: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SavedFile {
    pub path: String,
}

/// One of `threads` and `messages` is filled.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ActReq {
    pub threads: Vec<Id>,
    pub messages: Vec<Id>,
    pub action: Action,
    /// Where the list is, so that "archive" and "move" know what to leave.
    pub filter: Option<ThreadFilter>,
    /// Make the archive (bin, spam folder) that the account lacks. Without it that is the error `no_archive`, `no_trash`, `no_junk`.
    #[serde(default)]
    #[ts(optional)]
    pub create_missing: Option<bool>,
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
    /// The account in view; None: all of them.
    #[serde(default)]
    pub account: Option<Id>,
    pub after: Option<String>,
    pub limit: u32,
    /// Best first instead of newest first: one page.
    #[serde(default)]
    #[ts(optional)]
    pub best: Option<bool>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SearchPage {
    pub hits: Vec<SearchHitDto>,
    pub next: Option<String>,
    pub ms: f64,
    /// A first sync is still running, or the index is being filled anew: older mail may be missing.
    pub partial: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SearchExcerptsReq {
    pub query: String,
    /// At most 200.
    pub messages: Vec<Id>,
}

/// The part of a message's text that holds the words of a query, on one line.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ExcerptDto {
    pub message: Id,
    pub text: String,
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
    /// Where it lies: the folder's own name, and what the folder is for (as in `MailboxDto.role`).
    pub mailbox: String,
    pub role: Option<String>,
}
