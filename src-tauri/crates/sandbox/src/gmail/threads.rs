//! `threads.*`.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{
    Answer, Call,
    error::ApiError,
    mailbox::{Mailbox, MsgId},
    messages::{Format, LabelChange, filter, labels, page_start, page_token, shown},
};

pub(super) fn list(mailbox: &Mailbox, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&["maxResults", "pageToken", "q", "labelIds", "includeSpamTrash"])?;
    let max = call.max_results()?;
    let (hits, list) = filter(mailbox, call)?;
    let list = format!("threads|{list}");
    let start = page_start(call, &list)?;
    let mut seen = HashSet::new();
    let threads: Vec<_> = hits.into_iter().filter(|m| seen.insert(m.thread)).collect();
    let page: Vec<Value> = threads
        .iter()
        .skip(start)
        .take(max)
        .map(|m| {
            let history = mailbox.thread(m.thread).map(|m| m.history_id).max().unwrap_or_default();
            json!({"id": m.thread.to_string(), "snippet": m.snippet, "historyId": history.to_string()})
        })
        .collect();
    let mut reply = json!({"resultSizeEstimate": threads.len().min(501)});
    if let Some(map) = reply.as_object_mut() {
        if start + page.len() < threads.len() {
            map.insert("nextPageToken".into(), json!(page_token(start + page.len(), &list)));
        }
        if !page.is_empty() {
            map.insert("threads".into(), Value::Array(page));
        }
    }
    Ok(Answer::Json(reply))
}

fn find(mailbox: &Mailbox, id: &str) -> Result<(MsgId, Vec<String>), ApiError> {
    let thread = MsgId::parse(id).ok_or_else(|| ApiError::bad("Invalid id value"))?;
    let ids: Vec<String> = mailbox.thread(thread).map(|m| m.id.to_string()).collect();
    if ids.is_empty() { Err(ApiError::not_found()) } else { Ok((thread, ids)) }
}

pub(super) fn get(mailbox: &mut Mailbox, id: &str, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&["format", "metadataHeaders"])?;
    let format = Format::of(call)?;
    if matches!(format, Format::Raw) {
        return Err(ApiError::bad("Invalid value at 'format' \"raw\""));
    }
    let (thread, _) = find(mailbox, id)?;
    let nonce = mailbox.nonce();
    let messages: Vec<Value> = mailbox.thread(thread).map(|m| shown(m, &format, nonce)).collect();
    let history = mailbox.thread(thread).map(|m| m.history_id).max().unwrap_or_default();
    Ok(Answer::Json(json!({"id": thread.to_string(), "historyId": history.to_string(), "messages": messages})))
}

fn after_change(mailbox: &Mailbox, thread: MsgId) -> Answer {
    Answer::Json(json!({"id": thread.to_string(), "messages": mailbox.thread(thread).map(labels).collect::<Vec<_>>()}))
}

pub(super) fn modify(mailbox: &mut Mailbox, id: &str, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&[])?;
    let change: LabelChange = call.json()?;
    change.check()?;
    let (thread, ids) = find(mailbox, id)?;
    for message in ids {
        mailbox.relabel(&message, &change.add_label_ids, &change.remove_label_ids)?;
    }
    Ok(after_change(mailbox, thread))
}

pub(super) fn trash(mailbox: &mut Mailbox, id: &str, call: &Call<'_>, into: bool) -> Result<Answer, ApiError> {
    call.only(&[])?;
    let (thread, ids) = find(mailbox, id)?;
    let (bin, elsewhere) = (["TRASH".to_owned()], ["INBOX".to_owned(), "SPAM".to_owned()]);
    for message in ids {
        if into {
            mailbox.relabel(&message, &bin, &elsewhere)?;
        } else {
            mailbox.relabel(&message, &[], &bin)?;
        }
    }
    Ok(after_change(mailbox, thread))
}

pub(super) fn delete(mailbox: &mut Mailbox, id: &str, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&[])?;
    for message in find(mailbox, id)?.1 {
        mailbox.delete(&message)?;
    }
    Ok(Answer::Empty)
}
