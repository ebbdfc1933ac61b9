//! Documents: one operation.

use serde_json::{Value, json};

use super::{Arg, Field};

/// A query or a mutation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Operation {
    pub mutation: bool,
    pub name: Option<String>,
    /// Name and type, as it is written: `ID!`, `[String!]`.
    pub variables: Vec<(String, String)>,
    pub fields: Vec<Field>,
}

/// Deeper than any sensible question.
const DEEPEST: usize = 12;

/// What is wrong comes as words.
pub(crate) fn parse(text: &str) -> Result<Operation, String> {
    let mut reader = Reader { tokens: tokens(text)?, at: 0 };
    let mut operation = Operation { mutation: false, name: None, variables: Vec::new(), fields: Vec::new() };
    if reader.peek() != Some("{") {
        operation.mutation = match reader.next()?.as_str() {
            "query" => false,
            "mutation" => true,
            other => return Err(format!("Syntax Error: Unexpected Name \"{other}\".")),
        };
        if reader.peek().is_some_and(is_name) {
            operation.name = Some(reader.next()?);
        }
        if reader.take("(") {
            while !reader.take(")") {
                reader.expect("$")?;
                let name = reader.name()?;
                reader.expect(":")?;
                operation.variables.push((name, reader.kind()?));
            }
        }
    }
    operation.fields = reader.selection(0)?;
    match reader.peek() {
        None => Ok(operation),
        Some(more) => Err(format!("Syntax Error: Unexpected \"{more}\".")),
    }
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

struct Reader {
    tokens: Vec<String>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<&str> {
        self.tokens.get(self.at).map(String::as_str)
    }

    fn next(&mut self) -> Result<String, String> {
        let token = self.tokens.get(self.at).cloned().ok_or("Syntax Error: Unexpected <EOF>.")?;
        self.at += 1;
        Ok(token)
    }

    fn take(&mut self, token: &str) -> bool {
        let there = self.peek() == Some(token);
        self.at += usize::from(there);
        there
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.take(token) {
            Ok(())
        } else {
            Err(format!("Syntax Error: Expected \"{token}\", found {:?}.", self.peek().unwrap_or("<EOF>")))
        }
    }

    fn name(&mut self) -> Result<String, String> {
        let token = self.next()?;
        if is_name(&token) { Ok(token) } else { Err(format!("Syntax Error: Expected Name, found \"{token}\".")) }
    }

    fn kind(&mut self) -> Result<String, String> {
        let mut kind = if self.take("[") {
            let inner = self.kind()?;
            self.expect("]")?;
            format!("[{inner}]")
        } else {
            self.name()?
        };
        if self.take("!") {
            kind.push('!');
        }
        Ok(kind)
    }

    fn selection(&mut self, depth: usize) -> Result<Vec<Field>, String> {
        if depth > DEEPEST {
            return Err("Query is too deep.".to_owned());
        }
        self.expect("{")?;
        let mut fields = Vec::new();
        while !self.take("}") {
            let mut field = Field { alias: None, name: self.name()?, args: Vec::new(), fields: Vec::new() };
            if self.take(":") {
                field.alias = Some(std::mem::replace(&mut field.name, self.name()?));
            }
            if self.take("(") {
                while !self.take(")") {
                    let name = self.name()?;
                    self.expect(":")?;
                    field.args.push((name, self.arg(depth)?));
                }
            }
            if self.peek() == Some("{") {
                field.fields = self.selection(depth + 1)?;
            }
            fields.push(field);
        }
        if fields.is_empty() { Err("Syntax Error: Expected Name, found \"}\".".to_owned()) } else { Ok(fields) }
    }

    fn arg(&mut self, depth: usize) -> Result<Arg, String> {
        if depth > DEEPEST {
            return Err("Query is too deep.".to_owned());
        }
        let token = self.next()?;
        match token.as_str() {
            "$" => Ok(Arg::Variable(self.name()?)),
            "[" => {
                let mut items = Vec::new();
                while !self.take("]") {
                    items.push(self.arg(depth + 1)?);
                }
                Ok(Arg::List(items))
            }
            "{" => {
                let mut fields = Vec::new();
                while !self.take("}") {
                    let name = self.name()?;
                    self.expect(":")?;
                    fields.push((name, self.arg(depth + 1)?));
                }
                Ok(Arg::Object(fields))
            }
            "true" => Ok(Arg::Plain(json!(true))),
            "false" => Ok(Arg::Plain(json!(false))),
            "null" => Ok(Arg::Plain(Value::Null)),
            text if text.starts_with('"') => {
                serde_json::from_str(text).map(Arg::Plain).map_err(|_| "Syntax Error: Invalid string.".to_owned())
            }
            name if is_name(name) => Ok(Arg::Name(token)),
            number => serde_json::from_str(number).map(Arg::Plain).map_err(|_| format!("Syntax Error: Unexpected \"{number}\".")),
        }
    }
}

fn tokens(text: &str) -> Result<Vec<String>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let mut token = String::from(c);
        match c {
            c if c.is_whitespace() || c == ',' || c == '\u{feff}' => continue,
            '#' => {
                while rest.next_if(|c| *c != '\n').is_some() {}
                continue;
            }
            '"' => loop {
                let c = rest.next().filter(|c| *c != '\n').ok_or("Syntax Error: Unterminated string.")?;
                token.push(c);
                if c == '\\' {
                    token.push(rest.next().ok_or("Syntax Error: Unterminated string.")?);
                } else if c == '"' {
                    break;
                }
            },
            c if c.is_ascii_alphanumeric() || c == '_' || c == '-' => {
                while let Some(c) = rest.next_if(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '+' | '-')) {
                    token.push(c);
                }
            }
            '{' | '}' | '(' | ')' | '[' | ']' | ':' | '!' | '$' => {}
            other => return Err(format!("Syntax Error: Unexpected character \"{other}\".")),
        }
        tokens.push(token);
    }
    Ok(tokens)
}
