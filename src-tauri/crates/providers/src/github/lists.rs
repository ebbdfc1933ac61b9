//! Repositories.

use std::collections::BTreeMap;

use domain::{
    error::ProviderError,
    ids::RemoteId,
    tasks::{RemoteTaskList, TaskAbilities},
};

use super::{
    api::{Api, Listed},
    error,
    model::Repository,
    poll,
};

const MOST_PAGES: usize = 100;

/// Those in which the person may be given issues to work on, and those in which they were given some. By name.
pub async fn lists(api: &Api) -> Result<Vec<RemoteTaskList>, ProviderError> {
    let mut found = BTreeMap::new();
    let query = [("affiliation", "owner,collaborator,organization_member"), ("sort", "full_name"), ("per_page", "100")];
    let mut next = Some(api.url(["user", "repos"], &query));
    for _ in 0..MOST_PAGES {
        let Some(url) = next.take() else { break };
        let Listed::Page { items, next: following, .. } = api.page::<Repository>("the repositories", url, None).await? else {
            return Err(error::protocol("a page that is unchanged since never"));
        };
        for repository in items.into_iter().filter(writable) {
            found.insert(repository.full_name.clone(), list(repository));
        }
        next = following;
    }
    poll::repositories(api, |repository| {
        found.entry(repository.full_name.clone()).or_insert_with(|| list(repository));
    })
    .await?;
    found.remove("");
    Ok(found.into_values().collect())
}

/// Who may neither push nor triage can't give themselves an issue (GitHub drops it without a word), nor close one of somebody else's.
fn writable(repository: &Repository) -> bool {
    let may = &repository.permissions;
    let role = may.admin || may.maintain || may.push || may.triage;
    role && !repository.archived && !repository.disabled && repository.has_issues != Some(false)
}

fn list(repository: Repository) -> RemoteTaskList {
    let can = TaskAbilities { write: writable(&repository), notes: true, labels: true, ..TaskAbilities::default() };
    RemoteTaskList { id: RemoteId(repository.full_name.clone()), name: repository.full_name, colour: None, default: false, can }
}
