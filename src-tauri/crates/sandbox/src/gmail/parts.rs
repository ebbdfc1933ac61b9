//! A message as `format=full` shows it: the MIME tree with decoded bodies, attachments by id.

use mail_parser::{Encoding, Message, MessageParser, MessagePart, MimeHeaders, PartType, decoders};
use serde_json::{Value, json};

use super::{
    error::ApiError,
    mailbox::{MsgId, StoredMessage},
};
use crate::text;

/// `headers[]` of a message or part, unfolded; encoded words are decoded as Gmail does.
fn headers(bytes: &[u8], only: &[String]) -> Vec<Value> {
    let text = String::from_utf8_lossy(bytes);
    let mut out: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = out.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            out.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    out.into_iter()
        .filter(|(name, _)| only.is_empty() || only.iter().any(|o| o.eq_ignore_ascii_case(name)))
        .map(|(name, value)| json!({"name": name, "value": decoded_words(&value)}))
        .collect()
}

/// RFC 2047 words to text, by way of a one-header message.
fn decoded_words(value: &str) -> String {
    if !value.contains("=?") {
        return value.to_owned();
    }
    let message = format!("Subject: {value}\r\n\r\n");
    MessageParser::default().parse(message.as_bytes()).and_then(|m| m.subject().map(str::to_owned)).unwrap_or_else(|| value.to_owned())
}

fn slice(raw: &[u8], from: u32, to: u32) -> &[u8] {
    raw.get(from as usize..to as usize).unwrap_or_default()
}

fn mime_type(part: &MessagePart<'_>) -> String {
    part.content_type()
        .map_or_else(|| "text/plain".to_owned(), |c| format!("{}/{}", c.ctype(), c.subtype().unwrap_or("plain")).to_lowercase())
}

/// Decoded bytes of a leaf.
fn content(part: &MessagePart<'_>, raw: &[u8]) -> Vec<u8> {
    match &part.body {
        PartType::Text(text) | PartType::Html(text) => text.as_bytes().to_vec(),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => bytes.to_vec(),
        PartType::Message(_) => {
            let body = slice(raw, part.offset_body, part.offset_end);
            match part.encoding {
                Encoding::Base64 => decoders::base64::base64_decode(body).unwrap_or_default(),
                _ => body.to_vec(),
            }
        }
        PartType::Multipart(_) => Vec::new(),
    }
}

fn payload(message: &Message<'_>, part: &MessagePart<'_>, raw: &[u8], path: &str, id: MsgId, nonce: u64, only: &[String]) -> Value {
    let mut body = json!({"size": 0});
    let mut children = Vec::new();
    let filename = part.attachment_name().unwrap_or_default();
    if let PartType::Multipart(ids) = &part.body {
        for (n, child) in ids.iter().enumerate() {
            if let Some(child) = message.part(*child) {
                let path = if path.is_empty() { n.to_string() } else { format!("{path}.{n}") };
                children.push(payload(message, child, raw, &path, id, nonce, &[]));
            }
        }
    } else {
        let data = content(part, raw);
        let size = data.len();
        let inline = matches!(part.body, PartType::Text(_) | PartType::Html(_)) && filename.is_empty();
        body = if inline {
            json!({"size": size, "data": text::b64url_padded(&data)})
        } else {
            json!({"size": size, "attachmentId": attachment_id(id, path, nonce)})
        };
    }
    let mut value = json!({
        "partId": path,
        "mimeType": mime_type(part),
        "filename": filename,
        "headers": headers(slice(raw, part.offset_header, part.offset_body), only),
        "body": body,
    });
    if let (false, Some(map)) = (children.is_empty(), value.as_object_mut()) {
        map.insert("parts".into(), Value::Array(children));
    }
    value
}

/// Names message and part, and differs from one get to the next.
fn attachment_id(id: MsgId, path: &str, nonce: u64) -> String {
    format!("ANGjdJ{}", text::b64url(format!("{id}|{path}|{nonce:x}").as_bytes()))
}

/// `payload` of a message. `only`: header names to show (`metadataHeaders`), empty for all.
pub(super) fn full(message: &StoredMessage, nonce: u64) -> Value {
    MessageParser::default()
        .parse(&message.raw)
        .map_or(Value::Null, |parsed| payload(&parsed, parsed.root_part(), &message.raw, "", message.id, nonce, &[]))
}

/// `payload` with headers only.
pub(super) fn metadata(message: &StoredMessage, only: &[String]) -> Value {
    MessageParser::default().parse(&message.raw).map_or(Value::Null, |parsed| {
        let root = parsed.root_part();
        json!({"mimeType": mime_type(root), "headers": headers(slice(&message.raw, root.offset_header, root.offset_body), only)})
    })
}

/// The bytes behind an attachment id of this message, from whatever get it came.
pub(super) fn attachment(message: &StoredMessage, attachment: &str) -> Result<Vec<u8>, ApiError> {
    let bad = || ApiError::bad("Invalid attachment token");
    let plain = attachment.strip_prefix("ANGjdJ").and_then(text::b64url_strict).ok_or_else(bad)?;
    let plain = String::from_utf8(plain).map_err(|_| bad())?;
    let mut fields = plain.split('|');
    if fields.next() != Some(&message.id.to_string()) {
        return Err(bad());
    }
    let path = fields.next().ok_or_else(bad)?;
    let parsed = MessageParser::default().parse(&message.raw).ok_or_else(bad)?;
    let mut part = parsed.root_part();
    for step in path.split('.').filter(|s| !s.is_empty()) {
        let PartType::Multipart(ids) = &part.body else { return Err(bad()) };
        let n: usize = step.parse().map_err(|_| bad())?;
        part = ids.get(n).and_then(|id| parsed.part(*id)).ok_or_else(bad)?;
    }
    Ok(content(part, &message.raw))
}
