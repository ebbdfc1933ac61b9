//! Key rotation: everything that lies under the old master key is put under the new one, and a crash at any instant is
//! finished by running it again.
//!
//! Order: `Vault::begin_rotation` (both keys in vault.json) → files get a second wrapping → secrets are sealed anew → the
//! database's pages are written under the new key → the audit entry → files lose the first wrapping → `Vault::finish_rotation`
//! forgets the old one. Every step but the last is idempotent and tells by itself whether it has been done; until the last,
//! both keys are at hand.
//!
//! What opens under neither key (a file cut off by an earlier crash, a secret that was tampered with) was of no use before and is
//! left as it is: it must not keep a person from ever changing the key. Such things are counted.

use std::path::Path;

use domain::{audit::NewAudit, time::Timestamp};
use secrecy::ExposeSecret as _;
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _, SqliteConnection,
    sqlite::{SqliteJournalMode, SqliteSynchronous},
};
use vault::{Vault, VaultError};

use crate::{
    audit,
    error::{StoreError, sqlite_code},
    open::{Store, connect_options},
};

/// How a table's sealed rows are bound: (kind, connection, version) are the associated data.
const SEALED: [(&str, &str); 2] = [
    (
        "SELECT rowid_, kind, connection, version, sealed FROM (SELECT connection || char(0) || kind AS rowid_, * FROM secret)",
        "UPDATE secret SET sealed = ? WHERE connection || char(0) || kind = ?",
    ),
    (
        "SELECT CAST(id AS TEXT), 'revocation', connection, 1, sealed FROM revocation",
        "UPDATE revocation SET sealed = ? WHERE CAST(id AS TEXT) = ?",
    ),
];

/// What a rotation moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rekeyed {
    /// Sealed files, secrets and pages of 4 KiB that are under the new key now.
    pub files: u64,
    pub secrets: u64,
    pub pages: u64,
    /// Files and secrets that no key opens; they are as they were.
    pub unreadable: u64,
}

impl Store {
    /// Moves the closed store at `path` from `old` to `new`. `new` comes from [`Vault::begin_rotation`]; call
    /// [`Vault::finish_rotation`] when this has returned. After a crash, call it again with [`Vault::rotating_from`] as `old`.
    /// Sign-ins under way are forgotten (they live ten minutes). `entry` is appended once per target, however often this runs.
    ///
    /// Needs about the size of the database as free space for its journal; `Full` leaves everything as it was, to be resumed.
    pub async fn rekey(
        path: &Path,
        files_dir: &Path,
        old: &Vault,
        new: &Vault,
        entry: &NewAudit,
        now: Timestamp,
    ) -> Result<Rekeyed, StoreError> {
        let mut done = Rekeyed::default();
        each_file(files_dir, |file| {
            match old.files().rewrap(file, &new.files()) {
                Ok(()) => done.files += 1,
                Err(VaultError::Tampered { .. }) => done.unreadable += 1,
                Err(e) => return Err(e),
            }
            Ok(())
        })?;
        if let Some((mut conn, under_new)) = connect_with_either(path, old, new).await? {
            reseal(&mut conn, old, new, &mut done).await?;
            if !under_new {
                // Outside of WAL the pages are replaced under a rollback journal: a crash leaves the old database.
                sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_all(&mut conn).await?;
                sqlx::query("PRAGMA journal_mode = DELETE").fetch_all(&mut conn).await?;
                sqlx::query("PRAGMA synchronous = FULL").execute(&mut conn).await?;
                let key = new.database_key()?;
                sqlx::query(AssertSqlSafe(format!("PRAGMA rekey = \"x'{}'\"", key.expose_secret()))).fetch_all(&mut conn).await?;
            }
            conn.close().await?;
            // SQLCipher reports a failed rekey late: only reading back under the new key proves it.
            done.pages = confirm(path, new, entry, now).await?;
        }
        each_file(files_dir, |file| match new.files().retire(file, &old.files()) {
            Ok(()) | Err(VaultError::Tampered { .. }) => Ok(()),
            Err(e) => Err(e),
        })?;
        Ok(done)
    }
}

/// The database under whichever key it is; None where there is none yet.
async fn connect_with_either(path: &Path, old: &Vault, new: &Vault) -> Result<Option<(SqliteConnection, bool)>, StoreError> {
    let Ok(meta) = std::fs::metadata(path) else { return Ok(None) };
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    if meta.len() == 0 && std::fs::metadata(&wal).map_or(0, |w| w.len()) == 0 {
        // Its creation was cut short: there is nothing in it that has a key.
        return Ok(None);
    }
    for (vault, under_new) in [(new, true), (old, false)] {
        // The journal mode is left alone until the key has proved right.
        let options = connect_options(path, &vault.database_key()?).journal_mode(SqliteJournalMode::Wal);
        let conn = match options.connect().await {
            Ok(conn) => conn,
            Err(e) if is_wrong_key(&e) => continue,
            Err(e) => return Err(e.into()),
        };
        if let Some(conn) = readable(conn).await? {
            return Ok(Some((conn, under_new)));
        }
    }
    Err(StoreError::WrongKey(path.to_owned()))
}

/// None under a wrong key. Anything else, a full disk above all, is no statement about the key.
async fn readable(mut conn: SqliteConnection) -> Result<Option<SqliteConnection>, StoreError> {
    match sqlx::query("SELECT count(*) FROM sqlite_schema").fetch_one(&mut conn).await {
        Ok(_) => Ok(Some(conn)),
        Err(e) if is_wrong_key(&e) => Ok(None),
        Err(e) => Err(e.into()),
    }
}

fn is_wrong_key(e: &sqlx::Error) -> bool {
    // SQLITE_NOTADB
    matches!(sqlite_code(e), Some(26))
}

/// Reads under the new key, notes the rotation once, and says how many pages there are.
async fn confirm(path: &Path, new: &Vault, entry: &NewAudit, now: Timestamp) -> Result<u64, StoreError> {
    let options = connect_options(path, &new.database_key()?).synchronous(SqliteSynchronous::Full);
    let mut conn = options.connect().await.map_err(|_| StoreError::WrongKey(path.to_owned()))?;
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut conn).await?;
    if has_table(&mut conn, "audit").await? {
        let mut tx = conn.begin_with("BEGIN IMMEDIATE").await?;
        let noted: i64 = sqlx::query_scalar("SELECT count(*) FROM audit WHERE action = ? AND target = ?")
            .bind(entry.action)
            .bind(&entry.target)
            .fetch_one(&mut *tx)
            .await?;
        if noted == 0 {
            audit::append(&mut tx, entry, now).await?;
        }
        tx.commit().await?;
    }
    conn.close().await?;
    Ok(pages as u64)
}

async fn has_table(conn: &mut SqliteConnection, name: &str) -> Result<bool, StoreError> {
    let found: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?")
        .bind(name)
        .fetch_one(conn)
        .await
        .map_err(StoreError::from)?;
    Ok(found > 0)
}

fn each_file(dir: &Path, mut work: impl FnMut(&Path) -> Result<(), VaultError>) -> Result<(), StoreError> {
    let io = |source| StoreError::Io { path: dir.to_owned(), source };
    if !dir.exists() {
        return Ok(());
    }
    for entry in std::fs::read_dir(dir).map_err(io)? {
        let entry = entry.map_err(io)?;
        if entry.file_type().map_err(io)?.is_file() {
            work(&entry.path())?;
        }
    }
    Ok(())
}

async fn reseal(conn: &mut SqliteConnection, old: &Vault, new: &Vault, done: &mut Rekeyed) -> Result<(), StoreError> {
    if !has_table(conn, "secret").await? {
        // Made, but never set up: the next open does.
        return Ok(());
    }
    let mut tx = conn.begin().await?;
    for (select, update) in SEALED {
        for row in sqlx::query(select).fetch_all(&mut *tx).await? {
            let (id, kind, connection): (String, String, String) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            let version: u32 = row.try_get(3)?;
            let sealed: Vec<u8> = row.try_get(4)?;
            if new.open_sealed(&kind, &connection, version, &sealed).is_ok() {
                done.secrets += 1;
                continue;
            }
            let Ok(plain) = old.open_sealed(&kind, &connection, version, &sealed) else {
                done.unreadable += 1;
                continue;
            };
            let fresh = new.seal(&kind, &connection, version, &plain)?;
            sqlx::query(update).bind(fresh).bind(id).execute(&mut *tx).await?;
            done.secrets += 1;
        }
    }
    sqlx::query("DELETE FROM pending_oauth").execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests;
