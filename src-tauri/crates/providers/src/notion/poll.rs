//! The pages of one table, as [`crate::polled`] asks for them.

use async_trait::async_trait;
use chrono::{DateTime, SecondsFormat};
use domain::{error::ProviderError, ids::RemoteId, sync::SyncCursor, tasks::RemoteTask, time::Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{NotionTasks, api::Api, columns::Columns, schema, tables};
use crate::{
    opaque,
    polled::{Listing, Mark, Page, Polled, Question},
};

/// Times of edits are whole minutes: the one before is asked for as well.
const OVERLAP: i64 = 60;
pub struct Table<'a> {
    api: &'a Api,
    pub source: String,
    pub columns: Columns,
}

/// What the engine keeps: a position, and what the pages up to it were read as.
#[derive(Debug, Serialize, Deserialize)]
pub struct Mapped {
    pub mapped: String,
    pub at: SyncCursor,
}

impl Mapped {
    /// None: it was another mapping, or none that was kept.
    pub fn read(cursor: &SyncCursor, mapped: &str) -> Option<SyncCursor> {
        opaque::read::<Self>(cursor).filter(|kept| kept.mapped == mapped).map(|kept| kept.at)
    }

    pub fn store(&self) -> SyncCursor {
        opaque::write(self)
    }
}

/// An order of pages; `by`: one of their times.
pub fn newest_first(by: &str) -> Value {
    json!([{"timestamp": by, "direction": "descending"}])
}

/// The minute that this is in. None: beyond the end of time, which is no bound.
pub fn minute(at: Timestamp) -> Option<String> {
    let at = DateTime::from_timestamp(at.secs().div_euclid(60) * 60, 0)?;
    Some(at.to_rfc3339_opts(SecondsFormat::Millis, true))
}

impl<'a> Table<'a> {
    /// With its properties as they are now.
    pub async fn open(tasks: &'a NotionTasks, source: &str) -> Result<Self, ProviderError> {
        let found = tasks.api.source(source).await?;
        let properties = schema::properties(&found.properties);
        let mapping = tasks.mapping(source, &properties).filter(|_| !found.in_trash).ok_or_else(tables::unfit)?;
        Ok(Self { api: &tasks.api, source: source.to_owned(), columns: Columns::new(mapping, &properties)? })
    }
}

#[async_trait]
impl Polled for Table<'_> {
    async fn page(&self, question: Question<'_>) -> Result<Page, ProviderError> {
        let since = question.since.and_then(|since| minute(since.plus_secs(-OVERLAP)));
        let by = if since.is_some() { "last_edited_time" } else { "created_time" };
        let mut filters: Vec<Value> = since.into_iter().map(|since| json!({"timestamp": by, by: {"on_or_after": since}})).collect();
        filters.extend(self.columns.wanted());
        let mut body = json!({"sorts": newest_first(by), "page_size": question.size});
        if let (Some(body), false) = (body.as_object_mut(), filters.is_empty()) {
            body.insert("filter".to_owned(), json!({"and": filters}));
        }
        let page = self.api.query(&self.source, body, question.at).await?;
        let next = page.next();
        let here = page.results.into_iter().filter(|page| !page.in_trash);
        Ok(Page { told: here.map(|page| page.task(&self.source, &self.columns)).collect(), next, ..Page::default() })
    }

    async fn open(&self, _marks: &[Mark]) -> Result<Listing, ProviderError> {
        let body: Value = json!({"filter": {"and": self.columns.undone()}, "page_size": 100});
        let pages = self.api.every(&self.source, body).await?;
        let ids = pages.into_iter().filter(|page| !page.in_trash).map(|page| RemoteId(page.id)).collect();
        Ok(Listing { ids, ..Listing::default() })
    }

    async fn one(&self, id: &RemoteId) -> Result<Option<RemoteTask>, ProviderError> {
        match self.api.page(id.as_str()).await {
            Ok(page) if !page.in_trash && page.is_in(&self.source) && self.columns.takes(&page.properties) => {
                Ok(Some(page.task(&self.source, &self.columns)))
            }
            Ok(_) | Err(ProviderError::NotFound(_) | ProviderError::Unsupported(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
