//! `Email/import` (RFC 8621 section 4.8).

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    args::Args,
    email::instant,
    error::{MethodError, SetError},
    patch,
    request::{Answers, Call, in_state, within},
    world::ACCOUNT,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Import {
    blob_id: String,
    mailbox_ids: Value,
    #[serde(default)]
    keywords: Option<Value>,
    #[serde(default)]
    received_at: Option<String>,
}

pub(super) fn import(call: &mut Call<'_>, mut args: Args) -> Result<Answers, MethodError> {
    let emails: Map<String, Value> = args.need("emails")?;
    let old = call.world.mail_log.state();
    in_state(args.take("ifInState")?, &old)?;
    args.end()?;
    within(emails.len(), call.world.switches.max_objects_in_set)?;
    let (mut created, mut not_created) = (Map::new(), Map::new());
    for (name, fields) in emails {
        match one(call, fields) {
            Ok((id, body)) => {
                call.created.insert(name.clone(), id);
                created.insert(name, body);
            }
            Err(error) => drop(not_created.insert(name, error.body())),
        }
    }
    let body = json!({
        "accountId": ACCOUNT, "oldState": old, "newState": call.world.mail_log.state(), "created": created, "notCreated": not_created,
    });
    Ok(vec![("Email/import", body)])
}

fn one(call: &mut Call<'_>, fields: Value) -> Result<(String, Value), SetError> {
    let import: Import = serde_json::from_value(fields).map_err(|_| SetError::new("invalidProperties", "This is no import."))?;
    let mailboxes: BTreeSet<String> = patch::set_of("mailboxIds", &import.mailbox_ids)?.iter().filter_map(|id| call.id(id)).collect();
    let keywords = import.keywords.map(|k| patch::set_of("keywords", &k)).transpose()?.unwrap_or_default();
    patch::checked(call.world, &mailboxes, &keywords)?;
    let at = match &import.received_at {
        Some(text) => instant(text).ok_or_else(|| SetError::properties(&["receivedAt"], "This is no time in UTC."))?,
        None => call.now,
    };
    let raw = call.world.blob(&import.blob_id).map(<[u8]>::to_vec);
    let raw = raw.ok_or_else(|| SetError::properties(&["blobId"], "There is no such blob."))?;
    if !raw.windows(4).any(|w| w == b"\r\n\r\n") {
        return Err(SetError::new("invalidEmail", "This is no mail."));
    }
    if call.world.switches.forbids_duplicates
        && let Some(twin) = call.world.emails.values().find(|e| e.blob == import.blob_id)
    {
        return Err(SetError::new("alreadyExists", "This mail is there already.").with("existingId", json!(twin.id)));
    }
    let (blob, size) = (import.blob_id, raw.len());
    let id = call.world.insert(raw, mailboxes, keywords, at);
    let thread = call.world.emails.get(&id).map(|e| e.thread.clone());
    let body = json!({"id": id, "blobId": blob, "threadId": thread, "size": size});
    Ok((id, body))
}
