//! Signatures, snippets, templates, versions of drafts.

use domain::{
    audit::Actor,
    ids::{AccountId, DraftId},
};
use store::{Signature, TextBlock};

use crate::{
    commands::compose::draft_dto,
    convert,
    dto::{
        ApiError, DraftDto, DraftReq, DraftRestoreReq, DraftVersionDto, Empty, Id, SignatureDto, SignatureReq, TextDto, TextReq,
        TextUseReq, TextUsed, TextsReq,
    },
    state::Shell,
};

fn signature_out(s: Signature) -> SignatureDto {
    SignatureDto { id: Id(s.id), account: Id(s.account.0), name: s.name, html: s.html, for_new: s.for_new, for_reply: s.for_reply }
}

pub async fn signatures(shell: &Shell, _: Empty) -> Result<Vec<SignatureDto>, ApiError> {
    Ok(shell.engine().await?.signatures().await?.into_iter().map(signature_out).collect())
}

pub async fn signature_save(shell: &Shell, req: SignatureDto) -> Result<SignatureDto, ApiError> {
    let signature = Signature {
        id: req.id.0,
        account: AccountId(req.account.0),
        name: req.name,
        html: req.html,
        for_new: req.for_new,
        for_reply: req.for_reply,
    };
    Ok(signature_out(shell.engine().await?.save_signature(signature, Actor::Person).await?))
}

pub async fn signature_delete(shell: &Shell, req: SignatureReq) -> Result<Empty, ApiError> {
    shell.engine().await?.delete_signature(req.id.0, Actor::Person).await?;
    Ok(Empty {})
}

fn text_out(t: TextBlock) -> TextDto {
    TextDto { id: Id(t.id), kind: t.kind, name: t.name, shortcut: t.shortcut, subject: t.subject, html: t.html, uses: t.uses }
}

pub async fn texts(shell: &Shell, req: TextsReq) -> Result<Vec<TextDto>, ApiError> {
    Ok(shell.engine().await?.texts(req.kind.as_deref()).await?.into_iter().map(text_out).collect())
}

pub async fn text_save(shell: &Shell, req: TextDto) -> Result<TextDto, ApiError> {
    let text =
        TextBlock { id: req.id.0, kind: req.kind, name: req.name, shortcut: req.shortcut, subject: req.subject, html: req.html, uses: 0 };
    Ok(text_out(shell.engine().await?.save_text(text, Actor::Person).await?))
}

pub async fn text_delete(shell: &Shell, req: TextReq) -> Result<Empty, ApiError> {
    shell.engine().await?.delete_text(req.id.0, Actor::Person).await?;
    Ok(Empty {})
}

pub async fn text_use(shell: &Shell, req: TextUseReq) -> Result<TextUsed, ApiError> {
    let (html, subject, missing) = shell.engine().await?.use_text(req.id.0, DraftId(req.draft.0)).await?;
    Ok(TextUsed { html, subject, missing })
}

pub async fn draft_versions(shell: &Shell, req: DraftReq) -> Result<Vec<DraftVersionDto>, ApiError> {
    let versions = shell.engine().await?.draft_versions(DraftId(req.id.0)).await?;
    Ok(versions
        .into_iter()
        .map(|v| DraftVersionDto {
            version: v.version as u32,
            saved_at: convert::millis(v.at),
            snippet: engine::draft_preview(&v.content.html),
            subject: v.content.subject,
            html: v.content.html,
        })
        .collect())
}

pub async fn draft_restore(shell: &Shell, req: DraftRestoreReq) -> Result<DraftDto, ApiError> {
    let view = shell.engine().await?.restore_version(DraftId(req.id.0), i64::from(req.version), Actor::Person).await?;
    Ok(draft_dto(view))
}
