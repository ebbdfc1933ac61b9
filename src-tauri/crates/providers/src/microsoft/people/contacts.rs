//! The contacts of the main folder. Their delta is documented for a folder by its id alone, and no name stands for the main one: any contact
//! in it says where it lies.

use std::collections::BTreeMap;

use domain::{
    error::ProviderError,
    ids::RemoteId,
    people::{PeopleList, RemotePerson},
    sync::{Change, ChangeBatch, SyncCursor},
};
use serde::{Deserialize, Serialize};

use super::{
    super::{
        api::Api,
        batch,
        endpoints::with_query,
        model::Page,
        rounds::{self, Cursor, Entry as _, Track},
    },
    model::{CONTACT, Contact, Placed},
};
use crate::opaque;

const WHAT: &str = "the contacts";

/// Instead of a place in the list: there was no contact.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nobody {
    v: u8,
    nobody: bool,
}

pub async fn changes(api: &Api, cursor: Option<&SyncCursor>, items: usize) -> Result<ChangeBatch<RemotePerson>, ProviderError> {
    let track = Track { of: PeopleList::Contacts.name(), what: WHAT };
    let cursor = match cursor.filter(|cursor| opaque::read::<Nobody>(cursor).is_none()) {
        Some(cursor) => Cursor::parse(cursor)?,
        None => {
            let Some(folder) = folder(api).await? else { return Ok(nobody()) };
            let link = with_query(api.urls.me(["contactFolders", &folder, "contacts", "delta"]), &[("$select", CONTACT)]);
            rounds::begin(api, &track, &link, 0)
        }
    };
    let mut round = match rounds::page(api, &track, cursor, items, |_: &Contact| true).await {
        // The folder is gone, which the main one is only where the mailbox is another.
        Err(ProviderError::NotFound(_)) => return Err(ProviderError::CursorExpired),
        round => round?,
    };
    let entries = std::mem::take(&mut round.entries);
    let changes = fold(api, entries).await?;
    Ok(round.batch(changes))
}

async fn folder(api: &Api) -> Result<Option<String>, ProviderError> {
    let url = with_query(api.urls.me(["contacts"]), &[("$select", "parentFolderId"), ("$top", "1")]);
    let page: Page<Placed> = api.get(WHAT, url).await?;
    Ok(page.value.into_iter().next().map(|contact| contact.parent_folder_id))
}

fn nobody() -> ChangeBatch<RemotePerson> {
    let next = opaque::write(&Nobody { v: 1, nobody: true });
    ChangeBatch { changes: Vec::new(), present: Some(Vec::new()), reset: false, next, more: false, progress: None }
}

/// The last word on each contact of a page. An entry may hold only what changed; then the contact is looked up.
async fn fold(api: &Api, entries: Vec<Contact>) -> Result<Vec<Change<RemotePerson>>, ProviderError> {
    let mut last: BTreeMap<String, Contact> = entries.into_iter().map(|contact| (contact.id.clone(), contact)).collect();
    let unclear: Vec<String> = last.values().filter(|c| !c.gone() && !c.is_whole()).map(|c| c.id.clone()).collect();
    let urls = unclear.iter().map(|id| with_query(api.urls.me(["contacts", id]), &[("$select", CONTACT)]));
    let found = batch::read_each::<Contact>(api, WHAT, urls).await?;
    for (id, contact) in unclear.into_iter().zip(found) {
        match contact {
            Some(contact) => drop(last.insert(id, contact)),
            // Gone meanwhile, of which the next page tells.
            None => drop(last.remove(&id)),
        }
    }
    let change = |contact: Contact| if contact.gone() { Change::Gone(RemoteId(contact.id)) } else { Change::Upsert(contact.remote()) };
    Ok(last.into_values().map(change).collect())
}
