//! `config.toml` of a home and the environment beside it.
#![no_main]

#[path = "check/config.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| check::check(bytes));
