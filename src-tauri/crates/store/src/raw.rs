//! Raw bytes: small ones in the database, large ones in sealed files, both behind one reader.

use std::io::Write;

use domain::ids::MessageId;
use sqlx::{Row as _, SqliteConnection};
use vault::{ChunkReader, ChunkWriter, SealedFile};

use crate::{commit::RawBody, error::StoreError, open::Store, packed};

/// Bodies up to this many bytes lie in the database.
pub const INLINE_MAX: usize = 256 * 1024;

/// Writes a new sealed file. Dropped unfinished, it leaves nothing.
pub struct FileSink(ChunkWriter);

impl FileSink {
    /// Blocks for the disk; hand it pieces of 64 KiB or so.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        Ok(self.0.write(bytes)?)
    }
    /// Waits for the disk. The file is removed at the next start unless a row takes it.
    pub fn finish(self) -> Result<SealedFile, StoreError> {
        Ok(self.0.finish()?)
    }
}

/// Reads raw bytes with bounded memory.
pub struct RawReader(Source);

enum Source {
    Inline(Vec<u8>),
    File(Box<ChunkReader>),
}

impl RawReader {
    pub fn len(&self) -> u64 {
        match &self.0 {
            Source::Inline(bytes) => bytes.len() as u64,
            Source::File(file) => file.len(),
        }
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Everything, refused beyond `max` bytes.
    pub fn read_to_end(self, max: u64) -> Result<Vec<u8>, StoreError> {
        if self.len() > max {
            return Err(StoreError::TooLarge { what: "this message or file", max });
        }
        match self.0 {
            Source::Inline(bytes) => Ok(bytes),
            Source::File(mut file) => Ok(file.read_all(max)?),
        }
    }
    /// At most the first `max` bytes: the header of a large message without the rest.
    pub fn head(self, max: u64) -> Result<Vec<u8>, StoreError> {
        let max = usize::try_from(max).unwrap_or(usize::MAX);
        match self.0 {
            Source::Inline(mut bytes) => {
                bytes.truncate(max);
                Ok(bytes)
            }
            Source::File(mut file) => Ok(file.read_at(0, max)?),
        }
    }
    pub fn copy_to(self, to: &mut dyn Write) -> Result<(), StoreError> {
        match self.0 {
            Source::Inline(bytes) => to.write_all(&bytes).map_err(|source| StoreError::Io { path: "the output".into(), source }),
            Source::File(mut file) => Ok(file.copy_to(to)?),
        }
    }
}

/// The two columns that hold raw bytes.
pub(crate) fn columns(raw: &RawBody) -> (Option<&[u8]>, Option<&str>, i64) {
    match raw {
        RawBody::Inline(bytes) => (Some(bytes), None, bytes.len() as i64),
        RawBody::File(file) => (None, Some(&file.name), file.len as i64),
    }
}

/// Notes a sealed file that no row will take.
pub(crate) async fn reject(tx: &mut SqliteConnection, raw: &RawBody) -> Result<(), StoreError> {
    if let RawBody::File(file) = raw {
        sqlx::query("INSERT OR IGNORE INTO dead_file (name) VALUES (?)").bind(&file.name).execute(tx).await?;
    }
    Ok(())
}

impl Store {
    /// Starts a sealed file for a body above [`INLINE_MAX`].
    pub fn new_file(&self) -> Result<FileSink, StoreError> {
        let name = self.inner.sealer.random_name()?;
        Ok(FileSink(self.inner.sealer.create(&self.inner.files_dir.join(name))?))
    }

    /// Removes a finished file that was not used after all.
    pub fn discard_file(&self, file: &SealedFile) -> Result<(), StoreError> {
        remove(&self.inner.files_dir.join(&file.name))
    }

    pub(crate) fn reader_of(&self, data: Option<Vec<u8>>, file: Option<String>) -> Result<RawReader, StoreError> {
        match (data, file) {
            (_, Some(name)) => Ok(RawReader(Source::File(Box::new(self.inner.sealer.open(&self.inner.files_dir.join(name))?)))),
            (data, None) => Ok(RawReader(Source::Inline(data.unwrap_or_default()))),
        }
    }

    pub async fn raw_reader(&self, message: MessageId) -> Result<RawReader, StoreError> {
        let row = sqlx::query("SELECT r.data, r.file, r.len, r.packed FROM message m JOIN raw r ON r.mail = m.mail WHERE m.id = ?")
            .bind(message.0)
            .fetch_optional(&self.inner.readers)
            .await?
            .ok_or_else(|| StoreError::missing("message", message))?;
        let data = match row.try_get::<Option<Vec<u8>>, _>(0)? {
            Some(data) => Some(packed::unpack(data, row.try_get(2)?, row.try_get(3)?)?.raw),
            None => None,
        };
        self.reader_of(data, row.try_get(1)?)
    }

    /// The RFC 5322 bytes as they came, refused beyond `max`.
    pub async fn raw(&self, message: MessageId, max: u64) -> Result<Vec<u8>, StoreError> {
        let reader = self.raw_reader(message).await?;
        tokio::task::spawn_blocking(move || reader.read_to_end(max))
            .await
            .map_err(|e| StoreError::Io { path: "the reader".into(), source: std::io::Error::other(e) })?
    }

    /// Removes the files whose rows are gone. Runs after every transaction that may leave some, and at open.
    pub(crate) async fn bury_dead_files(&self) -> Result<u64, StoreError> {
        let names = sqlx::query_scalar::<_, String>("SELECT name FROM dead_file").fetch_all(&self.inner.readers).await?;
        if names.is_empty() {
            return Ok(0);
        }
        for name in &names {
            remove(&self.inner.files_dir.join(name))?;
        }
        let mut tx = self.write().await?;
        for name in &names {
            sqlx::query("DELETE FROM dead_file WHERE name = ?").bind(name).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(names.len() as u64)
    }
}

fn remove(path: &std::path::Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(StoreError::Io { path: path.to_owned(), source }),
    }
}
