//! Sealed secrets: tokens, passwords, sign-ins under way, tokens still to be revoked. The store sees only sealed bytes, and
//! every write is on the disk before the caller goes on: a rotated refresh token that is lost is a lost account.

use domain::{audit::NewAudit, ids::ConnectionId, time::Timestamp};
use sqlx::{Row as _, SqliteConnection};

use crate::{audit, error::StoreError, open::Store};

/// A value sealed by the vault under (connection, kind, version).
#[derive(Clone, PartialEq, Eq)]
pub struct SealedSecret {
    /// `password`, `tokens`, ….
    pub kind: String,
    pub version: u32,
    pub sealed: Vec<u8>,
}

impl std::fmt::Debug for SealedSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealedSecret({} v{}, {} bytes)", self.kind, self.version, self.sealed.len())
    }
}

/// Answer to a callback's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PendingOauth {
    /// The row is gone now: a state works once.
    Found(Vec<u8>),
    /// It was there, but too late; gone too.
    Expired,
    Unknown,
}

/// A token that must still be revoked although its connection is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRevocation {
    pub integration: String,
    /// Part of the associated data of `sealed`.
    pub aad_connection: ConnectionId,
    pub sealed: Vec<u8>,
    pub next_at: Timestamp,
    pub give_up_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevocationJob {
    pub id: i64,
    pub integration: String,
    pub aad_connection: ConnectionId,
    pub sealed: Vec<u8>,
    pub next_at: Timestamp,
    pub give_up_at: Timestamp,
    pub attempts: u32,
}

pub(crate) async fn put(tx: &mut SqliteConnection, connection: &ConnectionId, secret: &SealedSecret) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO secret (connection, kind, version, sealed) VALUES (?, ?, ?, ?) \
         ON CONFLICT (connection, kind) DO UPDATE SET version = excluded.version, sealed = excluded.sealed",
    )
    .bind(connection.as_str())
    .bind(&secret.kind)
    .bind(secret.version)
    .bind(&secret.sealed)
    .execute(tx)
    .await?;
    Ok(())
}

pub(crate) async fn insert_revocation(tx: &mut SqliteConnection, job: &NewRevocation) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO revocation (integration, connection, sealed, next_at, give_up_at) VALUES (?, ?, ?, ?, ?)")
        .bind(&job.integration)
        .bind(job.aad_connection.as_str())
        .bind(&job.sealed)
        .bind(job.next_at.0)
        .bind(job.give_up_at.0)
        .execute(tx)
        .await?;
    Ok(())
}

impl Store {
    /// Durable when it returns.
    pub async fn put_secret(&self, connection: &ConnectionId, secret: &SealedSecret) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        put(&mut tx, connection, secret).await?;
        tx.commit().await
    }

    pub async fn secret(&self, connection: &ConnectionId, kind: &str) -> Result<Option<SealedSecret>, StoreError> {
        let row = sqlx::query("SELECT version, sealed FROM secret WHERE connection = ? AND kind = ?")
            .bind(connection.as_str())
            .bind(kind)
            .fetch_optional(&self.inner.readers)
            .await?;
        row.map(|r| Ok(SealedSecret { kind: kind.to_owned(), version: r.try_get(0)?, sealed: r.try_get(1)? })).transpose()
    }

    pub async fn delete_secret(&self, connection: &ConnectionId, kind: &str) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        sqlx::query("DELETE FROM secret WHERE connection = ? AND kind = ?").bind(connection.as_str()).bind(kind).execute(&mut *tx).await?;
        tx.commit().await
    }

    /// A sign-in under way, found again by the SHA-256 of its state. Durable, because a deep link may start the app cold.
    pub async fn put_pending_oauth(&self, state_hash: &[u8; 32], sealed: &[u8], expires_at: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        sqlx::query("INSERT INTO pending_oauth (state_hash, sealed, expires_at) VALUES (?, ?, ?)")
            .bind(state_hash.as_slice())
            .bind(sealed)
            .bind(expires_at.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// Takes the row out in the same statement that finds it: of two callbacks with one state, one gets it.
    pub async fn take_pending_oauth(&self, state_hash: &[u8; 32], now: Timestamp) -> Result<PendingOauth, StoreError> {
        let mut tx = self.write_durably().await?;
        let row = sqlx::query("DELETE FROM pending_oauth WHERE state_hash = ? RETURNING sealed, expires_at")
            .bind(state_hash.as_slice())
            .fetch_optional(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(match row {
            None => PendingOauth::Unknown,
            Some(row) if row.try_get::<i64, _>(1)? <= now.0 => PendingOauth::Expired,
            Some(row) => PendingOauth::Found(row.try_get(0)?),
        })
    }

    pub async fn purge_pending_oauth(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        let done = sqlx::query("DELETE FROM pending_oauth WHERE expires_at <= ?").bind(now.0).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(done.rows_affected())
    }

    /// Jobs that may be tried now, including those whose last day has passed (the caller gives up and says so).
    pub async fn due_revocations(&self, now: Timestamp) -> Result<Vec<RevocationJob>, StoreError> {
        Ok(self.revocations().await?.into_iter().filter(|j| j.next_at <= now).collect())
    }

    pub async fn revocations(&self) -> Result<Vec<RevocationJob>, StoreError> {
        let rows = sqlx::query("SELECT id, integration, connection, sealed, next_at, give_up_at, attempts FROM revocation ORDER BY id")
            .fetch_all(&self.inner.readers)
            .await?;
        rows.iter()
            .map(|r| {
                Ok(RevocationJob {
                    id: r.try_get(0)?,
                    integration: r.try_get(1)?,
                    aad_connection: ConnectionId(r.try_get(2)?),
                    sealed: r.try_get(3)?,
                    next_at: Timestamp(r.try_get(4)?),
                    give_up_at: Timestamp(r.try_get(5)?),
                    attempts: r.try_get(6)?,
                })
            })
            .collect()
    }

    pub async fn add_revocation(&self, job: &NewRevocation) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        insert_revocation(&mut tx, job).await?;
        tx.commit().await
    }

    pub async fn retry_revocation(&self, id: i64, next_at: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        sqlx::query("UPDATE revocation SET attempts = attempts + 1, next_at = ? WHERE id = ?")
            .bind(next_at.0)
            .bind(id)
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    }

    /// Done or given up: the sealed token is erased.
    pub async fn finish_revocation(&self, id: i64, entry: &NewAudit, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.write_durably().await?;
        sqlx::query("DELETE FROM revocation WHERE id = ?").bind(id).execute(&mut *tx).await?;
        audit::append(&mut tx, entry, now).await?;
        tx.commit().await
    }
}
