//! What sign-in servers answer: tokens, claims, refusals, discovery documents.
#![no_main]

#[path = "check/sign_in.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| check::check(bytes));
