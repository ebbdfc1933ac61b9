//! Lines and components that are written alike whoever the provider is.

use calendar::lines::{Component, Line};

/// A document without anything in it; `program` names who wrote it.
pub(crate) fn document(program: &str) -> Component {
    let mut out = Component::new("VCALENDAR");
    out.lines =
        vec![Line::new("VERSION", "2.0"), Line::new("PRODID", &format!("-//Aurelius//{program}//EN")), Line::new("CALSCALE", "GREGORIAN")];
    out
}

/// Nothing where there is no text.
pub(crate) fn text(put: &mut impl FnMut(Line), name: &str, text: Option<&str>) {
    if let Some(text) = text.filter(|text| !text.trim().is_empty()) {
        put(Line::text(name, text));
    }
}

/// Somebody by their address.
pub(crate) fn who(property: &str, address: &str, name: Option<&str>) -> Line {
    let mut line = Line::new(property, &format!("mailto:{address}"));
    if let Some(name) = name.filter(|name| !name.is_empty()) {
        line.set_param("CN", name);
    }
    line
}

/// A note on the screen so many minutes before the start (RFC 5545 section 3.6.6).
pub(crate) fn note(minutes: i64, title: &str) -> Component {
    let mut out = Component::new("VALARM");
    out.lines = vec![Line::new("ACTION", "DISPLAY"), before(minutes), Line::text("DESCRIPTION", spoken(title))];
    out
}

pub(crate) fn before(minutes: i64) -> Line {
    Line::new("TRIGGER", &format!("-PT{}M", minutes.max(0)))
}

/// Every alarm has to say something.
pub(crate) fn spoken(title: &str) -> &str {
    if title.trim().is_empty() { "Reminder" } else { title }
}

/// What a text in HTML says without its tags.
pub(crate) fn untagged(html: &str) -> String {
    mail_parser::decoders::html::html_to_text(html).trim().to_owned()
}

/// The address of a line that has one for mail.
pub(crate) fn address(line: &Line) -> Option<String> {
    let value = line.value();
    let address = value.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("mailto:")).and(value.get(7..))?.trim();
    (!address.is_empty()).then(|| address.to_owned())
}

/// Whether a parameter of the line has one of these values.
pub(crate) fn says(line: &Line, name: &str, values: &[&str]) -> bool {
    line.param(name).is_some_and(|v| values.iter().any(|w| v.eq_ignore_ascii_case(w)))
}
