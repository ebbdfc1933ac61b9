//! Which bodies must be downloaded: not those that are here, nor those that only moved.
//!
//! A mail is taken to be the same when Message-ID, size and, where both are known, the instant of receipt agree (RFC 9051
//! section 6.4.7: COPY keeps the internal date). The instant keeps a stranger from passing off a new mail as an old one by
//! repeating its Message-ID and size.

use std::collections::{HashMap, HashSet};

use domain::{
    ids::{AccountId, RemoteId},
    sync::{RemoteMail, SyncScope},
};
use sqlx::{Row as _, SqliteConnection};

use super::thread::rfc_key;
use crate::{error::StoreError, open::Store, rows::json_ids};

/// What to do with each listed message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BodyPlan {
    /// Here already: pass them on as `updates`.
    pub known: Vec<RemoteMail>,
    /// The content is here: pass them on as `updates` too.
    pub adoptable: Vec<RemoteMail>,
    /// Fetch, parse and pass on as `upserts`.
    pub fetch: Vec<RemoteMail>,
}

/// Content that a listed message could be.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) mail: i64,
    pub(super) thread: i64,
    pub(super) account_received: i64,
    rfc_id: String,
    size: i64,
    /// Placements in the same scope whose remote id is void.
    pub(super) orphans: Vec<i64>,
    /// It also lies in the scope under a valid id: then another one with the same Message-ID is a mail of its own.
    pub(super) live_here: bool,
}

impl Candidate {
    pub(super) fn matches(&self, remote: &RemoteMail) -> bool {
        remote.message_id.as_deref() == Some(self.rfc_id.as_str())
            && remote.size.is_some_and(|s| s as i64 == self.size)
            && remote.received.is_none_or(|r| r.secs() == self.account_received.div_euclid(1000))
    }
}

/// Candidates for `mails`, by hash of the Message-ID. `reset`: every placement of the scope counts as void.
pub(super) async fn candidates(
    tx: &mut SqliteConnection,
    account: AccountId,
    scope: i64,
    mails: &[&RemoteMail],
    reset: bool,
) -> Result<HashMap<i64, Vec<Candidate>>, StoreError> {
    let keys: HashSet<i64> = mails
        .iter()
        .filter(|m| m.size.is_some())
        .filter_map(|m| m.message_id.as_deref())
        .filter(|id| !id.is_empty())
        .map(rfc_key)
        .collect();
    let mut found: HashMap<i64, Vec<Candidate>> = HashMap::new();
    if keys.is_empty() {
        return Ok(found);
    }
    let rows = sqlx::query(CANDIDATE_SQL).bind(scope).bind(account.0).bind(json_ids(keys)).fetch_all(tx).await?;
    for row in &rows {
        let (key, mail): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        let placement: Option<i64> = row.try_get(6)?;
        let void = reset || row.try_get::<Option<i64>, _>(7)?.unwrap_or(0) > 0;
        let list = found.entry(key).or_default();
        let at = if let Some(at) = list.iter().position(|c| c.mail == mail) {
            at
        } else {
            list.push(Candidate {
                mail,
                thread: row.try_get(2)?,
                account_received: row.try_get(5)?,
                rfc_id: row.try_get(3)?,
                size: row.try_get(4)?,
                orphans: Vec::new(),
                live_here: false,
            });
            list.len() - 1
        };
        if let (Some(candidate), Some(placement)) = (list.get_mut(at), placement) {
            if void {
                candidate.orphans.push(placement);
            } else {
                candidate.live_here = true;
            }
        }
    }
    Ok(found)
}

pub(crate) const CANDIDATE_SQL: &str = "SELECT c.rfc_key, c.id, c.thread, c.rfc_id, c.size, c.received, m.id, m.orphan \
     FROM mail c LEFT JOIN message m ON m.mail = c.id AND m.scope = ? \
     WHERE c.account = ? AND c.rfc_key <> 0 AND c.rfc_key IN (SELECT value FROM json_each(?))";

impl Store {
    /// Sorts a listing into what is known, what can be adopted and what must be fetched. `reset`: the batch says that all ids
    /// of the scope changed meaning.
    pub async fn plan_bodies(
        &self,
        scope: &SyncScope,
        account: AccountId,
        mails: &[RemoteMail],
        reset: bool,
    ) -> Result<BodyPlan, StoreError> {
        let mut tx = self.read().await?;
        let known: HashSet<String> = if reset {
            HashSet::new()
        } else {
            let ids: Vec<&str> = mails.iter().map(|m| m.id.as_str()).collect();
            sqlx::query_scalar::<_, String>("SELECT remote FROM message WHERE scope = ? AND remote IN (SELECT value FROM json_each(?))")
                .bind(scope.id.0)
                .bind(serde_json::to_string(&ids)?)
                .fetch_all(&mut *tx)
                .await?
                .into_iter()
                .collect()
        };
        let unknown: Vec<&RemoteMail> = mails.iter().filter(|m| !known.contains(m.id.as_str())).collect();
        let mut found = candidates(&mut tx, account, scope.id.0, &unknown, reset).await?;
        let mut plan = BodyPlan::default();
        let mut seen: HashSet<&RemoteId> = HashSet::new();
        for mail in mails.iter().filter(|m| seen.insert(&m.id)) {
            if known.contains(mail.id.as_str()) {
                plan.known.push(mail.clone());
                continue;
            }
            let list = mail.message_id.as_deref().and_then(|id| found.get_mut(&rfc_key(id)));
            let adopted = list.is_some_and(|list| {
                list.iter_mut().filter(|c| c.matches(mail)).any(|c| c.orphans.pop().is_some() || !std::mem::replace(&mut c.live_here, true))
            });
            if adopted {
                plan.adoptable.push(mail.clone());
            } else {
                plan.fetch.push(mail.clone());
            }
        }
        Ok(plan)
    }
}
