//! What a person does to mail: archive, move, flag, label, delete. Each acts at once on what is shown and queues the write, in
//! one transaction of the store; so a key press never waits for the network, and undo is exact while the write still waits.
//!
//! What exactly has to be written differs by provider (Gmail labels, IMAP folders) and by where a message lies, so an action is
//! first planned, purely, into outbox operations with their inverses.

mod plan;
#[cfg(test)]
mod plan_tests;

use domain::{
    audit::{Actor, Outcome},
    ids::{AccountId, ConnectionId, MailboxId},
    mail::{Mailbox, MailboxRole},
    outbox::OutboxOp,
};
use store::{NewOutbox, Placement};

use crate::{
    Engine, EngineError, Entity,
    core::audit,
    read::gone,
    views::{Action, Target, UndoItem, UndoToken},
};

use plan::Planned;

/// Writes wait so long before they go out, so that undo is free and a burst of keys becomes one round trip.
const UNDO_WINDOW_MS: i64 = 4_000;

impl Engine {
    /// Acts on messages or conversations. The change shows at once; the write goes through the outbox.
    pub async fn act(&self, action: Action, target: Target, actor: Actor) -> Result<UndoToken, EngineError> {
        self.act_with(action, target, actor, false).await
    }

    /// The same; with `create` an account without an archive (bin, spam folder) gets one first. Without, that is an error whose
    /// code (`no_archive`, `no_trash`, `no_junk`) lets the window ask.
    pub async fn act_with(&self, action: Action, target: Target, actor: Actor, create: bool) -> Result<UndoToken, EngineError> {
        let conversations = match &target {
            Target::Threads { ids, .. } => ids.len(),
            Target::Messages { .. } => 0,
        };
        let placements = self.resolve(&target).await?;
        if placements.is_empty() {
            return Err(gone("message"));
        }
        let connections: std::collections::HashSet<&ConnectionId> = placements.iter().map(|p| &p.connection).collect();
        for connection in connections {
            self.require_feature(connection, "mail.modify").await?;
        }
        let mut mailboxes = self.store().mailboxes(None).await?;
        let missing = plan::missing(&action, &placements, &mailboxes);
        for (account, role, name) in &missing {
            if !create {
                return Err(self.no_place(*account, *role, name).await?);
            }
            self.create_mailbox(*account, name, Some(*role), actor).await?;
        }
        if !missing.is_empty() {
            mailboxes = self.store().mailboxes(None).await?;
        }
        let planned = plan::plan(&action, &placements, &mailboxes)?;
        let undoable = planned.iter().all(|p| p.inverse.is_some());
        let count = planned.iter().map(|p| p.op.messages().len() as u64).sum();
        let mut items = Vec::with_capacity(planned.len());
        for one in planned {
            items.push(self.queue(one, actor).await?);
        }
        self.changed(&placements);
        let shown = if conversations > 0 { conversations as u64 } else { count };
        Ok(UndoToken { items, label: plan::label(&action, shown, conversations > 0, &mailboxes), count: shown, undoable })
    }

    /// Takes an action back: what still waits is cancelled, what has left is written back by its inverse.
    pub async fn undo(&self, token: UndoToken) -> Result<(), EngineError> {
        let now = self.now();
        for item in token.items {
            let entry = audit(Actor::Person, "mail.undone", format!("outbox:{}", item.outbox), Outcome::Ok, "");
            if self.store().cancel(item.outbox, &entry, now).await? {
                continue;
            }
            let Some(op) = item.inverse else {
                return Err(EngineError::new(
                    "too_late",
                    "This can't be taken back any more.",
                    "It has reached the provider; nothing else was changed.",
                ));
            };
            let connection = self.connection_of(item.account).await?;
            let planned = Planned { connection, account: item.account, op, inverse: None };
            self.queue(planned, Actor::Person).await?;
        }
        self.emit().changed_many(Entity::Thread);
        self.emit().changed_many(Entity::Mailbox);
        self.inner.wake_outbox.notify_one();
        Ok(())
    }

    async fn resolve(&self, target: &Target) -> Result<Vec<Placement>, EngineError> {
        match target {
            Target::Messages { ids } => Ok(self.store().placements(ids).await?),
            Target::Threads { ids, mailbox, role } => {
                let mut placements = self.store().thread_placements(ids).await?;
                let places: Vec<Mailbox> = self.store().mailboxes(None).await?;
                // With a place given, only what lies there is meant: archiving from the inbox leaves the sent copies alone.
                let wanted: Option<Vec<MailboxId>> = match (mailbox, role) {
                    (Some(id), _) => Some(vec![*id]),
                    (None, Some(role)) => Some(places.iter().filter(|m| m.role == Some(*role)).map(|m| m.id).collect()),
                    (None, None) => None,
                };
                if let Some(wanted) = wanted.filter(|w| !w.is_empty()) {
                    let inside = |p: &Placement| p.mailboxes.iter().any(|m| wanted.contains(m));
                    // A list without a folder of its own (Gmail's archive) has no such placement: then all are meant.
                    if placements.iter().any(inside) {
                        placements.retain(inside);
                    }
                }
                Ok(placements)
            }
        }
    }

    async fn no_place(&self, account: AccountId, role: MailboxRole, name: &str) -> Result<EngineError, EngineError> {
        let email = self.store().account(account).await?.email;
        let lacks = |what: &str| format!("{email} has no {what} yet.");
        let hint = format!("A folder named {name} can be made there for it.");
        Ok(match role {
            MailboxRole::Trash => EngineError::new("no_trash", lacks("bin"), hint),
            MailboxRole::Junk => EngineError::new("no_junk", lacks("spam folder"), hint),
            _ => EngineError::new("no_archive", lacks("archive"), hint),
        })
    }

    async fn queue(&self, planned: Planned, actor: Actor) -> Result<UndoItem, EngineError> {
        let now = self.now();
        let entry = audit(
            actor,
            action_name(&planned.op),
            format!("account:{}", planned.account),
            Outcome::Ok,
            format!("messages={}", planned.op.messages().len()),
        );
        let outbox = self
            .store()
            .enqueue(
                NewOutbox {
                    connection: planned.connection,
                    account: planned.account,
                    thread: None,
                    idempotency_key: uuid::Uuid::new_v4().to_string(),
                    op: planned.op,
                    not_before: now.plus_millis(UNDO_WINDOW_MS),
                    raw: None,
                    draft: None,
                },
                &entry,
                now,
            )
            .await?;
        self.inner.wake_outbox.notify_one();
        Ok(UndoItem { outbox, account: planned.account, inverse: planned.inverse })
    }

    pub(crate) async fn connection_of(&self, account: AccountId) -> Result<ConnectionId, EngineError> {
        Ok(self.store().account(account).await?.connection)
    }

    fn changed(&self, placements: &[Placement]) {
        self.emit().changed(Entity::Thread, placements.iter().map(|p| p.thread.0));
        self.emit().changed(Entity::Message, placements.iter().map(|p| p.message.0));
        self.emit().changed_many(Entity::Mailbox);
    }
}

fn action_name(op: &OutboxOp) -> &'static str {
    match op {
        OutboxOp::Flags { .. } => "mail.flagged",
        OutboxOp::Move { .. } => "mail.moved",
        OutboxOp::Labels { .. } => "mail.labelled",
        OutboxOp::Delete { .. } => "mail.deleted",
        OutboxOp::Send { .. } | OutboxOp::FileSent { .. } => "mail.sent",
        OutboxOp::SaveDraft { .. } | OutboxOp::DiscardDraft { .. } => "mail.draft",
        OutboxOp::CreateMailbox { .. } | OutboxOp::RenameMailbox { .. } | OutboxOp::DeleteMailbox { .. } => "mailbox.changed",
        OutboxOp::Unsubscribe { .. } => "list.unsubscribed",
        OutboxOp::PutItem { .. } | OutboxOp::DeleteItem { .. } | OutboxOp::ClearMoved { .. } => "event.changed",
        OutboxOp::PutTask { .. } | OutboxOp::DeleteTask { .. } => "task.changed",
        OutboxOp::PutFile { .. } => "file.queued",
    }
}
