//! Projects.

use domain::{
    error::ProviderError,
    ids::RemoteId,
    tasks::{RemoteTaskList, TaskAbilities},
};

use super::{api::Api, model::Project};

/// Every project that is neither archived nor deleted, the inbox first, then in Todoist's order.
pub async fn lists(api: &Api) -> Result<Vec<RemoteTaskList>, ProviderError> {
    let mut projects: Vec<Project> = api.sync("*", r#"["projects"]"#).await?.projects;
    projects.retain(Project::is_live);
    projects.sort_by_key(|project| (!project.inbox_project, project.child_order));
    Ok(projects.into_iter().map(list).collect())
}

fn list(project: Project) -> RemoteTaskList {
    RemoteTaskList {
        id: RemoteId(project.id),
        name: project.name,
        colour: colour(&project.color).map(str::to_owned),
        default: project.inbox_project,
        can: TaskAbilities {
            write: !project.is_frozen,
            notes: true,
            due_day: true,
            due_time: true,
            priority: true,
            coarse_priority: false,
            labels: true,
            subtasks: true,
            moves: true,
            deletes: true,
        },
    }
}

/// Todoist says colours by name; these are those of its developers' guide.
fn colour(name: &str) -> Option<&'static str> {
    Some(match name {
        "berry_red" => "#b8255f",
        "red" => "#dc4c3e",
        "orange" => "#c77100",
        "yellow" => "#b29104",
        "olive_green" => "#949c31",
        "lime_green" => "#65a33a",
        "green" => "#369307",
        "mint_green" => "#42a393",
        "teal" => "#148fad",
        "sky_blue" => "#319dc0",
        "light_blue" => "#6988a4",
        "blue" => "#4180ff",
        "grape" => "#692ec2",
        "violet" => "#ca3fee",
        "lavender" => "#a4698c",
        "magenta" => "#e05095",
        "salmon" => "#c9766f",
        "charcoal" => "#808080",
        "grey" => "#999999",
        "taupe" => "#8f7a69",
        _ => return None,
    })
}
