//! Taking back, for everything a person does. The way back is written down when something is done and stays good for its window,
//! whether or not the program runs on in between.

use domain::{
    audit::{Actor, Outcome},
    ids::{DraftId, OutboxId, ThreadId},
    mail::MailboxRole,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use store::{NewUndo, StateChange, StateRow, UndoRecord};

use crate::{
    Engine, EngineError,
    agenda::{self, AnswerBack, EventBack},
    core::audit,
    tasks::TaskBack,
    triage::said,
    views::{Action, Target, UndoToken},
};

/// What was done to mail can be taken back so long.
pub const UNDO_MS: i64 = 15 * 60_000;
/// Work on many conversations is noticed later.
pub const UNDO_BULK_MS: i64 = 60 * 60_000;

/// The answer to anything that can be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// For [`Engine::undo_record`]; None: there is no way back, or nothing changed.
    pub undo: Option<i64>,
    pub until: Timestamp,
    pub count: u64,
    pub words: String,
}

/// What an undo did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undone {
    pub words: String,
    pub count: u64,
    /// A draft that came back by it.
    pub draft: Option<DraftId>,
}

/// How something is taken back. Stored as JSON: append variants and fields, never change them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum UndoWork {
    Act {
        token: UndoToken,
        #[serde(default)]
        states: Vec<StateRow>,
    },
    States {
        rows: Vec<StateRow>,
    },
    Discard {
        draft: DraftId,
    },
    Send {
        outbox: OutboxId,
    },
    Bulk {
        job: i64,
    },
    Events {
        items: Vec<EventBack>,
        #[serde(default)]
        answer: Option<AnswerBack>,
        /// Mails that tell guests of it, while they wait.
        #[serde(default)]
        told: Vec<UndoToken>,
    },
    Tasks {
        items: Vec<TaskBack>,
    },
}

/// One step of [`Engine::perform`], without its record.
pub(crate) struct Step {
    pub token: UndoToken,
    pub states: Vec<StateRow>,
}

impl Engine {
    /// [`Engine::act_with`] as the window means it: what returned to the inbox by itself is seen with it, and the way back is kept.
    pub async fn perform(&self, action: Action, target: Target, actor: Actor, create: bool) -> Result<Done, EngineError> {
        let Step { token, states } = self.step(action, target, actor, create).await?;
        let (words, count) = (token.label.clone(), token.count);
        if !token.undoable || (token.items.is_empty() && states.is_empty()) {
            return Ok(Done { undo: None, until: self.now(), count, words });
        }
        self.remember("act", words, count, UndoWork::Act { token, states }).await
    }

    pub(crate) async fn step(&self, action: Action, target: Target, actor: Actor, create: bool) -> Result<Step, EngineError> {
        let threads: Vec<ThreadId> = match &target {
            Target::Threads { ids, .. } => ids.clone(),
            Target::Messages { ids } => self.store().placements(ids).await?.into_iter().map(|p| p.thread).collect(),
        };
        // What stands in the inbox only because it returned has no mail there to archive: seeing it is all there is to do.
        let (target, token) = match target {
            Target::Threads { ids, mailbox, role: Some(MailboxRole::Inbox) } if action == Action::Archive => {
                let only = self.store().only_returned(&ids).await?;
                let rest: Vec<ThreadId> = ids.iter().copied().filter(|t| !only.contains(t)).collect();
                let nothing = UndoToken { items: Vec::new(), label: said(ids.len(), "archived"), count: ids.len() as u64, undoable: true };
                let token = rest.is_empty().then_some(nothing);
                (Target::Threads { ids: rest, mailbox, role: Some(MailboxRole::Inbox) }, token)
            }
            other => (other, None),
        };
        let token = match token {
            Some(token) => token,
            None => self.act_with(action, target, actor, create).await?,
        };
        let states = self.store().change_states(&threads, StateChange::Seen, None, self.now()).await?;
        if !states.is_empty() {
            self.listed_anew(&threads);
        }
        Ok(Step { token, states })
    }

    pub(crate) async fn remember(&self, kind: &'static str, words: String, count: u64, work: UndoWork) -> Result<Done, EngineError> {
        let now = self.now();
        let until = match &work {
            UndoWork::Bulk { .. } => now.plus_millis(UNDO_BULK_MS),
            UndoWork::Discard { .. } => now.plus_secs(crate::compose::KEEP_DISCARDED_SECS),
            UndoWork::Send { outbox } => self.store().outbox_item(*outbox).await?.not_before,
            // A mail that tells of it can't be taken back once it is sent.
            UndoWork::Events { answer: Some(AnswerBack { mail: Some(_), .. }), .. } => agenda::answer_until(now),
            UndoWork::Act { .. } | UndoWork::States { .. } | UndoWork::Events { .. } | UndoWork::Tasks { .. } => now.plus_millis(UNDO_MS),
        };
        let work = serde_json::to_value(&work).map_err(|e| EngineError::new("internal", e.to_string(), ""))?;
        let undo = self.store().add_undo(&NewUndo { kind, words: words.clone(), count, until, work }, now).await?;
        Ok(Done { undo: Some(undo), until, count, words })
    }

    /// Throws a draft away, with a way back.
    pub async fn discard(&self, draft: DraftId, actor: Actor) -> Result<Done, EngineError> {
        self.discard_draft(draft, actor).await?;
        self.remember("discard", "Draft discarded".to_owned(), 1, UndoWork::Discard { draft }).await
    }

    /// Notes that a mail on its way can be taken back while it waits.
    pub async fn remember_send(&self, outbox: OutboxId, words: String) -> Result<Done, EngineError> {
        self.remember("send", words, 1, UndoWork::Send { outbox }).await
    }

    /// What can still be taken back, newest first.
    pub async fn undo_list(&self, limit: u32) -> Result<Vec<UndoRecord>, EngineError> {
        Ok(self.store().undos(self.now(), limit).await?)
    }

    /// Takes the latest back. Error `nothing_to_undo`.
    pub async fn undo_last(&self) -> Result<Undone, EngineError> {
        match self.undo_list(1).await?.first() {
            Some(record) => self.undo_record(record.id).await,
            None => Err(EngineError::new(
                "nothing_to_undo",
                "There is nothing to undo.",
                "What was done longer ago has reached the provider for good.",
            )),
        }
    }

    /// Takes one thing back, once. A way back that failed for a moment (the disk is full) is kept.
    pub async fn undo_record(&self, id: i64) -> Result<Undone, EngineError> {
        let Some(record) = self.store().take_undo(id, self.now()).await? else {
            return Err(EngineError::new("too_late", "This can't be taken back any more.", "It was undone already, or its time is over."));
        };
        match self.take_back(&record).await {
            Err(e) if e.code != "too_late" && e.code != "not_found" && e.code != "conflict" => {
                self.store().return_undo(&record).await?;
                Err(e)
            }
            done => done,
        }
    }

    async fn take_back(&self, record: &UndoRecord) -> Result<Undone, EngineError> {
        let work: UndoWork = serde_json::from_value(record.work.clone())
            .map_err(|e| EngineError::new("too_late", "This can't be taken back any more.", e.to_string()))?;
        let mut draft = None;
        match work {
            UndoWork::Act { token, states } => self.take_back_step(token, &states).await?,
            UndoWork::States { rows } => self.put_states_back(&rows).await?,
            UndoWork::Discard { draft: id } => draft = Some(self.restore_draft(id, Actor::Person).await?.id),
            UndoWork::Send { outbox } => draft = Some(self.outbox_edit(outbox).await?.id),
            UndoWork::Bulk { job } => self.undo_bulk(job).await?,
            UndoWork::Events { items, answer, told } => self.take_back_events(&items, answer, told).await?,
            UndoWork::Tasks { items } => self.take_back_tasks(&items).await?,
        }
        Ok(Undone { words: format!("Undone: {}", record.words), count: record.count, draft })
    }

    pub(crate) async fn take_back_step(&self, token: UndoToken, states: &[StateRow]) -> Result<(), EngineError> {
        if !token.items.is_empty() {
            self.undo(token).await?;
        }
        self.put_states_back(states).await
    }

    async fn put_states_back(&self, rows: &[StateRow]) -> Result<(), EngineError> {
        if rows.is_empty() {
            return Ok(());
        }
        let entry = audit(Actor::Person, "thread.undone", "threads:", Outcome::Ok, format!("threads={}", rows.len()));
        self.store().restore_states(rows, &entry, self.now()).await?;
        let threads: Vec<ThreadId> = rows.iter().map(|r| ThreadId(r.thread)).collect();
        self.listed_anew(&threads);
        self.inner.wake.notify_one();
        Ok(())
    }
}
