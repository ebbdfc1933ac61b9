//! `Email/get` and `Email/changes` (RFC 8621 sections 4.2 and 4.3).

use chrono::{DateTime, SecondsFormat};
use domain::time::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    args::Args,
    error::MethodError,
    request::{Answers, Call, shown, within},
    world::{ACCOUNT, Email},
};

/// What is shown where no properties were named, as far as it is known here.
const USUAL: [&str; 13] = [
    "id",
    "blobId",
    "threadId",
    "mailboxIds",
    "keywords",
    "size",
    "receivedAt",
    "messageId",
    "references",
    "subject",
    "from",
    "to",
    "preview",
];

/// `2026-11-22T08:59:00Z`.
pub(super) fn utc(at: Timestamp) -> String {
    DateTime::from_timestamp_millis(at.millis()).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Secs, true)
}

pub(super) fn instant(text: &str) -> Option<Timestamp> {
    // In UTC, and nothing else (RFC 8620 section 1.4).
    let utc = text.ends_with('Z').then(|| DateTime::parse_from_rfc3339(text).ok()).flatten()?;
    Some(Timestamp(utc.timestamp_millis()))
}

pub(super) fn json_of(email: &Email) -> Value {
    let set =
        |items: &std::collections::BTreeSet<String>| -> Map<String, Value> { items.iter().map(|i| (i.clone(), json!(true))).collect() };
    let people = |list: &[(String, String)]| list.iter().map(|(name, email)| json!({"name": name, "email": email})).collect::<Vec<_>>();
    let head = &email.head;
    json!({
        "id": email.id, "blobId": email.blob, "threadId": email.thread, "mailboxIds": set(&email.mailboxes),
        "keywords": set(&email.keywords), "size": email.raw.len(), "receivedAt": utc(email.received),
        "messageId": (!head.message_id.is_empty()).then_some([&head.message_id]), "references": head.references, "subject": head.subject,
        "from": people(&head.from), "to": people(&head.to), "preview": head.preview, "hasAttachment": head.has_attachments,
    })
}

pub(super) fn get(call: &mut Call<'_>, mut args: Args) -> Result<Answers, MethodError> {
    let (ids, properties) = (args.take::<Vec<String>>("ids")?, args.take::<Vec<String>>("properties")?);
    args.end()?;
    let world = &*call.world;
    let wanted = ids.unwrap_or_else(|| world.emails.keys().cloned().collect());
    within(wanted.len(), world.switches.max_objects_in_get)?;
    let usual: Vec<String> = USUAL.iter().map(|name| (*name).to_owned()).collect();
    let properties = properties.unwrap_or(usual);
    let (mut list, mut missing) = (Vec::new(), Vec::new());
    for id in wanted {
        match world.emails.get(&id) {
            Some(email) => list.push(shown(json_of(email), Some(&properties))?),
            None => missing.push(id),
        }
    }
    Ok(vec![("Email/get", json!({"accountId": ACCOUNT, "state": world.mail_log.state(), "list": list, "notFound": missing}))])
}

pub(super) fn changes(call: &mut Call<'_>, mut args: Args) -> Result<Answers, MethodError> {
    let (since, most) = (args.need::<String>("sinceState")?, args.take::<usize>("maxChanges")?);
    args.end()?;
    if most == Some(0) {
        return Err(MethodError::arguments("maxChanges is more than nothing."));
    }
    let told = call.world.mail_log.changes(&since, Some(most.unwrap_or(usize::MAX).min(call.world.switches.changes_limit)))?;
    let body = json!({
        "accountId": ACCOUNT, "oldState": since, "newState": told.new_state, "hasMoreChanges": told.more, "created": told.created,
        "updated": told.updated, "destroyed": told.destroyed,
    });
    Ok(vec![("Email/changes", body)])
}
