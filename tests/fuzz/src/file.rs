//! A file of a mail, judged by its own bytes.
#![no_main]

#[path = "check/file.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| check::check(bytes));
