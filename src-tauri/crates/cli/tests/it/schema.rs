//! A validator for the part of JSON Schema that docs/cli uses. It refuses keywords that it does not know, so that a schema can't
//! promise what nobody checks.

use serde_json::Value;

/// The schema of a command's results by its arguments: the name of its file in docs/cli, without the ending.
pub fn of(args: &[&str]) -> String {
    let mut words = args.iter();
    let mut named = Vec::new();
    while let Some(word) = words.next() {
        match *word {
            "--home" | "--passphrase-file" | "--ca-file" => {
                words.next();
            }
            flag if flag.starts_with("--") => {}
            // The groups whose members answer in shapes of their own.
            "mail" | "outbox" | "calendar" | "tasks" | "files" if named.is_empty() => named.push(*word),
            last => {
                named.push(last);
                break;
            }
        }
    }
    let name = named.join("-");
    // Other people's time has another shape than one's own.
    if name == "calendar-freebusy" && args.contains(&"--with") { format!("{name}-with") } else { name }
}

/// What a command printed and complained of, line by line, against the schemas in `docs`. `args` without its global flags, or with.
pub fn check_output(docs: &std::path::Path, args: &[&str], stdout: &[u8], stderr: &[u8]) -> Result<(), String> {
    let schema = |name: &str| -> Result<Value, String> {
        let path = docs.join(format!("{name}.schema.json"));
        let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))
    };
    for (name, bytes) in [(of(args), stdout), ("error".to_owned(), stderr)] {
        for line in String::from_utf8_lossy(bytes).lines() {
            let value = serde_json::from_str(line).map_err(|e| format!("{name}: {e}: {line}"))?;
            check(&schema(&name)?, &value).map_err(|e| format!("{name}: {e}"))?;
        }
    }
    Ok(())
}

pub fn check(schema: &Value, value: &Value) -> Result<(), String> {
    at(schema, value, "$")
}

fn at(schema: &Value, value: &Value, path: &str) -> Result<(), String> {
    let map = schema.as_object().ok_or_else(|| format!("{path}: the schema is no object"))?;
    for (keyword, wanted) in map {
        let ok = match keyword.as_str() {
            "$schema" | "title" | "description" | "properties" | "additionalProperties" => true,
            "type" => types(wanted).iter().any(|t| is(t, value)),
            "enum" => wanted.as_array().is_some_and(|all| all.contains(value)),
            "minLength" => value.as_str().is_none_or(|s| s.chars().count() as u64 >= wanted.as_u64().unwrap_or(0)),
            "format" => wanted == "date-time" && value.as_str().is_none_or(|s| chrono::DateTime::parse_from_rfc3339(s).is_ok()),
            "required" => {
                for name in wanted.as_array().into_iter().flatten().filter_map(Value::as_str) {
                    if value.get(name).is_none() {
                        return Err(format!("{path}: {name} is missing"));
                    }
                }
                true
            }
            "items" => {
                for (i, item) in value.as_array().into_iter().flatten().enumerate() {
                    at(wanted, item, &format!("{path}[{i}]"))?;
                }
                true
            }
            "anyOf" => {
                let tried: Vec<_> = wanted.as_array().into_iter().flatten().map(|s| at(s, value, path)).collect();
                if !tried.iter().any(Result::is_ok) {
                    return Err(format!("{path}: none of {tried:?}"));
                }
                true
            }
            other => return Err(format!("{path}: the validator does not know {other}")),
        };
        if !ok {
            return Err(format!("{path}: {value} breaks {keyword} {wanted}"));
        }
    }
    if let (Some(properties), Some(object)) = (map.get("properties").and_then(Value::as_object), value.as_object()) {
        for (name, inner) in object {
            match properties.get(name) {
                Some(schema) => at(schema, inner, &format!("{path}.{name}"))?,
                None if map.get("additionalProperties") == Some(&Value::Bool(false)) => {
                    return Err(format!("{path}: {name} is not in the schema"));
                }
                None => {}
            }
        }
    }
    Ok(())
}

fn types(wanted: &Value) -> Vec<&str> {
    match wanted {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "null" => value.is_null(),
        _ => false,
    }
}
