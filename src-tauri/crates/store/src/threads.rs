//! The list of conversations: counts and windows from `thread_in` alone, contents only for the rows on screen.

use std::collections::HashMap;

use domain::{
    ids::{AccountId, MessageId, RemoteId, ThreadId},
    mail::{Address, Flags, ThreadSummary},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use sqlx::{Row as _, SqliteConnection};

use crate::{
    error::StoreError,
    messages::{MessageDetail, details},
    open::Store,
    page::{Page, PageCursor, Window, before},
    place::{Place, place_key},
    rows::json_ids,
};

const MAX_SENDERS: usize = 5;
const MAX_LABELS: usize = 5;

/// Which conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadFilter {
    /// None: all accounts. Without meaning for [`Place::Mailbox`].
    pub account: Option<AccountId>,
    pub place: Place,
    pub unread_only: bool,
    pub starred: bool,
}

impl ThreadFilter {
    pub(crate) fn key(&self) -> i64 {
        place_key(self.place, self.account)
    }

    /// Literal conditions, so that the partial indexes match.
    fn sql(&self, tail: &str) -> String {
        let unread = if self.unread_only { " AND unread > 0" } else { "" };
        let starred = if self.starred { " AND starred > 0" } else { "" };
        let index = match (self.unread_only, self.starred) {
            (_, true) => "thread_in_starred",
            (true, false) => "thread_in_unread",
            (false, false) => "thread_in_latest",
        };
        format!("SELECT thread, latest FROM thread_in INDEXED BY {index} WHERE place = ?{unread}{starred}{tail}")
    }
    pub(crate) fn page_sql(&self) -> String {
        self.sql(" AND latest < ? ORDER BY latest DESC LIMIT ?")
    }
    pub(crate) fn window_sql(&self) -> String {
        self.sql(" ORDER BY latest DESC LIMIT ? OFFSET ?")
    }
}

impl Store {
    /// Newest first.
    pub async fn threads(&self, filter: &ThreadFilter, after: Option<&PageCursor>, limit: u32) -> Result<Page<ThreadSummary>, StoreError> {
        let start = before(after)?;
        let mut tx = self.read().await?;
        let rows = sqlx::query(sqlx::AssertSqlSafe(filter.page_sql()))
            .bind(filter.key())
            .bind(start)
            .bind(i64::from(limit) + 1)
            .fetch_all(&mut *tx)
            .await?;
        let mut keys = rows.iter().map(|r| Ok((r.try_get(0)?, r.try_get(1)?))).collect::<Result<Vec<(i64, i64)>, StoreError>>()?;
        let more = keys.len() > limit as usize;
        keys.truncate(limit as usize);
        let next = if more { keys.last().map(|k| PageCursor::of(k.1)) } else { None };
        Ok(Page { items: thread_rows(&mut tx, &keys).await?, next })
    }

    /// Rows `offset..offset + limit` and the length of the whole list, for the virtual list.
    pub async fn thread_window(&self, filter: &ThreadFilter, offset: u64, limit: u32) -> Result<Window<ThreadSummary>, StoreError> {
        let mut tx = self.read().await?;
        let total = count(&mut tx, filter).await?;
        let rows = sqlx::query(sqlx::AssertSqlSafe(filter.window_sql()))
            .bind(filter.key())
            .bind(i64::from(limit))
            .bind(i64::try_from(offset).unwrap_or(i64::MAX))
            .fetch_all(&mut *tx)
            .await?;
        let keys = rows.iter().map(|r| Ok((r.try_get(0)?, r.try_get(1)?))).collect::<Result<Vec<(i64, i64)>, StoreError>>()?;
        Ok(Window { total, items: thread_rows(&mut tx, &keys).await? })
    }

    pub async fn thread_count(&self, filter: &ThreadFilter) -> Result<u64, StoreError> {
        let mut tx = self.read().await?;
        count(&mut tx, filter).await
    }

    /// One row of a list; None when the thread is not in that place (any more).
    pub async fn thread_summary(&self, thread: ThreadId, filter: &ThreadFilter) -> Result<Option<ThreadSummary>, StoreError> {
        let mut tx = self.read().await?;
        let latest = sqlx::query_scalar::<_, i64>("SELECT latest FROM thread_in WHERE thread = ? AND place = ?")
            .bind(thread.0)
            .bind(filter.key())
            .fetch_optional(&mut *tx)
            .await?;
        let Some(latest) = latest else { return Ok(None) };
        Ok(thread_rows(&mut tx, &[(thread.0, latest)]).await?.pop())
    }

    /// Every visible message, oldest first; of copies of one mail, the one that lies in a real folder.
    pub async fn thread_messages(&self, thread: ThreadId) -> Result<Vec<MessageDetail>, StoreError> {
        let mut tx = self.read().await?;
        let rows = sqlx::query(
            "SELECT m.id, m.mail, (SELECT min(coalesce(b.role, '') IN ('all', 'flagged', 'important')) FROM placed p \
             JOIN mailbox b ON b.id = p.mailbox WHERE p.message = m.id) FROM message m WHERE m.thread = ? AND m.hidden = 0 ORDER BY m.mail, m.id",
        )
        .bind(thread.0)
        .fetch_all(&mut *tx)
        .await?;
        let mut chosen: Vec<(i64, i64, bool)> = Vec::new();
        for row in &rows {
            let (id, mail): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
            let virtual_place = row.try_get::<Option<bool>, _>(2)?.unwrap_or(false);
            match chosen.last_mut() {
                Some(last) if last.1 == mail => {
                    if last.2 && !virtual_place {
                        *last = (id, mail, false);
                    }
                }
                _ => chosen.push((id, mail, virtual_place)),
            }
        }
        details(&mut tx, &chosen.into_iter().map(|c| c.0).collect::<Vec<_>>()).await
    }

    /// The provider's own id of a thread.
    pub async fn thread_remote(&self, thread: ThreadId) -> Result<Option<RemoteId>, StoreError> {
        let remote = sqlx::query_scalar::<_, Option<String>>("SELECT remote FROM thread WHERE id = ?")
            .bind(thread.0)
            .fetch_optional(&self.inner.readers)
            .await?;
        Ok(remote.flatten().map(RemoteId))
    }
}

async fn count(tx: &mut SqliteConnection, filter: &ThreadFilter) -> Result<u64, StoreError> {
    let n: i64 = if filter.unread_only && filter.starred {
        sqlx::query_scalar("SELECT count(*) FROM thread_in WHERE place = ? AND starred > 0 AND unread > 0")
            .bind(filter.key())
            .fetch_one(tx)
            .await?
    } else {
        let sql = match (filter.unread_only, filter.starred) {
            (true, _) => "SELECT coalesce(max(unread_threads), 0) FROM place_count WHERE place = ?",
            (_, true) => "SELECT coalesce(max(starred_threads), 0) FROM place_count WHERE place = ?",
            _ => "SELECT coalesce(max(threads), 0) FROM place_count WHERE place = ?",
        };
        sqlx::query_scalar(sql).bind(filter.key()).fetch_one(tx).await?
    };
    Ok(n.max(0) as u64)
}

#[derive(Default)]
struct Gathered {
    senders: Vec<Address>,
    mails: std::collections::HashSet<i64>,
    unread: i64,
    starred: bool,
    has_attachments: bool,
    pending: bool,
    account: i64,
    latest: Option<(i64, String, String, i64)>,
}

/// Summaries of (thread, latest message) in order. Two statements for the whole window.
pub(crate) async fn thread_rows(tx: &mut SqliteConnection, keys: &[(i64, i64)]) -> Result<Vec<ThreadSummary>, StoreError> {
    let latest_of: HashMap<i64, i64> = keys.iter().copied().collect();
    let list = json_ids(keys.iter().map(|k| k.0));
    let rows = sqlx::query(
        "SELECT m.thread, m.id, m.mail, m.flags, m.shadow IS NOT NULL, m.account, c.from_name, c.from_email, c.has_attachments, \
         c.subject, c.snippet, c.date FROM message m CROSS JOIN mail c ON c.id = m.mail \
         WHERE m.thread IN (SELECT value FROM json_each(?)) AND m.hidden = 0 ORDER BY m.id",
    )
    .bind(&list)
    .fetch_all(&mut *tx)
    .await?;
    let mut found: HashMap<i64, Gathered> = HashMap::with_capacity(keys.len());
    for row in &rows {
        let thread: i64 = row.try_get(0)?;
        let id: i64 = row.try_get(1)?;
        let gathered = found.entry(thread).or_default();
        let flags = Flags::from_bits(row.try_get(3)?);
        gathered.account = row.try_get(5)?;
        gathered.starred |= flags.flagged;
        gathered.pending |= row.try_get::<bool, _>(4)?;
        gathered.has_attachments |= row.try_get::<bool, _>(8)?;
        if gathered.mails.insert(row.try_get(2)?) {
            gathered.unread += i64::from(!flags.seen);
            let email: String = row.try_get(7)?;
            if gathered.senders.len() < MAX_SENDERS && !gathered.senders.iter().any(|s| s.email.eq_ignore_ascii_case(&email)) {
                gathered.senders.push(Address { name: row.try_get(6)?, email });
            }
        }
        // A conversation that returned is listed under the time of its return, which is no message: then its newest is shown.
        if latest_of.get(&thread).is_some_and(|key| id <= *key) {
            gathered.latest = Some((id, row.try_get(9)?, row.try_get(10)?, row.try_get(11)?));
        }
    }
    let mut labels = labels_of(tx, &list).await?;
    let mut states = crate::triage::states(tx, &list).await?;
    Ok(keys
        .iter()
        .filter_map(|(thread, _)| {
            let g = found.remove(thread)?;
            let (latest, subject, snippet, date) = g.latest?;
            let state = states.remove(thread).unwrap_or_default();
            Some(ThreadSummary {
                id: ThreadId(*thread),
                account: AccountId(g.account),
                latest: MessageId(latest),
                subject,
                senders: g.senders,
                count: g.mails.len() as i64,
                unread: g.unread.max(i64::from(state.returned.is_some())),
                starred: g.starred,
                has_attachments: g.has_attachments,
                snippet,
                date: Timestamp(date),
                labels: labels.remove(thread).unwrap_or_default(),
                pending: g.pending,
                state,
            })
        })
        .collect())
}

async fn labels_of(tx: &mut SqliteConnection, threads: &str) -> Result<HashMap<i64, Vec<String>>, StoreError> {
    let rows = sqlx::query(
        "SELECT i.thread, b.name FROM thread_in i CROSS JOIN mailbox b ON b.id = i.place \
         WHERE i.thread IN (SELECT value FROM json_each(?)) AND i.place > 0 AND b.role IS NULL AND b.selectable = 1 ORDER BY i.thread, i.place",
    )
    .bind(threads)
    .fetch_all(tx)
    .await?;
    let mut map: HashMap<i64, Vec<String>> = HashMap::new();
    for row in &rows {
        let names = map.entry(row.try_get(0)?).or_default();
        if names.len() < MAX_LABELS {
            names.push(row.try_get(1)?);
        }
    }
    Ok(map)
}

#[cfg(test)]
mod tests;
