//! Replies of WebDAV (RFC 4918 section 14), read from whatever the other side sends.
//!
//! A reply is read response by response, and each as a small tree that is given up once its properties are taken. Namespaces are resolved,
//! entities other than XML's own five are refused with the document type that would declare them, and depth, names in scope, nodes of a
//! response and number of responses are bounded, so that no reply costs much more than its own bytes.

use quick_xml::{
    NsReader,
    events::{BytesRef, BytesStart, Event},
    name::{Namespace, ResolveResult},
};

const DAV: &[u8] = b"DAV:";
const CALDAV: &[u8] = b"urn:ietf:params:xml:ns:caldav";
const CALENDAR_SERVER: &[u8] = b"http://calendarserver.org/ns/";
const APPLE: &[u8] = b"http://apple.com/ns/ical/";

/// The deepest that is asked for is nine: multistatus, response, propstat, prop, and a report inside its two sets.
const MAX_DEPTH: usize = 32;
/// Namespace declarations in scope: every name is looked up among them.
const MAX_SCOPE: usize = 160;
/// Elements of one response. Privileges and reports of a calendar are some dozens.
const MAX_NODES: usize = 4000;
/// Members of one calendar.
pub const MAX_RESPONSES: usize = 200_000;

/// Whose name it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ns {
    Dav,
    CalDav,
    CalendarServer,
    Apple,
    Other,
}

/// Why a document can't be used; fit for the details of an error, without content of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    #[error("the reply is not UTF-8")]
    NotUtf8,
    #[error("the reply is not well-formed XML")]
    Malformed,
    #[error("the reply declares a document type or entities of its own")]
    Entities,
    #[error("the reply is nested or named without measure")]
    Measure,
    #[error("the reply ends in the middle")]
    Cut,
    #[error("the reply is not a multistatus")]
    NotMultistatus,
    #[error("the reply is not a schedule response")]
    NotScheduleResponse,
}

/// An element. `text` is what stands in it directly.
#[derive(Clone, Debug)]
pub struct Node {
    pub ns: Ns,
    pub name: String,
    /// Its `name` attribute (RFC 4791 section 9.6.1 has one).
    pub label: Option<String>,
    pub text: String,
    pub children: Vec<Node>,
}

impl Node {
    pub fn is(&self, ns: Ns, name: &str) -> bool {
        self.ns == ns && self.name == name
    }
    pub fn child(&self, ns: Ns, name: &str) -> Option<&Self> {
        self.children.iter().find(|c| c.is(ns, name))
    }
    /// The hrefs right below.
    pub fn hrefs(&self) -> impl Iterator<Item = &str> {
        self.children.iter().filter(|c| c.is(Ns::Dav, "href")).map(|c| c.text.trim())
    }
    /// Whether such an element is anywhere below.
    pub fn holds(&self, ns: Ns, name: &str) -> bool {
        self.children.iter().any(|c| c.is(ns, name) || c.holds(ns, name))
    }
}

/// What is said of one resource (RFC 4918 section 14.24).
#[derive(Clone, Debug, Default)]
pub struct Response {
    pub href: String,
    /// Of the resource as a whole.
    pub status: Option<u16>,
    /// Properties with a status of success.
    pub props: Vec<Node>,
    /// Some of the properties do not exist.
    pub lacks: bool,
}

impl Response {
    pub fn prop(&self, ns: Ns, name: &str) -> Option<&Node> {
        self.props.iter().find(|p| p.is(ns, name))
    }
    /// The text of a property; None where it is absent or empty.
    pub fn text(&self, ns: Ns, name: &str) -> Option<&str> {
        self.prop(ns, name).map(|p| p.text.trim()).filter(|t| !t.is_empty())
    }
    pub fn is_collection(&self) -> bool {
        self.prop(Ns::Dav, "resourcetype").is_some_and(|t| t.child(Ns::Dav, "collection").is_some())
    }
}

#[derive(Clone, Debug, Default)]
pub struct Multistatus {
    pub responses: Vec<Response>,
    /// RFC 6578 section 6.4.
    pub sync_token: Option<String>,
}

/// Reads a multistatus with at most `most` responses.
pub fn multistatus(body: &[u8], most: usize) -> Result<Multistatus, XmlError> {
    let mut out = Multistatus::default();
    let mut reader = Reading::of(body)?;
    if !reader.root()?.is(Ns::Dav, "multistatus") {
        return Err(XmlError::NotMultistatus);
    }
    while let Some(node) = reader.next_child()? {
        if node.is(Ns::Dav, "response") {
            if out.responses.len() == most {
                return Err(XmlError::Measure);
            }
            out.responses.push(response(node));
        } else if node.is(Ns::Dav, "sync-token") {
            out.sync_token = Some(node.text.trim().to_owned()).filter(|t| !t.is_empty());
        }
    }
    Ok(out)
}

/// What is said of each recipient of a message to a schedule outbox (RFC 6638 section 10.2), as elements; at most `most` of them.
pub fn schedule_responses(body: &[u8], most: usize) -> Result<Vec<Node>, XmlError> {
    let mut reader = Reading::of(body)?;
    if !reader.root()?.is(Ns::CalDav, "schedule-response") {
        return Err(XmlError::NotScheduleResponse);
    }
    let mut out = Vec::new();
    while let Some(node) = reader.next_child()? {
        if node.is(Ns::CalDav, "response") {
            if out.len() == most {
                return Err(XmlError::Measure);
            }
            out.push(node);
        }
    }
    Ok(out)
}

/// The preconditions that an error body names (RFC 4918 section 16), as (whose, name). Empty for anything else: many servers answer in
/// HTML.
pub fn conditions(body: &[u8]) -> Vec<(Ns, String)> {
    let read = || -> Result<Vec<(Ns, String)>, XmlError> {
        let mut reader = Reading::of(body)?;
        if !reader.root()?.is(Ns::Dav, "error") {
            return Err(XmlError::NotMultistatus);
        }
        let mut out = Vec::new();
        while let Some(node) = reader.next_child()? {
            if out.len() < 32 {
                out.push((node.ns, node.name));
            }
        }
        Ok(out)
    };
    read().unwrap_or_default()
}

fn response(node: Node) -> Response {
    let mut out = Response::default();
    for child in node.children {
        match (child.ns, child.name.as_str()) {
            (Ns::Dav, "href") if out.href.is_empty() => child.text.trim().clone_into(&mut out.href),
            (Ns::Dav, "status") => out.status = status(&child.text),
            (Ns::Dav, "propstat") => {
                let code = child.child(Ns::Dav, "status").and_then(|s| status(&s.text));
                // One that says nothing is one that is well: some servers leave it out.
                out.lacks |= code == Some(404);
                if code.is_none_or(|code| (200..300).contains(&code)) {
                    for part in child.children.into_iter().filter(|c| c.is(Ns::Dav, "prop")) {
                        out.props.extend(part.children);
                    }
                }
            }
            _ => {}
        }
    }
    out
}

/// The code of `HTTP/1.1 404 Not Found`.
fn status(line: &str) -> Option<u16> {
    line.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// A document whose root is open.
struct Reading<'a> {
    reader: NsReader<&'a [u8]>,
    /// Namespaces that each open element declares.
    scope: Vec<usize>,
    done: bool,
}

/// What the markup means once entities and namespaces are settled.
enum Step {
    Open(Node),
    Empty(Node),
    Close,
    Text(String),
    End,
}

impl<'a> Reading<'a> {
    fn of(body: &'a [u8]) -> Result<Self, XmlError> {
        let text = std::str::from_utf8(body).map_err(|_| XmlError::NotUtf8)?;
        Ok(Self { reader: NsReader::from_str(text.trim_start_matches('\u{feff}')), scope: Vec::new(), done: false })
    }

    fn root(&mut self) -> Result<Node, XmlError> {
        loop {
            match self.step()? {
                Step::Open(node) => return Ok(node),
                Step::Empty(node) => {
                    self.done = true;
                    return Ok(node);
                }
                Step::Text(text) if text.trim().is_empty() => {}
                Step::Text(_) | Step::Close => return Err(XmlError::Malformed),
                Step::End => return Err(XmlError::Cut),
            }
        }
    }

    /// The next element right below the root, whole. None once the root is closed.
    fn next_child(&mut self) -> Result<Option<Node>, XmlError> {
        if self.done {
            return Ok(None);
        }
        let mut open: Vec<Node> = Vec::new();
        let mut nodes = 0;
        loop {
            let finished = match self.step()? {
                Step::Open(node) => {
                    open.push(node);
                    None
                }
                Step::Empty(node) => Some(node),
                Step::Close => match open.pop() {
                    Some(node) => Some(node),
                    None => {
                        self.done = true;
                        return Ok(None);
                    }
                },
                Step::Text(text) => {
                    if let Some(node) = open.last_mut() {
                        node.text.push_str(&text);
                    }
                    None
                }
                Step::End => return Err(XmlError::Cut),
            };
            if let Some(node) = finished {
                nodes += 1;
                if nodes > MAX_NODES {
                    return Err(XmlError::Measure);
                }
                match open.last_mut() {
                    Some(parent) => parent.children.push(node),
                    None => return Ok(Some(node)),
                }
            }
        }
    }

    fn step(&mut self) -> Result<Step, XmlError> {
        loop {
            let step = match self.reader.read_event().map_err(|_| XmlError::Malformed)? {
                Event::Start(tag) => {
                    self.enter(&tag)?;
                    Step::Open(self.node(&tag))
                }
                Event::Empty(tag) => {
                    self.enter(&tag)?;
                    let node = self.node(&tag);
                    self.scope.pop();
                    Step::Empty(node)
                }
                Event::End(_) => {
                    self.scope.pop();
                    Step::Close
                }
                // Line ends stay as they are: what was put into a calendar comes back out of it.
                Event::Text(text) => Step::Text(text.decode().map_err(|_| XmlError::NotUtf8)?.into_owned()),
                Event::CData(text) => Step::Text(text.decode().map_err(|_| XmlError::NotUtf8)?.into_owned()),
                Event::GeneralRef(reference) => Step::Text(character(&reference)?.to_string()),
                Event::DocType(_) => return Err(XmlError::Entities),
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => continue,
                Event::Eof => Step::End,
            };
            return Ok(step);
        }
    }

    fn enter(&mut self, tag: &BytesStart<'_>) -> Result<(), XmlError> {
        let declared = tag.attributes_raw().windows(5).filter(|w| *w == b"xmlns").count();
        self.scope.push(declared);
        if self.scope.len() > MAX_DEPTH || self.scope.iter().sum::<usize>() > MAX_SCOPE {
            return Err(XmlError::Measure);
        }
        Ok(())
    }

    fn node(&self, tag: &BytesStart<'_>) -> Node {
        let (found, name) = self.reader.resolve_element(tag.name());
        let ns = match found {
            ResolveResult::Bound(Namespace(DAV)) => Ns::Dav,
            ResolveResult::Bound(Namespace(CALDAV)) => Ns::CalDav,
            ResolveResult::Bound(Namespace(CALENDAR_SERVER)) => Ns::CalendarServer,
            ResolveResult::Bound(Namespace(APPLE)) => Ns::Apple,
            _ => Ns::Other,
        };
        // Without the check for doubles, which takes the square of their number.
        let label = tag.attributes().with_checks(false).flatten().find(|a| a.key.as_ref() == b"name");
        let label = label.map(|a| String::from_utf8_lossy(&a.value).into_owned());
        Node { ns, name: String::from_utf8_lossy(name.as_ref()).into_owned(), label, text: String::new(), children: Vec::new() }
    }
}

/// XML's own five, or a character by number.
fn character(reference: &BytesRef<'_>) -> Result<char, XmlError> {
    if let Some(found) = reference.resolve_char_ref().map_err(|_| XmlError::Malformed)? {
        return Ok(found);
    }
    match reference.decode().map_err(|_| XmlError::NotUtf8)?.as_ref() {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => Err(XmlError::Entities),
    }
}

/// Text as it stands inside an element.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    const SAMPLE: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<!-- a server -->
<D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">
 <D:response><D:href>/a&amp;b.ics</D:href>
  <D:propstat><D:prop><D:getetag>&quot;e7&#34;</D:getetag><C:calendar-data>BEGIN:X&#13;
<![CDATA[A<B&C]]>
</C:calendar-data></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>
  <D:propstat><D:prop><D:displayname>no</D:displayname></D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat>
 </D:response>
 <response xmlns="DAV:"><href>/gone.ics</href><status>HTTP/1.1 404 Not Found</status></response>
 <x:response xmlns:x="urn:other"><D:href>/not-ours</D:href></x:response>
 <D:response><D:href>/c/</D:href><D:propstat><D:prop><D:resourcetype><D:collection/></D:resourcetype></D:prop></D:propstat></D:response>
 <D:sync-token> t42 </D:sync-token>
</D:multistatus>"#;

    #[test]
    fn takes_what_is_said_with_success_and_keeps_text_as_it_is() {
        let found = multistatus(SAMPLE.as_bytes(), 10).unwrap();
        assert_eq!(found.responses.iter().map(|r| r.href.as_str()).collect::<Vec<_>>(), ["/a&b.ics", "/gone.ics", "/c/"]);
        let first = &found.responses[0];
        assert_eq!((first.text(Ns::Dav, "getetag"), first.status), (Some("\"e7\""), None));
        assert_eq!(first.prop(Ns::CalDav, "calendar-data").unwrap().text, "BEGIN:X\r\nA<B&C\n");
        assert!(first.prop(Ns::Dav, "displayname").is_none(), "its status is 404");
        assert_eq!(found.responses[1].status, Some(404));
        assert!(found.responses[2].is_collection() && !first.is_collection());
        assert_eq!(found.sync_token.as_deref(), Some("t42"));
        assert_eq!(multistatus(SAMPLE.as_bytes(), 2).unwrap_err(), XmlError::Measure);
        assert!(multistatus(b"<multistatus xmlns='DAV:'/>", 1).unwrap().responses.is_empty());
    }

    #[test]
    fn prefixes_mean_nothing_and_namespaces_everything() {
        let swapped = r#"<C:multistatus xmlns:C="DAV:" xmlns:D="urn:ietf:params:xml:ns:caldav"><C:response><C:href>/x</C:href><C:propstat><C:prop>
            <D:calendar-data>y</D:calendar-data><calendar-data>no</calendar-data></C:prop></C:propstat></C:response></C:multistatus>"#;
        let found = multistatus(swapped.as_bytes(), 10).unwrap();
        assert_eq!(found.responses[0].text(Ns::CalDav, "calendar-data"), Some("y"));
        assert_eq!(found.responses[0].props.len(), 2);
        assert_eq!(multistatus(b"<multistatus/>", 1).unwrap_err(), XmlError::NotMultistatus, "of no namespace");
    }

    #[test]
    fn error_bodies_name_their_preconditions_and_pages_name_none() {
        let body =
            br#"<?xml version="1.0"?><d:error xmlns:d="DAV:" xmlns:cal="urn:ietf:params:xml:ns:caldav" xmlns:s="http://sabredav.org/ns">
            <s:exception>X</s:exception><cal:no-uid-conflict><d:href>/x</d:href></cal:no-uid-conflict><d:valid-sync-token/></d:error>"#;
        let named = conditions(body);
        assert!(named.contains(&(Ns::CalDav, "no-uid-conflict".into())) && named.contains(&(Ns::Dav, "valid-sync-token".into())));
        for other in [&b""[..], b"<html><body>Forbidden</body></html>", b"<D:multistatus xmlns:D='DAV:'/>", b"\xff\xfe", b"busy"] {
            assert!(conditions(other).is_empty());
        }
    }

    #[test]
    fn bombs_are_refused_before_they_cost_anything() {
        let bomb = r#"<!DOCTYPE m [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><multistatus xmlns="DAV:"><response><href>&b;</href></response></multistatus>"#;
        assert_eq!(multistatus(bomb.as_bytes(), 10).unwrap_err(), XmlError::Entities);
        assert_eq!(
            multistatus(b"<multistatus xmlns='DAV:'><response><href>&xxe;</href></response></multistatus>", 10).unwrap_err(),
            XmlError::Entities
        );
        assert_eq!(multistatus(b"<!DOCTYPE m [<!ENTITY a 'b'>]><multistatus xmlns='DAV:'/>", 10).unwrap_err(), XmlError::Entities);
        let deep = format!("<multistatus xmlns='DAV:'>{}", "<response>".repeat(100_000));
        assert_eq!(multistatus(deep.as_bytes(), 10).unwrap_err(), XmlError::Measure);
        let wide = format!("<multistatus xmlns='DAV:'><response>{}</response></multistatus>", "<a/>".repeat(MAX_NODES + 1));
        assert_eq!(multistatus(wide.as_bytes(), 10).unwrap_err(), XmlError::Measure);
        let names = (0..=MAX_SCOPE).map(|n| format!(" xmlns:n{n}='u{n}'")).collect::<Vec<_>>().concat();
        assert_eq!(multistatus(format!("<multistatus xmlns='DAV:'{names}/>").as_bytes(), 10).unwrap_err(), XmlError::Measure);
    }

    #[test]
    fn any_cut_is_an_error_and_any_change_comes_back() {
        let closed = SAMPLE.len();
        for at in 0..closed {
            assert!(multistatus(&SAMPLE.as_bytes()[..at], 10).is_err(), "cut at {at}");
            let mut bytes = SAMPLE.as_bytes().to_vec();
            bytes[at] ^= 0x5a;
            let _ = multistatus(&bytes, 10);
            let _ = conditions(&bytes);
        }
    }
}
