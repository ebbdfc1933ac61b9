//! Video calls that the provider of a calendar makes for an event of it.

use calendar::{Event, call::Ask};
use store::CalendarRow;

use super::EventFields;
use crate::EngineError;

/// What the form says of a call, for an event of this calendar. `there`: the event as it is. The call's id is made here and now: it goes
/// out with every attempt, so that asking twice makes one call.
pub(super) fn ask(calendar: &CalendarRow, given: &EventFields, there: Option<&Event>) -> Result<Option<Ask>, EngineError> {
    let typed = given.join.as_ref().filter(|join| !join.is_empty());
    match given.video {
        None => Ok(None),
        Some(false) => Ok(Some(Ask::Drop)),
        Some(true) if typed.is_some() => {
            Err(EngineError::invalid("An event has one place to join at.", "Give an address, or have a call made; not both."))
        }
        Some(true) if there.is_some_and(|event| event.join.is_some()) && given.join.is_none() => {
            Err(EngineError::invalid("This event has a place to join at already.", "Take that away first."))
        }
        Some(true) => match calendar.calls {
            Some(kind) => Ok(Some(Ask::Make { id: uuid::Uuid::now_v7().to_string(), kind })),
            None => Err(EngineError::invalid(
                format!("{} can't make a video call.", calendar.name),
                "Paste the address of one, or choose a calendar of Google or Microsoft.",
            )),
        },
    }
}
