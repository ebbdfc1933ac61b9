//! Messages that are here already: flags, labels, new ids after a reset, disappearance.

use std::collections::{HashMap, HashSet};

use domain::{ids::RemoteId, mail::Flags, sync::RemoteMail};
use futures_util::StreamExt as _;
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use super::{
    IncomingMail, Run,
    insert::{self, Placement},
    plan, remove_messages,
    shadow::{self, Shadow, set_placed},
    thread::rfc_key,
};
use crate::{error::StoreError, raw, rows::json_ids};

struct Known {
    id: i64,
    flags: i64,
    thread: i64,
    pending: bool,
}

async fn known(tx: &mut SqliteConnection, scope: i64, ids: &[&str]) -> Result<HashMap<String, Known>, StoreError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query(
        "SELECT remote, id, flags, thread, shadow IS NOT NULL FROM message WHERE scope = ? AND remote IN (SELECT value FROM json_each(?))",
    )
    .bind(scope)
    .bind(serde_json::to_string(ids)?)
    .fetch_all(tx)
    .await?;
    rows.iter()
        .map(|r| {
            let known = Known { id: r.try_get(1)?, flags: r.try_get(2)?, thread: r.try_get(3)?, pending: r.try_get(4)? };
            Ok((r.try_get(0)?, known))
        })
        .collect()
}

/// Applies the upserts that are here already (a repeated batch); returns the new ones.
pub(super) async fn existing(
    tx: &mut SqliteConnection,
    run: &mut Run,
    upserts: Vec<IncomingMail>,
) -> Result<Vec<IncomingMail>, StoreError> {
    let ids: Vec<&str> = upserts.iter().map(|u| u.remote.id.as_str()).collect();
    let known = known(tx, run.scope, &ids).await?;
    let mut seen = HashSet::new();
    let mut fresh = Vec::with_capacity(upserts.len());
    let mut old = Vec::new();
    for mail in upserts {
        let first = seen.insert(mail.remote.id.clone());
        if first && !known.contains_key(mail.remote.id.as_str()) {
            fresh.push(mail);
        } else {
            raw::reject(tx, &mail.raw).await?;
            if first {
                old.push(mail.remote);
            }
        }
    }
    apply(tx, run, &known, &old.iter().collect::<Vec<_>>()).await?;
    Ok(fresh)
}

/// Applies updates of known messages and adopts the others.
pub(super) async fn updates(tx: &mut SqliteConnection, run: &mut Run, updates: &[RemoteMail]) -> Result<(), StoreError> {
    let ids: Vec<&str> = updates.iter().map(|u| u.id.as_str()).collect();
    let known = known(tx, run.scope, &ids).await?;
    let (old, new): (Vec<_>, Vec<_>) = updates.iter().partition(|u| known.contains_key(u.id.as_str()));
    apply(tx, run, &known, &old).await?;
    adopt(tx, run, &new).await
}

async fn apply(
    tx: &mut SqliteConnection,
    run: &mut Run,
    known: &HashMap<String, Known>,
    remotes: &[&RemoteMail],
) -> Result<(), StoreError> {
    let mut flags: Vec<(i64, i64, i64)> = Vec::new();
    let mut labelled: Vec<(&Known, Vec<i64>)> = Vec::new();
    let mut touched: HashSet<i64> = HashSet::new();
    for remote in remotes {
        let Some(row) = known.get(remote.id.as_str()) else { continue };
        let labels = if run.labels { run.placing(remote) } else { None };
        if row.pending {
            let mut shadow = shadow::load(tx, row.id).await?;
            let before = shadow.clone();
            shadow.gone = false;
            shadow.flags = remote.flags.map_or(shadow.flags, Flags::bits);
            shadow.mailboxes = labels.unwrap_or(shadow.mailboxes);
            if shadow != before {
                shadow::settle(tx, row.id, &shadow).await?;
                run.threads.insert(row.thread);
            }
            run.report.skipped += 1;
            continue;
        }
        if let Some(new) = remote.flags.filter(|f| f.bits() != row.flags) {
            flags.push((row.id, new.bits(), i64::from(new.deleted)));
            touched.insert(row.id);
            run.threads.insert(row.thread);
        }
        if let Some(labels) = labels {
            labelled.push((row, labels));
        }
    }
    if !flags.is_empty() {
        sqlx::query(
            "UPDATE message SET flags = j.flags, hidden = j.hidden FROM (SELECT json_extract(value, '$[0]') AS id, \
             json_extract(value, '$[1]') AS flags, json_extract(value, '$[2]') AS hidden FROM json_each(?)) AS j WHERE message.id = j.id",
        )
        .bind(serde_json::to_string(&flags)?)
        .execute(&mut *tx)
        .await?;
    }
    if !labelled.is_empty() {
        let rows =
            sqlx::query("SELECT message, mailbox FROM placed WHERE message IN (SELECT value FROM json_each(?)) ORDER BY message, mailbox")
                .bind(json_ids(labelled.iter().map(|(k, _)| k.id)))
                .fetch_all(&mut *tx)
                .await?;
        let mut present: HashMap<i64, Vec<i64>> = HashMap::new();
        for row in &rows {
            present.entry(row.try_get(0)?).or_default().push(row.try_get(1)?);
        }
        for (row, labels) in labelled {
            if present.get(&row.id).map_or(&[][..], Vec::as_slice) != labels {
                set_placed(tx, row.id, &labels).await?;
                touched.insert(row.id);
                run.threads.insert(row.thread);
            }
        }
    }
    run.report.updated += touched.len() as u64;
    Ok(())
}

/// Gives listed messages without a download a place: a void placement of the same scope first, so that the message keeps its
/// id; else a new placement of the same content.
async fn adopt(tx: &mut SqliteConnection, run: &mut Run, remotes: &[&RemoteMail]) -> Result<(), StoreError> {
    if remotes.is_empty() {
        return Ok(());
    }
    let mut found = plan::candidates(tx, run.account, run.scope, remotes, false).await?;
    let mut placements = Vec::new();
    for remote in remotes {
        let list = remote.message_id.as_deref().and_then(|id| found.get_mut(&rfc_key(id)));
        let Some(list) = list else {
            run.report.unmatched.push(remote.id.clone());
            continue;
        };
        let orphan = list.iter_mut().filter(|c| c.matches(remote)).find_map(|c| c.orphans.pop().map(|o| (o, c.thread)));
        if let Some((message, thread)) = orphan {
            readopt(tx, run, message, remote).await?;
            run.threads.insert(thread);
            run.report.adopted += 1;
        } else if let Some(candidate) = list.iter().find(|c| c.matches(remote)) {
            let flags = remote.flags.unwrap_or_default();
            let mailboxes = run.placing(remote).unwrap_or_default();
            placements.push(Placement { mail: candidate.mail, thread: candidate.thread, remote: remote.id.clone(), flags, mailboxes });
            run.threads.insert(candidate.thread);
            run.report.adopted += 1;
        } else {
            run.report.unmatched.push(remote.id.clone());
        }
    }
    insert::place(tx, run, &placements).await?;
    Ok(())
}

async fn readopt(tx: &mut SqliteConnection, run: &mut Run, message: i64, remote: &RemoteMail) -> Result<(), StoreError> {
    sqlx::query("UPDATE message SET remote = ?, orphan = 0 WHERE id = ?").bind(remote.id.as_str()).bind(message).execute(&mut *tx).await?;
    let mut shadow: Shadow = shadow::load(tx, message).await?;
    shadow.gone = false;
    shadow.flags = remote.flags.map_or(shadow.flags, Flags::bits);
    if let Some(mailboxes) = run.placing(remote) {
        shadow.mailboxes = mailboxes;
    }
    shadow::settle(tx, message, &shadow).await?;
    Ok(())
}

/// The provider says these are gone.
pub(super) async fn gone(tx: &mut SqliteConnection, run: &mut Run, gone: &[RemoteId]) -> Result<(), StoreError> {
    let ids: Vec<&str> = gone.iter().map(RemoteId::as_str).collect();
    let rows: Vec<Known> = known(tx, run.scope, &ids).await?.into_values().collect();
    take_away(tx, run, rows).await
}

/// Removes what a complete listing does not name.
pub(super) async fn sweep(tx: &mut SqliteConnection, run: &mut Run, present: &[RemoteId]) -> Result<(), StoreError> {
    let present: HashSet<&str> = present.iter().map(RemoteId::as_str).collect();
    let mut missing = Vec::new();
    {
        // Row by row: as a list, the rows of a large mailbox take half a kilobyte each.
        let mut rows = sqlx::query("SELECT id, flags, thread, shadow IS NOT NULL, remote FROM message WHERE scope = ?")
            .bind(run.scope)
            .fetch(&mut *tx);
        while let Some(row) = rows.next().await {
            let row = row?;
            if !present.contains(row.try_get::<&str, _>(4)?) {
                missing.push(known_of(&row)?);
            }
        }
    }
    take_away(tx, run, missing).await
}

/// The round is over: what was not adopted is gone.
pub(super) async fn drop_orphans(tx: &mut SqliteConnection, run: &mut Run) -> Result<(), StoreError> {
    let mut known = Vec::new();
    {
        let mut rows =
            sqlx::query("SELECT id, flags, thread, shadow IS NOT NULL FROM message WHERE scope = ? AND orphan > 0 AND orphan = 1")
                .bind(run.scope)
                .fetch(&mut *tx);
        while let Some(row) = rows.next().await {
            known.push(known_of(&row?)?);
        }
    }
    take_away(tx, run, known).await
}

/// From a row that begins with id, flags, thread and whether something is queued.
fn known_of(row: &SqliteRow) -> Result<Known, StoreError> {
    Ok(Known { id: row.try_get(0)?, flags: row.try_get(1)?, thread: row.try_get(2)?, pending: row.try_get(3)? })
}

async fn take_away(tx: &mut SqliteConnection, run: &mut Run, rows: Vec<Known>) -> Result<(), StoreError> {
    let (pending, free): (Vec<_>, Vec<_>) = rows.into_iter().partition(|k| k.pending);
    for row in pending {
        // The write may be a move that has just succeeded: its completion says where the message is now.
        let mut shadow = shadow::load(tx, row.id).await?;
        shadow.gone = true;
        shadow::settle(tx, row.id, &shadow).await?;
        run.report.skipped += 1;
    }
    let ids: Vec<i64> = free.iter().map(|k| k.id).collect();
    run.report.removed += ids.len() as u64;
    run.threads.extend(remove_messages(tx, &ids, run.now).await?);
    Ok(())
}
