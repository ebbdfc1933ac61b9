//! Drafts, and the step from a draft to the outbox.

use base64::Engine as _;
use domain::{
    audit::Actor,
    ids::{AccountId, AttachmentId, DraftId, MessageId},
    mail::MailboxRole,
};
use engine::views::{Action, DraftContent, DraftView, ReplyKind, SendOptions, Target};

use crate::{
    commands::triage::act_res,
    convert,
    dto::{
        ActRes, ApiError, AppEvent, DraftAttachReq, DraftAttachment, DraftDetachReq, DraftDto, DraftNewReq, DraftReq, DraftRow,
        DraftSaveReq, DraftSaved, DraftSendReq, Empty, Id, KnownByDto, Millis, SuggestReq, SuggestionDto,
    },
    state::Shell,
};

pub async fn draft_new(shell: &Shell, req: DraftNewReq) -> Result<DraftDto, ApiError> {
    let engine = shell.engine().await?;
    if req.kind == "edit" {
        let message = req.message.ok_or_else(|| ApiError::bad_request("a draft to edit needs a message"))?;
        return Ok(dto(engine.edit_draft_message(MessageId(message.0)).await?));
    }
    let kind = match req.kind.as_str() {
        "reply" => Some(ReplyKind::Reply),
        "replyAll" => Some(ReplyKind::ReplyAll),
        "forward" => Some(ReplyKind::Forward),
        "new" => None,
        other => return Err(ApiError::bad_request(&format!("draft kind {other}"))),
    };
    let view = match (kind, req.message) {
        (Some(kind), Some(message)) => engine.reply_draft(MessageId(message.0), kind).await?,
        (Some(_), None) => return Err(ApiError::bad_request("an answer needs a message")),
        (None, _) => {
            let account = req.account.map(|id| AccountId(id.0));
            engine.new_draft(DraftContent { account, ..DraftContent::default() }).await?
        }
    };
    let view = engine.sign_draft(view.id, kind).await?;
    Ok(DraftDto { kind: req.kind, ..dto(view) })
}

pub async fn draft(shell: &Shell, req: DraftReq) -> Result<DraftDto, ApiError> {
    Ok(dto(shell.engine().await?.draft(DraftId(req.id.0)).await?))
}

pub(crate) fn draft_dto(view: DraftView) -> DraftDto {
    dto(view)
}

pub(super) fn dto(view: DraftView) -> DraftDto {
    let kind = match (view.content.in_reply_to, view.content.forward_of) {
        (Some(_), _) => "reply",
        (None, Some(_)) => "forward",
        (None, None) => "new",
    };
    DraftDto {
        id: Id(view.id.0),
        account: Id(view.content.account.map_or(0, |a| a.0)),
        kind: kind.into(),
        to: view.content.to.into_iter().map(convert::address).collect(),
        cc: view.content.cc.into_iter().map(convert::address).collect(),
        bcc: view.content.bcc.into_iter().map(convert::address).collect(),
        subject: view.content.subject,
        html: view.content.html.unwrap_or_default(),
        quoted: match view.content.forward_of {
            Some(message) => engine::show_inline(&view.content.quoted, message),
            None => view.content.quoted,
        },
        attachments: view
            .attachments
            .into_iter()
            // Pictures inside the quotation come and go with it.
            .filter(|a| !a.inline)
            .map(|a| DraftAttachment { id: Id(a.id.0), name: a.name, mime: a.mime, size: a.size as f64 })
            .collect(),
        saved_at: convert::millis(view.updated_at),
        version: view.version as u32,
    }
}

pub async fn drafts(shell: &Shell, _: Empty) -> Result<Vec<DraftRow>, ApiError> {
    let drafts = shell.engine().await?.drafts().await?;
    Ok(drafts
        .into_iter()
        .map(|view| DraftRow {
            id: Id(view.id.0),
            account: Id(view.content.account.map_or(0, |a| a.0)),
            to: view.content.to.into_iter().map(convert::address).collect(),
            subject: view.content.subject,
            snippet: engine::draft_preview(view.content.html.as_deref().unwrap_or_default()),
            saved_at: convert::millis(view.updated_at),
        })
        .collect())
}

pub async fn draft_save(shell: &Shell, req: DraftSaveReq) -> Result<DraftSaved, ApiError> {
    let content = DraftContent {
        account: Some(AccountId(req.account.0)),
        to: req.to.into_iter().map(convert::address_in).collect(),
        cc: req.cc.into_iter().map(convert::address_in).collect(),
        bcc: req.bcc.into_iter().map(convert::address_in).collect(),
        subject: req.subject,
        html: Some(req.html),
        quoted: req.quoted,
        ..DraftContent::default()
    };
    let engine = shell.engine().await?;
    let view = if let Some(base) = req.version {
        let stored = engine.draft(DraftId(req.id.0)).await?.version;
        if stored != i64::from(base) {
            return Err(ApiError::new(
                "draft_conflict",
                "This draft was changed somewhere else meanwhile.",
                "Keep yours or take the other; what is replaced stays among the draft's versions.",
            ));
        }
        engine.save_draft(DraftId(req.id.0), content).await?
    } else {
        engine.replace_draft(DraftId(req.id.0), content).await?
    };
    Ok(DraftSaved { saved_at: convert::millis(view.updated_at), version: view.version as u32 })
}

pub async fn draft_attach(shell: &Shell, req: DraftAttachReq) -> Result<DraftDto, ApiError> {
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(req.data.as_bytes())
        .map_err(|_| ApiError::bad_request("an attachment that is not base64"))?;
    Ok(dto(shell.engine().await?.attach(DraftId(req.id.0), &req.name, &req.mime, bytes).await?))
}

pub async fn draft_detach(shell: &Shell, req: DraftDetachReq) -> Result<DraftDto, ApiError> {
    Ok(dto(shell.engine().await?.detach(DraftId(req.id.0), AttachmentId(req.attachment.0)).await?))
}

pub async fn draft_discard(shell: &Shell, req: DraftReq) -> Result<ActRes, ApiError> {
    Ok(act_res(shell.engine().await?.discard(DraftId(req.id.0), Actor::Person).await?))
}

pub async fn draft_send(shell: &Shell, req: DraftSendReq) -> Result<ActRes, ApiError> {
    let engine = shell.engine().await?;
    let undo_seconds = shell.settings().undo_seconds;
    let draft = engine.draft(DraftId(req.id.0)).await?;
    let options = SendOptions { undo_seconds, send_at: req.send_at.map(|Millis(ms)| domain::time::Timestamp(ms)) };
    let outbox = engine.send_draft(draft.id, options).await?;
    if let Some(Millis(at)) = req.remind_at {
        engine.remind_of_sent(outbox, domain::time::Timestamp(at), Actor::Person).await?;
    }
    if req.archive
        && let Some(message) = draft.content.in_reply_to
    {
        let thread = engine.message(message).await?.thread;
        let target = Target::Threads { ids: vec![thread], mailbox: None, role: Some(MailboxRole::Inbox) };
        engine.perform(Action::Archive, target, Actor::Person, false).await?;
    }
    shell.send(AppEvent::Outbox);
    let words = if req.send_at.is_some() { "Scheduled" } else { "Sending" };
    Ok(act_res(engine.remember_send(outbox, words.to_owned()).await?))
}

/// Nobody is asked: what is typed stays here.
pub async fn suggest_addresses(shell: &Shell, req: SuggestReq) -> Result<Vec<SuggestionDto>, ApiError> {
    let found = shell.engine().await?.suggest_people(&req.prefix, 8).await?;
    let dto = |person: engine::PersonSuggestion| SuggestionDto {
        name: person.address.name,
        email: person.address.email,
        known_by: person.source.map(|s| KnownByDto { integration: s.integration.0, list: s.list.name().to_owned() }),
    };
    Ok(found.into_iter().map(dto).collect())
}
