//! The tasks' part of the job: what is to be done there is here, and what is ticked off here is done there.

use domain::{
    audit::Actor,
    ids::{ConnectionId, TaskListId},
};
use engine::{EngineError, TaskChange, TaskFilter, TaskListView};
use sandbox::MARA;
use serde_json::{Value, json};

use super::{Detail, Job, calendar, ensure, failed, settle};
use crate::demo::connect_tasks;

/// Is looked for on the disk afterwards.
pub(super) const TITLE: &str = "Pflaumenmus einkochen";

/// A task as its provider has it: whether it is done. None: there is no such task.
pub(super) type There = fn(&Job) -> Option<bool>;

fn at_todoist(job: &Job) -> Option<bool> {
    job.sandbox.todoist_tasks().into_iter().find(|t| t.content == TITLE).map(|t| t.checked)
}

fn live(task: &Value) -> bool {
    task.get("deleted") != Some(&json!(true))
}

fn at_google(job: &Job) -> Option<bool> {
    let lists = job.sandbox.gtask_lists(MARA);
    let mut tasks = lists.iter().flat_map(|l| job.sandbox.gtasks(MARA, &l.id)).filter(live);
    tasks.find(|t| t.get("title") == Some(&json!(TITLE))).map(|t| t.get("status") == Some(&json!("completed")))
}

/// Names of the lists at both providers, and how many open tasks each has.
fn there(job: &Job) -> [(&'static str, Vec<(String, usize)>); 2] {
    let tasks = job.sandbox.todoist_tasks();
    let projects = job.sandbox.todoist_projects().into_iter().filter(|p| !p.is_deleted && !p.is_archived);
    let todoist = projects.map(|p| (p.name, tasks.iter().filter(|t| t.project_id == p.id && !t.checked).count())).collect();
    let open = |t: &Value| live(t) && t.get("status") == Some(&json!("needsAction"));
    let google = job.sandbox.gtask_lists(MARA).into_iter();
    let google = google.map(|l| (l.title, job.sandbox.gtasks(MARA, &l.id).iter().filter(|t| open(t)).count())).collect();
    [("todoist", todoist), ("google", google)]
}

/// The lists of Mara's connection to this provider.
async fn lists_of(job: &Job, integration: &str) -> Result<Vec<TaskListView>, EngineError> {
    let mut of: Option<ConnectionId> = job.found.mara.clone();
    if integration != "google" {
        let all = job.engine.connections().await?;
        of = all.into_iter().find(|c| c.connection.integration.as_str() == integration).map(|c| c.id);
    }
    Ok(job.engine.task_lists().await?.into_iter().filter(|l| Some(&l.connection) == of.as_ref()).collect())
}

/// Every list is here with as many open tasks as there. How many lists, and how many tasks.
pub(super) async fn same(job: &Job, integration: &str, wanted: Vec<(String, usize)>) -> Result<(usize, usize), EngineError> {
    let here = lists_of(job, integration).await?;
    ensure(here.len() == wanted.len(), format!("{integration}: {} lists here, {} there", here.len(), wanted.len()))?;
    let mut open = 0;
    for (name, count) in wanted {
        let list = here.iter().find(|l| l.name == name).ok_or_else(|| failed(format!("{integration}: {name} is not here")))?;
        ensure(list.open == count as u64, format!("{integration}: {name} has {} open tasks here, {count} there", list.open))?;
        open += count;
    }
    Ok((here.len(), open))
}

pub(super) async fn connect(job: &mut Job) -> Detail {
    connect_tasks(&job.engine, &job.sandbox).await?;
    calendar::sync(job).await?;
    let (mut lists, mut open) = (0, 0);
    for (integration, wanted) in there(job) {
        let (more, tasks) = same(job, integration, wanted).await?;
        (lists, open) = (lists + more, open + tasks);
    }
    let today = job.engine.task_counts().await?.today;
    ensure(today > 0, "nothing is due today")?;
    Ok(format!("{lists} lists of Todoist and Google with {open} open tasks, counts equal there; {today} due today or before"))
}

pub(super) async fn work(job: &mut Job) -> Detail {
    for (integration, seen) in [("todoist", at_todoist as There), ("google", at_google as There)] {
        one(job, integration, seen).await?;
    }
    // Somebody makes one elsewhere.
    job.sandbox.put_todoist_task(json!({"content": "Von unterwegs notiert"})).map_err(failed)?;
    calendar::sync(job).await?;
    let found = job.engine.tasks(&TaskFilter::Search { text: "unterwegs notiert".to_owned(), closed: false }, None, 10).await?;
    ensure(found.tasks.len() == 1, format!("{} tasks with the new words instead of 1", found.tasks.len()))?;
    Ok("made, ticked off, taken back and ticked off again at Todoist and Google; one made elsewhere came with the next sync".to_owned())
}

/// The life of one task in the first list of a provider that can be written to.
pub(super) async fn one(job: &Job, integration: &str, seen: There) -> Result<(), EngineError> {
    let list = lists_of(job, integration).await?.into_iter().find(|l| l.can.write).ok_or_else(|| failed("no list to write to"))?;
    life(job, list.id, seen).await.map_err(|e| EngineError { message: format!("{integration}: {}", e.message), ..e })
}

/// Looked at from its provider.
async fn life(job: &Job, list: TaskListId, seen: There) -> Result<(), EngineError> {
    let fields = TaskChange { title: Some(TITLE.to_owned()), list: Some(list), ..TaskChange::default() };
    let made = job.engine.create_task(&fields, Actor::Cli).await?;
    let id = made.task.ok_or_else(|| failed("the new task has no id"))?;
    job.engine.drain_outbox(None).await?;
    ensure(seen(job) == Some(false), "the new task did not reach the provider")?;
    let done = job.engine.complete_task(id, Actor::Cli).await?;
    job.engine.drain_outbox(None).await?;
    ensure(seen(job) == Some(true), "it is not done at the provider")?;
    let undo = done.undo.ok_or_else(|| failed("there is no way back"))?;
    job.engine.undo_record(undo).await?;
    // An undo leaves a moment for another change.
    for item in job.engine.outbox(None).await? {
        settle(job, item.id).await?;
    }
    ensure(seen(job) == Some(false), "the undo did not reach the provider")?;
    job.engine.complete_task(id, Actor::Cli).await?;
    job.engine.drain_outbox(None).await?;
    ensure(seen(job) == Some(true), "it is not done again at the provider")?;
    ensure(job.engine.task(id).await?.row.pending.is_none(), "something of it still waits")
}
