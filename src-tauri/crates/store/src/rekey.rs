//! Key rotation: everything that lies under the old master key is put under the new one, and a crash at any instant is
//! finished by running it again.
//!
//! Order: `Vault::begin_rotation` (both keys in vault.json) → files get a second wrapping → secrets are sealed anew → the
//! database's pages are written under the new key → `Vault::finish_rotation` forgets the old one. Every step but the last is
//! idempotent and tells by itself whether it has been done; until the last, both keys are at hand.

use std::path::Path;

use secrecy::ExposeSecret as _;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _, SqliteConnection, sqlite::SqliteJournalMode};
use vault::Vault;

use crate::{
    error::StoreError,
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

impl Store {
    /// Moves the closed store at `path` from `old` to `new`. `new` comes from [`Vault::begin_rotation`]; call
    /// [`Vault::finish_rotation`] when this has returned. After a crash, call it again with [`Vault::rotating_from`] as `old`.
    /// Sign-ins under way are forgotten (they live ten minutes).
    pub async fn rekey(path: &Path, files_dir: &Path, old: &Vault, new: &Vault) -> Result<(), StoreError> {
        rewrap_files(files_dir, old, new)?;
        let Some((mut conn, under_new)) = connect_with_either(path, old, new).await? else { return Ok(()) };
        reseal(&mut conn, old, new).await?;
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
        let mut check = connect_options(path, &new.database_key()?).connect().await?;
        sqlx::query("SELECT count(*) FROM sqlite_schema").fetch_one(&mut check).await.map_err(|_| StoreError::WrongKey(path.to_owned()))?;
        check.close().await?;
        Ok(())
    }
}

/// The database under whichever key it is; None where there is none yet.
async fn connect_with_either(path: &Path, old: &Vault, new: &Vault) -> Result<Option<(SqliteConnection, bool)>, StoreError> {
    if !path.exists() {
        return Ok(None);
    }
    for (vault, under_new) in [(new, true), (old, false)] {
        // The journal mode is left alone until the key has proved right.
        let options = connect_options(path, &vault.database_key()?).journal_mode(SqliteJournalMode::Wal);
        let Ok(mut conn) = options.connect().await else { continue };
        if sqlx::query("SELECT count(*) FROM sqlite_schema").fetch_one(&mut conn).await.is_ok() {
            return Ok(Some((conn, under_new)));
        }
    }
    Err(StoreError::WrongKey(path.to_owned()))
}

fn rewrap_files(dir: &Path, old: &Vault, new: &Vault) -> Result<(), StoreError> {
    let io = |source| StoreError::Io { path: dir.to_owned(), source };
    if !dir.exists() {
        return Ok(());
    }
    for entry in std::fs::read_dir(dir).map_err(io)? {
        old.files().rewrap(&entry.map_err(io)?.path(), &new.files())?;
    }
    Ok(())
}

async fn reseal(conn: &mut SqliteConnection, old: &Vault, new: &Vault) -> Result<(), StoreError> {
    let mut tx = conn.begin().await?;
    for (select, update) in SEALED {
        for row in sqlx::query(select).fetch_all(&mut *tx).await? {
            let (id, kind, connection): (String, String, String) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            let version: u32 = row.try_get(3)?;
            let sealed: Vec<u8> = row.try_get(4)?;
            if new.open_sealed(&kind, &connection, version, &sealed).is_ok() {
                continue;
            }
            let plain = old.open_sealed(&kind, &connection, version, &sealed)?;
            let fresh = new.seal(&kind, &connection, version, &plain)?;
            sqlx::query(update).bind(fresh).bind(id).execute(&mut *tx).await?;
        }
    }
    sqlx::query("DELETE FROM pending_oauth").execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests;
