//! Looking after the file: checks, space, figures.

mod agree;

use std::collections::HashSet;

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::Row as _;

use crate::{
    error::StoreError,
    open::{PAGE, Store},
};

/// A file without a row is only swept when it is this old: a younger one may be in the middle of being stored.
const SWEEP_AGE_SECS: u64 = 24 * 3600;

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

    /// Gives free pages back to the file system, at most `pages` of 4 KiB; bounded, unlike a full VACUUM.
    pub async fn vacuum(&self, pages: u32) -> Result<(), StoreError> {
        let (mut conn, _turn) = self.exclusive().await?;
        let sql = sqlx::AssertSqlSafe(format!("PRAGMA incremental_vacuum({pages})"));
        sqlx::query(sql).fetch_all(&mut *conn).await?;
        Ok(())
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

    /// (name, bytes, age in seconds) of every sealed file.
    fn files(&self) -> Result<Vec<(String, u64, u64)>, StoreError> {
        let io = |source| StoreError::Io { path: self.inner.files_dir.clone(), source };
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&self.inner.files_dir).map_err(io)? {
            let entry = entry.map_err(io)?;
            let Ok(meta) = entry.metadata() else { continue };
            let age = meta.modified().ok().and_then(|m| m.elapsed().ok()).map_or(0, |d| d.as_secs());
            if meta.is_file() {
                found.push((entry.file_name().to_string_lossy().into_owned(), meta.len(), age));
            }
        }
        Ok(found)
    }

    /// Removes sealed files that no row knows (left by a crash between file and commit), once they are a day old.
    pub async fn sweep_files(&self, _now: Timestamp) -> Result<u64, StoreError> {
        let known: HashSet<String> = sqlx::query_scalar::<_, String>(
            "SELECT file FROM raw WHERE file IS NOT NULL UNION ALL SELECT file FROM draft_attachment WHERE file IS NOT NULL \
             UNION ALL SELECT raw_file FROM outbox WHERE raw_file IS NOT NULL",
        )
        .fetch_all(&self.inner.readers)
        .await?
        .into_iter()
        .collect();
        let mut removed = 0;
        for (name, _, age) in self.files()? {
            if age >= SWEEP_AGE_SECS && !known.contains(&name) {
                let path = self.inner.files_dir.join(&name);
                std::fs::remove_file(&path).map_err(|source| StoreError::Io { path, source })?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}
