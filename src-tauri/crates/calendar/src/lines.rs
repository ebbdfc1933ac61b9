//! Content lines (RFC 5545 section 3.1): a tree of components that keeps what it does not understand.
//!
//! Reading goes through `calcard`, which knows what lines mean. Writing does not: a model that is printed again loses what it has no field
//! for, and calendars are full of lines that only their own program understands. So an edit touches the lines it is about, and every other
//! line is printed as it came, with its own folding.
//!
//! Order is kept among the lines of a component and among its children. Lines are printed before children, as the grammar wants it.

use crate::read::{MOST_BYTES, ReadError};

/// Components in components. RFC 5545 needs three, and nobody writes five.
const MOST_DEPTH: usize = 10;
/// Lines of one document: 10 MB of real calendar are a third of this, and each one costs memory of its own.
const MOST_LINES: usize = 1_000_000;
/// Octets of one printed line without its break (RFC 5545 section 3.1).
const FOLD: usize = 75;
/// What is never inside of one of these: an END between them was forgotten.
const IN_CALENDAR: [&str; 5] = ["VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VTIMEZONE"];
const LEAVES: [&str; 3] = ["STANDARD", "DAYLIGHT", "VALARM"];

/// `NAME;PARAMETER=value:value`, unfolded.
#[derive(Clone, Debug)]
pub struct Line {
    text: String,
    /// As it was folded where it came from, with CRLF. None: it was not, or it is new.
    folded: Option<String>,
}

/// Folding means nothing.
impl PartialEq for Line {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}
impl Eq for Line {}

impl Line {
    /// `value` as it is written, that is: escaped already where it is TEXT.
    pub fn new(name: &str, value: &str) -> Self {
        Self::from_text(format!("{name}:{}", value.replace(['\r', '\n', '\0'], "")))
    }

    /// A line of a TEXT value (RFC 5545 section 3.3.11).
    pub fn text(name: &str, text: &str) -> Self {
        Self::from_text(format!("{name}:{}", escape(text)))
    }

    fn from_text(text: String) -> Self {
        Self { text, folded: None }
    }

    /// With one more parameter, or another value of one.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.set_param(name, value);
        self
    }

    /// The whole line, unfolded.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where the value begins, without its colon: the first one outside of quotes. Where quotes are not closed they mean nothing.
    fn colon(&self) -> usize {
        let mut quoted = false;
        let outside = self.text.bytes().position(|b| {
            quoted ^= b == b'"';
            b == b':' && !quoted
        });
        outside.or_else(|| self.text.find(':')).unwrap_or(self.text.len())
    }

    fn head(&self) -> &str {
        self.text.get(..self.colon()).unwrap_or_default()
    }

    pub fn name(&self) -> &str {
        let head = self.head();
        head.split(';').next().unwrap_or(head).trim()
    }

    pub fn is(&self, name: &str) -> bool {
        self.name().eq_ignore_ascii_case(name)
    }

    /// What follows the colon, as it is written.
    pub fn value(&self) -> &str {
        self.text.get(self.colon() + 1..).unwrap_or_default()
    }

    /// The value as TEXT.
    pub fn unescaped(&self) -> String {
        unescape(self.value())
    }

    /// `value` as it is written.
    pub fn set_value(&mut self, value: &str) {
        let text = format!("{}:{}", self.head(), value.replace(['\r', '\n', '\0'], ""));
        *self = Self::from_text(text);
    }

    pub fn set_text(&mut self, text: &str) {
        self.set_value(&escape(text));
    }

    /// Parameters in order: name, and what follows its equals sign as it is written.
    pub fn params(&self) -> Vec<(&str, &str)> {
        let mut quoted = false;
        let parts = self.head().split(|c| {
            quoted ^= c == '"';
            c == ';' && !quoted
        });
        parts.skip(1).map(|part| part.split_once('=').unwrap_or((part, ""))).map(|(name, value)| (name.trim(), value)).collect()
    }

    /// All values of a parameter, without quotes and with what RFC 6868 encodes.
    pub fn param_values(&self, name: &str) -> Vec<String> {
        let mut out = Vec::new();
        for (_, raw) in self.params().into_iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)) {
            let mut quoted = false;
            out.extend(
                raw.split(|c| {
                    quoted ^= c == '"';
                    c == ',' && !quoted
                })
                .map(|value| decode_param(value.trim().trim_matches('"'))),
            );
        }
        out
    }

    /// The first value of a parameter.
    pub fn param(&self, name: &str) -> Option<String> {
        self.param_values(name).into_iter().next()
    }

    /// In its place, or as the last one. The other parameters stay as they are written.
    pub fn set_param(&mut self, name: &str, value: &str) {
        let written = format!("{name}={}", encode_param(value));
        let mut parts = vec![self.name().to_owned()];
        let mut there = false;
        for (other, raw) in self.params() {
            if !other.eq_ignore_ascii_case(name) {
                parts.push(format!("{other}={raw}"));
            } else if !there {
                there = true;
                parts.push(written.clone());
            }
        }
        if !there {
            parts.push(written);
        }
        *self = Self::from_text(format!("{}:{}", parts.join(";"), self.value()));
    }

    pub fn remove_param(&mut self, name: &str) {
        if !self.params().iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) {
            return;
        }
        let mut parts = vec![self.name().to_owned()];
        parts.extend(self.params().into_iter().filter(|(n, _)| !n.eq_ignore_ascii_case(name)).map(|(n, raw)| format!("{n}={raw}")));
        *self = Self::from_text(format!("{}:{}", parts.join(";"), self.value()));
    }

    fn print(&self, out: &mut String) {
        match &self.folded {
            Some(folded) => out.push_str(folded),
            None => fold(&self.text, out),
        }
        out.push_str("\r\n");
    }
}

/// At 75 octets, and never inside of a code point.
fn fold(text: &str, out: &mut String) {
    let mut used = 0;
    for c in text.chars() {
        if used + c.len_utf8() > FOLD {
            out.push_str("\r\n ");
            used = 1;
        }
        out.push(c);
        used += c.len_utf8();
    }
}

/// TEXT (RFC 5545 section 3.3.11). Control characters have no place in it (section 3.1), but for the tab; any line break is one.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' | '\r' => out.push_str("\\n"),
            '\t' => out.push(c),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

pub fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n' | 'N') => out.push('\n'),
                Some(other) => out.push(other),
                None => out.push('\\'),
            },
            '\r' => {}
            c => out.push(c),
        }
    }
    out
}

/// RFC 6868 section 3.1, and quotes where the value needs them (RFC 5545 section 3.1).
fn encode_param(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.replace("\r\n", "\n").chars() {
        match c {
            '^' => out.push_str("^^"),
            '"' => out.push_str("^'"),
            '\n' | '\r' => out.push_str("^n"),
            '\t' => out.push(c),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    if out.contains([';', ':', ',']) { format!("\"{out}\"") } else { out }
}

fn decode_param(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        if c != '^' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n' | 'N') => out.push('\n'),
            Some('^') => out.push('^'),
            Some('\'') => out.push('"'),
            Some(other) => out.extend(['^', other]),
            None => out.push('^'),
        }
    }
    out
}

/// What stands between BEGIN and END.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Component {
    /// As it was written.
    pub name: String,
    pub lines: Vec<Line>,
    pub children: Vec<Component>,
}

impl Component {
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The first line of this name.
    pub fn line(&self, name: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.is(name))
    }

    pub fn line_mut(&mut self, name: &str) -> Option<&mut Line> {
        self.lines.iter_mut().find(|line| line.is(name))
    }

    pub fn lines_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Line> {
        self.lines.iter().filter(move |line| line.is(name))
    }

    /// The first value of this name, as it is written.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.line(name).map(Line::value)
    }

    /// The first value of this name as TEXT; None where it is blank.
    pub fn text(&self, name: &str) -> Option<String> {
        self.line(name).map(Line::unescaped).filter(|text| !text.trim().is_empty())
    }

    /// In the place of the first one of its name, and instead of all of them; else at the end.
    pub fn set(&mut self, line: Line) {
        let name = line.name().to_owned();
        match self.lines.iter().position(|other| other.is(&name)) {
            Some(at) => {
                let mut n = 0;
                self.lines.retain(|other| {
                    n += 1;
                    n - 1 <= at || !other.is(&name)
                });
                if let Some(place) = self.lines.get_mut(at) {
                    *place = line;
                }
            }
            None => self.lines.push(line),
        }
    }

    pub fn remove(&mut self, name: &str) {
        self.lines.retain(|line| !line.is(name));
    }

    pub fn children_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.is(name))
    }

    /// All lines of this and what is in it.
    pub fn walk<'a>(&'a self, see: &mut impl FnMut(&'a Line)) {
        self.lines.iter().for_each(&mut *see);
        self.children.iter().for_each(|child| child.walk(see));
    }

    /// With CRLF, and folded.
    pub fn print(&self) -> String {
        let mut out = String::new();
        self.print_to(&mut out);
        out
    }

    pub fn print_to(&self, out: &mut String) {
        Line::new("BEGIN", &self.name).print(out);
        self.lines.iter().for_each(|line| line.print(out));
        self.children.iter().for_each(|child| child.print_to(out));
        Line::new("END", &self.name).print(out);
    }
}

/// Lines are folded by octets (RFC 5545 section 3.1), so a letter of two octets may be cut in two: such a text is put together again
/// before it is taken for UTF-8. What is not UTF-8 even then is Latin-1.
pub(crate) fn decode(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.replace('\0', "");
    }
    let mut whole = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|&b| b == b'\n') {
        let folded = matches!(rest.get(at + 1), Some(b' ' | b'\t'));
        let line = rest.get(..at).unwrap_or_default();
        whole.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
        if !folded {
            whole.extend_from_slice(b"\r\n");
        }
        rest = rest.get(at + 1 + usize::from(folded)..).unwrap_or_default();
    }
    whole.extend_from_slice(rest);
    whole.retain(|&b| b != 0);
    String::from_utf8(whole).unwrap_or_else(|e| e.into_bytes().into_iter().map(char::from).collect())
}

/// The lines of a text that was decoded, unfolded. Breaks may be bare LF; blank lines are none.
pub(crate) fn unfold(text: &str) -> impl Iterator<Item = Line> {
    let mut pieces = text.split('\n').map(|piece| piece.trim_end_matches('\r')).peekable();
    std::iter::from_fn(move || {
        loop {
            let first = pieces.next()?;
            let mut line = Line::from_text(first.to_owned());
            while let Some(more) = pieces.next_if(|next| next.starts_with([' ', '\t'])) {
                let folded = line.folded.get_or_insert_with(|| first.to_owned());
                folded.push_str("\r\n");
                folded.push_str(more);
                line.text.extend(more.chars().skip(1));
            }
            if !line.text.trim().is_empty() {
                return Some(line);
            }
        }
    })
}

/// All VCALENDARs of a stream. What is outside of them is left out; an END that is missing is put where it must have been.
pub fn parse(bytes: &[u8]) -> Result<Vec<Component>, ReadError> {
    if bytes.len() > MOST_BYTES {
        return Err(ReadError::TooLarge(bytes.len()));
    }
    let mut tree = Tree::default();
    for (n, line) in unfold(&decode(bytes)).enumerate() {
        if n >= MOST_LINES {
            return Err(ReadError::TooManyLines);
        }
        if line.is("BEGIN") {
            tree.begin(line.value().trim())?;
        } else if line.is("END") {
            tree.end(line.value().trim());
        } else if let Some(open) = tree.open.last_mut() {
            open.lines.push(line);
        }
    }
    tree.close(0);
    if tree.done.is_empty() { Err(ReadError::NotACalendar) } else { Ok(tree.done) }
}

#[derive(Default)]
struct Tree {
    open: Vec<Component>,
    done: Vec<Component>,
}

impl Tree {
    fn begin(&mut self, name: &str) -> Result<(), ReadError> {
        let among = |names: &[&str], name: &str| names.iter().any(|n| n.eq_ignore_ascii_case(name));
        if name.eq_ignore_ascii_case("VCALENDAR") {
            self.close(0);
        } else if self.open.is_empty() {
            return Ok(());
        }
        if among(&IN_CALENDAR, name) || among(&LEAVES, name) {
            let inner = among(&LEAVES, name);
            while self.open.last().is_some_and(|top| among(&LEAVES, &top.name) || (!inner && among(&IN_CALENDAR, &top.name))) {
                self.close(self.open.len() - 1);
            }
        }
        if self.open.len() >= MOST_DEPTH {
            return Err(ReadError::TooDeep);
        }
        self.open.push(Component::new(name));
        Ok(())
    }

    fn end(&mut self, name: &str) {
        if let Some(at) = self.open.iter().rposition(|open| open.is(name)) {
            self.close(at);
        }
    }

    /// Closes all that are open from this depth on.
    fn close(&mut self, depth: usize) {
        while self.open.len() > depth {
            let Some(closed) = self.open.pop() else { return };
            self.open.last_mut().map_or(&mut self.done, |parent| &mut parent.children).push(closed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Component {
        parse(text.as_bytes()).unwrap().remove(0)
    }

    const ODD: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-ODD;X-P=\"a;b:c\";Y=1,2:va:lue;with,all\r\nBEGIN:X-THING\r\nX-A:1\r\nBEGIN:X-IN\r\nEND:X-IN\r\n\
                       END:X-THING\r\nbegin:vevent\r\nUID:a\r\nDESCRIPTION:folded where\r\n  nobody would\r\n\tfold it\r\nno colon at all\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

    #[test]
    fn what_is_not_touched_is_printed_as_it_came() {
        assert_eq!(one(ODD).print(), ODD.replace("begin:vevent", "BEGIN:vevent").replace("END:VEVENT", "END:vevent"));
        let event = &one(ODD).children[1];
        assert_eq!(event.line("DESCRIPTION").unwrap().as_str(), "DESCRIPTION:folded where nobody wouldfold it");
        // Bare line feeds, blank lines, a byte order mark.
        assert_eq!(one(&format!("\u{feff}{}", ODD.replace("\r\n", "\n\n").replace("\n\n ", "\n ").replace("\n\n\t", "\n\t"))), one(ODD));
    }

    #[test]
    fn lines_are_taken_apart_outside_of_quotes() {
        let calendar = one(ODD);
        let odd = calendar.line("x-odd").unwrap();
        assert_eq!((odd.name(), odd.value()), ("X-ODD", "va:lue;with,all"));
        assert_eq!(odd.params(), [("X-P", "\"a;b:c\""), ("Y", "1,2")]);
        assert_eq!((odd.param("x-p").as_deref(), odd.param_values("Y").len(), odd.param("Z")), (Some("a;b:c"), 2, None));
        // A quote that is never closed hides nothing.
        let broken = Line::from_text("ATTENDEE;CN=\"Ana:mailto:ana@example.com".to_owned());
        assert_eq!(broken.value(), "mailto:ana@example.com");
        assert_eq!(Line::from_text("nothing".to_owned()).value(), "");
    }

    #[test]
    fn parameters_are_set_in_their_place() {
        let mut line = Line::new("ATTENDEE;CN=Ana;PARTSTAT=NEEDS-ACTION;X-Q=\"1;2\"", "mailto:ana@example.com");
        line.set_param("PARTSTAT", "ACCEPTED");
        line.set_param("CN", "Müller, \"Ana\"^2\n");
        line.remove_param("rsvp");
        assert_eq!(line.as_str(), "ATTENDEE;CN=\"Müller, ^'Ana^'^^2^n\";PARTSTAT=ACCEPTED;X-Q=\"1;2\":mailto:ana@example.com");
        assert_eq!(line.param("CN").as_deref(), Some("Müller, \"Ana\"^2\n"));
        line.remove_param("cn");
        line.set_param("RSVP", "TRUE");
        assert_eq!(line.as_str(), "ATTENDEE;PARTSTAT=ACCEPTED;X-Q=\"1;2\";RSVP=TRUE:mailto:ana@example.com");
    }

    #[test]
    fn text_comes_back_and_breaks_no_line() {
        for text in ["a, b; c\\n", "one\ntwo\n", "\\", "\\;,", "tab\tstays", "Grüße 🎉"] {
            let line = Line::text("SUMMARY", text);
            assert!(!line.as_str().contains('\n'));
            assert_eq!(line.unescaped(), text);
        }
        assert_eq!(Line::text("SUMMARY", "a\r\nb\rATTENDEE:x\u{7}").as_str(), "SUMMARY:a\\nb\\nATTENDEE:x");
        assert_eq!(Line::new("CONFERENCE", "https://x\r\nATTENDEE:y").as_str(), "CONFERENCE:https://xATTENDEE:y");
    }

    #[test]
    fn folding_cuts_no_letter_and_comes_back() {
        for text in ["é".repeat(200), "🎉x".repeat(90), "x".repeat(75 - 8), "x".repeat(76 - 8)] {
            let mut event = Component::new("VCALENDAR");
            event.set(Line::text("SUMMARY", &text));
            let printed = event.print();
            assert!(printed.split("\r\n").all(|line| line.len() <= 75), "{printed}");
            assert_eq!(one(&printed).text("SUMMARY"), Some(text));
        }
    }

    #[test]
    fn an_end_that_is_missing_ends_where_it_must() {
        let calendar = one(
            "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nBEGIN:STANDARD\nTZNAME:a\nBEGIN:DAYLIGHT\nBEGIN:VEVENT\nUID:1\nBEGIN:VALARM\nX:1\nBEGIN:VALARM\nX:2\nBEGIN:VEVENT\nUID:2\nEND:NOBODY",
        );
        let names: Vec<_> = calendar.children.iter().map(|c| (c.name.as_str(), c.children.len())).collect();
        assert_eq!(names, [("VTIMEZONE", 2), ("VEVENT", 2), ("VEVENT", 0)]);
        assert_eq!(parse(b"BEGIN:VCALENDAR\nA:1\nBEGIN:VCALENDAR\nB:1\n").unwrap().len(), 2);
    }

    #[test]
    fn bombs_are_refused_or_bounded() {
        let deep = |name: &str| format!("BEGIN:VCALENDAR\r\n{}", format!("BEGIN:{name}\r\n").repeat(200_000));
        assert_eq!(parse(deep("X-DEEP").as_bytes()), Err(ReadError::TooDeep));
        assert_eq!(parse(deep("VEVENT").as_bytes()).unwrap()[0].children.len(), 200_000);
        assert_eq!(parse(format!("BEGIN:VCALENDAR\n{}", "A:\n".repeat(1_100_000)).as_bytes()), Err(ReadError::TooManyLines));
        assert_eq!(parse(&vec![b'x'; MOST_BYTES + 1]), Err(ReadError::TooLarge(MOST_BYTES + 1)));
        assert_eq!(parse(b"BEGIN:VEVENT\nUID:a\nEND:VEVENT"), Err(ReadError::NotACalendar));
    }

    #[test]
    fn a_line_set_replaces_all_of_its_name() {
        let mut event = one("BEGIN:VCALENDAR\nA:1\nB:1\nb:2\nC:1\nB:3\n");
        event.set(Line::new("B", "9"));
        event.set(Line::new("D", "9"));
        assert_eq!(event.lines.iter().map(Line::as_str).collect::<Vec<_>>(), ["A:1", "B:9", "C:1", "D:9"]);
    }
}
