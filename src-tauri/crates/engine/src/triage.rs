//! Snooze, mute and reminders: conversations that leave the inbox here and come back by themselves.
//!
//! They live on this device only. A provider has no place for "until Tuesday" that every other program would respect, and moving
//! mail into a folder of ours would make it vanish on a phone until this computer runs again; so at the provider it stays where it
//! is, and the window says so.

use domain::{
    audit::{Actor, Outcome},
    ids::ThreadId,
    mail::ThreadState,
    time::Timestamp,
};
use store::StateChange;

use crate::{
    Engine, EngineError, Entity,
    bulk::Keep,
    core::audit,
    undo::{Done, Step, UndoWork},
    views::UndoToken,
};

/// Nothing is put off for longer: a slip of the keyboard must not bury mail for good.
const FURTHEST_SECS: i64 = 5 * 366 * 24 * 3600;

impl Engine {
    /// Out of the inbox until `until`, or until somebody answers. None: back now.
    pub async fn snooze(&self, threads: &[ThreadId], until: Option<Timestamp>, actor: Actor) -> Result<Done, EngineError> {
        self.check_time(until)?;
        let (name, words) = match until {
            Some(_) => ("thread.snoozed", said(threads.len(), "snoozed")),
            None => ("thread.unsnoozed", said(threads.len(), "back in the inbox")),
        };
        self.change(threads, StateChange::Snooze(until), name, words, "snooze", actor).await
    }

    /// Out of the inbox for good, whatever comes.
    pub async fn mute(&self, threads: &[ThreadId], on: bool, actor: Actor) -> Result<Done, EngineError> {
        let (name, words) = if on { ("thread.muted", "muted") } else { ("thread.unmuted", "no longer muted") };
        self.change(threads, StateChange::Mute(on), name, said(threads.len(), words), "mute", actor).await
    }

    /// Back to the inbox at `at` if nobody but the person has written by then. None: forget it.
    pub async fn remind(&self, threads: &[ThreadId], at: Option<Timestamp>, actor: Actor) -> Result<Done, EngineError> {
        self.check_time(at)?;
        let change = StateChange::Remind { at, since: self.now() };
        let (name, words) =
            if at.is_some() { ("thread.reminder", "Reminder set") } else { ("thread.reminder_removed", "Reminder removed") };
        self.change(threads, change, name, words.to_owned(), "remind", actor).await
    }

    /// The same for a mail on its way: its conversation may not exist yet.
    pub async fn remind_of_sent(&self, outbox: domain::ids::OutboxId, at: Timestamp, actor: Actor) -> Result<(), EngineError> {
        self.check_time(Some(at))?;
        let item = self.store().outbox_item(outbox).await?;
        let domain::outbox::OutboxOp::Send { message_id, .. } = &item.op else {
            return Err(EngineError::invalid("Only a mail can be answered.", "Set the reminder on a mail."));
        };
        // Answers count from when it leaves, not from when it was written.
        self.store().remind_of_sent(item.account, message_id.trim_matches(['<', '>']), outbox, at, item.not_before).await?;
        self.audit_only(audit(actor, "thread.reminder", format!("outbox:{outbox}"), Outcome::Ok, "")).await;
        self.inner.wake.notify_one();
        Ok(())
    }

    pub async fn thread_state(&self, thread: ThreadId) -> Result<ThreadState, EngineError> {
        Ok(self.store().thread_state(thread).await?)
    }

    /// Brings back what is due now; returns it and when to look again. The runner calls it on its rounds, opening does once.
    pub async fn wake_due(&self, now: Timestamp) -> Result<(Vec<ThreadId>, Option<Timestamp>), EngineError> {
        if self.store().next_wake().await?.is_none() {
            return Ok((Vec::new(), None));
        }
        let mut changed = self.store().settle_sent_reminders(now).await?;
        let mut returned = Vec::new();
        if self.store().next_wake().await?.is_some_and(|at| at <= now) {
            let entry = audit(Actor::Engine, "thread.returned", "threads:", Outcome::Ok, "");
            returned = self.store().wake(&entry, now).await?.returned;
            changed.extend(&returned);
        }
        if !changed.is_empty() {
            self.emit().changed(Entity::Thread, changed.iter().map(|t| t.0));
            self.emit().changed_many(Entity::Mailbox);
        }
        Ok((returned, self.store().next_wake().await?))
    }

    /// A batch of a job that puts off or silences; its record is the job's.
    pub(crate) async fn keep_step(&self, threads: &[ThreadId], keep: Keep, actor: Actor) -> Result<Step, EngineError> {
        let (change, name) = match keep {
            Keep::Snooze { until } => (StateChange::Snooze(until), if until.is_some() { "thread.snoozed" } else { "thread.unsnoozed" }),
            Keep::Mute { on } => (StateChange::Mute(on), if on { "thread.muted" } else { "thread.unmuted" }),
            Keep::Remind { at } => {
                let name = if at.is_some() { "thread.reminder" } else { "thread.reminder_removed" };
                (StateChange::Remind { at, since: self.now() }, name)
            }
        };
        let entry = audit(actor, name, "threads:".to_owned(), Outcome::Ok, format!("threads={}", threads.len()));
        let states = self.store().change_states(threads, change, Some(&entry), self.now()).await?;
        self.listed_anew(threads);
        self.inner.wake.notify_one();
        let count = threads.len() as u64;
        Ok(Step { token: UndoToken { items: Vec::new(), label: String::new(), count, undoable: true }, states })
    }

    async fn change(
        &self,
        threads: &[ThreadId],
        change: StateChange,
        name: &'static str,
        words: String,
        kind: &'static str,
        actor: Actor,
    ) -> Result<Done, EngineError> {
        if threads.is_empty() {
            return Err(crate::read::gone("conversation"));
        }
        let target = match threads {
            [one] => format!("thread:{one}"),
            _ => "threads:".to_owned(),
        };
        let entry = audit(actor, name, target, Outcome::Ok, format!("threads={}", threads.len()));
        let rows = self.store().change_states(threads, change, Some(&entry), self.now()).await?;
        self.listed_anew(threads);
        self.inner.wake.notify_one();
        self.remember(kind, words, threads.len() as u64, UndoWork::States { rows }).await
    }

    pub(crate) fn listed_anew(&self, threads: &[ThreadId]) {
        self.emit().changed(Entity::Thread, threads.iter().map(|t| t.0));
        self.emit().changed_many(Entity::Mailbox);
    }

    pub(crate) fn check_time(&self, at: Option<Timestamp>) -> Result<(), EngineError> {
        let now = self.now();
        match at {
            Some(at) if at <= now => Err(EngineError::invalid("This time is in the past.", "Choose a later one.")),
            Some(at) if at > now.plus_secs(FURTHEST_SECS) => {
                Err(EngineError::invalid("This is more than five years away.", "Choose an earlier time."))
            }
            _ => Ok(()),
        }
    }
}

/// "Conversation snoozed", "3 conversations snoozed".
pub(crate) fn said(n: usize, what: &str) -> String {
    if n == 1 { format!("Conversation {what}") } else { format!("{n} conversations {what}") }
}
