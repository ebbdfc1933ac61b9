//! Messages: listing, reading, changing, moving and deleting.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    call::{Answer, Call},
    drafts,
    error::GraphError,
    folders::Destination,
    mailbox::{Item, Mailbox},
    query::{MESSAGE, Options, listed},
    resource,
};

/// Graph's page where nothing else is asked for.
const PAGE: usize = 10;

/// All messages, or those of one folder. Newest first unless sorted otherwise.
pub(super) fn list(mailbox: &Mailbox, folder: Option<&str>, call: &Call<'_>) -> Result<Answer, GraphError> {
    let options = Options::of(call, &MESSAGE, &[])?;
    let folder = folder.map(|f| mailbox.folder(f).map(|f| f.id.clone())).transpose()?;
    let mut found: Vec<&Item> = mailbox.items().filter(|i| folder.as_ref().is_none_or(|f| *f == i.folder) && options.matches(i)).collect();
    match &options.order {
        Some((by, descending)) => {
            match by.as_str() {
                "subject" => found.sort_by(|a, b| a.head.subject.cmp(&b.head.subject)),
                "isRead" => found.sort_by_key(|i| i.read),
                _ => found.sort_by_key(|i| (i.received, i.key)),
            }
            if *descending {
                found.reverse();
            }
        }
        None => found.sort_by_key(|i| std::cmp::Reverse((i.received, i.key))),
    }
    let shown = |i: &&Item| resource::message(i, &options.select, call.immutable());
    Ok(listed(call, &options, PAGE, "users('me')/messages", &found, shown))
}

pub(super) fn get(mailbox: &Mailbox, id: &str, call: &Call<'_>) -> Result<Answer, GraphError> {
    let options = Options::of(call, &MESSAGE, &[])?;
    let item = mailbox.item(id)?;
    Ok(Answer::ok(resource::message(item, &options.select, call.immutable())))
}

/// The MIME.
pub(super) fn value(mailbox: &Mailbox, id: &str) -> Result<Answer, GraphError> {
    Ok(Answer::Bytes("text/plain", mailbox.item(id)?.raw.clone()))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Flag {
    flag_status: String,
    // Allowed together with `flagged`; this stand-in keeps no dates.
    #[serde(default, rename = "startDateTime")]
    _start: Option<Value>,
    #[serde(default, rename = "dueDateTime")]
    _due: Option<Value>,
    #[serde(default, rename = "completedDateTime")]
    _completed: Option<Value>,
}

pub(super) fn patch(mailbox: &mut Mailbox, id: &str, call: &Call<'_>) -> Result<Answer, GraphError> {
    let item = mailbox.item(id)?;
    call.precondition(&item.etag())?;
    let (key, draft) = (item.key, item.draft);
    let mut changes: Map<String, Value> = call.json()?;
    let bad = |name: &str| GraphError::property(format!("The value of '{name}' is not valid."));
    let read = changes.remove("isRead").map(|v| v.as_bool().ok_or_else(|| bad("isRead"))).transpose()?;
    let flag = changes.remove("flag").map(serde_json::from_value::<Flag>).transpose().map_err(|_| bad("flag"))?;
    if flag.as_ref().is_some_and(|f| !["notFlagged", "flagged", "complete"].contains(&f.flag_status.as_str())) {
        return Err(bad("flagStatus"));
    }
    let categories = changes.remove("categories").map(serde_json::from_value::<Vec<String>>).transpose().map_err(|_| bad("categories"))?;
    let word = |value: Option<Value>, name: &str, known: &[&str]| match value {
        None => Ok(None),
        Some(value) => value.as_str().filter(|w| known.contains(w)).map(|w| Some(w.to_owned())).ok_or_else(|| bad(name)),
    };
    let importance = word(changes.remove("importance"), "importance", &["low", "normal", "high"])?;
    let inference = word(changes.remove("inferenceClassification"), "inferenceClassification", &["focused", "other"])?;
    let only_read = flag.is_none() && categories.is_none() && importance.is_none() && inference.is_none() && changes.is_empty();
    if !changes.is_empty() {
        if !draft {
            let names: Vec<&String> = changes.keys().collect();
            let text = format!("{names:?} can only be set while the message is a draft.");
            return Err(GraphError::new(400, "ErrorInvalidPropertySet", text));
        }
        let raw = drafts::changed(mailbox.item(id)?, &changes)?;
        mailbox.rewrite(key, raw, call.now);
    }
    mailbox.edit(key, call.now, only_read, |item| {
        item.read = read.unwrap_or(item.read);
        if let Some(flag) = flag {
            item.flag = flag.flag_status;
        }
        item.categories = categories.unwrap_or_else(|| std::mem::take(&mut item.categories));
        item.importance = importance.unwrap_or_else(|| std::mem::take(&mut item.importance));
        item.inference = inference.unwrap_or_else(|| std::mem::take(&mut item.inference));
    });
    Ok(Answer::ok(found(mailbox, key, call)?))
}

pub(super) fn found(mailbox: &Mailbox, key: u64, call: &Call<'_>) -> Result<Value, GraphError> {
    Ok(resource::message(mailbox.by_key(key).ok_or_else(GraphError::not_found)?, &[], call.immutable()))
}

pub(super) fn relocate(mailbox: &mut Mailbox, id: &str, call: &Call<'_>) -> Result<Answer, GraphError> {
    let to: Destination = call.json()?;
    let key = mailbox.item(id)?.key;
    let to = mailbox.folder(&to.destination_id)?.id.clone();
    mailbox.relocate(key, &to, call.now);
    Ok(Answer::Json(201, found(mailbox, key, call)?))
}

/// Into the deleted items; for ever where it is there already, or where that is asked for.
pub(super) fn delete(mailbox: &mut Mailbox, id: &str, permanent: bool, call: &Call<'_>) -> Result<Answer, GraphError> {
    let item = mailbox.item(id)?;
    call.precondition(&item.etag())?;
    let (key, bin) = (item.key, mailbox.known("deleteditems"));
    if permanent || item.folder == bin {
        mailbox.purge(key);
    } else {
        mailbox.relocate(key, &bin, call.now);
    }
    Ok(Answer::Empty(204))
}
