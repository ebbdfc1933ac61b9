//! Where things lie, and how their addresses are written.
//!
//! ```text
//! /dav/                                   context root
//! /dav/principals/{user}/                 the person
//! /dav/calendars/{user}/                  home
//! /dav/calendars/{user}/{calendar}/       calendar; also inbox/ and outbox/ while scheduling is on
//! /dav/calendars/{user}/{calendar}/{name} member
//! ```
//! The user is an e-mail address: `@` may be written as it is or as `%40` (RFC 3986 section 3.3), and servers do both.

use std::{cell::Cell, fmt::Write as _};

use serde::{Deserialize, Serialize};

/// How the server writes hrefs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HrefStyle {
    /// `@` as it is.
    #[default]
    Plain,
    /// `%40`.
    Encoded,
    /// With scheme and host.
    Absolute,
    /// One after the other.
    Mixed,
}

/// What a path names. Whether it exists is another question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Root,
    Principal,
    Home,
    Inbox,
    Outbox,
    Calendar(String),
    Member(String, String),
    /// Nothing that this server has.
    Nowhere,
}

impl Place {
    /// `path`: of a URI, percent-encoded. The names `inbox` and `outbox` are never calendars.
    pub fn of(path: &str, user: &str) -> Self {
        let Some(segments) = segments(path) else { return Self::Nowhere };
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        match segments.as_slice() {
            ["dav"] => Self::Root,
            ["dav", "principals", who] if *who == user => Self::Principal,
            ["dav", "calendars", who] if *who == user => Self::Home,
            ["dav", "calendars", who, "inbox"] if *who == user => Self::Inbox,
            ["dav", "calendars", who, "outbox"] if *who == user => Self::Outbox,
            ["dav", "calendars", who, calendar] if *who == user => Self::Calendar((*calendar).to_owned()),
            ["dav", "calendars", who, calendar, name] if *who == user && !path.ends_with('/') => {
                Self::Member((*calendar).to_owned(), (*name).to_owned())
            }
            _ => Self::Nowhere,
        }
    }
}

/// Decoded segments; None for a broken escape, an empty segment or dots.
fn segments(path: &str) -> Option<Vec<String>> {
    let inner = path.strip_prefix('/')?;
    let inner = inner.strip_suffix('/').unwrap_or(inner);
    inner.split('/').map(|s| decode(s).filter(|s| !s.is_empty() && s != "." && s != "..")).collect()
}

fn decode(segment: &str) -> Option<String> {
    let mut out = Vec::with_capacity(segment.len());
    let mut bytes = segment.bytes();
    while let Some(b) = bytes.next() {
        if b == b'%' {
            let digit = |b: Option<u8>| char::from(b?).to_digit(16);
            let (high, low) = (digit(bytes.next())?, digit(bytes.next())?);
            out.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            out.push(b);
        }
    }
    String::from_utf8(out).ok()
}

fn encode(segment: &str, at_too: bool) -> String {
    let mut out = String::with_capacity(segment.len());
    for b in segment.bytes() {
        if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~') || b == b'@' && !at_too {
            out.push(char::from(b));
        } else {
            let _ = write!(out, "%{b:02X}");
        }
    }
    out
}

/// Writes the addresses of one answer.
pub(super) struct Hrefs<'a> {
    style: HrefStyle,
    user: &'a str,
    base: &'a str,
    written: Cell<usize>,
}

impl<'a> Hrefs<'a> {
    /// `base`: `http://127.0.0.1:PORT`.
    pub const fn new(style: HrefStyle, user: &'a str, base: &'a str) -> Self {
        Self { style, user, base, written: Cell::new(0) }
    }

    pub fn of(&self, place: &Place) -> String {
        let user = self.user;
        match place {
            Place::Root | Place::Nowhere => self.write(&["dav"], true),
            Place::Principal => self.write(&["dav", "principals", user], true),
            Place::Home => self.write(&["dav", "calendars", user], true),
            Place::Inbox => self.write(&["dav", "calendars", user, "inbox"], true),
            Place::Outbox => self.write(&["dav", "calendars", user, "outbox"], true),
            Place::Calendar(calendar) => self.write(&["dav", "calendars", user, calendar], true),
            Place::Member(calendar, name) => self.write(&["dav", "calendars", user, calendar, name], false),
        }
    }

    fn write(&self, segments: &[&str], collection: bool) -> String {
        let n = self.written.get();
        self.written.set(n + 1);
        let style = match (self.style, n % 3) {
            (HrefStyle::Mixed, 0) => HrefStyle::Plain,
            (HrefStyle::Mixed, 1) => HrefStyle::Encoded,
            (HrefStyle::Mixed, _) => HrefStyle::Absolute,
            (style, _) => style,
        };
        let path: Vec<String> = segments.iter().map(|s| encode(s, style == HrefStyle::Encoded)).collect();
        let host = if style == HrefStyle::Absolute { self.base } else { "" };
        format!("{host}/{}{}", path.join("/"), if collection { "/" } else { "" })
    }

    /// The path of an href that a client sent: absolute ones must be ours.
    pub fn path_of(&self, href: &str) -> Option<String> {
        let href = href.trim();
        match href.strip_prefix(self.base) {
            Some(path) => Some(path.to_owned()),
            None => href.starts_with('/').then(|| href.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_spellings_lead_to_one_place() {
        let user = "a b@x.example";
        let place = Place::Member("work".to_owned(), "ä.ics".to_owned());
        let hrefs = Hrefs::new(HrefStyle::Mixed, user, "http://127.0.0.1:1");
        let spelt: Vec<String> = (0..3).map(|_| hrefs.of(&place)).collect();
        assert_eq!(
            spelt,
            [
                "/dav/calendars/a%20b@x.example/work/%C3%A4.ics",
                "/dav/calendars/a%20b%40x.example/work/%C3%A4.ics",
                "http://127.0.0.1:1/dav/calendars/a%20b@x.example/work/%C3%A4.ics"
            ]
        );
        for href in &spelt {
            assert_eq!(hrefs.path_of(href).map(|p| Place::of(&p, user)), Some(place.clone()));
        }
        assert_eq!(hrefs.path_of("http://elsewhere.example/dav/"), None);
        for bad in ["/dav/calendars/a%2/", "/dav//", "/dav/calendars/other/", "/dav/calendars/a%20b@x.example/work/../x", "dav"] {
            assert_eq!(Place::of(bad, user), Place::Nowhere, "{bad}");
        }
    }
}
