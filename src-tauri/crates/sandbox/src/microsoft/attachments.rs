//! Attachments of a message: listing, reading, and putting them to a draft while they are small.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    call::{Answer, Call},
    error::GraphError,
    mailbox::{Item, Mailbox},
    mime::{self, File},
    query::Options,
};

/// From here on an upload session is needed, and up to here there is none.
pub(super) const SMALL: usize = 3 * 1024 * 1024;
const PROPERTIES: [&str; 7] = ["id", "name", "contentType", "size", "isInline", "lastModifiedDateTime", "contentBytes"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewFile {
    #[serde(rename = "@odata.type")]
    kind: String,
    name: String,
    #[serde(default)]
    content_type: Option<String>,
    content_bytes: String,
    #[serde(default)]
    is_inline: bool,
    #[serde(default)]
    content_id: Option<String>,
}

/// A `fileAttachment` as JSON.
pub(super) fn parse(value: &Value) -> Result<File, GraphError> {
    let new: NewFile = serde_json::from_value(value.clone()).map_err(|e| GraphError::new(400, "RequestBodyRead", e.to_string()))?;
    if new.kind != "#microsoft.graph.fileAttachment" {
        return Err(GraphError::property("This stand-in takes fileAttachment only."));
    }
    let bytes = STANDARD.decode(&new.content_bytes).map_err(|_| GraphError::property("contentBytes is not base64."))?;
    if bytes.len() >= SMALL {
        let text = "The attachment is 3 MB or larger: create an upload session.";
        return Err(GraphError::new(413, "ErrorAttachmentSizeLimitExceeded", text));
    }
    let content_type = new.content_type.unwrap_or_else(|| "application/octet-stream".to_owned());
    Ok(File { name: new.name, content_type, bytes, inline: new.is_inline, content_id: new.content_id })
}

fn id(item: &Item, n: usize, file: &File) -> String {
    format!("AAMkAGI2-att-{:x}-{n}-{}=", item.key, file.bytes.len())
}

fn resource(item: &Item, n: usize, file: &File, select: &[String], content: bool) -> Value {
    let all = json!({
        "@odata.type": "#microsoft.graph.fileAttachment",
        "@odata.mediaContentType": file.content_type,
        "id": id(item, n, file),
        "name": file.name,
        "contentType": file.content_type,
        "size": file.bytes.len(),
        "isInline": file.inline,
        "contentId": file.content_id,
        "lastModifiedDateTime": super::resource::stamp(item.modified),
        "contentBytes": if content { STANDARD.encode(&file.bytes) } else { String::new() },
    });
    let Value::Object(mut all) = all else { return Value::Null };
    if select.is_empty() {
        if !content {
            all.remove("contentBytes");
        }
    } else {
        all.retain(|name, _| name.starts_with('@') || name == "id" || select.iter().any(|s| s == name));
    }
    Value::Object(all)
}

pub(super) fn list(mailbox: &Mailbox, message: &str, call: &Call<'_>) -> Result<Answer, GraphError> {
    let options = Options::of(call, &PROPERTIES, &[])?;
    let item = mailbox.item(message)?;
    let content = options.select.is_empty() || options.select.iter().any(|s| s == "contentBytes");
    let files = mime::files(&item.raw);
    let value: Vec<Value> = files.iter().enumerate().map(|(n, f)| resource(item, n, f, &options.select, content)).collect();
    Ok(Answer::ok(json!({"value": value})))
}

fn find(mailbox: &Mailbox, message: &str, attachment: &str) -> Result<(u64, usize, File), GraphError> {
    let item = mailbox.item(message)?;
    let found = mime::files(&item.raw).into_iter().enumerate().find(|(n, f)| id(item, *n, f) == attachment);
    found.map(|(n, f)| (item.key, n, f)).ok_or_else(GraphError::not_found)
}

pub(super) fn get(mailbox: &Mailbox, message: &str, attachment: &str, call: &Call<'_>) -> Result<Answer, GraphError> {
    let options = Options::of(call, &PROPERTIES, &[])?;
    let (_, n, file) = find(mailbox, message, attachment)?;
    Ok(Answer::ok(resource(mailbox.item(message)?, n, &file, &options.select, true)))
}

pub(super) fn value(mailbox: &Mailbox, message: &str, attachment: &str) -> Result<Answer, GraphError> {
    Ok(Answer::Bytes("application/octet-stream", find(mailbox, message, attachment)?.2.bytes))
}

pub(super) fn create(mailbox: &mut Mailbox, message: &str, call: &Call<'_>) -> Result<Answer, GraphError> {
    // Base64 and its frame: a file just below the limit still fits into a request.
    let file = parse(&call.json::<Value>()?)?;
    let key = put(mailbox, message, &file, call)?;
    let item = mailbox.by_key(key).ok_or_else(GraphError::not_found)?;
    let n = mime::files(&item.raw).len().saturating_sub(1);
    Ok(Answer::Json(201, resource(item, n, &file, &[], true)))
}

/// Only a draft takes files.
pub(super) fn put(mailbox: &mut Mailbox, message: &str, file: &File, call: &Call<'_>) -> Result<u64, GraphError> {
    let item = mailbox.item(message)?;
    if !item.draft {
        return Err(GraphError::new(400, "ErrorInvalidOperation", "Files can be attached to drafts only."));
    }
    let (key, raw) = (item.key, mime::attach(&item.raw, file));
    mailbox.rewrite(key, raw, call.now);
    Ok(key)
}

pub(super) fn delete(mailbox: &mut Mailbox, message: &str, attachment: &str, call: &Call<'_>) -> Result<Answer, GraphError> {
    let (key, n, _) = find(mailbox, message, attachment)?;
    let item = mailbox.item(message)?.clone();
    if !item.draft {
        return Err(GraphError::new(400, "ErrorInvalidOperation", "Files can be removed from drafts only."));
    }
    let bare = mime::with_body(&without_files(&item.raw), item.head.html, &item.head.body);
    let kept = mime::files(&item.raw).into_iter().enumerate().filter(|(at, _)| *at != n);
    let raw = kept.fold(bare, |raw, (_, file)| mime::attach(&raw, &file));
    mailbox.rewrite(key, raw, call.now);
    Ok(Answer::Empty(204))
}

/// The headers alone, over an empty text.
fn without_files(raw: &[u8]) -> Vec<u8> {
    let bare = [mime::split(raw).0, b"\r\n"].concat();
    mime::set_header(&bare, "Content-Type", Some("text/plain"))
}
