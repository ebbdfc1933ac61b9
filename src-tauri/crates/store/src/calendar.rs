//! Calendars: which there are, what lies in them, and when that is.
//!
//! An item is kept as the iCalendar text that a provider has, because what we do not understand must come back unharmed. What lists show
//! is worked out by the engine, which can read it, and handed over ready ([`ItemData`]): a month of fifty thousand events is then a scan
//! of one index.

mod answers;
mod commit;
mod edits;
mod find;
mod moves;
mod range;
mod spans;

use domain::{
    calendar::{CallKind, RemoteCalendar},
    ids::{CalendarId, ConnectionId, ItemId, RemoteId},
};
use sqlx::{Row as _, sqlite::SqliteRow};

pub use commit::{CalendarBatch, CalendarReport, IncomingItem};
pub use edits::{ItemEdit, PutDone};
pub use moves::ItemMove;
pub use range::SeriesMembers;
pub use spans::SpanRow;

use crate::{error::StoreError, open::Store};

/// A calendar as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarRow {
    pub id: CalendarId,
    pub connection: ConnectionId,
    pub remote: RemoteId,
    pub name: String,
    /// 0…9.
    pub hue: u8,
    pub zone: Option<String>,
    pub writable: bool,
    pub schedules: bool,
    pub shown: bool,
    pub preferred: bool,
    /// The video call that the provider makes for an event.
    pub calls: Option<CallKind>,
}

/// What lists show of one VEVENT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartData {
    pub title: String,
    pub location: String,
    /// `confirmed`, `tentative`, `cancelled`.
    pub status: &'static str,
    pub mine: Option<&'static str>,
    pub free: bool,
    pub joins: bool,
    pub owns: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanKind {
    Instant,
    Days,
    Floating,
}

impl SpanKind {
    const fn code(self) -> i64 {
        match self {
            Self::Instant => 0,
            Self::Days => 1,
            Self::Floating => 2,
        }
    }
    const fn of(code: i64) -> Self {
        match code {
            1 => Self::Days,
            2 => Self::Floating,
            _ => Self::Instant,
        }
    }
}

/// One member. Milliseconds since 1970; of days and floating times, what the wall shows as if in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpanData {
    pub member: String,
    /// Index into [`ItemData::parts`].
    pub part: usize,
    pub kind: SpanKind,
    pub start: i64,
    pub finish: i64,
}

/// An item with everything that is read out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemData {
    pub ics: String,
    pub uid: String,
    pub repeats: bool,
    pub parts: Vec<PartData>,
    /// Of a series: the members in [`Store::calendar_range`].
    pub spans: Vec<SpanData>,
}

/// An item with its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemRow {
    pub id: ItemId,
    pub calendar: CalendarId,
    pub remote: Option<RemoteId>,
    pub etag: String,
    pub uid: String,
    pub ics: String,
    pub base: Option<String>,
    pub edits: i64,
    pub removed: bool,
    /// Empty: deleted there.
    pub theirs: Option<String>,
    pub theirs_etag: Option<String>,
}

/// Speed rules, as with mail.
const LEVEL: i32 = 1;
/// No resource that was taken is larger: what is read is bounded by `calendar::read`.
const MOST: usize = 64 << 20;

fn pack(text: &str) -> Result<Vec<u8>, StoreError> {
    zstd::bulk::compress(text.as_bytes(), LEVEL).map_err(broken)
}

fn unpack(data: &[u8]) -> Result<String, StoreError> {
    let len = zstd::zstd_safe::get_frame_content_size(data).ok().flatten().and_then(|n| usize::try_from(n).ok()).unwrap_or(MOST).min(MOST);
    String::from_utf8(zstd::bulk::decompress(data, len).map_err(broken)?).map_err(broken)
}

fn broken(e: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt(format!("a stored event can't be unpacked: {e}"))
}

fn calendar(row: &SqliteRow) -> Result<CalendarRow, StoreError> {
    Ok(CalendarRow {
        id: CalendarId(row.try_get(0)?),
        connection: ConnectionId(row.try_get(1)?),
        remote: RemoteId(row.try_get(2)?),
        name: row.try_get(3)?,
        hue: row.try_get(4)?,
        zone: row.try_get(5)?,
        writable: row.try_get(6)?,
        schedules: row.try_get(7)?,
        shown: row.try_get(8)?,
        preferred: row.try_get(9)?,
        calls: row.try_get::<Option<String>, _>(10)?.as_deref().and_then(CallKind::parse),
    })
}

/// As it was told before.
fn same(known: &CalendarRow, told: &RemoteCalendar) -> bool {
    let shown = known.name == told.name && known.zone == told.zone;
    shown && known.writable == told.writable && known.schedules == told.schedules && known.calls == told.calls
}

const COLUMNS: &str = "SELECT id, connection, remote, name, hue, zone, writable, schedules, shown, preferred, calls FROM calendar";
const ITEM: &str = "SELECT id, calendar, remote, etag, uid, ics, base, edits, removed, theirs, theirs_etag FROM calendar_item";

fn item(row: &SqliteRow) -> Result<ItemRow, StoreError> {
    let text = |at: usize| row.try_get::<Option<Vec<u8>>, _>(at).map_err(StoreError::from)?.map(|d| unpack(&d)).transpose();
    Ok(ItemRow {
        id: ItemId(row.try_get(0)?),
        calendar: CalendarId(row.try_get(1)?),
        remote: row.try_get::<Option<String>, _>(2)?.map(RemoteId),
        etag: row.try_get(3)?,
        uid: row.try_get(4)?,
        ics: unpack(&row.try_get::<Vec<u8>, _>(5)?)?,
        base: text(6)?,
        edits: row.try_get(7)?,
        removed: row.try_get(8)?,
        theirs: text(9)?,
        theirs_etag: row.try_get(10)?,
    })
}

impl Store {
    /// Makes the connection's calendars equal to `remote`; `hue` gives a new one its colour. What is missing there goes with all that lies
    /// in it and its scope. True: something changed.
    pub async fn upsert_calendars(
        &self,
        connection: &ConnectionId,
        remote: &[RemoteCalendar],
        hue: impl Fn(&RemoteCalendar, usize) -> u8,
    ) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        // Inside the lock: the schedule and the person may ask for a round at the same time.
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE connection = ? ORDER BY id"));
        let known = sqlx::query(sql).bind(connection.as_str()).fetch_all(&mut *tx).await?;
        let known = known.iter().map(calendar).collect::<Result<Vec<CalendarRow>, _>>()?;
        let mut changed = false;
        for (n, r) in remote.iter().enumerate() {
            match known.iter().find(|k| k.remote.as_str() == r.id) {
                Some(k) if same(k, r) => {}
                Some(k) => {
                    sqlx::query("UPDATE calendar SET name = ?, zone = ?, writable = ?, schedules = ?, calls = ? WHERE id = ?")
                        .bind(&r.name)
                        .bind(&r.zone)
                        .bind(r.writable)
                        .bind(r.schedules)
                        .bind(r.calls.map(CallKind::as_str))
                        .bind(k.id.0)
                        .execute(&mut *tx)
                        .await?;
                    changed = true;
                }
                None => {
                    sqlx::query(
                        "INSERT INTO calendar (connection, remote, name, hue, zone, writable, schedules, calls, preferred) \
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?6 AND NOT EXISTS (SELECT 1 FROM calendar WHERE preferred))",
                    )
                    .bind(connection.as_str())
                    .bind(&r.id)
                    .bind(&r.name)
                    .bind(hue(r, n))
                    .bind(&r.zone)
                    .bind(r.writable)
                    .bind(r.schedules)
                    .bind(r.calls.map(CallKind::as_str))
                    .execute(&mut *tx)
                    .await?;
                    changed = true;
                }
            }
        }
        for gone in known.iter().filter(|k| !remote.iter().any(|r| r.id == k.remote.as_str())) {
            sqlx::query("DELETE FROM scope WHERE connection = ? AND service = 'calendar' AND container = ?")
                .bind(connection.as_str())
                .bind(gone.remote.as_str())
                .execute(&mut *tx)
                .await?;
            // What was on its way to it stays where it was.
            for sql in [
                "DELETE FROM calendar_move WHERE item IN (SELECT id FROM calendar_item WHERE calendar = ?)",
                "DELETE FROM outbox WHERE item IN (SELECT id FROM calendar_item WHERE calendar = ?)",
            ] {
                sqlx::query(sql).bind(gone.id.0).execute(&mut *tx).await?;
            }
            sqlx::query("DELETE FROM calendar WHERE id = ?").bind(gone.id.0).execute(&mut *tx).await?;
            changed = true;
        }
        if changed {
            tx.commit().await?;
        }
        Ok(changed)
    }

    /// In the order in which they came.
    pub async fn calendars(&self) -> Result<Vec<CalendarRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} ORDER BY id"));
        sqlx::query(sql).fetch_all(&self.inner.readers).await?.iter().map(calendar).collect()
    }

    pub async fn calendar(&self, id: CalendarId) -> Result<CalendarRow, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE id = ?"));
        let row = sqlx::query(sql).bind(id.0).fetch_optional(&self.inner.readers).await?;
        calendar(&row.ok_or_else(|| StoreError::missing("calendar", id))?)
    }

    /// What the person chooses; None stays. One calendar at most is preferred.
    pub async fn change_calendar(&self, id: CalendarId, shown: Option<bool>, hue: Option<u8>, preferred: bool) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let done = sqlx::query("UPDATE calendar SET shown = coalesce(?, shown), hue = coalesce(?, hue) WHERE id = ?")
            .bind(shown)
            .bind(hue)
            .bind(id.0)
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::missing("calendar", id));
        }
        if preferred {
            sqlx::query("UPDATE calendar SET preferred = (id = ?)").bind(id.0).execute(&mut *tx).await?;
        }
        tx.commit().await
    }

    pub async fn calendar_item(&self, id: ItemId) -> Result<ItemRow, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{ITEM} WHERE id = ?"));
        let row = sqlx::query(sql).bind(id.0).fetch_optional(&self.inner.readers).await?;
        item(&row.ok_or_else(|| StoreError::missing("event", id))?)
    }

    /// Everywhere that this UID lies and is not deleted.
    pub async fn items_by_uid(&self, uid: &str) -> Result<Vec<ItemRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{ITEM} WHERE uid = ? AND removed = 0 ORDER BY id"));
        sqlx::query(sql).bind(uid).fetch_all(&self.inner.readers).await?.iter().map(item).collect()
    }

    /// Everything of a calendar that is not deleted, a page behind `after`.
    pub async fn calendar_items(&self, calendar: CalendarId, after: ItemId, limit: u32) -> Result<Vec<ItemRow>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{ITEM} WHERE calendar = ? AND id > ? AND removed = 0 ORDER BY id LIMIT ?"));
        let rows = sqlx::query(sql).bind(calendar.0).bind(after.0).bind(i64::from(limit)).fetch_all(&self.inner.readers).await?;
        rows.iter().map(item).collect()
    }

    /// How many events each calendar has.
    pub async fn calendar_counts(&self) -> Result<Vec<(CalendarId, u64)>, StoreError> {
        let rows = sqlx::query_as::<_, (i64, i64)>("SELECT calendar, count(*) FROM calendar_item WHERE removed = 0 GROUP BY calendar")
            .fetch_all(&self.inner.readers)
            .await?;
        Ok(rows.into_iter().map(|(id, n)| (CalendarId(id), n as u64)).collect())
    }
}

#[cfg(test)]
mod move_tests;
#[cfg(test)]
mod tests;
