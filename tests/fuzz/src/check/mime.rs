//! A whole message, as the synchronisation, the reader and a reply read it.

use engine::mime::{self, Limits};

pub fn check(raw: &[u8]) {
    let mail = mime::parse(raw, &Limits::default());
    // The bounds that `domain::mail::ParsedMail` promises to the store.
    assert!(mail.subject.len() <= 2 * 1024 && mail.text.len() <= 1024 * 1024);
    assert!(mail.snippet.chars().count() <= 200);
    assert!(mail.from.iter().chain(&mail.to).chain(&mail.cc).all(|a| !a.email.is_empty()));
    for file in &mail.attachments {
        let part = mime::part(raw, file.part).expect("an attachment that was listed");
        assert_eq!(part.bytes.len() as u64, file.size);
    }
    let _ = mime::bodies(raw);
    let _ = mime::source(raw, 4_000);
}
