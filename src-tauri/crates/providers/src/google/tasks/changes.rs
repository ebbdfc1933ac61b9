//! First sync, what changed since, and from time to time everything again. Page by page: each is committed with the place of the next.
//!
//! Whether a page token still holds its place when something is deleted between two pages, Google does not say. What slipped through would
//! come with its next change, or with the next reading of everything.

use domain::{
    error::ProviderError,
    ids::RemoteId,
    sync::{Change, ChangeBatch, SyncCursor},
    tasks::RemoteTask,
    time::Timestamp,
};

use super::{
    api::TasksApi,
    cursor::{Cursor, Round},
    model::TaskPage,
    pages::{self, LARGEST, MOST_PAGES, Question, WHAT},
};

pub async fn changes(
    api: &TasksApi,
    list: &str,
    cursor: Option<&SyncCursor>,
    items: usize,
    now: Timestamp,
) -> Result<ChangeBatch<RemoteTask>, ProviderError> {
    let cursor = match cursor {
        None => Cursor::default(),
        Some(cursor) => Cursor::parse(cursor).ok_or(ProviderError::CursorExpired)?,
    };
    let begin = || cursor.begin(items.clamp(1, LARGEST), now);
    let mut round = cursor.round.clone().unwrap_or_else(begin);
    let page = match read(api, list, &round).await {
        // A page token that is no longer valid: the round begins anew. Where the list itself is refused, that says so.
        Err(ProviderError::Refused(_) | ProviderError::NotFound(_) | ProviderError::CursorExpired) if round.token.is_some() => {
            round = begin();
            read(api, list, &round).await?
        }
        page => page?,
    };
    let everything = round.from.is_none();
    let mut changes = Vec::with_capacity(page.items.len());
    for task in page.items.into_iter().filter(|task| !task.id.is_empty()) {
        round.newest = round.newest.max(task.updated());
        if task.deleted {
            changes.push(Change::Gone(RemoteId(task.id)));
            continue;
        }
        if everything {
            round.ids.push(task.id.clone());
        }
        changes.push(Change::Upsert(task.remote(list)));
    }
    let mut batch = ChangeBatch { changes, present: None, reset: false, next: cursor.store(), more: false, progress: None };
    match page.next_page_token {
        Some(next) => {
            round.pages += 1;
            if round.pages > MOST_PAGES || round.token.as_ref() == Some(&next) {
                return Err(pages::endless(WHAT));
            }
            round.token = Some(next);
            batch.next = cursor.under_way(round).store();
            batch.more = true;
        }
        None => {
            batch.next = cursor.finished(&round, now).store();
            batch.present = everything.then(|| round.ids.into_iter().map(RemoteId).collect());
        }
    }
    Ok(batch)
}

async fn read(api: &TasksApi, list: &str, round: &Round) -> Result<TaskPage, ProviderError> {
    let question = Question { since: round.from, deleted: round.from.is_some(), size: round.size };
    pages::page(api, list, question, round.token.as_deref()).await
}
