//! Bringing lists in step with their provider: which there are, and round by round what stands in them.

use std::sync::Arc;

use domain::{
    connection::Connection,
    error::ProviderError,
    ids::TaskListId,
    integration::Service,
    sync::{Budget, Change, ChangeBatch, SyncScope},
    tasks::{RemoteTask, TaskSource},
};
use store::TaskBatch;
use tokio_util::sync::CancellationToken;

use crate::{
    Engine, EngineError,
    agenda::hue_of,
    events::Entity,
    sync::{
        Counts,
        round::{Pages, sink_error},
    },
};

/// Changes of a page.
const PAGE: usize = 500;

/// One list with its scope, or all of a connection.
#[derive(Clone)]
pub(crate) struct TaskJob {
    pub scope: SyncScope,
    /// None: all.
    pub list: Option<TaskListId>,
    pub name: String,
}

const ALL: &str = "tasks";

impl Engine {
    /// Lists the lists, stores them, and makes the scopes.
    pub(crate) async fn refresh_task_lists(
        &self,
        connection: &Connection,
        source: &Arc<dyn TaskSource>,
    ) -> Result<Vec<TaskJob>, ProviderError> {
        let store = self.store();
        let remote = source.lists().await?;
        self.learn_tables(connection, source.as_ref()).await?;
        let others = store.task_lists().await.map_err(sink_error)?.len();
        let upserted = store.upsert_task_lists(&connection.id, &remote, |l, n| hue_of(l.colour.as_deref(), others + n)).await;
        let (changed, added) = upserted.map_err(sink_error)?;
        if changed {
            self.emit().changed_many(Entity::Task);
        }
        if source.one_scope() {
            let scope = store.ensure_scope(&connection.id, Service::Tasks, None).await.map_err(sink_error)?;
            // What was in a list before it came was left out: only a comparison of everything brings it.
            if added && store.scope(scope.id).await.map_err(sink_error)?.cursor.is_some() {
                store.reset_cursor(scope.id).await.map_err(sink_error)?;
            }
            return Ok(vec![TaskJob { scope, list: None, name: ALL.to_owned() }]);
        }
        let mut jobs = Vec::new();
        for row in store.task_lists().await.map_err(sink_error)?.into_iter().filter(|l| l.connection == connection.id) {
            let scope = store.ensure_scope(&connection.id, Service::Tasks, Some(&row.remote)).await.map_err(sink_error)?;
            jobs.push(TaskJob { scope, list: Some(row.id), name: row.name });
        }
        Ok(jobs)
    }

    /// The job of one known scope, without asking the provider.
    pub(crate) async fn task_job(&self, scope: &SyncScope) -> Result<Option<TaskJob>, EngineError> {
        let Some(container) = &scope.container else {
            return Ok(Some(TaskJob { scope: scope.clone(), list: None, name: ALL.to_owned() }));
        };
        let rows = self.store().task_lists().await?;
        let row = rows.into_iter().find(|r| r.connection == scope.connection && &r.remote == container);
        Ok(row.map(|row| TaskJob { scope: scope.clone(), list: Some(row.id), name: row.name }))
    }

    pub(crate) async fn task_round(
        &self,
        connection: &Connection,
        source: &Arc<dyn TaskSource>,
        job: &TaskJob,
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
            pages.came(&job.name, moved, batch.more)?;
            let (more, next) = (batch.more, batch.next.clone());
            if !state.complete || moved || more || batch.present.is_some() {
                // A list that was made since the lists were read: with it, everything is compared again, because this page may be the
                // last of several that speak of it.
                if self.names_new_list(connection, source, job, &batch).await? && cursor.is_some() && pages.may_restart() {
                    self.store().reset_cursor(job.scope.id).await.map_err(sink_error)?;
                    cursor = None;
                    continue;
                }
                self.task_page(job, batch, counts).await?;
            }
            if !more {
                return Ok(());
            }
            cursor = Some(next);
        }
    }

    /// Whether a page speaks of a list that was not known here before and is now.
    async fn names_new_list(
        &self,
        connection: &Connection,
        source: &Arc<dyn TaskSource>,
        job: &TaskJob,
        batch: &ChangeBatch<RemoteTask>,
    ) -> Result<bool, ProviderError> {
        let tasks: Vec<RemoteTask> = batch
            .changes
            .iter()
            .filter_map(|c| match c {
                Change::Upsert(task) => Some(task.clone()),
                Change::Gone(_) => None,
            })
            .collect();
        if job.list.is_some() || self.store().knows_task_lists(&job.scope, &tasks).await.map_err(sink_error)? {
            return Ok(false);
        }
        let before = self.store().task_lists().await.map_err(sink_error)?.len();
        self.refresh_task_lists(connection, source).await?;
        Ok(self.store().task_lists().await.map_err(sink_error)?.len() > before)
    }

    async fn task_page(&self, job: &TaskJob, batch: ChangeBatch<RemoteTask>, counts: &mut Counts) -> Result<(), ProviderError> {
        let (mut upserts, mut gone) = (Vec::new(), Vec::new());
        for change in batch.changes {
            match change {
                Change::Upsert(task) => upserts.push(task),
                Change::Gone(id) => gone.push(id),
            }
        }
        let commit = TaskBatch {
            scope: job.scope.clone(),
            list: job.list,
            upserts,
            gone,
            present: batch.present,
            next: batch.next,
            more: batch.more,
            progress: batch.progress,
            now: self.now(),
        };
        let report = self.store().commit_tasks(commit).await.map_err(sink_error)?;
        if report.homeless > 0 {
            tracing::debug!(tasks = report.homeless, "tasks of lists that are not shown were left out");
        }
        counts.added += report.added;
        counts.updated += report.updated;
        counts.removed += report.removed;
        if let Some((done, total)) = batch.progress {
            self.emit().progress(&job.scope.connection, done, total);
        }
        if report.added + report.updated + report.removed > 0 {
            self.emit().changed_many(Entity::Task);
        }
        Ok(())
    }
}
