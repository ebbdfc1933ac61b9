//! Addresses that mail may be sent to: parsed from what a person typed, checked, and only then a type that the builder takes.
//!
//! Reading received mail is lenient (`headers`); this is the strict side. An [`Addressee`] cannot hold a line end, a blank or
//! a bracket, so no header can be injected through it.

use domain::mail::Address;
use thiserror::Error;
use url::quirks::{domain_to_ascii, domain_to_unicode};

/// What is wrong with a list of addresses, and where (byte offset into the input).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct AddressError {
    pub message: String,
    pub hint: &'static str,
    pub at: usize,
}

impl AddressError {
    fn new(at: usize, message: impl Into<String>, hint: &'static str) -> Self {
        Self { message: message.into(), hint, at }
    }
}

/// A checked address: RFC 5322 addr-spec with a punycode domain, and a display name without control characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Addressee {
    name: String,
    local: String,
    /// ASCII (punycode) and lower case, or an address literal in brackets.
    domain: String,
}

impl Addressee {
    /// One address: `a@b`, `<a@b>` or `Name <a@b>`.
    pub fn parse(input: &str) -> Result<Self, AddressError> {
        match parse_list(input)?.as_slice() {
            [one] => Ok(one.clone()),
            [] => Err(AddressError::new(0, "There is no address.", "Type an address such as ada@example.org.")),
            _ => Err(AddressError::new(0, "There is more than one address.", "Give exactly one.")),
        }
    }
    /// Checks an address that was read from a mail or a draft.
    pub fn from_address(address: &Address) -> Result<Self, AddressError> {
        let (local, domain) = addr_spec(address.email.trim(), 0)?;
        Ok(Self { name: display_name(&address.name), local, domain })
    }
    /// For the wire: `local@punycode`.
    pub fn email(&self) -> String {
        format!("{}@{}", self.local, self.domain)
    }
    /// For people: the domain in its own script.
    pub fn shown(&self) -> String {
        format!("{}@{}", self.local, domain_to_unicode(&self.domain))
    }
    pub fn name(&self) -> &str {
        &self.name
    }
    /// Punycode domain.
    pub fn domain(&self) -> &str {
        &self.domain
    }
    /// Whether only a server with SMTPUTF8 (RFC 6531) can take it.
    pub fn needs_smtputf8(&self) -> bool {
        !self.local.is_ascii()
    }
    pub fn to_address(&self) -> Address {
        Address { name: self.name.clone(), email: self.email() }
    }
    #[must_use]
    pub fn with_name(mut self, name: &str) -> Self {
        self.name = display_name(name);
        self
    }
}

/// Parses what stands in a To field: addresses separated by `,`, `;` or line ends, names quoted or not.
pub fn parse_list(input: &str) -> Result<Vec<Addressee>, AddressError> {
    let mut out: Vec<Addressee> = Vec::new();
    for (at, piece) in split(input)? {
        let trimmed = piece.trim();
        if trimmed.is_empty() {
            continue;
        }
        let at = at + (piece.len() - piece.trim_start().len());
        if let Some(control) = trimmed.chars().find(|c| c.is_control() && *c != '\t') {
            return Err(AddressError::new(
                at,
                format!("An address holds a control character ({}).", control.escape_unicode()),
                "Type it again.",
            ));
        }
        let one = one(trimmed, at)?;
        if out.iter().any(|o| o.local == one.local && o.domain == one.domain) {
            continue;
        }
        if out.len() >= MAX_RECIPIENTS {
            return Err(AddressError::new(
                at,
                format!("More than {MAX_RECIPIENTS} recipients."),
                "Use a mailing list, or send several mails.",
            ));
        }
        out.push(one);
    }
    Ok(out)
}

const MAX_RECIPIENTS: usize = 1_000;

/// Pieces with their byte offsets; separators inside quotes and brackets do not count.
fn split(input: &str) -> Result<Vec<(usize, &str)>, AddressError> {
    let mut out = Vec::new();
    let (mut start, mut quoted, mut escaped, mut bracket) = (0, None, false, None);
    for (i, c) in input.char_indices() {
        if escaped {
            escaped = false;
            continue;
        }
        match c {
            '\\' if quoted.is_some() => escaped = true,
            '"' => quoted = if quoted.is_some() { None } else { Some(i) },
            '<' if quoted.is_none() => bracket = Some(i),
            '>' if quoted.is_none() => bracket = None,
            ',' | ';' | '\n' | '\r' if quoted.is_none() && bracket.is_none() => {
                out.push((start, input.get(start..i).unwrap_or_default()));
                start = i + c.len_utf8();
            }
            _ => {}
        }
    }
    if let Some(at) = quoted {
        return Err(AddressError::new(at, "A quotation mark is not closed.", "Close the name with another \"."));
    }
    if let Some(at) = bracket {
        return Err(AddressError::new(at, "A < is not closed.", "Close the address with >."));
    }
    out.push((start, input.get(start..).unwrap_or_default()));
    Ok(out)
}

fn one(text: &str, at: usize) -> Result<Addressee, AddressError> {
    let (name, email, offset) = match text.rfind('<') {
        Some(open) if !inside_quotes(text, open) => {
            let inner = text.get(open + 1..).unwrap_or_default();
            let Some(email) = inner.trim_end().strip_suffix('>') else {
                return Err(AddressError::new(
                    at + open,
                    format!("“{text}” has something after the >."),
                    "Put a comma between two addresses.",
                ));
            };
            (text.get(..open).unwrap_or_default(), email, open + 1)
        }
        _ => ("", text, 0),
    };
    let (local, domain) = addr_spec(email.trim(), at + offset)?;
    Ok(Addressee { name: display_name(&unquote(name.trim())), local, domain })
}

fn inside_quotes(text: &str, at: usize) -> bool {
    text.get(..at).unwrap_or_default().matches('"').count() % 2 == 1
}

fn unquote(name: &str) -> String {
    let Some(inner) = name.strip_prefix('"').and_then(|n| n.strip_suffix('"')) else { return name.to_owned() };
    let mut out = String::new();
    let mut escaped = false;
    for c in inner.chars() {
        if c == '\\' && !escaped {
            escaped = true;
        } else {
            out.push(c);
            escaped = false;
        }
    }
    out
}

/// A display name is a courtesy: what cannot stand in a header is left out, here before the type exists.
fn display_name(name: &str) -> String {
    super::headers::clean(name, 255)
}

const EXAMPLE: &str = "An address looks like ada@example.org.";

fn addr_spec(email: &str, at: usize) -> Result<(String, String), AddressError> {
    let bad = |message: String| AddressError::new(at, message, EXAMPLE);
    let shown: String = email.chars().take(80).collect();
    let Some((local, domain)) = email.rsplit_once('@') else {
        return Err(bad(format!("“{shown}” is not an address: there is no @.")));
    };
    if local.is_empty() {
        return Err(bad(format!("“{shown}” has nothing before the @.")));
    }
    if local.len() > 64 {
        return Err(bad(format!("“{shown}” is too long before the @ (64 characters at most).")));
    }
    let local = check_local(local).ok_or_else(|| bad(format!("“{shown}” has a character that is not allowed before the @.")))?;
    let domain = check_domain(domain.trim()).ok_or_else(|| bad(format!("“{shown}” has no valid domain after the @.")))?;
    if local.len() + domain.len() + 1 > 254 {
        return Err(bad(format!("“{shown}” is too long (254 characters at most).")));
    }
    Ok((local, domain))
}

/// Dot-atom or quoted string (RFC 5321 section 4.1.2), non-ASCII letters as in RFC 6531.
fn check_local(local: &str) -> Option<String> {
    if let Some(inner) = local.strip_prefix('"').and_then(|l| l.strip_suffix('"')) {
        let ok = !inner.is_empty() && !inner.chars().any(|c| c.is_control() || matches!(c, '"' | '\\' | '<' | '>') || !c.is_ascii());
        return ok.then(|| local.to_owned());
    }
    let atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c) || (!c.is_ascii() && c.is_alphanumeric());
    let dots = local.starts_with('.') || local.ends_with('.') || local.contains("..");
    (!dots && local.chars().all(atom)).then(|| local.to_owned())
}

fn check_domain(domain: &str) -> Option<String> {
    if let Some(literal) = domain.strip_prefix('[').and_then(|d| d.strip_suffix(']')) {
        let address = literal.strip_prefix("IPv6:").unwrap_or(literal);
        return address.parse::<std::net::IpAddr>().ok().map(|_| domain.to_owned());
    }
    if domain.contains(['%', '/', '\\', ':', '@', '?', '#']) {
        return None;
    }
    let ascii = domain_to_ascii(domain.trim_end_matches('.'));
    let label = |l: &str| {
        !l.is_empty()
            && l.len() <= 63
            && !l.starts_with('-')
            && !l.ends_with('-')
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    let last_is_number = ascii.rsplit('.').next().is_some_and(|l| l.bytes().all(|b| b.is_ascii_digit()));
    (!ascii.is_empty() && ascii.len() <= 253 && !last_is_number && ascii.split('.').all(label)).then_some(ascii)
}
