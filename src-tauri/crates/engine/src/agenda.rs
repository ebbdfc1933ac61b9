//! One calendar over all connections: what is on, what the person changes of it, and bringing both in step with the providers.
//!
//! Everything is iCalendar inside (`domain::calendar`). What lists show is worked out once, when an item comes or changes, and kept beside
//! it; series are expanded for a range of time that grows with what is looked at. [`gate`](crate::core::Inner::agenda) keeps the two apart:
//! what is read with one range must not be stored under another.

pub(crate) mod busy;
mod calls;
mod connect;
mod data;
mod edit;
pub(crate) mod fields;
mod files;
mod find;
mod free_busy;
mod guests;
mod heard;
mod range;
mod relocate;
mod respond;
mod slots;
mod sync;
mod view;
mod write;

pub use connect::{ConnectDav, ConnectFeed};
pub use edit::{EventDone, Members};
pub use fields::{EventFields, EventTime};
pub use files::Imported;
pub use free_busy::{GuestTime, GuestsQuestion};
pub use relocate::MoveTo;
pub use slots::{SlotPerson, SlotsQuestion};
pub use view::{CalendarView, ConflictView, EventDetail, EventView};

pub(crate) use data::unharmed;
pub(crate) use edit::{AnswerBack, EventBack};
pub(crate) use respond::{answer_key, answer_until};
pub(crate) use sync::{CalendarJob, hue_of};

use domain::ids::ItemId;

use crate::EngineError;

/// What is changed waits so long before it goes out: several changes in a row become one, and what is taken back at once is never seen
/// by anybody.
const EVENT_DELAY_MS: i64 = 5_000;

/// `item/member`, as lists name an event.
pub(crate) fn parse_key(key: &str) -> Result<(ItemId, String), EngineError> {
    let (item, member) = key.split_once('/').unwrap_or((key, ""));
    let item = item.parse().map_err(|_| EngineError::not_found("This event"))?;
    Ok((item, member.to_owned()))
}

pub(crate) fn key(item: ItemId, member: &str) -> String {
    format!("{item}/{member}")
}

#[cfg(test)]
mod tests;
