//! Text to [`Query`]. Errors name the place and say what to type instead, because they are shown below the search box.

use thiserror::Error;

use super::{IsFlag, Query, Term, dates};
use crate::time::{Timestamp, Zone};

/// What is wrong with a query.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct SearchSyntaxError {
    pub message: String,
    /// What to type instead.
    pub hint: String,
    /// Byte offset into the query.
    pub at: usize,
}

impl SearchSyntaxError {
    fn new(at: usize, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into(), at }
    }
}

const OPERATORS: [&str; 14] =
    ["from", "to", "cc", "subject", "has", "filename", "in", "is", "label", "before", "after", "account", "newer_than", "older_than"];
const MAX_BYTES: usize = 8 * 1024;
const MAX_TERMS: usize = 200;
const MAX_DEPTH: usize = 30;

/// Parses a finished query. The empty query is `All([])`: everything. Days are those of `zone`.
pub fn parse(input: &str, now: Timestamp, zone: &Zone) -> Result<Query, SearchSyntaxError> {
    Parser::new(input, now, zone, false)?.run()
}

/// Parses a query that is being typed: its last word is a prefix, an open quotation is taken as closed, and an operator
/// without a value, an open parenthesis or a dangling `OR` at the end are ignored.
pub fn parse_typing(input: &str, now: Timestamp, zone: &Zone) -> Result<Query, SearchSyntaxError> {
    Parser::new(input, now, zone, true)?.run()
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Open,
    Close,
    Minus,
    Or,
    /// `name:` directly before a value.
    Field(String),
    Word(String),
    Phrase(String),
}

struct Parser<'a> {
    tokens: Vec<(usize, Token)>,
    next: usize,
    now: Timestamp,
    zone: &'a Zone,
    typing: bool,
    input: &'a str,
}

impl<'a> Parser<'a> {
    fn new(input: &'a str, now: Timestamp, zone: &'a Zone, typing: bool) -> Result<Self, SearchSyntaxError> {
        if input.len() > MAX_BYTES {
            return Err(SearchSyntaxError::new(MAX_BYTES, "The search is too long.", "Use fewer words."));
        }
        let tokens = tokens(input, typing)?;
        if tokens.len() > MAX_TERMS {
            let at = tokens.get(MAX_TERMS).map_or(0, |t| t.0);
            return Err(SearchSyntaxError::new(at, format!("The search has more than {MAX_TERMS} words."), "Use fewer words."));
        }
        Ok(Self { tokens, next: 0, now, zone, typing, input })
    }

    fn run(mut self) -> Result<Query, SearchSyntaxError> {
        let query = self.all(None, 0)?;
        match self.tokens.get(self.next) {
            Some((at, Token::Close)) => {
                Err(SearchSyntaxError::new(*at, "A ) has no matching (.", "Remove it, or put it into quotation marks."))
            }
            _ => Ok(query),
        }
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|t| &t.1)
    }
    /// Where the next token begins, or the end of the query.
    fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(self.input.len(), |t| t.0)
    }
    fn at_end(&self) -> bool {
        self.next >= self.tokens.len()
    }

    /// Neighbours, each of which may be a chain of `OR`.
    fn all(&mut self, field: Option<&str>, depth: usize) -> Result<Query, SearchSyntaxError> {
        if depth > MAX_DEPTH {
            return Err(SearchSyntaxError::new(self.at(), "There are too many parentheses inside each other.", "Write it more simply."));
        }
        let mut list = Vec::new();
        while let Some(token) = self.peek() {
            if *token == Token::Close {
                break;
            }
            if let Some(one) = self.any(field, depth)? {
                list.push(one);
            }
        }
        Ok(if list.len() == 1 { list.remove(0) } else { Query::All(list) })
    }

    fn any(&mut self, field: Option<&str>, depth: usize) -> Result<Option<Query>, SearchSyntaxError> {
        if self.peek() == Some(&Token::Or) {
            return Err(SearchSyntaxError::new(self.at(), "OR has nothing before it.", "Put a word on each side: paris OR london."));
        }
        let mut list: Vec<Query> = self.not(field, depth)?.into_iter().collect();
        while self.peek() == Some(&Token::Or) {
            let at = self.at();
            self.next += 1;
            if self.at_end() && self.typing {
                break;
            }
            if matches!(self.peek(), None | Some(Token::Close | Token::Or)) {
                return Err(SearchSyntaxError::new(at, "OR has nothing after it.", "Put a word on each side: paris OR london."));
            }
            list.extend(self.not(field, depth)?);
        }
        Ok(match list.len() {
            0 => None,
            1 => list.pop(),
            _ => Some(Query::Any(list)),
        })
    }

    fn not(&mut self, field: Option<&str>, depth: usize) -> Result<Option<Query>, SearchSyntaxError> {
        let mut negated = false;
        while self.peek() == Some(&Token::Minus) {
            self.next += 1;
            negated = !negated;
        }
        let one = self.one(field, depth)?;
        Ok(if negated { one.map(|q| Query::Not(Box::new(q))) } else { one })
    }

    fn one(&mut self, field: Option<&str>, depth: usize) -> Result<Option<Query>, SearchSyntaxError> {
        let at = self.at();
        let Some(token) = self.peek().cloned() else {
            return if self.typing {
                Ok(None)
            } else {
                Err(SearchSyntaxError::new(at, "A - has nothing after it.", "Put the word to leave out directly after it: -draft."))
            };
        };
        self.next += 1;
        match token {
            Token::Open => {
                let inner = self.all(field, depth + 1)?;
                if self.peek() == Some(&Token::Close) {
                    self.next += 1;
                } else if !self.typing {
                    return Err(SearchSyntaxError::new(at, "A ( is not closed.", "Close it with )."));
                }
                if inner == Query::All(Vec::new()) {
                    return if self.typing {
                        Ok(None)
                    } else {
                        Err(SearchSyntaxError::new(at, "There is nothing between the parentheses.", "Put words between them."))
                    };
                }
                Ok(Some(inner))
            }
            Token::Field(name) => {
                if self.at_end() && self.typing {
                    return Ok(None);
                }
                match self.peek() {
                    Some(Token::Open) => self.one(Some(&name), depth),
                    Some(Token::Word(_) | Token::Phrase(_)) => {
                        let value_at = self.at();
                        let value = match self.peek() {
                            Some(Token::Word(v) | Token::Phrase(v)) => v.clone(),
                            _ => String::new(),
                        };
                        self.next += 1;
                        self.field(&name, &value, value_at).map(Some)
                    }
                    _ => Err(SearchSyntaxError::new(at, format!("{name}: needs a value."), example(&name))),
                }
            }
            Token::Word(text) => match field {
                Some(name) => self.field(name, &text, at).map(Some),
                None => Ok(Some(self.word(&text))),
            },
            Token::Phrase(text) => match field {
                Some(name) => self.field(name, &text, at).map(Some),
                None if text.trim().is_empty() => Ok(None),
                None => Ok(Some(Query::Term(Term::Phrase(text)))),
            },
            Token::Minus | Token::Or | Token::Close => {
                Err(SearchSyntaxError::new(at, "A - has nothing after it.", "Put the word to leave out directly after it: -draft."))
            }
        }
    }

    fn word(&self, text: &str) -> Query {
        let (text, star) = match text.strip_suffix('*') {
            Some(stem) if !stem.is_empty() => (stem, true),
            _ => (text, false),
        };
        // The word under the cursor.
        let last = self.typing && self.at_end() && self.input.ends_with(text);
        Query::Term(Term::Word { text: text.to_owned(), prefix: star || last })
    }

    fn field(&self, name: &str, value: &str, at: usize) -> Result<Query, SearchSyntaxError> {
        let value = value.trim();
        if value.is_empty() {
            return Err(SearchSyntaxError::new(at, format!("{name}: needs a value."), example(name)));
        }
        let owned = value.to_owned();
        let bad = |known: &str| {
            let message = format!("{name}:{value} is not something to search for.");
            if self.typing && self.at_end() {
                SearchSyntaxError::new(at, message, format!("Go on typing: {known}."))
            } else {
                SearchSyntaxError::new(at, message, format!("Use {known}."))
            }
        };
        let day = || {
            dates::day(value, self.now, self.zone).ok_or_else(|| {
                SearchSyntaxError::new(at, format!("“{value}” is not a date."), "Write it like 2026-03-09, or 7d, 2w, 3m, 1y ago.")
            })
        };
        Ok(Query::Term(match name {
            "from" => Term::From(owned),
            "to" => Term::To(owned),
            "cc" => Term::Cc(owned),
            "subject" => Term::Subject(owned),
            "filename" => Term::Filename(owned),
            "in" => Term::In(owned),
            "label" => Term::Label(owned),
            "account" => Term::Account(owned),
            "before" | "older_than" => Term::Before(day()?),
            "after" | "newer_than" => Term::After(day()?),
            "has" => match value.to_lowercase().as_str() {
                "attachment" | "attachments" | "file" | "files" => Term::HasAttachment,
                _ => return Err(bad("has:attachment")),
            },
            _ => match value.to_lowercase().as_str() {
                "read" | "seen" => Term::Is(IsFlag::Read),
                "unread" | "unseen" => Term::Is(IsFlag::Unread),
                "starred" | "flagged" => Term::Is(IsFlag::Starred),
                "unstarred" | "unflagged" => Term::Is(IsFlag::Unstarred),
                "draft" => Term::Is(IsFlag::Draft),
                "answered" | "replied" => Term::Is(IsFlag::Answered),
                _ => return Err(bad("is:unread, is:read, is:starred, is:unstarred, is:draft or is:answered")),
            },
        }))
    }
}

fn example(name: &str) -> String {
    let value = match name {
        "has" => "attachment",
        "is" => "unread",
        "in" => "inbox",
        "before" | "after" => "2026-03-09",
        "newer_than" | "older_than" => "7d",
        "subject" => "invoice",
        "filename" => "pdf",
        "label" => "work",
        _ => "ada",
    };
    format!("For example {name}:{value}.")
}

fn tokens(input: &str, typing: bool) -> Result<Vec<(usize, Token)>, SearchSyntaxError> {
    let mut out = Vec::new();
    let mut rest = input;
    // True where a token may begin with `-`: not inside a word.
    while let Some(c) = rest.chars().next() {
        let at = input.len() - rest.len();
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            c if c.is_whitespace() || c.is_control() => rest = after,
            '(' => {
                out.push((at, Token::Open));
                rest = after;
            }
            ')' => {
                out.push((at, Token::Close));
                rest = after;
            }
            '-' | '−' if after.starts_with(|c: char| !c.is_whitespace() && c != ')') => {
                out.push((at, Token::Minus));
                rest = after;
            }
            '"' | '“' | '”' | '„' => {
                let end = after.find(['"', '“', '”']);
                let Some(phrase) = after.get(..end.unwrap_or(after.len())) else { break };
                if end.is_none() && !typing {
                    return Err(SearchSyntaxError::new(at, "A quotation mark is not closed.", "Close the phrase with another \"."));
                }
                out.push((at, Token::Phrase(phrase.to_owned())));
                let tail = after.get(phrase.len()..).unwrap_or_default();
                rest = tail.get(tail.chars().next().map_or(0, char::len_utf8)..).unwrap_or_default();
            }
            _ => {
                let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"' | '“' | '”')).unwrap_or(rest.len());
                let word = rest.get(..end).unwrap_or_default();
                rest = rest.get(end..).unwrap_or_default();
                let (field, value) = operator(word, at)?;
                if let Some(field) = field {
                    let value_at = at + word.len() - value.len();
                    // A blank after the colon ends the operator: `from: ada` would otherwise search two things.
                    let joined = rest.starts_with(['(', '"', '“', '”']);
                    if value.is_empty() && !joined && !(typing && rest.trim().is_empty()) {
                        let example = example(&field);
                        return Err(SearchSyntaxError::new(at, format!("{field}: needs a value directly after the colon."), example));
                    }
                    out.push((at, Token::Field(field)));
                    if !value.is_empty() {
                        out.push((value_at, Token::Word(value.to_owned())));
                    }
                } else if word == "OR" || word == "|" {
                    out.push((at, Token::Or));
                } else if word != "AND" && word != "-" {
                    out.push((at, Token::Word(word.to_owned())));
                }
            }
        }
    }
    Ok(out)
}

/// Splits `name:value` where the name is an operator. Other colons (10:30, https://…) belong to the word.
fn operator(word: &str, at: usize) -> Result<(Option<String>, &str), SearchSyntaxError> {
    let Some((name, value)) = word.split_once(':') else { return Ok((None, word)) };
    let low = name.to_lowercase();
    if OPERATORS.contains(&low.as_str()) {
        return Ok((Some(low), value));
    }
    let letters = low.len() >= 3 && low.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if letters
        && !value.starts_with('/')
        && let Some(meant) = OPERATORS.iter().find(|o| o.len() >= 3 && slip(o, &low))
    {
        return Err(SearchSyntaxError::new(
            at,
            format!("There is no {low}: to search by."),
            format!("Did you mean {meant}:{value}? To search for the text itself, put it into quotation marks."),
        ));
    }
    Ok((None, word))
}

/// One letter too many, too few, wrong, or two swapped.
fn slip(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let prefix = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (left, right) = (a.get(prefix..).unwrap_or_default(), b.get(prefix..).unwrap_or_default());
    let rest = |s: &[u8], n: usize| s.get(n..).unwrap_or_default().to_vec();
    let swapped = left.len() >= 2
        && right.len() >= 2
        && left.first() == right.get(1)
        && left.get(1) == right.first()
        && rest(left, 2) == rest(right, 2);
    rest(left, 1) == rest(right, 1) || rest(left, 1) == right || left == rest(right, 1) || swapped
}

#[cfg(test)]
mod tests;
