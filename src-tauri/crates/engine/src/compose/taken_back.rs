//! A mail out of the outbox and back into the composer. The window's mail brings its draft along; what the command line queued, and
//! what was sent but refused by some, exists only as the rendered mail, and is read back from that.

use domain::{
    audit::{Actor, Outcome},
    ids::OutboxId,
    mail::Address,
    outbox::{OutboxItem, OutboxOp, OutboxState},
};
use store::{NewAttachment, NewDraft};

use super::render;
use crate::{
    Engine, EngineError, Entity,
    core::audit,
    mime,
    outbox::MAX_RAW,
    read::on_pool,
    views::{DraftContent, DraftView},
};

impl Engine {
    /// Takes a mail out of the outbox and back into the composer. Of one that is done, it goes to those alone who did not get it.
    pub async fn outbox_edit(&self, id: OutboxId) -> Result<DraftView, EngineError> {
        let item = self.store().outbox_item(id).await?;
        if !matches!(item.op, OutboxOp::Send { .. }) {
            return Err(EngineError::invalid("Only a mail can be edited.", "Other changes are tried again or discarded."));
        }
        if matches!(item.state, OutboxState::Sending { lease_until } if lease_until > self.now()) {
            return Err(crate::outbox::not_now(&item));
        }
        let fresh = match self.store().draft_of(id).await? {
            Some(_) => None,
            None => Some(self.read_back(&item).await?),
        };
        let entry = audit(Actor::Person, "outbox.edited", format!("outbox:{id}"), Outcome::Ok, "");
        let draft = self.store().edit_send(id, fresh.as_ref(), &entry, self.now()).await?;
        self.emit().changed(Entity::Draft, [draft.0]);
        self.emit().outbox(&item.connection, id);
        self.draft(draft).await
    }

    /// The rendered mail as a draft, files included. Its Bcc stands only in the envelope.
    pub(crate) async fn read_back(&self, item: &OutboxItem) -> Result<NewDraft, EngineError> {
        let OutboxOp::Send { recipients, subject, in_reply_to, forward_of, .. } = &item.op else {
            return Err(EngineError::invalid("Only a mail can be edited.", ""));
        };
        let refused = self.store().refused(item.id).await?;
        if item.state == OutboxState::Done && refused.is_empty() {
            return Err(crate::outbox::not_now(item));
        }
        let raw = self.store().outbox_raw(item.id, MAX_RAW).await?;
        let (parsed, html, parts) = on_pool(move || {
            let bodies = mime::bodies(&raw);
            let html = bodies.html.as_deref().map_or_else(|| mime::text_to_html(&bodies.text), crate::sanitize::for_sending);
            let parsed = mime::parse(&raw, &mime::Limits::default());
            let mut parts = Vec::new();
            for file in &parsed.attachments {
                let shown = file.content_id.clone().filter(|cid| render::shows(&html, cid));
                if file.inline && shown.is_none() {
                    continue;
                }
                if let Some(part) = mime::part(&raw, file.part) {
                    parts.push((file.name.clone(), file.mime.clone(), shown, part.bytes));
                }
            }
            (parsed, html, parts)
        })
        .await?;
        let mut files = Vec::with_capacity(parts.len());
        for (name, mime, content_id, bytes) in parts {
            files.push(NewAttachment { name, mime, inline: content_id.is_some(), content_id, data: self.spool(bytes).await? });
        }
        let wanted = |email: &str| {
            let same = |r: &String| r.eq_ignore_ascii_case(email);
            if refused.is_empty() { recipients.iter().any(same) } else { refused.iter().any(|(who, _)| same(who)) }
        };
        let kept = |list: &[Address]| -> Vec<Address> { list.iter().filter(|a| wanted(&a.email)).cloned().collect() };
        let named = |email: &str| parsed.to.iter().chain(&parsed.cc).any(|a| a.email.eq_ignore_ascii_case(email));
        let hidden = recipients.iter().filter(|r| !named(r.as_str()) && wanted(r.as_str()));
        let bcc = hidden.map(|r| Address { name: String::new(), email: r.clone() }).collect();
        let mut content = render::to_store(DraftContent {
            account: Some(item.account),
            to: kept(&parsed.to),
            cc: kept(&parsed.cc),
            bcc,
            subject: subject.clone(),
            html: Some(html),
            in_reply_to: *in_reply_to,
            forward_of: *forward_of,
            ..DraftContent::default()
        });
        content.references = parsed.references;
        Ok(NewDraft { account: item.account, content, files })
    }
}
