//! Tasks over all connections.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Id, Millis};

/// What the tasks of a list can hold. What is false is shown where it is set, and can't be changed.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[allow(clippy::struct_excessive_bools, reason = "each is a field of a task")]
pub struct TaskAbilitiesDto {
    /// Tasks can be made and changed at all.
    pub write: bool,
    pub notes: bool,
    pub due_day: bool,
    /// A time of day, not only a day.
    pub due_time: bool,
    pub priority: bool,
    /// Only a low and a high one.
    pub coarse_priority: bool,
    pub labels: bool,
    pub subtasks: bool,
    /// To another list of the same connection.
    pub moves: bool,
    pub deletes: bool,
}

/// A list of a connection.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TaskListDto {
    pub id: Id,
    pub connection: String,
    /// What the person calls the connection.
    pub source: String,
    pub name: String,
    /// 0…9, index into the hues.
    pub hue: u8,
    /// Its tasks are among those of all lists.
    pub shown: bool,
    /// New tasks go here unless another is chosen; one list at most.
    pub default: bool,
    pub can: TaskAbilitiesDto,
    /// Open tasks.
    pub open: u32,
    /// Why it was not brought up to date, in words.
    pub error: Option<String>,
    pub last_sync: Option<Millis>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TaskListChangeReq {
    pub id: Id,
    #[ts(optional)]
    pub shown: Option<bool>,
    #[ts(optional)]
    pub hue: Option<u8>,
    /// Only true means something: new tasks go here from now on.
    #[ts(optional)]
    pub default: Option<bool>,
}

/// Which tasks. Days are the person's own.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum TaskFilterDto {
    /// Open, and due today or before.
    Today,
    /// Open, and due after today.
    Upcoming,
    /// Open, and due on no day; each followed by what stands below it.
    Anytime,
    /// The open tasks of a list in its order; each followed by what stands below it.
    List { list: Id },
    /// Done or cancelled, the last first; of one list or of all that are shown.
    Done {
        #[ts(optional)]
        list: Option<Id>,
    },
    /// With every word of `text` in title, notes or labels; the newest first.
    Search {
        text: String,
        /// Those that are done too.
        #[serde(default)]
        closed: bool,
    },
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TasksReq {
    pub view: TaskFilterDto,
    /// `next` of the page before; None: from the beginning.
    pub after: Option<String>,
    /// At most 200; what stands below a task comes with it and is not counted.
    pub limit: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TaskPageDto {
    pub tasks: Vec<TaskRow>,
    /// None: that was all.
    pub next: Option<String>,
    /// How many the view has over all pages, where it is counted (subtasks only in `list`); None for `done` and `search`.
    pub total: Option<u32>,
    pub counts: TaskCountsDto,
}

/// How many open tasks of the lists that are shown.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, TS)]
pub struct TaskCountsDto {
    /// Overdue ones included.
    pub today: u32,
    pub overdue: u32,
    pub upcoming: u32,
    /// Those that stand at the top.
    pub anytime: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum TaskPriority {
    None,
    Low,
    Medium,
    High,
    Urgent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum TaskState {
    Open,
    Started,
    Done,
    Cancelled,
}

/// When a task is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum TaskWhen {
    /// On no day.
    Never,
    /// `2026-12-01`, wherever the person is.
    Day { day: String },
    /// `2026-12-01T09:30` or with seconds, on the person's own wall, wherever they are.
    Floating { at: String },
    /// At an instant; `zone` (IANA) is the one that it was chosen in.
    At {
        at: Millis,
        #[ts(optional)]
        zone: Option<String>,
    },
}

/// When a task is due, for somebody who looks.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TaskDue {
    /// ISO date in the person's zone.
    pub day: String,
    /// `HH:MM` in the person's zone.
    pub time: Option<String>,
    /// Open, and its time is over.
    pub overdue: bool,
    /// As it is stored, for the form; never `never`.
    pub exact: TaskWhen,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TaskRow {
    pub id: Id,
    pub list: Id,
    pub parent: Option<Id>,
    /// Steps below the top of what is listed.
    pub depth: u32,
    pub title: String,
    pub has_notes: bool,
    pub due: Option<TaskDue>,
    pub priority: TaskPriority,
    pub labels: Vec<String>,
    pub status: TaskState,
    /// How it repeats, in the provider's words.
    pub repeats: Option<String>,
    pub completed_at: Option<Millis>,
    pub subtasks_open: u32,
    pub subtasks_done: u32,
    /// Can be changed.
    pub editable: bool,
    /// `waiting` (not at the provider yet), `conflict` (changed on both sides), `failed`.
    pub pending: Option<String>,
    /// It was made from a mail or an event.
    pub linked: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TaskReq {
    pub id: Id,
}

/// Everything that is shown of one task.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TaskDto {
    pub row: TaskRow,
    /// Plain text or Markdown, as the provider has it.
    pub notes: String,
    /// Its page at the provider: an https address.
    pub url: Option<String>,
    pub can: TaskAbilitiesDto,
    /// Why it can't be changed, in words.
    pub locked: Option<String>,
    pub parent_title: Option<String>,
    /// Open ones, each behind the one that it stands below.
    pub subtasks: Vec<TaskRow>,
    /// The mail that it was made from, while that is here.
    pub message: Option<Id>,
    /// The conversation of that mail.
    pub thread: Option<Id>,
    /// The key of the event that it was made from.
    pub event: Option<String>,
    pub updated_at: Option<Millis>,
    /// Both versions of what was changed on both sides.
    pub conflict: Vec<TaskConflict>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TaskConflict {
    /// `title`, `notes`, `due`, `priority`, `labels`, `status`, `list`, `parent`, `deleted`.
    pub field: String,
    pub mine: String,
    pub theirs: String,
}

/// Where a task is to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum TaskParent {
    /// On its own.
    Top,
    /// Below a task of the same list.
    Below { task: Id },
}

/// What the form of a task says. Of a change, whatever is left out stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TaskFieldsDto {
    #[ts(optional)]
    pub title: Option<String>,
    #[ts(optional)]
    pub notes: Option<String>,
    #[ts(optional)]
    pub due: Option<TaskWhen>,
    #[ts(optional)]
    pub priority: Option<TaskPriority>,
    /// All of them.
    #[ts(optional)]
    pub labels: Option<Vec<String>>,
    #[ts(optional)]
    pub status: Option<TaskState>,
    #[ts(optional)]
    pub parent: Option<TaskParent>,
    /// To another list of the same connection, with what stands below it.
    #[ts(optional)]
    pub list: Option<Id>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TaskCreateReq {
    /// None: the default list.
    #[ts(optional)]
    pub list: Option<Id>,
    pub fields: TaskFieldsDto,
    /// The key of the event that it is made from. Without a title: the event's.
    #[ts(optional)]
    pub event: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TaskUpdateReq {
    pub id: Id,
    pub fields: TaskFieldsDto,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TaskCompleteReq {
    pub id: Id,
    /// False: it is open again.
    pub done: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TaskResolveReq {
    pub id: Id,
    /// Keep one's own version; else theirs.
    pub mine: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TaskFromMessageReq {
    pub message: Id,
    /// None: the default list.
    #[ts(optional)]
    pub list: Option<Id>,
    /// Without a title: the mail's subject.
    pub fields: TaskFieldsDto,
}

/// What came of an act on a task.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TaskDone {
    /// The task that was made or changed; None after a deletion.
    pub task: Option<Id>,
    /// For `undo`.
    pub undo: Option<String>,
    pub undo_until: Option<Millis>,
    /// "“Call Bo” done".
    pub words: String,
    /// After a task was closed: those below it that are still open. To close them too is the person's to say.
    pub open_subtasks: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ConnectTokenReq {
    /// Id of a row of the catalogue that is connected by a token.
    pub integration: String,
    /// From the person's settings there; what belongs to it (a key, a site and an address) stands before it, as the row says.
    pub token: String,
    /// The connection that gets a new token.
    #[ts(optional)]
    pub reconnect: Option<String>,
}
