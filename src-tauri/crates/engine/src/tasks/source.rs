//! What a task was made from.

use domain::{
    audit::Actor,
    ids::{MessageId, TaskListId, ThreadId},
};
use store::TaskRow;

use super::{TaskChange, TaskDone, edit::Origin};
use crate::{Engine, EngineError};

/// Before the number of a mail that has no Message-ID.
const LOCAL: &str = "local:";

impl Engine {
    /// A task from a mail: its subject, unless `fields` says another title, and a way back to it. Nothing else of the mail goes to the
    /// provider.
    pub async fn make_task_from(
        &self,
        message: MessageId,
        list: Option<TaskListId>,
        fields: TaskChange,
        actor: Actor,
    ) -> Result<TaskDone, EngineError> {
        let mail = self.message(message).await?;
        let subject = mail.subject.split_whitespace().collect::<Vec<_>>().join(" ");
        let from = if mail.from.name.is_empty() { &mail.from.email } else { &mail.from.name };
        let title = fields.title.clone().unwrap_or(if subject.is_empty() { format!("Mail from {from}") } else { subject });
        let key = if mail.rfc_message_id.is_empty() { format!("{LOCAL}{message}") } else { mail.rfc_message_id };
        let new = TaskChange { title: Some(title), list: list.or(fields.list), ..fields };
        self.make_task(&new, Origin { message: Some(key), event: None }, actor).await
    }

    /// A task from an event: its title, unless `fields` says another, and a way back to it. Nothing else of the event goes to the provider.
    pub async fn make_task_from_event(
        &self,
        key: &str,
        list: Option<TaskListId>,
        fields: TaskChange,
        actor: Actor,
    ) -> Result<TaskDone, EngineError> {
        let event = self.event(key).await?;
        let titled = event.row.title.split_whitespace().collect::<Vec<_>>().join(" ");
        let title = fields.title.clone().unwrap_or(if titled.is_empty() { "Event without a title".to_owned() } else { titled });
        let new = TaskChange { title: Some(title), list: list.or(fields.list), ..fields };
        self.make_task(&new, Origin { message: None, event: Some(key.to_owned()) }, actor).await
    }

    /// The mail that a task was made from and its conversation, where it is still here.
    pub(super) async fn message_of(&self, row: &TaskRow) -> Result<Option<(MessageId, ThreadId)>, EngineError> {
        let Some(key) = &row.source_message else { return Ok(None) };
        let id = match key.strip_prefix(LOCAL) {
            Some(id) => id.parse::<MessageId>().ok(),
            None => self.message_named(key).await?,
        };
        let Some(id) = id else { return Ok(None) };
        Ok(self.store().message(id).await.ok().map(|mail| (id, mail.summary.thread)))
    }

    /// The message with this Message-ID, in whichever account has it.
    async fn message_named(&self, rfc_message_id: &str) -> Result<Option<MessageId>, EngineError> {
        for account in self.store().accounts().await? {
            if let Some(id) = self.store().message_by_rfc_id(account.id, rfc_message_id).await? {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }
}
