//! Drafts at the provider, so that a mail begun here can be finished on the telephone. The local draft is the truth while it is
//! written; its copy follows at most twice a minute, is rendered when the write runs (whatever was typed by then is in it), and
//! goes away when the mail is sent or thrown away.

use domain::{
    audit::{Actor, Outcome},
    ids::{AccountId, DraftId, RemoteId},
    mail::MailboxRole,
    outbox::{OutboxOp, OutboxState},
    time::Timestamp,
};
use store::{Draft, NewOutbox, RawBody};
use uuid::Uuid;

use super::{ATTACHMENTS_MAX, random_seed, render};
use crate::{Engine, EngineError, core::audit, mime, read::on_pool};

/// One copy per slot of time, made when the slot ends.
const SLOT_MS: i64 = 30_000;

impl Engine {
    /// Queues the copy of a draft. Best effort: a draft is safe here without it.
    pub(super) async fn mirror_later(&self, draft: &Draft) {
        if let Err(e) = self.queue_mirror(draft).await {
            tracing::warn!(code = %e.code, "the copy of a draft could not be queued");
        }
    }

    async fn queue_mirror(&self, draft: &Draft) -> Result<(), EngineError> {
        if draft.sending || self.store().mailbox_by_role(draft.account, MailboxRole::Drafts).await?.is_none() {
            return Ok(());
        }
        let now = self.now();
        let slot = now.millis().div_euclid(SLOT_MS);
        let account = self.store().account(draft.account).await?;
        let domain = account.email.rsplit_once('@').map_or("localhost", |(_, d)| d).to_owned();
        let new = NewOutbox {
            connection: account.connection,
            account: draft.account,
            thread: None,
            // The same slot is the same item: typing makes no queue.
            idempotency_key: format!("draft:{}:{}:{slot}", draft.id, draft.account),
            op: OutboxOp::SaveDraft { draft: draft.id.0, message_id: format!("{}@{domain}", Uuid::new_v4()) },
            not_before: Timestamp((slot + 1) * SLOT_MS),
            raw: None,
            draft: None,
        };
        self.store().enqueue(new, &audit(Actor::Engine, "draft.copied", format!("draft:{}", draft.id), Outcome::Ok, ""), now).await?;
        self.inner.wake_outbox.notify_one();
        Ok(())
    }

    /// The bytes of the copy; None where the draft can't be rendered yet (an address is half typed).
    pub(crate) async fn render_mirror(&self, draft: Draft, message_id: &str) -> Result<Option<Vec<u8>>, EngineError> {
        let account = self.store().account(draft.account).await?;
        let files = self.draft_files(&draft).await?;
        let Ok(mut outgoing) = render::outgoing(&account, &draft.content, files, self.now()) else { return Ok(None) };
        let Some(id) = message_id.split('@').next().and_then(|id| Uuid::parse_str(id).ok()) else { return Ok(None) };
        outgoing.id = id;
        let seed = random_seed()?;
        let built = on_pool(move || mime::build::build_draft(&outgoing, seed)).await?;
        Ok(built.ok().map(|b| b.raw))
    }

    /// Sent, thrown away or moved to another account: the copy goes, and what was queued for it.
    pub(super) async fn unmirror(
        &self,
        id: DraftId,
        account: AccountId,
        remote: Option<&RemoteId>,
        not_before: Timestamp,
    ) -> Result<(), EngineError> {
        let now = self.now();
        for item in self.store().outbox(false).await? {
            if item.state == OutboxState::Queued && matches!(item.op, OutboxOp::SaveDraft { draft, .. } if draft == id.0) {
                let entry = audit(Actor::Engine, "draft.copy_cancelled", format!("draft:{id}"), Outcome::Ok, "");
                self.store().discard(item.id, &entry, now).await?;
            }
        }
        let Some(remote) = remote else { return Ok(()) };
        let connection = self.store().account(account).await?.connection;
        let new = NewOutbox {
            connection,
            account,
            thread: None,
            // Cancelled ones are forgotten, so discarding the same copy again after an undo is a new item.
            idempotency_key: format!("draft_gone:{id}:{account}:{remote}"),
            op: OutboxOp::DiscardDraft { draft: id.0 },
            not_before,
            raw: Some(RawBody::Inline(remote.as_str().as_bytes().to_vec())),
            draft: None,
        };
        self.store().enqueue(new, &audit(Actor::Engine, "draft.copy_removed", format!("draft:{id}"), Outcome::Ok, ""), now).await?;
        self.store().set_draft_remote(id, None).await?;
        self.inner.wake_outbox.notify_one();
        Ok(())
    }

    /// A draft came back: the removal of its copy is called off, or, where it has gone already, a new one follows.
    pub(super) async fn remirror(&self, id: DraftId) -> Result<(), EngineError> {
        let now = self.now();
        for item in self.store().outbox(false).await? {
            if item.state != OutboxState::Queued || !matches!(item.op, OutboxOp::DiscardDraft { draft } if draft == id.0) {
                continue;
            }
            let remote = self.store().outbox_raw(item.id, 4096).await?;
            let entry = audit(Actor::Engine, "draft.copy_kept", format!("draft:{id}"), Outcome::Ok, "");
            if self.store().cancel(item.id, &entry, now).await?
                && let Ok(remote) = String::from_utf8(remote)
            {
                self.store().set_draft_remote(id, Some(&RemoteId(remote))).await?;
            }
        }
        let draft = self.store().draft(id).await?;
        if draft.remote.is_none() {
            self.mirror_later(&draft).await;
        }
        Ok(())
    }

    pub(super) async fn draft_files(&self, draft: &Draft) -> Result<Vec<render::File>, EngineError> {
        let mut files = Vec::with_capacity(draft.attachments.len());
        for file in &draft.attachments {
            files.push(render::File {
                name: file.name.clone(),
                mime: file.mime.clone(),
                content_id: file.content_id.clone().filter(|_| file.inline),
                bytes: self.store().draft_attachment(file.id, ATTACHMENTS_MAX).await?,
            });
        }
        Ok(files)
    }
}
