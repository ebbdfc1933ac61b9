//! Scopes, cursors and batches: the contract between a provider and the sync engine (PROVIDERS 0.4).

use serde::{Deserialize, Serialize};

use crate::{
    ids::{ConnectionId, RemoteId, ScopeId},
    integration::Service,
    mail::Flags,
    time::Timestamp,
};

/// (connection, service, container?): the unit that has a cursor and a schedule.
/// IMAP: one scope per mailbox (`container` = its remote id). Gmail and JMAP: one scope for the whole account (`container` None).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncScope {
    pub id: ScopeId,
    pub connection: ConnectionId,
    pub service: Service,
    pub container: Option<RemoteId>,
}

/// Position of a scope. Only its provider looks inside; the store keeps it as JSON beside the data it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SyncCursor {
    Opaque {
        value: String,
    },
    Imap {
        uid_validity: u32,
        /// Every UID below has been listed (down to `backfill`).
        uid_next: u32,
        /// HIGHESTMODSEQ at the start of the last complete round; None without CONDSTORE.
        mod_seq: Option<u64>,
        /// First sync goes from new to old: UIDs below this have not been listed yet. None or 1: complete.
        backfill: Option<u32>,
    },
    Since {
        at: Timestamp,
    },
}

/// How much one call may bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Changes per batch.
    pub items: usize,
    /// Only mail received at or after this instant (selective sync).
    pub since: Option<Timestamp>,
}

/// One page of changes. The engine commits `changes` and `next` in one transaction, then asks again while `more`.
#[derive(Clone, Debug)]
pub struct ChangeBatch<T> {
    pub changes: Vec<Change<T>>,
    /// When set: exactly these ids exist in the scope now; the engine sweeps all others (those of pending moves excepted).
    /// Set on the last page only.
    pub present: Option<Vec<RemoteId>>,
    /// All ids of the scope changed meaning (UIDVALIDITY): keep old rows aside for adoption until this round ends.
    pub reset: bool,
    pub next: SyncCursor,
    pub more: bool,
    /// (done, total) of a long first sync.
    pub progress: Option<(u64, u64)>,
}

#[derive(Clone, Debug)]
pub enum Change<T> {
    Upsert(T),
    Gone(RemoteId),
}

/// What a provider says of a message without its body. `None` means "not known from this call": the store keeps what it has,
/// and asks [`crate::source::MailSource::fetch`] for messages whose body it lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteMail {
    pub id: RemoteId,
    pub flags: Option<Flags>,
    /// Labels (Gmail) or folders (JMAP). None for IMAP: the scope's container is its mailbox.
    pub mailboxes: Option<Vec<RemoteId>>,
    /// INTERNALDATE.
    pub received: Option<Timestamp>,
    /// RFC822.SIZE in bytes.
    pub size: Option<u64>,
    /// Message-ID header without brackets, for adoption after a move or a UIDVALIDITY change.
    pub message_id: Option<String>,
    /// The provider's own thread id (Gmail).
    pub thread: Option<RemoteId>,
}

impl RemoteMail {
    pub fn new(id: RemoteId) -> Self {
        Self { id, flags: None, mailboxes: None, received: None, size: None, message_id: None, thread: None }
    }

    /// What the listing said, completed by what came with the body (Gmail lists bare ids).
    #[must_use]
    pub fn with(self, got: Self) -> Self {
        Self {
            id: self.id,
            flags: got.flags.or(self.flags),
            mailboxes: got.mailboxes.or(self.mailboxes),
            received: got.received.or(self.received),
            size: got.size.or(self.size),
            message_id: got.message_id.or(self.message_id),
            thread: got.thread.or(self.thread),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_with_the_body_completes_the_listing() {
        let listed = RemoteMail { size: Some(5), ..RemoteMail::new("a".into()) };
        let got = RemoteMail { flags: Some(Flags { seen: true, ..Flags::default() }), ..RemoteMail::new("a".into()) };
        let both = listed.with(got);
        assert_eq!((both.size, both.flags.map(|f| f.seen)), (Some(5), Some(true)));
    }
}
