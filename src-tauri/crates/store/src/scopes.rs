//! Scopes: what has a cursor and a schedule, and how its last round went.

use domain::{
    ids::{ConnectionId, RemoteId, ScopeId},
    integration::Service,
    sync::{SyncCursor, SyncScope},
    time::Timestamp,
};
use serde::Serialize;
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use crate::{commit, error::StoreError, open::Store};

/// A scope with its position and health.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScopeState {
    pub scope: SyncScope,
    pub cursor: Option<SyncCursor>,
    pub last_ok: Option<Timestamp>,
    pub next_at: Option<Timestamp>,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub error_count: u32,
    /// (done, total) of a long first sync.
    pub progress: Option<(u64, u64)>,
    /// The last round reached its end: nothing more waits at the provider.
    pub complete: bool,
}

const fn service_name(service: Service) -> &'static str {
    match service {
        Service::Identity => "identity",
        Service::Mail => "mail",
        Service::Calendar => "calendar",
        Service::Tasks => "tasks",
        Service::Files => "files",
        Service::People => "people",
        Service::Chat => "chat",
    }
}

fn service(name: &str) -> Service {
    match name {
        "identity" => Service::Identity,
        "calendar" => Service::Calendar,
        "tasks" => Service::Tasks,
        "files" => Service::Files,
        "people" => Service::People,
        "chat" => Service::Chat,
        _ => Service::Mail,
    }
}

const COLUMNS: &str = "SELECT id, connection, service, container, cursor, last_ok, next_at, error_code, error_message, error_count, \
     progress_done, progress_total, complete FROM scope";

fn scope(row: &SqliteRow) -> Result<ScopeState, StoreError> {
    let name: String = row.try_get(2)?;
    let container: String = row.try_get(3)?;
    let cursor: Option<String> = row.try_get(4)?;
    let (done, total): (Option<i64>, Option<i64>) = (row.try_get(10)?, row.try_get(11)?);
    Ok(ScopeState {
        scope: SyncScope {
            id: ScopeId(row.try_get(0)?),
            connection: ConnectionId(row.try_get(1)?),
            service: service(&name),
            container: if container.is_empty() { None } else { Some(RemoteId(container)) },
        },
        // A cursor of a later version is dropped, not fatal: the next round compares everything.
        cursor: cursor.and_then(|c| serde_json::from_str(&c).ok()),
        last_ok: row.try_get::<Option<i64>, _>(5)?.map(Timestamp),
        next_at: row.try_get::<Option<i64>, _>(6)?.map(Timestamp),
        error_code: row.try_get(7)?,
        error_message: row.try_get(8)?,
        error_count: row.try_get(9)?,
        progress: done.zip(total).map(|(d, t)| (d as u64, t as u64)),
        complete: row.try_get(12)?,
    })
}

/// Id of the scope of a container of this connection's mail, if it is synced.
pub(crate) async fn mail_scope_of(tx: &mut SqliteConnection, connection: &str, container: &str) -> Result<Option<i64>, StoreError> {
    Ok(sqlx::query_scalar("SELECT id FROM scope WHERE connection = ? AND service = 'mail' AND container = ?")
        .bind(connection)
        .bind(container)
        .fetch_optional(tx)
        .await?)
}

impl Store {
    /// Idempotent.
    pub async fn ensure_scope(
        &self,
        connection: &ConnectionId,
        service: Service,
        container: Option<&RemoteId>,
    ) -> Result<SyncScope, StoreError> {
        let name = container.map_or("", RemoteId::as_str);
        let find = "SELECT id FROM scope WHERE connection = ? AND service = ? AND container = ?";
        let bind = |sql| sqlx::query_scalar::<_, i64>(sql).bind(connection.as_str()).bind(service_name(service)).bind(name);
        let id = if let Some(id) = bind(find).fetch_optional(&self.inner.readers).await? {
            id
        } else {
            let mut tx = self.write().await?;
            let id = bind(
                "INSERT INTO scope (connection, service, container) VALUES (?, ?, ?) \
                 ON CONFLICT (connection, service, container) DO UPDATE SET container = excluded.container RETURNING id",
            )
            .fetch_one(&mut *tx)
            .await?;
            tx.commit().await?;
            id
        };
        Ok(SyncScope { id: ScopeId(id), connection: connection.clone(), service, container: container.cloned() })
    }

    pub async fn scopes(&self, connection: Option<&ConnectionId>) -> Result<Vec<ScopeState>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE ?1 IS NULL OR connection = ?1 ORDER BY id"));
        sqlx::query(sql).bind(connection.map(ConnectionId::as_str)).fetch_all(&self.inner.readers).await?.iter().map(scope).collect()
    }

    pub async fn scope(&self, id: ScopeId) -> Result<ScopeState, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE id = ?"));
        let row = sqlx::query(sql).bind(id.0).fetch_optional(&self.inner.readers).await?;
        scope(&row.ok_or_else(|| StoreError::missing("scope", id))?)
    }

    /// Rounds that ended well, each with the time of the next.
    pub async fn scopes_ok(&self, ended: &[(ScopeId, Option<Timestamp>)], now: Timestamp) -> Result<(), StoreError> {
        if ended.is_empty() {
            return Ok(());
        }
        let mut tx = self.write().await?;
        for (id, next_at) in ended {
            sqlx::query(
                "UPDATE scope SET last_ok = ?, next_at = ?, error_code = NULL, error_message = NULL, error_count = 0, \
                 progress_done = NULL, progress_total = NULL WHERE id = ?",
            )
            .bind(now.0)
            .bind(next_at.map(|t| t.0))
            .bind(id.0)
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await
    }

    /// A round failed; the cursor stays where the last commit left it.
    pub async fn scope_failed(&self, id: ScopeId, code: &str, message: &str, next_at: Option<Timestamp>) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        sqlx::query("UPDATE scope SET error_code = ?, error_message = ?, error_count = error_count + 1, next_at = ? WHERE id = ?")
            .bind(code)
            .bind(message)
            .bind(next_at.map(|t| t.0))
            .bind(id.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// Forgets the position, keeps the mail: the next round compares everything (mark and sweep).
    pub async fn reset_cursor(&self, id: ScopeId) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        sqlx::query("UPDATE scope SET cursor = NULL, complete = 0 WHERE id = ?").bind(id.0).execute(&mut *tx).await?;
        tx.commit().await
    }

    /// Removes a scope with its mail (a folder that is no longer synced).
    pub async fn drop_scope(&self, id: ScopeId, now: Timestamp) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        let removed = commit::drop_scope(&mut tx, id.0, now).await?;
        tx.commit().await?;
        self.bury_dead_files().await?;
        Ok(removed)
    }
}
