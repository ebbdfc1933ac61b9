//! The issues of the person, as [`crate::polled`] asks for them.

use async_trait::async_trait;
use chrono::{DateTime, SecondsFormat};
use domain::{error::ProviderError, ids::RemoteId, tasks::RemoteTask};
use serde_json::json;

use super::{
    api::{Api, ISSUE},
    error,
    model::{Connection, Id, Issue},
};
use crate::polled::{Listing, Mark, Page, Polled, Question};

/// Linear's largest page.
const IDS: usize = 250;
/// Far above what anybody is given: a listing that has not ended by then goes in circles.
const MOST_PAGES: usize = 1_000;

#[async_trait]
impl Polled for Api {
    /// Archived ones too: what is done is put away there after a while, and the trash is where deleted ones are.
    async fn page(&self, question: Question<'_>) -> Result<Page, ProviderError> {
        let mine = json!({"isMe": {"eq": true}});
        let filter = match question.since.and_then(|at| DateTime::from_timestamp_millis(at.millis())) {
            Some(since) => json!({"assignee": mine, "updatedAt": {"gte": since.to_rfc3339_opts(SecondsFormat::Millis, true)}}),
            None => json!({"assignee": mine}),
        };
        let page: Connection<Issue> = self.issues(ISSUE, question.size, true, filter, question.at).await?;
        let (here, away): (Vec<Issue>, Vec<Issue>) = page.nodes.into_iter().partition(Issue::is_here);
        Ok(Page {
            told: here.into_iter().map(Issue::task).collect(),
            gone: away.into_iter().map(|issue| RemoteId(issue.id)).collect(),
            next: page.page_info.end_cursor.filter(|_| page.page_info.has_next_page),
            tag: None,
        })
    }

    async fn open(&self, _marks: &[Mark]) -> Result<Listing, ProviderError> {
        let filter = json!({"assignee": {"isMe": {"eq": true}}, "state": {"type": {"nin": ["completed", "canceled", "duplicate"]}}});
        let (mut listing, mut after) = (Listing::default(), None::<String>);
        for _ in 0..MOST_PAGES {
            let page: Connection<Id> = self.issues("id", IDS, false, filter.clone(), after.as_deref()).await?;
            listing.ids.extend(page.nodes.into_iter().map(|node| RemoteId(node.id)));
            match page.page_info.end_cursor.filter(|_| page.page_info.has_next_page) {
                None => return Ok(listing),
                Some(next) if after.as_ref() == Some(&next) => break,
                next => after = next,
            }
        }
        Err(error::protocol("a listing of issues that does not end"))
    }

    async fn one(&self, id: &RemoteId) -> Result<Option<RemoteTask>, ProviderError> {
        match self.issue(id.as_str()).await {
            Ok(issue) => Ok(Some(issue).filter(Issue::is_here).map(Issue::task)),
            // Of a team that the person is no longer in.
            Err(ProviderError::NotFound(_) | ProviderError::Unsupported(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
