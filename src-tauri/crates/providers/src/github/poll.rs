//! The issues of the person, as [`crate::polled`] asks for them.

use std::collections::BTreeSet;

use async_trait::async_trait;
use chrono::DateTime;
use domain::{error::ProviderError, ids::RemoteId, tasks::RemoteTask, time::Timestamp};

use super::{
    THIS_ISSUE,
    api::{Api, Listed},
    error, id,
    model::Issue,
};
use crate::polled::{Listing, Mark, Page, Polled, Question};

const WHAT: &str = "the issues";
/// Far above what anybody is given: a listing that has not ended by then goes in circles.
const MOST_PAGES: usize = 1_000;

/// GitHub knows whole seconds, and takes those of the instant along. None: beyond the end of time, which is no bound.
pub fn stamp(at: Timestamp) -> Option<String> {
    Some(DateTime::from_timestamp(at.secs(), 0)?.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}

#[async_trait]
impl Polled for Api {
    /// Newest first: what changes while it is read comes twice instead of not at all.
    async fn page(&self, question: Question<'_>) -> Result<Page, ProviderError> {
        let url = match question.at {
            Some(at) => self.place(at)?,
            None => {
                let size = question.size.to_string();
                let since = question.since.and_then(stamp);
                let mut query = vec![
                    ("filter", "assigned"),
                    ("state", "all"),
                    ("sort", if since.is_some() { "updated" } else { "created" }),
                    ("direction", "desc"),
                    ("per_page", &size),
                ];
                if let Some(since) = &since {
                    query.push(("since", since));
                }
                self.url(["issues"], &query)
            }
        };
        match self.page::<Issue>(WHAT, url, question.tag).await? {
            Listed::Unchanged => Ok(Page { tag: question.tag.map(str::to_owned), ..Page::default() }),
            Listed::Page { items, next, tag } => {
                let told: Result<Vec<RemoteTask>, _> = items.into_iter().filter(Issue::is_issue).map(Issue::task).collect();
                Ok(Page { told: told?, gone: Vec::new(), next: next.map(String::from), tag })
            }
        }
    }

    async fn open(&self, marks: &[Mark]) -> Result<Listing, ProviderError> {
        let query = [("filter", "assigned"), ("state", "open"), ("sort", "created"), ("direction", "desc"), ("per_page", "100")];
        let mut url = self.url(["issues"], &query);
        let mut listing = Listing::default();
        for at in 0..MOST_PAGES {
            let known = marks.get(at);
            let mark = match (self.page::<Issue>(WHAT, url, known.map(|mark| mark.tag.as_str())).await?, known) {
                (Listed::Unchanged, Some(mark)) => mark.clone(),
                (Listed::Unchanged, None) => return Err(error::protocol("a page that is unchanged since never")),
                (Listed::Page { items, next, tag }, _) => {
                    let ids: Result<Vec<RemoteId>, _> = items.iter().filter(|issue| issue.is_issue()).map(Issue::id).collect();
                    Mark { tag: tag.unwrap_or_default(), ids: ids?, next: next.map(String::from) }
                }
            };
            let next = mark.next.clone();
            listing.ids.extend(mark.ids.iter().cloned());
            listing.marks.push(mark);
            let Some(next) = next else { return Ok(listing) };
            url = self.place(&next)?;
        }
        Err(error::protocol("a listing of issues that does not end"))
    }

    async fn one(&self, id: &RemoteId) -> Result<Option<RemoteTask>, ProviderError> {
        let place = id::place(id)?;
        let login = self.login().await?;
        match self.issue(THIS_ISSUE, self.url(["repos", place.owner, place.repo, "issues", place.number], &[])).await {
            Ok(issue) if issue.is_issue() && issue.is_assigned_to(login) => issue.task().map(Some),
            Ok(_) | Err(ProviderError::NotFound(_)) => Ok(None),
            // Open to nobody any more, or only with the single sign-on of an organisation: it is not to be seen here.
            Err(ProviderError::Unsupported(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Repositories that issues of the person are in, closed ones too, as far back as a thousand of them go.
pub async fn repositories(api: &Api, mut seen: impl FnMut(super::model::Repository)) -> Result<(), ProviderError> {
    let query = [("filter", "assigned"), ("state", "all"), ("sort", "updated"), ("direction", "desc"), ("per_page", "100")];
    let mut next = Some(api.url(["issues"], &query));
    let mut names = BTreeSet::new();
    for _ in 0..10 {
        let Some(url) = next.take() else { break };
        if let Listed::Page { items, next: following, .. } = api.page::<Issue>(WHAT, url, None).await? {
            for issue in items.into_iter().filter(Issue::is_issue) {
                if let Some(repository) = issue.repository.filter(|repository| names.insert(repository.full_name.clone())) {
                    seen(repository);
                }
            }
            next = following;
        }
    }
    Ok(())
}
