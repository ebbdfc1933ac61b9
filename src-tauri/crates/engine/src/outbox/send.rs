//! Sending, once. SMTP says nothing between the final dot and its reply, so "all data is out" is recorded durably before the
//! dot; from then on only proof at the provider, or the person, decides.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use domain::{
    audit::{Actor, Outcome},
    error::ProviderError,
    ids::{DraftId, MessageId, OutboxId, RemoteId},
    mail::{FlagChange, Flags, MailboxRole},
    outbox::{OutboxItem, OutboxOp},
    source::{MailSource, MailWrite, OutgoingMail, SendWitness, Written},
};
use store::{NewOutbox, RawBody, Store};

use super::{Done, verdict::not_taken};
use crate::{Engine, EngineError, core::audit, sync::round::sink_error};

/// Largest mail that is held in memory to be sent.
pub(crate) const MAX_RAW: u64 = 64 * 1024 * 1024;
/// A search index may lag behind the send that it should prove (Gmail): absence counts only after this.
const INDEX_LAG_MS: i64 = 10_000;
/// A server that puts recipients off (greylisting, a full queue) wants to be left alone for some minutes (RFC 5321 section 4.5.4.1).
const REST_AFTER_MS: i64 = 5 * 60_000;

struct Witness {
    store: Store,
    item: OutboxId,
    told: AtomicBool,
}

#[async_trait]
impl SendWitness for Witness {
    async fn data_sent(&self) -> Result<(), ProviderError> {
        self.store.mark_data_sent(self.item).await.map_err(sink_error)?;
        self.told.store(true, Ordering::SeqCst);
        Ok(())
    }
}

impl Engine {
    pub(super) async fn send_item(&self, source: &Arc<dyn MailSource>, item: &OutboxItem) -> Result<Done, ProviderError> {
        let OutboxOp::Send { from, recipients, message_id, in_reply_to, rest, .. } = &item.op else { return Ok(Done::default()) };
        if !source.can_send() {
            return Err(ProviderError::Unsupported(
                "This account is receive-only: it has no SMTP server or no permission to send.".to_owned(),
            ));
        }
        let raw = self.inner.store.outbox_raw(item.id, MAX_RAW).await.map_err(sink_error)?;
        // Before anything goes out a second time: is it there already? What is in Sent proves nothing about the rest of its recipients.
        if item.data_sent {
            if *rest {
                return Err(ProviderError::Ambiguous);
            }
            if source.find(None, message_id).await?.is_some() {
                return self.sent(item, &raw, true, true, Vec::new()).await;
            }
            if !source.absence_is_proof() {
                return Err(ProviderError::Ambiguous);
            }
            let waited = item.last_error.as_deref() == Some(LOOKING);
            if !waited {
                return Ok(self.look_again());
            }
            self.inner.store.clear_data_sent(item.id).await.map_err(sink_error)?;
        }
        let thread = match in_reply_to {
            Some(answered) => self.remote_thread(*answered).await,
            None => None,
        };
        let mail =
            OutgoingMail { from: from.clone(), recipients: recipients.clone(), raw: raw.clone(), message_id: message_id.clone(), thread };
        let witness = Witness { store: self.inner.store.clone(), item: item.id, told: AtomicBool::new(false) };
        match source.submit(&mail, &witness).await {
            Ok(done) => {
                self.send_rest(item, &raw, &done.deferred).await?;
                let after = self.sent(item, &raw, done.filed, false, done.refused).await?;
                Ok(Done { deferred: done.deferred, ..after })
            }
            Err(ProviderError::Ambiguous) if *rest => Err(ProviderError::Ambiguous),
            Err(ProviderError::Ambiguous) => self.prove(source, item, &raw, message_id).await,
            // The line broke after the point of no return, whatever the client calls it.
            Err(ProviderError::Unreachable { .. } | ProviderError::Protocol { .. } | ProviderError::Cancelled)
                if witness.told.load(Ordering::SeqCst) =>
            {
                if *rest {
                    return Err(ProviderError::Ambiguous);
                }
                self.prove(source, item, &raw, message_id).await
            }
            Err(e) => {
                // Only an attempt that began with a clean mark gets here, so the mark is this attempt's.
                if witness.told.load(Ordering::SeqCst) && not_taken(&e, source.reply_decides()) {
                    self.inner.store.clear_data_sent(item.id).await.map_err(sink_error)?;
                }
                Err(e)
            }
        }
    }

    async fn prove(&self, source: &Arc<dyn MailSource>, item: &OutboxItem, raw: &[u8], message_id: &str) -> Result<Done, ProviderError> {
        match source.find(None, message_id).await {
            Ok(Some(_)) => self.sent(item, raw, true, true, Vec::new()).await,
            // It can be looked for again: the durable mark makes the next attempt ask before it sends.
            Ok(None) | Err(_) if source.absence_is_proof() => Ok(self.look_again()),
            _ => Err(ProviderError::Ambiguous),
        }
    }

    /// Recipients that were put off get the same mail from an item of their own, queued before this one is done: a crash in between
    /// repeats nothing. The others are not asked again.
    async fn send_rest(&self, item: &OutboxItem, raw: &[u8], deferred: &[(String, String)]) -> Result<(), ProviderError> {
        let OutboxOp::Send { from, message_id, subject, .. } = &item.op else { return Ok(()) };
        if deferred.is_empty() {
            return Ok(());
        }
        let now = self.now();
        let new = NewOutbox {
            connection: item.connection.clone(),
            account: item.account,
            thread: None,
            idempotency_key: format!("rest:{}", item.id),
            op: OutboxOp::Send {
                from: from.clone(),
                recipients: deferred.iter().map(|(who, _)| who.clone()).collect(),
                message_id: message_id.clone(),
                subject: subject.clone(),
                in_reply_to: None,
                forward_of: None,
                rest: true,
            },
            not_before: now.plus_millis(REST_AFTER_MS),
            raw: Some(self.raw_body(raw).map_err(|e| ProviderError::Sink(e.message))?),
            draft: None,
        };
        let entry =
            audit(Actor::Engine, "outbox.queued", format!("outbox:{}", item.id), Outcome::Ok, format!("kind=send rest={}", deferred.len()));
        self.inner.store.enqueue(new, &entry, now).await.map_err(sink_error)?;
        Ok(())
    }

    fn look_again(&self) -> Done {
        Done { look_again: Some(self.now().plus_millis(INDEX_LAG_MS)), ..Done::default() }
    }

    /// What follows a send is queued before the item is done, under keys of its own: a crash in between repeats nothing.
    pub(super) async fn sent(
        &self,
        item: &OutboxItem,
        raw: &[u8],
        filed: bool,
        proved: bool,
        refused: Vec<(String, String)>,
    ) -> Result<Done, ProviderError> {
        let OutboxOp::Send { message_id, in_reply_to, forward_of, rest, .. } = &item.op else { return Ok(Done::default()) };
        let now = self.now();
        let store = &self.inner.store;
        if !filed && !rest {
            let copy = self.raw_body(raw).map_err(|e| ProviderError::Sink(e.message))?;
            let new = NewOutbox {
                connection: item.connection.clone(),
                account: item.account,
                thread: None,
                idempotency_key: format!("file_sent:{}", item.id),
                op: OutboxOp::FileSent { message_id: message_id.clone() },
                not_before: now,
                raw: Some(copy),
                draft: None,
            };
            store
                .enqueue(new, &audit(Actor::Engine, "outbox.queued", format!("outbox:{}", item.id), Outcome::Ok, "kind=file_sent"), now)
                .await
                .map_err(sink_error)?;
        }
        let answered = in_reply_to.map(|m| (m, "answered", Flags { answered: true, ..Flags::default() }));
        let forwarded = forward_of.map(|m| (m, "forwarded", Flags { forwarded: true, ..Flags::default() }));
        for (message, kind, flags) in answered.into_iter().chain(forwarded) {
            if let Err(e) = self.mark(item, message, kind, flags).await {
                tracing::warn!(code = %e.code, kind, "a mark on the mail that was written about could not be queued");
            }
        }
        Ok(Done { proved, refused, ..Done::default() })
    }

    /// `\Answered` or `$Forwarded` on the message that the mail is about; it may lie in another account than the sender's.
    async fn mark(&self, item: &OutboxItem, message: MessageId, kind: &'static str, flags: Flags) -> Result<(), EngineError> {
        let store = &self.inner.store;
        let Ok(detail) = store.message(message).await else { return Ok(()) };
        let has = detail.summary.flags;
        if has.with(FlagChange { add: flags, remove: Flags::default() }) == has {
            return Ok(());
        }
        let connection = store.connection(&self.connection_of(detail.summary.account).await?).await?;
        // Gmail marks the answered message itself, and knows no mark for a forwarded one.
        if !self.mail_source(&connection)?.is_some_and(|s| s.folders()) {
            return Ok(());
        }
        let now = self.now();
        let new = NewOutbox {
            connection: connection.id,
            account: detail.summary.account,
            thread: Some(detail.summary.thread),
            idempotency_key: format!("{kind}:{}", item.id),
            op: OutboxOp::Flags { messages: vec![message], change: FlagChange { add: flags, remove: Flags::default() } },
            not_before: now,
            raw: None,
            draft: None,
        };
        let entry = audit(Actor::Engine, "outbox.queued", format!("message:{message}"), Outcome::Ok, format!("kind={kind}"));
        store.enqueue(new, &entry, now).await?;
        Ok(())
    }

    async fn remote_thread(&self, answered: MessageId) -> Option<RemoteId> {
        let detail = self.inner.store.message(answered).await.ok()?;
        self.inner.store.thread_remote(detail.summary.thread).await.ok()?
    }

    pub(super) async fn file_sent(&self, source: &Arc<dyn MailSource>, item: &OutboxItem, message_id: &str) -> Result<Done, ProviderError> {
        let Some(sent) = self.sent_mailbox(source, item).await? else { return Ok(Done::default()) };
        // Some servers file by themselves without saying so, and an earlier attempt of ours may have got through.
        if let Some(there) = source.find(Some(&sent), message_id).await? {
            return Ok(Done { written: Written { appended: Some(there), ..Written::default() }, proved: true, ..Done::default() });
        }
        let raw = self.inner.store.outbox_raw(item.id, MAX_RAW).await.map_err(sink_error)?;
        let flags = Flags { seen: true, ..Flags::default() };
        let write = MailWrite::Append { mailbox: sent, raw, message_id: message_id.to_owned(), flags, replaces: None };
        Ok(Done { written: source.write(&write).await?, ..Done::default() })
    }

    /// Where copies of sent mail go. A mail may be sent before the folders were ever listed, and a new mailbox has no such folder: then
    /// they are listed, and the folder is made. None: the server makes no folders; the doctor says that nothing is kept there.
    async fn sent_mailbox(&self, source: &Arc<dyn MailSource>, item: &OutboxItem) -> Result<Option<RemoteId>, ProviderError> {
        let known = async || {
            let sent = self.inner.store.mailbox_by_role(item.account, MailboxRole::Sent).await.map_err(sink_error)?;
            Ok::<_, ProviderError>(sent.map(|m| m.remote))
        };
        if let Some(sent) = known().await? {
            return Ok(Some(sent));
        }
        let connection = self.inner.store.connection(&item.connection).await.map_err(sink_error)?;
        self.refresh_mailboxes(&connection, source).await?;
        if let Some(sent) = known().await? {
            return Ok(Some(sent));
        }
        match source.write(&MailWrite::CreateMailbox { name: "Sent".to_owned(), role: Some(MailboxRole::Sent) }).await {
            Ok(made) => {
                self.refresh_mailboxes(&connection, source).await?;
                Ok(known().await?.or(made.appended))
            }
            Err(ProviderError::Unsupported(_)) => Ok(None),
            Err(e) => Err(e),
        }
    }

    pub(super) async fn save_remote_draft(
        &self,
        source: &Arc<dyn MailSource>,
        item: &OutboxItem,
        draft: i64,
        message_id: &str,
    ) -> Result<Done, ProviderError> {
        let drafts = self.inner.store.mailbox_by_role(item.account, MailboxRole::Drafts).await.map_err(sink_error)?;
        let Some(drafts) = drafts else { return Ok(Done::default()) };
        // Written meanwhile, sent or thrown away: a newer item takes care of it.
        let Ok(row) = self.inner.store.draft(DraftId(draft)).await else { return Ok(Done::default()) };
        if row.sending || row.account != item.account {
            return Ok(Done::default());
        }
        let replaces = row.remote.clone();
        let mut written = Written::default();
        let appended = match source.find(Some(&drafts.remote), message_id).await? {
            Some(there) => Some(there),
            None => {
                let raw = self.render_mirror(row, message_id).await.map_err(|e| ProviderError::Sink(e.message))?;
                let Some(raw) = raw else { return Ok(Done::default()) };
                let flags = Flags { draft: true, seen: true, ..Flags::default() };
                let write = MailWrite::Append { mailbox: drafts.remote.clone(), raw, message_id: message_id.to_owned(), flags, replaces };
                written = source.write(&write).await?;
                match written.appended.clone() {
                    Some(id) => Some(id),
                    // Without UIDPLUS the server does not say where it went.
                    None => source.find(Some(&drafts.remote), message_id).await?,
                }
            }
        };
        self.inner.store.set_draft_remote(DraftId(draft), appended.as_ref()).await.map_err(sink_error)?;
        Ok(Done { written, ..Done::default() })
    }

    pub(super) async fn discard_remote_draft(&self, source: &Arc<dyn MailSource>, item: &OutboxItem) -> Result<Done, ProviderError> {
        let drafts = self.inner.store.mailbox_by_role(item.account, MailboxRole::Drafts).await.map_err(sink_error)?;
        let Some(drafts) = drafts else { return Ok(Done::default()) };
        let raw = self.inner.store.outbox_raw(item.id, 4096).await.map_err(sink_error)?;
        let Ok(remote) = String::from_utf8(raw) else { return Ok(Done::default()) };
        match source.write(&MailWrite::Delete { mailbox: Some(drafts.remote), ids: vec![RemoteId(remote)] }).await {
            Ok(written) => Ok(Done { written, ..Done::default() }),
            Err(ProviderError::NotFound(_)) => Ok(Done::default()),
            Err(e) => Err(e),
        }
    }

    /// Small ones inline, large ones sealed on disk.
    pub(crate) fn raw_body(&self, raw: &[u8]) -> Result<RawBody, crate::EngineError> {
        if raw.len() <= store::INLINE_MAX {
            return Ok(RawBody::Inline(raw.to_vec()));
        }
        let mut file = self.inner.store.new_file()?;
        for chunk in raw.chunks(64 * 1024) {
            file.write(chunk)?;
        }
        Ok(RawBody::File(file.finish()?))
    }
}

/// Shown while proof is looked for, and how the next attempt knows that it has waited.
pub(super) const LOOKING: &str = "Looking for proof that it was sent.";
