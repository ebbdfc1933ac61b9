//! What waits to be sent or changed at a provider.

use domain::{
    audit::Actor,
    ids::OutboxId,
    outbox::{OutboxItem, OutboxOp, OutboxState, WedgeReason},
};

use crate::{
    convert,
    dto::{ApiError, AppEvent, Empty, Id, OutboxActReq, OutboxActRes, OutboxRow},
    state::Shell,
};

pub async fn outbox(shell: &Shell, _: Empty) -> Result<Vec<OutboxRow>, ApiError> {
    let engine = shell.engine().await?;
    let mut rows: Vec<OutboxRow> = engine.outbox(None).await?.into_iter().filter_map(row).collect();
    rows.extend(engine.undelivered().await?.into_iter().map(|(item, refused)| undelivered(item, refused)));
    Ok(rows)
}

/// A mail that is sent, though not to these.
fn undelivered(item: OutboxItem, refused: store::Refused) -> OutboxRow {
    let subject = match item.op {
        OutboxOp::Send { subject, .. } => subject,
        _ => String::new(),
    };
    OutboxRow {
        id: Id(item.id.0),
        account: Id(item.account.0),
        kind: "send".into(),
        state: "undelivered".into(),
        subject,
        words: refused.iter().map(|(who, why)| format!("{who}: {why}")).collect::<Vec<_>>().join("; "),
        recipients: refused.into_iter().map(|(who, _)| who).collect(),
        reason: None,
        not_before: convert::millis(item.not_before),
        attempts: item.attempts,
        created_at: convert::millis(item.created_at),
    }
}

fn row(item: OutboxItem) -> Option<OutboxRow> {
    let (state, reason, words) = match &item.state {
        OutboxState::Queued => ("queued", None, item.last_error.clone().unwrap_or_default()),
        OutboxState::Sending { .. } => ("sending", None, String::new()),
        OutboxState::Wedged { reason, detail } => ("wedged", Some(reason_name(*reason)), detail.clone()),
        OutboxState::Done => return None,
    };
    let (subject, recipients) = match &item.op {
        OutboxOp::Send { subject, recipients, .. } => (subject.clone(), recipients.clone()),
        OutboxOp::CreateMailbox { name, .. } | OutboxOp::RenameMailbox { name, .. } => (name.clone(), Vec::new()),
        OutboxOp::PutItem { title, .. }
        | OutboxOp::DeleteItem { title, .. }
        | OutboxOp::PutTask { title, .. }
        | OutboxOp::DeleteTask { title, .. } => (title.clone(), Vec::new()),
        OutboxOp::PutFile { name, .. } => (name.clone(), Vec::new()),
        _ => (String::new(), Vec::new()),
    };
    Some(OutboxRow {
        id: Id(item.id.0),
        account: Id(item.account.0),
        kind: item.op.kind().into(),
        state: state.into(),
        subject,
        recipients,
        words,
        reason: reason.map(Into::into),
        not_before: convert::millis(item.not_before),
        attempts: item.attempts,
        created_at: convert::millis(item.created_at),
    })
}

const fn reason_name(reason: WedgeReason) -> &'static str {
    match reason {
        WedgeReason::MaybeSent => "maybeSent",
        WedgeReason::Refused => "refused",
        WedgeReason::Reauth => "reauth",
        WedgeReason::Missing => "missing",
        WedgeReason::TooManyAttempts => "tooManyAttempts",
        WedgeReason::Unsupported => "unsupported",
        WedgeReason::Conflict => "conflict",
    }
}

pub async fn outbox_act(shell: &Shell, req: OutboxActReq) -> Result<OutboxActRes, ApiError> {
    let engine = shell.engine().await?;
    let id = OutboxId(req.id.0);
    let mut draft = None;
    match req.action.as_str() {
        "retry" => engine.outbox_retry(id, Actor::Person).await?,
        "discard" => {
            draft = engine.outbox_discard(id, Actor::Person).await?;
        }
        "markSent" => engine.outbox_mark_sent(id, Actor::Person).await?,
        "sendNow" => engine.outbox_send_now(id).await?,
        "edit" => {
            draft = Some(engine.outbox_edit(id).await?.id);
        }
        other => return Err(ApiError::bad_request(&format!("outbox action {other}"))),
    }
    shell.send(AppEvent::Outbox);
    Ok(OutboxActRes { draft: draft.map(|d| Id(d.0)) })
}
