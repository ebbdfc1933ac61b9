//! Doors for tests/fuzz to parsers that nobody else calls directly. Exists in builds with `cfg(fuzzing)`, and for the replay of its
//! seeds in the unit tests.

use bytes::BytesMut;
use domain::time::Timestamp;

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

/// Everything that Gmail's API says, in slices of `step` bytes where it is read as it arrives.
pub fn gmail(bytes: &[u8], step: usize) -> String {
    crate::google::fuzz(bytes, step)
}

/// Sign-in servers: what the bytes mean as a token reply, as its error, as claims, and as a discovery document of `issuer`. Every
/// address that would be used and every token that would be sent is in the answer.
pub fn sign_in(bytes: &[u8], issuer: &str, now: Timestamp) -> SignIn {
    crate::oauth::fuzz(bytes, issuer, now)
}

#[derive(Debug, Default)]
pub struct SignIn {
    pub access_token: Option<String>,
    pub expires_at: Option<Timestamp>,
    pub error: Option<String>,
    /// Subject, address and name of the person that the claims are about.
    pub person: Option<(String, String, String)>,
    pub addresses: Vec<url::Url>,
}

/// The type of a remote image that a header promises.
pub fn image_type(header: &str) -> Option<String> {
    crate::image::image_type(Some(header))
}

/// The address that a remote image would be fetched from by its literal address; None: not at all, or by name.
pub fn image_address(url: &str) -> Option<std::net::IpAddr> {
    crate::image::fuzz(url)
}

#[cfg(test)]
mod tests;
