//! Refusals in WebDAV's shape: a status and, where the RFCs name one, the precondition that failed (RFC 4918 section 16).

use super::xml::{self, CALDAV, DAV};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DavError {
    pub status: u16,
    /// XML of the failed precondition; empty for none.
    condition: String,
    /// For the person who reads the test's output.
    message: String,
}

impl DavError {
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, condition: String::new(), message: message.into() }
    }

    /// 403 with a precondition of `DAV:`.
    pub fn dav(condition: &str, message: impl Into<String>) -> Self {
        Self { status: 403, condition: xml::tag(DAV, condition, ""), message: message.into() }
    }

    /// 403 with a precondition of CalDAV.
    pub fn caldav(condition: &str, message: impl Into<String>) -> Self {
        Self { status: 403, condition: xml::tag(CALDAV, condition, ""), message: message.into() }
    }

    /// RFC 4791 section 5.3.2.1: says which resource has the UID.
    pub fn uid_conflict(status: u16, href: &str) -> Self {
        let href = xml::tag(DAV, "href", &xml::escape(href));
        Self { status, condition: xml::tag(CALDAV, "no-uid-conflict", &href), message: "another resource has this UID".to_owned() }
    }

    /// RFC 3744 section 7.1.1.
    pub fn read_only(href: &str, privilege: &str) -> Self {
        let inner = [xml::tag(DAV, "href", &xml::escape(href)), xml::tag(DAV, "privilege", &xml::tag(DAV, privilege, ""))];
        let resource = xml::tag(DAV, "resource", &inner.concat());
        Self { status: 403, condition: xml::tag(DAV, "need-privileges", &resource), message: "the calendar is read-only".to_owned() }
    }

    pub fn not_found() -> Self {
        Self::new(404, "there is nothing at this address")
    }

    pub fn bad(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    /// The name of the precondition with its prefix, and the message; for callers that are no HTTP.
    pub fn text(&self) -> String {
        let name = self.condition.trim_start_matches('<').split(['/', '>', ' ']).next().unwrap_or_default();
        if name.is_empty() { self.message.clone() } else { format!("{name}: {}", self.message) }
    }

    /// The document; None where a bare status says all.
    pub fn body(&self) -> Option<String> {
        // The description is an element of its own namespace: clients must ignore what they do not know.
        let said = xml::tag("http://sandbox.example/ns/", "message", &xml::escape(&self.message));
        (!self.condition.is_empty()).then(|| xml::document("error", &format!("{}{said}", self.condition)))
    }

    pub fn message(&self) -> &str {
        &self.message
    }
}
