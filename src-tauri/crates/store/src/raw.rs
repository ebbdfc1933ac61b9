//! Raw bytes: small ones in the database, large ones in sealed files, both behind one reader.

mod stored;

use std::{collections::HashSet, io::Write, path::PathBuf, sync::Arc};

use domain::ids::MessageId;
use sqlx::{Row as _, SqliteConnection};
use vault::{ChunkReader, ChunkWriter};

pub use self::stored::StoredFile;
pub(crate) use self::stored::{Claims, Doubtful};

use crate::{commit::RawBody, error::StoreError, open::Store, packed};

/// Bodies up to this many bytes lie in the database.
pub const INLINE_MAX: usize = 256 * 1024;

/// Writes a new sealed file. Dropped unfinished, it leaves nothing.
pub struct FileSink {
    writer: ChunkWriter,
    path: PathBuf,
    doubtful: Arc<Doubtful>,
}

impl FileSink {
    /// Blocks for the disk; hand it pieces of 64 KiB or so.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        Ok(self.writer.write(bytes)?)
    }
    /// Waits for the disk. The file goes with the value that is returned, unless a committed row has taken it; where the program
    /// ends in between, at the next start.
    pub fn finish(self) -> Result<StoredFile, StoreError> {
        Ok(StoredFile::new(self.writer.finish()?, self.path, self.doubtful))
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
    /// `len` bytes from `offset`; fewer at the end alone. Blocks for the disk.
    pub fn read_at(&mut self, offset: u64, len: usize) -> Result<Vec<u8>, StoreError> {
        match &mut self.0 {
            Source::Inline(bytes) => {
                let from = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                Ok(bytes.iter().skip(from).take(len).copied().collect())
            }
            Source::File(file) => Ok(file.read_at(offset, len)?),
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
        RawBody::File(file) => (None, Some(file.named()), file.len as i64),
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
        let path = self.inner.files_dir.join(self.inner.sealer.random_name()?);
        let writer = self.inner.sealer.create(&path)?;
        Ok(FileSink { writer, path, doubtful: Arc::clone(&self.inner.doubtful) })
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

    /// Removes the files of commits whose outcome nobody saw (cut off, or failed while they were written), where no row has them.
    /// `tx`: the writer, so that whatever was under way has ended.
    pub(crate) async fn settle_doubtful(&self, tx: &mut SqliteConnection) -> Result<(), StoreError> {
        let names = self.inner.doubtful.names();
        if names.is_empty() {
            return Ok(());
        }
        let known = known_files(tx).await?;
        for name in &names {
            if !known.contains(name)
                && let Err(e) = remove(&self.inner.files_dir.join(name))
            {
                // Nobody's transaction fails for it: the sweep of the next start tries again.
                tracing::warn!(code = e.code(), "a sealed file without a row could not be removed");
            }
            self.inner.doubtful.settled(name);
        }
        Ok(())
    }

    /// Removes every sealed file that no row knows: what a program that was killed had finished, but not yet told the store. Only
    /// for a home that nobody else writes in, before anything is written in it.
    pub async fn sweep_files(&self) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        let known = known_files(&mut tx).await?;
        let mut removed = 0;
        for (name, _) in self.files()? {
            if !known.contains(&name) {
                remove(&self.inner.files_dir.join(&name))?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// (name, bytes) of every sealed file.
    pub(crate) fn files(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let io = |source| StoreError::Io { path: self.inner.files_dir.clone(), source };
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&self.inner.files_dir).map_err(io)? {
            let entry = entry.map_err(io)?;
            let Ok(meta) = entry.metadata() else { continue };
            if meta.is_file() {
                found.push((entry.file_name().to_string_lossy().into_owned(), meta.len()));
            }
        }
        Ok(found)
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

/// Names of all sealed files that a row has, or that are marked for removal. From indexes and small tables.
async fn known_files(tx: &mut SqliteConnection) -> Result<HashSet<String>, StoreError> {
    let names = sqlx::query_scalar::<_, String>(
        "SELECT file FROM raw WHERE file IS NOT NULL UNION ALL SELECT file FROM draft_attachment WHERE file IS NOT NULL \
         UNION ALL SELECT raw_file FROM outbox WHERE raw_file IS NOT NULL UNION ALL SELECT name FROM dead_file",
    );
    Ok(names.fetch_all(tx).await?.into_iter().collect())
}

fn remove(path: &std::path::Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(StoreError::Io { path: path.to_owned(), source }),
    }
}

#[cfg(test)]
mod tests;
