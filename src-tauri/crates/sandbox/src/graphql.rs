//! A small GraphQL server's half: reading documents, checking them against a schema, counting their complexity, and cutting answers to
//! what was asked for. As much of the specification (October 2021) as a client of tasks needs: one operation, variables, arguments and
//! aliases; no fragments and no directives, which are refused.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

mod parse;
mod schema;
#[cfg(test)]
mod tests;

pub(crate) use parse::{Operation, parse};
pub(crate) use schema::{Schema, check};

/// One field of a selection.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field {
    pub alias: Option<String>,
    pub name: String,
    pub args: Vec<(String, Arg)>,
    pub fields: Vec<Self>,
}

/// The value of an argument as it is written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Arg {
    Variable(String),
    Plain(Value),
    /// A bare name: an enum's.
    Name(String),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Arg {
    /// With variables replaced. One that is not given is null.
    pub fn value(&self, variables: &Map<String, Value>) -> Value {
        match self {
            Self::Variable(name) => variables.get(name).cloned().unwrap_or_default(),
            Self::Plain(value) => value.clone(),
            Self::Name(name) => json!(name),
            Self::List(items) => items.iter().map(|item| item.value(variables)).collect(),
            Self::Object(fields) => fields.iter().map(|(name, field)| (name.clone(), field.value(variables))).collect::<Map<_, _>>().into(),
        }
    }
}

impl Field {
    /// Under which name the answer has it.
    pub fn key(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.name)
    }

    /// Arguments that are given, and are not null.
    pub fn arguments(&self, variables: &Map<String, Value>) -> BTreeMap<String, Value> {
        self.args.iter().map(|(name, arg)| (name.clone(), arg.value(variables))).filter(|(_, value)| !value.is_null()).collect()
    }
}

/// What was asked for of a value that has everything.
pub(crate) fn cut(value: &Value, fields: &[Field]) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| cut(item, fields)).collect(),
        Value::Object(map) if !fields.is_empty() => {
            let part = |field: &Field| (field.key().to_owned(), cut(map.get(&field.name).unwrap_or(&Value::Null), &field.fields));
            fields.iter().map(part).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}
