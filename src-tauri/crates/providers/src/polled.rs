//! Following a provider that tells what changed since a time, but not what went away: an item that was deleted, given to somebody else or
//! moved is told of by nothing, it is only no longer there.
//!
//! A round reads what changed, page by page, and at its end compares the ids of what is open there with those of what is open here; what
//! differs is asked for one by one, so that a listing which shifts between two of its pages makes nothing vanish. Closed items that went
//! away are found when everything is read again, once a day.

use std::collections::BTreeSet;

use async_trait::async_trait;
use domain::{
    error::ProviderError,
    ids::RemoteId,
    sync::{Change, ChangeBatch, SyncCursor},
    tasks::RemoteTask,
    time::Timestamp,
};

mod cursor;
#[cfg(test)]
mod tests;

pub use cursor::Mark;
use cursor::{Cursor, Round};

/// Far above what a person can have: a listing that has not ended by then goes in circles.
const MOST_PAGES: usize = 5_000;
/// How many single items a round asks for at its end; the next one asks for the others.
const MOST_ASKED: usize = 50;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Changed at this instant (the provider's clock) or later; None: all.
    pub since: Option<Timestamp>,
    /// Where it goes on, as the page before said; None: from the beginning.
    pub at: Option<&'a str>,
    /// Items on a page.
    pub size: usize,
    /// Tag of the same question's answer last time.
    pub tag: Option<&'a str>,
}

/// A page of an answer.
#[derive(Debug, Default)]
pub struct Page {
    pub told: Vec<RemoteTask>,
    /// Told of, and no longer the person's, or no longer to be seen.
    pub gone: Vec<RemoteId>,
    /// Where it goes on; None: this was the last.
    pub next: Option<String>,
    /// What proves next time that nothing changed.
    pub tag: Option<String>,
}

/// What is open, and the marks of the pages that said so.
#[derive(Debug, Default)]
pub struct Listing {
    pub ids: BTreeSet<RemoteId>,
    pub marks: Vec<Mark>,
}

/// A provider, as far as it has to be able to answer.
#[async_trait]
pub trait Polled: Sync {
    /// Tasks of the person, closed ones too. A place that is no longer known is [`ProviderError::CursorExpired`], `NotFound` or `Refused`.
    async fn page(&self, question: Question<'_>) -> Result<Page, ProviderError>;
    /// The ids of all that are open. `marks`: those of last time, where the provider can say that nothing changed since.
    async fn open(&self, marks: &[Mark]) -> Result<Listing, ProviderError>;
    /// One task; None: there is none, or it is no longer the person's.
    async fn one(&self, id: &RemoteId) -> Result<Option<RemoteTask>, ProviderError>;
}

/// The next page after `cursor`.
pub async fn changes(
    source: &impl Polled,
    cursor: Option<&SyncCursor>,
    size: usize,
    now: Timestamp,
) -> Result<ChangeBatch<RemoteTask>, ProviderError> {
    let mut cursor = match cursor {
        None => Cursor::default(),
        Some(cursor) => Cursor::parse(cursor).ok_or(ProviderError::CursorExpired)?,
    };
    let mut round = cursor.round.take().unwrap_or_else(|| cursor.begin(size, now));
    let page = match ask(source, &cursor, &round).await {
        // A place that is no longer known: the round begins anew. Where the whole is refused, that says so.
        Err(ProviderError::Refused(_) | ProviderError::NotFound(_) | ProviderError::CursorExpired) if round.at.is_some() => {
            round = cursor.begin(size, now);
            ask(source, &cursor, &round).await?
        }
        page => page?,
    };
    let mut changes = Vec::with_capacity(page.told.len());
    let single = round.at.is_none() && page.next.is_none();
    for task in page.told {
        round.newest = round.newest.max(task.updated_at);
        if round.from.is_none() {
            round.ids.push(task.id.clone());
        }
        cursor.saw(&task);
        changes.push(Change::Upsert(task));
    }
    for id in page.gone {
        cursor.open.remove(&id);
        changes.push(Change::Gone(id));
    }
    let mut batch = ChangeBatch { changes, present: None, reset: false, next: SyncCursor::Since { at: now }, more: false, progress: None };
    if let Some(next) = page.next {
        round.pages += 1;
        if round.pages > MOST_PAGES || round.at.as_ref() == Some(&next) {
            return Err(ProviderError::Protocol {
                host: "the provider".to_owned(),
                protocol: "paging",
                detail: "a listing that does not end".to_owned(),
            });
        }
        round.at = Some(next);
        cursor.round = Some(round);
        batch.more = true;
    } else {
        if round.from.is_none() {
            batch.present = Some(std::mem::take(&mut round.ids));
        } else {
            compare(source, &mut cursor, &mut batch.changes).await?;
        }
        // A tag stands for an answer of one page, of the same question.
        cursor.tag = page.tag.filter(|_| single).and_then(|tag| Some((round.from?, tag)));
        cursor.finish(&round, now);
    }
    batch.next = cursor.store();
    Ok(batch)
}

async fn ask(source: &impl Polled, cursor: &Cursor, round: &Round) -> Result<Page, ProviderError> {
    let tag = cursor.tag.as_ref().filter(|(from, _)| Some(*from) == round.from && round.at.is_none()).map(|(_, tag)| tag.as_str());
    source.page(Question { since: round.from, at: round.at.as_deref(), size: round.size, tag }).await
}

/// What is open there and here.
async fn compare(source: &impl Polled, cursor: &mut Cursor, changes: &mut Vec<Change<RemoteTask>>) -> Result<(), ProviderError> {
    let listing = source.open(&cursor.marks).await?;
    cursor.marks = listing.marks;
    let differ: Vec<RemoteId> = cursor.open.symmetric_difference(&listing.ids).take(MOST_ASKED).cloned().collect();
    for id in differ {
        match source.one(&id).await? {
            Some(task) => {
                cursor.saw(&task);
                changes.push(Change::Upsert(task));
            }
            None if cursor.open.remove(&id) => changes.push(Change::Gone(id)),
            None => {}
        }
    }
    Ok(())
}
