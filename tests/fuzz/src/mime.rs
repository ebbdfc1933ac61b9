//! A whole message, as the synchronisation, the reader and a reply read it.
#![no_main]

#[path = "check/mime.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| check::check(bytes));
