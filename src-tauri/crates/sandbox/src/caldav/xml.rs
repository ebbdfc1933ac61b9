//! The XML of WebDAV: requests to a tree, answers from text.
//!
//! A request comes from whoever can reach the port, so its size, depth and number of elements are bounded and document types are
//! refused; entities beyond the five of XML do not exist.

use quick_xml::{NsReader, escape::resolve_predefined_entity, events::Event, name::ResolveResult};

pub(super) const DAV: &str = "DAV:";
pub(super) const CALDAV: &str = "urn:ietf:params:xml:ns:caldav";
pub(super) const CALENDARSERVER: &str = "http://calendarserver.org/ns/";
pub(super) const APPLE: &str = "http://apple.com/ns/ical/";

const MAX_DEPTH: usize = 32;
const MAX_ELEMENTS: usize = 20_000;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub ns: String,
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub children: Vec<Element>,
    pub text: String,
}

impl Element {
    pub fn is(&self, ns: &str, name: &str) -> bool {
        self.ns == ns && self.name == name
    }

    pub fn child(&self, ns: &str, name: &str) -> Option<&Element> {
        self.children.iter().find(|c| c.is(ns, name))
    }

    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// The error says what is wrong with the document.
pub(super) fn parse(bytes: &[u8]) -> Result<Element, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "the body is not UTF-8".to_owned())?;
    let mut reader = NsReader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut open: Vec<Element> = Vec::new();
    let mut root: Option<Element> = None;
    let mut count = 0;
    loop {
        let (resolved, event) = reader.read_resolved_event().map_err(|e| format!("the body is no XML: {e}"))?;
        match event {
            Event::Start(tag) => {
                let ns = match resolved {
                    ResolveResult::Bound(ns) => String::from_utf8_lossy(ns.as_ref()).into_owned(),
                    ResolveResult::Unbound => String::new(),
                    ResolveResult::Unknown(prefix) => {
                        return Err(format!("the prefix {} is not declared", String::from_utf8_lossy(&prefix)));
                    }
                };
                count += 1;
                if open.len() >= MAX_DEPTH || count > MAX_ELEMENTS {
                    return Err("the body has too many elements".to_owned());
                }
                let mut element =
                    Element { ns, name: String::from_utf8_lossy(tag.local_name().as_ref()).into_owned(), ..Element::default() };
                for attribute in tag.attributes() {
                    let attribute = attribute.map_err(|e| format!("the body is no XML: {e}"))?;
                    let value = attribute.unescape_value().map_err(|e| format!("the body is no XML: {e}"))?;
                    element.attributes.push((String::from_utf8_lossy(attribute.key.as_ref()).into_owned(), value.into_owned()));
                }
                open.push(element);
            }
            Event::End(_) => {
                let element = open.pop().ok_or("an element ends that did not begin")?;
                match open.last_mut() {
                    Some(parent) => parent.children.push(element),
                    None if root.is_none() => root = Some(element),
                    None => return Err("the body has two roots".to_owned()),
                }
            }
            Event::Text(text) => add(&mut open, &text.decode().map_err(|e| e.to_string())?)?,
            Event::CData(text) => add(&mut open, &text.decode().map_err(|e| e.to_string())?)?,
            Event::GeneralRef(reference) => {
                let name = reference.decode().map_err(|e| e.to_string())?;
                let known = resolve_predefined_entity(&name).map(str::to_owned);
                let value = known.or_else(|| reference.resolve_char_ref().ok().flatten().map(String::from));
                add(&mut open, &value.ok_or_else(|| format!("the entity {name} is not declared"))?)?;
            }
            Event::DocType(_) => return Err("document types are not accepted".to_owned()),
            Event::Eof => break,
            _ => {}
        }
    }
    match (root, open.is_empty()) {
        (Some(root), true) => Ok(root),
        _ => Err("the body ends too early".to_owned()),
    }
}

fn add(open: &mut [Element], text: &str) -> Result<(), String> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err("text outside of the root element".to_owned()),
    }
    Ok(())
}

/// For text and attribute values. Characters that XML 1.0 has no place for are left out.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // A reader turns a bare CR into LF (XML 1.0 section 2.11); calendar data must keep it.
            '\r' => out.push_str("&#13;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// `<D:name>inner</D:name>` with the prefixes that [`document`] declares; other namespaces bring their own.
pub(super) fn tag(ns: &str, name: &str, inner: &str) -> String {
    let (qualified, declaration) = match ns {
        DAV => (format!("D:{name}"), String::new()),
        CALDAV => (format!("C:{name}"), String::new()),
        CALENDARSERVER => (format!("CS:{name}"), String::new()),
        APPLE => (format!("A:{name}"), String::new()),
        "" => (name.to_owned(), String::new()),
        other => (format!("X:{name}"), format!(" xmlns:X=\"{}\"", escape(other))),
    };
    if inner.is_empty() { format!("<{qualified}{declaration}/>") } else { format!("<{qualified}{declaration}>{inner}</{qualified}>") }
}

/// A whole document around `inner`, with the root in `DAV:`.
pub(super) fn document(root: &str, inner: &str) -> String {
    document_in(DAV, root, inner)
}

/// The same with the root in `DAV:` or CalDAV's namespace.
pub(super) fn document_in(ns: &str, root: &str, inner: &str) -> String {
    let prefix = if ns == CALDAV { "C" } else { "D" };
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<{prefix}:{root} xmlns:D=\"{DAV}\" xmlns:C=\"{CALDAV}\" \
         xmlns:CS=\"{CALENDARSERVER}\" xmlns:A=\"{APPLE}\">{inner}</{prefix}:{root}>"
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn names_are_resolved_whatever_the_prefix() {
        let text = "<?xml version=\"1.0\"?><propfind xmlns=\"DAV:\" xmlns:q=\"urn:ietf:params:xml:ns:caldav\"><prop><getetag/>\
                    <q:calendar-data content-type=\"a&amp;b\">x&lt;&#65;<![CDATA[<y>]]></q:calendar-data></prop></propfind>";
        let root = parse(text.as_bytes()).unwrap();
        let prop = root.child(DAV, "prop").unwrap();
        let data = prop.child(CALDAV, "calendar-data").unwrap();
        assert!(prop.child(DAV, "getetag").is_some());
        assert_eq!((data.attribute("content-type"), data.text.as_str()), (Some("a&b"), "x<A<y>"));
    }

    #[test]
    fn refuses_bombs_and_broken_documents() {
        let deep = "<a>".repeat(5000);
        let wide = format!("<a>{}</a>", "<b/>".repeat(30_000));
        for bad in [
            "",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "text",
            "<x:a/>",
            "<!DOCTYPE a [<!ENTITY b \"c\">]><a/>",
            "<a>&b;</a>",
            deep.as_str(),
            wide.as_str(),
        ] {
            assert!(parse(bad.as_bytes()).is_err(), "{}", bad.get(..40).unwrap_or(bad));
        }
    }

    #[test]
    fn carriage_returns_survive() {
        let text = "BEGIN:VCALENDAR\r\nSUMMARY:a < b & \"c\"\r\n";
        let xml = document("x", &tag(CALDAV, "calendar-data", &escape(text)));
        assert_eq!(parse(xml.as_bytes()).unwrap().children[0].text, text);
    }
}
