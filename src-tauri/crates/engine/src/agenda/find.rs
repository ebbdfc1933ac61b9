//! Events by their words, each once: where it is next, else where it was last.

use domain::time::Timestamp;
use store::{ItemRow, SpanRow};

use super::{
    data::Reader,
    view::{EventView, merged, view},
};
use crate::{Engine, EngineError, read::on_pool, zone};

const DAY_MS: i64 = 86_400_000;
/// Before anybody looked at the calendar, series are expanded around today.
const AROUND_MS: i64 = 45 * DAY_MS;
/// How far a series that is nowhere near is looked for.
const BACK_MS: i64 = 20 * 365 * DAY_MS;
const AHEAD_MS: i64 = 5 * 365 * DAY_MS;

impl Engine {
    /// Events with all of these words (or beginnings of words) in title or place: at most `limit` to come, soonest first, then at
    /// most `limit` that are over, latest first. `hidden`: of calendars that are not shown, too.
    pub async fn find_events(&self, text: &str, hidden: bool, limit: u32) -> Result<Vec<EventView>, EngineError> {
        let now = self.now();
        if self.store().calendar_range().await?.is_none() {
            self.expand(now.plus_millis(-AROUND_MS), now.plus_millis(AROUND_MS)).await?;
        }
        let mut rows = self.store().find_events(text, now, hidden, limit).await?;
        let calendars = self.store().calendars().await?;
        let wanted = |id| calendars.iter().any(|c| c.id == id && (c.shown || hidden));
        let mut far = self.store().find_far_series(text, limit).await?;
        // Beyond the range, or where it does not hold today, members are known only of their text.
        let holds_now = self.store().calendar_range().await?.is_some_and(|(lo, hi)| lo <= now && now < hi);
        let unsure = |r: &SpanRow| r.repeats && (!holds_now || r.finish <= now.millis());
        far.extend(rows.iter().filter(|r| unsure(r)).map(|r| r.item));
        rows.retain(|r| !unsure(r));
        if !far.is_empty() {
            let reader = self.item_reader().await?;
            for id in far {
                // It may be gone by now.
                let Ok(item) = self.store().calendar_item(id).await else { continue };
                if wanted(item.calendar) {
                    let reader = reader.clone();
                    rows.extend(on_pool(move || nearest(&item, &reader, now)).await?);
                }
            }
        }
        let stuck = self.stuck(&rows).await?;
        let viewer = zone::local();
        let found = merged(rows.into_iter().map(|r| (r.uid.clone(), view(r, &calendars, &stuck, &viewer))).collect());
        let (mut coming, mut over): (Vec<_>, Vec<_>) = found.into_iter().partition(|v| v.end > now);
        coming.sort_by_key(|v| v.start);
        over.sort_by_key(|v| std::cmp::Reverse(v.start));
        coming.truncate(limit as usize);
        over.truncate(limit as usize);
        coming.append(&mut over);
        Ok(coming)
    }
}

/// The next member of a series, else its last one.
fn nearest(item: &ItemRow, reader: &Reader, now: Timestamp) -> Option<SpanRow> {
    let data = Reader { range: None, ..reader.clone() }.item(&item.ics);
    let members = reader.members(&item.ics, &[(now.plus_millis(-BACK_MS), now.plus_millis(AHEAD_MS))]);
    let next = members.iter().filter(|m| m.finish > now.millis()).min_by_key(|m| m.start);
    let span = next.or_else(|| members.iter().max_by_key(|m| m.start))?;
    let part = data.parts.get(span.part)?;
    Some(SpanRow {
        item: item.id,
        member: span.member.clone(),
        calendar: item.calendar,
        uid: item.uid.clone(),
        title: part.title.clone(),
        location: part.location.clone(),
        kind: span.kind,
        start: span.start,
        finish: span.finish,
        status: part.status.to_owned(),
        mine: part.mine.map(str::to_owned),
        free: part.free,
        joins: part.joins,
        owns: part.owns,
        repeats: true,
        waits: item.base.is_some() || item.remote.is_none(),
        conflict: item.theirs.is_some(),
    })
}
