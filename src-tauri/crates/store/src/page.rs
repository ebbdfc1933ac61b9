//! Paging. A cursor is opaque text to callers; inside, it is the last row's key.

use serde::{Deserialize, Serialize};

use crate::error::StoreError;

/// Where the next page starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PageCursor(pub String);

impl PageCursor {
    pub(crate) fn of(key: i64) -> Self {
        Self(key.to_string())
    }
    pub(crate) fn key(&self) -> Result<i64, StoreError> {
        self.0.parse().map_err(|_| StoreError::Cursor(self.0.clone()))
    }
}

/// The key to start below; everything when there is no cursor.
pub(crate) fn before(after: Option<&PageCursor>) -> Result<i64, StoreError> {
    after.map_or(Ok(i64::MAX), PageCursor::key)
}

/// Some rows of a list, and where to go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// None: that was all.
    pub next: Option<PageCursor>,
}

/// A window into a list of known length, for random access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window<T> {
    pub total: u64,
    pub items: Vec<T>,
}

/// Rowids carry their date: `epoch seconds << 20 | counter`.
pub(crate) const COUNTER_BITS: u32 = 20;

/// The first rowid of a second. Dates before 1970 and after 2239 are clamped: the id must stay exact in a JavaScript number.
pub(crate) fn first_id(secs: i64) -> i64 {
    secs.clamp(0, 8_500_000_000) << COUNTER_BITS
}

/// The greatest rowid that a date can have. A mail's rowid in the full-text index is this less its own: FTS5 gives hits in ascending
/// order, and so the newest come first. (In descending order it passes every page of a word's list before the first hit as soon as
/// anything was securely deleted: it does not trust its skip lists backwards then.)
pub(crate) const LAST_ID: i64 = (8_500_000_000 << COUNTER_BITS) | ((1 << COUNTER_BITS) - 1);

/// The rowid in the full-text index of a content, and the other way round.
pub(crate) const fn flipped(id: i64) -> i64 {
    LAST_ID - id
}

pub(crate) fn last_id(secs: i64) -> i64 {
    first_id(secs) | ((1 << COUNTER_BITS) - 1)
}
