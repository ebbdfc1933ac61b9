//! What the window may ask for: each function here is one row of the table in `commands/list.rs`. They convert, call the
//! engine and convert back; decisions live in the engine.

mod accounts;
mod activity;
mod app;
mod calendar;
mod compose;
mod files;
mod find_time;
mod folders;
mod keys;
mod mail;
mod outbox;
mod people;
mod preferences;
mod remote_files;
mod search;
mod senders;
mod tables;
mod tasks;
mod texts;
mod triage;

pub use accounts::*;
pub use activity::*;
pub use app::*;
pub use calendar::*;
pub use compose::*;
pub use files::*;
pub use find_time::*;
pub use folders::*;
pub use keys::*;
pub use mail::*;
pub use outbox::*;
pub use people::*;
pub use preferences::*;
pub use remote_files::*;
pub use search::*;
pub use senders::*;
pub use tables::*;
pub use tasks::*;
pub use texts::*;
pub use triage::*;
