//! Which lists there are.

use domain::{
    error::ProviderError,
    ids::RemoteId,
    tasks::{RemoteTaskList, TaskAbilities},
};

use super::{
    api::TasksApi,
    model::{ListPage, Listed},
    pages::endless,
};

const WHAT: &str = "the lists of tasks";
/// Also where Google's largest page is this one, as it was for years.
const PAGE: &str = "100";
/// Google allows 2,000 lists: more pages are a token that leads in circles.
const MOST_PAGES: usize = 200;

pub async fn list(api: &TasksApi, can: TaskAbilities) -> Result<Vec<RemoteTaskList>, ProviderError> {
    let mut all = Vec::new();
    let mut token: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let mut url = api.urls.lists([]);
        url.query_pairs_mut().append_pair("maxResults", PAGE);
        if let Some(token) = &token {
            url.query_pairs_mut().append_pair("pageToken", token);
        }
        let page: ListPage = api.get(WHAT, url).await?;
        all.extend(page.items.into_iter().filter(|list| !list.id.is_empty()));
        match page.next_page_token {
            Some(next) => token = Some(next),
            None => {
                let default = default(api).await?;
                return Ok(all.into_iter().map(|list| shown(list, default.as_deref(), can)).collect());
            }
        }
    }
    Err(endless(WHAT))
}

/// The list that Google puts a new task into when nobody says where. None: it has none, or does not say.
async fn default(api: &TasksApi) -> Result<Option<String>, ProviderError> {
    match api.get::<Listed>(WHAT, api.urls.lists(["@default"])).await {
        Ok(list) => Ok(Some(list.id)),
        Err(ProviderError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn shown(list: Listed, default: Option<&str>, can: TaskAbilities) -> RemoteTaskList {
    RemoteTaskList { default: default == Some(list.id.as_str()), id: RemoteId(list.id), name: list.title, colour: None, can }
}
