//! A round: all cards of the person in one answer, compared with the last one by its digest.

use domain::{
    error::ProviderError,
    ids::RemoteId,
    sync::{Change, ChangeBatch, SyncCursor},
    tasks::RemoteTask,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    api::Api,
    model::{Card, FIELDS},
};
use crate::opaque;

/// Trello cuts listings off there: what is not told in so long a one may still be there (unverified for this one).
const CUT_OFF: usize = 1000;

/// What the engine keeps as an opaque string. Stored for years: add fields with defaults, change none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Cursor {
    v: u8,
    /// Of the last answer, and of what was asked for.
    digest: String,
}

impl Cursor {
    fn of(body: &[u8]) -> Self {
        let mut digest = Sha256::new();
        digest.update(FIELDS);
        digest.update(body);
        Self { v: 1, digest: domain::hex(&digest.finalize()) }
    }

    fn parse(cursor: &SyncCursor) -> Option<Self> {
        opaque::read::<Self>(cursor).filter(|c| c.v == 1)
    }

    fn store(&self) -> SyncCursor {
        opaque::write(self)
    }
}

pub async fn changes(api: &Api, cursor: Option<&SyncCursor>) -> Result<ChangeBatch<RemoteTask>, ProviderError> {
    let last = match cursor {
        None => None,
        Some(cursor) => Some(Cursor::parse(cursor).ok_or(ProviderError::CursorExpired)?),
    };
    let (cards, body) = api.cards().await?;
    let now = Cursor::of(&body);
    let mut batch = ChangeBatch { changes: Vec::new(), present: None, reset: false, next: now.store(), more: false, progress: None };
    if last.as_ref() == Some(&now) {
        return Ok(batch);
    }
    let whole = cards.len() < CUT_OFF;
    let here: Vec<Card> = cards.into_iter().filter(Card::is_here).collect();
    batch.present = whole.then(|| here.iter().map(|card| RemoteId(card.id.clone())).collect());
    batch.changes = here.into_iter().map(|card| Change::Upsert(card.task())).collect();
    Ok(batch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_as_they_were() {
        let text = r#"{"v":1,"digest":"ab"}"#;
        let cursor = Cursor::parse(&SyncCursor::Opaque { value: text.to_owned() }).unwrap();
        assert_eq!(cursor.store(), SyncCursor::Opaque { value: text.to_owned() });
        assert_ne!(Cursor::of(b"[]"), Cursor::of(b"[1]"));
        for value in ["", "{}", r#"{"v":2,"digest":""}"#] {
            assert_eq!(Cursor::parse(&SyncCursor::Opaque { value: value.to_owned() }), None);
        }
    }
}
