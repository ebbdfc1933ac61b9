//! Arguments that are taken from the answer to an earlier call of the same request (RFC 8620 section 3.7).

use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::MethodError;

/// Answers so far: name, arguments, id of the call.
pub(super) type Answered = (String, Value, String);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Reference {
    result_of: String,
    name: String,
    path: String,
}

/// Puts results in the place of `#name` arguments.
pub(super) fn resolve(arguments: Map<String, Value>, answers: &[Answered]) -> Result<Map<String, Value>, MethodError> {
    let mut out = Map::new();
    for (name, value) in &arguments {
        let Some(plain) = name.strip_prefix('#') else {
            out.insert(name.clone(), value.clone());
            continue;
        };
        if arguments.contains_key(plain) {
            return Err(MethodError::arguments(&format!("{plain} is given twice.")));
        }
        out.insert(plain.to_owned(), result(value, answers)?);
    }
    Ok(out)
}

fn result(value: &Value, answers: &[Answered]) -> Result<Value, MethodError> {
    let invalid = |why: &str| MethodError::new("invalidResultReference", why);
    let reference: Reference = serde_json::from_value(value.clone()).map_err(|_| invalid("This is no result reference."))?;
    let (name, answer, _) =
        answers.iter().find(|(_, _, id)| *id == reference.result_of).ok_or_else(|| invalid("There is no such call."))?;
    if *name != reference.name {
        return Err(invalid("That call was answered by another name."));
    }
    let path = reference.path.strip_prefix('/').ok_or_else(|| invalid("A path begins with a slash."))?;
    let parts: Vec<String> = path.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
    follow(answer, &parts).ok_or_else(|| invalid("The path leads nowhere."))
}

/// A JSON pointer, with `*` for every item of a list; lists of lists become one.
fn follow(value: &Value, parts: &[String]) -> Option<Value> {
    let Some((first, rest)) = parts.split_first() else { return Some(value.clone()) };
    match value {
        Value::Array(items) if first == "*" => {
            let mut out = Vec::new();
            for item in items {
                match follow(item, rest)? {
                    Value::Array(more) => out.extend(more),
                    one => out.push(one),
                }
            }
            Some(Value::Array(out))
        }
        Value::Array(items) => follow(items.get(first.parse::<usize>().ok()?)?, rest),
        Value::Object(map) => follow(map.get(first)?, rest),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    #[test]
    fn results_are_found_by_path() {
        let answers = vec![("Foo/get".to_owned(), json!({"list": [{"a/b": ["x", "y"]}, {"a/b": ["z"]}], "ids": ["q"]}), "0".to_owned())];
        let ask = |of: &str, name: &str, path: &str| {
            let Value::Object(map) = json!({"#ids": {"resultOf": of, "name": name, "path": path}, "n": 1}) else { panic!() };
            resolve(map, &answers)
        };
        assert_eq!(Value::Object(ask("0", "Foo/get", "/list/*/a~1b").unwrap()), json!({"ids": ["x", "y", "z"], "n": 1}));
        assert_eq!(ask("0", "Foo/get", "/list/1/a~1b/0").unwrap()["ids"], json!("z"));
        for (of, name, path) in [("1", "Foo/get", "/ids"), ("0", "Foo/set", "/ids"), ("0", "Foo/get", "/none"), ("0", "Foo/get", "ids")] {
            assert_eq!(ask(of, name, path).unwrap_err().kind, "invalidResultReference", "{of} {name} {path}");
        }
        let Value::Object(both) = json!({"ids": [], "#ids": {"resultOf": "0", "name": "Foo/get", "path": "/ids"}}) else { panic!() };
        assert_eq!(resolve(both, &answers).unwrap_err().kind, "invalidArguments");
    }
}
