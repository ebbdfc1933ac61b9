//! Doors for tests/fuzz to parsers that nobody else calls directly. Exists only in builds with `cfg(fuzzing)`.

use bytes::BytesMut;

/// Everything that an IMAP server's bytes mean, written down, when they arrive in slices of `step` bytes.
pub fn imap(bytes: &[u8], step: usize) -> String {
    crate::imap::fuzz(bytes, step)
}

/// The replies in an SMTP server's bytes.
pub fn smtp(bytes: &[u8], step: usize) -> String {
    let mut buffer = BytesMut::new();
    let mut out = String::new();
    for slice in bytes.chunks(step.max(1)) {
        buffer.extend_from_slice(slice);
        loop {
            match crate::smtp::take_reply(&mut buffer) {
                Ok(Some(reply)) => out.push_str(&format!("{} {}\n", reply.words(), reply.error("peer"))),
                Ok(None) => break,
                Err(_) => return out,
            }
        }
    }
    out
}

/// (host, whether TLS protects it) of every server that a document would make us use.
pub fn autoconfig(bytes: &[u8]) -> Vec<(String, bool)> {
    crate::autoconfig::fuzz(bytes)
}
