//! `aurelius://…` links and loopback calls: what any web site can send.
#![no_main]

#[path = "check/deep_link.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| check::check(bytes));
