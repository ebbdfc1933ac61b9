//! One action on many conversations: a stored job that works in batches, tells how far it is, can be stopped between two
//! batches, goes on after a restart, and is taken back as a whole.
//!
//! A batch is acted on like any other selection, so each mailbox gets one outbox item of up to 500 messages: IMAP writes it as one
//! command with a set of UIDs, Gmail as one batchModify.

use domain::{
    audit::{Actor, Outcome},
    ids::{MailboxId, ThreadId},
    mail::MailboxRole,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use store::{BulkRow, Place, StateRow, ThreadFilter};

use crate::{
    Engine, EngineError,
    core::audit,
    triage::said,
    undo::{Step, UndoWork},
    views::{Action, Target, UndoToken},
};

/// Conversations of one batch: large enough for large UID sets, small enough that a key press gets in between.
const BATCH: usize = 250;
/// The first batch runs before the caller gets an answer, so that what is wrong (no archive, no grant) is said at once.
const FIRST: usize = 25;

/// What a job is about; resolved to conversations when it starts.
#[derive(Clone, Debug)]
pub enum BulkWhat {
    Threads(Vec<ThreadId>),
    Filter { filter: ThreadFilter, except: Vec<ThreadId> },
    Query(String),
}

/// What is done to each of them. Stored with the job as JSON: append variants, never change them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum BulkAct {
    /// Written to the provider.
    Mail(Action),
    /// Kept on this device.
    Keep(Keep),
}

impl From<Action> for BulkAct {
    fn from(action: Action) -> Self {
        Self::Mail(action)
    }
}

/// What is put off or silenced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "keep", rename_all = "snake_case")]
pub enum Keep {
    Snooze { until: Option<Timestamp> },
    Mute { on: bool },
    Remind { at: Option<Timestamp> },
}

impl Keep {
    /// Of `n` conversations.
    fn words(self, n: usize) -> String {
        match self {
            Self::Snooze { until: Some(_) } => said(n, "snoozed"),
            Self::Snooze { until: None } => said(n, "back in the inbox"),
            Self::Mute { on: true } => said(n, "muted"),
            Self::Mute { on: false } => said(n, "no longer muted"),
            Self::Remind { at: Some(_) } => "Reminder set".to_owned(),
            Self::Remind { at: None } => "Reminder removed".to_owned(),
        }
    }
}

/// Stored with the job.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Order {
    action: BulkAct,
    #[serde(default)]
    mailbox: Option<MailboxId>,
    #[serde(default)]
    role: Option<MailboxRole>,
    actor: Actor,
    #[serde(default)]
    create: bool,
}

/// The way back of one batch.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Back {
    token: UndoToken,
    #[serde(default)]
    states: Vec<StateRow>,
}

fn broken(e: &serde_json::Error) -> EngineError {
    EngineError::new("internal", e.to_string(), "Report this.")
}

impl Engine {
    /// Starts a job. Its first batch is through when this returns; the rest follows in the background.
    pub async fn bulk_start(&self, action: impl Into<BulkAct>, what: BulkWhat, actor: Actor, create: bool) -> Result<BulkRow, EngineError> {
        let action = action.into();
        if let BulkAct::Keep(Keep::Snooze { until: at } | Keep::Remind { at }) = action {
            self.check_time(at)?;
        }
        let (threads, mailbox, role) = match what {
            BulkWhat::Threads(ids) => (ids, None, None),
            BulkWhat::Filter { filter, except } => {
                let except: std::collections::HashSet<ThreadId> = except.into_iter().collect();
                let mut ids = self.store().thread_ids(&filter).await?;
                ids.retain(|id| !except.contains(id));
                match filter.place {
                    Place::Mailbox(id) => (ids, Some(id), None),
                    Place::Role(role) => (ids, None, Some(role)),
                    Place::Split(_) => (ids, None, Some(MailboxRole::Inbox)),
                    Place::All | Place::Snoozed | Place::Muted | Place::Reminders => (ids, None, None),
                }
            }
            BulkWhat::Query(text) => {
                let query = self.query(&text, false)?;
                (self.store().search_threads(&query).await?, None, None)
            }
        };
        if threads.is_empty() {
            return Err(EngineError::new("nothing_to_do", "There are no conversations to act on.", "The list is empty by now."));
        }
        let order = Order { action, mailbox, role, actor, create };
        let json = serde_json::to_string(&order).map_err(|e| broken(&e))?;
        let words = match &order.action {
            BulkAct::Mail(action) => said(threads.len(), verb(action)),
            BulkAct::Keep(keep) => keep.words(threads.len()),
        };
        let id = self.store().add_bulk(&json, &words, &threads, self.now()).await?;
        let entry = audit(actor, "bulk.started", format!("bulk:{id}"), Outcome::Ok, format!("threads={}", threads.len()));
        self.store().append_audit(&entry, self.now()).await?;
        let done = self.remember("bulk", words, threads.len() as u64, UndoWork::Bulk { job: id }).await?;
        if let Some(undo) = done.undo {
            self.store().bulk_undo_record(id, undo).await?;
        }
        if let Err(e) = self.bulk_batch(id, &order, &threads, 0, FIRST).await {
            self.store().bulk_state(id, &["running"], "failed", Some(&e.message)).await?;
            if let Some(undo) = done.undo {
                self.store().take_undo(undo, self.now()).await?;
            }
            return Err(e);
        }
        if threads.len() <= FIRST {
            self.bulk_end(id).await?;
        } else {
            self.spawn_bulk(id);
        }
        Ok(self.store().bulk(id).await?)
    }

    /// Running and recent jobs, newest first.
    pub async fn bulk_jobs(&self) -> Result<Vec<BulkRow>, EngineError> {
        Ok(self.store().bulks().await?)
    }

    pub async fn bulk(&self, id: i64) -> Result<BulkRow, EngineError> {
        Ok(self.store().bulk(id).await?)
    }

    /// Stops after the batch that is running. What is done stays done, and can be taken back.
    pub async fn bulk_cancel(&self, id: i64, actor: Actor) -> Result<BulkRow, EngineError> {
        if self.store().bulk_state(id, &["running"], "cancelled", None).await? {
            self.audit_only(audit(actor, "bulk.cancelled", format!("bulk:{id}"), Outcome::Ok, "")).await;
        }
        self.emit().bulk(id);
        Ok(self.store().bulk(id).await?)
    }

    /// Goes on with what a restart interrupted.
    pub(crate) async fn resume_bulks(&self) -> Result<(), EngineError> {
        for job in self.store().bulks().await? {
            match job.state.as_str() {
                "running" => self.spawn_bulk(job.id),
                "undoing" => self.spawn_undo_bulk(job.id),
                _ => {}
            }
        }
        Ok(())
    }

    fn spawn_bulk(&self, id: i64) {
        let me = self.clone();
        self.spawn(async move {
            if let Err(e) = me.run_bulk(id).await {
                tracing::warn!(code = %e.code, job = id, "a job on many conversations stopped");
                let _ = me.store().bulk_state(id, &["running"], "failed", Some(&e.message)).await;
                me.emit().bulk(id);
            }
        });
    }

    /// The whole rest of a job.
    pub(crate) async fn run_bulk(&self, id: i64) -> Result<(), EngineError> {
        let job = self.store().bulk(id).await?;
        let order: Order = serde_json::from_str(&job.action).map_err(|e| broken(&e))?;
        let threads = self.store().bulk_threads(id).await?;
        let mut done = job.done as usize;
        while done < threads.len() {
            if self.store().bulk(id).await?.state != "running" {
                return Ok(());
            }
            done = self.bulk_batch(id, &order, &threads, done, BATCH).await?;
            tokio::task::yield_now().await;
        }
        self.bulk_end(id).await
    }

    async fn bulk_end(&self, id: i64) -> Result<(), EngineError> {
        if self.store().bulk_state(id, &["running"], "done", None).await? {
            let job = self.store().bulk(id).await?;
            self.audit_only(audit(Actor::Engine, "bulk.done", format!("bulk:{id}"), Outcome::Ok, format!("threads={}", job.done))).await;
        }
        self.emit().bulk(id);
        Ok(())
    }

    async fn bulk_batch(&self, id: i64, order: &Order, threads: &[ThreadId], from: usize, size: usize) -> Result<usize, EngineError> {
        // An undo waits for the batch that is under way, then takes that one back too.
        let _turn = self.inner.bulk.lock().await;
        if self.store().bulk(id).await?.state != "running" {
            return Ok(threads.len());
        }
        let batch: Vec<ThreadId> = threads.iter().skip(from).take(size).copied().collect();
        let done = from + batch.len();
        let stepped = match &order.action {
            BulkAct::Mail(action) => {
                let target = Target::Threads { ids: batch, mailbox: order.mailbox, role: order.role };
                self.step(action.clone(), target, order.actor, order.create).await
            }
            BulkAct::Keep(keep) => self.keep_step(&batch, *keep, order.actor).await,
        };
        let back = match stepped {
            Ok(Step { token, states }) => Some(Back { token, states }),
            // All of this batch was moved or deleted meanwhile.
            Err(e) if e.code == "not_found" => None,
            Err(e) => return Err(e),
        };
        let work = back.map(|b| serde_json::to_string(&b)).transpose().map_err(|e| broken(&e))?;
        self.store().bulk_step(id, done as u64, work.as_deref()).await?;
        self.emit().bulk(id);
        Ok(done)
    }

    /// Takes a whole job back, in the background, last batch first.
    pub(crate) async fn undo_bulk(&self, id: i64) -> Result<(), EngineError> {
        if !self.store().bulk_state(id, &["running", "done", "cancelled", "failed"], "undoing", None).await? {
            return Err(EngineError::new("too_late", "This was undone already.", ""));
        }
        self.audit_only(audit(Actor::Person, "bulk.undone", format!("bulk:{id}"), Outcome::Ok, "")).await;
        self.emit().bulk(id);
        self.spawn_undo_bulk(id);
        Ok(())
    }

    fn spawn_undo_bulk(&self, id: i64) {
        let me = self.clone();
        self.spawn(async move {
            if let Err(e) = me.run_undo_bulk(id).await {
                tracing::warn!(code = %e.code, job = id, "a job could not be taken back as a whole");
                let _ = me.store().bulk_state(id, &["undoing"], "failed", Some(&e.message)).await;
                me.emit().bulk(id);
            }
        });
    }

    pub(crate) async fn run_undo_bulk(&self, id: i64) -> Result<(), EngineError> {
        let _turn = self.inner.bulk.lock().await;
        let mut late = false;
        for (seq, work) in self.store().bulk_batches(id).await? {
            let Back { token, states } = serde_json::from_str(&work).map_err(|e| broken(&e))?;
            match self.take_back_step(token, &states).await {
                Ok(()) => {}
                Err(e) if e.code == "too_late" || e.code == "not_found" => late = true,
                Err(e) => return Err(e),
            }
            self.store().drop_batch(id, seq).await?;
            self.emit().bulk(id);
        }
        let words = late.then_some("Some of it had reached the provider for good.");
        self.store().bulk_state(id, &["undoing"], "undone", words).await?;
        self.emit().bulk(id);
        Ok(())
    }
}

const fn verb(action: &Action) -> &'static str {
    match action {
        Action::Archive => "archived",
        Action::Trash => "moved to the bin",
        Action::Spam => "marked as spam",
        Action::NotSpam => "moved to the inbox",
        Action::Move { .. } => "moved",
        Action::Read { on: true } => "marked as read",
        Action::Read { on: false } => "marked as unread",
        Action::Star { on: true } => "starred",
        Action::Star { on: false } => "unstarred",
        Action::AddLabel { .. } | Action::RemoveLabel { .. } => "labelled",
        Action::DeleteForever => "deleted for ever",
    }
}
