//! The byte stream of an IMAP server, cut anywhere: framing and every response must give the same whatever the slices are.
#![no_main]

#[path = "check/imap.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| check::check(bytes));
