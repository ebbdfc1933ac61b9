//! Splits the byte stream into responses: lines, and literals by their byte count (RFC 3501 section 4.3).
//!
//! Sync and incremental: bytes go in as they come, pieces come out. Nothing here knows what a response means, except that a
//! status line ends with human text, where `{5}` is no literal.

use bytes::{Buf as _, Bytes, BytesMut};

/// Text of one response, all its pieces together.
pub(crate) const MAX_TEXT: usize = 1024 * 1024;
/// More than any mail: a peer that announces this is broken.
pub(crate) const MAX_LITERAL: u64 = 4 * 1024 * 1024 * 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// Text up to a line end. `literal`: so many bytes follow (for 0 no [`Frame::Data`] comes); None: the response ends here.
    Text { text: Bytes, literal: Option<u64> },
    /// Some bytes of the announced literal.
    Data { bytes: Bytes, left: u64 },
}

#[derive(Debug, Default)]
pub(crate) struct Framer {
    pub buffer: BytesMut,
    /// How far the buffer has been searched for a line end.
    searched: usize,
    /// Bytes of the current literal that have not been handed out.
    literal_left: u64,
    /// Text of the current response handed out so far.
    text_so_far: usize,
    /// The current response is a status line, whose text may end in anything.
    status_line: bool,
}

impl Framer {
    /// Whether nothing is buffered: required before TLS starts, or a man in the middle could have put bytes before it.
    pub fn is_clean(&self) -> bool {
        self.buffer.is_empty() && self.literal_left == 0 && self.text_so_far == 0
    }

    /// The next piece; `Ok(None)`: more bytes are needed. The error is fit for `ProviderError::Protocol`.
    pub fn next(&mut self) -> Result<Option<Frame>, &'static str> {
        if self.literal_left > 0 {
            if self.buffer.is_empty() {
                return Ok(None);
            }
            let take = usize::try_from(self.literal_left).unwrap_or(usize::MAX).min(self.buffer.len());
            let bytes = self.buffer.split_to(take).freeze();
            self.literal_left -= take as u64;
            return Ok(Some(Frame::Data { bytes, left: self.literal_left }));
        }
        let unsearched = self.buffer.get(self.searched..).unwrap_or_default();
        let Some(at) = unsearched.iter().position(|b| *b == b'\n') else {
            self.searched = self.buffer.len();
            if self.text_so_far + self.buffer.len() > MAX_TEXT {
                return Err("a line of more than 1 MiB");
            }
            return Ok(None);
        };
        let end = self.searched + at;
        self.searched = 0;
        let mut text = self.buffer.split_to(end).freeze();
        self.buffer.advance(1);
        if text.last() == Some(&b'\r') {
            text.truncate(text.len() - 1);
        }
        if self.text_so_far == 0 {
            self.status_line = is_status_line(&text);
        }
        self.text_so_far += text.len() + 2;
        if self.text_so_far > MAX_TEXT {
            return Err("a line of more than 1 MiB");
        }
        let literal = if self.status_line { None } else { announced(&text) };
        match literal {
            None => self.text_so_far = 0,
            Some((_, size)) if size > MAX_LITERAL => return Err("a literal of more than 4 GiB"),
            Some((at, size)) => {
                text.truncate(at);
                self.literal_left = size;
                return Ok(Some(Frame::Text { text, literal: Some(size) }));
            }
        }
        Ok(Some(Frame::Text { text, literal: None }))
    }
}

/// `+ …`, `* OK …` and tagged lines.
fn is_status_line(text: &[u8]) -> bool {
    match text.strip_prefix(b"* ") {
        Some(rest) => {
            let word = rest.split(|b| *b == b' ').next().unwrap_or_default();
            [&b"OK"[..], b"NO", b"BAD", b"BYE", b"PREAUTH"].iter().any(|s| word.eq_ignore_ascii_case(s))
        }
        None => true,
    }
}

/// Position and size of a literal announced at the end of `text`: `{n}`, `{n+}` or `~{n}`.
fn announced(text: &[u8]) -> Option<(usize, u64)> {
    let inner = text.strip_suffix(b"}")?;
    let open = inner.iter().rposition(|b| *b == b'{')?;
    let digits = inner.get(open + 1..)?;
    let digits = digits.strip_suffix(b"+").unwrap_or(digits);
    if digits.is_empty() || digits.len() > 19 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let size = std::str::from_utf8(digits).ok()?.parse().ok()?;
    let at = if open > 0 && text.get(open - 1) == Some(&b'~') { open - 1 } else { open };
    Some((at, size))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    const TRANSCRIPT: &[u8] = b"* OK hi {5}\r\n* 1 FETCH (UID 3 BODY[] {12}\r\nab\r\n{3}\r\nx\0\xff FLAGS () X {0}\r\n)\r\n* LIST () \"/\" ~{3+}\r\nabc\r\na1 OK {9}\r\n+ \r\n";

    /// Collapses data pieces, so that results do not depend on how the bytes were cut.
    fn run(pieces: &[&[u8]]) -> Vec<String> {
        let mut framer = Framer::default();
        let mut out: Vec<String> = Vec::new();
        let mut data = Vec::new();
        for piece in pieces {
            framer.buffer.extend_from_slice(piece);
            while let Some(frame) = framer.next().unwrap() {
                match frame {
                    Frame::Text { text, literal } => out.push(format!("{} {literal:?}", String::from_utf8_lossy(&text))),
                    Frame::Data { bytes, left } => {
                        data.extend_from_slice(&bytes);
                        if left == 0 {
                            out.push(format!("data {:?}", std::mem::take(&mut data)));
                        }
                    }
                }
            }
        }
        assert!(framer.is_clean());
        out
    }

    #[test]
    fn every_way_of_cutting_the_stream_gives_the_same() {
        let whole = run(&[TRANSCRIPT]);
        assert_eq!(whole[0], "* OK hi {5} None");
        assert_eq!(whole[1], "* 1 FETCH (UID 3 BODY[]  Some(12)");
        assert_eq!(whole[3], " FLAGS () X  Some(0)");
        assert_eq!(whole[5], "* LIST () \"/\"  Some(3)");
        for at in 0..TRANSCRIPT.len() {
            assert_eq!(run(&[&TRANSCRIPT[..at], &TRANSCRIPT[at..]]), whole, "cut at {at}");
        }
        let single: Vec<&[u8]> = TRANSCRIPT.chunks(1).collect();
        assert_eq!(run(&single), whole);
    }

    #[test]
    fn an_endless_line_is_refused_with_bounded_memory() {
        let mut framer = Framer::default();
        let mut fed = 0usize;
        let refused = loop {
            framer.buffer.extend_from_slice(&[b'x'; 4096]);
            fed += 4096;
            match framer.next() {
                Ok(None) => assert!(fed < 2 * MAX_TEXT),
                Ok(Some(_)) => unreachable!(),
                Err(why) => break why,
            }
        };
        assert!(refused.contains("1 MiB"));
    }

    #[test]
    fn endless_literals_in_one_response_do_not_add_up() {
        let mut framer = Framer::default();
        let mut refused = false;
        for _ in 0..10_000 {
            framer.buffer.extend_from_slice(b"* X ");
            framer.buffer.extend_from_slice(&[b'y'; 200]);
            framer.buffer.extend_from_slice(b" {1}\r\nz");
            loop {
                match framer.next() {
                    Ok(Some(_)) => {}
                    Ok(None) => break,
                    Err(_) => {
                        refused = true;
                        break;
                    }
                }
            }
            if refused {
                break;
            }
        }
        assert!(refused);
    }

    #[test]
    fn a_literal_beyond_reason_is_refused() {
        let mut framer = Framer::default();
        framer.buffer.extend_from_slice(b"* 1 FETCH (BODY[] {9999999999999}\r\n");
        assert!(framer.next().is_err());
    }
}
