//! Making, renaming and deleting folders and labels. Each shows at once and goes out through the outbox; a folder that is being
//! made takes mail already, which follows it to the provider.

use domain::{
    audit::{Actor, Outcome},
    ids::{AccountId, MailboxId},
    mail::{Mailbox, MailboxRole},
    outbox::OutboxOp,
};
use store::NewOutbox;
use uuid::Uuid;

use crate::{Engine, EngineError, Entity, core::audit};

/// Gmail takes 225 bytes; file systems behind mail servers take 255 in their own spelling, which is longer than ours.
const NAME_MAX: usize = 200;

impl Engine {
    /// `name`: hierarchy as `/`. Asking for one that is there is an error, because the person meant a new one.
    pub async fn create_mailbox(
        &self,
        account: AccountId,
        name: &str,
        role: Option<MailboxRole>,
        actor: Actor,
    ) -> Result<Mailbox, EngineError> {
        let connection = self.connection_of(account).await?;
        self.require_feature(&connection, "mail.modify").await?;
        let name = self.free_name(account, name).await?;
        let provisional = format!("{}{}", Mailbox::PROVISIONAL, Uuid::new_v4());
        let op = OutboxOp::CreateMailbox { provisional, name: name.clone(), role };
        self.queue_mailbox(account, op, "mailbox.created", actor).await?;
        // By name: the outbox may have been faster than this line.
        self.store().mailbox_by_name(Some(account), &name).await?.into_iter().next().ok_or_else(|| EngineError::not_found("The folder"))
    }

    pub async fn rename_mailbox(&self, id: MailboxId, name: &str, actor: Actor) -> Result<Mailbox, EngineError> {
        let mailbox = self.changeable(id).await?;
        if mailbox.name == name.trim() {
            return Ok(mailbox);
        }
        let name = self.free_name(mailbox.account, name).await?;
        let op = OutboxOp::RenameMailbox { mailbox: id, name, old_name: mailbox.name };
        self.queue_mailbox(mailbox.account, op, "mailbox.renamed", actor).await?;
        Ok(self.store().mailbox(id).await?)
    }

    /// A folder only while it is empty: its mail would go with it. A label leaves its mail alone.
    pub async fn delete_mailbox(&self, id: MailboxId, actor: Actor) -> Result<(), EngineError> {
        let mailbox = self.changeable(id).await?;
        let connection = self.store().connection(&self.connection_of(mailbox.account).await?).await?;
        let folder = self.require_mail(&connection)?.folders();
        if folder && mailbox.total > 0 {
            return Err(EngineError::new(
                "mailbox_not_empty",
                format!("{} still holds {} messages.", mailbox.name, mailbox.total),
                "Move them elsewhere first; deleting the folder would delete them for ever.",
            ));
        }
        self.queue_mailbox(mailbox.account, OutboxOp::DeleteMailbox { mailbox: id }, "mailbox.deleted", actor).await
    }

    async fn queue_mailbox(&self, account: AccountId, op: OutboxOp, action: &'static str, actor: Actor) -> Result<(), EngineError> {
        let now = self.now();
        let new = NewOutbox {
            connection: self.connection_of(account).await?,
            account,
            thread: None,
            idempotency_key: Uuid::new_v4().to_string(),
            op,
            not_before: now,
            raw: None,
            draft: None,
        };
        self.store().enqueue(new, &audit(actor, action, format!("account:{account}"), Outcome::Ok, ""), now).await?;
        self.emit().changed_many(Entity::Mailbox);
        self.inner.wake_outbox.notify_one();
        Ok(())
    }

    /// Neither one that has a role, nor one that is on its way.
    async fn changeable(&self, id: MailboxId) -> Result<Mailbox, EngineError> {
        let mailbox = self.store().mailbox(id).await?;
        self.require_feature(&self.connection_of(mailbox.account).await?, "mail.modify").await?;
        if mailbox.role.is_some() {
            return Err(EngineError::new(
                "mailbox_in_use",
                format!("{} has a purpose of its own in this account.", mailbox.name),
                "Only folders and labels of your own can be renamed or deleted.",
            ));
        }
        if mailbox.is_pending() {
            return Err(EngineError::new(
                "mailbox_pending",
                format!("{} is just being made.", mailbox.name),
                "Try again in a moment; the outbox says what it waits for.",
            ));
        }
        Ok(mailbox)
    }

    async fn free_name(&self, account: AccountId, name: &str) -> Result<String, EngineError> {
        let bad = |why: &str| EngineError::new("bad_mailbox_name", format!("This name can't be used: {why}."), "Choose another name.");
        let name = name.split('/').map(str::trim).collect::<Vec<_>>().join("/");
        if name.split('/').any(str::is_empty) {
            return Err(bad("it is empty, or a part of it is"));
        }
        if name.len() > NAME_MAX {
            return Err(bad("it is too long"));
        }
        if name.chars().any(|c| c.is_control() || matches!(c, '%' | '*' | '\\' | '"')) {
            return Err(bad("it holds a character that mail servers do not take"));
        }
        if name.eq_ignore_ascii_case("inbox") {
            return Err(bad("the inbox is there already"));
        }
        if self.store().mailbox_by_name(Some(account), &name).await?.is_empty() {
            Ok(name)
        } else {
            Err(EngineError::new(
                "mailbox_exists",
                format!("There is a folder named {name} already."),
                "Choose another name, or use that one.",
            ))
        }
    }
}
