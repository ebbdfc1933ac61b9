//! Task lists as the side bar shows them.

use domain::{
    connection::Connection,
    ids::{ConnectionId, TaskListId},
    integration::Service,
    tasks::TaskAbilities,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use store::TaskListRow;

use super::change::writable;
use crate::{Engine, EngineError, events::Entity};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskListView {
    pub id: TaskListId,
    pub connection: ConnectionId,
    /// What the person calls the connection.
    pub source: String,
    pub name: String,
    /// 0…9.
    pub hue: u8,
    pub shown: bool,
    /// New tasks go here: the person's choice, else what [`Engine::create_task`] would take.
    pub preferred: bool,
    pub can: TaskAbilities,
    pub error: Option<String>,
    pub last_sync: Option<Timestamp>,
    /// Open tasks.
    pub open: u64,
}

/// Where new tasks go: the person's choice, then the provider's, then the first that takes any.
pub(super) fn for_new(rows: &[TaskListRow]) -> Option<&TaskListRow> {
    let takes = |r: &&TaskListRow| r.can.write;
    rows.iter()
        .filter(takes)
        .find(|r| r.preferred)
        .or_else(|| rows.iter().filter(takes).find(|r| r.default))
        .or_else(|| rows.iter().find(takes))
}

impl Engine {
    pub async fn task_lists(&self) -> Result<Vec<TaskListView>, EngineError> {
        let (rows, connections) = (self.store().task_lists().await?, self.store().connections().await?);
        let scopes = self.store().scopes(None).await?;
        let counts = self.store().task_list_counts().await?;
        let connector = self.connector();
        let with_lists: Vec<_> = connections.iter().filter(|k| rows.iter().any(|l| l.connection == k.id)).collect();
        // Two services may know the person by the same address.
        let source = |of: &Connection| match connector.integration(&of.integration) {
            Some(row) if with_lists.iter().any(|k| k.id != of.id && k.label == of.label) => format!("{} · {}", of.label, row.label),
            _ => of.label.clone(),
        };
        let new = for_new(&rows).map(|l| l.id);
        let views = rows.iter().map(|l| {
            let connection = connections.iter().find(|k| k.id == l.connection);
            let scope = scopes.iter().find(|s| {
                s.scope.service == Service::Tasks
                    && s.scope.connection == l.connection
                    && s.scope.container.as_ref().is_none_or(|c| c == &l.remote)
            });
            TaskListView {
                id: l.id,
                connection: l.connection.clone(),
                source: connection.map(source).unwrap_or_default(),
                name: l.name.clone(),
                hue: l.hue,
                shown: l.shown,
                preferred: new == Some(l.id),
                can: l.can,
                error: connection
                    .and_then(|k| k.status_reason.clone())
                    .or_else(|| scope.filter(|s| s.error_count > 0).and_then(|s| s.error_message.clone())),
                last_sync: scope.and_then(|s| s.last_ok),
                open: counts.iter().find(|(id, _)| *id == l.id).map_or(0, |(_, n)| *n),
            }
        });
        Ok(views.collect())
    }

    /// What the person chooses of a list; None stays.
    pub async fn change_task_list(&self, id: TaskListId, shown: Option<bool>, hue: Option<u8>, preferred: bool) -> Result<(), EngineError> {
        if hue.is_some_and(|h| h > 9) {
            return Err(EngineError::invalid("There is no such colour.", "Choose one of the ten."));
        }
        if preferred {
            writable(&self.store().task_list(id).await?)?;
        }
        self.store().change_task_list(id, shown, hue, preferred).await?;
        self.emit().changed_many(Entity::Task);
        Ok(())
    }

    /// The list that a new task goes to.
    pub(super) async fn task_list_for(&self, wanted: Option<TaskListId>) -> Result<TaskListRow, EngineError> {
        let rows = self.store().task_lists().await?;
        let found = match wanted {
            Some(id) => rows.into_iter().find(|l| l.id == id).ok_or_else(|| EngineError::not_found("This list"))?,
            None => for_new(&rows)
                .cloned()
                .ok_or_else(|| EngineError::new("no_list", "There is no list to put it in.", "Connect one in Integrations."))?,
        };
        writable(&found)?;
        Ok(found)
    }
}
