//! Tasks that are done. A full sync does not tell of them; they are listed by when they were completed, over windows that may be no
//! longer than three months (PROVIDERS 6.1).

use chrono::DateTime;
use domain::{error::ProviderError, time::Timestamp};

use super::{api::Api, error, model::Item};

/// Each window, seconds.
const WINDOW: i64 = 30 * 86_400;
/// Clocks differ, and what was done in the last minute is not told again: the last window ends this long after now, seconds.
const AHEAD: i64 = 86_400;
/// Todoist's largest page.
const PAGE: &str = "200";
/// Far above what a person can do in a month: a listing that has not ended by then goes in circles.
const MOST_PAGES: usize = 2_000;

/// All that were completed after `since`, newest window first. A task may come more than once.
pub async fn since(api: &Api, since: Timestamp, now: Timestamp) -> Result<Vec<Item>, ProviderError> {
    let mut found = Vec::new();
    let mut until = now.plus_secs(AHEAD);
    while until > since {
        let from = until.plus_secs(-WINDOW).max(since);
        window(api, from, until, &mut found).await?;
        until = from;
    }
    Ok(found)
}

async fn window(api: &Api, from: Timestamp, until: Timestamp, found: &mut Vec<Item>) -> Result<(), ProviderError> {
    let (from, until) = (text(from), text(until));
    let mut cursor: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let page = api.completed(&from, &until, PAGE, cursor.as_deref()).await?;
        // What is listed here is done, whether or not the item says so.
        found.extend(page.items.into_iter().filter(|item| !item.is_deleted).map(|item| Item { checked: true, ..item }));
        match page.next_cursor.filter(|next| !next.is_empty()) {
            None => return Ok(()),
            Some(next) if cursor.as_ref() == Some(&next) => break,
            next => cursor = next,
        }
    }
    Err(error::protocol("a listing of completed tasks that does not end"))
}

fn text(at: Timestamp) -> String {
    DateTime::from_timestamp(at.secs(), 0).unwrap_or_default().format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
