//! First sync and what changed since.
//!
//! A first listing tells everything with its text. After that Google tells of single events: one that stands alone comes with its text,
//! a series is asked for, because what came is only the part of it that changed.

use domain::{
    calendar::RemoteItem,
    error::ProviderError,
    ids::RemoteId,
    sync::{Change, ChangeBatch, SyncCursor},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    api::CalendarApi,
    pages::{self, Listing, PARAMETERS},
    resource::{Group, around, gather, id_of_uid},
};
use crate::opaque;

/// What the engine keeps as an opaque string. Stored for years: add fields with defaults, change none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Cursor {
    v: u8,
    token: String,
    /// Of the parameters that the token is bound to.
    parameters: String,
}

impl Cursor {
    fn parse(cursor: &SyncCursor) -> Option<Self> {
        opaque::read::<Self>(cursor).filter(|c| c.v == 1 && c.parameters == parameters())
    }

    fn store(token: String) -> SyncCursor {
        opaque::write(&Self { v: 1, token, parameters: parameters() })
    }
}

fn parameters() -> String {
    let text = PARAMETERS.iter().fold(String::new(), |text, (name, value)| text + name + "=" + value + "&");
    Sha256::digest(text).first_chunk::<6>().map(|start| domain::hex(start)).unwrap_or_default()
}

pub async fn changes(api: &CalendarApi, calendar: &str, cursor: Option<&SyncCursor>) -> Result<ChangeBatch<RemoteItem>, ProviderError> {
    let token = match cursor {
        None => None,
        Some(cursor) => Some(Cursor::parse(cursor).ok_or(ProviderError::CursorExpired)?.token),
    };
    let Listing { events, about, next } = pages::sync(api, calendar, token.as_deref()).await?;
    let next = next.ok_or_else(|| ProviderError::Protocol {
        host: "Google".to_owned(),
        protocol: "Google API",
        detail: "a listing of events that does not say where it goes on".to_owned(),
    })?;
    let groups = gather(events);
    let (mut changes, mut present) = (Vec::new(), None);
    if token.is_none() {
        let items: Vec<RemoteItem> = groups.iter().filter_map(|(series, group)| group.item(series, &about, api.owner())).collect();
        present = Some(items.iter().map(|item| item.id.clone()).collect());
        changes.extend(items.into_iter().map(Change::Upsert));
    } else {
        for (series, group) in groups {
            changes.extend(changed(api, calendar, series, &group, &about).await?);
        }
    }
    Ok(ChangeBatch { changes, present, reset: false, next: Cursor::store(next), more: false, progress: None })
}

async fn changed(
    api: &CalendarApi,
    calendar: &str,
    series: String,
    group: &Group,
    about: &pages::About,
) -> Result<Vec<Change<RemoteItem>>, ProviderError> {
    let Some(master) = &group.master else { return members(api, calendar, series, group).await };
    if master.is_cancelled() {
        return Ok(vec![Change::Gone(RemoteId(series))]);
    }
    if !master.recurrence.is_empty() || !group.members.is_empty() {
        // No tag: what the series as a whole is now, nobody has said.
        return Ok(vec![Change::Upsert(RemoteItem { id: RemoteId(series), etag: String::new(), ics: None })]);
    }
    Ok(group.item(&series, about, api.owner()).map(Change::Upsert).into_iter().collect())
}

/// Only members were told of: whether there is a master for this person has to be asked now, since it decides what they are called.
async fn members(api: &CalendarApi, calendar: &str, series: String, group: &Group) -> Result<Vec<Change<RemoteItem>>, ProviderError> {
    let Some(there) = around(api, calendar, &series, group).await? else {
        // Both names that it may have had.
        let by_uid = group.members.values().find_map(|member| member.ical_uid.as_deref()).map(id_of_uid);
        return Ok([RemoteId(series)].into_iter().chain(by_uid).map(Change::Gone).collect());
    };
    Ok(there.item(api.owner()).map(Change::Upsert).into_iter().collect())
}
