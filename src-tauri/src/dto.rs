//! The words of the window: what commands take and give, exported to TypeScript. Narrow rows (at most 12 fields), no secrets.
//! Instants are milliseconds since 1970 in UTC. Domain types are converted here and go no further.

mod accounts;
mod activity;
mod app;
mod calendar;
mod compose;
mod files;
mod find_time;
mod keys;
mod mail;
mod people;
mod preferences;
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
pub use keys::*;
pub use mail::*;
pub use people::*;
pub use preferences::*;
pub use tables::*;
pub use tasks::*;
pub use texts::*;
pub use triage::*;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A local row. Fits a JavaScript number: rowids stay under 2^53 until the year 2242.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[ts(type = "number")]
pub struct Id(pub i64);

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(type = "number")]
pub struct Millis(pub i64);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Empty {}
