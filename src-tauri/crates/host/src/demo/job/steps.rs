//! The steps, in order.

mod calendar;
mod microsoft;
mod tasks;

use std::{collections::BTreeSet, path::Path, time::Duration};

use domain::{
    audit::Actor,
    ids::{ConnectionId, MessageId, OutboxId},
    mail::{MailboxRole, MessageSummary},
};
use engine::{
    EngineError, MessageFilter, Place, ThreadFilter,
    views::{Action, Images, OutboxOutcome, ReplyKind, RevocationOutcome, SendMail, SendOptions, Target},
};
use sandbox::{Fault, FaultAction, MARA, MARA_WORK, MessageState, Provider};

use super::{Job, failed};
use crate::demo::sign_in;

pub(super) const STEPS: [(&str, &str); 21] = [
    ("connect", "Connect two accounts through the browser sign-in"),
    ("sync", "Sync both into the encrypted store"),
    ("list", "Unified inbox, newest first"),
    ("search", "Search"),
    ("read", "Read newsletters safely"),
    ("phishing", "Warn about a phishing mail"),
    ("reply", "Reply, and find it in Sent at the provider"),
    ("flags", "Star and archive, and take the archive back"),
    ("incoming", "New mail appears with the next sync"),
    ("idempotent", "A lost answer while sending does not send twice"),
    ("calendars", "Connect a calendar server and a subscribed calendar"),
    ("events", "Make, move and delete an event, while somebody else changes it"),
    ("answer", "Answer an invitation"),
    ("tasks", "Connect Todoist beside Google Tasks"),
    ("todo", "Make a task and tick it off, at both"),
    ("microsoft", "Connect a Microsoft account"),
    ("outlook", "Answer and file a mail, and tick off a task at Microsoft"),
    ("again", "A further sync finds nothing new"),
    ("encrypted", "Nothing readable on disk"),
    ("disconnect", "Disconnect the second account and find nothing left"),
    ("audit", "The audit log is whole"),
];

/// What later steps need of earlier ones.
#[derive(Default)]
pub(crate) struct Found {
    pub mara: Option<ConnectionId>,
    pub work: Option<ConnectionId>,
    pub microsoft: Option<ConnectionId>,
    /// A message of the second account only.
    work_word: String,
    canary: String,
}

type Detail = Result<String, EngineError>;

const WAIT: Duration = Duration::from_secs(15);

pub(super) async fn run(id: &str, job: &mut Job) -> Detail {
    match id {
        "connect" => connect_both(job).await,
        "sync" => sync(job).await,
        "list" => list(job).await,
        "search" => search(job).await,
        "read" => read(job).await,
        "phishing" => phishing(job).await,
        "reply" => reply(job).await,
        "flags" => flags(job).await,
        "incoming" => incoming(job).await,
        "idempotent" => idempotent(job).await,
        "calendars" => calendar::connect(job).await,
        "events" => calendar::events(job).await,
        "answer" => calendar::answer(job).await,
        "tasks" => tasks::connect(job).await,
        "todo" => tasks::work(job).await,
        "microsoft" => microsoft::connect(job).await,
        "outlook" => microsoft::work(job).await,
        "again" => again(job).await,
        "encrypted" => encrypted(job).await,
        "disconnect" => disconnect(job).await,
        "audit" => audit(job).await,
        _ => Err(failed("no such step")),
    }
}

fn ensure(ok: bool, message: impl Into<String>) -> Result<(), EngineError> {
    if ok { Ok(()) } else { Err(failed(message)) }
}

async fn connect_both(job: &mut Job) -> Detail {
    job.found.mara = Some(sign_in(&job.engine, &job.sandbox, Provider::Google, MARA).await?.id);
    job.found.work = Some(sign_in(&job.engine, &job.sandbox, Provider::Google, MARA_WORK).await?.id);
    let all = job.engine.connections().await?;
    ensure(all.len() == 2, format!("{} connections instead of 2", all.len()))?;
    for email in [MARA, MARA_WORK] {
        ensure(job.sandbox.live_grants(Provider::Google, email) == 1, format!("{email} has no live grant at the provider"))?;
    }
    Ok(format!("{MARA}, {MARA_WORK}"))
}

async fn count(job: &Job, connection: Option<&ConnectionId>) -> Result<usize, EngineError> {
    let filter = MessageFilter { connection: connection.cloned(), ..MessageFilter::default() };
    Ok(usize::try_from(job.engine.store().count_messages(&filter).await?).unwrap_or(usize::MAX))
}

async fn sync(job: &mut Job) -> Detail {
    let report = job.engine.sync_now(None).await?;
    if let Some(e) = report.scopes.iter().find_map(|s| s.error.clone()) {
        return Err(e);
    }
    let mut total = 0;
    for (email, connection) in [(MARA, &job.found.mara), (MARA_WORK, &job.found.work)] {
        let there = job.sandbox.messages(email).len();
        let here = count(job, connection.as_ref()).await?;
        ensure(here == there, format!("{email}: {here} messages here, {there} at the provider"))?;
        total += here;
    }
    let bytes: u64 = report.scopes.iter().map(|s| s.bytes).sum();
    Ok(format!("{total} messages, {} KB, counts equal at the provider", bytes / 1024))
}

fn inbox() -> ThreadFilter {
    ThreadFilter { account: None, place: Place::Role(MailboxRole::Inbox), unread_only: false, starred: false }
}

async fn list(job: &mut Job) -> Detail {
    let page = job.engine.threads(inbox(), None, 100).await?;
    ensure(page.items.len() > 20, format!("only {} conversations in the inbox", page.items.len()))?;
    ensure(page.items.is_sorted_by(|a, b| a.date >= b.date), "they are not newest first")?;
    let accounts: BTreeSet<_> = page.items.iter().map(|t| t.account).collect();
    ensure(accounts.len() == 2, "not both accounts are in it")?;
    let total = job.engine.thread_count(inbox()).await?;
    let unread = page.items.iter().filter(|t| t.unread > 0).count();
    Ok(format!("{total} conversations of both accounts, {unread} of the newest {} unread", page.items.len()))
}

/// A word of a subject that says where it is from.
fn word_of(subject: &str) -> Option<&str> {
    subject.split(|c: char| !c.is_alphanumeric()).filter(|w| w.chars().count() >= 6).max_by_key(|w| w.len())
}

async fn messages_of(job: &Job, connection: Option<&ConnectionId>, limit: u32) -> Result<Vec<MessageSummary>, EngineError> {
    let filter = MessageFilter { connection: connection.cloned(), ..MessageFilter::default() };
    Ok(job.engine.messages(filter, None, limit).await?.items)
}

async fn hits(job: &Job, query: &str) -> Result<Vec<MessageSummary>, EngineError> {
    Ok(job.engine.search(query, false, None, 1_000).await?.items.into_iter().map(|h| h.message).collect())
}

async fn search(job: &mut Job) -> Detail {
    let all = messages_of(job, job.found.mara.as_ref(), 400).await?;
    let mut tried = 0;
    for message in all.iter().step_by(7) {
        let Some(word) = word_of(&message.subject) else { continue };
        ensure(hits(job, word).await?.iter().any(|m| m.id == message.id), format!("“{word}” does not find “{}”", message.subject))?;
        let narrow = format!("subject:{word} from:{} before:2100-01-01", message.from.email);
        ensure(hits(job, &narrow).await?.iter().any(|m| m.id == message.id), format!("{narrow} finds nothing"))?;
        tried += 2;
    }
    ensure(tried > 20, "too few words to try")?;
    ensure(hits(job, "from:nobody@nowhere.example").await?.is_empty(), "a search for nobody finds somebody")?;
    let work = messages_of(job, job.found.work.as_ref(), 100).await?;
    let theirs: BTreeSet<String> = all.iter().map(|m| m.subject.to_lowercase()).collect();
    let only = work.iter().filter_map(|m| word_of(&m.subject)).find(|w| !theirs.iter().any(|s| s.contains(&w.to_lowercase())));
    only.unwrap_or("nordlys").clone_into(&mut job.found.work_word);
    Ok(format!("{tried} searches by word and operator, each finds its message"))
}

async fn read(job: &mut Job) -> Detail {
    let (mut opened, mut trackers, mut blocked) = (0, 0, 0);
    for message in messages_of(job, None, 80).await? {
        let body = job.engine.message_body(message.id, Images::Default).await?;
        opened += 1;
        trackers += body.trackers.len();
        blocked += body.blocked_images;
        let html = body.html.unwrap_or_default().to_lowercase();
        for bad in ["<script", "javascript:", " onload=", " onerror=", "<form", "<iframe", "src=\"http"] {
            ensure(!html.contains(bad), format!("“{}” still holds {bad}", message.subject))?;
        }
        ensure(!body.text.trim().is_empty() || !html.is_empty(), format!("“{}” shows nothing", message.subject))?;
    }
    ensure(trackers > 0, "no tracker was found in any newsletter")?;
    Ok(format!("{opened} opened: {trackers} trackers named and never loaded, {blocked} remote images blocked"))
}

async fn phishing(job: &mut Job) -> Detail {
    for message in messages_of(job, None, 1_000).await? {
        // Warnings come with the body; only senders outside the usual are worth opening.
        let body = job.engine.message_body(message.id, Images::Default).await?;
        if let Some(w) = body.warnings.iter().find(|w| w.level == "danger" && w.kind != "defect") {
            return Ok(format!("“{}”: {}", message.subject, w.message));
        }
    }
    Err(failed("no mail raised an alarm"))
}

/// A message of a person, in the inbox, to answer.
async fn to_answer(job: &Job) -> Result<MessageSummary, EngineError> {
    let filter =
        MessageFilter { connection: job.found.mara.clone(), place: Some(Place::Role(MailboxRole::Inbox)), ..MessageFilter::default() };
    let page = job.engine.messages(filter, None, 200).await?;
    let person = |m: &MessageSummary| {
        !m.rfc_message_id.is_empty() && m.from.email != MARA && !m.from.email.contains("noreply") && !m.from.email.starts_with("no-reply")
    };
    page.items.into_iter().find(person).ok_or_else(|| failed("there is nothing to answer"))
}

async fn settle(job: &Job, id: OutboxId) -> Result<OutboxOutcome, EngineError> {
    job.engine.outbox_send_now(id).await?;
    let report = job.engine.send_and_wait(id, WAIT).await?;
    match report.outcome {
        OutboxOutcome::Done | OutboxOutcome::Proved => Ok(report.outcome),
        _ => Err(failed(format!("the provider did not take it: {}", report.detail))),
    }
}

fn sent_with(job: &Job, message_id: &str) -> Vec<MessageState> {
    job.sandbox
        .sent(MARA)
        .into_iter()
        .filter(|m| m.message_id.as_deref().is_some_and(|id| id.trim_matches(['<', '>']) == message_id))
        .collect()
}

async fn message_id_of(job: &Job, id: OutboxId) -> Result<String, EngineError> {
    match job.engine.outbox_item(id).await?.op {
        domain::outbox::OutboxOp::Send { message_id, .. } => Ok(message_id),
        _ => Err(failed("the outbox item is no mail")),
    }
}

/// Written and laid into the outbox: its item there, and its Message-ID.
async fn queue_answer(job: &Job, to: MessageId, text: &str) -> Result<(OutboxId, String), EngineError> {
    let draft = job.engine.reply_draft(to, ReplyKind::Reply).await?;
    let mut content = draft.content.clone();
    content.html = Some(format!("<p>{text}</p>"));
    text.clone_into(&mut content.text);
    let draft = job.engine.save_draft(draft.id, content).await?;
    let id = job.engine.send_draft(draft.id, SendOptions::default()).await?;
    Ok((id, message_id_of(job, id).await?))
}

async fn reply(job: &mut Job) -> Detail {
    let original = to_answer(job).await?;
    let (id, message_id) = queue_answer(job, original.id, "Thank you, Thursday suits me well.").await?;
    settle(job, id).await?;
    let sent = sent_with(job, &message_id);
    let [copy] = sent.as_slice() else { return Err(failed(format!("{} copies in Sent instead of 1", sent.len()))) };
    let raw = String::from_utf8_lossy(&copy.raw);
    let head = raw.split("\r\n\r\n").next().unwrap_or_default();
    ensure(head.contains(&format!("In-Reply-To: <{}>", original.rfc_message_id)), "the answer does not name what it answers")?;
    ensure(head.lines().any(|l| l.starts_with("References:")), "the answer has no References")?;
    let parent = job
        .sandbox
        .messages(MARA)
        .into_iter()
        .find(|m| m.message_id.as_deref().is_some_and(|i| i.trim_matches(['<', '>']) == original.rfc_message_id));
    ensure(parent.is_none_or(|p| p.thread_id == copy.thread_id), "it lies in another conversation at the provider")?;
    Ok(format!("“{}” sent, found in Sent in the same conversation", copy.subject))
}

/// Labels of a message at the provider.
fn labels(job: &Job, message: &MessageSummary) -> BTreeSet<String> {
    let same = |m: &MessageState| m.message_id.as_deref().is_some_and(|i| i.trim_matches(['<', '>']) == message.rfc_message_id);
    job.sandbox.messages(MARA).into_iter().find(same).map(|m| m.labels).unwrap_or_default()
}

async fn act(job: &Job, action: Action, message: MessageId) -> Result<engine::views::UndoToken, EngineError> {
    let token = job.engine.act(action, Target::Messages { ids: vec![message] }, Actor::Cli).await?;
    for item in &token.items {
        settle(job, item.outbox).await?;
    }
    Ok(token)
}

async fn flags(job: &mut Job) -> Detail {
    let message = to_answer(job).await?;
    let starred = !message.flags.flagged;
    act(job, Action::Star { on: starred }, message.id).await?;
    ensure(labels(job, &message).contains("STARRED") == starred, "the star did not reach the provider")?;
    let token = act(job, Action::Archive, message.id).await?;
    ensure(!labels(job, &message).contains("INBOX"), "the archive did not reach the provider")?;
    job.engine.undo(token).await?;
    job.engine.drain_outbox(None).await?;
    for item in job.engine.outbox(None).await? {
        settle(job, item.id).await?;
    }
    ensure(labels(job, &message).contains("INBOX"), "the undo did not reach the provider")?;
    Ok(format!("“{}”: star, archive and undo seen at the provider", message.subject))
}

async fn incoming(job: &mut Job) -> Detail {
    job.found.canary = format!("zwischenfall{}", super::at(job).millis());
    let body = format!("Hello Mara,\n\nthe word is {}.\n\nBest,\nIda", job.found.canary);
    job.sandbox
        .deliver_text(MARA, "Ida Holm <ida@fjellbakeriet.example>", "A mail while you watch", &body)
        .ok_or_else(|| failed("the sandbox did not deliver"))?;
    let before = count(job, job.found.mara.as_ref()).await?;
    let report = job.engine.sync_now(job.found.mara.as_ref()).await?;
    let added: u64 = report.scopes.iter().map(|s| s.added).sum();
    let after = count(job, job.found.mara.as_ref()).await?;
    ensure(after > before && added >= 1, format!("{added} added"))?;
    let found = hits(job, &job.found.canary).await?;
    ensure(found.len() == 1, format!("{} messages with the new word instead of 1", found.len()))?;
    let top = job.engine.threads(inbox(), None, 1).await?;
    ensure(top.items.first().is_some_and(|t| t.subject == "A mail while you watch"), "it is not at the top of the inbox")?;
    Ok("delivered, synced, at the top of the inbox and found by its word".to_owned())
}

async fn idempotent(job: &mut Job) -> Detail {
    let mail = SendMail {
        from: Some(MARA.to_owned()),
        to: vec![domain::mail::Address { name: String::new(), email: "ida@fjellbakeriet.example".to_owned() }],
        cc: Vec::new(),
        bcc: Vec::new(),
        subject: "Once and only once".to_owned(),
        text: "This mail must arrive exactly once.".to_owned(),
        html: None,
        attachments: Vec::new(),
        in_reply_to: None,
        options: SendOptions::default(),
        actor: Actor::Cli,
    };
    let id = job.engine.send_mail(mail).await?;
    let message_id = message_id_of(job, id).await?;
    // The provider takes it, and the answer is lost on the way.
    job.sandbox.control().add_fault(Fault::new("*/messages/send", FaultAction::Drop { after_commit: true }).method("POST"));
    let outcome = settle(job, id).await;
    job.sandbox.control().clear_faults();
    let outcome = outcome?;
    let copies = sent_with(job, &message_id).len();
    ensure(copies == 1, format!("{copies} copies at the provider instead of 1"))?;
    let how = if outcome == OutboxOutcome::Proved { "proof was found there and nothing was sent again" } else { "one copy there" };
    Ok(format!("answer dropped after the provider took it; {how}"))
}

async fn again(job: &mut Job) -> Detail {
    job.engine.sync_now(None).await?;
    let report = job.engine.sync_now(None).await?;
    let added: u64 = report.scopes.iter().map(|s| s.added).sum();
    let removed: u64 = report.scopes.iter().map(|s| s.removed).sum();
    ensure(added == 0 && removed == 0, format!("{added} added, {removed} removed"))?;
    let (here, there) = (count(job, job.found.mara.as_ref()).await?, job.sandbox.messages(MARA).len());
    ensure(here == there, format!("{here} messages here, {there} at the provider"))?;
    Ok(format!("0 added, 0 removed, {here} on both sides"))
}

async fn encrypted(job: &mut Job) -> Detail {
    let home = job.engine.home().to_owned();
    let words = vec![job.found.canary.clone(), "Thursday suits me well".to_owned(), tasks::TITLE.to_owned(), MARA_WORK.to_owned()];
    let searched = tokio::task::spawn_blocking(move || scan(&home, &words)).await.map_err(|e| failed(e.to_string()))?;
    let (files, bytes, hit) = searched.map_err(|e| failed(e.to_string()))?;
    ensure(hit.is_none(), hit.unwrap_or_default())?;
    Ok(format!("{files} files, {} KB: none of the words of mails and tasks", bytes / 1024))
}

fn holds(content: &[u8], word: &[u8]) -> bool {
    let Some(first) = word.first() else { return false };
    let mut rest = content;
    while let Some(at) = rest.iter().position(|b| b == first) {
        rest = rest.get(at..).unwrap_or_default();
        if rest.starts_with(word) {
            return true;
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    false
}

/// Looks for words in every file of the home.
fn scan(dir: &Path, words: &[String]) -> std::io::Result<(usize, usize, Option<String>)> {
    let (mut files, mut bytes) = (0, 0);
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            let (f, b, hit) = scan(&entry.path(), words)?;
            files += f;
            bytes += b;
            if hit.is_some() {
                return Ok((files, bytes, hit));
            }
        } else if entry.file_type()?.is_file() {
            let content = std::fs::read(entry.path())?;
            files += 1;
            bytes += content.len();
            let hit = words.iter().find(|w| !w.is_empty() && holds(&content, w.as_bytes()));
            if let Some(word) = hit {
                return Ok((files, bytes, Some(format!("“{word}” is readable in {}", entry.path().display()))));
            }
        }
    }
    Ok((files, bytes, None))
}

async fn disconnect(job: &mut Job) -> Detail {
    let work = job.found.work.clone().ok_or_else(|| failed("no second account"))?;
    let word = job.found.work_word.clone();
    ensure(!hits(job, &word).await?.is_empty(), format!("“{word}” finds nothing before"))?;
    let others = count(job, None).await? - count(job, Some(&work)).await?;
    let report = job.engine.disconnect(&work, Actor::Cli).await?;
    ensure(report.revocation == RevocationOutcome::Revoked, report.message.clone())?;
    ensure(job.sandbox.live_grants(Provider::Google, MARA_WORK) == 0, "the grant still lives at the provider")?;
    ensure(job.engine.connections().await?.iter().all(|c| c.id != work), "the connection is still listed")?;
    ensure(hits(job, &word).await?.iter().all(|m| m.connection != work), "its mail is still found")?;
    ensure(hits(job, &format!("account:{MARA_WORK}")).await?.is_empty(), "its mail is still there")?;
    ensure(count(job, None).await? == others, "another account lost something")?;
    Ok(format!("{} messages erased, grant revoked, the other accounts untouched", report.erased_messages))
}

async fn audit(job: &mut Job) -> Detail {
    let entries = job.engine.store().audit(None, 1_000, None).await?.items;
    for wanted in ["connection.created", "mail.sent"] {
        ensure(entries.iter().any(|e| e.action == wanted), format!("no {wanted} in it"))?;
    }
    let checks = job.engine.doctor().await?;
    if let Some(bad) = checks.iter().find(|c| c.state == engine::views::CheckState::Fail) {
        return Err(failed(format!("{}: {}", bad.label, bad.detail)));
    }
    Ok(format!("{} entries, unbroken; doctor finds nothing wrong", entries.len()))
}
