//! When the guests of a meeting have no time: the person's own calendars answer from the store, others are asked for where the meeting's
//! calendar is.
//!
//! It is only asked when the person wants to know: whoever is asked learns whom one wants to meet. Nothing of the answer is stored. One
//! question is bounded by people, range and time, and ends where whoever asked lets go of it.

use std::time::Duration;

use domain::{
    audit::Actor,
    connection::ConnectionSettings,
    error::ProviderError,
    free_busy::{Availability, BusySpan, FreeBusyQuestion, LONGEST_MS, MOST_PEOPLE, NotKnown},
    ids::CalendarId,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

use super::{EventDetail, EventView, busy};
use crate::{Engine, EngineError, core::on_connection};

/// A provider that does not answer in that time is not waited for: somebody looks at the screen.
const PATIENCE: Duration = Duration::from_secs(20);

/// Whose time is wanted, and for what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuestsQuestion {
    /// E-mail addresses; the person's own may be among them. [`MOST_PEOPLE`] at most.
    pub people: Vec<String>,
    pub from: Timestamp,
    /// Exclusive; at most [`LONGEST_MS`] later.
    pub to: Timestamp,
    /// Where the meeting is or will be: its connection is asked. None: the calendar that new events go to.
    pub calendar: Option<CalendarId>,
    /// The meeting itself, where there is one: it keeps nobody from itself.
    pub event: Option<String>,
}

/// One person's time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuestTime {
    /// In lower case.
    pub address: String,
    /// The person's own: answered by their calendars here.
    pub own: bool,
    /// In order, without overlaps.
    pub busy: Vec<BusySpan>,
    /// Why nothing is known; then `busy` says nothing.
    pub not_known: Option<NotKnown>,
}

impl GuestTime {
    fn of(address: String, own: bool, busy: Result<Vec<BusySpan>, NotKnown>) -> Self {
        let (busy, not_known) = match busy {
            Ok(busy) => (busy, None),
            Err(why) => (Vec::new(), Some(why)),
        };
        Self { address, own, busy, not_known }
    }
}

impl Engine {
    /// When these people have no time, in the order of the question, each once.
    ///
    /// `invalid` for a question without measure; a person who can't be asked for is no error but [`GuestTime::not_known`].
    pub async fn guests_time(&self, question: &GuestsQuestion, actor: Actor) -> Result<Vec<GuestTime>, EngineError> {
        let people = people(&question.people)?;
        let (from, to) = (question.from, question.to);
        if to <= from || to.since(from) > LONGEST_MS {
            return Err(EngineError::invalid("That is no range of at most 42 days.", "Ask for less at once."));
        }
        let event = match &question.event {
            Some(key) => Some(self.event(key).await?),
            None => None,
        };
        let reader = self.item_reader().await?;
        let (own, others): (Vec<String>, Vec<String>) = people.iter().cloned().partition(|address| reader.is_own(address));
        let mine = if own.is_empty() { Ok(Vec::new()) } else { self.own_time(from, to, question.event.as_deref()).await };
        let mine = mine?;
        let told = if others.is_empty() {
            Vec::new()
        } else {
            let calendar = question.calendar.or_else(|| event.as_ref().map(|e| e.row.calendar));
            self.ask_for_others(calendar, &FreeBusyQuestion { people: others, from, to }, actor).await
        };
        let of = |address: String| {
            if own.contains(&address) {
                return GuestTime::of(address, true, Ok(mine.clone()));
            }
            let found = told.iter().find(|a| a.address == address).map_or(Err(NotKnown::Failed), |a| a.busy.clone());
            let found = found.map(|spans| without_itself(spans, &address, event.as_ref()));
            GuestTime::of(address, false, found)
        };
        Ok(people.into_iter().map(of).collect())
    }

    /// Of the calendars that are the person's own: those that can be written to, and all of a connection that may write to none. What
    /// others publish says nothing of the person's time.
    async fn own_time(&self, from: Timestamp, to: Timestamp, event: Option<&str>) -> Result<Vec<BusySpan>, EngineError> {
        let (rows, cut) = self.agenda(from, to, true).await?;
        if cut {
            return Err(EngineError::invalid("There is too much in this time to say when it is free.", "Ask for less at once."));
        }
        let calendars = self.store().calendars().await?;
        let connections = self.store().connections().await?;
        let published = |id| connections.iter().any(|c| c.id == id && matches!(c.settings, ConnectionSettings::Feed(_)));
        let own: Vec<CalendarId> = calendars
            .iter()
            .filter(|c| c.writable || !calendars.iter().any(|o| o.connection == c.connection && o.writable))
            .filter(|c| !published(c.connection.clone()))
            .map(|c| c.id)
            .collect();
        let mine = |r: &EventView| event != Some(r.key.as_str()) && (own.contains(&r.calendar) || r.also.iter().any(|c| own.contains(c)));
        Ok(busy::kept(&rows.into_iter().filter(mine).collect::<Vec<_>>(), from, to))
    }

    /// A failure of the whole question is a reason for each.
    async fn ask_for_others(&self, calendar: Option<CalendarId>, question: &FreeBusyQuestion, actor: Actor) -> Vec<Availability> {
        match self.ask(calendar, question, actor).await {
            Ok(told) => told,
            Err(error) => {
                tracing::info!(code = error.code(), people = question.people.len(), "nobody told when others have time");
                let why = NotKnown::of(&error);
                question.people.iter().map(|address| Availability { address: address.clone(), busy: Err(why) }).collect()
            }
        }
    }

    async fn ask(
        &self,
        calendar: Option<CalendarId>,
        question: &FreeBusyQuestion,
        actor: Actor,
    ) -> Result<Vec<Availability>, ProviderError> {
        let nobody = |e: EngineError| ProviderError::Unsupported(e.message);
        let calendar = match calendar {
            Some(id) => self.store().calendar(id).await.map_err(|e| nobody(e.into()))?,
            None => self.calendar_for(None).await.map_err(nobody)?,
        };
        let connection = self.store().connection(&calendar.connection).await.map_err(|e| nobody(e.into()))?;
        let source = self.require_calendar(&connection)?;
        // Whom it was about is nobody's business later on.
        let entry = on_connection(actor, "event.guests_asked", &connection.id, format!("people={}", question.people.len()));
        self.audit_only(entry).await;
        tokio::select! {
            () = self.cancelled().cancelled() => Err(ProviderError::Cancelled),
            told = tokio::time::timeout(PATIENCE, source.free_busy(question)) => told.unwrap_or_else(|_| {
                Err(ProviderError::Unreachable { host: connection.label.clone(), reason: "it did not answer in time".to_owned() })
            }),
        }
    }
}

/// Addresses in lower case, each once.
fn people(given: &[String]) -> Result<Vec<String>, EngineError> {
    let mut out: Vec<String> = Vec::new();
    for address in given.iter().map(|a| a.trim().to_lowercase()) {
        let odd = address.len() > 320 || !address.contains('@') || address.contains(|c: char| c.is_whitespace() || c.is_control());
        if odd {
            return Err(EngineError::invalid(format!("“{address}” is no e-mail address."), "Give addresses like ana@example.org."));
        }
        if !out.contains(&address) {
            out.push(address);
        }
    }
    if out.is_empty() {
        return Err(EngineError::invalid("Nobody is named.", "Give at least one address."));
    }
    if out.len() > MOST_PEOPLE {
        return Err(EngineError::invalid(format!("More than {MOST_PEOPLE} people can't be asked for at once."), "Ask for fewer."));
    }
    Ok(out)
}

/// A guest's calendar has the meeting, too, and nobody tells what a span is. One that begins and ends with the meeting is the meeting.
fn without_itself(mut spans: Vec<BusySpan>, address: &str, event: Option<&EventDetail>) -> Vec<BusySpan> {
    let invited =
        |e: &&EventDetail| e.guests.iter().chain(&e.organizer).any(|g| g.email.eq_ignore_ascii_case(address) && g.answer != "declined");
    if let Some(event) = event.filter(invited) {
        spans.retain(|s| (s.start, s.end) != (event.row.start, event.row.end));
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_named_is_an_address_and_named_once() {
        let of = |list: &[&str]| people(&list.iter().map(|a| (*a).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&[" Ana@X.example", "bo@x.example", "ana@x.example "]).unwrap(), ["ana@x.example", "bo@x.example"]);
        for bad in [&["ana"][..], &["a b@x.example"], &["a@x.example\r\nATTENDEE:x"], &[]] {
            assert!(of(bad).is_err(), "{bad:?}");
        }
        let many: Vec<String> = (0..=MOST_PEOPLE).map(|n| format!("a{n}@x.example")).collect();
        assert!(people(&many).is_err() && people(&many[1..]).is_ok());
    }
}
