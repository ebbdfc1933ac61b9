//! Making, renaming and deleting mailboxes. Names hold the hierarchy as `/`. Their ids never change.

use domain::{
    error::ProviderError,
    ids::RemoteId,
    mail::{MailboxRole, RemoteMailbox},
    source::Written,
};
use serde_json::{Value, json};

use super::{
    api::Api,
    mailboxes::{self, current, named, role_of, set},
    model::Set,
};
use crate::folder_path::{Step, by_name, split, steps};

const THIS_FOLDER: &str = "this folder";

/// Every mailbox on the way is made; one that is there already is the answer.
pub async fn create(api: &Api, name: &str, role: Option<MailboxRole>) -> Result<Written, ProviderError> {
    let all = current(api).await?;
    if let Some(own) = role.and_then(|role| all.iter().find(|m| role_of(m) == Some(role))) {
        return Ok(Written { appended: Some(RemoteId::new(&own.id)), ..Written::default() });
    }
    let id = path(api, &named(&all), name, role).await?;
    Ok(Written { appended: id, ..Written::default() })
}

/// The mailbox of this name, made where it is missing; only the last one gets the role. None: an empty name, which is the top.
async fn path(api: &Api, all: &[RemoteMailbox], name: &str, role: Option<MailboxRole>) -> Result<Option<RemoteId>, ProviderError> {
    let mut at: Option<RemoteId> = None;
    for step in steps(all, name) {
        at = Some(match step.known {
            Some(id) => id.clone(),
            None => make(api, at.as_ref(), &step, role.filter(|_| step.full.len() == name.len())).await?,
        });
    }
    Ok(at)
}

async fn make(api: &Api, parent: Option<&RemoteId>, step: &Step<'_>, role: Option<MailboxRole>) -> Result<RemoteId, ProviderError> {
    let create = |role: Option<MailboxRole>| {
        let mut fields = json!({"name": step.name, "parentId": parent});
        if let (Some(role), Value::Object(map)) = (role, &mut fields) {
            map.insert("role".to_owned(), json!(role.as_str()));
        }
        json!({"create": {"f": fields}})
    };
    let mut done = set(api, create(role)).await?;
    let refuses_role = |set: &Set| set.not_created.iter().flatten().any(|(_, error)| error.names("role"));
    // Not every server lets people give roles; then it is a folder of this name, and the person can give it the role there.
    if role.is_some() && refuses_role(&done) {
        done = set(api, create(None)).await?;
    }
    if let Some(made) = done.created.remove("f") {
        return Ok(RemoteId::new(made.id));
    }
    // It is there: an earlier attempt got through, or another device was faster.
    if let Some(there) = by_name(&mailboxes::list(api).await?, step.full) {
        return Ok(there.id.clone());
    }
    Err(refusal(api, &done).await?)
}

/// Why the one record of a change was refused.
async fn refusal(api: &Api, done: &Set) -> Result<ProviderError, ProviderError> {
    let session = api.session().await?;
    let all = [&done.not_created, &done.not_updated, &done.not_destroyed];
    let error = all.into_iter().flat_map(|errors| errors.iter().flatten()).next();
    let none = || super::error::protocol(&session.host, "a change without an outcome");
    Ok(error.map_or_else(none, |(_, error)| error.means(THIS_FOLDER, &session.host, api.now())))
}

/// What is below it goes with it.
pub async fn rename(api: &Api, folder: &RemoteId, name: &str) -> Result<Written, ProviderError> {
    let all = named(&current(api).await?);
    if !all.iter().any(|m| m.id == *folder) {
        return Err(ProviderError::NotFound("This folder".to_owned()));
    }
    let (parent, own) = split(name);
    let parent = path(api, &all, parent, None).await?;
    let done = set(api, json!({"update": {(folder.as_str()): {"name": own, "parentId": parent}}})).await?;
    if done.updated.contains_key(folder.as_str()) { Ok(Written::default()) } else { Err(refusal(api, &done).await?) }
}

/// Only an empty one: its mail would go with it.
pub async fn delete(api: &Api, folder: &RemoteId) -> Result<Written, ProviderError> {
    let done = set(api, json!({"destroy": [folder], "onDestroyRemoveEmails": false})).await?;
    if done.destroyed.iter().any(|id| id == folder.as_str()) {
        return Ok(Written::default());
    }
    match refusal(api, &done).await? {
        ProviderError::NotFound(_) => Ok(Written::default()),
        error => Err(error),
    }
}
