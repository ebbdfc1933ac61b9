//! Teams.

use domain::{
    error::ProviderError,
    ids::RemoteId,
    tasks::{RemoteTaskList, TaskAbilities},
};

use super::{api::Api, model::Team};

/// Those that the person is in or may see, in Linear's order.
pub async fn lists(api: &Api) -> Result<Vec<RemoteTaskList>, ProviderError> {
    Ok(api.teams().await?.into_iter().map(list).collect())
}

fn list(team: Team) -> RemoteTaskList {
    let hex = |colour: &String| colour.len() == 7 && colour.starts_with('#') && colour.bytes().skip(1).all(|b| b.is_ascii_hexdigit());
    RemoteTaskList {
        id: RemoteId(team.id),
        name: team.name,
        colour: team.color.filter(hex),
        default: false,
        can: TaskAbilities {
            write: true,
            notes: true,
            due_day: true,
            due_time: false,
            priority: true,
            coarse_priority: false,
            labels: true,
            subtasks: true,
            moves: false,
            deletes: true,
        },
    }
}
