//! Replies of the Gmail API: batches are taken apart as they arrive, large messages decoded as they arrive, so the slices must not matter.

pub fn check(bytes: &[u8]) {
    let whole = providers::fuzz::gmail(bytes, usize::MAX);
    assert_eq!(whole, providers::fuzz::gmail(bytes, 1), "byte by byte");
    assert_eq!(whole, providers::fuzz::gmail(bytes, 7), "in sevens");
}
