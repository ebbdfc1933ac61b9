//! Replies of an SMTP server, in any slices.

pub fn check(bytes: &[u8]) {
    assert_eq!(providers::fuzz::smtp(bytes, usize::MAX), providers::fuzz::smtp(bytes, 1));
}
