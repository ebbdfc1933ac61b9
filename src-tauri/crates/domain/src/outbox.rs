//! Every write to a provider waits here until the provider has it.

use serde::{Deserialize, Serialize};

use crate::{
    ids::{AccountId, AttachmentId, CalendarId, ConnectionId, ItemId, MailboxId, MessageId, OutboxId, RemoteId, TaskId, ThreadId},
    mail::{FlagChange, MailboxRole},
    time::Timestamp,
};

/// What is to be written. Stored as JSON: append variants and fields with defaults, never change them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum OutboxOp {
    /// The raw bytes lie in the store under the item's id.
    Send {
        from: String,
        recipients: Vec<String>,
        /// Without brackets; fixed when the mail was rendered.
        message_id: String,
        subject: String,
        /// Answered message, to set \Answered and to find the provider's thread.
        in_reply_to: Option<MessageId>,
        /// Forwarded message, to set $Forwarded.
        #[serde(default)]
        forward_of: Option<MessageId>,
        /// The rest of a mail that the other recipients have: its copy in Sent is filed already, and proves nothing about these.
        #[serde(default)]
        rest: bool,
    },
    /// File the sent copy. Raw bytes as for `Send`.
    FileSent {
        message_id: String,
    },
    Flags {
        messages: Vec<MessageId>,
        change: FlagChange,
    },
    Move {
        messages: Vec<MessageId>,
        from: Option<MailboxId>,
        to: MailboxId,
    },
    Labels {
        messages: Vec<MessageId>,
        add: Vec<MailboxId>,
        remove: Vec<MailboxId>,
    },
    Delete {
        messages: Vec<MessageId>,
    },
    SaveDraft {
        draft: i64,
        message_id: String,
    },
    DiscardDraft {
        draft: i64,
    },
    /// A folder or label. Until it is there, a local one with this provisional remote id stands for it.
    CreateMailbox {
        provisional: String,
        /// Hierarchy as `/`.
        name: String,
        role: Option<MailboxRole>,
    },
    RenameMailbox {
        mailbox: MailboxId,
        name: String,
        old_name: String,
    },
    DeleteMailbox {
        mailbox: MailboxId,
    },
    /// RFC 8058: one POST to the list's own address.
    Unsubscribe {
        message: MessageId,
        url: String,
    },
    /// An event as it is in the store when its turn comes: several changes in a row become one write.
    PutItem {
        item: ItemId,
        /// For the person who looks at what waits.
        title: String,
    },
    DeleteItem {
        item: ItemId,
        title: String,
    },
    /// What an event that went to another calendar leaves behind: deleted there once it is in the other one.
    ClearMoved {
        item: ItemId,
        calendar: CalendarId,
        remote: RemoteId,
        title: String,
    },
    /// A task as it is in the store when its turn comes: several changes in a row become one write.
    PutTask {
        task: TaskId,
        /// For the person who looks at what waits.
        title: String,
    },
    DeleteTask {
        task: TaskId,
        title: String,
    },
    /// A file that goes to the person's files at the provider. Its bytes lie in the store under the item's id.
    PutFile {
        name: String,
        mime: String,
        /// Bytes.
        size: u64,
        /// The file of a mail that it was made from.
        #[serde(default)]
        attachment: Option<AttachmentId>,
    },
}

impl OutboxOp {
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Send { .. } => "send",
            Self::FileSent { .. } => "file_sent",
            Self::Flags { .. } => "flags",
            Self::Move { .. } => "move",
            Self::Labels { .. } => "labels",
            Self::Delete { .. } => "delete",
            Self::SaveDraft { .. } => "save_draft",
            Self::DiscardDraft { .. } => "discard_draft",
            Self::CreateMailbox { .. } => "create_mailbox",
            Self::RenameMailbox { .. } => "rename_mailbox",
            Self::DeleteMailbox { .. } => "delete_mailbox",
            Self::Unsubscribe { .. } => "unsubscribe",
            Self::PutItem { .. } => "put_item",
            Self::DeleteItem { .. } => "delete_item",
            Self::ClearMoved { .. } => "clear_moved",
            Self::PutTask { .. } => "put_task",
            Self::DeleteTask { .. } => "delete_task",
            Self::PutFile { .. } => "put_file",
        }
    }
    /// The event that this writes.
    pub const fn item(&self) -> Option<ItemId> {
        match self {
            Self::PutItem { item, .. } | Self::DeleteItem { item, .. } | Self::ClearMoved { item, .. } => Some(*item),
            _ => None,
        }
    }
    /// The task that this writes.
    pub const fn task(&self) -> Option<TaskId> {
        match self {
            Self::PutTask { task, .. } | Self::DeleteTask { task, .. } => Some(*task),
            _ => None,
        }
    }
    /// Messages whose local state this write changed ahead of the provider.
    pub fn messages(&self) -> &[MessageId] {
        match self {
            Self::Flags { messages, .. } | Self::Move { messages, .. } | Self::Labels { messages, .. } | Self::Delete { messages } => {
                messages
            }
            _ => &[],
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum OutboxState {
    Queued,
    /// Taken by a worker until the lease ends; after that another looks for proof before it tries again.
    Sending {
        lease_until: Timestamp,
    },
    /// Cannot go on by itself.
    Wedged {
        reason: WedgeReason,
        detail: String,
    },
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WedgeReason {
    /// All data was handed over and no answer came: "may have been sent: check, or send again". Never resent by itself.
    MaybeSent,
    Refused,
    Reauth,
    Missing,
    TooManyAttempts,
    Unsupported,
    /// Changed here and there, and not to be merged: both versions are shown.
    Conflict,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxItem {
    pub id: OutboxId,
    pub connection: ConnectionId,
    /// 0 where the write is of no mail account (an event).
    pub account: AccountId,
    /// Items of one thread run in order.
    pub thread: Option<ThreadId>,
    pub idempotency_key: String,
    pub op: OutboxOp,
    pub state: OutboxState,
    pub attempts: u32,
    /// Earliest start: end of the undo window, send-later time or backoff.
    pub not_before: Timestamp,
    /// Set durably before SMTP's final dot.
    pub data_sent: bool,
    pub last_error: Option<String>,
    pub created_at: Timestamp,
}
