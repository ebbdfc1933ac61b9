//! Every write to a provider waits here. The worker takes one item under a lease (stored before the network is touched), asks
//! for proof before anything is sent a second time, and leaves what it can't decide to the person.

mod send;
mod verdict;
mod write;

use std::{pin::Pin, time::Duration};

use domain::{
    audit::{Actor, Outcome},
    connection::{Connection, ConnectionSettings},
    error::ProviderError,
    ids::{ConnectionId, OutboxId},
    outbox::{OutboxItem, OutboxOp, OutboxState, WedgeReason},
    source::Written,
    time::Timestamp,
};
use store::{Refused, Resting};

use crate::{
    Engine, EngineError, backoff,
    core::audit,
    events::Entity,
    views::{OutboxOutcome, OutboxReport},
};
pub(crate) use send::MAX_RAW;
pub(crate) use verdict::not_taken;
use verdict::{Verdict, verdict};

/// A worker that died is found out after this; one that lives extends it.
pub(crate) const LEASE_MS: i64 = 5 * 60_000;
/// One item, network included. Clients bound the silence of their servers themselves, within a minute; this only ends what goes on for
/// ever, such as a server that takes a byte a minute. 35 MB at 8 KB a second take 75 minutes.
const ITEM_TIMEOUT: Duration = Duration::from_mins(120);
/// Items at the same time.
const WORKERS: usize = 4;
/// Failed tries after which nobody is kept waiting for the next one.
const TRIES_WAITED_FOR: u32 = 3;
/// Done items are kept for the person to look at, then forgotten.
const KEEP_DONE_SECS: i64 = 30 * 24 * 3600;

impl Engine {
    pub(crate) async fn outbox_loop(&self) {
        loop {
            let worked = match self.drain_outbox(None).await {
                Ok(reports) => !reports.is_empty(),
                Err(e) => {
                    tracing::error!(code = %e.code, "the outbox could not be worked on");
                    false
                }
            };
            let now = self.now();
            if worked {
                self.forget_old(now).await;
            }
            let next = self.inner.store.next_due().await.ok().flatten();
            // What is due and yet was not taken belongs to an account that waits for the person.
            let floor = if worked { 50 } else { 2_000 };
            let wait = next.map_or(30_000, |at| if at > now { at.since(now).clamp(50, 30_000) } else { floor });
            tokio::select! {
                () = self.inner.wake_outbox.notified() => {}
                () = tokio::time::sleep(Duration::from_millis(wait.unsigned_abs())) => {}
            }
        }
    }

    /// Done items and discarded drafts whose time is over.
    pub(crate) async fn forget_old(&self, now: Timestamp) {
        if let Err(e) = self.inner.store.purge_done(now.plus_secs(-KEEP_DONE_SECS)).await {
            tracing::warn!(code = e.code(), "old outbox entries could not be forgotten");
        }
        if let Err(e) = self.inner.store.purge_discarded(now.plus_secs(-crate::compose::KEEP_DISCARDED_SECS)).await {
            tracing::warn!(code = e.code(), "discarded drafts could not be erased");
        }
    }

    /// Works on everything that is due. Reports all of it, or only one connection's.
    pub async fn drain_outbox(&self, connection: Option<&ConnectionId>) -> Result<Vec<OutboxReport>, EngineError> {
        let mut reports = Vec::new();
        let mut running = tokio::task::JoinSet::new();
        loop {
            while running.len() < WORKERS {
                let now = self.now();
                let resting = self.resting(now).await?;
                let Some(item) = self.inner.store.claim_next(now, LEASE_MS, &resting).await? else { break };
                let me = self.clone();
                running.spawn(async move { me.work(item).await });
            }
            match running.join_next().await {
                Some(Ok(report)) => reports.push(report?),
                Some(Err(e)) => tracing::error!(error = %e, "an outbox worker died"),
                None => break,
            }
        }
        if let Some(id) = connection {
            reports.retain(|r| &r.connection == id);
        }
        Ok(reports)
    }

    /// One claimed item. An error means the store failed; the lease then ends by itself.
    async fn work(&self, item: OutboxItem) -> Result<OutboxReport, EngineError> {
        let connection = self.inner.store.connection(&item.connection).await?;
        let same_provider = same_provider(&connection, &item.op);
        if same_provider {
            self.sched().write_started(&connection.id);
        }
        let outcome = match tokio::time::timeout(ITEM_TIMEOUT, self.keep_lease(item.id, self.attempt(&connection, &item))).await {
            Ok(outcome) => outcome,
            // Nothing is known of what the provider got: for a send, its durable mark decides what happens next.
            Err(_) => Err(ProviderError::Unreachable { host: connection.label.clone(), reason: "it took too long".to_owned() }),
        };
        if same_provider {
            self.sched().write_ended(&connection.id, self.now(), outcome.as_ref().err(), backoff::unit());
        }
        let report = self.settle(&connection, &item, outcome).await?;
        self.emit().outbox(&item.connection, item.id);
        if item.op.kind().ends_with("_mailbox") {
            self.emit().changed_many(Entity::Mailbox);
        }
        if !item.op.messages().is_empty() {
            self.emit().changed(Entity::Message, item.op.messages().iter().map(|m| m.0));
        }
        if report.outcome == OutboxOutcome::Done {
            // Poll after our own write (PROVIDERS 0.4): the provider's view of it may differ.
            self.nudge(Some(&item.connection));
        }
        Ok(report)
    }

    /// Runs `work`, and keeps others from taking the item meanwhile.
    async fn keep_lease<T>(&self, id: OutboxId, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        let mut beat = tokio::time::interval(Duration::from_millis(LEASE_MS.unsigned_abs() / 3));
        beat.tick().await;
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                _ = beat.tick() => {
                    if let Err(e) = self.inner.store.extend_lease(id, self.now().plus_millis(LEASE_MS)).await {
                        tracing::warn!(code = e.code(), "an outbox lease could not be extended");
                    }
                }
            }
        }
    }

    /// What has to wait although it is due: the scheduler and the outbox talk to the same providers.
    async fn resting(&self, now: Timestamp) -> Result<Resting, EngineError> {
        let (asked, broken) = self.sched().resting(now);
        let mut resting = Resting { all: asked, ..Resting::default() };
        for id in broken {
            match self.inner.store.connection(&id).await {
                // Its mail goes out through another server, which may well be there.
                Ok(c) if matches!(c.settings, ConnectionSettings::Mail(_)) => resting.but_sends.push(id),
                Ok(_) => resting.all.push(id),
                // Disconnected meanwhile.
                Err(_) => {}
            }
        }
        Ok(resting)
    }

    async fn attempt(&self, connection: &Connection, item: &OutboxItem) -> Result<Done, ProviderError> {
        if let Some(event) = item.op.item() {
            let write: Pin<Box<dyn Future<Output = _> + Send + '_>> = Box::pin(self.write_event(connection, item, event));
            return write.await;
        }
        if let Some(task) = item.op.task() {
            let write: Pin<Box<dyn Future<Output = _> + Send + '_>> = Box::pin(self.write_task(connection, item, task));
            return write.await;
        }
        if let OutboxOp::PutFile { name, mime, size, .. } = &item.op {
            let write: Pin<Box<dyn Future<Output = _> + Send + '_>> = Box::pin(self.write_file(connection, item, (name, mime, *size)));
            return write.await;
        }
        let source = match self.mail_source(connection) {
            Ok(Some(source)) => source,
            Ok(None) => return Err(ProviderError::Unsupported(format!("{} has no mail.", connection.label))),
            Err(e) => return Err(ProviderError::Refused(e.message)),
        };
        match &item.op {
            OutboxOp::Send { .. } => self.send_item(&source, item).await,
            OutboxOp::FileSent { message_id } => self.file_sent(&source, item, message_id).await,
            OutboxOp::SaveDraft { draft, message_id } => self.save_remote_draft(&source, item, *draft, message_id).await,
            OutboxOp::DiscardDraft { .. } => self.discard_remote_draft(&source, item).await,
            OutboxOp::Flags { .. } | OutboxOp::Move { .. } | OutboxOp::Labels { .. } | OutboxOp::Delete { .. } => {
                self.write_item(&source, item).await
            }
            OutboxOp::CreateMailbox { .. } | OutboxOp::RenameMailbox { .. } | OutboxOp::DeleteMailbox { .. } => {
                self.mailbox_item(&source, item).await
            }
            OutboxOp::Unsubscribe { url, .. } => {
                self.connector().unsubscribe(url).await.map_err(|e| match e {
                    // The address is a stranger's: a host that is never there is not our being offline, and must end some day.
                    ProviderError::Unreachable { host, reason } => ProviderError::Server { provider: host, detail: reason },
                    other => other,
                })?;
                Ok(Done::default())
            }
            // These are of no mail: above.
            OutboxOp::PutItem { .. }
            | OutboxOp::DeleteItem { .. }
            | OutboxOp::ClearMoved { .. }
            | OutboxOp::PutTask { .. }
            | OutboxOp::DeleteTask { .. }
            | OutboxOp::PutFile { .. } => Ok(Done::default()),
        }
    }

    /// Stores what became of it.
    async fn settle(
        &self,
        connection: &Connection,
        item: &OutboxItem,
        outcome: Result<Done, ProviderError>,
    ) -> Result<OutboxReport, EngineError> {
        let now = self.now();
        let store = &self.inner.store;
        let target = format!("outbox:{}", item.id);
        let report = |outcome, detail: String, refused| OutboxReport {
            id: item.id,
            connection: item.connection.clone(),
            kind: item.op.kind().to_owned(),
            outcome,
            detail,
            refused,
        };
        let error = match outcome {
            Ok(Done { look_again: Some(at), .. }) => {
                store.retry_at(item.id, at, send::LOOKING).await?;
                return Ok(report(OutboxOutcome::Later, send::LOOKING.to_owned(), Vec::new()));
            }
            Ok(done) => {
                let action = if matches!(item.op, OutboxOp::Send { .. }) { "mail.sent" } else { "outbox.done" };
                let mut detail = format!("kind={} attempts={} refused={}", item.op.kind(), item.attempts, done.refused.len());
                let mut said = String::new();
                if done.written.left_marked > 0 {
                    detail += &format!(" left_marked={}", done.written.left_marked);
                    said = left_marked_words(connection, done.written.left_marked);
                }
                if !done.deferred.is_empty() {
                    detail += &format!(" deferred={}", done.deferred.len());
                    said = deferred_words(&done.deferred);
                }
                let entry = audit(Actor::Engine, action, target, Outcome::Ok, detail);
                store.complete_for(item.id, &done.written, &done.refused, &entry, now).await?;
                if !done.refused.is_empty() {
                    let names: Vec<String> = done.refused.iter().map(|(who, why)| format!("{who}: {why}")).collect();
                    self.emit().attention(Some(&item.connection), "recipients_refused", format!("Not delivered to {}", names.join("; ")));
                }
                let how = if done.proved { OutboxOutcome::Proved } else { OutboxOutcome::Done };
                return Ok(report(how, said, done.refused));
            }
            Err(e) => e,
        };
        let fresh = store.outbox_item(item.id).await?;
        match verdict(&fresh, &error, now, backoff::unit()) {
            Verdict::Later { at } => {
                store.retry_at(item.id, at, &error.to_string()).await?;
                Ok(report(OutboxOutcome::Later, error.to_string(), Vec::new()))
            }
            Verdict::Reauth { at } => {
                store.retry_at(item.id, at, &error.to_string()).await?;
                self.note_provider_error(connection, &error).await;
                Ok(report(OutboxOutcome::Later, error.to_string(), Vec::new()))
            }
            Verdict::Wedge(reason) => {
                let detail = error.to_string();
                let entry = audit(
                    Actor::Engine,
                    "outbox.wedged",
                    target,
                    Outcome::Failed,
                    format!("kind={} code={}", item.op.kind(), error.code()),
                );
                store.wedge(item.id, reason, &detail, &entry, now).await?;
                self.emit().attention(Some(&item.connection), "outbox_wedged", wedge_words(item, reason, &detail));
                Ok(report(OutboxOutcome::Wedged, detail, Vec::new()))
            }
        }
    }

    /// What was tried and failed is due again, of one connection or of all: the person has just signed in or resumed, or the network is
    /// back. Undo windows and "send later" stay.
    pub(crate) async fn hurry_outbox(&self, connection: Option<&ConnectionId>) {
        let Ok(items) = self.inner.store.outbox(false).await else { return };
        let now = self.now();
        let tried = items.iter().filter(|i| i.state == OutboxState::Queued && i.attempts > 0 && i.not_before > now && !looked_for(i));
        for item in tried.filter(|i| connection.is_none_or(|c| c == &i.connection)) {
            if let Err(e) = self.inner.store.reschedule(item.id, self.now()).await {
                tracing::debug!(code = e.code(), "an item started meanwhile");
            }
        }
        self.inner.wake_outbox.notify_one();
    }

    pub async fn outbox(&self, connection: Option<&ConnectionId>) -> Result<Vec<OutboxItem>, EngineError> {
        let items = self.inner.store.outbox(false).await?;
        Ok(items.into_iter().filter(|i| connection.is_none_or(|c| c == &i.connection)).collect())
    }

    /// Mail that is sent, and who did not get it, until the person has looked after it.
    pub async fn undelivered(&self) -> Result<Vec<(OutboxItem, Refused)>, EngineError> {
        Ok(self.inner.store.undelivered().await?)
    }

    pub async fn outbox_item(&self, id: OutboxId) -> Result<OutboxItem, EngineError> {
        Ok(self.inner.store.outbox_item(id).await?)
    }

    /// The person's decision to try again. For a mail that may have been sent this is "send again".
    pub async fn outbox_retry(&self, id: OutboxId, actor: Actor) -> Result<(), EngineError> {
        let item = self.inner.store.outbox_item(id).await?;
        let entry = audit(actor, "outbox.retried", format!("outbox:{id}"), Outcome::Ok, format!("kind={}", item.op.kind()));
        match item.state {
            OutboxState::Wedged { .. } => self.inner.store.requeue(id, &entry, self.now()).await?,
            // Its `data_sent` stays: only a wedged mail was put to the person as "may arrive twice".
            OutboxState::Queued => {
                if !looked_for(&item) {
                    self.inner.store.reschedule(id, self.now()).await?;
                }
                self.audit_only(entry).await;
            }
            OutboxState::Sending { .. } | OutboxState::Done => return Err(not_now(&item)),
        }
        self.emit().outbox(&item.connection, id);
        self.inner.wake_outbox.notify_one();
        Ok(())
    }

    /// Gives it up. A mail becomes a draft again (its id is returned), unless the command line throws away what it queued; other writes
    /// are undone here. Of a mail that some did not get, only the reminder of that goes.
    pub async fn outbox_discard(&self, id: OutboxId, actor: Actor) -> Result<Option<domain::ids::DraftId>, EngineError> {
        let item = self.inner.store.outbox_item(id).await?;
        if item.state == OutboxState::Done && !self.inner.store.refused(id).await?.is_empty() {
            let entry = audit(actor, "outbox.refusal_seen", format!("outbox:{id}"), Outcome::Ok, "");
            self.inner.store.forget_refused(id, &entry, self.now()).await?;
            self.emit().outbox(&item.connection, id);
            return Ok(None);
        }
        if matches!(item.state, OutboxState::Sending { .. } | OutboxState::Done) {
            return Err(not_now(&item));
        }
        if let OutboxOp::ClearMoved { calendar, remote, .. } = &item.op {
            let entry = audit(actor, "outbox.discarded", format!("outbox:{id}"), Outcome::Ok, "");
            self.inner.store.leave_behind(id, *calendar, remote, &entry, self.now()).await?;
            self.emit().outbox(&item.connection, id);
            self.nudge(Some(&item.connection));
            return Ok(None);
        }
        if let Some(event) = item.op.item() {
            self.discard_event(event, actor).await?;
            self.emit().outbox(&item.connection, id);
            return Ok(None);
        }
        if let Some(task) = item.op.task() {
            self.discard_task(task, actor).await?;
            self.emit().outbox(&item.connection, id);
            return Ok(None);
        }
        let entry = audit(actor, "outbox.discarded", format!("outbox:{id}"), Outcome::Ok, "");
        let bare = matches!(item.op, OutboxOp::Send { .. }) && self.inner.store.draft_of(id).await?.is_none();
        let draft = if bare && actor == Actor::Person {
            // In the window a discarded mail is a draft again, also one that came without.
            let fresh = self.read_back(&item).await?;
            Some(self.inner.store.edit_send(id, Some(&fresh), &entry, self.now()).await?)
        } else {
            self.inner.store.discard(id, &entry, self.now()).await?
        };
        self.emit().outbox(&item.connection, id);
        self.emit().changed_many(Entity::Thread);
        self.emit().changed_many(Entity::Draft);
        Ok(draft)
    }

    /// The person has looked: the mail did arrive. Nothing is sent; what follows a send (the copy in Sent, the mark on what it answers)
    /// follows here too, where the provider does not see to it.
    pub async fn outbox_mark_sent(&self, id: OutboxId, actor: Actor) -> Result<(), EngineError> {
        let item = self.inner.store.outbox_item(id).await?;
        if !matches!(item.state, OutboxState::Wedged { reason: WedgeReason::MaybeSent, .. }) {
            return Err(not_now(&item));
        }
        let connection = self.inner.store.connection(&item.connection).await?;
        let filed = self.mail_source(&connection).ok().flatten().is_none_or(|source| source.absence_is_proof());
        let raw = self.inner.store.outbox_raw(id, MAX_RAW).await?;
        self.sent(&item, &raw, filed, true, Vec::new()).await?;
        self.inner.wake_outbox.notify_one();
        let entry = audit(actor, "outbox.marked_sent", format!("outbox:{id}"), Outcome::Ok, "");
        self.inner.store.complete(id, &Written::default(), &entry, self.now()).await?;
        self.emit().outbox(&item.connection, id);
        Ok(())
    }

    /// Looks for a mail that may have been sent at the provider; true: it is there, and the item is done.
    pub async fn outbox_check(&self, id: OutboxId) -> Result<bool, EngineError> {
        let item = self.inner.store.outbox_item(id).await?;
        let OutboxOp::Send { message_id, rest, .. } = &item.op else {
            return Err(EngineError::invalid("Only a mail can be looked for.", ""));
        };
        if *rest {
            return Err(EngineError::invalid(
                "The copy in Sent is from the other recipients: it says nothing about these.",
                "Ask them whether it arrived, or send it again.",
            ));
        }
        let connection = self.inner.store.connection(&item.connection).await?;
        let found = self.require_mail(&connection)?.find(None, message_id).await?.is_some();
        if found {
            self.outbox_mark_sent(id, Actor::Engine).await?;
        }
        Ok(found)
    }

    /// Ends the undo window or the wait for a scheduled time.
    pub async fn outbox_send_now(&self, id: OutboxId) -> Result<(), EngineError> {
        self.inner.store.reschedule(id, self.now()).await?;
        self.audit_only(audit(Actor::Person, "outbox.send_now", format!("outbox:{id}"), Outcome::Ok, "")).await;
        self.inner.wake_outbox.notify_one();
        Ok(())
    }

    /// Works on this item now and waits until it is settled, at most so long.
    pub async fn send_and_wait(&self, id: OutboxId, timeout: Duration) -> Result<OutboxReport, EngineError> {
        let deadline = tokio::time::Instant::now() + timeout;
        loop {
            let connection = self.inner.store.outbox_item(id).await?.connection;
            let asked_to_wait = self.sched().waits_until(&connection, self.now()).is_some();
            if !asked_to_wait && let Some(item) = self.inner.store.claim(id, self.now(), LEASE_MS).await? {
                let report = self.work(item).await?;
                if report.outcome != OutboxOutcome::Later {
                    return Ok(report);
                }
            }
            let item = self.inner.store.outbox_item(id).await?;
            let report = |outcome, detail: String| OutboxReport {
                id,
                connection: item.connection.clone(),
                kind: item.op.kind().to_owned(),
                outcome,
                detail,
                refused: Vec::new(),
            };
            match &item.state {
                OutboxState::Done => {
                    let refused = self.inner.store.refused(id).await?;
                    return Ok(OutboxReport { refused, ..report(OutboxOutcome::Done, String::new()) });
                }
                OutboxState::Wedged { detail, .. } => return Ok(report(OutboxOutcome::Wedged, detail.clone())),
                OutboxState::Queued | OutboxState::Sending { .. } => {}
            }
            // Tried and tried again: the next try is further off than anybody waits for an answer. It stays queued.
            let in_vain = item.state == OutboxState::Queued && item.attempts >= TRIES_WAITED_FOR && item.not_before > self.now();
            if in_vain || tokio::time::Instant::now() >= deadline {
                return Ok(report(OutboxOutcome::Later, item.last_error.clone().unwrap_or_default()));
            }
            // A connection that needs the person will not move by itself.
            let connection = self.inner.store.connection(&item.connection).await?;
            if connection.status != domain::connection::ConnectionStatus::Active {
                return Ok(report(
                    OutboxOutcome::Later,
                    connection.status_reason.unwrap_or_else(|| "The account is not active.".to_owned()),
                ));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

/// For the report: who gets it later, in the server's words.
fn deferred_words(deferred: &[(String, String)]) -> String {
    let names: Vec<String> = deferred.iter().take(5).map(|(who, why)| format!("{who} ({why})")).collect();
    format!("Put off by the server for {}: they get it later.", names.join(", "))
}

/// What the provider has now.
#[derive(Default)]
pub(crate) struct Done {
    pub written: Written,
    /// Proof was found that it had it before: nothing went out this time.
    pub proved: bool,
    pub refused: Vec<(String, String)>,
    /// Recipients that were put off; an item of their own tries again.
    pub deferred: Vec<(String, String)>,
    /// Whether it went out is not known yet: ask again then.
    pub look_again: Option<Timestamp>,
}

/// Nobody may shorten this wait: absence proves nothing before the provider's index has caught up.
fn looked_for(item: &OutboxItem) -> bool {
    item.last_error.as_deref() == Some(send::LOOKING)
}

/// Whether a write talks to what syncing talks to, so that its outcome says something about the connection. A mail server's SMTP is
/// another server than its IMAP, and who is unsubscribed from is a stranger.
fn same_provider(connection: &Connection, op: &OutboxOp) -> bool {
    match op {
        OutboxOp::Unsubscribe { .. } => false,
        OutboxOp::Send { .. } => !matches!(connection.settings, ConnectionSettings::Mail(_)),
        _ => true,
    }
}

/// Without UIDPLUS a server can only remove everything that anybody marked.
fn left_marked_words(connection: &Connection, count: u64) -> String {
    let what = if count == 1 { "1 message stays".to_owned() } else { format!("{count} messages stay") };
    format!("{what} marked as deleted at {}: its server can't remove only these (no UIDPLUS).", connection.label)
}

pub(crate) fn not_now(item: &OutboxItem) -> EngineError {
    let (what, hint) = match item.state {
        OutboxState::Sending { .. } => ("it is being sent right now", "Wait a moment."),
        OutboxState::Done => ("it is done already", "Refresh the list."),
        _ => ("this can't be done in its state", "Refresh the list."),
    };
    EngineError::new("outbox_state", what, hint)
}

fn wedge_words(item: &OutboxItem, reason: WedgeReason, detail: &str) -> String {
    let what = match &item.op {
        OutboxOp::Send { .. } => "A mail",
        OutboxOp::FileSent { .. } => "The copy of a sent mail",
        OutboxOp::SaveDraft { .. } | OutboxOp::DiscardDraft { .. } => "A draft",
        OutboxOp::CreateMailbox { .. } | OutboxOp::RenameMailbox { .. } | OutboxOp::DeleteMailbox { .. } => "A folder",
        OutboxOp::Unsubscribe { .. } => "Unsubscribing",
        OutboxOp::PutItem { .. } | OutboxOp::DeleteItem { .. } | OutboxOp::ClearMoved { .. } => "A change of an event",
        OutboxOp::PutTask { .. } | OutboxOp::DeleteTask { .. } => "A change of a task",
        OutboxOp::PutFile { .. } => "A file that is to be saved",
        _ => "A change",
    };
    match reason {
        WedgeReason::Conflict if item.op.task().is_some() => {
            format!("A task was changed here and deleted elsewhere: choose which is to be. {detail}.")
        }
        WedgeReason::Conflict => format!("An event was changed here and elsewhere: choose which version to keep. {detail}."),
        WedgeReason::MaybeSent => format!("{what} may have been sent: check the Sent folder, or send it again."),
        _ => format!("{what} can't go on: {detail}"),
    }
}
