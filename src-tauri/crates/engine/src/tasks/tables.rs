//! Tables that are task lists because the person says so: what there is, what it would look like, and what was chosen.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    audit::Actor,
    connection::Connection,
    error::ProviderError,
    ids::{ConnectionId, RemoteId},
    tables::{RemoteTable, TableChoice, TableMapping, TablePerson, TableProperty, TableSettings},
    tasks::{Priority, TaskSource, TaskStatus},
};
use serde::{Deserialize, Serialize};

use super::{due, view::DueView};
use crate::{Engine, EngineError, core::on_connection, sync::round::sink_error, zone};

/// One table that is shared with a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableView {
    /// The provider's.
    pub id: String,
    pub name: String,
    pub properties: Vec<TableProperty>,
    pub used: bool,
    /// What holds: what was chosen, else what is suggested.
    pub mapping: Option<TableMapping>,
    /// None: nothing in it says “done” by itself.
    pub suggested: Option<TableMapping>,
    /// What of the mapping no longer fits, in words.
    pub problem: Option<String>,
}

impl TableView {
    fn new(table: RemoteTable, settings: &TableSettings) -> Self {
        let choice = settings.tables.get(table.id.as_str());
        let mapping = choice.and_then(|choice| choice.mapping.clone()).or_else(|| table.suggested.clone());
        let problem = mapping.as_ref().and_then(|mapping| mapping.problem(&table.properties)).map(|misfit| misfit.words());
        Self {
            used: choice.map_or(table.suggested.is_some(), |choice| choice.used),
            id: table.id.0,
            name: table.name,
            properties: table.properties,
            mapping,
            suggested: table.suggested,
            problem,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TablesView {
    pub tables: Vec<TableView>,
    /// Whom pages may be assigned to; nobody where the provider does not tell.
    pub people: Vec<TablePerson>,
}

impl TablesView {
    /// How many are shared and not used.
    pub fn unused(&self) -> usize {
        self.tables.iter().filter(|table| !table.used).count()
    }
}

/// A page as the task that it would be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TablePreview {
    pub title: String,
    pub status: TaskStatus,
    pub due: Option<DueView>,
    pub priority: Priority,
    pub labels: Vec<String>,
    pub notes: String,
}

fn no_tables(connection: &Connection) -> EngineError {
    EngineError::new("unsupported", format!("{} has no tables to choose from.", connection.label), "Only Notion's task lists are tables.")
}

impl Engine {
    async fn tables_of(&self, id: &ConnectionId) -> Result<(Connection, Arc<dyn TaskSource>), EngineError> {
        let connection = self.store().connection(id).await?;
        let source = self.task_source(&connection)?.filter(|source| source.as_tables().is_some());
        let source = source.ok_or_else(|| no_tables(&connection))?;
        Ok((connection, source))
    }

    /// Every table that is shared with a connection, as it is now; its provider is asked.
    pub async fn task_tables(&self, id: &ConnectionId) -> Result<TablesView, EngineError> {
        let (connection, source) = self.tables_of(id).await?;
        let tables = source.as_tables().ok_or_else(|| no_tables(&connection))?;
        let (found, people) = (tables.tables().await?, tables.people().await?);
        let settings = tables.settings();
        Ok(TablesView { tables: found.into_iter().map(|table| TableView::new(table, &settings)).collect(), people })
    }

    /// The first pages of a table as the tasks that they would be. Nothing is kept.
    pub async fn preview_table(&self, id: &ConnectionId, table: &str, mapping: &TableMapping) -> Result<Vec<TablePreview>, EngineError> {
        let (connection, source) = self.tables_of(id).await?;
        let tables = source.as_tables().ok_or_else(|| no_tables(&connection))?;
        let rows = tables.preview(&RemoteId::new(table), mapping).await?;
        let (now, viewer) = (self.now(), zone::local());
        let row = |fields: domain::tasks::TaskFields| TablePreview {
            due: fields.due.map(|exact| {
                let (day, time, over) = due::shown(&exact, now, &viewer);
                DueView { day, time, overdue: over && !fields.status.is_closed(), exact }
            }),
            title: fields.title,
            status: fields.status,
            priority: fields.priority,
            labels: fields.labels,
            notes: fields.notes,
        };
        Ok(rows.into_iter().map(|task| row(task.fields)).collect())
    }

    /// Keeps what the person chose of tables; those that are not named stay as they are. The provider is asked first whether it fits. A table
    /// that means something else from now on is read again from its beginning; one that is no longer used goes with its tasks, here alone.
    pub async fn choose_task_tables(
        &self,
        id: &ConnectionId,
        choices: BTreeMap<String, TableChoice>,
        actor: Actor,
    ) -> Result<(), EngineError> {
        let shared = self.task_tables(id).await?;
        for (table, choice) in &choices {
            let found = shared.tables.iter().find(|t| &t.id == table).ok_or_else(|| EngineError::not_found("This table"))?;
            let Some(mapping) = choice.mapping.as_ref().filter(|_| choice.used) else {
                if choice.used {
                    return Err(EngineError::invalid(
                        format!("Nothing says when a task of “{}” is done.", found.name),
                        "Choose a property for it.",
                    ));
                }
                continue;
            };
            if let Some(misfit) = mapping.problem(&found.properties) {
                return Err(EngineError::invalid(format!("“{}”: {}", found.name, misfit.words()), "Choose the property again."));
            }
        }
        let used = choices.values().filter(|choice| choice.used).count();
        let entry = on_connection(actor, "connection.selection_changed", id, format!("used={used} unused={}", choices.len() - used));
        let waiting = self.store().choose_tables(id, &choices, &entry, self.now()).await?;
        if waiting > 0 {
            return Err(EngineError::new(
                "wedged",
                match waiting {
                    1 => "A change of these tasks is not at the provider yet.".to_owned(),
                    n => format!("{n} changes of these tasks are not at the provider yet."),
                },
                "Wait until they are written, or discard them in the outbox.",
            ));
        }
        // Whatever goes on with what was chosen before is stopped; the next round makes its client anew.
        self.stop_work(id).await;
        self.after_connect(id).await;
        Ok(())
    }

    /// Keeps what the listing of a connection found of its tables.
    pub(super) async fn learn_tables(&self, connection: &Connection, source: &dyn TaskSource) -> Result<(), ProviderError> {
        let Some(tables) = source.as_tables() else { return Ok(()) };
        if self.store().learn_tables(&connection.id, &tables.settings()).await.map_err(sink_error)? {
            self.emit().connection(&connection.id);
        }
        Ok(())
    }
}
