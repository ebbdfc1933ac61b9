//! Which tables are task lists and what their properties say: chosen by the person, else suggested.

use async_trait::async_trait;
use domain::{
    error::ProviderError,
    ids::RemoteId,
    tables::{RemoteTable, TableChoice, TableMapping, TablePerson, TableProperty, TableSettings, TableSource},
    tasks::{RemoteTask, RemoteTaskList, TaskAbilities},
};
use serde_json::json;

use super::{
    NotionTasks,
    columns::Columns,
    error,
    model::{DataSource, User},
    poll::newest_first,
    schema,
};

/// Rows of a preview.
const PREVIEW: usize = 5;

impl NotionTasks {
    /// What holds of a table: what was chosen, else what it looked like when it was first seen.
    pub(super) fn mapping(&self, id: &str, properties: &[TableProperty]) -> Option<TableMapping> {
        let mut settings = self.lock();
        let known = settings.tables.get(id).and_then(|choice| choice.mapping.clone());
        let mapping = known.or_else(|| schema::suggest(properties))?;
        let suggested = || TableChoice { used: true, mapping: Some(mapping.clone()) };
        settings.tables.entry(id.to_owned()).or_insert_with(suggested);
        Some(mapping)
    }

    /// The lists, and the count of what is left out.
    pub(super) async fn used(&self) -> Result<Vec<RemoteTaskList>, ProviderError> {
        let shared = self.shared().await?;
        let lists: Vec<RemoteTaskList> = shared.iter().filter_map(|source| self.list(source)).collect();
        self.lock().unused = u32::try_from(shared.len() - lists.len()).unwrap_or(u32::MAX);
        Ok(lists)
    }

    async fn shared(&self) -> Result<Vec<DataSource>, ProviderError> {
        Ok(self.api.sources().await?.into_iter().filter(|source| !source.in_trash).collect())
    }

    fn list(&self, source: &DataSource) -> Option<RemoteTaskList> {
        let properties = schema::properties(&source.properties);
        let mapping = self.mapping(&source.id, &properties)?;
        if self.lock().tables.get(&source.id).is_some_and(|choice| !choice.used) {
            return None;
        }
        // What fits no longer is kept and can only be read; its rounds say why.
        let can = Columns::new(mapping, &properties).map_or_else(|_| TaskAbilities::default(), |columns| columns.can());
        Some(RemoteTaskList { name: source.name(), id: RemoteId(source.id.clone()), colour: None, default: false, can })
    }
}

#[async_trait]
impl TableSource for NotionTasks {
    async fn tables(&self) -> Result<Vec<RemoteTable>, ProviderError> {
        let table = |source: DataSource| {
            let properties = schema::properties(&source.properties);
            RemoteTable { name: source.name(), suggested: schema::suggest(&properties), properties, id: RemoteId(source.id) }
        };
        Ok(self.shared().await?.into_iter().map(table).collect())
    }

    async fn people(&self) -> Result<Vec<TablePerson>, ProviderError> {
        match self.api.users().await {
            Ok(users) => Ok(users.into_iter().filter(User::is_person).map(|user| TablePerson { id: user.id, name: user.name }).collect()),
            // The integration may read pages, but not who is in the workspace.
            Err(ProviderError::Unsupported(_)) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    async fn preview(&self, table: &RemoteId, mapping: &TableMapping) -> Result<Vec<RemoteTask>, ProviderError> {
        let source = self.api.source(table.as_str()).await?;
        let columns = Columns::new(mapping.clone(), &schema::properties(&source.properties))?;
        let mut body = json!({"sorts": newest_first("created_time"), "page_size": PREVIEW});
        if let (Some(body), Some(wanted)) = (body.as_object_mut(), columns.wanted()) {
            body.insert("filter".to_owned(), wanted);
        }
        let pages = self.api.query(table.as_str(), body, None).await?.results;
        Ok(pages.into_iter().filter(|page| !page.in_trash).map(|page| page.task(table.as_str(), &columns)).collect())
    }

    fn settings(&self) -> TableSettings {
        self.lock().clone()
    }
}

/// For a table that nothing in it can say “done” of.
pub(super) fn unfit() -> ProviderError {
    error::refused("This database at Notion has no status and no checkbox any more: it is no list of tasks.")
}
