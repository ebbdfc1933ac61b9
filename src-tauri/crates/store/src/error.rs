//! What can go wrong in the store, sorted by what the person or the engine does next.

use std::path::PathBuf;

use thiserror::Error;
use vault::VaultError;

/// `Display` is fit for the person; the sources are for the log. Holds no content.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// An ordinary SQLite file where an encrypted one belongs.
    #[error("{0} is not encrypted; Aurelius does not open it")]
    Plaintext(PathBuf),
    /// Linked against a SQLite without encryption: refused before a byte is written.
    #[error("this build has no database encryption")]
    NoCipher,
    /// Another home's key, a foreign file, or a damaged first page: they can't be told apart.
    #[error("{0} can't be read with the key of this home")]
    WrongKey(PathBuf),
    #[error("the database is damaged: {0}")]
    Corrupt(String),
    #[error("the disk is full")]
    Full,
    /// The schema was written by a later version.
    #[error("the database was written by a newer version of Aurelius")]
    Newer,
    /// A step of its schema is not the one that this build knows under the same number.
    #[error("the database was set up by another build of Aurelius (step {0} of its schema differs)")]
    OtherBuild(i64),
    #[error("{what} {id} does not exist")]
    NotFound { what: &'static str, id: String },
    /// Already there, or changed meanwhile.
    #[error("{0}")]
    Conflict(String),
    /// Not what a page before gave as its `next`.
    #[error("{0:?} is not a cursor of this list")]
    Cursor(String),
    #[error("the database is busy")]
    Busy,
    #[error("{what} is larger than the {max} bytes allowed here")]
    TooLarge { what: &'static str, max: u64 },
    #[error("{path}: {source}")]
    Io {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("the database refused a statement: {0}")]
    Sql(#[source] sqlx::Error),
    #[error(transparent)]
    Seal(VaultError),
    #[error("a stored value can't be understood: {0}")]
    Json(#[from] serde_json::Error),
}

impl StoreError {
    pub(crate) fn missing(what: &'static str, id: impl std::fmt::Display) -> Self {
        Self::NotFound { what, id: id.to_string() }
    }

    /// Stable short name for the interface and `--json`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Plaintext(_) => "store_plaintext",
            Self::NoCipher => "store_no_cipher",
            Self::WrongKey(_) => "store_foreign",
            Self::Corrupt(_) => "store_corrupt",
            Self::Full => "disk_full",
            Self::Newer => "store_newer",
            Self::OtherBuild(_) => "store_other_build",
            Self::NotFound { .. } => "not_found",
            Self::Conflict(_) => "conflict",
            Self::Cursor(_) => "invalid",
            Self::Busy => "busy",
            Self::TooLarge { .. } => "too_large",
            Self::Io { .. } => "io",
            Self::Sql(_) | Self::Json(_) => "store",
            Self::Seal(e) => e.code(),
        }
    }

    /// What the person can do next.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Plaintext(_) => "Move the file away, then start again: everything is synced into a new, encrypted store.",
            Self::NoCipher => "Install a build from the project: this one must not be used.",
            Self::WrongKey(_) | Self::Corrupt(_) => {
                "Set the file aside (nothing is deleted) and sync again, or restore store.db from a backup of this home."
            }
            Self::Full => "Free some disk space; Aurelius goes on by itself.",
            Self::Newer => "Install the newest version of Aurelius.",
            Self::OtherBuild(_) => "Open it with the build that made it, or install a release of the project; nothing was changed.",
            Self::NotFound { .. } => "It may have been deleted meanwhile: look at the list again.",
            Self::Conflict(_) => "Look at the newest state, then try again.",
            Self::Cursor(_) => "Go on with the `next` of the page before, or begin with the first page.",
            Self::Busy => "Try again in a moment.",
            Self::TooLarge { .. } => "Save it to a file instead of opening it here.",
            Self::Io { .. } => "Check that the folder exists and can be written.",
            Self::Sql(_) | Self::Json(_) => "Run `aurelius-cli doctor`; report it with its output.",
            Self::Seal(e) => e.hint(),
        }
    }

    /// Whether the database file itself is unusable and can be set aside.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Plaintext(_) | Self::WrongKey(_) | Self::Corrupt(_))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(e: sqlx::Error) -> Self {
        match sqlite_code(&e) {
            // Primary result codes: https://www.sqlite.org/rescode.html
            Some(13) => Self::Full,
            Some(11 | 26) => Self::Corrupt(e.to_string()),
            Some(1) if is_unauthentic(&e) => Self::Corrupt("a page of it was changed or damaged since it was written".to_owned()),
            Some(5 | 6) => Self::Busy,
            // SQLITE_IOERR_* of a full or failing disk: writes and syncs mostly mean "full" on file systems with delayed allocation.
            Some(10) if is_full(&e) => Self::Full,
            _ => match e {
                sqlx::Error::PoolTimedOut => Self::Busy,
                e => Self::Sql(e),
            },
        }
    }
}

impl From<VaultError> for StoreError {
    fn from(e: VaultError) -> Self {
        if e.code() == "disk_full" { Self::Full } else { Self::Seal(e) }
    }
}

/// The primary result code (the low byte of the extended one).
pub(crate) fn sqlite_code(e: &sqlx::Error) -> Option<i32> {
    let sqlx::Error::Database(db) = e else { return None };
    db.code()?.parse::<i32>().ok().map(|code| code & 0xff)
}

/// SQLCipher reports a page whose authentication fails as SQLITE_ERROR without words of its own; every mistake in a statement comes
/// with words.
fn is_unauthentic(e: &sqlx::Error) -> bool {
    matches!(e, sqlx::Error::Database(db) if db.message() == "SQL logic error")
}

fn is_full(e: &sqlx::Error) -> bool {
    // SQLITE_IOERR_WRITE = 10 | 3<<8, SQLITE_IOERR_FSYNC = 10 | 4<<8, SQLITE_IOERR_TRUNCATE = 10 | 6<<8, SHMSIZE = 10 | 19<<8
    let sqlx::Error::Database(db) = e else { return false };
    matches!(db.code().and_then(|c| c.parse::<i32>().ok()), Some(778 | 1034 | 1546 | 4874))
}
