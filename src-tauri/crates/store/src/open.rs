//! Opening the file, and the two ways to write to it.
//!
//! One writer behind a fair lock, three readers that can only read. Commits of synced mail use `synchronous = NORMAL` (a power
//! cut may lose the last ones; the cursor is lost with them, so they come again). What can't come again, tokens, outbox and
//! audit, is committed with `FULL` before the caller goes on.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use domain::time::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{
    Connection as _, Sqlite, SqlitePool, Transaction,
    sqlite::{SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::{Mutex, OwnedMutexGuard};
use vault::FileSealer;

use crate::{
    calm,
    commit::RawBody,
    error::{StoreError, sqlite_code},
    raw::{Claims, Doubtful},
};

pub(crate) static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

const READERS: u32 = 3;
/// First bytes of a database without encryption; SQLCipher files begin with a random salt.
const PLAIN_MAGIC: &[u8; 16] = b"SQLite format 3\0";
pub(crate) const PAGE: u64 = 4096;
/// How long a store that nobody closed waits for its connections to end.
const CLOSING: Duration = Duration::from_secs(2);

/// What [`Store::open`] needs.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    pub path: PathBuf,
    /// Folder of the sealed files; created when missing.
    pub files_dir: PathBuf,
    /// 64 hex digits.
    pub key: SecretString,
    pub sealer: FileSealer,
}

/// The store of one home. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) path: PathBuf,
    pub(crate) files_dir: PathBuf,
    pub(crate) sealer: FileSealer,
    writer: SqlitePool,
    pub(crate) readers: SqlitePool,
    gate: Arc<Mutex<()>>,
    /// The writer's connection is set to `synchronous = FULL` at the moment.
    full: AtomicBool,
    /// Sealed files whose commit nobody saw end.
    pub(crate) doubtful: Arc<Doubtful>,
    /// Pages are being given back to the file system.
    pub(crate) giving_back: AtomicBool,
}

/// When the process ends, SQLCipher gives back memory (its `atexit`) that the threads of open connections still use. So none of them
/// outlives its store, not even one that nobody closed (the program's runtime has several threads).
impl Drop for Inner {
    fn drop(&mut self) {
        close_before_going(&self.writer, &self.readers);
    }
}

/// Blocks for as long as it takes, at most [`CLOSING`].
fn close_before_going(writer: &SqlitePool, readers: &SqlitePool) {
    use tokio::runtime::{Handle, RuntimeFlavor};
    // A connection in use comes back as a task; on the only thread of a runtime, to wait for it here would be for ever.
    let alone = Handle::try_current().is_ok_and(|here| here.runtime_flavor() == RuntimeFlavor::CurrentThread);
    if alone || (writer.is_closed() && readers.is_closed()) {
        return;
    }
    let (writer, readers) = (writer.clone(), readers.clone());
    // On a thread of its own, for this may be one of a runtime, where nothing may wait.
    let closing = std::thread::Builder::new().name("store closing".to_owned()).spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_time().build() else { return };
        let close = async {
            readers.close().await;
            writer.close().await;
        };
        let _ = runtime.block_on(async { tokio::time::timeout(CLOSING, close).await });
    });
    if let Ok(closing) = closing {
        let _ = closing.join();
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

/// A write transaction. Dropped without [`Self::commit`], it rolls back.
pub(crate) struct WriteTx {
    pub(crate) tx: Transaction<'static, Sqlite>,
    claims: Claims,
    _turn: OwnedMutexGuard<()>,
}

impl WriteTx {
    /// With the commit the sealed file of `raw` belongs to a row, or is marked for removal.
    pub(crate) fn takes(&mut self, raw: &RawBody) {
        self.claims.add(raw);
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        self.claims.committing();
        self.tx.commit().await?;
        self.claims.committed();
        Ok(())
    }
}

impl std::ops::Deref for WriteTx {
    type Target = sqlx::SqliteConnection;
    fn deref(&self) -> &Self::Target {
        &self.tx
    }
}
impl std::ops::DerefMut for WriteTx {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.tx
    }
}

impl Store {
    /// Opens or creates the store. Refuses, without changing a byte, what is not an encrypted database of this key.
    pub async fn open(options: StoreOptions) -> Result<Self, StoreError> {
        let StoreOptions { path, files_dir, key, sealer } = options;
        check_file(&path)?;
        create_private_dir(&files_dir)?;
        let base = connect_options(&path, &key);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            // Not by the pool itself: the connection's thread takes its priority from the thread that begins it (store::calm).
            .min_connections(0)
            .idle_timeout(None)
            .max_lifetime(None)
            .acquire_timeout(Duration::from_mins(2))
            .connect_lazy_with(
                base.clone()
                    .create_if_missing(true)
                    .auto_vacuum(SqliteAutoVacuum::Incremental)
                    .pragma("secure_delete", "ON")
                    // A sync of 100,000 mails takes no longer with it than with four times as much.
                    .pragma("cache_size", "-16384")
                    .pragma("journal_size_limit", "67108864")
                    // Pages: 32 MB. A commit of a thousand mails writes half of that, and what two of them write twice is copied once.
                    .pragma("wal_autocheckpoint", "8000")
                    .statement_cache_capacity(256),
            );
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .min_connections(0)
            .idle_timeout(None)
            .max_lifetime(None)
            .acquire_timeout(Duration::from_mins(1))
            .connect_lazy_with(
                base.create_if_missing(false).pragma("query_only", "ON").pragma("cache_size", "-16384").statement_cache_capacity(128),
            );
        let inner = Inner {
            path,
            files_dir,
            sealer,
            writer,
            readers,
            gate: Arc::new(Mutex::new(())),
            full: AtomicBool::new(false),
            doubtful: Arc::default(),
            giving_back: AtomicBool::new(false),
        };
        // From here on whatever fails also closes what was opened.
        let store = Self { inner: Arc::new(inner) };
        let (path, writer) = (store.path(), &store.inner.writer);
        let pool = writer.clone();
        let first =
            calm::wait(async move { pool.acquire().await }).await.map_err(|e| StoreError::Io { path: path.to_owned(), source: e })?;
        let mut first = first.map_err(|e| open_error(path, e))?;
        let cipher: Option<String> = sqlx::query_scalar("PRAGMA cipher_version").fetch_optional(&mut *first).await?;
        if cipher.is_none_or(|v| v.is_empty()) {
            return Err(StoreError::NoCipher);
        }
        sqlx::query("SELECT count(*) FROM sqlite_schema").fetch_one(&mut *first).await.map_err(|e| open_error(path, e))?;
        drop(first);
        MIGRATIONS.run(writer).await.map_err(|e| migrate_error(path, e))?;
        restrict(path);
        drop(store.inner.readers.acquire().await.map_err(|e| open_error(path, e))?);
        store.bury_dead_files().await?;
        store.learn_names().await?;
        crate::leaving::drop_old_if_empty(&store).await?;
        Ok(store)
    }

    /// Checkpoints and closes all connections. Clones fail afterwards.
    pub async fn close(&self) {
        self.inner.readers.close().await;
        self.inner.writer.close().await;
    }

    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Moves a damaged database (with its WAL) aside under a new name in the same folder. Deletes nothing. The store must
    /// not be open.
    pub fn set_aside(path: &Path, now: Timestamp) -> Result<PathBuf, StoreError> {
        let base = path.file_name().and_then(|n| n.to_str()).unwrap_or("store.db").to_owned();
        let mut target = path.with_file_name(format!("{base}.aside-{}", now.secs()));
        let mut n = 1;
        while target.exists() {
            target = path.with_file_name(format!("{base}.aside-{}-{n}", now.secs()));
            n += 1;
        }
        for suffix in ["", "-wal", "-shm"] {
            let (from, to) = (with_suffix(path, suffix), with_suffix(&target, suffix));
            match std::fs::rename(&from, &to) {
                Ok(()) => {}
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
                Err(source) => return Err(StoreError::Io { path: from, source }),
            }
        }
        Ok(target)
    }

    /// A transaction whose loss a power cut may cause (synced data and its cursor together).
    pub(crate) async fn write(&self) -> Result<WriteTx, StoreError> {
        self.begin(false).await
    }

    /// A transaction that is on the disk when its commit returns.
    pub(crate) async fn write_durably(&self) -> Result<WriteTx, StoreError> {
        self.begin(true).await
    }

    async fn begin(&self, full: bool) -> Result<WriteTx, StoreError> {
        let turn = Arc::clone(&self.inner.gate).lock_owned().await;
        let mut tx = match self.begin_as(full).await {
            Err(sqlx::Error::InvalidSavePointStatement) => {
                heal(&self.inner.writer, 1).await?;
                self.inner.full.store(false, Ordering::Release);
                self.begin_as(full).await?
            }
            begun => begun?,
        };
        // Here every earlier commit has ended one way or the other.
        self.settle_doubtful(&mut tx).await?;
        Ok(WriteTx { tx, claims: Claims::default(), _turn: turn })
    }

    /// With the turn held.
    async fn begin_as(&self, full: bool) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        if self.inner.full.load(Ordering::Acquire) != full {
            // Outside any transaction: SQLite ignores the change inside one.
            let pragma = if full { "PRAGMA synchronous = FULL" } else { "PRAGMA synchronous = NORMAL" };
            sqlx::query(pragma).execute(&self.inner.writer).await?;
            self.inner.full.store(full, Ordering::Release);
        }
        self.inner.writer.begin_with("BEGIN IMMEDIATE").await
    }

    /// A consistent snapshot for several reads.
    pub(crate) async fn read(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        match self.inner.readers.begin_with("BEGIN").await {
            Err(sqlx::Error::InvalidSavePointStatement) => {
                heal(&self.inner.readers, READERS).await?;
                Ok(self.inner.readers.begin_with("BEGIN").await?)
            }
            other => Ok(other?),
        }
    }

    /// One connection outside of a transaction, for PRAGMAs that refuse to run inside one.
    pub(crate) async fn exclusive(&self) -> Result<(sqlx::pool::PoolConnection<Sqlite>, OwnedMutexGuard<()>), StoreError> {
        let turn = Arc::clone(&self.inner.gate).lock_owned().await;
        Ok((self.inner.writer.acquire().await?, turn))
    }
}

/// A full disk or a failed read makes SQLite roll a transaction back by itself; sqlx goes on counting it as open and would refuse every
/// later one on that connection. Such connections are replaced by new ones. `size`: of the pool.
async fn heal(pool: &SqlitePool, size: u32) -> Result<(), StoreError> {
    let mut seen = Vec::new();
    for _ in 0..size {
        let conn = pool.acquire().await?;
        if conn.is_in_transaction() {
            tracing::warn!("a connection to the store was replaced after a transaction that ended by itself");
            conn.close().await?;
        } else {
            seen.push(conn);
        }
    }
    Ok(())
}

pub(crate) fn connect_options(path: &Path, key: &SecretString) -> SqliteConnectOptions {
    // A raw key: no PBKDF2 per connection. sqlx runs `key` before every other PRAGMA, so what must come before the first page is
    // read rides on it: without the log level SQLCipher writes its own words to stderr, where a command line's error belongs.
    SqliteConnectOptions::new()
        .filename(path)
        .pragma("key", format!("\"x'{}'\"; PRAGMA cipher_log_level = NONE", key.expose_secret()))
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(30))
        .pragma("temp_store", "MEMORY")
}

fn check_file(path: &Path) -> Result<(), StoreError> {
    use std::io::Read as _;
    let io = |source| StoreError::Io { path: path.to_owned(), source };
    let mut file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(io(e)),
    };
    let len = file.metadata().map_err(io)?.len();
    let mut head = Vec::with_capacity(16);
    (&mut file).take(16).read_to_end(&mut head).map_err(io)?;
    if head.starts_with(b"SQLite format 3") || head == PLAIN_MAGIC {
        return Err(StoreError::Plaintext(path.to_owned()));
    }
    // Length 0 is a store whose creation was cut short, or whose pages are all still in the WAL: SQLite knows.
    // A checkpoint or a rollback that was cut off in the middle of a page is made good from the log or the journal beside it.
    let recoverable = ["-wal", "-journal"].iter().any(|s| std::fs::metadata(with_suffix(path, s)).is_ok_and(|m| m.len() > 0));
    if len % PAGE != 0 && !recoverable {
        return Err(StoreError::Corrupt(format!("{} was cut off in the middle of a page", path.display())));
    }
    Ok(())
}

fn open_error(path: &Path, e: sqlx::Error) -> StoreError {
    match sqlite_code(&e) {
        Some(26) => StoreError::WrongKey(path.to_owned()),
        Some(14) => StoreError::Io { path: path.to_owned(), source: std::io::Error::other(e) },
        _ => e.into(),
    }
}

fn migrate_error(path: &Path, e: sqlx::migrate::MigrateError) -> StoreError {
    use sqlx::migrate::MigrateError as M;
    match e {
        M::Execute(e) | M::ExecuteMigration(e, _) => open_error(path, e),
        M::VersionMissing(_) | M::VersionTooNew(..) => StoreError::Newer,
        M::VersionMismatch(step) => StoreError::OtherBuild(step),
        e => StoreError::Sql(sqlx::Error::Migrate(Box::new(e))),
    }
}

pub(crate) fn create_private_dir(dir: &Path) -> Result<(), StoreError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(dir).map_err(|source| StoreError::Io { path: dir.to_owned(), source })
}

/// Owner only. Best effort: the folder around it is private too.
fn restrict(path: &Path) {
    #[cfg(unix)]
    for suffix in ["", "-wal", "-shm"] {
        use std::os::unix::fs::PermissionsExt as _;
        let _ = std::fs::set_permissions(with_suffix(path, suffix), std::fs::Permissions::from_mode(0o600));
    }
    #[cfg(not(unix))]
    let _ = path;
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests;
