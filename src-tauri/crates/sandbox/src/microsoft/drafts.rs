//! Drafts: made from JSON or MIME, changed, and made as an answer to a message (PROVIDERS 2.5, Sending).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::time::Timestamp;
use mail_parser::MessageParser;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    call::{Answer, Call},
    error::GraphError,
    head::Person,
    mailbox::{Item, Mailbox},
    messages::found,
    mime,
};
use crate::fixtures::rfc2822;

/// Graph takes no larger request.
pub(super) const MAX_REQUEST: usize = 4 * 1024 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Address {
    #[serde(default)]
    name: String,
    address: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Recipient {
    email_address: Address,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    content_type: String,
    content: String,
}

#[derive(Deserialize)]
struct Field {
    name: String,
    value: String,
}

/// The mail of a `text/plain` request: standard base64, nothing else.
pub(super) fn mime_body(call: &Call<'_>) -> Result<Vec<u8>, GraphError> {
    if call.body.len() > MAX_REQUEST {
        return Err(GraphError::new(413, "RequestEntityTooLarge", "The request body is larger than 4 MB."));
    }
    let text: Vec<u8> = call.body.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
    let bytes = STANDARD
        .decode(text)
        .map_err(|_| GraphError::new(400, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content."))?;
    let parsed = MessageParser::default().parse(&bytes).filter(|m| !m.headers().is_empty());
    if parsed.is_none() {
        return Err(GraphError::new(400, "ErrorMimeContentInvalid", "The MIME content is not valid."));
    }
    Ok(bytes)
}

/// What a draft gets where it has none: From, Date, and a Message-ID.
pub(super) fn completed(raw: Vec<u8>, mailbox: &Mailbox, fresh_id: &str, rewrite: bool, now: Timestamp) -> Vec<u8> {
    let mut raw = raw;
    if !mime::has_header(&raw, "From") {
        raw = mime::set_header(&raw, "From", Some(&mime::mailboxes(&[(mailbox.name.clone(), mailbox.email.clone())])));
    }
    if !mime::has_header(&raw, "Date") {
        raw = mime::set_header(&raw, "Date", Some(&rfc2822(now)));
    }
    if rewrite || !mime::has_header(&raw, "Message-ID") {
        raw = mime::set_header(&raw, "Message-ID", Some(&format!("<{fresh_id}>")));
    }
    raw
}

/// The bytes of a draft after a change of its properties, from nothing for a new one.
pub(super) fn changed(item: &Item, changes: &Map<String, Value>) -> Result<Vec<u8>, GraphError> {
    apply(item.raw.clone(), changes)
}

pub(super) fn from_json(message: &Map<String, Value>) -> Result<Vec<u8>, GraphError> {
    apply(b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n".to_vec(), message)
}

fn apply(mut raw: Vec<u8>, changes: &Map<String, Value>) -> Result<Vec<u8>, GraphError> {
    for (name, value) in changes {
        let bad = || GraphError::property(format!("The value of '{name}' is not valid."));
        match name.as_str() {
            "subject" => {
                let subject = value.as_str().filter(|s| !s.contains(['\r', '\n'])).ok_or_else(bad)?;
                raw = mime::set_header(&raw, "Subject", Some(&mime::encoded(subject)));
            }
            "from" | "sender" => {
                let one: Recipient = serde_json::from_value(value.clone()).map_err(|_| bad())?;
                let header = if name == "from" { "From" } else { "Sender" };
                raw = mime::set_header(&raw, header, Some(&mime::mailboxes(&[(one.email_address.name, one.email_address.address)])));
            }
            "toRecipients" | "ccRecipients" | "bccRecipients" | "replyTo" => {
                let list: Vec<Recipient> = serde_json::from_value(value.clone()).map_err(|_| bad())?;
                let people: Vec<Person> = list.into_iter().map(|r| (r.email_address.name, r.email_address.address)).collect();
                let header = match name.as_str() {
                    "toRecipients" => "To",
                    "ccRecipients" => "Cc",
                    "bccRecipients" => "Bcc",
                    _ => "Reply-To",
                };
                raw = mime::set_header(&raw, header, (!people.is_empty()).then(|| mime::mailboxes(&people)).as_deref());
            }
            "body" => {
                let body: Body = serde_json::from_value(value.clone()).map_err(|_| bad())?;
                let html = match body.content_type.to_ascii_lowercase().as_str() {
                    "html" => true,
                    "text" => false,
                    _ => return Err(bad()),
                };
                raw = mime::with_body(&raw, html, &body.content);
            }
            "internetMessageId" => {
                let id = value
                    .as_str()
                    .filter(|i| i.starts_with('<') && i.ends_with('>') && !i.contains(char::is_whitespace))
                    .ok_or_else(bad)?;
                raw = mime::set_header(&raw, "Message-ID", Some(id));
            }
            "internetMessageHeaders" => {
                for field in serde_json::from_value::<Vec<Field>>(value.clone()).map_err(|_| bad())? {
                    if !field.name.to_ascii_lowercase().starts_with("x-") || field.value.contains(['\r', '\n']) {
                        let text = format!("The internet message header name '{}' should start with 'x-' or 'X-'.", field.name);
                        return Err(GraphError::new(400, "InvalidInternetMessageHeader", text));
                    }
                    raw = mime::set_header(&raw, &field.name, Some(&mime::encoded(&field.value)));
                }
            }
            "attachments" => {
                for file in value.as_array().ok_or_else(bad)? {
                    raw = mime::attach(&raw, &super::attachments::parse(file)?);
                }
            }
            other => {
                let text = format!("The property '{other}' does not exist on type 'microsoft.graph.message'.");
                return Err(GraphError::new(400, "RequestBodyRead", text));
            }
        }
    }
    Ok(raw)
}

/// `POST /me/messages` and `POST /me/mailFolders/{id}/messages`.
pub(super) fn create(mailbox: &mut Mailbox, folder: &str, call: &Call<'_>, fresh: &str, rewrite: bool) -> Result<Answer, GraphError> {
    let folder = mailbox.folder(folder)?.id.clone();
    let mut state = Map::new();
    let raw = if call.content_type() == "text/plain" {
        mime_body(call)?
    } else {
        if call.body.len() > MAX_REQUEST {
            return Err(GraphError::new(413, "RequestEntityTooLarge", "The request body is larger than 4 MB."));
        }
        let mut message: Map<String, Value> = call.json()?;
        for name in ["isRead", "flag", "categories", "importance"] {
            state.extend(message.remove_entry(name));
        }
        from_json(&message)?
    };
    let fresh = format!("{fresh}@{}", domain_of(&mailbox.email));
    let raw = completed(raw, mailbox, &fresh, rewrite, call.now);
    // Drafts of one's own are read.
    let key = mailbox.insert(&folder, raw, call.now, true, true);
    if !state.is_empty() {
        let id = mailbox.by_key(key).map(|i| i.id(true)).unwrap_or_default();
        let body = Value::Object(state).to_string();
        let json = ("content-type".to_owned(), "application/json".to_owned());
        let more = Call { method: "PATCH", path: Vec::new(), query: Vec::new(), headers: vec![json], body: body.as_bytes(), ..*call };
        super::messages::patch(mailbox, &id, &more)?;
    }
    Ok(Answer::Json(201, found(mailbox, key, call)?))
}

pub(super) fn domain_of(email: &str) -> &str {
    email.split_once('@').map_or("sandbox.example", |(_, domain)| domain)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Reply,
    ReplyAll,
    Forward,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Answering {
    #[serde(default)]
    message: Option<Map<String, Value>>,
    #[serde(default)]
    comment: Option<String>,
    #[serde(default)]
    to_recipients: Option<Value>,
}

/// `createReply`, `createReplyAll`, `createForward`: a draft in the same conversation.
pub(super) fn answer(mailbox: &mut Mailbox, id: &str, kind: Kind, call: &Call<'_>, fresh: &str) -> Result<Answer, GraphError> {
    let asked: Answering = if call.body.is_empty() { Answering::default() } else { call.json()? };
    if asked.comment.is_some() && asked.message.as_ref().is_some_and(|m| m.contains_key("body")) {
        return Err(GraphError::bad("Either comment or the body property of message, not both."));
    }
    let item = mailbox.item(id)?.clone();
    let head = &item.head;
    let own = |p: &Person| p.1.eq_ignore_ascii_case(&mailbox.email);
    let person = |(name, address): &Person| json!({"emailAddress": {"name": name, "address": address}});
    let origin = if head.reply_to.is_empty() { &head.from } else { &head.reply_to };
    let mut message = Map::new();
    let prefix = if kind == Kind::Forward { "FW: " } else { "RE: " };
    let subject = head.subject.trim_start_matches(['R', 'E', 'r', 'e', 'F', 'W', 'f', 'w']).trim_start_matches(": ");
    let bare = if head.subject.to_uppercase().starts_with(prefix.trim_end()) { subject } else { head.subject.as_str() };
    message.insert("subject".to_owned(), json!(format!("{prefix}{bare}")));
    if kind != Kind::Forward {
        let others = head.to.iter().filter(|p| kind == Kind::ReplyAll && !own(p));
        message.insert("toRecipients".to_owned(), origin.iter().chain(others).map(person).collect());
    }
    if kind == Kind::ReplyAll {
        message.insert("ccRecipients".to_owned(), head.cc.iter().filter(|p| !own(p)).map(person).collect());
    }
    if let Some(to) = asked.to_recipients {
        message.insert("toRecipients".to_owned(), to);
    }
    let quoted = if head.html { head.body.clone() } else { format!("<pre>{}</pre>", crate::text::html(&head.body)) };
    let comment = crate::text::html(&asked.comment.unwrap_or_default());
    message.insert("body".to_owned(), json!({"contentType": "html", "content": format!("{comment}<hr>{quoted}")}));
    message.extend(asked.message.unwrap_or_default());
    let mut raw = from_json(&message)?;
    if !head.message_id.is_empty() {
        let parent = format!("<{}>", head.message_id);
        raw = mime::set_header(&raw, "In-Reply-To", (kind != Kind::Forward).then_some(parent.as_str()));
        let all: Vec<String> = head.references.iter().map(|r| format!("<{r}>")).chain([parent]).collect();
        raw = mime::set_header(&raw, "References", Some(&all.join("\r\n ")));
    }
    if kind == Kind::Forward {
        raw = mime::files(&item.raw).iter().fold(raw, |raw, file| mime::attach(&raw, file));
    }
    let fresh = format!("{fresh}@{}", domain_of(&mailbox.email));
    let raw = completed(raw, mailbox, &fresh, false, call.now);
    let folder = mailbox.known("drafts");
    let key = mailbox.insert(&folder, raw, call.now, true, true);
    Ok(Answer::Json(201, found(mailbox, key, call)?))
}
