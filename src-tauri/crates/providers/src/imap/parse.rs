//! Meaning of one complete response (RFC 3501 section 7, 9051, 7162, 4315, 4731, 5819).
//!
//! Lenient where servers are sloppy (spaces, case, unknown items, unknown responses), strict where a wrong reading would lose
//! or invent mail: numbers, UIDs and sections. Never recursive: a body structure of a thousand levels is skipped by counting.

use bytes::Bytes;

use super::uids::UidSet;

/// A piece of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Text(Bytes),
    Literal(Bytes),
    /// A literal whose bytes went elsewhere.
    Streamed(u64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Ok,
    No,
    Bad,
    Bye,
    Preauth,
}

/// Bracketed code of a status line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    Alert,
    Capability(Vec<String>),
    PermanentFlags(Vec<String>),
    UidNext(u32),
    UidValidity(u32),
    HighestModSeq(u64),
    NoModSeq,
    ReadOnly,
    /// COPYUID: validity of the target, source set, target set, as written.
    CopyUid(u32, String, String),
    AppendUid(u32, u32),
    /// Upper case name and the rest.
    Other(String, String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub status: Status,
    pub code: Option<Code>,
    /// Human text, at most 500 characters.
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    /// As written, with the backslash.
    pub attributes: Vec<String>,
    pub delimiter: Option<char>,
    pub name: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Data {
    Nil,
    Bytes(Bytes),
    Streamed(u64),
    /// The response has not come further than this.
    Pending,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Section {
    /// Inside the brackets, upper case: empty, `HEADER.FIELDS (MESSAGE-ID)`, ….
    pub name: String,
    /// `<n>`: the data starts at this offset.
    pub origin: Option<u64>,
    pub data: Data,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fetched {
    pub uid: Option<u32>,
    pub flags: Option<Vec<String>>,
    /// Epoch seconds.
    pub internal_date: Option<i64>,
    pub size: Option<u64>,
    pub mod_seq: Option<u64>,
    pub sections: Vec<Section>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Response {
    Continue {
        code: Option<Code>,
        text: String,
        raw: Bytes,
    },
    Tagged {
        tag: String,
        said: Said,
    },
    Said(Said),
    Capability(Vec<String>),
    Enabled(Vec<String>),
    List(Listed),
    /// STATUS: mailbox, (item, value).
    Status(Vec<u8>, Vec<(String, u64)>),
    Search(Vec<u32>),
    /// ESEARCH with ALL; empty where nothing matched.
    ESearch(UidSet),
    Exists(u32),
    Expunge,
    Fetch(Box<Fetched>),
    Vanished {
        earlier: bool,
        uids: UidSet,
    },
    /// FLAGS, RECENT, ID, NAMESPACE and whatever else.
    Other,
}

pub(crate) type Wrong = &'static str;

pub(crate) fn parse(parts: &[Part]) -> Result<Response, Wrong> {
    let mut c = Cursor::new(parts);
    if c.eat(b'+') {
        c.spaces();
        let raw = c.rest_of_text();
        let (code, text) = status_text(&raw);
        return Ok(Response::Continue { code, text, raw });
    }
    if !c.eat(b'*') {
        let tag = c.word();
        if tag.is_empty() || tag.len() > 32 || !tag.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err("a line that is no response");
        }
        c.spaces();
        let status = status(&c.word()).ok_or("a tagged line without OK, NO or BAD")?;
        c.spaces();
        let (code, text) = status_text(&c.rest_of_text());
        return Ok(Response::Tagged { tag, said: Said { status, code, text } });
    }
    c.spaces();
    let word = c.word();
    if let Some(status) = status(&word) {
        c.spaces();
        let (code, text) = status_text(&c.rest_of_text());
        return Ok(Response::Said(Said { status, code, text }));
    }
    c.spaces();
    if let Ok(number) = word.parse::<u32>() {
        let what = c.word().to_ascii_uppercase();
        c.spaces();
        return Ok(match what.as_str() {
            "EXISTS" => Response::Exists(number),
            "EXPUNGE" => Response::Expunge,
            "FETCH" => Response::Fetch(Box::new(fetch(&mut c)?)),
            _ => Response::Other,
        });
    }
    Ok(match word.to_ascii_uppercase().as_str() {
        "CAPABILITY" => Response::Capability(words(&c.rest_of_text())),
        "ENABLED" => Response::Enabled(words(&c.rest_of_text())),
        "LIST" | "XLIST" => Response::List(list(&mut c)?),
        "STATUS" => mailbox_status(&mut c)?,
        "SEARCH" => search(&mut c)?,
        "ESEARCH" => esearch(&mut c)?,
        "VANISHED" => vanished(&mut c)?,
        _ => Response::Other,
    })
}

/// What is known of a FETCH whose literal has just been announced: everything before it, and the section it belongs to
/// (with [`Data::Pending`]). None where it is not a FETCH.
pub(crate) fn peek_fetch(parts: &[Part]) -> Option<Fetched> {
    match parse(parts) {
        Ok(Response::Fetch(fetched)) => Some(*fetched),
        _ => None,
    }
}

fn status(word: &str) -> Option<Status> {
    Some(match word.to_ascii_uppercase().as_str() {
        "OK" => Status::Ok,
        "NO" => Status::No,
        "BAD" => Status::Bad,
        "BYE" => Status::Bye,
        "PREAUTH" => Status::Preauth,
        _ => return None,
    })
}

fn words(text: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(text).split_ascii_whitespace().map(str::to_ascii_uppercase).take(1000).collect()
}

fn human(text: &[u8]) -> String {
    String::from_utf8_lossy(text).chars().filter(|c| !c.is_control()).take(500).collect::<String>().trim().to_owned()
}

/// `[CODE args] text`. A code that can't be read is kept as text.
fn status_text(text: &[u8]) -> (Option<Code>, String) {
    let Some(inner) = text.strip_prefix(b"[") else { return (None, human(text)) };
    let Some(close) = inner.iter().position(|b| *b == b']') else { return (None, human(text)) };
    let (code, after) = inner.split_at(close);
    let code = String::from_utf8_lossy(code).into_owned();
    let after = human(after.get(1..).unwrap_or_default());
    let (name, rest) = code.split_once(' ').unwrap_or((code.as_str(), ""));
    let (name, rest) = (name.to_ascii_uppercase(), rest.trim());
    let number = || rest.parse::<u64>().ok();
    let small = || rest.parse::<u32>().ok();
    let known = match name.as_str() {
        "ALERT" => Some(Code::Alert),
        "CAPABILITY" => Some(Code::Capability(words(rest.as_bytes()))),
        "PERMANENTFLAGS" => Some(Code::PermanentFlags(rest.trim_matches(['(', ')']).split_ascii_whitespace().map(str::to_owned).collect())),
        "UIDNEXT" => small().map(Code::UidNext),
        "UIDVALIDITY" => small().map(Code::UidValidity),
        "HIGHESTMODSEQ" => number().map(Code::HighestModSeq),
        "NOMODSEQ" => Some(Code::NoModSeq),
        "READ-ONLY" => Some(Code::ReadOnly),
        "COPYUID" => {
            let mut fields = rest.split_ascii_whitespace();
            match (fields.next().and_then(|v| v.parse().ok()), fields.next(), fields.next()) {
                (Some(validity), Some(from), Some(to)) => Some(Code::CopyUid(validity, from.to_owned(), to.to_owned())),
                _ => None,
            }
        }
        "APPENDUID" => {
            let mut fields = rest.split_ascii_whitespace().map(|f| f.parse::<u32>().ok());
            match (fields.next().flatten(), fields.next().flatten()) {
                (Some(validity), Some(uid)) => Some(Code::AppendUid(validity, uid)),
                _ => None,
            }
        }
        _ => None,
    };
    (Some(known.unwrap_or_else(|| Code::Other(name.clone(), rest.to_owned()))), after)
}

fn list(c: &mut Cursor<'_>) -> Result<Listed, Wrong> {
    let attributes = c.flag_list()?;
    c.spaces();
    let delimiter = c.nstring()?.and_then(|d| std::str::from_utf8(&d).ok().and_then(|d| d.chars().next()));
    c.spaces();
    let name = c.nstring()?.ok_or("LIST without a name")?;
    Ok(Listed { attributes, delimiter, name: name.to_vec() })
}

fn mailbox_status(c: &mut Cursor<'_>) -> Result<Response, Wrong> {
    let name = c.nstring()?.ok_or("STATUS without a name")?;
    c.spaces();
    let mut items = Vec::new();
    if c.eat(b'(') {
        loop {
            c.spaces();
            if c.eat(b')') || c.at_end() {
                break;
            }
            let item = c.word_until(b"()").to_ascii_uppercase();
            c.spaces();
            let value = c.word_until(b"()");
            match value.parse::<u64>() {
                Ok(value) => items.push((item, value)),
                // An item with a value that is no number (MAILBOXID): skipped.
                Err(_) if value.is_empty() => c.skip_value(),
                Err(_) => {}
            }
            if items.len() > 64 {
                return Err("STATUS with too many items");
            }
        }
    }
    Ok(Response::Status(name.to_vec(), items))
}

fn search(c: &mut Cursor<'_>) -> Result<Response, Wrong> {
    let mut out = Vec::new();
    loop {
        c.spaces();
        if c.at_end() || c.peek() == Some(b'(') {
            return Ok(Response::Search(out));
        }
        let word = c.word();
        match word.parse::<u32>() {
            Ok(n) if n > 0 => out.push(n),
            _ => return Err("SEARCH with something that is no number"),
        }
    }
}

fn esearch(c: &mut Cursor<'_>) -> Result<Response, Wrong> {
    let mut all = UidSet::default();
    if c.peek() == Some(b'(') {
        c.skip_value();
    }
    loop {
        c.spaces();
        if c.at_end() {
            return Ok(Response::ESearch(all));
        }
        let before = c.position();
        let word = c.word_until(b"()").to_ascii_uppercase();
        if word == "ALL" {
            c.spaces();
            all = UidSet::parse(&c.word()).ok_or("ESEARCH with a set that can't be read")?;
        } else if word != "UID" {
            c.spaces();
            c.skip_value();
        }
        if c.position() == before {
            return Err("ESEARCH that can't be read");
        }
    }
}

fn vanished(c: &mut Cursor<'_>) -> Result<Response, Wrong> {
    let mut earlier = false;
    if c.peek() == Some(b'(') {
        earlier = c.flag_list()?.iter().any(|f| f.eq_ignore_ascii_case("EARLIER"));
        c.spaces();
    }
    let set = c.word();
    let uids = if set.is_empty() { UidSet::default() } else { UidSet::parse(&set).ok_or("VANISHED with a set that can't be read")? };
    Ok(Response::Vanished { earlier, uids })
}

fn fetch(c: &mut Cursor<'_>) -> Result<Fetched, Wrong> {
    let mut out = Fetched::default();
    if !c.eat(b'(') {
        return Err("FETCH without a list");
    }
    loop {
        c.spaces();
        if c.eat(b')') || c.at_end() {
            return Ok(out);
        }
        let name = c.word_until(b"()[<").to_ascii_uppercase();
        if out.sections.len() > 64 {
            return Err("FETCH with too many sections");
        }
        match name.as_str() {
            "" => return Err("FETCH with an item without a name"),
            "UID" => {
                c.spaces();
                out.uid = Some(c.number()?.try_into().ok().filter(|u| *u > 0).ok_or("a UID that is none")?);
            }
            "FLAGS" => {
                c.spaces();
                out.flags = Some(c.flag_list()?);
            }
            "RFC822.SIZE" => {
                c.spaces();
                out.size = Some(c.number()?);
            }
            "MODSEQ" => {
                c.spaces();
                if !c.eat(b'(') {
                    return Err("MODSEQ without parentheses");
                }
                out.mod_seq = Some(c.number()?);
                c.spaces();
                c.eat(b')');
            }
            "INTERNALDATE" => {
                c.spaces();
                // A date that makes no sense is no reason to lose the mail.
                out.internal_date = c.nstring()?.and_then(|d| internal_date(&d));
            }
            "BODY" | "BINARY" if c.peek() == Some(b'[') => {
                let section = c.section()?;
                let origin = c.origin()?;
                c.spaces();
                let data = c.data()?;
                out.sections.push(Section { name: section, origin, data });
            }
            "RFC822" => {
                c.spaces();
                let data = c.data()?;
                out.sections.push(Section { name: String::new(), origin: None, data });
            }
            _ => {
                if c.peek() == Some(b'[') {
                    c.section()?;
                    c.origin()?;
                }
                c.spaces();
                c.skip_value();
            }
        }
    }
}

/// `" 7-Feb-1994 22:43:04 -0800"` to epoch seconds (RFC 3501 date-time).
pub(crate) fn internal_date(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let (date, rest) = text.split_once(' ')?;
    let (time, zone) = rest.trim().split_once(' ').unwrap_or((rest.trim(), "+0000"));
    let mut date = date.split('-');
    let day: i64 = date.next()?.trim().parse().ok()?;
    let month = date.next()?.to_ascii_lowercase();
    let month = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"].iter().position(|m| *m == month)?;
    let year: i64 = date.next()?.parse().ok()?;
    let mut clock = time.split(':').map(str::parse::<i64>);
    let (hour, minute, second) = (clock.next()?.ok()?, clock.next()?.ok()?, clock.next().and_then(Result::ok).unwrap_or(0));
    let zone = zone.trim();
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let digits: i64 = zone.trim_start_matches(['+', '-']).parse().ok().filter(|d| (0..=9999).contains(d)).unwrap_or(0);
    let offset = sign * ((digits / 100) * 3600 + (digits % 100) * 60);
    if !(1..=31).contains(&day) || !(1900..=9999).contains(&year) || !(0..24).contains(&hour) || !(0..60).contains(&minute) {
        return None;
    }
    Some(days_from_civil(year, month as i64 + 1, day) * 86_400 + hour * 3600 + minute * 60 + second.clamp(0, 60) - offset)
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar (Howard Hinnant's algorithm).
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let doy = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

/// `7-Feb-1994` for SEARCH SINCE.
pub(crate) fn search_date(epoch_secs: i64) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let z = epoch_secs.div_euclid(86_400) + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    let name = usize::try_from(month - 1).ok().and_then(|m| MONTHS.get(m)).copied().unwrap_or("Jan");
    format!("{day}-{name}-{year}")
}

/// Walks over the parts of one response.
struct Cursor<'a> {
    parts: &'a [Part],
    part: usize,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn new(parts: &'a [Part]) -> Self {
        Self { parts, part: 0, at: 0 }
    }

    fn position(&self) -> (usize, usize) {
        (self.part, self.at)
    }

    /// Text left in the current part; a literal is next where it is empty and parts remain.
    fn text(&self) -> &'a [u8] {
        match self.parts.get(self.part) {
            Some(Part::Text(text)) => text.get(self.at..).unwrap_or_default(),
            _ => &[],
        }
    }

    /// Moves from the end of a text to what follows it.
    fn settle(&mut self) {
        while let Some(Part::Text(text)) = self.parts.get(self.part)
            && self.at >= text.len()
        {
            self.part += 1;
            self.at = 0;
        }
    }

    fn at_end(&mut self) -> bool {
        self.settle();
        self.part >= self.parts.len()
    }

    fn peek(&mut self) -> Option<u8> {
        self.settle();
        self.text().first().copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.at += 1;
        }
        found
    }

    fn spaces(&mut self) {
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
    }

    /// Bytes up to a space or one of `stops`; empty at a literal or the end.
    fn word_until(&mut self, stops: &[u8]) -> String {
        self.settle();
        let text = self.text();
        let len = text.iter().position(|b| *b == b' ' || stops.contains(b)).unwrap_or(text.len());
        self.at += len;
        String::from_utf8_lossy(text.get(..len).unwrap_or_default()).into_owned()
    }

    fn word(&mut self) -> String {
        self.word_until(b"")
    }

    fn number(&mut self) -> Result<u64, Wrong> {
        self.word_until(b"()").parse().map_err(|_| "a number that is none")
    }

    fn rest_of_text(&mut self) -> Bytes {
        self.settle();
        let out = match self.parts.get(self.part) {
            Some(Part::Text(text)) if self.at <= text.len() => text.slice(self.at..),
            _ => Bytes::new(),
        };
        self.part = self.parts.len();
        out
    }

    /// `(\Seen foo)`; NIL and a missing list count as empty.
    fn flag_list(&mut self) -> Result<Vec<String>, Wrong> {
        if !self.eat(b'(') {
            self.skip_value();
            return Ok(Vec::new());
        }
        let mut out = Vec::new();
        loop {
            self.spaces();
            if self.eat(b')') {
                return Ok(out);
            }
            if self.at_end() {
                return Err("a list without an end");
            }
            match self.peek() {
                Some(b'"') | None => {
                    if let Some(flag) = self.nstring()? {
                        out.push(String::from_utf8_lossy(&flag).into_owned());
                    }
                }
                Some(b'(') => self.skip_value(),
                Some(_) => out.push(self.word_until(b"()")),
            }
            if out.len() > 10_000 {
                return Err("a list without an end");
            }
        }
    }

    /// Quoted string, literal, NIL or atom.
    fn nstring(&mut self) -> Result<Option<Bytes>, Wrong> {
        match self.data()? {
            Data::Nil => Ok(None),
            Data::Bytes(bytes) => Ok(Some(bytes)),
            // Something large where a name was expected: treated as missing.
            Data::Streamed(_) | Data::Pending => Ok(Some(Bytes::new())),
        }
    }

    fn data(&mut self) -> Result<Data, Wrong> {
        self.settle();
        match self.parts.get(self.part) {
            None => Ok(Data::Pending),
            Some(Part::Literal(bytes)) => {
                self.part += 1;
                self.at = 0;
                Ok(Data::Bytes(bytes.clone()))
            }
            Some(Part::Streamed(len)) => {
                self.part += 1;
                self.at = 0;
                Ok(Data::Streamed(*len))
            }
            Some(Part::Text(_)) if self.peek() == Some(b'"') => self.quoted().map(Data::Bytes),
            Some(Part::Text(_)) => {
                let word = self.word_until(b"()");
                if word.is_empty() {
                    return Err("a string that is none");
                }
                Ok(if word.eq_ignore_ascii_case("NIL") { Data::Nil } else { Data::Bytes(Bytes::from(word.into_bytes())) })
            }
        }
    }

    fn quoted(&mut self) -> Result<Bytes, Wrong> {
        self.at += 1;
        let mut out = Vec::new();
        let mut bytes = self.text().iter();
        while let Some(byte) = bytes.next() {
            self.at += 1;
            match byte {
                b'"' => return Ok(Bytes::from(out)),
                b'\\' => {
                    self.at += 1;
                    out.push(*bytes.next().ok_or("a quoted string without an end")?);
                }
                other => out.push(*other),
            }
        }
        Err("a quoted string without an end")
    }

    /// `[…]` after BODY, upper case.
    fn section(&mut self) -> Result<String, Wrong> {
        self.at += 1;
        let mut out = Vec::new();
        loop {
            match self.data_or_byte()? {
                Ok(literal) => out.extend_from_slice(&literal),
                Err(b']') => return Ok(String::from_utf8_lossy(&out).to_ascii_uppercase()),
                Err(byte) => out.push(byte),
            }
            if out.len() > 4096 {
                return Err("a section name without an end");
            }
        }
    }

    /// The next byte, or the literal that is here.
    fn data_or_byte(&mut self) -> Result<Result<Bytes, u8>, Wrong> {
        match self.peek() {
            Some(byte) => {
                self.at += 1;
                Ok(Err(byte))
            }
            None => match self.data()? {
                Data::Bytes(bytes) => Ok(Ok(bytes)),
                _ => Err("a section name without an end"),
            },
        }
    }

    fn origin(&mut self) -> Result<Option<u64>, Wrong> {
        if !self.eat(b'<') {
            return Ok(None);
        }
        let origin = self.word_until(b">").parse().map_err(|_| "an origin that is no number")?;
        if !self.eat(b'>') {
            return Err("an origin without an end");
        }
        Ok(Some(origin))
    }

    /// Skips one value of any shape: string, literal, atom, or a list to any depth.
    fn skip_value(&mut self) {
        let mut depth = 0usize;
        loop {
            self.spaces();
            match self.peek() {
                Some(b'(') => {
                    self.at += 1;
                    depth += 1;
                }
                Some(b')') => {
                    if depth == 0 {
                        return;
                    }
                    self.at += 1;
                    depth -= 1;
                }
                Some(b'"') => {
                    if self.quoted().is_err() {
                        self.part = self.parts.len();
                        return;
                    }
                }
                Some(_) => {
                    let _ = self.word_until(b"()");
                }
                None if self.part >= self.parts.len() => return,
                None => {
                    self.part += 1;
                    self.at = 0;
                }
            }
            if depth == 0 {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests;
