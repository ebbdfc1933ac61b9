//! Bringing calendars in step with their provider: which there are, and round by round what lies in them.

use std::sync::Arc;

use domain::{
    calendar::{CalendarSource, RemoteItem},
    connection::{Connection, ConnectionSettings},
    error::ProviderError,
    ids::{CalendarId, RemoteId},
    integration::Service,
    sync::{Budget, Change, SyncScope},
};
use store::{CalendarBatch, CalendarRow, IncomingItem};
use tokio_util::sync::CancellationToken;

use crate::{
    Engine,
    events::Entity,
    read::on_pool,
    sync::{
        Counts,
        round::{Pages, sink_error},
    },
};

/// Changes of a page, and resources that are asked for at once.
const PAGE: usize = 1_000;
const FETCH: usize = 200;

/// One calendar with its scope.
#[derive(Clone)]
pub(crate) struct CalendarJob {
    pub scope: SyncScope,
    pub id: CalendarId,
    pub remote: RemoteId,
    pub name: String,
}

impl CalendarJob {
    fn new(scope: SyncScope, row: &CalendarRow) -> Self {
        Self { scope, id: row.id, remote: row.remote.clone(), name: row.name.clone() }
    }
}

/// Where the interface's hues lie on the colour circle, in degrees (ui/src/styles/tokens.mjs); the tenth is grey.
const DEGREES: [f64; 9] = [231.0, 175.0, 21.0, 273.0, 144.0, 330.0, 206.0, 45.0, 3.0];
const GREY: u8 = 9;

/// The hue that is nearest to a colour of the provider (`#rrggbb`); where it says none, one after the other.
pub(crate) fn hue_of(colour: Option<&str>, n: usize) -> u8 {
    let parsed = colour.and_then(|c| {
        let hex = c.strip_prefix('#')?;
        let part = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok().map(f64::from);
        Some((part(0)?, part(2)?, part(4)?))
    });
    let Some((r, g, b)) = parsed else { return (n % DEGREES.len()) as u8 };
    let most = r.max(g).max(b);
    let range = most - r.min(g).min(b);
    if range < 24.0 {
        return GREY;
    }
    let sixth = if most <= r {
        ((g - b) / range).rem_euclid(6.0)
    } else if most <= g {
        (b - r) / range + 2.0
    } else {
        (r - g) / range + 4.0
    };
    let apart = |at: f64| {
        let d = (sixth * 60.0 - at).abs();
        d.min(360.0 - d)
    };
    (0..GREY).zip(DEGREES).min_by(|x, y| apart(x.1).total_cmp(&apart(y.1))).map_or(0, |(n, _)| n)
}

fn excluded(connection: &Connection, id: &str) -> bool {
    matches!(&connection.settings, ConnectionSettings::Dav(server) if server.excluded.iter().any(|e| e == id))
}

impl Engine {
    /// Lists the calendars, stores them, and makes a scope for each.
    pub(crate) async fn refresh_calendars(
        &self,
        connection: &Connection,
        source: &Arc<dyn CalendarSource>,
    ) -> Result<Vec<CalendarJob>, ProviderError> {
        let mut remote = source.calendars().await?;
        remote.retain(|c| c.events && !excluded(connection, &c.id));
        let others = self.store().calendars().await.map_err(sink_error)?.len();
        if self
            .store()
            .upsert_calendars(&connection.id, &remote, |c, n| hue_of(c.colour.as_deref(), others + n))
            .await
            .map_err(sink_error)?
        {
            self.emit().changed_many(Entity::Calendar);
        }
        let rows = self.store().calendars().await.map_err(sink_error)?;
        let mut jobs = Vec::new();
        for row in rows.iter().filter(|r| r.connection == connection.id) {
            let scope = self.store().ensure_scope(&connection.id, Service::Calendar, Some(&row.remote)).await.map_err(sink_error)?;
            jobs.push(CalendarJob::new(scope, row));
        }
        Ok(jobs)
    }

    /// The job of one known scope, without asking the provider.
    pub(crate) async fn calendar_job(&self, scope: &SyncScope) -> Result<Option<CalendarJob>, crate::EngineError> {
        let rows = self.store().calendars().await?;
        let row = rows.iter().find(|r| r.connection == scope.connection && Some(&r.remote) == scope.container.as_ref());
        Ok(row.map(|row| CalendarJob::new(scope.clone(), row)))
    }

    pub(crate) async fn calendar_round(
        &self,
        source: &Arc<dyn CalendarSource>,
        job: &CalendarJob,
        cancel: &CancellationToken,
        counts: &mut Counts,
    ) -> Result<(), ProviderError> {
        let state = self.store().scope(job.scope.id).await.map_err(sink_error)?;
        let mut cursor = state.cursor;
        let mut pages = Pages::default();
        loop {
            let budget = Budget { items: PAGE, since: None };
            let asked = tokio::select! {
                () = cancel.cancelled() => return Err(ProviderError::Cancelled),
                batch = source.changes(&job.scope, cursor.as_ref(), budget) => batch,
            };
            let batch = match asked {
                Err(ProviderError::CursorExpired) if pages.may_restart() => {
                    self.store().reset_cursor(job.scope.id).await.map_err(sink_error)?;
                    cursor = None;
                    continue;
                }
                other => other?,
            };
            let moved = cursor.as_ref() != Some(&batch.next) || !batch.changes.is_empty();
            pages.came(&job.name, moved, batch.more)?;
            let (more, next) = (batch.more, batch.next.clone());
            if !state.complete || moved || more || batch.present.is_some() {
                self.calendar_page(source, job, batch, cancel, counts).await?;
            }
            if !more {
                return Ok(());
            }
            cursor = Some(next);
        }
    }

    async fn calendar_page(
        &self,
        source: &Arc<dyn CalendarSource>,
        job: &CalendarJob,
        batch: domain::sync::ChangeBatch<RemoteItem>,
        cancel: &CancellationToken,
        counts: &mut Counts,
    ) -> Result<(), ProviderError> {
        let known = self.store().calendar_etags(job.id).await.map_err(sink_error)?;
        let (mut items, mut wanted, mut gone) = (Vec::new(), Vec::new(), Vec::new());
        for change in batch.changes {
            match change {
                Change::Gone(id) => gone.push(id),
                // What is known is not asked for, and not written again: the same page may come twice.
                Change::Upsert(item) if !item.etag.is_empty() && known.get(item.id.as_str()) == Some(&item.etag) => {}
                Change::Upsert(item) if item.ics.is_some() => items.push(item),
                Change::Upsert(item) => wanted.push(item.id),
            }
        }
        for ids in wanted.chunks(FETCH) {
            let fetched = tokio::select! {
                () = cancel.cancelled() => return Err(ProviderError::Cancelled),
                fetched = source.fetch(&job.remote, ids) => fetched?,
            };
            counts.bytes += fetched.iter().filter_map(|i| i.ics.as_ref()).map(|ics| ics.len() as u64).sum::<u64>();
            items.extend(fetched);
        }
        let report = {
            let _gate = self.inner.agenda.lock().await;
            let reader = self.item_reader().await.map_err(|e| ProviderError::Sink(e.message))?;
            let upserts = on_pool(move || {
                let read = |item: RemoteItem| {
                    let ics = item.ics?;
                    Some(IncomingItem { remote: item.id, etag: item.etag, data: reader.item(&ics) })
                };
                items.into_iter().filter_map(read).collect::<Vec<_>>()
            })
            .await
            .map_err(|e| ProviderError::Sink(e.message))?;
            let commit = CalendarBatch {
                scope: job.scope.clone(),
                calendar: job.id,
                upserts,
                gone,
                present: batch.present,
                next: batch.next,
                more: batch.more,
                progress: batch.progress,
            };
            self.store().commit_items(commit).await.map_err(sink_error)?
        };
        counts.added += report.added;
        counts.updated += report.updated;
        counts.removed += report.removed;
        if report.added + report.updated + report.removed > 0 {
            self.emit().changed_many(Entity::Event);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_finds_the_hue_that_is_nearest() {
        let of = |colour: &str| hue_of(Some(colour), 7);
        assert_eq!([of("#ff0000"), of("#00ff00"), of("#0000ff"), of("#ff00ff")], [8, 4, 0, 3]);
        assert_eq!([of("#808080"), of("nonsense"), of("#é0000")], [GREY, 7, 7]);
    }
}
