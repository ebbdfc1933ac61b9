//! Making, changing, moving along and deleting issues. Only what is named is sent: what nobody here knows of stays as it is.

use domain::{
    error::ProviderError,
    ids::RemoteId,
    tasks::{Due, Priority, TaskFields, TaskPatch, TaskStatus, TaskWrite, TaskWritten},
    time::Timestamp,
};
use serde_json::{Map, Value, json};

use super::{
    adf,
    api::Api,
    error,
    model::{FIELDS, Issue, Kind},
    poll,
};

/// In characters; Jira's own.
const MAX_TITLE: usize = 255;
/// How far Jira's clock may be behind this one, seconds.
const SKEW: i64 = 120;
/// More than a person makes while an answer is lost.
const CANDIDATES: usize = 100;

pub async fn write(api: &Api, write: &TaskWrite) -> Result<TaskWritten, ProviderError> {
    match write {
        TaskWrite::Create { list, fields, tried, since, .. } => create(api, list.as_str(), fields, *tried, *since).await,
        TaskWrite::Update { id, patch, .. } => update(api, id, patch).await,
        TaskWrite::Delete { id, .. } => match api.delete(id.as_str()).await {
            Ok(()) | Err(ProviderError::NotFound(_)) => Ok(TaskWritten { id: id.clone(), task: None }),
            Err(error) => Err(error),
        },
    }
}

/// As it is now. It is written by then: where this fails, the next round brings it.
async fn written(api: &Api, id: &str) -> TaskWritten {
    let there = async { Ok::<_, ProviderError>(api.issue(id).await?.task(&api.browse().await?)) };
    let task = there.await.inspect_err(|error| tracing::debug!(%error, "an issue that was written could not be read")).ok();
    TaskWritten { id: id.into(), task }
}

async fn create(api: &Api, project: &str, fields: &TaskFields, tried: bool, since: Timestamp) -> Result<TaskWritten, ProviderError> {
    let mut data = changed(&TaskPatch::between(&TaskFields::default(), fields))?;
    let known = if tried { made(api, project, fields, since).await? } else { None };
    let id = match known {
        Some(id) => id,
        None => {
            let kinds = api.kinds(project).await.map_err(|error| match error {
                ProviderError::NotFound(_) => error::refused("This project no longer exists at Jira."),
                error => error,
            })?;
            let kind =
                kind(&kinds).ok_or_else(|| error::refused("This project at Jira takes no kind of issue that can be made from here."))?;
            data.insert("project".to_owned(), json!({"id": project}));
            data.insert("issuetype".to_owned(), json!({"id": kind.id}));
            data.insert("assignee".to_owned(), json!({"accountId": api.me().await?}));
            api.create(data).await?
        }
    };
    if fields.status != TaskStatus::Open {
        along(api, &id, fields.status).await?;
    }
    Ok(written(api, &id).await)
}

/// The plainest one that needs nothing above it.
fn kind(kinds: &[Kind]) -> Option<&Kind> {
    let whole = || kinds.iter().filter(|kind| !kind.subtask);
    whole().find(|kind| kind.name == "Task").or_else(|| whole().find(|kind| kind.name != "Epic")).or_else(|| whole().next())
}

/// Which issue an earlier attempt made: Jira has no key that makes a creation safe to repeat, so it is looked for. Its index may be some
/// seconds behind; an attempt is not repeated sooner.
async fn made(api: &Api, project: &str, fields: &TaskFields, since: Timestamp) -> Result<Option<String>, ProviderError> {
    // It goes into JQL as it is.
    if project.is_empty() || !project.bytes().all(|b| b.is_ascii_digit()) {
        return Err(error::refused("This is no project of Jira."));
    }
    let ago = poll::ago(since, api.now());
    let jql = format!("project = {project} AND creator = currentUser() AND created >= {ago} ORDER BY created DESC");
    let found = api.search(&jql, FIELDS, CANDIDATES, None).await?.issues;
    Ok(best(found.into_iter().filter(|issue| issue.says(&fields.title, &fields.notes)), since))
}

/// The first one since then. One from before the attempt is only it where the clocks differ.
fn best(found: impl Iterator<Item = Issue>, since: Timestamp) -> Option<String> {
    let rank = |issue: &Issue| {
        let created = issue.created().filter(|at| *at >= since.plus_secs(-SKEW))?;
        Some((created < since, created.since(since).saturating_abs()))
    };
    found.filter_map(|issue| Some((rank(&issue)?, issue))).min_by_key(|(rank, _)| *rank).map(|(_, issue)| issue.id)
}

async fn update(api: &Api, id: &RemoteId, patch: &TaskPatch) -> Result<TaskWritten, ProviderError> {
    if patch.list.is_some() {
        return Err(error::refused("An issue stays in its project: move it in Jira."));
    }
    let data = changed(patch)?;
    if patch.notes.is_some() && !adf::is_plain(api.issue(id.as_str()).await?.description()) {
        return Err(error::refused("The description of this issue has more to it than plain text: change it in Jira."));
    }
    if !data.is_empty() {
        api.update(id.as_str(), data).await?;
    }
    if let Some(status) = patch.status {
        along(api, id.as_str(), status).await?;
    }
    Ok(written(api, id.as_str()).await)
}

/// By the first transition that leads to the right kind of state, unless it is in one already.
async fn along(api: &Api, id: &str, status: TaskStatus) -> Result<(), ProviderError> {
    let wanted = match status {
        TaskStatus::Open => "new",
        TaskStatus::Started => "indeterminate",
        TaskStatus::Done | TaskStatus::Cancelled => "done",
    };
    if api.issue(id).await?.category() == wanted {
        return Ok(());
    }
    let ways = api.transitions(id).await?;
    match ways.iter().find(|way| way.to.status_category.key == wanted) {
        Some(way) => api.transition(id, &way.id).await,
        None => Err(error::refused("The workflow of this issue at Jira does not lead there from where it is.")),
    }
}

/// What is sent of a change, its state apart. What can't be changed here is refused with words before anything is sent.
fn changed(patch: &TaskPatch) -> Result<Map<String, Value>, ProviderError> {
    let mut data = Map::new();
    let mut set = |name: &str, value: Value| drop(data.insert(name.to_owned(), value));
    if let Some(title) = &patch.title {
        if title.chars().count() > MAX_TITLE {
            return Err(error::refused(&format!("The title is too long for Jira: it takes {MAX_TITLE} characters.")));
        }
        set("summary", json!(title));
    }
    if let Some(notes) = &patch.notes {
        set("description", adf::document(notes));
    }
    match &patch.due {
        None => {}
        Some(None) => set("duedate", Value::Null),
        Some(Some(Due::Day { day })) => set("duedate", json!(day)),
        Some(Some(_)) => return Err(error::refused("An issue at Jira is due on a day: leave the time away.")),
    }
    if let Some(labels) = &patch.labels {
        // Labels at Jira have no spaces.
        let labels: Vec<String> = labels.iter().map(|label| label.split_whitespace().collect::<Vec<_>>().join("_")).collect();
        set("labels", json!(labels));
    }
    for (set, what) in [
        (patch.priority.is_some_and(|priority| priority != Priority::None), "A priority"),
        (patch.parent.as_ref().is_some_and(Option::is_some), "The issue above it"),
    ] {
        if set {
            return Err(error::refused(&format!("{what} is set in Jira itself.")));
        }
    }
    Ok(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plainest_kind_and_what_is_sent() {
        let kinds = |all: &[(&str, bool)]| -> Vec<Kind> {
            all.iter().map(|(name, subtask)| Kind { id: (*name).into(), name: (*name).into(), subtask: *subtask }).collect()
        };
        let of = |all: &[(&str, bool)]| kind(&kinds(all)).map(|kind| kind.id.clone());
        assert_eq!(of(&[("Epic", false), ("Sub-task", true), ("Bug", false), ("Task", false)]).as_deref(), Some("Task"));
        assert_eq!(of(&[("Epic", false), ("Story", false)]).as_deref(), Some("Story"));
        assert_eq!((of(&[("Epic", false)]).as_deref(), of(&[("Sub-task", true)])), (Some("Epic"), None));
        let patch = TaskPatch {
            labels: Some(vec!["deep work".into(), "x".into()]),
            notes: Some(String::new()),
            due: Some(None),
            ..TaskPatch::default()
        };
        assert_eq!(Value::Object(changed(&patch).unwrap()), json!({"labels": ["deep_work", "x"], "description": null, "duedate": null}));
        let time = TaskPatch { due: Some(Some(Due::Floating { at: "2026-12-24T09:00:00".into() })), ..TaskPatch::default() };
        assert!(matches!(changed(&time), Err(ProviderError::Refused(_))));
    }
}
