//! iCalendar (RFC 5545) and what follows from it: reading what others wrote, zones and their odd names, and recurrence. No I/O and no
//! clock.
//!
//! Parsing is `calcard`'s and the arithmetic of rules is `rrule`'s. What they leave open is decided here, in one place: which zone a label
//! means, what an hour that does not exist is, what takes part in a series, and where a bomb is cut off.

pub mod call;
pub(crate) mod duration;
pub mod edit;
pub mod event;
pub mod file;
pub mod find_time;
pub mod free_busy;
pub mod lines;
pub mod merge;
pub mod read;
pub mod series;
pub mod when;
pub mod zone;

pub use call::CallState;
pub use event::{Attendee, Event, Lasts, Participation, Person, Status};
pub use merge::{Conflict, Merged, merge};
pub use read::{Document, Method, ReadError, read};
pub use series::{Expansion, Occurrence, Series};
pub use when::When;
pub use zone::NamedZone;

#[cfg(test)]
mod file_tests;
#[cfg(test)]
mod oracle_tests;
#[cfg(test)]
mod tests;
