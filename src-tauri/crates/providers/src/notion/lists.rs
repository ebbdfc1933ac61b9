//! Data sources that are tables of tasks.

use domain::{
    error::ProviderError,
    ids::RemoteId,
    tasks::{RemoteTaskList, TaskAbilities},
};

use super::{api::Api, model::DataSource, schema::Schema};

pub async fn lists(api: &Api) -> Result<Vec<RemoteTaskList>, ProviderError> {
    Ok(api.sources().await?.into_iter().filter(|source| !source.in_trash).filter_map(list).collect())
}

fn list(source: DataSource) -> Option<RemoteTaskList> {
    let schema = Schema::read(&source.properties)?;
    let can = TaskAbilities {
        write: true,
        due_day: schema.due.is_some(),
        labels: schema.labels.is_some(),
        deletes: true,
        ..TaskAbilities::default()
    };
    Some(RemoteTaskList { name: source.name(), id: RemoteId(source.id), colour: None, default: false, can })
}
