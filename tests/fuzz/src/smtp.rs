//! Replies of an SMTP server, in any slices.
#![no_main]

#[path = "check/smtp.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| check::check(bytes));
