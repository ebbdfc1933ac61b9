//! What a person types into the search field, through parser, planner and the real index.
#![no_main]

#[path = "check/search.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| check::check(bytes));
