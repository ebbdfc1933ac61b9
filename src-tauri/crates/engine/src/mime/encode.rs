//! Header and body encodings of outgoing mail: RFC 2047 encoded words, RFC 2231 parameters, quoted-printable, base64, folding.
//!
//! By hand and not by mail-builder, because that one writes the machine's host name into the Message-ID, accepts line ends in
//! header values and folds only at some of its headers (PROVIDERS 4.5 asks for more).

use std::fmt::Write;

use base64::{Engine, engine::general_purpose::STANDARD};

/// Lines are folded at this many characters (RFC 5322 section 2.1.1).
const FOLD: usize = 78;

/// A header under construction: knows its column, folds between tokens.
pub(super) struct Line<'a> {
    out: &'a mut Vec<u8>,
    column: usize,
}

impl<'a> Line<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>, name: &str) -> Self {
        out.extend_from_slice(name.as_bytes());
        out.push(b':');
        Self { out, column: name.len() + 1 }
    }
    /// A token that must not be broken; a blank goes in front, or a fold where it would not fit.
    pub(super) fn token(&mut self, token: &str) {
        let width = token.chars().count();
        if self.column + 1 + width > FOLD && self.column > 1 {
            self.out.extend_from_slice(b"\r\n");
            self.column = 0;
        }
        self.out.push(b' ');
        self.out.extend_from_slice(token.as_bytes());
        self.column += 1 + width;
    }
    pub(super) fn end(self) {
        self.out.extend_from_slice(b"\r\n");
    }
}

/// Unstructured text.
pub(super) fn unstructured(out: &mut Vec<u8>, name: &str, text: &str) {
    let mut line = Line::new(out, name);
    if plain(text) {
        for word in text.split(' ').filter(|w| !w.is_empty()) {
            line.token(word);
        }
    } else {
        for word in encoded_words(text) {
            line.token(&word);
        }
    }
    line.end();
}

/// Whether the text can stand in a header as it is: printable ASCII, nothing that looks encoded, no run of blanks that folding
/// would lose, no word that cannot be folded.
fn plain(text: &str) -> bool {
    text.bytes().all(|b| (32..=126).contains(&b))
        && !text.contains("=?")
        && !text.contains("  ")
        && text.trim() == text
        && text.split(' ').all(|w| w.len() <= 76)
}

/// RFC 2047: at most 75 characters each, split between characters. Q where most is ASCII, else B.
pub(super) fn encoded_words(text: &str) -> Vec<String> {
    let non_ascii = text.bytes().filter(|b| !b.is_ascii()).count();
    let q = non_ascii * 3 < text.len();
    let mut out = Vec::new();
    let mut word = String::new();
    // 75 - "=?utf-8?Q?" - "?=" = 63; in base64 45 bytes fill 60 of them.
    let mut room: usize = if q { 63 } else { 45 };
    for c in text.chars() {
        let mut buffer = [0; 4];
        let bytes = c.encode_utf8(&mut buffer);
        let piece = if q { q_encode(bytes) } else { bytes.to_owned() };
        if piece.len() > room {
            out.push(wrap(&word, q));
            word.clear();
            room = if q { 63 } else { 45 };
        }
        room = room.saturating_sub(piece.len());
        word.push_str(&piece);
    }
    if !word.is_empty() || out.is_empty() {
        out.push(wrap(&word, q));
    }
    out
}

fn wrap(word: &str, q: bool) -> String {
    if q { format!("=?utf-8?Q?{word}?=") } else { format!("=?utf-8?B?{}?=", STANDARD.encode(word)) }
}

/// The alphabet that is safe in a phrase too (RFC 2047 section 5, rule 3).
fn q_encode(text: &str) -> String {
    let mut out = String::new();
    for b in text.bytes() {
        match b {
            b' ' => out.push('_'),
            b if b.is_ascii_alphanumeric() || b"!*+-/".contains(&b) => out.push(char::from(b)),
            b => {
                let _ = write!(out, "={b:02X}");
            }
        }
    }
    out
}

/// Tokens of a display name: bare words, a quoted string or encoded words.
pub(super) fn phrase(name: &str) -> Vec<String> {
    let atom = |b: u8| b.is_ascii_alphanumeric() || b" !#$%&'*+-/=?^_`{|}~".contains(&b);
    if !name.bytes().all(|b| (32..=126).contains(&b)) || name.contains("=?") || name.len() > 70 && !name.contains(' ') {
        return encoded_words(name);
    }
    if name.bytes().all(atom) && !name.contains("  ") {
        return name.split(' ').filter(|w| !w.is_empty()).map(str::to_owned).collect();
    }
    if name.len() > 70 {
        return encoded_words(name);
    }
    vec![quoted(name)]
}

pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

/// `name=value` of a MIME header: quoted where short ASCII, else RFC 2231 with continuations.
pub(super) fn parameter(name: &str, value: &str) -> Vec<String> {
    if value.bytes().all(|b| (32..=126).contains(&b)) && value.len() + name.len() < 70 {
        return vec![format!("{name}={}", quoted(value))];
    }
    let mut pieces: Vec<String> = Vec::new();
    let mut piece = String::new();
    for c in value.chars() {
        let mut buffer = [0; 4];
        let mut one = String::new();
        for b in c.encode_utf8(&mut buffer).bytes() {
            if b.is_ascii_alphanumeric() || b"-._~".contains(&b) {
                one.push(char::from(b));
            } else {
                let _ = write!(one, "%{b:02X}");
            }
        }
        if piece.len() + one.len() > 50 {
            pieces.push(std::mem::take(&mut piece));
        }
        piece.push_str(&one);
    }
    pieces.push(piece);
    if let [one] = pieces.as_slice() {
        return vec![format!("{name}*=utf-8''{one}")];
    }
    pieces.iter().enumerate().map(|(i, p)| if i == 0 { format!("{name}*0*=utf-8''{p}") } else { format!("{name}*{i}*={p}") }).collect()
}

/// Text with any line ends as a body: encoding name and bytes with CRLF. Quoted-printable unless most of it is not ASCII.
pub(super) fn text_body(text: &str) -> (&'static str, Vec<u8>) {
    let text = text.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "");
    let non_ascii = text.bytes().filter(|b| !b.is_ascii()).count();
    if non_ascii * 3 > text.len() {
        return ("base64", base64_lines(text.replace('\n', "\r\n").as_bytes()));
    }
    ("quoted-printable", quoted_printable(&text))
}

/// RFC 2045 section 6.7; also protects `From ` (mbox) and a leading dot (SMTP) at line starts.
fn quoted_printable(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + text.len() / 8);
    for (i, line) in text.split('\n').enumerate() {
        if i > 0 {
            out.extend_from_slice(b"\r\n");
        }
        let bytes = line.as_bytes();
        let mut column = 0;
        for (i, &b) in bytes.iter().enumerate() {
            let last = i + 1 == bytes.len();
            let literal = match b {
                b'=' => false,
                b' ' | b'\t' => !last,
                b'.' => column > 0,
                b'F' => column > 0 || !bytes.get(i..).is_some_and(|r| r.starts_with(b"From ")),
                b => (33..=126).contains(&b),
            };
            let width = if literal { 1 } else { 3 };
            // Room for the soft line break, and no break inside a character.
            if column + width > 75 || column + 12 > 75 && (b & 0xc0) == 0xc0 {
                out.extend_from_slice(b"=\r\n");
                column = 0;
            }
            // After a soft break a dot or "From " stands at a line start again.
            if literal && !(column == 0 && (b == b'.' || b == b'F')) {
                out.push(b);
                column += 1;
            } else {
                out.extend_from_slice(format!("={b:02X}").as_bytes());
                column += 3;
            }
        }
    }
    out
}

/// Base64 in lines of 76.
pub(super) fn base64_lines(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() / 57 * 78 + 80);
    for (i, chunk) in bytes.chunks(57).enumerate() {
        if i > 0 {
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(STANDARD.encode(chunk).as_bytes());
    }
    out
}
