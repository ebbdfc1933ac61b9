//! What the person changes: made here at once, written to the provider a moment later, and taken back as a whole.

use calendar::{
    NamedZone, Person, Series, When,
    edit::{self, Context, Edited},
};
use domain::{
    audit::{Actor, Outcome},
    ids::{CalendarId, ItemId},
    time::{Timestamp, Zone},
};
use serde::{Deserialize, Serialize};
use store::{CalendarRow, ItemEdit, ItemRow};

use super::{
    EVENT_DELAY_MS, EventFields, calls,
    data::{Reader, events, exception, line, of_member, series_of},
    fields, key, parse_key,
};
use crate::{Engine, EngineError, core::audit, events::Entity, read::on_pool, undo::UndoWork, views::UndoToken, zone};

/// Which members of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Members {
    Only,
    /// This one and all behind it.
    Following,
    All,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventDone {
    /// The event that was made or changed; None after a deletion.
    pub key: Option<String>,
    /// For [`Engine::undo_record`].
    pub undo: Option<i64>,
    pub until: Timestamp,
    pub words: String,
}

/// One item as it was. Stored with the undo list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EventBack {
    pub item: ItemId,
    pub calendar: CalendarId,
    /// None: it was not there.
    pub ics: Option<String>,
}

/// An answer as it was. Stored with the undo list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AnswerBack {
    pub key: String,
    pub before: Option<String>,
    /// The mail that tells of it, while it waits.
    pub mail: Option<UndoToken>,
}

/// An item as it is to be: which (None: a new one), its text (None: it goes), and its title for whoever looks at what waits.
pub(super) type Wanted = (Option<ItemId>, Option<String>, String);

/// An item that may be changed, with the calendar that it lies in.
pub(super) struct Open {
    pub item: ItemRow,
    pub calendar: CalendarRow,
    pub member: String,
    pub reader: Reader,
    pub uid: String,
    pub series: Series,
}

/// An error of reading or editing, for the person.
pub(super) fn edit_error(e: edit::EditError) -> EngineError {
    let code = match &e {
        edit::EditError::NotInvited(_) => "not_invited",
        edit::EditError::NoSuchMember => "not_found",
        _ => "invalid",
    };
    // What to do next stands behind the colon.
    let words = e.to_string();
    let (what, hint) = words.split_once(": ").unwrap_or((&words, ""));
    EngineError::new(code, what, hint).with_source(e)
}

impl Open {
    pub fn new(item: ItemRow, calendar: CalendarRow, member: String, reader: Reader) -> Self {
        let (uid, series) = series_of(&item.ics, &reader.viewer).unwrap_or_default();
        Self { item, calendar, member, reader, uid, series }
    }

    /// The members that the key and a choice name.
    pub fn members(&self, which: Members) -> Result<edit::Members, EngineError> {
        if self.member.is_empty() || which == Members::All {
            return Ok(edit::Members::All);
        }
        let like = events(&self.series).next().map(|e| &e.start);
        let at = like.and_then(|like| When::of_key(&self.member, like)).ok_or_else(|| EngineError::not_found("This event"))?;
        Ok(match which {
            Members::Only => edit::Members::Only(at),
            Members::Following | Members::All => edit::Members::Following(at),
        })
    }

    /// Who called the meeting, where that is somebody else.
    pub fn caller(&self) -> Option<&str> {
        let organizer = events(&self.series).find_map(|e| e.organizer.as_ref())?;
        (!self.reader.is_own(&organizer.address)).then(|| organizer.shown())
    }

    /// Where the member begins, and where its series begins.
    fn beginnings(&self) -> Result<Option<(When, When)>, EngineError> {
        let Some(master) = &self.series.master else { return Ok(None) };
        let at = match exception(&self.series, &self.member) {
            Some(own) => own.start.clone(),
            None if self.member.is_empty() => master.start.clone(),
            None => When::of_key(&self.member, &master.start).ok_or_else(|| EngineError::not_found("This event"))?,
        };
        Ok(Some((at, master.start.clone())))
    }

    pub fn title(&self) -> String {
        events(&self.series).next().map(|e| line(&e.summary)).unwrap_or_default()
    }
}

impl Engine {
    /// The person's own zone, by its name: what is written into an event.
    pub(super) fn local_zone() -> NamedZone {
        let name = std::env::var("TZ").ok().and_then(|tz| NamedZone::known(tz.trim_start_matches(':')));
        name.or_else(|| iana_time_zone::get_timezone().ok().and_then(|n| NamedZone::known(&n)))
            .unwrap_or_else(|| NamedZone::unknown("UTC", Zone::fixed(0)))
    }

    /// As whom the person calls meetings in this calendar.
    pub(super) async fn me_in(&self, calendar: &CalendarRow) -> Result<Option<Person>, EngineError> {
        let accounts = self.store().accounts().await?;
        let connection = self.store().connection(&calendar.connection).await?;
        let own = accounts.iter().find(|a| a.connection == calendar.connection);
        let named = accounts.iter().find(|a| a.email.eq_ignore_ascii_case(&connection.email));
        let any = accounts.iter().find(|a| a.can_send);
        if let Some(a) = own.or(named) {
            return Ok(Some(Person { address: a.email.clone(), name: a.display_name.clone() }));
        }
        if connection.email.contains('@') {
            return Ok(Some(Person { address: connection.email, name: connection.display_name }));
        }
        Ok(any.map(|a| Person { address: a.email.clone(), name: a.display_name.clone() }))
    }

    /// The calendar that new events go to.
    pub(super) async fn calendar_for(&self, wanted: Option<CalendarId>) -> Result<CalendarRow, EngineError> {
        let rows = self.store().calendars().await?;
        let found = match wanted {
            Some(id) => rows.into_iter().find(|c| c.id == id).ok_or_else(|| EngineError::not_found("This calendar"))?,
            None => rows
                .iter()
                .find(|c| c.preferred && c.writable)
                .or_else(|| rows.iter().find(|c| c.writable))
                .cloned()
                .ok_or_else(|| EngineError::new("no_calendar", "There is no calendar to put it in.", "Connect one in Integrations."))?,
        };
        if !found.writable {
            return Err(read_only(&found));
        }
        Ok(found)
    }

    pub(super) async fn open_event(&self, event: &str) -> Result<Open, EngineError> {
        let (item, member) = parse_key(event)?;
        let item = self.store().calendar_item(item).await?;
        if item.removed {
            return Err(EngineError::not_found("This event"));
        }
        let calendar = self.store().calendar(item.calendar).await?;
        if !calendar.writable {
            return Err(read_only(&calendar));
        }
        if item.theirs.is_some() {
            return Err(EngineError::new("conflict", "This event was changed here and elsewhere.", "Choose first which version to keep."));
        }
        Ok(Open::new(item, calendar, member, self.item_reader().await?))
    }

    pub async fn create_event(&self, calendar: Option<CalendarId>, given: &EventFields, actor: Actor) -> Result<EventDone, EngineError> {
        let calendar = self.calendar_for(calendar).await?;
        if given.time.is_none() {
            return Err(EngineError::invalid("When it is is missing.", "Give a day, or a start and an end."));
        }
        let mut wanted = fields::fields(given, &Self::local_zone())?;
        wanted.call = calls::ask(&calendar, given, None)?;
        let me = self.me_in(&calendar).await?;
        let (now, viewer) = (self.now(), zone::local());
        let uid = uuid::Uuid::now_v7().to_string();
        let context = Context { now, viewer: &viewer, me: me.as_ref() };
        let ics = edit::create(&uid, &wanted, &context).map_err(edit_error)?;
        let title = line(given.title.as_deref().unwrap_or_default());
        let words = format!("{} added", named(&title));
        self.apply_told(&calendar, Vec::new(), vec![(None, Some(ics), title)], ("event.created", words), actor).await
    }

    pub async fn update_event(&self, event: &str, which: Members, given: &EventFields, actor: Actor) -> Result<EventDone, EngineError> {
        let open = self.open_event(event).await?;
        let (edited, title) = self.event_changed(&open, &open.calendar, which, given).await?;
        self.edited(open, edited, title, "event.changed", |event| format!("{event} changed"), actor).await
    }

    /// What the form makes of an event that is to be in `calendar`, and the title that it gives.
    pub(super) async fn event_changed(
        &self,
        open: &Open,
        calendar: &CalendarRow,
        which: Members,
        given: &EventFields,
    ) -> Result<(Edited, Option<String>), EngineError> {
        if let Some(who) = open.caller() {
            return Err(EngineError::new("read_only", format!("Only {who} can change it."), "Answer the invitation, or ask them."));
        }
        let viewer = open.reader.viewer.clone();
        let members = open.members(which)?;
        let mut wanted = fields::fields(given, &Self::local_zone())?;
        wanted.call = calls::ask(calendar, given, of_member(&open.series, &open.member))?;
        // The form shows the times of one member; a series is moved by those of its first.
        if let (Some(span), edit::Members::All) = (&wanted.time, &members)
            && let Some((member, master)) = open.beginnings()?
        {
            let moved = fields::for_master(span.clone(), &member, &master);
            wanted.time = Some(moved.ok_or_else(|| EngineError::invalid("There is no such day.", "Choose another one."))?);
        }
        let me = self.me_in(&open.calendar).await?;
        let now = self.now();
        let new_uid = uuid::Uuid::now_v7().to_string();
        let ics = open.item.ics.clone();
        let edited = on_pool(move || {
            let context = Context { now, viewer: &viewer, me: me.as_ref() };
            edit::change(&ics, &members, &wanted, &new_uid, &context)
        })
        .await?
        .map_err(edit_error)?;
        Ok((edited, given.title.as_deref().map(line)))
    }

    /// Deletes an event, one member of a series, or that and all behind it.
    pub async fn delete_event(&self, event: &str, which: Members, actor: Actor) -> Result<EventDone, EngineError> {
        let open = self.open_event(event).await?;
        let viewer = open.reader.viewer.clone();
        let members = open.members(which)?;
        let edited = if matches!(members, edit::Members::All) {
            Edited { ics: None, new: None }
        } else {
            let context = Context { now: self.now(), viewer: &viewer, me: None };
            edit::remove(&open.item.ics, &members, &context).map_err(edit_error)?
        };
        self.edited(open, edited, None, "event.deleted", |event| format!("{event} deleted"), actor).await
    }

    /// Stores what an edit made of an item.
    async fn edited(
        &self,
        open: Open,
        edited: Edited,
        title: Option<String>,
        action: &'static str,
        words: fn(String) -> String,
        actor: Actor,
    ) -> Result<EventDone, EngineError> {
        let title = title.unwrap_or_else(|| open.title());
        let back = EventBack { item: open.item.id, calendar: open.calendar.id, ics: Some(open.item.ics) };
        let mut edits = vec![(Some(open.item.id), edited.ics, title.clone())];
        edits.extend(edited.new.map(|(_, ics)| (None, Some(ics), title.clone())));
        let words = words(named(&title));
        self.apply_told(&open.calendar, vec![back], edits, (action, words), actor).await
    }

    /// [`Self::apply`], and guests are told where the server does not tell them.
    async fn apply_told(
        &self,
        calendar: &CalendarRow,
        back: Vec<EventBack>,
        edits: Vec<Wanted>,
        (action, words): (&'static str, String),
        actor: Actor,
    ) -> Result<EventDone, EngineError> {
        let before = |item: Option<ItemId>| back.iter().find(|b| Some(b.item) == item).and_then(|b| b.ics.clone());
        let changes = edits.iter().map(|(item, ics, _)| (before(*item), ics.clone())).collect();
        let (key, back) = self.put_with_back(calendar, back, edits, action, actor).await?;
        // The event is there whatever becomes of the mails.
        let told = self.tell_guests(calendar, changes, actor).await?;
        let words = told.behind(words);
        self.remembered(key, back, None, told.mails, words).await
    }

    /// Items as they are to be, in one transaction with their writes, and the way back; with it goes an answer, which may have a mail on
    /// its way.
    pub(super) async fn apply(
        &self,
        calendar: &CalendarRow,
        back: Vec<EventBack>,
        edits: Vec<Wanted>,
        answer: Option<AnswerBack>,
        (action, words): (&'static str, String),
        actor: Actor,
    ) -> Result<EventDone, EngineError> {
        let (key, back) = self.put_with_back(calendar, back, edits, action, actor).await?;
        self.remembered(key, back, answer, Vec::new(), words).await
    }

    pub(super) async fn put_with_back(
        &self,
        calendar: &CalendarRow,
        mut back: Vec<EventBack>,
        edits: Vec<Wanted>,
        action: &'static str,
        actor: Actor,
    ) -> Result<(Option<String>, Vec<EventBack>), EngineError> {
        let fresh: Vec<bool> = edits.iter().map(|e| e.0.is_none()).collect();
        let ids = self.put_items(calendar, edits, action, actor).await?;
        let made = ids.iter().zip(fresh).filter(|(_, fresh)| *fresh).filter_map(|(id, _)| *id);
        back.extend(made.map(|item| EventBack { item, calendar: calendar.id, ics: None }));
        Ok((self.first_key(ids.last().copied().flatten()).await, back))
    }

    /// The answer to a change, with its way back.
    pub(super) async fn remembered(
        &self,
        key: Option<String>,
        items: Vec<EventBack>,
        answer: Option<AnswerBack>,
        told: Vec<UndoToken>,
        words: String,
    ) -> Result<EventDone, EngineError> {
        let done = self.remember("event", words, 1, UndoWork::Events { items, answer, told }).await?;
        Ok(EventDone { key, undo: done.undo, until: done.until, words: done.words })
    }

    async fn put_items(
        &self,
        calendar: &CalendarRow,
        edits: Vec<Wanted>,
        action: &'static str,
        actor: Actor,
    ) -> Result<Vec<Option<ItemId>>, EngineError> {
        let ids = {
            let _gate = self.inner.agenda.lock().await;
            let reader = self.item_reader().await?;
            let calendar_id = calendar.id;
            // A file may hold thousands.
            let read =
                move |(item, ics, title): Wanted| ItemEdit { item, calendar: calendar_id, data: ics.map(|ics| reader.item(&ics)), title };
            let edits: Vec<ItemEdit> = on_pool(move || edits.into_iter().map(read).collect()).await?;
            let target = edits.iter().find_map(|e| e.item).map_or_else(|| format!("calendar:{}", calendar.id), |id| format!("event:{id}"));
            let entry = audit(actor, action, target, Outcome::Ok, format!("items={}", edits.len()));
            // Nobody watches a command: what it says is meant.
            let delay = if actor == Actor::Cli { 0 } else { EVENT_DELAY_MS };
            let now = self.now();
            self.store().edit_items(&calendar.connection, &edits, now.plus_millis(delay), &entry, now).await?
        };
        self.emit().changed_many(Entity::Event);
        self.inner.wake_outbox.notify_one();
        Ok(ids)
    }

    /// The first member of an item that lists know, for whoever wants to look at it.
    async fn first_key(&self, item: Option<ItemId>) -> Option<String> {
        let item = self.store().calendar_item(item?).await.ok().filter(|i| !i.removed)?;
        let (_, series) = series_of(&item.ics, &zone::local())?;
        let member = if super::data::repeats(&series) { events(&series).next()?.start.key() } else { String::new() };
        Some(key(item.id, &member))
    }

    /// Puts items back as they were.
    ///
    /// `told`: mails to guests about it. Those that wait are never sent; who got one gets another.
    pub(crate) async fn take_back_events(
        &self,
        items: &[EventBack],
        answer: Option<AnswerBack>,
        told: Vec<UndoToken>,
    ) -> Result<(), EngineError> {
        if let Some(answer) = answer {
            // First what may be too late.
            if let Some(mail) = answer.mail {
                self.undo(mail).await?;
            }
            self.store().set_invite_answer(&answer.key, answer.before.as_deref(), self.now()).await?;
        }
        let mut heard = false;
        for mail in told {
            heard |= self.undo(mail).await.is_err();
        }
        let reader = self.item_reader().await?;
        for back in items {
            let calendar = self.store().calendar(back.calendar).await?;
            let present = self.store().calendar_item(back.item).await.ok();
            let item = match (&present, &back.ics) {
                (None, None) => continue,
                // It is gone for good already: it is made anew.
                (None, Some(_)) => None,
                (Some(_), _) => Some(back.item),
            };
            let now_there = present.as_ref().filter(|p| !p.removed).map(|p| p.ics.clone());
            let uid = present.map(|p| p.uid).unwrap_or_default();
            let title = back.ics.as_deref().and_then(|ics| reader.title(ics)).unwrap_or(uid);
            let edit = (item, back.ics.clone(), title);
            self.put_items(&calendar, vec![edit], "event.undone", Actor::Person).await?;
            if heard {
                self.tell_guests(&calendar, vec![(now_there, back.ics.clone())], Actor::Person).await?;
            }
        }
        Ok(())
    }

    /// The person chose a side.
    pub async fn resolve_event(&self, event: &str, mine: bool, actor: Actor) -> Result<EventDone, EngineError> {
        let (id, _) = parse_key(event)?;
        let item = self.store().calendar_item(id).await?;
        let Some(theirs) = item.theirs.clone() else {
            return Err(EngineError::new("not_found", "There is nothing to choose any more.", "Refresh the calendar."));
        };
        let calendar = self.store().calendar(item.calendar).await?;
        let gate = self.inner.agenda.lock().await;
        let reader = self.item_reader().await?;
        let title = reader.title(&item.ics).unwrap_or_default();
        let side = if mine { "mine" } else { "theirs" };
        let entry = audit(actor, "event.resolved", format!("event:{id}"), Outcome::Ok, format!("kept={side}"));
        let now = self.now();
        if mine {
            self.store().keep_mine(&calendar.connection, &item, &title, &entry, now).await?;
        } else {
            let data = (!theirs.is_empty()).then(|| reader.item(&theirs));
            self.store().keep_theirs(id, data.as_ref(), item.theirs_etag.as_deref().unwrap_or_default(), &entry, now).await?;
        }
        drop(gate);
        self.emit().changed_many(Entity::Event);
        self.inner.wake_outbox.notify_one();
        let key = if mine || !theirs.is_empty() { self.first_key(Some(id)).await } else { None };
        let words = if mine { "Your version is kept" } else { "The other version is kept" };
        Ok(EventDone { key, undo: None, until: now, words: words.to_owned() })
    }
}

pub(super) fn named(title: &str) -> String {
    if title.is_empty() { "The event".to_owned() } else { format!("“{title}”") }
}

fn read_only(calendar: &CalendarRow) -> EngineError {
    EngineError::new("read_only", format!("{} can only be read.", calendar.name), "Choose another calendar.")
}
