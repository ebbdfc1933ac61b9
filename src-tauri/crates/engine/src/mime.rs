//! Mail in and out.
//!
//! Reading: any bytes become a [`ParsedMail`]; what was wrong is listed in its `defects`, never an error, because a mail that
//! cannot be read exactly must still be shown, searched and answered. The structure is found by an own linear walker
//! (`walk`), field values and rare charsets are read by mail-parser. Raw bytes stay the truth: nothing that is decided here
//! is lost for a later, better reading.
//!
//! Writing: see [`build`]; a header cannot be injected because its type does not hold a line end.

pub mod address;
pub mod build;
pub mod quote;
pub mod reply;

mod attach;
mod decode;
mod encode;
mod headers;
mod html_text;
mod inside;
mod walk;

use std::collections::BTreeMap;

use domain::mail::{CryptoKind, ParsedMail};

pub use attach::{Risk, risk};
pub(crate) use html_text::html_to_text;
pub use inside::inside;

use headers::{Fields, addresses, clean, ids, unstructured};
use walk::{Node, Tree, walk};

/// Bounds of reading. The defaults are those that `domain::mail::ParsedMail` promises.
#[derive(Clone, Debug)]
pub struct Limits {
    pub header_bytes: usize,
    pub part_header_bytes: usize,
    pub parts: usize,
    pub depth: usize,
    pub addresses: usize,
    pub subject_bytes: usize,
    pub text_bytes: usize,
    /// HTML that is read for display; what is longer is cut and said to be.
    pub html_bytes: usize,
    pub snippet_chars: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_bytes: 256 * 1024,
            part_header_bytes: 32 * 1024,
            parts: 5_000,
            depth: 2_000,
            addresses: 1_000,
            subject_bytes: 2 * 1024,
            text_bytes: 1024 * 1024,
            html_bytes: 4 * 1024 * 1024,
            snippet_chars: 200,
        }
    }
}

/// Reads a message. Never panics and never fails.
pub fn parse(raw: &[u8], limits: &Limits) -> ParsedMail {
    // The parsers of single fields are somebody else's; should one ever panic, this mail is shown as text and sync goes on.
    std::panic::catch_unwind(|| read(raw, limits)).unwrap_or_else(|_| {
        let (text, _) = decode::text(raw.get(..limits.text_bytes).unwrap_or(raw), None);
        ParsedMail {
            snippet: clean(&text.chars().take(limits.snippet_chars).collect::<String>(), limits.snippet_chars * 4),
            text,
            defects: vec!["the message could not be read and is shown as it is".to_owned()],
            ..ParsedMail::default()
        }
    })
}

fn read(raw: &[u8], limits: &Limits) -> ParsedMail {
    let tree = walk(raw, limits);
    let mut content = contents(raw, &tree, limits);
    let fields = &tree.fields;
    let mut defects = header_defects(fields);
    defects.extend(tree.defects.iter().cloned());
    defects.append(&mut content.defects);
    defects.truncate(50);

    let list = |name: &str| -> Vec<_> {
        let mut all: Vec<_> = fields.all(name).flat_map(|v| addresses(v, limits.addresses)).collect();
        all.truncate(limits.addresses);
        all
    };
    let date = fields.first("date").and_then(headers::date);
    if date.is_none() {
        defects.push(if fields.first("date").is_some() { "the date makes no sense" } else { "there is no date" }.to_owned());
    }
    let text = cut(content.text, limits.text_bytes);
    let snippet = snippet(&text, limits.snippet_chars);
    ParsedMail {
        message_id: fields.first("message-id").and_then(|v| ids(v, 1).into_iter().next()).unwrap_or_default(),
        in_reply_to: fields.first("in-reply-to").map(|v| ids(v, 10)).unwrap_or_default(),
        references: fields.first("references").map(|v| ids(v, 100)).unwrap_or_default(),
        subject: fields.first("subject").map(|v| unstructured(v, limits.subject_bytes)).unwrap_or_default(),
        // The first From line counts: showing a later one is how a forged sender slips in.
        from: fields.first("from").map(|v| addresses(v, limits.addresses)).unwrap_or_default(),
        reply_to: fields.first("reply-to").map(|v| addresses(v, limits.addresses)).unwrap_or_default(),
        to: list("to"),
        cc: list("cc"),
        bcc: list("bcc"),
        date,
        snippet,
        has_html: content.html.is_some(),
        attachments: content.attachments,
        has_calendar: content.has_calendar,
        crypto: content.crypto.or_else(|| inline_pgp(&text)),
        list_id: fields.first("list-id").map(list_id).filter(|v| !v.is_empty()),
        list_unsubscribe: fields.first("list-unsubscribe").map(|v| clean(v, 4_096)).filter(|v| !v.is_empty()),
        list_unsubscribe_one_click: fields
            .first("list-unsubscribe-post")
            .is_some_and(|v| v.replace(' ', "").eq_ignore_ascii_case("List-Unsubscribe=One-Click")),
        text,
        defects,
    }
}

/// Both readings of a body and what hangs on it.
#[derive(Clone, Debug, Default)]
pub struct Bodies {
    /// As the sender wrote it: hostile. Only [`crate::sanitize`] may touch it before anybody sees it.
    pub html: Option<String>,
    /// The plain alternative, or the text of the HTML.
    pub text: String,
    /// Inline parts by content id.
    pub inline: BTreeMap<String, InlinePart>,
    /// A text/calendar part, decoded.
    pub calendar: Option<String>,
    /// The HTML or the text was longer than the limit.
    pub truncated: bool,
    /// The last part is of the body and reaches the end of the bytes: where those were cut, it may go on.
    pub open_end: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InlinePart {
    pub part: u32,
    pub mime: String,
}

/// Reads the bodies for display.
pub fn bodies(raw: &[u8]) -> Bodies {
    let limits = Limits::default();
    let read = || {
        let tree = walk(raw, &limits);
        let content = contents(raw, &tree, &limits);
        let open_end = tree.parts.last().is_none_or(|n| n.body.end >= raw.len() && (n.is_text() || n.is_multipart()));
        Bodies {
            html: content.html,
            text: content.text,
            inline: content.inline,
            calendar: content.calendar,
            truncated: content.truncated,
            open_end,
        }
    };
    std::panic::catch_unwind(read).unwrap_or_default()
}

/// What a file from a mail is saved as: one visible path component, whatever the sender called it.
pub fn file_name(given: &str) -> String {
    let name = attach::safe_name(given);
    if name.is_empty() { "attachment".to_owned() } else { name }
}

/// A decoded part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub name: String,
    pub mime: String,
    pub bytes: Vec<u8>,
}

/// Decodes the part with this index; None where the message has no such part.
pub fn part(raw: &[u8], index: u32) -> Option<Part> {
    let tree = walk(raw, &Limits::default());
    let node = tree.parts.get(index as usize)?;
    if node.is_multipart() {
        return None;
    }
    let (bytes, _) = decode::transfer(raw.get(node.body.clone())?, node.transfer, usize::MAX);
    Some(Part { name: attach::name(node, index), mime: node.mime.clone(), bytes })
}

/// What the bytes of these parts say of the danger in them, from one walk through the mail; None where there is no such part.
pub fn insides(raw: &[u8], parts: &[u32]) -> Vec<Option<Risk>> {
    let tree = walk(raw, &Limits::default());
    let one = |index: &u32| {
        let node = tree.parts.get(*index as usize).filter(|n| !n.is_multipart())?;
        let (bytes, _) = decode::transfer(raw.get(node.body.clone())?, node.transfer, usize::MAX);
        Some(inside(&bytes))
    };
    parts.iter().map(one).collect()
}

/// First value of a header, unfolded, encoded words not decoded.
pub fn header(raw: &[u8], name: &str) -> Option<String> {
    headers(raw, name).into_iter().next()
}

/// All values of a header in order, unfolded, encoded words not decoded.
pub fn headers(raw: &[u8], name: &str) -> Vec<String> {
    let limits = Limits { parts: 1, ..Limits::default() };
    // Only the block is read: a body without its parts is still a tree of one. The search ends at the blank line, and where none
    // comes at what is read of a header: a mail of 50 MB must not be gone through for one field.
    let head = raw.get(..limits.header_bytes).unwrap_or(raw);
    let mut end = head.len();
    let mut at = 0;
    while let Some(line) = head.get(at..).filter(|rest| !rest.is_empty()) {
        let length = line.iter().position(|b| *b == b'\n').map_or(line.len(), |n| n + 1);
        at += length;
        if matches!(line.get(..length), Some(b"\n" | b"\r\n")) {
            end = at;
            break;
        }
    }
    let tree = walk(head.get(..end).unwrap_or(head), &limits);
    tree.fields.all(&name.to_ascii_lowercase()).map(str::to_owned).collect()
}

/// For "Show original".
#[derive(Clone, Debug)]
pub struct Source {
    pub headers: String,
    pub raw: String,
    pub structure: Vec<PartInfo>,
    pub truncated: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartInfo {
    /// As IMAP counts: `1`, `1.2`, …; empty for the multipart that is the whole message.
    pub path: String,
    pub depth: u32,
    pub mime: String,
    /// As the sender wrote it, decoded; empty where there is none.
    pub name: String,
    /// Encoded bytes in the message.
    pub size: u64,
    /// Content-Transfer-Encoding as it was understood.
    pub encoding: &'static str,
    pub charset: Option<String>,
    /// `attachment`, `inline` or empty.
    pub disposition: String,
    pub content_id: Option<String>,
}

/// The source as text (bytes that are not UTF-8 as Latin-1), at most `max` bytes of it.
pub fn source(raw: &[u8], max: usize) -> Source {
    let tree = walk(raw, &Limits::default());
    let shown = raw.get(..max).unwrap_or(raw);
    let block = raw.get(tree.header.clone()).unwrap_or_default();
    let mut counts: Vec<u32> = Vec::new();
    let structure = tree.parts.iter().map(|n| {
        // Parts of one multipart follow each other, one level below it.
        let depth = n.depth as usize;
        counts.truncate(depth.max(1));
        counts.resize(depth.max(1), 0);
        let whole = depth == 0 && n.is_multipart();
        if !whole && let Some(last) = counts.last_mut() {
            *last += 1;
        }
        let path = if whole { String::new() } else { counts.iter().map(ToString::to_string).collect::<Vec<_>>().join(".") };
        PartInfo {
            path,
            depth: n.depth,
            mime: n.mime.clone(),
            name: n.filename.clone(),
            size: n.body.len() as u64,
            encoding: n.transfer.name(),
            charset: n.charset.clone(),
            disposition: n.disposition.clone(),
            content_id: n.content_id.clone(),
        }
    });
    Source {
        headers: decode::text(block.get(..max).unwrap_or(block), None).0,
        raw: decode::text(shown, None).0,
        structure: structure.collect(),
        truncated: raw.len() > max,
    }
}

#[derive(Default)]
struct Contents {
    text: String,
    html: Option<String>,
    inline: BTreeMap<String, InlinePart>,
    attachments: Vec<domain::mail::ParsedAttachment>,
    calendar: Option<String>,
    has_calendar: bool,
    crypto: Option<CryptoKind>,
    truncated: bool,
    defects: Vec<String>,
}

/// A stretch of the body: one text part, or everything that one multipart/alternative offers.
#[derive(Default)]
struct Stretch {
    alternative: Option<u32>,
    plain: Option<String>,
    html: Option<String>,
}

/// Sorts the leaves into body and attachments (RFC 2046 section 5.1, RFC 2183).
fn contents(raw: &[u8], tree: &Tree, limits: &Limits) -> Contents {
    let mut out = Contents::default();
    let mut stretches: Vec<Stretch> = Vec::new();
    let mut seen_body = false;
    for (index, node) in tree.parts.iter().enumerate() {
        crypto(node, &mut out);
        if node.is_multipart() {
            continue;
        }
        let bytes = raw.get(node.body.clone()).unwrap_or_default();
        if is_body(node, seen_body) {
            seen_body = true;
            let (text, cut) = leaf_text(bytes, node, limits, &mut out.defects);
            out.truncated |= cut;
            add(&mut stretches, node, text);
            continue;
        }
        if node.mime == "text/calendar" || node.mime == "application/ics" {
            out.has_calendar = true;
            if out.calendar.is_none() {
                let (decoded, _) = decode::transfer(bytes, node.transfer, limits.text_bytes);
                out.calendar = Some(decode::text(&decoded, node.charset.as_deref()).0);
            }
        }
        // Other renderings of the same text (AMP, enriched): not something to save as a file.
        if node.alternative.is_some() && node.disposition != "attachment" && node.mime.starts_with("text/") && node.mime != "text/calendar"
        {
            continue;
        }
        let (size, broken) = decode::decoded_len(bytes, node.transfer);
        if broken {
            defect(&mut out.defects, "an attachment's encoding is broken; what could be read of it is kept");
        }
        if let Some(id) = &node.content_id {
            out.inline.entry(id.clone()).or_insert_with(|| InlinePart { part: index as u32, mime: node.mime.clone() });
        }
        out.attachments.push(domain::mail::ParsedAttachment {
            part: index as u32,
            name: attach::name(node, index as u32),
            mime: node.mime.clone(),
            size,
            inline: node.content_id.is_some() && node.disposition != "attachment" && node.mime.starts_with("image/"),
            content_id: node.content_id.clone(),
        });
    }
    assemble(stretches, limits, &mut out);
    out
}

fn is_body(node: &Node, seen_body: bool) -> bool {
    // A named text part after the first is a file, even where it says "inline".
    node.is_text()
        && node.disposition != "attachment"
        && (node.filename.is_empty() || !seen_body && node.alternative.is_none() && node.depth == 0)
}

fn leaf_text(bytes: &[u8], node: &Node, limits: &Limits, defects: &mut Vec<String>) -> (String, bool) {
    let max = if node.mime == "text/html" { limits.html_bytes } else { limits.text_bytes };
    let (mut decoded, broken) = decode::transfer(bytes, node.transfer, max.saturating_add(1));
    let cut = decoded.len() > max;
    decoded.truncate(max);
    if broken {
        defect(defects, "the text's transfer encoding is broken; it was read as far as possible");
    }
    let charset = node.charset.clone().or_else(|| (node.mime == "text/html").then(|| meta_charset(&decoded)).flatten());
    let (text, guessed) = decode::text(&decoded, charset.as_deref());
    if guessed && !cut {
        defect(defects, "the text is not in the character set that it declares; another was used");
    }
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    (if node.flowed && node.mime == "text/plain" { unflow(&text) } else { text }, cut)
}

/// `<meta charset=…>` in the first kilobyte, for parts without a declared charset.
fn meta_charset(bytes: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(bytes.get(..1_024).unwrap_or(bytes)).to_ascii_lowercase();
    let (_, after) = head.split_once("charset=")?;
    let name: String =
        after.trim_start_matches(['"', '\'']).chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
    (!name.is_empty()).then_some(name)
}

/// RFC 3676 section 4.2: a line that ends in a blank continues on the next one of the same quote depth.
fn unflow(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut open: Option<usize> = None;
    for line in text.split('\n') {
        let depth = line.chars().take_while(|c| *c == '>').count();
        let body = line.get(depth..).unwrap_or_default();
        let body = body.strip_prefix(' ').unwrap_or(body);
        let flowing = body.ends_with(' ') && body != "-- ";
        match open {
            Some(d) if d == depth && body != "-- " => out.push_str(body),
            _ => {
                if open.is_some() {
                    out.push('\n');
                }
                if depth > 0 {
                    out.extend(std::iter::repeat_n('>', depth));
                    out.push(' ');
                }
                out.push_str(body);
            }
        }
        if flowing {
            open = Some(depth);
        } else {
            out.push('\n');
            open = None;
        }
    }
    out.truncate(out.trim_end().len());
    out
}

fn add(stretches: &mut Vec<Stretch>, node: &Node, text: String) {
    let same = stretches.last().is_some_and(|s| s.alternative.is_some() && s.alternative == node.alternative);
    if !same {
        stretches.push(Stretch { alternative: node.alternative, ..Stretch::default() });
    }
    let Some(stretch) = stretches.last_mut() else { return };
    let slot = if node.mime == "text/html" { &mut stretch.html } else { &mut stretch.plain };
    match slot {
        Some(existing) => {
            existing.push('\n');
            existing.push_str(&text);
        }
        None => *slot = Some(text),
    }
}

fn assemble(stretches: Vec<Stretch>, limits: &Limits, out: &mut Contents) {
    let any_html = stretches.iter().any(|s| s.html.is_some());
    let mut html = String::new();
    for stretch in stretches {
        let plain = stretch.plain.filter(|p| !p.trim().is_empty());
        let room = limits.text_bytes.saturating_sub(out.text.len());
        let text = match (&plain, &stretch.html) {
            (Some(plain), _) => plain.clone(),
            (None, Some(html)) => html_to_text(html, room),
            (None, None) => String::new(),
        };
        if !out.text.is_empty() && !text.is_empty() {
            out.text.push_str("\n\n");
        }
        out.text.push_str(text.trim_matches('\n'));
        if any_html {
            html.push_str(&stretch.html.unwrap_or_else(|| text_to_html(plain.as_deref().unwrap_or_default())));
        }
        if html.len() > limits.html_bytes {
            html = cut(html, limits.html_bytes);
            out.truncated = true;
        }
    }
    out.text = cut(std::mem::take(&mut out.text), limits.text_bytes);
    out.html = any_html.then_some(html);
}

/// Text that means itself in HTML, in an element or a quoted attribute.
pub(crate) fn escape_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|c| push_escaped(c, &mut out));
    out
}

fn push_escaped(c: char, out: &mut String) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        c => out.push(c),
    }
}

/// Plain text as HTML that shows the same lines.
pub fn text_to_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    out.push_str("<div style=\"white-space:pre-wrap\">");
    for c in text.chars() {
        match c {
            '\n' => out.push_str("<br>"),
            '\r' => {}
            c => push_escaped(c, &mut out),
        }
    }
    out.push_str("</div>");
    out
}

fn crypto(node: &Node, out: &mut Contents) {
    let kind = match node.mime.as_str() {
        "multipart/signed" if node.protocol.contains("pgp") => CryptoKind::PgpSigned,
        "multipart/signed" if node.protocol.contains("pkcs7") => CryptoKind::SmimeSigned,
        "multipart/encrypted" => CryptoKind::PgpEncrypted,
        "application/pkcs7-mime" | "application/x-pkcs7-mime" if node.smime_type.starts_with("signed") => CryptoKind::SmimeSigned,
        "application/pkcs7-mime" | "application/x-pkcs7-mime" if node.smime_type != "certs-only" => CryptoKind::SmimeEncrypted,
        _ => return,
    };
    let encrypted = matches!(kind, CryptoKind::PgpEncrypted | CryptoKind::SmimeEncrypted);
    if out.crypto.is_none() || encrypted {
        out.crypto = Some(kind);
    }
}

fn inline_pgp(text: &str) -> Option<CryptoKind> {
    let start = text.trim_start();
    if start.starts_with("-----BEGIN PGP MESSAGE-----") {
        Some(CryptoKind::PgpEncrypted)
    } else if start.starts_with("-----BEGIN PGP SIGNED MESSAGE-----") {
        Some(CryptoKind::PgpSigned)
    } else {
        None
    }
}

/// RFC 2919: the identifier in angle brackets, else the whole value.
fn list_id(value: &str) -> String {
    let id = value.rsplit_once('<').and_then(|(_, v)| v.split_once('>')).map_or(value, |(v, _)| v);
    clean(id, 255)
}

fn header_defects(fields: &Fields) -> Vec<String> {
    let mut out = Vec::new();
    // RFC 5322 section 3.6: at most once.
    for (name, shown) in [
        ("from", "From"),
        ("sender", "Sender"),
        ("reply-to", "Reply-To"),
        ("to", "To"),
        ("cc", "Cc"),
        ("subject", "Subject"),
        ("date", "Date"),
        ("message-id", "Message-ID"),
        ("content-type", "Content-Type"),
        ("content-transfer-encoding", "Content-Transfer-Encoding"),
    ] {
        let n = fields.count(name);
        if n > 1 {
            let used = if matches!(name, "to" | "cc") { "all were read" } else { "the first was used" };
            out.push(format!("{shown} appears {n} times; {used}"));
        }
    }
    if fields.first("from").is_none() {
        out.push("there is no sender".to_owned());
    }
    if fields.eight_bit {
        out.push("a header has raw 8-bit bytes; they were read as Latin-1".to_owned());
    }
    if fields.stray > 0 {
        out.push(format!("{} header lines make no sense and were left out", fields.stray));
    }
    if fields.cut {
        out.push("the header is too long; the end of it was left out".to_owned());
    }
    out
}

fn defect(defects: &mut Vec<String>, words: &str) {
    if !defects.iter().any(|d| d == words) {
        defects.push(words.to_owned());
    }
}

/// One line that says what the mail says, without its quotations.
fn snippet(text: &str, chars: usize) -> String {
    let visible = quote::fold(text.get(..floor(text, 64 * 1024)).unwrap_or(text)).visible;
    let mut out = String::new();
    let mut count = 0;
    let words = visible
        .lines()
        .filter(|l| !l.trim_start().starts_with('>'))
        .flat_map(str::split_whitespace)
        .filter(|w| !w.chars().all(|c| matches!(c, '-' | '_' | '=' | '*' | '\u{200b}'..='\u{200f}' | '\u{34f}' | '\u{ad}')));
    for word in words {
        if count + 1 >= chars {
            break;
        }
        if count > 0 {
            out.push(' ');
            count += 1;
        }
        for c in word.chars().filter(|c| !c.is_control()) {
            if count >= chars {
                return out;
            }
            out.push(c);
            count += 1;
        }
    }
    out
}

/// Greatest character boundary at or below `at`.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn cut(mut text: String, max: usize) -> String {
    text.truncate(floor(&text, max));
    text
}

#[cfg(test)]
mod tests;
