//! What happens when. The engine decides (pure: schedule, backoff, breaker) and then acts through two seams only: the domain's
//! provider traits and the store. Nothing here knows SQL, HTTP, IMAP or a window.
//!
//! The README of this crate lists its interface.

mod actions;
mod agenda;
mod aside;
pub mod backoff;
pub mod blocks;
mod breaker;
mod bulk;
mod compose;
pub mod config;
mod connect;
mod connections;
mod core;
mod disconnect;
mod doctor;
mod error;
pub mod events;
mod files;
mod finding;
#[cfg(fuzzing)]
pub mod fuzz;
pub mod holder;
pub mod home;
pub mod limiter;
mod mailboxes;
pub mod mime;
pub mod oauth;
mod original;
mod outbox;
mod people;
mod quarantine;
mod read;
mod rekey;
pub mod rpc;
mod runner;
pub mod sanitize;
pub mod schedule;
mod sources;
mod splits;
mod sync;
mod tasks;
mod texts;
mod tokens;
mod triage;
mod undo;
mod unsubscribe;
pub mod views;
mod visitor;
pub mod zone;

pub use agenda::{
    CalendarView, ConflictView, ConnectDav, ConnectFeed, EventDetail, EventDone, EventFields, EventTime, EventView, GuestTime,
    GuestsQuestion, Imported, Members, MoveTo, SlotPerson, SlotsQuestion,
};
pub use blocks::Blocked;
pub use bulk::{BulkAct, BulkWhat, Keep};
pub use calendar::find_time::{Slot, WorkingHours};
pub use compose::draft_preview;
pub use connect::{ConnectJmap, ConnectToken};
pub use core::{ConnectorFactory, Engine, OpenOptions};
pub use error::EngineError;
pub use events::{EngineEvent, Entity};
pub use files::{FilePlace, FilesAt, SavedFileView, key as file_key, parse_key as parse_file_key};
pub use people::{PersonSuggestion, SuggestionSource};
pub use read::{GuestView, InviteView, MessageBody, RepeatsView, TrackerView, WarningView, show_inline};
pub use rekey::{RekeyOptions, RekeyReport, rekey};
pub use splits::{RuleText, Suggestion};
pub use store::{Arrival, BlockKind, BlockRule, MessageFilter, Page, PageCursor, Place, SearchHit, ThreadFilter, Window};
pub use tasks::{
    DueChange, DueView, ParentChange, TablePreview, TableView, TablesView, TaskChange, TaskCounts, TaskDetail, TaskDone, TaskFilter,
    TaskListView, TaskPage, TaskView,
};
pub use texts::first_name;
pub use undo::{Done, Undone};
pub use unsubscribe::UnsubscribeOffer;

#[cfg(test)]
mod clock_tests;
#[cfg(test)]
mod flow_tests;
#[cfg(test)]
mod grant_tests;
#[cfg(test)]
mod outbox_tests;
#[cfg(test)]
mod triage_tests;
#[cfg(test)]
mod write_tests;
