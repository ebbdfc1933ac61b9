//! Looking after the file: checks, space, figures.

mod agree;

use serde::{Deserialize, Serialize};
use sqlx::Row as _;

use crate::{
    error::StoreError,
    open::{PAGE, Store},
};

/// Figures for the doctor and the settings screen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    pub cipher_version: String,
    pub sqlite_version: String,
    pub schema_version: i64,
    pub connections: i64,
    pub messages: i64,
    pub threads: i64,
    pub outbox: i64,
    pub database_bytes: u64,
    pub free_bytes: u64,
    pub file_bytes: u64,
    pub files: u64,
}

impl Store {
    /// Problems in words; empty when the database is sound. Reads the whole file: minutes for gigabytes.
    pub async fn integrity(&self) -> Result<Vec<String>, StoreError> {
        let mut problems: Vec<String> = Vec::new();
        let (mut conn, turn) = self.exclusive().await?;
        // The next check reads the file as it lies there: a page that a crash left half written is made good by the log first.
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_all(&mut *conn).await?;
        // Authenticates every page.
        problems.extend(sqlx::query_scalar::<_, String>("PRAGMA cipher_integrity_check").fetch_all(&mut *conn).await?);
        if !problems.is_empty() {
            // What follows would only stumble over the same pages.
            return Ok(problems);
        }
        let lines = sqlx::query_scalar::<_, String>("PRAGMA integrity_check").fetch_all(&mut *conn).await?;
        problems.extend(lines.into_iter().filter(|l| l != "ok"));
        let broken = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut *conn).await?;
        for row in broken.iter().take(20) {
            problems.push(format!("a row of {} points to nothing", row.try_get::<String, _>(0)?));
        }
        // FTS5's own check; a contentless index is checked for its inner structure.
        if let Err(e) = sqlx::query("INSERT INTO mail_fts (mail_fts) VALUES ('integrity-check')").execute(&mut *conn).await {
            problems.push(format!("the search index: {e}"));
        }
        if problems.is_empty() {
            problems.extend(agree::problems(&mut conn).await?);
        }
        drop(conn);
        drop(turn);
        Ok(problems)
    }

    /// Moves the write-ahead log into the file and empties it.
    pub async fn checkpoint(&self) -> Result<(), StoreError> {
        let (mut conn, _turn) = self.exclusive().await?;
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_all(&mut *conn).await?;
        Ok(())
    }

    pub async fn stats(&self) -> Result<Stats, StoreError> {
        let mut tx = self.read().await?;
        let one = async |tx: &mut sqlx::SqliteConnection, sql: &'static str| -> Result<i64, StoreError> {
            Ok(sqlx::query_scalar::<_, i64>(sql).fetch_one(tx).await?)
        };
        // SQLCipher answers `PRAGMA page_size` with text.
        let page = PAGE;
        let mut stats = Stats {
            cipher_version: sqlx::query_scalar("PRAGMA cipher_version").fetch_one(&mut *tx).await?,
            sqlite_version: sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&mut *tx).await?,
            schema_version: one(&mut tx, "SELECT max(version) FROM _sqlx_migrations").await?,
            connections: one(&mut tx, "SELECT count(*) FROM connection WHERE id <> '~leaving'").await?,
            messages: one(&mut tx, "SELECT count(*) FROM message").await?,
            threads: one(&mut tx, "SELECT count(*) FROM thread").await?,
            outbox: one(&mut tx, "SELECT count(*) FROM outbox WHERE state <> 'done'").await?,
            database_bytes: one(&mut tx, "PRAGMA page_count").await? as u64 * page,
            free_bytes: one(&mut tx, "PRAGMA freelist_count").await? as u64 * page,
            file_bytes: 0,
            files: 0,
        };
        for entry in self.files()? {
            stats.files += 1;
            stats.file_bytes += entry.1;
        }
        Ok(stats)
    }
}
