//! Header blocks: fields split by hand (bounded, duplicates kept, broken lines named), values read by mail-parser.
//!
//! mail-parser's own loop over a block skips what it does not understand without a word; here each field stays visible, so
//! that a mail with two From lines or raw Latin-1 in its subject says so in its defects.

use mail_parser::{HeaderValue, parsers::MessageStream};

use domain::{mail::Address, time::Timestamp};

use super::decode;

/// One unfolded field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// Lower case.
    pub name: String,
    /// UTF-8, unfolded (line ends removed, blanks kept), without the leading blank; encoded words are still encoded.
    pub value: String,
}

/// The fields of one block, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields {
    pub list: Vec<Field>,
    /// A value had raw bytes above 127 that are not UTF-8.
    pub eight_bit: bool,
    /// Lines that are neither a field nor a continuation.
    pub stray: usize,
    /// The block was longer than the limit and read only in part.
    pub cut: bool,
}

const MAX_FIELDS: usize = 2_000;

impl Fields {
    /// Parses at most `max` bytes of a block.
    pub(crate) fn parse(block: &[u8], max: usize) -> Self {
        let mut out = Self { cut: block.len() > max, ..Self::default() };
        let mut current: Option<(String, Vec<u8>)> = None;
        for line in block.get(..max).unwrap_or(block).split(|b| *b == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            match line.first() {
                None => {}
                Some(b' ' | b'\t') => match &mut current {
                    Some((_, value)) => value.extend_from_slice(line),
                    None => out.stray += 1,
                },
                Some(_) => {
                    out.flush(current.take());
                    match split_field(line) {
                        Some(field) if out.list.len() < MAX_FIELDS => current = Some(field),
                        Some(_) => out.cut = true,
                        // The mbox separator that some stores leave in front.
                        None if line.starts_with(b"From ") || line.starts_with(b">From ") => {}
                        None => out.stray += 1,
                    }
                }
            }
        }
        out.flush(current);
        out
    }

    fn flush(&mut self, field: Option<(String, Vec<u8>)>) {
        if let Some((name, value)) = field {
            let (value, guessed) = decode::text(&value, None);
            self.eight_bit |= guessed;
            self.list.push(Field { name, value: value.trim().to_owned() });
        }
    }

    pub(crate) fn first(&self, name: &str) -> Option<&str> {
        self.list.iter().find(|f| f.name == name).map(|f| f.value.as_str())
    }
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.list.iter().filter(move |f| f.name == name).map(|f| f.value.as_str())
    }
    pub(crate) fn count(&self, name: &str) -> usize {
        self.all(name).count()
    }
}

fn split_field(line: &[u8]) -> Option<(String, Vec<u8>)> {
    let colon = line.iter().position(|b| *b == b':')?;
    let name = line.get(..colon)?.trim_ascii_end();
    // RFC 5322 section 2.2: printable ASCII without the colon.
    if name.is_empty() || name.len() > 200 || !name.iter().all(|b| (33..=126).contains(b)) {
        return None;
    }
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    Some((name, line.get(colon + 1..).unwrap_or_default().to_vec()))
}

/// Feeds a value to one of mail-parser's field parsers, which want a line end.
fn read(value: &str, parse: impl FnOnce(&mut MessageStream<'_>) -> HeaderValue<'static>) -> HeaderValue<'static> {
    let mut line = value.as_bytes().to_vec();
    line.push(b'\n');
    parse(&mut MessageStream::new(&line))
}

/// Unstructured text with encoded words decoded, control characters removed, at most `max` bytes.
pub(crate) fn unstructured(value: &str, max: usize) -> String {
    let text = read(value, |s| s.parse_unstructured().into_owned()).into_text();
    clean(&text.unwrap_or_default(), max)
}

/// An address list, groups flattened.
pub(crate) fn addresses(value: &str, max: usize) -> Vec<Address> {
    let parsed = read(value, |s| s.parse_address().into_owned()).into_address();
    let Some(parsed) = parsed else { return Vec::new() };
    parsed
        .iter()
        .filter_map(|a| {
            let email = clean(a.address().unwrap_or_default(), 512);
            let name = clean(a.name().unwrap_or_default(), 512);
            let email = email.trim_matches(['<', '>', ' ']).to_owned();
            match (email.is_empty(), name.is_empty()) {
                (true, true) => None,
                // "Undisclosed recipients" and the like: a name with no address.
                (true, false) => Some(Address { name, email: String::new() }),
                _ => Some(Address { name: if name == email { String::new() } else { name }, email }),
            }
        })
        .filter(|a| !a.email.is_empty())
        .take(max)
        .collect()
}

/// A date between 1970 and 2100; everything else is senseless.
pub(crate) fn date(value: &str) -> Option<Timestamp> {
    let parsed = read(value, |s| s.parse_date().into_owned()).into_datetime()?;
    if !parsed.is_valid() {
        return None;
    }
    let secs = parsed.to_timestamp();
    (1..4_102_444_800).contains(&secs).then(|| Timestamp::from_secs(secs))
}

/// Identifiers in angle brackets (RFC 5322 section 3.6.4), tolerant of missing brackets. At most `max`: the first and the
/// last ones, because those carry the thread.
pub(crate) fn ids(value: &str, max: usize) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut rest = value;
    while let Some((_, after)) = rest.split_once('<') {
        let Some((id, tail)) = after.split_once('>') else { break };
        // "<a <b>": the inner one is the identifier.
        push_id(&mut out, id.rsplit('<').next().unwrap_or(id));
        rest = tail;
    }
    if out.is_empty() {
        for word in value.split([' ', '\t', ',']).filter(|w| w.contains('@')) {
            push_id(&mut out, word.trim_matches(['<', '>']));
        }
    }
    if out.len() > max {
        let tail = out.split_off(out.len().saturating_sub(max.saturating_sub(1)));
        out.truncate(1);
        out.extend(tail);
    }
    out
}

fn push_id(out: &mut Vec<String>, id: &str) {
    let id: String = id.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    if !id.is_empty() && id.len() <= 998 && out.last() != Some(&id) {
        out.push(id);
    }
}

/// Content-Type or Content-Disposition.
#[derive(Clone, Debug, Default)]
pub(crate) struct Typed {
    /// `multipart/mixed`, `attachment`: lower case.
    pub value: String,
    params: Vec<(String, String)>,
}

impl Typed {
    pub(crate) fn parse(value: &str) -> Self {
        let parsed = read(value, |s| s.parse_content_type().into_owned()).into_content_type();
        let Some(parsed) = parsed else { return Self::default() };
        let kind = parsed.ctype().to_ascii_lowercase();
        let value = match parsed.subtype() {
            Some(sub) => format!("{kind}/{}", sub.to_ascii_lowercase()),
            None => kind,
        };
        let params = parsed.attributes().unwrap_or_default().iter().take(64);
        Self { value: clean(&value, 255), params: params.map(|a| (a.name.to_ascii_lowercase(), a.value.to_string())).collect() }
    }
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
    pub(crate) fn is(&self, value: &str) -> bool {
        self.value == value
    }
}

/// Removes what could fake a line, hide text or reverse it, collapses blanks, cuts at a character boundary.
pub(crate) fn clean(text: &str, max: usize) -> String {
    let mut out = String::with_capacity(text.len().min(max));
    let mut blank = false;
    for c in text.chars() {
        if c.is_whitespace() || c == '\u{0}' {
            blank = !out.is_empty();
            continue;
        }
        if c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{feff}') {
            continue;
        }
        if out.len() + c.len_utf8() + usize::from(blank) > max {
            break;
        }
        if blank {
            out.push(' ');
            blank = false;
        }
        out.push(c);
    }
    out
}
