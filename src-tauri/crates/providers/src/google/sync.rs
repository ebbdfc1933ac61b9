//! First sync, incremental sync, and the way back after an expired history (PROVIDERS 1.5).
//!
//! The cursor goes through three phases. *Listing* walks all ids, newest first; every call also takes the history since the last one, so
//! that new mail shows up within a page and not after an hour of listing. *Reconcile* tells the labels of what was not fetched on
//! the way, and at its end what exists at all: the engine sweeps the rest. *Steady* is history alone. The history id is
//! taken before the first page, so nothing falls between listing and history; changes that are seen twice do no harm.

use std::collections::BTreeMap;

use domain::{
    error::ProviderError,
    ids::RemoteId,
    sync::{Budget, Change, ChangeBatch, RemoteMail, SyncCursor},
};
use serde::{Deserialize, Serialize};

use super::{
    api::{Api, Message, Profile, few},
    fetch, labels,
    quota::cost,
    relist::{self, PAGE},
};
use crate::opaque;

/// What the engine keeps as an opaque string. Stored for years: add variants and fields with defaults, change none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    pub v: u8,
    /// Everything before this was seen.
    pub history: String,
    /// Next page of the history that starts at `history`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history_page: Option<String>,
    pub phase: Phase,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Phase {
    Listing {
        /// Names this listing: the history id at its start.
        mark: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        page: Option<String>,
        done: u64,
        total: u64,
        /// Window of the listing in epoch seconds: page tokens are bound to it, so it stays as it was at the start.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<i64>,
    },
    Reconcile {
        mark: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<i64>,
    },
    Steady,
}

impl Cursor {
    fn parse(cursor: &SyncCursor) -> Option<Self> {
        opaque::read::<Self>(cursor).filter(|c| c.v == 1)
    }
    fn store(&self) -> SyncCursor {
        opaque::write(self)
    }
}

fn query(since: Option<i64>) -> Option<String> {
    since.map(|secs| format!("after:{secs}"))
}

pub async fn changes(api: &Api, cursor: Option<&SyncCursor>, budget: Budget) -> Result<ChangeBatch<RemoteMail>, ProviderError> {
    let cursor = match cursor {
        None => start(api, budget).await?,
        Some(cursor) => Cursor::parse(cursor).ok_or(ProviderError::CursorExpired)?,
    };
    let items = budget.items.clamp(1, PAGE);
    match cursor.phase.clone() {
        Phase::Steady => {
            api.round().end();
            let (changes, cursor) = history(api, cursor, items).await?;
            let more = cursor.history_page.is_some();
            Ok(batch(changes, None, &cursor, more, None))
        }
        Phase::Listing { mark, page, done, total, since } => {
            api.round().go_on(&mark);
            // Right after the start there is no history yet.
            let (mut changes, mut cursor) =
                if page.is_none() && done == 0 { (Vec::new(), cursor) } else { history(api, cursor, items).await? };
            if cursor.history_page.is_some() {
                return Ok(batch(changes, None, &cursor, true, Some((done.min(total), total))));
            }
            let list = match relist::list(api, query(since).as_deref(), None, page.as_deref(), items).await {
                // Page tokens expire too: start again.
                Err(ProviderError::Refused(_) | ProviderError::NotFound(_)) if page.is_some() => return Err(ProviderError::CursorExpired),
                other => other?,
            };
            let done = done.saturating_add(list.messages.len() as u64);
            relist::within(done)?;
            let total = if since.is_some() { total.max(list.result_size_estimate.unwrap_or(0)).max(done) } else { total.max(done) };
            api.round().seen(list.messages.iter().map(|m| m.id.as_str()));
            changes.extend(
                list.messages
                    .into_iter()
                    .map(|m| Change::Upsert(RemoteMail { thread: m.thread_id.map(RemoteId), ..RemoteMail::new(RemoteId(m.id)) })),
            );
            cursor.phase = match list.next_page_token {
                Some(next) if page.as_ref() != Some(&next) => Phase::Listing { mark, page: Some(next), done, total, since },
                _ => Phase::Reconcile { mark, after: None, since },
            };
            Ok(batch(changes, None, &cursor, true, Some((done, total))))
        }
        Phase::Reconcile { mark, after, since } => {
            api.round().go_on(&mark);
            // History once before the snapshot, so that what arrived meanwhile is in it; none between its pages, because a page of the
            // snapshot is older than such history and would undo it. The history that follows starts before the snapshot.
            let first = after.is_none();
            let (mut changes, mut cursor) = if first { history(api, cursor, items).await? } else { (Vec::new(), cursor) };
            if cursor.history_page.is_some() {
                return Ok(batch(changes, None, &cursor, true, None));
            }
            let snapshot = api.round().snapshot(api, query(since).as_deref(), first).await?;
            let (mails, next) = snapshot.page(after.as_deref(), items);
            changes.extend(mails.into_iter().map(Change::Upsert));
            if let Some(next) = next {
                cursor.phase = Phase::Reconcile { mark, after: Some(next), since };
                return Ok(batch(changes, None, &cursor, true, None));
            }
            cursor.phase = Phase::Steady;
            let present = snapshot.present();
            Ok(batch(changes, Some(present), &cursor, false, None))
        }
    }
}

fn batch(
    changes: Vec<Change<RemoteMail>>,
    present: Option<Vec<RemoteId>>,
    next: &Cursor,
    more: bool,
    progress: Option<(u64, u64)>,
) -> ChangeBatch<RemoteMail> {
    ChangeBatch { changes, present, reset: false, next: next.store(), more, progress }
}

async fn start(api: &Api, budget: Budget) -> Result<Cursor, ProviderError> {
    let profile: Profile = api.get(cost::PROFILE, "the mailbox", api.urls.user(["profile"])).await?;
    let since = budget.since.map(domain::time::Timestamp::secs);
    let total = if since.is_some() { 0 } else { profile.messages_total };
    let mark = profile.history_id.clone();
    api.round().start(&mark);
    Ok(Cursor { v: 1, history: profile.history_id, history_page: None, phase: Phase::Listing { mark, page: None, done: 0, total, since } })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HistoryPage {
    #[serde(default, deserialize_with = "few")]
    history: Vec<Record>,
    #[serde(default)]
    next_page_token: Option<String>,
    #[serde(default)]
    history_id: Option<String>,
}

/// The specific arrays; `messages` repeats them without saying what happened.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    #[serde(default, deserialize_with = "few")]
    messages_added: Vec<Entry>,
    #[serde(default, deserialize_with = "few")]
    messages_deleted: Vec<Entry>,
    #[serde(default, deserialize_with = "few")]
    labels_added: Vec<Entry>,
    #[serde(default, deserialize_with = "few")]
    labels_removed: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    message: Message,
    #[serde(default, deserialize_with = "few")]
    label_ids: Vec<String>,
}

/// What a page of history says of one message.
enum Known {
    Labels(Option<String>, Vec<String>),
    /// It changed, but the record does not say to what.
    Changed,
    Gone,
}

/// One page of history, and the cursor moved on by it.
async fn history(api: &Api, mut cursor: Cursor, items: usize) -> Result<(Vec<Change<RemoteMail>>, Cursor), ProviderError> {
    let mut url = api.urls.user(["history"]);
    {
        let mut pairs = url.query_pairs_mut();
        pairs.append_pair("startHistoryId", &cursor.history).append_pair("maxResults", &items.to_string());
        if let Some(page) = &cursor.history_page {
            pairs.append_pair("pageToken", page);
        }
    }
    let page: HistoryPage = match api.get(cost::HISTORY_LIST, "the history", url).await {
        Ok(page) => page,
        // Too old, or never ours: compare everything.
        Err(ProviderError::NotFound(_)) => return Err(ProviderError::CursorExpired),
        // A page token that is no longer good.
        Err(ProviderError::Refused(_)) if cursor.history_page.is_some() => return Err(ProviderError::CursorExpired),
        Err(error) => return Err(error),
    };
    let changes = fold(api, page.history).await?;
    match page.next_page_token {
        Some(next) if cursor.history_page.as_ref() != Some(&next) => cursor.history_page = Some(next),
        _ => {
            cursor.history_page = None;
            if let Some(id) = page.history_id {
                cursor.history = id;
            }
        }
    }
    Ok((changes, cursor))
}

/// The last word on each message of a page.
async fn fold(api: &Api, records: Vec<Record>) -> Result<Vec<Change<RemoteMail>>, ProviderError> {
    let mut known: BTreeMap<String, Known> = BTreeMap::new();
    for record in records {
        for entry in record.messages_added {
            note(&mut known, entry, |_, _| {});
        }
        for entry in record.labels_added {
            note(&mut known, entry, |labels, added| {
                for label in added {
                    if !labels.contains(label) {
                        labels.push(label.clone());
                    }
                }
            });
        }
        for entry in record.labels_removed {
            note(&mut known, entry, |labels, removed| labels.retain(|l| !removed.contains(l)));
        }
        for entry in record.messages_deleted {
            known.insert(entry.message.id, Known::Gone);
        }
    }
    let unclear: Vec<String> = known.iter().filter(|(_, k)| matches!(k, Known::Changed)).map(|(id, _)| id.clone()).collect();
    for (id, message) in fetch::states(api, &unclear, "format=minimal").await? {
        let state = message.map_or(Known::Gone, |m| Known::Labels(m.thread_id, m.label_ids.unwrap_or_default()));
        known.insert(id, state);
    }
    Ok(known
        .into_iter()
        .filter_map(|(id, state)| match state {
            Known::Gone => {
                api.round().gone(&id);
                Some(Change::Gone(RemoteId(id)))
            }
            Known::Labels(thread, labels) => {
                api.round().seen(std::iter::once(id.as_str()));
                Some(Change::Upsert(labels::remote(&id, thread.as_deref(), &labels)))
            }
            Known::Changed => None,
        })
        .collect())
}

fn note(known: &mut BTreeMap<String, Known>, entry: Entry, apply: impl Fn(&mut Vec<String>, &[String])) {
    let Message { id, thread_id, label_ids, .. } = entry.message;
    let state = match label_ids {
        // The message as it is after the change; applying the change again does no harm where it is from before.
        Some(mut labels) => {
            apply(&mut labels, &entry.label_ids);
            Known::Labels(thread_id, labels)
        }
        // Gmail leaves the key out where there are no labels, and where it does not say: ask.
        None => Known::Changed,
    };
    known.insert(id, state);
}

/// Whether the bytes are a page of history, or a cursor that comes back as it was, for tests/fuzz.
#[cfg(any(fuzzing, test))]
pub(super) fn fuzz(bytes: &[u8]) -> bool {
    if let Ok(cursor) = serde_json::from_slice::<Cursor>(bytes)
        && cursor.v == 1
    {
        assert_eq!(Cursor::parse(&cursor.store()).as_ref(), Some(&cursor));
    }
    serde_json::from_slice::<HistoryPage>(bytes).is_ok()
}

#[cfg(test)]
mod tests;
