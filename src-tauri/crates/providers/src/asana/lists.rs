//! The person's own lists and the projects of their workspaces.

use domain::{
    error::ProviderError,
    ids::RemoteId,
    tasks::{RemoteTaskList, TaskAbilities},
};

use super::{api::Api, model::Named};

/// For each workspace what is in no project, then its projects. The own list of the first one is where tasks go.
pub async fn lists(api: &Api) -> Result<Vec<RemoteTaskList>, ProviderError> {
    let mut lists: Vec<RemoteTaskList> = Vec::new();
    for workspace in api.workspaces().await? {
        let own = api.own_list(&workspace.gid).await?;
        lists.push(RemoteTaskList { id: RemoteId(own.gid), name: workspace.name, colour: None, default: lists.is_empty(), can: can() });
        lists.extend(api.projects(&workspace.gid).await?.into_iter().map(project));
    }
    Ok(lists)
}

fn can() -> TaskAbilities {
    TaskAbilities { write: true, notes: true, due_day: true, moves: true, deletes: true, ..TaskAbilities::default() }
}

fn project(project: Named) -> RemoteTaskList {
    let colour = project.color.as_deref().and_then(colour).map(str::to_owned);
    RemoteTaskList { id: RemoteId(project.gid), name: project.name, colour, default: false, can: can() }
}

/// Asana says colours by name; these are how its own program shows them, by eye (unverified).
fn colour(name: &str) -> Option<&'static str> {
    Some(match name {
        "dark-pink" | "light-pink" => "#f26fb2",
        "dark-green" | "light-green" => "#5da283",
        "dark-blue" | "light-blue" => "#4573d2",
        "dark-red" | "light-red" => "#f06a6a",
        "dark-teal" | "light-teal" => "#4ecbc4",
        "dark-brown" | "light-yellow" => "#f1bd6c",
        "dark-orange" | "light-orange" => "#ec8d71",
        "dark-purple" | "light-purple" => "#aa71ff",
        "dark-warm-gray" | "light-warm-gray" => "#6d6e6f",
        _ => return None,
    })
}
