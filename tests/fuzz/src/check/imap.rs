//! The byte stream of an IMAP server, cut anywhere: framing and every response must give the same whatever the slices are.

pub fn check(bytes: &[u8]) {
    let whole = providers::fuzz::imap(bytes, usize::MAX);
    assert_eq!(whole, providers::fuzz::imap(bytes, 1), "byte by byte");
    assert_eq!(whole, providers::fuzz::imap(bytes, 7), "in sevens");
}
