//! Making, changing, closing and reopening issues. Only what is named is sent: what nobody here knows of stays as it is.

use domain::{
    error::ProviderError,
    ids::RemoteId,
    tasks::{Priority, TaskFields, TaskPatch, TaskStatus, TaskWrite, TaskWritten},
    time::Timestamp,
};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::{THIS_ISSUE, api::Api, error, find, id, model::Issue};

/// In characters; GitHub's own.
const MAX_TITLE: usize = 256;
const MAX_BODY: usize = 65_536;

pub async fn write(api: &Api, write: &TaskWrite) -> Result<TaskWritten, ProviderError> {
    match write {
        TaskWrite::Create { list, fields, tried, since, .. } => create(api, list.as_str(), fields, *tried, *since).await,
        TaskWrite::Update { id, before, patch, .. } => update(api, id, before, patch).await,
        TaskWrite::Delete { .. } => Err(ProviderError::Unsupported("GitHub deletes no issues: close it, or delete it there.".to_owned())),
    }
}

async fn create(api: &Api, list: &str, fields: &TaskFields, tried: bool, since: Timestamp) -> Result<TaskWritten, ProviderError> {
    let (owner, repo) = id::repo(list)?;
    let patch = TaskPatch::between(&TaskFields::default(), fields);
    let mut body = changed(&patch)?;
    let known = if tried { find::made(api, list, fields, since).await? } else { None };
    let issue = match known {
        Some(issue) => issue,
        None => {
            body.insert("assignees".to_owned(), json!([api.login().await?]));
            let made = api.write("this repository", Method::POST, api.url(["repos", owner, repo, "issues"], &[]), &body).await;
            // There is no issue yet: what is missing is the repository.
            match made {
                Err(ProviderError::NotFound(_)) => return Err(error::refused("This repository no longer exists, or takes no issues.")),
                made => made?,
            }
        }
    };
    let id = issue.id()?;
    if fields.status.is_closed() && !issue_is(&issue, fields.status) {
        return Ok(written(state(api, &id, fields.status).await?, id));
    }
    Ok(written(issue, id))
}

fn issue_is(issue: &Issue, status: TaskStatus) -> bool {
    issue.clone().task().is_ok_and(|task| task.fields.status == status)
}

async fn update(api: &Api, id: &RemoteId, before: &TaskFields, patch: &TaskPatch) -> Result<TaskWritten, ProviderError> {
    if patch.list.is_some() {
        return Err(error::refused("An issue stays in its repository: transfer it at GitHub."));
    }
    let mut body = changed(patch)?;
    let other_end = patch.status.is_some_and(|status| status.is_closed() && before.status.is_closed() && status != before.status);
    // The reason of a closed issue counts only where it is closed anew.
    if other_end {
        state(api, id, TaskStatus::Open).await?;
    }
    if let Some(status) = patch.status {
        body.extend(status_body(status));
    }
    let issue = if body.is_empty() { api.issue(THIS_ISSUE, at(api, id)?).await? } else { patch_issue(api, id, &body).await? };
    Ok(written(issue, id.clone()))
}

async fn state(api: &Api, id: &RemoteId, status: TaskStatus) -> Result<Issue, ProviderError> {
    patch_issue(api, id, &status_body(status)).await
}

async fn patch_issue(api: &Api, id: &RemoteId, body: &Map<String, Value>) -> Result<Issue, ProviderError> {
    api.write(THIS_ISSUE, Method::PATCH, at(api, id)?, body).await
}

fn at(api: &Api, id: &RemoteId) -> Result<url::Url, ProviderError> {
    let place = id::place(id)?;
    Ok(api.url(["repos", place.owner, place.repo, "issues", place.number], &[]))
}

fn written(issue: Issue, id: RemoteId) -> TaskWritten {
    // It is written by then: where it can't be read, the next round brings it.
    let task = issue.task().inspect_err(|error| tracing::debug!(%error, "an issue that was written could not be read")).ok();
    TaskWritten { task, id }
}

fn status_body(status: TaskStatus) -> Map<String, Value> {
    let (state, reason) = match status {
        TaskStatus::Open | TaskStatus::Started => ("open", "reopened"),
        TaskStatus::Done => ("closed", "completed"),
        TaskStatus::Cancelled => ("closed", "not_planned"),
    };
    Map::from_iter([("state".to_owned(), json!(state)), ("state_reason".to_owned(), json!(reason))])
}

/// What is sent of a change, its status apart. What GitHub can't hold is refused with words before anything is sent.
fn changed(patch: &TaskPatch) -> Result<Map<String, Value>, ProviderError> {
    let mut body = Map::new();
    if let Some(title) = &patch.title {
        short("title", title, MAX_TITLE)?;
        body.insert("title".to_owned(), json!(title));
    }
    if let Some(notes) = &patch.notes {
        short("text", notes, MAX_BODY)?;
        body.insert("body".to_owned(), json!(notes));
    }
    if let Some(labels) = &patch.labels {
        body.insert("labels".to_owned(), json!(labels));
    }
    for (set, what) in [
        (patch.due.as_ref().is_some_and(Option::is_some), "day on which it is due"),
        (patch.priority.is_some_and(|priority| priority != Priority::None), "priority"),
        (patch.parent.as_ref().is_some_and(Option::is_some), "task above it"),
    ] {
        if set {
            return Err(error::refused(&format!("An issue of GitHub has no {what}: remove it, or keep this task somewhere else.")));
        }
    }
    Ok(body)
}

fn short(what: &str, text: &str, most: usize) -> Result<(), ProviderError> {
    if text.chars().count() > most {
        return Err(error::refused(&format!("The {what} is too long for GitHub: it takes {most} characters.")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::tasks::Due;

    use super::*;

    #[test]
    fn only_what_changed_is_sent_and_what_can_not_be_held_is_refused() {
        let title = TaskPatch { title: Some("After".into()), ..TaskPatch::default() };
        assert_eq!(Value::Object(changed(&title).unwrap()), json!({"title": "After"}));
        let cleared = TaskPatch { notes: Some(String::new()), labels: Some(Vec::new()), due: Some(None), ..TaskPatch::default() };
        assert_eq!(Value::Object(changed(&cleared).unwrap()), json!({"body": "", "labels": []}));
        for bad in [
            TaskPatch { due: Some(Some(Due::Day { day: "2026-12-24".into() })), ..TaskPatch::default() },
            TaskPatch { priority: Some(Priority::Low), ..TaskPatch::default() },
            TaskPatch { parent: Some(Some("a/b#1".into())), ..TaskPatch::default() },
            TaskPatch { title: Some("x".repeat(257)), ..TaskPatch::default() },
        ] {
            assert!(matches!(changed(&bad), Err(ProviderError::Refused(_))), "{bad:?}");
        }
    }
}
