//! Remote images: what a header promises and where an address leads; and files by their own bytes.
#![no_main]

#[path = "check/image.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| check::check(bytes));
