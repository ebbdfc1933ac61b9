//! Where the reading of a list of people stands.

use domain::sync::SyncCursor;
use serde::{Deserialize, Serialize};

use crate::opaque;

/// What the engine keeps as an opaque string. Stored for years: add variants and fields with defaults, change none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    v: u8,
    /// People on a page: tokens are bound to it.
    pub size: usize,
    pub phase: Phase,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Phase {
    /// The whole list, after its first page.
    Listing {
        /// Names this listing: when it began.
        mark: i64,
        page: Option<String>,
        done: u64,
    },
    /// Between rounds. None: Google gave no token, so the next round reads the whole list.
    Steady { sync: Option<String> },
    /// What changed, after its first page.
    Changes { sync: String, page: String },
}

impl Cursor {
    pub const fn new(size: usize, phase: Phase) -> Self {
        Self { v: 1, size, phase }
    }

    /// None for one that nothing here has written.
    pub fn parse(cursor: &SyncCursor) -> Option<Self> {
        opaque::read::<Self>(cursor).filter(|c| c.v == 1)
    }

    pub fn store(&self) -> SyncCursor {
        opaque::write(self)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_stored_stays_readable() {
        for text in [
            r#"{"v":1,"size":1000,"phase":{"kind":"listing","mark":7,"page":"t","done":1000}}"#,
            r#"{"v":1,"size":1000,"phase":{"kind":"steady","sync":"s"}}"#,
            r#"{"v":1,"size":1000,"phase":{"kind":"steady","sync":null}}"#,
            r#"{"v":1,"size":1000,"phase":{"kind":"changes","sync":"s","page":"t"}}"#,
        ] {
            let cursor = SyncCursor::Opaque { value: text.to_owned() };
            assert_eq!(Cursor::parse(&cursor).unwrap().store(), cursor);
        }
        for value in ["", "{}", r#"{"v":2,"size":1,"phase":{"kind":"steady","sync":null}}"#] {
            assert_eq!(Cursor::parse(&SyncCursor::Opaque { value: value.to_owned() }), None);
        }
    }
}
