//! Changes that are made here: what the person sees, what is to be written, and what became of it. An item has one waiting write at most
//! beside one that is on the way; it takes the item as it is when its turn comes.

use domain::{
    audit::NewAudit,
    ids::{CalendarId, ConnectionId, ItemId, OutboxId, RemoteId},
    outbox::OutboxOp,
    time::Timestamp,
};
use sqlx::SqliteConnection;

use super::{
    ItemData, ItemRow, commit,
    moves::{self, Placed},
    pack,
};
use crate::{audit, error::StoreError, open::Store, outbox::done};

/// One item as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemEdit {
    /// None: a new one.
    pub item: Option<ItemId>,
    pub calendar: CalendarId,
    /// None: it is to go.
    pub data: Option<ItemData>,
    /// For the person who looks at what waits.
    pub title: String,
}

/// The provider has it.
#[derive(Clone, Debug)]
pub struct PutDone {
    pub outbox: OutboxId,
    pub item: ItemId,
    /// [`ItemRow::edits`] of what was written.
    pub edits: i64,
    pub remote: RemoteId,
    pub etag: String,
    /// What the provider has now.
    pub ics: String,
    /// The same, read; only where it is not what was sent.
    pub data: Option<ItemData>,
}

pub(super) async fn queue(
    tx: &mut SqliteConnection,
    connection: &ConnectionId,
    op: &OutboxOp,
    item: i64,
    not_before: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    let waiting = sqlx::query("UPDATE outbox SET op = ?, not_before = ? WHERE item = ? AND kind = ? AND state = 'queued' AND attempts = 0")
        .bind(serde_json::to_string(op)?)
        .bind(not_before.0)
        .bind(item)
        .bind(op.kind())
        .execute(&mut *tx)
        .await?;
    if waiting.rows_affected() > 0 {
        return Ok(());
    }
    // Nobody asks for the same write twice: the count of all writes makes the key.
    sqlx::query(
        "INSERT INTO outbox (connection, account, idempotency_key, kind, op, not_before, created_at, item) \
         VALUES (?1, 0, ?2 || ':' || ?3 || ':' || (SELECT coalesce(max(id), 0) FROM outbox), ?2, ?4, ?5, ?6, ?3)",
    )
    .bind(connection.as_str())
    .bind(op.kind())
    .bind(item)
    .bind(serde_json::to_string(op)?)
    .bind(not_before.0)
    .bind(now.0)
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes of this kind that nobody has begun. True: there was one.
pub(super) async fn unqueue(tx: &mut SqliteConnection, item: i64, kind: &str) -> Result<bool, StoreError> {
    let gone = sqlx::query("DELETE FROM outbox WHERE item = ? AND kind = ? AND state = 'queued' AND attempts = 0")
        .bind(item)
        .bind(kind)
        .execute(tx)
        .await?;
    Ok(gone.rows_affected() > 0)
}

impl Store {
    /// Items as the person wants them, their writes, and the audit entry, in one durable transaction. Returns the items' ids; one that was
    /// only ever here and goes has none any more.
    pub async fn edit_items(
        &self,
        connection: &ConnectionId,
        edits: &[ItemEdit],
        not_before: Timestamp,
        entry: &NewAudit,
        now: Timestamp,
    ) -> Result<Vec<Option<ItemId>>, StoreError> {
        let mut tx = self.write_durably().await?;
        let mut ids = Vec::with_capacity(edits.len());
        for edit in edits {
            ids.push(self.edit_item(&mut tx, connection, edit, not_before, now).await?);
        }
        audit::append(&mut tx, entry, now).await?;
        tx.commit().await?;
        Ok(ids)
    }

    async fn edit_item(
        &self,
        tx: &mut SqliteConnection,
        connection: &ConnectionId,
        edit: &ItemEdit,
        not_before: Timestamp,
        now: Timestamp,
    ) -> Result<Option<ItemId>, StoreError> {
        let put = |item: i64| OutboxOp::PutItem { item: ItemId(item), title: edit.title.clone() };
        let (item, data) = match (edit.item, &edit.data) {
            (None, None) => return Ok(None),
            (None, Some(data)) => {
                let item = commit::insert(tx, edit.calendar, None, "", data).await?;
                sqlx::query("UPDATE calendar_item SET edits = 1 WHERE id = ?").bind(item).execute(&mut *tx).await?;
                queue(tx, connection, &put(item), item, not_before, now).await?;
                return Ok(Some(ItemId(item)));
            }
            (Some(item), data) => (item.0, data),
        };
        let placed = moves::place(tx, item, edit.calendar, data.is_none()).await?;
        let connection = &moves::connection_in(tx, item, connection).await?;
        if let (Placed::Back(there), Some(data)) = (&placed, data)
            && data.ics == *there
        {
            // As it was before it was to go: there is nothing to write.
            sqlx::query("UPDATE calendar_item SET edits = edits + 1, base = NULL, removed = 0 WHERE id = ?")
                .bind(item)
                .execute(&mut *tx)
                .await?;
            commit::put_data(tx, item, data).await?;
            return Ok(Some(ItemId(item)));
        }
        let known = sqlx::query_scalar::<_, bool>("SELECT remote IS NOT NULL FROM calendar_item WHERE id = ?")
            .bind(item)
            .fetch_optional(&mut *tx)
            .await?
            .ok_or_else(|| StoreError::missing("event", item))?;
        sqlx::query("UPDATE calendar_item SET edits = edits + 1 WHERE id = ?").bind(item).execute(&mut *tx).await?;
        let Some(data) = data else {
            let unwritten = unqueue(tx, item, "put_item").await?;
            if unwritten && !known {
                // Nobody else has ever seen it, unless a write of it is on the way.
                let on_the_way = sqlx::query_scalar::<_, i64>("SELECT 1 FROM outbox WHERE item = ? AND state <> 'done'").bind(item);
                if on_the_way.fetch_optional(&mut *tx).await?.is_none() {
                    sqlx::query("DELETE FROM calendar_item WHERE id = ?").bind(item).execute(&mut *tx).await?;
                    return Ok(None);
                }
            }
            sqlx::query("UPDATE calendar_item SET removed = 1 WHERE id = ?").bind(item).execute(&mut *tx).await?;
            let op = OutboxOp::DeleteItem { item: ItemId(item), title: edit.title.clone() };
            queue(tx, connection, &op, item, not_before, now).await?;
            return Ok(Some(ItemId(item)));
        };
        unqueue(tx, item, "delete_item").await?;
        sqlx::query("UPDATE calendar_item SET base = iif(remote IS NULL, NULL, coalesce(base, ics)), removed = 0 WHERE id = ?")
            .bind(item)
            .execute(&mut *tx)
            .await?;
        commit::put_data(tx, item, data).await?;
        queue(tx, connection, &put(item), item, not_before, now).await?;
        Ok(Some(ItemId(item)))
    }

    /// The provider has what was written; what was changed here since waits for its own turn.
    pub async fn item_put(&self, put: &PutDone, entry: &NewAudit, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        let item = put.item.0;
        let same = sqlx::query_scalar::<_, bool>("SELECT edits = ? AND removed = 0 FROM calendar_item WHERE id = ?")
            .bind(put.edits)
            .bind(item)
            .fetch_optional(&mut *tx)
            .await?;
        if let Some(same) = same {
            // The next round may have been faster than the answer.
            sqlx::query("DELETE FROM calendar_item WHERE calendar = (SELECT calendar FROM calendar_item WHERE id = ?1) AND remote = ?2 AND id <> ?1")
                .bind(item)
                .bind(put.remote.as_str())
                .execute(&mut *tx)
                .await?;
            sqlx::query("UPDATE calendar_item SET remote = ?, etag = ?, base = ?, theirs = NULL, theirs_etag = NULL WHERE id = ?")
                .bind(put.remote.as_str())
                .bind(&put.etag)
                .bind(if same { None } else { Some(pack(&put.ics)?) })
                .bind(item)
                .execute(&mut *tx)
                .await?;
            if same && let Some(data) = &put.data {
                commit::put_data(&mut tx, item, data).await?;
            }
            moves::made(&mut tx, item, now).await?;
        }
        done(&mut tx, put.outbox, now).await?;
        audit::append(&mut tx, entry, now).await?;
        tx.commit().await
    }

    /// It is gone at the provider. One that was brought back here meanwhile is made anew.
    pub async fn item_deleted(&self, outbox: OutboxId, item: ItemId, entry: &NewAudit, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        sqlx::query("DELETE FROM calendar_item WHERE id = ? AND removed = 1").bind(item.0).execute(&mut *tx).await?;
        sqlx::query("UPDATE calendar_item SET remote = NULL, etag = '', base = NULL WHERE id = ?").bind(item.0).execute(&mut *tx).await?;
        done(&mut tx, outbox, now).await?;
        audit::append(&mut tx, entry, now).await?;
        tx.commit().await
    }

    /// There was nothing to write any more.
    pub async fn item_settled(&self, outbox: OutboxId, entry: &NewAudit, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        done(&mut tx, outbox, now).await?;
        audit::append(&mut tx, entry, now).await?;
        tx.commit().await
    }

    /// The change stands on what the provider has now. False: it was changed here since `edits`.
    pub async fn item_rebased(&self, row: &ItemRow, base: &str, etag: &str, data: &ItemData) -> Result<bool, StoreError> {
        let mut tx = self.write_durably().await?;
        let same = sqlx::query("UPDATE calendar_item SET base = ?, etag = ?, edits = edits + 1 WHERE id = ? AND edits = ? AND removed = 0")
            .bind(pack(base)?)
            .bind(etag)
            .bind(row.id.0)
            .bind(row.edits)
            .execute(&mut *tx)
            .await?;
        if same.rows_affected() == 0 {
            return Ok(false);
        }
        commit::put_data(&mut tx, row.id.0, data).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Both sides changed the same thing. `theirs` is empty where it was deleted there.
    pub async fn item_conflict(&self, item: ItemId, theirs: &str, etag: &str) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        sqlx::query("UPDATE calendar_item SET theirs = ?, theirs_etag = ? WHERE id = ?")
            .bind(pack(theirs)?)
            .bind(etag)
            .bind(item.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// The person keeps their own version: it stands on what the provider has now, or is made anew where that was deleted.
    pub async fn keep_mine(
        &self,
        connection: &ConnectionId,
        row: &ItemRow,
        title: &str,
        entry: &NewAudit,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        sqlx::query("DELETE FROM outbox WHERE item = ? AND state = 'wedged'").bind(row.id.0).execute(&mut *tx).await?;
        let deleted = row.theirs.as_deref() == Some("");
        moves::forget(&mut tx, row.id.0).await?;
        let sql = if deleted {
            "UPDATE calendar_item SET remote = NULL, etag = '', base = NULL, theirs = NULL, theirs_etag = NULL, edits = edits + 1 WHERE id = ?"
        } else {
            "UPDATE calendar_item SET base = theirs, etag = theirs_etag, theirs = NULL, theirs_etag = NULL, edits = edits + 1 WHERE id = ?"
        };
        sqlx::query(sql).bind(row.id.0).execute(&mut *tx).await?;
        let op = OutboxOp::PutItem { item: row.id, title: title.to_owned() };
        queue(&mut tx, connection, &op, row.id.0, now, now).await?;
        audit::append(&mut tx, entry, now).await?;
        tx.commit().await
    }

    /// The item is what the provider has (`data`; None: nothing), whatever was to be written. Writes that nobody has begun go.
    pub async fn keep_theirs(
        &self,
        item: ItemId,
        data: Option<&ItemData>,
        etag: &str,
        entry: &NewAudit,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        // What it left behind in another calendar still goes.
        sqlx::query("DELETE FROM outbox WHERE item = ? AND state IN ('wedged', 'queued') AND kind <> 'clear_moved'")
            .bind(item.0)
            .execute(&mut *tx)
            .await?;
        match data {
            Some(data) => {
                sqlx::query(
                    "UPDATE calendar_item SET etag = ?, base = NULL, theirs = NULL, theirs_etag = NULL, removed = 0, edits = edits + 1 WHERE id = ?",
                )
                .bind(etag)
                .bind(item.0)
                .execute(&mut *tx)
                .await?;
                commit::put_data(&mut tx, item.0, data).await?;
            }
            None => {
                sqlx::query("DELETE FROM calendar_item WHERE id = ?").bind(item.0).execute(&mut *tx).await?;
            }
        }
        audit::append(&mut tx, entry, now).await?;
        tx.commit().await
    }
}
