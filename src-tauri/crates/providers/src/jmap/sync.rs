//! First sync, incremental sync, and the way back after states that are too old.
//!
//! *Listing* walks all mail, newest first; before each page it also takes what changed since the last one, so that new mail shows up within
//! a page and not at the end. *Steady* is changes alone. The state is taken before the first page, so nothing falls between listing and
//! changes; what is seen twice does no harm. The pages together name everything that is there: at their end the engine sweeps the rest.

use domain::{
    error::ProviderError,
    ids::RemoteId,
    sync::{Budget, Change, ChangeBatch, RemoteMail, SyncCursor},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    answers::Calls,
    api::Api,
    error, listing,
    model::{Changes, Email, Got, PROPERTIES},
};
use crate::opaque;

const THE_CHANGES: &str = "the changes";
/// Largest page that is asked for.
const PAGE: usize = 500;
/// More than anyone has in one account: a listing that goes on beyond it has no end.
const MAX_MAILS: u64 = 2_000_000;

/// What the engine keeps as an opaque string. Stored for years: add variants and fields with defaults, change none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Cursor {
    v: u8,
    /// Ids and states mean nothing in another account.
    account: String,
    /// Everything before this was seen.
    state: String,
    phase: Phase,
    /// Start of the window, milliseconds, as it was when the listing began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<i64>,
    /// Folders that were left out, in order: with others it would speak of other mail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    excluded: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Phase {
    Listing {
        /// Names this listing: when it began.
        mark: i64,
        /// The last mails of the page before, the last one first.
        anchors: Vec<String>,
        done: u64,
    },
    Steady,
}

impl Cursor {
    fn parse(cursor: &SyncCursor) -> Option<Self> {
        opaque::read::<Self>(cursor).filter(|c| c.v == 1)
    }

    fn window(&self) -> Option<Timestamp> {
        self.since.map(Timestamp)
    }

    /// Whether a mail lies in a folder that is synced, whatever others it lies in.
    fn takes(&self, mail: &Email) -> bool {
        self.excluded.is_empty() || mail.mailboxes().any(|id| !self.excluded.iter().any(|one| one == id))
    }
}

/// `excluded`: ids of folders, in order; a mail that lies in no other is not there. With another choice than the cursor's everything is
/// compared.
pub async fn changes(
    api: &Api,
    excluded: &[String],
    cursor: Option<&SyncCursor>,
    budget: Budget,
) -> Result<ChangeBatch<RemoteMail>, ProviderError> {
    let session = api.session().await?;
    let cursor = match cursor {
        None => start(api, &session.account, excluded, budget).await?,
        Some(cursor) => {
            Cursor::parse(cursor).filter(|c| c.account == session.account && c.excluded == excluded).ok_or(ProviderError::CursorExpired)?
        }
    };
    let items = budget.items.clamp(1, PAGE).min(session.limits.max_objects_in_get);
    match cursor.phase.clone() {
        Phase::Steady => {
            api.shared().listings.end(&cursor.account);
            let (changes, cursor, more) = since_state(api, cursor, items).await?;
            if !more {
                api.shared().set_synced(&cursor.state);
            }
            Ok(batch(changes, None, &cursor, more, None))
        }
        Phase::Listing { mark, anchors, done } => listed(api, cursor, mark, &anchors, done, items).await,
    }
}

async fn start(api: &Api, account: &str, excluded: &[String], budget: Budget) -> Result<Cursor, ProviderError> {
    let mut answers = api.ask(THE_CHANGES, &Calls::one("Email/get", json!({"ids": [], "properties": ["id"]}))).await?;
    let now: Got<Email> = answers.take(THE_CHANGES, 0, "Email/get")?;
    let mark = api.now().millis();
    api.shared().listings.start(account, mark);
    let phase = Phase::Listing { mark, anchors: Vec::new(), done: 0 };
    let since = budget.since.map(Timestamp::millis);
    Ok(Cursor { v: 1, account: account.to_owned(), state: now.state, phase, since, excluded: excluded.to_vec() })
}

/// One page of the listing, and what changed before it.
async fn listed(
    api: &Api,
    cursor: Cursor,
    mark: i64,
    anchors: &[String],
    done: u64,
    items: usize,
) -> Result<ChangeBatch<RemoteMail>, ProviderError> {
    // Right after the start nothing has changed yet.
    let (mut changes, mut cursor, more) =
        if anchors.is_empty() { (Vec::new(), cursor, false) } else { since_state(api, cursor, items).await? };
    let listings = &api.shared().listings;
    let named = changes.iter().filter_map(|change| match change {
        Change::Upsert(mail) => Some(mail.id.as_str()),
        Change::Gone(_) => None,
    });
    if !listings.add(&cursor.account, mark, named) {
        // Begun by an earlier run: nobody knows any more what its first pages named.
        return Err(ProviderError::CursorExpired);
    }
    for change in &changes {
        if let Change::Gone(id) = change {
            listings.remove(&cursor.account, id.as_str());
        }
    }
    if more {
        return Ok(batch(changes, None, &cursor, true, None));
    }
    let page = listing::page(api, &listing::Wanted { since: cursor.window(), excluded: &cursor.excluded }, anchors, items).await?;
    listings.add(&cursor.account, mark, page.mails.iter().map(|m| m.id.as_str()));
    let done = done.saturating_add(page.mails.len() as u64);
    if done > MAX_MAILS {
        return Err(error::protocol(&api.session().await?.host, "a list of mails without an end"));
    }
    let progress = Some((done, page.total.max(done)));
    changes.extend(page.mails.iter().map(|mail| Change::Upsert(mail.remote())));
    if page.end {
        cursor.phase = Phase::Steady;
        let present = listings.named(&cursor.account).into_iter().map(RemoteId).collect();
        return Ok(batch(changes, Some(present), &cursor, false, progress));
    }
    cursor.phase = Phase::Listing { mark, anchors: page.anchors, done };
    Ok(batch(changes, None, &cursor, true, progress))
}

fn batch(
    changes: Vec<Change<RemoteMail>>,
    present: Option<Vec<RemoteId>>,
    next: &Cursor,
    more: bool,
    progress: Option<(u64, u64)>,
) -> ChangeBatch<RemoteMail> {
    ChangeBatch { changes, present, reset: false, next: opaque::write(next), more, progress }
}

/// What changed since the cursor's state, the cursor moved on by it, and whether there is more: all in one request.
async fn since_state(api: &Api, mut cursor: Cursor, items: usize) -> Result<(Vec<Change<RemoteMail>>, Cursor, bool), ProviderError> {
    let calls = Calls::one("Email/changes", json!({"sinceState": cursor.state, "maxChanges": items}));
    let [created, updated] = ["/created", "/updated"].map(|path| calls.result(0, path));
    let calls = calls
        .and("Email/get", json!({"#ids": created, "properties": PROPERTIES}))
        .and("Email/get", json!({"#ids": updated, "properties": PROPERTIES}));
    let mut answers = api.ask(THE_CHANGES, &calls).await?;
    let told: Changes = answers.take(THE_CHANGES, 0, "Email/changes")?;
    if told.has_more_changes && told.new_state == cursor.state {
        return Err(error::protocol(answers.host(), "changes without an end"));
    }
    let created: Got<Email> = answers.take(THE_CHANGES, 1, "Email/get")?;
    let updated: Got<Email> = answers.take(THE_CHANGES, 2, "Email/get")?;
    // Old mail that is filed now is as far outside of the window as it was; what is here already is told of whatever its age.
    let inside = |mail: &&Email| cursor.window().is_none_or(|since| mail.received().is_none_or(|at| at >= since));
    let told_of = |mail: &Email| if cursor.takes(mail) { Change::Upsert(mail.remote()) } else { Change::Gone(RemoteId(mail.id.clone())) };
    let mut changes: Vec<Change<RemoteMail>> = created.list.iter().filter(inside).map(told_of).collect();
    changes.extend(updated.list.iter().map(told_of));
    changes.extend(told.destroyed.into_iter().map(|id| Change::Gone(RemoteId(id))));
    cursor.state = told.new_state;
    Ok((changes, cursor, told.has_more_changes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_cursors_keep_their_shape() {
        let text = |cursor: &Cursor| match opaque::write(cursor) {
            SyncCursor::Opaque { value } => value,
            other => panic!("{other:?}"),
        };
        let phase = Phase::Listing { mark: 7, anchors: vec!["M9".into()], done: 3 };
        let listing = Cursor { v: 1, account: "u".into(), state: "e1".into(), phase, since: Some(5), excluded: vec!["P1".into()] };
        assert_eq!(
            text(&listing),
            r#"{"v":1,"account":"u","state":"e1","phase":{"kind":"listing","mark":7,"anchors":["M9"],"done":3},"since":5,"excluded":["P1"]}"#
        );
        let steady = Cursor { v: 1, account: "u".into(), state: "e2".into(), phase: Phase::Steady, since: None, excluded: Vec::new() };
        assert_eq!(text(&steady), r#"{"v":1,"account":"u","state":"e2","phase":{"kind":"steady"}}"#);
        for cursor in [listing, steady] {
            assert_eq!(Cursor::parse(&opaque::write(&cursor)), Some(cursor));
        }
        assert_eq!(Cursor::parse(&SyncCursor::Opaque { value: "{}".into() }), None);
    }
}
