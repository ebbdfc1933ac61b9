//! What a person does about a sender: leave a list, block, report; and what the window can't show itself: the original with its
//! form, paper.

use domain::{audit::Actor, ids::MessageId, mail::MailboxRole};
use engine::BlockKind;

use super::done;
use crate::{
    convert,
    desktop::browser,
    dto::{ActRes, ApiError, BlockReq, BlockedDto, BlockedReq, Empty, Id, MessageReq, OriginalReq, PhishingReq},
    state::Shell,
};

pub async fn unsubscribe(shell: &Shell, req: MessageReq) -> Result<ActRes, ApiError> {
    Ok(done(&shell.engine().await?.unsubscribe(MessageId(req.id.0), Actor::Person).await?, 1))
}

pub async fn block_sender(shell: &Shell, req: BlockReq) -> Result<ActRes, ApiError> {
    let kind = match req.scope.as_str() {
        "sender" => BlockKind::Sender,
        "domain" => BlockKind::Domain,
        other => return Err(ApiError::bad_request(&format!("block scope {other}"))),
    };
    let target = match req.to.as_str() {
        "junk" => MailboxRole::Junk,
        "trash" => MailboxRole::Trash,
        other => return Err(ApiError::bad_request(&format!("block target {other}"))),
    };
    let blocked = shell.engine().await?.block_sender(MessageId(req.message.0), kind, target, req.move_now, Actor::Person).await?;
    let moved = blocked.moved.as_ref().map(|token| serde_json::to_string(token).unwrap_or_default()).unwrap_or_default();
    Ok(ActRes {
        undo: Some(format!("block:{}:{moved}", blocked.rule)),
        undo_until: None,
        count: 1,
        words: format!("Blocked {}", blocked.value),
    })
}

pub async fn blocked(shell: &Shell, _: Empty) -> Result<Vec<BlockedDto>, ApiError> {
    let rules = shell.engine().await?.blocks().await?;
    Ok(rules
        .into_iter()
        .map(|r| BlockedDto {
            id: Id(r.id),
            kind: r.kind.as_str().into(),
            value: r.value,
            to: r.target.as_str().into(),
            created_at: convert::millis(r.created_at),
            hits: r.hits.max(0) as u32,
        })
        .collect())
}

pub async fn unblock(shell: &Shell, req: BlockedReq) -> Result<Empty, ApiError> {
    shell.engine().await?.unblock(req.id.0, Actor::Person).await?;
    Ok(Empty {})
}

pub async fn report_phishing(shell: &Shell, req: PhishingReq) -> Result<ActRes, ApiError> {
    Ok(done(&shell.engine().await?.report_phishing(MessageId(req.message.0), Actor::Person).await?, 1))
}

/// The message with its forms, in the system browser, without scripts. The window has asked first.
pub async fn original_open(shell: &Shell, req: OriginalReq) -> Result<Empty, ApiError> {
    let url = shell.engine().await?.open_original(MessageId(req.id.0), req.images, Actor::Person).await?;
    browser::open(&url)
        .map_err(|e| ApiError::new("no_browser", format!("No browser could be opened ({e})."), "Install or set a default browser."))?;
    Ok(Empty {})
}

/// The system's dialog for what the window shows; its style sheet for paper leaves the open message.
pub async fn print(shell: &Shell, _: Empty) -> Result<Empty, ApiError> {
    shell.print().map_err(|e| {
        ApiError::new("no_print", format!("This can't be printed here ({e})."), "Save the text, or print from another program.")
    })?;
    Ok(Empty {})
}
