//! Writes that are not sends: flags, labels, moves, the bin, drafts.
//!
//! All of them state a result ("without UNREAD"), so doing one twice does no harm, and a message that is gone is no failure as
//! long as others of the same write are there.

use std::collections::BTreeSet;

use domain::{
    error::ProviderError,
    ids::RemoteId,
    mail::{FlagChange, Flags},
    source::{MailWrite, Written},
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::{
    api::{Api, Message, json_call},
    grants::Grants,
    label_edit,
    labels::{ALL_MAIL, DRAFT, INBOX, SENT, SPAM, STARRED, TRASH, UNREAD},
    quota::cost,
    send::{check_size, message_call},
};
use crate::http::Call;

/// Up to here one call per message (5 units each) is cheaper than `batchModify` (50).
const SINGLE: usize = 9;
/// Most ids in one `batchModify`.
const BATCH: usize = 1000;
const PARALLEL: usize = 4;

pub async fn write(api: &Api, grants: Grants, write: &MailWrite) -> Result<Written, ProviderError> {
    match write {
        MailWrite::Flags { ids, change, .. } => {
            grants.require_modify()?;
            modify(api, ids, &flag_labels(*change)).await
        }
        MailWrite::Labels { ids, add, remove } => {
            grants.require_modify()?;
            modify(api, ids, &Labels::new(add, remove)?).await
        }
        MailWrite::Move { from, to, ids, .. } => {
            grants.require_modify()?;
            if to.as_str() == TRASH && ids.len() <= SINGLE {
                trash(api, ids).await
            } else {
                modify(api, ids, &move_labels(from.as_ref(), to)?).await
            }
        }
        MailWrite::Delete { mailbox, ids } if mailbox.as_ref().is_some_and(|m| m.as_str() == DRAFT) => {
            grants.require_drafts()?;
            delete_drafts(api, ids).await
        }
        MailWrite::Delete { ids, .. } => {
            grants.require_delete()?;
            each(ids, |id| async move {
                let call = Call::new(Method::DELETE, api.urls.user(["messages", id]));
                api.reply(cost::DELETE, "this message", &call).await.map(drop)
            })
            .await
        }
        MailWrite::Append { mailbox, raw, flags, replaces, .. } if mailbox.as_str() == DRAFT => {
            grants.require_drafts()?;
            check_size(raw.len())?;
            save_draft(api, raw, *flags, replaces.as_ref()).await
        }
        MailWrite::CreateMailbox { name, .. } => {
            grants.require_modify()?;
            label_edit::create(api, name).await
        }
        MailWrite::RenameMailbox { mailbox, name } => {
            grants.require_modify()?;
            label_edit::rename(api, mailbox, name).await
        }
        MailWrite::DeleteMailbox { mailbox } => {
            grants.require_modify()?;
            label_edit::delete(api, mailbox).await
        }
        MailWrite::Append { mailbox, raw, flags, replaces, .. } => {
            grants.require_modify()?;
            check_size(raw.len())?;
            insert(api, mailbox, raw, *flags, replaces.as_ref()).await
        }
    }
}

/// Labels to add and to remove, without those that Gmail does not let anybody change.
#[derive(Debug, Default, PartialEq, Eq)]
struct Labels {
    add: Vec<String>,
    remove: Vec<String>,
}

impl Labels {
    fn new(add: &[RemoteId], remove: &[RemoteId]) -> Result<Self, ProviderError> {
        let mut labels = Self::default();
        for id in add {
            match id.as_str() {
                SENT | DRAFT => {
                    return Err(ProviderError::Refused("Gmail decides by itself what is sent mail and what is a draft.".to_owned()));
                }
                ALL_MAIL => {}
                label => labels.add.push(label.to_owned()),
            }
        }
        // SENT, DRAFT and "All Mail" stay whatever is asked.
        labels.remove = remove.iter().map(RemoteId::as_str).filter(|l| !matches!(*l, SENT | DRAFT | ALL_MAIL)).map(str::to_owned).collect();
        labels.remove.retain(|l| !labels.add.contains(l));
        Ok(labels)
    }
}

fn flag_labels(change: FlagChange) -> Labels {
    let mut labels = Labels::default();
    // `remove` wins where both name one, as the type promises.
    let turn = |add: bool, remove: bool| if remove { Some(false) } else { add.then_some(true) };
    match turn(change.add.seen, change.remove.seen) {
        Some(true) => labels.remove.push(UNREAD.to_owned()),
        Some(false) => labels.add.push(UNREAD.to_owned()),
        None => {}
    }
    match turn(change.add.flagged, change.remove.flagged) {
        Some(true) => labels.add.push(STARRED.to_owned()),
        Some(false) => labels.remove.push(STARRED.to_owned()),
        None => {}
    }
    labels
}

/// Archiving is a move to "All Mail": `INBOX` goes and nothing comes. Bin and spam leave the inbox too, as in Gmail itself.
fn move_labels(from: Option<&RemoteId>, to: &RemoteId) -> Result<Labels, ProviderError> {
    let mut remove: Vec<RemoteId> = vec![from.filter(|f| f.as_str() != ALL_MAIL).cloned().unwrap_or_else(|| RemoteId::from(INBOX))];
    if matches!(to.as_str(), TRASH | SPAM) {
        remove.push(RemoteId::from(INBOX));
    }
    remove.retain(|l| l != to);
    remove.dedup();
    Labels::new(std::slice::from_ref(to), &remove)
}

async fn modify(api: &Api, ids: &[RemoteId], labels: &Labels) -> Result<Written, ProviderError> {
    if labels.add.is_empty() && labels.remove.is_empty() {
        return Ok(Written::default());
    }
    let body = json!({ "addLabelIds": labels.add, "removeLabelIds": labels.remove });
    if ids.len() <= SINGLE {
        return one_by_one(api, ids, &body).await;
    }
    for chunk in ids.chunks(BATCH) {
        let batch = json!({ "ids": chunk, "addLabelIds": labels.add, "removeLabelIds": labels.remove });
        let call = json_call(Method::POST, api.urls.user(["messages", "batchModify"]), &batch)?;
        match api.reply(cost::BATCH_MODIFY, "these messages", &call).await {
            Ok(_) => {}
            // One id that is gone fails the whole call, and the answer does not say which.
            Err(ProviderError::NotFound(_)) => {
                one_by_one(api, chunk, &body).await?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Written::default())
}

async fn one_by_one(api: &Api, ids: &[RemoteId], body: &serde_json::Value) -> Result<Written, ProviderError> {
    each(ids, |id| async move {
        let call = json_call(Method::POST, api.urls.user(["messages", id, "modify"]), body)?;
        api.reply(cost::MODIFY, "this message", &call).await.map(drop)
    })
    .await
}

async fn trash(api: &Api, ids: &[RemoteId]) -> Result<Written, ProviderError> {
    each(ids, |id| async move {
        let call = Call::new(Method::POST, api.urls.user(["messages", id, "trash"]));
        api.reply(cost::TRASH, "this message", &call).await.map(drop)
    })
    .await
}

/// Runs `act` on every id. Missing ones fail the write only if all are missing.
async fn each<'a, F, Fut>(ids: &'a [RemoteId], act: F) -> Result<Written, ProviderError>
where
    F: Fn(&'a str) -> Fut,
    Fut: Future<Output = Result<(), ProviderError>>,
{
    let mut runs = Vec::with_capacity(ids.len());
    for id in ids {
        let run = act(id.as_str());
        runs.push(async move {
            match run.await {
                Ok(()) => Ok(true),
                Err(ProviderError::NotFound(_)) => Ok(false),
                Err(error) => Err(error),
            }
        });
    }
    let done: Vec<bool> = stream::iter(runs).buffer_unordered(PARALLEL).try_collect().await?;
    if ids.is_empty() || done.contains(&true) { Ok(Written::default()) } else { Err(ProviderError::NotFound("This message".to_owned())) }
}

#[derive(Deserialize)]
struct Draft {
    id: String,
    message: Message,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DraftList {
    #[serde(default)]
    drafts: Vec<Draft>,
    #[serde(default)]
    next_page_token: Option<String>,
}

/// Ids of drafts by the id of their message. A draft keeps its id, its message gets a new one with each update; outside this module only
/// message ids exist.
async fn drafts_of(api: &Api, messages: &BTreeSet<&str>) -> Result<Vec<Draft>, ProviderError> {
    let mut found = Vec::new();
    let mut page: Option<String> = None;
    loop {
        let mut url = api.urls.user(["drafts"]);
        url.query_pairs_mut().append_pair("maxResults", "500");
        if let Some(page) = &page {
            url.query_pairs_mut().append_pair("pageToken", page);
        }
        let list: DraftList = api.get(cost::DRAFTS_LIST, "the drafts", url).await?;
        found.extend(list.drafts.into_iter().filter(|d| messages.contains(d.message.id.as_str())));
        if found.len() == messages.len() {
            return Ok(found);
        }
        page = match list.next_page_token {
            Some(next) if page.as_ref() != Some(&next) => Some(next),
            _ => return Ok(found),
        };
    }
}

async fn save_draft(api: &Api, raw: &[u8], flags: Flags, replaces: Option<&RemoteId>) -> Result<Written, ProviderError> {
    if let Some(old) = replaces
        && let Some(draft) = drafts_of(api, &BTreeSet::from([old.as_str()])).await?.pop()
    {
        let thread = draft.message.thread_id.as_deref();
        let call = message_call(api, Method::PUT, &["drafts", &draft.id], thread, raw, None)?;
        match api.json::<Draft>(cost::DRAFT_UPDATE, "this draft", &call).await {
            Ok(saved) => {
                let new = RemoteId(saved.message.id);
                return Ok(Written { renamed: vec![(old.clone(), new.clone())], appended: Some(new), left_marked: 0 });
            }
            // Sent or thrown away in between: the text of the person must not be lost.
            Err(ProviderError::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    let call = message_call(api, Method::POST, &["drafts"], None, raw, None)?;
    let saved: Draft = api.json(cost::DRAFT_CREATE, "this draft", &call).await?;
    let id = RemoteId(saved.message.id);
    if flags.flagged {
        modify(api, std::slice::from_ref(&id), &flag_labels(FlagChange::starred(true))).await?;
    }
    Ok(Written { appended: Some(id), ..Written::default() })
}

async fn delete_drafts(api: &Api, ids: &[RemoteId]) -> Result<Written, ProviderError> {
    let wanted: BTreeSet<&str> = ids.iter().map(RemoteId::as_str).collect();
    for draft in drafts_of(api, &wanted).await? {
        let call = Call::new(Method::DELETE, api.urls.user(["drafts", draft.id.as_str()]));
        match api.reply(cost::DRAFT_DELETE, "this draft", &call).await {
            // Gone is what was wanted.
            Ok(_) | Err(ProviderError::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Written::default())
}

async fn insert(api: &Api, mailbox: &RemoteId, raw: &[u8], flags: Flags, replaces: Option<&RemoteId>) -> Result<Written, ProviderError> {
    let mut labels: Vec<String> = Vec::new();
    if mailbox.as_str() != ALL_MAIL {
        labels.push(mailbox.0.clone());
    }
    if !flags.seen {
        labels.push(UNREAD.to_owned());
    }
    if flags.flagged {
        labels.push(STARRED.to_owned());
    }
    let mut call = message_call(api, Method::POST, &["messages"], None, raw, Some(&labels))?;
    call.url.query_pairs_mut().append_pair("internalDateSource", "dateHeader");
    let message: Message = api.json(cost::INSERT, "this message", &call).await?;
    if let Some(old) = replaces {
        // Deleting for ever needs a scope that is not asked for; the bin empties itself.
        match trash(api, std::slice::from_ref(old)).await {
            Ok(_) | Err(ProviderError::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Written { appended: Some(RemoteId(message.id)), ..Written::default() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn labels(add: &[&str], remove: &[&str]) -> Labels {
        let own = |l: &[&str]| l.iter().map(|s| (*s).to_owned()).collect();
        Labels { add: own(add), remove: own(remove) }
    }

    fn moved(from: Option<&str>, to: &str) -> Labels {
        move_labels(from.map(RemoteId::from).as_ref(), &RemoteId::from(to)).unwrap()
    }

    #[test]
    fn flags_become_labels() {
        assert_eq!(flag_labels(FlagChange::read(true)), labels(&[], &[UNREAD]));
        assert_eq!(flag_labels(FlagChange::read(false)), labels(&[UNREAD], &[]));
        assert_eq!(flag_labels(FlagChange::starred(true)), labels(&[STARRED], &[]));
        assert_eq!(flag_labels(FlagChange::starred(true).inverse()), labels(&[], &[STARRED]));
        let answered = Flags { answered: true, ..Flags::default() };
        assert_eq!(flag_labels(FlagChange { add: answered, ..FlagChange::default() }), labels(&[], &[]), "Gmail has no \\Answered");
    }

    #[test]
    fn moves_become_labels() {
        assert_eq!(moved(Some(INBOX), ALL_MAIL), labels(&[], &[INBOX]), "archive");
        assert_eq!(moved(None, ALL_MAIL), labels(&[], &[INBOX]));
        assert_eq!(moved(Some(ALL_MAIL), INBOX), labels(&[INBOX], &[]), "back to the inbox");
        assert_eq!(moved(Some(TRASH), INBOX), labels(&[INBOX], &[TRASH]), "out of the bin");
        assert_eq!(moved(Some("Label_1"), TRASH), labels(&[TRASH], &["Label_1", INBOX]));
        assert_eq!(moved(Some(INBOX), SPAM), labels(&[SPAM], &[INBOX]));
        assert_eq!(moved(Some(INBOX), "Label_1"), labels(&["Label_1"], &[INBOX]));
        assert_eq!(moved(Some(SENT), "Label_1"), labels(&["Label_1"], &[]), "SENT can't be taken away");
        assert_eq!(moved(Some(INBOX), INBOX), labels(&[INBOX], &[]));
        assert!(move_labels(None, &RemoteId::from(SENT)).is_err());
    }
}
