//! Mailbox names on the wire: modified UTF-7 (RFC 3501 section 5.1.3), or UTF-8 where UTF8=ACCEPT is on (RFC 6855).

use base64::{
    Engine as _,
    alphabet::IMAP_MUTF7,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

const MUTF7: GeneralPurpose = GeneralPurpose::new(
    &IMAP_MUTF7,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

pub(crate) fn encode(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut shifted: Vec<u8> = Vec::new();
    let flush = |shifted: &mut Vec<u8>, out: &mut String| {
        if !shifted.is_empty() {
            out.push('&');
            out.push_str(&MUTF7.encode(&shifted));
            out.push('-');
            shifted.clear();
        }
    };
    for c in name.chars() {
        if matches!(c, ' '..='~') {
            flush(&mut shifted, &mut out);
            out.push(c);
            if c == '&' {
                out.push('-');
            }
        } else {
            let mut units = [0u16; 2];
            shifted.extend(c.encode_utf16(&mut units).iter().flat_map(|u| u.to_be_bytes()));
        }
    }
    flush(&mut shifted, &mut out);
    out
}

/// None where the name is not modified UTF-7 (some servers send raw bytes).
pub(crate) fn decode(wire: &str) -> Option<String> {
    if !wire.is_ascii() {
        return None;
    }
    let mut out = String::with_capacity(wire.len());
    let mut rest = wire;
    while let Some((plain, shifted)) = rest.split_once('&') {
        out.push_str(plain);
        let (code, after) = shifted.split_once('-')?;
        if code.is_empty() {
            out.push('&');
        } else {
            let bytes = MUTF7.decode(code).ok()?;
            let (pairs, odd) = bytes.as_chunks::<2>();
            if !odd.is_empty() {
                return None;
            }
            let units = pairs.iter().map(|p| u16::from_be_bytes(*p));
            for c in char::decode_utf16(units) {
                out.push(c.ok()?);
            }
        }
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

/// What the program calls the mailbox. The wire name itself where it is not valid or would not come back the same: such a
/// name is looked up in the server's list when it is used.
pub(crate) fn to_id(wire: &[u8], utf8: bool) -> String {
    let text = String::from_utf8_lossy(wire);
    if utf8 {
        return text.into_owned();
    }
    match decode(&text) {
        Some(name) if encode(&name).as_bytes() == wire => name,
        _ => text.into_owned(),
    }
}

/// Whether `to_wire(id)` may differ from what the server listed.
pub(crate) fn is_ambiguous(id: &str) -> bool {
    id.contains(['&', '\u{fffd}']) || !id.is_ascii()
}

pub(crate) fn to_wire(id: &str, utf8: bool) -> Vec<u8> {
    if utf8 { id.as_bytes().to_vec() } else { encode(id).into_bytes() }
}

/// IMAP quoted string; None where the bytes need a literal.
pub(crate) fn quoted(bytes: &[u8], utf8: bool) -> Option<Vec<u8>> {
    if bytes.len() > 2000 || bytes.iter().any(|b| matches!(b, 0 | b'\r' | b'\n') || (!b.is_ascii() && !utf8)) {
        return None;
    }
    let mut out = Vec::with_capacity(bytes.len() + 2);
    out.push(b'"');
    for b in bytes {
        if matches!(b, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(*b);
    }
    out.push(b'"');
    Some(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn rfc_example_and_round_trips() {
        assert_eq!(encode("~peter/mail/台北/日本語"), "~peter/mail/&U,BTFw-/&ZeVnLIqe-");
        for name in ["INBOX", "Entwürfe", "R&D", "😀 smile", "a&-b", "Отправленные", "&", "日本語&x", "tab\there"] {
            assert_eq!(decode(&encode(name)).as_deref(), Some(name), "{name}");
            assert_eq!(to_id(encode(name).as_bytes(), false), name);
        }
    }

    #[test]
    fn invalid_names_stay_as_they_are() {
        for wire in ["R&D", "&Jjo!", "&", "&AA-", "&2AA-x"] {
            assert_eq!(to_id(wire.as_bytes(), false), wire);
        }
        assert_eq!(to_id("Entwürfe".as_bytes(), false), "Entwürfe");
    }

    #[test]
    fn quoting_escapes_or_gives_up() {
        assert_eq!(quoted(b"a\"b\\c", false).unwrap(), b"\"a\\\"b\\\\c\"");
        assert!(quoted(b"a\r\nb", false).is_none());
        assert!(quoted("ü".as_bytes(), false).is_none());
        assert!(quoted("ü".as_bytes(), true).is_some());
    }
}
