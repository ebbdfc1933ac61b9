//! `aurelius://…` links and loopback calls: what any web site can send.

use engine::oauth::callback;

const PATH: &str = "/cb/google";
const PORT: u16 = 49_152;

/// Whatever the listener takes for its answer is a GET of its path, sent to its own name, with a state.
fn call(head: &str) {
    let Ok((query, state)) = engine::fuzz::loopback(head, PATH, PORT) else { return };
    assert!(!state.is_empty());
    let first = head.lines().next().unwrap_or_default();
    assert!(first.starts_with(&format!("GET {PATH}?")), "{head:?}");
    let ours = ["127.0.0.1", "[::1]", "localhost"].map(|host| format!("{host}:{PORT}"));
    let hosts: Vec<&str> = head
        .lines()
        .skip(1)
        .filter_map(|l| l.split_once(':'))
        .filter(|(k, _)| k.eq_ignore_ascii_case("host"))
        .map(|(_, v)| v.trim())
        .collect();
    assert!(!hosts.is_empty() && hosts.iter().all(|h| ours.iter().any(|o| o.eq_ignore_ascii_case(h))), "{head:?}");
    assert!(!query.contains([' ', '\r', '\n']), "{head:?}");
    // What is handed on is read as the same state by the next reader, or refused there.
    if let Some(answer) = callback::parse(&format!("http://127.0.0.1:{PORT}{PATH}?{query}")) {
        assert_eq!(answer.state, state, "two readers of {query:?}");
        assert_eq!(answer.target, format!("http://127.0.0.1:{PORT}{PATH}"));
    }
}

pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Some(answer) = callback::parse(text) {
        assert!(!answer.state.is_empty() && answer.state.len() <= text.len());
        assert!(text.starts_with(&answer.target) && !answer.target.contains('?'));
    }
    let _ = engine::sanitize::check_link("bank.example", text);
    call(text);
    // The same text as the query of an otherwise right request.
    call(&format!("GET {PATH}?{} HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\n\r\n", text.split([' ', '\r', '\n']).next().unwrap_or_default()));
}
