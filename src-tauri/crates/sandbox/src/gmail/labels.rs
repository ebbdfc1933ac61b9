//! `labels.*`, `getProfile` and `settings.sendAs.list`.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Answer, Call,
    error::ApiError,
    mailbox::{Label, Mailbox},
};

pub(super) fn profile(mailbox: &Mailbox, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&[])?;
    let threads: BTreeSet<_> = mailbox.newest_first().map(|m| m.thread).collect();
    Ok(Answer::Json(json!({
        "emailAddress": mailbox.email,
        "messagesTotal": mailbox.len(),
        "threadsTotal": threads.len(),
        "historyId": mailbox.history_id().to_string(),
    })))
}

pub(super) fn send_as(mailbox: &Mailbox, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&[])?;
    Ok(Answer::Json(json!({"sendAs": [{
        "sendAsEmail": mailbox.email,
        "displayName": mailbox.name,
        "replyToAddress": "",
        "signature": "",
        "isPrimary": true,
        "isDefault": true,
    }]})))
}

fn shown(label: &Label) -> Value {
    let mut value = json!({"id": label.id, "name": label.name, "type": if label.user { "user" } else { "system" }});
    if let Some(map) = value.as_object_mut() {
        if let Some(v) = &label.message_list_visibility {
            map.insert("messageListVisibility".into(), json!(v));
        }
        if let Some(v) = &label.label_list_visibility {
            map.insert("labelListVisibility".into(), json!(v));
        }
        if let Some((text, background)) = &label.color {
            map.insert("color".into(), json!({"textColor": text, "backgroundColor": background}));
        }
    }
    value
}

/// The list has no counts; `labels.get` has.
pub(super) fn list(mailbox: &Mailbox, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&[])?;
    Ok(Answer::Json(json!({"labels": mailbox.labels().map(shown).collect::<Vec<_>>()})))
}

pub(super) fn get(mailbox: &Mailbox, id: &str, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&[])?;
    let mut value = shown(mailbox.label(id)?);
    let (mut messages, mut unread) = (0, 0);
    let (mut threads, mut threads_unread) = (BTreeSet::new(), BTreeSet::new());
    for message in mailbox.newest_first().filter(|m| m.labels.contains(id)) {
        messages += 1;
        threads.insert(message.thread);
        if message.labels.contains("UNREAD") {
            unread += 1;
            threads_unread.insert(message.thread);
        }
    }
    if let Some(map) = value.as_object_mut() {
        map.insert("messagesTotal".into(), json!(messages));
        map.insert("messagesUnread".into(), json!(unread));
        map.insert("threadsTotal".into(), json!(threads.len()));
        map.insert("threadsUnread".into(), json!(threads_unread.len()));
    }
    Ok(Answer::Json(value))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Color {
    text_color: String,
    background_color: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wanted {
    #[serde(rename = "id")]
    _id: Option<String>,
    #[serde(rename = "type")]
    _type: Option<String>,
    name: Option<String>,
    message_list_visibility: Option<String>,
    label_list_visibility: Option<String>,
    color: Option<Color>,
}

impl Wanted {
    fn check(&self) -> Result<(), ApiError> {
        let fits = |value: &Option<String>, known: &[&str]| value.as_deref().is_none_or(|v| known.contains(&v));
        if !fits(&self.message_list_visibility, &["show", "hide"]) {
            return Err(ApiError::bad("Invalid value at 'label.message_list_visibility'"));
        }
        if !fits(&self.label_list_visibility, &["labelShow", "labelShowIfUnread", "labelHide"]) {
            return Err(ApiError::bad("Invalid value at 'label.label_list_visibility'"));
        }
        Ok(())
    }

    fn apply(self, label: &mut Label) {
        if let Some(name) = self.name {
            label.name = name;
        }
        if self.message_list_visibility.is_some() {
            label.message_list_visibility = self.message_list_visibility;
        }
        if self.label_list_visibility.is_some() {
            label.label_list_visibility = self.label_list_visibility;
        }
        if let Some(color) = self.color {
            label.color = Some((color.text_color, color.background_color));
        }
    }
}

pub(super) fn create(mailbox: &mut Mailbox, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&[])?;
    let mut wanted: Wanted = call.json()?;
    wanted.check()?;
    let name = wanted.name.take().unwrap_or_default();
    let mut label = mailbox.create_label(&name)?;
    wanted.apply(&mut label);
    if let Some(stored) = mailbox.label_mut(&label.id) {
        stored.clone_from(&label);
    }
    Ok(Answer::Json(shown(&label)))
}

pub(super) fn update(mailbox: &mut Mailbox, id: &str, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&[])?;
    let wanted: Wanted = call.json()?;
    wanted.check()?;
    if !mailbox.label(id)?.user {
        return Err(ApiError::bad("Invalid update to a system label"));
    }
    if let Some(name) = &wanted.name {
        mailbox.check_label_name(name, Some(id))?;
    }
    let label = mailbox.label_mut(id).ok_or_else(ApiError::not_found)?;
    wanted.apply(label);
    Ok(Answer::Json(shown(label)))
}

pub(super) fn delete(mailbox: &mut Mailbox, id: &str, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&[])?;
    mailbox.delete_label(id)?;
    Ok(Answer::Empty)
}
