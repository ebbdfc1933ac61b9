//! Connections and their accounts. How they leave is told in `leaving.rs`.

mod tables;

use domain::{
    audit::NewAudit,
    connection::{Account, Connection, ConnectionSettings, ConnectionStatus},
    ids::{AccountId, ConnectionId, IntegrationId},
    time::Timestamp,
};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use crate::{
    audit,
    error::StoreError,
    open::{Store, WriteTx},
    secrets::{self, SealedSecret},
};

/// An account to be made with its connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccount {
    pub email: String,
    pub display_name: String,
    pub hue: u8,
    pub can_send: bool,
}

/// Everything that a sign-in brings, committed together.
#[derive(Clone, Debug)]
pub struct NewConnection {
    pub connection: Connection,
    pub accounts: Vec<NewAccount>,
    pub secrets: Vec<SealedSecret>,
}

/// A mail account whose servers or sign-in were given anew, and proved to work.
#[derive(Clone, Debug)]
pub struct MailReconnect {
    pub subject: String,
    pub settings: ConnectionSettings,
    /// All that it signs in with from now on; what was there before is erased.
    pub secrets: Vec<SealedSecret>,
    pub can_send: bool,
    /// None: the name stays.
    pub display_name: Option<String>,
}

/// What the person may change of an account; `None` leaves it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountChange {
    pub display_name: Option<String>,
    pub hue: Option<u8>,
    pub can_send: Option<bool>,
}

const COLUMNS: &str = "SELECT id, integration, label, subject, email, display_name, status, status_reason, granted_scopes, settings, \
     paused_until, created_at FROM connection WHERE id <> '~leaving'";

/// A connection signs in anew: what failed before says nothing any more. Ends the transaction.
async fn began_anew(mut tx: WriteTx, id: &ConnectionId, entry: &NewAudit, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query("UPDATE scope SET error_code = NULL, error_message = NULL, error_count = 0, next_at = NULL WHERE connection = ?")
        .bind(id.as_str())
        .execute(&mut *tx)
        .await?;
    audit::append(&mut tx, entry, now).await?;
    tx.commit().await
}

fn connection(row: &SqliteRow) -> Result<Connection, StoreError> {
    let status: String = row.try_get(6)?;
    Ok(Connection {
        id: ConnectionId(row.try_get(0)?),
        integration: IntegrationId(row.try_get(1)?),
        label: row.try_get(2)?,
        subject: row.try_get(3)?,
        email: row.try_get(4)?,
        display_name: row.try_get(5)?,
        status: ConnectionStatus::parse(&status).unwrap_or(ConnectionStatus::Error),
        status_reason: row.try_get(7)?,
        granted_scopes: serde_json::from_str(row.try_get(8)?)?,
        settings: serde_json::from_str(row.try_get(9)?)?,
        paused_until: row.try_get::<Option<i64>, _>(10)?.map(Timestamp),
        created_at: Timestamp(row.try_get(11)?),
    })
}

fn account(row: &SqliteRow) -> Result<Account, StoreError> {
    Ok(Account {
        id: AccountId(row.try_get(0)?),
        connection: ConnectionId(row.try_get(1)?),
        email: row.try_get(2)?,
        display_name: row.try_get(3)?,
        hue: row.try_get(4)?,
        can_send: row.try_get(5)?,
    })
}

const ACCOUNT_COLUMNS: &str = "SELECT id, connection, email, display_name, hue, can_send FROM account WHERE connection <> '~leaving'";

pub(crate) async fn account_ids(tx: &mut SqliteConnection, connection: &ConnectionId) -> Result<Vec<i64>, StoreError> {
    Ok(sqlx::query_scalar("SELECT id FROM account WHERE connection = ?").bind(connection.as_str()).fetch_all(tx).await?)
}

impl Store {
    /// Connection, accounts, secrets and audit entry in one durable transaction.
    pub async fn insert_connection(&self, new: &NewConnection, entry: &NewAudit, now: Timestamp) -> Result<Vec<Account>, StoreError> {
        let mut tx = self.write_durably().await?;
        let c = &new.connection;
        let taken = sqlx::query_scalar::<_, i64>("SELECT 1 FROM connection WHERE integration = ? AND subject = ?")
            .bind(c.integration.as_str())
            .bind(&c.subject)
            .fetch_optional(&mut *tx)
            .await?;
        if taken.is_some() {
            return Err(StoreError::Conflict(format!("{} is already connected", c.email)));
        }
        sqlx::query(
            "INSERT INTO connection (id, integration, subject, label, email, display_name, status, status_reason, granted_scopes, \
             settings, paused_until, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(c.id.as_str())
        .bind(c.integration.as_str())
        .bind(&c.subject)
        .bind(&c.label)
        .bind(&c.email)
        .bind(&c.display_name)
        .bind(c.status.as_str())
        .bind(&c.status_reason)
        .bind(serde_json::to_string(&c.granted_scopes)?)
        .bind(serde_json::to_string(&c.settings)?)
        .bind(c.paused_until.map(|t| t.0))
        .bind(c.created_at.0)
        .execute(&mut *tx)
        .await?;
        let mut accounts = Vec::with_capacity(new.accounts.len());
        for a in &new.accounts {
            let id = sqlx::query("INSERT INTO account (connection, email, display_name, hue, can_send) VALUES (?, ?, ?, ?, ?)")
                .bind(c.id.as_str())
                .bind(&a.email)
                .bind(&a.display_name)
                .bind(a.hue)
                .bind(a.can_send)
                .execute(&mut *tx)
                .await?
                .last_insert_rowid();
            accounts.push(Account {
                id: AccountId(id),
                connection: c.id.clone(),
                email: a.email.clone(),
                display_name: a.display_name.clone(),
                hue: a.hue,
                can_send: a.can_send,
            });
        }
        for secret in &new.secrets {
            secrets::put(&mut tx, &c.id, secret).await?;
        }
        audit::append(&mut tx, entry, now).await?;
        tx.commit().await?;
        Ok(accounts)
    }

    /// A new sign-in for a connection that exists: secrets replaced, status active.
    pub async fn reconnect(
        &self,
        id: &ConnectionId,
        granted_scopes: &[String],
        secrets: &[SealedSecret],
        entry: &NewAudit,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        let done = sqlx::query("UPDATE connection SET status = 'active', status_reason = NULL, granted_scopes = ? WHERE id = ?")
            .bind(serde_json::to_string(granted_scopes)?)
            .bind(id.as_str())
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::missing("connection", id));
        }
        for secret in secrets {
            secrets::put(&mut tx, id, secret).await?;
        }
        began_anew(tx, id, entry, now).await
    }

    /// A connection that lived from the person's own token lives from a sign-in now: the token goes.
    pub async fn signed_in_instead(
        &self,
        id: &ConnectionId,
        granted_scopes: &[String],
        secret: &SealedSecret,
        entry: &NewAudit,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        let sql = "UPDATE connection SET status = 'active', status_reason = NULL, granted_scopes = ?, settings = ? WHERE id = ?";
        let done = sqlx::query(sql)
            .bind(serde_json::to_string(granted_scopes)?)
            .bind(serde_json::to_string(&ConnectionSettings::OAuth)?)
            .bind(id.as_str())
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::missing("connection", id));
        }
        sqlx::query("DELETE FROM secret WHERE connection = ?").bind(id.as_str()).execute(&mut *tx).await?;
        secrets::put(&mut tx, id, secret).await?;
        began_anew(tx, id, entry, now).await
    }

    /// The same for servers that the person names: settings, secrets, and what the account can do, together or not at all.
    pub async fn reconnect_mail(&self, id: &ConnectionId, new: &MailReconnect, entry: &NewAudit, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        let taken = sqlx::query_scalar::<_, i64>(
            "SELECT 1 FROM connection WHERE integration = (SELECT integration FROM connection WHERE id = ?1) AND subject = ?2 AND id <> ?1",
        )
        .bind(id.as_str())
        .bind(&new.subject)
        .fetch_optional(&mut *tx)
        .await?;
        if taken.is_some() {
            return Err(StoreError::Conflict("another connection uses this mailbox already".to_owned()));
        }
        let done = sqlx::query("UPDATE connection SET status = 'active', status_reason = NULL, subject = ?, settings = ? WHERE id = ?")
            .bind(&new.subject)
            .bind(serde_json::to_string(&new.settings)?)
            .bind(id.as_str())
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::missing("connection", id));
        }
        sqlx::query("DELETE FROM secret WHERE connection = ?").bind(id.as_str()).execute(&mut *tx).await?;
        for secret in &new.secrets {
            secrets::put(&mut tx, id, secret).await?;
        }
        sqlx::query("UPDATE account SET can_send = ?, display_name = coalesce(?, display_name) WHERE connection = ?")
            .bind(new.can_send)
            .bind(&new.display_name)
            .bind(id.as_str())
            .execute(&mut *tx)
            .await?;
        began_anew(tx, id, entry, now).await
    }

    pub async fn connections(&self) -> Result<Vec<Connection>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} ORDER BY created_at, id"));
        sqlx::query(sql).fetch_all(&self.inner.readers).await?.iter().map(connection).collect()
    }

    pub async fn connection(&self, id: &ConnectionId) -> Result<Connection, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} AND id = ?"));
        let row = sqlx::query(sql).bind(id.as_str()).fetch_optional(&self.inner.readers).await?;
        connection(&row.ok_or_else(|| StoreError::missing("connection", id))?)
    }

    pub async fn connection_by_subject(&self, integration: &IntegrationId, subject: &str) -> Result<Option<Connection>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} AND integration = ? AND subject = ?"));
        let row = sqlx::query(sql).bind(integration.as_str()).bind(subject).fetch_optional(&self.inner.readers).await?;
        row.as_ref().map(connection).transpose()
    }

    pub async fn set_connection_status(
        &self,
        id: &ConnectionId,
        status: ConnectionStatus,
        reason: Option<&str>,
        entry: Option<&NewAudit>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        let done = sqlx::query("UPDATE connection SET status = ?, status_reason = ? WHERE id = ?")
            .bind(status.as_str())
            .bind(reason)
            .bind(id.as_str())
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::missing("connection", id));
        }
        if let Some(entry) = entry {
            audit::append(&mut tx, entry, now).await?;
        }
        tx.commit().await
    }

    pub async fn set_connection_settings(&self, id: &ConnectionId, settings: &ConnectionSettings) -> Result<(), StoreError> {
        self.set_column(id, "UPDATE connection SET settings = ? WHERE id = ?", Some(serde_json::to_string(settings)?)).await
    }

    pub async fn set_connection_label(&self, id: &ConnectionId, label: &str) -> Result<(), StoreError> {
        self.set_column(id, "UPDATE connection SET label = ? WHERE id = ?", Some(label.to_owned())).await
    }

    pub async fn set_granted_scopes(&self, id: &ConnectionId, scopes: &[String]) -> Result<(), StoreError> {
        self.set_column(id, "UPDATE connection SET granted_scopes = ? WHERE id = ?", Some(serde_json::to_string(scopes)?)).await
    }

    pub async fn set_paused_until(&self, id: &ConnectionId, until: Option<Timestamp>) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        sqlx::query("UPDATE connection SET paused_until = ? WHERE id = ?")
            .bind(until.map(|t| t.0))
            .bind(id.as_str())
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    async fn set_column(&self, id: &ConnectionId, sql: &'static str, value: Option<String>) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let done = sqlx::query(sql).bind(value).bind(id.as_str()).execute(&mut *tx).await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::missing("connection", id));
        }
        tx.commit().await
    }

    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{ACCOUNT_COLUMNS} ORDER BY id"));
        sqlx::query(sql).fetch_all(&self.inner.readers).await?.iter().map(account).collect()
    }

    pub async fn account(&self, id: AccountId) -> Result<Account, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{ACCOUNT_COLUMNS} AND id = ?"));
        let row = sqlx::query(sql).bind(id.0).fetch_optional(&self.inner.readers).await?;
        account(&row.ok_or_else(|| StoreError::missing("account", id))?)
    }

    pub async fn update_account(&self, id: AccountId, change: &AccountChange) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let done = sqlx::query(
            "UPDATE account SET display_name = coalesce(?, display_name), hue = coalesce(?, hue), can_send = coalesce(?, can_send) \
             WHERE id = ?",
        )
        .bind(&change.display_name)
        .bind(change.hue)
        .bind(change.can_send)
        .bind(id.0)
        .execute(&mut *tx)
        .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::missing("account", id));
        }
        tx.commit().await
    }
}

#[cfg(test)]
mod table_tests;
#[cfg(test)]
mod tests;
