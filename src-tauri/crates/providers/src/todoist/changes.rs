//! First sync and what changed since.
//!
//! A token tells tasks and projects together: of a project that is deleted or archived Todoist tells nothing but that, so then everything
//! is asked for again and what is no longer there is swept. Todoist may answer a token with everything by itself (`full_sync`).

use std::collections::BTreeSet;

use domain::{
    error::ProviderError,
    ids::RemoteId,
    sync::{Change, ChangeBatch, SyncCursor},
    tasks::RemoteTask,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

use super::{
    api::Api,
    completed, error,
    model::{Project, Synced},
};
use crate::opaque;

/// What tokens are bound to: another list is another token.
const RESOURCES: &str = r#"["items","projects"]"#;
/// How far back completed tasks are asked for, seconds.
pub const BACK: i64 = 90 * 86_400;

/// What the engine keeps as an opaque string. Stored for years: add fields with defaults, change none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Cursor {
    v: u8,
    token: String,
    resources: String,
}

impl Cursor {
    fn parse(cursor: &SyncCursor) -> Option<Self> {
        opaque::read::<Self>(cursor).filter(|c| c.v == 1 && c.resources == RESOURCES)
    }

    fn store(token: String) -> SyncCursor {
        opaque::write(&Self { v: 1, token, resources: RESOURCES.to_owned() })
    }
}

pub async fn changes(api: &Api, cursor: Option<&SyncCursor>, now: Timestamp) -> Result<ChangeBatch<RemoteTask>, ProviderError> {
    let Some(cursor) = cursor else { return full(api, api.sync("*", RESOURCES).await?, now).await };
    let token = Cursor::parse(cursor).ok_or(ProviderError::CursorExpired)?.token;
    let synced = api.sync(&token, RESOURCES).await?;
    if synced.full_sync {
        return full(api, synced, now).await;
    }
    if !synced.projects.iter().all(Project::is_live) {
        return full(api, api.sync("*", RESOURCES).await?, now).await;
    }
    let next = next(&synced)?;
    let mut changes = Vec::with_capacity(synced.items.len());
    for item in synced.items {
        changes.push(if item.is_deleted { Change::Gone(RemoteId(item.id)) } else { Change::Upsert(item.task()?) });
    }
    Ok(ChangeBatch { changes, present: None, reset: false, next, more: false, progress: None })
}

fn next(synced: &Synced) -> Result<SyncCursor, ProviderError> {
    if synced.sync_token.is_empty() {
        return Err(error::protocol("a sync that does not say where it goes on"));
    }
    Ok(Cursor::store(synced.sync_token.clone()))
}

/// Everything: what `synced` tells, and what was completed lately. The token is older than the listing of completed tasks, so what
/// happens between the two is told next time.
async fn full(api: &Api, synced: Synced, now: Timestamp) -> Result<ChangeBatch<RemoteTask>, ProviderError> {
    let next = next(&synced)?;
    // Completed tasks of archived projects are listed too, but their list is not shown.
    let live: BTreeSet<String> = synced.projects.into_iter().filter(Project::is_live).map(|project| project.id).collect();
    let done = completed::since(api, now.plus_secs(-BACK), now).await?;
    let mut seen = BTreeSet::new();
    let mut changes = Vec::new();
    // Open ones first: an occurrence of a repeating task is listed as completed under the id of the task that lives on.
    for item in synced.items.into_iter().filter(|item| !item.is_deleted).chain(done) {
        if live.contains(&item.project_id) && seen.insert(item.id.clone()) {
            changes.push(Change::Upsert(item.task()?));
        }
    }
    let present = Some(seen.into_iter().map(RemoteId).collect());
    Ok(ChangeBatch { changes, present, reset: false, next, more: false, progress: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cursors are stored: what is read from an older version must stay readable.
    #[test]
    fn cursors_are_as_they_were() {
        let stored = Cursor::store("TnYU".to_owned());
        let text = r#"{"v":1,"token":"TnYU","resources":"[\"items\",\"projects\"]"}"#;
        assert_eq!(stored, SyncCursor::Opaque { value: text.to_owned() });
        assert_eq!(Cursor::parse(&stored).unwrap().token, "TnYU");
        for other in
            ["", "TnYU", r#"{"v":2,"token":"TnYU","resources":"[\"items\",\"projects\"]"}"#, r#"{"v":1,"token":"T","resources":"x"}"#]
        {
            assert_eq!(Cursor::parse(&SyncCursor::Opaque { value: other.to_owned() }), None, "{other}");
        }
        assert_eq!(Cursor::parse(&SyncCursor::Since { at: Timestamp(0) }), None);
    }
}
