//! Projects.

use domain::{
    error::ProviderError,
    ids::RemoteId,
    tasks::{RemoteTaskList, TaskAbilities},
};

use super::{api::Api, model::Project};

/// Those that the person may see, in Jira's order.
pub async fn lists(api: &Api) -> Result<Vec<RemoteTaskList>, ProviderError> {
    Ok(api.projects().await?.into_iter().map(list).collect())
}

fn list(project: Project) -> RemoteTaskList {
    // What the person may do there, each permission scheme says for each issue; what it does not let them, Jira refuses with words.
    let can =
        TaskAbilities { write: !project.archived, notes: true, due_day: true, labels: true, deletes: true, ..TaskAbilities::default() };
    RemoteTaskList { id: RemoteId(project.id), name: project.name, colour: None, default: false, can }
}
