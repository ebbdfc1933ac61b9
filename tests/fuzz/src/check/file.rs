//! A file of a mail, judged by its own bytes: offsets are the sender's, so none may be believed.

pub fn check(bytes: &[u8]) {
    let risk = engine::mime::inside(bytes);
    // The same file, with bytes after its end, is no program less than before.
    if bytes.starts_with(b"\x7fELF") {
        assert_eq!(format!("{risk:?}"), "Executable");
    }
}
