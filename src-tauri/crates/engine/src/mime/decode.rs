//! From transfer encoding and charset to bytes and text. Every function accepts anything and says with a flag when it had to
//! guess, because a mail that cannot be decoded exactly must still be readable.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use mail_parser::decoders::charsets::map::charset_decoder;

/// Content-Transfer-Encoding (RFC 2045 section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Transfer {
    /// 7bit, 8bit, binary and everything unknown: the bytes as they are.
    #[default]
    Identity,
    Base64,
    QuotedPrintable,
}

impl Transfer {
    /// For people who look at a message's structure.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Identity => "none",
            Self::Base64 => "base64",
            Self::QuotedPrintable => "quoted-printable",
        }
    }

    /// The second value is false for a name that RFC 2045 does not know.
    pub(crate) fn parse(value: &str) -> (Self, bool) {
        match value.trim().trim_matches('"').to_ascii_lowercase().as_str() {
            "base64" => (Self::Base64, true),
            "quoted-printable" => (Self::QuotedPrintable, true),
            "7bit" | "8bit" | "binary" | "" => (Self::Identity, true),
            _ => (Self::Identity, false),
        }
    }
}

/// Decodes at most `max` bytes. The flag is true where the encoding was broken and something had to be skipped.
pub(crate) fn transfer(bytes: &[u8], encoding: Transfer, max: usize) -> (Vec<u8>, bool) {
    let mut out = Vec::new();
    let broken = decode_into(bytes, encoding, &mut |b| {
        if out.len() < max {
            out.push(b);
            true
        } else {
            false
        }
    });
    (out, broken)
}

/// Number of bytes that decoding yields, without holding them.
pub(crate) fn decoded_len(bytes: &[u8], encoding: Transfer) -> (u64, bool) {
    if encoding == Transfer::Identity {
        return (bytes.len() as u64, false);
    }
    let mut n = 0u64;
    let broken = decode_into(bytes, encoding, &mut |_| {
        n += 1;
        true
    });
    (n, broken)
}

fn decode_into(bytes: &[u8], encoding: Transfer, put: &mut dyn FnMut(u8) -> bool) -> bool {
    match encoding {
        Transfer::Identity => {
            for &b in bytes {
                if !put(b) {
                    break;
                }
            }
            false
        }
        Transfer::Base64 => base64(bytes, put),
        Transfer::QuotedPrintable => quoted_printable(bytes, put),
    }
}

const fn base64_value(b: u8) -> Option<u32> {
    Some(match b {
        b'A'..=b'Z' => (b - b'A') as u32,
        b'a'..=b'z' => (b - b'a') as u32 + 26,
        b'0'..=b'9' => (b - b'0') as u32 + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

/// RFC 2045 section 6.8: characters outside the alphabet are skipped. Padding ends a group, not the data, because some
/// programs concatenate encoded chunks.
fn base64(bytes: &[u8], put: &mut dyn FnMut(u8) -> bool) -> bool {
    let (mut group, mut have, mut broken) = (0u32, 0u8, false);
    for &b in bytes {
        if let Some(v) = base64_value(b) {
            group = group << 6 | v;
            have += 1;
            if have == 4 {
                let [_, x, y, z] = group.to_be_bytes();
                if !(put(x) && put(y) && put(z)) {
                    return broken;
                }
                (group, have) = (0, 0);
            }
        } else if b == b'=' {
            if !flush_base64(group, have, put, &mut broken) {
                return broken;
            }
            (group, have) = (0, 0);
        } else if !b.is_ascii_whitespace() {
            broken = true;
        }
    }
    flush_base64(group, have, put, &mut broken);
    broken
}

fn flush_base64(group: u32, have: u8, put: &mut dyn FnMut(u8) -> bool, broken: &mut bool) -> bool {
    match have {
        2 => put((group >> 4) as u8),
        3 => put((group >> 10) as u8) && put((group >> 2) as u8),
        1 => {
            *broken = true;
            true
        }
        _ => true,
    }
}

/// RFC 2045 section 6.7; a `=` that starts no escape is kept as it is.
fn quoted_printable(bytes: &[u8], put: &mut dyn FnMut(u8) -> bool) -> bool {
    let mut broken = false;
    let mut rest = bytes;
    while let Some((&b, tail)) = rest.split_first() {
        rest = tail;
        if b != b'=' {
            if !put(b) {
                break;
            }
            continue;
        }
        match tail {
            [b'\r', b'\n', after @ ..] | [b'\n', after @ ..] => rest = after,
            [h, l, after @ ..] if h.is_ascii_hexdigit() && l.is_ascii_hexdigit() => {
                let hex = |c: u8| char::from(c).to_digit(16).unwrap_or(0) as u8;
                if !put(hex(*h) << 4 | hex(*l)) {
                    break;
                }
                rest = after;
            }
            _ => {
                // Trailing blanks between `=` and the line end (transport padding), else a bare `=`.
                let blanks = tail.iter().take_while(|c| matches!(c, b' ' | b'\t')).count();
                match tail.get(blanks..) {
                    Some([b'\r', b'\n', after @ ..] | [b'\n', after @ ..]) => rest = after,
                    Some([]) if tail.len() == blanks => rest = &[],
                    _ => {
                        broken = true;
                        if !put(b'=') {
                            break;
                        }
                    }
                }
            }
        }
    }
    broken
}

/// Text in a declared charset. The flag is true where the declaration was wrong or unknown and a guess was used.
///
/// Three lies are common enough to see through: UTF-8 sent as Latin-1 or ASCII, Latin-1 sent as UTF-8, and nothing declared.
pub(crate) fn text(bytes: &[u8], charset: Option<&str>) -> (String, bool) {
    let label = charset.map(|c| c.trim().trim_matches(['"', '\'']).to_ascii_lowercase()).filter(|c| !c.is_empty());
    let (out, guessed) = match label.as_deref() {
        None => match std::str::from_utf8(bytes) {
            Ok(s) => (s.to_owned(), false),
            Err(_) => (latin(bytes), true),
        },
        Some(label) => declared(bytes, label),
    };
    let out = if out.contains('\0') { out.replace('\0', "") } else { out };
    (out.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(out), guessed)
}

fn declared(bytes: &[u8], label: &str) -> (String, bool) {
    let encoding = Encoding::for_label(label.as_bytes());
    let single_byte_western = encoding == Some(WINDOWS_1252);
    if encoding == Some(UTF_8) || single_byte_western || encoding.is_none() && charset_decoder(label.as_bytes()).is_none() {
        if let Ok(s) = std::str::from_utf8(bytes) {
            let lied = single_byte_western && !s.is_ascii() && label != "us-ascii" && label != "ascii";
            return (s.to_owned(), lied || encoding.is_none());
        }
        if encoding == Some(UTF_8) {
            // A cut in the middle of a character (a truncated part) is not a wrong declaration.
            let (decoded, _, _) = UTF_8.decode(bytes);
            let bad = decoded.chars().filter(|c| *c == '\u{fffd}').count();
            return if bad * 20 <= decoded.chars().filter(|c| !c.is_ascii()).count() {
                (decoded.into_owned(), true)
            } else {
                (latin(bytes), true)
            };
        }
        return (latin(bytes), encoding.is_none());
    }
    if let Some(encoding) = encoding {
        let (decoded, _, had_errors) = encoding.decode(bytes);
        if had_errors && let Ok(s) = std::str::from_utf8(bytes) {
            return (s.to_owned(), true);
        }
        return (decoded.into_owned(), had_errors);
    }
    // UTF-7 and the code pages that browsers do not know.
    match charset_decoder(label.as_bytes()) {
        Some(decode) => (decode(bytes), false),
        None => (latin(bytes), true),
    }
}

fn latin(bytes: &[u8]) -> String {
    WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned()
}
