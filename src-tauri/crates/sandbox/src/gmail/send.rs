//! Sending: what Gmail checks, rewrites and files (PROVIDERS 1.5, Sending).

use domain::time::Timestamp;
use mail_parser::MessageParser;
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    Answer, Call,
    error::ApiError,
    mailbox::{Mailbox, MsgId, StoredMessage},
    messages::labels,
    world::MailWorld,
};
use crate::{rng::Rng, text};

/// 35 MB in total.
pub(super) const MAX_RAW: usize = 36_700_160;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewMessage {
    pub raw: Option<String>,
    pub thread_id: Option<String>,
    #[serde(default)]
    pub label_ids: Vec<String>,
    #[serde(rename = "id")]
    _id: Option<String>,
}

/// Strict base64url of an RFC 5322 message.
pub(super) fn decode(raw: Option<&str>) -> Result<Vec<u8>, ApiError> {
    let raw = raw
        .filter(|r| !r.is_empty())
        .ok_or_else(|| ApiError::bad("'raw' RFC822 payload message string or uploading message via /upload/* URL required"))?;
    let bytes = text::b64url_strict(raw)
        .ok_or_else(|| ApiError::bad("Invalid value at 'message.raw' (TYPE_BYTES), Base64 decoding failed: the alphabet is base64url"))?;
    check_size(&bytes)?;
    Ok(bytes)
}

fn check_size(bytes: &[u8]) -> Result<(), ApiError> {
    if bytes.len() > MAX_RAW {
        return Err(ApiError::new(413, "uploadTooLarge", "Message exceeds 35 MB."));
    }
    Ok(())
}

pub(super) fn send(world: &mut MailWorld, email: &str, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&[])?;
    if call.param("uploadType").is_some() {
        return Err(ApiError::bad("uploadType belongs to the /upload URL"));
    }
    let message: NewMessage = call.json()?;
    let raw = decode(message.raw.as_deref())?;
    file(world, email, &raw, message.thread_id.as_deref(), call.now)
}

pub(super) fn upload(world: &mut MailWorld, email: &str, call: &Call<'_>) -> Result<Answer, ApiError> {
    call.only(&[])?;
    let (meta, raw) = uploaded::<NewMessage>(call)?;
    file(world, email, &raw, meta.and_then(|m| m.thread_id).as_deref(), call.now)
}

/// What a call to `/upload/…` brings. `uploadType=media`: the body is the message itself. `multipart`: JSON first, then the message.
pub(super) fn uploaded<T: DeserializeOwned>(call: &Call<'_>) -> Result<(Option<T>, Vec<u8>), ApiError> {
    let kind = call.content_type.unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match call.param("uploadType") {
        Some("media") if essence == "message/rfc822" => {
            check_size(call.body)?;
            Ok((None, call.body.to_vec()))
        }
        Some("multipart") if essence == "multipart/related" => {
            let parts = super::batch::split(kind, call.body).ok_or_else(|| ApiError::bad("Malformed multipart body."))?;
            let [meta, mail] = parts.as_slice() else { return Err(ApiError::bad("Malformed multipart body: two parts are needed.")) };
            let meta = serde_json::from_slice(meta.body).map_err(|e| ApiError::bad(format!("Invalid JSON payload received. {e}")))?;
            if !mail.header("content-type").is_some_and(|t| t.to_ascii_lowercase().starts_with("message/rfc822")) {
                return Err(ApiError::bad("Media type of the upload must be message/rfc822."));
            }
            check_size(mail.body)?;
            Ok((Some(meta), mail.body.to_vec()))
        }
        Some("media" | "multipart") => {
            Err(ApiError::bad(format!("Media type '{essence}' is not supported. Valid media types: [message/rfc822]")))
        }
        _ => Err(ApiError::bad("Missing or unsupported uploadType.")),
    }
}

/// Checks the message, files it under SENT and hands it on.
pub(super) fn file(world: &mut MailWorld, email: &str, raw: &[u8], thread: Option<&str>, now: Timestamp) -> Result<Answer, ApiError> {
    let id = submit(world, email, raw, thread, now)?;
    let mailbox = world.mailbox_mut(email).ok_or_else(ApiError::not_found)?;
    Ok(Answer::Json(mailbox.get(id).map(labels).unwrap_or_default()))
}

pub(super) fn submit(world: &mut MailWorld, email: &str, raw: &[u8], thread: Option<&str>, now: Timestamp) -> Result<MsgId, ApiError> {
    let recipients = recipients(raw)?;
    let rewrite = world.rewrite_message_id;
    let tag = world.rng.token(22);
    let mailbox = world.mailbox_mut(email).ok_or_else(ApiError::not_found)?;
    let thread = match thread.filter(|t| !t.is_empty()) {
        None => None,
        Some(id) => {
            let id = MsgId::parse(id).ok_or_else(|| ApiError::bad("Invalid thread_id value"))?;
            if mailbox.thread(id).next().is_none() {
                return Err(ApiError::not_found());
            }
            // A thread id alone does not join: without References and subject the mail starts a thread of its own.
            mailbox.fits_thread(raw, id).then_some(id)
        }
    };
    let wire = rewritten(raw, mailbox, &format!("CA{tag}@mail.gmail.example"), rewrite, now);
    let to_self = recipients.iter().any(|r| r.eq_ignore_ascii_case(&mailbox.email));
    let mut labels = vec!["SENT".to_owned()];
    if to_self {
        labels.extend(["INBOX".to_owned(), "UNREAD".to_owned()]);
    }
    let id = mailbox.insert(&wire, labels, now, thread);
    world.carry(email, id, &recipients, &wire, now);
    Ok(id)
}

/// To, Cc and Bcc; each must be an address.
fn recipients(raw: &[u8]) -> Result<Vec<String>, ApiError> {
    let parsed = MessageParser::default().parse(raw).ok_or_else(|| ApiError::bad("Invalid RFC822 message"))?;
    if parsed.from().is_none() && parsed.headers().is_empty() {
        return Err(ApiError::bad("Invalid RFC822 message"));
    }
    let mut all = Vec::new();
    for (name, list) in [("To", parsed.to()), ("Cc", parsed.cc()), ("Bcc", parsed.bcc())] {
        for address in list.iter().flat_map(|list| list.iter()) {
            let address = address.address().unwrap_or_default();
            let fits =
                address.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'));
            if !fits || address.contains(char::is_whitespace) {
                return Err(ApiError::bad(format!("Invalid {name} header")));
            }
            all.push(address.to_owned());
        }
    }
    if all.is_empty() {
        return Err(ApiError::bad("Recipient address required"));
    }
    Ok(all)
}

/// What Gmail changes: Bcc goes, a foreign From becomes the account's own, a missing Message-ID or Date is added.
fn rewritten(raw: &[u8], mailbox: &Mailbox, message_id: &str, replace_id: bool, now: Timestamp) -> Vec<u8> {
    let end = raw.windows(4).position(|w| w == b"\r\n\r\n").map(|at| at + 2);
    let end = end.or_else(|| raw.windows(2).position(|w| w == b"\n\n").map(|at| at + 1)).unwrap_or(raw.len());
    let (head, body) = raw.split_at(end);
    let mut out = Vec::with_capacity(raw.len() + 128);
    let (mut keep, mut has_id, mut has_date, mut has_from) = (true, false, false, false);
    for line in head.split_inclusive(|b| *b == b'\n') {
        if !line.starts_with(b" ") && !line.starts_with(b"\t") {
            let name = line.split(|b| *b == b':').next().unwrap_or_default().to_ascii_lowercase();
            let own = || String::from_utf8_lossy(line).to_lowercase().contains(&mailbox.email);
            keep = match name.as_slice() {
                b"bcc" => false,
                b"message-id" => {
                    has_id = !replace_id;
                    !replace_id
                }
                b"date" => {
                    has_date = true;
                    true
                }
                b"from" => {
                    // A folded From keeps its address on a later line; only a one-line foreign From is replaced.
                    has_from = own() || !line.contains(&b'@');
                    has_from
                }
                _ => true,
            };
        }
        if keep {
            out.extend_from_slice(line);
        }
    }
    let mut add = |line: String| out.extend_from_slice(line.as_bytes());
    if !has_from {
        add(format!("From: {} <{}>\r\n", mailbox.name, mailbox.email));
    }
    if !has_id {
        add(format!("Message-ID: <{message_id}>\r\n"));
    }
    if !has_date {
        add(format!("Date: {}\r\n", crate::fixtures::rfc2822(now)));
    }
    out.extend_from_slice(body);
    out
}

/// The answer of an echo address: a proper reply in the same thread.
pub(super) fn echo(sent: Option<&StoredMessage>, from: &str, to: &str, now: Timestamp, rng: &mut Rng) -> Option<Vec<u8>> {
    let sent = sent?;
    let parent = sent.message_id.as_deref()?;
    let text = MessageParser::default().parse(&sent.raw)?.body_text(0)?.to_string();
    let quoted = text.lines().take(40).fold(String::new(), |out, line| out + "> " + line + "\r\n");
    let subject = if sent.subject.to_lowercase().starts_with("re:") { sent.subject.clone() } else { format!("Re: {}", sent.subject) };
    let mut references: Vec<String> = sent.references.clone();
    references.push(parent.to_owned());
    references.dedup();
    let references = references.iter().map(|r| format!("<{r}>")).collect::<Vec<_>>().join(" ");
    Some(
        crate::fixtures::compose::Mail::new(&format!("Echo <{from}>"), to, &subject, now)
            .message_id(&format!("{}@echo.example", rng.token(16)))
            .header("In-Reply-To", &format!("<{parent}>"))
            .header("References", &references)
            .text(&format!("Thanks, this arrived here.\r\n\r\n{quoted}"))
            .render(),
    )
}
