//! Items that go to another calendar. The item itself is in the new one at once; where it lies at its provider is kept beside it until it
//! has left there, so that nothing is lost and nothing is there twice whatever breaks off in between.

use domain::{
    audit::NewAudit,
    ids::{CalendarId, ConnectionId, ItemId, OutboxId, RemoteId},
    outbox::OutboxOp,
    time::Timestamp,
};
use sqlx::{Row as _, SqliteConnection};

use super::{ItemData, ItemRow, commit, edits, pack, unpack};
use crate::{audit, error::StoreError, open::Store, outbox::done};

/// Where an item lies that is on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemMove {
    pub source: CalendarId,
    pub remote: RemoteId,
    pub etag: String,
    /// What the provider has there.
    pub base: String,
    pub mark: i64,
    pub made: bool,
}

/// What became of an item that is edited as one of a calendar.
pub(super) enum Placed {
    /// It is there.
    Here,
    /// It is back where it came from, and nothing was written meanwhile: what the provider has.
    Back(String),
}

const COLUMNS: &str = "SELECT source, remote, etag, base, mark, made FROM calendar_move";

fn of_row(row: &sqlx::sqlite::SqliteRow) -> Result<ItemMove, StoreError> {
    Ok(ItemMove {
        source: CalendarId(row.try_get(0)?),
        remote: RemoteId(row.try_get(1)?),
        etag: row.try_get(2)?,
        base: unpack(&row.try_get::<Vec<u8>, _>(3)?)?,
        mark: row.try_get(4)?,
        made: row.try_get(5)?,
    })
}

async fn of_item(tx: &mut SqliteConnection, item: i64) -> Result<Option<ItemMove>, StoreError> {
    let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE item = ?"));
    sqlx::query(sql).bind(item).fetch_optional(tx).await?.as_ref().map(of_row).transpose()
}

pub(super) async fn connection_of(tx: &mut SqliteConnection, calendar: CalendarId) -> Result<ConnectionId, StoreError> {
    let found = sqlx::query_scalar::<_, String>("SELECT connection FROM calendar WHERE id = ?").bind(calendar.0).fetch_optional(tx).await?;
    found.map(ConnectionId).ok_or_else(|| StoreError::missing("calendar", calendar))
}

/// Whose item it is now; `usual` where it was not brought anywhere else.
pub(super) async fn connection_in(tx: &mut SqliteConnection, item: i64, usual: &ConnectionId) -> Result<ConnectionId, StoreError> {
    let calendar =
        sqlx::query_scalar::<_, i64>("SELECT calendar FROM calendar_item WHERE id = ?").bind(item).fetch_optional(&mut *tx).await?;
    match calendar {
        Some(calendar) => connection_of(tx, CalendarId(calendar)).await,
        None => Ok(usual.clone()),
    }
}

/// A write of it was begun and has not ended.
async fn begun(tx: &mut SqliteConnection, item: i64) -> Result<bool, StoreError> {
    let sql =
        "SELECT EXISTS (SELECT 1 FROM outbox WHERE item = ? AND (state IN ('sending', 'wedged') OR (state = 'queued' AND attempts > 0)))";
    Ok(sqlx::query_scalar(sql).bind(item).fetch_one(tx).await?)
}

/// The move is over, whatever became of it.
pub(super) async fn forget(tx: &mut SqliteConnection, item: i64) -> Result<(), StoreError> {
    for sql in ["UPDATE calendar_move SET settled = 1 WHERE item = ?", "DELETE FROM calendar_move WHERE item = ?"] {
        sqlx::query(sql).bind(item).execute(&mut *tx).await?;
    }
    Ok(())
}

/// Back where it came from, as the provider has it there.
async fn restore(tx: &mut SqliteConnection, item: i64, moving: &ItemMove) -> Result<(), StoreError> {
    forget(tx, item).await?;
    sqlx::query("UPDATE calendar_item SET calendar = ?, remote = ?, etag = ?, base = ? WHERE id = ?")
        .bind(moving.source.0)
        .bind(moving.remote.as_str())
        .bind(&moving.etag)
        .bind(pack(&moving.base)?)
        .bind(item)
        .execute(tx)
        .await?;
    Ok(())
}

/// Brings an item into the calendar that it is to be in. [`StoreError::Conflict`] while a write of it is on its way, or a move of before is
/// not at its end.
pub(super) async fn place(tx: &mut SqliteConnection, item: i64, to: CalendarId, goes: bool) -> Result<Placed, StoreError> {
    let (at, known, edits) =
        sqlx::query_as::<_, (i64, bool, i64)>("SELECT calendar, remote IS NOT NULL, edits FROM calendar_item WHERE id = ?")
            .bind(item)
            .fetch_optional(&mut *tx)
            .await?
            .ok_or_else(|| StoreError::missing("event", item))?;
    let moving = of_item(tx, item).await?;
    let begun = begun(tx, item).await?;
    if at == to.0 {
        // Deleted on its way: it is deleted where it lies.
        return match moving {
            Some(moving) if goes && !moving.made && !begun => {
                edits::unqueue(tx, item, "put_item").await?;
                restore(tx, item, &moving).await?;
                Ok(Placed::Back(moving.base))
            }
            _ => Ok(Placed::Here),
        };
    }
    if begun || moving.as_ref().is_some_and(|moving| moving.made) {
        return Err(StoreError::Conflict("this event is being written".to_owned()));
    }
    edits::unqueue(tx, item, "put_item").await?;
    match moving {
        Some(moving) if moving.source == to => {
            restore(tx, item, &moving).await?;
            return Ok(Placed::Back(moving.base));
        }
        // Somewhere else than it was to go first, or nobody has it yet.
        Some(_) => {}
        None if !known => {}
        None => {
            sqlx::query(
                "INSERT INTO calendar_move (item, source, remote, etag, base, mark) \
                 SELECT id, calendar, remote, etag, coalesce(base, ics), ? FROM calendar_item WHERE id = ?",
            )
            .bind(edits)
            .bind(item)
            .execute(&mut *tx)
            .await?;
        }
    }
    sqlx::query("UPDATE calendar_item SET calendar = ?, remote = NULL, etag = '', base = NULL WHERE id = ?")
        .bind(to.0)
        .bind(item)
        .execute(tx)
        .await?;
    Ok(Placed::Here)
}

/// The new calendar has it: what is left in the old one is to go.
pub(super) async fn made(tx: &mut SqliteConnection, item: i64, now: Timestamp) -> Result<(), StoreError> {
    let Some(moving) = of_item(tx, item).await?.filter(|moving| !moving.made) else { return Ok(()) };
    sqlx::query("UPDATE calendar_move SET made = 1 WHERE item = ?").bind(item).execute(&mut *tx).await?;
    let title = sqlx::query_scalar::<_, String>("SELECT title FROM calendar_part WHERE item = ? AND part = 0").bind(item);
    let title = title.fetch_optional(&mut *tx).await?.unwrap_or_default();
    let connection = connection_of(tx, moving.source).await?;
    let op = OutboxOp::ClearMoved { item: ItemId(item), calendar: moving.source, remote: moving.remote, title };
    edits::queue(tx, &connection, &op, item, now, now).await
}

/// Whether this lies in a calendar that it is about to leave.
pub(super) async fn leaves(tx: &mut SqliteConnection, calendar: CalendarId, remote: &RemoteId) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM calendar_move WHERE source = ? AND remote = ?)";
    Ok(sqlx::query_scalar(sql).bind(calendar.0).bind(remote.as_str()).fetch_one(tx).await?)
}

impl Store {
    /// Where an item lies that is on its way to another calendar.
    pub async fn item_move(&self, item: ItemId) -> Result<Option<ItemMove>, StoreError> {
        let mut conn = self.inner.readers.acquire().await?;
        of_item(&mut conn, item.0).await
    }

    /// What lies there is what an item leaves behind.
    pub async fn left_behind(&self, calendar: CalendarId, remote: &RemoteId) -> Result<Option<ItemMove>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE source = ? AND remote = ?"));
        let row = sqlx::query(sql).bind(calendar.0).bind(remote.as_str()).fetch_optional(&self.inner.readers).await?;
        row.as_ref().map(of_row).transpose()
    }

    /// What lies in the old calendar is another version by now.
    pub async fn move_rebased(&self, moving: &ItemMove, base: &str, etag: &str) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        sqlx::query("UPDATE calendar_move SET base = ?, etag = ? WHERE source = ? AND remote = ?")
            .bind(pack(base)?)
            .bind(etag)
            .bind(moving.source.0)
            .bind(moving.remote.as_str())
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// The provider moved it: it is in the new calendar as `data` says, and in the old one no more. `changed`: what was changed here beside
    /// that is still to be written, and stands on this.
    pub async fn item_moved(&self, row: &ItemRow, remote: &RemoteId, etag: &str, data: &ItemData, changed: bool) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        forget(&mut tx, row.id.0).await?;
        // The next round may have been faster than the answer.
        sqlx::query("DELETE FROM calendar_item WHERE calendar = ? AND remote = ? AND id <> ?")
            .bind(row.calendar.0)
            .bind(remote.as_str())
            .bind(row.id.0)
            .execute(&mut *tx)
            .await?;
        let same = sqlx::query_scalar::<_, bool>("SELECT edits = ? AND removed = 0 FROM calendar_item WHERE id = ?").bind(row.edits);
        let same = same.bind(row.id.0).fetch_optional(&mut *tx).await?.unwrap_or(false) && !changed;
        sqlx::query("UPDATE calendar_item SET remote = ?, etag = ?, base = ? WHERE id = ?")
            .bind(remote.as_str())
            .bind(etag)
            .bind(if same { None } else { Some(pack(&data.ics)?) })
            .bind(row.id.0)
            .execute(&mut *tx)
            .await?;
        if same {
            commit::put_data(&mut tx, row.id.0, data).await?;
        }
        tx.commit().await
    }

    /// Nothing of it is left in the old calendar.
    pub async fn move_cleared(
        &self,
        outbox: OutboxId,
        calendar: CalendarId,
        remote: &RemoteId,
        entry: &NewAudit,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        for sql in [
            "UPDATE calendar_move SET settled = 1 WHERE source = ? AND remote = ?",
            "DELETE FROM calendar_move WHERE source = ? AND remote = ?",
        ] {
            sqlx::query(sql).bind(calendar.0).bind(remote.as_str()).execute(&mut *tx).await?;
        }
        done(&mut tx, outbox, now).await?;
        audit::append(&mut tx, entry, now).await?;
        tx.commit().await
    }

    /// The person gives a move up that is not made yet: it is back where it came from.
    pub async fn give_up_move(&self, item: ItemId) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        if let Some(moving) = of_item(&mut tx, item.0).await?.filter(|moving| !moving.made) {
            restore(&mut tx, item.0, &moving).await?;
        }
        tx.commit().await
    }

    /// The person lets lie what was left behind: it is read again, as an event of its own.
    pub async fn leave_behind(
        &self,
        outbox: OutboxId,
        calendar: CalendarId,
        remote: &RemoteId,
        entry: &NewAudit,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        sqlx::query("DELETE FROM calendar_move WHERE source = ? AND remote = ?")
            .bind(calendar.0)
            .bind(remote.as_str())
            .execute(&mut *tx)
            .await?;
        sqlx::query("DELETE FROM outbox WHERE id = ?").bind(outbox.0).execute(&mut *tx).await?;
        audit::append(&mut tx, entry, now).await?;
        tx.commit().await
    }
}
