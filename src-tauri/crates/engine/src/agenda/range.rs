//! From when to when series are expanded. It grows with what is looked at, so that nobody pays for years that nobody sees.

use domain::{ids::ItemId, time::Timestamp};
use store::SeriesMembers;

use super::data::Reader;
use crate::{Engine, EngineError, read::on_pool, zone};

const DAY_MS: i64 = 86_400_000;
/// Expanded beyond what was asked for on either side: the next week or month is there before anybody goes to it.
const MARGIN_MS: i64 = 14 * DAY_MS;
/// A range that would be longer is forgotten for what is asked for.
const LONGEST_MS: i64 = 800 * DAY_MS;
/// Series that are read at a time.
const PAGE: u32 = 500;
/// Pages that are worked on at once.
const AT_ONCE: usize = 4;
/// Expanded ahead on either side of what is looked at, at most: two months.
const AHEAD_MS: i64 = 62 * DAY_MS;
/// Asked for at once, at most.
pub(super) const WINDOW_MS: i64 = 400 * DAY_MS;

/// The range that holds what is asked for; None where the present one does.
fn wanted(present: Option<(Timestamp, Timestamp)>, from: Timestamp, to: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let asked = (from.plus_millis(-MARGIN_MS), to.plus_millis(MARGIN_MS));
    match present {
        Some((lo, hi)) if lo <= from && to <= hi => None,
        // Whoever leafs on makes one range; whoever jumps begins another.
        Some((lo, hi)) if touch((lo, hi), asked.0, asked.1) => {
            let both = (lo.min(asked.0), hi.max(asked.1));
            Some(if both.1.since(both.0) > LONGEST_MS { asked } else { both })
        }
        _ => Some(asked),
    }
}

fn touch((lo, hi): (Timestamp, Timestamp), from: Timestamp, to: Timestamp) -> bool {
    from <= hi && lo <= to
}

/// What of a range is not in the present one: before it, behind it, or all.
fn pieces(present: Option<(Timestamp, Timestamp)>, (lo, hi): (Timestamp, Timestamp)) -> Vec<(Timestamp, Timestamp)> {
    match present {
        Some((known_lo, known_hi)) if lo < known_hi && known_lo < hi => {
            [(lo, known_lo), (known_hi, hi)].into_iter().filter(|(from, to)| from < to).collect()
        }
        _ => vec![(lo, hi)],
    }
}

impl Engine {
    /// What reading an item needs, with the range that holds now. Keep [`gate`](crate::core::Inner::agenda) until it is stored.
    pub(crate) async fn item_reader(&self) -> Result<Reader, EngineError> {
        let mut own: Vec<String> = self.store().accounts().await?.into_iter().map(|a| a.email.to_lowercase()).collect();
        own.extend(self.store().connections().await?.into_iter().map(|c| c.email.to_lowercase()).filter(|e| e.contains('@')));
        own.sort_unstable();
        own.dedup();
        Ok(Reader { own, range: self.store().calendar_range().await?, viewer: zone::local() })
    }

    /// Expands all series over `from .. to`, where they are not.
    pub(super) async fn expand(&self, from: Timestamp, to: Timestamp) -> Result<(), EngineError> {
        self.expand_where(from, to, |_| true).await
    }

    /// Expands beside `from .. to` while somebody looks at it, as far again on either side: a step to the next page must not wait for a
    /// write to the disk. Not for who has jumped elsewhere meanwhile.
    pub(super) fn expand_ahead(&self, from: Timestamp, to: Timestamp) {
        let step = to.since(from).min(AHEAD_MS);
        let me = self.clone();
        self.spawn(async move {
            let still_there = |present: Option<_>| present.is_some_and(|range| touch(range, from, to));
            if let Err(e) = me.expand_where(from.plus_millis(-step), to.plus_millis(step), still_there).await {
                // Whoever goes there is told.
                tracing::debug!(code = %e.code, "series were not expanded ahead");
            }
        });
    }

    async fn expand_where(
        &self,
        from: Timestamp,
        to: Timestamp,
        may: impl Fn(Option<(Timestamp, Timestamp)>) -> bool,
    ) -> Result<(), EngineError> {
        if wanted(self.store().calendar_range().await?, from, to).is_none() {
            return Ok(());
        }
        let _gate = self.inner.agenda.lock().await;
        let reader = self.item_reader().await?;
        // Somebody else may have done it meanwhile.
        let Some(range) = wanted(reader.range, from, to).filter(|_| may(reader.range)) else { return Ok(()) };
        let pieces = pieces(reader.range, range);
        let mut members = SeriesMembers::default();
        let mut after = ItemId(0);
        let mut running = tokio::task::JoinSet::new();
        let mut take = |done: Result<Result<SeriesMembers, EngineError>, tokio::task::JoinError>| -> Result<(), EngineError> {
            members.extend(done.map_err(|e| EngineError::new("internal", e.to_string(), ""))??);
            Ok(())
        };
        loop {
            // Texts and members of a few pages at a time: all of them together would be the most that this program ever holds.
            while running.len() >= AT_ONCE
                && let Some(done) = running.join_next().await
            {
                take(done)?;
            }
            let page = self.store().series(after, PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after = *last;
            let (reader, pieces) = (reader.clone(), pieces.clone());
            running.spawn(async move {
                let members = on_pool(move || {
                    let members: Vec<_> = page.into_iter().map(|(item, ics)| (item, reader.members(&ics, &pieces))).collect();
                    SeriesMembers::of(&members)
                });
                Ok(members.await??)
            });
        }
        while let Some(done) = running.join_next().await {
            take(done)?;
        }
        Ok(self.store().expand_series(range, &pieces, members).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_grows_by_leafing_and_begins_anew_by_jumping() {
        let day = |n: i64| Timestamp(n * DAY_MS);
        assert_eq!(wanted(None, day(100), day(107)), Some((day(86), day(121))));
        assert_eq!(wanted(Some((day(86), day(121))), day(107), day(114)), None);
        assert_eq!(wanted(Some((day(86), day(121))), day(115), day(122)), Some((day(86), day(136))));
        assert_eq!(wanted(Some((day(86), day(121))), day(1_000), day(1_007)), Some((day(986), day(1_021))), "a jump");
        assert_eq!(wanted(Some((day(0), day(790))), day(780), day(795)), Some((day(766), day(809))), "too long");
    }

    #[test]
    fn only_what_is_new_in_a_range_is_worked_out() {
        let of = |lo: i64, hi: i64| (Timestamp(lo), Timestamp(hi));
        assert_eq!(pieces(None, of(0, 9)), [of(0, 9)]);
        assert_eq!(pieces(Some(of(2, 5)), of(2, 9)), [of(5, 9)]);
        assert_eq!(pieces(Some(of(2, 5)), of(0, 9)), [of(0, 2), of(5, 9)]);
        assert_eq!(pieces(Some(of(0, 9)), of(5, 12)), [of(9, 12)], "the rest is forgotten");
        assert_eq!(pieces(Some(of(0, 5)), of(7, 9)), [of(7, 9)]);
    }
}
