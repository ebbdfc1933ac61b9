//! Hostile HTML: what comes out is checked by a reader of its own, not by the cleaner.
#![no_main]

#[path = "check/html.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| check::check(bytes));
