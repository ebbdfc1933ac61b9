//! Raw messages as Gmail writes them: base64url inside JSON.
//!
//! A 50 MB mail is a 67 MB string in there. [`Extractor`] reads the document as it arrives and decodes only the value of the top-level
//! key `raw`, so that neither ever sits in memory.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::URL_SAFE_NO_PAD},
};

/// Google pads in some replies and not in others.
const ANY_PADDING: GeneralPurpose =
    GeneralPurpose::new(&alphabet::URL_SAFE, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

/// Encoded characters decoded at a time; a multiple of four.
const STEP: usize = 64 * 1024;

/// For `raw` in requests; Google refuses the standard alphabet.
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes piece by piece. Items are at most 48 KiB.
pub fn decode(text: &str) -> impl Iterator<Item = Result<Vec<u8>, &'static str>> + '_ {
    text.as_bytes().chunks(STEP).map(|piece| ANY_PADDING.decode(piece).map_err(|_| "raw is not base64url"))
}

/// Exact number of bytes that `text` decodes to.
pub fn decoded_len(text: &str) -> u64 {
    text.trim_end_matches('=').len() as u64 * 3 / 4
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Between tokens.
    Open,
    /// In a string that is not the one wanted; its first bytes are kept in case it turns out to be a key.
    Text,
    TextEscape,
    /// In the wanted value.
    Raw,
    RawEscape(u8),
}

/// A JSON reader that knows just enough to find the value of `raw` at depth one.
pub struct Extractor {
    state: State,
    depth: u32,
    /// First bytes of the last string at depth one.
    word: Vec<u8>,
    /// The last string was followed by a colon.
    key: bool,
    pending: Vec<u8>,
    hex: u32,
    found: bool,
}

impl Default for Extractor {
    fn default() -> Self {
        Self { state: State::Open, depth: 0, word: Vec::new(), key: false, pending: Vec::new(), hex: 0, found: false }
    }
}

impl Extractor {
    /// Feeds a piece of the document; decoded bytes are appended to `out`.
    pub fn feed(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), &'static str> {
        for &byte in bytes {
            self.byte(byte, out)?;
        }
        Ok(())
    }

    /// At the end of the document.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<(), &'static str> {
        if self.depth != 0 || self.state != State::Open {
            return Err("the reply breaks off");
        }
        if !self.found {
            return Err("the message has no raw field");
        }
        self.flush(out)
    }

    fn byte(&mut self, byte: u8, out: &mut Vec<u8>) -> Result<(), &'static str> {
        match (self.state, byte) {
            (State::Open, b'"') if self.depth == 1 && self.key && self.word == b"raw" && !self.found => {
                self.found = true;
                self.state = State::Raw;
            }
            (State::Open, b'"') => {
                self.word.clear();
                self.key = false;
                self.state = State::Text;
            }
            (State::Open, b'{' | b'[') => {
                self.depth = self.depth.checked_add(1).filter(|d| *d < 128).ok_or("the reply is nested too deeply")?;
                self.key = false;
            }
            (State::Open, b'}' | b']') => {
                self.depth = self.depth.checked_sub(1).ok_or("the reply is not JSON")?;
                self.key = false;
            }
            (State::Open, b':') => self.key = true,
            (State::Open, b',') => self.key = false,
            (State::Open, _) => {}
            (State::Text | State::Raw, b'"') => self.state = State::Open,
            (State::Text, b'\\') => self.state = State::TextEscape,
            (State::Text, _) => self.remember(byte),
            // Keys we look for have no escapes; remembering one byte makes the word differ.
            (State::TextEscape, _) => {
                self.remember(b'\\');
                self.state = State::Text;
            }
            (State::Raw, b'\\') => self.state = State::RawEscape(0),
            (State::Raw, _) => self.encoded(byte, out)?,
            // Google writes '=' as \u003d.
            (State::RawEscape(0), b'u') => {
                self.hex = 0;
                self.state = State::RawEscape(1);
            }
            (State::RawEscape(at @ 1..=4), _) => {
                let digit = char::from(byte).to_digit(16).ok_or("the reply is not JSON")?;
                self.hex = self.hex * 16 + digit;
                self.state = if at == 4 { State::Raw } else { State::RawEscape(at + 1) };
                if at == 4 {
                    let decoded = u8::try_from(self.hex).map_err(|_| "raw is not base64url")?;
                    self.encoded(decoded, out)?;
                }
            }
            (State::RawEscape(_), _) => return Err("raw is not base64url"),
        }
        Ok(())
    }

    fn remember(&mut self, byte: u8) {
        if self.depth == 1 && self.word.len() < 8 {
            self.word.push(byte);
        }
    }

    fn encoded(&mut self, byte: u8, out: &mut Vec<u8>) -> Result<(), &'static str> {
        self.pending.push(byte);
        if self.pending.len() == STEP { self.flush(out) } else { Ok(()) }
    }

    fn flush(&mut self, out: &mut Vec<u8>) -> Result<(), &'static str> {
        ANY_PADDING.decode_vec(&self.pending, out).map_err(|_| "raw is not base64url")?;
        self.pending.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn run(document: &str, step: usize) -> Result<Vec<u8>, &'static str> {
        let mut out = Vec::new();
        let mut extractor = Extractor::default();
        for piece in document.as_bytes().chunks(step) {
            extractor.feed(piece, &mut out)?;
        }
        extractor.finish(&mut out)?;
        Ok(out)
    }

    #[test]
    fn finds_raw_wherever_it_stands_and_however_it_arrives() {
        let bytes: Vec<u8> = (0..200_000u32).map(|i| (i * 7 % 251) as u8).collect();
        let encoded = encode(&bytes);
        for document in [
            format!(r#"{{"id":"a","raw":"{encoded}","historyId":"1"}}"#),
            format!(r#"{{"payload":{{"raw":"nested","x":[{{"raw":"y"}}]}},"snippet":"raw\":\"","raw" : "{encoded}"}}"#),
            format!("{{\n \"raw\"\n:\n\"{encoded}\"\n}}\n"),
            format!(r#"{{"snippet":"raw","labelIds":["raw"],"raw":"{encoded}"}}"#),
        ] {
            for step in [1, 7, 4096, usize::MAX] {
                assert!(run(&document, step).unwrap() == bytes, "{step}: {}", document.chars().take(40).collect::<String>());
            }
        }
    }

    #[test]
    fn padding_may_be_there_absent_or_escaped() {
        for text in ["aGk", "aGk=", r"aGk\u003d"] {
            assert_eq!(run(&format!(r#"{{"raw":"{text}"}}"#), 3).unwrap(), b"hi", "{text}");
        }
        assert_eq!(run(r#"{"raw":""}"#, 1).unwrap(), b"");
        assert_eq!(decode("aGk").next(), Some(Ok(b"hi".to_vec())));
        assert_eq!((decoded_len("aGk="), decoded_len("aGk"), decoded_len("")), (2, 2, 0));
    }

    #[test]
    fn refuses_what_is_cut_off_or_not_base64url() {
        for bad in [
            r#"{"raw":"aGk"#,
            r#"{"raw":"aGk""#,
            r#"{"id":"a"}"#,
            r#"{"raw":"a+/k"}"#,
            r#"{"raw":"a\nGk"}"#,
            "}",
            "",
            r#"{"raw":"aGk=aGk="}"#,
        ] {
            assert!(run(bad, 2).is_err(), "{bad}");
        }
        assert!(run(&"[".repeat(200), 50).is_err());
    }
}
