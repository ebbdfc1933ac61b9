//! A configuration document from the network: no server in this machine or network may come out, and none without TLS.
#![no_main]

#[path = "check/autoconfig.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| check::check(bytes));
