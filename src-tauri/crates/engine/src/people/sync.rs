//! Bringing lists of people in step with their provider: a scope for each list that was granted, seldom.

use std::sync::Arc;

use domain::{
    connection::Connection,
    error::ProviderError,
    ids::RemoteId,
    integration::Service,
    people::{PeopleList, PeopleSource, RemotePerson},
    sync::{Budget, Change, ChangeBatch, SyncScope},
};
use store::PeopleBatch;
use tokio_util::sync::CancellationToken;

use crate::{
    Engine,
    sync::{
        Counts,
        round::{Pages, sink_error},
    },
};

/// Changes of a page.
const PAGE: usize = 1_000;

/// One list with its scope.
#[derive(Clone)]
pub(crate) struct PeopleJob {
    pub scope: SyncScope,
    pub name: &'static str,
}

impl PeopleJob {
    /// None: the scope is of no list that is known.
    pub fn of(scope: SyncScope) -> Option<Self> {
        let name = list_name(PeopleList::of(&scope)?);
        Some(Self { scope, name })
    }
}

/// What the list is called among the things that are synced.
pub(crate) const fn list_name(list: PeopleList) -> &'static str {
    match list {
        PeopleList::Contacts => "Address book",
        PeopleList::Others => "Other people",
    }
}

impl Engine {
    /// The lists that are granted, each with its scope. What is not granted any more is forgotten, with everybody in it. Asks nobody.
    pub(crate) async fn refresh_people(
        &self,
        connection: &Connection,
        source: Option<&Arc<dyn PeopleSource>>,
    ) -> Result<Vec<PeopleJob>, ProviderError> {
        let lists = source.map(|source| source.lists()).unwrap_or_default();
        if self.store().keep_people_lists(&connection.id, &lists).await.map_err(sink_error)? {
            tracing::info!("lists of people that are not granted any more were forgotten");
        }
        let mut jobs = Vec::with_capacity(lists.len());
        for list in lists {
            let container = RemoteId::new(list.name());
            let scope = self.store().ensure_scope(&connection.id, Service::People, Some(&container)).await.map_err(sink_error)?;
            jobs.push(PeopleJob { scope, name: list_name(list) });
        }
        Ok(jobs)
    }

    pub(crate) async fn people_round(
        &self,
        source: &Arc<dyn PeopleSource>,
        job: &PeopleJob,
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
                batch = source.changes(&job.scope, cursor.as_ref(), budget, self.now()) => batch,
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
            pages.came(job.name, moved, batch.more)?;
            let (more, next) = (batch.more, batch.next.clone());
            if !state.complete || moved || more || batch.present.is_some() {
                self.people_page(job, batch, counts).await?;
            }
            if !more {
                return Ok(());
            }
            cursor = Some(next);
        }
    }

    async fn people_page(&self, job: &PeopleJob, batch: ChangeBatch<RemotePerson>, counts: &mut Counts) -> Result<(), ProviderError> {
        let (mut upserts, mut gone) = (Vec::new(), Vec::new());
        for change in batch.changes {
            match change {
                Change::Upsert(person) => upserts.push(person),
                Change::Gone(id) => gone.push(id),
            }
        }
        let commit = PeopleBatch {
            scope: job.scope.clone(),
            upserts,
            gone,
            present: batch.present,
            next: batch.next,
            more: batch.more,
            progress: batch.progress,
        };
        let report = self.store().commit_people(commit).await.map_err(sink_error)?;
        counts.added += report.added;
        counts.updated += report.updated;
        counts.removed += report.removed;
        Ok(())
    }
}
