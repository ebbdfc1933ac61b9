//! A time for a meeting, out of what [`Engine::guests_time`] told. Asks nobody.

use calendar::{
    NamedZone,
    find_time::{Person, Slot, Sought, WorkingHours, find},
};
use domain::{
    free_busy::{BusySpan, LONGEST_MS, MOST_PEOPLE, MOST_SPANS},
    time::Timestamp,
};

use crate::{Engine, EngineError, read::on_pool, zone};

/// Suggestions of one answer.
const MOST: usize = 20;

/// What is looked for, among what is known of the people already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotsQuestion {
    pub people: Vec<SlotPerson>,
    pub from: Timestamp,
    pub to: Timestamp,
    /// Milliseconds.
    pub length: i64,
    pub hours: WorkingHours,
    /// Whose wall the working hours are on: an IANA name. None: the person's own.
    pub zone: Option<String>,
    pub most: usize,
}

/// Somebody who is to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotPerson {
    /// In order, without overlaps. None: nothing is known.
    pub busy: Option<Vec<BusySpan>>,
    pub required: bool,
}

impl Engine {
    /// The best times, best first; none of them has begun already. `invalid` for a question without measure.
    pub async fn find_slots(&self, question: SlotsQuestion) -> Result<Vec<Slot>, EngineError> {
        let spans = question.people.iter().filter_map(|p| p.busy.as_ref());
        let bounded = question.people.len() <= MOST_PEOPLE + 1
            && spans.clone().all(|s| s.len() <= MOST_SPANS)
            && question.to.since(question.from) <= LONGEST_MS;
        if !bounded {
            return Err(EngineError::invalid("There is too much to look through.", "Ask for fewer people, or for less time."));
        }
        if !question.hours.is_sane() {
            return Err(EngineError::invalid("There are no working hours.", "Choose days, and an end that is later than the beginning."));
        }
        // The search relies on it.
        if !spans.clone().all(|s| s.windows(2).all(|w| matches!(w, [a, b] if a.end <= b.start))) {
            return Err(EngineError::invalid("The times of the people overlap.", "Ask for them again."));
        }
        let zone = match &question.zone {
            Some(name) => NamedZone::known(name).map(|z| z.zone().clone()),
            None => Some(zone::local()),
        };
        let zone = zone.ok_or_else(|| EngineError::invalid("There is no such time zone.", "Write it like Europe/Berlin."))?;
        let now = self.now();
        on_pool(move || {
            let people: Vec<_> = question.people.iter().map(|p| Person { busy: p.busy.as_deref(), required: p.required }).collect();
            find(&Sought {
                from: question.from.max(now),
                to: question.to,
                length: question.length,
                hours: question.hours,
                zone: &zone,
                people: &people,
                most: question.most.min(MOST),
            })
        })
        .await
    }
}
