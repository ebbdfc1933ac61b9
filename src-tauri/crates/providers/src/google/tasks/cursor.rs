//! Where the reading of a list stands.
//!
//! Pure: what is asked next and what follows from an answer. Only differences of our own clock count, for it need not agree with Google's.

use domain::{sync::SyncCursor, time::Timestamp};
use serde::{Deserialize, Serialize};

use crate::opaque;

/// So long after a change it may become visible only later than another one that came after it: that is asked for again (PROVIDERS 1.7).
const OVERLAP_MS: i64 = 60_000;
/// Everything is read again after so long.
const SWEEP_MS: i64 = 7 * 86_400_000;
const DAY_MS: i64 = 86_400_000;

/// What the engine keeps as an opaque string. Stored for years: add fields with defaults, change none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    v: u8,
    /// Changes of this instant (Google's clock) and later are asked for. None: nothing is known of the list, so it is read whole.
    from: Option<Timestamp>,
    /// The newest change that was ever seen, by Google's clock.
    newest: Option<Timestamp>,
    /// When it was first seen, by ours.
    newest_at: Timestamp,
    /// When the last reading of everything began, by our clock.
    swept: Timestamp,
    /// The round under way, after its first page.
    #[serde(default)]
    pub round: Option<Round>,
}

/// A reading from its first page to its last. Nothing of it counts for the position before its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Round {
    /// Where it began; None: everything is read.
    pub from: Option<Timestamp>,
    /// Tasks on a page: tokens are bound to it.
    pub size: usize,
    pub began: Timestamp,
    /// Where it goes on; None: at its beginning.
    pub token: Option<String>,
    pub newest: Option<Timestamp>,
    pub pages: usize,
    /// Of everything: what was there. They are what a reading of everything is for.
    pub ids: Vec<String>,
}

impl Cursor {
    pub fn parse(cursor: &SyncCursor) -> Option<Self> {
        opaque::read::<Self>(cursor).filter(|c| c.v == 1)
    }

    pub fn store(&self) -> SyncCursor {
        opaque::write(&Self { v: 1, ..self.clone() })
    }

    /// Everything is due now and then, and where nothing is known yet. A clock that was set back by more than a day counts as now and then.
    pub fn begin(&self, size: usize, now: Timestamp) -> Round {
        let due = !(-DAY_MS..SWEEP_MS).contains(&now.since(self.swept));
        let from = self.from.filter(|_| !due);
        Round { from, size, began: now, token: None, newest: None, pages: 0, ids: Vec::new() }
    }

    /// Between two pages.
    #[must_use]
    pub fn under_way(self, round: Round) -> Self {
        Self { round: Some(round), ..self }
    }

    /// After the last page.
    #[must_use]
    pub fn finished(&self, round: &Round, now: Timestamp) -> Self {
        let mut next = Self { round: None, ..self.clone() };
        if round.from.is_none() {
            next.swept = round.began;
        }
        match round.newest {
            Some(seen) if self.newest.is_none_or(|known| seen > known) => {
                next.newest = Some(seen);
                next.newest_at = now;
                // What changed on a page that was read already changed after the round began, which was at most so long before `seen`.
                let took = now.since(round.began).max(0);
                next.from = self.from.max(Some(seen.plus_millis(-took - OVERLAP_MS)));
            }
            // Asked again a minute after it was first seen, and still the newest: whatever came before it is visible by now, so that a
            // thousand changes of one minute are not read for ever.
            _ if round.began.since(self.newest_at) >= OVERLAP_MS => next.from = self.newest.map(|newest| newest.plus_millis(1)),
            _ => {}
        }
        next
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const T: Timestamp = Timestamp(1_795_000_000_000);

    fn round(cursor: &Cursor, at: i64, took: i64, newest: Option<i64>) -> (Option<Timestamp>, Cursor) {
        let mut round = cursor.begin(100, T.plus_secs(at));
        round.newest = newest.map(|s| T.plus_secs(s));
        let from = round.from;
        (from, cursor.finished(&round, T.plus_secs(at + took)))
    }

    #[test]
    fn the_first_reads_all_then_a_minute_over_then_nothing_twice() {
        let (from, cursor) = round(&Cursor::default(), 0, 0, Some(-5));
        assert_eq!(from, None);
        let (from, cursor) = round(&cursor, 10, 0, Some(-5));
        assert_eq!(from, Some(T.plus_secs(-65)));
        let (from, cursor) = round(&cursor, 70, 0, Some(-5));
        assert_eq!(from, Some(T.plus_secs(-65)), "what was seen less than a minute ago may not be all");
        let (from, cursor) = round(&cursor, 80, 0, None);
        assert_eq!(from, Some(T.plus_secs(-5).plus_millis(1)), "a minute later it is");
        let (_, cursor) = round(&cursor, 90, 0, Some(85));
        assert_eq!(round(&cursor, 100, 0, None).0, Some(T.plus_secs(25)));
    }

    #[test]
    fn a_long_round_looks_back_as_far_as_it_began_but_never_behind_what_was_known() {
        let (_, cursor) = round(&Cursor::default(), 0, 600, Some(590));
        let (from, cursor) = round(&cursor, 601, 0, Some(595));
        assert_eq!(from, Some(T.plus_secs(-70)));
        let (_, cursor) = round(&cursor, 610, 3600, Some(600));
        assert_eq!(round(&cursor, 4300, 0, None).0, Some(T.plus_secs(535)));
    }

    #[test]
    fn everything_is_read_again_after_a_week_and_always_where_there_is_nothing() {
        let (_, cursor) = round(&Cursor::default(), 0, 0, Some(0));
        let week = 7 * 86_400;
        assert!(cursor.begin(1, T.plus_secs(week - 1)).from.is_some());
        assert!(cursor.begin(1, T.plus_secs(week)).from.is_none());
        let (_, again) = round(&cursor, week, 0, Some(0));
        assert!(again.begin(1, T.plus_secs(week + 1)).from.is_some());
        assert!(cursor.begin(1, T.plus_secs(-3600)).from.is_some() && cursor.begin(1, T.plus_secs(-100_000)).from.is_none());
        let (_, empty) = round(&Cursor::default(), 0, 0, None);
        assert!(empty.begin(1, T.plus_secs(5)).from.is_none());
    }

    #[test]
    fn what_is_stored_stays_readable() {
        let text = r#"{"v":1,"from":5,"newest":6,"newest_at":7,"swept":8,"round":{"from":null,"size":100,"began":9,"token":"t","newest":null,"pages":1,"ids":["a"]}}"#;
        let cursor = Cursor::parse(&SyncCursor::Opaque { value: text.to_owned() }).unwrap();
        assert_eq!(cursor.store(), SyncCursor::Opaque { value: text.to_owned() });
        for value in ["", "{}", r#"{"v":2,"newest_at":0,"swept":0}"#] {
            assert_eq!(Cursor::parse(&SyncCursor::Opaque { value: value.to_owned() }), None);
        }
        assert_eq!(Cursor::parse(&SyncCursor::Since { at: T }), None);
    }
}
