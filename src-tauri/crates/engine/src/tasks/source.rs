//! What a task was made from.

use domain::{
    audit::Actor,
    ids::{MessageId, TaskListId},
};
use store::TaskRow;

use super::{NewTask, TaskChange, TaskDone, edit::Origin};
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
        let new = NewTask { fields: TaskChange { title: Some(title), list: list.or(fields.list), ..fields }, event: None };
        self.make_task(&new, Origin { message: Some(key), event: None }, actor).await
    }

    /// The mail that a task was made from, where it is still here.
    pub(super) async fn message_of(&self, row: &TaskRow) -> Result<Option<MessageId>, EngineError> {
        let Some(key) = &row.source_message else { return Ok(None) };
        if let Some(id) = key.strip_prefix(LOCAL) {
            let Ok(id) = id.parse::<MessageId>() else { return Ok(None) };
            return Ok(self.store().message(id).await.ok().map(|_| id));
        }
        for account in self.store().accounts().await? {
            if let Some(id) = self.store().message_by_rfc_id(account.id, key).await? {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }
}
