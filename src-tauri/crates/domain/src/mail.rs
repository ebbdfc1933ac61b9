//! Mail as the store and the interface know it.

use serde::{Deserialize, Serialize};

use crate::{
    ids::{AccountId, AttachmentId, ConnectionId, MailboxId, MessageId, RemoteId, ThreadId},
    time::Timestamp,
};

/// A mailbox's role: RFC 6154 special use, plus Gmail's `important`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailboxRole {
    Inbox,
    Archive,
    /// Gmail's "All Mail": holds every message; never shown as a place that a message is *in*.
    All,
    Drafts,
    Sent,
    Junk,
    Trash,
    Flagged,
    Important,
}

impl MailboxRole {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inbox => "inbox",
            Self::Archive => "archive",
            Self::All => "all",
            Self::Drafts => "drafts",
            Self::Sent => "sent",
            Self::Junk => "junk",
            Self::Trash => "trash",
            Self::Flagged => "flagged",
            Self::Important => "important",
        }
    }
    pub fn parse(s: &str) -> Option<Self> {
        Some(match s {
            "inbox" => Self::Inbox,
            "archive" => Self::Archive,
            "all" => Self::All,
            "drafts" => Self::Drafts,
            "sent" => Self::Sent,
            "junk" | "spam" => Self::Junk,
            "trash" | "bin" => Self::Trash,
            "flagged" | "starred" => Self::Flagged,
            "important" => Self::Important,
            _ => return None,
        })
    }
}

/// A mailbox as the provider lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteMailbox {
    /// IMAP: the name as sent on the wire, decoded to UTF-8; Gmail: the label id.
    pub id: RemoteId,
    /// Shown to the person, hierarchy as `/`.
    pub name: String,
    pub role: Option<MailboxRole>,
    /// False for \Noselect containers and for hidden labels.
    pub selectable: bool,
    /// Messages at the provider, where it says so cheaply.
    pub total: Option<u32>,
    pub unread: Option<u32>,
}

/// A mailbox in the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailbox {
    pub id: MailboxId,
    pub account: AccountId,
    pub remote: RemoteId,
    pub name: String,
    pub role: Option<MailboxRole>,
    pub selectable: bool,
    /// Local counts.
    pub total: i64,
    pub unread: i64,
}

impl Mailbox {
    /// What the remote id of a mailbox begins with that is being made; no provider's own ids do.
    pub const PROVISIONAL: &'static str = "~new:";

    /// It is on its way to the provider.
    pub fn is_pending(&self) -> bool {
        self.remote.as_str().starts_with(Self::PROVISIONAL)
    }
}

/// System flags. Keywords beyond these are kept by the provider and not mirrored yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Flags {
    pub seen: bool,
    pub flagged: bool,
    pub answered: bool,
    pub draft: bool,
    pub forwarded: bool,
    /// IMAP \Deleted: hidden here, expunged by whoever set it.
    pub deleted: bool,
}

impl Flags {
    pub const SEEN: i64 = 1;
    pub const FLAGGED: i64 = 2;
    pub const ANSWERED: i64 = 4;
    pub const DRAFT: i64 = 8;
    pub const FORWARDED: i64 = 16;
    pub const DELETED: i64 = 32;

    pub const fn bits(self) -> i64 {
        ((self.seen as i64) * Self::SEEN)
            | ((self.flagged as i64) * Self::FLAGGED)
            | ((self.answered as i64) * Self::ANSWERED)
            | ((self.draft as i64) * Self::DRAFT)
            | ((self.forwarded as i64) * Self::FORWARDED)
            | ((self.deleted as i64) * Self::DELETED)
    }
    pub const fn from_bits(bits: i64) -> Self {
        Self {
            seen: bits & Self::SEEN != 0,
            flagged: bits & Self::FLAGGED != 0,
            answered: bits & Self::ANSWERED != 0,
            draft: bits & Self::DRAFT != 0,
            forwarded: bits & Self::FORWARDED != 0,
            deleted: bits & Self::DELETED != 0,
        }
    }
    /// `self` with a change applied.
    #[must_use]
    pub const fn with(self, change: FlagChange) -> Self {
        Self::from_bits((self.bits() | change.add.bits()) & !change.remove.bits())
    }
}

/// Flags to set and to clear; `remove` wins where both name one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlagChange {
    pub add: Flags,
    pub remove: Flags,
}

impl FlagChange {
    pub const fn read(seen: bool) -> Self {
        Self::one(Flags { seen: true, flagged: false, answered: false, draft: false, forwarded: false, deleted: false }, seen)
    }
    pub const fn starred(flagged: bool) -> Self {
        Self::one(Flags { seen: false, flagged: true, answered: false, draft: false, forwarded: false, deleted: false }, flagged)
    }
    const fn one(flag: Flags, on: bool) -> Self {
        let none = Flags { seen: false, flagged: false, answered: false, draft: false, forwarded: false, deleted: false };
        if on { Self { add: flag, remove: none } } else { Self { add: none, remove: flag } }
    }
    #[must_use]
    pub const fn inverse(self) -> Self {
        Self { add: self.remove, remove: self.add }
    }
}

/// A mailbox address (RFC 5322 addr-spec plus display name), as parsed from hostile input.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Address {
    #[serde(default)]
    pub name: String,
    pub email: String,
}

/// What parsing a raw message yields; the store writes it, the index reads it. Text fields are already decoded to UTF-8,
/// free of NUL and bounded (subject ≤ 2 KiB, each address list ≤ 1,000 entries, text ≤ 1 MiB, snippet ≤ 200 chars).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParsedMail {
    /// Without angle brackets; empty where the mail has none.
    pub message_id: String,
    pub in_reply_to: Vec<String>,
    /// Oldest first.
    pub references: Vec<String>,
    pub subject: String,
    pub from: Vec<Address>,
    pub reply_to: Vec<Address>,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub bcc: Vec<Address>,
    /// Date header; None where missing or senseless (then the received date is used).
    pub date: Option<Timestamp>,
    /// Text for search and for the plain view.
    pub text: String,
    pub snippet: String,
    pub has_html: bool,
    pub attachments: Vec<ParsedAttachment>,
    pub has_calendar: bool,
    pub crypto: Option<CryptoKind>,
    pub list_id: Option<String>,
    pub list_unsubscribe: Option<String>,
    pub list_unsubscribe_one_click: bool,
    /// What was wrong with it and how it was read nevertheless; empty for well-formed mail.
    pub defects: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CryptoKind {
    SmimeSigned,
    SmimeEncrypted,
    PgpSigned,
    PgpEncrypted,
}

/// A part that the person sees as a file (or an inline image).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParsedAttachment {
    /// Index of the part in the flat, depth-first part list of `engine::mime`: stable for the same bytes.
    pub part: u32,
    pub name: String,
    pub mime: String,
    /// Decoded bytes.
    pub size: u64,
    pub inline: bool,
    /// Without angle brackets.
    pub content_id: Option<String>,
}

/// Attachment of a stored message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    pub id: AttachmentId,
    pub message: MessageId,
    #[serde(flatten)]
    pub part: ParsedAttachment,
}

/// A stored message without its body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageSummary {
    pub id: MessageId,
    pub connection: ConnectionId,
    pub account: AccountId,
    pub thread: ThreadId,
    pub rfc_message_id: String,
    pub subject: String,
    pub from: Address,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub bcc: Vec<Address>,
    pub reply_to: Vec<Address>,
    pub snippet: String,
    pub date: Timestamp,
    pub size: u64,
    pub flags: Flags,
    pub has_attachments: bool,
    pub mailboxes: Vec<MailboxId>,
    /// A queued write of ours touches it.
    pub pending: bool,
}

/// One row of the list of conversations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadSummary {
    pub id: ThreadId,
    pub account: AccountId,
    /// Newest message shown in the asked-for mailbox.
    pub latest: MessageId,
    pub subject: String,
    /// Distinct senders, oldest first, at most 5.
    pub senders: Vec<Address>,
    pub count: i64,
    pub unread: i64,
    pub starred: bool,
    pub has_attachments: bool,
    pub snippet: String,
    pub date: Timestamp,
    /// User labels (Gmail) or other folders, without roles; at most 5 names.
    pub labels: Vec<String>,
    pub pending: bool,
    #[serde(default, skip_serializing_if = "ThreadState::is_plain")]
    pub state: ThreadState,
}

/// Why a conversation is back at the top of the inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Returned {
    /// Its snooze ended.
    Time,
    /// New mail came while it was snoozed.
    Reply,
    /// Nobody answered until the reminder.
    Reminder,
}

impl Returned {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Reply => "reply",
            Self::Reminder => "reminder",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Time, Self::Reply, Self::Reminder].into_iter().find(|r| r.as_str() == text)
    }
}

/// What this device knows about a conversation beyond the provider. None of it is written to the provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadState {
    #[serde(default)]
    pub snoozed_until: Option<Timestamp>,
    #[serde(default)]
    pub returned: Option<Returned>,
    #[serde(default)]
    pub muted: bool,
    #[serde(default)]
    pub remind_at: Option<Timestamp>,
}

impl ThreadState {
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}
