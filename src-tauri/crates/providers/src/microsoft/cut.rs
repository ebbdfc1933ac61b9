//! Taking large attachments out of a rendered mail, so that the rest fits into one request. What stays is byte for byte what it was:
//! headers, threading and body reach Exchange as they were written.

use std::ops::Range;

use mail_parser::{MessageParser, MimeHeaders as _, PartType};

/// An attachment that goes by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    pub name: String,
    pub content_type: String,
    pub bytes: Vec<u8>,
    pub inline: bool,
    /// Without brackets.
    pub content_id: Option<String>,
}

/// The mail in at most `limit` bytes, and what had to be taken out of it, in the order in which it was there. None: even without its
/// attachments it is larger.
pub fn cut(raw: &[u8], limit: usize) -> Option<(Vec<u8>, Vec<File>)> {
    if raw.len() <= limit {
        return Some((raw.to_vec(), Vec::new()));
    }
    let parsed = MessageParser::default().parse(raw)?;
    // The largest first: the fewer are taken out, the more stays as it was.
    let mut found: Vec<(Range<usize>, File)> = parsed.attachments().filter_map(|part| Some((span(raw, part)?, file(part)))).collect();
    found.sort_by_key(|(span, _)| std::cmp::Reverse(span.len()));
    let mut taken: Vec<(Range<usize>, File)> = Vec::new();
    let mut size = raw.len();
    for (span, file) in found {
        if size <= limit {
            break;
        }
        size -= span.len();
        taken.push((span, file));
    }
    if size > limit {
        return None;
    }
    taken.sort_by_key(|(span, _)| span.start);
    let mut out = Vec::with_capacity(size);
    let mut at = 0;
    for (span, _) in &taken {
        out.extend_from_slice(raw.get(at..span.start)?);
        at = span.end;
    }
    out.extend_from_slice(raw.get(at..)?);
    Some((out, taken.into_iter().map(|(_, file)| file).collect()))
}

/// From the delimiter line before a part to the one after it (RFC 2046 section 5.1.1). None: it is no part of a multipart.
fn span(raw: &[u8], part: &mail_parser::MessagePart<'_>) -> Option<Range<usize>> {
    let header = part.raw_header_offset() as usize;
    let before = raw.get(..header)?.strip_suffix(b"\n")?;
    let start = before.iter().rposition(|b| *b == b'\n')? + 1;
    let line = before.get(start..)?.trim_ascii_end();
    if !line.starts_with(b"--") {
        return None;
    }
    let body = part.raw_body_offset() as usize;
    let next = [b"\n", line].concat();
    let after = raw.get(body.saturating_sub(1)..)?.windows(next.len()).position(|w| w == next)?;
    Some(start..body.saturating_sub(1) + after + 1)
}

fn file(part: &mail_parser::MessagePart<'_>) -> File {
    let kind = part.content_type().map_or_else(
        || "application/octet-stream".to_owned(),
        |t| t.subtype().map_or_else(|| t.ctype().to_owned(), |sub| format!("{}/{sub}", t.ctype())),
    );
    let bytes = match &part.body {
        PartType::Message(mail) => mail.raw_message.to_vec(),
        _ => part.contents().to_vec(),
    };
    let inline = part.content_disposition().is_some_and(mail_parser::ContentType::is_inline);
    let clean = |text: &str| text.chars().filter(|c| !c.is_control()).take(200).collect::<String>();
    File {
        name: part.attachment_name().map(clean).filter(|n| !n.is_empty()).unwrap_or_else(|| "attachment".to_owned()),
        content_type: kind,
        bytes,
        inline,
        content_id: part.content_id().map(clean),
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    use super::*;

    fn mail(sizes: &[usize]) -> Vec<u8> {
        let mut raw = b"From: a@x.test\r\nTo: b@x.test\r\nIn-Reply-To: <p@x.test>\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n".to_vec();
        for (n, size) in sizes.iter().enumerate() {
            let text = STANDARD.encode(vec![n as u8; *size]);
            let lines: Vec<&str> = text.as_bytes().chunks(76).map(|l| std::str::from_utf8(l).unwrap()).collect();
            raw.extend_from_slice(
                format!("--b\r\nContent-Type: application/x-{n}; name=\"{n}.bin\"\r\nContent-Disposition: attachment; filename=\"{n}.bin\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n", lines.join("\r\n")).as_bytes(),
            );
        }
        raw.extend_from_slice(b"--b--\r\n");
        raw
    }

    #[test]
    fn only_as_much_as_must_be_is_taken_out() {
        let raw = mail(&[1_000, 50_000, 2_000, 70_000]);
        let (rest, files) = cut(&raw, 80_000).unwrap();
        assert_eq!(files.iter().map(|f| (f.name.as_str(), f.bytes.len())).collect::<Vec<_>>(), [("3.bin", 70_000)]);
        assert_eq!(rest, mail(&[1_000, 50_000, 2_000]), "the rest is as it was");
        let (rest, files) = cut(&raw, 10_000).unwrap();
        assert_eq!(files.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["1.bin", "3.bin"]);
        assert_eq!(files[0].bytes, vec![1u8; 50_000]);
        assert_eq!(files[0].content_type, "application/x-1");
        assert!(MessageParser::default().parse(&rest).unwrap().attachments().count() == 2);
        assert_eq!(cut(&raw, 1 << 20).unwrap().0, raw);
    }

    #[test]
    fn a_long_text_or_a_mail_that_is_nothing_but_a_file_can_not_be_cut() {
        let text = [b"From: a@x.test\r\n\r\n".to_vec(), vec![b'x'; 5_000]].concat();
        assert_eq!(cut(&text, 1_000), None);
        let file = [b"From: a@x.test\r\nContent-Type: application/pdf\r\n\r\n".to_vec(), vec![b'x'; 5_000]].concat();
        assert_eq!(cut(&file, 1_000), None);
        assert_eq!(cut(&[0xff; 5_000], 1_000), None);
    }
}
