//! Messages that their server can't deliver: what stands in their place is replaced once it can.

use domain::{
    ids::{RemoteId, ScopeId},
    mail::Flags,
    sync::RemoteMail,
    time::Timestamp,
};
use sqlx::{Row as _, SqliteConnection};

use crate::{error::StoreError, open::Store};

/// First wait before it is asked for again; doubled every time.
const WAIT_SECS: i64 = 15 * 60;
const MAX_WAIT_SECS: i64 = 24 * 3600;
/// Asked for again in one round.
const AT_ONCE: i64 = 20;

fn wait_secs(attempts: u32) -> i64 {
    (WAIT_SECS << attempts.min(10)).min(MAX_WAIT_SECS)
}

/// Notes those that were just inserted. One that was known already keeps its waiting time.
pub(crate) async fn note(
    tx: &mut SqliteConnection,
    scope: i64,
    unreadable: &[(RemoteId, String)],
    now: Timestamp,
) -> Result<(), StoreError> {
    for (remote, reason) in unreadable {
        sqlx::query(
            "INSERT OR IGNORE INTO unreadable (message, reason, next_at) SELECT id, ?, ? FROM message WHERE scope = ? AND remote = ?",
        )
        .bind(reason)
        .bind(now.plus_secs(wait_secs(0)).0)
        .bind(scope)
        .bind(remote.as_str())
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// From the few that could not be read: left to itself, SQLite looks at every message of the folder, in every round.
const DUE: &str = "SELECT m.remote, m.flags, c.received FROM unreadable u CROSS JOIN message m ON m.id = u.message \
     CROSS JOIN mail c ON c.id = m.mail WHERE m.scope = ? AND u.next_at <= ? AND m.shadow IS NULL AND m.orphan = 0 \
     ORDER BY u.next_at, m.id LIMIT ?";

impl Store {
    /// Messages of a scope that are to be asked for again. Not those that a queued write of ours touches.
    pub async fn unreadable_due(&self, scope: ScopeId, now: Timestamp) -> Result<Vec<RemoteMail>, StoreError> {
        let rows = sqlx::query(DUE).bind(scope.0).bind(now.0).bind(AT_ONCE).fetch_all(&self.inner.readers).await?;
        rows.iter()
            .map(|row| {
                let mut mail = RemoteMail::new(RemoteId(row.try_get(0)?));
                mail.flags = Some(Flags::from_bits(row.try_get(1)?));
                mail.received = Some(Timestamp(row.try_get(2)?));
                Ok(mail)
            })
            .collect()
    }

    /// They could not be read again: later, and later each time.
    pub async fn unreadable_later(&self, scope: ScopeId, remotes: &[RemoteId], now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        for remote in remotes {
            let row = sqlx::query(
                "SELECT u.message, u.attempts FROM unreadable u JOIN message m ON m.id = u.message WHERE m.scope = ? AND m.remote = ?",
            )
            .bind(scope.0)
            .bind(remote.as_str())
            .fetch_optional(&mut *tx)
            .await?;
            let Some(row) = row else { continue };
            let attempts = row.try_get::<u32, _>(1)?.saturating_add(1);
            sqlx::query("UPDATE unreadable SET attempts = ?, next_at = ? WHERE message = ?")
                .bind(attempts)
                .bind(now.plus_secs(wait_secs(attempts)).0)
                .bind(row.try_get::<i64, _>(0)?)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use sqlx::{AssertSqlSafe, Row as _};

    use super::DUE;
    use crate::testing::home;

    /// What costs nothing where nothing is unreadable must not cost a look at every message.
    #[tokio::test]
    async fn the_few_unreadable_ones_drive() {
        let home = home().await;
        let mut tx = home.store.write().await.unwrap();
        let sql = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {DUE}"));
        let lines = sqlx::query(sql).bind(1).bind(1).bind(1).fetch_all(&mut *tx).await.unwrap();
        let first: String = lines.first().unwrap().try_get("detail").unwrap();
        assert!(first.starts_with("SCAN u") || first.starts_with("SEARCH u"), "{first}");
    }
}
