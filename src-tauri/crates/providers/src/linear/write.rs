//! Making, changing and deleting issues. Only what is named is sent: what nobody here knows of stays as it is.
//!
//! The id of a new issue is the write's own key, so that an attempt whose answer was lost can be asked for.

use domain::{
    error::ProviderError,
    ids::RemoteId,
    tasks::{Due, Priority, TaskFields, TaskPatch, TaskStatus, TaskWrite, TaskWritten},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    THIS_ISSUE,
    api::{Api, ISSUE},
    error,
    model::{Issue, Label, State},
};

#[derive(Deserialize)]
struct Payload {
    #[serde(default)]
    success: bool,
    issue: Option<Issue>,
}

#[derive(Deserialize)]
struct Success {
    #[serde(default)]
    success: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Labelled {
    issue_label: Option<Label>,
}

pub async fn write(api: &Api, write: &TaskWrite) -> Result<TaskWritten, ProviderError> {
    match write {
        TaskWrite::Create { list, key, fields, tried, .. } => create(api, list.as_str(), key, fields, *tried).await,
        TaskWrite::Update { list, id, patch, .. } => update(api, list.as_str(), id, patch).await,
        TaskWrite::Delete { id, .. } => delete(api, id).await,
    }
}

fn written(issue: Issue) -> TaskWritten {
    let task = issue.task();
    TaskWritten { id: task.id.clone(), task: Some(task) }
}

async fn create(api: &Api, team: &str, key: &str, fields: &TaskFields, tried: bool) -> Result<TaskWritten, ProviderError> {
    if tried && let Some(issue) = made(api, key).await? {
        return Ok(written(issue));
    }
    let patch = TaskPatch { status: None, ..TaskPatch::between(&TaskFields::default(), fields) };
    let mut input = changed(api, team, &patch).await?;
    // Without a word Linear takes the team's own first state: triage, the backlog, or what the team chose.
    if fields.status != TaskStatus::Open {
        input.insert("stateId".to_owned(), json!(state(api, team, fields.status).await?));
    }
    input.insert("id".to_owned(), json!(key));
    input.insert("teamId".to_owned(), json!(team));
    input.insert("assigneeId".to_owned(), json!(api.me().await?));
    let query = format!("mutation($input: IssueCreateInput!) {{ issueCreate(input: $input) {{ success issue {{ {ISSUE} }} }} }}");
    match api.ask::<Payload>(THIS_ISSUE, "issueCreate", &query, json!({"input": input})).await {
        Ok(payload) => payload_issue(payload),
        // There is one of this id already, or it names what is gone: only asking tells.
        Err(refused @ (ProviderError::Refused(_) | ProviderError::NotFound(_))) => match made(api, key).await? {
            Some(issue) => Ok(written(issue)),
            None if matches!(refused, ProviderError::NotFound(_)) => {
                Err(error::refused("The issue that this one belongs to no longer exists at Linear."))
            }
            None => Err(refused),
        },
        Err(error) => Err(error),
    }
}

/// The issue of this id, wherever it is by now.
async fn made(api: &Api, key: &str) -> Result<Option<Issue>, ProviderError> {
    match api.issue(key).await {
        Ok(issue) => Ok(Some(issue)),
        Err(ProviderError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn payload_issue(payload: Payload) -> Result<TaskWritten, ProviderError> {
    match payload.issue {
        Some(issue) if payload.success => Ok(written(issue)),
        _ => Err(error::protocol("a write that neither succeeded nor failed")),
    }
}

async fn update(api: &Api, team: &str, id: &RemoteId, patch: &TaskPatch) -> Result<TaskWritten, ProviderError> {
    if patch.list.is_some() {
        return Err(error::refused("An issue stays in its team: move it in Linear."));
    }
    let mut input = changed(api, team, patch).await?;
    if let Some(status) = patch.status {
        input.insert("stateId".to_owned(), json!(state(api, team, status).await?));
    }
    if input.is_empty() {
        return Ok(written(api.issue(id.as_str()).await?));
    }
    let query = format!(
        "mutation($id: String!, $input: IssueUpdateInput!) {{ issueUpdate(id: $id, input: $input) {{ success issue {{ {ISSUE} }} }} }}"
    );
    match api.ask::<Payload>(THIS_ISSUE, "issueUpdate", &query, json!({"id": id, "input": input})).await {
        Ok(payload) => payload_issue(payload),
        // Either it is gone, or the one that it was to go under; one in the trash is gone as well.
        Err(refused @ (ProviderError::NotFound(_) | ProviderError::Unsupported(_))) => match made(api, id.as_str()).await? {
            Some(issue) if issue.is_trashed() => Err(ProviderError::NotFound(THIS_ISSUE.to_owned())),
            Some(_) if matches!(refused, ProviderError::NotFound(_)) => {
                Err(error::refused("The issue that this one was to go under no longer exists at Linear."))
            }
            _ => Err(refused),
        },
        Err(error) => Err(error),
    }
}

/// To the trash, where Linear keeps it for a month.
async fn delete(api: &Api, id: &RemoteId) -> Result<TaskWritten, ProviderError> {
    let gone = Ok(TaskWritten { id: id.clone(), task: None });
    let query = "mutation($id: String!) { issueDelete(id: $id) { success } }";
    match api.ask::<Success>(THIS_ISSUE, "issueDelete", query, json!({"id": id})).await {
        Ok(Success { success: true }) | Err(ProviderError::NotFound(_)) => gone,
        Ok(_) => Err(error::protocol("a deletion that neither succeeded nor failed")),
        Err(refused @ (ProviderError::Refused(_) | ProviderError::Unsupported(_))) => match made(api, id.as_str()).await? {
            Some(issue) if !issue.is_trashed() => Err(refused),
            _ => gone,
        },
        Err(error) => Err(error),
    }
}

/// The team's own state of this kind. Teams name and order them as they like, but each is of a type.
async fn state(api: &Api, team: &str, status: TaskStatus) -> Result<String, ProviderError> {
    let teams = api.teams().await?;
    let states = teams.into_iter().find(|one| one.id == team).and_then(|one| one.states).map(|states| states.nodes).unwrap_or_default();
    pick(&states, status).map(|state| state.id.clone()).ok_or_else(|| error::refused("This team at Linear has no state for that."))
}

/// The first one of the first type that there is.
fn pick(states: &[State], status: TaskStatus) -> Option<&State> {
    let kinds: &[&str] = match status {
        TaskStatus::Open => &["unstarted", "backlog", "triage"],
        TaskStatus::Started => &["started", "unstarted"],
        TaskStatus::Done => &["completed"],
        TaskStatus::Cancelled => &["canceled"],
    };
    let of = |kind: &&str| states.iter().filter(|state| state.kind == **kind).min_by(|a, b| a.position.total_cmp(&b.position));
    kinds.iter().find_map(of)
}

/// What is sent of a change, its status apart.
async fn changed(api: &Api, team: &str, patch: &TaskPatch) -> Result<Map<String, Value>, ProviderError> {
    let mut input = Map::new();
    let mut set = |name: &str, value: Value| drop(input.insert(name.to_owned(), value));
    if let Some(title) = &patch.title {
        set("title", json!(title));
    }
    if let Some(notes) = &patch.notes {
        set("description", json!(notes));
    }
    match &patch.due {
        None => {}
        Some(None) => set("dueDate", Value::Null),
        Some(Some(Due::Day { day })) => set("dueDate", json!(day)),
        Some(Some(_)) => return Err(error::refused("An issue at Linear is due on a day: leave the time away.")),
    }
    if let Some(priority) = patch.priority {
        let wire = match priority {
            Priority::None => 0,
            Priority::Urgent => 1,
            Priority::High => 2,
            Priority::Medium => 3,
            Priority::Low => 4,
        };
        set("priority", json!(wire));
    }
    if let Some(parent) = &patch.parent {
        set("parentId", json!(parent));
    }
    if let Some(labels) = &patch.labels {
        set("labelIds", json!(label_ids(api, team, labels).await?));
    }
    Ok(input)
}

/// Labels are of the workspace or of a team; one that there is not is made for the team.
async fn label_ids(api: &Api, team: &str, names: &[String]) -> Result<Vec<String>, ProviderError> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let known = api.labels().await?;
    let mut ids = Vec::new();
    for name in names {
        let usable =
            |label: &&Label| label.name.eq_ignore_ascii_case(name) && !label.is_group && label.team.as_ref().is_none_or(|of| of.id == team);
        let id = match known.iter().find(usable) {
            Some(label) => label.id.clone(),
            None => new_label(api, team, name).await?,
        };
        ids.push(id);
    }
    Ok(ids)
}

async fn new_label(api: &Api, team: &str, name: &str) -> Result<String, ProviderError> {
    let query = "mutation($input: IssueLabelCreateInput!) { issueLabelCreate(input: $input) { success issueLabel { id } } }";
    let made: Labelled = api.ask("this label", "issueLabelCreate", query, json!({"input": {"name": name, "teamId": team}})).await?;
    made.issue_label.map(|label| label.id).filter(|id| !id.is_empty()).ok_or_else(|| error::protocol("a label without an id"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_chosen_by_type_and_place() {
        let state = |id: &str, kind: &str, position: f64| State { id: id.into(), kind: kind.into(), position };
        let states = [
            state("later", "unstarted", 5.0),
            state("todo", "unstarted", 2.0),
            state("idea", "backlog", 1.0),
            state("done", "completed", 9.0),
        ];
        let of = |status: TaskStatus| pick(&states, status).map(|state| state.id.as_str());
        assert_eq!(of(TaskStatus::Open), Some("todo"));
        assert_eq!(of(TaskStatus::Started), Some("todo"), "where nothing can be begun, it is open");
        assert_eq!((of(TaskStatus::Done), of(TaskStatus::Cancelled)), (Some("done"), None));
        assert_eq!(pick(&states[2..], TaskStatus::Open).map(|state| state.id.as_str()), Some("idea"));
    }
}
