//! What the window may ask for: each function here is one row of the table in `commands/list.rs`. They convert, call the
//! engine and convert back; decisions live in the engine.

mod accounts;
mod app;
mod compose;
mod keys;
mod mail;
mod outbox;
mod search;

pub use accounts::*;
pub use app::*;
pub use compose::*;
pub use keys::*;
pub use mail::*;
pub use outbox::*;
pub use search::*;
