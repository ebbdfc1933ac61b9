//! Queuing a file for a provider: from a mail, or from a folder of this computer.

use std::{io::Read as _, path::Path};

use domain::{
    audit::{Actor, Outcome},
    ids::{AccountId, AttachmentId, ConnectionId, MessageId, OutboxId},
    outbox::{OutboxItem, OutboxOp, OutboxState},
};
use store::{INLINE_MAX, NewOutbox, RawBody, SavedFile};

use crate::{Engine, EngineError, compose::mime_of, core::audit, mime, read::on_pool};

/// For as long the person may take it back before anything is sent.
const UNDO_WINDOW_MS: i64 = 4_000;
/// Largest file that is queued: it lies here, sealed, until the provider has it.
const LARGEST: u64 = 2 * 1024 * 1024 * 1024;
const STEP: usize = 64 * 1024;

/// What became of saving a file of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedFileView {
    pub outbox: OutboxId,
    pub connection: ConnectionId,
    pub attachment: AttachmentId,
    /// `queued`, `sending`, `failed` or `saved`.
    pub state: &'static str,
    /// Why it is not there yet, where there is more to say.
    pub words: String,
    /// Its page at the provider, once it is there.
    pub link: Option<String>,
}

impl Engine {
    /// Queues a file of a mail. One that waits for the same place already is not queued twice.
    pub async fn save_attachment_to(&self, id: AttachmentId, connection: &ConnectionId, actor: Actor) -> Result<OutboxId, EngineError> {
        let place = self.file_place(Some(connection)).await?;
        let message = self.store().attachment(id).await?.message;
        let waiting = self
            .store()
            .saved_files(message)
            .await?
            .into_iter()
            .find(|(file, _)| file.attachment == Some(id) && file.connection == place.connection && file.saved_at.is_none());
        if let Some((file, _)) = waiting {
            return Ok(file.outbox);
        }
        let attachment = self.attachment(id).await?;
        let op = OutboxOp::PutFile {
            name: mime::file_name(&attachment.name),
            mime: attachment.mime,
            size: attachment.bytes.len() as u64,
            attachment: Some(id),
        };
        let raw = self.raw_body(&attachment.bytes)?;
        self.queue_file(place.connection, op, raw, actor).await
    }

    /// Queues a file of this computer, under its own name.
    pub async fn put_file(&self, path: &Path, connection: Option<&ConnectionId>, actor: Actor) -> Result<OutboxId, EngineError> {
        let place = self.file_place(connection).await?;
        let name = path.file_name().map(|n| mime::file_name(&n.to_string_lossy())).unwrap_or_default();
        let raw = self.seal_file(path).await?;
        let op = OutboxOp::PutFile { mime: mime_of(&name).to_owned(), name, size: raw.len(), attachment: None };
        self.queue_file(place.connection, op, raw, actor).await
    }

    async fn queue_file(&self, connection: ConnectionId, op: OutboxOp, raw: RawBody, actor: Actor) -> Result<OutboxId, EngineError> {
        let now = self.now();
        let entry = audit(actor, "file.queued", format!("connection:{connection}"), Outcome::Ok, format!("bytes={}", raw.len()));
        let new = NewOutbox {
            connection: connection.clone(),
            // Files are of no mail account.
            account: AccountId(0),
            thread: None,
            idempotency_key: uuid::Uuid::new_v4().to_string(),
            op,
            not_before: now.plus_millis(UNDO_WINDOW_MS),
            raw: Some(raw),
            draft: None,
        };
        let id = self.store().enqueue(new, &entry, now).await?;
        self.emit().outbox(&connection, id);
        self.inner.wake_outbox.notify_one();
        Ok(id)
    }

    /// Read once, sealed at once: it may change or go while it waits.
    async fn seal_file(&self, path: &Path) -> Result<RawBody, EngineError> {
        let (path, mut sink) = (path.to_owned(), self.store().new_file()?);
        on_pool(move || {
            let shown = path.display().to_string();
            let failed = |e: std::io::Error| {
                EngineError::new("no_file", format!("{shown} can't be read: {e}"), "Check the path and its permissions.")
            };
            let mut file = std::fs::File::open(&path).map_err(failed)?;
            let about = file.metadata().map_err(failed)?;
            if !about.is_file() {
                return Err(EngineError::new("no_file", format!("{shown} is no file."), "Pack a folder into one file first."));
            }
            if about.len() > LARGEST {
                return Err(EngineError::new(
                    "too_large",
                    format!("{shown} has more than 2 GB."),
                    "Put it there with the provider's own program.",
                ));
            }
            let mut small = Vec::new();
            let mut piece = vec![0; STEP];
            let mut large = false;
            loop {
                let read = file.read(&mut piece).map_err(failed)?;
                let bytes = piece.get(..read).unwrap_or_default();
                if bytes.is_empty() {
                    break;
                }
                if !large && small.len() + read <= INLINE_MAX {
                    small.extend_from_slice(bytes);
                    continue;
                }
                if !large {
                    sink.write(&small)?;
                    (large, small) = (true, Vec::new());
                }
                sink.write(bytes)?;
            }
            Ok(if large { RawBody::File(sink.finish()?) } else { RawBody::Inline(small) })
        })
        .await?
    }

    /// Every place that files of this mail were saved to, or are to be.
    pub async fn saved_files(&self, message: MessageId) -> Result<Vec<SavedFileView>, EngineError> {
        let all = self.store().saved_files(message).await?;
        Ok(all.into_iter().filter_map(|(file, item)| view(file, item.as_ref())).collect())
    }
}

fn view(file: SavedFile, item: Option<&OutboxItem>) -> Option<SavedFileView> {
    let (state, words) = match item.map(|i| &i.state) {
        _ if file.saved_at.is_some() => ("saved", String::new()),
        Some(OutboxState::Sending { .. }) => ("sending", String::new()),
        Some(OutboxState::Wedged { detail, .. }) => ("failed", detail.clone()),
        _ => ("queued", item.and_then(|i| i.last_error.clone()).unwrap_or_default()),
    };
    Some(SavedFileView { outbox: file.outbox, connection: file.connection, attachment: file.attachment?, state, words, link: file.link })
}
