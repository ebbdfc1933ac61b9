//! What stands in the place of a message that its server can't deliver, and asking for it again.

use std::sync::Arc;

use domain::{
    error::ProviderError,
    ids::RemoteId,
    source::MailSource,
    sync::{RemoteMail, SyncCursor},
};
use store::CommitBatch;
use tokio_util::sync::CancellationToken;

use super::{Counts, ScopeJob, round::sink_error, sink::SpoolSink};
use crate::Engine;

/// Of a header, that is all that anybody needs to recognise a mail.
const HEADER_MAX: usize = 64 * 1024;
const KEPT: [&str; 11] =
    ["from", "sender", "to", "cc", "reply-to", "date", "subject", "message-id", "in-reply-to", "references", "list-id"];

/// A mail with what is known of the header that says why the rest is missing and what to do.
pub(super) fn note(header: &[u8], why: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut keep = false;
    for line in header.get(..header.len().min(HEADER_MAX)).unwrap_or_default().split(|b| *b == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            break;
        }
        if !line.starts_with(b" ") && !line.starts_with(b"\t") {
            let name = line.split(|b| *b == b':').next().unwrap_or_default().trim_ascii();
            keep = line.contains(&b':') && KEPT.iter().any(|kept| name.eq_ignore_ascii_case(kept.as_bytes()));
        }
        if keep {
            out.extend_from_slice(line);
            out.extend_from_slice(b"\r\n");
        }
    }
    if out.is_empty() {
        out.extend_from_slice(b"Subject: (a message that could not be read)\r\n");
    }
    let why: String = why.chars().filter(|c| !c.is_control()).collect();
    out.extend_from_slice(
        format!(
            "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\
             This message could not be read: {why}\r\n\r\n\
             Aurelius asks for it again from time to time and shows it here once it can be read. If it stays like this, look at it in \
             another program or at the provider's website, and tell whoever runs the mail server.\r\n"
        )
        .as_bytes(),
    );
    out
}

impl Engine {
    /// Asks for what could not be read before, at the end of a round and not at every one. What fails here fails no round.
    pub(super) async fn read_again(
        &self,
        source: &Arc<dyn MailSource>,
        job: &ScopeJob,
        next: SyncCursor,
        cancel: &CancellationToken,
        counts: &mut Counts,
    ) -> Result<(), ProviderError> {
        let store = &self.inner.store;
        let due = store.unreadable_due(job.scope.id, self.now()).await.map_err(sink_error)?;
        if due.is_empty() {
            return Ok(());
        }
        let mut missing: Vec<RemoteId> = due.iter().map(|mail| mail.id.clone()).collect();
        // Before anything is asked: a server that breaks over it must not be asked at every round either.
        store.unreadable_later(job.scope.id, &missing, self.now()).await.map_err(sink_error)?;
        let mut sink = SpoolSink::new(store.clone(), due.into_iter().map(bare).collect());
        let fetched = tokio::select! {
            () = cancel.cancelled() => return Err(ProviderError::Cancelled),
            done = source.fetch(&job.scope, &missing, &mut sink) => done,
        };
        counts.bytes += sink.bytes();
        if let Err(error) = fetched {
            tracing::debug!(code = error.code(), "a message still can't be read");
        }
        let mut upserts = sink.parsed().await?;
        upserts.retain(|mail| mail.unreadable.is_none());
        missing.retain(|id| upserts.iter().any(|mail| &mail.remote.id == id));
        if upserts.is_empty() {
            return Ok(());
        }
        let commit = CommitBatch {
            scope: job.scope.clone(),
            account: job.account,
            upserts,
            updates: Vec::new(),
            // The note goes in the same transaction in which the message comes.
            gone: missing,
            present: None,
            reset: false,
            next,
            more: false,
            progress: None,
            now: self.now(),
        };
        let report = store.commit_batch(commit).await.map_err(sink_error)?;
        counts.updated += report.added;
        self.tell(job, &report, None);
        Ok(())
    }
}

/// Its size is the note's.
fn bare(mut mail: RemoteMail) -> RemoteMail {
    mail.size = None;
    mail
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::note;

    #[test]
    fn a_note_has_the_header_and_the_reason_and_nothing_that_could_be_taken_for_the_body() {
        let header = b"Received: by x\r\nFrom: Ada <ada@x.example>\r\nSubject: long\r\n and folded\r\nContent-Type: multipart/mixed;\r\n boundary=b\r\n\r\n--b";
        let text = String::from_utf8(note(header, "mail.example says: corrupt\r\nX-Evil: 1")).unwrap();
        let parsed = crate::mime::parse(text.as_bytes(), &crate::mime::Limits::default());
        assert_eq!((parsed.subject.as_str(), parsed.from.first().unwrap().email.as_str()), ("long and folded", "ada@x.example"));
        assert!(parsed.text.contains("mail.example says: corrupt") && parsed.text.contains("asks for it again"), "{}", parsed.text);
        assert!(!text.contains("multipart") && !text.contains("Received") && !text.contains("\r\nX-Evil"), "{text}");
        assert!(crate::mime::parse(&note(b"", "why"), &crate::mime::Limits::default()).subject.contains("could not be read"));
    }
}
