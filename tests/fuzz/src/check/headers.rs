//! Single header fields, and addresses that a person types: what is accepted must survive being written and read again.

use engine::mime::{self, Limits, address};

pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let one_line = text.replace(['\r', '\n'], " ");
    let raw = format!(
        "From: {one_line}\r\nSubject: {one_line}\r\nReferences: {one_line}\r\nDate: {one_line}\r\nContent-Type: {one_line}\r\n\r\nx"
    );
    let mail = mime::parse(raw.as_bytes(), &Limits::default());
    assert!(!mail.subject.contains(['\r', '\n', '\0']));
    if let Ok(list) = address::parse_list(text) {
        for one in list {
            assert!(!one.shown().contains(['\r', '\n']), "header injection");
            // RFC 5321 section 4.1.2: only a quoted local part may hold what would end the address.
            let email = one.email();
            assert!(email.starts_with('"') || !email.contains([' ', '<', '>', ',', ';']), "{email:?}");
            assert!(!email.contains(['\r', '\n']));
            assert!(address::Addressee::parse(&one.email()).is_ok(), "{:?} is not read again", one.email());
        }
    }
}
