//! The issues of the person, as [`crate::polled`] asks for them.

use async_trait::async_trait;
use domain::{error::ProviderError, ids::RemoteId, tasks::RemoteTask, time::Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    api::Api,
    error,
    model::{FIELDS, Issue},
};
use crate::polled::{Listing, Mark, Page, Polled, Question};

/// With ids alone, answers may be long.
const IDS: usize = 1000;
/// Far above what anybody is given: a listing that has not ended by then goes in circles.
const MOST_PAGES: usize = 1_000;
/// So many minutes more than were asked for: JQL counts whole ones, and Jira's clock need not agree with ours.
const MORE: i64 = 5;

/// Where a search goes on: a token is bound to it, and "so many minutes ago" is another one a minute later.
#[derive(Serialize, Deserialize)]
struct Place {
    jql: String,
    token: String,
}

/// So many minutes ago, for JQL: absolute times there are in the zone of whoever asks, which nobody here knows.
pub fn ago(since: Timestamp, now: Timestamp) -> String {
    let minutes = now.since(since).max(0).div_euclid(60_000) + MORE;
    format!("\"-{minutes}m\"")
}

#[async_trait]
impl Polled for Api {
    async fn page(&self, question: Question<'_>) -> Result<Page, ProviderError> {
        let place = match question.at {
            Some(at) => Some(serde_json::from_str::<Place>(at).map_err(|_| error::refused("This is no place in a search."))?),
            None => None,
        };
        let jql = match (&place, question.since) {
            (Some(place), _) => place.jql.clone(),
            (None, Some(since)) => format!("assignee = currentUser() AND updated >= {} ORDER BY updated DESC", ago(since, self.now())),
            (None, None) => "assignee = currentUser() ORDER BY created DESC".to_owned(),
        };
        let found = self.search(&jql, FIELDS, question.size, place.as_ref().map(|place| place.token.as_str())).await?;
        let browse = self.browse().await?;
        let next = found.next().map(|token| Place { jql, token: token.to_owned() });
        Ok(Page {
            // A struct of strings always serialises.
            next: next.map(|place| serde_json::to_string(&place).unwrap_or_default()),
            told: found.issues.into_iter().map(|issue| issue.task(&browse)).collect(),
            ..Page::default()
        })
    }

    async fn open(&self, _marks: &[Mark]) -> Result<Listing, ProviderError> {
        let jql = "assignee = currentUser() AND statusCategory != Done ORDER BY created DESC";
        let (mut listing, mut token) = (Listing::default(), None::<String>);
        for _ in 0..MOST_PAGES {
            let found = self.search(jql, &["id"], IDS, token.as_deref()).await?;
            let next = found.next().map(str::to_owned);
            listing.ids.extend(found.issues.into_iter().map(|issue| RemoteId(issue.id)));
            match next {
                None => return Ok(listing),
                Some(next) if token.as_ref() == Some(&next) => break,
                next => token = next,
            }
        }
        Err(error::protocol("a listing of issues that does not end"))
    }

    async fn one(&self, id: &RemoteId) -> Result<Option<RemoteTask>, ProviderError> {
        let me = self.me().await?;
        match self.issue(id.as_str()).await {
            Ok(issue) => {
                let browse = self.browse().await?;
                Ok(Some(issue).filter(|issue| issue.is_assigned_to(me)).map(|issue| Issue::task(issue, &browse)))
            }
            Err(ProviderError::NotFound(_) | ProviderError::Unsupported(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_so_many_minutes_ago() {
        let at = |secs: i64| Timestamp::from_secs(secs);
        assert_eq!(ago(at(0), at(600)), "\"-15m\"");
        assert_eq!(ago(at(0), at(659)), "\"-15m\"");
        assert_eq!(ago(at(600), at(0)), "\"-5m\"", "a clock of theirs that is ahead");
    }
}
