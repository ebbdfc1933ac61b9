//! Replies of the Gmail API, in any slices.
#![no_main]

#[path = "check/gmail.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| check::check(bytes));
