//! Answers of guests that come by mail (RFC 6047): where no server schedules (RFC 6638), nobody else writes them into the meeting.

use calendar::{
    Method, Participation, Person,
    edit::{self, Context},
};
use domain::{audit::Actor, ids::MessageId, time::Zone};

use super::{
    EventBack, EventDone,
    data::{events, guest, of_member, unharmed},
    edit::{Open, edit_error, named},
};
use crate::{Engine, EngineError, read::on_pool};

/// What a mail answers, read out of its calendar part.
struct Reply {
    uid: String,
    guest: Person,
    /// The series, or single members of it, in the order of the mail.
    parts: Vec<(edit::Members, Participation)>,
    /// The member that the first is about; empty: the series.
    member: String,
    /// Of the meeting as the guest knew it.
    sequence: i64,
}

/// An answer beside the meeting of the person's own that it is about.
pub(crate) struct Heard {
    open: Open,
    reply: Reply,
    /// What the calendar says of the guest so far.
    pub before: Participation,
}

impl Reply {
    /// None: it is no answer, or not one of whoever sent the mail.
    fn read(text: &str, from: &str, viewer: &Zone) -> Option<Self> {
        let document = calendar::read(text.as_bytes(), viewer).ok().filter(|d| d.method == Some(Method::Reply))?;
        let (uid, series) = document.series.into_iter().next()?;
        let first = events(&series).next()?;
        // RFC 5546 section 3.2.3: the one who answers, and nobody else.
        let who = first.attendees.first().map(|a| a.person.clone()).filter(|p| p.address.eq_ignore_ascii_case(from))?;
        let of_guest = |event: &calendar::Event| {
            let own = guest(event, from)?;
            let about = event.stands_for.as_ref().map_or(edit::Members::All, |(at, _)| edit::Members::Only(at.clone()));
            Some((about, own.participation))
        };
        Some(Self {
            member: first.stands_for.as_ref().map(|(at, _)| at.key()).unwrap_or_default(),
            sequence: first.sequence,
            parts: events(&series).filter_map(of_guest).collect(),
            uid,
            guest: who,
        })
    }
}

impl Engine {
    /// The meeting that an answer in a mail is about. None where there is none of the person's own that they can write, where its server
    /// takes answers in by itself, where the guest was not invited, and where they answer an earlier version of it.
    pub(crate) async fn heard(&self, text: String, from: String) -> Result<Option<Heard>, EngineError> {
        let reader = self.item_reader().await?;
        let viewer = reader.viewer.clone();
        let read = on_pool(move || unharmed(|| Reply::read(&text, &from, &viewer)));
        let Some(reply) = read.await? else { return Ok(None) };
        for item in self.store().items_by_uid(&reply.uid).await? {
            let calendar = self.store().calendar(item.calendar).await?;
            if !calendar.writable || calendar.schedules || item.theirs.is_some() {
                continue;
            }
            let open = Open::new(item, calendar, reply.member.clone(), reader.clone());
            let Some(event) = of_member(&open.series, &reply.member) else { continue };
            let own = event.organizer.as_ref().is_some_and(|o| reader.is_own(&o.address));
            let invited = guest(event, &reply.guest.address);
            if let Some(before) = invited.filter(|_| own && event.sequence <= reply.sequence).map(|g| g.participation) {
                return Ok(Some(Heard { open, reply, before }));
            }
        }
        Ok(None)
    }

    /// Writes the answer that a mail brought into the meeting. Nobody is told: only whoever called it wants to know.
    pub async fn note_answer(&self, message: MessageId, actor: Actor) -> Result<EventDone, EngineError> {
        let text = self.calendar_part(message).await?.ok_or_else(|| EngineError::not_found("The answer"))?;
        let from = self.store().message(message).await?.summary.from.email;
        let Some(Heard { open, reply, .. }) = self.heard(text, from).await? else {
            return Err(EngineError::new(
                "not_found",
                "This answers no meeting of yours that can be changed here.",
                "Sync the calendar; where the meeting was changed since, ask the guest again.",
            ));
        };
        let context = Context { now: self.now(), viewer: &open.reader.viewer, me: None };
        let guest = [reply.guest.address.clone()];
        let mut ics = open.item.ics.clone();
        for (members, answer) in &reply.parts {
            ics = edit::respond(&ics, members, &guest, *answer, &context).map_err(edit_error)?;
        }
        let title = open.title();
        let words = format!("The answer of {} is noted in {}", reply.guest.shown(), named(&title));
        let back = EventBack { item: open.item.id, calendar: open.calendar.id, ics: Some(open.item.ics) };
        let edits = vec![(Some(open.item.id), Some(ics), title)];
        self.apply(&open.calendar, vec![back], edits, None, ("event.answer_noted", words), actor).await
    }
}
