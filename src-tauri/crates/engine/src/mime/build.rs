//! Rendering an outgoing mail, once: CRLF, folded, encoded, with a boundary that occurs in none of its parts (PROVIDERS 4.5).
//!
//! Header injection is impossible by type: every value that reaches a header is an [`Addressee`], a [`HeaderText`], a checked
//! identifier or made here. A value with a line end is refused, not folded, because it is either an attack or a bug.

use std::fmt::Write;

use domain::time::Timestamp;
use sha2::{Digest, Sha256};
use thiserror::Error;
use uuid::Uuid;

use super::{
    address::Addressee,
    attach::safe_name,
    encode::{self, Line},
    html_to_text,
};

/// Text for a header: no CR, LF, NUL or other control character.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderText(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the text has a line end or a control character, which a header cannot hold")]
pub struct HeaderInjection;

impl HeaderText {
    pub fn new(text: &str) -> Result<Self, HeaderInjection> {
        if text.chars().any(|c| c.is_control() && c != '\t') || text.contains(['\u{2028}', '\u{2029}']) {
            return Err(HeaderInjection);
        }
        Ok(Self(text.replace('\t', " ").trim().to_owned()))
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A file that goes along. With a content id it can be shown inside the HTML as `cid:…`.
#[derive(Clone, Debug)]
pub struct OutgoingPart {
    pub name: String,
    /// `type/subtype`; nonsense becomes `application/octet-stream`.
    pub mime: String,
    pub content_id: Option<String>,
    pub bytes: Vec<u8>,
}

/// An invitation or an answer to one (RFC 6047): the calendar program of whoever gets it reads this instead of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarPart {
    /// METHOD, as in the text itself.
    pub method: String,
    pub text: String,
}

/// Everything about a mail except chance and time.
#[derive(Clone, Debug)]
pub struct Outgoing {
    pub from: Addressee,
    pub reply_to: Vec<Addressee>,
    pub to: Vec<Addressee>,
    pub cc: Vec<Addressee>,
    /// Only in the envelope, never in the bytes.
    pub bcc: Vec<Addressee>,
    pub subject: HeaderText,
    /// None: made from the HTML.
    pub text: Option<String>,
    pub html: Option<String>,
    pub inline: Vec<OutgoingPart>,
    pub attachments: Vec<OutgoingPart>,
    pub calendar: Option<CalendarPart>,
    /// Identifiers without brackets; those that cannot stand in a header are left out.
    pub in_reply_to: Option<String>,
    pub references: Vec<String>,
    pub date: Timestamp,
    /// Left part of the Message-ID.
    pub id: Uuid,
}

/// The rendered mail and its envelope.
#[derive(Clone, Debug)]
pub struct Built {
    pub raw: Vec<u8>,
    /// Without brackets.
    pub message_id: String,
    pub from: String,
    pub recipients: Vec<String>,
    /// An address needs SMTPUTF8; the headers are UTF-8 then.
    pub needs_smtputf8: bool,
}

#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    #[error("there is no recipient")]
    NoRecipient,
    #[error("the mail has {size} bytes; {max} are the most that can be sent")]
    TooLarge { size: usize, max: usize },
}

impl BuildError {
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoRecipient => "no_recipient",
            Self::TooLarge { .. } => "too_large",
        }
    }
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::NoRecipient => "Add at least one address to To, Cc or Bcc.",
            Self::TooLarge { .. } => "Remove an attachment, or share the file by a link.",
        }
    }
}

/// Above what any common server takes; the server's own limit is checked when sending (SMTP SIZE).
pub const MAX_BYTES: usize = 50 * 1024 * 1024;

/// Renders `mail`. The boundaries come from `seed`, which must be random.
pub fn build(mail: &Outgoing, seed: [u8; 32]) -> Result<Built, BuildError> {
    let built = build_draft(mail, seed)?;
    if built.recipients.is_empty() { Err(BuildError::NoRecipient) } else { Ok(built) }
}

/// The same for a copy in the provider's Drafts folder: there it may have nobody to go to yet.
pub fn build_draft(mail: &Outgoing, seed: [u8; 32]) -> Result<Built, BuildError> {
    let mut recipients: Vec<String> = Vec::new();
    for one in mail.to.iter().chain(&mail.cc).chain(&mail.bcc) {
        let email = one.email();
        if !recipients.contains(&email) {
            recipients.push(email);
        }
    }
    let size: usize = mail.attachments.iter().chain(&mail.inline).map(|p| p.bytes.len().div_ceil(57) * 78).sum();
    let size = size + mail.html.as_ref().map_or(0, String::len) + mail.text.as_ref().map_or(0, String::len);
    if size > MAX_BYTES {
        return Err(BuildError::TooLarge { size, max: MAX_BYTES });
    }

    let message_id = format!("{}@{}", mail.id, mail.from.domain());
    let mut raw = Vec::with_capacity(size + 4_096);
    headers(&mut raw, mail, &message_id);
    body(mail).write(&mut raw, &mut Boundaries { seed, next: 0 });
    if raw.len() > MAX_BYTES {
        return Err(BuildError::TooLarge { size: raw.len(), max: MAX_BYTES });
    }
    let needs_smtputf8 = mail.to.iter().chain(&mail.cc).chain(&mail.bcc).chain([&mail.from]).any(Addressee::needs_smtputf8);
    Ok(Built { raw, message_id, from: mail.from.email(), recipients, needs_smtputf8 })
}

fn headers(out: &mut Vec<u8>, mail: &Outgoing, message_id: &str) {
    let mut date = Line::new(out, "Date");
    date.token(&rfc5322_date(mail.date));
    date.end();
    addresses(out, "From", std::slice::from_ref(&mail.from));
    addresses(out, "Reply-To", &mail.reply_to);
    if mail.to.is_empty() && mail.cc.is_empty() {
        out.extend_from_slice(b"To: undisclosed-recipients:;\r\n");
    }
    addresses(out, "To", &mail.to);
    addresses(out, "Cc", &mail.cc);
    encode::unstructured(out, "Subject", mail.subject.as_str());
    identifiers(out, "Message-ID", [message_id]);
    identifiers(out, "In-Reply-To", mail.in_reply_to.as_deref());
    identifiers(out, "References", mail.references.iter().map(String::as_str));
    out.extend_from_slice(b"MIME-Version: 1.0\r\n");
}

fn addresses(out: &mut Vec<u8>, name: &str, list: &[Addressee]) {
    if list.is_empty() {
        return;
    }
    let mut line = Line::new(out, name);
    for (i, one) in list.iter().enumerate() {
        let comma = if i + 1 < list.len() { "," } else { "" };
        if one.name().is_empty() {
            line.token(&format!("{}{comma}", one.email()));
            continue;
        }
        for token in encode::phrase(one.name()) {
            line.token(&token);
        }
        line.token(&format!("<{}>{comma}", one.email()));
    }
    line.end();
}

fn identifiers<'a>(out: &mut Vec<u8>, name: &str, ids: impl IntoIterator<Item = &'a str>) {
    // Identifiers come from received mail: only what can stand in a header is repeated.
    let ok = |id: &&str| !id.is_empty() && id.len() < 900 && id.bytes().all(|b| (33..=126).contains(&b) && b != b'<' && b != b'>');
    let ids: Vec<&str> = ids.into_iter().filter(ok).collect();
    if ids.is_empty() {
        return;
    }
    let mut line = Line::new(out, name);
    for id in ids {
        line.token(&format!("<{id}>"));
    }
    line.end();
}

/// In UTC: the sender's time zone is nobody's business.
fn rfc5322_date(at: Timestamp) -> String {
    chrono::DateTime::from_timestamp(at.secs(), 0).unwrap_or_default().format("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

enum Tree<'a> {
    Leaf { headers: Vec<u8>, body: Vec<u8> },
    Multi { kind: &'a str, extra: Option<&'a str>, parts: Vec<Tree<'a>> },
}

fn body(mail: &Outgoing) -> Tree<'_> {
    let text = match (&mail.text, &mail.html) {
        (Some(text), _) => text.clone(),
        (None, Some(html)) => html_to_text(html, 1024 * 1024),
        (None, None) => String::new(),
    };
    let plain = text_leaf("text/plain", &text);
    let content = match &mail.html {
        None => alternatives(vec![plain], mail),
        Some(html) => {
            let html = text_leaf("text/html", html);
            let rich = if mail.inline.is_empty() {
                html
            } else {
                let parts = std::iter::once(html).chain(mail.inline.iter().map(|p| file_leaf(p, true))).collect();
                Tree::Multi { kind: "multipart/related", extra: Some("type=\"text/html\""), parts }
            };
            alternatives(vec![plain, rich], mail)
        }
    };
    // Inline images without HTML are plain attachments.
    let stray: &[OutgoingPart] = if mail.html.is_none() { &mail.inline } else { &[] };
    if mail.attachments.is_empty() && stray.is_empty() {
        return content;
    }
    let files = mail.attachments.iter().chain(stray).map(|p| file_leaf(p, false));
    Tree::Multi { kind: "multipart/mixed", extra: None, parts: std::iter::once(content).chain(files).collect() }
}

/// One part alone, or several ways to read it, the best last (RFC 2046 section 5.1.4).
fn alternatives<'a>(mut parts: Vec<Tree<'a>>, mail: &Outgoing) -> Tree<'a> {
    if let Some(calendar) = &mail.calendar {
        // What is no token is no method.
        let method: String = calendar.method.chars().filter(char::is_ascii_alphabetic).collect();
        parts.push(text_leaf(&format!("text/calendar; method={method}"), &calendar.text));
    }
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            Tree::Multi { kind: "multipart/alternative", extra: None, parts }
        }
    }
}

fn text_leaf(mime: &str, text: &str) -> Tree<'static> {
    let (encoding, body) = encode::text_body(text);
    let headers = format!("Content-Type: {mime}; charset=\"utf-8\"\r\nContent-Transfer-Encoding: {encoding}\r\n");
    Tree::Leaf { headers: headers.into_bytes(), body }
}

fn file_leaf(part: &OutgoingPart, inline: bool) -> Tree<'static> {
    let token = |s: &str| !s.is_empty() && s.len() <= 100 && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b));
    let (kind, sub) = part.mime.split_once('/').filter(|(a, b)| token(a) && token(b)).unwrap_or(("application", "octet-stream"));
    // RFC 2046 section 5.2.1: message/* and multipart/* may not be base64, and 8-bit mail inside would need more than that.
    let (kind, sub) = if matches!(kind, "message" | "multipart") { ("application", "octet-stream") } else { (kind, sub) };
    let name = match safe_name(&part.name) {
        n if n.is_empty() => "file".to_owned(),
        n => n,
    };
    let mut headers = Vec::new();
    let mut line = Line::new(&mut headers, "Content-Type");
    let params = encode::parameter("name", &name);
    let charset = kind == "text" && std::str::from_utf8(&part.bytes).is_ok();
    line.token(&format!("{kind}/{sub};"));
    if charset {
        line.token("charset=\"utf-8\";");
    }
    tokens(&mut line, &params);
    line.end();
    let mut line = Line::new(&mut headers, "Content-Disposition");
    line.token(if inline { "inline;" } else { "attachment;" });
    tokens(&mut line, &encode::parameter("filename", &name));
    line.end();
    identifiers(&mut headers, "Content-ID", part.content_id.as_deref());
    headers.extend_from_slice(b"Content-Transfer-Encoding: base64\r\n");
    Tree::Leaf { headers, body: encode::base64_lines(&part.bytes) }
}

fn tokens(line: &mut Line<'_>, params: &[String]) {
    for (i, p) in params.iter().enumerate() {
        let end = if i + 1 < params.len() { ";" } else { "" };
        line.token(&format!("{p}{end}"));
    }
}

struct Boundaries {
    seed: [u8; 32],
    next: u32,
}

impl Boundaries {
    /// Random, and checked: `=_` cannot occur in quoted-printable, base64 has neither, and yet it is looked for.
    fn absent_from(&mut self, tree: &[Tree<'_>]) -> String {
        loop {
            let digest = Sha256::new().chain_update(self.seed).chain_update(self.next.to_be_bytes()).finalize();
            self.next = self.next.wrapping_add(1);
            let boundary = digest.iter().take(16).fold(String::from("=_"), |mut b, byte| {
                let _ = write!(b, "{byte:02x}");
                b
            });
            if !tree.iter().any(|t| t.contains(boundary.as_bytes())) {
                return boundary;
            }
        }
    }
}

impl Tree<'_> {
    fn contains(&self, needle: &[u8]) -> bool {
        match self {
            Self::Leaf { body, .. } => {
                body.split(|b| *b == b'\n').any(|line| line.starts_with(b"--") && line.get(2..).is_some_and(|l| l.starts_with(needle)))
            }
            Self::Multi { parts, .. } => parts.iter().any(|p| p.contains(needle)),
        }
    }
    fn write(&self, out: &mut Vec<u8>, boundaries: &mut Boundaries) {
        match self {
            Self::Leaf { headers, body } => {
                out.extend_from_slice(headers);
                out.extend_from_slice(b"\r\n");
                out.extend_from_slice(body);
                out.extend_from_slice(b"\r\n");
            }
            Self::Multi { kind, extra, parts } => {
                let boundary = boundaries.absent_from(parts);
                let mut line = Line::new(out, "Content-Type");
                line.token(&format!("{kind};"));
                if let Some(extra) = extra {
                    line.token(&format!("{extra};"));
                }
                line.token(&format!("boundary=\"{boundary}\""));
                line.end();
                for part in parts {
                    out.extend_from_slice(format!("\r\n--{boundary}\r\n").as_bytes());
                    part.write(out, boundaries);
                }
                out.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests;
