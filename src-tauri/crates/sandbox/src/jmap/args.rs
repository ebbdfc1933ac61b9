//! Arguments of a call, each taken once: what is left over at the end is refused, so that a misspelt name passes no test.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::error::MethodError;

pub(super) struct Args(Map<String, Value>);

impl Args {
    pub fn new(map: Map<String, Value>) -> Self {
        Self(map)
    }

    /// None where it is absent or null.
    pub fn take<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, MethodError> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                serde_json::from_value(value).map(Some).map_err(|_| MethodError::arguments(&format!("{name} is of another type.")))
            }
        }
    }

    pub fn need<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, MethodError> {
        self.take(name)?.ok_or_else(|| MethodError::arguments(&format!("{name} is missing.")))
    }

    /// Nothing may be left.
    pub fn end(self) -> Result<(), MethodError> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => Err(MethodError::arguments(&format!("There is no argument {name}."))),
        }
    }
}
