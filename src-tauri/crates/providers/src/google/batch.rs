//! Batched reads (PROVIDERS 1.4): one `multipart/mixed` request, a part per message, each with its own status.
//!
//! The reply is taken apart as it arrives, one part at a time, so that a batch of large messages never lies in memory as a whole. A
//! part beyond [`PART_CAP`] is skipped and reported as [`Answer::TooLarge`]: the caller fetches that message by itself, streamed.

use std::fmt::Write as _;

use bytes::{Buf, Bytes, BytesMut};
use domain::error::ProviderError;
use reqwest::{
    Method, StatusCode,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};

use super::{
    api::{Api, Open},
    endpoints::USER_PATH,
};
use crate::http::{Call, chunk};

/// Gmail takes 100 and advises at most 50.
pub const MAX_PARTS: usize = 50;
/// Largest part kept in memory.
pub const PART_CAP: usize = 4 * 1024 * 1024;
/// No message that Gmail stores is larger, encoded.
const ENCODED_CAP: usize = 80 * 1024 * 1024;
/// MIME and HTTP headers of a part.
const HEAD_CAP: usize = 16 * 1024;
const TIMEOUT: std::time::Duration = std::time::Duration::from_mins(5);

/// What became of one part.
#[derive(Debug)]
pub enum Answer {
    Reply {
        status: StatusCode,
        headers: HeaderMap,
        body: Bytes,
    },
    /// Larger than [`PART_CAP`]; not kept.
    TooLarge,
}

/// Parts as they come in, in any order.
pub struct Answers {
    open: Open,
    host: String,
    splitter: Splitter,
    ended: bool,
    /// Parts and bytes that may still come: a reply must end.
    parts_left: usize,
    bytes_left: usize,
}

/// Asks for `messages/{id}?{query}` of every id. Part `n` is about `ids[n]`; units are the caller's to take.
pub async fn get(api: &Api, ids: &[&str], query: &str) -> Result<Answers, ProviderError> {
    let boundary = boundary()?;
    let mut body = String::new();
    for (n, id) in ids.iter().enumerate() {
        let path: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
        let _ = write!(
            body,
            "--{boundary}\r\nContent-Type: application/http\r\nContent-ID: <item{n}>\r\n\r\nGET {USER_PATH}/messages/{path}?{query} HTTP/1.1\r\n\r\n\r\n"
        );
    }
    let _ = write!(body, "--{boundary}--\r\n");
    let content_type = HeaderValue::from_str(&format!("multipart/mixed; boundary=\"{boundary}\""))
        .map_err(|_| ProviderError::Refused("This batch can't be written.".to_owned()))?;
    let call = Call::new(Method::POST, api.urls.batch()).body(content_type, body).timeout(TIMEOUT);
    let host = call.host();
    let open = api.open(0, "these messages", &call).await?;
    let boundary = open
        .response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .and_then(multipart_boundary)
        .ok_or_else(|| protocol(&host, "the batch reply is not multipart/mixed"))?;
    let bytes_left = ids.len().saturating_mul(ENCODED_CAP).saturating_add(PART_CAP);
    Ok(Answers { open, splitter: Splitter::new(&boundary), host, ended: false, parts_left: ids.len(), bytes_left })
}

impl Answers {
    /// The next part and the number of its request; None at the end. Parts that name no request of ours are an error.
    pub async fn next(&mut self) -> Result<Option<(usize, Answer)>, ProviderError> {
        loop {
            match self.splitter.next() {
                Step::Part { bytes, truncated } => {
                    self.parts_left =
                        self.parts_left.checked_sub(1).ok_or_else(|| protocol(&self.host, "more batch parts than questions"))?;
                    return self.part(bytes, truncated).map(Some);
                }
                Step::End => return Ok(None),
                Step::Broken => return Err(protocol(&self.host, "a batch delimiter without an end")),
                Step::More if self.ended => return Err(protocol(&self.host, "the batch reply breaks off")),
                Step::More => {}
            }
            match chunk(&self.host, &mut self.open.response).await? {
                Some(piece) => {
                    let left = self.bytes_left.checked_sub(piece.len());
                    self.bytes_left = left.ok_or_else(|| protocol(&self.host, "a batch reply without measure"))?;
                    self.splitter.feed(&piece);
                }
                None => self.ended = true,
            }
        }
    }

    fn part(&self, bytes: Bytes, truncated: bool) -> Result<(usize, Answer), ProviderError> {
        parse_part(bytes, truncated).map_err(|why| protocol(&self.host, why))
    }
}

/// What a part answers. The error is fit for `ProviderError::Protocol`.
fn parse_part(mut bytes: Bytes, truncated: bool) -> Result<(usize, Answer), &'static str> {
    let outer = head(&mut bytes).ok_or("a batch part without headers")?;
    let (_, outer) = parse_headers(&outer, false).ok_or("a batch part with broken headers")?;
    let number =
        outer.get("content-id").and_then(|v| v.to_str().ok()).and_then(part_number).ok_or("a batch part that answers nothing we asked")?;
    if truncated {
        return Ok((number, Answer::TooLarge));
    }
    let inner = head(&mut bytes).ok_or("a batch part without an HTTP reply")?;
    let (status, headers) = parse_headers(&inner, true).ok_or("a batch part with a broken HTTP reply")?;
    Ok((number, Answer::Reply { status: status.unwrap_or(StatusCode::OK), headers, body: bytes }))
}

fn protocol(host: &str, detail: &str) -> ProviderError {
    ProviderError::Protocol { host: host.to_owned(), protocol: "Gmail batch", detail: detail.to_owned() }
}

/// Random, so that no id can hold it.
fn boundary() -> Result<String, ProviderError> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).map_err(|_| ProviderError::Refused("The system has no randomness.".to_owned()))?;
    Ok(format!("batch_{}", domain::hex(&bytes)))
}

/// RFC 2046 section 5.1.1, quoted or not.
fn multipart_boundary(content_type: &str) -> Option<String> {
    let mut parts = content_type.split(';');
    if !parts.next()?.trim().eq_ignore_ascii_case("multipart/mixed") {
        return None;
    }
    let value = parts.find_map(|p| {
        let (key, value) = p.split_once('=')?;
        key.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"').to_owned())
    })?;
    (!value.is_empty() && value.len() <= 200).then_some(value)
}

/// `<response-item3>` → 3.
fn part_number(content_id: &str) -> Option<usize> {
    content_id.trim().trim_start_matches('<').trim_end_matches('>').rsplit_once("item")?.1.parse().ok()
}

/// Cuts off the bytes up to the first empty line.
fn head(bytes: &mut Bytes) -> Option<Bytes> {
    let mut start_of_line = 0;
    loop {
        let line_len = bytes.get(start_of_line..)?.iter().position(|b| *b == b'\n')?;
        let line = bytes.get(start_of_line..start_of_line + line_len)?;
        if line.is_empty() || line == b"\r" {
            let head = bytes.split_to(start_of_line);
            bytes.advance(line_len + 1);
            return Some(head);
        }
        start_of_line += line_len + 1;
    }
}

/// Header lines, after a status line where `with_status`.
fn parse_headers(head: &[u8], with_status: bool) -> Option<(Option<StatusCode>, HeaderMap)> {
    let text = std::str::from_utf8(head).ok()?;
    let mut lines = text.lines();
    let status = if with_status {
        let line = lines.next()?;
        Some(StatusCode::from_bytes(line.strip_prefix("HTTP/")?.split(' ').nth(1)?.as_bytes()).ok()?)
    } else {
        None
    };
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(':')?;
        headers.append(HeaderName::from_bytes(name.trim().as_bytes()).ok()?, HeaderValue::from_str(value.trim()).ok()?);
    }
    Some((status, headers))
}

enum Step {
    /// A whole part, or the first bytes of one that was too large.
    Part {
        bytes: Bytes,
        truncated: bool,
    },
    More,
    End,
    /// A delimiter line that goes on and on.
    Broken,
}

/// Splits a multipart body at its delimiters (RFC 2046 section 5.1.1). Lines may end in CRLF or LF.
struct Splitter {
    delimiter: Vec<u8>,
    buffer: BytesMut,
    /// Bytes of the buffer known to hold no delimiter start.
    scanned: usize,
    /// The first delimiter was passed.
    inside: bool,
    /// Set while an oversized part is being skipped: its first bytes.
    skipping: Option<Bytes>,
    done: bool,
}

impl Splitter {
    fn new(boundary: &str) -> Self {
        // The first delimiter needs no line break before it; a leading one makes all alike.
        Self {
            delimiter: format!("\n--{boundary}").into_bytes(),
            buffer: BytesMut::from(&b"\n"[..]),
            scanned: 0,
            inside: false,
            skipping: None,
            done: false,
        }
    }

    fn feed(&mut self, bytes: &[u8]) {
        if !self.done {
            self.buffer.extend_from_slice(bytes);
        }
    }

    fn next(&mut self) -> Step {
        while !self.done {
            let Some(at) = self.find() else {
                self.shrink();
                return Step::More;
            };
            // What follows says whether it is the last one; it may not have arrived yet.
            let after = at + self.delimiter.len();
            let last = match self.buffer.get(after..after + 2) {
                Some(b"--") => true,
                Some(_) => false,
                None => {
                    self.scanned = at;
                    return Step::More;
                }
            };
            let rest = self.buffer.get(after..).unwrap_or_default();
            let line_end = rest.iter().take(HEAD_CAP).position(|b| *b == b'\n');
            let Some(line_end) = line_end else {
                if last {
                    self.done = true;
                    return self.cut(at, 0);
                }
                if rest.len() >= HEAD_CAP {
                    self.done = true;
                    return Step::Broken;
                }
                self.scanned = at;
                return Step::More;
            };
            self.done = last;
            let was_inside = self.inside;
            self.inside = true;
            // The line break stays: the next delimiter may follow at once.
            let step = self.cut(at, self.delimiter.len() + line_end);
            if was_inside {
                return step;
            }
        }
        Step::End
    }

    fn find(&mut self) -> Option<usize> {
        let mut from = self.scanned;
        loop {
            let Some(offset) = self.buffer.get(from..)?.iter().position(|b| *b == b'\n') else {
                self.scanned = self.buffer.len();
                return None;
            };
            let at = from + offset;
            let candidate = self.buffer.get(at..)?;
            if candidate.starts_with(&self.delimiter) {
                return Some(at);
            }
            if candidate.len() < self.delimiter.len() && self.delimiter.starts_with(candidate) {
                self.scanned = at;
                return None;
            }
            from = at + 1;
        }
    }

    /// Takes the part before `at` out of the buffer and drops `skip` bytes of the delimiter line.
    fn cut(&mut self, at: usize, skip: usize) -> Step {
        let mut bytes = self.buffer.split_to(at).freeze();
        self.buffer.advance(skip.min(self.buffer.len()));
        self.scanned = 0;
        if let Some(first) = self.skipping.take() {
            return Step::Part { bytes: first, truncated: true };
        }
        // The line break that the previous delimiter left, and the CR that belongs to this one.
        if bytes.first() == Some(&b'\n') {
            bytes.advance(1);
        }
        if bytes.last() == Some(&b'\r') {
            bytes.truncate(bytes.len() - 1);
        }
        if bytes.len() > PART_CAP {
            bytes.truncate(HEAD_CAP);
            return Step::Part { bytes, truncated: true };
        }
        Step::Part { bytes, truncated: false }
    }

    /// Keeps the buffer bounded while a part is too large, and before the first delimiter.
    fn shrink(&mut self) {
        if !self.inside || self.skipping.is_some() {
            self.buffer.advance(self.scanned);
            self.scanned = 0;
        } else if self.buffer.len() > PART_CAP + self.delimiter.len() {
            let mut first = self.buffer.split_to(self.scanned);
            if first.first() == Some(&b'\n') {
                first.advance(1);
            }
            first.truncate(HEAD_CAP);
            // Copied, so that the large buffer is let go.
            self.skipping = Some(Bytes::copy_from_slice(&first));
            self.scanned = 0;
        }
    }
}

/// Parts of a batch reply that arrives in slices of `step` bytes, written down, for tests/fuzz.
#[cfg(any(fuzzing, test))]
pub(super) fn fuzz(bytes: &[u8], step: usize) -> String {
    let mut splitter = Splitter::new("b");
    let mut out = String::new();
    for slice in bytes.chunks(step.max(1)) {
        splitter.feed(slice);
        loop {
            match splitter.next() {
                Step::Part { bytes, truncated } => out.push_str(&format!("{truncated} {:?}\n", parse_part(bytes, truncated))),
                Step::More => break,
                Step::End => return out,
                Step::Broken => return format!("{out}broken\n"),
            }
        }
    }
    out
}

#[cfg(test)]
mod tests;
