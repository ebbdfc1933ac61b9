//! What has to be known of a calendar's text without reading it: whose it is, what zone it names, and whether two texts are the same.

use reqwest::header::{ETAG, HeaderMap};

/// The UID of the first event, task or journal entry (RFC 5545 section 3.8.4.7). That of the calendar itself (RFC 7986 section 5.3) is
/// another.
pub fn uid(text: &str) -> Option<String> {
    let mut open: Vec<String> = Vec::new();
    for line in unfolded(text) {
        let Some((name, value)) = property(&line) else { continue };
        match name.as_str() {
            "BEGIN" => open.push(value.to_ascii_uppercase()),
            "END" => {
                open.pop();
            }
            "UID" if matches!(open.as_slice(), [_, component] if component != "VTIMEZONE") => return Some(value.to_owned()),
            _ => {}
        }
    }
    None
}

/// The first TZID that a VTIMEZONE gives itself.
pub fn tzid(text: &str) -> Option<String> {
    unfolded(text).find_map(|line| property(&line).filter(|(name, _)| name == "TZID").map(|(_, value)| value.to_owned()))
}

/// Whether this can be a calendar at all.
pub fn is_calendar(text: &str) -> bool {
    let first = text.trim_start_matches('\u{feff}').lines().map(str::trim).find(|line| !line.is_empty());
    first.is_some_and(|line| line.eq_ignore_ascii_case("BEGIN:VCALENDAR"))
}

/// Line ends and the white space around are the transport's, not the text's.
pub fn same(one: &str, other: &str) -> bool {
    let lines = |text: &str| text.trim().replace("\r\n", "\n").replace('\r', "\n");
    lines(one) == lines(other)
}

/// Lines as they were before they were folded (RFC 5545 section 3.1).
fn unfolded(text: &str) -> impl Iterator<Item = String> {
    let mut lines = text.split('\n').map(|line| line.trim_end_matches('\r')).peekable();
    std::iter::from_fn(move || {
        let mut line = lines.next()?.to_owned();
        while let Some(rest) = lines.peek().and_then(|next| next.strip_prefix([' ', '\t'])) {
            line.push_str(rest);
            lines.next();
        }
        Some(line)
    })
}

/// Name in capitals, and value. Parameters are passed over; a colon inside quotes does not end them.
fn property(line: &str) -> Option<(String, &str)> {
    let mut quoted = false;
    let colon = line.find(|c| {
        if c == '"' {
            quoted = !quoted;
        }
        c == ':' && !quoted
    })?;
    let (head, value) = line.split_at_checked(colon)?;
    Some((head.split(';').next()?.trim().to_ascii_uppercase(), value.strip_prefix(':')?.trim()))
}

/// An entity tag in the one spelling (RFC 9110 section 8.8.3): some servers leave the quotes out in XML and write them in the header.
pub fn etag(raw: &str) -> String {
    let raw = raw.trim();
    let opaque = raw.strip_prefix("W/").unwrap_or(raw);
    if raw.is_empty() || (opaque.len() >= 2 && opaque.starts_with('"') && opaque.ends_with('"')) {
        return raw.to_owned();
    }
    format!("\"{}\"", raw.trim_matches('"'))
}

/// Of a reply; empty where it has none.
pub fn etag_of(headers: &HeaderMap) -> String {
    headers.get(ETAG).and_then(|v| v.to_str().ok()).map(etag).unwrap_or_default()
}

/// Whether it can stand in `If-Match`, which compares strongly (RFC 9110 section 13.1.1).
pub fn is_strong(etag: &str) -> bool {
    etag.starts_with('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_uid_is_that_of_the_event() {
        let text = "BEGIN:VCALENDAR\r\nUID:calendar\r\nBEGIN:VTIMEZONE\r\nTZID:Europe/Zurich\r\nUID:zone\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\n\
                    BEGIN:VALARM\r\nUID:alarm\r\nEND:VALARM\r\nUID;X-A=\"b:c\":long-\r\n name@x.test\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        assert_eq!(uid(text).as_deref(), Some("long-name@x.test"));
        assert_eq!(tzid(text).as_deref(), Some("Europe/Zurich"));
        assert_eq!(uid("BEGIN:VCALENDAR\nEND:VCALENDAR"), None);
        assert_eq!(uid(""), None);
        assert_eq!(uid("BEGIN:VCALENDAR\nBEGIN:VTODO\nuid:a\nEND:VTODO\nEND:VCALENDAR").as_deref(), Some("a"));
    }

    #[test]
    fn line_ends_make_no_difference_and_everything_else_does() {
        assert!(same("A\r\nB\r\n", "A\nB") && same("A\rB", "A\nB"));
        assert!(!same("A\n B", "A\nB") && !same("a", "A"));
        assert!(is_calendar("\u{feff}BEGIN:VCALENDAR\r\nEND:VCALENDAR") && is_calendar("\n  begin:vcalendar\n"));
        assert!(!is_calendar("<html>\nBEGIN:VCALENDAR\n</html>") && !is_calendar(""));
    }

    #[test]
    fn entity_tags_have_their_quotes() {
        for (raw, spelled, strong) in [
            ("\"a\"", "\"a\"", true),
            (" a ", "\"a\"", true),
            ("W/\"a\"", "W/\"a\"", false),
            ("", "", false),
            ("\"", "\"\"", true),
            ("\"a", "\"a\"", true),
        ] {
            assert_eq!((etag(raw).as_str(), is_strong(&etag(raw))), (spelled, strong), "{raw:?}");
        }
    }
}
