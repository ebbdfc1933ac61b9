//! Which lists there are.

use domain::{
    error::ProviderError,
    ids::RemoteId,
    tasks::{RemoteTaskList, TaskAbilities},
};

use super::{super::api::Api, model::List};

/// More than anyone has.
const MAX_LISTS: usize = 2_000;

/// In the order of the provider. `write`: whether changing tasks was granted.
pub async fn list(api: &Api, write: bool) -> Result<Vec<RemoteTaskList>, ProviderError> {
    let all: Vec<List> = api.all("the lists of tasks", api.urls.me(["todo", "lists"]), MAX_LISTS).await?;
    Ok(all.into_iter().map(|list| shown(list, write)).collect())
}

fn shown(list: List, write: bool) -> RemoteTaskList {
    // What stands in the list of flagged mail follows the flags, which are set and taken away at the mail.
    let can = TaskAbilities {
        write: write && list.wellknown_list_name != "flaggedEmails",
        notes: true,
        due_day: true,
        priority: true,
        // `importance` is low, normal or high.
        coarse_priority: true,
        labels: true,
        deletes: true,
        ..TaskAbilities::default()
    };
    let default = list.wellknown_list_name == "defaultList";
    RemoteTaskList { id: RemoteId(list.id), name: list.display_name, colour: None, default, can }
}
