//! A file from its provider: to a folder of this computer, or into a draft.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use domain::{
    audit::Actor,
    error::ProviderError,
    files::{FileSink, RemoteFile},
    ids::{ConnectionId, DraftId, RemoteId},
};
use tokio::io::AsyncWriteExt as _;

use crate::{
    Engine, EngineError,
    compose::{ATTACHMENTS_MAX, check_size, mime_of},
    core::on_connection,
    mime, quarantine,
    views::DraftView,
};

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

/// A file that goes into a mail: those are small enough to be held.
struct Held(Vec<u8>);

#[async_trait]
impl FileSink for Held {
    async fn chunk(&mut self, bytes: &[u8]) -> Result<(), ProviderError> {
        if (self.0.len() + bytes.len()) as u64 > ATTACHMENTS_MAX {
            return Err(ProviderError::Refused("This file is larger than it was said to be.".to_owned()));
        }
        self.0.extend_from_slice(bytes);
        Ok(())
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

    /// Attaches a file to a draft: it is fetched now, and is the draft's own from then on.
    pub async fn attach_remote(&self, draft: DraftId, connection: &ConnectionId, id: &RemoteId) -> Result<DraftView, EngineError> {
        let connection = self.store().connection(connection).await?;
        let source = self.require_files(&connection)?;
        // One that is too large is not fetched first to find that out.
        let about = source.about(id).await?;
        check_size(0, about.size.unwrap_or_default(), &about.name)?;
        let mut held = Held(Vec::new());
        let file = source.get(id, &mut held).await?;
        let mime = if file.mime.is_empty() { mime_of(&file.name).to_owned() } else { file.mime };
        self.attach(draft, &mime::file_name(&file.name), &mime, held.0).await
    }
}
