//! The JSON that leaves the command line. Ids are strings, instants RFC 3339 in UTC; each function here has a schema in
//! docs/cli, and a test holds them together.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::{
    audit::AuditEntry,
    calendar::CallKind,
    connection::{ConnectionSettings, ServerEndpoint},
    free_busy::{BusySpan, NotKnown},
    ids::MailboxId,
    mail::{Address, Attachment, Mailbox, MessageSummary},
    outbox::{OutboxItem, OutboxOp, OutboxState},
    tasks::{Due, TaskAbilities},
    time::Timestamp,
};
use serde_json::{Value, json};

use super::shape;
use crate::{
    CalendarView, DueView, EngineError, EventDetail, EventView, GuestTime, GuestView, MessageBody, TaskDetail, TaskListView, TaskView,
    views::{ConnectionView, DisconnectReport, OutboxReport, SyncReport},
};

/// RFC 3339 with whole seconds, in UTC.
pub(crate) fn instant(at: Timestamp) -> String {
    chrono::DateTime::from_timestamp(at.secs(), 0).unwrap_or_default().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

pub(crate) fn connection(view: &ConnectionView) -> Value {
    let c = &view.connection;
    let mut out = json!({
        "id": c.id,
        "integration": c.integration,
        "label": c.label,
        "email": c.email,
        "display_name": c.display_name,
        "status": c.status,
        "health": view.health,
        "reason": view.reason,
        "hint": view.hint,
        "granted_scopes": c.granted_scopes,
        "features": view.features.iter().map(|f| json!({"id": f.id, "label": f.label, "granted": f.granted, "why": f.why})).collect::<Vec<_>>(),
        "can_send": view.can_send,
        "accounts": view.accounts.iter().map(|a| json!({"id": a.id.to_string(), "email": a.email, "display_name": a.display_name, "can_send": a.can_send})).collect::<Vec<_>>(),
        "messages": view.messages,
        "last_sync": view.last_sync.map(instant),
        "next_sync": view.next_sync.map(instant),
        "error_count": view.error_count,
        "created_at": instant(c.created_at),
    });
    let Some(map) = out.as_object_mut() else { return out };
    match &c.settings {
        ConnectionSettings::Mail(servers) => {
            map.insert("username".into(), servers.username.clone().into());
            map.insert("imap".into(), server(&servers.imap));
            map.insert("smtp".into(), servers.smtp.as_ref().map_or(Value::Null, server));
        }
        ConnectionSettings::Dav(server) => {
            map.insert("username".into(), server.username.clone().into());
            map.insert("url".into(), server.url.clone().into());
        }
        ConnectionSettings::Jmap(server) => {
            map.extend(server.username.clone().map(|name| ("username".to_owned(), name.into())));
            map.insert("url".into(), server.url.clone().into());
        }
        // The address is a secret.
        ConnectionSettings::Feed(feed) => {
            map.insert("host".into(), feed.host.clone().into());
        }
        ConnectionSettings::OAuth | ConnectionSettings::Token | ConnectionSettings::Tables(_) => {}
    }
    out
}

fn server(e: &ServerEndpoint) -> Value {
    json!({"host": e.host, "port": e.port, "security": e.security, "pinned": e.pinned})
}

fn address(a: &Address) -> Value {
    json!({"name": a.name, "email": a.email})
}

fn addresses(list: &[Address]) -> Value {
    list.iter().map(address).collect()
}

/// Names of mailboxes by id.
pub(crate) type Names = HashMap<MailboxId, Mailbox>;

pub(crate) fn message(m: &MessageSummary, names: &Names) -> Value {
    let boxes = m.mailboxes.iter().filter_map(|id| names.get(id));
    json!({
        "id": m.id.to_string(),
        "connection": m.connection,
        "account": m.account.to_string(),
        "thread": m.thread.to_string(),
        "message_id": m.rfc_message_id,
        "subject": m.subject,
        "from": address(&m.from),
        "to": addresses(&m.to),
        "cc": addresses(&m.cc),
        "bcc": addresses(&m.bcc),
        "reply_to": addresses(&m.reply_to),
        "date": instant(m.date),
        "snippet": m.snippet,
        "size": m.size,
        "unread": !m.flags.seen,
        "starred": m.flags.flagged,
        "answered": m.flags.answered,
        "forwarded": m.flags.forwarded,
        "draft": m.flags.draft,
        "has_attachments": m.has_attachments,
        "mailboxes": boxes.map(|b| json!({"name": b.name, "role": b.role})).collect::<Vec<_>>(),
        "pending": m.pending,
    })
}

fn attachment(a: &Attachment, risk: crate::mime::Risk) -> Value {
    json!({
        "id": a.id.to_string(),
        "name": a.part.name,
        "mime": a.part.mime,
        "size": a.part.size,
        "inline": a.part.inline,
        "content_id": a.part.content_id,
        "risk": risk.as_str(),
    })
}

/// `message` with its body.
pub(crate) fn full(
    summary: Value,
    body: &MessageBody,
    attachments: &[Attachment],
    risks: &[crate::mime::Risk],
) -> Result<Value, EngineError> {
    let mut out = summary;
    if let Some(map) = out.as_object_mut() {
        map.insert("text".into(), body.text.clone().into());
        map.insert("quoted".into(), body.quoted.clone().into());
        map.insert("html".into(), body.html.clone().into());
        map.insert("attachments".into(), attachments.iter().zip(risks).map(|(a, risk)| attachment(a, *risk)).collect());
        map.insert("blocked_images".into(), body.blocked_images.into());
        map.insert("trackers".into(), serde_json::to_value(&body.trackers).map_err(shape)?);
        map.insert("warnings".into(), serde_json::to_value(&body.warnings).map_err(shape)?);
        map.insert("had_form".into(), body.had_form.into());
        map.insert("crypto".into(), body.crypto.clone().into());
        map.insert("truncated".into(), body.truncated.into());
    }
    Ok(out)
}

pub(crate) fn outbox_item(item: &OutboxItem) -> Value {
    let (state, reason, detail) = match &item.state {
        OutboxState::Queued => ("queued", Value::Null, item.last_error.clone()),
        OutboxState::Sending { .. } => ("sending", Value::Null, None),
        OutboxState::Wedged { reason, detail } => ("wedged", json!(reason), Some(detail.clone())),
        OutboxState::Done => ("done", Value::Null, None),
    };
    let (subject, recipients, message_id) = match &item.op {
        OutboxOp::Send { subject, recipients, message_id, .. } => (subject.as_str(), recipients.clone(), Some(message_id.clone())),
        OutboxOp::FileSent { message_id } | OutboxOp::SaveDraft { message_id, .. } => ("", Vec::new(), Some(message_id.clone())),
        op => (title(op), Vec::new(), None),
    };
    json!({
        "id": item.id.to_string(),
        "connection": item.connection,
        "account": item.account.to_string(),
        "kind": item.op.kind(),
        "state": state,
        "reason": reason,
        "detail": detail,
        "subject": subject,
        "recipients": recipients,
        "message_id": message_id,
        "messages": item.op.messages().iter().map(ToString::to_string).collect::<Vec<_>>(),
        "event": item.op.item().map(|id| crate::agenda::key(id, "")),
        "task": item.op.task().map(|id| id.to_string()),
        "attempts": item.attempts,
        "data_sent": item.data_sent,
        "not_before": instant(item.not_before),
        "created_at": instant(item.created_at),
    })
}

/// Of an event, a task or a file that is to be written; nothing for anything else.
pub(crate) fn title(op: &OutboxOp) -> &str {
    match op {
        OutboxOp::PutItem { title, .. }
        | OutboxOp::DeleteItem { title, .. }
        | OutboxOp::ClearMoved { title, .. }
        | OutboxOp::PutTask { title, .. }
        | OutboxOp::DeleteTask { title, .. } => title,
        OutboxOp::PutFile { name, .. } => name,
        _ => "",
    }
}

pub(crate) fn calendar(c: &CalendarView) -> Value {
    json!({
        "id": c.id.to_string(),
        "connection": c.connection,
        "source": c.source,
        "name": c.name,
        "hue": c.hue,
        "shown": c.shown,
        "writable": c.writable,
        "default": c.preferred,
        "video": c.calls.map(CallKind::as_str),
        "error": c.error,
        "last_sync": c.last_sync.map(instant),
        "events": c.events,
    })
}

/// The day after the last, as the last.
fn last_day(until: &str) -> String {
    let last = NaiveDate::parse_from_str(until, "%Y-%m-%d").ok().and_then(|d| d.pred_opt());
    last.map_or_else(|| until.to_owned(), |d| d.to_string())
}

pub(crate) fn event_row(e: &EventView) -> Value {
    json!({
        "id": e.key,
        "calendar": e.calendar.to_string(),
        "title": e.title,
        "location": e.location,
        "start": instant(e.start),
        "end": instant(e.end),
        "days": e.days.as_ref().map(|(first, until)| json!({"first": first, "last": last_day(until)})),
        "status": e.status,
        "mine": e.mine,
        "free": e.free,
        "repeats": e.repeats,
        "editable": e.editable,
        "joins": e.join,
        "pending": e.pending,
        "also": e.also.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

fn guest(g: &GuestView) -> Value {
    json!({"name": g.name, "email": g.email, "answer": g.answer, "optional": g.optional})
}

/// `event_row` with everything else of it.
pub(crate) fn event(e: &EventDetail) -> Value {
    let repeats = e.repeats.as_ref().map(|r| {
        json!({
            "every": r.every,
            "interval": r.interval,
            "weekdays": r.weekdays,
            "count": r.count,
            "until": r.until.map(|at| instant(Timestamp(at))),
            "rule": e.rule,
        })
    });
    let mut out = event_row(&e.row);
    let Some(map) = out.as_object_mut() else { return out };
    map.insert("repetition".into(), repeats.unwrap_or_default());
    map.insert("uid".into(), e.uid.clone().into());
    map.insert("description".into(), e.description.clone().into());
    map.insert("zone".into(), e.zone.clone().into());
    map.insert("organizer".into(), e.organizer.as_ref().map(|g| json!({"name": g.name, "email": g.email})).unwrap_or_default());
    map.insert("guests".into(), e.guests.iter().map(guest).collect());
    map.insert("guest_count".into(), e.guest_count.into());
    map.insert("join".into(), e.join.clone().into());
    map.insert("video".into(), e.call.clone().into());
    map.insert("alarms".into(), e.alarms.clone().into());
    map.insert("can_respond".into(), e.can_respond.into());
    map.insert("locked".into(), e.locked.clone().into());
    map.insert("conflict".into(), e.conflict.iter().map(|c| json!({"field": c.field, "mine": c.mine, "theirs": c.theirs})).collect());
    out
}

fn abilities(can: TaskAbilities) -> Value {
    json!({
        "notes": can.notes,
        "due_day": can.due_day,
        "due_time": can.due_time,
        "priority": can.priority,
        "coarse_priority": can.coarse_priority,
        "labels": can.labels,
        "subtasks": can.subtasks,
        "moves": can.moves,
        "deletes": can.deletes,
    })
}

pub(crate) fn task_list(l: &TaskListView) -> Value {
    json!({
        "id": l.id.to_string(),
        "connection": l.connection,
        "source": l.source,
        "name": l.name,
        "hue": l.hue,
        "shown": l.shown,
        "writable": l.can.write,
        "default": l.preferred,
        "can": abilities(l.can),
        "open": l.open,
        "error": l.error,
        "last_sync": l.last_sync.map(instant),
    })
}

fn due(d: &DueView) -> Value {
    let (kind, at, zone) = match &d.exact {
        Due::Day { .. } => ("day", None, None),
        Due::Floating { .. } => ("floating", None, None),
        Due::At { at, zone } => ("at", Some(instant(*at)), zone.clone()),
    };
    json!({"kind": kind, "day": d.day, "time": d.time, "at": at, "zone": zone, "overdue": d.overdue})
}

pub(crate) fn task_row(t: &TaskView) -> Value {
    json!({
        "id": t.id.to_string(),
        "list": t.list.to_string(),
        "parent": t.parent.map(|id| id.to_string()),
        "depth": t.depth,
        "title": t.title,
        "has_notes": t.has_notes,
        "due": t.due.as_ref().map(due),
        "priority": t.priority,
        "labels": t.labels,
        "status": t.status,
        "repeats": t.repeats,
        "completed_at": t.completed_at.map(instant),
        "subtasks_open": t.subtasks_open,
        "subtasks_done": t.subtasks_done,
        "editable": t.editable,
        "pending": t.pending,
        "linked": t.linked,
    })
}

/// `task_row` with everything else of it.
pub(crate) fn task(t: &TaskDetail) -> Value {
    let mut out = task_row(&t.row);
    let Some(map) = out.as_object_mut() else { return out };
    map.insert("notes".into(), t.notes.clone().into());
    map.insert("url".into(), t.url.clone().into());
    map.insert("can".into(), abilities(t.can));
    map.insert("locked".into(), t.locked.clone().into());
    map.insert("parent_title".into(), t.parent_title.clone().into());
    map.insert("subtasks".into(), t.subtasks.iter().map(task_row).collect());
    map.insert("message".into(), t.message.map(|(id, _)| id.to_string()).into());
    map.insert("event".into(), t.event.clone().into());
    map.insert("updated_at".into(), t.updated_at.map(instant).into());
    map.insert("conflict".into(), t.conflict.iter().map(|c| json!({"field": c.field, "mine": c.mine, "theirs": c.theirs})).collect());
    out
}

/// A block in which the person has no time; its id is its beginning.
pub(crate) fn busy(span: &BusySpan) -> Value {
    json!({"id": instant(span.start), "start": instant(span.start), "end": instant(span.end)})
}

/// One person's time; their address is the id.
pub(crate) fn guest_time(person: &GuestTime) -> Value {
    json!({
        "id": person.address,
        "own": person.own,
        "known": person.not_known.is_none(),
        "why": person.not_known,
        "words": person.not_known.map(NotKnown::words),
        "busy": person.busy.iter().map(|s| json!({"start": instant(s.start), "end": instant(s.end), "kind": s.kind})).collect::<Vec<_>>(),
    })
}

pub(crate) fn outbox_report(r: &OutboxReport) -> Value {
    json!({
        "id": r.id.to_string(),
        "connection": r.connection,
        "kind": r.kind,
        "outcome": r.outcome,
        "detail": r.detail,
        "refused": r.refused.iter().map(|(address, words)| json!({"address": address, "reason": words})).collect::<Vec<_>>(),
    })
}

pub(crate) fn sync_report(report: &SyncReport) -> Value {
    let items = report.scopes.iter().map(|s| {
        let error = s.error.as_ref().map(|e| json!({"code": e.code, "message": e.message, "hint": e.hint}));
        // A connection of which no scope was tried stands for itself.
        let id = if s.scope.0 == 0 { s.connection.to_string() } else { s.scope.to_string() };
        json!({
            "id": id,
            "connection": s.connection,
            "scope": s.name,
            "added": s.added,
            "updated": s.updated,
            "removed": s.removed,
            "bytes": s.bytes,
            "ms": s.ms,
            "error": error,
            "skipped": s.skipped,
        })
    });
    let mut out = super::list(items.collect(), None);
    if let Some(map) = out.as_object_mut() {
        map.insert("outbox".into(), report.outbox.iter().map(outbox_report).collect());
    }
    out
}

pub(crate) fn disconnected(report: &DisconnectReport) -> Result<Value, EngineError> {
    Ok(json!({
        "id": report.connection,
        "revocation": serde_json::to_value(report.revocation).map_err(shape)?,
        "message": report.message,
        "erased_messages": report.erased_messages,
        "account_page": report.account_page,
    }))
}

pub(crate) fn audit_entry(e: &AuditEntry) -> Value {
    json!({
        "id": e.id.to_string(),
        "at": instant(e.at),
        "actor": e.actor,
        "action": e.action,
        "target": e.target,
        "outcome": e.outcome,
        "detail": e.detail,
        "prev": e.prev,
        "hash": e.hash,
    })
}
