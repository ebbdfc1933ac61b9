//! Who knocks at a port of ours on loopback: a browser that comes back from a sign-in, one that was sent to a page, or somebody
//! who tries ports. Only the head of a request is read, bounded in size and time; what may be answered is the caller's business.

use std::time::Duration;

use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    time::timeout,
};

/// A request line and headers; browsers stay far below.
const MAX_HEAD: usize = 16 * 1024;
/// For all that a visitor sends, and for each of its pieces.
pub(crate) const READ_TIMEOUT: Duration = Duration::from_secs(5);

/// Request line and headers, without the blank line. None where they don't come, not in time, or without an end.
pub(crate) async fn head(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut buffer = Vec::new();
    let mut chunk = [0_u8; 2048];
    loop {
        let n = timeout(READ_TIMEOUT, stream.read(&mut chunk)).await.ok()?.ok().filter(|n| *n > 0)?;
        buffer.extend(chunk.iter().take(n));
        if let Some(end) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
            return Some(String::from_utf8_lossy(buffer.get(..end).unwrap_or_default()).into_owned());
        }
        if buffer.len() > MAX_HEAD {
            return None;
        }
    }
}

/// The request line of a head, and the one `Host` that it names (RFC 9112 section 3.2: exactly one).
pub(crate) struct Request<'a> {
    pub method: &'a str,
    pub target: &'a str,
    pub version: &'a str,
    pub host: Option<&'a str>,
}

impl<'a> Request<'a> {
    pub fn of(head: &'a str) -> Self {
        let mut lines = head.split("\r\n");
        let mut line = lines.next().unwrap_or_default().split(' ');
        let mut word = || line.next().unwrap_or_default();
        let (method, target, version) = (word(), word(), word());
        let mut hosts =
            lines.filter_map(|l| l.split_once(':')).filter(|(n, _)| n.trim().eq_ignore_ascii_case("host")).map(|(_, v)| v.trim());
        let host = hosts.next().filter(|_| hosts.next().is_none());
        Self { method, target, version, host }
    }
}
