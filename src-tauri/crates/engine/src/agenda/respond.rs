//! Answers to invitations, from the calendar or from the mail that brought one. A server that schedules (RFC 6638) tells the organiser by
//! itself; else the answer is a mail to them (RFC 6047), from exactly the address that was invited.

use calendar::{
    Event, Participation, Person,
    edit::{self, Context},
};
use domain::{
    audit::{Actor, Outcome},
    ids::{MessageId, OutboxId},
    mail::Address,
    time::Timestamp,
};
use store::CalendarRow;

use super::{
    AnswerBack, EventBack, EventDone, Members,
    data::{Reader, events, of_member},
    edit::{Open, Wanted, edit_error, named},
};
use crate::{
    Engine, EngineError,
    core::audit,
    mime::build::CalendarPart,
    read::invite::answer_word,
    views::{SendMail, SendOptions, UndoItem, UndoToken},
};

/// A click on the wrong button is noticed within that.
pub(super) const UNDO_SECS: u32 = 10;

fn parse(answer: &str) -> Result<Participation, EngineError> {
    match answer {
        "accepted" => Ok(Participation::Accepted),
        "declined" => Ok(Participation::Declined),
        "tentative" => Ok(Participation::Tentative),
        _ => Err(EngineError::invalid(format!("{answer:?} is no answer."), "Answer accepted, declined or tentative.")),
    }
}

fn said(answer: Participation, title: &str) -> String {
    let event = named(title);
    match answer {
        Participation::Accepted => format!("You said yes to {event}"),
        Participation::Declined => format!("You said no to {event}"),
        _ => format!("You said maybe to {event}"),
    }
}

/// What the answer says above the calendar part, and its subject.
fn letter(answer: Participation, who: &str, title: &str) -> (String, String) {
    let (subject, verb) = match answer {
        Participation::Accepted => ("Accepted", "has accepted"),
        Participation::Declined => ("Declined", "has declined"),
        _ => ("Tentative", "may come to"),
    };
    let title = if title.is_empty() { "your invitation" } else { title };
    (format!("{subject}: {title}"), format!("{who} {verb} this invitation.\n"))
}

/// What an answer is remembered under.
pub(crate) fn answer_key(uid: &str, member: Option<&str>) -> String {
    member.map_or_else(|| uid.to_owned(), |m| format!("{uid}/{m}"))
}

/// Who is answered, and as whom.
struct Parties {
    me: Person,
    organizer: Person,
    title: String,
}

fn parties(event: &Event, reader: &Reader) -> Result<Parties, EngineError> {
    let me = reader.me(event).ok_or_else(|| {
        EngineError::new("not_invited", "None of your addresses is among the guests.", "Connect the account that was invited.")
    })?;
    let organizer =
        event.organizer.clone().ok_or_else(|| EngineError::new("invalid", "It does not say who invites.", "Answer the mail itself."))?;
    Ok(Parties { me: me.person.clone(), organizer, title: super::data::line(&event.summary) })
}

impl Engine {
    /// Answers an invitation that lies in a calendar.
    pub async fn respond_event(&self, event: &str, which: Members, answer: &str, actor: Actor) -> Result<EventDone, EngineError> {
        let answer = parse(answer)?;
        let open = self.open_event(event).await?;
        self.respond_open(open, which, answer, None, actor).await
    }

    async fn respond_open(
        &self,
        open: Open,
        which: Members,
        answer: Participation,
        mail: Option<MessageId>,
        actor: Actor,
    ) -> Result<EventDone, EngineError> {
        let members = open.members(which)?;
        let viewer = open.reader.viewer.clone();
        let shown = of_member(&open.series, &open.member).ok_or_else(|| EngineError::not_found("This event"))?;
        let parties = parties(shown, &open.reader)?;
        let context = Context { now: self.now(), viewer: &viewer, me: None };
        let ics = edit::respond(&open.item.ics, &members, &open.reader.own, answer, &context).map_err(edit_error)?;
        let reply = edit::reply(&ics, &members, &parties.me.address, answer, &context).map_err(edit_error)?;
        let schedules = open.calendar.schedules;
        let token = if schedules { None } else { self.mail_answer(&parties, answer, reply, mail, actor).await? };
        let told = schedules || token.is_some();
        let back = EventBack { item: open.item.id, calendar: open.calendar.id, ics: Some(open.item.ics) };
        let edits = vec![(Some(open.item.id), Some(ics), parties.title.clone())];
        let member = if open.member.is_empty() || which == Members::All { None } else { Some(open.member.as_str()) };
        let key = answer_key(&open.uid, member);
        self.answered(Some((&open.calendar, vec![back], edits)), (key, answer), token, told, &parties, actor).await
    }

    /// Answers an invitation that lies in a mail. Where the event is in a calendar, or one can take it, it is there with the answer.
    pub async fn respond_invite(&self, message: MessageId, answer: &str, actor: Actor) -> Result<EventDone, EngineError> {
        let answer = parse(answer)?;
        let text = self.calendar_part(message).await?.ok_or_else(|| EngineError::not_found("The invitation"))?;
        let reader = self.item_reader().await?;
        let document =
            calendar::read(text.as_bytes(), &reader.viewer).map_err(|e| EngineError::invalid(e.to_string(), "Answer the mail itself."))?;
        if !matches!(document.method, Some(calendar::Method::Request | calendar::Method::Add)) {
            return Err(EngineError::new("invalid", "This mail asks for no answer.", ""));
        }
        let (uid, series) = document.series.into_iter().next().ok_or_else(|| EngineError::not_found("The invitation"))?;
        let event = events(&series).next().ok_or_else(|| EngineError::not_found("The invitation"))?;
        let parties = parties(event, &reader)?;
        let member = series.master.is_none().then(|| event.stands_for.as_ref().map(|(w, _)| w.key())).flatten();
        for item in self.store().items_by_uid(&uid).await? {
            let calendar = self.store().calendar(item.calendar).await?;
            if calendar.writable && item.theirs.is_none() {
                let which = if member.is_some() { Members::Only } else { Members::All };
                let open = Open::new(item, calendar, member.unwrap_or_default(), reader);
                return self.respond_open(open, which, answer, Some(message), actor).await;
            }
        }
        let part = calendar::file::split(text.as_bytes())
            .map_err(|e| EngineError::invalid(e.to_string(), "Answer the mail itself."))?
            .into_iter()
            .find(|p| p.uid == uid)
            .ok_or_else(|| EngineError::not_found("The invitation"))?;
        let context = Context { now: self.now(), viewer: &reader.viewer, me: None };
        let ics = edit::respond(&part.ics, &edit::Members::All, &reader.own, answer, &context).map_err(edit_error)?;
        let reply = edit::reply(&ics, &edit::Members::All, &parties.me.address, answer, &context).map_err(edit_error)?;
        let into = if answer == Participation::Declined { None } else { self.calendar_of_mail(message).await? };
        let schedules = match &into {
            Some(calendar) if calendar.schedules => self.tells_of_new(calendar).await?,
            _ => false,
        };
        let token = if schedules { None } else { self.mail_answer(&parties, answer, reply, Some(message), actor).await? };
        let told = schedules || token.is_some();
        let key = (answer_key(&uid, member.as_deref()), answer);
        if into.is_none() && !told {
            return Err(nobody_told(&parties));
        }
        let placed = into.as_ref().map(|calendar| (calendar, Vec::new(), vec![(None, Some(ics), parties.title.clone())]));
        self.answered(placed, key, token, told, &parties, actor).await
    }

    /// The account that was written to may have a calendar of its own; else it is where other events go. None: there is none.
    async fn calendar_of_mail(&self, message: MessageId) -> Result<Option<CalendarRow>, EngineError> {
        let account = self.store().message(message).await?.summary.account;
        let connection = self.store().account(account).await?.connection;
        let rows = self.store().calendars().await?;
        let own = |c: &&CalendarRow| c.writable && c.connection == connection;
        match rows.iter().find(|c| own(c) && c.preferred).or_else(|| rows.iter().find(own)) {
            Some(calendar) => Ok(Some(calendar.clone())),
            None => Ok(self.calendar_for(None).await.ok()),
        }
    }

    async fn tells_of_new(&self, calendar: &CalendarRow) -> Result<bool, EngineError> {
        let connection = self.store().connection(&calendar.connection).await?;
        Ok(self.calendar_source(&connection)?.is_some_and(|source| source.tells_of_new()))
    }

    /// None: no connected account can send from the address that was invited.
    async fn mail_answer(
        &self,
        parties: &Parties,
        answer: Participation,
        reply: String,
        message: Option<MessageId>,
        actor: Actor,
    ) -> Result<Option<UndoToken>, EngineError> {
        let accounts = self.store().accounts().await?;
        let Some(account) = accounts.iter().find(|a| a.can_send && a.email.eq_ignore_ascii_case(&parties.me.address)) else {
            return Ok(None);
        };
        let who = if account.display_name.is_empty() { &account.email } else { &account.display_name };
        let (subject, text) = letter(answer, who, &parties.title);
        let mail = SendMail {
            from: Some(account.email.clone()),
            to: vec![Address { name: parties.organizer.name.clone(), email: parties.organizer.address.clone() }],
            cc: Vec::new(),
            bcc: Vec::new(),
            subject: subject.chars().filter(|c| !c.is_control()).collect(),
            text,
            html: None,
            attachments: Vec::new(),
            in_reply_to: message,
            options: SendOptions { undo_seconds: if actor == Actor::Cli { 0 } else { UNDO_SECS }, send_at: None },
            actor,
        };
        let part = CalendarPart { method: "REPLY".to_owned(), text: reply };
        let outbox: OutboxId = self.send_mail_with(mail, Some(part)).await?;
        self.emit().outbox(&account.connection, outbox);
        let items = vec![UndoItem { outbox, account: account.id, inverse: None }];
        Ok(Some(UndoToken { items, label: String::new(), count: 1, undoable: true }))
    }

    /// Stores an answer: in a calendar where it has a place there, and as what the card of its mail says.
    async fn answered(
        &self,
        placed: Option<(&CalendarRow, Vec<EventBack>, Vec<Wanted>)>,
        (key, answer): (String, Participation),
        mail: Option<UndoToken>,
        told: bool,
        parties: &Parties,
        actor: Actor,
    ) -> Result<EventDone, EngineError> {
        let before = self.store().invite_answer(&key).await?;
        self.store().set_invite_answer(&key, Some(answer_word(answer)), self.now()).await?;
        let mut words = said(answer, &parties.title);
        if !told {
            let (who, address) = (parties.organizer.shown(), &parties.me.address);
            words = format!("{words}; {who} was not told: no connected account can send from {address}");
        }
        let back = Some(AnswerBack { key, before, mail });
        match placed {
            Some((calendar, items, edits)) => self.apply(calendar, items, edits, back, ("event.answered", words), actor).await,
            None => {
                let detail = format!("answer={}", answer_word(answer));
                self.audit_only(audit(actor, "event.answered", "event:", Outcome::Ok, detail)).await;
                self.remembered(None, Vec::new(), back, Vec::new(), words).await
            }
        }
    }
}

fn nobody_told(parties: &Parties) -> EngineError {
    EngineError::new(
        "no_sender",
        format!("No connected account can send from {}, which was invited.", parties.me.address),
        "Connect that account, or answer the mail itself.",
    )
}

/// For the undo list: how long an answer can be taken back.
pub(crate) const fn answer_until(now: Timestamp) -> Timestamp {
    now.plus_secs(UNDO_SECS as i64)
}
