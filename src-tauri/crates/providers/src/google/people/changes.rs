//! A whole list, and what changed since. Page by page: each is committed with the place of the next.

use domain::{
    error::ProviderError,
    ids::RemoteId,
    people::{PeopleList, RemotePerson},
    sync::{Change, ChangeBatch, SyncCursor},
    time::Timestamp,
};

use super::{
    api::{PeopleApi, words},
    cursor::{Cursor, Phase},
    model::{Page, Person},
};

/// Google's largest page.
const LARGEST: usize = 1000;

type Batch = ChangeBatch<RemotePerson>;

pub async fn changes(
    api: &PeopleApi,
    list: PeopleList,
    cursor: Option<&SyncCursor>,
    items: usize,
    now: Timestamp,
) -> Result<Batch, ProviderError> {
    let cursor = match cursor {
        None => Cursor::new(items.clamp(1, LARGEST), Phase::Steady { sync: None }),
        Some(cursor) => Cursor::parse(cursor).ok_or(ProviderError::CursorExpired)?,
    };
    let size = cursor.size;
    match cursor.phase {
        Phase::Steady { sync: None } => {
            let mark = now.millis();
            api.listings().start(list.name(), mark);
            listing(api, list, size, (mark, None, 0)).await
        }
        Phase::Listing { mark, page, done } => listing(api, list, size, (mark, page, done)).await,
        Phase::Steady { sync: Some(sync) } => {
            api.listings().end(list.name());
            changed(api, list, size, sync, None).await
        }
        Phase::Changes { sync, page } => changed(api, list, size, sync, Some(page)).await,
    }
}

/// A page token that is no longer taken: the list is read from its beginning. Where the list itself is refused, that says so.
fn or_anew(page: Result<Page, ProviderError>, token: Option<&str>) -> Result<Page, ProviderError> {
    match page {
        Err(ProviderError::Refused(_) | ProviderError::NotFound(_)) if token.is_some() => Err(ProviderError::CursorExpired),
        page => page,
    }
}

fn endless(list: PeopleList) -> ProviderError {
    ProviderError::Protocol { host: "Google".to_owned(), protocol: "Google API", detail: format!("no end of {}", words(list)) }
}

async fn listing(
    api: &PeopleApi,
    list: PeopleList,
    size: usize,
    (mark, token, done): (i64, Option<String>, u64),
) -> Result<Batch, ProviderError> {
    let page = or_anew(api.page(list, size, None, token.as_deref()).await, token.as_deref())?;
    let people: Vec<Person> = page.connections.into_iter().filter(|p| !p.resource_name.is_empty() && !p.metadata.deleted).collect();
    if !api.listings().add(list.name(), mark, people.iter().map(|p| p.resource_name.as_str())) {
        // Begun by an earlier run: nobody knows any more what its first pages named.
        return Err(ProviderError::CursorExpired);
    }
    let done = done + people.len() as u64;
    let changes = people.into_iter().map(|person| Change::Upsert(person.remote())).collect();
    let (phase, present) = match page.next_page_token {
        Some(next) if token.as_ref() == Some(&next) => return Err(endless(list)),
        Some(next) => (Phase::Listing { mark, page: Some(next), done }, None),
        None => {
            let all = api.listings().named(list.name()).into_iter().map(RemoteId).collect();
            (Phase::Steady { sync: page.next_sync_token }, Some(all))
        }
    };
    Ok(ChangeBatch {
        changes,
        more: present.is_none(),
        present,
        reset: false,
        next: Cursor::new(size, phase).store(),
        progress: (page.total_items > 0).then(|| (done, page.total_items.max(done))),
    })
}

async fn changed(api: &PeopleApi, list: PeopleList, size: usize, sync: String, token: Option<String>) -> Result<Batch, ProviderError> {
    let page = or_anew(api.page(list, size, Some(&sync), token.as_deref()).await, token.as_deref())?;
    let mut changes = Vec::new();
    for mut person in page.connections.into_iter().filter(|p| !p.resource_name.is_empty()) {
        let before = std::mem::take(&mut person.metadata.previous_resource_names);
        changes.extend(before.into_iter().filter(|old| *old != person.resource_name).map(|old| Change::Gone(RemoteId(old))));
        changes.push(if person.metadata.deleted { Change::Gone(RemoteId(person.resource_name)) } else { Change::Upsert(person.remote()) });
    }
    let (phase, more) = match page.next_page_token {
        Some(next) if token.as_ref() == Some(&next) => return Err(endless(list)),
        Some(page) => (Phase::Changes { sync, page }, true),
        None => (Phase::Steady { sync: Some(page.next_sync_token.unwrap_or(sync)) }, false),
    };
    Ok(ChangeBatch { changes, more, present: None, reset: false, next: Cursor::new(size, phase).store(), progress: None })
}
