//! `aurelius://…` links and loopback calls: what any web site can send.
#![no_main]

use engine::oauth::callback;

libfuzzer_sys::fuzz_target!(|url: &str| {
    if let Some(answer) = callback::parse(url) {
        assert!(!answer.state.is_empty() && answer.state.len() <= url.len());
        assert!(url.starts_with(&answer.target) && !answer.target.contains('?'));
    }
    let _ = engine::sanitize::check_link("bank.example", url);
});
