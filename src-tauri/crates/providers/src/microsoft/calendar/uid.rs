//! UIDs that Exchange wraps ([MS-OXCICAL] 2.1.3.1.1.20.26).
//!
//! What another program invites to, Exchange keeps under an identifier of its own that has the UID inside. Taken out again, the same
//! meeting has the same UID in every calendar, and is shown once.

/// What every global object id begins with, and the mark of one that wraps a UID.
const HEAD: &str = "040000008200E00074C5B7101A82E008";
const MARK: &[u8] = b"vCal-Uid\x01\0\0\0";
/// Bytes between the two: a date, when it was made, nothing, and how long the rest is.
const BETWEEN: usize = 24;

/// The UID inside, or the identifier as it is.
pub fn plain(ical_uid: &str) -> String {
    unwrapped(ical_uid).unwrap_or_else(|| ical_uid.to_owned())
}

fn unwrapped(text: &str) -> Option<String> {
    if !text.get(..HEAD.len())?.eq_ignore_ascii_case(HEAD) || !text.len().is_multiple_of(2) {
        return None;
    }
    let byte = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    let bytes: Vec<u8> = (HEAD.len()..text.len()).step_by(2).map(byte).collect::<Option<_>>()?;
    let inner = bytes.get(BETWEEN..)?.strip_prefix(MARK)?;
    let inner = inner.strip_suffix(&[0]).unwrap_or(inner);
    let uid = std::str::from_utf8(inner).ok()?;
    (!uid.is_empty() && !uid.chars().any(char::is_control)).then(|| uid.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(inner: &[u8]) -> String {
        let tail = inner.iter().fold(String::new(), |text, b| text + &format!("{b:02X}"));
        format!("{HEAD}{}{tail}", "00".repeat(BETWEEN))
    }

    #[test]
    fn a_wrapped_uid_is_taken_out_and_others_stay() {
        let inside = [MARK, b"standup@x.example\0"].concat();
        assert_eq!(plain(&wrapped(&inside)), "standup@x.example");
        assert_eq!(plain(&wrapped(&inside).to_lowercase()), "standup@x.example");
        let own = wrapped(b"0123456789abcdef");
        for text in [
            "abc@google.com",
            "",
            "040000008200E00074C5B7101A82E008",
            &own,
            &wrapped(&[MARK, b"\xff\xfe\0"].concat()),
            &wrapped(MARK),
            &format!("{own}4"),
        ] {
            assert_eq!(plain(text), text);
        }
    }
}
