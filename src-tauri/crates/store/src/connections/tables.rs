//! What was chosen of the tables of a connection. It is part of the connection's settings; both who may write it (a round that found a table,
//! the person) change it inside one transaction each, so that neither takes back what the other wrote.

use std::collections::BTreeMap;

use domain::{
    audit::NewAudit,
    connection::ConnectionSettings,
    ids::ConnectionId,
    tables::{TableChoice, TableSettings},
    time::Timestamp,
};
use sqlx::SqliteConnection;

use crate::{audit, error::StoreError, open::Store};

async fn read(tx: &mut SqliteConnection, id: &ConnectionId) -> Result<TableSettings, StoreError> {
    let text = sqlx::query_scalar::<_, String>("SELECT settings FROM connection WHERE id = ?").bind(id.as_str()).fetch_optional(tx).await?;
    let text = text.ok_or_else(|| StoreError::missing("connection", id))?;
    Ok(serde_json::from_str::<ConnectionSettings>(&text)?.tables())
}

async fn put(tx: &mut SqliteConnection, id: &ConnectionId, settings: TableSettings) -> Result<(), StoreError> {
    let text = serde_json::to_string(&ConnectionSettings::Tables(settings))?;
    sqlx::query("UPDATE connection SET settings = ? WHERE id = ?").bind(text).bind(id.as_str()).execute(tx).await?;
    Ok(())
}

impl Store {
    /// Keeps what a listing found. Returns whether that is new.
    pub async fn learn_tables(&self, id: &ConnectionId, found: &TableSettings) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        let mut settings = read(&mut tx, id).await?;
        if !settings.learn(found) {
            return Ok(false);
        }
        put(&mut tx, id, settings).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Keeps what the person chose, with its entry; tables that are not named stay as they are. Where tables that are no longer used have
    /// changes which the provider does not have yet, nothing is done, and their number is returned.
    pub async fn choose_tables(
        &self,
        id: &ConnectionId,
        choices: &BTreeMap<String, TableChoice>,
        entry: &NewAudit,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        let mut settings = read(&mut tx, id).await?;
        let left: Vec<&String> = choices.iter().filter(|(_, choice)| !choice.used).map(|(table, _)| table).collect();
        let waiting = sqlx::query_scalar::<_, i64>(
            "SELECT count(*) FROM outbox o JOIN task t ON t.id = o.task JOIN task_list l ON l.id = t.list WHERE l.connection = ? AND o.state <> 'done' \
             AND l.remote IN (SELECT value FROM json_each(?))",
        )
        .bind(id.as_str())
        .bind(serde_json::to_string(&left)?)
        .fetch_one(&mut *tx)
        .await?;
        if waiting > 0 {
            return Ok(waiting as u64);
        }
        settings.tables.extend(choices.clone());
        put(&mut tx, id, settings).await?;
        audit::append(&mut tx, entry, now).await?;
        tx.commit().await?;
        Ok(0)
    }
}
