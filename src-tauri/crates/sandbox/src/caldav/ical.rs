//! iCalendar text as a tree, as far as a server must look into it (RFC 5545 section 3).
//!
//! The sandbox may not lean on the program's own reader: a mistake shared by both sides would pass every test. This one is strict
//! where servers are strict and knows no component by name; what an object must hold is the matter of `rules`.

use std::fmt::Write as _;

/// Deeper than VCALENDAR, VEVENT, VALARM and a few of RFC 9073: a bomb.
const MAX_DEPTH: usize = 8;

/// One content line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Property {
    /// In capitals.
    pub name: String,
    /// Names in capitals, values without their quotes.
    pub params: Vec<(String, Vec<String>)>,
    /// As written: no escape is undone.
    pub value: String,
}

impl Property {
    /// The first value of a parameter.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(n, _)| n == name).and_then(|(_, values)| values.first()).map(String::as_str)
    }

    pub fn set_param(&mut self, name: &str, value: &str) {
        self.params.retain(|(n, _)| n != name);
        self.params.push((name.to_owned(), vec![value.to_owned()]));
    }

    /// The address of a `mailto:` value in lower case; None for another kind of address.
    pub fn mailto(&self) -> Option<String> {
        let (scheme, rest) = self.value.split_once(':')?;
        scheme.eq_ignore_ascii_case("mailto").then(|| rest.to_ascii_lowercase())
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Component {
    pub name: String,
    pub properties: Vec<Property>,
    pub components: Vec<Component>,
}

impl Component {
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Property> {
        self.properties.iter().filter(move |p| p.name == name)
    }

    pub fn get(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|p| p.name == name)
    }

    pub fn value(&self, name: &str) -> Option<&str> {
        self.get(name).map(|p| p.value.as_str())
    }

    /// Replaces the property or adds it at the end.
    pub fn set(&mut self, name: &str, value: &str) {
        match self.properties.iter_mut().find(|p| p.name == name) {
            Some(property) => value.clone_into(&mut property.value),
            None => self.properties.push(Property { name: name.to_owned(), params: Vec::new(), value: value.to_owned() }),
        }
    }

    /// What the object is about: everything but the zones.
    pub fn entries(&self) -> impl Iterator<Item = &Component> {
        self.components.iter().filter(|c| c.name != "VTIMEZONE")
    }

    pub fn entries_mut(&mut self) -> impl Iterator<Item = &mut Component> {
        self.components.iter_mut().filter(|c| c.name != "VTIMEZONE")
    }

    /// Text with lines of at most 75 octets (RFC 5545 section 3.1).
    pub fn write(&self) -> String {
        let mut out = String::new();
        self.write_to(&mut out);
        out
    }

    fn write_to(&self, out: &mut String) {
        let _ = write!(out, "BEGIN:{}\r\n", self.name);
        for property in &self.properties {
            let mut line = property.name.clone();
            for (name, values) in &property.params {
                let values: Vec<String> = values.iter().map(|v| quoted(v)).collect();
                let _ = write!(line, ";{name}={}", values.join(","));
            }
            let _ = write!(line, ":{}", property.value);
            fold(&line, out);
        }
        for component in &self.components {
            component.write_to(out);
        }
        let _ = write!(out, "END:{}\r\n", self.name);
    }
}

fn quoted(value: &str) -> String {
    if value.contains([':', ';', ',']) { format!("\"{value}\"") } else { value.to_owned() }
}

/// Adds the line with its CRLF; a fold never parts a code point.
pub(crate) fn fold(line: &str, out: &mut String) {
    let mut length = 0;
    for c in line.chars() {
        if length + c.len_utf8() > 75 {
            out.push_str("\r\n ");
            length = 1;
        }
        out.push(c);
        length += c.len_utf8();
    }
    out.push_str("\r\n");
}

/// One object. The error says what is wrong and in which unfolded line.
pub(crate) fn parse(bytes: &[u8]) -> Result<Component, String> {
    let unfolded = unfold(bytes);
    let text = String::from_utf8(unfolded).map_err(|_| "the text is not UTF-8".to_owned())?;
    let text = text.strip_suffix("\r\n").ok_or("the last line does not end with CRLF")?;
    let mut open: Vec<Component> = Vec::new();
    let mut done: Option<Component> = None;
    for (at, line) in text.split("\r\n").enumerate() {
        let wrong = |why: &str| format!("line {}: {why}", at + 1);
        if done.is_some() {
            return Err(wrong("text after the end of VCALENDAR"));
        }
        if line.contains(['\r', '\n']) {
            return Err(wrong("a line break that is not CRLF"));
        }
        let property = content_line(line).map_err(|why| wrong(&why))?;
        match property.name.as_str() {
            "BEGIN" => {
                if open.len() >= MAX_DEPTH {
                    return Err(wrong("too many components in each other"));
                }
                open.push(Component { name: property.value.to_ascii_uppercase(), ..Component::default() });
            }
            "END" => {
                let component = open.pop().ok_or_else(|| wrong("END without BEGIN"))?;
                if !component.name.eq_ignore_ascii_case(&property.value) {
                    return Err(wrong(&format!("END:{} where END:{} is due", property.value, component.name)));
                }
                match open.last_mut() {
                    Some(parent) => parent.components.push(component),
                    None => done = Some(component),
                }
            }
            _ => open.last_mut().ok_or_else(|| wrong("a property outside of any component"))?.properties.push(property),
        }
    }
    match (done, open.last()) {
        (_, Some(component)) => Err(format!("END:{} is missing", component.name)),
        (Some(component), None) => Ok(component),
        (None, None) => Err("there is no component".to_owned()),
    }
}

/// On octets: a fold may part a code point (RFC 5545 section 3.1).
fn unfold(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&first, tail)) = rest.split_first() {
        if let [b'\r', b'\n', b' ' | b'\t', after @ ..] = rest {
            rest = after;
        } else {
            out.push(first);
            rest = tail;
        }
    }
    out
}

fn content_line(line: &str) -> Result<Property, String> {
    if line.chars().any(|c| c.is_control() && c != '\t') {
        return Err("a control character".to_owned());
    }
    let end = line.find([':', ';']).ok_or("no colon")?;
    let (name, mut rest) = line.split_at_checked(end).ok_or("no colon")?;
    if !token(name) {
        return Err(format!("{name:?} is no property name"));
    }
    let mut params = Vec::new();
    while let Some(after) = rest.strip_prefix(';') {
        let (key, after) = after.split_once('=').ok_or("a parameter without a value")?;
        if !token(key) {
            return Err(format!("{key:?} is no parameter name"));
        }
        let mut values = Vec::new();
        rest = after;
        loop {
            let (value, after) = param_value(rest)?;
            values.push(value.to_owned());
            match after.strip_prefix(',') {
                Some(more) => rest = more,
                None => {
                    rest = after;
                    break;
                }
            }
        }
        params.push((key.to_ascii_uppercase(), values));
    }
    let value = rest.strip_prefix(':').ok_or("no colon after the parameters")?;
    Ok(Property { name: name.to_ascii_uppercase(), params, value: value.to_owned() })
}

fn param_value(text: &str) -> Result<(&str, &str), String> {
    if let Some(inner) = text.strip_prefix('"') {
        return inner.split_once('"').ok_or_else(|| "a quote that is not closed".to_owned());
    }
    let end = text.find([',', ';', ':']).ok_or("no colon after the parameters")?;
    let (value, rest) = text.split_at_checked(end).ok_or("no colon after the parameters")?;
    if value.contains('"') { Err("a quote inside of a parameter".to_owned()) } else { Ok((value, rest)) }
}

fn token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn reads_what_it_writes_and_folds_by_octets() {
        let text = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nATTENDEE;CN=\"Dahl, Erik\";ROLE=CHAIR:mailto:erik@x.example\r\n\
             SUMMARY:{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
            "å".repeat(80)
        );
        let tree = parse(text.as_bytes()).unwrap();
        let written = tree.write();
        assert!(written.split("\r\n").all(|l| l.len() <= 75), "{written}");
        assert_eq!(parse(written.as_bytes()).unwrap(), tree);
        let attendee = tree.components[0].get("ATTENDEE").unwrap();
        assert_eq!((attendee.param("CN"), attendee.mailto().as_deref()), (Some("Dahl, Erik"), Some("erik@x.example")));
        // A fold in the middle of a code point is lawful, if rude.
        let rude = [&b"BEGIN:VCALENDAR\r\nX-A:\xc3"[..], b"\r\n \xa5\r\nEND:VCALENDAR\r\n"].concat();
        assert_eq!(parse(&rude).unwrap().value("X-A"), Some("å"));
    }

    #[test]
    fn refuses_what_is_broken() {
        for (text, why) in [
            ("BEGIN:VCALENDAR\r\n", "END:VCALENDAR is missing"),
            ("BEGIN:VCALENDAR\r\nEND:VEVENT\r\n", "where END:VCALENDAR is due"),
            ("BEGIN:VCALENDAR\nEND:VCALENDAR\n", "CRLF"),
            ("BEGIN:VCALENDAR\r\nEND:VCALENDAR", "CRLF"),
            ("VERSION:2.0\r\n", "outside of any component"),
            ("BEGIN:VCALENDAR\r\nno colon here\r\nEND:VCALENDAR\r\n", "no colon"),
            ("BEGIN:VCALENDAR\r\nA;B=\"c:d\r\nEND:VCALENDAR\r\n", "not closed"),
            ("BEGIN:VCALENDAR\r\nA;B:d\r\nEND:VCALENDAR\r\n", "without a value"),
            ("BEGIN:VCALENDAR\r\nA:\u{7}\r\nEND:VCALENDAR\r\n", "control"),
            ("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\nA:b\r\n", "after the end"),
        ] {
            let error = parse(text.as_bytes()).unwrap_err();
            assert!(error.contains(why), "{text:?}: {error}");
        }
        assert!(parse(b"BEGIN:VCALENDAR\r\nA:\xff\r\nEND:VCALENDAR\r\n").unwrap_err().contains("UTF-8"));
        let bomb = "BEGIN:VEVENT\r\n".repeat(100);
        assert!(parse(bomb.as_bytes()).unwrap_err().contains("too many"));
    }
}
