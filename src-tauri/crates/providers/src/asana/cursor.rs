//! Where the reading of an account stands.

use domain::{ids::RemoteId, sync::SyncCursor, time::Timestamp};
use serde::{Deserialize, Serialize};

use crate::opaque;

/// Everything is read again after so long: projects that were archived tell nothing of their tasks, and events may be lost.
const SWEEP_MS: i64 = 86_400_000;
const DAY_MS: i64 = 86_400_000;

/// A workspace, the person's own list in it, and the position in what became of its tasks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub workspace: String,
    pub list: String,
    pub sync: String,
}

/// What the engine keeps as an opaque string. Stored for years: add fields with defaults, change none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    v: u8,
    pub places: Vec<Place>,
    /// When the last reading of everything began, by our clock.
    pub swept: Timestamp,
    /// Everything is being read.
    #[serde(default)]
    pub reading: Option<Reading>,
}

/// A reading of everything between two of its pages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Which of the places.
    pub at: usize,
    pub offset: Option<String>,
    /// What was there.
    pub ids: Vec<RemoteId>,
    pub pages: usize,
}

impl Cursor {
    pub fn parse(cursor: &SyncCursor) -> Option<Self> {
        opaque::read::<Self>(cursor).filter(|c| c.v == 1)
    }

    pub fn store(&self) -> SyncCursor {
        opaque::write(&Self { v: 1, ..self.clone() })
    }

    /// Before the first page of everything.
    pub fn starting(now: Timestamp) -> Self {
        Self { swept: now, reading: Some(Reading::default()), ..Self::default() }
    }

    /// Whether everything is to be read again. A clock that was set back by more than a day counts as now and then.
    pub fn is_due(&self, now: Timestamp) -> bool {
        !(-DAY_MS..SWEEP_MS).contains(&now.since(self.swept))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_as_they_were() {
        let text =
            r#"{"v":1,"places":[{"workspace":"w","list":"l","sync":"s"}],"swept":8,"reading":{"at":0,"offset":"o","ids":["a"],"pages":1}}"#;
        let cursor = Cursor::parse(&SyncCursor::Opaque { value: text.to_owned() }).unwrap();
        assert_eq!(cursor.store(), SyncCursor::Opaque { value: text.to_owned() });
        assert!(cursor.is_due(Timestamp(8 + 86_400_000)) && !cursor.is_due(Timestamp(8)) && cursor.is_due(Timestamp(-86_500_000)));
        for value in ["", "{}", r#"{"v":2,"places":[],"swept":0}"#] {
            assert_eq!(Cursor::parse(&SyncCursor::Opaque { value: value.to_owned() }), None);
        }
    }
}
