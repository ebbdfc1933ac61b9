//! Microsoft's part of the job: its mail and its tasks come here, an answer goes out once, and what is filed or ticked off here is so there.

use domain::{
    audit::Actor,
    mail::{MailboxRole, MessageSummary},
};
use engine::{
    MessageFilter, Place,
    views::{Action, Target},
};
use sandbox::{Fault, FaultAction, MS_MARA, MsMessage, Provider};
use serde_json::Value;

use super::{Detail, Job, count, ensure, failed, queue_answer, settle, tasks};
use crate::demo::sign_in;

/// Display names of Exchange's own folders.
const SENT: &str = "Sent Items";
const ARCHIVE: &str = "Archive";

pub(super) async fn connect(job: &mut Job) -> Detail {
    let connection = sign_in(&job.engine, &job.sandbox, Provider::Microsoft, MS_MARA).await?.id;
    let report = job.engine.sync_now(Some(&connection)).await?;
    if let Some(e) = report.scopes.iter().find_map(|s| s.error.clone()) {
        return Err(e);
    }
    let (here, there) = (count(job, Some(&connection)).await?, job.sandbox.ms_messages(MS_MARA).len());
    ensure(here == there, format!("{here} messages here, {there} at Microsoft"))?;
    job.found.microsoft = Some(connection);
    let lists = job.sandbox.ms_task_lists(MS_MARA).into_iter();
    let wanted = lists.map(|l| (l.name, tasks_in(job, &l.id).filter(|(_, done)| !done).count())).collect();
    let (lists, open) = tasks::same(job, "microsoft", wanted).await?;
    Ok(format!("{MS_MARA}: {here} messages, {lists} lists with {open} open tasks, counts equal at Microsoft"))
}

/// Titles of the tasks of a list at Microsoft, and whether they are done.
fn tasks_in(job: &Job, list: &str) -> impl Iterator<Item = (String, bool)> {
    let text = |task: &Value, name: &str| task.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    job.sandbox.ms_tasks(MS_MARA, list).into_iter().map(move |task| (text(&task, "title"), text(&task, "status") == "completed"))
}

fn at_microsoft(job: &Job) -> Option<bool> {
    let lists = job.sandbox.ms_task_lists(MS_MARA);
    lists.iter().flat_map(|l| tasks_in(job, &l.id)).find(|(title, _)| title == tasks::TITLE).map(|(_, done)| done)
}

fn there(job: &Job, folder: &str, message_id: &str) -> Vec<MsMessage> {
    let same = |m: &MsMessage| m.message_id.trim_matches(['<', '>']) == message_id;
    job.sandbox.ms_in_folder(MS_MARA, folder).into_iter().filter(same).collect()
}

async fn to_answer(job: &Job) -> Result<MessageSummary, engine::EngineError> {
    let place = Some(Place::Role(MailboxRole::Inbox));
    let filter = MessageFilter { connection: job.found.microsoft.clone(), place, ..MessageFilter::default() };
    let page = job.engine.messages(filter, None, 50).await?;
    page.items.into_iter().find(|m| m.subject == "Berth plan for the autumn").ok_or_else(|| failed("there is nothing to answer"))
}

pub(super) async fn work(job: &mut Job) -> Detail {
    let original = to_answer(job).await?;
    let (id, message_id) = queue_answer(job, original.id, "The plan is on its way.").await?;
    // Microsoft takes it, and the answer is lost on the way.
    job.sandbox.control().add_fault(Fault::new("*/send", FaultAction::Drop { after_commit: true }).method("POST"));
    let outcome = settle(job, id).await;
    job.sandbox.control().clear_faults();
    outcome?;
    let sent = there(job, SENT, &message_id);
    let [copy] = sent.as_slice() else { return Err(failed(format!("{} copies in {SENT} instead of 1", sent.len()))) };
    let head = String::from_utf8_lossy(&copy.raw);
    ensure(head.contains(&format!("In-Reply-To: <{}>", original.rfc_message_id)), "the answer does not name what it answers")?;
    let filed = job.engine.act(Action::Archive, Target::Messages { ids: vec![original.id] }, Actor::Cli).await?;
    for item in &filed.items {
        settle(job, item.outbox).await?;
    }
    ensure(there(job, ARCHIVE, &original.rfc_message_id).len() == 1, "the archived mail is not in the archive at Microsoft")?;
    tasks::one(job, "microsoft", at_microsoft).await?;
    Ok(format!(
        "“{}” answered, once although the reply of the server was lost; filed in the archive there; a task made and ticked off",
        original.subject
    ))
}
