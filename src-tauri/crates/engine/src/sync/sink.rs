//! Where fetched mail lands before it is committed. Small mails stay in memory, large ones go straight into a sealed file, and
//! together they keep to a bound: a page may hold a hundred mails of any size. Parsing runs off the async threads.

use std::collections::HashMap;

use async_trait::async_trait;
use domain::{error::ProviderError, ids::RemoteId, mail::ParsedMail, source::MailSink, sync::RemoteMail};
use store::{FileSink, INLINE_MAX, IncomingMail, RawBody, Store};

use super::{round::sink_error, unreadable};
use crate::mime::{self, Limits};

/// Bodies held in memory per page; beyond it even small ones go to files.
const IN_FLIGHT: usize = 16 * 1024 * 1024;
/// What stays inline once the bound is reached.
const INLINE_LATE: usize = 16 * 1024;
/// A larger mail is parsed from its beginning only: headers, text and the first attachments are there.
const PARSE_MAX: usize = 8 * 1024 * 1024;
/// Nothing that a person was ever sent; a server that goes on is broken or hostile.
const MAX_MAIL: u64 = 512 * 1024 * 1024;
/// Parsed together in one blocking task.
const PARSE_BATCH: usize = 32;

/// How a mail is read; tests put a reader in that breaks.
type Parser = fn(&[u8], &Limits) -> ParsedMail;

struct Current {
    remote: RemoteMail,
    /// The whole mail while it is small, its beginning afterwards.
    head: Vec<u8>,
    file: Option<FileSink>,
    total: u64,
    limit: usize,
}

pub(super) struct SpoolSink {
    store: Store,
    parser: Parser,
    planned: HashMap<RemoteId, RemoteMail>,
    order: Vec<RemoteId>,
    current: Option<Current>,
    waiting: Vec<(RemoteMail, Vec<u8>)>,
    done: Vec<IncomingMail>,
    held: usize,
    bytes: u64,
}

impl SpoolSink {
    pub fn new(store: Store, fetch: Vec<RemoteMail>) -> Self {
        let order = fetch.iter().map(|m| m.id.clone()).collect();
        let planned = fetch.into_iter().map(|m| (m.id.clone(), m)).collect();
        Self { store, parser: mime::parse, planned, order, current: None, waiting: Vec::new(), done: Vec::new(), held: 0, bytes: 0 }
    }

    /// In the order they were listed: newest first.
    pub fn wanted(&self) -> Vec<RemoteId> {
        self.order.clone()
    }

    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Everything that arrived, parsed.
    pub async fn parsed(mut self) -> Result<Vec<IncomingMail>, ProviderError> {
        self.parse_waiting().await?;
        Ok(std::mem::take(&mut self.done))
    }

    async fn parse_waiting(&mut self) -> Result<(), ProviderError> {
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return Ok(());
        }
        let parser = self.parser;
        let work = store::calm::run(move || {
            waiting
                .into_iter()
                .map(|(remote, raw)| IncomingMail { parsed: read(parser, &raw), remote, raw: RawBody::Inline(raw), unreadable: None })
                .collect::<Vec<_>>()
        });
        // An error, so that the cursor does not pass what was not read.
        self.done.extend(work.await.map_err(|e| ProviderError::Sink(format!("a batch of mails could not be read: {e}")))?);
        Ok(())
    }
}

/// Reading never panics; should it, then that mail alone is stored unread, and its neighbours are not lost with it.
fn read(parser: Parser, raw: &[u8]) -> ParsedMail {
    std::panic::catch_unwind(|| parser(raw, &Limits::default()))
        .unwrap_or_else(|_| ParsedMail { defects: vec!["it could not be read".to_owned()], ..ParsedMail::default() })
}

#[async_trait]
impl MailSink for SpoolSink {
    async fn begin(&mut self, mail: RemoteMail) -> Result<(), ProviderError> {
        let remote = match self.planned.remove(&mail.id) {
            Some(planned) => planned.with(mail),
            // Told twice or not asked for: a server may do that, it must not cost anything.
            None => mail,
        };
        let limit = if self.held < IN_FLIGHT { INLINE_MAX } else { INLINE_LATE };
        self.current = Some(Current { remote, head: Vec::new(), file: None, total: 0, limit });
        Ok(())
    }

    async fn chunk(&mut self, bytes: &[u8]) -> Result<(), ProviderError> {
        let Some(current) = self.current.as_mut() else { return Err(ProviderError::Sink("bytes of no message".to_owned())) };
        current.total += bytes.len() as u64;
        self.bytes += bytes.len() as u64;
        if current.total > MAX_MAIL {
            return Err(ProviderError::Sink(format!("a message has more than {} MB", MAX_MAIL / 1024 / 1024)));
        }
        if let Some(file) = current.file.as_mut() {
            file.write(bytes).map_err(sink_error)?;
        } else if current.head.len() + bytes.len() > current.limit {
            let mut file = self.store.new_file().map_err(sink_error)?;
            file.write(&current.head).map_err(sink_error)?;
            file.write(bytes).map_err(sink_error)?;
            current.file = Some(file);
        }
        let room = PARSE_MAX.saturating_sub(current.head.len());
        current.head.extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or_default());
        Ok(())
    }

    async fn end(&mut self) -> Result<(), ProviderError> {
        let Some(current) = self.current.take() else { return Ok(()) };
        let Current { mut remote, head, file, total, .. } = current;
        remote.size.get_or_insert(total);
        match file {
            None => {
                self.held += head.len();
                self.waiting.push((remote, head));
                if self.waiting.len() >= PARSE_BATCH {
                    self.parse_waiting().await?;
                }
            }
            Some(file) => {
                let file = file.finish().map_err(sink_error)?;
                let cut = (head.len() as u64) < total;
                let parser = self.parser;
                let parsed = store::calm::run(move || read(parser, &head)).await;
                let mut parsed = parsed.map_err(|e| ProviderError::Sink(format!("a mail could not be read: {e}")))?;
                if cut {
                    parsed.defects.push(format!("only the first {} MB were read for the index", PARSE_MAX / 1024 / 1024));
                }
                self.done.push(IncomingMail { remote, parsed, raw: RawBody::File(file), unreadable: None });
            }
        }
        Ok(())
    }

    async fn unreadable(&mut self, mail: RemoteMail, header: &[u8], why: &str) -> Result<(), ProviderError> {
        let begun = self.current.take().filter(|c| c.remote.id == mail.id).map(|c| c.remote);
        let mut remote = match begun.or_else(|| self.planned.remove(&mail.id)) {
            Some(planned) => planned.with(mail),
            None => mail,
        };
        // The note's own size: nothing else may take its content for the message's.
        remote.size = None;
        let raw = unreadable::note(header, why);
        let mut parsed = read(self.parser, &raw);
        parsed.defects.push(why.to_owned());
        self.done.push(IncomingMail { remote, parsed, raw: RawBody::Inline(raw), unreadable: Some(why.to_owned()) });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn breaks_on_bad(raw: &[u8], limits: &Limits) -> ParsedMail {
        assert!(!raw.starts_with(b"Subject: bad"), "a reader that breaks");
        mime::parse(raw, limits)
    }

    #[tokio::test]
    async fn a_mail_that_breaks_its_reader_takes_no_other_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let vault = vault::Vault::create(dir.path(), vault::KeySource::Ephemeral).await.unwrap();
        let options = store::StoreOptions {
            path: dir.path().join("mail.db"),
            files_dir: dir.path().join("files"),
            key: vault.database_key().unwrap(),
            sealer: vault.files(),
        };
        let store = Store::open(options).await.unwrap();
        let ids = ["a", "b", "c"].map(|id| RemoteMail::new(id.into()));
        let mut sink = SpoolSink::new(store, ids.to_vec());
        sink.parser = breaks_on_bad;
        for (mail, subject) in ids.into_iter().zip(["one", "bad", "three"]) {
            sink.begin(mail).await.unwrap();
            sink.chunk(format!("Subject: {subject}\r\n\r\nwords\r\n").as_bytes()).await.unwrap();
            sink.end().await.unwrap();
        }
        let mails = sink.parsed().await.unwrap();
        let subjects: Vec<&str> = mails.iter().map(|m| m.parsed.subject.as_str()).collect();
        assert_eq!(subjects, ["one", "", "three"]);
        assert_eq!(mails.get(1).unwrap().parsed.defects, ["it could not be read"]);
    }
}
