//! An event into another calendar: here at once, and by one chain of writes that goes on wherever it broke off. Within one connection the
//! provider moves it, where it can; else it is made in the other calendar first, under a name that is the same for every attempt, and deleted
//! where it was after that. So it is never in none of both, and never twice in one.

use std::sync::Arc;

use calendar::edit::{self, Context, Home};
use domain::{
    audit::{Actor, Outcome},
    calendar::{CalendarSource, CalendarWrite, Moving},
    connection::Connection,
    error::ProviderError,
    ids::{CalendarId, ItemId, RemoteId},
    outbox::OutboxItem,
};
use store::{CalendarRow, ItemEdit, ItemMove, ItemRow};

use super::{
    EventFields, Members,
    edit::{EventBack, EventDone, Open, edit_error, named},
    write::{MERGES, resource_name},
};
use crate::{Engine, EngineError, core::audit, outbox::Done, read::on_pool, sync::round::sink_error};

/// Where an event is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MoveTo {
    pub calendar: CalendarId,
    /// The person knows that its guests get a new invitation, where the provider does not simply move it.
    pub anew: bool,
}

impl Engine {
    /// Changes an event and puts it into another calendar, as one act. `guests_anew`: its guests would be told that one meeting is off and
    /// another one is on, and `to` does not say that the person knows.
    pub async fn move_event(
        &self,
        event: &str,
        which: Members,
        given: &EventFields,
        to: MoveTo,
        actor: Actor,
    ) -> Result<EventDone, EngineError> {
        let open = self.open_event(event).await?;
        if open.calendar.id == to.calendar {
            return self.update_event(event, which, given, actor).await;
        }
        let whole = open.member.is_empty() || which == Members::All;
        if !whole {
            return Err(EngineError::invalid(
                "One date of a series can't be in another calendar than its series.",
                "Choose all dates, or make an event of its own for this one.",
            ));
        }
        if let Some(who) = open.caller() {
            return Err(EngineError::new(
                "read_only",
                format!("Only {who} can move it: it is in the calendar that they invited you by."),
                "Answer the invitation, or make an event of your own.",
            ));
        }
        let target = self.calendar_for(Some(to.calendar)).await?;
        let mut ics = open.item.ics.clone();
        if *given != EventFields::default() {
            let (edited, _) = self.event_changed(&open, &target, Members::All, given).await?;
            ics = edited.ics.ok_or_else(|| EngineError::not_found("This event"))?;
        }
        let kept = target.connection == open.calendar.connection && open.item.remote.is_some() && self.moves_whole(&target, &ics).await?;
        let ics = if kept || open.item.remote.is_none() && target.connection == open.calendar.connection {
            ics
        } else {
            self.rehomed(&open, &target, ics, to.anew).await?
        };
        let title = open.reader.title(&ics).unwrap_or_default();
        let words = format!("{} moved to {}", named(&title), target.name);
        let (before, source) = (open.item.ics.clone(), open.calendar.clone());
        let back = EventBack { item: open.item.id, calendar: source.id, ics: Some(before.clone()) };
        let edits = vec![(Some(open.item.id), Some(ics.clone()), title)];
        let (key, back) = self.put_with_back(&target, vec![back], edits, "event.moved", actor).await.map_err(|e| {
            // A write of it is on its way.
            let why = EngineError::new("busy", "This event is still being written.", "Try again in a moment, or when you are online.");
            if e.is("conflict") { why } else { e }
        })?;
        let mut mails = Vec::new();
        let mut said = words;
        if !kept {
            for (calendar, change) in [(&source, (Some(before), None)), (&target, (None, Some(ics)))] {
                let told = self.tell_guests(calendar, vec![change], actor).await?;
                said = told.behind(said);
                mails.extend(told.mails);
            }
        }
        self.remembered(key, back, None, mails, said).await
    }

    async fn moves_whole(&self, target: &CalendarRow, ics: &str) -> Result<bool, EngineError> {
        let connection = self.store().connection(&target.connection).await?;
        let moving = self.require_calendar(&connection).and_then(|source| source.moving(ics));
        match moving {
            Ok(moving) => Ok(moving == Moving::Whole),
            Err(ProviderError::Refused(why)) => Err(EngineError::new("read_only", why, "Make an event of its own there.")),
            Err(e) => Err(e.into()),
        }
    }

    /// Its text for a calendar where it is made anew.
    async fn rehomed(&self, open: &Open, target: &CalendarRow, ics: String, anew: bool) -> Result<String, EngineError> {
        let me = self.me_in(target).await?;
        let (own, viewer) = (open.reader.own.clone(), open.reader.viewer.clone());
        let (now, calls) = (self.now(), target.calls);
        let uid = uuid::Uuid::now_v7().to_string();
        on_pool(move || {
            let context = Context { now, viewer: &viewer, me: me.as_ref() };
            let guests = edit::has_guests(&ics, &own, &context).map_err(edit_error)?;
            if guests && !anew {
                return Err(EngineError::new(
                    "guests_anew",
                    "Its guests would hear that it is cancelled, and get a new invitation.",
                    "Say that this is meant, or leave it in its calendar.",
                ));
            }
            let home = Home { me: me.as_ref(), calls, uid: guests.then_some(uid.as_str()) };
            edit::rehomed(&ics, &own, &home, &context).map_err(edit_error)
        })
        .await?
    }

    /// The provider moves it. False: it has to be made anew.
    pub(super) async fn moved_whole(
        &self,
        source: &Arc<dyn CalendarSource>,
        row: &ItemRow,
        target: &CalendarRow,
        moving: &ItemMove,
    ) -> Result<bool, ProviderError> {
        let from = self.store().calendar(moving.source).await.map_err(sink_error)?;
        if from.connection != target.connection || !matches!(source.moving(&row.ics), Ok(Moving::Whole)) {
            return Ok(false);
        }
        let mut etag = moving.etag.clone();
        for _ in 0..MERGES {
            let write = CalendarWrite::Move {
                from: from.remote.clone(),
                to: target.remote.clone(),
                id: moving.remote.clone(),
                etag: etag.clone(),
                name: resource_name(row, Some(moving)),
            };
            match source.write(&write).await {
                Ok(written) => {
                    let ics = written.ics.unwrap_or_else(|| moving.base.clone());
                    // What was changed here beside stands on what it was made from: its own write finds out what happened there meanwhile.
                    let changed = row.ics != moving.base;
                    let _gate = self.inner.agenda.lock().await;
                    let reader = self.item_reader().await.map_err(|e| ProviderError::Sink(e.message))?;
                    let (etag, ics) = if changed { (&moving.etag, &moving.base) } else { (&written.etag, &ics) };
                    self.store().item_moved(row, &written.id, etag, &reader.item(ics), changed).await.map_err(sink_error)?;
                    return Ok(true);
                }
                Err(ProviderError::Unsupported(_)) => return Ok(false),
                // Changed there meanwhile: it goes with that.
                Err(ProviderError::Conflict(_)) => {
                    let there = source.fetch(&from.remote, std::slice::from_ref(&moving.remote)).await?.into_iter().next();
                    etag = there.ok_or_else(|| ProviderError::NotFound("This event".to_owned()))?.etag;
                }
                Err(e) => return Err(e),
            }
        }
        Err(ProviderError::Server { provider: "The calendar".to_owned(), detail: "others change this event all the time".to_owned() })
    }

    /// Deletes what an event left behind. What somebody changed there since goes along first, as far as the person did not change the same.
    pub(super) async fn clear_moved(
        &self,
        connection: &Connection,
        queued: &OutboxItem,
        item: ItemId,
        (calendar, remote): (CalendarId, &RemoteId),
    ) -> Result<Done, ProviderError> {
        let Some(mut left) = self.store().left_behind(calendar, remote).await.map_err(sink_error)? else {
            return self.settled(queued).await;
        };
        let source = self.require_calendar(connection)?;
        let from = self.store().calendar(calendar).await.map_err(sink_error)?;
        for tried in 0..MERGES {
            let delete = CalendarWrite::Delete { calendar: from.remote.clone(), id: remote.clone(), etag: left.etag.clone() };
            match source.write(&delete).await {
                Ok(_) | Err(ProviderError::NotFound(_)) => break,
                Err(ProviderError::Conflict(_)) if tried + 1 < MERGES => {
                    let there = source.fetch(&from.remote, std::slice::from_ref(remote)).await?.into_iter().next();
                    let Some((theirs, etag)) = there.and_then(|there| there.ics.map(|ics| (ics, there.etag))) else { break };
                    self.take_along(item, &left, &theirs).await?;
                    self.store().move_rebased(&left, &theirs, &etag).await.map_err(sink_error)?;
                    (left.base, left.etag) = (theirs, etag);
                }
                Err(e) => return Err(e),
            }
        }
        self.store().move_cleared(queued.id, calendar, remote, &Self::entry(queued), self.now()).await.map_err(sink_error)?;
        Ok(Done::default())
    }

    async fn take_along(&self, item: ItemId, left: &ItemMove, theirs: &str) -> Result<(), ProviderError> {
        let Ok(row) = self.store().calendar_item(item).await else { return Ok(()) };
        if row.removed || row.theirs.is_some() {
            return Ok(());
        }
        let _gate = self.inner.agenda.lock().await;
        let reader = self.item_reader().await.map_err(|e| ProviderError::Sink(e.message))?;
        let context = Context { now: self.now(), viewer: &reader.viewer, me: None };
        // In words of the event as it is now: its UID and whoever calls it may be others there.
        let (Ok(base), Ok(theirs)) = (edit::with_uid(&left.base, &row.uid, &context), edit::with_uid(theirs, &row.uid, &context)) else {
            return Ok(());
        };
        let merged = match calendar::merge(&base, &row.ics, &theirs, &reader.viewer) {
            Ok(merged) if merged.conflicts.is_empty() && merged.ics != row.ics => merged.ics,
            _ => return Ok(()),
        };
        let target = self.store().calendar(row.calendar).await.map_err(sink_error)?;
        let title = reader.title(&merged).unwrap_or_default();
        let entry = audit(Actor::Engine, "event.changed", format!("event:{item}"), Outcome::Ok, "along=1");
        let edit = ItemEdit { item: Some(item), calendar: target.id, data: Some(reader.item(&merged)), title };
        let now = self.now();
        self.store().edit_items(&target.connection, &[edit], now, &entry, now).await.map_err(sink_error)?;
        Ok(())
    }
}
