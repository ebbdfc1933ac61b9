//! One page of a list.

use domain::{error::ProviderError, time::Timestamp};

use super::{super::api::rfc3339, api::TasksApi, model::TaskPage};

/// Google's largest page.
pub const LARGEST: usize = 100;
/// 100,000 tasks are the most that one person may have, and pages may be shorter than asked for: more is a token that leads in circles.
pub const MOST_PAGES: usize = 10_000;
pub const WHAT: &str = "This list of tasks";

/// What is asked of a list. Page tokens are bound to it.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// Only what changed then or later.
    pub since: Option<Timestamp>,
    pub deleted: bool,
    pub size: usize,
}

/// Completed ones too, also those that Google's own programs have put away, and those that come from a document or a chat.
pub async fn page(api: &TasksApi, list: &str, question: Question, token: Option<&str>) -> Result<TaskPage, ProviderError> {
    let mut url = api.urls.tasks(list, []);
    url.query_pairs_mut().append_pair("maxResults", &question.size.to_string()).extend_pairs([
        ("showCompleted", "true"),
        ("showHidden", "true"),
        ("showAssigned", "true"),
    ]);
    if question.deleted {
        url.query_pairs_mut().append_pair("showDeleted", "true");
    }
    if let Some(since) = question.since.and_then(rfc3339) {
        url.query_pairs_mut().append_pair("updatedMin", &since);
    }
    if let Some(token) = token {
        url.query_pairs_mut().append_pair("pageToken", token);
    }
    api.get(WHAT, url).await
}

/// A listing whose tokens never end.
pub fn endless(what: &str) -> ProviderError {
    ProviderError::Protocol { host: "Google".to_owned(), protocol: "Google API", detail: format!("no end of {what}") }
}
