//! Reading: lists, conversations, bodies, files, search. Nothing here writes, except what the person allows (images) and
//! saves (attachments). Lists come straight from the store's kept-up tables; bodies are parsed and cleaned now, when they
//! are opened, so that a better cleaner protects old mail too.

mod body;
mod images;
pub(crate) mod invite;
mod link;
mod named;

use std::path::{Path, PathBuf};

use domain::{
    ids::{AttachmentId, MessageId, ThreadId},
    mail::{Attachment, MailboxRole, MessageSummary, ThreadSummary},
    time::Timestamp,
};
use store::{Arrival, MessageFilter, Page, PageCursor, ThreadFilter, Window};

pub use body::{MessageBody, TrackerView, WarningView, show_inline};
pub(crate) use images::ImageCache;
pub use invite::{GuestView, InviteView, RepeatsView};

use crate::{
    Engine, EngineError, mime, quarantine,
    views::{AccountMailboxes, AttachmentBytes, ThreadDetail, UnifiedCounts},
};

/// A message is read whole into memory up to here; what is larger is shown by its first part.
pub(crate) const RAW_MAX: u64 = 64 * 1024 * 1024;

impl Engine {
    /// Every account with its mailboxes, in the order in which they were connected.
    pub async fn mailboxes(&self) -> Result<Vec<AccountMailboxes>, EngineError> {
        let mut all = self.store().mailboxes(None).await?;
        let accounts = self.store().accounts().await?;
        Ok(accounts
            .into_iter()
            .map(|account| {
                let (mailboxes, rest) = all.drain(..).partition(|m| m.account == account.id);
                all = rest;
                AccountMailboxes { account, mailboxes }
            })
            .collect())
    }

    pub async fn unified_counts(&self) -> Result<UnifiedCounts, EngineError> {
        let mut counts = UnifiedCounts { drafts: self.store().drafts().await?.len() as i64, ..UnifiedCounts::default() };
        for mailbox in self.store().mailboxes(None).await? {
            if mailbox.role == Some(MailboxRole::Inbox) {
                counts.inbox_unread += mailbox.unread;
                counts.accounts.push((mailbox.account, mailbox.unread));
            }
        }
        for item in self.store().outbox(false).await? {
            match item.state {
                domain::outbox::OutboxState::Wedged { .. } => counts.outbox_wedged += 1,
                _ => counts.outbox_waiting += 1,
            }
        }
        Ok(counts)
    }

    pub async fn threads(&self, filter: ThreadFilter, after: Option<PageCursor>, limit: u32) -> Result<Page<ThreadSummary>, EngineError> {
        Ok(self.store().threads(&filter, after.as_ref(), limit).await?)
    }

    /// Random access for a virtual list: total and rows from `offset`.
    pub async fn thread_window(&self, filter: ThreadFilter, offset: u64, limit: u32) -> Result<Window<ThreadSummary>, EngineError> {
        Ok(self.store().thread_window(&filter, offset, limit).await?)
    }

    pub async fn thread_count(&self, filter: ThreadFilter) -> Result<u64, EngineError> {
        Ok(self.store().thread_count(&filter).await?)
    }

    pub async fn thread(&self, id: ThreadId) -> Result<ThreadDetail, EngineError> {
        let details = self.store().thread_messages(id).await?;
        let first = details.first().ok_or_else(|| gone("conversation"))?;
        let (account, subject) = (first.summary.account, first.summary.subject.clone());
        let mut messages = Vec::with_capacity(details.len());
        let mut attachments = Vec::new();
        for detail in details {
            attachments.extend(detail.attachments);
            messages.push(detail.summary);
        }
        Ok(ThreadDetail { id, account, subject, messages, attachments })
    }

    pub async fn messages(
        &self,
        filter: MessageFilter,
        after: Option<PageCursor>,
        limit: u32,
    ) -> Result<Page<MessageSummary>, EngineError> {
        Ok(self.store().messages(&filter, after.as_ref(), limit).await?)
    }

    pub async fn message(&self, id: MessageId) -> Result<MessageSummary, EngineError> {
        Ok(self.store().message(id).await?.summary)
    }

    /// The stored bytes; an error beyond `max`.
    pub async fn raw(&self, id: MessageId, max: u64) -> Result<Vec<u8>, EngineError> {
        Ok(self.store().raw(id, max).await?)
    }

    /// Headers, text and structure; of the text at most `max` bytes.
    pub async fn message_source(&self, id: MessageId, max: usize) -> Result<mime::Source, EngineError> {
        let reader = self.store().raw_reader(id).await?;
        let more = reader.len() > RAW_MAX;
        let raw = reader.head(RAW_MAX)?;
        let mut source = on_pool(move || mime::source(&raw, max)).await?;
        source.truncated |= more;
        Ok(source)
    }

    pub async fn attachments(&self, id: MessageId) -> Result<Vec<Attachment>, EngineError> {
        Ok(self.store().attachments(id).await?)
    }

    pub async fn attachment(&self, id: AttachmentId) -> Result<AttachmentBytes, EngineError> {
        let attachment = self.store().attachment(id).await?;
        let raw = self.store().raw(attachment.message, RAW_MAX).await?;
        let part = on_pool(move || mime::part(&raw, attachment.part.part)).await?.ok_or_else(|| gone("attachment"))?;
        Ok(AttachmentBytes { name: attachment.part.name, mime: attachment.part.mime, bytes: part.bytes })
    }

    /// The worst of what the file's name, its declared type and its bytes say.
    pub async fn attachment_risk(&self, id: AttachmentId) -> Result<mime::Risk, EngineError> {
        let file = self.attachment(id).await?;
        on_pool(move || mime::risk(&file.name, &file.mime).max(mime::inside(&file.bytes))).await
    }

    /// The same for all attachments of a message, in their order, from one reading of it. Of a mail beyond what is read into
    /// memory, names and types are judged alone.
    pub async fn attachment_risks(&self, id: MessageId, all: &[Attachment]) -> Result<Vec<mime::Risk>, EngineError> {
        let told = all.iter().map(|a| mime::risk(&a.part.name, &a.part.mime));
        if all.is_empty() || self.store().raw_reader(id).await?.len() > RAW_MAX {
            return Ok(told.collect());
        }
        let raw = self.store().raw(id, RAW_MAX).await?;
        let parts: Vec<u32> = all.iter().map(|a| a.part.part).collect();
        let inside = on_pool(move || mime::insides(&raw, &parts)).await?;
        Ok(told.zip(inside).map(|(told, inside)| inside.map_or(told, |i| told.max(i))).collect())
    }

    /// Writes an attachment into `dir` under a name that is free there, marked as coming from the internet, and returns the path.
    /// The sender's name for it is reduced to a plain file name first.
    pub async fn save_attachment(&self, id: AttachmentId, dir: &Path) -> Result<PathBuf, EngineError> {
        let attachment = self.attachment(id).await?;
        let (dir, now) = (dir.to_owned(), self.now());
        let saved = on_pool(move || {
            let path = write_free(&dir, &mime::file_name(&attachment.name), &attachment.bytes)?;
            if let Err(e) = quarantine::mark(&path, now) {
                tracing::warn!(kind = %e.kind(), "a saved file could not be marked as coming from the internet");
            }
            Ok::<_, std::io::Error>(path)
        });
        let path = saved.await?.map_err(|e| {
            EngineError::new(
                "save_failed",
                format!("The file could not be saved: {e}"),
                "Check that the folder is there, writable and has space.",
            )
        })?;
        self.note_attachment(id, "attachment.saved").await;
        Ok(path)
    }

    /// A saved file was handed to the system to be opened.
    pub async fn attachment_opened(&self, id: AttachmentId) {
        self.note_attachment(id, "attachment.opened").await;
    }

    async fn note_attachment(&self, id: AttachmentId, action: &'static str) {
        let entry = crate::core::audit(domain::audit::Actor::Person, action, format!("attachment:{id}"), domain::audit::Outcome::Ok, "");
        self.audit_only(entry).await;
    }

    /// Unread mail of others that came to an inbox after `since`, newest first.
    pub async fn arrivals(&self, since: Timestamp, limit: u32) -> Result<Vec<Arrival>, EngineError> {
        Ok(self.store().arrivals(since, limit).await?)
    }

    /// Grows with every change that was told to the window.
    pub fn revision(&self) -> u64 {
        self.emit().revision()
    }
}

pub(crate) fn gone(what: &str) -> EngineError {
    EngineError::new(
        "not_found",
        format!("This {what} is no longer here."),
        "It was moved or deleted, here or elsewhere; the list is up to date again.",
    )
}

/// Parsing and cleaning are CPU work of up to some 100 ms for a hostile mail: not on the async threads.
pub(crate) async fn on_pool<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, EngineError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| {
        EngineError::new("unreadable", "This message could not be read.", "Look at its source; report it if you can share it.")
    })
}

fn write_free(dir: &Path, name: &str, bytes: &[u8]) -> std::io::Result<PathBuf> {
    use std::io::Write as _;
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => (stem, format!(".{extension}")),
        _ => (name, String::new()),
    };
    for n in 0..1000 {
        let candidate = dir.join(if n == 0 { name.to_owned() } else { format!("{stem} ({n}){extension}") });
        match std::fs::OpenOptions::new().write(true).create_new(true).open(&candidate) {
            Ok(mut file) => {
                file.write_all(bytes)?;
                return Ok(candidate);
            }
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(e),
        }
    }
    Err(std::io::Error::new(std::io::ErrorKind::AlreadyExists, "a thousand files of this name are there already"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_stay_inside_the_folder() {
        assert_eq!(mime::file_name("../../etc/passwd"), "passwd");
        assert_eq!(mime::file_name("C:\\x\\y.pdf"), "y.pdf");
        assert_eq!(mime::file_name("report\u{202e}fdp.exe"), "reportfdp.exe");
        assert_eq!(mime::file_name(" .. "), "attachment");
        assert_eq!(mime::file_name("Rechnung März.pdf"), "Rechnung März.pdf");
        assert_eq!(mime::file_name(".bashrc"), "bashrc", "nothing is hidden");
        assert!(mime::file_name(&format!("{}.pdf", "x".repeat(500))).ends_with(".pdf"));
        for reserved in ["CON", "nul.txt", "Com1.pdf", "LPT9"] {
            assert!(mime::file_name(reserved).starts_with('_'), "{reserved}");
        }
    }

    #[test]
    fn nothing_is_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let first = write_free(dir.path(), "a.pdf", b"1").unwrap();
        let second = write_free(dir.path(), "a.pdf", b"2").unwrap();
        assert_eq!(first.file_name().unwrap(), "a.pdf");
        assert_eq!(second.file_name().unwrap(), "a (1).pdf");
        assert_eq!(std::fs::read(first).unwrap(), b"1");
    }
}
