//! Single header fields, and addresses that a person types: what is accepted must survive being written and read again.
#![no_main]

#[path = "check/headers.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| check::check(bytes));
