//! `drafts.*`. The id of the draft stays, the id of the message inside changes with every update.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Answer, Call,
    error::ApiError,
    mailbox::{Mailbox, MsgId},
    messages::{Format, labels, page_start, page_token, shown},
    send::{NewMessage, decode, file, uploaded},
    world::MailWorld,
};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewDraft {
    #[serde(rename = "id")]
    _id: Option<String>,
    message: Option<NewMessage>,
}

fn message_of(mailbox: &Mailbox, draft: &str) -> Result<MsgId, ApiError> {
    mailbox.drafts.get(draft).copied().ok_or_else(ApiError::not_found)
}

pub(super) fn list(mailbox: &Mailbox, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&["maxResults", "pageToken", "q", "includeSpamTrash"])?;
    let max = call.max_results()?;
    let start = page_start(call, "drafts")?;
    let mut all: Vec<(&String, &MsgId)> = mailbox.drafts.iter().collect();
    all.sort_by_key(|(_, id)| std::cmp::Reverse(**id));
    let page: Vec<Value> = all
        .iter()
        .skip(start)
        .take(max)
        .filter_map(|(draft, id)| mailbox.get(**id).map(|m| json!({"id": draft, "message": super::messages::stub(m)})))
        .collect();
    let mut reply = json!({"resultSizeEstimate": all.len()});
    if let Some(map) = reply.as_object_mut() {
        if start + page.len() < all.len() {
            map.insert("nextPageToken".into(), json!(page_token(start + page.len(), "drafts")));
        }
        if !page.is_empty() {
            map.insert("drafts".into(), Value::Array(page));
        }
    }
    Ok(Answer::Json(reply))
}

pub(super) fn get(mailbox: &mut Mailbox, id: &str, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&["format"])?;
    let format = Format::of(call)?;
    let nonce = mailbox.nonce();
    let message = mailbox.get(message_of(mailbox, id)?).ok_or_else(ApiError::not_found)?;
    Ok(Answer::Json(json!({"id": id, "message": shown(message, &format, nonce)})))
}

fn store(mailbox: &mut Mailbox, call: &Call<'_>) -> Result<MsgId, ApiError> {
    let (draft, raw) = if call.path.starts_with("/upload/") {
        let (draft, raw) = uploaded::<NewDraft>(call)?;
        (draft.unwrap_or_default(), Some(raw))
    } else {
        (call.json::<NewDraft>()?, None)
    };
    let message = match draft.message {
        Some(message) => message,
        None if raw.is_some() => NewMessage::default(),
        None => return Err(ApiError::bad("Missing draft message")),
    };
    if !message.label_ids.is_empty() && message.label_ids != ["DRAFT"] {
        return Err(ApiError::bad("Invalid label in draft"));
    }
    let raw = match raw {
        Some(_) if message.raw.is_some() => return Err(ApiError::bad("The message was given twice: as 'raw' and as an upload.")),
        Some(raw) => raw,
        None => decode(message.raw.as_deref())?,
    };
    let thread = match message.thread_id.as_deref().filter(|t| !t.is_empty()) {
        None => None,
        Some(id) => {
            let id = MsgId::parse(id).filter(|id| mailbox.thread(*id).next().is_some()).ok_or_else(ApiError::not_found)?;
            mailbox.fits_thread(&raw, id).then_some(id)
        }
    };
    Ok(mailbox.insert(&raw, vec!["DRAFT".to_owned()], call.now, thread))
}

fn answer(mailbox: &Mailbox, draft: &str, message: MsgId) -> Answer {
    Answer::Json(json!({"id": draft, "message": mailbox.get(message).map(labels)}))
}

pub(super) fn create(mailbox: &mut Mailbox, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&[])?;
    let message = store(mailbox, call)?;
    let draft = mailbox.new_draft_id();
    mailbox.drafts.insert(draft.clone(), message);
    Ok(answer(mailbox, &draft, message))
}

pub(super) fn update(mailbox: &mut Mailbox, id: &str, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&[])?;
    let old = message_of(mailbox, id)?;
    let message = store(mailbox, call)?;
    mailbox.delete(&old.to_string())?;
    mailbox.drafts.insert(id.to_owned(), message);
    Ok(answer(mailbox, id, message))
}

pub(super) fn delete(mailbox: &mut Mailbox, id: &str, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&[])?;
    let message = message_of(mailbox, id)?;
    mailbox.delete(&message.to_string())?;
    mailbox.drafts.remove(id);
    Ok(Answer::Empty)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SendDraft {
    id: Option<String>,
    message: Option<NewMessage>,
}

/// The draft vanishes, a message with an id of its own appears under SENT.
pub(super) fn send(world: &mut MailWorld, email: &str, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&[])?;
    let request: SendDraft = call.json()?;
    let draft = request.id.ok_or_else(|| ApiError::bad("Missing draft id"))?;
    let mailbox = world.mailbox_mut(email).ok_or_else(ApiError::not_found)?;
    let stored = mailbox.get(message_of(mailbox, &draft)?).ok_or_else(ApiError::not_found)?;
    let (old, thread, mut raw) = (stored.id, stored.thread.to_string(), stored.raw.clone());
    if let Some(text) = request.message.as_ref().and_then(|m| m.raw.as_deref()) {
        raw = decode(Some(text))?;
    }
    let alone = mailbox.thread(stored.thread).count() == 1;
    let sent = file(world, email, &raw, (!alone).then_some(thread.as_str()), call.now)?;
    if let Some(mailbox) = world.mailbox_mut(email) {
        mailbox.delete(&old.to_string())?;
        mailbox.drafts.remove(&draft);
    }
    Ok(sent)
}
