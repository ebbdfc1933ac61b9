//! Queued writes of tasks. What was changed there meanwhile is merged field by field by a round; what was deleted there is put to the
//! person.

use std::{pin::Pin, sync::Arc};

use domain::{
    audit::{Actor, NewAudit, Outcome},
    connection::Connection,
    error::ProviderError,
    ids::TaskId,
    outbox::{OutboxItem, OutboxOp},
    sync::SyncScope,
    tasks::{TaskPatch, TaskSource, TaskWrite, TaskWritten},
};
use sha2::{Digest as _, Sha256};
use store::{TaskListRow, TaskPut, TaskRow, TaskSent};

use super::TaskJob;
use crate::{
    Engine, EngineError,
    core::audit,
    events::Entity,
    outbox::Done,
    sync::{Round, round::sink_error},
};

/// Merges of one write with what others do at the same time; then it waits like any other.
const MERGES: u32 = 4;

/// The write's own name, the same for every attempt to write the same thing. What was changed since is another write: a provider that
/// knows the name would take it for done.
fn write_key(queued: &OutboxItem, row: &TaskRow) -> String {
    let digest = Sha256::digest(format!("{}\n{}\n{}\n{}\n{}", queued.connection, queued.id, queued.created_at.millis(), row.id, row.edits));
    let mut bytes = [0_u8; 16];
    for (to, from) in bytes.iter_mut().zip(digest.iter()) {
        *to = *from;
    }
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

/// Whether this answer to an attempt to make a task means that nothing was made. A lost connection settles nothing.
fn not_made(error: &ProviderError) -> bool {
    crate::outbox::not_taken(error, false)
}

impl Engine {
    pub(crate) async fn write_task(&self, connection: &Connection, queued: &OutboxItem, id: TaskId) -> Result<Done, ProviderError> {
        let source = self.require_tasks(connection)?;
        let outcome = match &queued.op {
            OutboxOp::DeleteTask { .. } => self.delete_remote_task(connection, &source, queued, id).await,
            _ => self.put_remote_task(connection, &source, queued, id).await,
        };
        self.emit().changed_many(Entity::Task);
        outcome
    }

    fn task_entry(queued: &OutboxItem) -> NewAudit {
        let detail = format!("kind={} attempts={} refused=0", queued.op.kind(), queued.attempts);
        audit(Actor::Engine, "outbox.done", format!("outbox:{}", queued.id), Outcome::Ok, detail)
    }

    async fn nothing_to_write(&self, queued: &OutboxItem, task: TaskId, edits: Option<i64>) -> Result<Done, ProviderError> {
        self.store().task_settled(queued.id, task, edits, &Self::task_entry(queued), self.now()).await.map_err(sink_error)?;
        Ok(Done::default())
    }

    async fn put_remote_task(
        &self,
        connection: &Connection,
        source: &Arc<dyn TaskSource>,
        queued: &OutboxItem,
        id: TaskId,
    ) -> Result<Done, ProviderError> {
        for _ in 0..MERGES {
            let Ok(row) = self.store().task(id).await else { return self.nothing_to_write(queued, id, None).await };
            if row.conflict.as_ref().is_some_and(|c| c.deleted) {
                return Err(ProviderError::Conflict(title(&row)));
            }
            // Deleted here meanwhile. One that may be there from a try before is still made sure of, so that it can be deleted.
            if row.removed && (row.remote.is_some() || row.sent.is_none()) {
                return self.nothing_to_write(queued, id, None).await;
            }
            if row.parent_unwritten() && row.sent.is_none() {
                return Err(ProviderError::Server {
                    provider: "The list".to_owned(),
                    detail: "the task above it is not there yet".to_owned(),
                });
            }
            let list = self.store().task_list(row.list).await.map_err(sink_error)?;
            let Some(remote) = row.remote.clone() else { return self.make_remote_task(source, queued, &row, &list).await };
            let Some(base) = row.base.clone() else { return self.nothing_to_write(queued, id, None).await };
            let moves = base.list != list.remote;
            let patch = TaskPatch { list: moves.then(|| list.remote.clone()), ..TaskPatch::between(&base.fields, &row.fields) };
            if patch.is_empty() {
                return self.nothing_to_write(queued, id, Some(row.edits)).await;
            }
            let write = TaskWrite::Update {
                list: base.list.clone(),
                id: remote,
                key: write_key(queued, &row),
                version: row.version.clone(),
                before: base.fields,
                patch,
            };
            match source.write(&write).await {
                Ok(written) => return self.task_written(queued, &row, &list, written, None).await,
                Err(ProviderError::Conflict(_)) => {
                    if !self.merge_there(connection, source, &list, &row).await? {
                        break;
                    }
                }
                Err(ProviderError::NotFound(_)) => {
                    self.store().task_gone_there(id).await.map_err(sink_error)?;
                    return Err(ProviderError::Conflict(title(&row)));
                }
                Err(e) => return Err(e),
            }
        }
        Err(ProviderError::Server { provider: connection.label.clone(), detail: "others change this task all the time".to_owned() })
    }

    /// A lost answer makes no second one: what is sent first is on the disk before it is sent, and every further attempt sends the same.
    /// What was changed since follows as a change.
    async fn make_remote_task(
        &self,
        source: &Arc<dyn TaskSource>,
        queued: &OutboxItem,
        row: &TaskRow,
        list: &TaskListRow,
    ) -> Result<Done, ProviderError> {
        let tried = row.sent.is_some();
        let sent = row.sent.clone().unwrap_or_else(|| TaskSent {
            list: list.remote.clone(),
            fields: row.fields.clone(),
            since: queued.created_at,
        });
        self.store().task_trying(row.id, &sent).await.map_err(sink_error)?;
        let write = TaskWrite::Create {
            list: sent.list.clone(),
            key: row.key.clone().unwrap_or_else(|| write_key(queued, row)),
            fields: sent.fields.clone(),
            tried,
            since: sent.since,
        };
        match source.write(&write).await {
            Ok(written) => self.task_written(queued, row, list, written, Some(sent)).await,
            Err(e) => {
                if not_made(&e) && !tried {
                    self.store().task_not_made(row.id).await.map_err(sink_error)?;
                }
                Err(e)
            }
        }
    }

    async fn task_written(
        &self,
        queued: &OutboxItem,
        row: &TaskRow,
        list: &TaskListRow,
        written: TaskWritten,
        made: Option<TaskSent>,
    ) -> Result<Done, ProviderError> {
        let put = TaskPut {
            outbox: queued.id,
            task: row.id,
            list: made.as_ref().map_or_else(|| list.remote.clone(), |sent| sent.list.clone()),
            remote: written.id,
            before: row.base.as_ref().map(|b| b.fields.clone()),
            sent: made.map_or_else(|| row.fields.clone(), |sent| sent.fields),
            has: written.task,
        };
        self.store().task_put(&put, &Self::task_entry(queued), self.now()).await.map_err(sink_error)?;
        Ok(Done::default())
    }

    /// A round of the task's scope: it merges. False: it brought nothing new of the task.
    async fn merge_there(
        &self,
        connection: &Connection,
        source: &Arc<dyn TaskSource>,
        list: &TaskListRow,
        row: &TaskRow,
    ) -> Result<bool, ProviderError> {
        let there = row.base.as_ref().map_or(&list.remote, |b| &b.list);
        let states = self.store().scopes(Some(&connection.id)).await.map_err(sink_error)?;
        let all = source.one_scope();
        let scope = states.into_iter().map(|s| s.scope).find(|s: &SyncScope| {
            s.service == domain::integration::Service::Tasks
                && if all { s.container.is_none() } else { s.container.as_ref() == Some(there) }
        });
        let Some(scope) = scope else { return Ok(false) };
        let Some(job): Option<TaskJob> = self.task_job(&scope).await.map_err(|e| ProviderError::Sink(e.message))? else { return Ok(false) };
        let cancel = self.sched().token(&connection.id, &self.inner.cancel);
        let round = Round::Tasks(Arc::clone(source), job);
        let run: Pin<Box<dyn Future<Output = _> + Send + '_>> = Box::pin(self.run_scope(connection, &round, &cancel));
        run.await.1?;
        let after = self.store().task(row.id).await.map_err(sink_error)?;
        Ok(after.version != row.version || after.edits != row.edits)
    }

    async fn delete_remote_task(
        &self,
        connection: &Connection,
        source: &Arc<dyn TaskSource>,
        queued: &OutboxItem,
        id: TaskId,
    ) -> Result<Done, ProviderError> {
        for _ in 0..MERGES {
            let Ok(row) = self.store().task(id).await else { return self.nothing_to_write(queued, id, None).await };
            // Brought back. Where an attempt may have deleted it already, that is brought to its end, and it is made anew.
            if !row.removed && queued.attempts <= 1 {
                return self.nothing_to_write(queued, id, None).await;
            }
            if let Some(remote) = &row.remote {
                let list = self.store().task_list(row.list).await.map_err(sink_error)?;
                let there = row.base.as_ref().map_or(&list.remote, |b| &b.list);
                let key = write_key(queued, &row);
                let delete = TaskWrite::Delete { list: there.clone(), id: remote.clone(), key, version: row.version.clone() };
                match source.write(&delete).await {
                    Ok(_) | Err(ProviderError::NotFound(_)) => {}
                    // Changed there since it was deleted here: the person wanted it gone, and still does.
                    Err(ProviderError::Conflict(_)) => {
                        if self.merge_there(connection, source, &list, &row).await? {
                            continue;
                        }
                        break;
                    }
                    Err(e) => return Err(e),
                }
            }
            let key = uuid::Uuid::new_v4().to_string();
            self.store().task_deleted(queued.id, id, &key, &Self::task_entry(queued), self.now()).await.map_err(sink_error)?;
            return Ok(Done::default());
        }
        Err(ProviderError::Server { provider: connection.label.clone(), detail: "others change this task all the time".to_owned() })
    }

    /// Gives up what waits to be written of a task: it is again what the provider has.
    pub(crate) async fn discard_task(&self, id: TaskId, actor: Actor) -> Result<(), EngineError> {
        let entry = audit(actor, "outbox.discarded", format!("task:{id}"), Outcome::Ok, "");
        self.store().give_up_task(id, &entry, self.now()).await?;
        self.emit().changed_many(Entity::Task);
        Ok(())
    }
}

/// For whoever looks at what waits.
fn title(row: &TaskRow) -> String {
    if row.fields.title.is_empty() { "The task".to_owned() } else { row.fields.title.clone() }
}
