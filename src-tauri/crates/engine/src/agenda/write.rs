//! Queued writes of events. What was changed there meanwhile is merged field by field; what can't be is put to the person.

use std::sync::Arc;

use domain::{
    audit::{Actor, Outcome},
    calendar::{CalendarSource, CalendarWrite},
    connection::Connection,
    error::ProviderError,
    ids::ItemId,
    outbox::{OutboxItem, OutboxOp},
};
use sha2::{Digest as _, Sha256};
use store::{ItemMove, ItemRow, PutDone};

use crate::{Engine, EngineError, core::audit, events::Entity, outbox::Done, sync::round::sink_error};

/// Merges of one write with what others do at the same time; then it waits like any other.
pub(super) const MERGES: u32 = 5;

/// A name that is safe in every path, and the same for every attempt: base32hex of a hash.
pub(super) fn resource_name(item: &ItemRow, moving: Option<&ItemMove>) -> String {
    const SIGNS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
    // A deleted event that is brought back is another resource: some servers never give a name twice.
    // So is one that comes back from another calendar.
    let mark = moving.map(|moving| format!("\n{}", moving.mark)).unwrap_or_default();
    let digest = Sha256::digest(format!("{}\n{}\n{}{mark}", item.calendar, item.id, item.uid));
    digest.iter().take(26).map(|b| char::from(SIGNS.get(usize::from(b & 31)).copied().unwrap_or(b'0'))).collect()
}

impl Engine {
    pub(crate) async fn write_event(&self, connection: &Connection, queued: &OutboxItem, id: ItemId) -> Result<Done, ProviderError> {
        let source = self.require_calendar(connection)?;
        let outcome = match &queued.op {
            OutboxOp::DeleteItem { .. } => self.delete_item(&source, queued, id).await,
            OutboxOp::ClearMoved { calendar, remote, .. } => self.clear_moved(connection, queued, id, (*calendar, remote)).await,
            _ => self.put_item(&source, queued, id).await,
        };
        self.emit().changed_many(Entity::Event);
        outcome
    }

    pub(super) fn entry(queued: &OutboxItem) -> domain::audit::NewAudit {
        let detail = format!("kind={} attempts={} refused=0", queued.op.kind(), queued.attempts);
        audit(Actor::Engine, "outbox.done", format!("outbox:{}", queued.id), Outcome::Ok, detail)
    }

    pub(super) async fn settled(&self, queued: &OutboxItem) -> Result<Done, ProviderError> {
        self.store().item_settled(queued.id, &Self::entry(queued), self.now()).await.map_err(sink_error)?;
        Ok(Done::default())
    }

    async fn put_item(&self, source: &Arc<dyn CalendarSource>, queued: &OutboxItem, id: ItemId) -> Result<Done, ProviderError> {
        for _ in 0..MERGES {
            let Ok(row) = self.store().calendar_item(id).await else { return self.settled(queued).await };
            if row.theirs.is_some() {
                return Err(ProviderError::Conflict(self.title(&row).await));
            }
            let first_try = queued.attempts <= 1;
            // Deleted here meanwhile. One that may be there from a try before is still made sure of, so that it can be deleted.
            if row.removed && (row.remote.is_some() || first_try) {
                return self.settled(queued).await;
            }
            let calendar = self.store().calendar(row.calendar).await.map_err(sink_error)?;
            let moving = self.store().item_move(id).await.map_err(sink_error)?.filter(|moving| row.remote.is_none() && !moving.made);
            if let Some(moving) = &moving {
                match self.moved_whole(source, &row, &calendar, moving).await {
                    Ok(true) => continue,
                    Ok(false) => {}
                    Err(ProviderError::NotFound(_)) => {
                        self.store().item_conflict(id, "", "").await.map_err(sink_error)?;
                        return Err(ProviderError::Conflict(self.title(&row).await));
                    }
                    Err(e) => return Err(e),
                }
            }
            let write = match (&row.remote, &row.base) {
                (Some(_), None) => return self.settled(queued).await,
                (Some(remote), Some(base)) => CalendarWrite::Update {
                    calendar: calendar.remote.clone(),
                    id: remote.clone(),
                    etag: row.etag.clone(),
                    before: base.clone(),
                    ics: row.ics.clone(),
                },
                (None, _) => CalendarWrite::Create {
                    calendar: calendar.remote.clone(),
                    name: resource_name(&row, moving.as_ref()),
                    ics: row.ics.clone(),
                },
            };
            match source.write(&write).await {
                Ok(written) => return self.item_written(queued, &row, written).await,
                Err(ProviderError::Conflict(_)) if row.remote.is_some() => {
                    if !self.merge_item(source, &row, &calendar.remote).await? {
                        return Err(ProviderError::Conflict(self.title(&row).await));
                    }
                }
                Err(ProviderError::NotFound(_)) if row.remote.is_some() => {
                    self.store().item_conflict(id, "", "").await.map_err(sink_error)?;
                    return Err(ProviderError::Conflict(self.title(&row).await));
                }
                Err(e) => return Err(e),
            }
        }
        Err(ProviderError::Server { provider: "The calendar".to_owned(), detail: "others change this event all the time".to_owned() })
    }

    async fn item_written(
        &self,
        queued: &OutboxItem,
        row: &ItemRow,
        written: domain::calendar::ItemWritten,
    ) -> Result<Done, ProviderError> {
        let _gate = self.inner.agenda.lock().await;
        let reader = self.item_reader().await.map_err(|e| ProviderError::Sink(e.message))?;
        let put = PutDone {
            outbox: queued.id,
            item: row.id,
            edits: row.edits,
            remote: written.id,
            etag: written.etag,
            data: written.ics.as_deref().map(|ics| reader.item(ics)),
            ics: written.ics.unwrap_or_else(|| row.ics.clone()),
        };
        self.store().item_put(&put, &Self::entry(queued), self.now()).await.map_err(sink_error)?;
        Ok(Done::default())
    }

    /// Puts the change on top of what is there now. False: both changed the same thing, and the person decides.
    async fn merge_item(
        &self,
        source: &Arc<dyn CalendarSource>,
        row: &ItemRow,
        calendar: &domain::ids::RemoteId,
    ) -> Result<bool, ProviderError> {
        let (Some(remote), Some(base)) = (&row.remote, &row.base) else { return Ok(false) };
        let there = source.fetch(calendar, std::slice::from_ref(remote)).await?.into_iter().next();
        let Some((theirs, etag)) = there.and_then(|i| i.ics.map(|ics| (ics, i.etag))) else {
            self.store().item_conflict(row.id, "", "").await.map_err(sink_error)?;
            return Ok(false);
        };
        let _gate = self.inner.agenda.lock().await;
        let reader = self.item_reader().await.map_err(|e| ProviderError::Sink(e.message))?;
        let merged = calendar::merge(base, &row.ics, &theirs, &reader.viewer);
        match merged {
            Ok(merged) if merged.conflicts.is_empty() => {
                self.store().item_rebased(row, &theirs, &etag, &reader.item(&merged.ics)).await.map_err(sink_error)?;
                Ok(true)
            }
            _ => {
                self.store().item_conflict(row.id, &theirs, &etag).await.map_err(sink_error)?;
                Ok(false)
            }
        }
    }

    async fn delete_item(&self, source: &Arc<dyn CalendarSource>, queued: &OutboxItem, id: ItemId) -> Result<Done, ProviderError> {
        let Ok(row) = self.store().calendar_item(id).await else { return self.settled(queued).await };
        if !row.removed {
            return self.settled(queued).await;
        }
        if let Some(remote) = &row.remote {
            let calendar = self.store().calendar(row.calendar).await.map_err(sink_error)?;
            let mut etag = row.etag.clone();
            for tried in 0..MERGES {
                let delete = CalendarWrite::Delete { calendar: calendar.remote.clone(), id: remote.clone(), etag: etag.clone() };
                match source.write(&delete).await {
                    Ok(_) | Err(ProviderError::NotFound(_)) => break,
                    // Changed there since it was deleted here: the person wanted it gone, and still does.
                    Err(ProviderError::Conflict(_)) if tried + 1 < MERGES => {
                        let there = source.fetch(&calendar.remote, std::slice::from_ref(remote)).await?.into_iter().next();
                        let Some(there) = there else { break };
                        etag = there.etag;
                    }
                    Err(e) => return Err(e),
                }
            }
        }
        self.store().item_deleted(queued.id, id, &Self::entry(queued), self.now()).await.map_err(sink_error)?;
        Ok(Done::default())
    }

    async fn title(&self, row: &ItemRow) -> String {
        match self.item_reader().await {
            Ok(reader) => reader.title(&row.ics).filter(|t| !t.is_empty()),
            Err(_) => None,
        }
        .unwrap_or_else(|| "The event".to_owned())
    }

    /// Gives up what waits to be written of an event: it is again what the provider has.
    pub(crate) async fn discard_event(&self, id: ItemId, actor: Actor) -> Result<(), EngineError> {
        // On its way to another calendar: it stays where it is.
        self.store().give_up_move(id).await?;
        let row = self.store().calendar_item(id).await?;
        let _gate = self.inner.agenda.lock().await;
        let reader = self.item_reader().await?;
        let entry = audit(actor, "outbox.discarded", format!("event:{id}"), Outcome::Ok, "");
        let kept = match (&row.theirs, &row.base, &row.remote) {
            (Some(theirs), ..) if theirs.is_empty() => None,
            (Some(theirs), ..) => Some((theirs, row.theirs_etag.as_deref().unwrap_or_default())),
            (None, Some(base), _) => Some((base, row.etag.as_str())),
            // Only deleted.
            (None, None, Some(_)) => Some((&row.ics, row.etag.as_str())),
            (None, None, None) => None,
        };
        let data = kept.map(|(ics, etag)| (reader.item(ics), etag));
        let etag = data.as_ref().map_or("", |(_, etag)| *etag).to_owned();
        self.store().keep_theirs(id, data.as_ref().map(|(d, _)| d), &etag, &entry, self.now()).await?;
        self.emit().changed_many(Entity::Event);
        Ok(())
    }
}
