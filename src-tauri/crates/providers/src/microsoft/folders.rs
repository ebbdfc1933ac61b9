//! Folders as mailboxes, with roles. v1.0 does not say which folder is which; asking for each by its well-known name does.

use std::{collections::HashMap, sync::PoisonError};

use domain::{
    error::ProviderError,
    ids::RemoteId,
    mail::{MailboxRole, RemoteMailbox},
};
use serde::Deserialize;
use url::Url;

use super::{
    api::{Api, parse},
    batch::{self, Part},
    endpoints::with_query,
    model::Folder,
};

/// Exchange's own folders that matter here. `archive` is not in every mailbox.
const KNOWN: [(&str, Option<MailboxRole>); 8] = [
    ("inbox", Some(MailboxRole::Inbox)),
    ("sentitems", Some(MailboxRole::Sent)),
    ("drafts", Some(MailboxRole::Drafts)),
    ("deleteditems", Some(MailboxRole::Trash)),
    ("junkemail", Some(MailboxRole::Junk)),
    ("archive", Some(MailboxRole::Archive)),
    // Not shown: mail on its way, and chats.
    ("outbox", None),
    ("conversationhistory", None),
];
/// How long the answer to "which one is the inbox" is taken for granted.
const REMEMBER_MS: i64 = 3_600_000;
/// Over all levels.
const MAX_FOLDERS: usize = 20_000;
const SELECT: &str = "id,displayName,childFolderCount,totalItemCount,unreadItemCount,isHidden";

#[derive(Deserialize)]
struct Named {
    id: String,
}

/// Ids of Exchange's own folders by their well-known names; those that are not there are left out.
pub async fn known(api: &Api) -> Result<HashMap<String, String>, ProviderError> {
    let now = api.now();
    {
        let cache = api.shared().known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, known)) = cache.as_ref()
            && (0..REMEMBER_MS).contains(&now.since(*at))
        {
            return Ok(known.clone());
        }
    }
    let parts: Vec<Part> = KNOWN.iter().map(|(name, _)| Part::get(format!("/me/mailFolders/{name}?$select=id"))).collect();
    let answers = batch::settle(api, "the folders", &parts).await?;
    let mut known = HashMap::new();
    for ((name, _), answer) in KNOWN.iter().zip(answers) {
        match answer {
            Ok(body) => {
                known.insert((*name).to_owned(), parse::<Named>(&api.urls.batch(), body.to_string().as_bytes())?.id);
            }
            Err(ProviderError::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    *api.shared().known.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, known.clone()));
    Ok(known)
}

pub async fn list(api: &Api) -> Result<Vec<RemoteMailbox>, ProviderError> {
    let known = known(api).await?;
    let of = |folder: &Folder| KNOWN.iter().find(|(name, _)| known.get(*name) == Some(&folder.id));
    let mut out = Vec::new();
    // Folders whose children are still to be listed, with the name that goes before theirs.
    let mut open: Vec<(Url, String)> = vec![(children(api, None), String::new())];
    while let Some((first, prefix)) = open.pop() {
        let room = MAX_FOLDERS.saturating_sub(out.len());
        for folder in api.all::<Folder>("the folders", first, room).await? {
            let role = match of(&folder) {
                Some((_, None)) => continue,
                Some((_, role)) => *role,
                None => None,
            };
            let search = folder.kind.as_deref().is_some_and(|kind| kind.ends_with("SearchFolder"));
            if folder.is_hidden || search {
                continue;
            }
            let name = format!("{prefix}{}", folder.display_name);
            if folder.child_folder_count > 0 {
                open.push((children(api, Some(&folder.id)), format!("{name}/")));
            }
            out.push(RemoteMailbox {
                id: RemoteId(folder.id),
                name,
                role,
                selectable: true,
                total: Some(folder.total_item_count),
                unread: Some(folder.unread_item_count),
            });
        }
    }
    Ok(out)
}

/// Of a folder, or of the top.
fn children(api: &Api, parent: Option<&str>) -> Url {
    let url = match parent {
        Some(id) => api.urls.me(["mailFolders", id, "childFolders"]),
        None => api.urls.me(["mailFolders"]),
    };
    with_query(url, &[("$select", SELECT), ("$top", "100")])
}
