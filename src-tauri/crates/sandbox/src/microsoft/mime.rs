//! What Exchange does to the MIME of a draft: headers set and taken away, a body put in, files attached. Text in, text out; whatever is not
//! touched stays byte for byte.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use mail_parser::{MessageParser, MimeHeaders as _, PartType};

/// A file of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct File {
    pub name: String,
    pub content_type: String,
    pub bytes: Vec<u8>,
    pub inline: bool,
    /// Without brackets.
    pub content_id: Option<String>,
}

/// Head with the line break of its last line, and the body after the empty line.
pub(super) fn split(raw: &[u8]) -> (&[u8], &[u8]) {
    let crlf = raw.windows(4).position(|w| w == b"\r\n\r\n").map(|at| (at + 2, at + 4));
    let (head, body) =
        crlf.or_else(|| raw.windows(2).position(|w| w == b"\n\n").map(|at| (at + 1, at + 2))).unwrap_or((raw.len(), raw.len()));
    (raw.get(..head).unwrap_or_default(), raw.get(body..).unwrap_or_default())
}

/// Header fields with their folded lines.
fn fields(head: &[u8]) -> Vec<Vec<u8>> {
    let mut out: Vec<Vec<u8>> = Vec::new();
    for line in head.split_inclusive(|b| *b == b'\n') {
        match out.last_mut() {
            Some(last) if line.starts_with(b" ") || line.starts_with(b"\t") => last.extend_from_slice(line),
            _ => out.push(line.to_vec()),
        }
    }
    out
}

fn is(field: &[u8], name: &str) -> bool {
    field.split(|b| *b == b':').next().is_some_and(|n| n.trim_ascii().eq_ignore_ascii_case(name.as_bytes()))
}

fn join(fields: &[Vec<u8>], body: &[u8]) -> Vec<u8> {
    let mut out = fields.concat();
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(body);
    out
}

/// Replaces every field of this name by one, or by none.
pub(super) fn set_header(raw: &[u8], name: &str, value: Option<&str>) -> Vec<u8> {
    let (head, body) = split(raw);
    let mut kept: Vec<Vec<u8>> = fields(head).into_iter().filter(|f| !is(f, name)).collect();
    if let Some(value) = value {
        kept.push(format!("{name}: {value}\r\n").into_bytes());
    }
    join(&kept, body)
}

pub(super) fn has_header(raw: &[u8], name: &str) -> bool {
    fields(split(raw).0).iter().any(|f| is(f, name))
}

/// RFC 2047 where the text is not plain ASCII.
pub(super) fn encoded(text: &str) -> String {
    if text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        return text.to_owned();
    }
    let words: Vec<String> = text
        .chars()
        .collect::<Vec<_>>()
        .chunks(12)
        .map(|c| format!("=?utf-8?B?{}?=", STANDARD.encode(c.iter().collect::<String>())))
        .collect();
    words.join("\r\n ")
}

/// `Name <addr>`, one to a line.
pub(super) fn mailboxes(list: &[(String, String)]) -> String {
    let one = |(name, address): &(String, String)| match name.as_str() {
        "" => address.clone(),
        plain if plain.bytes().all(|b| b.is_ascii_alphanumeric() || b == b' ') => format!("{plain} <{address}>"),
        ascii if ascii.is_ascii() => format!("\"{}\" <{address}>", ascii.replace(['"', '\\', '\r', '\n'], "")),
        other => format!("{} <{address}>", encoded(other)),
    };
    list.iter().map(one).collect::<Vec<_>>().join(",\r\n ")
}

fn base64_lines(bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    let mut out = String::with_capacity(text.len() + text.len() / 38);
    for (n, c) in text.chars().enumerate() {
        if n > 0 && n % 76 == 0 {
            out.push_str("\r\n");
        }
        out.push(c);
    }
    out.push_str("\r\n");
    out
}

/// Headers and content of a text part.
fn text_part(html: bool, content: &str) -> String {
    let kind = if html { "html" } else { "plain" };
    format!("Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}", base64_lines(content.as_bytes()))
}

/// The same headers over another body, with the files that were there.
pub(super) fn with_body(raw: &[u8], html: bool, content: &str) -> Vec<u8> {
    let kept = files(raw);
    let mut head: Vec<Vec<u8>> = fields(split(raw).0).into_iter().filter(|f| !content_field(f)).collect();
    let part = text_part(html, content);
    let (part_head, part_body) = split(part.as_bytes());
    head.extend(fields(part_head));
    if !head.iter().any(|f| is(f, "MIME-Version")) {
        head.push(b"MIME-Version: 1.0\r\n".to_vec());
    }
    kept.iter().fold(join(&head, part_body), |raw, file| attach(&raw, file))
}

fn content_field(field: &[u8]) -> bool {
    field.to_ascii_lowercase().starts_with(b"content-")
}

/// Adds a file: what was there becomes the first part of a `multipart/mixed`, unless it is one.
pub(super) fn attach(raw: &[u8], file: &File) -> Vec<u8> {
    let disposition = if file.inline { "inline" } else { "attachment" };
    let id = file.content_id.as_ref().map(|id| format!("Content-ID: <{id}>\r\n")).unwrap_or_default();
    let name = encoded(&file.name.replace(['"', '\r', '\n'], "_"));
    let part = format!(
        "Content-Type: {}; name=\"{name}\"\r\nContent-Disposition: {disposition}; filename=\"{name}\"\r\n{id}\
         Content-Transfer-Encoding: base64\r\n\r\n{}",
        file.content_type,
        base64_lines(&file.bytes)
    );
    let (head, body) = split(raw);
    let mark = format!("_sbx_{}_", crate::text::s256(&format!("{}{}", raw.len(), file.bytes.len())));
    let (inner, outer): (Vec<Vec<u8>>, Vec<Vec<u8>>) = fields(head).into_iter().partition(|f| content_field(f));
    let mut out = outer.concat();
    if !outer.iter().any(|f| is(f, "MIME-Version")) {
        out.extend_from_slice(b"MIME-Version: 1.0\r\n");
    }
    out.extend_from_slice(format!("Content-Type: multipart/mixed; boundary=\"{mark}\"\r\n\r\n--{mark}\r\n").as_bytes());
    out.extend_from_slice(&inner.concat());
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(body);
    out.extend_from_slice(format!("\r\n--{mark}\r\n{part}\r\n--{mark}--\r\n").as_bytes());
    out
}

/// What a message has attached, nested mails as they are.
pub(super) fn files(raw: &[u8]) -> Vec<File> {
    let Some(parsed) = MessageParser::default().parse(raw) else { return Vec::new() };
    let file = |part: &mail_parser::MessagePart<'_>| {
        let kind = part.content_type().map_or_else(
            || "application/octet-stream".to_owned(),
            |t| t.subtype().map_or_else(|| t.ctype().to_owned(), |sub| format!("{}/{sub}", t.ctype())),
        );
        let bytes = match &part.body {
            PartType::Message(mail) => mail.raw_message.to_vec(),
            _ => part.contents().to_vec(),
        };
        File {
            name: part.attachment_name().unwrap_or("attachment").to_owned(),
            content_type: kind,
            bytes,
            inline: part.content_disposition().is_some_and(mail_parser::ContentType::is_inline),
            content_id: part.content_id().map(str::to_owned),
        }
    };
    parsed.attachments().map(file).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAW: &[u8] = b"From: a@x.test\r\nSubject: s\r\n folded\r\nBcc: b@x.test\r\nContent-Type: text/plain\r\n\r\nhello\r\n";

    #[test]
    fn headers_go_and_come_with_their_folded_lines() {
        let without = set_header(RAW, "subject", None);
        assert_eq!(without, b"From: a@x.test\r\nBcc: b@x.test\r\nContent-Type: text/plain\r\n\r\nhello\r\n");
        assert!(has_header(RAW, "BCC") && !has_header(&set_header(RAW, "Bcc", None), "bcc"));
        assert_eq!(set_header(b"A: 1\r\n\r\nx", "B", Some("2")), b"A: 1\r\nB: 2\r\n\r\nx");
    }

    #[test]
    fn files_that_are_attached_are_found_again() {
        let file = |name: &str, inline: bool| File {
            name: name.to_owned(),
            content_type: "image/png".to_owned(),
            bytes: (0..=255).cycle().take(1_000).collect(),
            inline,
            content_id: inline.then(|| "c1@x".to_owned()),
        };
        let one = attach(RAW, &file("a.png", false));
        let two = attach(&one, &file("b.png", true));
        assert_eq!(files(&two), [file("a.png", false), file("b.png", true)]);
        let other = with_body(&two, true, "<p>hällo</p>");
        assert_eq!(files(&other), [file("a.png", false), file("b.png", true)]);
        let parsed = MessageParser::default().parse(&other).unwrap();
        assert_eq!(parsed.body_html(0).unwrap(), "<p>hällo</p>");
        assert_eq!(parsed.subject(), Some("s folded"));
    }
}
