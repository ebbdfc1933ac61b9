//! Lists, conversations, bodies, and what can be done to them.

use std::collections::HashMap;

use domain::{
    audit::Actor,
    ids::{MailboxId, MessageId, ThreadId},
    mail::MailboxRole,
};
use engine::views::{Action as EngineAction, Images, Target, UndoToken};

use crate::{
    commands::triage::{act_res, thread_state, undone},
    convert,
    desktop::browser,
    dto::{
        AccountMailboxes, ActReq, ActRes, Action, ApiError, BodyDto, BodyReq, Empty, Id, ImagesAllowReq, LinkReq, LinkVerdict, MessageReq,
        PartDto, SourceDto, ThreadDto, ThreadReq, ThreadsPage, ThreadsReq, TrackerDto, UndoReq, UnsubscribeDto, WarningDto,
    },
    state::Shell,
};

/// Rows of one page at most.
const PAGE: u32 = 500;
/// Of a message's source, so much is shown.
const SOURCE: usize = 512 * 1024;

pub async fn mailboxes(shell: &Shell, _: Empty) -> Result<Vec<AccountMailboxes>, ApiError> {
    Ok(shell
        .engine()
        .await?
        .mailboxes()
        .await?
        .into_iter()
        .map(|a| AccountMailboxes {
            account: Id(a.account.id.0),
            email: a.account.email,
            hue: a.account.hue,
            mailboxes: a.mailboxes.into_iter().filter(|m| m.selectable).map(convert::mailbox).collect(),
        })
        .collect())
}

pub async fn threads(shell: &Shell, req: ThreadsReq) -> Result<ThreadsPage, ApiError> {
    let engine = shell.engine().await?;
    let filter = convert::filter(&req.filter)?;
    shell.look_at(&engine, filter.place);
    let window = engine.thread_window(filter, u64::from(req.offset), req.limit.min(PAGE)).await?;
    let unread =
        if filter.unread_only { window.total } else { engine.thread_count(store::ThreadFilter { unread_only: true, ..filter }).await? };
    Ok(ThreadsPage {
        total: window.total as u32,
        unread: unread as u32,
        rev: engine.revision() as f64,
        rows: window.items.into_iter().map(convert::thread_row).collect(),
    })
}

pub async fn thread(shell: &Shell, req: ThreadReq) -> Result<ThreadDto, ApiError> {
    let engine = shell.engine().await?;
    let detail = engine.thread(ThreadId(req.id.0)).await?;
    let state = thread_state(shell, req.id.0).await?;
    let names: HashMap<MailboxId, (String, Option<MailboxRole>)> =
        engine.mailboxes().await?.into_iter().flat_map(|a| a.mailboxes).map(|m| (m.id, (m.name, m.role))).collect();
    let mut attachments: HashMap<MessageId, Vec<_>> = HashMap::new();
    for attachment in detail.attachments {
        attachments.entry(attachment.message).or_default().push(convert::attachment(attachment));
    }
    let mut labels: Vec<String> = Vec::new();
    for (name, role) in detail.messages.iter().flat_map(|m| &m.mailboxes).filter_map(|id| names.get(id)) {
        if role.is_none() && !labels.contains(name) {
            labels.push(name.clone());
        }
    }
    Ok(ThreadDto {
        id: Id(detail.id.0),
        account: Id(detail.account.0),
        subject: detail.subject,
        labels,
        starred: detail.messages.iter().any(|m| m.flags.flagged),
        state,
        messages: detail
            .messages
            .into_iter()
            .map(|m| {
                let files = attachments.remove(&m.id).unwrap_or_default();
                let places = m.mailboxes.iter().filter_map(|id| names.get(id)).map(|(name, _)| name.clone()).collect();
                convert::message(m, files, places)
            })
            .collect(),
    })
}

pub async fn message_body(shell: &Shell, req: BodyReq) -> Result<BodyDto, ApiError> {
    // Trackers are never loaded, whatever is allowed.
    let always = shell.settings().remote_images == "always";
    let images = if req.images || always { Images::Once } else { Images::Default };
    let body = shell.engine().await?.message_body(MessageId(req.id.0), images).await?;
    Ok(BodyDto {
        id: req.id,
        html: if req.format == "text" { None } else { body.html },
        text: body.text,
        quoted: body.quoted,
        blocked_images: body.blocked_images as u32,
        images_shown: body.images_shown,
        trackers: body.trackers.into_iter().map(|t| TrackerDto { host: t.host, kind: t.kind }).collect(),
        warnings: body.warnings.into_iter().map(|w| WarningDto { kind: w.kind, message: w.message, level: w.level }).collect(),
        had_form: body.had_form,
        form_hosts: body.form_hosts,
        unsubscribe: body.unsubscribe.map(|u| UnsubscribeDto { kind: u.kind, target: u.target, href: u.href, verified: u.verified }),
        own_background: body.own_background,
        crypto: body.crypto,
        invite: body.invite.map(convert::invite),
        truncated: body.truncated,
    })
}

pub async fn message_source(shell: &Shell, req: MessageReq) -> Result<SourceDto, ApiError> {
    let source = shell.engine().await?.message_source(MessageId(req.id.0), SOURCE).await?;
    let given = |text: String| (!text.is_empty()).then_some(text);
    let structure = source.structure.into_iter().map(|p| PartDto {
        path: p.path,
        depth: p.depth,
        mime: p.mime,
        name: given(p.name),
        size: p.size as f64,
        encoding: p.encoding.to_owned(),
        charset: p.charset,
        disposition: given(p.disposition),
        content_id: p.content_id,
    });
    Ok(SourceDto {
        headers: source.headers.replace("\r\n", "\n"),
        raw: source.raw.replace("\r\n", "\n"),
        truncated: source.truncated,
        structure: structure.collect(),
    })
}

/// The window's action in the engine's words.
pub(crate) fn engine_action(action: Action) -> EngineAction {
    match action {
        Action::Archive => EngineAction::Archive,
        Action::Trash => EngineAction::Trash,
        Action::Spam => EngineAction::Spam,
        Action::Inbox => EngineAction::NotSpam,
        Action::Read => EngineAction::Read { on: true },
        Action::Unread => EngineAction::Read { on: false },
        Action::Star => EngineAction::Star { on: true },
        Action::Unstar => EngineAction::Star { on: false },
        Action::Move { mailbox } => EngineAction::Move { to: MailboxId(mailbox.0) },
        Action::Label { mailbox, on: true } => EngineAction::AddLabel { label: MailboxId(mailbox.0) },
        Action::Label { mailbox, on: false } => EngineAction::RemoveLabel { label: MailboxId(mailbox.0) },
        Action::DeleteForever => EngineAction::DeleteForever,
    }
}

pub async fn act(shell: &Shell, req: ActReq) -> Result<ActRes, ApiError> {
    let engine = shell.engine().await?;
    let action = engine_action(req.action);
    let target = if req.threads.is_empty() {
        Target::Messages { ids: req.messages.iter().map(|id| MessageId(id.0)).collect() }
    } else {
        let role = req.filter.as_ref().and_then(|f| f.role.as_deref()).and_then(MailboxRole::parse);
        let mailbox = req.filter.as_ref().and_then(|f| f.mailbox).map(|id| MailboxId(id.0));
        Target::Threads { ids: convert::thread_ids(&req.threads), mailbox, role }
    };
    Ok(act_res(engine.perform(action, target, Actor::Person, req.create_missing.unwrap_or_default()).await?))
}

/// The answer to anything that can be undone.
pub fn done(token: &UndoToken, count: usize) -> ActRes {
    ActRes {
        undo: token.undoable.then(|| serde_json::to_string(token).unwrap_or_default()),
        undo_until: None,
        count: count as u32,
        words: token.label.clone(),
    }
}

pub async fn undo(shell: &Shell, req: UndoReq) -> Result<ActRes, ApiError> {
    if let Some(id) = req.token.strip_prefix("u:") {
        let id = id.parse().map_err(|_| ApiError::bad_request("an undo token"))?;
        return Ok(undone(shell.engine().await?.undo_record(id).await?));
    }
    // A mail in its undo window goes back to the composer.
    if let Some(id) = req.token.strip_prefix("send:") {
        let id = id.parse().map_err(|_| ApiError::bad_request("an undo token"))?;
        let draft = shell.engine().await?.outbox_edit(domain::ids::OutboxId(id)).await?;
        return Ok(ActRes { undo: Some(format!("draft:{}", draft.id)), undo_until: None, count: 1, words: "Sending undone".into() });
    }
    if let Some(id) = req.token.strip_prefix("discard:") {
        let id = id.parse().map_err(|_| ApiError::bad_request("an undo token"))?;
        let draft = shell.engine().await?.restore_draft(domain::ids::DraftId(id), Actor::Person).await?;
        return Ok(ActRes { undo: Some(format!("draft:{}", draft.id)), undo_until: None, count: 1, words: "Draft restored".into() });
    }
    if let Some((rule, token)) = req.token.strip_prefix("block:").and_then(|t| t.split_once(':')) {
        let engine = shell.engine().await?;
        engine.unblock(rule.parse().map_err(|_| ApiError::bad_request("an undo token"))?, Actor::Person).await?;
        if !token.is_empty() {
            engine.undo(serde_json::from_str(token).map_err(|e| ApiError::bad_request(&e.to_string()))?).await?;
        }
        return Ok(ActRes { undo: None, undo_until: None, count: 1, words: "Unblocked".into() });
    }
    let token: UndoToken = serde_json::from_str(&req.token).map_err(|e| ApiError::bad_request(&e.to_string()))?;
    let count = token.count;
    shell.engine().await?.undo(token).await?;
    Ok(ActRes { undo: None, undo_until: None, count: count as u32, words: "Undone".into() })
}

pub async fn link_check(shell: &Shell, req: LinkReq) -> Result<LinkVerdict, ApiError> {
    verdict(shell, &req).await
}

async fn verdict(shell: &Shell, req: &LinkReq) -> Result<LinkVerdict, ApiError> {
    let message = req.message.map(|id| MessageId(id.0));
    let info = shell.engine().await?.check_link(message, &req.text, &req.href).await?;
    Ok(LinkVerdict { ok: info.reasons.is_empty(), host: info.host, reasons: info.reasons })
}

/// Opens in the system browser, after the same check: a suspicious link only when the person saw the warning.
pub async fn link_open(shell: &Shell, req: LinkReq) -> Result<Empty, ApiError> {
    if !["http://", "https://", "mailto:"].iter().any(|scheme| req.href.to_ascii_lowercase().starts_with(scheme)) {
        return Err(ApiError::new("bad_link", "This kind of link is not opened from a mail.", "Copy it if you are sure what it does."));
    }
    if !req.confirmed && !verdict(shell, &req).await?.ok {
        return Err(ApiError::new("suspicious_link", "This link does not go where it says.", "Look at the address before you open it."));
    }
    browser::open(&req.href)
        .map_err(|e| ApiError::new("no_browser", format!("No browser could be opened ({e})."), "Copy the link instead."))?;
    Ok(Empty {})
}

pub async fn images_allow(shell: &Shell, req: ImagesAllowReq) -> Result<Empty, ApiError> {
    let engine = shell.engine().await?;
    let message = engine.message(MessageId(req.message.0)).await?;
    engine.allow_images(&message.from.email, req.scope == "domain").await?;
    Ok(Empty {})
}
