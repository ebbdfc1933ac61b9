//! Messages and folders as Graph writes them.

use chrono::DateTime;
use domain::time::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    head::Person,
    mailbox::{Folder, Item, Mailbox},
    query::MESSAGE,
};

/// `2026-11-22T08:59:00Z`: whole seconds.
pub(super) fn stamp(at: Timestamp) -> String {
    DateTime::from_timestamp(at.secs(), 0).unwrap_or_default().format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn person((name, address): &Person) -> Value {
    json!({"emailAddress": {"name": if name.is_empty() { address } else { name }, "address": address}})
}

fn people(list: &[Person]) -> Value {
    list.iter().map(person).collect()
}

/// Only what is selected; all but the header fields where nothing is.
pub(super) fn message(item: &Item, select: &[String], immutable: bool) -> Value {
    let mut out = Map::new();
    out.insert("@odata.etag".to_owned(), json!(item.etag()));
    for name in MESSAGE {
        let wanted =
            if select.is_empty() { !["internetMessageHeaders", "uniqueBody"].contains(&name) } else { select.iter().any(|s| s == name) };
        if name == "id" || wanted {
            out.insert(name.to_owned(), property(item, name, immutable));
        }
    }
    Value::Object(out)
}

fn property(item: &Item, name: &str, immutable: bool) -> Value {
    let head = &item.head;
    let body = || json!({"contentType": if head.html { "html" } else { "text" }, "content": head.body});
    match name {
        "id" => json!(item.id(immutable)),
        "changeKey" => json!(item.change_key()),
        "conversationId" => json!(item.conversation),
        "conversationIndex" => json!("AQHc"),
        "internetMessageId" if head.message_id.is_empty() => Value::Null,
        "internetMessageId" => json!(format!("<{}>", head.message_id)),
        "internetMessageHeaders" => head.fields.iter().map(|(name, value)| json!({"name": name, "value": value})).collect(),
        "subject" => json!(head.subject),
        "bodyPreview" => json!(head.preview),
        "body" | "uniqueBody" => body(),
        "from" | "sender" => head.from.first().map(person).unwrap_or_default(),
        "toRecipients" => people(&head.to),
        "ccRecipients" => people(&head.cc),
        "bccRecipients" => people(&head.bcc),
        "replyTo" => people(&head.reply_to),
        "receivedDateTime" | "sentDateTime" | "createdDateTime" => json!(stamp(item.received)),
        "lastModifiedDateTime" => json!(stamp(item.modified)),
        "hasAttachments" => json!(head.has_attachments),
        "isRead" => json!(item.read),
        "isDraft" => json!(item.draft),
        "importance" => json!(item.importance),
        "inferenceClassification" => json!(item.inference),
        "categories" => json!(item.categories),
        "flag" => json!({"flagStatus": item.flag}),
        "parentFolderId" => json!(item.folder),
        "webLink" => json!("https://outlook.office365.example/owa/"),
        _ => json!(false),
    }
}

pub(super) fn folder(mailbox: &Mailbox, folder: &Folder, select: &[String], well_known_name: bool) -> Value {
    let children = mailbox.folders.iter().filter(|f| f.parent.as_deref() == Some(&folder.id) && !f.hidden).count();
    let unread = mailbox.in_folder(&folder.id).filter(|i| !i.read).count();
    let all = json!({
        "id": folder.id,
        "displayName": folder.name,
        "parentFolderId": folder.parent.clone().unwrap_or_else(|| "AAMkAGI2-root".to_owned()),
        "childFolderCount": children,
        "totalItemCount": mailbox.in_folder(&folder.id).count(),
        "unreadItemCount": unread,
        "isHidden": folder.hidden,
    });
    let Value::Object(mut all) = all else { return Value::Null };
    if !select.is_empty() {
        all.retain(|name, _| name == "id" || select.iter().any(|s| s == name));
    }
    if well_known_name {
        all.insert("wellKnownName".to_owned(), json!(folder.well_known));
    }
    Value::Object(all)
}
