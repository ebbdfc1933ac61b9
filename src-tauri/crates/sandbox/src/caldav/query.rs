//! The filter of a calendar-query (RFC 4791 section 9.7): components, a span of time, and a property's text. What is lawful but not
//! known here is refused as `supported-filter`, never answered with a guess.

use super::{
    error::DavError,
    ical::Component,
    occur::{self, Span},
    when::{When, instant},
    xml::{CALDAV, Element},
};

/// `i;unicode-casemap` would need tables; RFC 4791 section 7.5 demands only these two.
const COLLATIONS: [&str; 2] = ["i;ascii-casemap", "i;octet"];

pub(super) struct Filter {
    kind: Option<Kind>,
}

struct Kind {
    name: String,
    absent: bool,
    span: Option<Span>,
    texts: Vec<Text>,
}

struct Text {
    property: String,
    test: Test,
}

enum Test {
    Absent,
    Present,
    Contains { text: String, exact: bool, negate: bool },
}

fn invalid(why: impl Into<String>) -> DavError {
    DavError::caldav("valid-filter", why)
}

fn unsupported(element: &Element) -> DavError {
    DavError::caldav("supported-filter", format!("{} is not known here", element.name))
}

fn name_of(element: &Element) -> Result<String, DavError> {
    let name = element.attribute("name").filter(|n| !n.is_empty());
    name.map(str::to_ascii_uppercase).ok_or_else(|| invalid(format!("{} has no name", element.name)))
}

impl Filter {
    pub fn parse(filter: &Element) -> Result<Self, DavError> {
        let [outer] = filter.children.as_slice() else { return Err(invalid("filter has exactly one comp-filter")) };
        if !outer.is(CALDAV, "comp-filter") || name_of(outer)? != "VCALENDAR" {
            return Err(invalid("the outer comp-filter is of VCALENDAR"));
        }
        let kind = match outer.children.as_slice() {
            [] => None,
            [inner] if inner.is(CALDAV, "comp-filter") => Some(Kind::parse(inner)?),
            [inner, ..] if inner.is(CALDAV, "time-range") => return Err(invalid("VCALENDAR has no time")),
            [first, ..] => return Err(unsupported(first)),
        };
        Ok(Self { kind })
    }

    pub fn takes(&self, object: &Component, zone: Option<&Component>) -> bool {
        let Some(kind) = &self.kind else { return true };
        let mut entries = object.components.iter().filter(|c| c.name == kind.name).peekable();
        if kind.absent || entries.peek().is_none() {
            return kind.absent && entries.peek().is_none();
        }
        kind.span.is_none_or(|span| occur::meets(object, span, zone)) && entries.any(|e| kind.texts.iter().all(|t| t.takes(e)))
    }
}

impl Kind {
    fn parse(element: &Element) -> Result<Self, DavError> {
        let mut kind = Self { name: name_of(element)?, absent: false, span: None, texts: Vec::new() };
        for child in &element.children {
            match child.name.as_str() {
                _ if child.ns != CALDAV => return Err(unsupported(child)),
                "is-not-defined" if element.children.len() == 1 => kind.absent = true,
                "time-range" if kind.name == "VEVENT" && kind.span.is_none() => kind.span = Some(span(child)?),
                "prop-filter" => kind.texts.push(Text::parse(child)?),
                _ => return Err(unsupported(child)),
            }
        }
        Ok(kind)
    }
}

/// Both ends in UTC (RFC 4791 section 9.9), one of them may be absent.
fn span(element: &Element) -> Result<Span, DavError> {
    let end = |name: &str| {
        element
            .attribute(name)
            .map(|text| match When::parse(text) {
                Some(when @ When::Utc(_)) => Ok(instant(when, None)),
                _ => Err(invalid(format!("{name} of time-range is not in UTC: {text}"))),
            })
            .transpose()
    };
    let span = Span { start: end("start")?, end: end("end")? };
    match (span.start, span.end) {
        (None, None) => Err(invalid("time-range has neither start nor end")),
        (Some(start), Some(end)) if end <= start => Err(invalid("time-range ends before it starts")),
        _ => Ok(span),
    }
}

impl Text {
    fn parse(element: &Element) -> Result<Self, DavError> {
        let property = name_of(element)?;
        let test = match element.children.as_slice() {
            [] => Test::Present,
            [child] if child.is(CALDAV, "is-not-defined") => Test::Absent,
            [child] if child.is(CALDAV, "text-match") => {
                let collation = child.attribute("collation").unwrap_or("i;ascii-casemap");
                if !COLLATIONS.contains(&collation) {
                    return Err(DavError::caldav("supported-collation", format!("{collation} is not known here")));
                }
                let negate = match child.attribute("negate-condition") {
                    None | Some("no") => false,
                    Some("yes") => true,
                    Some(_) => return Err(invalid("negate-condition is yes or no")),
                };
                Test::Contains { text: child.text.clone(), exact: collation == "i;octet", negate }
            }
            [child, ..] => return Err(unsupported(child)),
        };
        Ok(Self { property, test })
    }

    fn takes(&self, entry: &Component) -> bool {
        let mut values = entry.all(&self.property).map(|p| p.value.as_str()).peekable();
        match &self.test {
            Test::Absent => values.peek().is_none(),
            Test::Present => values.peek().is_some(),
            Test::Contains { text, exact, negate } => values.any(|value| {
                let found =
                    if *exact { value.contains(text.as_str()) } else { value.to_ascii_lowercase().contains(&text.to_ascii_lowercase()) };
                found != *negate
            }),
        }
    }
}
