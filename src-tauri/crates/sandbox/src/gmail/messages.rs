//! `messages.*` except sending.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Answer, Call,
    error::ApiError,
    mailbox::{Mailbox, StoredMessage},
    parts,
    query::Query,
};
use crate::text;

pub(super) fn stub(message: &StoredMessage) -> Value {
    json!({"id": message.id.to_string(), "threadId": message.thread.to_string()})
}

pub(super) fn labels(message: &StoredMessage) -> Value {
    json!({"id": message.id.to_string(), "threadId": message.thread.to_string(), "labelIds": message.labels})
}

/// A page token remembers which list it belongs to; a token of another list is refused.
pub(super) fn page_token(position: usize, list: &str) -> String {
    text::b64url(format!("{position}|{}", text::s256(list)).as_bytes())
}

pub(super) fn page_start(call: &Call<'_>, list: &str) -> Result<usize, ApiError> {
    let Some(token) = call.param("pageToken").filter(|t| !t.is_empty()) else { return Ok(0) };
    let bad = || ApiError::bad("Invalid pageToken");
    let plain = text::b64url_strict(token).and_then(|b| String::from_utf8(b).ok()).ok_or_else(bad)?;
    let (position, of) = plain.split_once('|').ok_or_else(bad)?;
    if of != text::s256(list) {
        return Err(bad());
    }
    position.parse().map_err(|_| bad())
}

/// The filter that lists of messages and threads share: `q`, `labelIds` (all of them), spam and bin only when asked for.
pub(super) fn filter<'a>(mailbox: &'a Mailbox, call: &Call<'_>) -> Result<(Vec<&'a StoredMessage>, String), ApiError> {
    let wanted: Vec<&str> = call.params("labelIds").flat_map(|ids| ids.split(',')).filter(|l| !l.is_empty()).collect();
    if let Some(unknown) = wanted.iter().find(|l| mailbox.label(l).is_err()) {
        return Err(ApiError::bad(format!("Invalid label: {unknown}")));
    }
    let query = Query::parse(call.param("q").unwrap_or_default());
    let hidden = call.flag("includeSpamTrash")? || query.names_hidden() || wanted.iter().any(|l| matches!(*l, "SPAM" | "TRASH"));
    let hits = mailbox
        .newest_first()
        .filter(|m| hidden || !m.labels.contains("SPAM") && !m.labels.contains("TRASH"))
        .filter(|m| wanted.iter().all(|l| m.labels.contains(*l)) && query.matches(mailbox, m));
    let list = format!("{wanted:?}|{:?}|{hidden}", call.param("q"));
    Ok((hits.collect(), list))
}

pub(super) fn list(mailbox: &Mailbox, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&["maxResults", "pageToken", "q", "labelIds", "includeSpamTrash"])?;
    let max = call.max_results()?;
    let (hits, list) = filter(mailbox, call)?;
    let start = page_start(call, &format!("messages|{list}"))?;
    let page: Vec<Value> = hits.iter().skip(start).take(max).map(|m| stub(m)).collect();
    let mut reply = json!({"resultSizeEstimate": hits.len().min(501)});
    if let Some(map) = reply.as_object_mut() {
        if start + page.len() < hits.len() {
            map.insert("nextPageToken".into(), json!(page_token(start + page.len(), &format!("messages|{list}"))));
        }
        if !page.is_empty() {
            map.insert("messages".into(), Value::Array(page));
        }
    }
    Ok(Answer::Json(reply))
}

pub(super) enum Format {
    Minimal,
    Metadata(Vec<String>),
    Full,
    Raw,
}

impl Format {
    pub fn of(call: &Call<'_>) -> Result<Self, ApiError> {
        let only: Vec<String> = call.params("metadataHeaders").map(str::to_owned).collect();
        match call.param("format").map(str::to_ascii_lowercase).as_deref() {
            None | Some("full") => Ok(Self::Full),
            Some("minimal") => Ok(Self::Minimal),
            Some("metadata") => Ok(Self::Metadata(only)),
            Some("raw") => Ok(Self::Raw),
            Some(other) => Err(ApiError::bad(format!("Invalid value at 'format' \"{other}\""))),
        }
    }
}

/// A `Message` resource.
pub(super) fn shown(message: &StoredMessage, format: &Format, nonce: u64) -> Value {
    let mut value = json!({
        "id": message.id.to_string(),
        "threadId": message.thread.to_string(),
        "labelIds": message.labels,
        "snippet": message.snippet,
        "historyId": message.history_id.to_string(),
        "internalDate": message.internal_date.millis().to_string(),
        "sizeEstimate": message.raw.len(),
    });
    let (key, detail) = match format {
        Format::Minimal => return value,
        Format::Metadata(only) => ("payload", parts::metadata(message, only)),
        Format::Full => ("payload", parts::full(message, nonce)),
        Format::Raw => ("raw", json!(text::b64url_padded(&message.raw))),
    };
    if let Some(map) = value.as_object_mut() {
        map.insert(key.to_owned(), detail);
    }
    value
}

pub(super) fn get(mailbox: &mut Mailbox, id: &str, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&["format", "metadataHeaders"])?;
    let format = Format::of(call)?;
    let nonce = mailbox.nonce();
    Ok(Answer::Json(shown(mailbox.find(id)?, &format, nonce)))
}

pub(super) fn attachment(mailbox: &Mailbox, id: &str, attachment: &str, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&[])?;
    let data = parts::attachment(mailbox.find(id)?, attachment)?;
    Ok(Answer::Json(json!({"size": data.len(), "data": text::b64url_padded(&data)})))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LabelChange {
    #[serde(default)]
    pub add_label_ids: Vec<String>,
    #[serde(default)]
    pub remove_label_ids: Vec<String>,
}

impl LabelChange {
    /// SENT and DRAFT belong to the system; at most 100 labels each way.
    pub fn check(&self) -> Result<(), ApiError> {
        let all = || self.add_label_ids.iter().chain(&self.remove_label_ids);
        if self.add_label_ids.is_empty() && self.remove_label_ids.is_empty() {
            return Err(ApiError::bad("No label add or removes specified"));
        }
        if self.add_label_ids.len() > 100 || self.remove_label_ids.len() > 100 {
            return Err(ApiError::bad("Too many labels: at most 100 each way"));
        }
        if let Some(both) = self.add_label_ids.iter().find(|l| self.remove_label_ids.contains(l)) {
            return Err(ApiError::bad(format!("Cannot both add and remove the same label: {both}")));
        }
        match all().find(|l| matches!(l.as_str(), "SENT" | "DRAFT" | "CHAT")) {
            Some(label) => Err(ApiError::bad(format!("Invalid label: {label}"))),
            None => Ok(()),
        }
    }
}

pub(super) fn modify(mailbox: &mut Mailbox, id: &str, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&[])?;
    let change: LabelChange = call.json()?;
    change.check()?;
    mailbox.relabel(id, &change.add_label_ids, &change.remove_label_ids)?;
    Ok(Answer::Json(labels(mailbox.find(id)?)))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BatchChange {
    ids: Vec<String>,
    #[serde(default)]
    add_label_ids: Vec<String>,
    #[serde(default)]
    remove_label_ids: Vec<String>,
}

fn check_ids(ids: &[String]) -> Result<(), ApiError> {
    match ids.len() {
        0 => Err(ApiError::bad("No message ids specified")),
        1..=1000 => Ok(()),
        _ => Err(ApiError::bad("Too many message ids: at most 1000")),
    }
}

/// All or nothing about the labels; ids that are gone are passed over (the answer names none).
pub(super) fn batch_modify(mailbox: &mut Mailbox, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&[])?;
    let BatchChange { ids, add_label_ids, remove_label_ids } = call.json()?;
    check_ids(&ids)?;
    let change = LabelChange { add_label_ids, remove_label_ids };
    change.check()?;
    if let Some(unknown) = change.add_label_ids.iter().chain(&change.remove_label_ids).find(|l| mailbox.label(l).is_err()) {
        return Err(ApiError::bad(format!("Invalid label: {unknown}")));
    }
    for id in ids.iter().filter(|id| mailbox.find(id).is_ok()).cloned().collect::<Vec<_>>() {
        mailbox.relabel(&id, &change.add_label_ids, &change.remove_label_ids)?;
    }
    Ok(Answer::Empty)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ids {
    ids: Vec<String>,
}

pub(super) fn batch_delete(mailbox: &mut Mailbox, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&[])?;
    let Ids { ids } = call.json()?;
    check_ids(&ids)?;
    for id in ids {
        let _ = mailbox.delete(&id);
    }
    Ok(Answer::Empty)
}

/// The bin: out of inbox and spam, nothing lost.
pub(super) fn trash(mailbox: &mut Mailbox, id: &str, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&[])?;
    mailbox.relabel(id, &["TRASH".to_owned()], &["INBOX".to_owned(), "SPAM".to_owned()])?;
    Ok(Answer::Json(labels(mailbox.find(id)?)))
}

pub(super) fn untrash(mailbox: &mut Mailbox, id: &str, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&[])?;
    mailbox.relabel(id, &[], &["TRASH".to_owned()])?;
    Ok(Answer::Json(labels(mailbox.find(id)?)))
}

pub(super) fn delete(mailbox: &mut Mailbox, id: &str, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&[])?;
    mailbox.delete(id)?;
    Ok(Answer::Empty)
}
