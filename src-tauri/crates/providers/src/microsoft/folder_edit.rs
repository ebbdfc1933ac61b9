//! Making, renaming and deleting folders. Names hold the hierarchy as `/`.

use domain::{
    error::ProviderError,
    ids::RemoteId,
    mail::{MailboxRole, RemoteMailbox},
    source::Written,
};
use reqwest::Method;
use serde_json::json;

use super::{
    api::{Api, json_call},
    endpoints::with_query,
    folders,
    model::Folder,
};
use crate::{
    folder_path::{Step, by_name, split, steps},
    http::Call,
};

/// Every folder on the way is made; one that is there already is the answer.
pub async fn create(api: &Api, name: &str, role: Option<MailboxRole>) -> Result<Written, ProviderError> {
    let all = folders::list(api).await?;
    if let Some(own) = role.and_then(|role| all.iter().find(|m| m.role == Some(role))) {
        return Ok(Written { appended: Some(own.id.clone()), ..Written::default() });
    }
    let id = path(api, &all, name).await?;
    Ok(Written { appended: id, ..Written::default() })
}

/// The folder of this name, made where it is missing. None: an empty name, which is the top.
async fn path(api: &Api, all: &[RemoteMailbox], name: &str) -> Result<Option<RemoteId>, ProviderError> {
    let mut at: Option<RemoteId> = None;
    for step in steps(all, name) {
        at = Some(match step.known {
            Some(id) => id.clone(),
            None => make(api, at.as_ref(), &step).await?,
        });
    }
    Ok(at)
}

async fn make(api: &Api, parent: Option<&RemoteId>, step: &Step<'_>) -> Result<RemoteId, ProviderError> {
    let url = match parent {
        Some(parent) => api.urls.me(["mailFolders", parent.as_str(), "childFolders"]),
        None => api.urls.me(["mailFolders"]),
    };
    match api.json::<Folder>("this folder", json_call(Method::POST, url, &json!({ "displayName": step.name }))?).await {
        Ok(made) => Ok(RemoteId(made.id)),
        // It is there: an earlier attempt got through, or another device was faster.
        Err(error) => by_name(&folders::list(api).await?, step.full).map(|m| m.id.clone()).ok_or(error),
    }
}

/// The folders below go with it and keep their ids.
pub async fn rename(api: &Api, folder: &RemoteId, name: &str) -> Result<Written, ProviderError> {
    let all = folders::list(api).await?;
    let old = all.iter().find(|m| m.id == *folder).ok_or_else(|| ProviderError::NotFound("This folder".to_owned()))?;
    let (old_parent, old_name) = split(&old.name);
    let (parent, new_name) = split(name);
    let mut id = folder.clone();
    if parent.to_lowercase() != old_parent.to_lowercase() {
        let to = path(api, &all, parent).await?.map_or_else(|| "msgfolderroot".to_owned(), |id| id.0);
        let url = api.urls.me(["mailFolders", id.as_str(), "move"]);
        let moved: Folder = api.json("this folder", json_call(Method::POST, url, &json!({ "destinationId": to }))?).await?;
        id = RemoteId(moved.id);
    }
    if new_name != old_name {
        let url = api.urls.me(["mailFolders", id.as_str()]);
        api.reply("this folder", json_call(Method::PATCH, url, &json!({ "displayName": new_name }))?).await?;
    }
    let renamed = if id == *folder { Vec::new() } else { vec![(folder.clone(), id)] };
    Ok(Written { renamed, ..Written::default() })
}

/// Only an empty one: its mail would go with it.
pub async fn delete(api: &Api, folder: &RemoteId) -> Result<Written, ProviderError> {
    let url = with_query(api.urls.me(["mailFolders", folder.as_str()]), &[("$select", "id,totalItemCount,childFolderCount")]);
    let known: Folder = match api.get("this folder", url).await {
        Err(ProviderError::NotFound(_)) => return Ok(Written::default()),
        other => other?,
    };
    if known.total_item_count > 0 || known.child_folder_count > 0 {
        return Err(ProviderError::Refused("This folder is not empty: move what is in it elsewhere first.".to_owned()));
    }
    match api.reply("this folder", Call::new(Method::DELETE, api.urls.me(["mailFolders", folder.as_str()]))).await {
        Ok(_) | Err(ProviderError::NotFound(_)) => Ok(Written::default()),
        Err(error) => Err(error),
    }
}
