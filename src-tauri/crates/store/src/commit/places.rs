//! Keeps `thread_in` and `place_count` equal to the messages of the touched threads.

use std::collections::HashMap;

use domain::{ids::AccountId, mail::Flags};
use sqlx::{Row as _, SqliteConnection};

use crate::{error::StoreError, place::Roles, rows::json_ids, triage::overlay::Overlays};

/// One conversation in one place.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) latest: i64,
    pub(crate) total: i64,
    pub(crate) unread: i64,
    pub(crate) starred: i64,
}

#[derive(Default)]
struct Delta {
    threads: i64,
    unread_threads: i64,
    starred_threads: i64,
    messages: i64,
    unread: i64,
}

impl Delta {
    fn add(&mut self, cell: Cell, sign: i64) {
        self.threads += sign;
        self.unread_threads += sign * i64::from(cell.unread > 0);
        self.starred_threads += sign * i64::from(cell.starred > 0);
        self.messages += sign * cell.total;
        self.unread += sign * cell.unread;
    }
    fn is_zero(&self) -> bool {
        (self.threads, self.unread_threads, self.starred_threads, self.messages, self.unread) == (0, 0, 0, 0, 0)
    }
}

impl Cell {
    /// What the messages of these conversations (of `account`, ids as JSON) say: their rows by (thread, place).
    pub(crate) async fn of(
        tx: &mut SqliteConnection,
        account: AccountId,
        roles: &Roles,
        list: &str,
    ) -> Result<HashMap<(i64, i64), Self>, StoreError> {
        let mut wanted: HashMap<(i64, i64), Self> = HashMap::new();
        let overlays = Overlays::load(&mut *tx, account, roles, list).await?;
        let rows = sqlx::query(
            "SELECT m.thread, m.id, m.flags, s.container = '', p.mailbox FROM message m JOIN scope s ON s.id = m.scope \
             LEFT JOIN placed p ON p.message = m.id \
             WHERE m.thread IN (SELECT value FROM json_each(?)) AND m.hidden = 0 ORDER BY m.id",
        )
        .bind(list)
        .fetch_all(&mut *tx)
        .await?;
        let mut current: Option<(i64, i64, i64, bool)> = None;
        let mut mailboxes: Vec<i64> = Vec::new();
        let mut places: Vec<i64> = Vec::new();
        let mut flush = |message: Option<(i64, i64, i64, bool)>, mailboxes: &mut Vec<i64>| {
            if let Some((thread, id, flags, labels)) = message {
                roles.places(account, mailboxes, labels, &mut places);
                overlays.place(thread, &mut places);
                for place in &places {
                    let cell = wanted.entry((thread, *place)).or_default();
                    cell.latest = cell.latest.max(id);
                    cell.total += 1;
                    cell.unread += i64::from(flags & Flags::SEEN == 0);
                    cell.starred += i64::from(flags & Flags::FLAGGED != 0);
                }
            }
            mailboxes.clear();
        };
        for row in &rows {
            let id: i64 = row.try_get(1)?;
            if current.map(|c| c.1) != Some(id) {
                flush(current.take(), &mut mailboxes);
                current = Some((row.try_get(0)?, id, row.try_get(2)?, row.try_get(3)?));
            }
            if let Some(mailbox) = row.try_get::<Option<i64>, _>(4)? {
                mailboxes.push(mailbox);
            }
        }
        flush(current.take(), &mut mailboxes);
        overlays.lift(&mut wanted);
        Ok(wanted)
    }
}

/// Recomputes the rows of `threads` (all of `account`) and carries the difference into the counts.
pub(crate) async fn refresh(tx: &mut SqliteConnection, account: AccountId, roles: &Roles, threads: &[i64]) -> Result<(), StoreError> {
    if threads.is_empty() {
        return Ok(());
    }
    let list = json_ids(threads.iter().copied());
    let mut wanted = Cell::of(&mut *tx, account, roles, &list).await?;

    let mut deltas: HashMap<i64, Delta> = HashMap::new();
    let mut stale: Vec<(i64, i64)> = Vec::new();
    let old =
        sqlx::query("SELECT thread, place, latest, total, unread, starred FROM thread_in WHERE thread IN (SELECT value FROM json_each(?))")
            .bind(&list)
            .fetch_all(&mut *tx)
            .await?;
    for row in &old {
        let key: (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        let cell = Cell { latest: row.try_get(2)?, total: row.try_get(3)?, unread: row.try_get(4)?, starred: row.try_get(5)? };
        if wanted.get(&key) == Some(&cell) {
            wanted.remove(&key);
            continue;
        }
        deltas.entry(key.1).or_default().add(cell, -1);
        if !wanted.contains_key(&key) {
            stale.push(key);
        }
    }
    for (key, cell) in &wanted {
        deltas.entry(key.1).or_default().add(*cell, 1);
    }
    write(tx, &stale, &wanted, &deltas).await
}

async fn write(
    tx: &mut SqliteConnection,
    stale: &[(i64, i64)],
    wanted: &HashMap<(i64, i64), Cell>,
    deltas: &HashMap<i64, Delta>,
) -> Result<(), StoreError> {
    if !stale.is_empty() {
        sqlx::query(
            "DELETE FROM thread_in WHERE (thread, place) IN \
             (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?))",
        )
        .bind(serde_json::to_string(stale)?)
        .execute(&mut *tx)
        .await?;
    }
    if !wanted.is_empty() {
        let mut rows: Vec<[i64; 6]> = wanted.iter().map(|((t, p), c)| [*t, *p, c.latest, c.total, c.unread, c.starred]).collect();
        rows.sort_unstable();
        sqlx::query(
            "INSERT INTO thread_in (thread, place, latest, total, unread, starred) \
             SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'), json_extract(value, '$[3]'), \
             json_extract(value, '$[4]'), json_extract(value, '$[5]') FROM json_each(?) WHERE true \
             ON CONFLICT (thread, place) DO UPDATE SET latest = excluded.latest, total = excluded.total, unread = excluded.unread, \
             starred = excluded.starred",
        )
        .bind(serde_json::to_string(&rows)?)
        .execute(&mut *tx)
        .await?;
    }
    let changes: Vec<[i64; 6]> = deltas
        .iter()
        .filter(|(_, d)| !d.is_zero())
        .map(|(p, d)| [*p, d.threads, d.unread_threads, d.starred_threads, d.messages, d.unread])
        .collect();
    if !changes.is_empty() {
        sqlx::query(
            "INSERT INTO place_count (place, threads, unread_threads, starred_threads, messages, unread) \
             SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'), json_extract(value, '$[3]'), \
             json_extract(value, '$[4]'), json_extract(value, '$[5]') FROM json_each(?) WHERE true \
             ON CONFLICT (place) DO UPDATE SET threads = threads + excluded.threads, \
             unread_threads = unread_threads + excluded.unread_threads, starred_threads = starred_threads + excluded.starred_threads, \
             messages = messages + excluded.messages, unread = unread + excluded.unread",
        )
        .bind(serde_json::to_string(&changes)?)
        .execute(tx)
        .await?;
    }
    Ok(())
}
