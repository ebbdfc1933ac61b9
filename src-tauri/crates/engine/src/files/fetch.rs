//! A file from its provider to a folder of this computer.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use domain::{
    audit::Actor,
    error::ProviderError,
    files::{FileSink, RemoteFile},
    ids::{ConnectionId, RemoteId},
};
use tokio::io::AsyncWriteExt as _;

use crate::{Engine, EngineError, core::on_connection, quarantine};

/// A file that is being written; nobody but the person may read it.
struct Writer(tokio::fs::File);

#[async_trait]
impl FileSink for Writer {
    async fn chunk(&mut self, bytes: &[u8]) -> Result<(), ProviderError> {
        self.0.write_all(bytes).await.map_err(|e| match e.kind() {
            std::io::ErrorKind::StorageFull => ProviderError::DiskFull,
            _ => ProviderError::Sink(e.to_string()),
        })
    }
}

/// Removes what was begun, unless it came to its end: half a file under a name that looks like a whole one is worse than none.
struct Unfinished(Option<PathBuf>);

impl Unfinished {
    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(path) = self.0.take()
            && let Err(e) = std::fs::remove_file(&path)
        {
            tracing::warn!(kind = %e.kind(), "an unfinished file could not be removed");
        }
    }
}

impl Engine {
    /// Into a new file at `to`: nothing that is there is overwritten, and nothing of a transfer that failed stays.
    pub async fn fetch_file(&self, connection: &ConnectionId, id: &RemoteId, to: &Path, actor: Actor) -> Result<RemoteFile, EngineError> {
        let connection = self.store().connection(connection).await?;
        let source = self.require_files(&connection)?;
        let failed = |e: std::io::Error| {
            EngineError::new(
                "save_failed",
                format!("{} could not be written: {e}", to.display()),
                "Choose a folder that is writable and a name that is free.",
            )
        };
        let mut options = tokio::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        options.mode(0o600);
        let mut writer = Writer(options.open(to).await.map_err(failed)?);
        let unfinished = Unfinished(Some(to.to_owned()));
        let file = match source.get(id, &mut writer).await {
            Ok(file) => file,
            Err(e) => {
                self.note_provider_error(&connection, &e).await;
                return Err(e.into());
            }
        };
        writer.0.sync_all().await.map_err(failed)?;
        unfinished.keep();
        if let Err(e) = quarantine::mark(to, self.now()) {
            tracing::warn!(kind = %e.kind(), "a fetched file could not be marked as coming from the internet");
        }
        let detail = format!("bytes={}", file.size.unwrap_or_default());
        self.audit_only(on_connection(actor, "file.fetched", &connection.id, detail)).await;
        Ok(file)
    }
}
