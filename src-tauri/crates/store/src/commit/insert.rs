//! New content and new placements.

use std::collections::HashMap;

use domain::{
    ids::{MessageId, RemoteId},
    mail::{Address, CryptoKind, Flags},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use sqlx::{Row as _, SqliteConnection};

use super::{
    IncomingMail, RawBody, Run,
    content::{self, Content, Words},
    rowids,
    thread::{self, Entry, rfc_key},
};
use crate::{error::StoreError, raw, rows::json_ids};

/// A Date header further in the future than this after receipt is not believed.
const FUTURE_SECS: i64 = 24 * 3600;

/// Header fields that are read whole and never queried. Stored as JSON: append fields with defaults, never change them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Head {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) to: Vec<Address>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) cc: Vec<Address>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) bcc: Vec<Address>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) reply_to: Vec<Address>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) in_reply_to: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) references: Vec<String>,
    #[serde(default)]
    pub(crate) has_html: bool,
    #[serde(default)]
    pub(crate) has_calendar: bool,
    #[serde(default)]
    pub(crate) crypto: Option<CryptoKind>,
    #[serde(default)]
    pub(crate) list_id: Option<String>,
    #[serde(default)]
    pub(crate) list_unsubscribe: Option<String>,
    #[serde(default)]
    pub(crate) one_click: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) defects: Vec<String>,
}

/// A placement to be made.
pub(super) struct Placement {
    pub(super) mail: i64,
    pub(super) thread: i64,
    pub(super) remote: RemoteId,
    pub(super) flags: Flags,
    pub(super) mailboxes: Vec<i64>,
}

/// Content that is not here yet.
pub(super) struct New {
    pub(super) mail: IncomingMail,
    pub(super) digest: [u8; 32],
    pub(super) date: Timestamp,
    pub(super) received: Timestamp,
}

/// Inserts what is not here yet. The words that are returned must be given to [`super::content::index`] as the last act of
/// the transaction.
pub(super) async fn all(tx: &mut SqliteConnection, run: &mut Run, upserts: Vec<IncomingMail>) -> Result<Vec<Words>, StoreError> {
    if upserts.is_empty() {
        return Ok(Vec::new());
    }
    let mut placements = Vec::with_capacity(upserts.len());
    let mut fresh = Vec::with_capacity(upserts.len());
    let mut same = same_content(tx, run, &upserts).await?;
    for mail in upserts {
        let digest = match &mail.raw {
            RawBody::Inline(bytes) => Sha256::digest(bytes).into(),
            RawBody::File(file) => file.digest,
        };
        if let Some((id, thread)) = same.remove(&digest) {
            raw::reject(tx, &mail.raw).await?;
            let mailboxes = run.placing(&mail.remote).unwrap_or_default();
            run.threads.insert(thread);
            placements.push(Placement {
                mail: id,
                thread,
                flags: mail.remote.flags.unwrap_or_default(),
                remote: mail.remote.id,
                mailboxes,
            });
            same.insert(digest, (id, thread));
            continue;
        }
        let known = mail.remote.received.unwrap_or(run.now);
        let date = mail.parsed.date.filter(|d| *d <= known.plus_secs(FUTURE_SECS) && d.0 > 0).unwrap_or(known);
        let received = mail.remote.received.unwrap_or(date);
        fresh.push(New { mail, digest, date, received });
    }
    // Rowids grow with the date: both B-trees and the full-text index are written in ascending order.
    fresh.sort_by_key(|n: &New| n.date.secs());
    let entries: Vec<Entry> =
        fresh.iter().map(|n| Entry::new(&n.mail.parsed, n.mail.remote.thread.as_ref().map(|t| t.0.clone()), n.date.secs())).collect();
    let (threads, merged) = thread::assign(tx, run.account, &entries).await?;
    run.threads.extend(merged);
    drop(entries);
    let ids = rowids::of_mails(tx, &fresh.iter().map(|n| n.date.secs()).collect::<Vec<_>>()).await?;
    contacts(tx, run, &fresh).await?;
    let mut contents = Vec::with_capacity(fresh.len());
    for ((new, thread), id) in fresh.into_iter().zip(threads).zip(ids) {
        run.report.bytes += new.mail.raw.len();
        run.threads.insert(thread);
        let mailboxes = run.placing(&new.mail.remote).unwrap_or_default();
        let flags = new.mail.remote.flags.unwrap_or_default();
        placements.push(Placement { mail: id, thread, remote: new.mail.remote.id.clone(), flags, mailboxes });
        contents.push(Content { id, thread, new, packed: None });
    }
    let mut contents = content::pack(contents).await?;
    let words = content::insert(tx, run.account.0, &mut contents).await?;
    drop(contents);
    run.report.added += placements.len() as u64;
    let messages = place(tx, run, &placements).await?;
    for (placement, message) in placements.iter().zip(messages) {
        if !placement.flags.seen && !placement.flags.deleted && placement.mailboxes.iter().any(|m| run.roles.is_inbox(*m)) {
            run.report.new_in_inbox.push(MessageId(message));
        }
    }
    Ok(words)
}

/// Stored content with the same bytes, by digest: (mail, thread).
async fn same_content(tx: &mut SqliteConnection, run: &Run, upserts: &[IncomingMail]) -> Result<HashMap<[u8; 32], (i64, i64)>, StoreError> {
    let keys = upserts.iter().map(|u| u.parsed.message_id.as_str()).filter(|id| !id.is_empty()).map(rfc_key);
    let rows = sqlx::query(
        "SELECT digest, id, thread FROM mail WHERE account = ? AND rfc_key <> 0 AND rfc_key IN (SELECT value FROM json_each(?))",
    )
    .bind(run.account.0)
    .bind(json_ids(keys))
    .fetch_all(tx)
    .await?;
    let mut found = HashMap::with_capacity(rows.len());
    for row in &rows {
        if let Ok(digest) = <[u8; 32]>::try_from(row.try_get::<Vec<u8>, _>(0)?) {
            found.insert(digest, (row.try_get(1)?, row.try_get(2)?));
        }
    }
    Ok(found)
}

/// Inserts placements; returns their ids in order.
pub(super) async fn place(tx: &mut SqliteConnection, run: &Run, placements: &[Placement]) -> Result<Vec<i64>, StoreError> {
    if placements.is_empty() {
        return Ok(Vec::new());
    }
    let ids = rowids::of_messages(tx, placements.iter().map(|p| p.mail)).await?;
    let rows: Vec<_> = placements
        .iter()
        .zip(&ids)
        .map(|(p, id)| (id, p.mail, p.thread, p.remote.as_str(), p.flags.bits(), i64::from(p.flags.deleted)))
        .collect();
    sqlx::query(
        "INSERT INTO message (id, mail, thread, account, scope, remote, flags, hidden) \
         SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'), ?, ?, json_extract(value, '$[3]'), \
         json_extract(value, '$[4]'), json_extract(value, '$[5]') FROM json_each(?)",
    )
    .bind(run.account.0)
    .bind(run.scope)
    .bind(serde_json::to_string(&rows)?)
    .execute(&mut *tx)
    .await?;
    let placed: Vec<(i64, i64)> = placements.iter().zip(&ids).flat_map(|(p, id)| p.mailboxes.iter().map(|m| (*m, *id))).collect();
    sqlx::query(
        "INSERT OR IGNORE INTO placed (mailbox, message) SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?)",
    )
    .bind(serde_json::to_string(&placed)?)
    .execute(&mut *tx)
    .await?;
    sqlx::query("UPDATE mail SET orphan_since = NULL WHERE orphan_since IS NOT NULL AND id IN (SELECT value FROM json_each(?))")
        .bind(json_ids(placements.iter().map(|p| p.mail)))
        .execute(tx)
        .await?;
    Ok(ids)
}

/// People to suggest when addressing: who wrote, and above all whom we wrote to.
async fn contacts(tx: &mut SqliteConnection, run: &Run, fresh: &[New]) -> Result<(), StoreError> {
    let own = sqlx::query_scalar::<_, String>("SELECT email FROM account WHERE id = ?").bind(run.account.0).fetch_one(&mut *tx).await?;
    let mut found: HashMap<String, (String, i64, i64, i64)> = HashMap::new();
    for new in fresh {
        let p = &new.mail.parsed;
        let ours = p.from.first().is_some_and(|f| f.email.eq_ignore_ascii_case(&own));
        let people: Vec<&Address> = if ours { p.to.iter().chain(&p.cc).take(50).collect() } else { p.from.iter().take(1).collect() };
        for person in people.into_iter().filter(|a| a.email.contains('@')) {
            let entry = found.entry(person.email.to_lowercase()).or_default();
            if !person.name.is_empty() {
                entry.0.clone_from(&person.name);
            }
            *(if ours { &mut entry.1 } else { &mut entry.2 }) += 1;
            entry.3 = entry.3.max(new.date.0);
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = found.iter().map(|(email, (name, sent, seen, at))| (email, name, sent, seen, at)).collect();
    sqlx::query(
        "INSERT INTO contact (account, email, name, sent, seen, last_at) \
         SELECT ?, json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'), json_extract(value, '$[3]'), \
         json_extract(value, '$[4]') FROM json_each(?) WHERE true \
         ON CONFLICT (account, email) DO UPDATE SET name = iif(excluded.name <> '', excluded.name, name), sent = sent + excluded.sent, \
         seen = seen + excluded.seen, last_at = max(last_at, excluded.last_at)",
    )
    .bind(run.account.0)
    .bind(serde_json::to_string(&rows)?)
    .execute(tx)
    .await?;
    Ok(())
}
