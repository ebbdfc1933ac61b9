//! The `fields` parameter, as far as it names fields and one list of them: `nextPageToken,files(id,name)`.

use serde_json::{Map, Value};

use crate::gmail::{Call, error::ApiError};

/// Fields of a file that there are.
const FILE: [&str; 13] = [
    "kind",
    "id",
    "name",
    "mimeType",
    "size",
    "modifiedTime",
    "createdTime",
    "webViewLink",
    "headRevisionId",
    "sha256Checksum",
    "version",
    "parents",
    "trashed",
];
/// What is said of a file when nothing is asked for.
const USUAL: [&str; 4] = ["kind", "id", "name", "mimeType"];
const LIST: [&str; 3] = ["kind", "nextPageToken", "incompleteSearch"];

fn bad(name: &str) -> ApiError {
    ApiError::new(400, "invalidParameter", format!("Invalid field selection {name}"))
}

fn names(text: &str, known: &[&str]) -> Result<Vec<String>, ApiError> {
    let names: Vec<String> = text.split(',').map(|n| n.trim().to_owned()).filter(|n| !n.is_empty()).collect();
    match names.iter().find(|n| *n != "*" && !known.contains(&n.as_str())) {
        Some(name) => Err(bad(name)),
        None => Ok(names),
    }
}

fn pick(from: &Value, names: &[String]) -> Value {
    let all = names.iter().any(|n| n == "*");
    let picked: Map<String, Value> =
        from.as_object().into_iter().flatten().filter(|(k, _)| all || names.contains(k)).map(|(k, v)| (k.clone(), v.clone())).collect();
    Value::Object(picked)
}

/// Of one file.
pub(super) fn file(call: &Call<'_>, file: &Value) -> Result<Value, ApiError> {
    let asked = match call.param("fields") {
        Some(text) => names(text, &FILE)?,
        None => USUAL.map(str::to_owned).to_vec(),
    };
    Ok(pick(file, &asked))
}

/// Of a list of them: `list` has `files`.
pub(super) fn list(call: &Call<'_>, list: &Value) -> Result<Value, ApiError> {
    let (of_list, of_file) = match call.param("fields") {
        None => (LIST.map(str::to_owned).to_vec(), USUAL.map(str::to_owned).to_vec()),
        Some(text) => {
            let (before, rest) = text.split_once("files(").ok_or_else(|| bad(text))?;
            let (inside, after) = rest.split_once(')').ok_or_else(|| bad(text))?;
            (names(&format!("{before}{after}"), &LIST)?, names(inside, &FILE)?)
        }
    };
    let mut out = pick(list, &of_list);
    let files: Vec<Value> = list.get("files").and_then(Value::as_array).into_iter().flatten().map(|f| pick(f, &of_file)).collect();
    crate::text::put(&mut out, "files", Value::Array(files));
    Ok(out)
}
