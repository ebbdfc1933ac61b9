//! Putting off, silencing, taking back, doing to many, and the splits of the inbox.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Action, Id, Millis, ThreadFilter};

/// What this device knows about a conversation beyond the provider. Nothing of it is written to the provider: on a phone a
/// snoozed conversation stays in the inbox.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ThreadState {
    /// Out of the inbox until then.
    pub snoozed_until: Option<Millis>,
    /// Back at the top since it was last acted upon: `time` (the snooze ended), `reply` (somebody answered), `reminder` (nobody did).
    pub returned: Option<String>,
    pub muted: bool,
    /// Comes back then if nobody has answered.
    pub remind_at: Option<Millis>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SnoozeReq {
    pub threads: Vec<Id>,
    /// In the future. None: bring them back now.
    pub until: Option<Millis>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct MuteReq {
    pub threads: Vec<Id>,
    pub on: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct RemindReq {
    pub threads: Vec<Id>,
    /// None: forget the reminder.
    pub at: Option<Millis>,
}

/// Something that can still be taken back, newest first.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct UndoRow {
    /// For `undo`.
    pub token: String,
    /// `act`, `snooze`, `mute`, `remind`, `discard`, `send`, `bulk`.
    pub kind: String,
    /// "3 conversations archived".
    pub words: String,
    pub count: u32,
    pub at: Millis,
    pub until: Millis,
}

/// What a bulk job is about; fixed when it starts.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum BulkWhat {
    Threads {
        ids: Vec<Id>,
    },
    /// Everything in a list, but for `except`.
    Filter {
        filter: ThreadFilter,
        except: Vec<Id>,
    },
    /// Every conversation with a message that a search finds.
    Query {
        query: String,
    },
}

/// An act on mail, or what is kept on this device alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(untagged)]
pub enum BulkAction {
    Mail(Action),
    Keep(KeepAction),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum KeepAction {
    /// In the future. None: bring them back now.
    Snooze {
        until: Option<Millis>,
    },
    Mute {
        on: bool,
    },
    /// None: forget the reminders.
    Remind {
        at: Option<Millis>,
    },
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BulkReq {
    pub action: BulkAction,
    pub what: BulkWhat,
    /// As with `act`.
    #[serde(default)]
    #[ts(optional)]
    pub create_missing: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct BulkJob {
    pub id: Id,
    /// `running`, `done`, `cancelled`, `failed`, `undoing`, `undone`.
    pub state: String,
    /// "9,800 conversations archived".
    pub words: String,
    /// Conversations.
    pub done: u32,
    pub total: u32,
    /// Why it failed, in words.
    pub error: Option<String>,
    /// For `undo`, as soon as anything was done: takes back everything that this job did.
    pub undo: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct BulkJobReq {
    pub id: Id,
}

/// Which conversations of the inbox belong to a split. A conversation is in the first split that takes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum SplitRule {
    /// From people whom you have written to.
    People,
    /// Mailing lists and newsletters.
    News,
    /// Invitations and answers to them.
    Calendar,
    /// The language of the search box, without `in:` and `is:`.
    Query { query: String },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct SplitDto {
    /// 0: "Other", what no split takes; it can't be edited and comes last. For `ThreadFilter.split`.
    pub id: Id,
    pub name: String,
    /// None for "Other".
    pub rule: Option<SplitRule>,
    /// Conversations, and unread ones.
    pub total: u32,
    pub unread: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SplitsReq {
    /// Counts of this account only.
    pub account: Option<Id>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SplitSaveReq {
    /// None: a new one, last in order.
    pub id: Option<Id>,
    pub name: String,
    pub rule: SplitRule,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SplitReq {
    pub id: Id,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SplitOrderReq {
    /// All splits but 0.
    pub ids: Vec<Id>,
}

/// A split that the inbox's own mail suggests.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SplitSuggestion {
    pub name: String,
    pub rule: SplitRule,
    /// So many conversations of the inbox would be in it.
    pub threads: u32,
}
