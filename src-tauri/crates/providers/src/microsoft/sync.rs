//! Changes of one folder, from its delta query (PROVIDERS 2.5), as rounds of it are made ([`rounds`]).
//!
//! The listing is newest first, and without a filter on the date: Graph ends a filtered walk after 5,000 messages without saying so; what is
//! older than the person wants is left out here.

use std::collections::BTreeMap;

use domain::{
    error::ProviderError,
    ids::RemoteId,
    sync::{Budget, Change, ChangeBatch, RemoteMail, SyncCursor},
    time::Timestamp,
};

use super::{
    api::Api,
    batch,
    endpoints::with_query,
    model::{Folder, Message, SELECT},
    rounds::{self, Cursor, Track},
};

pub async fn changes(
    api: &Api,
    folder: &RemoteId,
    cursor: Option<&SyncCursor>,
    budget: Budget,
) -> Result<ChangeBatch<RemoteMail>, ProviderError> {
    let track = Track { of: folder.as_str(), what: "this folder" };
    let cursor = match cursor {
        None => start(api, &track, budget).await?,
        Some(cursor) => Cursor::parse(cursor)?,
    };
    let since = cursor.since.map(Timestamp);
    let mut round = rounds::page(api, &track, cursor, budget.items, |m: &Message| within(m, since)).await?;
    let entries = std::mem::take(&mut round.entries);
    let changes = if round.listing {
        entries.iter().map(|m| Change::Upsert(m.remote())).collect()
    } else {
        fold(api, folder, entries, since).await?
    };
    Ok(round.batch(changes))
}

async fn start(api: &Api, track: &Track<'_>, budget: Budget) -> Result<Cursor, ProviderError> {
    let about = with_query(api.urls.me(["mailFolders", track.of]), &[("$select", "id,totalItemCount")]);
    let known: Folder = api.get(track.what, about).await?;
    let link = api.urls.me(["mailFolders", track.of, "messages", "delta"]);
    let link = with_query(link, &[("$select", SELECT), ("$orderby", "receivedDateTime desc")]);
    let total = u64::from(known.total_item_count);
    Ok(Cursor { since: budget.since.map(Timestamp::millis), ..rounds::begin(api, track, &link, total) })
}

fn within(message: &Message, since: Option<Timestamp>) -> bool {
    since.is_none_or(|since| message.received().is_none_or(|at| at >= since))
}

/// The last word on each message of a page. An entry may hold only what changed; the rest is looked up.
async fn fold(
    api: &Api,
    folder: &RemoteId,
    entries: Vec<Message>,
    since: Option<Timestamp>,
) -> Result<Vec<Change<RemoteMail>>, ProviderError> {
    let mut known: BTreeMap<String, Option<Message>> = BTreeMap::new();
    for entry in entries {
        let gone = entry.removed.is_some();
        known.insert(entry.id.clone(), (!gone).then_some(entry));
    }
    let unclear: Vec<String> = known
        .iter()
        .filter(|(_, m)| m.as_ref().is_some_and(|m| m.flags().is_none() || m.received().is_none()))
        .map(|(id, _)| id.clone())
        .collect();
    for (id, found) in states(api, &unclear).await? {
        match found {
            Some(message) if message.parent_folder_id.as_deref().is_none_or(|f| f == folder.as_str()) => {
                known.insert(id, Some(message));
            }
            // It has left or is gone, of which the next page tells.
            _ => {
                known.remove(&id);
            }
        }
    }
    Ok(known
        .into_iter()
        .filter(|(_, m)| m.as_ref().is_none_or(|m| within(m, since)))
        .map(|(id, message)| message.map_or(Change::Gone(RemoteId(id)), |m| Change::Upsert(m.remote())))
        .collect())
}

/// Messages as they are now. None: gone.
pub async fn states(api: &Api, ids: &[String]) -> Result<Vec<(String, Option<Message>)>, ProviderError> {
    let urls = ids.iter().map(|id| with_query(api.urls.me(["messages", id]), &[("$select", SELECT)]));
    let found = batch::read_each(api, "this message", urls).await?;
    Ok(ids.iter().cloned().zip(found).collect())
}
