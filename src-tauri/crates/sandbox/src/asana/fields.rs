//! `opt_fields`: what of a thing is told. Without it, only what it is.

use serde_json::{Map, Value};

use super::{Asked, error::Refusal};

/// What is always told.
const COMPACT: &[&str] = &["gid", "resource_type"];

/// The fields that are asked for, each as its path.
pub(super) struct Fields(Vec<Vec<String>>);

impl Fields {
    /// `compact`: what is told where nothing is asked for.
    pub fn read(asked: &Asked<'_>, known: &[&str], compact: &[&str]) -> Result<Self, Refusal> {
        let paths = |names: &mut dyn Iterator<Item = &str>| names.map(|name| name.split('.').map(str::to_owned).collect()).collect();
        let Some(list) = asked.get("opt_fields") else { return Ok(Self(paths(&mut compact.iter().copied()))) };
        match list.split(',').find(|name| !known.contains(name)) {
            Some(name) => Err(Refusal::new(400, &format!("opt_fields: {name} is not a field of this."))),
            None => Ok(Self(paths(&mut list.split(',')))),
        }
    }

    pub fn cut(&self, whole: &Value) -> Value {
        let paths: Vec<&[String]> = self.0.iter().map(Vec::as_slice).collect();
        part(whole, &paths)
    }
}

fn part(whole: &Value, paths: &[&[String]]) -> Value {
    match whole {
        Value::Array(items) => items.iter().map(|item| part(item, paths)).collect(),
        Value::Object(map) => {
            let mut told = Map::new();
            for (name, value) in map {
                let below: Vec<&[String]> =
                    paths.iter().filter(|path| path.first() == Some(name)).filter_map(|path| path.get(1..)).collect();
                if !below.is_empty() {
                    let deeper: Vec<&[String]> = below.into_iter().filter(|rest| !rest.is_empty()).collect();
                    told.insert(name.clone(), if value.is_object() || value.is_array() { part(value, &deeper) } else { value.clone() });
                } else if COMPACT.contains(&name.as_str()) {
                    told.insert(name.clone(), value.clone());
                }
            }
            Value::Object(told)
        }
        other => other.clone(),
    }
}
