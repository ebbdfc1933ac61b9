//! A video call that the provider is to make for an event.
//!
//! Asking for one is a change of the event, so it stands in its text until the provider has it: a line that nobody else reads. It goes out
//! with the event, under an id that is the same for every attempt, and what the provider says of the call comes back in its place.

use domain::calendar::CallKind;

use crate::{
    event::Event,
    lines::{Component, Line},
};

/// `X-AURELIUS-CALL;KIND=google_meet:wanted/0197…`.
pub const LINE: &str = "X-AURELIUS-CALL";

/// How far it is. Of a call that is there, only its address is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallState {
    /// Asked for here, and not at the provider yet.
    Wanted,
    /// The provider is at it.
    Pending,
    /// The provider could not make it.
    Failed,
}

impl CallState {
    const ALL: [Self; 3] = [Self::Wanted, Self::Pending, Self::Failed];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wanted => "wanted",
            Self::Pending => "pending",
            Self::Failed => "failed",
        }
    }

    /// Of the value of [`LINE`].
    pub fn of(value: &str) -> Option<Self> {
        let (state, _) = value.trim().split_once('/')?;
        Self::ALL.into_iter().find(|known| known.as_str() == state)
    }
}

/// What a person does about the call of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// `id`: unique, and the same whenever this is asked for again.
    Make { id: String, kind: CallKind },
    /// No call, where one was only asked for.
    Drop,
}

/// What the provider says of one that is not there (yet).
pub fn told(state: CallState, id: &str) -> Line {
    Line::new(LINE, &format!("{}/{id}", state.as_str()))
}

/// Which call is still to be asked for: its id, and of which kind it is to be.
pub fn wanted(component: &Component) -> Option<(String, Option<CallKind>)> {
    let line = component.line(LINE).filter(|line| CallState::of(line.value()) == Some(CallState::Wanted))?;
    let kind = line.param("KIND").as_deref().and_then(CallKind::parse);
    Some((id_of(line.value()).to_owned(), kind))
}

/// The provider is at it, or is to be asked.
pub fn awaited(component: &Component) -> bool {
    component.line(LINE).and_then(|line| CallState::of(line.value())).is_some_and(|state| state != CallState::Failed)
}

/// One that is still to be asked for is of another kind; None: it is not asked for.
pub(crate) fn rekind(component: &mut Component, kind: Option<CallKind>) {
    match (wanted(component), kind) {
        (Some((id, _)), Some(kind)) => component.set(wish(&id, kind)),
        _ => component.remove(LINE),
    }
}

fn wish(id: &str, kind: CallKind) -> Line {
    Line::new(LINE, &format!("{}/{id}", CallState::Wanted.as_str())).with("KIND", kind.as_str())
}

/// What stays the same while its state changes.
pub(crate) fn id_of(value: &str) -> &str {
    value.trim().split_once('/').map_or("", |(_, id)| id)
}

/// Nothing where there is an address to join at already: a call that is there is kept.
pub(crate) fn put(component: &mut Component, event: &Event, ask: &Ask) {
    match ask {
        Ask::Make { id, kind } if event.join.is_none() => component.set(wish(id, *kind)),
        Ask::Make { .. } => {}
        Ask::Drop => component.remove(LINE),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use domain::time::{Timestamp, Zone};

    use super::*;
    use crate::edit::{Context, Fields, Members, change};

    const ICS: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:20261201T100000Z\r\nDTEND:20261201T110000Z\r\nSUMMARY:Review\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

    fn edited(ics: &str, fields: &Fields) -> String {
        let context = Context { now: Timestamp(0), viewer: &Zone::fixed(0), me: None };
        change(ics, &Members::All, fields, "b", &context).unwrap().ics.unwrap()
    }

    fn event(ics: &str) -> Event {
        crate::read(ics.as_bytes(), &Zone::fixed(0)).unwrap().series.remove(0).1.master.unwrap()
    }

    fn asking(id: &str) -> Fields {
        Fields { call: Some(Ask::Make { id: id.to_owned(), kind: CallKind::Teams }), ..Fields::default() }
    }

    #[test]
    fn a_call_is_asked_for_and_dropped_and_an_address_stays() {
        let asked = edited(ICS, &asking("1"));
        assert!(asked.contains("X-AURELIUS-CALL;KIND=teams:wanted/1"), "{asked}");
        assert_eq!(event(&asked).call, Some(CallState::Wanted));
        let dropped = edited(&asked, &Fields { call: Some(Ask::Drop), ..Fields::default() });
        assert!(event(&dropped).call.is_none() && !dropped.contains(LINE));
        let met = edited(ICS, &Fields { join: Some("https://meet.example/x".to_owned()), ..Fields::default() });
        assert_eq!(edited(&met, &asking("2")), met, "a call that is there is kept");
    }

    #[test]
    fn a_call_that_the_provider_is_at_is_the_one_that_was_asked_for() {
        let asked = edited(ICS, &asking("1"));
        let told = asked.replace("X-AURELIUS-CALL;KIND=teams:wanted/1", "X-AURELIUS-CALL:pending/1").replace("Review", "Review 2");
        let merged = crate::merge(ICS, &asked, &told, &Zone::fixed(0)).unwrap();
        assert!(merged.conflicts.is_empty(), "{:?}", merged.conflicts);
        assert_eq!(event(&merged.ics).call, Some(CallState::Pending));
        // What somebody else wrote meanwhile goes together with what is still to be asked for.
        let other = ICS.replace("Review", "Review 2");
        let merged = crate::merge(ICS, &asked, &other, &Zone::fixed(0)).unwrap();
        assert!(merged.conflicts.is_empty() && event(&merged.ics).call == Some(CallState::Wanted) && merged.ics.contains("Review 2"));
    }

    #[test]
    fn states_that_mean_nothing_are_none() {
        for text in ["", "wanted", "other/1", "Wanted/1"] {
            assert_eq!(CallState::of(text), None, "{text}");
        }
    }
}
