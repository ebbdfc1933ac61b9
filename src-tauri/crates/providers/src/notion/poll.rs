//! The pages of one table, as [`crate::polled`] asks for them.

use async_trait::async_trait;
use chrono::{DateTime, SecondsFormat};
use domain::{error::ProviderError, ids::RemoteId, tasks::RemoteTask, time::Timestamp};
use serde_json::{Value, json};

use super::{api::Api, error, schema::Schema};
use crate::polled::{Listing, Mark, Page, Polled, Question};

/// Times of edits are whole minutes: the one before is asked for as well.
const OVERLAP: i64 = 60;
/// Far above what a table has.
const MOST_PAGES: usize = 10_000;

pub struct Table<'a> {
    api: &'a Api,
    pub source: String,
    pub schema: Schema,
}

/// The minute that this is in. None: beyond the end of time, which is no bound.
pub fn minute(at: Timestamp) -> Option<String> {
    let at = DateTime::from_timestamp(at.secs().div_euclid(60) * 60, 0)?;
    Some(at.to_rfc3339_opts(SecondsFormat::Millis, true))
}

impl<'a> Table<'a> {
    /// With its properties as they are now.
    pub async fn open(api: &'a Api, source: &str) -> Result<Self, ProviderError> {
        let found = api.source(source).await?;
        let schema = Schema::read(&found.properties).filter(|_| !found.in_trash);
        let schema = schema
            .ok_or_else(|| error::refused("This database at Notion has no status and no checkbox any more: it is no list of tasks."))?;
        Ok(Self { api, source: source.to_owned(), schema })
    }
}

#[async_trait]
impl Polled for Table<'_> {
    async fn page(&self, question: Question<'_>) -> Result<Page, ProviderError> {
        let order = |by: &str| json!([{"timestamp": by, "direction": "descending"}]);
        let body = match question.since.and_then(|since| minute(since.plus_secs(-OVERLAP))) {
            Some(since) => json!({
                "filter": {"timestamp": "last_edited_time", "last_edited_time": {"on_or_after": since}},
                "sorts": order("last_edited_time"), "page_size": question.size,
            }),
            None => json!({"sorts": order("created_time"), "page_size": question.size}),
        };
        let page = self.api.query(&self.source, body, question.at).await?;
        let next = page.next();
        let here = page.results.into_iter().filter(|page| !page.in_trash);
        Ok(Page { told: here.map(|page| page.task(&self.source, &self.schema)).collect(), next, ..Page::default() })
    }

    async fn open(&self, _marks: &[Mark]) -> Result<Listing, ProviderError> {
        let body: Value = json!({"filter": self.schema.undone(), "page_size": 100});
        let (mut listing, mut cursor) = (Listing::default(), None::<String>);
        for _ in 0..MOST_PAGES {
            let page = self.api.query(&self.source, body.clone(), cursor.as_deref()).await?;
            let next = page.next();
            listing.ids.extend(page.results.into_iter().filter(|page| !page.in_trash).map(|page| RemoteId(page.id)));
            match next {
                None => return Ok(listing),
                Some(next) if cursor.as_ref() == Some(&next) => break,
                next => cursor = next,
            }
        }
        Err(error::protocol("a listing of pages that does not end"))
    }

    async fn one(&self, id: &RemoteId) -> Result<Option<RemoteTask>, ProviderError> {
        match self.api.page(id.as_str()).await {
            Ok(page) if !page.in_trash && page.is_in(&self.source) => Ok(Some(page.task(&self.source, &self.schema))),
            Ok(_) | Err(ProviderError::NotFound(_) | ProviderError::Unsupported(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
