//! Mail from the command line. Writes are queued like those of the window and then worked on at once, so that a script sees
//! the provider's answer; what can't be done now stays queued and the answer says so.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{
    audit::Actor,
    ids::{MessageId, OutboxId},
    mail::{Address, MailboxRole},
    outbox::OutboxState,
};
use serde_json::{Value, json};

use super::{FlagWord, Outcome, SendRequest, ShowForm, calendar, checked, connection_id, cursor, list as page, message_id, shapes, tasks};
use crate::{
    Engine, EngineError, MessageFilter,
    mime::address,
    views::{Action, Images, OutboxOutcome, OutboxReport, SendMail, SendOptions, Target, UndoToken},
};

const RAW_MAX: u64 = 90 * 1024 * 1024;
/// Submitting a large mail over a slow line.
const SEND_TIMEOUT: Duration = Duration::from_secs(300);
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);

pub(super) async fn list(
    engine: &Engine,
    mailbox: Option<String>,
    connection: Option<String>,
    limit: u32,
    after: Option<String>,
) -> Result<Outcome, EngineError> {
    let limit = checked(limit)?;
    let connection = match connection {
        Some(id) => Some(connection_id(engine, &id).await?),
        None => None,
    };
    let after = cursor(after);
    let found = match mailbox {
        Some(name) => engine.messages_named(connection, &name, after, limit).await?,
        None => engine.messages(MessageFilter { connection, ..MessageFilter::default() }, after, limit).await?,
    };
    let names = names(engine).await?;
    Ok(page(found.items.iter().map(|m| shapes::message(m, &names)).collect(), found.next).into())
}

pub(super) async fn search(engine: &Engine, query: &str, limit: u32, after: Option<String>) -> Result<Outcome, EngineError> {
    let found = engine.search(query, false, cursor(after), checked(limit)?).await?;
    let names = names(engine).await?;
    Ok(page(found.items.iter().map(|hit| shapes::message(&hit.message, &names)).collect(), found.next).into())
}

pub(super) async fn search_best(engine: &Engine, query: &str, limit: u32) -> Result<Outcome, EngineError> {
    let found = engine.search_best(None, query, false, checked(limit)?).await?;
    let names = names(engine).await?;
    Ok(page(found.iter().map(|hit| shapes::message(&hit.message, &names)).collect(), None).into())
}

async fn names(engine: &Engine) -> Result<shapes::Names, EngineError> {
    Ok(engine.mailboxes().await?.into_iter().flat_map(|a| a.mailboxes).map(|m| (m.id, m)).collect())
}

pub(super) async fn show(engine: &Engine, id: MessageId, form: ShowForm) -> Result<Outcome, EngineError> {
    let summary = engine.message(id).await?;
    let head = |name: &str, value: Value| {
        let mut out = json!({"id": id.to_string(), "subject": summary.subject});
        if let Some(map) = out.as_object_mut() {
            map.insert(name.to_owned(), value);
        }
        out
    };
    if form == ShowForm::Raw {
        let raw = engine.raw(id, RAW_MAX).await?;
        let (encoding, text) = match String::from_utf8(raw) {
            Ok(text) => ("utf-8", text),
            Err(e) => ("base64", STANDARD.encode(e.as_bytes())),
        };
        let mut out = head("raw", text.into());
        if let Some(map) = out.as_object_mut() {
            map.insert("encoding".to_owned(), encoding.into());
        }
        return Ok(out.into());
    }
    let body = engine.message_body(id, Images::Default).await?;
    match form {
        ShowForm::Html => Ok(head("html", body.html.unwrap_or_else(|| crate::mime::text_to_html(&body.text)).into()).into()),
        ShowForm::Text => {
            let text = if body.quoted.is_empty() { body.text } else { format!("{}\n\n{}", body.text, body.quoted) };
            Ok(head("text", text.into()).into())
        }
        ShowForm::Full | ShowForm::Raw => {
            let names = names(engine).await?;
            let attachments = engine.attachments(id).await?;
            let risks = engine.attachment_risks(id, &attachments).await?;
            Ok(shapes::full(shapes::message(&summary, &names), &body, &attachments, &risks)?.into())
        }
    }
}

fn recipients(field: &str, typed: &[String]) -> Result<Vec<Address>, EngineError> {
    let mut out = Vec::new();
    for text in typed {
        let list = address::parse_list(text).map_err(|e| EngineError::new("bad_address", format!("--{field}: {}", e.message), e.hint))?;
        out.extend(list.iter().map(address::Addressee::to_address));
    }
    Ok(out)
}

pub(super) async fn send(engine: &Engine, request: SendRequest) -> Result<Outcome, EngineError> {
    let in_reply_to = match &request.in_reply_to {
        Some(id) => Some(message_id(id)?),
        None => None,
    };
    let mail = SendMail {
        from: Some(request.from),
        to: recipients("to", &request.to)?,
        cc: recipients("cc", &request.cc)?,
        bcc: recipients("bcc", &request.bcc)?,
        subject: request.subject,
        text: request.text,
        html: request.html,
        attachments: request.attachments,
        in_reply_to,
        options: SendOptions { undo_seconds: 0, send_at: request.send_at },
        actor: Actor::Cli,
    };
    let id = engine.send_mail(mail).await?;
    let item = engine.outbox_item(id).await?;
    if request.queue || request.send_at.is_some() {
        return Ok(sent(&shapes::outbox_item(&item), if request.send_at.is_some() { "scheduled" } else { "queued" }, &[]).into());
    }
    let report = engine.send_and_wait(id, SEND_TIMEOUT).await?;
    let shown = shapes::outbox_item(&item);
    match report.outcome {
        OutboxOutcome::Done | OutboxOutcome::Proved => {
            // The sent copy is an item of its own; its failure is not the mail's.
            let _ = engine.drain_outbox(Some(&item.connection)).await;
            let failed = (!report.refused.is_empty()).then(|| {
                let who: Vec<_> = report.refused.iter().map(|(address, words)| format!("{address} ({words})")).collect();
                EngineError::new(
                    "recipients_refused",
                    format!("The server did not take: {}.", who.join(", ")),
                    "The others have the mail; correct these addresses and send it to them alone.",
                )
            });
            Ok(Outcome { value: sent(&shown, "sent", &report.refused), failed })
        }
        _ => Err(not_done(engine, id, &report).await),
    }
}

fn sent(item: &Value, state: &str, refused: &[(String, String)]) -> Value {
    json!({
        "id": item.get("id"),
        "state": state,
        "connection": item.get("connection"),
        "subject": item.get("subject"),
        "message_id": item.get("message_id"),
        "recipients": item.get("recipients"),
        "not_before": item.get("not_before"),
        "refused": refused.iter().map(|(address, words)| json!({"address": address, "reason": words})).collect::<Vec<_>>(),
    })
}

/// The error of an item that could not be finished now; it is still in the outbox.
pub(super) async fn not_done(engine: &Engine, id: OutboxId, report: &OutboxReport) -> EngineError {
    let item = engine.outbox_item(id).await.ok();
    if let Some(item) = item.as_ref().filter(|i| calendar::conflicting(i)) {
        return item.op.task().map_or_else(|| calendar::conflict(item), |task| tasks::conflict(item, task));
    }
    let reason = item.and_then(|i| match i.state {
        OutboxState::Wedged { reason, .. } => Some(reason),
        _ => None,
    });
    let detail = if report.detail.is_empty() { "the provider did not answer".to_owned() } else { report.detail.clone() };
    match reason {
        Some(domain::outbox::WedgeReason::MaybeSent) => EngineError::new(
            "maybe_sent",
            format!("The mail may have been sent: {detail}"),
            format!("Look into the Sent folder or ask the recipient; then `outbox discard {id}`, or `outbox retry {id}` to send it again."),
        ),
        Some(_) => EngineError::new("wedged", detail, format!("It stays in the outbox: `outbox retry {id}` or `outbox discard {id}`.")),
        None => EngineError::new(
            "not_yet",
            format!("Not done yet: {detail}"),
            format!("It stays in the outbox ({id}) and goes out with the next `sync`; `outbox discard {id}` takes it back."),
        ),
    }
}

pub(super) async fn flag(engine: &Engine, id: MessageId, flag: FlagWord) -> Result<Outcome, EngineError> {
    let action = match flag {
        FlagWord::Read => Action::Read { on: true },
        FlagWord::Unread => Action::Read { on: false },
        FlagWord::Starred => Action::Star { on: true },
        FlagWord::Unstarred => Action::Star { on: false },
    };
    act(engine, id, action).await
}

pub(super) async fn move_to(engine: &Engine, id: MessageId, to: &str) -> Result<Outcome, EngineError> {
    let account = engine.message(id).await?.account;
    // Roles mean what they mean in the window: Gmail has no archive folder, and the bin is more than a folder.
    let action = match MailboxRole::parse(&to.to_ascii_lowercase()) {
        Some(MailboxRole::Archive) => Action::Archive,
        Some(MailboxRole::Trash) => Action::Trash,
        Some(MailboxRole::Junk) => Action::Spam,
        _ => Action::Move { to: engine.mailbox_by_name(account, to).await? },
    };
    act(engine, id, action).await
}

async fn act(engine: &Engine, id: MessageId, action: Action) -> Result<Outcome, EngineError> {
    let before = engine.message(id).await?;
    let token = engine.act(action, Target::Messages { ids: vec![id] }, Actor::Cli).await?;
    let state = settle(engine, &token).await?;
    let message = engine.message(id).await;
    let names = names(engine).await?;
    let mut value = match &message {
        Ok(m) => shapes::message(m, &names),
        // Moved on a server that gives it a new number: the next sync brings it back under its new place.
        Err(_) => json!({"id": id.to_string(), "subject": before.subject}),
    };
    if let Some(map) = value.as_object_mut() {
        map.insert("state".into(), state.into());
        map.insert("action".into(), token.label.into());
    }
    Ok(value.into())
}

/// Does the queued writes now. `done`, or `queued` where the provider can't be reached.
async fn settle(engine: &Engine, token: &UndoToken) -> Result<&'static str, EngineError> {
    let mut state = "done";
    for item in &token.items {
        engine.outbox_send_now(item.outbox).await?;
        let report = engine.send_and_wait(item.outbox, WRITE_TIMEOUT).await?;
        match report.outcome {
            OutboxOutcome::Done | OutboxOutcome::Proved => {}
            OutboxOutcome::Later | OutboxOutcome::Waiting => state = "queued",
            OutboxOutcome::Wedged => return Err(not_done(engine, item.outbox, &report).await),
        }
    }
    Ok(state)
}

pub(super) async fn retry(engine: &Engine, id: OutboxId) -> Result<Outcome, EngineError> {
    engine.outbox_retry(id, Actor::Cli).await?;
    let connection = engine.outbox_item(id).await?.connection;
    let report = engine.send_and_wait(id, SEND_TIMEOUT).await?;
    match report.outcome {
        OutboxOutcome::Done | OutboxOutcome::Proved => {
            let _ = engine.drain_outbox(Some(&connection)).await;
            Ok(shapes::outbox_report(&report).into())
        }
        _ => Err(not_done(engine, id, &report).await),
    }
}
