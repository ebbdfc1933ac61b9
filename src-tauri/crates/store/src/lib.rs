//! The only SQL of Aurelius: one SQLCipher file per home, and sealed chunk files beside it.
//!
//! `mail` is content (one row per distinct mail and account, in date order, its rowid shared with the full-text index);
//! `message` is a placement of it (scope, remote id, flags). So a copy, a move or a new UIDVALIDITY costs a small row and no
//! download. `thread_in` and `place_count` are kept in the transaction of every change: lists, windows and counts never scan
//! messages. A message with a queued write keeps what the provider last said in `shadow`; what is shown is that plus the
//! queued writes, so undo, discard and sync never lose either side.

mod activity;
mod arrivals;
mod audit;
mod blocks;
mod calendar;
pub mod calm;
mod clock;
mod commit;
mod connections;
mod drafts;
mod error;
mod files;
mod leaving;
mod mailboxes;
mod maintenance;
mod messages;
mod open;
mod outbox;
mod packed;
mod page;
mod people;
mod place;
mod raw;
mod rekey;
mod rows;
mod scopes;
mod search;
mod secrets;
mod small;
mod space;
mod splits;
mod tasks;
mod texts;
mod threads;
mod tidy;
mod triage;
mod undo;
mod unreadable;

pub use activity::ActivityFilter;
pub use arrivals::Arrival;
pub use audit::AuditVerdict;
pub use blocks::{BlockKind, BlockRule};
pub use calendar::{
    CalendarBatch, CalendarReport, CalendarRow, IncomingItem, ItemData, ItemEdit, ItemMove, ItemRow, PartData, PutDone, SeriesMembers,
    SpanData, SpanKind, SpanRow,
};
pub use commit::{BodyPlan, CommitBatch, CommitReport, IncomingMail, RawBody};
pub use connections::{AccountChange, MailReconnect, NewAccount, NewConnection};
pub use drafts::{Draft, DraftAttachment, DraftContent, DraftVersion, NewAttachment};
pub use error::StoreError;
pub use files::SavedFile;
pub use leaving::Erased;
pub use mailboxes::{MailboxChanges, MailboxSet};
pub use maintenance::Stats;
pub use messages::{MessageDetail, MessageFilter, Placement, RemoteRef};
pub use open::{Store, StoreOptions};
pub use outbox::{NewDraft, NewOutbox, Refused, Resting};
pub use page::{Page, PageCursor, Window};
pub use people::{Contact, FileFilter, FileRow, PeopleBatch, PeopleReport, PersonOrigin, SuggestedPerson};
pub use place::{Place, PlaceCount};
pub use raw::{FileSink, INLINE_MAX, RawReader, StoredFile};
pub use rekey::Rekeyed;
pub use scopes::ScopeState;
pub use search::{SearchHit, text::is_cjk};
pub use secrets::{NewRevocation, PendingOauth, RevocationJob, SealedSecret};
pub use small::ImageRule;
pub use splits::{Split, SplitCount, SplitRule, depends_on_state};
pub use tasks::{
    DueRow, TaskBase, TaskBatch, TaskConflict, TaskEdit, TaskListRow, TaskPut, TaskReport, TaskRow, TaskSent, TaskTally, TaskWant,
};
pub use texts::{Signature, TextBlock};
pub use threads::ThreadFilter;
pub use triage::{StateChange, StateRow, Woken};
pub use undo::{BulkRow, NewUndo, UndoRecord};

#[cfg(test)]
mod testing;
#[cfg(test)]
mod upgrade_data_tests;
#[cfg(test)]
mod upgrade_item_tests;
#[cfg(test)]
mod upgrade_kill_tests;
#[cfg(test)]
mod upgrade_tests;
