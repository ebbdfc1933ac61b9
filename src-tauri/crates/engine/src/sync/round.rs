//! The loop of one scope: changes → what is missing → fetch → parse → commit with the cursor.

use std::{collections::HashMap, sync::Arc};

use domain::{
    error::ProviderError,
    ids::RemoteId,
    source::MailSource,
    sync::{Budget, Change, ChangeBatch, RemoteMail},
};
use store::{CommitBatch, CommitReport, IncomingMail, StoreError};
use tokio_util::sync::CancellationToken;

use super::{Counts, ScopeJob, sink::SpoolSink};
use crate::{Engine, events::Entity};

/// Changes of the first page of a round: the newest mail is there at once.
const FIRST_PAGE: usize = 100;
/// Changes of every further page. One commit is one segment of the full-text index, and few large ones cost less than half of
/// many small ones; a source bounds its pages by bytes too, and a kill repeats less than a second's work.
const PAGE: usize = 1_000;
/// A server that answers "more" for ever without moving on is broken.
const MAX_STILL: u32 = 3;

/// How a round goes, page by page, of mail or of a calendar.
#[derive(Default)]
pub(crate) struct Pages {
    restarted: bool,
    still: u32,
}

impl Pages {
    /// Whether a void cursor is a reason to compare everything: once in a round.
    pub fn may_restart(&mut self) -> bool {
        !std::mem::replace(&mut self.restarted, true)
    }

    /// A page came. `moved`: with changes, or another cursor; `more`: it announces another page.
    pub fn came(&mut self, name: &str, moved: bool, more: bool) -> Result<(), ProviderError> {
        self.still = if moved { 0 } else { self.still + 1 };
        if more && self.still >= MAX_STILL {
            return Err(ProviderError::Protocol { host: name.to_owned(), protocol: "sync", detail: "it makes no progress".to_owned() });
        }
        Ok(())
    }
}

impl Engine {
    pub(super) async fn round(
        &self,
        source: &Arc<dyn MailSource>,
        job: &ScopeJob,
        cancel: &CancellationToken,
        counts: &mut Counts,
    ) -> Result<(), ProviderError> {
        let state = self.inner.store.scope(job.scope.id).await.map_err(sink_error)?;
        let mut cursor = state.cursor;
        let mut pages = Pages::default();
        let mut items = FIRST_PAGE;
        loop {
            let since = job.days.map(|d| self.now().plus_secs(-86_400 * i64::from(d)));
            let budget = Budget { items, since };
            items = PAGE;
            let asked = tokio::select! {
                () = cancel.cancelled() => return Err(ProviderError::Cancelled),
                batch = source.changes(&job.scope, cursor.as_ref(), budget) => batch,
            };
            let batch = match asked {
                Err(ProviderError::CursorExpired) if pages.may_restart() => {
                    self.inner.store.reset_cursor(job.scope.id).await.map_err(sink_error)?;
                    cursor = None;
                    continue;
                }
                other => other?,
            };
            let (more, next) = (batch.more, batch.next.clone());
            let moved = cursor.as_ref() != Some(&next) || !batch.changes.is_empty();
            pages.came(&job.name, moved, more)?;
            // Nothing came and nothing moved since the last round reached its end: there is nothing to commit. Most folders of most rounds.
            let idle = state.complete && !moved && !more && !batch.reset && batch.present.is_none();
            if !idle {
                self.page(source, job, batch, cancel, counts).await?;
            }
            if !more {
                return self.read_again(source, job, next, cancel, counts).await;
            }
            cursor = Some(next);
        }
    }

    async fn page(
        &self,
        source: &Arc<dyn MailSource>,
        job: &ScopeJob,
        batch: ChangeBatch<RemoteMail>,
        cancel: &CancellationToken,
        counts: &mut Counts,
    ) -> Result<(), ProviderError> {
        let store = &self.inner.store;
        let mut upserts = Vec::new();
        let mut gone = Vec::new();
        for change in batch.changes {
            match change {
                Change::Upsert(mail) => upserts.push(mail),
                Change::Gone(id) => gone.push(id),
            }
        }
        let mut plan = store.plan_bodies(&job.scope, job.account, &upserts, batch.reset).await.map_err(sink_error)?;
        // Shown nowhere, and perhaps what a move of ours had to leave behind; its flags will say if somebody takes the mark off.
        plan.fetch.retain(|mail| !mail.flags.is_some_and(|flags| flags.deleted));
        let mut updates = plan.known;
        updates.extend(plan.adoptable);
        let mails = self.download(source, job, plan.fetch, cancel, counts).await?;
        // Remembered only where labels exist: they may name a mailbox that was made a moment ago.
        let labelled: Vec<RemoteMail> =
            updates.iter().chain(mails.iter().map(|m| &m.remote)).filter(|m| m.mailboxes.is_some()).cloned().collect();
        let listed: HashMap<RemoteId, RemoteMail> = upserts.into_iter().map(|m| (m.id.clone(), m)).collect();
        let commit = CommitBatch {
            scope: job.scope.clone(),
            account: job.account,
            upserts: mails,
            updates,
            gone,
            present: batch.present,
            reset: batch.reset,
            next: batch.next.clone(),
            more: batch.more,
            progress: batch.progress,
            now: self.now(),
        };
        let mut report = store.commit_batch(commit).await.map_err(sink_error)?;
        tracing::debug!(target: "bench", added = report.added, "committed");
        count(counts, &report);
        // Before anybody is told of new mail.
        let away = self.apply_blocks(&report.new_in_inbox).await;
        report.new_in_inbox.retain(|id| !away.contains(id));
        self.tell(job, &report, batch.progress);
        let again = |upserts: Vec<IncomingMail>, updates: Vec<RemoteMail>| CommitBatch {
            scope: job.scope.clone(),
            account: job.account,
            upserts,
            updates,
            gone: Vec::new(),
            present: None,
            reset: false,
            next: batch.next.clone(),
            more: batch.more,
            progress: batch.progress,
            now: self.now(),
        };
        if !report.unmatched.is_empty() {
            // Taken for known, but gone between the question and the commit. Should this fail, comparing everything heals it.
            let missing =
                report.unmatched.iter().map(|id| listed.get(id).cloned().unwrap_or_else(|| RemoteMail::new(id.clone()))).collect();
            let healed = match self.download(source, job, missing, cancel, counts).await {
                Ok(mails) => store.commit_batch(again(mails, Vec::new())).await.map_err(sink_error),
                Err(e) => Err(e),
            };
            match healed {
                Ok(report) => {
                    count(counts, &report);
                    self.apply_blocks(&report.new_in_inbox).await;
                }
                Err(e) => {
                    store.reset_cursor(job.scope.id).await.map_err(sink_error)?;
                    return Err(e);
                }
            }
        }
        if !report.unknown_labels.is_empty() {
            let connection = store.connection(&job.scope.connection).await.map_err(sink_error)?;
            Box::pin(self.refresh_mailboxes(&connection, source)).await?;
            let touched =
                labelled.into_iter().filter(|m| m.mailboxes.iter().flatten().any(|l| report.unknown_labels.contains(l))).collect();
            let report = store.commit_batch(again(Vec::new(), touched)).await.map_err(sink_error)?;
            self.tell(job, &report, None);
        }
        Ok(())
    }

    /// Fetches and parses bodies. Nothing is stored yet but sealed files, which go with what holds them.
    async fn download(
        &self,
        source: &Arc<dyn MailSource>,
        job: &ScopeJob,
        fetch: Vec<RemoteMail>,
        cancel: &CancellationToken,
        counts: &mut Counts,
    ) -> Result<Vec<IncomingMail>, ProviderError> {
        if fetch.is_empty() {
            return Ok(Vec::new());
        }
        let mut sink = SpoolSink::new(self.inner.store.clone(), fetch);
        let ids = sink.wanted();
        let fetched = tokio::select! {
            () = cancel.cancelled() => Err(ProviderError::Cancelled),
            done = source.fetch(&job.scope, &ids, &mut sink) => done,
        };
        counts.bytes += sink.bytes();
        fetched?;
        sink.parsed().await
    }

    /// After the commit.
    pub(super) fn tell(&self, job: &ScopeJob, report: &CommitReport, progress: Option<(u64, u64)>) {
        if !report.threads.is_empty() {
            self.emit().changed(Entity::Thread, report.threads.iter().map(|t| t.0));
            self.emit().changed_many(Entity::Mailbox);
        }
        if let Some((done, total)) = progress {
            self.emit().progress(&job.scope.connection, done, total);
        }
        if !report.new_in_inbox.is_empty() {
            self.emit().changed(Entity::Message, report.new_in_inbox.iter().map(|m| m.0));
        }
    }
}

fn count(counts: &mut Counts, report: &CommitReport) {
    counts.added += report.added;
    counts.updated += report.updated + report.adopted;
    counts.removed += report.removed;
}

pub(crate) fn sink_error(e: StoreError) -> ProviderError {
    match e {
        StoreError::Full => ProviderError::DiskFull,
        e if e.is_damage() => ProviderError::StoreDamaged(e.to_string()),
        e => ProviderError::Sink(e.to_string()),
    }
}
