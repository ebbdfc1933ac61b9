//! Conversations inside one account.
//!
//! The provider's own thread id decides where there is one. Else every Message-ID that a mail bears or names belongs to
//! exactly one thread (`thread_link`): a mail joins the thread of any id it knows, and merges threads when it is the missing
//! link between them. That is what the JWZ algorithm's grouping step yields, without its tree. A reply that names no parent
//! joins by subject, if it shares a participant and at most 30 days lie between.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::{ids::AccountId, mail::ParsedMail};
use sha2::{Digest as _, Sha256};
use sqlx::{Row as _, SqliteConnection};

use crate::{error::StoreError, rows::json_ids};

/// References beyond these are not followed: the first names the root, the last ones the neighbours.
const MAX_REFERENCES: usize = 30;
const SUBJECT_SECS: i64 = 30 * 24 * 3600;

/// First 8 bytes of SHA-256, never 0: a short key for long opaque strings.
pub(crate) fn rfc_key(id: &str) -> i64 {
    let digest = Sha256::digest(id.as_bytes());
    let mut first = [0_u8; 8];
    for (to, from) in first.iter_mut().zip(digest.iter()) {
        *to = *from;
    }
    match i64::from_be_bytes(first) {
        0 => 1,
        key => key,
    }
}

/// What threading needs to know of a new mail.
pub(super) struct Entry {
    keys: Vec<i64>,
    has_parent: bool,
    remote: Option<String>,
    subject_key: i64,
    is_reply: bool,
    secs: i64,
    people: HashSet<String>,
}

impl Entry {
    pub(super) fn new(mail: &ParsedMail, remote: Option<String>, secs: i64) -> Self {
        let mut keys = Vec::new();
        if remote.is_none() {
            let skip = mail.references.len().saturating_sub(MAX_REFERENCES);
            let ids = std::iter::once(&mail.message_id)
                .chain(mail.in_reply_to.iter().take(5))
                .chain(mail.references.first())
                .chain(mail.references.iter().skip(skip));
            keys.extend(ids.filter(|id| !id.is_empty()).map(|id| rfc_key(id)));
            keys.sort_unstable();
            keys.dedup();
        }
        let (subject, is_reply) = normal_subject(&mail.subject);
        let people = [&mail.from, &mail.to, &mail.cc].into_iter().flatten().map(|a| a.email.to_lowercase()).take(100).collect();
        Self {
            keys,
            has_parent: !mail.in_reply_to.is_empty() || !mail.references.is_empty(),
            remote,
            subject_key: if subject.is_empty() { 0 } else { rfc_key(&subject) },
            is_reply,
            secs,
            people,
        }
    }
}

/// The subject without reply and forward marks in lower case, and whether a mark was there. Marks of common languages and
/// Outlook's counted form (`Re[2]:`).
pub(super) fn normal_subject(subject: &str) -> (String, bool) {
    const MARKS: &[&str] = &[
        "re", "fwd", "fw", "aw", "wg", "sv", "vs", "vb", "antw", "doorst", "odp", "pd", "rif", "ynt", "res", "enc", "回复", "答复", "转发",
        "返信", "転送",
    ];
    let lower = subject.to_lowercase();
    let mut rest = lower.trim();
    let mut reply = false;
    while let Some((mark, after)) = rest.split_once([':', '：']) {
        let word = mark.split('[').next().unwrap_or(mark).trim();
        if !MARKS.contains(&word) {
            break;
        }
        reply = true;
        rest = after.trim_start();
    }
    (rest.split_whitespace().collect::<Vec<_>>().join(" "), reply)
}

/// A thread that this batch makes or has touched.
struct Recent {
    thread: i64,
    secs: i64,
    people: HashSet<String>,
}

/// Thread of each entry, in order; merged threads' ids, whose places must be refreshed too, come second.
pub(super) async fn assign(tx: &mut SqliteConnection, account: AccountId, entries: &[Entry]) -> Result<(Vec<i64>, Vec<i64>), StoreError> {
    if entries.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let mut links: HashMap<i64, i64> = HashMap::new();
    let keys: HashSet<i64> = entries.iter().flat_map(|e| e.keys.iter().copied()).collect();
    if !keys.is_empty() {
        let rows = sqlx::query("SELECT key, thread FROM thread_link WHERE account = ? AND key IN (SELECT value FROM json_each(?))")
            .bind(account.0)
            .bind(json_ids(keys.iter().copied()))
            .fetch_all(&mut *tx)
            .await?;
        for row in &rows {
            links.insert(row.try_get(0)?, row.try_get(1)?);
        }
    }
    let stored: HashSet<i64> = links.keys().copied().collect();
    let mut remotes = remote_threads(tx, account, entries).await?;
    let mut next = sqlx::query_scalar::<_, i64>("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'thread'), 0) + 1")
        .fetch_one(&mut *tx)
        .await?;
    let mut fresh: Vec<(i64, Option<&str>, i64)> = Vec::new();
    let mut merged: BTreeMap<i64, i64> = BTreeMap::new();
    let mut by_subject: HashMap<i64, Vec<Recent>> = HashMap::new();
    let mut threads = Vec::with_capacity(entries.len());
    for entry in entries {
        let mut joined: Vec<i64> = match &entry.remote {
            Some(remote) => remotes.get(remote).copied().into_iter().collect(),
            None => entry.keys.iter().filter_map(|k| links.get(k)).map(|t| find(&merged, *t)).collect(),
        };
        joined.sort_unstable();
        joined.dedup();
        if joined.is_empty() && entry.remote.is_none() && entry.is_reply && !entry.has_parent && entry.subject_key != 0 {
            let near = by_subject.get(&entry.subject_key).and_then(|list| {
                list.iter().find(|r| (r.secs - entry.secs).abs() <= SUBJECT_SECS && !r.people.is_disjoint(&entry.people)).map(|r| r.thread)
            });
            let near = match near {
                Some(thread) => Some(thread),
                None => same_subject(tx, account, entry).await?,
            };
            joined.extend(near.map(|t| find(&merged, t)));
        }
        let thread = if let Some((&winner, losers)) = joined.split_first() {
            for loser in losers {
                merged.insert(*loser, winner);
            }
            winner
        } else {
            let thread = next;
            next += 1;
            fresh.push((thread, entry.remote.as_deref(), entry.subject_key));
            thread
        };
        if let Some(remote) = &entry.remote {
            remotes.insert(remote.clone(), thread);
        }
        for key in &entry.keys {
            links.insert(*key, thread);
        }
        if entry.subject_key != 0 {
            by_subject.entry(entry.subject_key).or_default().push(Recent { thread, secs: entry.secs, people: entry.people.clone() });
        }
        threads.push(thread);
    }
    for thread in &mut threads {
        *thread = find(&merged, *thread);
    }
    write(tx, account, &fresh, &links, &stored, &merged, entries, &threads).await?;
    Ok((threads, merged.into_keys().collect()))
}

/// Follows merges to the thread that is left.
fn find(merged: &BTreeMap<i64, i64>, mut thread: i64) -> i64 {
    while let Some(winner) = merged.get(&thread) {
        thread = *winner;
    }
    thread
}

async fn remote_threads(tx: &mut SqliteConnection, account: AccountId, entries: &[Entry]) -> Result<HashMap<String, i64>, StoreError> {
    let wanted: HashSet<&str> = entries.iter().filter_map(|e| e.remote.as_deref()).collect();
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query(
        "SELECT remote, id FROM thread WHERE account = ? AND remote IS NOT NULL AND remote IN (SELECT value FROM json_each(?))",
    )
    .bind(account.0)
    .bind(serde_json::to_string(&wanted)?)
    .fetch_all(tx)
    .await?;
    rows.iter().map(|r| Ok((r.try_get(0)?, r.try_get(1)?))).collect()
}

/// A stored thread with this subject, near in time, in which one of the entry's people takes part.
async fn same_subject(tx: &mut SqliteConnection, account: AccountId, entry: &Entry) -> Result<Option<i64>, StoreError> {
    let threads = sqlx::query_scalar::<_, i64>(
        "SELECT id FROM thread WHERE account = ? AND subject_key = ? AND last_secs BETWEEN ? AND ? ORDER BY last_secs DESC LIMIT 10",
    )
    .bind(account.0)
    .bind(entry.subject_key)
    .bind(entry.secs - SUBJECT_SECS)
    .bind(entry.secs + SUBJECT_SECS)
    .fetch_all(&mut *tx)
    .await?;
    for thread in threads {
        let rows = sqlx::query(
            "SELECT m.from_email, t.recipients, t.copied FROM mail m JOIN mail_text t ON t.mail = m.id WHERE m.thread = ? LIMIT 20",
        )
        .bind(thread)
        .fetch_all(&mut *tx)
        .await?;
        for row in &rows {
            let from: String = row.try_get(0)?;
            let to: String = row.try_get(1)?;
            let copied: String = row.try_get(2)?;
            let shared = std::iter::once(from.as_str())
                .chain(to.split_whitespace())
                .chain(copied.split_whitespace())
                .any(|person| entry.people.contains(&person.to_lowercase()));
            if shared {
                return Ok(Some(thread));
            }
        }
    }
    Ok(None)
}

#[allow(clippy::too_many_arguments)]
async fn write(
    tx: &mut SqliteConnection,
    account: AccountId,
    fresh: &[(i64, Option<&str>, i64)],
    links: &HashMap<i64, i64>,
    stored: &HashSet<i64>,
    merged: &BTreeMap<i64, i64>,
    entries: &[Entry],
    threads: &[i64],
) -> Result<(), StoreError> {
    if !fresh.is_empty() {
        sqlx::query(
            "INSERT INTO thread (id, account, remote, subject_key) \
             SELECT json_extract(value, '$[0]'), ?, json_extract(value, '$[1]'), json_extract(value, '$[2]') FROM json_each(?)",
        )
        .bind(account.0)
        .bind(serde_json::to_string(fresh)?)
        .execute(&mut *tx)
        .await?;
    }
    for loser in merged.keys() {
        let winner = find(merged, *loser);
        for sql in [
            "UPDATE mail SET thread = ? WHERE thread = ?",
            "UPDATE message SET thread = ? WHERE thread = ?",
            "UPDATE thread_link SET thread = ? WHERE thread = ?",
            "UPDATE outbox SET thread = ? WHERE thread = ?",
        ] {
            sqlx::query(sql).bind(winner).bind(loser).execute(&mut *tx).await?;
        }
        sqlx::query("DELETE FROM thread WHERE id = ?").bind(loser).execute(&mut *tx).await?;
    }
    let mut new_links: Vec<(i64, i64)> =
        links.iter().filter(|(key, _)| !stored.contains(key)).map(|(key, thread)| (*key, find(merged, *thread))).collect();
    if !new_links.is_empty() {
        new_links.sort_unstable();
        sqlx::query(
            "INSERT OR IGNORE INTO thread_link (account, key, thread) \
             SELECT ?, json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?)",
        )
        .bind(account.0)
        .bind(serde_json::to_string(&new_links)?)
        .execute(&mut *tx)
        .await?;
    }
    let mut last: BTreeMap<i64, i64> = BTreeMap::new();
    for (entry, thread) in entries.iter().zip(threads) {
        let secs = last.entry(*thread).or_default();
        *secs = (*secs).max(entry.secs);
    }
    sqlx::query(
        "UPDATE thread SET last_secs = max(last_secs, j.secs) FROM \
         (SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS secs FROM json_each(?)) AS j WHERE thread.id = j.id",
    )
    .bind(serde_json::to_string(&last.into_iter().collect::<Vec<_>>())?)
    .execute(tx)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::normal_subject;

    #[test]
    fn subjects_lose_their_marks() {
        for (given, wanted, reply) in [
            ("Lunch", "lunch", false),
            ("Re: Lunch", "lunch", true),
            ("AW: Re[2]: FWD:  Lunch  on   Friday", "lunch on friday", true),
            ("回复：午饭", "午饭", true),
            ("Report: numbers", "report: numbers", false),
            ("Re:", "", true),
        ] {
            assert_eq!(normal_subject(given), (wanted.to_owned(), reply), "{given}");
        }
    }
}
