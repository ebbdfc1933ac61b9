//! Writing: drafts, answers, and the one step from a draft to the outbox.
//!
//! A draft is rendered exactly once, when it is sent: Message-ID, date and boundaries are fixed then, and the bytes lie in the
//! store with the outbox row. Whatever happens afterwards (crash, retry, proof) is about those bytes. The draft stays until the
//! provider has the mail, so taking a send back gives it back unchanged.

mod mirror;
mod render;
mod taken_back;

use std::{path::Path, sync::Arc};

use domain::{
    audit::{Actor, Outcome},
    ids::{AccountId, AttachmentId, DraftId, MessageId, OutboxId},
    mail::{Address, Attachment},
    outbox::OutboxOp,
};
use store::{Draft, NewAttachment, NewOutbox, RawBody};

use crate::{
    Engine, EngineError, Entity,
    core::audit,
    mime::{self, build::CalendarPart, reply},
    read::on_pool,
    views::{DraftAttachment, DraftContent, DraftView, ReplyKind, SendMail, SendOptions},
};

pub(crate) use render::mime_of;

/// All attachments of one mail together: the limit of Gmail and of most servers (their 25 MB are meant before encoding).
pub const ATTACHMENTS_MAX: u64 = 25 * 1024 * 1024;
/// The copy of a discarded draft stays at the provider so long; as long as the toast with "Undo".
const DISCARD_WINDOW_MS: i64 = 10_000;
/// A discarded draft can be had back so long.
pub(crate) const KEEP_DISCARDED_SECS: i64 = 24 * 3600;
/// A mail is answered from its first so many bytes.
const QUOTE_SOURCE_MAX: u64 = 8 * 1024 * 1024;

impl Engine {
    /// An empty draft.
    pub async fn new_draft(&self, content: DraftContent) -> Result<DraftView, EngineError> {
        let account = match content.account {
            Some(account) => account,
            None => self.sending_account().await?,
        };
        let id = self.store().create_draft(account, &render::to_store(content), self.now()).await?;
        self.emit().changed(Entity::Draft, [id.0]);
        self.draft(id).await
    }

    /// A draft that answers or forwards a message: recipients, subject and quotation are filled in, and a forward takes the
    /// files along.
    pub async fn reply_draft(&self, message: MessageId, kind: ReplyKind) -> Result<DraftView, EngineError> {
        let detail = self.store().message(message).await?;
        let forward = kind == ReplyKind::Forward;
        // An answer needs the words, a forward everything that hangs on them.
        let most = if forward { crate::read::RAW_MAX } else { QUOTE_SOURCE_MAX };
        let raw = self.store().raw_reader(message).await?.head(most)?;
        let own: Vec<String> = self.store().accounts().await?.into_iter().map(|a| a.email).collect();
        let zone = crate::zone::local();
        let wanted = match kind {
            ReplyKind::Reply => reply::ReplyKind::Reply,
            ReplyKind::ReplyAll => reply::ReplyKind::ReplyAll,
            ReplyKind::Forward => reply::ReplyKind::Forward,
        };
        let raw = Arc::new(raw);
        let shared = Arc::clone(&raw);
        let seed = on_pool(move || {
            let raw = shared.as_slice();
            let parsed = mime::parse(raw, &mime::Limits::default());
            let bodies = mime::bodies(raw);
            reply::seed(wanted, &parsed, &bodies, &own, &zone)
        })
        .await?;
        let content = DraftContent {
            account: Some(detail.summary.account),
            to: seed.to,
            cc: seed.cc,
            bcc: Vec::new(),
            subject: seed.subject,
            text: String::new(),
            html: Some(String::new()),
            quoted: seed.quoted_html,
            in_reply_to: (!forward).then_some(message),
            forward_of: forward.then_some(message),
        };
        let mut stored = render::to_store(content);
        stored.references = seed.references;
        let id = self.store().create_draft(detail.summary.account, &stored, self.now()).await?;
        if forward && let Err(e) = self.take_files_along(id, &stored.quoted, detail.attachments, &raw).await {
            // Without its files it is not the mail that was meant: nothing is left behind but the words why.
            self.discard_draft(id, Actor::Engine).await?;
            return Err(e);
        }
        self.emit().changed(Entity::Draft, [id.0]);
        self.draft(id).await
    }

    /// The files of a forwarded mail, and the pictures that its text shows.
    async fn take_files_along(&self, id: DraftId, quoted: &str, files: Vec<Attachment>, raw: &Arc<Vec<u8>>) -> Result<(), EngineError> {
        for file in files {
            let shown = file.part.content_id.clone().filter(|cid| render::shows(quoted, cid));
            if file.part.inline && shown.is_none() {
                continue;
            }
            let (raw, index) = (Arc::clone(raw), file.part.part);
            if let Some(part) = on_pool(move || mime::part(&raw, index)).await? {
                self.add_file(id, &file.part.name, &file.part.mime, shown, part.bytes).await?;
            }
        }
        Ok(())
    }

    /// Goes on with a draft that lies at the provider (begun on another device, say): a local draft with its content, which
    /// replaces it there when it is saved. Opening the same one again gives the same local draft.
    pub async fn edit_draft_message(&self, message: MessageId) -> Result<DraftView, EngineError> {
        let detail = self.store().message(message).await?;
        if let Some(open) = self
            .store()
            .drafts()
            .await?
            .into_iter()
            .find(|d| d.account == detail.summary.account && d.remote.as_ref() == Some(&detail.remote))
        {
            return Ok(render::view(open));
        }
        let raw = self.store().raw_reader(message).await?.head(QUOTE_SOURCE_MAX)?;
        let (parsed, html) = on_pool(move || {
            let bodies = mime::bodies(&raw);
            let html = bodies.html.as_deref().map_or_else(|| mime::text_to_html(&bodies.text), crate::sanitize::for_sending);
            (mime::parse(&raw, &mime::Limits::default()), html)
        })
        .await?;
        let account = detail.summary.account;
        let mut stored = render::to_store(DraftContent {
            account: Some(account),
            to: parsed.to,
            cc: parsed.cc,
            bcc: parsed.bcc,
            subject: parsed.subject,
            html: Some(html),
            ..DraftContent::default()
        });
        stored.references = parsed.references;
        if let Some(parent) = parsed.in_reply_to.first() {
            stored.in_reply_to = self.store().message_by_rfc_id(account, parent).await?;
        }
        let id = self.store().create_draft(account, &stored, self.now()).await?;
        self.store().set_draft_remote(id, Some(&detail.remote)).await?;
        for file in detail.attachments.into_iter().filter(|a| !a.part.inline) {
            let bytes = self.attachment(file.id).await?.bytes;
            self.attach(id, &file.part.name, &file.part.mime, bytes).await?;
        }
        self.emit().changed(Entity::Draft, [id.0]);
        self.draft(id).await
    }

    pub async fn draft(&self, id: DraftId) -> Result<DraftView, EngineError> {
        Ok(render::view(self.store().draft(id).await?))
    }

    /// Drafts that are being written here, newest first.
    pub async fn drafts(&self) -> Result<Vec<DraftView>, EngineError> {
        Ok(self.store().drafts().await?.into_iter().map(render::view).collect())
    }

    /// Autosave: durable when it returns; earlier versions are kept.
    pub async fn save_draft(&self, id: DraftId, content: DraftContent) -> Result<DraftView, EngineError> {
        let old = self.store().draft(id).await?;
        let account = content.account;
        let mut stored = render::to_store(content);
        // What ties it to the answered mail is not the composer's to change.
        // The quotation is shown, and can be removed; it is not edited, and the window's view of it is not the truth.
        if !stored.quoted.is_empty() && !old.content.quoted.is_empty() {
            stored.quoted.clone_from(&old.content.quoted);
        }
        stored.references = old.content.references;
        stored.in_reply_to = old.content.in_reply_to;
        stored.forward_of = old.content.forward_of;
        // A copy at the old sender's provider must not be replaced through the new one.
        if account.is_some_and(|a| a != old.account) {
            self.unmirror(id, old.account, old.remote.as_ref(), self.now()).await?;
        }
        self.store().save_draft(id, account, &stored, self.now()).await?;
        self.emit().changed(Entity::Draft, [id.0]);
        let saved = self.store().draft(id).await?;
        self.mirror_later(&saved).await;
        Ok(render::view(saved))
    }

    /// As [`Engine::save_draft`], over whatever is stored: that stays among the versions, however young it is.
    pub async fn replace_draft(&self, id: DraftId, content: DraftContent) -> Result<DraftView, EngineError> {
        self.store().keep_version(id, self.now()).await?;
        self.save_draft(id, content).await
    }

    /// Attaches a file. One that is too large is refused with size and limit; the draft stays as it is.
    pub async fn attach(&self, id: DraftId, name: &str, mime: &str, bytes: Vec<u8>) -> Result<DraftView, EngineError> {
        self.add_file(id, name, mime, None, bytes).await
    }

    /// With `content_id` it is shown inside the HTML.
    async fn add_file(
        &self,
        id: DraftId,
        name: &str,
        mime: &str,
        content_id: Option<String>,
        bytes: Vec<u8>,
    ) -> Result<DraftView, EngineError> {
        let draft = self.store().draft(id).await?;
        let total: u64 = draft.attachments.iter().map(|a| a.size).sum();
        check_size(total, bytes.len() as u64, name)?;
        let body = self.spool(bytes).await?;
        let new = NewAttachment { name: name.to_owned(), mime: mime.to_owned(), inline: content_id.is_some(), content_id, data: body };
        self.store().add_draft_attachment(id, &new).await?;
        self.emit().changed(Entity::Draft, [id.0]);
        self.draft(id).await
    }

    /// Attaches a file by path.
    pub async fn attach_file(&self, id: DraftId, path: &Path) -> Result<DraftView, EngineError> {
        let part = read_file(path).await?;
        self.attach(id, &part.name, &part.mime, part.bytes).await
    }

    pub async fn detach(&self, id: DraftId, attachment: AttachmentId) -> Result<DraftView, EngineError> {
        self.store().remove_draft_attachment(attachment).await?;
        self.emit().changed(Entity::Draft, [id.0]);
        self.draft(id).await
    }

    /// Throws a draft away, files included; [`Self::restore_draft`] has it back for a day.
    pub async fn discard_draft(&self, id: DraftId, actor: Actor) -> Result<(), EngineError> {
        let draft = self.store().draft(id).await?;
        let entry = audit(actor, "draft.discarded", format!("draft:{id}"), Outcome::Ok, format!("files={}", draft.attachments.len()));
        self.store().discard_draft(id, &entry, self.now()).await?;
        // Its copy waits for the undo: what is taken back at once never left the provider.
        self.unmirror(id, draft.account, draft.remote.as_ref(), self.now().plus_millis(DISCARD_WINDOW_MS)).await?;
        self.emit().changed(Entity::Draft, [id.0]);
        Ok(())
    }

    /// Takes a discard back: text, files, versions, and the copy at the provider.
    pub async fn restore_draft(&self, id: DraftId, actor: Actor) -> Result<DraftView, EngineError> {
        let entry = audit(actor, "draft.restored", format!("draft:{id}"), Outcome::Ok, "");
        self.store().restore_draft(id, &entry, self.now()).await?;
        self.remirror(id).await?;
        self.emit().changed(Entity::Draft, [id.0]);
        self.draft(id).await
    }

    /// Renders the draft and hands it to the outbox. It can be taken back until the undo window (or the send-later time) ends.
    pub async fn send_draft(&self, id: DraftId, options: SendOptions) -> Result<OutboxId, EngineError> {
        let draft = self.store().draft(id).await?;
        let files = self.draft_files(&draft).await?;
        let (account, remote) = (draft.account, draft.remote.clone());
        let outbox = self.send(draft, (files, None), options, Actor::Person, Some(id)).await?;
        // After the undo window: a mail that is taken back has lost nothing but its copy, which the next save makes anew.
        let leaves = self.store().outbox_item(outbox).await?.not_before;
        self.unmirror(id, account, remote.as_ref(), leaves.plus_millis(1_000)).await?;
        Ok(outbox)
    }

    /// A mail of the command line: rendered and queued in one go.
    pub async fn send_mail(&self, mail: SendMail) -> Result<OutboxId, EngineError> {
        self.send_mail_with(mail, None).await
    }

    /// The same with a calendar part as a further way to read it.
    pub(crate) async fn send_mail_with(&self, mail: SendMail, calendar: Option<CalendarPart>) -> Result<OutboxId, EngineError> {
        let account = match &mail.from {
            Some(from) => self.account_by_email(from).await?,
            None => self.sending_account().await?,
        };
        let mut files = Vec::with_capacity(mail.attachments.len());
        let mut total = 0;
        for path in &mail.attachments {
            let file = read_file(path).await?;
            check_size(total, file.bytes.len() as u64, &file.name)?;
            total += file.bytes.len() as u64;
            files.push(file);
        }
        let references = match mail.in_reply_to {
            Some(message) => {
                let raw = self.store().raw_reader(message).await?.head(QUOTE_SOURCE_MAX)?;
                on_pool(move || reply::references(&mime::parse(&raw, &mime::Limits::default()))).await?
            }
            None => Vec::new(),
        };
        let content = store::DraftContent {
            to: mail.to,
            cc: mail.cc,
            bcc: mail.bcc,
            subject: mail.subject,
            text: mail.text,
            html: mail.html.unwrap_or_default(),
            quoted: String::new(),
            in_reply_to: mail.in_reply_to,
            forward_of: None,
            references,
        };
        let draft = Draft {
            id: DraftId(0),
            account,
            content,
            version: 0,
            updated_at: self.now(),
            attachments: Vec::new(),
            remote: None,
            sending: false,
        };
        self.send(draft, (files, calendar), mail.options, mail.actor, None).await
    }

    async fn send(
        &self,
        draft: Draft,
        (files, calendar): (Vec<render::File>, Option<CalendarPart>),
        options: SendOptions,
        actor: Actor,
        id: Option<DraftId>,
    ) -> Result<OutboxId, EngineError> {
        let now = self.now();
        let account = self.store().account(draft.account).await?;
        self.require_feature(&account.connection, "mail.send").await?;
        if !account.can_send {
            return Err(EngineError::new(
                "receive_only",
                format!("{} is receive-only: it has no server for sending.", account.email),
                "Choose another sender, or add an SMTP server to this account.",
            ));
        }
        if let Some(at) = options.send_at
            && at < now
        {
            return Err(EngineError::invalid("The time to send is in the past.", "Choose a later time, or send now."));
        }
        let parent = match draft.content.in_reply_to {
            // The answered mail may be gone meanwhile; the answer still goes out, tied by its References.
            Some(message) => self.store().message(message).await.ok(),
            None => None,
        };
        let thread = parent.as_ref().map(|p| p.summary.thread);
        let mut outgoing = render::outgoing(&account, &draft.content, files, now)?;
        outgoing.calendar = calendar;
        let seed = random_seed()?;
        let built = on_pool(move || mime::build::build(&outgoing, seed))
            .await?
            .map_err(|e| EngineError::new(e.code(), sentence(&e.to_string()), e.hint()))?;
        let recipients = built.recipients.len();
        let op = OutboxOp::Send {
            rest: false,
            from: built.from,
            recipients: built.recipients,
            message_id: built.message_id.clone(),
            subject: draft.content.subject,
            in_reply_to: draft.content.in_reply_to.filter(|_| parent.is_some()),
            forward_of: draft.content.forward_of,
        };
        let not_before = options.send_at.unwrap_or_else(|| now.plus_secs(i64::from(options.undo_seconds.min(30))));
        let entry = audit(
            actor,
            "mail.queued",
            format!("account:{}", account.id),
            Outcome::Ok,
            format!("recipients={recipients} bytes={}", built.raw.len()),
        );
        let outbox = self
            .store()
            .enqueue(
                NewOutbox {
                    connection: account.connection,
                    account: account.id,
                    thread,
                    idempotency_key: format!("send:{}", built.message_id),
                    op,
                    not_before,
                    raw: Some(self.spool(built.raw).await?),
                    draft: id,
                },
                &entry,
                now,
            )
            .await?;
        self.emit().changed_many(Entity::Draft);
        self.inner.wake_outbox.notify_one();
        Ok(outbox)
    }

    /// Small bodies stay in memory until their row; large ones go to a sealed file first.
    async fn spool(&self, bytes: Vec<u8>) -> Result<RawBody, EngineError> {
        if bytes.len() <= store::INLINE_MAX {
            return Ok(RawBody::Inline(bytes));
        }
        let mut sink = self.store().new_file()?;
        on_pool(move || -> Result<RawBody, store::StoreError> {
            sink.write(&bytes)?;
            Ok(RawBody::File(sink.finish()?))
        })
        .await?
        .map_err(EngineError::from)
    }

    async fn sending_account(&self) -> Result<AccountId, EngineError> {
        self.store().accounts().await?.into_iter().find(|a| a.can_send).map(|a| a.id).ok_or_else(|| {
            EngineError::new("no_sender", "No connected account can send mail.", "Connect an account with SMTP, or one at Google.")
        })
    }

    async fn account_by_email(&self, email: &str) -> Result<AccountId, EngineError> {
        let wanted = mime::address::Addressee::parse(email).map_err(|e| EngineError::new("bad_address", e.message, e.hint))?.email();
        self.store().accounts().await?.into_iter().find(|a| a.email.eq_ignore_ascii_case(&wanted)).map(|a| a.id).ok_or_else(|| {
            EngineError::new(
                "no_sender",
                format!("No connected account has the address {wanted}."),
                "Use the address of one of the connections.",
            )
        })
    }
}

/// The first words of a draft, for a list.
pub fn draft_preview(html: &str) -> String {
    let text = mime::html_to_text(html, 2_000);
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect()
}

pub(crate) fn check_size(total: u64, more: u64, name: &str) -> Result<(), EngineError> {
    if total + more <= ATTACHMENTS_MAX {
        return Ok(());
    }
    Err(EngineError::new(
        "too_large",
        format!(
            "{name} does not fit: with it the attachments would be {:.1} MB, and 25 MB is the limit.",
            (total + more) as f64 / 1_048_576.0
        ),
        "Remove another file, or share this one by a link.",
    ))
}

async fn read_file(path: &Path) -> Result<render::File, EngineError> {
    let shown = path.display().to_string();
    let failed =
        |e: std::io::Error| EngineError::new("no_file", format!("{shown} can't be read: {e}"), "Check the path and its permissions.");
    let length = tokio::fs::metadata(path).await.map_err(failed)?.len();
    check_size(0, length, &shown)?;
    let bytes = tokio::fs::read(path).await.map_err(failed)?;
    let name = path.file_name().map_or_else(|| "attachment".to_owned(), |n| n.to_string_lossy().into_owned());
    Ok(render::File { mime: render::mime_of(&name).to_owned(), name, content_id: None, bytes })
}

fn random_seed() -> Result<[u8; 32], EngineError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|_| {
        EngineError::new("no_randomness", "The system gives no random numbers.", "Restart the computer; report it if it happens again.")
    })?;
    Ok(seed)
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), chars.as_str()))
}

/// An address list with the first that can't be sent to named.
pub(crate) fn addressees(list: &[Address], field: &str) -> Result<Vec<mime::address::Addressee>, EngineError> {
    list.iter()
        .map(|a| {
            mime::address::Addressee::from_address(a)
                .map_err(|e| EngineError::new("bad_address", format!("{field}: {} ({})", e.message.trim_end_matches('.'), a.email), e.hint))
        })
        .collect()
}

impl From<store::DraftAttachment> for DraftAttachment {
    fn from(a: store::DraftAttachment) -> Self {
        Self { id: a.id, name: a.name, mime: a.mime, size: a.size, inline: a.inline, content_id: a.content_id }
    }
}
