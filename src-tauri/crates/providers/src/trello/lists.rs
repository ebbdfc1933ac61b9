//! Boards.

use domain::{
    error::ProviderError,
    ids::RemoteId,
    tasks::{RemoteTaskList, TaskAbilities},
};

use super::{api::Api, model::Board};

/// Those that are not closed, in Trello's order.
pub async fn lists(api: &Api) -> Result<Vec<RemoteTaskList>, ProviderError> {
    let me = api.member().await?;
    Ok(api.boards().await?.into_iter().map(|board| list(board, me)).collect())
}

fn list(board: Board, me: &str) -> RemoteTaskList {
    let observer = board.memberships.iter().any(|one| one.id_member == me && one.member_type == "observer");
    let hex = |colour: &String| colour.len() == 7 && colour.starts_with('#') && colour.bytes().skip(1).all(|b| b.is_ascii_hexdigit());
    RemoteTaskList {
        id: RemoteId(board.id),
        name: board.name,
        colour: board.prefs.background_color.filter(hex).map(|colour| colour.to_ascii_lowercase()),
        default: false,
        can: TaskAbilities { write: !observer, notes: true, labels: true, moves: true, deletes: true, ..TaskAbilities::default() },
    }
}
