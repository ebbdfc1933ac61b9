//! Arguments of a command: known, of the right type, and with temporary ids in them replaced.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::error::Refusal;

pub(super) struct Args<'a> {
    map: &'a Map<String, Value>,
    temps: &'a BTreeMap<String, String>,
}

impl<'a> Args<'a> {
    pub fn new(map: &'a Map<String, Value>, temps: &'a BTreeMap<String, String>, known: &[&str]) -> Result<Self, Refusal> {
        match map.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(Refusal::invalid(name, "there is no such argument")),
            None => Ok(Self { map, temps }),
        }
    }

    pub fn value(&self, name: &str) -> Option<&'a Value> {
        self.map.get(name)
    }

    /// None: not said, or null.
    pub fn id(&self, name: &str) -> Result<Option<String>, Refusal> {
        match self.map.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(id)) => Ok(Some(self.temps.get(id).unwrap_or(id).clone())),
            Some(_) => Err(Refusal::invalid(name, "ids are texts")),
        }
    }

    pub fn required_id(&self, name: &str) -> Result<String, Refusal> {
        self.id(name)?.ok_or_else(|| Refusal::missing(name))
    }

    /// At most `longest` characters.
    pub fn text(&self, name: &str, longest: usize) -> Result<Option<String>, Refusal> {
        match self.map.get(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.chars().count() <= longest => Ok(Some(text.clone())),
            Some(Value::String(_)) => Err(Refusal::invalid(name, "too long")),
            Some(_) => Err(Refusal::invalid(name, "not a text")),
        }
    }

    pub fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.map.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(Refusal::invalid(name, "neither true nor false")),
        }
    }

    pub fn number(&self, name: &str) -> Result<Option<i64>, Refusal> {
        match self.map.get(name) {
            None => Ok(None),
            Some(value) => value.as_i64().map(Some).ok_or_else(|| Refusal::invalid(name, "not a whole number")),
        }
    }

    pub fn priority(&self) -> Result<Option<u8>, Refusal> {
        match self.number("priority")? {
            None => Ok(None),
            Some(n @ 1..=4) => Ok(u8::try_from(n).ok()),
            Some(_) => Err(Refusal::invalid("priority", "not from 1 to 4")),
        }
    }

    pub fn labels(&self) -> Result<Option<Vec<String>>, Refusal> {
        let Some(value) = self.map.get("labels") else { return Ok(None) };
        let wrong = || Refusal::invalid("labels", "not a list of names");
        let names: Option<Vec<String>> = value.as_array().ok_or_else(wrong)?.iter().map(|name| name.as_str().map(str::to_owned)).collect();
        let names = names.ok_or_else(wrong)?;
        if names.iter().any(|name| name.is_empty() || name.chars().count() > 128) { Err(wrong()) } else { Ok(Some(names)) }
    }
}
