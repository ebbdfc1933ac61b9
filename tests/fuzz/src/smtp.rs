//! Replies of an SMTP server, in any slices.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    assert_eq!(providers::fuzz::smtp(bytes, usize::MAX), providers::fuzz::smtp(bytes, 1));
});
