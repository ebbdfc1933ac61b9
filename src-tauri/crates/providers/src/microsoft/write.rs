//! Writes that are not sends: flags, moves, deletions, drafts, folders.
//!
//! All of them state a result, so doing one twice does no harm, and a message that is gone is no failure as long as others of the same
//! write are there.

use domain::{
    error::ProviderError,
    ids::RemoteId,
    mail::FlagChange,
    source::{MailWrite, Written},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    api::{Api, parse},
    batch::{self, Part},
    folder_edit, folders, send, sync,
};

pub async fn write(api: &Api, write: &MailWrite) -> Result<Written, ProviderError> {
    match write {
        MailWrite::Flags { ids, change, .. } => {
            let body = properties(*change);
            if body.is_empty() {
                return Ok(Written::default());
            }
            each(api, ids, |path| Part { method: "PATCH", url: path, body: Some(Value::Object(body.clone())) })
                .await
                .map(|_| Written::default())
        }
        MailWrite::Move { to, ids, again, .. } => relocate(api, ids, to, *again).await,
        MailWrite::Labels { .. } => Err(ProviderError::Unsupported("Microsoft has folders, not labels.".to_owned())),
        MailWrite::Delete { ids, .. } => {
            // A plain DELETE only moves it into the deleted items.
            each(api, ids, |path| Part { method: "POST", url: format!("{path}/permanentDelete"), body: None })
                .await
                .map(|_| Written::default())
        }
        MailWrite::Append { mailbox, raw, flags, replaces, .. } => {
            if folders::known(api).await?.get("drafts").is_none_or(|drafts| drafts != mailbox.as_str()) {
                return Err(ProviderError::Unsupported("Microsoft files sent mail itself, and takes nothing but drafts.".to_owned()));
            }
            send::save_draft(api, raw, *flags, replaces.as_ref()).await
        }
        MailWrite::CreateMailbox { name, role } => folder_edit::create(api, name, *role).await,
        MailWrite::RenameMailbox { mailbox, name } => folder_edit::rename(api, mailbox, name).await,
        MailWrite::DeleteMailbox { mailbox } => folder_edit::delete(api, mailbox).await,
    }
}

/// Graph has no property for \Answered and $Forwarded.
pub fn properties(change: FlagChange) -> Map<String, Value> {
    let mut body = Map::new();
    // `remove` wins where both name one, as the type promises.
    let turn = |add: bool, remove: bool| if remove { Some(false) } else { add.then_some(true) };
    if let Some(seen) = turn(change.add.seen, change.remove.seen) {
        body.insert("isRead".to_owned(), json!(seen));
    }
    if let Some(flagged) = turn(change.add.flagged, change.remove.flagged) {
        body.insert("flag".to_owned(), json!({ "flagStatus": if flagged { "flagged" } else { "notFlagged" } }));
    }
    body
}

#[derive(Deserialize)]
struct Moved {
    id: String,
}

async fn relocate(api: &Api, ids: &[RemoteId], to: &RemoteId, again: bool) -> Result<Written, ProviderError> {
    let mut renamed = Vec::new();
    let mut open: Vec<RemoteId> = ids.to_vec();
    if again {
        // An earlier attempt may have got part of the way.
        let names: Vec<String> = ids.iter().map(|id| id.0.clone()).collect();
        for (id, message) in sync::states(api, &names).await? {
            if message.is_some_and(|m| m.parent_folder_id.as_deref() == Some(to.as_str())) {
                let id = RemoteId(id);
                open.retain(|o| *o != id);
                renamed.push((id.clone(), id));
            }
        }
        if open.is_empty() {
            return Ok(Written { renamed, ..Written::default() });
        }
    }
    let body = json!({ "destinationId": to });
    let part = |path: String| Part { method: "POST", url: format!("{path}/move"), body: Some(body.clone()) };
    let done = match each(api, &open, part).await {
        Err(ProviderError::NotFound(_)) if !renamed.is_empty() => Vec::new(),
        other => other?,
    };
    for (old, answer) in done {
        renamed.push((old, RemoteId(parse::<Moved>(&api.urls.batch(), answer.to_string().as_bytes())?.id)));
    }
    Ok(Written { renamed, ..Written::default() })
}

/// One call for every message; what was answered for those that are there.
async fn each(api: &Api, ids: &[RemoteId], part: impl Fn(String) -> Part) -> Result<Vec<(RemoteId, Value)>, ProviderError> {
    let parts: Vec<Part> = ids.iter().map(|id| part(api.urls.relative(&api.urls.me(["messages", id.as_str()])))).collect();
    let answers = batch::settle(api, "this message", &parts).await?;
    let mut done = Vec::new();
    for (id, answer) in ids.iter().zip(answers) {
        match answer {
            Ok(body) => done.push((id.clone(), body)),
            Err(ProviderError::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    if done.is_empty() && !ids.is_empty() { Err(ProviderError::NotFound("This message".to_owned())) } else { Ok(done) }
}

#[cfg(test)]
mod tests {
    use domain::mail::Flags;

    use super::*;

    #[test]
    fn flags_become_properties() {
        let text = |change: FlagChange| Value::Object(properties(change)).to_string();
        assert_eq!(text(FlagChange::read(true)), r#"{"isRead":true}"#);
        assert_eq!(text(FlagChange::starred(true).inverse()), r#"{"flag":{"flagStatus":"notFlagged"}}"#);
        assert_eq!(text(FlagChange { add: Flags { answered: true, ..Flags::default() }, ..FlagChange::default() }), "{}");
    }
}
